"""Searches: every word counts however it is typed, nothing is dropped in silence, pages, scope over time, and the access log."""

from support.casework import ActTest
from support.kezek import main

LONG = [f"Сөз{i}" for i in range(60)]


class SearchTest(ActTest):
    def search(self, client=None, **body):
        return (client or self.desk).post("/v1/searches", body, key=None)

    def found(self, client=None, **body):
        return [r["id"] for r in self.search(client, **body).must(200)["items"]]

    def named(self, name, **members):
        return self.submit(applicant={"kind": "person", "name": name, **members})["id"]


class Words(SearchTest):
    def test_however_it_is_typed(self):
        for written, typed in (
                ("Сарыгулов-Уулу Бектур", ("сарыгулов", "УУЛУ бектур", "бектур сарыгулов-уулу", "Сарыгулов уулу")),
                ("Jane O'Hara", ("o'hara", "O’HARA JANE", "hara o jane", "oʻhara")),
                ("Мүллер Ёжена", ("МУЛЛЕР", "ежена", "ёжена мүллер", "еженӓ")),
                ("Müller Łukasz Şahin", ("MÜLLER", "łukasz müller", "ŞAHIN")),
                ("И\u0306осиф Андре\u0301ев", ("йосиф", "ЙОСИФ андреев")),
                ("ОсОО «Ала-Тоо 2000»", ("осоо", "ала тоо", "2000", "\"Ала-Тоо\""))):
            request = self.named(written)
            for name in typed:
                with self.subTest(written, name=name):
                    self.assertEqual(self.found(name=name), [request])
        # A Latin spelling is another name; half a word is none.
        for name in ("muller", "lukasz", "сарыгул", "бектурсун", "ohara"):
            self.assertEqual(self.found(name=name), [], name)

    def test_no_word_is_dropped(self):
        request = self.submit(applicant={
            "kind": "person", "name": " ".join(LONG[:40]), "pin": "10101199055555",
            "representative": {"name": " ".join(LONG[40:]), "authority": "POA"}}, external_ref="long-1")
        for word in LONG:
            self.assertEqual(self.found(name=word), [request["id"]], word)
        self.assertEqual(self.found(name=" ".join(LONG[10:40])), [request["id"]])
        # Nor one of those that are sought, though all the others are there.
        self.assertEqual(self.found(name=" ".join(LONG[10:38] + ["жок"])), [])
        self.assertEqual((self.found(pin="10101199055555"), self.found(external_ref="long-1")), ([request["id"]], [request["id"]]))

    def test_all_words_of_one_request(self):
        one, other = self.named("Токтогул Сатылганов"), self.named("Сатылганов Мукай")
        self.assertEqual(sorted(self.found(name="сатылганов")), sorted((one, other)))
        self.assertEqual(self.found(name="сатылганов токтогул"), [one])
        self.assertEqual(self.found(name="токтогул мукай"), [])
        self.assertEqual(self.found(name="мукай мукай"), [other])

    def test_kinds_are_apart(self):
        request = self.submit(applicant={"kind": "person", "name": "Аралаш", "pin": "10101199077777"}, external_ref="аралаш")
        self.assertEqual((self.found(name="аралаш"), self.found(external_ref="аралаш")), ([request["id"]], [request["id"]]))
        self.assertEqual((self.found(pin="аралаш"), self.found(external_ref="Аралаш"), self.found(name="10101199077777")), ([], [], []))


class Changes(SearchTest):
    def test_found_by_what_it_was_and_is(self):
        request = self.submit("p-clock", applicant={"kind": "person", "name": "Мурунку Аты", "pin": "10101199088888"})
        self.desk.act(request, "correct", {"changes": {"applicant": {"name": "Кийинки Аты", "pin": "10101199099999"}}}).must(200)
        for search in ({"name": "мурунку"}, {"name": "кийинки аты"}, {"pin": "10101199088888"}, {"pin": "10101199099999"},
                       {"code": request["receipt"]["code"]}):
            self.assertEqual(self.found(**search), [request["id"]], search)

    def test_who_gave_it_on_finds_it_and_who_got_it(self):
        request = self.submit("p-clock", applicant={"kind": "person", "name": "Жөнөтүлгөн Иш", "pin": "10101199066666"})
        searches = ({"name": "жонотулгон"}, {"pin": "10101199066666"}, {"number": request["number"]})
        for search in searches:
            self.assertEqual((self.found(self.probe, **search), self.found(self.probe_two, **search)), ([request["id"]], []))
        claim = self.take(request)
        self.act(claim, "forward", to_agency="probe-two", reason="Not ours").must(200)
        for search in searches:
            for client in (self.probe, self.probe_two, self.desk, self.supervisor):
                self.assertEqual(self.found(client, **search), [request["id"]], search)
            self.assertEqual(self.found(self.desk_two, **search), [])
        item = self.search(self.probe, pin="10101199066666").must(200)["items"][0]
        self.assertEqual(item["applicant"]["pin"], "1*********6666")


class Pages(SearchTest):
    def test_each_once_newest_first(self):
        ids = [self.named(f"Баракча Көп{i}") for i in range(7)]
        seen, body = [], {"name": "баракча", "limit": 3}
        for count, more in ((3, True), (3, True), (1, False)):
            page = self.search(**body).must(200)
            self.assertEqual((len(page["items"]), page["page"]["has_more"]), (count, more))
            seen += [r["id"] for r in page["items"]]
            body["after"] = page["page"]["end_cursor"]
        self.assertEqual(seen, sorted(ids, reverse=True))
        self.assertEqual(self.found(**body), [])
        self.assertEqual(self.search(name="баракча коп3").must(200)["page"]["has_more"], False)

    def test_numbers_have_pages_too(self):
        request = self.submit()
        page = self.search(number=request["number"], limit=1).must(200)
        self.assertEqual(([r["id"] for r in page["items"]], page["page"]["has_more"]), ([request["id"]], False))
        self.assertEqual(self.found(number=request["number"], after=page["page"]["end_cursor"]), [])

    def test_no_cursor_of_ours(self):
        for page, pointer in (({"limit": 0}, "/limit"), ({"limit": 501}, "/limit"), ({"after": "x"}, "/after"),
                              ({"after": "0.not-a-uuid-of-any-kind-at-all-000000"}, "/after")):
            self.assert_invalid(self.search(name="x", **page), pointer)
        self.assertEqual(self.search(name="x", limit="3").status, 400)


class Log(SearchTest):
    def lines(self, principal, requests):
        return self.world.sql("SELECT what, query FROM kezek.access "
                              f"WHERE principal = '{principal}' AND requests = '{requests}' AND what = '/v1/searches'")

    def test_each_search_is_a_line_without_what_was_sought(self):
        request = self.submit(applicant={"kind": "person", "name": "Издөө Журналы", "pin": "10101199044444"}, external_ref="log-1")
        for search in ({"name": "журналы"}, {"pin": "10101199044444"}, {"external_ref": "log-1"}, {"number": request["number"]},
                       {"code": request["receipt"]["code"]}):
            self.assertEqual(self.found(**search), [request["id"]])
        self.assertEqual(self.lines("desk-clerk", f"{{{request['id']}}}"), [["/v1/searches", None]] * 5)
        # What finds nothing tells something too, and nobody asks around unseen.
        before = len(self.lines("desk-two-clerk", "{}"))
        self.assertEqual(self.found(self.desk_two, pin="10101199044444"), [])
        self.assertEqual(self.search(self.desk_two, name="-").status, 422)
        self.assertEqual(len(self.lines("desk-two-clerk", "{}")), before + 1)


if __name__ == "__main__":
    main()
