"""Corrections: new versions of the content, checked as a submission is; the first stays."""

from support.casework import ActTest
from support.kezek import main


class Correcting(ActTest):
    def test_a_new_version_of_the_content(self):
        request = self.submit("p-clock", form={"rooms": 2})
        done = self.desk.act(request, "correct", {
            "changes": {"applicant": {"phone": None, "name": "Асанова Үсөн"}, "form": {"rooms": 3}, "address": "Ош"},
            "reason": "A slip"}).must(200)
        self.assertEqual((done["state"], done["version"], done["due_on"]), ("queued", 2, request["due_on"]))
        self.assertEqual((done["applicant"]["name"], done["applicant"]["address"], done["form"]), ("Асанова Үсөн", "Ош", {"rooms": 3}))
        self.assertNotIn("phone", done["applicant"])
        event = self.last_event(request, self.desk)
        self.assertEqual(sorted(event["after"]["changed"]), ["address", "applicant/name", "applicant/phone", "form/rooms"])
        self.assertNotIn("Асанова", str(event))
        # The first stays.
        self.assertEqual(self.world.sql(f"SELECT count(*) FROM kezek.content WHERE request = '{request['id']}'"), [["1"]])

    def test_found_by_what_it_is_now(self):
        request = self.submit("p-clock")
        self.desk.act(request, "correct", {"changes": {"applicant": {"pin": "21509199054321"}}}).must(200)
        for pin in ("21509199054321",):
            found = self.desk.post("/v1/searches", {"pin": pin}).must(200)["items"]
            self.assertIn(request["id"], [r["id"] for r in found])

    def test_checked_as_a_submission_is(self):
        request = self.submit("p-clock", form={"rooms": 2})
        refused = (
            ({"changes": {}}, {("/changes", "too_short")}),
            ({"changes": {"applicant": {"name": None}}}, {("/changes/applicant/name", "missing")}),
            ({"changes": {"form": {"rooms": 0}}}, {("/changes/form/rooms", "too_small")}),
        )
        for body, faults in refused:
            with self.subTest(body):
                self.assertEqual(self.faults(self.desk.act(request, "correct", body)), faults)
        self.assertEqual(self.desk.act(request, "correct", {"changes": {"number": "x"}}).status, 400)
        self.assertEqual(self.desk.act(request, "correct", {"changes": {"applicant": {"colour": "x"}}}).status, 400)
        self.assertEqual(self.see(request)["version"], 1)


if __name__ == "__main__":
    main()
