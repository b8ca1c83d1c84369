"""The register: services, catalogue and calendars, with dry runs; and the plain pages of the daemon."""

import copy
import json

from support.casework import CATALOGUE, CaseTest, aside
from support.kezek import ROOT, Client, eventually, main

CALENDAR = ROOT / "config" / "calendars" / "kg-state.json"


def catalogue():
    return json.loads(CATALOGUE.read_text(encoding="utf-8"))


class Services(CaseTest):
    def test_list_and_search(self):
        items = self.desk.get("/v1/services").must(200)["items"]
        codes = [s["code"] for s in items]
        self.assertEqual(len(codes), len(set(codes)))
        self.assertIn("6-49", codes)
        self.assertIn("p-pay", codes)
        pay = [s for s in items if s["code"] == "p-pay"][0]
        self.assertEqual(pay["variants"], [{"code": "standard", "fee_tyiyn": 10086, "priority": "normal"}])
        found = self.desk.get("/v1/services?q=p-pa&lang=ru").must(200)["items"]
        self.assertEqual([(s["code"], s["name"]) for s in found],
                         [("p-pause", "Probe p-pause (ru)"), ("p-pay", "Probe p-pay (ru)")])
        self.assertEqual(self.desk.get("/v1/services?q=nothing-like-it")["items"], [])
        self.assert_problem(self.desk.get("/v1/services?lang=tr"), 400, "bad_parameter")

    def test_one_with_its_standard(self):
        service = self.desk.get("/v1/services/p-pay").must(200)
        loaded = [s for s in catalogue()["services"] if s["code"] == "p-pay"][0]
        self.assertEqual(service.json, loaded)
        self.assert_problem(self.desk.get("/v1/services/99-99"), 404, "not_found")
        self.desk.get("/v1/services/6-49").must(200)


class Catalogue(CaseTest):
    def version(self):
        return self.admin.put("/v1/catalogue?dry_run=1", {}).must(200)["version"]

    def changed(self, reply, kind="services"):
        return {name: reply["changes"][kind][name] for name in ("added", "changed", "closed", "removed")}

    def test_a_dry_run_records_nothing(self):
        before = self.version()
        more = catalogue()
        more["services"] = [copy.deepcopy(more["services"][0])]
        more["services"][0].update(code="p-new", version=1)
        reply = self.admin.put("/v1/catalogue?dry_run=1", {"services": more["services"]}).must(200)
        self.assertEqual((reply["dry_run"], reply["version"]), (True, before))
        self.assertEqual(self.changed(reply), {"added": [{"code": "p-new", "version": 1, "open": 0}],
                                               "changed": [], "closed": [], "removed": []})
        self.assert_problem(self.desk.get("/v1/services/p-new"), 404, "not_found")
        self.assertEqual(self.version(), before)

    def test_loading_again_changes_nothing(self):
        before = self.version()
        reply = self.admin.put("/v1/catalogue", catalogue()).must(200)
        self.assertEqual(reply["version"], before)
        self.assertEqual(self.changed(reply), {"added": [], "changed": [], "closed": [], "removed": []})

    def test_a_new_version_leaves_open_requests_with_theirs(self):
        service = copy.deepcopy([s for s in catalogue()["services"] if s["code"] == "p-hours"][0])
        service.update(version=2, valid_from="2026-11-19", name={"ky": "ж", "ru": "н", "en": "n"})
        service["stages"][1]["term"] = {"amount": 9, "unit": "working_day", "start": "registered"}
        old = self.submit("p-hours")
        before = self.version()
        reply = self.admin.put("/v1/catalogue", {"services": [service]}).must(200)
        self.assertEqual((reply["dry_run"], reply["version"]), (False, before + 1))
        # Not yet in force today.
        self.assertEqual(self.submit("p-hours")["service"]["version"], 1)
        self.world.set_clock("2026-11-19T10:00:00+06:00")
        new = self.submit("p-hours")
        self.assertEqual((new["service"]["version"], new["due_on"]), (2, "2026-12-02"))
        self.assertEqual(self.desk.get("/v1/services/p-hours")["version"], 2)
        seen = self.see(old)
        self.assertEqual((seen["service"]["version"], seen["due_at"]), (1, old["due_at"]))
        self.desk.act(old, "withdraw").must(200)
        self.world.set_clock(self.start)

    def test_a_version_that_is_used_does_not_change(self):
        service = copy.deepcopy(catalogue()["services"][0])
        self.desk.act(self.submit(service["code"]), "withdraw").must(200)
        service["stages"][1]["term"]["amount"] = 1
        before = self.version()
        reply = self.admin.put("/v1/catalogue", {"services": [service]})
        self.assertEqual(reply.status, 422, repr(reply))
        self.assertEqual(reply["invalid_params"][0]["code"], "needs_new_version")
        self.assertEqual(self.version(), before)

    def test_all_or_nothing(self):
        before = self.version()
        whole = catalogue()
        bad = {"agencies": [{**whole["agencies"][0], "code": "fresh"}, {**whole["agencies"][0], "calendar": "none"}]}
        self.assertEqual(self.admin.put("/v1/catalogue", bad).status, 422)
        for body, status in (({"planets": []}, 400), ({"services": {}}, 400), ({"services": [{}]}, 422),
                             ({"routes": [{"service": "p-none", "territory": "KG", "by": "office", "agency": "probe",
                                           "valid_from": "2024-01-01"}]}, 422)):
            self.assertEqual(self.admin.put("/v1/catalogue", body).status, status, body)
        self.assertEqual(self.version(), before)
        self.assertNotIn("fresh", {a["code"] for a in self.admin.get("/v1/catalogue").must(200)["agencies"]})

    def test_in_force_on_another_daemon_too(self):
        second = self.world.another_daemon()
        second.start()
        service = copy.deepcopy(catalogue()["services"][0])
        service.update(code="p-second", valid_from="2024-01-01")
        self.admin.put("/v1/catalogue", {"services": [service]}).must(200)
        with second.client("desk-clerk") as client:
            eventually(lambda: client.get("/v1/services/p-second").status == 200)
        second.stop()


class Calendars(CaseTest):
    def whole(self, **change):
        return {**json.loads(CALENDAR.read_text(encoding="utf-8")), **change}

    def test_read(self):
        listed = {c["code"]: c for c in self.desk.get("/v1/calendars").must(200)["items"]}
        self.assertIn("kg-state", listed)
        self.assertEqual(self.desk.get("/v1/calendars/kg-state").must(200).json, listed["kg-state"])
        self.assertEqual(listed["kg-state"]["calendar"], self.whole())
        self.assert_problem(self.desk.get("/v1/calendars/none"), 404, "not_found")

    def test_dry_run_then_record(self):
        new = self.whole(code="probe-days", name={"ky": "п", "ru": "п", "en": "p"})
        reply = self.admin.put("/v1/calendars/probe-days?dry_run=1", new).must(200)
        self.assertTrue(reply["dry_run"])
        self.assert_problem(self.desk.get("/v1/calendars/probe-days"), 404, "not_found")
        reply = self.admin.put("/v1/calendars/probe-days", new).must(200)
        self.assertEqual((reply["dry_run"], reply["code"], reply["version"]), (False, "probe-days", 1))
        again = self.admin.put("/v1/calendars/probe-days", new).must(200)
        self.assertEqual(again["version"], 1)
        changed = {**new, "covers": ["2025-01-01", "2027-06-30"]}
        self.assertEqual(self.admin.put("/v1/calendars/probe-days", changed).must(200)["version"], 2)
        self.assertEqual(self.desk.get("/v1/calendars/probe-days")["calendar"], changed)

    def test_bad_ones(self):
        for change in ({"parent": "nobody"}, {"time_zone": "Asia/Nowhere"}, {"week": {"mon": ["18:00-09:00"]}}):
            with self.subTest(change):
                reply = self.admin.put("/v1/calendars/kg-state", self.whole(**change))
                self.assertEqual(reply.status, 422, repr(reply))
        self.assertEqual(self.admin.put("/v1/calendars/kg-state", self.whole(colour=1)).status, 400)
        self.assertEqual(self.admin.put("/v1/calendars/kg-state?dry_run=perhaps", self.whole()).status, 400)
        self.assertEqual(self.desk.get("/v1/calendars/kg-state")["version"], 1)

    def test_two_administrators_at_once(self):
        new = self.whole(code="probe-race", name={"ky": "п", "ru": "п", "en": "p"})
        clients = [self.world.client("admin", fresh=True) for _ in range(4)]
        waiting = [aside(client.put, "/v1/calendars/probe-race", {**new, "covers": ["2025-01-01", f"2027-0{n + 1}-28"]})
                   for n, client in enumerate(clients)]
        replies = [wait() for wait in waiting]
        self.assertTrue({r.status for r in replies} <= {200, 412}, replies)
        versions = [r["version"] for r in replies if r.status == 200]
        self.assertEqual(sorted(versions), list(range(1, len(versions) + 1)))
        for client in clients:
            client.close()


class Plain(CaseTest):
    def test_pages_for_anybody(self):
        bare = Client(self.world.pki, self.world.daemon.port)
        self.assertEqual(bare.get("/healthz").must(200).json, {"status": "alive"})
        self.assertEqual(bare.get("/readyz").must(200).json,
                         {"status": "ready", "database": True, "schema": True, "clock": True})
        self.assertIn("kezek", bare.get("/").must(200).text)
        contract = bare.get("/openapi.json").must(200)
        self.assertEqual(contract.body, (ROOT / "include" / "kezek" / "openapi.json").read_bytes())
        for path in ("/v1/me", "/v1/services", "/v1/requests"):
            self.assert_problem(bare.get(path), 401, "unauthenticated")
        self.assert_problem(bare.get("/nothing"), 404, "not_found")
        bare.close()

    def test_metrics_need_a_principal(self):
        bare = Client(self.world.pki, self.world.daemon.port)
        self.assert_problem(bare.get("/metrics"), 401, "unauthenticated")
        bare.close()
        text = self.auditor.get("/metrics").must(200).text
        for name in ("kezek_http_requests_total", "kezek_requests_submitted_total", "kezek_database_connections",
                     "kezek_calendar_coverage_days"):
            self.assertIn(f"# TYPE {name} ", text)
        for line in text.splitlines():
            if line and not line.startswith("#"):
                float(line.rpartition(" ")[2])

    def test_metrics_may_be_open_to_this_host(self):
        second = self.world.another_daemon(metrics_local="yes")
        second.start()
        with second.client() as client:
            client.get("/metrics").must(200)
        second.stop()

    def test_problems_in_the_language_asked_for(self):
        titles = {language: self.desk.get("/nothing", headers={"Accept-Language": language})["title"]
                  for language in ("ky", "ru", "en", "de", "de, ru;q=0.5", "ru;q=0.1, ky", "")}
        self.assertEqual((titles["ky"], titles["ru"], titles["en"]), ("Табылган жок", "Не найдено", "Not found"))
        self.assertEqual((titles["de"], titles["de, ru;q=0.5"], titles["ru;q=0.1, ky"], titles[""]),
                         ("Not found", "Не найдено", "Табылган жок", "Not found"))

    def test_own_origin_may_write(self):
        host = f"127.0.0.1:{self.world.daemon.port}"
        body = {"number": "x"}
        self.desk.post("/v1/searches", body, headers={"Origin": f"https://{host}", "Host": host}).must(200)
        for origin in ("https://evil.example", "null", f"http://{host}", f"https://{host}.evil.example", ""):
            reply = self.desk.post("/v1/searches", body, headers={"Origin": origin, "Host": host})
            self.assert_problem(reply, 403, "foreign_origin")
        # Reading harms nobody: without CORS headers no page can see the answer.
        self.assertIsNone(self.desk.get("/v1/me", headers={"Origin": "https://evil.example"}).must(200).header(
            "Access-Control-Allow-Origin"))


if __name__ == "__main__":
    main()
