"""How PostgreSQL finds what is claimed: down the partial index of what waits, in its order, whatever lies beside."""

import json
import re

from support.casework import CaseTest
from support.house import run
from support.kezek import ROOT, main

# As every session of the daemon is set up.
SESSION = " ".join(re.findall(r"-c \w+=\w+", (ROOT / "daemon" / "db" / "link_connect.c").read_text(encoding="utf-8")))
FILL = """WITH made AS (SELECT kezek.uuid_v7(kezek.now()) AS id, a, n
        FROM generate_series(1, {count}) n, unnest(ARRAY['probe', 'probe-two']) a),
    state AS (INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, provisional, updated_at)
        SELECT id, 1, 1, 'queued', a, 'desk', 'p-plain', false, kezek.now() FROM made)
    INSERT INTO kezek.work (request, agency, office, service, priority, due_at, waiting, on_desk, kept_for, kept_until)
    SELECT id, a, 'desk', 'p-plain', n % 3 - 1, now() + n * interval '1 minute', n % 10 < 8, n % 10 = 8,
        CASE WHEN n % 10 = 9 THEN 'keeper-' || n % 7 END, CASE WHEN n % 10 = 9 THEN 'infinity'::timestamptz END
    FROM made;"""


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


class ClaimPlans(CaseTest):
    def plans(self, members, statistics, count=4000):
        """Of each statement that a batch of claims runs on kezek.work: its text and its plan's nodes."""
        columns = ", ".join(f"ARRAY[{', '.join(column)}]::{kind}" for column, kind in zip(zip(*members), (
            "text[]", "text[]", "text[]", "int[]", "text[]", "uuid[]", "text[]", "interval[]")))
        text = (f"LOAD 'auto_explain'; BEGIN; {FILL.format(count=count)} {'ANALYZE kezek.work;' if statistics else ''}"
                "SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;"
                "SET auto_explain.log_format = json; SET auto_explain.log_analyze = on; SET client_min_messages = log;"
                f"SELECT count(*) FROM kezek.claim({columns}); ROLLBACK")
        done = run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.world.cluster.socket, "-U", "postgres",
                   "-d", self.world.database, "-f", "-", stdin=text, env={"PGOPTIONS": SESSION})
        found = []
        for said in re.findall(r"^\{\n.*?^\}", done.stderr, re.M | re.S):
            one = json.loads(said, strict=False)
            found.append((one["Query Text"], list(nodes(one["Plan"]))))
        return int(done.stdout.split()[-1]), found

    def claim(self, who, many, services="NULL", request="NULL"):
        return f"'{who}'", "NULL", "'probe'", str(many), services, request, "NULL", "'1 hour'"

    def assert_walked(self, found, at_most):
        """Nothing is sorted or read whole; and few rows are looked at."""
        walked = 0
        for text, plan in found:
            if "kezek.work w" not in text or "SKIP LOCKED" not in text:
                continue
            self.assertEqual({n["Node Type"] for n in plan} & {"Sort", "Incremental Sort", "Seq Scan", "Bitmap Heap Scan"}, set(),
                             text)
            for node in plan:
                if node["Node Type"] in ("Index Scan", "Index Only Scan"):
                    self.assertIn(node["Index Name"], ("work_waiting", "work_keeper", "work_pkey"))
                    self.assertLessEqual(node["Actual Rows"] + node.get("Rows Removed by Filter", 0), at_most, text)
                    walked += 1
        self.assertGreater(walked, 0)

    def test_a_batch_of_ordinary_claims(self):
        """One in five of what lies beside is kept for others or on the desk: none of it is walked over."""
        for statistics in (False, True):
            taken, found = self.plans([self.claim("officer-probe", 5), self.claim("officer-probe-b", 2)], statistics)
            self.assertEqual(taken, 7)
            self.assert_walked(found, 7)
            # That something may be kept for one of them costs a look, and one more where anything is kept at all.
            asked = [plan for text, plan in found if "kept_until" in text and "SKIP LOCKED" not in text and "UPDATE" not in text]
            self.assertEqual(len(asked), 2)
            scans = [n for plan in asked for n in plan if "Scan" in n["Node Type"] and n.get("Relation Name") == "work"]
            self.assertEqual(len(scans), 2)
            self.assertLessEqual({n["Index Name"] for n in scans}, {"work_kept", "work_keeper"})
            self.assertLessEqual(max(n["Actual Rows"] for n in scans), 1)

    def test_where_nothing_is_kept_it_is_one_probe(self):
        taken, found = self.plans([self.claim("officer-probe", 5)], True, count=8)
        self.assertEqual(taken, 5)
        asked = [text for text, _ in found if "kept_until" in text and "SKIP LOCKED" not in text and "UPDATE" not in text]
        self.assertEqual(len(asked), 1)

    def test_of_who_has_something_kept(self):
        self.world.principal("keeper-3", "officer", agency="probe")
        for statistics in (False, True):
            taken, found = self.plans([self.claim("keeper-3", 40)], statistics)
            self.assertEqual(taken, 40)
            self.assert_walked(found, 41)

    def test_of_some_services(self):
        taken, found = self.plans([self.claim("officer-probe", 5, services="'p-plain'")], True)
        self.assertEqual(taken, 5)
        self.assert_walked(found, 5)


if __name__ == "__main__":
    main()
