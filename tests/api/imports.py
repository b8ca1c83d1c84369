"""POST /v1/imports: what a line may say, what is odd and taken, what is refused, and that nothing doubles."""

import json
import re
import time

from support.casework import aside
from support.hold import Hold
from support.imports import ImportTest, decide, event, line
from support.kezek import ROOT, eventually, main, run


class Judging(ImportTest):
    def test_a_computed_date_is_judged_at_the_decision(self):
        # Registered on Monday 3 March 2025, two working days: Wednesday 5 March is the last lawful one.
        met, missed = self.take_over(line("j-1", events=[decide("05T23:59")]), line("j-2", events=[decide("06T00:00")]))
        for request, state, breached in ((met, "met", None), (missed, "missed", "2025-03-06T00:00:00+06:00")):
            deadline = self.decide_of(request)
            self.assertEqual((request["state"], request["outcome"]), ("closed", "granted"))
            self.assertEqual((request["due_on"], request["promised_due_on"]), ("2025-03-05", None))
            self.assertEqual((deadline["state"], deadline["source"], deadline["breached_at"]), (state, "computed", breached))
            self.assertEqual(deadline["stopped_at"], request["closed_at"])

    def test_a_date_that_is_given_is_the_lawful_one(self):
        due_at = "2025-03-04T15:30:00+06:00"
        met, missed = self.take_over(line("g-1", due_at=due_at, events=[decide("04T15:29")]),
                                     line("g-2", due_at=due_at, events=[decide("04T15:30")]))
        self.assertEqual([self.decide_of(r)["state"] for r in (met, missed)], ["met", "missed"])
        self.assertEqual((met["due_at"], met["due_on"], met["promised_due_on"]), (due_at, "2025-03-04", "2025-03-04"))
        self.assertEqual(self.decide_of(met)["source"], "imported")
        midnight, = self.take_over(line("g-3", due_at="2025-03-05T00:00:00+06:00"))
        self.assertEqual(midnight["due_on"], "2025-03-04")

    def test_an_open_case_waits_with_its_breach_on_record(self):
        request, = self.take_over(line("o-1", events=[event("04T09:00", "claim", actor="a-1"),
                                                      event("07T09:00", "note", text="Asked again")]))
        self.assertEqual((request["state"], request["overdue"]), ("queued", True))
        self.assertEqual(request["responsible"], {"agency": "probe", "principal": "probe-head"})
        journal = self.journal(request)
        self.assertEqual([e["kind"] for e in journal], ["imported", "claim", "breached", "note"])
        self.assertEqual([e["occurred_at"] for e in journal],
                         ["2025-03-03T10:00:00+06:00", "2025-03-04T09:00:00+06:00", "2025-03-06T00:00:00+06:00",
                          "2025-03-07T09:00:00+06:00"])
        self.assertEqual((journal[1]["actor"], journal[1]["principal"], journal[3]["text"]), ("a-1", "admin", "Asked again"))
        self.assertNotIn("Asked again", str(self.world.sql("SELECT encode(text, 'escape') FROM kezek.event "
                                                           "WHERE text IS NOT NULL")))
        # It is work like any other: the officer takes it and decides.
        claim = self.take(request)
        self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)

    def test_a_date_ahead_fires_when_it_comes(self):
        request, = self.take_over(line("o-2", received_at="2026-11-18T09:00:00+06:00"))
        self.assertEqual((request["overdue"], request["due_on"]), (False, "2026-11-20"))
        self.world.set_clock("2026-11-21T00:00:01+06:00")
        self.addCleanup(self.world.set_clock, self.start)
        eventually(lambda: [e["kind"] for e in self.journal(request)] == ["imported", "breached"])

    def test_what_ends_without_a_decision_is_not_judged(self):
        withdrawn, lapsed = self.take_over(line("w-1", events=[event("04T09:00", "withdraw")]),
                                           line("w-2", events=[event("06T00:00", "lapse")]))
        self.assertEqual([(r["state"], self.decide_of(r)["state"]) for r in (withdrawn, lapsed)],
                         [("withdrawn", "void"), ("lapsed", "missed")])

    def test_registration_has_a_deadline_of_its_own(self):
        late, = self.take_over(line("r-1", registered_at="2025-03-05T10:00:00+06:00"))
        self.assertEqual([(d["kind"], d["state"]) for d in late["deadlines"]], [("register", "missed"), ("decide", "running")])
        self.assertEqual(late["due_on"], "2025-03-07")

    def test_a_hand_over_follows_where_the_standard_says_so(self):
        events = [decide("04T09:00"), event("06T09:00", "hand_over", to="applicant")]
        result, other = self.send(line("h-1", service="p-docs", events=events), line("h-2", events=events))
        self.assertEqual((result["flags"], other["flags"]), ([], ["events_after_closing"]))
        request = self.supervisor.get(f"/v1/requests/{result['id']}").must(200)
        self.assertEqual(request["closed_at"], "2025-03-06T09:00:00+06:00")

    def test_ids_sort_by_the_historical_moment(self):
        older, newer = self.take_over(line("i-1", received_at="2019-06-01T10:00:00+06:00"), line("i-2"))
        self.assertLess(older["id"], newer["id"])
        self.assertLess(newer["id"], self.submit()["id"])


class Oddities(ImportTest):
    def flags(self, number, **members):
        result, = self.send(line(number, **members))
        self.assertEqual((result["result"], result["problem"]), ("created", None))
        return result

    def test_odd_lines_are_taken_and_flagged(self):
        for number, flags, members in (
                ("f-0", [], {"events": [decide("05T09:00")]}),
                ("f-1", ["closed_before_receipt"], {"events": [decide("03T09:59")]}),
                ("f-2", ["events_after_closing"], {"events": [decide("04T09:00"), event("05T09:00", "note")]}),
                ("f-3", [], {"events": [decide("04T09:00"), event("04T09:00", "note")]}),
                ("f-4", ["registered_before_receipt"], {"registered_at": "2025-03-03T09:00:00+06:00"}),
                ("f-5", ["unknown_ground"], {"events": [event("03T11:00", "pause", ground="documents_missing")]}),
                ("f-6", ["outcome_unknown"], {"events": [event("04T09:00", "decide")]}),
                ("f-7", ["no_version_then"], {"received_at": "2020-03-03T10:00:00+06:00"})):
            with self.subTest(number):
                self.assertEqual(self.flags(number, **members)["flags"], flags)

    def test_later_ones_are_counted(self):
        late = [event(f"{day:02}T09:00", "note") for day in (5, 6, 7)]
        self.assertEqual(self.flags("c-1", events=[*late, decide("04T09:00")])["events_after_closing"], 3)

    def test_only_the_first_closing_counts(self):
        result = self.flags("c-2", events=[decide("05T09:00", "refused"), decide("04T09:00")])
        request = self.supervisor.get(f"/v1/requests/{result['id']}").must(200)
        self.assertEqual((request["outcome"], result["events_after_closing"]), ("granted", 1))


class Lines(ImportTest):
    def refused(self, pointer, reason, code="invalid", **members):
        result, = self.send(line("x-1", **members))
        self.assertEqual((result["line"], result["number"], result["result"]), (1, "x-1", "refused"))
        problem = result["problem"]
        self.assertEqual((problem["code"], [(p["name"], p["code"]) for p in problem["invalid_params"]]),
                         (code, [(pointer, reason)]))

    def test_faults_of_a_line_are_told(self):
        self.refused("/service", "not_found", service="nothing")
        self.refused("/variant", "not_found", variant="nothing")
        self.refused("/office", "not_found", office="nothing")
        self.refused("/agency", "not_found", agency="nothing")
        self.refused("/agency", "missing", agency=...)
        self.refused("/territory", "not_found", territory="nothing")
        self.refused("/received_at", "missing", received_at=...)
        self.refused("/received_at", "in_future", received_at="2027-01-01T00:00:00+06:00")
        self.refused("/registered_at", "too_small", received_at="1969-12-31T00:00:00Z")
        self.refused("/due_at", "bad_format", due_at="2025-03-05")
        self.refused("/channel", "not_allowed", channel="pigeon")
        self.refused("/events/0/kind", "not_allowed", events=[event("04T09:00", "dance")])
        self.refused("/events/0/outcome", "not_allowed", events=[decide("04T09:00", "maybe")])
        self.refused("/events/1/at", "missing", events=[decide("04T09:00"), {"kind": "note"}])
        self.refused("/events/0/at", "in_future", events=[{"at": "2027-01-01T00:00:00Z", "kind": "note"}])
        self.refused("/events/0/actor", "bad_format", events=[event("04T09:00", "note", actor="21509199012345")])

    def test_unknown_members_and_wrong_types_refuse_the_line(self):
        self.refused("/colour", "unknown_member", code="unknown_member", colour="red")
        self.refused("/events/0/colour", "unknown_member", code="unknown_member",
                     events=[event("04T09:00", "note", colour="red")])
        self.refused("/events", "wrong_type", code="wrong_type", events={})

    def test_each_line_passes_the_gate_and_the_others_go_on(self):
        results = self.send(line("b-1"), b"", b'{"number":', b'{"number":"a","number":"b"}', b"[]", b"null", b'"\xff"',
                            b"  \t\r", line("b-2"))
        self.assertEqual([(r["line"], r["result"], (r["problem"] or {}).get("code")) for r in results],
                         [(1, "created", None), (3, "refused", "bad_json"), (4, "refused", "duplicate_member"),
                          (5, "refused", "wrong_type"), (6, "refused", "wrong_type"), (7, "refused", "bad_json"),
                          (9, "created", None)])

    def test_a_line_too_long_is_refused_alone(self):
        long = line("l-1", events=[event("04T09:00", "note", text="x" * 3000)] * 400)
        results = self.send(long, line("l-2"))
        self.assertEqual([r["result"] for r in results], ["refused", "created"])
        self.assertEqual(results[0]["problem"]["code"], "too_large")

    def test_only_administrators_import_and_only_ndjson(self):
        self.assert_problem(self.send(line("n-1"), client=self.desk, status=403), 403, "role_not_allowed")
        self.assert_problem(self.admin.post("/v1/imports", line("n-1"), key=None), 415, "unsupported_media_type")

    def test_an_empty_body_has_no_results(self):
        self.assertEqual(self.send(b"\n\n"), [])


class Repeating(ImportTest):
    def test_identity_is_agency_and_number(self):
        first = self.send(line("same-1"), line("same-1"), line("same-1", agency="probe-two"))
        self.assertEqual([r["result"] for r in first], ["created", "exists", "created"])
        other = self.world.principal("second-admin", "admin")
        again = self.send(line("same-1"), line("same-1", due_at="2025-03-09T00:00:00Z"), client=other)
        self.assertEqual([(r["result"], r["flags"]) for r in again], [("exists", []), ("exists", ["differs"])])
        self.assertEqual({r["id"] for r in again}, {first[0]["id"]})
        self.assertEqual(len(self.supervisor.get("/v1/requests?number=same-1").must(200)["items"]), 2)

    def test_a_number_given_out_here_is_not_taken_twice(self):
        number = self.submit()["number"]
        result, = self.send(line(number))
        self.assertEqual((result["result"], result["flags"]), ("exists", ["differs"]))

    def test_others_are_served_while_many_lines_come_in(self):
        lines = [line(f"many-{n}", events=[event("04T09:00", "note", text="x" * 300), decide("05T09:00")]) for n in range(3000)]
        result = aside(self.send, *lines, client=self.world.client("admin", fresh=True, timeout=120))
        slowest = 0
        while not self.world.sql("SELECT 1 FROM kezek.number WHERE number = 'many-2999'"):
            began = time.monotonic()
            self.desk.get("/v1/me").must(200)
            slowest = max(slowest, time.monotonic() - began)
        self.assertEqual({r["result"] for r in result()}, {"created"})
        self.assertLess(slowest, 0.5)


class Away(ImportTest):
    world_options = {"own_cluster": True, "request_timeout": "3"}

    def test_without_postgresql_the_call_fails_and_a_repeat_doubles_nothing(self):
        lines = [line(f"away-{n}", events=[decide("05T09:00")]) for n in range(4000)]
        reply = aside(self.send, *lines, client=self.world.client("admin", fresh=True, timeout=60), status=503)
        eventually(lambda: self.world.sql("SELECT 1 FROM kezek.number LIMIT 1"), timeout=20)
        self.world.cluster.kill()
        self.assert_problem(reply(), 503, "database_away")
        self.world.cluster.start()
        eventually(lambda: self.admin.get("/readyz").status == 200, timeout=30)
        results = self.send(*lines, client=self.world.client("admin", fresh=True, timeout=120))
        self.assertEqual({r["result"] for r in results}, {"created", "exists"})
        self.assertEqual(self.world.sql("SELECT count(*), count(DISTINCT number) FROM kezek.request"), [["4000", "4000"]])


class Demo(ImportTest):
    world_options = {"catalogue": True}

    @classmethod
    def move_in(cls):
        """The demo's own catalogue stays in force."""

    def test_the_demo_s_cases_are_all_taken(self):
        made = run(ROOT / "config/demo/make", "--now", self.start).stdout.encode()
        results = self.send(*made.splitlines())
        self.assertEqual([(r["number"], r["problem"]) for r in results if r["result"] != "created"], [])
        # Some are in the hands of people whom this world has no principals for.
        self.assertEqual({flag for r in results for flag in r["flags"]}, {"holder_unknown"})
        self.assertGreater(len(results), 60)
        shown = {state: self.supervisor.get(f"/v1/requests?deadline={state}&count=exact&limit=1").must(200)["page"]["count"]
                 for state in ("met", "missed", "running", "void")}
        self.assertEqual(sum(shown.values()), len(results))
        self.assertTrue(all(shown.values()), shown)


class Account(ImportTest):
    def held(self):
        text = self.admin.get("/metrics").must(200).text
        return int(re.search(r"^kezek_memory_account_bytes (\d+)$", text, re.M)[1])

    def test_what_lines_become_is_in_the_memory_account(self):
        lines = [line(f"m-{n}") for n in range(100)]
        before = self.held()
        lock = Hold(self.world, "LOCK TABLE kezek.request IN SHARE MODE")
        importing = aside(self.send, *lines, client=self.world.client("admin", fresh=True))
        lock.await_waiter()
        size = sum(len(json.dumps(one)) for one in lines)
        held = self.held()
        lock.end()
        self.assertGreater(held - before, 3 * size)  # the text once, and the trees
        self.assertEqual({result["result"] for result in importing()}, {"created"})
        eventually(lambda: self.held() - before < size)


if __name__ == "__main__":
    main()
