"""Fills a database with open requests and their running deadlines, set-wise and as its owner: no daemon is asked."""

import contextlib
import pathlib
import re
import subprocess

from .house import BUILD, ToolFailed

# A request stands in these; of an index over a row that another request made nothing is wanted here.
TABLES = ("request_state", "work", "deadline", "event")
PATIENCE = 1800  # s; ten million take minutes

# Ids rise with k, as requests come in. What is due first stands in `spread` clusters of neighbours, as terms of
# different lengths make it.
FILL = """
CREATE TEMP TABLE made AS
SELECT k, (lpad(to_hex((extract(epoch FROM timestamptz '{since}') * 1000)::bigint + k), 12, '0') || '70008000'
        || lpad(to_hex(k), 12, '0'))::uuid AS id, timestamptz '{since}' + k * interval '1 ms' AS received_at,
    k % {run} < {due_run} AS is_due,
    timestamptz '{due_at}' + CASE WHEN k % {run} < {due_run} THEN {later}
        ELSE interval '1 day' * ({days} + 6 + k % 200) END AS due_at
FROM generate_series(0::bigint, {count} - 1) AS k;
INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, responsible, due_at, due_on,
    provisional, decide, updated_at)
SELECT id, 1, 1, 'queued', 'kyzmat', 'con-pervomay', '6-49', 'Башчы', due_at, '{due_at}', false, 'running', received_at
FROM made ORDER BY k;
INSERT INTO kezek.work (request, agency, office, service, due_at, due_on, waiting)
SELECT id, 'kyzmat', 'con-pervomay', '6-49', due_at, '{due_at}', true FROM made ORDER BY k;
INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, started_at, due_at,
    due_on, provisional, rung_at, fired, fire_at)
SELECT id, 1, 'decide', 'running', coalesce((SELECT max(version) FROM kezek.rung WHERE service = '6-49'), 1), 'kg-state', 1, received_at, due_at, '{due_at}', false, r.rung_at, r.fired,
    CASE r.fired WHEN 0 THEN least(due_at, r.rung_at[1]) ELSE due_at END
FROM made, LATERAL ({rungs}) AS r ORDER BY k;
INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, after)
SELECT id, 1, id, 'submit', received_at, received_at, 'desk', '{{"state":"queued"}}' FROM made ORDER BY k;
DROP TABLE made;
"""

# Two warnings have passed; the third rung is the due moment itself.
AT_DUE = """SELECT ARRAY[due_at - interval '5 days', due_at - interval '1 day', due_at] AS rung_at,
    CASE WHEN is_due THEN 3 ELSE 0 END AS fired"""
# All is still to come, within hours of each other.
ALL_THREE = """SELECT ARRAY[due_at - interval '2 hours', due_at - interval '1 hour', due_at] AS rung_at, 0 AS fired"""


@contextlib.contextmanager
def indexes_afterwards(world, tables):
    """Within, rows are laid without their indexes, which are then made in one go: for millions. Nobody else writes."""
    relations = ", ".join(f"'kezek.{table}'" for table in tables)
    world.sql(f"""UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid IN (
        SELECT t.relid FROM unnest(ARRAY[{relations}]) AS n(name), pg_partition_tree(n.name::regclass) AS t
        WHERE t.isleaf UNION ALL SELECT oid FROM pg_class
        WHERE relkind = 'r' AND NOT relispartition AND oid = ANY (ARRAY[{relations}]::regclass[]))""")
    yield
    for table in tables:
        while not _reindexed(world, table):
            pass


def _reindexed(world, table):
    """The daemon may be looking at the table: who of the two waits for the other is given up by PostgreSQL."""
    try:
        world.sql(f"REINDEX TABLE kezek.{table}", timeout=PATIENCE)
    except ToolFailed as failure:
        if "deadlock" not in str(failure):
            raise
        return False
    return True


def fill(world, count, due, due_at, rungs=AT_DUE, days=1, spread=20, later=None, since="2026-01-05 03:00Z"):
    """
    `count` requests of the demo catalogue with one running deadline and a ladder of three rungs each; `due` of them
    at due_at and as many at that time on each of the `days` - 1 that follow (`later`: an SQL interval instead, an
    expression of k); the others on days after those.
    """
    due *= days
    spread = min(spread, due) if count > due else 1
    later = later or f"interval '1 day' * (k % {count // spread} % {days})"
    world.sql(f"SELECT kezek.ensure_partitions({since[:4]})")
    with indexes_afterwards(world, TABLES) if count > 100000 else contextlib.nullcontext():
        world.sql(FILL.format(count=count, run=count // spread, due_run=due // spread, due_at=due_at, since=since,
                              rungs=rungs, days=days, later=later), timeout=PATIENCE)
    world.sql("".join(f"VACUUM ANALYZE kezek.{table};" for table in TABLES), timeout=PATIENCE)


def _psql(world, text, **more):
    return subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", world.cluster.socket, "-U", "postgres",
                             "-d", world.database, "-c", text], **more)


def seal(world):
    """Gives each request that `fill` has made its sealed content: only then it can be read."""
    world.sql("CREATE UNLOGGED TABLE public.sealed (id uuid, master int, wrapped bytea, content bytea)")
    ids = _psql(world, "COPY (SELECT id FROM kezek.request_state s WHERE NOT EXISTS (SELECT FROM kezek.request r "
                "WHERE r.id = s.id) ORDER BY id) TO STDOUT", stdout=subprocess.PIPE)
    sealer = subprocess.Popen([BUILD / "tests" / "sealer", world.keys / "master-key", world.keys / "index-key"],
                              stdin=ids.stdout, stdout=subprocess.PIPE)
    stored = _psql(world, "COPY public.sealed FROM STDIN", stdin=sealer.stdout)
    ids.stdout.close()
    sealer.stdout.close()
    assert [process.wait(PATIENCE) for process in (ids, sealer, stored)] == [0, 0, 0]
    world.sql("""INSERT INTO kezek.request_key (request, master, wrapped) SELECT id, master, wrapped FROM public.sealed;
        INSERT INTO kezek.request (id, number, service, service_version, variant, channel, office, territory, language, received_at,
            registered_at, promised_due_on, submitted_by, imported, content)
        SELECT id, s.office || '-' || row_number() OVER () || '/26', s.service, 1, 'standard', 'counter', s.office, 'KG-GB', 'ky',
            s.updated_at, s.updated_at, s.due_on, 'clerk', false, c.content
        FROM public.sealed c JOIN kezek.request_state s USING (id);
        DROP TABLE public.sealed""", timeout=PATIENCE)
    world.sql("VACUUM ANALYZE kezek.request; VACUUM ANALYZE kezek.request_key", timeout=PATIENCE)


def fill_sealed(world, count, due_at="2026-12-01 18:00Z"):
    """`count` whole requests, all due at due_at, whose due moments have fired."""
    fill(world, count, count, due_at)
    world.sql("UPDATE kezek.deadline SET breached_at = due_at, fire_at = NULL, fired = 7", timeout=PATIENCE)
    seal(world)


def peak(pid):
    """The most bytes that were ever resident of a process."""
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"))[1])
