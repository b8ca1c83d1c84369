"""What is taken in at the counter: warnings, refusals, documents, fees, and faults told all at once."""

import json

from support import qr
from support.casework import aside, submission
from support.intake import LANGUAGES, PERSON, IntakeTest
from support.kezek import main


class Warnings(IntakeTest):
    def warned(self, applicant, service="p-plain", lang="en", client=None, **more):
        reply = (client or self.desk).post("/v1/requests", submission(service, applicant=applicant, **more),
                                           headers={"Accept-Language": lang}).must(201)
        return [(w["code"], w["member"]) for w in reply["warnings"]]

    def test_a_pin_that_cannot_be_right(self):
        fine = [None, "21509199012340", "12902200412341"]  # a leap day among them
        for pin in fine:
            self.assertEqual(self.warned({**PERSON, **({"pin": pin} if pin else {})}), [], pin)
        odd = {"2150919901234": "pin_length", "2150919901234x": "pin_digits", "31509199012342": "pin_sex",
               "23009199013343": "", "23109199012343": "pin_date", "22902200312344": "pin_date",
               "20000199012344": "pin_date", "21911202612345": "pin_future", "21811202612345": ""}
        for pin, code in odd.items():
            with self.subTest(pin):
                said = self.warned({**PERSON, "pin": pin})
                self.assertEqual(said, [(code, "/applicant/pin")] if code else [])

    def test_of_a_representative_too(self):
        other = {"name": "Асанова Айгүл", "authority": "A power of attorney", "pin": "99"}
        self.assertEqual(self.warned({**PERSON, "pin": "3", "representative": other}),
                         [("pin_length", "/applicant/pin"), ("pin_length", "/applicant/representative/pin")])

    def test_legal_persons_have_other_numbers(self):
        company = {"kind": "company", "name": "ОсОО «Ак-Сай»"}
        self.assertEqual(self.warned({**company, "pin": "02712199310029"}), [])
        self.assertEqual(self.warned({**company, "pin": "0271219931002"}), [("pin_length", "/applicant/pin")])
        self.assertEqual(self.warned({"kind": "entrepreneur", "name": "n", "pin": "02712199310029"},
                                     service="i-persons"), [("pin_sex", "/applicant/pin")])

    def test_in_three_languages(self):
        said = set()
        for lang in LANGUAGES:
            reply = self.desk.post("/v1/requests", submission(applicant={**PERSON, "pin": "1"}),
                                   headers={"Accept-Language": lang}).must(201)
            said |= {w["detail"] for w in reply["warnings"] if w["code"] == "pin_length"}
        self.assertEqual(len(said), 3)

    def test_only_in_the_answer_to_the_submission(self):
        request = self.submit(applicant={**PERSON, "pin": "12"})
        self.assertNotIn("warnings", self.see(request))

    def submitted(self, pin, service="p-plain", client=None, key=None, **more):
        body = submission(service, applicant={**PERSON, "pin": pin}, **more)
        return (client or self.desk).post("/v1/requests", body, **({"key": key} if key else {})).must(201)

    def test_the_same_service_is_open_already(self):
        first = self.submitted("10101197011111").json
        self.assertEqual(first["warnings"], [])
        second = self.submitted("10101197011111").json
        ((code, member, detail),) = [tuple(w.values()) for w in second["warnings"]]
        self.assertEqual((code, member), ("duplicate_open", "/applicant/pin"))
        self.assertIn(first["number"], detail)
        # The newest is named; another service, and another person, are no duplicates.
        self.assertIn(second["number"], self.submitted("10101197011111").json["warnings"][0]["detail"])
        self.assertEqual(self.submitted("10101197011111", "p-hours").json["warnings"], [])
        self.assertEqual(self.submitted("10101197011112").json["warnings"], [])
        self.assertEqual(self.kinds(second), ["submit"])

    def test_what_has_ended_is_none(self):
        first = self.submitted("10101197022222").json
        self.desk.act(first, "withdraw").must(200)
        self.submitted("10101197022222", refuse={"ground": "no_right"})
        self.assertEqual(self.submitted("10101197022222").json["warnings"], [])

    def test_of_another_office_no_number_is_told(self):
        first = self.submitted("10101197033333", client=self.desk_two).json
        elsewhere = self.submitted("10101197033333").json["warnings"]
        self.assertEqual([w["code"] for w in elsewhere], ["duplicate_open"])
        self.assertNotIn(first["number"], elsewhere[0]["detail"])
        self.assertNotRegex(elsewhere[0]["detail"], r"desk|/2\d")
        # One's own is named even where another office has a newer one.
        own = self.submitted("10101197044444").json
        self.submitted("10101197044444", client=self.desk_two)
        self.assertIn(own["number"], self.submitted("10101197044444").json["warnings"][0]["detail"])

    def test_a_repeat_is_the_same_to_the_byte(self):
        first = self.submitted("10101197055555", key="dup-1")
        second = self.submitted("10101197055555", key="dup-2")
        self.assertEqual(len(second["warnings"]), 1)
        self.desk.act(first.json, "withdraw").must(200)
        for reply, key in ((first, "dup-1"), (second, "dup-2")):
            again = self.submitted("10101197055555", key=key)
            self.assertEqual((again.body, again.header("Idempotent-Replayed")), (reply.body, "true"))

    def test_many_at_once_are_all_taken(self):
        self.submitted("10101197066666")
        before = self.count()
        clients = [self.world.client("desk-clerk", fresh=True) for _ in range(6)]
        waiting = [aside(self.submitted, "10101197066666", client=c) for c in clients]
        for wait in waiting:
            self.assertEqual([w["code"] for w in wait()["warnings"]], ["duplicate_open"])
        self.assertEqual(self.count(), before + 6)
        for client in clients:
            client.close()

    def test_of_a_person_with_many_applications_too(self):
        for _ in range(3):
            self.submitted("10101197077777", "p-hours")
        self.world.sql("INSERT INTO kezek.lookup (hash, kind, request) SELECT l.hash, l.kind, gen_random_uuid() "
                       "FROM (SELECT DISTINCT ON (hash) hash, kind FROM kezek.lookup WHERE kind = 'pin') l, "
                       "generate_series(1, 40)")
        self.assertEqual(len(self.submitted("10101197077777", "p-hours").json["warnings"]), 1)

    def test_nothing_personal_is_logged(self):
        self.submitted("10101197088888")
        self.submitted("10101197088888")
        self.assertNotIn("10101197088888", self.world.daemon.log())


class Refusals(IntakeTest):
    REFUSE = {"ground": "no_identity", "reason": "Сүрөт окшош эмес; photo <unlike> & \"old\"\n\u007f"}

    def refused(self, language="en", service="i-appeal", **more):
        return self.submit(service, language=language, refuse=self.REFUSE, **more)

    def test_it_is_an_act_with_a_slip(self):
        request = self.refused()
        self.assertEqual((request["state"], request["outcome"], request["due_on"]), ("refused", "refused", None))
        self.assertRegex(request["number"], r"^desk-\d+/26$")
        self.assertEqual(self.kinds(request), ["refuse"])
        self.assertEqual(self.last_event(request)["ground"], "no_identity")
        slip = request["receipt"]
        self.assertEqual(slip["refusal"], {
            "ground": "no_identity", "name": "Identity not confirmed", "legal_basis": "Law on services, article 12",
            "reason": self.REFUSE["reason"]})
        self.assertEqual(slip["appeal_route"], {
            "agency": {"code": "probe-two", "name": "Second probe agency"}, "by": "2026-12-18", "term": "30 days",
            "legal_basis": "Law on administration, article 61"})
        self.assertEqual((slip["state"], slip["clerk"], slip["office"]["code"]), ("refused", "desk-clerk", "desk"))
        self.assertEqual(self.receipt(request), slip)

    def last_event(self, request):
        return self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]

    def test_on_paper_in_three_languages(self):
        said = {"ky": ("Арызды кабыл алуудан баш тартуу", "Өздүгү тастыкталган жок", "2026-жылдын 18-декабры", "30 күн"),
                "ru": ("Отказ в приёме заявления", "Личность не подтверждена", "18 декабря 2026", "30 дней"),
                "en": ("Refusal at the counter", "Identity not confirmed", "18 December 2026", "30 days")}
        for language, words in said.items():
            request = self.refused(language)
            for accept in ("text/plain", "text/html"):
                for form in ("", "?format=slip"):
                    paper = self.receipt(request, accept, form)
                    with self.subTest(f"{language} {accept} {form}"):
                        for part in (*words, request["number"], "Law on services, article 12", "desk-clerk",
                                     "Law on administration, article 61", "2026-11-18 10:0",
                                     request["receipt"]["code"]):
                            self.assertIn(part, paper)
                        self.assertNotIn("<unlike>", paper if accept == "text/html" else "")
            slip = self.receipt(request, "text/plain", "?format=slip").splitlines()
            rows = [line for line in slip if line and set(line) <= set(qr.HALVES)]
            self.assertTrue(rows, "the code stands on the slip")
            self.assertIn(" refused no_identity - 0 ", qr.read(qr.of_characters(rows)))

    def verify(self, receipt):
        keys = self.world.directory / "refusal-keys.json"
        keys.write_bytes(self.desk.get("/v1/receipt-key").must(200).body)
        text = receipt if isinstance(receipt, str) else json.dumps(receipt)
        return self.world.kezek("desk-clerk", "receipt", "verify", "-", "--key", keys, "--lang", "en", stdin=text,
                                check=False)

    def test_it_is_proved(self):
        request = self.refused()
        for paper in (request["receipt"], self.receipt(request, "text/plain")):
            done = self.verify(paper)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("ground of the refusal: no_identity", done.stdout)
        slip = request["receipt"]
        for changed in ({"refusal": {**slip["refusal"], "ground": "no_right"}}, {"refusal": None},
                        {"refusal": {**slip["refusal"], "reason": "none"}}, {"state": "queued"},
                        {"appeal_route": {**slip["appeal_route"], "by": "2026-11-19"}}):
            self.assertEqual(self.verify({**slip, **changed}).returncode, 1, changed)

    def test_a_reopened_one_has_a_receipt_again(self):
        request = self.refused()
        self.chief.act(request, "reopen", {"reason": "The court said so"}).must(200)
        receipt = self.receipt(request)
        self.assertIsNone(receipt["refusal"])
        self.assertEqual((receipt["state"], receipt["code"]), ("queued", request["receipt"]["code"]))
        self.assertIn("Receipt", self.receipt(request, "text/plain").splitlines()[0])

    def test_only_on_a_ground_of_the_standard(self):
        reply = self.desk.post("/v1/requests", submission("i-appeal", refuse={"ground": "mood"}))
        self.assert_invalid(reply, "/refuse/ground")
        # What is refused need not be complete or filled in.
        self.assertEqual(self.submit("i-young", refuse={"ground": "no_right"})["state"], "refused")
        self.assertEqual(self.submit("i-form", refuse={"ground": "no_right"})["state"], "refused")


class Documents(IntakeTest):
    def given(self, **more):
        return [{"kind": "paper", "original": True, "pages": 2, **more}]

    def test_too_old_is_as_missing(self):
        reply = self.desk.post("/v1/requests", submission("i-young", documents=self.given(issued_on="2026-10-18")))
        self.assert_invalid(reply, "/documents")
        (fault,) = reply["invalid_params"]
        self.assertEqual(fault["code"], "document_too_old")
        self.assertIn("30", fault["reason"])
        # Thirty days old, by the day on which it was handed in, and one without a date: taken.
        for more in ({"issued_on": "2026-10-19"}, {}):
            self.assertEqual(self.submit("i-young", documents=self.given(**more))["state"], "queued")
        reply = self.submit("i-young", documents=self.given(issued_on="2026-10-18"), backdate_reason="post",
                            received_at="2026-11-17T10:00:00+06:00")
        self.assertEqual(reply["state"], "queued")

    def test_a_day_of_issue_is_a_day(self):
        for day in ("18.10.2026", "2026-02-30", "2026-11-19"):
            reply = self.desk.post("/v1/requests", submission("i-young", documents=self.given(issued_on=day)))
            self.assert_invalid(reply, "/documents/0/issued_on")
        reply = self.desk.post("/v1/requests", submission("i-young", documents=self.given(too_old=False)))
        self.assert_invalid(reply, "/documents", "/documents/0/too_old", status=400)

    def test_the_receipt_says_what_was_too_old_and_until_when_to_bring_another(self):
        request = self.submit("i-cure", documents=self.given(issued_on="2026-09-01"))
        self.assertEqual(request["state"], "incomplete")
        self.assertEqual(request["receipt"]["documents"], {
            "complete_by": "2026-12-02", "taken": [], "missing": [{"kind": "paper", "name": "The paper", "too_old": True}]})
        paper = self.receipt(request, "text/plain")
        for part in ("The paper (what was brought is too old)", "To be completed by: 2 December 2026"):
            self.assertIn(part, paper)
        # Another that is too old completes nothing; a young one does, and both stay on record.
        self.world.advance(hours=1)
        still = self.desk.act(request, "complete", {"documents": self.given(issued_on="2026-09-02")}).must(200)
        self.assertEqual(still["state"], "incomplete")
        whole = self.desk.act(still.json, "complete", {"documents": self.given(issued_on="2026-11-01")}).must(200)
        self.assertEqual(whole["state"], "queued")
        self.assertEqual([d.get("too_old") for d in self.see(whole.json)["documents"]], [True, True, None])
        receipt = self.receipt(request)
        self.assertEqual(receipt["documents"], {"complete_by": None, "missing": [], "taken": [
            {"kind": "paper", "name": "The paper", "original": True, "pages": 2}]})
        self.assertIn("The paper (original, 2 p.)", self.receipt(request, "text/html"))
        # It was young when it was handed in: time does not make it missing again.
        self.world.advance(days=60)
        self.assertEqual(self.receipt(request)["documents"], receipt["documents"])

    def test_files_are_listed_behind_what_was_declared(self):
        request = self.submit("i-young", documents=self.given())
        content = b"%PDF-1.4 a scan"
        headers = {"Content-Type": "application/pdf", "If-Match": '"1"'}
        self.desk.call("PUT", f"/v1/requests/{request['id']}/documents/scan.pdf?kind=paper", content,
                       headers=headers).must(201)
        for client in (self.desk, self.probe):
            declared, stored = self.see(request, client)["documents"]
            self.assertEqual(declared, {"kind": "paper", "original": True, "pages": 2})
            self.assertEqual((stored["no"], stored["name"], stored["kind"], stored["size"], stored["media_type"]),
                             (1, "scan.pdf", "paper", len(content), "application/pdf"))
            self.assertRegex(stored["sha256"], r"^[0-9a-f]{64}$")
        # Files are for the office that took it and the agency that acts; an admin sees no documents at all.
        for name in ("supervisor-probe", "auditor"):
            self.assertEqual(len(self.see(request, self.world.client(name))["documents"]), 1)
        self.assertIsNone(self.see(request, self.world.client("admin"))["documents"])
        # Telling them changes nothing: the next version of the content holds what was declared.
        seen = self.see(request)
        self.desk.act(seen, "correct", {"changes": {"applicant": {"phone": "+996555000999"}}}).must(200)
        self.assertEqual(len(self.see(request)["documents"]), 2)


class Payments(IntakeTest):
    def pay(self, request, amount=51000, **more):
        return self.desk.act(self.see(request), "pay", {"amount_tyiyn": amount, **more})

    def test_before_the_work(self):
        request = self.submit("p-pay")
        self.assertEqual((request["state"], request["fee_tyiyn"], request["paid_at"]), ("awaiting_payment", 10086, None))
        self.assertEqual(request["receipt"]["payment"], {"when": "before", "due_on": "2026-11-23", "paid_at": None})
        self.assertIn("Payment: before the work begins, by 23 November 2026", self.receipt(request, "text/plain"))
        self.assert_invalid(self.pay(request, 10085), "/amount_tyiyn")
        self.world.advance(hours=1)
        paid = self.pay(request, 10086, reference="bank-7").must(200)
        self.assertEqual((paid["state"], paid["paid_at"][:16]), ("queued", "2026-11-18T11:00"))
        self.assertEqual((self.deadline(paid.json, "pay")["state"], paid["due_on"]), ("met", "2026-11-24"))
        receipt = self.receipt(request)
        self.assertEqual((receipt["payment"]["paid_at"], receipt["payment"]["due_on"]), (paid["paid_at"], None))
        self.assertIn("Paid: 2026-11-18 11:00", self.receipt(request, "text/plain"))
        again = self.pay(request, 10086)
        self.assert_problem(again, 409, "act_not_open")
        self.assertNotIn("pay", again["open_acts"])

    def test_after_the_check(self):
        request = self.submit("i-after")
        self.assertEqual((request["state"], request["receipt"]["payment"]),
                         ("queued", {"when": "after", "due_on": None, "paid_at": None}))
        self.assertIn("Payment: after the check", self.receipt(request, "text/plain"))
        claim = self.take(request)
        decided = self.probe.act(request, "decide", {**self.held(claim), "outcome": "granted"}).must(200)
        self.assertEqual((decided["state"], self.deadline(decided.json, "pay")["state"]), ("decided", "running"))
        self.assertEqual(self.receipt(request)["payment"]["due_on"], "2026-11-23")
        paid = self.pay(request).must(200)
        self.assertEqual((paid["state"], self.deadline(paid.json, "pay")["state"]), ("decided", "met"))
        self.assertTrue(paid["paid_at"])
        self.assertEqual(self.kinds(request)[-1], "pay")
        self.assert_problem(self.pay(request), 409, "act_not_open")

    def test_the_term_may_begin_with_the_payment(self):
        request = self.submit("i-paid-clock")
        self.assertIsNone(request["due_on"])
        self.world.advance(days=1)
        paid = self.pay(request).must(200)
        self.assertEqual((paid["state"], paid["due_on"]), ("queued", "2026-11-26"))

    def test_while_somebody_holds_it(self):
        request = self.submit("i-after")
        claim = self.take(request)
        self.assertEqual(self.pay(request).must(200)["state"], "claimed")
        self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
        self.assertEqual(self.see(request)["state"], "in_work")

    def test_what_was_paid_early_is_not_asked_for_again(self):
        request = self.submit("i-before")
        self.assertEqual(request["state"], "paused")
        paid = self.pay(request).must(200)
        self.assertEqual(paid["state"], "paused")
        whole = self.desk.act(paid.json, "complete", {"documents": [{"kind": "paper"}]}).must(200)
        self.assertEqual(whole["state"], "queued")
        other = self.submit("i-before")
        whole = self.desk.act(other, "complete", {"documents": [{"kind": "paper"}]}).must(200)
        self.assertEqual(whole["state"], "awaiting_payment")

    def test_where_nothing_is_owed(self):
        reply = self.pay(self.submit("p-plain"), 1)
        self.assert_problem(reply, 409, "act_not_open")
        receipt = self.receipt(self.submit("p-plain"))
        self.assertEqual(receipt["payment"], {"when": "none", "due_on": None, "paid_at": None})


class Faults(IntakeTest):
    def test_who_may_receive_it(self):
        for kind in ("company", "body"):
            reply = self.desk.post("/v1/requests", submission("i-persons", applicant={"kind": kind, "name": "n"}))
            self.assert_invalid(reply, "/applicant/kind")
        for kind in ("person", "entrepreneur"):
            self.submit("i-persons", applicant={"kind": kind, "name": "n"})
        self.assert_invalid(self.desk.post("/v1/requests", submission(applicant={"kind": "alien", "name": "n"})),
                            "/applicant/kind")

    def test_a_variant_at_its_offices_alone(self):
        reply = self.desk.post("/v1/requests", submission("p-place", territory="nowhere"))
        self.assertEqual([(f["name"], f["code"]) for f in reply["invalid_params"]], [("/territory", "not_found")])
        body = submission("p-place", variant="there", territory="KG-GB")
        self.assert_invalid(self.desk.post("/v1/requests", body), "/variant")
        request = self.submit("p-place", self.desk_two, variant="there", territory="KG-GB")
        self.assertEqual((request["variant"], request["fee_tyiyn"]), ("there", 100))
        self.assertEqual(self.submit("p-place", territory="KG-GB")["variant"], "standard")

    def test_a_form_tells_every_fault_in_three_languages(self):
        form = {"street": "ab", "rooms": [{"area": 0}, {"kind": "cellar"}], "since": "2026-13-01"}
        said = {}
        for lang in LANGUAGES:
            reply = self.desk.post("/v1/requests", submission("i-form", form=form, territory="XX"),
                                   headers={"Accept-Language": lang})
            self.assertEqual((reply.status, reply.code), (422, "invalid"))
            said[lang] = {(f["name"], f["code"]): f["reason"] for f in reply["invalid_params"]}
        self.assertEqual(len({frozenset(faults) for faults in said.values()}), 1)
        self.assertEqual({name for name, _ in said["en"]}, {
            "/territory", "/form/street", "/form/rooms/0/area", "/form/rooms/1/area", "/form/rooms/1/kind",
            "/form/since"})
        for fault in said["en"]:
            self.assertEqual(len({said[lang][fault] for lang in LANGUAGES}), 3, fault)


if __name__ == "__main__":
    main()
