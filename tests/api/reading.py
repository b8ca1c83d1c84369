"""Reading requests: one, lists and their pages, the journal, deadlines explained, receipts, searches."""

import csv
import io
import json

from support.casework import CaseTest
from support.kezek import main

PAPER = [{"kind": "paper"}]


class One(CaseTest):
    def test_deadlines_explained(self):
        request = self.submit("p-strict", form={"area": 1}, documents=PAPER)
        plain = self.desk.get(f"/v1/requests/{request['id']}/deadlines").must(200)["items"]
        self.assertEqual(plain, request["deadlines"])
        reply = self.desk.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)
        self.assertFalse(reply["page"]["has_more"])
        decide = [d for d in reply["items"] if d["kind"] == "decide"][0]
        whats = [(s["what"], s["days"]) for s in decide["explanation"]]
        # Five working days from Wednesday the 18th: two to Friday, the weekend, three to Wednesday the 25th.
        self.assertEqual(whats, [("counted", 2), ("weekend", 2), ("counted", 3)])
        self.assertEqual(set(decide["sentence"]), {"ky", "ru", "en"})
        self.assertIn("25 November 2026", decide["sentence"]["en"])
        self.assertIn("25 ноября 2026", decide["sentence"]["ru"])
        self.assertEqual(self.desk.get(f"/v1/requests/{request['id']}/deadlines?explain=0")["items"], plain)

    def test_receipts(self):
        for language, title, word in (("ky", "Probe p-docs (ky)", "Сотко"), ("ru", "Probe p-docs (ru)", "суд"),
                                      ("en", "Probe p-docs", "court")):
            with self.subTest(language):
                request = self.submit("p-docs", language=language, documents=PAPER,
                                      applicant={"kind": "person", "name": "<b>A & B</b>"})
                path = f"/v1/requests/{request['id']}/receipt"
                receipt = self.desk.get(path).must(200)
                self.assertEqual(receipt.json, request["receipt"])
                self.assertEqual((receipt["language"], receipt["service"]["name"]), (language, title))
                self.assertEqual(receipt["clerk"], "desk-clerk")
                text = self.desk.get(path, headers={"Accept": "text/plain"}).must(200)
                self.assertEqual(text.header("Content-Type"), "text/plain; charset=utf-8")
                html = self.desk.get(path, headers={"Accept": "text/html, */*;q=0.1"}).must(200)
                self.assertEqual(html.header("Content-Type"), "text/html; charset=utf-8")
                self.assertIn(f'lang="{language}"', html.text)
                for page in (text.text, html.text):
                    for part in (request["number"], title, word, "The desk", receipt["sentence"][:20]):
                        self.assertIn(part, page)
                self.assertNotIn("<b>A", html.text)

    def test_a_receipt_says_what_is_awaited(self):
        sentences = {self.submit(service)["receipt"]["sentence"] for service in ("p-docs", "p-pay", "p-plain")}
        self.assertEqual(len(sentences), 3)
        self.assertEqual(self.submit("p-docs")["receipt"]["due_on"], None)

    def test_journal_in_pages(self):
        request = self.submit("p-docs")
        for _ in range(4):
            request = self.desk.act(request, "complete", {"documents": [], "reason": "still"}).must(200).json
        path = f"/v1/requests/{request['id']}/events"
        whole = self.desk.get(path).must(200)["items"]
        self.assertEqual(len(whole), 5)
        self.assertEqual({e["request"] for e in whole}, {request["id"]})
        self.assertEqual(len({e["id"] for e in whole}), 5)
        self.assertEqual([e["reason"] for e in whole], [None] + ["still"] * 4)
        got, after = [], ""
        while True:
            page = self.desk.get(f"{path}?limit=2{after}").must(200)
            got += page["items"]
            if not page["page"]["has_more"]:
                break
            after = f"&after={page['page']['end_cursor']}"
        self.assertEqual(got, whole)
        beyond = self.desk.get(f"{path}?after={page['page']['end_cursor']}").must(200)
        self.assertEqual((beyond["items"], beyond["page"]["has_more"]), ([], False))

    def test_what_is_not_there(self):
        for number in ("x", "01a1eccf-be7f-777d-8b61-8804db2a5644", "%00", "..", "01A1ECCF-BE7F-777D-8B61-8804DB2A5644"):
            for more in ("", "/events", "/deadlines", "/receipt"):
                self.assertIn(self.desk.get(f"/v1/requests/{number}{more}").status, (400, 404), (number, more))

    def test_head_answers_like_get_without_a_body(self):
        request = self.submit()
        got = self.desk.get(f"/v1/requests/{request['id']}").must(200)
        head = self.desk.call("HEAD", f"/v1/requests/{request['id']}").must(200)
        self.assertEqual((head.header("ETag"), head.header("Content-Length"), head.body),
                         (got.header("ETag"), got.header("Content-Length"), b""))


class Lists(CaseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls("count")
        self.world.set_clock("2026-11-10T10:00:00+06:00")
        cls.made = [self.submit() for _ in range(3)]                     # due on the 12th
        cls.made += [self.submit("p-other", self.desk_two) for _ in range(2)]  # another agency and office
        self.world.set_clock(self.start)
        cls.made += [self.submit(service) for service in ("p-docs", "p-pay", "p-pause", "p-hours")]
        cls.made += [self.submit()]
        self.desk.act(cls.made[-1], "withdraw").must(200)
        # What other classes of this file left is of no concern: everything here is read by id.
        cls.mine = {r["id"] for r in cls.made}

    def ids(self, query, client=None):
        reply = (client or self.auditor).get(f"/v1/requests?limit=500&{query}").must(200)
        return [r["id"] for r in reply["items"] if r["id"] in self.mine]

    def made_of(self, *numbers):
        return [self.made[i]["id"] for i in numbers]

    def test_filters(self):
        self.assertEqual(self.ids(""), self.made_of(*range(10)))
        self.assertEqual(self.ids("agency=probe-two"), self.made_of(3, 4))
        self.assertEqual(self.ids("office=desk-two"), self.made_of(3, 4))
        self.assertEqual(self.ids("service=p-docs"), self.made_of(5))
        self.assertEqual(self.ids("state=incomplete"), self.made_of(5))
        self.assertEqual(self.ids("state=incomplete,paused,withdrawn"), self.made_of(5, 7, 9))
        self.assertEqual(self.ids("overdue=true"), self.made_of(0, 1, 2, 3, 4)[:3] + self.ids("overdue=1&agency=probe-two"))
        self.assertEqual(sorted(self.ids("overdue=true") + self.ids("overdue=false")), sorted(self.ids("")))
        self.assertEqual(self.ids("deadline=paused"), self.made_of(7))
        self.assertEqual(self.ids("deadline=void"), self.made_of(9))
        self.assertEqual(self.ids("due_before=2026-11-13"), self.made_of(0, 1, 2))
        self.assertEqual(self.ids("due_before=2026-11-13T00:00:00%2B06:00"), [])
        # The first three were breached meanwhile, which is news too.
        self.assertEqual(self.ids("updated_since=2026-11-18T00:00:00%2B06:00&state=queued&service=p-hours"),
                         self.made_of(8))
        self.assertEqual(self.ids("updated_since=2026-11-19"), [])
        self.assertEqual(self.ids("responsible=probe-two-head"), self.made_of(3, 4))
        self.assertEqual(self.ids("agency=nothing"), [])
        number = self.made[1]["number"].replace("/", "%2F")
        self.assertEqual(self.ids(f"number={number}"), self.made_of(1))

    def test_by_due_moment_and_without_one_last(self):
        got = self.ids("sort=due_at&office=desk")
        due = {r["id"]: self.see(r)["due_at"] or "9" for r in self.made if r["office"] == "desk"}
        self.assertEqual([due[i] for i in got], sorted(due[i] for i in got))
        self.assertEqual(set(got[-3:]), set(self.made_of(5, 6, 7)))

    def pages(self, query, limit):
        got, after, turns = [], "", 0
        while True:
            page = self.auditor.get(f"/v1/requests?{query}&limit={limit}{after}").must(200)
            self.assertLessEqual(len(page["items"]), limit)
            got += [r["id"] for r in page["items"]]
            turns += 1
            if not page["page"]["has_more"]:
                return got
            self.assertLess(turns, 50)
            after = f"&after={page['page']['end_cursor']}"

    def test_pages_hold_everything_once(self):
        for query in ("sort=id", "sort=due_at", "office=desk&sort=due_at", "state=queued"):
            with self.subTest(query):
                whole = [r["id"] for r in self.auditor.get(f"/v1/requests?{query}&limit=500").must(200)["items"]]
                for limit in (1, 2, 7):
                    self.assertEqual(self.pages(query, limit), whole)

    def test_counts_only_when_asked(self):
        self.assertNotIn("count", self.auditor.get("/v1/requests")["page"])
        for kind in ("exact", "estimate"):
            reply = self.auditor.get(f"/v1/requests?agency=probe-two&limit=1&count={kind}").must(200)
            self.assertEqual((reply["page"]["count"], reply["page"]["has_more"]), (2, True))

    def test_bad_parameters(self):
        for query in ("limit=0", "limit=501", "limit=x", "limit=", "after=x", "after=", f"after=-9223372036854775808.{self.made[0]['id']}", "state=", "state=open", "state=queued,",
                      "overdue=maybe", "sort=name", "due_before=soon", "colour=red", "limit=1&limit=2",
                      "deadline=late", "count=all", "updated_since=2026-13-01"):
            with self.subTest(query):
                reply = self.desk.get(f"/v1/requests?{query}")
                self.assert_problem(reply, 400, "bad_parameter")
                self.assertEqual(len(reply["invalid_params"]), 1)

    def test_nothing_of_the_language_gets_lost_in_a_filter(self):
        for query in ("agency=%27%3B%20DROP", "service=%D0%BA", "number=%25", "responsible=a%5C%27"):
            self.assertEqual(self.ids(query), [])

    def test_streamed_as_csv_and_ndjson(self):
        self.auditor.get("/v1/requests?office=desk", headers={"Accept": "image/png"}).must(200)["items"]  # a form that there is not
        reply = self.auditor.get("/v1/requests?office=desk", headers={"Accept": "text/csv"}).must(200)
        rows = list(csv.reader(io.StringIO(reply.text)))
        listed = self.auditor.get("/v1/requests?office=desk&limit=500").must(200)["items"]
        self.assertEqual(len(rows), 1 + len(listed))
        lines = self.auditor.get("/v1/requests?office=desk", headers={"Accept": "application/x-ndjson"}).must(200)
        self.assertEqual([json.loads(line)["id"] for line in lines.text.splitlines()], [r["id"] for r in listed])


class Searches(CaseTest):
    def found(self, client, **body):
        return [r["id"] for r in client.post("/v1/searches", body, key=None).must(200)["items"]]

    def test_by_pin_reference_and_number_within_scope(self):
        person = {"kind": "person", "name": "n", "pin": "10101199012346"}
        mine = self.submit(applicant=person, external_ref="ref-17")
        other = self.submit("p-other", self.desk_two, applicant=person, external_ref="ref-17")
        both = sorted((mine["id"], other["id"]))
        for body in ({"pin": person["pin"]}, {"external_ref": "ref-17"}):
            self.assertEqual(sorted(self.found(self.supervisor, **body)), both)
            self.assertEqual(self.found(self.desk, **body), [mine["id"]])
            self.assertEqual(self.found(self.desk_two, **body), [other["id"]])
            self.assertEqual(self.found(self.probe, **body), [mine["id"]])
            self.assertEqual(self.found(self.probe_two, **body), [other["id"]])
        self.assertEqual(self.found(self.desk, number=mine["number"]), [mine["id"]])
        self.assertEqual(self.found(self.desk_two, number=mine["number"]), [])
        self.assertEqual(self.found(self.desk, pin="10101199012347"), [])
        self.assertEqual(self.found(self.desk, external_ref=person["pin"]), [])

    def test_by_the_words_of_a_name(self):
        person = {"kind": "person", "name": "Үсөн Жаңылов-Ёлкин", "pin": "10101199012346",
                  "representative": {"name": "Гүлнара Сыдыкова", "authority": "Power of attorney"}}
        mine = self.submit(applicant=person)["id"]
        for name in ("жаңылов", "ЖАНЫЛОВ усон", "елкин", "сыдыкова  гулнара", "Үсөн, Жаңылов"):
            self.assertEqual(self.found(self.desk, name=name), [mine], name)
            self.assertEqual(self.found(self.desk_two, name=name), [], name)
        for name in ("жаны", "усен петров"):
            self.assertEqual(self.found(self.desk, name=name), [], name)
        self.assertEqual(self.desk.post("/v1/searches", {"name": " - "}).status, 422)

    def test_exactly_one_thing(self):
        for body, status in (({}, 422), ({"pin": "1", "number": "2"}, 422), ({"pin": 1}, 400), ({"shoe": "44"}, 400)):
            self.assertEqual(self.desk.post("/v1/searches", body).status, status)
        for client in (self.admin, self.auditor):
            self.assert_problem(client.post("/v1/searches", {"number": "x"}), 403, "role_not_allowed")


if __name__ == "__main__":
    main()
