"""What wakes somebody before the hot tables slow down: the age of the oldest snapshot, and the dead rows."""

import re

from support.casework import CaseTest, submission
from support.hold import Hold
from support.kezek import eventually, main

LOOKS = 20  # s; the daemon looks every 5


class Snapshots(CaseTest):
    world_options = {"snapshot_alarm": "1"}

    def gauge(self, name):
        return int(re.search(rf"^kezek_{name} (-?\d+)$", self.admin.get("/metrics").text, re.M)[1])

    def said(self, word):
        return self.world.daemon.log().count(f"event={word} ")

    def told(self, client=None):
        return (client or self.supervisor).get("/v1/overview").must(200)["snapshot"]

    def test_one_that_is_held_is_told_and_let_go(self):
        eventually(lambda: self.gauge("oldest_snapshot_seconds") == 0, LOOKS)
        self.assertIsNone(self.told())
        self.assertNotIn("transaction in the database", self.world.kezek("supervisor", "overview").stdout)
        held = Hold(self.world, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM kezek.work")
        before = self.said("snapshot_held"), self.said("snapshot_let_go")
        pid = self.world.sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'postgres' "
                             "AND state = 'idle in transaction'")[0][0]
        told = eventually(self.told, LOOKS)
        self.assertGreaterEqual(told["seconds"], 1)
        self.submit()
        self.assertGreater(self.told()["transactions"], 0)
        self.assertIsNone(self.told(self.chief))
        line = re.search(r"a transaction in the database has been open for (\d+) s",
                         self.world.kezek("supervisor", "overview").stdout)
        self.assertTrue(line)
        eventually(lambda: self.said("snapshot_held") == before[0] + 1, LOOKS)
        self.assertIn(f"who=session pid={pid}", self.world.daemon.log())
        self.assertGreaterEqual(self.gauge("oldest_snapshot_seconds"), 1)
        held.end()
        eventually(lambda: self.said("snapshot_let_go") == before[1] + 1, LOOKS)
        self.assertEqual((self.told(), self.said("snapshot_held")), (None, before[0] + 1))

    def test_a_writer_that_does_not_commit_is_one(self):
        held = Hold(self.world, "UPDATE kezek.broom SET after = after")
        try:
            eventually(self.told, LOOKS)
        finally:
            held.end()

    def test_where_they_cannot_be_seen_it_says_so(self):
        look = "SELECT is_seen FROM kezek.look_at_snapshots(1)"
        self.assertEqual(self.world.sql(look, "kezek_jobs"), [["t"]])
        self.assertEqual(self.world.sql(f"BEGIN; REVOKE pg_read_all_stats FROM kezek_migrator; {look}; ROLLBACK"), [["f"]])
        self.assertEqual(self.said("snapshots_not_seen"), 0)

    def test_dead_rows_are_counted(self):
        for _ in range(3):
            self.take(self.submit())
        eventually(lambda: re.search(r'^kezek_dead_rows\{table="work"\} [1-9]', self.admin.get("/metrics").text, re.M), LOOKS)
        self.world.sql("VACUUM kezek.work")
        eventually(lambda: 'kezek_dead_rows{table="work"} 0' in self.admin.get("/metrics").text, LOOKS)

    def test_keys_of_a_week_ago_are_forgotten_in_turns(self):
        """Of acts and of reassignments, at most so many at a time; the key of a submission never."""
        keys = [self.submit_and_withdraw(number) for number in range(3)]
        for number in range(3):
            self.chief.post("/v1/reassignments", {"from_principal": "officer-probe", "to_agency": "probe", "reason": "x"},
                            key=f"old-{number}").must(200)
        count = lambda: (self.kept("idempotency", "for_ever"), self.kept("idempotency", "NOT for_ever"), self.kept("reassignment"))
        before = count()
        self.assertTrue(min(before) >= 3, before)
        forget = lambda limit: self.world.sql(f"SELECT kezek.forget_keys({limit})", "kezek_jobs")
        self.assertEqual((forget(1000), count()), ([["0"]], before))
        # Made older, not later: the daemon looks by itself when the clock is moved.
        self.world.sql("".join(f"UPDATE kezek.{t} SET made_at = made_at - interval '8 days';" for t in ("idempotency", "reassignment")))
        self.assertEqual((forget(2), count()), ([["2"]], (before[0], before[1] - 2, before[2] - 2)))
        forget(1000)
        self.assertEqual(count(), (before[0], 0, 0))
        reply = self.desk.post("/v1/requests", submission(), key=keys[0]).must(201)
        self.assertEqual(reply.header("Idempotent-Replayed"), "true")

    def submit_and_withdraw(self, number):
        key = f"week-{number}"
        self.desk.act(self.desk.post("/v1/requests", submission(), key=key).must(201).json, "withdraw").must(200)
        return key

    def kept(self, table, which="true"):
        return int(self.world.sql(f"SELECT count(*) FROM kezek.{table} WHERE {which}")[0][0])


if __name__ == "__main__":
    main()
