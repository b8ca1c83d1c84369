"""How a request stands in its queue: classes of priority, kept for one officer, on the supervisor's desk."""

import json
import time

from support.casework import aside
from support.kezek import eventually, main
from claims import QUEUE, QueueTest


class PlaceTest(QueueTest):
    def release(self, claim, client=None, **members):
        reply = (client or self.probe).post("/v1/claims/release", {"claims": [self.held(claim, **members)]}).must(200)
        self.assertEqual([r["result"] for r in reply["results"]], ["done"])
        return reply["results"][0]["request"]

    def nothing_for(self, client, **body):
        self.assertEqual(client.post(QUEUE, {"max": 100, **body}).must(200)["claims"], [])

    def queue(self):
        return self.probe.get("/v1/queues/probe").must(200)

    def overview(self):
        [row] = [r for r in self.chief.get("/v1/overview").must(200)["items"] if r["agency"] == "probe"]
        return row

    def last_event(self, request):
        return self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]


class Priorities(PlaceTest):
    def test_class_first_and_soonest_due_within_it(self):
        slow = self.submit("p-ranked", variant="slow")
        plain, later = self.submit("p-ranked"), self.submit("p-clock")
        soon = self.submit()
        fast = [self.submit("p-ranked", variant="fast") for _ in range(2)]
        self.assertEqual([r["priority"] for r in (slow, plain, fast[0])], ["low", "normal", "urgent"])
        self.assertLess(slow["due_at"], soon["due_at"])
        self.assertGreater(fast[0]["due_at"], plain["due_at"])
        order = [r["id"] for r in (*fast, soon, plain, later, slow)]
        peeked = self.queue()["items"]
        self.assertEqual([r["id"] for r in peeked], order)
        self.assertEqual(peeked[0]["priority"], "urgent")
        claims = self.probe.post(QUEUE, {"max": 4}).must(200)["claims"]
        claims += self.probe_b.post(QUEUE, {"max": 4}).must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in claims], order)

    def test_escalated_it_is_urgent_and_stays_so(self):
        early, late = self.submit(), self.submit("p-ranked", variant="slow")
        done = self.chief.act(late, "escalate", {"to": "supervisor-probe"}).must(200)
        self.assertEqual(done["priority"], "urgent")
        self.assertEqual(self.last_event(late)["after"]["priority"], "urgent")
        claims = self.probe.post(QUEUE, {"max": 2}).must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in claims], [late["id"], early["id"]])
        self.assertEqual(self.release(claims[0])["priority"], "urgent")
        self.chief.act(self.see(late), "reassign", {"to_agency": "probe"}).must(200)
        self.assertEqual(self.take()["request"]["id"], late["id"])

    def test_opened_again_it_is_what_the_standard_says(self):
        request = self.submit("p-ranked", variant="fast")
        claim = self.take(request)
        self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        self.assertEqual(self.see(request)["priority"], "urgent")
        again = self.chief.act(self.see(request), "reopen", {"reason": "a mistake"}).must(200)
        self.assertEqual(again["priority"], "urgent")
        self.submit()
        self.assertEqual(self.take()["request"]["id"], request["id"])

    def test_the_register_shows_it(self):
        [row] = [s for s in self.desk.get("/v1/services?q=p-ranked").must(200)["items"]]
        self.assertEqual([v["priority"] for v in row["variants"]], ["normal", "urgent", "low"])

    def test_a_standard_that_names_another_class_is_refused(self):
        whole = self.world.client("admin").get("/v1/services/p-ranked").must(200).json
        service = {**whole, "version": 2, "variants": [{**whole["variants"][1], "priority": "at once"}]}
        reply = self.world.client("admin").put("/v1/catalogue?dry_run=1", {"services": [service]})
        self.assert_invalid(reply, "/services/0/variants/0/priority")
        service["variants"][0]["priority"] = "low"
        reply = self.world.client("admin").put("/v1/catalogue?dry_run=1", {"services": [service]}).must(200)
        self.assertIn("p-ranked", json.dumps(reply["changes"]))


class Kept(PlaceTest):
    def test_for_who_handed_it_back_and_then_for_anybody(self):
        request = self.submit()
        back = self.release(self.take(request), keep_for_seconds=600)
        self.assertEqual((back["state"], back["kept"]["for"]), ("queued", "officer-probe"))
        self.assertEqual(self.last_event(request)["after"]["kept_until"], back["kept"]["until"])
        self.assertEqual((self.queue()["depth"], self.queue()["kept"]), (0, 1))
        self.nothing_for(self.probe_b)
        self.nothing_for(self.probe_b, request=request["id"])
        self.assertEqual(self.take()["request"]["id"], request["id"])
        self.assertIsNone(self.see(request)["kept"])
        self.release(self.probe.get("/v1/claims").must(200)["items"][0], keep_for_seconds=600)
        self.take(request)
        self.release(self.probe.get("/v1/claims").must(200)["items"][0], keep_for_seconds=600)
        self.world.advance(seconds=601)
        self.assertIsNone(self.see(request)["kept"])
        self.take(request, self.probe_b, wait_seconds=5)
        self.assertEqual(self.kinds(request), ["submit"] + ["claim", "release"] * 3 + ["claim"])

    def test_in_the_order_of_all(self):
        """What is kept comes where it would come, and no more is taken than was asked for."""
        mine = [self.submit("p-ranked") for _ in range(2)]
        mine.append(self.submit("p-ranked", variant="fast"))
        for claim in self.probe.post(QUEUE, {"max": 3}).must(200)["claims"]:
            self.release(claim, keep_for_seconds=600)
        soon, late = [self.submit() for _ in range(2)], [self.submit("p-clock")]
        order = [r["id"] for r in (mine[2], *soon, *mine[:2], *late)]
        self.assertEqual(sorted([soon[0]["due_at"], mine[0]["due_at"], late[0]["due_at"]]),
                         [soon[0]["due_at"], mine[0]["due_at"], late[0]["due_at"]])
        self.nothing_for(self.probe_b, services=["p-ranked"])
        got = []
        for room in (2, 3, 5):
            claims = self.probe.post(QUEUE, {"max": room}).must(200)["claims"]
            got += [c["request"]["id"] for c in claims]
        self.assertEqual(got, order)

    def test_only_of_the_services_asked_for(self):
        request = self.submit()
        self.release(self.take(request), keep_for_seconds=60)
        self.nothing_for(self.probe, services=["p-other"])
        self.assertEqual(len(self.probe.post(QUEUE, {"services": ["p-plain", "p-other"]}).must(200)["claims"]), 1)

    def test_a_batch_says_it_once_for_all_or_for_each(self):
        requests = [self.submit() for _ in range(3)]
        claims = self.probe.post(QUEUE, {"max": 3}).must(200)["claims"]
        bodies = [self.held(c) for c in claims]
        bodies[1]["keep_for_seconds"] = 10
        self.probe.post("/v1/claims/release", {"claims": bodies, "keep_for_seconds": 60}).must(200)
        until = [self.see(c["request"])["kept"]["until"] for c in claims]
        self.assertEqual([u > self.see(requests[0])["registered_at"] for u in until], [True] * 3)
        self.assertEqual(min(until), until[1])
        self.world.advance(seconds=20)
        self.assertEqual([bool(self.see(c["request"])["kept"]) for c in claims], [True, False, True])
        claim = self.take(requests[0])
        for wrong in (0, 86401):
            reply = self.probe.post("/v1/claims/release", {"claims": [self.held(claim)], "keep_for_seconds": wrong})
            self.assert_invalid(reply, "/keep_for_seconds")
            reply = self.probe.post("/v1/claims/release", {"claims": [self.held(claim, keep_for_seconds=wrong)]}).must(200)
            self.assertEqual(reply["results"][0]["problem"]["invalid_params"][0]["name"], "/claims/0/keep_for_seconds")
        self.assertEqual(self.see(requests[0])["state"], "claimed")

    def test_custody_too_and_by_the_act_itself(self):
        request = self.submit()
        claim = self.take(request)
        self.probe.act(self.see(request), "accept", {}).must(200)
        done = self.probe.post(f"/v1/requests/{request['id']}/release", self.held(claim, keep_for_seconds=60)).must(200)
        self.assertEqual(done["kept"]["for"], "officer-probe")
        self.nothing_for(self.probe_b)

    def test_a_correction_leaves_it_and_a_supervisor_overrides_it(self):
        request = self.submit()
        self.release(self.take(request), keep_for_seconds=600)
        self.desk.act(self.see(request), "correct", {"changes": {"applicant": {"phone": "+996555000222"}}}).must(200)
        self.nothing_for(self.probe_b)
        self.assertEqual(self.see(request)["kept"]["for"], "officer-probe")
        given = self.chief.act(self.see(request), "reassign", {"to_principal": "officer-probe-b"}).must(200)
        self.assertEqual((given["state"], given["kept"], given["responsible"]["principal"]),
                         ("in_work", None, "officer-probe-b"))
        other = self.submit()
        self.release(self.take(other), keep_for_seconds=600)
        self.chief.act(self.see(other), "reassign", {"to_agency": "probe"}).must(200)
        self.take(other, self.probe_b)

    def test_of_a_system_it_is_the_person(self):
        self.world.principal("probe-system", "officer", kind="system", agency="probe")
        system = self.world.client("probe-system")

        def as_(person, path, body):
            return system.post(path, body, headers={"Kezek-Actor": person}).must(200)

        request = self.submit()
        [claim] = as_("Resource7", QUEUE, {"request": request["id"]})["claims"]
        as_("Resource7", "/v1/claims/release", {"claims": [self.held(claim, keep_for_seconds=600)]})
        self.assertEqual(self.see(request)["kept"]["for"], "Resource7")
        self.assertEqual(as_("Resource8", QUEUE, {})["claims"], [])
        self.assertEqual(len(as_("Resource7", QUEUE, {})["claims"]), 1)

    def test_whose_access_ends_keeps_nothing(self):
        gone = self.world.principal("officer-gone", "officer", agency="probe")
        request = self.submit()
        self.release(self.take(request, gone), gone, keep_for_seconds=86400)
        self.world.client("admin").delete("/v1/principals/officer-gone").must(200)
        self.take(request, self.probe_b, wait_seconds=20)


class KeptAndWaiting(PlaceTest):
    def poll(self, client, **more):
        return aside(client.post, QUEUE, {"wait_seconds": 30, **more})

    def test_the_keepers_poll_gets_it_at_once_and_others_at_its_end(self):
        other = self.world.another_daemon()
        other.start()
        self.addCleanup(other.stop)
        for mine, theirs in ((self.world.daemon, self.world.daemon), (other, other)):
            request = self.submit()
            claim = self.take(request)
            waiting = self.poll(theirs.client("officer-probe-b"))
            keeper = self.poll(mine.client("officer-probe"))
            time.sleep(0.3)  # whether it comes before or after the polls began, the answer is the same
            began = time.monotonic()
            self.release(claim, keep_for_seconds=600)
            again = keeper().must(200)["claims"]
            self.assertEqual([c["request"]["id"] for c in again], [request["id"]])
            self.assertLess(time.monotonic() - began, 5)
            self.release(again[0], keep_for_seconds=600)
            self.world.advance(seconds=601)
            began = time.monotonic()
            got = waiting().must(200)["claims"]
            self.assertEqual([c["request"]["id"] for c in got], [request["id"]])
            self.assertLess(time.monotonic() - began, 5)

    def test_its_end_wakes_in_time(self):
        """By the house's clock as it goes: nobody moves it, and nothing else is committed."""
        request = self.submit()
        claim = self.take(request)
        waiting = self.poll(self.world.client("officer-probe-b", fresh=True))
        time.sleep(0.3)
        self.release(claim, keep_for_seconds=2)
        began = time.monotonic()
        self.assertEqual([c["request"]["id"] for c in waiting().must(200)["claims"]], [request["id"]])
        took = time.monotonic() - began
        self.assertTrue(1.5 < took < 3, took)


class Desk(PlaceTest):
    def hand_back(self, request, times):
        """Back and forth, once a round by a lease that runs out."""
        for n in range(times):
            claim = self.take(request, lease_seconds=10)
            if n % 2:
                self.release(claim)
            else:
                self.world.advance(seconds=11)
                eventually(lambda: self.see(request)["state"] == "queued")
        return self.see(request)

    def assert_on_desk(self, request):
        seen = self.see(request)
        self.assertEqual((seen["state"], seen["on_desk"], seen["claim"]), ("queued", True, None))
        self.assertEqual(seen["responsible"]["principal"], "probe-head")
        for client in (self.probe, self.probe_b):
            self.nothing_for(client)
            self.nothing_for(client, request=request["id"])
        self.assertEqual((self.queue()["depth"], self.queue()["on_desk"], self.queue()["items"]), (0, 1, []))
        self.assertEqual((self.overview()["on_desk"], self.overview()["open"]), (1, 1))
        listed = self.chief.get("/v1/requests?on_desk=1").must(200)["items"]
        self.assertEqual([r["id"] for r in listed], [request["id"]])
        off = self.chief.get("/v1/requests?on_desk=0&limit=500&count=exact").must(200)
        self.assertNotIn(request["id"], [r["id"] for r in off["items"]])

    def test_released_once_too_often(self):
        request = self.submit()
        seen = self.hand_back(request, 5)
        self.assertEqual((seen["handed_back"], seen["on_desk"]), (5, False))
        before = self.chief.get("/v1/notifications").must(200)["items"]
        back = self.release(self.take(request), keep_for_seconds=60)  # for the desk it is kept for nobody
        self.assertEqual((back["handed_back"], back["on_desk"], back["kept"]), (6, True, None))
        self.assertEqual(back["version"], request["version"])
        self.assert_on_desk(request)
        self.assertEqual(self.kinds(request)[-3:], ["claim", "release", "desk"])
        event = self.last_event(request)
        self.assertEqual((event["principal"], event["after"]), ("kezekd", {"state": "queued", "handed_back": 6}))
        told = self.chief.get("/v1/notifications").must(200)["items"]
        self.assertEqual(len(told), len(before) + 1)
        self.assertEqual([(n["kind"], n["rung"], n["to"], n["request"], n["id"]) for n in told[:1]],
                         [("desk", "6", "supervisor", request["id"], event["id"])])
        self.assertEqual([n for n in self.probe.get("/v1/notifications").must(200)["items"] if n["kind"] == "desk"], [])
        # Its term runs on: late it is as any other.
        self.world.advance(days=14)
        self.assertTrue(self.see(request)["overdue"])

    def test_the_last_lease_ran_out(self):
        request = self.submit()
        self.hand_back(request, 5)
        self.take(request, lease_seconds=10)
        self.world.advance(seconds=11)
        eventually(lambda: self.see(request)["on_desk"])
        self.assert_on_desk(request)
        self.assertEqual(self.kinds(request)[-3:], ["claim", "lease_expired", "desk"])
        told = self.chief.get("/v1/notifications").must(200)["items"][0]
        self.assertEqual((told["kind"], told["request"]), ("desk", request["id"]))
        positions = self.world.sql("SELECT count(*), max(position) - min(position) + 1, count(DISTINCT position) FROM kezek.event")
        self.assertEqual(len(set(positions[0])), 1, positions)

    def test_the_supervisor_gives_it_out(self):
        for to, state in (({"to_principal": "officer-probe-b"}, "in_work"), ({"to_agency": "probe"}, "queued")):
            request = self.submit()
            self.hand_back(request, 6)
            self.assert_on_desk(request)
            given = self.chief.act(self.see(request), "reassign", to).must(200)
            self.assertEqual((given["state"], given["on_desk"], given["handed_back"]), (state, False, 0))
            if state == "queued":
                self.assertEqual(self.hand_back(request, 5)["on_desk"], False)
                self.assertEqual(self.release(self.take(request))["on_desk"], True)
            self.empty()

    def test_other_acts_leave_it_there_and_what_ends_it_takes_it_off(self):
        request = self.submit()
        self.hand_back(request, 6)
        self.desk.act(self.see(request), "correct", {"changes": {"applicant": {"phone": "+996555000222"}}}).must(200)
        self.chief.act(self.see(request), "escalate", {"to": "supervisor-probe"}).must(200)
        self.assertEqual(self.see(request)["on_desk"], True)
        self.nothing_for(self.probe)
        gone = self.desk.act(self.see(request), "withdraw").must(200)
        self.assertEqual((gone["state"], gone["on_desk"]), ("withdrawn", False))

    def test_an_answer_that_was_not_delivered_does_not_count(self):
        request = self.submit()
        claim = self.take(request)
        self.world.sql(f"SELECT kezek.give_back('{{officer-probe}}', '{{{claim['claim']}}}', '{{{claim['fence']}}}')", "kezek_app")
        seen = self.see(request)
        self.assertEqual((seen["state"], seen["handed_back"]), ("queued", 0))

    def test_wrong_filter(self):
        self.assert_problem(self.chief.get("/v1/requests?on_desk=perhaps"), 400, "bad_parameter")


class Command(PlaceTest):
    def said(self, who, *words):
        return self.world.kezek(who, "--lang", "en", *words).stdout

    def test_kept_and_urgent_and_on_the_desk(self):
        request = self.submit("p-ranked", variant="fast")
        self.take(request)
        self.said("officer-probe", "release", request["number"], "--keep-for", "600")
        self.assertRegex(self.said("desk-clerk", "show", request["number"]),
                         r"queued, URGENT(.|\n)*KEPT +officer-probe, until 2026-11-18 10:10")
        self.assertRegex(self.said("officer-probe", "queues", "probe"), r"KEPT +ON DESK")
        self.world.sql(f"UPDATE kezek.work SET handed_back = 5 WHERE request = '{request['id']}'")
        self.take(request)
        self.said("officer-probe", "release", request["number"])
        self.assertIn("URGENT, on the desk", self.said("supervisor-probe", "list", "--on-desk"))
        self.assertRegex(self.said("supervisor-probe", "overview"), r"ON DESK\n(.*\n)*probe .* 1\n")
        self.assertIn("on the desk", self.said("supervisor-probe", "notifications"))
        self.assertIn("ON DESK 1", self.said("supervisor-probe", "watch", "--times", "1"))
        self.assertIn("[urgent]", self.said("desk-clerk", "services", "p-ranked"))
        self.assertEqual(self.world.kezek("officer-probe", "release", "--all", "--keep-for", "0", check=False).returncode, 2)


class NoLimit(QueueTest):
    """hand_back_limit = 0: any number of times; = 1: the second goes to the desk."""

    def test_by_the_option(self):
        for limit, wanted in ((0, [False] * 7), (1, [False, True])):
            daemon = self.world.another_daemon(hand_back_limit=limit)
            daemon.start()
            try:
                client, request = daemon.client("officer-probe"), self.submit()
                for n, on_desk in enumerate(wanted, 1):
                    claim = self.take(request, client)
                    client.post("/v1/claims/release", {"claims": [self.held(claim)]}).must(200)
                    seen = self.see(request)
                    self.assertEqual((seen["handed_back"], seen["on_desk"]), (n, on_desk), limit)
            finally:
                daemon.stop()


if __name__ == "__main__":
    main()
