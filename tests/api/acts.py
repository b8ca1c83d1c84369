"""The acts on a request: what each moves, what it needs, and what it leaves in the journal."""

from support.casework import CaseTest, submission
from support.kezek import main

PAPER = [{"kind": "paper", "original": True, "pages": 1}]


class Moving(CaseTest):
    def setUp(self):
        self.world.set_clock(self.start)

    def deadlines(self, request):
        return {d["kind"]: d["state"] for d in request["deadlines"]}

    def test_refused_at_the_counter(self):
        request = self.submit("p-strict", refuse={"ground": "no_right", "reason": "came with nothing"})
        self.assertEqual((request["state"], request["outcome"], request["due_on"]), ("refused", "refused", None))
        self.assertIsNotNone(request["closed_at"])
        self.assertEqual(self.deadlines(request), {"register": "met"})
        self.assertTrue(request["receipt"]["appeal"])
        event = self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
        self.assertEqual((event["kind"], event["ground"]), ("refuse", "no_right"))
        self.assertEqual(event["reason"], "came with nothing")
        self.assertEqual(self.probe.post("/v1/queues/probe/claims", {"request": request["id"]})["claims"], [])

    def test_incomplete_then_complete(self):
        request = self.submit("p-docs")
        self.assertEqual((request["state"], request["due_on"]), ("incomplete", None))
        self.assertEqual(self.deadlines(request), {"register": "met", "cure": "running"})
        self.assertEqual(request["receipt"]["documents"]["missing"], [{"kind": "paper", "name": "The paper"}])
        self.world.advance(days=1)
        # Not the one that is missing: it stays, and the cure goes on.
        request = self.desk.act(request, "complete", {"documents": [{"kind": "photo"}]}).must(200).json
        self.assertEqual((request["state"], request["version"]), ("incomplete", 2))
        self.assertEqual(self.deadlines(request)["cure"], "running")
        request = self.desk.act(request, "complete", {"documents": PAPER}).must(200).json
        self.assertEqual((request["state"], request["version"]), ("queued", 3))
        self.assertEqual(self.deadlines(request), {"register": "met", "cure": "met", "decide": "running"})
        # Five working days from Thursday the 19th, when it was complete.
        self.assertEqual(request["due_on"], "2026-11-26")
        self.assertIsNone(request["promised_due_on"])
        self.assertEqual([d["kind"] for d in request["documents"]], ["photo", "paper"])
        self.assertEqual(self.kinds(request), ["submit", "complete", "complete"])
        self.assertEqual(self.take(request)["request"]["documents"], request["documents"])

    def test_completed_too_late_is_a_cure_missed(self):
        request = self.submit("p-docs")
        self.world.advance(days=30)
        request = self.desk.act(self.see(request), "complete", {"documents": PAPER}).must(200).json
        self.assertEqual(self.deadline(request, "cure")["state"], "missed")
        self.assertEqual(self.kinds(request), ["submit", "breached", "complete"])

    def test_awaiting_payment_then_paid(self):
        request = self.submit("p-pay")
        self.assertEqual((request["state"], request["due_on"]), ("awaiting_payment", None))
        self.assertEqual(self.deadlines(request), {"register": "met", "pay": "running"})
        self.assertEqual(request["receipt"]["fee_tyiyn"], 10086)
        few = self.desk.act(request, "pay", {"amount_tyiyn": 10085})
        self.assert_invalid(few, "/amount_tyiyn")
        self.assert_invalid(self.desk.act(request, "pay", {}), "/amount_tyiyn")
        self.world.advance(days=1)
        request = self.desk.act(request, "pay", {"amount_tyiyn": 10086, "reference": "r-1"}).must(200).json
        self.assertEqual(request["state"], "queued")
        self.assertEqual(self.deadlines(request), {"register": "met", "pay": "met", "decide": "running"})
        self.assertEqual(request["due_on"], "2026-11-25")
        self.take(request)

    def test_registered_and_paused_then_complete(self):
        request = self.submit("p-pause")
        self.assertEqual((request["state"], request["overdue"]), ("paused", False))
        self.assertEqual(self.deadlines(request), {"register": "met", "decide": "paused", "cure": "running"})
        self.assertIsNone(request["due_at"])
        self.assertEqual(self.deadline(request, "cure")["due_on"], "2026-12-02")
        self.world.set_clock("2026-11-24T12:00:00+06:00")
        self.assertFalse(self.see(request)["overdue"])
        request = self.desk.act(request, "complete", {"documents": PAPER}).must(200).json
        self.assertEqual(request["state"], "queued")
        self.assertEqual(self.deadlines(request), {"register": "met", "decide": "running", "cure": "met"})
        decide = self.deadline(request, "decide")
        self.assertEqual(decide["pauses"][0]["ground"], "documents_missing")
        self.assertIsNotNone(decide["pauses"][0]["until"])
        # The five days begin anew on the 24th, for none had passed when the clock stopped on the 18th.
        self.assertGreaterEqual(decide["due_on"], "2026-11-30")
        self.assertEqual(self.take(request)["request"]["state"], "claimed")

    def test_decided_where_nothing_follows_is_closed(self):
        claim = self.take(self.submit())
        reply = self.probe.post(f"/v1/requests/{claim['request']['id']}/decide",
                                self.held(claim, outcome="granted", document="order 7")).must(200)
        self.assertEqual((reply["state"], reply["outcome"], reply["claim"]), ("closed", "granted", None))
        self.assertEqual(self.deadlines(reply.json), {"register": "met", "decide": "met"})
        self.assertIsNotNone(reply["closed_at"])
        self.assertEqual(reply.header("ETag"), f'"{reply["version"]}"')
        self.assertEqual(self.kinds(reply.json), ["submit", "claim", "decide"])
        self.assertEqual(int(self.world.sql(f"SELECT count(*) FROM kezek.work WHERE request = '{reply['id']}'")[0][0]), 0)

    def test_decided_then_handed_over(self):
        claim = self.take(self.submit("p-docs", documents=PAPER))
        request = self.probe.act(claim["request"], "decide", {"outcome": "partly"}).must(200).json
        self.assertEqual((request["state"], request["outcome"]), ("decided", "partly"))
        self.assertEqual(self.deadlines(request), {"register": "met", "decide": "met", "hand_over": "running"})
        self.assertEqual(request["responsible"]["principal"], "probe-head")
        self.assert_problem(self.probe.act(request, "hand_over", {"to": "applicant"}), 403, "role_not_allowed")
        self.assert_invalid(self.desk.act(request, "hand_over", {}), "/to")
        self.assert_invalid(self.desk.act(request, "hand_over", {"to": "neighbour"}), "/to")
        request = self.desk.act(request, "hand_over", {"to": "applicant", "document_shown": "passport"}).must(200).json
        self.assertEqual((request["state"], self.deadlines(request)["hand_over"]), ("closed", "met"))

    def test_a_late_decision_is_missed_and_breached_once(self):
        request = self.submit()
        claim = self.take(request)
        self.world.advance(days=20)
        self.assert_problem(self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")),
                            409, "claim_lost")
        claim = self.take(request, wait_seconds=10)
        reply = self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        decide = self.deadline(reply.json, "decide")
        self.assertEqual((decide["state"], decide["breached_at"]), ("missed", decide["due_at"]))
        self.assertEqual(self.kinds(reply.json).count("breached"), 1)
        self.assertFalse(reply["overdue"])

    def test_a_refusal_needs_a_ground_of_the_standard(self):
        request = self.take(self.submit())["request"]
        self.assert_invalid(self.probe.act(request, "decide", {"outcome": "refused"}), "/ground")
        self.assert_invalid(self.probe.act(request, "decide", {"outcome": "refused", "ground": "mood"}), "/ground")
        self.assert_invalid(self.probe.act(request, "decide", {}), "/outcome")
        self.assert_invalid(self.probe.act(request, "decide", {"outcome": "maybe"}), "/outcome")
        done = self.probe.act(request, "decide", {"outcome": "refused", "ground": "no_right"}).must(200)
        self.assertEqual(done["outcome"], "refused")

    def test_withdrawn_voids_everything(self):
        for service, more in (("p-plain", {}), ("p-docs", {}), ("p-pay", {}), ("p-pause", {})):
            with self.subTest(service):
                request = self.submit(service, **more)
                request = self.desk.act(request, "withdraw", {"reason": "changed her mind"}).must(200).json
                self.assertEqual(request["state"], "withdrawn")
                self.assertEqual(set(self.deadlines(request).values()), {"met", "void"})
                self.assertEqual(self.desk.get(f"/v1/requests/{request['id']}/events")["items"][-1]["reason"],
                                 "changed her mind")

    def test_withdrawn_from_under_an_officer(self):
        claim = self.take(self.submit())
        self.desk.act(self.see(claim["request"]), "withdraw").must(200)
        lost = self.probe.post(f"/v1/requests/{claim['request']['id']}/decide", self.held(claim, outcome="granted"))
        self.assertEqual(lost.status, 409, repr(lost))

    def test_acts_happened_earlier(self):
        request = self.submit()
        self.world.advance(hours=6)
        claim = self.take(request)
        body = {"outcome": "granted", "effective_at": "2026-11-18T11:00:00+06:00"}
        self.assert_invalid(self.probe.act(claim["request"], "decide", body), "/backdate_reason")
        body["backdate_reason"] = "outage"
        early = {**body, "effective_at": "2026-11-17T10:00:00+06:00"}
        self.assert_invalid(self.probe.act(claim["request"], "decide", early), "/effective_at")
        late = {**body, "effective_at": "2026-11-19T10:00:00+06:00"}
        self.assert_invalid(self.probe.act(claim["request"], "decide", late), "/effective_at")
        done = self.probe.act(claim["request"], "decide", body).must(200)
        self.assertEqual(self.deadline(done.json, "decide")["stopped_at"], body["effective_at"])
        event = self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
        self.assertEqual(event["occurred_at"], body["effective_at"])
        self.assertGreater(event["recorded_at"], event["occurred_at"])


class Reassigning(CaseTest):
    def setUp(self):
        self.world.set_clock(self.start)

    def test_to_an_officer_it_is_custody(self):
        request = self.submit()
        done = self.chief.act(request, "reassign", {"to_principal": "officer-probe-b"}).must(200)
        self.assertEqual((done["state"], done["responsible"]["principal"]), ("in_work", "officer-probe-b"))
        self.assertEqual((done["claim"]["principal"], done["claim"]["custody"]), ("officer-probe-b", True))
        self.world.advance(days=9)
        held = [c for c in self.probe_b.get("/v1/claims").must(200)["items"] if c["request"]["id"] == request["id"]]
        self.assertEqual((len(held), held[0]["lease_until"]), (1, None))
        done = self.probe_b.post(f"/v1/requests/{request['id']}/decide", self.held(held[0], outcome="granted"))
        self.assertEqual(done.must(200)["state"], "closed")

    def test_the_former_holder_has_lost_it(self):
        claim = self.take(self.submit())
        self.chief.act(self.see(claim["request"]), "reassign", {"to_principal": "officer-probe-b"}).must(200)
        for act in ("decide", "accept", "release"):
            body = self.held(claim, **({"outcome": "granted"} if act == "decide" else {}))
            reply = self.probe.post(f"/v1/requests/{claim['request']['id']}/{act}", body)
            self.assertEqual(reply.status, 409, repr(reply))

    def test_to_an_agencys_queue(self):
        request = self.submit("p-place", territory="KG-GO")
        self.assertEqual(request["agency"], "unrouted")
        self.assert_problem(self.chief.act(request, "reassign", {"to_agency": "probe"}), 404, "not_found")
        done = self.supervisor.act(request, "reassign", {"to_agency": "probe-two"}).must(200)
        self.assertEqual((done["agency"], done["state"]), ("probe-two", "queued"))
        self.assertEqual(done["responsible"], {"agency": "probe-two", "principal": "probe-two-head"})
        self.take(request, self.probe_two, "probe-two")

    def test_only_where_one_may(self):
        request = self.submit()
        self.assert_problem(self.probe.act(request, "reassign", {"to_agency": "probe"}), 403, "role_not_allowed")
        self.assert_invalid(self.chief.act(request, "reassign", {"to_agency": "probe-two"}), "/to_agency")
        self.assert_invalid(self.chief.act(request, "reassign", {"to_principal": "officer-probe-two"}), "/to_principal")
        self.assert_invalid(self.chief.act(request, "reassign", {"to_principal": "desk-clerk"}), "/to_principal")
        self.assert_invalid(self.chief.act(request, "reassign", {"to_principal": "nobody"}), "/to_principal")
        self.assert_invalid(self.supervisor.act(request, "reassign", {"to_agency": "nothing"}), "/to_agency")
        self.assertEqual(self.chief.act(request, "reassign", {}).status, 422)


class Preconditions(CaseTest):
    def test_if_match(self):
        request = self.submit("p-docs")
        path = f"/v1/requests/{request['id']}/withdraw"
        self.assert_problem(self.desk.post(path, {}), 428, "precondition_required")
        self.desk.act(request, "complete", {"documents": []}).must(200)
        stale = self.desk.post(path, {}, match=1)
        self.assert_problem(stale, 412, "stale_version")
        self.assertEqual((stale["version"], stale.header("ETag")), (2, '"2"'))
        for bad in ("*", "2", 'W/"2"', '"2", "3"', '"two"', '""'):
            with self.subTest(bad):
                self.assertEqual(self.desk.post(path, {}, headers={"If-Match": bad}).status, 400)
        self.desk.post(path, {}, match=2).must(200)

    def test_stale_comes_before_not_open(self):
        request = self.submit()
        self.desk.act(request, "withdraw").must(200)
        self.assert_problem(self.desk.act(request, "withdraw"), 412, "stale_version")

    def test_leases_do_not_move_the_version(self):
        request = self.submit()
        claim = self.take(request)
        self.assertEqual(claim["request"]["version"], 1)
        self.probe.post("/v1/claims/renew", {"claims": [self.held(claim)]}).must(200)
        self.probe.post("/v1/claims/release", {"claims": [self.held(claim)]}).must(200)
        self.assertEqual(self.see(request)["version"], 1)

    def test_not_open_says_what_is(self):
        request = self.submit()
        reply = self.desk.act(request, "pay", {"amount_tyiyn": 1})
        self.assert_problem(reply, 409, "act_not_open")
        self.assertEqual((reply["state"], reply["open_acts"]), ("queued", ["correct", "withdraw"]))
        reply = self.probe.act(request, "decide", {"outcome": "granted"})
        self.assert_problem(reply, 409, "act_not_open")
        self.assertEqual(reply["open_acts"], ["correct", "claim", "forward"])
        self.desk.act(request, "withdraw").must(200)
        self.assertEqual(self.desk.act(self.see(request), "withdraw")["open_acts"], [])

    def test_acts_still_to_come_are_not_open(self):
        request = self.submit()
        for act, client in (("consult", self.probe), ):
            with self.subTest(act):
                reply = client.act(request, act)
                self.assert_problem(reply, 409, "act_not_open")
                self.assertNotIn(act, reply["open_acts"])

    def test_what_is_no_act(self):
        request = self.submit()
        for act in ("submit", "claim", "renew", "vanish", "Withdraw", "withdraw/x"):
            self.assert_problem(self.desk.act(request, act), 404, "not_found")
        for number in ("nothing", "0" * 8, "00000000-0000-7000-8000-000000000000"):
            self.assert_problem(self.desk.post(f"/v1/requests/{number}/withdraw", {}, match=1), 404, "not_found")

    def test_keys(self):
        request = self.submit()
        path = f"/v1/requests/{request['id']}/withdraw"
        self.assert_problem(self.desk.post(path, {}, key=None, match=1), 400, "idempotency_key_missing")
        first = self.desk.post(path, {"reason": "r"}, key="w-1", match=1).must(200)
        # The key is looked at first: neither version nor lifecycle is in the way of the answer.
        again = self.desk.post(path, {"reason": "r"}, key="w-1", match=1).must(200)
        self.assertEqual(again.body, first.body)
        self.assertEqual((again.header("Idempotent-Replayed"), again.header("ETag")), ("true", first.header("ETag")))
        self.assertEqual(self.desk.post(path, {"reason": "r"}, key="w-1").must(200).body, first.body)
        other = self.desk.post(path, {"reason": "q"}, key="w-1", match=1)
        self.assert_problem(other, 422, "idempotency_key_reused")
        self.assertEqual(self.kinds(request), ["submit", "withdraw"])

    def test_a_key_of_a_submission_is_no_key_of_an_act(self):
        request = self.desk.post("/v1/requests", submission(), key="both").must(201).json
        self.assert_problem(self.desk.act(request, "withdraw", key="both"), 422, "idempotency_key_reused")

    def test_bad_bodies_change_nothing(self):
        request = self.submit()
        for body, status in (({"colour": 1}, 400), ({"reason": 7}, 400), ({"claim": "x", "fence": 1}, 422),
                             ({"claim": request["id"]}, 422), ({"fence": 1}, 422), ({"reason": "x" * 2001}, 422)):
            with self.subTest(body):
                reply = self.desk.act(request, "withdraw", body)
                self.assertEqual(reply.status, status, repr(reply))
        for data in (b"[]", b"null", b"3", b'"x"'):
            reply = self.desk.call("POST", f"/v1/requests/{request['id']}/withdraw", data, key="bad", match=1,
                                   headers={"Content-Type": "application/json"})
            self.assertEqual(reply.status, 400, repr(reply))
        self.assertEqual(self.kinds(request), ["submit"])


if __name__ == "__main__":
    main()
