"""A cap with a start of its own: from which moment all must be done, whenever the term itself began."""

import copy
import json

from support.calendars import CalendarTest
from support.casework import CATALOGUE, ActTest
from support.kezek import ROOT, eventually, main

DAY_OF_RECEIPT = "2026-11-16T11:00:00+06:00"  # a Monday; the test's clock stands on the Wednesday behind it


class Caps(CalendarTest, ActTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        whole = json.loads(CATALOGUE.read_text(encoding="utf-8"))
        services = {s["code"]: s for s in whole["services"]}
        route = next(r for r in whole["routes"] if r["service"] == "p-plain")
        more = {"services": [], "routes": []}

        def add(code, like, amount, start, unit="day", **members):
            service = copy.deepcopy(services[like])
            decide = next(s for s in service["stages"] if s["kind"] == "decide")
            decide["cap"] = {"amount": amount, "unit": unit, "start": start, "roll": "none"}
            decide["term"] |= members.pop("term", {})
            more["services"].append({**service, "code": code, **members})
            more["routes"].append({**route, "service": code})

        long = {"term": {"amount": 20, "unit": "working_day"}}
        add("c-received", "p-plain", 10, "received", **long)
        add("c-anew", "p-silence", 10, "received", **long)
        add("c-going-on", "p-clock", 10, "received", **long)
        add("c-part", "p-consult", 10, "received", **long)
        add("c-fee", "p-pay", 10, "received", **long)
        add("c-complete", "p-docs", 10, "registered", **long)
        add("c-paid", "p-pay", 3, "paid", payment="after", term={"amount": 20, "unit": "working_day", "start": "registered"})
        cls.world.client("admin").put("/v1/catalogue", more).must(200)

    def setUp(self):
        self.world.set_clock(self.start)

    def received_before(self, service, **members):
        return self.submit(service, received_at=DAY_OF_RECEIPT, backdate_reason="post", **members)

    def decide_of(self, request):
        all_ = self.probe.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)["items"]
        return [d for d in all_ if d["kind"] == "decide" and d["state"] != "void"][-1]

    def test_it_counts_from_the_receipt(self):
        request = self.received_before("c-received")
        self.assertEqual((request["due_on"], request["promised_due_on"]), ("2026-11-26", "2026-11-26"))
        decide = self.decide_of(request)
        self.assertEqual((decide["started_at"], decide["cap_started_at"]), (request["registered_at"], DAY_OF_RECEIPT))
        self.assertIn("the cap decides: 10 days, beginning 16 November 2026, 11:00", decide["sentence"]["en"])
        self.assertEqual(sum(s.get("days", 0) for s in decide["explanation"]), 10)
        self.assertEqual(self.submit("c-received")["due_on"], "2026-11-28")
        standard = self.world.kezek("desk-clerk", "--lang", "en", "services", "c-received").stdout
        self.assertIn("decide: 20 working days (registered), at most 10 days (received)", standard)

    def test_a_house_of_before_learns_it(self):
        """What the migration does to those that are there."""
        request, plain = self.received_before("c-received"), self.submit()
        decided = self.received_before("c-received")
        self.act(self.take(decided), "decide", outcome="granted").must(200)
        sql = (ROOT / "migrations" / "0014_cap.sql").read_text(encoding="utf-8")
        self.world.sql("UPDATE kezek.deadline SET cap_started_at = NULL; UPDATE kezek.deadline_done SET cap_started_at = NULL")
        self.assertNotIn("cap_started_at", self.decide_of(request))
        self.world.sql(sql[sql.index("WITH cap"):])
        self.assertEqual(self.decide_of(request)["cap_started_at"], DAY_OF_RECEIPT)
        self.assertEqual(self.decide_of(decided)["cap_started_at"], decided["registered_at"])
        self.assertNotIn("cap_started_at", self.decide_of(plain))

    def test_where_there_is_none_nothing_is_said_of_it(self):
        self.assertNotIn("cap_started_at", self.decide_of(self.submit()))

    def test_pauses_and_restarts_move_it(self):
        for ground, how, due_on in (("documents_missing", "complete", "2026-11-30"), ("expertise", "resume", "2026-12-03")):
            request = self.received_before("c-going-on")
            self.world.set_clock("2026-11-19T10:00:00+06:00")
            paused = self.act(self.take(request), "pause", ground=ground).must(200)
            self.assertIsNone(paused["due_on"])
            self.world.set_clock("2026-11-23T10:00:00+06:00")  # 20 to 23 November did not count, or nothing before did
            body = {"documents": [{"kind": "extract"}]} if how == "complete" else {}
            going_on = (self.desk if how == "complete" else self.probe).act(paused.json, how, body).must(200)
            self.assertEqual(going_on["due_on"], due_on, ground)
            self.world.set_clock(self.start)

    def test_what_begins_anew_begins_it_anew(self):
        for service, due_on in (("c-going-on", "2026-11-26"), ("c-anew", "2026-11-29")):
            request = self.received_before(service)
            self.assertEqual(request["due_on"], "2026-11-26")
            self.world.set_clock("2026-11-19T10:00:00+06:00")
            claim = self.take(request)
            given = self.act(claim, "forward", to_agency="probe-two").must(200)
            self.assertEqual(self.see(given, self.probe_two)["due_on"], due_on)
            self.world.set_clock(self.start)

    def test_a_part_counts_as_its_whole_does(self):
        request = self.received_before("c-part", form={"address": "Osh", "water": "cold"})
        self.world.set_clock("2026-11-19T10:00:00+06:00")
        claim = self.take(request)
        link, = self.act(claim, "forward", to_agency="probe-two", part=["water"]).must(200)["links"]
        part = self.see({"id": link["request"]}, self.probe_two)
        self.assertEqual(part["due_on"], "2026-11-26")

    def test_the_fee_comes_later_than_the_receipt(self):
        request = self.received_before("c-fee")
        self.world.set_clock("2026-11-19T10:00:00+06:00")
        paid = self.desk.act(request, "pay", {"amount_tyiyn": 1_000_000, "reference": "r"}).must(200)
        self.assertEqual((paid["state"], paid["due_on"]), ("queued", "2026-11-26"))

    def test_what_was_missing_comes_later_than_the_receipt(self):
        request = self.submit("c-complete", documents=[])
        self.assertEqual((request["state"], request["due_on"]), ("incomplete", None))
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        whole = self.desk.act(request, "complete", {"documents": [{"kind": "paper"}]}).must(200)
        self.assertEqual((whole["state"], whole["due_on"]), ("queued", "2026-11-30"))

    def test_its_fact_may_come_while_the_term_runs(self):
        request = self.submit("c-paid")
        self.assertNotIn("cap_started_at", self.decide_of(request))
        before = request["due_on"]
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        paid = self.desk.act(request, "pay", {"amount_tyiyn": 1_000_000, "reference": "r"}).must(200)
        self.assertGreater(before, paid["due_on"])
        self.assertEqual(paid["due_on"], "2026-11-23")
        self.assertTrue(self.decide_of(request)["cap_started_at"].startswith("2026-11-20T10:00:00"))

    def test_a_change_of_the_calendar_knows_it(self):
        """A day off more moves the term, and not the cap's ten days, which count every day."""
        request = self.received_before("c-received")
        moved = self.submit()
        self.settle(self.change(self.day_off("2026-11-20")))
        self.addCleanup(lambda: self.settle(self.change()))
        eventually(lambda: self.see(moved)["due_on"] != moved["due_on"])
        seen = self.decide_of(request)
        self.assertEqual((seen["due_on"], seen["cap_started_at"]), ("2026-11-26", DAY_OF_RECEIPT))


if __name__ == "__main__":
    main()
