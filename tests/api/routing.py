"""Routing explained: which rule decides, why no other does, and what reaches the supervisor's desk."""

import json
import unittest

from support.casework import CaseTest
from support.kezek import eventually, main

SERVICE = {"code": "r-1", "version": 1, "valid_from": "2024-01-01", "name": {"ky": "р", "ru": "р", "en": "r"},
           "recipients": ["person", "organisation"],
           "variants": [{"code": "standard", "terms": {"decide": {"amount": 5, "unit": "working_day", "start": "forwarded"}}},
                        {"code": "quick", "offices": ["desk"], "terms": {"decide": {"amount": 1, "unit": "working_day"}}}],
           "stages": [{"kind": "decide", "term": "variant"}]}


def route(territory, agency, by="residence", **members):
    return {"service": "r-1", "territory": territory, "by": by, "agency": agency, "valid_from": "2024-01-01", **members}


class RoutingTest(CaseTest):
    @classmethod
    def setUpClass(cls):
        if cls is RoutingTest:
            raise unittest.SkipTest("shared by others")
        super().setUpClass()
        cls.world.client("admin").put("/v1/catalogue", {"services": [SERVICE], "routes": [
            route("KG-GB", "probe"), route("KG-GB-01", "probe-two", applicant_kind="organisation"),
            route("KG-GB-01", "probe-three", variant="quick"),
            route("KG-GB-02", "probe-two", by="office", valid_from="2027-01-01"),
        ]}).must(200)


class Routing(RoutingTest):
    def ask(self, query, client=None):
        return (client or self.desk).get(f"/v1/catalogue/route?service=r-1&{query}")

    def verdicts(self, query):
        reply = self.ask(query).must(200)
        told = [(r["agency"], r["territory"], r["verdict"]) for r in reply["rules"]]
        self.assertEqual(len([v for _, _, v in told if v == "decides"]), 1 if reply["routed"] else 0)
        return reply["agency"], told

    def test_every_rule_says_why(self):
        self.assertEqual(self.verdicts("territory=KG-GB-01&kind=company&variant=quick"), ("probe-two", [
            ("probe-two", "KG-GB-01", "decides"), ("probe-three", "KG-GB-01", "applicant_kind_decides"),
            ("probe-two", "KG-GB-02", "not_yet_in_force"), ("probe", "KG-GB", "narrower_decides")]))
        self.assertEqual(self.verdicts("territory=KG-GB-01&kind=person&variant=standard"), ("probe", [
            ("probe-two", "KG-GB-01", "other_applicant_kind"), ("probe-three", "KG-GB-01", "other_variant"),
            ("probe-two", "KG-GB-02", "not_yet_in_force"), ("probe", "KG-GB", "decides")]))

    def test_on_another_day_and_by_office(self):
        agency, told = self.verdicts("territory=KG-GB-02&on=2027-01-01")
        self.assertEqual((agency, told[-2:]), ("probe-two", [("probe-two", "KG-GB-02", "decides"),
                                                             ("probe", "KG-GB", "narrower_decides")]))
        agency, told = self.verdicts("office=desk&on=2027-01-01")
        self.assertEqual((agency, {verdict for _, _, verdict in told}), ("unrouted", {"place_unknown", "elsewhere"}))

    def test_as_a_submission_goes(self):
        for kind, territory, variant in (("company", "KG-GB-01", "standard"), ("body", "KG-GB-01", "standard"),
                                         ("person", "KG-GB-01", "quick"), ("person", "KG-GB-03", "standard"),
                                         ("person", "KG-GO", "standard")):
            with self.subTest(kind=kind, territory=territory, variant=variant):
                told = self.ask(f"territory={territory}&kind={kind}&variant={variant}&office=desk").must(200)
                request = self.submit("r-1", territory=territory, variant=variant,
                                      applicant={"kind": kind, "name": "Асан"})
                self.assertEqual(told["agency"], request["agency"])

    def test_an_organisation_is_a_company_or_a_body(self):
        reply = self.desk.post("/v1/requests", {"service": "r-1", "channel": "counter", "territory": "KG-GB",
                                                "applicant": {"kind": "entrepreneur", "name": "Асан"}})
        self.assert_problem(reply, 422, "invalid")
        self.assertEqual([(f["name"], f["code"]) for f in reply["invalid_params"]],
                         [("/applicant/kind", "not_offered")])

    def test_kinds_that_nobody_is_are_refused_at_load(self):
        for body, name in (({"services": [{**SERVICE, "version": 2, "recipients": ["people"]}]},
                            "/services/0/recipients"),
                           ({"routes": [route("KG-GB-04", "probe", applicant_kind="people")]},
                            "/routes/0/applicant_kind")):
            reply = self.admin.put("/v1/catalogue", body)
            self.assertEqual([(f["name"], f["code"]) for f in reply["invalid_params"]], [(name, "not_allowed")])

    def test_what_is_not_there(self):
        for query, name in (("territory=XX", "territory"), ("office=none", "office"), ("kind=x&territory=KG", "kind"),
                            ("variant=x&territory=KG", "variant"), ("variant=quick&office=desk-two", "variant"),
                            ("on=2026-13-01&territory=KG", "on"), ("on=1990-01-01&territory=KG", "service"),
                            ("", "territory"), ("territory=KG&territory=KG", "territory"), ("colour=1", "colour")):
            reply = self.ask(query)
            self.assert_problem(reply, 400, "bad_parameter")
            self.assertIn(name, reply["invalid_params"][0]["name"], query)

    def test_the_command(self):
        run = self.world.kezek("desk-clerk", "--lang", "en", "catalogue", "route", "r-1", "KG-GB-01", "--kind",
                               "company", "--on", "2026-12-01")
        lines = run.stdout.splitlines()
        self.assertIn("r-1  2026-12-01  →  probe-two", lines[0])
        self.assertTrue(any("another variant" in line for line in lines), run.stdout)
        desk = self.world.kezek("desk-clerk", "--lang", "en", "catalogue", "route", "r-1", "KG-GO")
        self.assertIn("no route: it goes to the supervisor's desk", desk.stdout)
        self.assertEqual(json.loads(self.world.kezek("desk-clerk", "--json", "catalogue", "route", "r-1", "KG-GO").stdout)
                         ["agency"], "unrouted")


class Desk(RoutingTest):
    """What no route takes waits on the desk of those who supervise all, and is counted until it is given on."""

    def gauge(self):
        text = self.auditor.get("/metrics").must(200).text
        return [int(line.split()[1]) for line in text.splitlines() if line.startswith("kezek_unrouted_requests ")][0]

    def desk_of(self, client):
        return client.get("/v1/overview?by=service").must(200)["unrouted"]

    def test_alarm_overview_and_reassignment(self):
        self.world.set_clock(self.start)
        before = self.desk_of(self.supervisor)["open"]
        lost = [self.submit("r-1", territory="KG-GO") for _ in range(2)]
        self.assertEqual({(r["agency"], r["due_at"]) for r in lost}, {("unrouted", None)})
        eventually(lambda: self.gauge() == before + 2, timeout=20)
        said = self.desk_of(self.supervisor)
        self.assertEqual(said["open"], before + 2)
        self.assertLessEqual(said["oldest"], lost[0]["registered_at"])
        self.assertIsNone(self.desk_of(self.chief))
        self.assert_problem(self.chief.get(f"/v1/requests/{lost[0]['id']}"), 404, "not_found")
        line = self.world.kezek("supervisor", "--lang", "en", "overview").stdout
        self.assertIn(f"without a route (how many, the oldest): {before + 2}, ", line)
        self.assertNotIn("without a route", self.world.kezek("supervisor-probe", "--lang", "en", "overview").stdout)
        # Its clock starts where it is given on, not where it came in.
        self.world.set_clock("2026-11-23T10:00:00+06:00")
        given = self.supervisor.act(lost[0], "reassign", {"to_agency": "probe"}).must(200)
        decide = self.deadline(given.json, "decide")
        self.assertEqual((given["agency"], decide["started_at"][:10], decide["state"]), ("probe", "2026-11-23", "running"))
        self.assertEqual(self.desk_of(self.supervisor)["open"], before + 1)
        self.desk.act(lost[1], "withdraw").must(200)
        eventually(lambda: self.gauge() == before, timeout=20)
        self.world.set_clock(self.start)


if __name__ == "__main__":
    main()
