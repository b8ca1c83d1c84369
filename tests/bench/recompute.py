"""Rows about calendars that change: what submissions feel while every open deadline is computed anew."""

import json
import time

from rows import middle, result, row
from support.house import ROOT
from support.kezek import eventually

RATE = 1000  # submissions a second

# Open requests of the last ten days, as they would have been submitted; their dates are rough: the first recomputation
# sets them right.
FILL = """
CREATE TEMP TABLE made AS
SELECT k, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(k), 12, '0'))::uuid
    AS id, at, at + interval '16 days' AS due_at
FROM generate_series(0, {count} - 1) AS k,
    LATERAL (SELECT kezek.now() - interval '10 days' + k * interval '10 days' / {count} AS at) AS t;
INSERT INTO kezek.request (id, number, service, service_version, variant, channel, office, language, received_at,
    registered_at, promised_due_on, submitted_by, imported, content)
SELECT id, 'bench-' || k, '6-49', v.version, 'standard', 'counter', 'con-pervomay', 'ky', at, at, due_at, 'clerk', false,
    decode(repeat('5a', 700), 'hex') FROM made, (SELECT coalesce(max(version), 1) AS version FROM kezek.rung
    WHERE service = '6-49') v ORDER BY k;
INSERT INTO kezek.request_state (id, version, seq, state, agency, office, service, responsible, due_at, due_on,
    provisional, decide, updated_at)
SELECT id, 1, 1, 'queued', 'kyzmat', 'con-pervomay', '6-49', 'head', due_at, due_at, false, 'running', at FROM made ORDER BY k;
INSERT INTO kezek.work (request, agency, office, service, due_at, due_on, waiting)
SELECT id, 'kyzmat', 'con-pervomay', '6-49', due_at, due_at, true FROM made ORDER BY k;
INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version, started_at, due_at,
    due_on, provisional, fire_at)
SELECT id, 1, 'decide', 'running', 1, 'kg-state', 1, at, due_at, due_at, false, due_at FROM made ORDER BY k;
INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, after)
SELECT id, 1, id, 'submit', at, at, 'clerk', '{{"state":"queued"}}' FROM made ORDER BY k;
DROP TABLE made;
VACUUM ANALYZE kezek.request, kezek.request_state, kezek.work, kezek.deadline, kezek.event;"""


class Changing:
    """A world of so many open deadlines whose calendar can be changed."""

    def __init__(self, bench, count):
        bench.say(f"laying {count:,} open requests")
        self.world = bench.make_world(test_clock=False)
        self.calendar = json.loads((ROOT / "config" / "calendars" / "kg-state.json").read_text(encoding="utf-8"))
        *fill, vacuum = FILL.format(count=count).rsplit("VACUUM", 1)
        self.world.sql(fill[0], timeout=1800)
        for table in vacuum.strip().removeprefix("ANALYZE ").rstrip(";").split(", "):
            self.world.sql(f"VACUUM ANALYZE {table}", timeout=1800)

    def day_after(self, days):
        return self.world.sql(f"SELECT (kezek.now() + interval '{days} days')::date")[0][0]

    def change(self, *days):
        """Records the calendar with these days off; its job."""
        exceptions = [{"date": day, "kind": "day_off", "status": "confirmed"} for day in days]
        reply = self.world.client("admin").put("/v1/calendars/kg-state", {**self.calendar, "exceptions": exceptions})
        return reply.must(200)["job"]

    def job(self, job):
        return self.world.client("admin").get(f"/v1/jobs/{job}").must(200).json

    def done(self, job):
        return eventually(lambda: self.job(job)["state"] == "done" and self.job(job), 3600, every=0.5)

    def longest_turn(self):
        text = self.world.client("admin").get("/metrics").must(200).text
        return int(text.split("\nkezek_recompute_longest_turn_microseconds ")[1].split()[0]) / 1000


@row
def recompute_submit(bench):
    """p99 of submissions while 1 M open deadlines are computed anew / before it, at 1,000 a second."""
    store = Changing(bench, bench.many // 10)
    off = [store.day_after(days) for days in (1, 2, 3, 4)]  # one of them works
    began = time.monotonic()
    first = store.done(store.change(*off))
    alone = time.monotonic() - began
    bench.submit(1, rate=RATE, world=store.world)
    before = [bench.submit(rate=RATE, world=store.world) for _ in range(bench.pairs)]
    began = time.monotonic()
    job = store.change()
    during = []
    while len(during) < bench.pairs and store.job(job)["state"] == "running":
        bench.say(f"recompute_submit: {len(during) + 1} of {bench.pairs}")
        during.append(bench.submit(rate=RATE, world=store.world))
    told = store.done(job)["result"]
    beside = time.monotonic() - began
    ours, theirs = (middle(said["p99_ms"] for said in found) for found in (during, before))
    return result(ours, theirs, "ms", ours / theirs, ("<=", 2),
                  f"{told['moved']:,} moved in {beside:.0f} s, {first['result']['moved']:,} in {alone:.0f} s alone; "
                  f"longest turn {store.longest_turn():.1f} ms; p50 {middle(s['p50_ms'] for s in during):.1f} ms, "
                  f"before {middle(s['p50_ms'] for s in before):.1f} ms; {sum(s['refused'] for s in during)} refused")
