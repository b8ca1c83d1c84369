"""
What each role may do by its own rights, held against one declared table: PostgreSQL's catalogue says which relations and
functions the schema has, and one that is not declared fails. And what a connection of the daemon sees of whose requests.
"""

from support.casework import CaseTest
from support.kezek import main
from support.scene import OUTSIDE, PEOPLE, Scene

ROLES = ("kezek_app", "kezek_jobs", "kezek_reader", "kezek_auditor")
OPERATIONS = {
    "SELECT": "SELECT FROM {0} LIMIT 0", "INSERT": "INSERT INTO {0} DEFAULT VALUES",
    "UPDATE": "UPDATE {0} SET {1} = {1} WHERE false", "DELETE": "DELETE FROM {0} WHERE false", "TRUNCATE": "TRUNCATE {0}",
}

# Nobody writes a table. Who reads which:
READS = {
    "kezek_app": "agency calendar catalogue clock content deadline deadline_done delegation delegation_end document document_chunk event former "
                 "generation idempotency job lifecycle lookup migration notification number principal request request_key "
                 "request_state request_view rung stopped stopped_view work",
    "kezek_jobs": "agency calendar catalogue clock generation job lifecycle migration rung",
    "kezek_reader": "calendar catalogue deadline deadline_done lifecycle request_state work",
    "kezek_auditor": "access calendar catalogue deadline_done deadline event request_state",
}
RUNS = {
    "kezek_app": "accesses act add_delegation add_principal add_webhook away catalogue_open catalogue_use change_principal claim count_key "
                 "count_requests deliveries discard_upload end_delegation enter erase feed give_back has_part_of keys_in_use "
                 "lease_numbers links_to_follow links_to_open list_condition list_requests log_access look_at_desk look_at_snapshots may_act notifications now open_requests overview plan_reassignment put_calendar "
                 "put_catalogue put_chunk redeliver remove_webhook renew rotate_webhook see_notifications "
                 "set_test_clock store_document stored_answer try_calendar uuid_v7 webhooks whole_of work_waiting",
    "kezek_jobs": "count_key expire_leases fail_job fan_out fire_due forget_keys forget_uploads keys_in_use look_at_desk look_at_snapshots "
                  "look_at_timers look_at_webhooks next_delivery now partitions_ahead recompute_apply recompute_bound "
                  "recompute_page record_deliveries relook_apply relook_page rewrap_apply rewrap_page "
                  "sweep_notifications take_deliveries take_job uuid_v7",
    "kezek_reader": "", "kezek_auditor": "",
}
# What the daemon reads of whose requests: the column that names the request, and who sees the row. Each sees by its own
# policy; `nothing`: no request stands in it.
SEES = {
    "request": ("id", "sees"), "request_state": ("id", "sees"), "request_view": ("id", "sees"),
    **{t: ("request", "sees") for t in ("content", "request_key", "deadline", "deadline_done", "event", "number", "lookup")},
    "work": ("request", "sees_now"), "document": ("request", "documents"), "document_chunk": ("request", "documents"),
    "notification": ("request", "told"), "former": ("request", "former"), "idempotency": ("request", "keys"),
    **{t: None for t in ("agency", "calendar", "catalogue", "clock", "delegation", "delegation_end", "generation", "job", "lifecycle", "migration",
                         "principal", "rung", "stopped", "stopped_view")},
}


def sees(viewer, how, subject):
    if viewer.role is None:
        return False
    if how == "documents":
        return viewer.role in ("clerk", "officer") and any(viewer.sees_now(s) for s in (subject, *subject.parts))
    if how == "told":
        return viewer.sees_all() or viewer.role != "clerk" and viewer.agency in (subject.agency, *subject.former)
    if how == "former":
        return viewer.sees_all() or viewer.agency in subject.former
    if how == "keys":
        return viewer.name in subject.keepers
    return getattr(viewer, how)(subject)


class Rights(CaseTest):
    def relations(self):
        """Whole tables and views, and the partitions."""
        rows = self.world.sql("""SELECT relname, relispartition, (SELECT attname FROM pg_attribute a WHERE a.attrelid = c.oid
            AND attnum = 1), relrowsecurity FROM pg_class c WHERE relnamespace = 'kezek'::regnamespace
            AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY 1""")
        self.assertGreater(len(rows), 50)
        return [(name, part == "t", column, rls == "t") for name, part, column, rls in rows]

    def functions(self):
        return self.world.sql("""SELECT proname, oid::regprocedure::text, prosecdef, coalesce(proconfig::text, ''),
            pg_get_userbyid(proowner), (SELECT count(*) FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) x
            WHERE x.grantee = 0) FROM pg_proc WHERE pronamespace = 'kezek'::regnamespace ORDER BY 1""")

    def test_every_relation_and_function_is_declared(self):
        declared = {t for said in READS.values() for t in said.split()} | {
            "broom", "delivery", "detached", "feed_head", "link", "migration_function", "number_block", "reassignment", "upload", "webhook"}
        undeclared = {name for name, is_part, _, _ in self.relations() if not is_part} ^ declared
        self.assertEqual(undeclared, set(), f"say in READS of tests/db/rights.py who reads {undeclared}")
        missing = set(READS["kezek_app"].split()) ^ set(SEES)
        self.assertEqual(missing, set(), f"say in SEES of tests/db/rights.py whose rows stand in {missing}")

    def test_who_may_do_what_to_tables(self):
        """Tried, each by each; what PostgreSQL refuses for another reason than a right was allowed."""
        tries = [(name, operation, text.format(f'kezek."{name}"', column)) for name, _, column, _ in self.relations()
                 for operation, text in OPERATIONS.items()]
        values = ", ".join("('{}', '{}', $q${}$q$)".format(*one) for one in tries)
        for role in ROLES:
            rows = self.world.sql(f"""
                CREATE FUNCTION pg_temp.may(p text) RETURNS boolean LANGUAGE plpgsql AS $$
                BEGIN
                    EXECUTE p;
                    RETURN true;
                EXCEPTION WHEN insufficient_privilege THEN RETURN false;
                    WHEN wrong_object_type OR object_not_in_prerequisite_state THEN RETURN false; -- no view can be written
                    WHEN OTHERS THEN RETURN true;
                END $$;
                SET ROLE {role}; BEGIN;
                SELECT name, operation FROM (VALUES {values}) AS v(name, operation, text) WHERE pg_temp.may(text);
                ROLLBACK""")
            self.assertEqual({tuple(row) for row in rows}, {(t, "SELECT") for t in READS[role].split()}, role)

    def test_who_may_run_what(self):
        for role in ROLES:
            rows = self.world.sql(f"""SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'kezek'::regnamespace
                AND has_function_privilege('{role}', oid, 'EXECUTE')""")
            self.assertEqual({row[0] for row in rows}, set(RUNS[role].split()), role)

    def test_functions_that_run_as_the_owner_look_nowhere_else(self):
        for name, signature, is_definer, config, owner, public in self.functions():
            with self.subTest(signature):
                self.assertEqual((owner, public), ("kezek_migrator", "0"))
                if is_definer == "t":
                    self.assertIn('"search_path=pg_catalog, pg_temp"', config, name)

    def test_everybody_has_nothing(self):
        self.assertEqual(self.world.sql("""SELECT c.relname FROM pg_class c, aclexplode(c.relacl) x
            WHERE c.relnamespace = 'kezek'::regnamespace AND x.grantee = 0
            UNION ALL SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) x WHERE nspname = 'kezek' AND x.grantee = 0
            UNION ALL SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = 'kezek'::regnamespace AND a.attacl IS NOT NULL
            UNION ALL SELECT 'large object' FROM pg_largeobject_metadata
            UNION ALL SELECT r FROM unnest(ARRAY['kezek_app', 'kezek_jobs', 'kezek_reader', 'kezek_auditor']) r
                WHERE has_schema_privilege(r, 'kezek', 'CREATE') OR has_schema_privilege(r, 'public', 'CREATE')
                OR has_database_privilege(r, current_database(), 'CREATE')
            UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ '^kezek_' AND (rolsuper OR rolbypassrls OR rolcreaterole
                OR rolcreatedb OR rolreplication)
            UNION ALL SELECT roleid::regrole::text FROM pg_auth_members WHERE member::regrole::text ~ '^kezek_'
                AND (roleid, member) <> ('pg_read_all_stats'::regrole, 'kezek_migrator'::regrole)
            UNION ALL SELECT r FROM unnest(ARRAY['kezek_app', 'kezek_jobs', 'kezek_reader', 'kezek_auditor']) r
                WHERE has_schema_privilege(r, 'kezek_archive', 'USAGE')"""), [])

    def test_views_and_policies_stand_before_what_a_query_adds(self):
        """A cheap function in WHERE is given no row that its caller does not see."""
        weak = self.world.sql("""SELECT relname FROM pg_class WHERE relnamespace = 'kezek'::regnamespace AND relkind = 'v'
            AND NOT coalesce('security_barrier=true' = ANY (reloptions), false)""")
        self.assertEqual(weak, [])
        open_tables = {name for name, is_part, _, has_policies in self.relations() if not is_part and not has_policies}
        self.assertEqual({t for t in open_tables if SEES.get(t)} - {"request_view"}, set())


class Sight(CaseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scene = Scene(cls.world)

    def as_(self, name, text):
        enter = f"SELECT FROM kezek.enter('{name}');" if name is not None else ""
        return self.world.sql(f"BEGIN; SET LOCAL jit = off; {enter} {text}; COMMIT", "kezek_app")

    def test_each_sees_its_own_rows(self):
        relations = [(t, *said) for t, said in SEES.items() if said]
        text = " UNION ALL ".join(f"SELECT DISTINCT '{t}', {column}::text FROM kezek.{t}" for t, column, _ in relations)
        everything = self.world.sql(f"SET kezek.everything = 'on'; {text}")
        self.assertEqual({t for t, _ in everything}, {t for t, _, _ in relations}, "a table is empty: nothing is proved of it")
        for viewer in (*PEOPLE, *OUTSIDE):
            seen = {tuple(row) for row in self.as_(viewer.name, text)}
            wanted = {(t, s.id) for t, _, how in relations for s in self.scene.subjects if sees(viewer, how, s)}
            wanted &= {tuple(row) for row in everything}
            with self.subTest(str(viewer)):
                self.assertEqual(seen, wanted)
        self.assertEqual({tuple(row) for row in self.as_("kezekd", text)} | {("idempotency", s.id) for s in self.scene.subjects}
                         | {(t, s.id) for s in self.scene.subjects for t in ("document", "document_chunk")},
                         {tuple(row) for row in everything})

    def test_a_cheap_function_is_given_no_other_row(self):
        tables = {t: said for t, said in SEES.items() if said}
        spy = """CREATE FUNCTION pg_temp.spy(p_table text, p_id text) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM set_config('spy.seen', concat_ws(' ', current_setting('spy.seen', true), p_table, p_id), true);
                RETURN true;
            END $$"""
        looks = "; ".join(f"SELECT count(*) FROM kezek.{t} WHERE pg_temp.spy('{t}', {column}::text)"
                          for t, (column, _) in tables.items())
        for viewer in PEOPLE:
            words = self.as_(viewer.name, f"{spy};\n\\o /dev/null\n{looks};\n\\o\nSELECT current_setting('spy.seen')")[-1][0].split()
            given = set(zip(words[::2], words[1::2]))
            unseen = {(t, s.id) for t, (_, how) in tables.items() for s in self.scene.subjects if not sees(viewer, how, s)}
            with self.subTest(str(viewer)):
                self.assertEqual(given & unseen, set())
                self.assertLessEqual({("request", s.id) for s in self.scene.subjects if viewer.sees(s)}, given)


if __name__ == "__main__":
    main()
