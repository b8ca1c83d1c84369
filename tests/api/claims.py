"""Taking work and keeping it: claims, leases, long polls, fences, batches."""

import socket
import time

from support.casework import CaseTest, aside
from support.kezek import eventually, main

QUEUE = "/v1/queues/probe/claims"


class QueueTest(CaseTest):
    """Each test begins with empty queues."""

    def setUp(self):
        self.world.set_clock(self.start)
        self.empty()

    def empty(self):
        """Whatever other tests left in the two queues is withdrawn."""
        for client in (self.desk, self.desk_two):
            for state in ("queued", "claimed", "in_work"):
                for request in client.get(f"/v1/requests?limit=500&state={state}").must(200)["items"]:
                    client.act(request, "withdraw").must(200)


class Claiming(QueueTest):
    def test_soonest_due_first_and_as_many_as_asked(self):
        later = [self.submit("p-strict", form={"area": 1}, documents=[{"kind": "paper"}]) for _ in range(2)]
        sooner = self.submit()
        claims = self.probe.post(QUEUE, {"max": 2, "worker": "w"}).must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in claims], [sooner["id"], later[0]["id"]])
        for claim in claims:
            self.assertEqual(claim["request"]["state"], "claimed")
            self.assertEqual(claim["request"]["claim"]["claim"], claim["claim"])
            self.assertEqual(claim["request"]["claim"]["fence"], claim["fence"])
            self.assertEqual(claim["request"]["responsible"]["principal"], "officer-probe")
            self.assertEqual(claim["request"]["applicant"]["pin"], "21509199012345")
        rest = self.probe_b.post(QUEUE, {"max": 100}).must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in rest], [later[1]["id"]])
        self.assertEqual(self.probe.post(QUEUE, {}).must(200)["claims"], [])

    def test_an_empty_body_is_one_claim(self):
        self.submit()
        reply = self.probe.call("POST", QUEUE).must(200)
        self.assertEqual(len(reply["claims"]), 1)

    def test_of_some_services_or_one_that_is_named(self):
        plain, hours = self.submit(), self.submit("p-hours")
        self.assertEqual(self.probe.post(QUEUE, {"services": ["p-docs"]})["claims"], [])
        got = self.probe.post(QUEUE, {"services": ["p-docs", "p-plain"], "max": 9}).must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in got], [plain["id"]])
        self.assertEqual(self.probe.post(QUEUE, {"request": plain["id"]})["claims"], [])
        self.assertEqual(self.take(hours)["request"]["id"], hours["id"])

    def test_no_two_get_the_same(self):
        for _ in range(20):
            self.submit()
        clients = [self.world.client(name, fresh=True) for name in ("officer-probe", "officer-probe-b") * 3]

        def drain(client):
            got = []
            while claims := client.post(QUEUE, {"max": 3}).must(200)["claims"]:
                got += [c["request"]["id"] for c in claims]
            return got

        waiting = [aside(drain, client) for client in clients]
        got = [number for wait in waiting for number in wait()]
        self.assertEqual((len(got), len(set(got))), (20, 20))

    def test_bounds(self):
        for body, pointer in (({"max": 0}, "/max"), ({"max": 101}, "/max"), ({"lease_seconds": 9}, "/lease_seconds"),
                              ({"lease_seconds": 86401}, "/lease_seconds"), ({"wait_seconds": 61}, "/wait_seconds"),
                              ({"wait_seconds": -1}, "/wait_seconds"), ({"worker": "w" * 129}, "/worker")):
            self.assert_invalid(self.probe.post(QUEUE, body), pointer)
        self.assertEqual(self.probe.post(QUEUE, {"max": "1"}).status, 400)
        self.assertEqual(self.probe.post(QUEUE, {"colour": 1}).status, 400)
        self.assertEqual(self.probe.post(QUEUE, {"services": [1]}).status, 400)
        self.assertEqual(self.probe.post(QUEUE, {"request": "x"}).status, 422)

    def test_what_one_holds(self):
        a, b = self.submit(), self.submit()
        one = self.take(a, worker="left")
        two = self.take(b, worker="right")
        self.assertEqual([c["claim"] for c in self.probe.get("/v1/claims")["items"]], [one["claim"], two["claim"]])
        right = self.probe.get("/v1/claims?worker=right").must(200)["items"]
        self.assertEqual([c["claim"] for c in right], [two["claim"]])
        first = self.probe.get("/v1/claims?limit=1").must(200)
        self.assertTrue(first["page"]["has_more"])
        rest = self.probe.get(f"/v1/claims?limit=1&after={first['page']['end_cursor']}").must(200)
        self.assertEqual(([c["claim"] for c in rest["items"]], rest["page"]["has_more"]), ([two["claim"]], False))
        self.assertEqual(self.probe_b.get("/v1/claims")["items"], [])
        # To a colleague it is held, but number and fence are not shown.
        seen = self.see(a, self.probe_b)["claim"]
        self.assertEqual((seen["principal"], seen.get("claim"), seen.get("fence")), ("officer-probe", None, None))


class Waiting(QueueTest):
    def poll(self, client=None, **more):
        return aside((client or self.world.client("officer-probe", fresh=True)).post, QUEUE,
                     {"wait_seconds": 20, **more})

    def test_a_submission_wakes_the_one_who_waits(self):
        waiting = self.poll()
        time.sleep(0.3)  # whether it came before or after the poll began, the answer is the same
        began = time.monotonic()
        request = self.submit()
        claims = waiting().must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in claims], [request["id"]])
        self.assertLess(time.monotonic() - began, 5)

    def test_each_wakes_one(self):
        waiting = [self.poll() for _ in range(3)]
        time.sleep(0.3)
        requests = [self.submit() for _ in range(3)]
        got = [wait().must(200)["claims"] for wait in waiting]
        self.assertEqual(sorted(c["request"]["id"] for claims in got for c in claims), sorted(r["id"] for r in requests))

    def test_who_waits_for_something_else_does_not_keep_it_from_others(self):
        other = self.poll(services=["p-docs"], wait_seconds=6)
        time.sleep(0.2)
        waiting = self.poll()
        time.sleep(0.2)
        request = self.submit()
        self.assertEqual(waiting().must(200)["claims"][0]["request"]["id"], request["id"])
        self.assertEqual(other().must(200)["claims"], [])

    def test_paid_completed_and_released_wake_too(self):
        pay = self.submit("p-pay")
        waiting = self.poll()
        time.sleep(0.2)
        self.desk.act(pay, "pay", {"amount_tyiyn": 10086}).must(200)
        claim = waiting().must(200)["claims"][0]
        self.assertEqual(claim["request"]["id"], pay["id"])
        waiting = self.poll(self.world.client("officer-probe-b", fresh=True))
        time.sleep(0.2)
        self.probe.post("/v1/claims/release", {"claims": [self.held(claim)]}).must(200)
        self.assertEqual(waiting().must(200)["claims"][0]["request"]["id"], pay["id"])

    def test_what_another_daemon_takes_in_wakes_too(self):
        """By its hint; each of several that wait there gets one of what came in here."""
        other = self.world.another_daemon()
        other.start()
        self.addCleanup(other.stop)
        clients = [other.client("officer-probe") for _ in range(3)]
        waiting = [self.poll(client) for client in clients]
        time.sleep(0.3)
        requests = [self.submit() for _ in range(3)]
        got = [wait().must(200)["claims"] for wait in waiting]
        self.assertEqual(sorted(c["request"]["id"] for claims in got for c in claims), sorted(r["id"] for r in requests))
        released = got[0][0]
        waiting = self.poll(other.client("officer-probe-b"))
        self.probe.post("/v1/claims/release", {"claims": [self.held(released)]}).must(200)
        self.assertEqual(waiting().must(200)["claims"][0]["request"]["id"], released["request"]["id"])

    def test_nothing_after_the_wait(self):
        began = time.monotonic()
        reply = self.probe.post(QUEUE, {"wait_seconds": 1}).must(200)
        self.assertEqual(reply["claims"], [])
        self.assertGreater(time.monotonic() - began, 0.9)

    def leave(self, how):
        """A client that waits and goes away; its claim must not stay with it."""
        client = self.world.client("officer-probe", fresh=True)
        connection = client.connect()
        connection.request("POST", QUEUE, b'{"wait_seconds":30}', {"Content-Type": "application/json"})
        time.sleep(0.3)
        how(connection)
        request = self.submit()
        eventually(lambda: self.see(request)["state"] == "queued", timeout=10)
        claim = self.take(request, self.probe_b, wait_seconds=5)
        self.assertEqual(claim["request"]["id"], request["id"])

    def test_one_that_closes_while_it_waits(self):
        self.leave(lambda connection: connection.close())

    def test_one_that_breaks_off_while_it_waits(self):
        def reset(connection):
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

        self.leave(reset)

    def test_leaving_at_the_very_moment(self):
        """Leaving races with the claim: whoever wins, the request is claimable again, at once or after the release."""
        for _ in range(10):
            client = self.world.client("officer-probe", fresh=True)
            connection = client.connect()
            connection.request("POST", QUEUE, b'{"wait_seconds":30,"lease_seconds":86400}',
                               {"Content-Type": "application/json"})
            submitting = aside(self.submit)
            connection.close()
            request = submitting()
            # Where the reply had left already it cannot be known that nobody read it.
            seen = eventually(lambda: self.see(request)["state"], timeout=5)
            self.assertIn(seen, ("queued", "claimed"))
            self.desk.act(self.see(request), "withdraw").must(200)


class Leases(QueueTest):
    def test_a_lease_runs_out_by_the_houses_clock(self):
        request = self.submit()
        claim = self.take(request, lease_seconds=600)
        self.world.advance(seconds=599)
        self.assertEqual(self.see(request)["state"], "claimed")
        self.world.advance(seconds=2)
        eventually(lambda: self.see(request)["state"] == "queued")
        self.assertEqual(self.kinds(request), ["submit", "claim", "lease_expired"])
        self.assertEqual(self.see(request)["responsible"]["principal"], "probe-head")
        for path in ("renew", "release", "decide"):
            body = self.held(claim, **({"outcome": "granted"} if path == "decide" else {}))
            self.assert_problem(self.probe.post(f"/v1/claims/{path}", {"claims": [body]}), 409, "claim_lost")
        self.assert_problem(self.probe.post(f"/v1/claims/{claim['claim']}/accept", self.held(claim)), 409, "claim_lost")
        again = self.take(request, self.probe_b)
        self.assertGreater(again["fence"], claim["fence"])
        # The new holder's claim does not make the old fence good.
        self.assert_problem(self.probe.post(f"/v1/requests/{request['id']}/decide",
                                            self.held(claim, outcome="granted")), 409, "claim_lost")

    def test_a_lost_claim_is_refused_before_any_timer_ran(self):
        request = self.submit()
        claim = self.take(request, lease_seconds=10)
        self.world.advance(seconds=11)
        reply = self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted"))
        self.assert_problem(reply, 409, "claim_lost")

    def test_renewed(self):
        request = self.submit()
        claim = self.take(request, lease_seconds=60)
        self.world.advance(seconds=50)
        reply = self.probe.post("/v1/claims/renew", {"claims": [self.held(claim, lease_seconds=600)]}).must(200)
        self.assertEqual(reply["results"][0]["result"], "done")
        self.assertGreater(reply["results"][0]["lease_until"], claim["lease_until"])
        self.world.advance(seconds=500)
        self.assertEqual(self.see(request)["state"], "claimed")
        # A shorter one does not shorten it.
        reply = self.probe.post("/v1/claims/renew", {"claims": [self.held(claim)], "lease_seconds": 10}).must(200)
        self.world.advance(seconds=50)
        self.assertEqual(self.see(request)["state"], "claimed")
        self.assertEqual(self.kinds(request), ["submit", "claim"])

    def test_accepted_it_is_custody(self):
        request = self.submit()
        claim = self.take(request, lease_seconds=10)
        done = self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"], "body_number": "B-7"})
        done.must(200)
        self.assertEqual((done["state"], done["body_number"], done["version"]), ("in_work", "B-7", 2))
        self.assertEqual((done["claim"]["custody"], done["claim"]["lease_until"]), (True, None))
        self.world.advance(days=30)
        self.assertEqual(self.see(request)["state"], "in_work")
        renewed = self.probe.post("/v1/claims/renew", {"claims": [self.held(claim)]}).must(200)
        self.assertIsNone(renewed["results"][0]["lease_until"])
        done = self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        self.assertEqual(done["state"], "closed")

    def test_custody_is_given_up(self):
        request = self.submit()
        claim = self.take(request)
        self.probe.act(self.see(request), "accept", {}).must(200)
        released = self.probe.post("/v1/claims/release", {"claims": [self.held(claim, reason="ill")]}).must(200)
        self.assertEqual(released["results"][0]["result"], "done")
        self.assertEqual(self.see(request)["state"], "queued")
        events = self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.assertEqual((events[-1]["kind"], events[-1]["reason"]), ("release", "ill"))
        self.take(request, self.probe_b)

    def test_another_officer_has_no_luck(self):
        request = self.submit()
        claim = self.take(request)
        mine = self.held(claim, outcome="granted")
        self.assert_problem(self.probe_b.post(f"/v1/requests/{request['id']}/decide", mine), 409, "claim_lost")
        self.assert_problem(self.probe_b.act(self.see(request), "decide", {"outcome": "granted"}), 409, "claim_lost")
        self.assert_problem(self.probe_b.post("/v1/claims/release", {"claims": [self.held(claim)]}), 409, "claim_lost")
        wrong = {**mine, "fence": claim["fence"] + 1}
        self.assert_problem(self.probe.post(f"/v1/requests/{request['id']}/decide", wrong), 409, "claim_lost")
        foreign = self.probe_two.post("/v1/claims/decide", {"claims": [mine]})
        self.assert_problem(foreign, 409, "claim_lost")
        self.assertEqual(self.kinds(request), ["submit", "claim"])


class Batches(QueueTest):
    def several(self, n):
        for _ in range(n):
            self.submit()
        return self.probe.post(QUEUE, {"max": n}).must(200)["claims"]

    def test_decide_answers_member_by_member(self):
        claims = self.several(4)
        bodies = [self.held(c, outcome="granted") for c in claims]
        bodies[1]["fence"] += 1
        bodies[2].update(outcome="refused")  # without a ground
        reply = self.probe.post("/v1/claims/decide", {"claims": bodies}).must(200)
        self.assertEqual([r["claim"] for r in reply["results"]], [c["claim"] for c in claims])
        self.assertEqual([(r["result"], r["status"]) for r in reply["results"]],
                         [("done", 200), ("refused", 409), ("refused", 422), ("done", 200)])
        self.assertEqual(reply["results"][1]["problem"]["code"], "claim_lost")
        self.assertEqual(reply["results"][2]["problem"]["invalid_params"][0]["name"], "/claims/2/ground")
        self.assertEqual(reply["results"][0]["request"]["state"], "closed")
        self.assertEqual(self.see(claims[1]["request"])["state"], "claimed")

    def test_decide_again_under_its_key(self):
        claims = self.several(3)
        body = {"claims": [self.held(c, outcome="granted") for c in claims]}
        first = self.probe.post("/v1/claims/decide", body, key="batch").must(200)
        again = self.probe.post("/v1/claims/decide", body, key="batch").must(200)
        self.assertEqual((again.body, again.header("Idempotent-Replayed")), (first.body, "true"))
        body["claims"][0]["outcome"] = "partly"
        other = self.probe.post("/v1/claims/decide", body, key="batch").must(200)
        self.assertEqual({r["problem"]["code"] for r in other["results"]}, {"idempotency_key_reused"})
        # Without the key the claims are simply gone.
        lost = self.probe.post("/v1/claims/decide", body, key=None).must(200)
        self.assertEqual({r["problem"]["code"] for r in lost["results"]}, {"claim_lost"})

    def test_what_has_moved_since_it_was_handed_out(self):
        """The daemon remembers what it handed out, and is not deceived by it."""
        self.world.principal("probe-head", "officer", agency="probe")
        for _ in range(4):
            self.submit("p-clock")
        claims = extended, released, renewed, _ = self.probe.post(QUEUE, {"max": 4}).must(200)["claims"]
        more = self.world.client("probe-head").act(self.see(extended["request"]), "extend", {
            "amount": 5, "unit": "working_day", "reason": "Another body is asked", "legal_basis": "Article 12"}).must(200)
        self.probe.post(f"/v1/requests/{released['request']['id']}/release", self.held(released)).must(200)
        self.probe.post("/v1/claims/renew", {"claims": [self.held(c, lease_seconds=3600) for c in (extended, renewed)]}).must(200)
        self.world.advance(seconds=1000)
        reply = self.probe.post("/v1/claims/decide", {"claims": [self.held(c, outcome="granted") for c in claims]}).must(200)
        self.assertEqual([r["result"] for r in reply["results"]], ["done", "refused", "done", "refused"])
        self.assertEqual({r["problem"]["code"] for r in reply["results"] if r["result"] == "refused"}, {"claim_lost"})
        done = reply["results"][0]["request"]
        self.assertEqual((done["version"], done["due_on"]), (more["version"] + 1, more["due_on"]))
        self.assertEqual(self.kinds(done)[:4], ["submit", "claim", "extend", "decide"])

    def test_what_another_daemon_did_since_it_was_handed_out(self):
        """Each remembers what it handed out itself: what the other has done is seen when it is written."""
        other = self.world.another_daemon()
        other.start()
        self.addCleanup(other.stop)
        decided, released, mine = claims = self.several(3)
        there = other.client("officer-probe")
        done = there.post("/v1/claims/decide", {"claims": [self.held(decided, outcome="granted")]}).must(200)
        self.assertEqual(done["results"][0]["result"], "done")
        there.post("/v1/claims/release", {"claims": [self.held(released)]}).must(200)
        again = there.post(QUEUE, {"request": released["request"]["id"]}).must(200)["claims"][0]
        reply = self.probe.post("/v1/claims/decide", {"claims": [self.held(c, outcome="granted") for c in claims]}).must(200)
        self.assertEqual([r["result"] for r in reply["results"]], ["refused", "refused", "done"])
        self.assertEqual({r["problem"]["code"] for r in reply["results"][:2]}, {"claim_lost"})
        self.assertEqual(self.kinds(decided["request"]), ["submit", "claim", "decide"])
        self.assertEqual(self.kinds(released["request"]), ["submit", "claim", "release", "claim"])
        # What was handed out there is decided here.
        reply = self.probe.post("/v1/claims/decide", {"claims": [self.held(again, outcome="granted")]}).must(200)
        self.assertEqual(reply["results"][0]["result"], "done")

    def test_release_and_renew_in_batches(self):
        claims = self.several(3)
        bodies = [self.held(c) for c in claims]
        bodies[0]["fence"] += 7
        for path in ("renew", "release"):
            reply = self.probe.post(f"/v1/claims/{path}", {"claims": bodies}).must(200)
            self.assertEqual([r["result"] for r in reply["results"]], ["refused", "done", "done"])
            self.assertEqual(reply["results"][0]["problem"]["code"], "claim_lost")
        states = [self.see(c["request"])["state"] for c in claims]
        self.assertEqual(states, ["claimed", "queued", "queued"])

    def test_the_same_twice_in_one_batch(self):
        claim = self.several(1)[0]
        body = self.held(claim, outcome="granted")
        reply = self.probe.post("/v1/claims/decide", {"claims": [body, body]}).must(200)
        self.assertEqual(sorted(r["result"] for r in reply["results"]), ["done", "refused"])
        self.assertEqual(self.kinds(claim["request"]), ["submit", "claim", "decide"])

    def test_a_full_batch(self):
        claims = self.several(60)
        self.assertEqual(len(claims), 60)
        reply = self.probe.post("/v1/claims/decide", {"claims": [self.held(c, outcome="granted") for c in claims]})
        self.assertEqual({r["result"] for r in reply.must(200)["results"]}, {"done"})

    def test_shapes(self):
        for path in ("renew", "release", "decide"):
            with self.subTest(path):
                self.assertEqual(self.probe.post(f"/v1/claims/{path}", {}).status, 422)
                self.assertEqual(self.probe.post(f"/v1/claims/{path}", {"claims": []}).status, 422)
                self.assertEqual(self.probe.post(f"/v1/claims/{path}", {"claims": 3}).status, 400)
                self.assertEqual(self.probe.post(f"/v1/claims/{path}", {"claims": [3]}).status, 400)
                self.assert_invalid(self.probe.post(f"/v1/claims/{path}", {"claims": [{}]}), "/claims/0/claim",
                                    "/claims/0/fence")
                self.assertEqual(self.probe.post(f"/v1/claims/{path}", {"claims": [{}] * 101}).status, 422)
        claim = self.several(1)[0]
        reply = self.probe.post("/v1/claims/renew", {"claims": [self.held(claim, colour=1)]})
        self.assertEqual(reply.status, 400)


if __name__ == "__main__":
    main()
