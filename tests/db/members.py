"""
Every function by which the daemon writes or reads beyond its own rights, called straight with a principal whose business it
is not: each says so and nothing is changed, and the same call by whose it is has its effect.
"""

from support.casework import CaseTest
from support.kezek import eventually, main
from support.scene import OUTSIDE, PEOPLE, Scene

# Those that judge nobody: a line of the access log, numbers, the clock, what is computed of its arguments; and those that
# run by the caller's rights and see what its policies let it (tests/db/rights.py).
JUDGES_NOBODY = {"log_access", "lease_numbers", "now", "uuid_v7", "may_act", "enter", "list_condition", "list_requests",
                 "count_requests", "overview", "away",
                 # Of the house as a whole: which keys are in use and how often, how much waits on the desk, who holds a snapshot.
                 "keys_in_use", "count_key", "look_at_desk", "look_at_snapshots"}
ADMIN = {
    "add_principal": ("denied", dict(p_name="'x'", p_kind="'person'", p_role="'admin'")),
    "change_principal": ("denied", dict(p_name="'officer-probe'", p_what="'disable'")),
    "put_catalogue": (None, dict(p_read_version="(SELECT max(version) FROM kezek.catalogue)", p_body="'{\"agencies\":[],\"services\":[]}'")),
    "put_calendar": (None, dict(p_code="'x'", p_read_version="0", p_body="'{}'")),
    "try_calendar": (None, dict(p_code="'x'", p_version="1", p_body="'{}'")),
    "add_webhook": ("denied", dict(p_name="'x'", p_id="gen_random_uuid()", p_principal="'officer-probe'", p_url="'https://x/'",
                                   p_kinds="'{}'", p_master="1", p_wrapped="''")),
    "rotate_webhook": ("denied", dict(p_hook="gen_random_uuid()", p_master="1", p_wrapped="''", p_overlap="'1 s'")),
    "remove_webhook": ("denied", dict(p_name="'hook'")),
    "set_test_clock": (None, dict(p_to="kezek.now()")),
}


class Members(CaseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scene = Scene(cls.world)
        # What fires meanwhile would look like something changed.
        eventually(lambda: cls.world.sql("SELECT count(*) FROM kezek.deadline WHERE fire_at <= kezek.now()") == [["0"]])
        rows = cls.world.sql("""SELECT p.proname, a.name, format_type(a.type, NULL) FROM pg_proc p
            CROSS JOIN LATERAL unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
                WITH ORDINALITY AS a(type, name, mode, n)
            WHERE p.pronamespace = 'kezek'::regnamespace AND coalesce(a.mode, 'i') = 'i' ORDER BY p.proname, a.n""")
        cls.arguments = {}
        for function, name, kind in rows:
            cls.arguments.setdefault(function, []).append((name, kind))
        cls.called = set()

    ours = property(lambda self: self.scene.subjects[0])
    split = property(lambda self: self.scene.subjects[3])

    def call(self, function, columns="result", **given):
        """Named arguments; of what is not given, a member's is one null, its rows are none, the rest is null."""
        self.called.add(function)
        words = []
        for name, kind in self.arguments[function]:
            value = given.pop(name, None)
            if kind.endswith("[]"):
                one = "NULL" if name.startswith("m_") else ""
                value = f"ARRAY[{one if value is None else value}]"
            words.append(f"{name} => ({'NULL' if value is None else value})::{kind}")
        assert not given, f"{function} has no {given}"
        return f"SELECT {columns} FROM kezek.{function}({', '.join(words)}) AS result"

    def run_as(self, *texts, enter=None):
        """The last one's rows, in a transaction that is taken back."""
        first = [f"SELECT FROM kezek.enter('{enter}')"] if enter else []
        silent = "\\o /dev/null\n" + "".join(f"{text};\n" for text in (*first, *texts[:-1])) + "\\o\n"
        return self.world.sql(f"BEGIN;\n{silent}{texts[-1]};\nROLLBACK", "kezek_app")

    def dump(self):
        tables = [row[0] for row in self.world.sql(
            "SELECT relname FROM pg_class WHERE relnamespace = 'kezek'::regnamespace AND relkind IN ('r', 'p') "
            "AND NOT relispartition AND relname NOT IN ('access', 'broom')")]
        return dict(self.world.sql(" UNION ALL ".join(
            f"SELECT '{t}', md5(string_agg(t::text, ',' ORDER BY t::text)) FROM kezek.{t} t" for t in tables)))

    def denied(self, others, call, wanted):
        """Each of the others gets that, and no row is changed; committed, so that it would show."""
        before = self.dump()
        rows = self.world.sql(" UNION ALL ".join(
            f"SELECT '{name}', (SELECT string_agg(r::text, ' ') FROM ({call(name)}) r)" for name in others), "kezek_app")
        self.assertEqual(rows, [[name, f"({','.join(word or '' for word in wanted)})" if wanted else None] for name in others])
        after = self.dump()
        self.assertEqual({t for t in before if before[t] != after[t]}, set())

    def others(self, mine):
        """All whose business it is not: of other bodies and roles, disabled, unknown, and none."""
        return [v.name for v in PEOPLE if not mine(v)] + [v.name for v in OUTSIDE if v.name] + [""]

    def event(self, subject, principal, kind="note"):
        return {f"e_{name}": value for name, value in {
            "request": f"'{subject.id}'", "seq": f"(SELECT seq + 1 FROM kezek.request_state WHERE id = '{subject.id}')",
            "id": "kezek.uuid_v7(kezek.now())", "kind": f"'{kind}'", "occurred_at": "kezek.now()",
            "principal": f"'{principal}'", **dict.fromkeys(("actor", "ground", "legal_basis", "reason", "text", "before",
                                                            "after"), "NULL")}.items()}

    def act(self, subject, principal, **more):
        """A whole, sound act on it: the state stays, an event is written. What was read is read as everybody may not."""
        read = self.world.sql(f"""SELECT s.version, s.seq, s.state, s.agency, coalesce(w.fence, 0),
            (SELECT value FROM kezek.generation WHERE what = 'calendar') FROM kezek.request_state s
            LEFT JOIN kezek.work w ON w.request = s.id WHERE s.id = '{subject.id}'""")[0]
        version, seq, state, agency, fence, generation = read
        event = {**self.event(subject, principal), "e_seq": str(int(seq) + 1)}
        return self.call("act", **{
            "m_request": f"'{subject.id}'", "m_principal": f"'{principal}'", "m_now": "kezek.now()", "m_read_version": version,
            "m_read_seq": seq, "m_read_state": f"'{state}'", "m_read_fence": fence, "m_version": str(int(version) + 1), "m_seq": str(int(seq) + 1),
            "m_state": f"'{state}'", "m_agency": f"'{agency}'", "m_provisional": "false", "m_hold": "'keep'",
            "m_generation": generation, "m_hops": "0", "m_priority": "0", "m_handed_back": "0",
            "m_on_desk": "false", "m_status": "200", **event, **more}, columns="result.result")

    def test_acts(self):
        self.denied(self.others(lambda v: v.role in ("clerk", "officer", "supervisor") and v.sees_now(self.ours)),
                    lambda name: self.act(self.ours, name), ("denied",))
        self.assertEqual(self.run_as(self.act(self.ours, "officer-probe")), [["done"]])

    def test_a_row_for_another_request_goes_with_its_member(self):
        """What a batch holds for a request of which no member is done is not written."""
        split, mine = self.split, self.event(self.ours, "officer-probe")
        theirs = {**self.event(split, "officer-probe"), "e_seq": self.seq(split)}
        text = self.act(self.ours, "officer-probe", l_request=f"'{split.id}'", l_kind="'pin'", l_hash="'\\xabcd'",
                        **{name: f"{value}, {theirs[name]}" for name, value in {**mine, "e_seq": self.seq(self.ours)}.items()})
        count = (f"SELECT (SELECT count(*) FROM kezek.event WHERE request = '{split.id}'), "
                 "(SELECT count(*) FROM kezek.lookup WHERE hash = '\\xabcd')")
        before = self.world.sql(count)
        self.assertEqual(self.run_as(text), [["done"]])
        rows = self.world.sql(f"BEGIN;\n\\o /dev/null\nSET ROLE kezek_app; {text};\n\\o\nRESET ROLE; {count}; ROLLBACK")
        self.assertEqual(rows, before)

    def seq(self, subject):
        return str(int(self.world.sql(f"SELECT seq FROM kezek.request_state WHERE id = '{subject.id}'")[0][0]) + 1)

    def claim(self, name, agency=None):
        return self.call("claim", "result.result, claim, fence", m_principal=f"'{name}'", m_agency=f"'{agency or self.split.agency}'",
                         m_max="1", m_request=f"'{self.split.id}'", m_worker="'w'", m_lease="'60 s'")

    def test_claims(self):
        self.denied(self.others(lambda v: v.role == "officer" and v.sees_now(self.split)), self.claim, ("denied", None, None))
        self.denied(["officer-probe", "officer-probe-b"], lambda name: self.claim(name, "probe"), ())
        taken = self.run_as(self.claim("officer-probe-two"))[0]
        self.assertEqual(taken[0], "done")

    def test_renewals_and_what_could_not_be_delivered(self):
        def renew(name, lease="'9 days'"):
            return self.call("renew", "result.result", m_principal=f"'{name}'", m_claim=f"'{self.ours.words['claim']}'",
                             m_fence=str(self.ours.fence), m_lease=lease)

        def give_back(name):
            return self.call("give_back", "result", m_principal=f"'{name}'", m_claim="(SELECT claim FROM w)",
                             m_fence="(SELECT fence FROM w)")

        self.denied(self.others(lambda v: v.name == "officer-probe"), renew, ("lost",))
        self.assertEqual(self.run_as(renew("officer-probe")), [["done"]])
        for name, done in (("officer-probe", "0"), ("ministry", "0"), ("", "0"), ("officer-probe-two", "1")):
            rows = self.run_as("CREATE TEMP TABLE w AS " + self.claim("officer-probe-two"), give_back(name))
            self.assertEqual(rows[-1], [done], name)

    def test_documents(self):
        upload = "'019aa000-0000-7000-8000-0000000000aa'"
        chunk = dict(p_request=f"'{self.ours.id}'", p_upload=upload, p_no="0", p_sealed="'\\x00'")
        document = dict(p_request=f"'{self.ours.id}'", p_upload=upload, p_name_hash="'\\x01'", p_digest_hash="'\\x02'",
                        p_kind="'other'", p_media_type="'text/plain'", p_size="1", p_chunks="0", p_about="'\\x03'", p_room="99",
                        p_key=f"'{self.ours.key}'", p_fingerprint="'\\x04'")

        def put(name):
            return self.call("put_chunk", p_principal=f"'{name}'", **chunk)

        def store(name):
            return self.call("store_document", "result.*", p_principal=f"'{name}'", **document)

        others = self.others(lambda v: v.role in ("clerk", "officer") and v.sees_now(self.ours))
        self.denied(others, put, ("denied",))
        self.denied(others, store, ("denied", *[None] * 13))
        for name in ("officer-probe", "desk-clerk"):
            self.assertEqual(self.run_as(put(name)), [["done"]])
        self.assertEqual(self.run_as(store("officer-probe"))[0][0], "done")
        for name, gone in (("officer-probe-two", "0"), ("", "0"), ("officer-probe", "1")):
            rows = self.run_as(put("officer-probe"), self.call("discard_upload", p_principal=f"'{name}'", p_upload=upload))
            self.assertEqual(rows[-1], [gone])

    def test_submissions_and_imports(self):
        def opened(imported, office):
            return lambda name: self.call(
                "open_requests", "result.result", p_imported=imported, m_id="kezek.uuid_v7(kezek.now())",
                m_principal=f"'{name}'", m_key="'k'", m_office=f"'{office}'", m_registered_at="kezek.now()",
                m_generation="(SELECT value FROM kezek.generation WHERE what = 'calendar')", m_priority="0")

        self.denied(self.others(lambda v: v.role == "clerk" and v.office == "desk"), opened("false", "desk"), ("denied",))
        self.denied(self.others(lambda v: v.role == "admin"), opened("true", "desk"), ("denied",))
        # Whose it is gets past that, to what this one lacks.
        for imported, name in (("false", "desk-clerk"), ("true", "admin")):
            with self.assertRaisesRegex(Exception, "not-null constraint"):
                self.run_as(opened(imported, "desk")(name))

    def test_what_an_applicant_has_open(self):
        """Its number is told to the clerk at whose office it is, and to no other."""
        number, service, office, pin = self.world.sql(f"""SELECT r.number, r.service, r.office, l.hash FROM kezek.request r
            JOIN kezek.lookup l ON l.request = r.id AND l.kind = 'pin' JOIN kezek.work w ON w.request = r.id
            WHERE r.id = '{self.ours.id}'""")[0]

        def opened(name):
            return self.call(
                "open_requests", "result.result, result.known", p_imported="false", m_id="kezek.uuid_v7(kezek.now())",
                m_principal=f"'{name}'", m_key="'known'", m_office=f"'{office}'", m_service=f"'{service}'",
                m_pin=f"'{pin}'", m_registered_at="kezek.now()",
                m_generation="(SELECT value FROM kezek.generation WHERE what = 'calendar')")

        self.denied(self.others(lambda v: v.role == "clerk" and v.office == office), opened, ("denied", None))
        self.assertEqual(self.run_as(opened("desk-clerk")), [["known", number]])

    def test_what_administrators_record(self):
        for function, (refusal, given) in ADMIN.items():
            by = self.arguments[function][0][0]
            first = "version" if function == "put_calendar" else "result"

            def call(name):
                return self.call(function, first, **{by: f"'{name}'"}, **given)

            with self.subTest(function):
                self.denied(self.others(lambda v: v.role == "admin"), call, (refusal,))
                self.assertNotEqual(self.run_as(call("admin"))[0][0], refusal)
        erase = self.call("erase", p_by="'%s'", p_request=f"'{self.ours.id}'", p_legal_basis="'x'")
        self.denied(self.others(lambda v: v.role == "admin"), lambda name: erase % name, ("denied",))
        self.assertEqual(self.run_as(erase % "admin"), [["open"]])

    def test_webhooks_are_the_administrators(self):
        """Nothing of a hook, of its deliveries, and no redelivery, for anybody else."""
        self.world.client("admin").post("/v1/webhooks", {
            "name": "hook", "principal": "officer-probe", "url": "https://127.0.0.1:1/"}).must(201)
        self.world.sql(f"""INSERT INTO kezek.delivery (webhook, position, request, state, next_at, made_at)
            VALUES ('hook', 1, '{self.ours.id}', 'dead', kezek.now(), kezek.now())""")
        self.addCleanup(self.world.client("admin").delete, "/v1/webhooks/hook")

        def read(function, column, **given):
            return lambda name: self.call(function, column, p_by=f"'{name}'", p_name="'hook'", **given)

        others = self.others(lambda v: v.role == "admin")
        for call in (read("webhooks", "result.wrapped"), read("deliveries", "result.request", p_after="0", p_limit="9")):
            self.denied(others, call, ())
            self.assertEqual(len(self.run_as(call("admin"))), 1)
        again = read("redeliver", "result.*")
        self.denied(others, again, ("denied", "0"))
        self.assertEqual(self.run_as(again("admin")), [["done", "1"]])

    def test_plans_of_reassignment(self):
        def plan(name):
            return self.call("plan_reassignment", "result.request", p_by=f"'{name}'", p_key="'plan'", p_fingerprint="'\\x01'",
                             p_requests=f"'{self.ours.id}'", p_receivers="'officer-probe-b'", p_limit="9")

        self.denied(self.others(lambda v: v.role == "supervisor"), plan, ())
        self.assertEqual(self.run_as(plan("supervisor-probe")), [[None], [self.ours.id]])
        seen = self.run_as(plan("supervisor-probe-two").replace("result.request", "result.version"))
        self.assertEqual(seen, [[None], [None]])

    def test_delegations(self):
        """Recorded and ended by supervisors of the agency and for oneself; to other agencies there is none."""
        given = dict(p_read="(SELECT value FROM kezek.generation WHERE what = 'principal')", p_id="kezek.uuid_v7(kezek.now())",
                     p_agency="'probe'", p_principal="'officer-probe'", p_deputy="'officer-probe-b'", p_from="'2030-01-01'",
                     p_until="'2030-01-02'")

        def add(name):
            return self.call("add_delegation", p_by=f"'{name}'", **given)

        def end(name):
            return self.call("end_delegation", p_by=f"'{name}'", p_id="(SELECT id FROM kezek.delegation)")

        def may(viewer):
            return viewer.name == "officer-probe" or viewer.role == "supervisor" and viewer.agency in (None, "probe")

        self.denied(self.others(may), add, ("denied",))
        self.assertEqual(self.run_as(self.call("add_delegation", **{**given, "p_read": "0"}, p_by="'supervisor-probe'")), [["moved"]])
        for name in ("officer-probe", "supervisor-probe", "supervisor"):
            self.assertEqual(self.run_as(add(name), end(name)), [["done"]], name)
        self.world.sql(add("officer-probe"), "kezek_app")
        colleagues = [v.name for v in PEOPLE if v.agency == "probe" and not may(v)]
        self.denied(colleagues, end, ("denied",))
        self.denied([name for name in self.others(may) if name not in colleagues], end, ("missing",))

    def test_answers_are_their_principals(self):
        def stored(name):
            return self.call("stored_answer", "result.request", p_principal=f"'{name}'", p_key=f"'{self.ours.key}-correct'")

        self.denied(self.others(lambda v: v.name == self.ours.clerk), stored, ())
        self.assertEqual(self.run_as(stored(self.ours.clerk)), [[self.ours.id]])
        self.world.principal("leaver", "clerk", office="desk")
        self.world.sql("UPDATE kezek.idempotency SET principal = 'leaver' WHERE key = 'key-Split-correct'")
        self.addCleanup(self.world.sql, "UPDATE kezek.idempotency SET principal = 'desk-clerk' WHERE key = 'key-Split-correct'")
        act = self.act(self.split, "leaver", m_key="'key-Split-correct'", m_fingerprint="'\\x01'")
        self.assertEqual(self.run_as(act), [["duplicate"]])
        self.world.client("admin").call("DELETE", "/v1/principals/leaver").must(200)
        self.assertEqual(self.run_as(act), [["denied"]])

    def test_who_reads_and_who_is_told(self):
        given = self.scene.subjects[2]
        accesses = self.call("accesses", "count(*) > 0", p_request=f"'{self.ours.id}'", p_limit="9")
        told = self.call("notifications", f"count(*) FILTER (WHERE request = '{given.id}') > 0", p_unseen="false", p_limit="99")
        see = self.call("see_notifications", "seen", p_ids=f"'{given.words['notification']}'")
        for viewer in (*PEOPLE, *OUTSIDE):
            with self.subTest(str(viewer)):
                name = viewer.name or "''"
                may = viewer.role in ("supervisor", "auditor") and viewer.sees(self.ours)
                self.assertEqual(self.run_as(accesses, enter=name), [["t" if may else "f"]])
                chief = viewer.role == "supervisor" and viewer.agency in (None, "probe")
                self.assertEqual(self.run_as(see, enter=name), [["1" if chief else "0"]])
                hears = viewer.role in ("supervisor", "auditor")
                self.assertEqual(self.run_as(told, enter=name), [["t" if hears else "f"]])

    def test_who_has_a_part_reads_the_papers_of_the_whole(self):
        theirs, part = self.scene.subjects[1], self.scene.subjects[-1]
        self.assertEqual(theirs.parts, [part])
        asked = " UNION ALL ".join(
            [self.call("has_part_of", f"'has', '{s.id}' || result::text", p_whole=f"'{s.id}'") + " WHERE result"
             for s in self.scene.subjects] +
            [self.call("whole_of", f"'{s.id}', result.request::text", p_part=f"'{s.id}'") + " WHERE result.wrapped IS NOT NULL"
             for s in self.scene.subjects])
        for viewer in (*PEOPLE, *OUTSIDE):
            has = viewer.role in ("officer", "supervisor") and viewer.agency == part.agency
            reads = viewer.role in ("clerk", "officer") and viewer.sees_now(part)
            with self.subTest(str(viewer)):
                self.assertEqual(self.run_as(asked, enter=viewer.name), [
                    *([["has", f"{theirs.id}true"]] if has else []), *([[part.id, theirs.id]] if reads else [])])

    def test_the_feed_is_of_what_one_sees(self):
        feed = self.call("feed", "DISTINCT request", p_after="0", p_span="1000000", p_limit="10000") + " WHERE request IS NOT NULL"
        for viewer in (*PEOPLE, *OUTSIDE):
            seen = {row[0] for row in self.run_as(feed, enter=viewer.name or "''")}
            self.assertEqual(seen, {s.id for s in self.scene.subjects if viewer.role and viewer.sees(s)}, str(viewer))

    def test_what_the_daemon_asks_for_itself(self):
        """It is told to nobody who has entered with a scope of less than everything."""
        # Within a transaction that is taken back: the daemon itself is at it beside us.
        for function, state, given in (("links_to_open", "opening", {"p_limit": "9"}),
                                       ("links_to_follow", "answered", {"p_limit": "9"}),
                                       ("work_waiting", "open", {"p_agencies": "'probe'", "p_position": "-1"})):
            call = self.call(function, "count(*) > 0", **given)
            told = set()
            for name in ("kezekd", *(v.name or "" for v in (*PEOPLE, *OUTSIDE))):
                said = self.world.sql(f"BEGIN; UPDATE kezek.link SET state = '{state}'; SET LOCAL ROLE kezek_app; "
                                      f"SELECT FROM kezek.enter('{name}'); {call}; ROLLBACK")
                told |= {name} if said[-1] == ["t"] else set()
            self.assertEqual(told, {"kezekd", "supervisor", "admin", "auditor"}, function)

    def test_what_rests_on_a_catalogue(self):
        asked = {"catalogue_use": dict(i_kind="'agencies'", i_code="'probe'", i_version="1"),
                 "catalogue_open": dict(p_services="'p-clock'", p_agencies="'probe'", p_offices="'desk'")}
        for function, given in asked.items():
            def call(name):
                return self.call(function, "result.code", p_by=f"'{name}'", **given)

            self.denied(self.others(lambda v: v.role == "admin"), call, ())
            self.assertTrue(self.run_as(call("admin")), function)

    def test_z_every_function_was_called(self):
        """One that kezek_app may run and that is neither called above nor known to judge nobody."""
        rows = self.world.sql("""SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'kezek'::regnamespace
            AND has_function_privilege('kezek_app', oid, 'EXECUTE')""")
        missing = {row[0] for row in rows} - JUDGES_NOBODY - self.called
        self.assertEqual(missing, set(), f"call {missing} as those whose business it is not, in tests/db/members.py")


if __name__ == "__main__":
    main()
