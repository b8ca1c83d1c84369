"""Leave: who stands in, what the deputy may do, who is responsible at every moment, and how it ends."""

import datetime
import time

from support.casework import ActTest, aside
from support.kezek import eventually, main

WHY = {"reason": "expert away", "legal_basis": "Art. 35"}
ABSENT, DEPUTY, HEAD = "officer-probe", "officer-probe-b", "probe-head"


class LeaveTest(ActTest):
    tests = 0

    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.principal(HEAD, "officer", agency="probe")
        cls.world.principal("probe-two-head", "supervisor", agency="probe-two")
        cls.world.principal("third-probe", "officer", agency="probe")
        cls.world.principal("probe-system", "officer", kind="system", agency="probe")

    head = property(lambda self: self.world.client(HEAD))
    third = property(lambda self: self.world.client("third-probe"))

    def setUp(self):
        """Two minutes a test, so that what one has ended is over in the next."""
        LeaveTest.tests += 1
        self.begun = datetime.datetime.fromisoformat(self.start) + datetime.timedelta(minutes=2 * LeaveTest.tests)
        self.world.set_clock(self.begun)

    def tearDown(self):
        self.world.set_clock(self.begun + datetime.timedelta(minutes=1))
        for item in self.supervisor.get("/v1/delegations?limit=500").must(200)["items"]:
            self.supervisor.post(f"/v1/delegations/{item['id']}/end").must(200)

    def leave(self, client=None, principal=ABSENT, deputy=DEPUTY, until="2026-11-30", **more):
        key = more.pop("key", None)
        return (client or self.chief).post("/v1/delegations", {
            "principal": principal, "deputy": deputy, "until": until, **more}, key=key)

    def end(self, leave, client=None):
        return (client or self.chief).post(f"/v1/delegations/{leave['id']}/end")

    def responsible(self, request):
        return self.see(request, self.probe)["responsible"]["principal"]

    def found(self, name, client=None):
        return {r["id"] for r in (client or self.chief).get(f"/v1/requests?responsible={name}&limit=500").must(200)["items"]}


class Recording(LeaveTest):
    def test_by_whom(self):
        self.assertEqual(self.leave(self.chief, reason="annual").must(201)["recorded_by"], "supervisor-probe")
        mine = self.leave(self.third, "third-probe", reason="my own").must(201).json
        self.assertEqual((mine["agency"], mine["deputy"], mine["ended_at"]), ("probe", DEPUTY, None))
        self.assertEqual(self.leave(self.head, HEAD).must(201)["principal"], HEAD)
        # Whoever is no supervisor and not the head speaks for themselves alone.
        self.assert_problem(self.leave(self.probe_b, "third-probe", "officer-probe", "2027-01-05", **{"from": "2027-01-01"}),
                            403, "role_not_allowed")
        self.assert_problem(self.leave(self.desk), 403, "role_not_allowed")
        # Nobody of another agency is there.
        self.assertEqual(self.faults(self.leave(principal="officer-probe-two", deputy=DEPUTY)), {("/principal", "not_found")})
        self.assertEqual(self.faults(self.leave(principal="probe-system", deputy=DEPUTY)), {("/principal", "not_found")})
        for deputy in ("officer-probe-two", "supervisor-probe", "probe-system", "nobody"):
            reply = self.leave(principal=ABSENT, deputy=deputy, **{"from": "2027-01-01"}, until="2027-01-02")
            self.assertEqual(self.faults(reply), {("/deputy", "not_found")})

    def test_the_head_for_an_officer(self):
        self.assertEqual(self.leave(self.head).must(201)["recorded_by"], HEAD)
        self.assertEqual(self.end(self.leave(self.head, "third-probe").must(201), self.head).must(200)["ended_by"], HEAD)

    def test_a_head_who_connects_by_no_name(self):
        """Of probe-three only the name of its head is known; a supervisor of all says for which agency."""
        reply = self.leave(self.supervisor, "probe-three-head", "officer-probe-three", agency="probe-three").must(201)
        self.assertEqual(reply["agency"], "probe-three")
        request = self.submit("p-plain", self.desk_two)
        self.assertEqual(request["agency"], "probe")
        self.assertEqual(self.faults(self.leave(self.supervisor, "probe-three-head", "officer-probe-three")),
                         {("/principal", "not_found")})

    def test_days_are_the_agencys(self):
        leave = self.leave(until="2026-11-20", **{"from": "2026-11-19"}).must(201)
        self.assertEqual((leave["from"], leave["until"]), ("2026-11-19T00:00:00+06:00", "2026-11-21T00:00:00+06:00"))
        self.end(leave).must(200)
        today = self.leave(until="2026-11-18T15:00:00+06:00", **{"from": "2026-11-18"}).must(201)
        self.assertGreaterEqual(today["from"], self.start)
        self.end(today).must(200)
        self.assertEqual(self.faults(self.leave(**{"from": "2026-11-17"})), {("/from", "too_small")})
        self.assertEqual(self.faults(self.leave(until="2026-11-17")), {("/until", "too_small")})
        self.assertEqual(self.leave(until="tomorrow").status, 422)
        self.assertEqual(self.leave(colour=1).status, 400)

    def test_one_deputy_no_chain_no_cycle(self):
        self.leave(until="2026-11-25", **{"from": "2026-11-20"}).must(201)
        faults = lambda *who, **when: self.faults(self.leave(None, *who, **when))  # noqa: E731
        around = {"from": "2026-11-24", "until": "2026-12-24"}
        self.assertEqual(faults(ABSENT, "third-probe", **around), {("/principal", "deputy_already")})
        self.assertEqual(faults("third-probe", ABSENT, **around), {("/deputy", "deputy_away")})
        self.assertEqual(faults(DEPUTY, "third-probe", **around), {("/principal", "is_deputy")})
        self.assertEqual(faults(DEPUTY, ABSENT, **around), {("/deputy", "deputy_away")})  # a cycle
        self.assertEqual(faults(HEAD, HEAD, **around), {("/deputy", "oneself")})
        self.leave(None, DEPUTY, "third-probe", until="2026-12-24", **{"from": "2026-11-26"}).must(201)
        self.leave(None, HEAD, DEPUTY, until="2026-11-25", **{"from": "2026-11-20"}).must(201)  # for two at once

    def test_the_same_key_is_the_same_leave(self):
        first = self.leave(key="leave-1", reason="a secret word").must(201)
        self.end(first).must(200)
        again = self.leave(key="leave-1", reason="a secret word")
        self.assertEqual((again.status, again.body, again.header("Idempotent-Replayed")), (201, first.body, "true"))
        self.assert_problem(self.leave(key="leave-1"), 422, "idempotency_key_reused")
        self.assertNotIn("a secret word", str(self.world.sql("SELECT d::text FROM kezek.delegation d")))

    def test_lists(self):
        first = self.leave(reason="a private matter").must(201).json
        second = self.leave(None, HEAD, DEPUTY, "2026-12-31", **{"from": "2026-12-01"}).must(201).json
        path = "/v1/delegations"
        self.assertEqual([i["id"] for i in self.chief.get(path)["items"]], [first["id"], second["id"]])
        page = self.chief.get(f"{path}?limit=1").must(200)
        self.assertEqual(([i["id"] for i in page["items"]], page["page"]["has_more"]), ([first["id"]], True))
        rest = self.chief.get(f"{path}?limit=1&after={page['page']['end_cursor']}").must(200)
        self.assertEqual(([i["id"] for i in rest["items"]], rest["page"]["has_more"]), ([second["id"]], False))
        self.assertEqual(len(self.chief.get(f"{path}?principal={HEAD}")["items"]), 1)
        self.assertEqual(len(self.probe.get(f"{path}?deputy={DEPUTY}")["items"]), 2)
        self.assertEqual(self.probe_two.get(path).must(200)["items"], [])
        self.assert_problem(self.probe_two.get(f"{path}?agency=probe"), 400, "bad_parameter")
        for client, reason in ((self.chief, "a private matter"), (self.probe, "a private matter"),
                               (self.probe_b, "a private matter"), (self.third, None), (self.auditor, None)):
            self.assertEqual(client.get(path)["items"][0]["reason"], reason)
        self.end(first).must(200)
        self.assertEqual([i["id"] for i in self.chief.get(path)["items"]], [second["id"]])
        self.assertIn(first["id"], [i["id"] for i in self.chief.get(f"{path}?over=1&limit=500")["items"]])

    def test_ending(self):
        leave = self.leave().must(201).json
        self.assert_problem(self.end(leave, self.probe_two), 404, "not_found")
        self.assert_problem(self.end(leave, self.probe_b), 403, "role_not_allowed")
        ended = self.end(leave, self.probe).must(200).json
        self.assertEqual((ended["ended_by"], ended["until"]), (ABSENT, leave["until"]))
        self.world.advance(hours=1)
        self.assertEqual(self.end(leave).must(200).json, ended)
        self.assert_problem(self.chief.post("/v1/delegations/00000000-0000-7000-8000-000000000000/end"), 404, "not_found")
        self.leave().must(201)  # the next may begin at once


class InForce(LeaveTest):
    def test_responsible_at_every_moment(self):
        """Computed when read: before, during and after, in the request, in lists and in the table."""
        request, _ = self.held_by(self.probe)
        self.leave(until="2026-11-20T12:00:00+06:00", **{"from": "2026-11-19T09:00:00+06:00"}).must(201)
        version = self.see(request)["version"]
        for moment, name in (("2026-11-19T08:59:58", ABSENT), ("2026-11-19T09:00:00", DEPUTY),
                             ("2026-11-20T11:59:58", DEPUTY), ("2026-11-20T12:00:00", ABSENT)):
            self.world.set_clock(f"{moment}+06:00")
            self.assertEqual(self.responsible(request), name, moment)
            other = DEPUTY if name == ABSENT else ABSENT
            self.assertIn(request["id"], self.found(name), moment)
            self.assertNotIn(request["id"], self.found(other), moment)
            table = self.chief.get(f"/v1/requests?responsible={name}", headers={"Accept": "text/csv"}).must(200).text
            self.assertIn(f'"{name}"', [line for line in table.splitlines() if request["id"] in line][0])
        self.assertEqual(self.see(request)["version"], version)
        self.assertEqual(self.see(request)["responsible"], {"agency": "probe", "principal": ABSENT})

    def test_the_heads_deputy_answers_for_the_queue(self):
        self.leave(None, HEAD, DEPUTY).must(201)
        request = self.submit("p-clock")
        self.assertEqual(request["responsible"], {"agency": "probe", "principal": DEPUTY, "in_place_of": HEAD})
        claim = self.take(request)
        self.assertEqual(claim["request"]["responsible"]["principal"], ABSENT)
        self.probe.post("/v1/claims/release", {"claims": [self.held(claim)]}).must(200)
        self.assertEqual(self.responsible(request), DEPUTY)
        self.assertEqual(self.last_event(request)["after"]["responsible"], DEPUTY)
        # Of another agency's head nobody here is the deputy.
        moved = self.submit("p-clock")
        moved = self.probe.act(moved, "forward", {"to_agency": "probe-two"}).must(200)
        self.assertEqual(moved["responsible"]["principal"], "probe-two-head")

    def test_of_a_closed_one_it_stays(self):
        request = self.submit("p-plain")
        claim = self.take(request)
        self.act(claim, "decide", outcome="granted").must(200)
        self.leave(None, HEAD, DEPUTY).must(201)
        self.assertEqual(self.responsible(request), HEAD)
        self.assertIn(request["id"], self.found(HEAD))

    def test_the_deputy_acts(self):
        request, claim = self.held_by(self.probe)
        seen = self.see(request, self.probe_b)
        self.assertNotIn("fence", seen["claim"])
        pause = {"ground": "expertise"}
        self.assert_problem(self.probe_b.act(seen, "pause", pause), 409, "claim_lost")
        leave = self.leave().must(201)
        seen = self.see(request, self.probe_b)
        self.assertEqual(seen["claim"]["fence"], claim["fence"])
        paused = self.probe_b.act(seen, "pause", pause).must(200).json
        self.assertEqual((paused["claim"]["principal"], paused["responsible"]["principal"]), (ABSENT, DEPUTY))
        event = self.last_event(request)
        self.assertEqual((event["kind"], event["principal"], event["after"]["on_behalf_of"]), ("pause", DEPUTY, ABSENT))
        # The absent one may still, and for nobody else.
        self.act(claim, "resume").must(200)
        self.assertNotIn("on_behalf_of", self.last_event(request)["after"])
        # Neither may a third.
        self.assert_problem(self.third.act(self.see(request), "pause", pause), 409, "claim_lost")
        self.end(leave).must(200)
        self.assert_problem(self.probe_b.act(self.see(request), "pause", pause), 409, "claim_lost")
        self.assert_problem(self.act(claim, "pause", self.probe_b, **pause), 409, "claim_lost")

    def test_the_deputy_decides_by_claim(self):
        request, claim = self.held_by(self.probe)
        self.leave().must(201)
        results = self.probe_b.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)["results"]
        self.assertEqual([r["result"] for r in results], ["done"])
        self.assertEqual(self.last_event(request)["after"]["on_behalf_of"], ABSENT)

    def test_the_deputy_sees_what_there_is_to_stand_in_for(self):
        def held(client, query=""):
            return {k["request"]["id"]: k for k in client.get(f"/v1/claims{query}").must(200)["items"]}
        mine, claim = self.held_by(self.probe)
        other, _ = self.held_by(self.probe_b)
        third, _ = self.held_by(self.third)
        before = held(self.probe_b)
        self.assertEqual({mine["id"], other["id"], third["id"]} & set(before), {other["id"]})
        self.leave(until="2026-11-20T12:00:00+06:00").must(201)
        seen = held(self.probe_b)
        self.assertEqual({mine["id"], other["id"], third["id"]} & set(seen), {mine["id"], other["id"]})
        self.assertEqual((seen[mine["id"]]["fence"], seen[mine["id"]]["request"]["claim"]["principal"]), (claim["fence"], ABSENT))
        self.assertEqual(set(held(self.probe_b, f"?limit=1&after=0.{mine['id']}")), {other["id"]})
        # The absent one sees what was there before, nobody else sees more, and with the leave it ends.
        self.assertNotIn(other["id"], held(self.probe))
        self.assertIn(mine["id"], held(self.probe))
        self.assertEqual({mine["id"], other["id"], third["id"]} & set(held(self.third)), {third["id"]})
        self.world.set_clock("2026-11-20T12:00:00+06:00")
        self.assertEqual(set(held(self.probe_b)), set(before))

    def test_a_deputy_whose_time_is_over_is_refused_by_the_database(self):
        """What a daemon with an old cache would let through: the guard in the batch."""
        request, _ = self.held_by(self.probe)
        self.leave(until="2026-11-19T09:00:00+06:00").must(201)
        rows = self.world.sql(
            f"SELECT kezek.may_act_for('probe', '{ABSENT}', '{DEPUTY}', NULL, t::timestamptz) FROM "
            "unnest(ARRAY['2026-11-19T08:59:59+06', '2026-11-19T09:00:00+06']) t")
        self.assertEqual([row[0] for row in rows], ["t", "f"])
        self.assertTrue(self.see(request))

    def test_claims_are_refused_on_leave(self):
        request = self.submit("p-clock")
        _, held = self.held_by(self.probe)
        self.leave().must(201)
        self.assert_problem(self.probe.post("/v1/queues/probe/claims", {"request": request["id"]}), 409, "on_leave")
        self.assert_problem(self.probe.post("/v1/queues/probe/claims", {"wait_seconds": 1}), 409, "on_leave")
        # What is held stays, and others go on.
        self.assertIn(held["claim"], [c["claim"] for c in self.probe.get("/v1/claims?limit=500")["items"]])
        self.take(request, self.probe_b)

    def test_nothing_is_given_to_the_absent(self):
        request = self.submit("p-clock")
        self.leave().must(201)
        reply = self.chief.act(request, "reassign", {"to_principal": ABSENT})
        self.assertEqual(self.faults(reply), {("/to_principal", "on_leave")})
        self.assertIn(DEPUTY, reply["invalid_params"][0]["reason"])
        self.assertEqual(self.faults(self.chief.act(request, "escalate", {"to": ABSENT})), {("/to", "on_leave")})
        self.chief.act(request, "reassign", {"to_principal": DEPUTY}).must(200)

    def test_extension_by_the_heads_deputy(self):
        request, claim = self.held_by(self.third)
        more = {"amount": 1, "unit": "working_day", **WHY}
        self.assert_problem(self.probe_b.act(request := self.see(request), "extend", more), 409, "claim_lost")
        leave = self.leave(None, HEAD, DEPUTY).must(201)
        self.probe_b.act(request, "extend", more).must(200)
        event = self.last_event(request)
        self.assertEqual((event["kind"], event["principal"], event["after"]["on_behalf_of"]), ("extend", DEPUTY, HEAD))
        # The rank reaches no further than extensions.
        self.assert_problem(self.probe_b.act(self.see(request), "pause", {"ground": "expertise"}), 409, "claim_lost")
        self.end(leave).must(200)
        self.assertEqual(self.faults(self.act(claim, "extend", self.third, amount=1, unit="working_day", **WHY)),
                         {("/deadline", "head_only")})

    def test_rungs_go_to_deputies(self):
        """The officer's, and the head's; what was told before and not seen is the deputy's too."""
        before, _ = self.held_by(self.probe)
        half = datetime.datetime.fromisoformat(self.rungs(before)[0]["occurred_at"])
        self.assertEqual(self.told(before), [(ABSENT, "officer")])
        self.assertNotIn(before["id"], self.inbox(self.probe_b))
        held, _ = self.held_by(self.probe)
        self.leave(until="2026-12-31").must(201)
        self.leave(None, HEAD, "third-probe", until="2026-12-31").must(201)
        self.assertIn(before["id"], self.inbox(self.probe_b))
        self.world.set_clock(held["due_at"])
        eventually(lambda: len(self.told(held)) >= 3)
        self.assertEqual(self.told(held)[:2], [(DEPUTY, "officer"), ("third-probe", "head")])
        events = [e["after"] for e in self.rungs(held)]
        self.assertEqual([e.get("in_place_of") for e in events[:2]], [ABSENT, HEAD])
        self.assertIn(held["id"], self.inbox(self.probe_b))
        self.assertIn(held["id"], self.inbox(self.third))
        self.assertLess(half, datetime.datetime.fromisoformat(held["due_at"]))
        ids = [n["id"] for n in self.notes(self.probe_b) if n["request"] == before["id"] and n["person"] == ABSENT]
        self.assertEqual(self.probe_b.post("/v1/notifications/seen", {"ids": ids}).must(200)["seen"], len(ids))
        self.assertTrue(ids)

    def notes(self, client):
        return client.get("/v1/notifications?unseen=1&limit=500").must(200)["items"]

    def inbox(self, client):
        return {n["request"] for n in self.notes(client)}

    def rungs(self, request):
        """Its rungs so far; the first one is waited for, at its moment."""
        events = lambda: [e for e in self.chief.get(f"/v1/requests/{request['id']}/events")["items"]  # noqa: E731
                          if e["kind"] in ("warned", "escalated")]
        if not events():
            due = datetime.datetime.fromisoformat(request["due_at"])
            self.world.set_clock(self.begun + (due - self.begun) * 0.62)
        return eventually(events)

    def told(self, request):
        return [(e["after"]["person"], e["after"]["to"]) for e in self.rungs(request)]

    def test_ends_with_the_access_of_either(self):
        self.world.principal("short-probe", "officer", agency="probe")
        request, _ = self.held_by(self.probe)
        leave = self.leave(None, ABSENT, "short-probe").must(201)
        self.assertEqual(self.responsible(request), "short-probe")
        self.admin.call("DELETE", "/v1/principals/short-probe").must(200)
        self.assertEqual(self.responsible(request), ABSENT)
        over = [i for i in self.chief.get("/v1/delegations?over=1&limit=500")["items"] if i["id"] == leave["id"]]
        self.assertEqual(over[0]["ended_by"], "admin")

    def test_other_daemons_follow(self):
        second = self.world.another_daemon()
        second.start()
        try:
            request, _ = self.held_by(self.probe)
            other = second.client(DEPUTY)
            self.leave().must(201)
            eventually(lambda: self.see(request, other)["responsible"]["principal"] == DEPUTY)
            other.act(self.see(request, other), "pause", {"ground": "expertise"}).must(200)
        finally:
            second.stop()

    def test_who_waits_and_is_on_leave_by_then_keeps_nothing_from_others(self):
        """It came in at another daemon, so that whoever wakes for it is the only one who does."""
        while self.third.post("/v1/queues/probe/claims", {"max": 100}).must(200)["claims"]:
            pass
        second = self.world.another_daemon()
        second.start()
        self.addCleanup(second.stop)
        waiting = []
        for name in (ABSENT, DEPUTY):
            waiting.append(aside(second.client(name).post, "/v1/queues/probe/claims", {"wait_seconds": 20}))
            time.sleep(0.3)  # in this order
        self.leave().must(201)
        began = time.monotonic()
        request = self.submit("p-clock")
        self.assert_problem(waiting[0](), 409, "on_leave")
        self.assertEqual([c["request"]["id"] for c in waiting[1]().must(200)["claims"]], [request["id"]])
        self.assertLess(time.monotonic() - began, 5)  # it would look again after ten


if __name__ == "__main__":
    main()
