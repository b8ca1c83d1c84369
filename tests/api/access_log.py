"""The access log: every read of personal data is on record before its answer leaves, and those who may see it do."""

from support.casework import CaseTest
from support.kezek import main


class AccessLog(CaseTest):
    def lines(self, request, client=None, **query):
        path = f"/v1/requests/{request['id']}/access" + "".join(f"?{name}={value}" for name, value in query.items())
        return (client or self.auditor).get(path).must(200)

    def told(self, request):
        return [(line["principal"], line["actor"], line["what"]) for line in self.lines(request)["items"]]

    def test_one_line_a_call(self):
        request = self.submit()
        self.assertEqual(self.told(request), [])  # what one made oneself stands in the journal
        path = f"/v1/requests/{request['id']}"
        self.see(request, self.probe)
        self.desk.get(f"{path}/receipt").must(200)
        self.desk.get(f"{path}/receipt", headers={"Accept": "text/plain"}).must(200)
        self.supervisor.get(f"{path}/events").must(200)
        self.desk.get(f"/v1/requests?number={request['number']}").must(200)
        self.desk.post("/v1/searches", {"number": request["number"]}).must(200)
        self.probe.get("/v1/queues/probe?limit=500").must(200)
        self.assertEqual(self.told(request), [
            ("officer-probe", None, "/v1/queues/{agency}"), ("desk-clerk", None, "/v1/searches"),
            ("desk-clerk", None, "/v1/requests"), ("supervisor", None, "/v1/requests/{id}/events"),
            ("desk-clerk", None, "/v1/requests/{id}/receipt"), ("desk-clerk", None, "/v1/requests/{id}/receipt"),
            ("officer-probe", None, "/v1/requests/{id}")])
        self.assertEqual(self.lines(request)["items"][2]["query"], f"number={request['number']}")

    def test_what_tells_nobody_anything_is_no_line(self):
        request = self.submit()
        self.assert_problem(self.desk_two.get(f"/v1/requests/{request['id']}"), 404, "not_found")
        self.desk.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)
        self.supervisor.get("/v1/overview").must(200)
        self.assertEqual(self.told(request), [])

    def test_pages(self):
        request = self.submit()
        for _ in range(5):
            self.see(request)
        first = self.lines(request, limit=3)
        self.assertEqual((len(first["items"]), first["page"]["has_more"]), (3, True))
        rest = self.auditor.get(f"/v1/requests/{request['id']}/access?limit=3&after={first['page']['end_cursor']}").must(200)
        self.assertEqual((len(rest["items"]), rest["page"]["has_more"]), (2, False))
        self.assertEqual(len({line["id"] for line in first["items"] + rest["items"]}), 5)

    def test_the_person_behind_a_system(self):
        self.world.principal("registry", "officer", kind="system", agency="probe")
        request = self.submit()
        self.see(request, self.world.client("registry", actor="Resource21"))
        self.assertEqual(self.told(request), [("registry", "Resource21", "/v1/requests/{id}")])

    def test_no_line_names_the_request_before(self):
        """A cursor holds the id of another request, which whoever may know of this one's readers need not see."""
        other, request = self.submit("p-other"), self.submit()
        self.desk.get(f"/v1/requests?limit=1&after=0.{other['id']}&office=desk").must(200)
        self.desk.get(f"/v1/requests?%61fter=0.{other['id']}&limit=1").must(200)
        lines = self.lines(request, self.chief)["items"]
        self.assertEqual([line["query"] for line in lines[:2]], ["limit=1", "limit=1&office=desk"])
        self.assertNotIn(other["id"], str(lines))

    def test_a_streamed_list_is_a_line_of_its_own(self):
        before = int(self.world.sql("SELECT count(*) FROM kezek.access WHERE requests IS NULL")[0][0])
        self.auditor.get("/v1/requests?office=desk", headers={"Accept": "text/csv"}).must(200)
        found = self.world.sql("SELECT what, query FROM kezek.access WHERE requests IS NULL ORDER BY id DESC LIMIT 1")
        self.assertEqual(found, [["/v1/requests", "office=desk"]])
        self.assertEqual(int(self.world.sql("SELECT count(*) FROM kezek.access WHERE requests IS NULL")[0][0]), before + 1)

    def test_who_may_see_it(self):
        request = self.submit()
        for client in (self.desk, self.probe, self.admin):
            self.assert_problem(client.get(f"/v1/requests/{request['id']}/access"), 403, "role_not_allowed")
        other = self.submit("p-other")
        self.assert_problem(self.chief.get(f"/v1/requests/{other['id']}/access"), 404, "not_found")
        self.lines(request, self.chief)


if __name__ == "__main__":
    main()
