"""What an imported case lives through: pauses, extensions, forwardings and endings, by the calculus of live acts."""

from support.casework import submission
from support.imports import ImportTest, decide, event, line
from support.kezek import eventually, main

# p-clock: ten working days from Monday 3 March 2025, so that Monday 17 March is the last lawful day.
PAUSED = event("05T11:00", "pause", ground="expertise-abroad")


def march(day):
    return f"2025-03-{day}T00:00:00+06:00"


def day_after_day(request):
    return [(d["kind"], d["state"]) for d in request["deadlines"]]


class Clock(ImportTest):
    def test_a_pause_moves_the_date_however_its_end_is_told(self):
        # Paused from Wednesday 5 to Wednesday 12 March: 4, 5 and 13 on count; 21 and 24 March are days off.
        ground = {"ground": "documents_missing"}
        until = event("05T11:00", "pause", until="2025-03-12T10:00:00+06:00", **ground)
        begun = event("05T11:00", "pause", **ground)
        for n, events in enumerate(([until], [begun, event("12T10:00", "resume")], [begun, event("12T10:00", "complete")])):
            met, missed = self.take_over(*(
                line(f"p-{n}-{at}", service="p-clock", events=[*events, decide(at)]) for at in ("25T23:59", "26T00:00")))
            for request, state in ((met, "met"), (missed, "missed")):
                decided = self.decide_of(request)
                self.assertEqual((request["due_at"], decided["state"], request["state"]), (march(26), state, "closed"))
                self.assertEqual([(p["effect"], p["until"]) for p in decided["pauses"]],
                                 [("pause", "2025-03-12T10:00:00+06:00")])
        kinds = [e["kind"] for e in self.journal(met)]
        self.assertEqual(kinds, ["imported", "pause", "complete", "decide"])

    def test_a_pause_that_ends_by_itself_is_journaled_as_resumed(self):
        request, = self.take_over(line("p-u", service="p-clock", events=[
            event("05T11:00", "pause", ground="expertise", until="2025-03-12T10:00:00+06:00"), event("20T09:00", "note")]))
        journal = self.journal(request)
        self.assertEqual([e["kind"] for e in journal][:3], ["imported", "pause", "resume"])
        self.assertEqual((journal[2]["occurred_at"], journal[2]["before"], journal[2]["after"]["state"]),
                         ("2025-03-12T10:00:00+06:00", {"state": "paused"}, "queued"))

    def test_an_open_pause_stands_still_and_goes_on_live(self):
        self.world.principal("p-holder", "officer", agency="probe")
        request, = self.take_over(line("p-o", service="p-clock", received_at="2026-11-16T10:00:00+06:00", events=[
            {"at": "2026-11-17T09:00:00+06:00", "kind": "pause", "ground": "letter", "cure_by": "2026-11-24",
             "actor": "p-holder"}]))
        self.assertEqual((request["state"], request["due_at"], request["overdue"]), ("paused", None, False))
        self.assertEqual(day_after_day(request), [("register", "met"), ("decide", "paused"), ("cure", "running")])
        self.assertEqual(self.deadline(request, "cure")["due_at"], "2026-11-25T00:00:00+06:00")
        # The standard goes on without the applicant: the daemon does, at the moment that the former system stated.
        self.world.set_clock("2026-11-25T00:00:01+06:00")
        self.addCleanup(self.world.set_clock, self.start)
        eventually(lambda: self.see(request)["state"] == "in_work")
        self.assertEqual(self.see(request)["claim"]["principal"], "p-holder")

    def test_an_extension_moves_the_date_and_is_judged_by_it(self):
        longer = event("10T09:00", "extend", amount=5, unit="working_day", reason="Archive", legal_basis="Art. 9", actor="h")
        met, missed = self.take_over(line("x-1", service="p-clock", events=[longer, decide("25T23:59")]),
                                     line("x-2", service="p-clock", events=[longer, decide("26T00:00")]))
        self.assertEqual([(r["due_at"], self.decide_of(r)["state"]) for r in (met, missed)],
                         [(march(26), "met"), (march(26), "missed")])
        self.assertEqual(self.decide_of(met)["extensions"], [{"amount": 5, "unit": "working_day"}])
        said = next(e for e in self.journal(met) if e["kind"] == "extend")
        self.assertEqual((said["reason"], said["legal_basis"], said["after"]["due_at"], said["after"]["amount"]),
                         ("Archive", "Art. 9", march(26), 5))

    def test_an_extension_may_tell_the_day_or_the_moment_alone(self):
        for number, told, due_at in (("d-1", {"until": "2025-03-28"}, march(29)),
                                     ("d-2", {"due_at": "2025-03-28T15:00:00+06:00"}, "2025-03-28T15:00:00+06:00")):
            request, = self.take_over(line(number, service="p-clock", events=[event("10T09:00", "extend", **told)]))
            decided = self.decide_of(request)
            self.assertEqual((decided["due_at"], decided["source"], request["promised_due_on"]), (due_at, "imported", "2025-03-28"))
            self.assertEqual(decided["breached_at"], due_at)

    def test_what_the_standard_would_not_have_allowed_counts_and_is_flagged(self):
        def extend(at):
            return event(at, "extend", amount=1, unit="day")

        for number, flags, events in (
                ("b-0", [], [extend("10T09:00"), extend("11T09:00")]),
                ("b-1", ["beyond_standard"], [extend(f"1{n}T09:00") for n in range(3)]),        # more than twice
                ("b-2", ["beyond_standard"], [extend("18T09:00")]),                             # after it ran out
                ("b-3", ["beyond_standard"], [event("10T09:00", "extend", amount=3, unit="week")]),  # by too much
                ("b-4", ["beyond_standard"], [event("04T09:00", "pause", ground="letter",        # too long
                                                    until="2025-03-30T09:00:00+06:00")]),
                ("b-5", ["unknown_ground"], [event("04T09:00", "pause", ground="flood", until="2025-03-05T09:00:00+06:00")])):
            with self.subTest(number):
                result, = self.send(line(number, service="p-clock", events=events))
                self.assertEqual((result["result"], result["flags"]), ("created", flags))

    def test_a_late_extension_leaves_the_breach_on_record(self):
        request, = self.take_over(line("b-6", service="p-clock", events=[
            event("19T09:00", "extend", amount=5, unit="working_day"), decide("25T09:00")]))
        decided = self.decide_of(request)
        self.assertEqual((decided["state"], decided["breached_at"], decided["due_at"]), ("met", march(18), march(26)))

    def test_a_decision_ends_a_pause(self):
        request, = self.take_over(line("p-d", service="p-clock", events=[
            event("05T11:00", "pause", ground="expertise", actor="x"), decide("12T10:00")]))
        self.assertEqual((request["state"], self.decide_of(request)["state"]), ("closed", "met"))
        result, = self.send(line("p-e", service="p-clock", events=[PAUSED, event("06T10:00", "claim"), decide("12T10:00")]))
        self.assertEqual(result["flags"], ["act_not_open", "unknown_ground", "hand_over_unknown"])
        self.assertEqual(result["not_open"], [{"event": 1, "kind": "claim", "state": "paused"},
                                              {"event": 2, "kind": "decide", "state": "paused"}])


class Stated(ImportTest):
    """The former system's date: it holds what happened there, and moves by what happens here."""

    due = {"service": "p-clock", "due_at": march(29)}

    def test_it_stands_whatever_is_told(self):
        events = [event("05T11:00", "pause", ground="documents_missing"), event("12T10:00", "resume"),
                  event("14T10:00", "extend", amount=5, unit="working_day")]
        met, missed = self.take_over(line("s-1", events=[*events, decide("28T23:59")], **self.due),
                                     line("s-2", events=[*events, decide("29T00:00")], **self.due))
        for request, state in ((met, "met"), (missed, "missed")):
            decided = self.decide_of(request)
            self.assertEqual((decided["state"], decided["source"], decided["due_at"]), (state, "imported", march(29)))
            self.assertEqual((request["promised_due_on"], [p["effect"] for p in decided["pauses"]]), ("2025-03-28", ["none"]))
            self.assertEqual(decided["extensions"], [{"amount": 5, "unit": "working_day", "noted": True}])

    def test_a_live_extension_moves_it_by_itself_alone(self):
        """Friday 20 November and one working day more, though the line tells of a pause and an extension."""
        self.world.principal("s-holder", "officer", agency="probe")
        head = self.world.principal("probe-head", "supervisor", agency="probe")
        request, = self.take_over(line(
            "s-3", service="p-clock", received_at="2026-11-02T10:00:00+06:00", due_at="2026-11-21T00:00:00+06:00", events=[
                {"at": "2026-11-03T09:00:00+06:00", "kind": "pause", "ground": "expertise", "until": "2026-11-06T09:00:00+06:00"},
                {"at": "2026-11-09T09:00:00+06:00", "kind": "extend", "amount": 2, "unit": "working_day"},
                {"at": "2026-11-10T09:00:00+06:00", "kind": "accept", "actor": "s-holder"}]))
        self.assertEqual((request["due_at"], request["state"]), ("2026-11-21T00:00:00+06:00", "in_work"))
        head.call("POST", f"/v1/requests/{request['id']}/extend",
                  {"amount": 1, "unit": "working_day", "reason": "r", "legal_basis": "l"},
                  headers={"If-Match": f'"{request["version"]}"', "Idempotency-Key": "s-3"}).must(200)
        moved = self.see(request)
        self.assertEqual((moved["due_at"], moved["promised_due_on"]), ("2026-11-24T00:00:00+06:00", "2026-11-20"))
        self.assertEqual([x.get("noted", False) for x in self.decide_of(moved)["extensions"]], [True, False])

    def test_an_open_pause_moves_it_when_it_ends(self):
        holder = self.world.principal("s-paused", "officer", agency="probe")
        request, = self.take_over(line(
            "s-4", service="p-clock", received_at="2026-11-09T10:00:00+06:00", due_at="2026-11-21T00:00:00+06:00", events=[
                {"at": "2026-11-11T09:00:00+06:00", "kind": "pause", "ground": "expertise", "until": "2026-11-12T09:00:00+06:00"},
                {"at": "2026-11-17T09:00:00+06:00", "kind": "pause", "ground": "documents_missing", "actor": "s-paused"}]))
        self.assertEqual((request["state"], request["due_at"], request["promised_due_on"]), ("paused", None, "2026-11-20"))
        self.assertEqual([p["effect"] for p in self.decide_of(request)["pauses"]], ["none", "pause"])
        holder.call("POST", f"/v1/requests/{request['id']}/resume", {},
                    headers={"If-Match": f'"{request["version"]}"', "Idempotency-Key": "s-4"}).must(200)
        # 18 November does not count.
        self.assertEqual(self.see(request)["due_at"], "2026-11-24T00:00:00+06:00")

    def test_a_reopened_case_has_the_standard_s_term(self):
        request, = self.take_over(line("s-5", events=[
            decide("10T09:00"), event("11T09:00", "reopen", reason="Court"), decide("26T00:00", "refused")], service="p-plain",
            due_at=march(10)))
        self.assertEqual(day_after_day(request), [("register", "met"), ("decide", "missed"), ("decide", "missed")])
        self.assertEqual((request["outcome"], self.decide_of(request)["source"], self.decide_of(request)["due_at"]),
                         ("refused", "computed", march(14)))


class Hands(ImportTest):
    def test_a_forwarded_case_is_where_it_went(self):
        forward = event("05T09:00", "forward", to_agency="probe-two", body_number="Two-7", reason="Theirs", actor="a")
        request, = self.take_over(line("f-1", events=[event("04T09:00", "accept", body_number="One-3", actor="a"), forward]))
        self.assertEqual((request["agency"], request["body_number"], request["state"]), ("probe-two", "Two-7", "queued"))
        self.assertEqual(request["responsible"], {"agency": "probe-two", "principal": "probe-two-head"})
        self.assertEqual(self.world.sql(f"SELECT agency, body_number FROM kezek.former WHERE request = '{request['id']}'"),
                         [["probe", "One-3"]])
        self.assertEqual(self.world.sql(f"SELECT hops FROM kezek.request_state WHERE id = '{request['id']}'"), [["1"]])
        # Who had it goes on seeing it; who has it works on it; its identity stays where it began.
        self.probe.get(f"/v1/requests/{request['id']}").must(200)
        self.take(request, self.probe_two, "probe-two")
        again, other = self.send(line("f-1"), line("f-1", agency="probe-two"))
        self.assertEqual((again["result"], again["id"], other["result"]), ("exists", request["id"], "created"))
        said = next(e for e in self.journal(request) if e["kind"] == "forward")
        self.assertEqual((said["before"]["agency"], said["after"]["to_agency"], said["reason"]), ("probe", "probe-two", "Theirs"))

    def test_there_and_back(self):
        request, = self.take_over(line("f-2", events=[
            event("04T09:00", "forward", to_agency="probe-two", body_number="T"),
            event("05T09:00", "forward", to_agency="probe", body_number="P")]))
        self.assertEqual((request["agency"], request["body_number"]), ("probe", "P"))
        self.assertEqual(self.world.sql(f"SELECT agency, body_number FROM kezek.former WHERE request = '{request['id']}' "
                                        "ORDER BY agency"), [["probe", None], ["probe-two", "T"]])

    def test_the_clock_goes_on_or_begins_anew_as_the_standard_says(self):
        forward = event("10T09:00", "forward", to_agency="probe-two")
        on, anew = self.take_over(line("f-3", service="p-clock", events=[forward]),
                                  line("f-4", service="p-silence", events=[forward]))
        self.assertEqual(on["due_at"], march(18))
        self.assertEqual(([s for k, s in day_after_day(anew) if k == "decide"], anew["due_at"]), (["void", "running"], march(13)))

    def test_who_had_it_has_it_in_custody(self):
        self.world.principal("h-known", "officer", agency="probe")
        self.world.principal("h-gone", "officer", agency="probe")
        self.admin.call("DELETE", "/v1/principals/h-gone").must(200)
        for number, who, flags in (("h-1", "h-known", []), ("h-2", "h-gone", ["holder_unknown"]),
                                   ("h-3", "officer-probe-two", ["holder_unknown"]), ("h-4", "nobody", ["holder_unknown"])):
            result, = self.send(line(number, events=[event("04T09:00", "claim", actor=who), event("04T10:00", "accept", actor=who)]))
            request = self.see(result)
            self.assertEqual(result["flags"], flags)
            if flags:
                self.assertEqual((request["state"], request["claim"], request["responsible"]["principal"]),
                                 ("queued", None, "probe-head"))
                continue
            self.assertEqual((request["state"], request["responsible"]["principal"]), ("in_work", "h-known"))
            self.assertEqual((request["claim"]["principal"], request["claim"]["custody"]), ("h-known", True))
            claim = self.world.client("h-known").get(f"/v1/requests/{request['id']}").must(200)["claim"]
            self.world.client("h-known").post(f"/v1/requests/{request['id']}/decide",
                                              self.held(claim, outcome="granted")).must(200)

    def test_a_case_that_only_waits_is_its_last_officer_s_to_answer_for(self):
        self.world.principal("h-note", "officer", agency="probe")
        request, = self.take_over(line("h-5", events=[event("04T09:00", "note", actor="h-note")]))
        self.assertEqual((request["state"], request["claim"], request["responsible"]["principal"]), ("queued", None, "h-note"))


class Beginnings(ImportTest):
    def test_what_was_incomplete_begins_when_it_is_complete(self):
        request, = self.take_over(line("c-1", service="p-docs", events=[event("10T09:00", "complete")]))
        self.assertEqual(day_after_day(request), [("register", "met"), ("cure", "met"), ("decide", "running")])
        self.assertEqual((self.decide_of(request)["started_at"], request["due_on"]), ("2025-03-10T09:00:00+06:00", "2025-03-17"))

    def test_where_the_standard_pauses_it_was_paused(self):
        request, = self.take_over(line("c-2", service="p-pause", events=[event("10T09:00", "complete")]))
        self.assertEqual([(p["ground"], p["until"]) for p in self.decide_of(request)["pauses"]],
                         [("documents_missing", "2025-03-10T09:00:00+06:00")])

    def test_a_fee_before_the_work_starts_the_clock_when_it_is_paid(self):
        request, = self.take_over(line("c-3", service="p-pay", events=[event("07T09:00", "pay", amount_tyiyn=10086)]))
        self.assertEqual(day_after_day(request), [("register", "met"), ("pay", "missed"), ("decide", "running")])
        self.assertEqual((request["state"], request["due_on"]), ("queued", "2025-03-13"))
        self.assertEqual(self.journal(request)[-2]["after"]["amount_tyiyn"], 10086)
        paused, = self.take_over(line("c-5", service="p-pay", events=[
            event("04T09:00", "pay"), event("05T09:00", "pause", until="2025-03-06T09:00:00+06:00"), event("06T10:00", "note")]))
        self.assertEqual((paused["state"], day_after_day(paused)[1], paused["due_on"]), ("queued", ("pay", "met"), "2025-03-11"))
        # It is on record as paid: live, nobody pays it twice.
        self.desk.call("POST", f"/v1/requests/{request['id']}/pay", {"amount_tyiyn": 10086},
                       headers={"If-Match": f'"{request["version"]}"', "Idempotency-Key": "c-3"}).must(409)
        plain, = self.send(line("c-4", events=[event("07T09:00", "pay")]))
        self.assertEqual(plain["flags"], ["act_not_open"])


class Endings(ImportTest):
    def test_a_decision_waits_for_its_hand_over_where_the_line_tells_of_it(self):
        told = [decide("10T09:00"), event("12T09:00", "notify", channel="post")]
        done, waits = self.take_over(
            line("e-1", service="p-clock", events=[*told, event("20T09:00", "hand_over", to="applicant")]),
            line("e-2", service="p-clock", events=told))
        self.assertEqual(day_after_day(done), [("register", "met"), ("decide", "met"), ("notify", "met"), ("hand_over", "missed")])
        self.assertEqual((done["state"], done["closed_at"]), ("closed", "2025-03-20T09:00:00+06:00"))
        self.assertEqual((waits["state"], day_after_day(waits)[-1]), ("decided", ("hand_over", "running")))
        self.desk.call("POST", f"/v1/requests/{waits['id']}/hand_over", {"to": "applicant"},
                       headers={"If-Match": f'"{waits["version"]}"', "Idempotency-Key": "e-2"}).must(200)
        silent, = self.send(line("e-3", service="p-clock", events=[decide("10T09:00")]))
        self.assertEqual((silent["flags"], self.see(silent)["state"]), (["hand_over_unknown"], "closed"))

    def test_silence_and_refusal(self):
        tacit, deemed, refused = self.take_over(
            line("e-4", service="p-silence", events=[event("06T00:00", "approve_tacitly")]),
            line("e-5", service="p-deemed", events=[event("06T00:00", "deem_refused")]),
            line("e-6", events=[event("03T10:00", "refuse", ground="no_right")]))
        self.assertEqual([(r["state"], r["outcome"], self.decide_of(r)["state"]) for r in (tacit, deemed, refused)],
                         [("closed", "granted", "missed"), ("closed", "refused", "missed"), ("refused", "refused", "void")])

    def test_questions_to_others_stand_in_the_journal(self):
        request, = self.take_over(line("e-7", events=[
            event("04T09:00", "consult", text="Is it theirs?"), event("05T09:00", "answer", text="No.", actor="other body"),
            decide("05T10:00")]))
        self.assertEqual([(e["kind"], e["text"]) for e in self.journal(request)],
                         [("imported", None), ("consult", "Is it theirs?"), ("answer", "No."), ("decide", None)])

    def test_acts_that_were_not_open_are_told(self):
        result, = self.send(line("e-8", events=[
            event("04T09:00", "resume"), event("04T10:00", "hand_over"), decide("05T09:00"), event("05T09:00", "claim")]))
        self.assertEqual((result["flags"], result["not_open"]), (["act_not_open"], [
            {"event": 0, "kind": "resume", "state": "queued"}, {"event": 1, "kind": "hand_over", "state": "queued"},
            {"event": 3, "kind": "claim", "state": "closed"}]))
        self.assertEqual([e["kind"] for e in self.journal(result)], ["imported", "resume", "hand_over", "decide", "claim"])
        result, = self.send(line("e-9", events=[event("04T09:00", "accept", actor="officer-probe"),
                                                event("04T10:00", "forward", to_agency="probe"),
                                                event("04T11:00", "extend", deadline="register", amount=1, unit="day")]))
        self.assertEqual([(n["event"], n["kind"], n["state"]) for n in result["not_open"]],
                         [(1, "forward", "in_work"), (2, "extend", "in_work")])
        self.assertEqual(self.see(result)["claim"]["principal"], "officer-probe")


class Refusals(ImportTest):
    def refused(self, pointer, reason, events, lang="en", code="invalid", **members):
        reply = self.send(line("x-1", events=events, **{"service": "p-clock", **members}))[0]
        self.assertEqual((reply["result"], reply["flags"]), ("refused", []))
        self.assertEqual((reply["problem"]["code"], [(p["name"], p["code"]) for p in reply["problem"]["invalid_params"]]),
                         (code, [(pointer, reason)]))
        return reply["problem"]["invalid_params"][0]["reason"]

    def test_what_cannot_have_been(self):
        pause = event("05T11:00", "pause", ground="letter", until="2025-03-12T10:00:00+06:00")
        said = self.refused("/events/1/at", "overlaps_pause", [pause, event("10T09:00", "pause", ground="letter")])
        self.assertIn("2025-03-05T11:00:00", said)
        # In the order of the moments; the place is that in the line.
        self.refused("/events/0/at", "overlaps_pause", [event("10T09:00", "pause", ground="letter"), pause])
        self.refused("/events/0/deadline", "not_found", [event("10T09:00", "extend", deadline="notify", amount=1, unit="day")])
        self.refused("/events/0/until", "conflict", [event("05T11:00", "pause", ground="g", until="2025-03-04T00:00:00Z")])
        self.refused("/events/0/until", "in_future", [event("05T11:00", "pause", ground="g", until="2027-03-04T00:00:00Z")])
        self.refused("/events/0/to_agency", "not_found", [event("05T11:00", "forward", to_agency="moon")])
        self.refused("/events/0/to_agency", "missing", [event("05T11:00", "forward")])
        self.refused("/events/0/cure_by", "bad_format", [event("05T11:00", "pause", ground="g", cure_by="soon")])
        self.refused("/events/0/due_at", "conflict", [event("05T11:00", "extend", until="2025-04-01", due_at="2025-04-01")])
        self.refused("/events/0/unit", "missing", [event("05T11:00", "extend", until="2025-04-01", amount=2)])
        self.refused("/events/0/until", "unknown_member", [event("05T11:00", "note", until="2025-04-01")], code="unknown_member")
        self.refused("/documents/0/at", "bad_format", [], documents=[{"kind": "extract", "at": "yesterday"}])
        many = [event(f"{4 + n // 20:02}T{n % 20:02}:00", "pause", ground="letter",
                      until=f"2025-03-{4 + n // 20:02}T{n % 20:02}:30:00+06:00") for n in range(40)]
        self.refused("/events/32/kind", "too_often", many)

    def test_an_extension_needs_to_say_by_how_much(self):
        reply, = self.send(line("x-2", service="p-clock", events=[event("05T11:00", "extend")]))
        self.assertEqual([(p["name"], p["code"]) for p in reply["problem"]["invalid_params"]],
                         [("/events/0/amount", "missing"), ("/events/0/unit", "missing")])

    def test_reasons_are_in_the_caller_s_language(self):
        body = b'{"number":"x-3","service":"nothing","office":"desk","agency":"probe","received_at":"2025-03-03T10:00:00Z"}'
        for lang, words in (("ru", "не найдено"), ("ky", "табылган жок"), ("en", "not found")):
            reply = self.admin.call("POST", "/v1/imports", body, headers={
                "Content-Type": "application/x-ndjson", "Accept-Language": lang}).must(200)
            self.assertIn(f'"name":"/service","code":"not_found","reason":"{words}', reply.text)


class Documents(ImportTest):
    papers = [{"kind": "paper", "name": "Паспорт", "original": True, "pages": 2, "issued_on": "2020-01-02", "sha256": "ab" * 32,
               "at": "2025-03-03T10:00:00+06:00"}, {"kind": "old-kind"}]

    def test_what_was_known_of_documents_is_listed(self):
        request, = self.take_over(line("m-1", service="p-docs", documents=self.papers))
        self.assertEqual(request["documents"], self.papers)
        self.assertEqual(self.probe.get(f"/v1/requests/{request['id']}/documents").must(200)["items"], [])

    def test_they_count_for_what_is_missing(self):
        """Told to be incomplete, and complete here: with its paper it needs nothing more, without it does."""
        holder = self.world.principal("m-holder", "officer", agency="probe")
        for number, documents, state in (("m-2", self.papers, "in_work"), ("m-3", [], "paused")):
            request, = self.take_over(line(number, service="p-pause", documents=documents, events=[
                event("04T09:00", "pause", ground="documents_missing", actor="m-holder")]))
            holder.call("POST", f"/v1/requests/{request['id']}/complete", {"documents": [{"kind": "photo"}]},
                        headers={"If-Match": f'"{request["version"]}"', "Idempotency-Key": number}).must(200)
            self.assertEqual(self.see(request)["state"], state)

    def test_a_submission_does_not_tell_when_its_documents_came(self):
        body = submission("p-docs", documents=[{"kind": "paper", "at": "2025-03-03T10:00:00+06:00"}])
        self.assert_problem(self.desk.post("/v1/requests", body), 400, "unknown_member")


if __name__ == "__main__":
    main()
