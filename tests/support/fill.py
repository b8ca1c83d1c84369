"""Fills a database with open requests and their running deadlines, set-wise and as its owner: no daemon is asked."""

# A request stands in these; of an index over a row that another request made nothing is wanted here.
TABLES = ("request_state", "work", "deadline", "event")

# The ids rise with k: a day of 2026 holds as many requests as another, and those of one day are due at one instant.
# What is due first was received on the first days of `spread` runs of days, as terms of different lengths make it.
FILL = """
CREATE TEMP TABLE made AS
SELECT k, (lpad(to_hex((extract(epoch FROM timestamptz '{since}') * 1000)::bigint + k), 12, '0') || '70008000'
        || lpad(to_hex(k), 12, '0'))::uuid AS id, timestamptz '{since}' + k * interval '1 ms' AS received_at,
    k % {run} < {due_run} AS is_due,
    CASE WHEN k % {run} < {due_run} THEN timestamptz '{due_at}' {jitter}
        ELSE timestamptz '{due_at}' + interval '1 day' * (1 + k % 200) END AS due_at
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
    least(due_at, r.rung_at[1], r.rung_at[2], r.rung_at[3])
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


def fill(world, count, due, due_at, rungs=AT_DUE, spread=20, jitter="", since="2026-01-05 03:00Z"):
    """
    `count` requests of the demo catalogue with one running deadline and a ladder of three rungs each; `due` of them
    at due_at (`jitter`: an SQL interval added to it, an expression of k), the others on later days.
    """
    spread = min(spread, due) if count > due else 1
    world.sql(f"SELECT kezek.ensure_partitions({since[:4]})")
    many = count > 100000
    if many:  # indexes are made afterwards, in one go
        relations = ", ".join(f"'kezek.{table}'" for table in TABLES)
        world.sql(f"""UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid IN (
            SELECT t.relid FROM unnest(ARRAY[{relations}]) AS n(name), pg_partition_tree(n.name::regclass) AS t
            WHERE t.isleaf UNION ALL SELECT n.name::regclass FROM unnest(ARRAY[{relations}]) AS n(name)
            WHERE n.name IN ('kezek.work', 'kezek.deadline'))""")
    world.sql(FILL.format(count=count, run=count // spread, due_run=due // spread, due_at=due_at, since=since,
                          rungs=rungs, jitter=jitter and f"+ {jitter}"))
    if many:
        world.sql("".join(f"REINDEX TABLE kezek.{table};" for table in TABLES))
    world.sql("".join(f"VACUUM ANALYZE kezek.{table};" for table in TABLES))
