"""Receipts: the look-up code by which an application is found again."""

import re

from support.casework import CaseTest, submission
from support.kezek import main

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


class Codes(CaseTest):
    def found(self, code, client=None):
        return [r["number"] for r in (client or self.desk).post("/v1/searches", {"code": code}).must(200)["items"]]

    def test_each_receipt_has_its_own(self):
        codes = {self.submit()["receipt"]["code"] for _ in range(5)}
        self.assertEqual(len(codes), 5)
        for code in codes:
            self.assertRegex(code, CODE)

    def test_found_by_code_however_it_is_typed(self):
        request = self.submit()
        code = request["receipt"]["code"]
        typed = (code, code.lower(), code.replace("-", ""), f" {code[:3]} {code[3:]} ", code.replace("0", "O"),
                 code.replace("1", "l"), code.replace("0", "о").replace("X", "х").replace("P", "Р"))
        for form in typed:
            with self.subTest(form):
                self.assertEqual(self.found(form), [request["number"]])
        other = code[:-1] + ("0" if code[-1] != "0" else "2")
        self.assertEqual(self.found(other), [])

    def test_only_within_scope(self):
        request = self.submit()
        code = request["receipt"]["code"]
        self.assertEqual(self.found(code, self.desk_two), [])
        self.assertEqual(self.found(code, self.probe_two), [])
        self.assertEqual(self.found(code, self.probe), [request["number"]])
        self.assertEqual(self.found(code, self.chief), [request["number"]])

    def test_what_cannot_be_a_code(self):
        for code in ("", "7K3QM", "Асанов Үсөн", "7K3QM-9XTRU"):
            with self.subTest(code):
                self.assert_invalid(self.desk.post("/v1/searches", {"code": code}), "/code")
        self.assertEqual(self.desk.post("/v1/searches", {"code": "7K3QM-9XTRB", "number": "1"}).status, 422)

    def test_it_stays_through_corrections_and_is_sealed(self):
        request = self.submit()
        code = request["receipt"]["code"]
        self.desk.act(request, "correct", {"changes": {"applicant": {"name": "Another"}}}).must(200)
        receipt = self.desk.get(f"/v1/requests/{request['id']}/receipt").must(200)
        self.assertEqual(receipt["code"], code)
        self.assertEqual(self.found(code), [request["number"]])
        self.assertNotIn("code", self.see(request, self.probe))
        sealed = self.world.sql(f"SELECT count(*) FROM kezek.event WHERE to_jsonb(event)::text LIKE '%{code}%'")
        self.assertEqual(sealed[0][0], "0")

    def test_a_repeat_has_the_same(self):
        first = self.desk.post("/v1/requests", submission(), key="codes-1").must(201)
        again = self.desk.post("/v1/requests", submission(), key="codes-1").must(201)
        self.assertEqual(first.body, again.body)


if __name__ == "__main__":
    main()
