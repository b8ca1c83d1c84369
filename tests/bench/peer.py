"""The peers: pgbench over tables of the least that could serve, in the same cluster with the same durability."""

import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

from support.house import run

PGBENCH = pathlib.Path(os.environ.get("KEZEK_PG_BIN") or "/usr/lib/postgresql/15/bin") / "pgbench"
DATABASE = "bench_peer"

TABLES = """
CREATE TABLE request (id bigint PRIMARY KEY, state text NOT NULL, agency text NOT NULL, version int NOT NULL,
    updated_at timestamptz NOT NULL, body jsonb NOT NULL);
CREATE TABLE journal (request bigint, seq int, kind text NOT NULL, principal text NOT NULL, at timestamptz NOT NULL,
    after json, PRIMARY KEY (request, seq));
CREATE TABLE deadline (request bigint, no int, kind text NOT NULL, due_at timestamptz NOT NULL,
    PRIMARY KEY (request, no));
CREATE INDEX deadline_due ON deadline (due_at);
CREATE TABLE state (id bigint PRIMARY KEY, version int NOT NULL, seq int NOT NULL, state text NOT NULL,
    agency text NOT NULL, responsible text, outcome text, updated_at timestamptz NOT NULL);
CREATE TABLE work (request bigint PRIMARY KEY, agency text NOT NULL, priority smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL, waiting boolean NOT NULL, fence bigint NOT NULL DEFAULT 0, claim uuid, holder text,
    lease_until timestamptz) WITH (fillfactor = 70);
CREATE INDEX work_waiting ON work (agency, priority, due_at, request) WHERE waiting;
CREATE INDEX work_lease ON work (lease_until) WHERE lease_until IS NOT NULL;
"""

SUBMIT = """\\set id random(1, 9000000000000000000)
BEGIN;
INSERT INTO request VALUES (:id, 'queued', 'kyzmat', 1, now(), '{body}');
INSERT INTO journal VALUES (:id, 1, 'submit', 'clerk', now(), '{{"state":"queued"}}');
INSERT INTO deadline VALUES (:id, 1, 'decide', now() + interval '12 days');
COMMIT;
"""

# One at a time, the way a queue on plain SQL is written: two transactions, the journal kept.
CLAIM = """BEGIN;
WITH pick AS MATERIALIZED (SELECT request FROM work WHERE waiting AND agency = 'kyzmat'
    ORDER BY agency, priority, due_at, request LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE work w SET waiting = false, claim = gen_random_uuid(), fence = w.fence + 1, holder = 'officer',
    lease_until = now() + interval '10 minutes'
FROM pick WHERE w.request = pick.request RETURNING w.request \\gset
UPDATE state SET state = 'claimed', seq = seq + 1, responsible = 'officer', updated_at = now() WHERE id = :request;
INSERT INTO journal VALUES (:request, 2, 'claim', 'officer', now(), '{"state":"claimed"}');
COMMIT;
BEGIN;
UPDATE state SET state = 'decided', version = version + 1, seq = seq + 1, outcome = 'granted', updated_at = now()
    WHERE id = :request;
INSERT INTO journal VALUES (:request, 3, 'decide', 'officer', now(), '{"state":"decided"}');
DELETE FROM work WHERE request = :request;
COMMIT;
"""


class Peer:
    """pgbench in a database of its own in that cluster."""

    def __init__(self, cluster, body):
        self.cluster = cluster
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-bench-", dir="/tmp"))
        cluster.sql(f"CREATE DATABASE {DATABASE}")
        self.sql(TABLES)
        self.scripts = {}
        text = json.dumps(body, ensure_ascii=False).replace("'", "''")
        for name, script in (("submit", SUBMIT.format(body=text)), ("claim", CLAIM)):
            self.scripts[name] = self.directory / f"{name}.sql"
            self.scripts[name].write_text(script, encoding="utf-8")

    def sql(self, text):
        return self.cluster.sql(text, DATABASE)

    def fill(self, waiting):
        """As many waiting as ours has."""
        self.sql(f"""TRUNCATE state, work, journal;
            INSERT INTO state SELECT n, 1, 1, 'queued', 'kyzmat', NULL, NULL, now()
                FROM generate_series(1, {waiting}) n;
            INSERT INTO work SELECT n, 'kyzmat', 0, now() + interval '12 days', true
                FROM generate_series(1, {waiting}) n;
            INSERT INTO journal SELECT n, 1, 'submit', 'clerk', now(), '{{"state":"queued"}}'
                FROM generate_series(1, {waiting}) n;""")
        self.sql("VACUUM ANALYZE")

    def rate(self, script, clients, seconds):
        """Transactions of the script a second."""
        said = self._run(script, clients, seconds)
        return float(re.search(r"^tps = ([\d.]+)", said, re.M)[1])

    def latency_ms(self, script, clients, seconds):
        """The median of one transaction of the script."""
        log = self.directory / "latency"
        self._run(script, clients, seconds, "-l", f"--log-prefix={log}")
        took = []
        for path in self.directory.glob("latency.*"):
            took += [int(line.split()[2]) for line in path.read_text(encoding="ascii").splitlines()]
            path.unlink()
        return statistics.median(took) / 1000

    def _run(self, script, clients, seconds, *more):
        return run(PGBENCH, "-n", "-M", "prepared", "-c", clients, "-j", min(clients, 2), "-T", seconds,
                   "-f", self.scripts[script], *more, "-h", self.cluster.socket, "-U", "postgres", DATABASE).stdout
