"""Corners that were wrong once: pages of what has no date, methods, versions, wakes, keys."""

import copy
import json
import time

from support.casework import CATALOGUE, CaseTest, aside
from support.kezek import main


class Decided(CaseTest):
    def test_what_is_decided_is_due_no_more(self):
        def figures():
            row, = [r for r in self.chief.get("/v1/overview?by=agency").must(200)["items"] if r["agency"] == "probe"]
            return row["open"], row["due_today"], row["due_in_3_working_days"]
        request = self.submit("p-docs", documents=[{"kind": "paper"}])
        self.world.set_clock(f"{request['due_on']}T10:00:00+06:00")
        before = figures()
        claim = self.take(request)
        self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        after = figures()  # it waits to be handed over
        self.assertEqual([b - a for b, a in zip(before, after)], [0, 1, 1])


class Corners(CaseTest):
    def test_pages_by_due_date_end_although_some_have_none(self):
        made = {self.submit("p-docs")["id"] for _ in range(3)} | {self.submit()["id"]}
        path = "/v1/requests?sort=due_at&limit=1"
        seen, after = [], ""
        while len(seen) < 100:
            page = self.desk.get(path + after).must(200)
            seen += [r["id"] for r in page["items"]]
            if not page["page"]["has_more"]:
                break
            after = "&after=" + page["page"]["end_cursor"]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertTrue(made <= set(seen))

    def test_a_method_that_is_not_taken_hears_which_are(self):
        for path, methods in (("/v1/requests", "GET, HEAD, POST"), ("/v1/claims/renew", "POST"),
                              ("/v1/calendars/kg", "GET, HEAD, PUT")):
            with self.subTest(path):
                reply = self.desk.call("DELETE", path)
                self.assert_problem(reply, 405, "method_not_allowed")
                self.assertEqual(sorted(reply.header("Allow").split(", ")), sorted(methods.split(", ")))

    def test_a_version_beyond_all_bounds_is_stale(self):
        request = self.submit()
        for version in ("2147483648", "9999999999"):
            reply = self.desk.post(f"/v1/requests/{request['id']}/withdraw", {}, match=version)
            self.assert_problem(reply, 412, "stale_version")

    def test_a_wake_passes_by_those_who_want_something_else(self):
        choosy, eager = (self.world.client(name, fresh=True) for name in ("officer-probe", "officer-probe-b"))
        path = "/v1/queues/probe/claims"
        first = aside(choosy.post, path, {"services": ["p-other"], "wait_seconds": 4})
        time.sleep(0.3)
        second = aside(eager.post, path, {"services": ["p-hours"], "wait_seconds": 4})
        time.sleep(0.3)
        began = time.monotonic()
        request = self.submit("p-hours")
        claims = second().must(200)["claims"]
        self.assertEqual([c["request"]["id"] for c in claims], [request["id"]])
        self.assertLess(time.monotonic() - began, 0.6)
        self.assertEqual(first().must(200)["claims"], [])
        choosy.close()
        eager.close()

    def test_a_member_of_a_batch_does_not_take_the_key_of_another_act(self):
        one, two = self.submit(), self.submit()
        batch = {"claims": [self.held(self.take(one), outcome="granted")]}
        self.probe.post("/v1/claims/decide", batch, key="twice").must(200)
        self.desk.act(two, "withdraw", key="other").must(200)
        three = self.take(self.submit())
        self.probe.post(f"/v1/claims/{three['claim']}/accept", {"fence": three["fence"]}, key="twice#0").must(200)


class Evidence(CaseTest):
    """What acts say is kept, and what the standard says of late decisions holds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        whole = json.loads(CATALOGUE.read_text(encoding="utf-8"))
        plain = next(s for s in whole["services"] if s["code"] == "p-plain")
        route = next(r for r in whole["routes"] if r["service"] == "p-plain")
        more = {"services": [], "routes": []}
        for late in ("favourable_only", "forbidden"):
            service = copy.deepcopy(plain)
            service["code"] = f"p-{late}"
            service["stages"][1]["late_decision"] = late
            more["services"].append(service)
            more["routes"].append({**route, "service": service["code"]})
        lost = copy.deepcopy(plain)
        lost["code"] = "p-lost"  # nobody's: no route
        lost["stages"][1]["term"]["start"] = "forwarded"
        more["services"].append(lost)
        cls.world.client("admin").put("/v1/catalogue", more).must(200)

    def test_the_clock_of_the_agency_starts_when_its_queue_is_reached(self):
        unrouted = self.submit("p-lost")
        self.assertEqual((unrouted["agency"], unrouted["due_at"]), ("unrouted", None))
        given = self.supervisor.act(unrouted, "reassign", {"to_agency": "probe"}).must(200)
        self.assertEqual((given["agency"], given["state"]), ("probe", "queued"))
        self.assertEqual(self.deadline(given.json, "decide")["state"], "running")
        self.assertTrue(given["due_at"])

    def last(self, request):
        return self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]

    def test_the_journal_keeps_what_was_paid_decided_and_handed_over(self):
        request = self.submit("p-pay")
        fee = next(v["fee_tyiyn"] for s in json.loads(CATALOGUE.read_text(encoding="utf-8"))["services"]
                   if s["code"] == "p-pay" for v in s["variants"] if v["code"] == request["variant"])
        self.desk.act(request, "pay", {"amount_tyiyn": fee, "reference": "receipt 18"}).must(200)
        paid = self.last(request)
        self.assertEqual((paid["kind"], paid["after"]["amount_tyiyn"], paid["text"]), ("pay", fee, "receipt 18"))
        request = self.submit("p-docs", documents=[{"kind": "paper"}])
        claim = self.take(request)
        path = f"/v1/requests/{request['id']}"
        self.probe.post(f"{path}/decide", self.held(claim, outcome="granted", document="order 7")).must(200)
        self.assertEqual(self.last(request)["text"], "order 7")
        over = {"to": "representative", "document_shown": "passport"}
        self.desk.act(self.see(request), "hand_over", over).must(200)
        handed = self.last(request)
        self.assertEqual((handed["after"]["to"], handed["text"]), ("representative", "passport"))

    def test_late_decisions_by_the_standard(self):
        requests = {late: self.submit(f"p-{late}") for late in ("favourable_only", "forbidden")}
        in_time = self.submit("p-forbidden")
        claim = self.take(in_time)
        body = self.held(claim, outcome="refused", ground="no_right")
        self.probe.post(f"/v1/requests/{in_time['id']}/decide", body).must(200)
        self.world.advance(days=10)
        for late, request in requests.items():
            claim = self.take(request)
            path = f"/v1/requests/{request['id']}/decide"
            body = self.held(claim, outcome="refused", ground="no_right")
            self.assert_invalid(self.probe.post(path, body), "/outcome")
            reply = self.probe.post(path, self.held(claim, outcome="granted"))
            self.assertEqual(reply.status, 200 if late == "favourable_only" else 422, repr(reply))


if __name__ == "__main__":
    main()
