"""POST /v1/requests: what is stored, what is answered, and what is refused without a trace."""

import json

from support.casework import CaseTest, aside, submission
from support.kezek import main

DOCUMENT = [{"kind": "paper", "original": True, "pages": 2}]


class Submitting(CaseTest):
    def test_the_answer_is_the_request_with_its_receipt(self):
        reply = self.desk.post("/v1/requests", submission(external_ref="post-7")).must(201)
        self.assertEqual(reply.header("Location"), f"/v1/requests/{reply['id']}")
        self.assertEqual(reply.header("ETag"), '"1"')
        self.assertEqual((reply["state"], reply["version"], reply["overdue"]), ("queued", 1, False))
        self.assertEqual((reply["agency"], reply["office"]), ("probe", "desk"))
        self.assertRegex(reply["number"], r"^desk-\d+/26$")
        self.assertEqual(reply["service"], {"code": "p-plain", "version": 1, "name": "Probe p-plain"})
        self.assertEqual(reply["variant"], "standard")
        # Two working days from a Wednesday end with Friday: late from Saturday 00:00.
        self.assertEqual((reply["due_on"], reply["due_at"]), ("2026-11-20", "2026-11-21T00:00:00+06:00"))
        self.assertEqual(reply["promised_due_on"], "2026-11-20")
        self.assertEqual(reply["responsible"], {"agency": "probe", "principal": "probe-head"})
        self.assertEqual(reply["receipt"]["number"], reply["number"])
        self.assertEqual(reply["applicant"]["pin"], "21509199012345")
        seen = self.desk.get(reply.header("Location")).must(200)
        told = reply.json
        self.assertIsInstance(told.pop("warnings"), list)
        del told["receipt"]
        self.assertEqual(seen.json, told)
        self.assertEqual(seen.header("ETag"), '"1"')

    def test_numbers_differ_and_rise(self):
        numbers = [int(self.submit()["number"].partition("-")[2].partition("/")[0]) for _ in range(4)]
        self.assertEqual(numbers, sorted(set(numbers)))

    def test_defaults(self):
        whole = submission(channel=None, language=None)
        reply = self.desk.post("/v1/requests", whole, headers={"Accept-Language": "ru"}).must(201)
        self.assertEqual((reply["channel"], reply["language"]), ("counter", "ru"))
        self.assertEqual(reply["received_at"], reply["registered_at"])
        self.assertEqual(reply["territory"], "KG-GB")
        self.assertEqual(reply["service"]["name"], "Probe p-plain (ru)")
        self.assertEqual((reply["documents"], reply["form"], reply["external_ref"]), ([], None, None))

    def test_without_a_route_it_lies_on_the_supervisors_desk(self):
        request = self.submit("p-place", territory="KG-GO")
        self.assertEqual((request["agency"], request["state"]), ("unrouted", "queued"))
        self.assertEqual(request["responsible"]["principal"], "unrouted-head")
        self.assertEqual(self.submit("p-place", territory="KG-GB-01")["agency"], "probe")


class Repeating(CaseTest):
    def test_a_repeat_is_the_same_answer_to_the_byte(self):
        body = submission(external_ref="again")
        first = self.desk.post("/v1/requests", body, key="k-1").must(201)
        self.assertIsNone(first.header("Idempotent-Replayed"))
        before = self.count()
        self.world.advance(days=9)  # beyond the seven days of other keys
        again = self.desk.post("/v1/requests", body, key="k-1").must(201)
        self.assertEqual(again.body, first.body)
        self.assertEqual(again.header("Idempotent-Replayed"), "true")
        for name in ("ETag", "Location", "Content-Type"):
            self.assertEqual(again.header(name), first.header(name))
        self.assertEqual(self.count(), before)

    def test_a_repeat_after_the_request_went_on_is_still_the_first_answer(self):
        body = submission()
        first = self.desk.post("/v1/requests", body, key="k-2").must(201)
        self.desk.act(first, "withdraw").must(200)
        again = self.desk.post("/v1/requests", body, key="k-2").must(201)
        self.assertEqual(again.body, first.body)

    def test_another_body_under_the_key_is_refused(self):
        self.desk.post("/v1/requests", submission(), key="k-3").must(201)
        before = self.count()
        other = self.desk.post("/v1/requests", submission(external_ref="x"), key="k-3")
        self.assert_problem(other, 422, "idempotency_key_reused")
        # Also when the other body could not be submitted at all.
        other = self.desk.post("/v1/requests", submission(service="nothing"), key="k-3")
        self.assert_problem(other, 422, "idempotency_key_reused")
        self.assertEqual(self.count(), before)

    def test_a_repeat_is_answered_when_the_submission_would_be_refused_today(self):
        body = submission(received_at="2026-11-17T10:00:00+06:00", backdate_reason="post")
        self.world.set_clock(self.start)
        first = self.desk.post("/v1/requests", body, key="k-4").must(201)
        self.world.advance(days=40)
        again = self.desk.post("/v1/requests", body, key="k-4").must(201)
        self.assertEqual(again.body, first.body)

    def test_keys_belong_to_their_principal(self):
        one = self.desk.post("/v1/requests", submission(), key="shared").must(201)
        two = self.desk_two.post("/v1/requests", submission(), key="shared").must(201)
        self.assertNotEqual(one["id"], two["id"])

    def test_twins_at_once_are_one_request(self):
        before = self.count()
        body = submission(external_ref="twins")
        clients = [self.world.client("desk-clerk", fresh=True) for _ in range(8)]
        waiting = [aside(c.post, "/v1/requests", body, key="twins") for c in clients]
        replies = [wait().must(201) for wait in waiting]
        self.assertEqual({r.body for r in replies}, {replies[0].body})
        self.assertEqual(sum(r.header("Idempotent-Replayed") is None for r in replies), 1)
        self.assertEqual(self.count(), before + 1)
        for client in clients:
            client.close()

    def test_many_at_once_are_each_their_own(self):
        clients = [self.world.client("desk-clerk", fresh=True) for _ in range(6)]

        def several(client, name):
            return [client.post("/v1/requests", submission(external_ref=f"{name}-{i}")).must(201)["number"]
                    for i in range(10)]

        waiting = [aside(several, client, i) for i, client in enumerate(clients)]
        numbers = [number for wait in waiting for number in wait()]
        self.assertEqual(len(set(numbers)), 60)
        for client in clients:
            client.close()

    def test_a_bad_twin_does_not_harm_its_neighbours(self):
        clients = [self.world.client("desk-clerk", fresh=True) for _ in range(4)]
        bodies = [submission(), submission(service="nothing"), submission(external_ref="r"), submission(form=3)]
        waiting = [aside(c.post, "/v1/requests", b) for c, b in zip(clients, bodies)]
        self.assertEqual([wait().status for wait in waiting], [201, 422, 201, 400])
        for client in clients:
            client.close()


class Backdating(CaseTest):
    def setUp(self):
        self.world.set_clock(self.start)

    def at(self, moment, reason="post", service="p-plain", **more):
        return self.desk.post("/v1/requests", submission(service, received_at=moment, backdate_reason=reason, **more))

    def test_within_the_standards_limit(self):
        reply = self.at("2026-11-16T16:40:00+06:00").must(201)
        self.assertEqual(reply["received_at"], "2026-11-16T16:40:00+06:00")
        self.assertTrue(reply["registered_at"].startswith("2026-11-18T10:00:0"))
        # It should have been registered on the 17th: that duty is missed, and the journal says so.
        self.assertEqual(self.deadline(reply.json, "register")["state"], "missed")
        self.assertEqual(self.kinds(reply.json), ["breached", "submit"])

    def test_seconds_between_two_clocks_need_no_reason(self):
        self.at("2026-11-18T09:59:00+06:00", reason=None).must(201)

    def test_a_reason_is_needed(self):
        self.assert_invalid(self.at("2026-11-17T10:00:00+06:00", reason=None), "/backdate_reason")

    def test_too_far_back(self):
        self.assert_invalid(self.at("2026-11-02T10:00:00+06:00"), "/received_at")
        self.assert_invalid(self.at("2026-11-17T10:00:00+06:00", service="p-strict", documents=DOCUMENT,
                                    form={"area": 1}), "/received_at")

    def test_the_future_and_nonsense(self):
        self.assert_invalid(self.at("2026-11-18T11:00:00+06:00"), "/received_at")
        self.assert_invalid(self.at("yesterday"), "/received_at")
        self.assert_invalid(self.at("2026-11-18 09:00:00"), "/received_at")


class Refusing(CaseTest):
    """What is refused leaves nothing behind."""

    def setUp(self):
        self.before = self.count(), self.count("idempotency"), self.count("event")

    def tearDown(self):
        self.assertEqual((self.count(), self.count("idempotency"), self.count("event")), self.before)

    def bad(self, *pointers, status=422, code="invalid", **members):
        reply = self.desk.post("/v1/requests", submission(**members))
        self.assert_problem(reply, status, code)
        self.assert_invalid(reply, *pointers, status=status)
        return reply

    def test_content(self):
        self.bad("/service", service="99-99")
        self.bad("/variant", variant="tomorrow")
        self.bad("/variant", service="p-place", variant="there", territory="KG-GB")
        self.bad("/territory", service="p-place")
        self.bad("/territory", territory="XX")
        self.bad("/office", office="desk-two")
        self.bad("/applicant/kind", applicant={"kind": "entrepreneur", "name": "n"})
        self.bad("/documents/0/kind", documents=[{"kind": "poem"}])
        self.bad("/documents", service="p-strict", form={"area": 1})
        self.bad("/refuse/ground", refuse={"ground": "mood"})

    def test_all_faults_come_at_once(self):
        self.bad("/documents", "/form/area", "/form/street", "/territory", service="p-strict", territory="XX",
                 form={"area": 0, "street": "x" * 21})
        # One fault of shape among them, and the whole is 400.
        self.bad("/documents", "/form/area", "/form/colour", service="p-strict", form={"area": 0, "colour": "red"},
                 status=400, code="unknown_member")

    def test_shape(self):
        self.bad("/colour", status=400, code="unknown_member", colour="red")
        self.bad("/applicant/shoe", status=400, code="unknown_member",
                 applicant={"kind": "person", "name": "n", "shoe": 44})
        self.bad("/service", status=400, code="wrong_type", service=49)
        self.bad("/form", status=400, code="wrong_type", form=[])
        self.bad("/applicant", status=400, code="wrong_type", applicant="Usen")
        self.bad("/documents/0", status=400, code="wrong_type", documents=["paper"])
        self.bad("/documents/0/pages", status=400, code="wrong_type", documents=[{"kind": "paper", "pages": 1.5}],
                 service="p-docs")

    def test_what_is_missing(self):
        reply = self.desk.post("/v1/requests", {})
        self.assertEqual(reply.status, 422)
        self.assertEqual(sorted(p["name"] for p in reply["invalid_params"]), ["/applicant", "/service"])
        self.assertEqual({p["code"] for p in reply["invalid_params"]}, {"missing"})

    def raw(self, data, key="raw", kind="application/json"):
        headers = {"Content-Type": kind, "Idempotency-Key": key}
        if key is None:
            del headers["Idempotency-Key"]
        return self.desk.call("POST", "/v1/requests", data, headers=headers)

    def test_bytes_that_are_no_json(self):
        whole = json.dumps(submission()).encode()
        for data in (b"", b"{", b"[]x", b"nul", whole[:-1], whole + b"}", b"{'a':1}", b'{"a":01}', b"\xef\xbb\xbf" + whole):
            with self.subTest(data[:20]):
                self.assert_problem(self.raw(data), 400, "bad_json")

    def test_text_that_cannot_be_stored(self):
        whole = json.dumps(submission(external_ref="HERE"))
        for text in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\x00", b"\x1f"):
            with self.subTest(text):
                reply = self.raw(whole.encode().replace(b"HERE", text))
                self.assertEqual(reply.status, 400, repr(reply))
        for text in (b"\\u0000", b"\\ud800", b"\\udc00x"):
            with self.subTest(text):
                reply = self.raw(whole.encode().replace(b"HERE", text))
                self.assertEqual(reply.status, 400, repr(reply))
                self.assertEqual(reply["invalid_params"][0]["code"], "bad_text")

    def test_members_given_twice(self):
        whole = json.dumps(submission())
        reply = self.raw((whole[:-1] + ',"service":"p-plain"}').encode())
        self.assert_problem(reply, 400, "duplicate_member")
        # Written in another way it is the same name.
        reply = self.raw((whole[:-1] + ',"\\u0073ervice":"p-plain"}').encode())
        self.assert_problem(reply, 400, "duplicate_member")
        self.assertEqual(reply["invalid_params"][0]["name"], "/service")

    def test_depth_and_numbers(self):
        self.assertEqual(self.raw(b'{"form":' + b"[" * 40 + b"]" * 40 + b"}").status, 400)
        self.assertEqual(self.raw(b'{"form":{"n":99999999999999999999}}').status, 400)

    def test_too_large(self):
        reply = self.raw(json.dumps(submission(external_ref="x" * 300_000)).encode())
        self.assert_problem(reply, 413, "too_large")

    def test_keys(self):
        whole = json.dumps(submission()).encode()
        self.assert_problem(self.raw(whole, key=None), 400, "idempotency_key_missing")
        for key in ("", " ", "a b", "x" * 129, "ключ".encode("utf-8").decode("latin-1")):
            with self.subTest(key):
                reply = self.raw(whole, key=key)
                self.assertIn(reply.code, ("idempotency_key_missing", "idempotency_key_malformed"))

    def test_media_types(self):
        whole = json.dumps(submission()).encode()
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
            self.assert_problem(self.raw(whole, kind=kind), 415, "unsupported_media_type")

    def test_foreign_origin(self):
        reply = self.desk.post("/v1/requests", submission(), headers={"Origin": "https://elsewhere.example"})
        self.assert_problem(reply, 403, "foreign_origin")

    def test_methods_and_paths(self):
        self.assert_problem(self.desk.put("/v1/requests", submission()), 405, "method_not_allowed")
        self.assert_problem(self.desk.post("/v1/request", submission()), 404, "not_found")

    def test_who_may_not(self):
        for name in ("officer-probe", "supervisor-probe", "auditor", "admin"):
            with self.subTest(name):
                reply = self.world.client(name).post("/v1/requests", submission())
                self.assert_problem(reply, 403, "role_not_allowed")

    def test_problems_speak_three_languages(self):
        titles = set()
        for language in ("ky", "ru", "en"):
            reply = self.desk.post("/v1/requests", submission(service="99-99"), headers={"Accept-Language": language})
            titles.add((reply["title"], reply["invalid_params"][0]["reason"]))
        self.assertEqual(len(titles), 3)
        self.assertIn(("The content has faults", "not found: 99-99"), titles)

    def test_trace_id_is_the_request_id(self):
        reply = self.desk.post("/v1/requests", {}, headers={"X-Request-Id": "trace-7"})
        self.assertEqual((reply["trace_id"], reply.header("X-Request-Id")), ("trace-7", "trace-7"))


if __name__ == "__main__":
    main()
