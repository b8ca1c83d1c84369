"""Acts that move deadlines: pauses of each effect, cures and what follows when they lapse, extensions."""

import json

from support.casework import ActTest
from support.kezek import eventually, main


class ClockTest(ActTest):
    """p-clock: ten working days; the clock stands at Wednesday, 18 November 2026, 10:00."""

    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.principal("probe-head", "officer", agency="probe")

    head = property(lambda self: self.world.client("probe-head"))

    def decide_on(self, request):
        return self.deadline(request, "decide")


class Pausing(ClockTest):
    def test_days_that_are_paused_do_not_count(self):
        request, claim = self.held_by(self.probe)
        self.assertEqual(request["due_on"], "2026-12-02")
        self.world.set_clock("2026-11-20T11:00:00+06:00")
        paused = self.act(claim, "pause", ground="documents_missing", documents_wanted=["extract"]).must(200)
        self.assertEqual((paused["state"], paused["due_on"], paused["due_at"], paused["overdue"]), ("paused", None, None, False))
        self.assertEqual(self.decide_on(paused)["state"], "paused")
        cure = self.deadline(paused, "cure")
        self.assertEqual((cure["state"], cure["due_on"]), ("running", "2026-11-27"))
        pause = self.decide_on(paused)["pauses"][0]
        self.assertRegex(pause["from"], r"^2026-11-20T11:00:00.*\+06:00$")
        self.assertEqual(pause["cure_by"], "2026-11-27")
        event = self.last_event(request)
        self.assertEqual((event["kind"], event["ground"], event["after"]["cure_by"], event["after"]["documents_wanted"]),
                         ("pause", "documents_missing", "2026-11-27", ["extract"]))
        explained, = [d for d in self.probe.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)["items"]
                      if d["kind"] == "decide"]
        self.assertEqual((explained["paused"], explained["left"], explained["cure_by"]),
                         (True, {"days": 8, "unit": "working_day", "extensions": 0}, "2026-11-27"))
        self.assertEqual([(r["at"], r["instant"]) for r in explained["ladder"]],
                         [("50%", None), ("-1 working_day", None), ("0", None), ("+2 working_day", None)])
        # The officer keeps it; the clerk brings what was asked for.
        self.world.set_clock("2026-11-25T15:00:00+06:00")
        done = self.desk.act(paused.json, "complete", {"documents": [{"kind": "extract"}]}).must(200)
        self.assertEqual((done["state"], self.deadline(done, "cure")["state"]), ("in_work", "met"))
        # 21 to 25 November stood still: three working days.
        self.assertEqual((done["due_on"], done["promised_due_on"]), ("2026-12-07", "2026-12-02"))
        self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)

    def test_not_everything_that_was_wanted(self):
        request, claim = self.held_by(self.probe)
        paused = self.act(claim, "pause", ground="documents_missing", documents_wanted=["extract"]).must(200)
        still = self.desk.act(paused.json, "complete", {"documents": []}).must(200)
        self.assertEqual((still["state"], self.decide_on(still)["state"]), ("paused", "paused"))

    def test_what_waits_for_no_applicant_is_not_completed(self):
        request, claim = self.held_by(self.probe)
        paused = self.act(claim, "pause", ground="expertise").must(200)
        still = self.desk.act(paused.json, "complete", {"documents": [{"kind": "extract"}]}).must(200)
        self.assertEqual(still["state"], "paused")
        self.assertEqual(self.act(claim, "resume").must(200)["state"], "in_work")

    def test_a_restart_begins_anew(self):
        request, claim = self.held_by(self.probe)
        self.act(claim, "pause", ground="expertise").must(200)
        self.world.set_clock("2026-11-26T10:00:00+06:00")
        resumed = self.act(claim, "resume").must(200)
        self.assertEqual((resumed["state"], resumed["due_on"]), ("in_work", "2026-12-10"))

    def test_one_that_is_only_noted(self):
        request, claim = self.held_by(self.probe)
        noted = self.act(claim, "pause", ground="noted").must(200)
        self.assertEqual((noted["state"], noted["due_on"], self.decide_on(noted)["state"]), ("paused", "2026-12-02", "running"))
        self.assertEqual(self.act(claim, "resume").must(200)["due_on"], "2026-12-02")

    def test_a_lease_becomes_custody(self):
        request = self.submit("p-clock")
        claim = self.take(request, lease_seconds=60)
        paused = self.act(claim, "pause", ground="expertise").must(200)
        self.assertTrue(paused["claim"]["custody"])
        self.world.advance(hours=5)
        self.assertEqual(self.act(claim, "resume").must(200)["state"], "in_work")

    def test_grounds_and_limits(self):
        request, claim = self.held_by(self.probe)
        refused = (
            ({}, {("/ground", "missing")}),
            ({"ground": "holiday"}, {("/ground", "not_a_ground")}),
            ({"ground": "letter"}, {("/cure_by", "missing")}),
            ({"ground": "letter", "cure_by": "soon"}, {("/cure_by", "bad_format")}),
            ({"ground": "letter", "cure_by": "2026-11-10"}, {("/cure_by", "too_small")}),
            ({"ground": "letter", "cure_by": "2026-11-20"}, {("/cure_by", "too_small")}),  # three working days are his
            ({"ground": "letter", "cure_by": "2026-12-20"}, {("/cure_by", "paused_too_long")}),
            ({"ground": "documents_missing", "documents_wanted": ["photo"]}, {("/documents_wanted", "not_found")}),
            ({"ground": "expertise", "effective_at": "2026-11-18T18:00:00+06:00"}, {("/effective_at", "in_future")}),
            ({"ground": "expertise", "effective_at": "2026-11-17T18:00:00+06:00", "backdate_reason": "paper"},
             {("/effective_at", "too_far_back"), ("/effective_at", "too_small")}),
        )
        for members, faults in refused:
            with self.subTest(members):
                self.assertEqual(self.faults(self.act(claim, "pause", **members)), faults)
        paused = self.act(claim, "pause", ground="letter", cure_by="2026-11-23").must(200)
        cure = self.deadline(paused, "cure")
        self.assertEqual((cure["due_on"], cure["due_at"], cure["source"]), ("2026-11-23", "2026-11-24T00:00:00+06:00", "stated"))
        self.assert_problem(self.act(claim, "pause", ground="expertise"), 409, "act_not_open")

    def test_facts_do_not_overlap(self):
        request, claim = self.held_by(self.probe)
        self.world.set_clock("2026-11-19T10:00:00+06:00")
        self.act(claim, "pause", ground="expertise").must(200)
        early = self.act(claim, "resume", effective_at="2026-11-18T12:00:00+06:00", backdate_reason="paper")
        self.assertEqual(self.faults(early), {("/effective_at", "too_small")})
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        self.act(claim, "resume").must(200)
        again = self.act(claim, "pause", ground="expertise", effective_at="2026-11-19T15:00:00+06:00", backdate_reason="paper")
        self.assertEqual(self.faults(again), {("/effective_at", "overlaps_pause")})

    def test_a_resumed_applicant_owes_no_more(self):
        request, claim = self.held_by(self.probe)
        self.act(claim, "pause", ground="documents_missing", documents_wanted=["extract"]).must(200)
        resumed = self.act(claim, "resume").must(200)
        self.assertEqual((resumed["state"], self.deadline(resumed, "cure")["state"]), ("in_work", "void"))
        self.act(claim, "pause", ground="documents_missing").must(200)
        self.assertEqual(self.desk.act(self.see(request), "complete", {"documents": []}).must(200)["state"], "in_work")


class Lapsing(ClockTest):
    """What the daemon does when nobody did."""

    def ends(self, request, **expected):
        eventually(lambda: {name: self.see(request)[name] for name in expected} == expected, timeout=8)
        return self.see(request)

    def test_a_cure_that_lapses_refuses(self):
        request, claim = self.held_by(self.probe)
        self.act(claim, "pause", ground="documents_missing").must(200)
        self.world.set_clock("2026-11-26T00:00:02+06:00")
        done = self.ends(request, state="decided", outcome="refused")
        self.assertEqual((self.deadline(done, "cure")["state"], self.decide_on(done)["state"]), ("missed", "met"))
        self.assertEqual((done["claim"], self.deadline(done, "notify")["due_on"]), (None, "2026-12-01"))
        event = self.last_event(request)
        self.assertEqual((event["kind"], event["principal"], event["occurred_at"]),
                         ("deem_refused", "kezekd", "2026-11-26T00:00:00+06:00"))

    def test_a_cure_that_lapses_ends_it(self):
        request, claim = self.held_by(self.probe, "p-silence")
        self.act(claim, "pause", ground="documents_missing").must(200)
        self.world.set_clock("2026-11-26T00:00:02+06:00")
        done = self.ends(request, state="lapsed", outcome=None)
        self.assertEqual({d["kind"]: d["state"] for d in done["deadlines"]}, {"register": "met", "cure": "missed", "decide": "void"})

    def test_a_cure_that_lapses_lets_the_work_go_on(self):
        request, claim = self.held_by(self.probe)
        self.act(claim, "pause", ground="letter", cure_by="2026-11-23").must(200)
        self.world.set_clock("2026-11-24T00:00:02+06:00")
        done = self.ends(request, state="in_work", due_on="2026-12-08")
        self.assertEqual(self.deadline(done, "cure")["state"], "missed")
        self.assertEqual(self.kinds(request), ["submit", "claim", "accept", "pause", "breached", "resume"])

    def test_documents_that_never_come(self):
        request = self.submit("p-docs")
        self.assertEqual(request["state"], "incomplete")
        self.world.advance(days=20)
        self.assertEqual(self.see(request)["state"], "incomplete")  # its cure ends nothing, by its standard
        request = self.submit("p-pause")
        self.assertEqual(request["state"], "paused")
        self.world.advance(days=20)
        self.ends(request, state="decided", outcome="refused")

    def test_silence_is_consent(self):
        request = self.submit("p-silence")
        self.world.set_clock("2026-11-21T00:00:02+06:00")
        done = self.ends(request, state="decided", outcome="granted", overdue=False)
        decide = self.decide_on(done)
        self.assertEqual((decide["state"], decide["stopped_at"]), ("missed", "2026-11-21T00:00:00+06:00"))
        self.assertEqual(self.deadline(done, "hand_over")["state"], "running")
        self.assertEqual(self.kinds(request), ["submit", "breached", "approve_tacitly"])
        self.assertEqual(decide["effect"], "approve_tacitly")
        path = f"/v1/requests/{request['id']}/certificate"
        certificate = self.desk.get(path).must(200)
        self.assertEqual((certificate["number"], certificate["due_on"], certificate["granted_at"], certificate["applicant"]),
                         (request["number"], "2026-11-20", "2026-11-21T00:00:00+06:00", "Асанов Үсөн"))
        self.assertIn("was not decided by 20 November 2026", certificate["sentence"])
        for accept, begins in (("text/plain", "Certificate of tacit approval"), ("text/html", "<!doctype html>")):
            paper = self.desk.get(path, headers={"Accept": accept}).must(200).text
            self.assertTrue(paper.startswith(begins), paper)
            self.assertIn(request["number"], paper)
        self.assert_problem(self.probe.get(path), 403, "role_not_allowed")
        self.assert_problem(self.desk_two.get(path), 404, "not_found")
        other = self.submit("p-silence")
        self.assert_problem(self.desk.get(f"/v1/requests/{other['id']}/certificate"), 404, "not_found")
        self.assertEqual(self.desk.act(done, "hand_over", {"to": "applicant"}).must(200)["state"], "closed")

    def test_silence_is_consent_though_somebody_holds_it(self):
        request, claim = self.held_by(self.probe, "p-silence")
        self.world.set_clock("2026-11-21T00:00:02+06:00")
        self.ends(request, state="decided", outcome="granted", claim=None)
        self.assertIn(self.act(claim, "decide", outcome="refused", ground="no_right").status, (409,))

    def test_silence_is_refusal(self):
        request = self.submit("p-deemed")
        self.world.set_clock("2026-11-21T00:00:02+06:00")
        self.ends(request, state="decided", outcome="refused")

    def test_silence_ends_it(self):
        request = self.submit("p-lapse")
        self.world.set_clock("2026-11-21T00:00:02+06:00")
        self.ends(request, state="lapsed", outcome=None)

    def test_over_a_restart_and_once(self):
        requests = [self.submit("p-silence") for _ in range(40)]
        self.world.forget_clients()
        self.world.daemon.kill()
        self.world.sql("UPDATE kezek.clock SET shift = shift + interval '10 days'")
        self.world.daemon.start()
        for request in requests:
            self.ends(request, state="decided", outcome="granted")
        for request in requests:
            self.assertEqual(self.kinds(request), ["submit", "breached", "approve_tacitly"])

    def test_a_late_refusal_is_refused(self):
        request, claim = self.held_by(self.probe)
        self.world.set_clock("2026-12-03T10:00:00+06:00")
        reply = self.act(claim, "decide", outcome="refused", ground="no_right")
        self.assertEqual(self.faults(reply), {("/outcome", "too_late")})
        self.assertEqual(self.act(claim, "decide", outcome="granted").must(200)["state"], "decided")


class Stages(ClockTest):
    def test_one_begins_where_another_stopped(self):
        request, claim = self.held_by(self.probe)
        decided = self.act(claim, "decide", outcome="granted").must(200)
        self.assertEqual({d["kind"] for d in decided["deadlines"]}, {"register", "decide", "notify"})
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        told = self.probe.act(decided.json, "notify", {"channel": "post"}).must(200)
        self.assertEqual((self.deadline(told, "notify")["state"], self.deadline(told, "hand_over")["due_on"]), ("met", "2026-11-27"))
        closed = self.desk.act(told.json, "hand_over", {"to": "applicant"}).must(200)
        self.assertEqual((closed["state"], self.deadline(closed, "hand_over")["state"]), ("closed", "met"))

    def test_a_decision_ends_what_led_to_it(self):
        request, claim = self.held_by(self.head)
        self.act(claim, "extend", self.head, amount=1, unit="working_day", **Extending.WHY).must(200)
        decided = self.act(claim, "decide", self.head, outcome="granted").must(200)
        self.assertEqual(self.deadline(decided, "notify_extension")["state"], "void")


class FormerDates(ClockTest):
    """A former system's date is no term, until it is paused or extended here: then it is one of so many days."""

    def take_over(self, number, **members):
        line = {"number": number, "service": "p-clock", "channel": "counter", "office": "desk", "agency": "probe",
                "received_at": "2026-11-10T09:00:00+06:00", "registered_at": "2026-11-10T09:00:00+06:00",
                "due_at": "2026-12-05T00:00:00+06:00", "events": [], **members}
        self.world.client("admin").call("POST", "/v1/imports", json.dumps(line).encode(),
                                        headers={"Content-Type": "application/x-ndjson"}).must(200)
        request, = self.probe.get(f"/v1/requests?number={number}").must(200)["items"]
        return request

    def test_its_ladder_is_told_from_it(self):
        request = self.take_over("f-1")
        ladder = [d for d in self.probe.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)["items"]
                  if d["kind"] == "decide"][0]["ladder"]
        self.assertEqual([rung["instant"] for rung in ladder],
                         [None, "2026-12-03T09:00:00+06:00", "2026-12-05T00:00:00+06:00", "2026-12-08T09:00:00+06:00"])

    def test_what_a_pause_makes_of_it(self):
        request = self.take_over("f-2")
        claim = self.take(request)
        paused = self.act(claim, "pause", ground="documents_missing").must(200)
        self.assertEqual((paused["due_on"], self.decide_on(paused)["state"]), (None, "paused"))
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        resumed = self.act(claim, "resume").must(200)
        self.assertEqual((resumed["due_on"], self.decide_on(resumed)["source"]), ("2026-12-08", "imported"))

    def test_what_passed_elsewhere_is_not_told_again(self):
        request = self.take_over("f-3", due_at="2026-11-12T00:00:00+06:00")
        self.world.set_clock("2026-11-18T18:00:00+06:00")
        self.assertEqual(self.kinds(request, self.probe), ["imported", "breached"])


class Extending(ClockTest):
    WHY = {"reason": "Another body is asked", "legal_basis": "Article 12"}

    def test_by_the_head_before_it_is_late(self):
        request, claim = self.held_by(self.head)
        done = self.act(claim, "extend", self.head, amount=5, unit="working_day", **self.WHY).must(200)
        self.assertEqual((done["due_on"], done["promised_due_on"], done["version"]), ("2026-12-09", "2026-12-02", 3))
        self.assertEqual(self.decide_on(done)["extensions"], [{"amount": 5, "unit": "working_day"}])
        notice = self.deadline(done, "notify_extension")
        self.assertEqual((notice["state"], notice["due_on"]), ("running", "2026-11-23"))
        told = self.act(claim, "notify", self.head, channel="mobile").must(200)
        self.assertEqual((told["state"], self.deadline(told, "notify_extension")["state"]), ("in_work", "met"))
        event = self.last_event(request)
        self.assertEqual((event["kind"], event["after"]["channel"]), ("notify", "mobile"))

    def test_by_a_head_who_is_no_officer(self):
        self.world.principal("probe-two-head", "supervisor", agency="probe-two")
        request = self.probe.act(self.submit("p-clock"), "forward", {"to_agency": "probe-two"}).must(200).json
        self.take(request, self.probe_two, "probe-two")
        more = {"amount": 5, "unit": "working_day", **self.WHY}
        self.assertEqual(self.faults(self.supervisor.act(request, "extend", more)), {("/deadline", "head_only")})
        done = self.world.client("probe-two-head").act(request, "extend", more).must(200)
        self.assertEqual((done["state"], done["due_on"]), ("claimed", "2026-12-09"))

    def test_limits(self):
        request, claim = self.held_by(self.probe)
        self.assertEqual(self.faults(self.act(claim, "extend", amount=5, unit="working_day", **self.WHY)),
                         {("/deadline", "head_only")})
        reply = self.probe.post(f"/v1/requests/{request['id']}/extend", self.held(claim, amount=5, unit="working_day", **self.WHY),
                                headers={"Kezek-Actor": "probe-head"})
        self.assertEqual(self.faults(reply), {("/deadline", "head_only")})  # a person is nobody else
        request, claim = self.held_by(self.head)
        refused = (
            ({}, {("/amount", "missing"), ("/unit", "missing"), ("/reason", "missing"), ("/legal_basis", "missing")}),
            ({"amount": 0, "unit": "day", **self.WHY}, {("/amount", "out_of_range")}),
            ({"amount": 11, "unit": "working_day", **self.WHY}, {("/amount", "extended_too_long")}),
            ({"amount": 3, "unit": "week", **self.WHY}, {("/amount", "extended_too_long")}),
            ({"amount": 1, "unit": "day", "deadline": "hand_over", **self.WHY}, {("/deadline", "not_found")}),
            ({"amount": 1, "unit": "fortnight", **self.WHY}, {("/unit", "not_allowed")}),
        )
        for members, faults in refused:
            with self.subTest(members):
                self.assertEqual(self.faults(self.act(claim, "extend", self.head, **members)), faults)
        for _ in range(2):
            self.act(claim, "extend", self.head, amount=5, unit="working_day", **self.WHY).must(200)
        self.assertEqual(self.faults(self.act(claim, "extend", self.head, amount=1, unit="working_day", **self.WHY)),
                         {("/deadline", "extended_enough"), ("/amount", "extended_too_long")})

    def test_not_when_it_is_late(self):
        request, claim = self.held_by(self.head)
        self.world.set_clock("2026-12-03T10:00:00+06:00")
        self.assertEqual(self.faults(self.act(claim, "extend", self.head, amount=1, unit="working_day", **self.WHY)),
                         {("/effective_at", "extended_late")})

    def test_a_standard_without_them(self):
        request = self.submit()
        claim = self.take(request)
        self.assertEqual(self.faults(self.act(claim, "extend", amount=1, unit="day", **self.WHY)),
                         {("/deadline", "not_extendable")})


if __name__ == "__main__":
    main()
