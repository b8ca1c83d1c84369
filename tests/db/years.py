"""`kezekd partitions`: a year leaves once nothing in it is open, beside daemons that go on working."""

import json

from support.casework import aside
from support.feed import pull
from support.hold import Hold
from support.imports import ImportTest, line
from support.kezek import ToolFailed, eventually, main


def old(number, year, **members):
    return line(number, received_at=f"{year}-03-03T10:00:00+06:00", due_at=f"{year}-03-05T10:00:00+06:00",
                applicant={"kind": "person", "name": f"Асанов Жыл{year}"}, **members)


def decided(year):
    return [{"at": f"{year}-03-04T10:00:00+06:00", "kind": "decide", "outcome": "granted"}]


class Years(ImportTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.closed, cls.open = cls("take_over").take_over(old("y-1", 2019, events=decided(2019)), old("y-2", 2020))

    def partitions(self, *words, status=0):
        said = self.world.daemon.command("partitions", *words, check=False)
        self.assertEqual(said.returncode, status, said.stderr)
        return said.stdout if status == 0 else said.stderr

    def tables(self, schema, year):
        return {row[0] for row in self.world.sql(f"SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace "
                                                 f"AND relkind = 'r' AND relname ~ '_{year}$'")}

    def test_1_what_may_leave(self):
        said = dict(row.split(": ", 1) for row in self.partitions().splitlines())
        self.assertEqual(sorted(said), ["2019", "2020", "2025", "2026", "2027"])
        self.assertTrue(said["2019"].endswith("; may be detached"), said)
        self.assertTrue(said["2020"].endswith("; stays: an older one is still attached"), said)
        for year, why in ((2020, "an older one"), (2026, "this year"), (2025, "this year"), (2018, "not attached")):
            with self.subTest(year):
                self.assertIn(why, self.partitions("--detach", str(year), status=1))
        for words in (["--detach"], ["--detach", "19"], ["--detach", "2019", "x"], ["2019"], ["--detach", "abcd"],
                      ["--keep"], ["--keep", "0"], ["--keep", "-1"], ["--keep", "5", "6"]):
            self.partitions(*words, status=2)

    def test_2_whatever_points_to_it_keeps_it(self):
        def stays(*texts):
            return self.world.sql(f"BEGIN; {'; '.join(texts)}; SELECT kezek.why_attached(2019, true); ROLLBACK")[0][0]

        child, other = f"'{self.closed['id']}'", f"'{self.open['id']}'"
        link = ("INSERT INTO kezek.link (parent, no, child, kind, agency, number, asked, principal, made_at, state) "
                "VALUES ({0}, 9, {1}, 'consult', 'probe', 'x', 1, 'x', now(), '{2}')").format
        self.assertIsNone(stays("SELECT 1 WHERE false"))
        self.assertEqual(stays(f"UPDATE kezek.request_state SET closed_at = NULL WHERE id = {child}"), "1 requests are open")
        self.assertEqual(stays(link(other, child, "told")), "1 open requests are linked with it")
        self.assertEqual(stays(link(child, other, "told")), "1 open requests are linked with it")
        self.assertEqual(stays(link(child, "gen_random_uuid()", "answered")), "1 links wait for the daemon")
        self.assertEqual(stays(f"INSERT INTO kezek.upload VALUES (gen_random_uuid(), {child}, 'x', 0, now())"),
                         "1 uploads are under way")
        self.assertEqual(stays(
            "INSERT INTO kezek.webhook (name, id, principal, url, kinds, position, master, wrapped, created_at, created_by) "
            "VALUES ('h', gen_random_uuid(), 'supervisor', 'https://h/', '{}', 0, 1, '', now(), 'x')",
            f"INSERT INTO kezek.delivery (webhook, position, request, state, next_at, made_at) VALUES ('h', 1, {child}, 'dead', "
            "now(), now())"), "1 events wait to be delivered to webhooks, or could not be")

    def test_3_it_leaves_beside_work(self):
        """Somebody reads for long: it waits for that, and nobody waits for it."""
        path = f"/v1/requests/{self.closed['id']}"
        search = {"name": "Жыл2019"}
        self.assertEqual(len(self.desk.post("/v1/searches", search).must(200)["items"]), 1)
        whole = self.tables("kezek", 2019)
        held = Hold(self.world, "SELECT count(*) FROM kezek.event")
        left = aside(self.partitions, "--detach", "2019")
        eventually(lambda: self.world.sql("SELECT 1 FROM pg_stat_activity WHERE usename = 'kezek_migrator' "
                                          "AND datname = current_database()"))
        for _ in range(20):
            self.submit()
        self.assertEqual(self.tables("kezek_archive", 2019), set())
        self.supervisor.get(path).must(200)
        held.end()
        self.assertIn("2019", left(90))
        self.assertEqual(self.tables("kezek_archive", 2019), whole - {"request_key_2019"})
        self.assertEqual(self.tables("kezek", 2019), {"request_key_2019"})
        self.assertEqual(self.world.sql("SELECT request FROM kezek.request_key WHERE wrapped IS NOT NULL "
                                        "ORDER BY request LIMIT 1"), [[self.closed["id"]]])
        self.assertEqual(self.world.sql("SELECT id FROM kezek_archive.request_2019"), [[self.closed["id"]]])
        self.assertEqual(self.world.sql("SELECT year FROM kezek.detached"), [["2019"]])
        # Nobody finds it any more; its number is not given again.
        for after in ("", "/events", "/deadlines"):
            self.assert_problem(self.supervisor.get(path + after), 404, "not_found")
        self.assertEqual(self.desk.post("/v1/searches", search).must(200)["items"], [])
        self.assertEqual(self.supervisor.get("/v1/requests?number=y-1").must(200)["items"], [])
        self.assertEqual(self.world.sql(f"SELECT count(*) > 0 FROM kezek_archive.lookup WHERE request = '{self.closed['id']}' "
                                        f"UNION ALL SELECT count(*) > 0 FROM kezek.lookup WHERE request = '{self.closed['id']}'"),
                         [["t"], ["f"]])
        self.supervisor.get("/v1/overview").must(200)
        # Cut off, it is said again.
        self.assertIn("2019", self.partitions("--detach", "2019"))

    def test_4_the_archive_is_the_owner_s(self):
        for role in ("kezek_app", "kezek_jobs", "kezek_reader", "kezek_auditor"):
            with self.subTest(role), self.assertRaises(ToolFailed):
                self.world.sql("SET ROLE " + role + "; SELECT count(*) FROM kezek_archive.request_2019")

    def test_5_the_next_one_when_its_last_case_ends(self):
        count = self.world.sql("SELECT count(*) FROM kezek.request_state_2020")[0][0]
        self.assertIn(f"2020: {count} requests, ", self.partitions())
        self.assertNotEqual(count, "0")
        self.assertIn("1 requests are open", self.partitions("--detach", "2020", status=1))
        claim = self.take(self.open)
        self.probe.post(f"/v1/requests/{self.open['id']}/decide", self.held(claim, outcome="granted")).must(200)
        self.assertIn("2020", self.partitions("--detach", "2020"))
        self.supervisor.get(f"/v1/requests/{self.open['id']}").must(404)

    def test_6_a_case_of_such_a_year_may_still_come(self):
        self.assertNotIn("created", [r["result"] for r in self.send(old("y-1", 2019, events=decided(2019)))])
        request, = self.take_over(old("y-3", 2019, events=decided(2019)))
        self.assertEqual(self.supervisor.get("/v1/requests?number=y-3").must(200)["items"][0]["id"], request["id"])
        self.assertIn("kezek_archive has tables of it already", self.partitions("--detach", "2019", status=1))
        # What migrates again finds nothing amiss.
        self.world.daemon.command("migrate")
        self.supervisor.get(f"/v1/requests/{request['id']}").must(200)

    def test_7_the_feed_passes_over_it(self):
        """What has left is told no more; its places are nobody's, and who comes by them goes on."""
        auditor = self.world.principal("years-auditor", "auditor")
        gone = [int(row[0]) for row in self.world.sql("SELECT position FROM kezek_archive.event_2019 UNION ALL "
                                                      "SELECT position FROM kezek_archive.event_2020")]
        self.assertGreater(len(gone), 3)
        self.submit()
        for limit in (1, 500):
            items, end = pull(auditor, limit=limit)
            seen = [e["position"] for e in items]
            self.assertEqual(sorted(seen + gone), list(range(1, int(end) + 1)))
            self.assertEqual(seen, sorted(seen))
            self.assertEqual(self.world.sql("SELECT position FROM kezek.feed_head"), [[end]])
        stream = self.world.client("years-auditor", fresh=True).events("/v1/stream?after=0")
        self.assertEqual([json.loads(next(stream)["data"]) for _ in items], items)

    def test_8_all_beyond_the_retention_leave(self):
        """2019 is attached once more and stays (see 6); with it away, what was cut off goes on and the next years follow."""
        self.assertIn("2019 stays: kezek_archive has tables", self.partitions("--keep", "3", status=1))
        self.world.sql("ALTER SCHEMA kezek_archive RENAME TO shelf; CREATE SCHEMA kezek_archive AUTHORIZATION kezek_migrator; "
                       "ALTER TABLE shelf.lookup SET SCHEMA kezek_archive")
        self.take_over(*(old(f"y-{year}", year, events=decided(year)) for year in (2021, 2022, 2023, 2024)))
        # As if the last one had been cut off before its lookups followed.
        self.world.sql("INSERT INTO kezek.lookup SELECT hash, kind, request FROM kezek_archive.lookup "
                       "WHERE request BETWEEN kezek.year_bound(2020) AND kezek.year_bound(2021)")
        self.world.sql("DELETE FROM kezek_archive.lookup WHERE request BETWEEN kezek.year_bound(2020) AND kezek.year_bound(2021)")
        self.assertEqual(self.partitions("--keep", "7"), "")
        said = self.partitions("--keep", "3")
        self.assertEqual([row.split(":")[0] for row in said.splitlines()], ["2019", "2020", "2021", "2022"])
        self.assertEqual(self.partitions("--keep", "3"), "")
        self.assertEqual([row[0] for row in self.world.sql("SELECT kezek.attached_years()")], ["2023", "2024", "2025", "2026", "2027"])
        self.assertEqual(self.world.sql("SELECT count(*) FROM kezek.lookup WHERE request < kezek.year_bound(2023)"), [["0"]])


if __name__ == "__main__":
    main()
