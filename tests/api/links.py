"""Requests that come of others: questions to other bodies, asked at once and joined; parts that are forwarded."""

import json
import time

from support.casework import ActTest, aside
from support.hold import Hold
from support.kezek import main

FORM = {"road": "mend it", "water": "there is none", "light": "it is dark"}


class Linked(ActTest):
    def submit_one(self):
        return self.submit("p-consult", form=FORM)

    def link(self, request, number):
        return next(k for k in request["links"] if k["number"].endswith(f"/{number}"))

    def await_links(self, request, ready, client=None):
        """What the daemon does of its own follows at once, and in a transaction of its own."""
        end = time.monotonic() + 10
        while True:
            seen = self.see(request, client or self.probe)
            if ready(seen):
                return seen
            self.assertLess(time.monotonic(), end, seen["links"])
            time.sleep(0.02)

    def answer(self, link, client, agency, outcome="granted", **more):
        claim = self.take({"id": link["request"]}, client, agency)
        return claim, client.post(f"/v1/requests/{link['request']}/decide", self.held(claim, outcome=outcome, **more))


class Consulting(Linked):
    def ask(self, agencies=("probe-two", "probe-three"), **more):
        request = self.submit_one()
        claim = self.take(request)
        asked = self.act(claim, "consult", agencies=list(agencies), question="Does the road bear it?", **more).must(200)
        return request, claim, asked.json

    def test_two_are_asked_at_once(self):
        request, claim, asked = self.ask()
        self.assertEqual(asked["state"], "claimed")
        self.assertEqual([(k["kind"], k["agency"], k["state"], k["join"], k["number"]) for k in asked["links"]],
                         [("consult", "probe-two", "queued", "all", request["number"] + "/1"),
                          ("consult", "probe-three", "queued", "all", request["number"] + "/2")])
        # Each is there as soon as the act is answered, with a term of its own, and with nothing of the applicant.
        taken = self.take({"id": asked["links"][0]["request"]}, self.probe_two, "probe-two")["request"]
        self.assertEqual((taken["number"], taken["applicant"], taken["form"]), (request["number"] + "/1", None, None))
        self.assertEqual(taken["parent"], {"number": request["number"], "kind": "consult", "question": "Does the road bear it?"})
        self.assertEqual([(d["kind"], d["state"], d["due_on"]) for d in taken["deadlines"]],
                         [("consult", "running", "2026-11-25")])
        self.assertEqual((taken["due_on"], taken["responsible"]["agency"]), ("2026-11-25", "probe-two"))
        # Who asked sees it, and where it came from; who is asked sees nothing but the question.
        seen = self.see({"id": taken["id"]}, self.probe)
        self.assertEqual(seen["parent"]["request"], request["id"])
        self.assertEqual(self.see({"id": taken["id"]}, self.desk)["parent"]["request"], request["id"])
        self.assert_problem(self.probe_two.get(f"/v1/requests/{request['id']}"), 404, "not_found")
        self.assert_problem(self.probe_three.get(f"/v1/requests/{taken['id']}"), 404, "not_found")
        # The question is in the journal, sealed; the decision may be made meanwhile.
        event = self.probe.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
        self.assertEqual((event["kind"], event["text"], [k["agency"] for k in event["after"]["links"]]),
                         ("consult", "Does the road bear it?", ["probe-two", "probe-three"]))
        first = self.probe_two.get(f"/v1/requests/{taken['id']}/events").must(200)["items"][0]
        self.assertEqual((first["kind"], first["principal"], first["after"]["parent"]),
                         ("consult", "officer-probe", request["number"]))

    def test_all_have_answered(self):
        request, claim, asked = self.ask()
        self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
        _, one = self.answer(asked["links"][0], self.probe_two, "probe-two", reason="It does")
        self.assertEqual((one.must(200)["state"], one["outcome"]), ("closed", "granted"))
        self.assertEqual(self.deadline(one, "consult")["state"], "met")
        seen = self.await_links(request, lambda r: self.kinds(r, self.probe)[-1] == "answered")
        self.assertEqual([k["state"] for k in seen["links"]], ["closed", "queued"])
        event = self.last_event(request)
        self.assertEqual((event["principal"], event["after"]["agency"], event["after"]["answer"], event["after"]["joined"]),
                         ("kezekd", "probe-two", "granted", False))
        # A refusal is an answer like any other: it needs no ground of the standard, which is the applicant's.
        self.world.set_clock("2026-11-26T10:00:00+06:00")
        _, two = self.answer(asked["links"][1], self.probe_three, "probe-three", "refused", reason="It does not")
        self.assertEqual(self.deadline(two.must(200), "consult")["state"], "missed")
        self.await_links(request, lambda r: self.kinds(r, self.probe).count("answered") == 2)
        self.assertTrue(self.last_event(request)["after"]["joined"])
        told = [n for n in self.world.client("supervisor-probe").get("/v1/notifications").must(200)["items"]
                if n["request"] == request["id"] and n["kind"] == "answered"]
        self.assertEqual([(n["rung"], n["person"]) for n in told],
                         [(request["number"] + "/2", "officer-probe"), (request["number"] + "/1", "officer-probe")])

    def test_one_answer_is_enough(self):
        request, claim, asked = self.ask(join="any")
        self.answer(asked["links"][1], self.probe_three, "probe-three")[1].must(200)
        seen = self.await_links(request, lambda r: [k["state"] for k in r["links"]] == ["withdrawn", "closed"])
        self.assertTrue(self.last_event(request)["after"]["joined"])
        self.assertEqual(seen["links"][1]["outcome"], "granted")
        gone = self.see({"id": asked["links"][0]["request"]}, self.probe_two)
        self.assertEqual((gone["state"], self.deadline(gone, "consult")["state"]), ("withdrawn", "void"))

    def test_a_decision_ends_the_questions(self):
        request, claim, asked = self.ask()
        other = self.take({"id": asked["links"][0]["request"]}, self.probe_two, "probe-two")
        self.act(claim, "decide", outcome="granted").must(200)
        self.await_links(request, lambda r: [k["state"] for k in r["links"]] == ["withdrawn", "withdrawn"])
        late = self.probe_two.post(f"/v1/requests/{other['request']['id']}/decide", self.held(other, outcome="granted"))
        self.assert_problem(late, 409, "claim_lost")

    def test_what_a_question_is_not_open_for(self):
        _, _, asked = self.ask()
        child = asked["links"][0]["request"]
        refused = self.desk.act(self.see({"id": child}, self.desk), "withdraw")
        self.assert_problem(refused, 409, "act_not_open")
        self.assertEqual(refused["open_acts"], [])
        claim = self.take({"id": child}, self.probe_two, "probe-two")
        refused = self.act(claim, "pause", self.probe_two, ground="expertise")
        self.assert_problem(refused, 409, "act_not_open")
        self.assertEqual(refused["open_acts"], ["renew", "release", "accept", "forward", "consult", "decide"])
        # Given on whole, it is still a question; and one may ask on.
        given = self.act(claim, "forward", self.probe_two, to_agency="probe-three").must(200)
        self.assertEqual((given["agency"], given["parent"]["kind"]), ("probe-three", "consult"))
        claim = self.take({"id": child}, self.probe_three, "probe-three")
        further = self.act(claim, "consult", self.probe_three, agencies=["probe"], question="And you?").must(200)
        self.assertEqual(further["links"][0]["number"], given["number"] + "/1")

    def test_bad_questions(self):
        request = self.submit_one()
        claim = self.take(request)
        for body, faults in (
                ({}, {("/agencies", "missing"), ("/question", "missing")}),
                ({"agencies": [], "question": "?"}, {("/agencies", "too_short")}),
                ({"agencies": ["probe"], "question": "?"}, {("/agencies", "has_it")}),
                ({"agencies": ["nowhere", "probe-two", "probe-two"], "question": "?", "join": "most"},
                 {("/agencies", "not_found"), ("/agencies", "duplicate"), ("/join", "not_allowed")}),
                ({"agencies": ["probe-two"], "question": "?", "answer_by": "2026-11-01T10:00:00+06:00"},
                 {("/answer_by", "too_small")})):
            with self.subTest(body):
                reply = self.act(claim, "consult", **body)
                self.assertIn(reply.status, (400, 422), repr(reply))
                self.assertEqual({(f["name"], f["code"]) for f in reply["invalid_params"]}, faults)
        self.assertEqual(self.see(request)["links"], [])

    def test_the_same_question_twice_is_one(self):
        request = self.submit_one()
        claim = self.take(request)
        body = self.held(claim, agencies=["probe-two"], question="?")
        first = self.probe.post(f"/v1/requests/{request['id']}/consult", body, key="asked-once").must(200)
        again = self.probe.post(f"/v1/requests/{request['id']}/consult", body, key="asked-once").must(200)
        self.assertEqual(first.body, again.body)
        self.assertEqual(len(self.see(request)["links"]), 1)

    def test_where_the_standard_has_no_term(self):
        request = self.submit("p-clock")
        claim = self.take(request)
        asked = self.act(claim, "consult", agencies=["probe-two"], question="?").must(200)
        child = self.see({"id": asked["links"][0]["request"]}, self.probe_two)
        self.assertEqual((child["due_at"], child["deadlines"][0]["source"]), (request["due_at"], "stated"))
        asked = self.act(claim, "consult", agencies=["probe-two"], question="?", answer_by="2026-11-20T12:00:00+06:00").must(200)
        child = self.see({"id": asked["links"][1]["request"]}, self.probe_two)
        self.assertEqual(child["due_at"], "2026-11-20T12:00:00+06:00")

    def test_who_gets_the_matter_gets_the_answers(self):
        request, claim, asked = self.ask(["probe-two"])
        self.act(claim, "forward", to_agency="probe-three", channel="counter").must(200)
        seen = self.see({"id": asked["links"][0]["request"]}, self.probe_three)
        self.assertEqual(seen["parent"]["request"], request["id"])
        self.answer(asked["links"][0], self.probe_two, "probe-two")[1].must(200)
        self.await_links(request, lambda r: r["links"][0]["outcome"] == "granted", self.probe_three)


class Parts(Linked):
    def give(self, part=("water",), **more):
        request = self.submit_one()
        claim = self.take(request)
        given = self.act(claim, "forward", to_agency="probe-two", part=list(part), **more).must(200)
        return request, claim, given.json

    def test_a_part_goes_and_the_rest_stays(self):
        request, claim, given = self.give()
        self.assertEqual((given["state"], given["agency"], given["due_on"]), ("claimed", "probe", request["due_on"]))
        self.assertEqual([(d["kind"], d["state"]) for d in given["deadlines"]],
                         [("register", "met"), ("forward", "met"), ("decide", "running"), ("notify", "running")])
        link = given["links"][0]
        self.assertEqual((link["kind"], link["number"], link["agency"]), ("part", request["number"] + "/1", "probe-two"))
        journal = self.world.kezek("officer-probe", "--lang", "en", "journal", request["number"]).stdout
        self.assertIn(f"; links {link['number']}; part water", " ".join(journal.split()))
        self.assertRegex(journal, r"lease_until 2026-11-18 10:\d\d")  # by the clock of the line, not in UTC
        part = self.take({"id": link["request"]}, self.probe_two, "probe-two")["request"]
        self.assertEqual((part["form"], part["applicant"]["pin"], part["due_on"], part["promised_due_on"]),
                         ({"water": FORM["water"]}, "21509199012345", request["due_on"], request["due_on"]))
        self.assertEqual(part["parent"], {"number": request["number"], "kind": "part"})
        corrected = self.probe_two.act(part, "correct", {"changes": {"address": "Osh"}}).must(200)
        self.assertEqual(corrected["applicant"]["address"], "Osh")
        # Whoever has the part finds it by whom it is for.
        for search in ({"name": "усон асанов"}, {"pin": "21509199012345"}):
            found = self.probe_two.post("/v1/searches", search).must(200)["items"]
            self.assertIn(part["id"], [r["id"] for r in found])
        # Each is decided by itself.
        done = self.act({"claim": claim["claim"], "fence": claim["fence"], "request": request}, "decide", outcome="granted")
        self.assertEqual(done.must(200)["links"][0]["state"], "claimed")
        text = self.desk.get(f"/v1/requests/{part['id']}/receipt", headers={"Accept": "text/plain"}).must(200).text
        self.assertIn(part["number"], text)

    def test_the_applicant_is_told(self):
        request, claim, given = self.give()
        self.assertEqual(self.deadline(given, "notify")["due_on"], "2026-11-19")
        told = self.act(claim, "notify", channel="counter").must(200)
        self.assertEqual(self.deadline(told, "notify")["state"], "met")
        decided = self.act(claim, "decide", outcome="granted").must(200)
        self.assertEqual([(d["state"], d["due_on"]) for d in decided["deadlines"] if d["kind"] == "notify"],
                         [("met", "2026-11-19"), ("running", "2026-11-20")])
        _, _, given = self.give(channel="email")
        self.assertNotIn("notify", [d["kind"] for d in given["deadlines"]])
        explained = self.probe.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)
        self.assertEqual(len(explained.json["items"] if isinstance(explained.json, dict) else explained.json), 5)

    def test_withdrawn_with_the_whole(self):
        request, claim, given = self.give()
        self.desk.act(self.see(request), "withdraw").must(200)
        self.await_links(request, lambda r: r["links"][0]["state"] == "withdrawn")

    def file(self, request, data, client, name="scan.txt"):
        client.call("PUT", f"/v1/requests/{request['id']}/documents/{name}", data,
                    headers={"Content-Type": "text/plain; charset=utf-8"}).must(201)

    def readers(self, request):
        items = self.world.client("supervisor").get(f"/v1/requests/{request['id']}/access").must(200)["items"]
        return [i["what"].removeprefix("/v1/requests/{id}") for i in items if i["principal"] == "officer-probe-two"]

    def test_the_documents_of_the_whole(self):
        request = self.submit_one()
        data = b"".join(b"%07d\n" % i for i in range(70000))
        self.file(request, data, self.desk)
        claim = self.take(request)
        part = {"id": self.act(claim, "forward", to_agency="probe-two", part=["water"]).must(200)["links"][0]["request"]}
        path = f"/v1/requests/{part['id']}/parent/documents"
        self.file(part, b"of the part", self.probe_two)
        self.file(request, b"later", self.probe, "later.txt")
        # To be read by whoever has the part, at any time, and on record with both.
        of_both = [self.readers(r) for r in (request, part)]
        self.assertEqual([(d["name"], d["stored_by"]) for d in self.probe_two.get(path).must(200)["items"]],
                         [("scan.txt", "desk-clerk"), ("later.txt", "officer-probe")])
        self.assertEqual(self.probe_two.get(f"{path}/scan.txt").must(200).body, data)
        self.assertEqual(self.desk.get(f"{path}/later.txt").must(200).body, b"later")
        for seen, before in zip((request, part), of_both):
            self.assertEqual(self.readers(seen), ["/parent/documents/{name}", "/parent/documents", *before])
        self.assertEqual(self.probe_two.get(f"/v1/requests/{part['id']}/documents/scan.txt").must(200).body, b"of the part")
        for words, said in ((["--json"], '"later.txt"'), (["later.txt", "--output", "-"], "later")):
            self.assertIn(said, self.world.kezek("officer-probe-two", "document", f"{request['number']}/1", "--whole", *words).stdout)
        # To be read only, and nothing else of the whole.
        self.assert_problem(self.probe_two.get(f"{path}/other.txt"), 404, "not_found")
        self.assert_problem(self.probe_two.call("PUT", f"{path}/new.txt", b"x", headers={"Content-Type": "text/plain"}), 405, "method_not_allowed")
        for rest in ("", "/documents", "/documents/scan.txt", "/events", "/deadlines"):
            self.assert_problem(self.probe_two.get(f"/v1/requests/{request['id']}{rest}"), 404, "not_found")
        # Not by who gave the part on, who has no part, or by way of what is none; nor a step further up.
        self.assert_problem(self.probe.get(path), 404, "not_found")
        self.assert_problem(self.probe_three.get(path), 404, "not_found")
        self.assert_problem(self.probe.get(f"/v1/requests/{request['id']}/parent/documents"), 404, "not_found")
        held = self.take(part, self.probe_two, "probe-two")
        last = {"id": self.act(held, "forward", self.probe_two, to_agency="probe-three", part=["water"]).must(200)["links"][0]["request"]}
        below = self.probe_three.get(f"/v1/requests/{last['id']}/parent/documents").must(200)["items"]
        self.assertEqual([d["size"] for d in below], [len("of the part")])
        self.assertEqual(self.rows_of("officer-probe-three", request, part, last), ["0 0 0 0", "1 1 0 0", "0 0 1 1"])
        # Whole again: with the part goes the sight.
        self.assertEqual(self.rows_of("officer-probe-two", request, part), ["2 4 0 0", "1 1 1 1"])
        self.act(held, "forward", self.probe_two, to_agency="probe-three").must(200)
        self.assert_problem(self.probe_two.get(path), 404, "not_found")
        self.assertEqual(self.rows_of("officer-probe-two", request), ["0 0 0 0"])
        self.assertEqual(self.probe_three.get(f"{path}/scan.txt").must(200).body, data)

    def rows_of(self, principal, *requests):
        """Documents, chunks, states and keys of each, as the database alone shows them."""
        text = " UNION ALL ".join("SELECT " + " || ' ' || ".join(f"(SELECT count(*) FROM kezek.{table} WHERE {key} = '{r['id']}')" for table, key in (
            ("document", "request"), ("document_chunk", "request"), ("request_state", "id"), ("request_key", "request"))) for r in requests)
        rows = self.world.sql(f"BEGIN; SELECT FROM kezek.enter('{principal}'); {text}; COMMIT", "kezek_app")
        return [row[0] for row in rows if row and row[0]]

    def test_a_number_that_a_former_system_gave_out(self):
        request = self.submit_one()
        whole = request["number"]
        old = [{"number": f"{whole}/{no}", "service": "p-plain", "channel": "post", "office": "desk", "agency": "probe",
                "received_at": "2025-03-03T10:00:00+06:00", "due_at": None, "events": []} for no in (1, 2, 4)]
        self.world.client("admin").call("POST", "/v1/imports", "\n".join(map(json.dumps, old)).encode(),
                                        headers={"Content-Type": "application/x-ndjson"}).must(200)
        claim = self.take(request)
        self.act(claim, "consult", agencies=["probe-two", "probe-three"], question="?").must(200)
        ready = lambda r: all(self.desk.get(f"/v1/requests/{k['request']}").status == 200 for k in r["links"])  # noqa: E731
        seen = self.await_links(request, ready)
        self.act(claim, "forward", to_agency="probe-two", part=["water"]).must(200)
        seen = self.await_links(request, ready)
        self.assertEqual(sorted(k["number"] for k in seen["links"]), [f"{whole}/3", f"{whole}/5", f"{whole}/6"])
        for link in seen["links"]:
            found = self.desk.get(f"/v1/requests?number={link['number'].replace('/', '%2F')}").must(200)["items"]
            self.assertEqual([(r["id"], r["number"]) for r in found], [(link["request"], link["number"])])

    def test_a_question_stands_alone(self):
        request = self.submit_one()
        self.file(request, b"papers", self.desk)
        asked = self.act(self.take(request), "consult", agencies=["probe-two"], question="?").must(200)["links"][0]["request"]
        self.assert_problem(self.probe_two.get(f"/v1/requests/{asked}/parent/documents"), 404, "not_found")
        self.assertEqual(self.rows_of("officer-probe-two", request), ["0 0 0 0"])

    def test_what_is_no_part(self):
        request = self.submit_one()
        claim = self.take(request)
        self.assertEqual(self.faults(self.act(claim, "forward", to_agency="probe-two", part=["sea"])), {("/part", "not_found")})

    def test_erased_with_the_whole(self):
        request, claim, given = self.give()
        child = given["links"][0]["request"]
        self.act(claim, "decide", outcome="granted").must(200)
        done = self.act({"request": request, **claim}, "notify", channel="counter")
        admin = self.world.client("admin")
        self.assertIn(done.status, (200, 409))
        closed = self.see(request)
        if closed["state"] == "decided":
            self.desk.act(closed, "hand_over", {"to": "applicant"}).must(200)
        self.assert_problem(admin.post(f"/v1/requests/{request['id']}/erasure", {"legal_basis": "Article 9"}), 409, "not_closed")
        self.answer({"request": child}, self.probe_two, "probe-two")[1].must(200)
        part = self.see({"id": child}, self.desk)
        self.desk.act(part, "hand_over", {"to": "applicant"}).must(200)
        admin.post(f"/v1/requests/{request['id']}/erasure", {"legal_basis": "Article 9"}).must(200)
        self.assertTrue(self.see({"id": child}, self.desk)["erased"])


class Broken(Linked):
    """The daemon is killed between an act and what it makes: the next one opens it."""

    def test_killed_in_between(self):
        request = self.submit_one()
        claim = self.take(request)
        held = Hold(self.world, "LOCK TABLE kezek.number IN SHARE MODE")  # a new number waits; the act does not
        reply = aside(self.act, claim, "consult", agencies=["probe-two"], question="?")
        end = time.monotonic() + 10
        while not self.world.sql("SELECT child FROM kezek.link WHERE state = 'opening'"):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.world.daemon.kill()
        held.end()
        with self.assertRaises(Exception):
            reply()
        self.world.forget_clients()
        self.world.daemon.start()
        self.await_links(request, lambda r: r["links"] and self.probe_two.get(
            f"/v1/requests/{r['links'][0]['request']}").status == 200)
        self.assertEqual(self.world.sql("SELECT state, count(*) FROM kezek.link GROUP BY 1"), [["open", "1"]])
        self.take({"id": self.see(request)["links"][0]["request"]}, self.probe_two, "probe-two")


if __name__ == "__main__":
    main()
