"""Rows about a store that grows: the same work with ten million requests in store and with ten thousand."""

import json
import shutil

from rows import CONNECTIONS, ROOT, left_out, middle, result, row
from support.fill import PATIENCE, indexes_afterwards

QUEUES = 400
OPEN = 8000  # of either store, over these queues
SMALL = 10000
YEARS = 5
CHUNK = 10**6
PAGE = 6  # s at least, since an overview may take a second
EACH = 2000  # bytes on disk of one closed request as it is laid here, with its indexes
CLOSED = ("request", "request_key", "request_state", "deadline_done", "event", "number", "idempotency", "lookup")
WAITING = ("request", "request_key", "request_state", "work", "deadline", "event", "number", "idempotency", "lookup")

# The k-th of `count` requests, evenly over the years before today; its content is short, which no index feels. It stands
# under the keys of those that came in over HTTPS: the daemon does not start with rows under any other.
MADE = """CREATE TEMP TABLE made AS
SELECT k, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008{mark}00' || lpad(to_hex(k), 12, '0'))::uuid
        AS id, at, at + interval '16 days' AS due_at, least(at + interval '9 days', now) AS closed_at,
    'queue-' || lpad((k % {queues})::text, 3, '0') AS agency, '{mark}/' || k AS number
FROM kezek.now() AS now, generate_series({first}::bigint, {last}) AS k,
    LATERAL (SELECT now - interval '{span}' + (k::float / {count}) * interval '{span}' AS at) AS t;
INSERT INTO kezek.request (id, number, service, service_version, variant, channel, office, language, received_at,
    registered_at, promised_due_on, submitted_by, imported, content)
SELECT id, number, '6-49', 1, 'standard', 'counter', 'con-pervomay', 'ky', at, at, due_at, 'clerk', false,
    decode(repeat('5a', 60), 'hex') FROM made ORDER BY k;
INSERT INTO kezek.request_key (request, master, wrapped)
SELECT id, (SELECT min(master) FROM kezek.request_key), decode(repeat('5a', 60), 'hex') FROM made ORDER BY k;
INSERT INTO kezek.number (number, agency, request) SELECT number, 'con-pervomay', id FROM made ORDER BY k;
INSERT INTO kezek.idempotency (principal, key, fingerprint, request, status, made_at, for_ever)
SELECT 'clerk', number, uuid_send(id), id, 201, at, true FROM made ORDER BY k;
INSERT INTO kezek.lookup (hash, kind, request)
SELECT (SELECT substr(hash, 1, 4) FROM kezek.lookup LIMIT 1) || substr(sha256(uuid_send(id)), 5), 'pin', id
FROM made ORDER BY k;
INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, after)
SELECT id, 1, id, 'submit', at, at, 'clerk', '{{"state":"queued"}}' FROM made ORDER BY k;
"""
DECIDED = """INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, responsible, due_at, due_on,
    provisional, decide, outcome, updated_at, closed_at)
SELECT id, 2, 2, 'closed', agency, 'con-pervomay', '6-49', NULL, due_at, due_at, false, 'met', 'granted', closed_at,
    closed_at FROM made ORDER BY k;
INSERT INTO kezek.deadline_done (request, no, kind, state, rule_version, calendar, calendar_version, source, started_at,
    due_at, due_on, provisional, stopped_at, agency, office, service)
SELECT id, 1, 'decide', 'met', 1, 'kg-state', 1, 'computed', at, due_at, due_at, false, closed_at, agency,
    'con-pervomay', '6-49' FROM made ORDER BY k;
INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, after)
SELECT id, 2, id, 'decide', closed_at, closed_at, 'officer', '{"state":"closed"}' FROM made ORDER BY k;
DROP TABLE made"""
# Due long after those that came in over HTTPS: these are the ones that are claimed.
UNDECIDED = """UPDATE made SET due_at = due_at + interval '90 days';
INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, responsible, due_at, due_on,
    provisional, decide, updated_at)
SELECT id, 1, 1, 'queued', agency, 'con-pervomay', '6-49', 'head', due_at, due_at, false, 'running', at FROM made ORDER BY k;
INSERT INTO kezek.work (request, agency, office, service, due_at, due_on, waiting)
SELECT id, agency, 'con-pervomay', '6-49', due_at, due_at, true FROM made ORDER BY k;
INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, started_at, due_at,
    due_on, provisional, fire_at)
SELECT id, 1, 'decide', 'running', 1, 'kg-state', 1, at, due_at, due_at, false, due_at FROM made ORDER BY k;
DROP TABLE made"""

# What came in over HTTPS is spread over the queues.
SPREAD = f"""CREATE TEMP TABLE n AS SELECT request, 'queue-' || lpad(((row_number() OVER (ORDER BY due_at, request) - 1)
    % {QUEUES})::text, 3, '0') AS agency FROM kezek.work;
UPDATE kezek.work w SET agency = n.agency FROM n WHERE n.request = w.request;
UPDATE kezek.request_state s SET agency = n.agency FROM n WHERE n.request = s.id"""
# What was submitted while it was measured is open no more.
CLEAR = """DELETE FROM kezek.deadline d USING kezek.work w WHERE w.request = d.request AND w.agency NOT LIKE 'queue-%';
DELETE FROM kezek.work WHERE agency NOT LIKE 'queue-%'"""


class Flat:
    """A world with so many requests in store, OPEN of them real and open over the queues."""

    def __init__(self, bench, count):
        self.bench, self.count = bench, count
        self.world = bench.make_world(test_clock=False)
        self.load_queues()
        bench.say(f"submitting {OPEN:,} applications")
        bench.submit(600, most=OPEN, world=self.world)
        self.world.sql(SPREAD)
        self.world.officer("queue-000")
        self.world.sql(f"SELECT kezek.ensure_partitions(date_part('year', kezek.now())::int - back) "
                       f"FROM generate_series(0, {YEARS}) AS back")
        self.lay(count - OPEN, DECIDED, CLOSED, f"{YEARS} years", "a")

    def load_queues(self):
        agencies = [{"code": f"queue-{n:03}", "level": "state", "parent": None, "calendar": "kg-state",
                     "head": f"queue-{n:03}-head", "name": {lang: f"Queue {n}" for lang in ("ky", "ru", "en")}}
                    for n in range(QUEUES)]
        path = self.world.directory / "queues.json"
        path.write_text(json.dumps({"agencies": agencies}), encoding="utf-8")
        self.world.kezek("admin", "catalogue", "load", ROOT / "config" / "catalogue", path)

    def lay(self, count, rest, tables, span, mark):
        """`count` requests of the last `span`, by SQL as the owner; the daemon stands still meanwhile."""
        self.world.forget_clients()
        self.world.daemon.stop()
        with indexes_afterwards(self.world, tables):
            for first in range(0, count, CHUNK):
                self.bench.say(f"laying requests: {first:,} of {count:,}")
                last = min(first + CHUNK, count) - 1
                self.world.sql(MADE.format(first=first, last=last, count=count, span=span, mark=mark, queues=QUEUES) + rest,
                               timeout=PATIENCE)
            self.bench.say(f"making the indexes of {count:,} requests")
        for table in {*CLOSED, *WAITING}:
            self.world.sql(f"VACUUM (ANALYZE, PARALLEL 0) kezek.{table}", timeout=PATIENCE)
        self.world.sql("CHECKPOINT")
        self.world.daemon.start()

    def open_more(self, count):
        """So many more wait, spread over the queues."""
        self.lay(count, UNDECIDED, WAITING, "30 days", "b")

    def claim_ms(self):
        """A claim and its return, on one of the queues."""
        return self._p50("lease", "officer-queue-000", 8, "queue-000")

    def overview_ms(self):
        return self._p50("get", "supervisor", 2, "/v1/overview?by=agency")

    def submit_ms(self):
        took = 1000 / self.bench.submit(world=self.world)["per_second"]
        self.world.sql(CLEAR, timeout=PATIENCE)
        self.world.sql("VACUUM kezek.work")
        self.world.sql("VACUUM kezek.deadline")
        return took

    def _p50(self, kind, name, connections, what):
        said = self.bench.load(self.world, kind, name, connections, max(self.bench.seconds, PAGE), what)
        if not said["done"] or said["refused"] or said["empty"]:
            raise RuntimeError(f"{what}: {said['done']} answers in {max(self.bench.seconds, PAGE)} s, "
                               f"{said['refused']} refused, {said['empty']} empty")
        return said["p50_ms"]


def stores(bench):
    """Large and small, laid once for all these rows; None where the disk has no room."""
    def lay():
        needed = 2 * bench.many * EACH  # the log and what is sorted for an index take room too
        free = shutil.disk_usage("/tmp").free
        if free < needed:
            return f"{needed / 1e9:.0f} GB are needed under /tmp, {free / 1e9:.0f} GB are free"
        return Flat(bench, bench.many), Flat(bench, SMALL)

    return bench.once("flat", lay)


def compare(bench, name, measure, goal=("<=", 1.3), more=0):
    made = stores(bench)
    if isinstance(made, str):
        return left_out(made)
    large, small = made
    if more:
        bench.once("flat, more open", lambda: large.open_more(more))
    found = bench.interleave(name, lambda: measure(large), lambda: measure(small))
    ours, theirs = (middle(side) for side in zip(*found))
    return result(ours, theirs, "ms", middle(a / b for a, b in found), goal,
                  f"{large.count + more:,} in store, {OPEN + more:,} of them open / {small.count:,}, {OPEN:,}")


@row
def flat_claim(bench):
    """p50 of a claim and its return with 10 M requests in store / with 10 k, 8,000 open over 400 queues in both."""
    return compare(bench, "flat_claim", Flat.claim_ms)


@row
def flat_overview(bench):
    """p50 of the overview of all agencies, likewise."""
    return compare(bench, "flat_overview", Flat.overview_ms)


@row
def flat_submit(bench):
    """Time a submission at 128 connections, likewise."""
    return compare(bench, "flat_submit", Flat.submit_ms)


@row
def open_claim(bench):
    """flat_claim once more, 2 M of the large store open."""
    return compare(bench, "open_claim", Flat.claim_ms, None, bench.many // 5)


@row
def open_overview(bench):
    """flat_overview once more, 2 M of the large store open."""
    return compare(bench, "open_overview", Flat.overview_ms, None, bench.many // 5)


@row
def open_submit(bench):
    """flat_submit once more, 2 M of the large store open."""
    return compare(bench, "open_submit", Flat.submit_ms, None, bench.many // 5)
