"""Loading a catalogue: what differs, what open cases rest on it, what may not change or go, and who is first."""

import copy
import json
import tempfile

from support.casework import CATALOGUE, CaseTest, aside
from support.kezek import main

NAME = {"ky": "к", "ru": "к", "en": "c"}


def whole():
    return json.loads(CATALOGUE.read_text(encoding="utf-8"))


class CatalogueTest(CaseTest):
    def service(self, code, **members):
        service = copy.deepcopy([s for s in whole()["services"] if s["code"] == "p-plain"][0])
        service.update(code=code, **members)
        return service

    def load(self, body, query=""):
        return self.admin.put("/v1/catalogue" + query, body)

    def put_service(self, code, **members):
        service = self.service(code, **members)
        self.load({"services": [service], "routes": [
            {"service": code, "territory": "KG", "by": "office", "agency": "probe", "valid_from": "2024-01-01"}]}).must(200)
        return service

    def in_force(self):
        return self.admin.get("/v1/catalogue").must(200).json

    def refused(self, reply, name, code):
        self.assertEqual(reply.status, 422, repr(reply))
        self.assertIn((name, code), {(f["name"], f["code"]) for f in reply["invalid_params"]})
        return reply


class Difference(CatalogueTest):
    def test_members_and_open_cases(self):
        service = self.put_service("d-1")
        requests = [self.submit("d-1") for _ in range(3)]
        self.desk.act(requests.pop(), "withdraw").must(200)
        changed = copy.deepcopy(service)
        changed.update(version=2, valid_from="2027-01-01")
        agency = copy.deepcopy([a for a in whole()["agencies"] if a["code"] == "probe"][0])
        agency["head"] = "somebody-else"
        route = {"service": "d-1", "territory": "KG", "by": "office", "valid_from": "2024-01-01"}
        reply = self.load({"services": [changed, {**service, "valid_to": "2026-12-31"}], "agencies": [agency],
                           "routes": [{**route, "agency": "probe-two"}]}, "?dry_run=1").must(200)
        services, routes, agencies = (reply["changes"][kind] for kind in ("services", "routes", "agencies"))
        self.assertEqual(services["added"], [{"code": "d-1", "version": 2, "open": 2}])
        self.assertEqual(services["closed"], [{"code": "d-1", "version": 1, "valid_to": "2026-12-31", "open": 2}])
        self.assertEqual(routes["changed"], [{**route, "open": 2, "differences": [
            {"at": "/agency", "old": "probe", "new": "probe-two"}]}])
        at_probe = int(self.world.sql("SELECT count(*) FROM kezek.work WHERE agency = 'probe'")[0][0])
        self.assertEqual(agencies["changed"], [{"code": "probe", "open": at_probe, "differences": [
            {"at": "/head", "old": "probe-head", "new": "somebody-else"}]}])
        self.assertGreaterEqual(at_probe, 2)
        self.assertEqual({k: len(v) for k, v in services.items() if k != "unchanged"},
                         {"added": 1, "changed": 0, "closed": 1, "removed": 0})
        for request in requests:
            self.desk.act(request, "withdraw").must(200)

    def test_the_command_tells_it(self):
        service = self.put_service("d-2")
        service["variants"][0]["fee_tyiyn"] = 12345
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"services": [service]}, file)
            file.flush()
            words = ("--lang", "en", "catalogue", "load", file.name, "--dry-run")
            said = self.world.kezek("admin", *words).stdout
            again = self.world.kezek("admin", *words, "--json")
        self.assertIn("services: +0 ~1 !0 -0 =", said)
        row = [line for line in said.splitlines() if "/variants/0/fee_tyiyn" in line][0]
        self.assertEqual(row.split(), ["~", "d-2", "1", "/variants/0/fee_tyiyn", "0", "12345", "0"])
        self.assertEqual(json.loads(again.stdout)["changes"]["services"]["changed"][0]["differences"],
                         [{"at": "/variants/0/fee_tyiyn", "old": 0, "new": 12345}])
        self.assertEqual(self.desk.get("/v1/services/d-2")["variants"][0].get("fee_tyiyn", 0), 0)


class Used(CatalogueTest):
    def ladder(self, code):
        return [row[0] for row in self.world.sql(
            f"SELECT label FROM kezek.rung WHERE service = '{code}' ORDER BY kind, no")]

    def test_a_version_that_nothing_rests_on_may_be_mended(self):
        service = self.put_service("u-1")
        decide = [s for s in service["stages"] if s["kind"] == "decide"][0]
        decide.update(term={"amount": 7, "unit": "working_day", "start": "registered"},
                      ladder=[{"at": "10%", "to": "head"}])
        self.load({"services": [service]}).must(200)
        self.assertEqual(self.ladder("u-1"), ["10%"])
        self.assertEqual(self.submit("u-1")["due_on"], "2026-11-27")
        decide["term"]["amount"] = 8
        self.refused(self.load({"services": [service]}), "/services/0/stages", "needs_new_version")
        self.refused(self.load({"services": [service]}, "?dry_run=1"), "/services/0/stages", "needs_new_version")
        decide["term"]["amount"] = 7
        service.update(name={**NAME, "en": "mended"}, valid_to="2030-01-01")
        self.load({"services": [service]}).must(200)
        self.assertEqual(self.desk.get("/v1/services/u-1")["name"]["en"], "mended")

    def test_another_daemon_never_works_by_what_was_mended(self):
        service = self.put_service("u-2")
        second = self.world.another_daemon()
        second.start()
        decide = [s for s in service["stages"] if s["kind"] == "decide"][0]
        with second.client("desk-clerk") as client:
            client.get("/v1/services/u-2").must(200)
            decide["term"] = {"amount": 9, "unit": "working_day", "start": "registered"}
            self.load({"services": [service]}).must(200)
            self.assertEqual(self.submit("u-2", client=client)["due_on"], "2026-12-01")
        second.stop()

    def test_recording_looks_once_more(self):
        self.put_service("u-3")
        self.submit("u-3")
        before = self.load({}, "?dry_run=1").must(200)["version"]
        for kind, code, version in (("services", "u-3", 1), ("agencies", "probe", 0), ("offices", "desk", 0)):
            said = self.world.sql(f"SELECT kezek.put_catalogue('admin', {before}, '{{}}', '{{{kind}}}', '{{{code}}}', "
                                  f"'{{{version}}}')")
            self.assertEqual(said[0][0], "0", kind)
        said = self.world.sql("SELECT kezek.put_catalogue('desk-clerk', 1, '{}', '{}', '{}', '{}') IS NULL")
        self.assertEqual(said[0][0], "t")
        self.assertEqual(self.load({}, "?dry_run=1").must(200)["version"], before)


class Standard(CatalogueTest):
    def test_the_command_shows_the_standard(self):
        self.put_service("o-2", counter_minutes=17, documents=[{"kind": "statement", "max_age_days": 30}],
                         refusal_grounds=[{"code": "late", "legal_basis": "Act 7"}],
                         appeal={"en": "Complain.", "agency": "probe-two", "legal_basis": "Act 8",
                                 "term": {"amount": 9, "unit": "working_day", "start": "decided"}})
        said = self.world.kezek("desk-clerk", "--lang", "en", "services", "o-2").stdout
        for words in ("at the counter, minutes: 17", "[at most days old: 30]", "(Act 7)", "Complain. (probe-two); 9 ",
                      "; Act 8", "in force from: 2024-01-01", "unconfirmed"):
            self.assertIn(words, said)


class Replace(CatalogueTest):
    def test_what_is_not_named_goes_unless_it_is_used(self):
        self.load({"agencies": [{"code": "gone", "calendar": "kg-state", "head": "h", "name": NAME}],
                   "offices": [{"code": "gone-desk", "agency": "gone", "territory": "KG", "name": NAME}]}).must(200)
        self.put_service("g-1")
        rest = self.in_force()
        for kind, code in (("agencies", "gone"), ("offices", "gone-desk"), ("services", "g-1")):
            rest[kind] = [x for x in rest[kind] if x["code"] != code]
        at = [r["service"] for r in rest["routes"]].index("g-1")
        self.refused(self.load(rest, "?replace=1"), f"/routes/{at}/service", "not_found")
        del rest["routes"][at]
        reply = self.load(rest, "?replace=1&dry_run=1").must(200)
        self.assertEqual(reply["changes"]["agencies"]["removed"], [{"code": "gone", "open": 0}])
        self.world.principal("gone-clerk", "clerk", office="gone-desk")
        self.refused(self.load(rest, "?replace=1"), "/offices", "in_use")
        self.admin.delete("/v1/principals/gone-clerk")
        self.load(rest, "?replace=1").must(200)
        self.assertNotIn("gone", {a["code"] for a in self.in_force()["agencies"]})
        self.assertEqual(self.world.sql("SELECT count(*) FROM kezek.agency WHERE code = 'gone'")[0][0], "0")

    def test_what_cases_rest_on_stays(self):
        self.put_service("g-2")
        self.submit("g-2")
        rest = self.in_force()
        for kind, member in (("services", "code"), ("routes", "service")):
            rest[kind] = [x for x in rest[kind] if x[member] != "g-2"]
        self.refused(self.load(rest, "?replace=1"), "/services", "in_use")
        rest = self.in_force()
        rest["agencies"] = [a for a in rest["agencies"] if a["code"] != "probe"]
        rest["offices"] = [o for o in rest["offices"] if o["agency"] != "probe"]
        rest["routes"] = [r for r in rest["routes"] if r["agency"] != "probe"]
        for service in rest["services"]:
            for variant in service["variants"]:
                variant["offices"] = None
        reply = self.refused(self.load(rest, "?replace=1"), "/agencies", "in_use")
        self.assertIn(("/offices", "in_use"), {(f["name"], f["code"]) for f in reply["invalid_params"]})
        self.assertEqual(self.load({}, "?replace=perhaps").status, 400)


class AtOnce(CatalogueTest):
    def test_two_administrators(self):
        before = self.load({}, "?dry_run=1").must(200)["version"]
        clients = [self.world.client("admin", fresh=True) for _ in range(3)]
        waiting = [aside(client.put, "/v1/catalogue", {"services": [self.service(f"a-{n}")]})
                   for n, client in enumerate(clients)]
        replies = [wait() for wait in waiting]
        for client in clients:
            client.close()
        self.assertEqual([r.status for r in replies], [200] * 3, replies)
        self.assertEqual(sorted(r["version"] for r in replies), [before + 1, before + 2, before + 3])
        self.assertLessEqual({"a-0", "a-1", "a-2"}, {s["code"] for s in self.in_force()["services"]})


if __name__ == "__main__":
    main()
