"""Erasure: a person's data goes with its key, for good; the journal stands."""

from support.casework import ActTest, submission
from support.kezek import main

WHY = {"legal_basis": "Law on personal data, article 9"}


class Erasure(ActTest):
    def erase(self, request, client=None, **body):
        return (client or self.admin).post(f"/v1/requests/{request['id']}/erasure", {**WHY, **body})

    def test_what_goes_and_what_stays(self):
        body = submission(applicant={"kind": "person", "name": "Жыпара Өчүрова", "pin": "10101199012346"}, external_ref="gone-1")
        request = self.desk.post("/v1/requests", body, key="gone").must(201).json
        self.desk.act(request, "withdraw", {"reason": "Moved away"}).must(200)
        before = self.kinds(request, self.auditor)
        self.assertEqual(self.erase(request).must(200).json, {"request": request["id"], "erased": True})
        seen = self.see(request)
        self.assertEqual((seen["applicant"], seen["form"], seen["erased"], seen["number"]), (None, None, True, request["number"]))
        events = self.auditor.get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.assertEqual([e["kind"] for e in events], before + ["erased"])
        self.assertEqual((events[-1]["principal"], events[-1]["legal_basis"]), ("admin", WHY["legal_basis"]))
        self.assertEqual([e["reason"] for e in events], [None] * len(events))
        for search in ({"pin": "10101199012346"}, {"name": "Өчүрова"}, {"external_ref": "gone-1"}):
            self.assertEqual(self.desk.post("/v1/searches", search).must(200)["items"], [], search)
        # The stored answer went too, and the key is still taken: it is no new application.
        self.assert_problem(self.desk.post("/v1/requests", body, key="gone"), 410, "erased")
        self.erase(request).must(200)
        self.assertEqual(len(self.kinds(request, self.auditor)), len(events))

    def test_nothing_is_done_with_it_any_more(self):
        request = self.submit()
        self.desk.act(request, "withdraw").must(200)
        self.erase(request).must(200)
        self.assert_problem(self.chief.act(self.see(request), "reopen", {"reason": "r"}), 410, "erased")

    def test_only_what_has_ended_and_only_by_an_administrator(self):
        request = self.submit()
        self.assert_problem(self.erase(request), 409, "not_closed")
        for client in (self.desk, self.probe, self.supervisor, self.auditor):
            self.assert_problem(self.erase(request, client), 403, "role_not_allowed")
        self.assertEqual(self.admin.post(f"/v1/requests/{request['id']}/erasure", {}).status, 422)
        self.assert_problem(self.erase({"id": "01a00000-0000-7000-8000-000000000000"}), 404, "not_found")
        self.assertEqual(self.see(request)["applicant"]["name"], "Асанов Үсөн")


if __name__ == "__main__":
    main()
