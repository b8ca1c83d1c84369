"""What the role of the daemon sees by itself, and that it reads by keys however old its plans are."""

from support.kezek import ApiTest, eventually, main

BODY = {"service": "6-49", "variant": "standard", "applicant": {"kind": "person", "name": "Асанов Үсөн"},
        "form": {"photo_taken": True}, "documents": [{"kind": "previous_passport"}]}
TABLES = ("request", "request_key", "request_state", "work", "deadline", "deadline_done", "event", "number")


class Wall(ApiTest):
    world_options = {"test_clock": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.id = cls.world.client("clerk").post("/v1/requests", BODY).must(201)["id"]
        cls.world.principal("stranger", "clerk", office="con-osh")
        cls.world.officer("kyzmat")
        cls.world.officer("tax")

    def seen(self, principal):
        """The relations that show the request to whoever connects as the daemon, entered or not."""
        enter = f"DO $$ BEGIN PERFORM kezek.enter('{principal}'); END $$;" if principal else ""
        keys = {"request": "id", "request_state": "id", "request_view": "id"}
        rows = self.world.sql("BEGIN;" + enter + " UNION ALL ".join(
            f"SELECT '{t}' FROM kezek.{t} WHERE {keys.get(t, 'request')} = '{self.id}' GROUP BY 1"
            for t in (*TABLES, "request_view")) + "; COMMIT", user="kezek_app")
        return {row[0] for row in rows}

    def test_nobody_entered_sees_nothing(self):
        self.assertEqual(self.seen(None), set())

    def test_outside_the_scope_there_is_nothing(self):
        for principal in ("stranger", "officer-tax", "nobody-of-that-name"):
            with self.subTest(principal=principal):
                self.assertEqual(self.seen(principal), set())

    def test_inside_the_scope_there_is_all(self):
        for principal in ("clerk", "officer-kyzmat", "supervisor", "auditor"):
            with self.subTest(principal=principal):
                self.assertEqual(self.seen(principal), {*TABLES, "request_view"})


class Plans(ApiTest):
    """The daemon made its plans over empty tables, as on its first day."""

    world_options = {"test_clock": False}

    def scans(self):
        rows = self.world.sql("SELECT relname, seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables")
        return {row[0]: (int(row[1]), int(row[2])) for row in rows}

    def test_no_table_of_requests_is_read_whole(self):
        eventually(lambda: sum(self.scans()["work"]))  # what was looked at when the daemon started is counted late
        before = self.scans()
        for _ in range(3):
            self.clerk.post("/v1/requests", BODY).must(201)
        taken = self.officer().post("/v1/queues/kyzmat/claims", {"max": 2, "worker": "w", "lease_seconds": 60},
                                    key=None).must(200)["claims"]
        self.officer().post("/v1/claims/decide", {"claims": [
            {"claim": c["claim"], "fence": c["fence"], "outcome": "granted"} for c in taken]}).must(200)
        self.clerk.get(f"/v1/requests/{taken[0]['request']['id']}").must(200)
        # Statistics arrive when a session next ends a transaction, at most once a second.
        eventually(lambda: self.clerk.get("/v1/me") and self.scans()["work"][1] > before["work"][1] + 4)
        after = self.scans()
        read_whole = [t for t in after if after[t][0] > before[t][0] and t.startswith((*TABLES, "idempotency", "lookup"))]
        self.assertEqual(read_whole, [])

    def test_what_rests_on_a_catalogue_is_found_by_keys(self):
        made = self.clerk.post("/v1/requests", BODY).must(201)
        before = self.scans()
        rows = self.world.sql("SELECT kind, code, version FROM kezek.catalogue_use('admin', '{services,services,agencies,offices}', "
                              f"'{{6-49,6-49,unheard-of,{made['office']}}}', '{{{made['service']['version']},999,0,0}}')", user="kezek_app")
        self.assertEqual(rows, [["services", "6-49", str(made["service"]["version"])], ["offices", made["office"], "0"]])
        # The session has ended, and its statistics are there.
        eventually(lambda: any(self.scans()[t][1] > before[t][1] for t in before if t.startswith("request_2")))
        after = self.scans()
        self.assertEqual([t for t in after if after[t][0] > before[t][0] and t.startswith("request")], [])


if __name__ == "__main__":
    main()
