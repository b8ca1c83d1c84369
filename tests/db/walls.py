"""What a connection of a role sees and may do by its own rights, without the daemon in between."""

from support.casework import CaseTest
from support.kezek import ToolFailed, main

SCOPED = ("request", "content", "request_key", "request_state", "work", "deadline", "deadline_done", "event", "number",
          "idempotency", "lookup", "request_view", "notification", "document", "document_chunk", "stopped", "stopped_view")


class Walls(CaseTest):
    def counted(self, principal, user="kezek_app"):
        columns = ", ".join(f"(SELECT count(*) FROM kezek.{table})" for table in SCOPED)
        rows = self.world.sql(f"BEGIN; SELECT FROM kezek.enter('{principal}'); SELECT {columns}; COMMIT", user)
        return dict(zip(SCOPED, map(int, rows[-1])))

    def test_who_has_not_entered_sees_nothing(self):
        request = self.submit(external_ref="wall")
        self.desk.act(request, "withdraw").must(200)
        self.submit()
        self.assertGreater(self.count(), 1)
        for principal in ("nobody", ""):
            self.assertEqual(set(self.counted(principal).values()), {0})

    def test_scope_does_not_outlive_its_transaction(self):
        self.submit()
        rows = self.world.sql("BEGIN; SELECT FROM kezek.enter('admin'); COMMIT; "
                              "SELECT count(*) FROM kezek.request", "kezek_app")
        self.assertEqual(rows[-1], ["0"])

    def test_each_sees_its_own_body(self):
        ours, theirs = self.submit(), self.submit(client=self.desk_two)
        state = "SELECT id FROM kezek.request_state"

        def seen(principal):
            rows = self.world.sql(f"BEGIN; SELECT FROM kezek.enter('{principal}'); {state}; COMMIT", "kezek_app")
            return {row[0] for row in rows}

        self.assertIn(ours["id"], seen("desk-clerk"))
        self.assertNotIn(theirs["id"], seen("desk-clerk"))
        self.assertEqual(seen("officer-probe-two") & {ours["id"], theirs["id"]}, set())
        self.assertEqual(self.counted("officer-probe-two")["event"], 0)

    def test_nobody_writes_tables_and_partitions_are_shut(self):
        for user in ("kezek_app", "kezek_jobs"):
            for text in ("DELETE FROM kezek.event", "UPDATE kezek.request_state SET version = 1",
                         "INSERT INTO kezek.lookup VALUES ('x', 'pin', kezek.uuid_v7(now()))",
                         "SELECT count(*) FROM kezek.event_2026", "UPDATE kezek.clock SET shift = '1 s'",
                         "SELECT kezek.ensure_partitions(1999)", "SELECT kezek.bump('principal')", "DELETE FROM kezek.notification",
                         "SELECT kezek.told(NULL, true, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1)"):
                with self.subTest(user=user, text=text), self.assertRaises(ToolFailed):
                    self.world.sql(text, user)
        with self.assertRaises(ToolFailed):
            self.world.sql("SELECT kezek.fire_due(1)", "kezek_app")
        with self.assertRaises(ToolFailed):
            self.world.sql("SELECT kezek.open_requests()", "kezek_jobs")


if __name__ == "__main__":
    main()
