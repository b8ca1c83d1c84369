"""Migrations against a real PostgreSQL: from nothing, again, with a changed function, and the roles' rights."""

import secrets
import unittest

from support.house import ROOT
from support.kezek import World, main


class Migrating(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(test_clock=False, start=False)
        cls.addClassCleanup(cls.world.close)

    def dump(self):
        """The schema, as its catalogues tell it."""
        return self.world.sql("""
            SELECT c.relkind, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = 'kezek'::regnamespace
            UNION ALL
            SELECT 'f', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid)), p.proacl::text, p.prosecdef
            FROM pg_proc p WHERE p.pronamespace = 'kezek'::regnamespace AND p.prokind = 'f'
            ORDER BY 1, 2, 3""")

    def test_again_changes_nothing(self):
        before = self.dump()
        self.assertGreater(len(before), 100)
        self.world.daemon.command("migrate")
        self.assertEqual(self.dump(), before)

    def test_roles_again_change_nothing(self):
        text = (ROOT / "migrations" / "roles.sql").read_text()
        roles = "SELECT rolname, rolcanlogin, rolsuper, rolconfig FROM pg_roles WHERE rolname ~ '^kezek_' ORDER BY 1"
        before = self.world.sql(roles)
        self.world.sql(text)
        self.assertEqual(self.world.sql(roles), before)
        self.assertEqual([row[0] for row in before],
                         ["kezek_app", "kezek_auditor", "kezek_jobs", "kezek_migrator", "kezek_reader"])
        self.assertEqual([row[2] for row in before], ["f"] * 5)

    def test_functions_can_be_applied_again(self):
        before = self.dump()
        for path in sorted((ROOT / "migrations" / "functions").glob("*.sql")):
            self.world.sql(path.read_text(), user="kezek_migrator")
        self.assertEqual(self.dump(), before)

    def test_a_database_without_test_clock_keeps_its_clock(self):
        result = self.world.daemon.command("migrate", "--test-clock", check=False)
        self.assertEqual(self.world.sql("SELECT test FROM kezek.clock"), [["f"]], result.stderr)

    def test_daemon_refuses_a_database_without_schema(self):
        name = f"empty_{secrets.token_hex(4)}"
        self.world.cluster.sql(f'CREATE DATABASE "{name}" OWNER kezek_migrator')
        self.addCleanup(self.world.cluster.drop_database, name)
        daemon = self.world.another_daemon(
            database=self.world.cluster.conninfo(name, "kezek_app"),
            jobs_database=self.world.cluster.conninfo(name, "kezek_jobs"))
        self.addCleanup(daemon.stop)
        with self.assertRaisesRegex(AssertionError, "schema|migrat"):
            daemon.start(wait=False)
            daemon.wait_ready(timeout=5)


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(test_clock=False, start=False)
        cls.addClassCleanup(cls.world.close)

    def rights(self, role):
        return {(row[0], row[1]) for row in self.world.sql(f"""
            SELECT c.relname, p FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
            WHERE c.relnamespace = 'kezek'::regnamespace AND c.relkind IN ('r', 'p')
              AND has_table_privilege('{role}', c.oid, p)""")}

    def test_only_functions_write(self):
        for role in ("kezek_app", "kezek_reader", "kezek_auditor"):
            with self.subTest(role=role):
                self.assertEqual(self.rights(role), set())

    def test_nobody_may_read_a_partition_by_itself(self):
        rows = self.world.sql("""
            SELECT c.relname, r FROM pg_class c, unnest(ARRAY['kezek_app', 'kezek_reader', 'kezek_auditor']) r
            WHERE c.relnamespace = 'kezek'::regnamespace AND c.relispartition AND c.relkind = 'r'
              AND has_any_column_privilege(r, c.oid, 'SELECT')""")
        self.assertEqual(rows, [])

    def test_nobody_may_execute_by_default(self):
        rows = self.world.sql("""
            SELECT p.oid::regprocedure FROM pg_proc p
            WHERE p.pronamespace = 'kezek'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')""")
        self.assertEqual(rows, [])


if __name__ == "__main__":
    main()
