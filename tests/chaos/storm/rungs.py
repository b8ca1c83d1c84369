"""Rungs that fall due while daemons and PostgreSQL are killed: each fires once, none is missing, in order."""

import datetime
import random
import re
import time

from support.fill import fill

from .storm import storm_world
from .strikes import Strikes
from .verdict import cite

RUNGS = 3  # of one request's ladder; the due moment comes beside the last one
CATCH_UP = 60
ROUND = ("daemon_kill", "backend_kill", "daemons_kill", "postmaster_kill", "daemon_kill", "power_cut")

# What is to happen, noted before anything can.
EXPECTED = """
CREATE TABLE public.expected AS
SELECT request, 'breached' AS kind, NULL AS rung, due_at AS at FROM kezek.deadline
UNION ALL
SELECT d.request, CASE WHEN u.at < d.due_at THEN 'warned' ELSE 'escalated' END, r.label, u.at
FROM kezek.deadline d, unnest(d.rung_at) WITH ORDINALITY AS u(at, no), kezek.rung r
WHERE r.service = '6-49' AND r.version = d.rule_version AND r.kind = d.kind AND r.no = u.no - 1"""

FIRED = """(SELECT request, seq, id, kind, after ->> 'rung' AS rung, occurred_at AS at, recorded_at
    FROM kezek.event WHERE kind <> 'submit')"""

RULES = {
    "a rung or due moment that did not happen exactly once": f"""
        SELECT x.request, x.kind, x.rung, count(e.seq) FROM public.expected x LEFT JOIN {FIRED} e
            ON e.request = x.request AND e.at = x.at AND e.kind = x.kind AND e.rung IS NOT DISTINCT FROM x.rung
        GROUP BY x.request, x.at, x.kind, x.rung HAVING count(e.seq) <> 1""",
    "an event that nothing was due for": f"""
        SELECT e.request, e.kind, e.at FROM {FIRED} e WHERE NOT EXISTS (SELECT FROM public.expected x
            WHERE x.request = e.request AND x.at = e.at AND x.kind = e.kind AND x.rung IS NOT DISTINCT FROM e.rung)""",
    "events of one request in another order than their instants": f"""
        SELECT request, seq FROM (SELECT request, seq, kind, at, recorded_at, lag(at) OVER w AS prior,
            lag(recorded_at) OVER w AS prior_recorded, lag(kind) OVER w AS prior_kind FROM {FIRED} e
            WINDOW w AS (PARTITION BY request ORDER BY seq)) o
        WHERE at < prior OR recorded_at < prior_recorded OR at = prior AND kind = 'breached'""",
    "an event before its instant": f"SELECT request, seq FROM {FIRED} e WHERE recorded_at < at",
    "a journal that is not dense": """
        SELECT s.id FROM kezek.request_state s LEFT JOIN kezek.event e ON e.request = s.id GROUP BY s.id, s.seq
        HAVING count(e.seq) <> s.seq OR max(e.seq) <> s.seq""",
    "a rung without its notification, or one without its rung": f"""
        SELECT request, seq FROM (SELECT * FROM {FIRED} f WHERE rung IS NOT NULL) e
        FULL JOIN kezek.notification n USING (id, request, seq, kind, rung)
        WHERE e.at IS NULL OR n.occurred_at IS DISTINCT FROM e.at""",
    "a deadline whose marks say something else": f"""
        SELECT request FROM kezek.deadline JOIN (SELECT DISTINCT request FROM public.expected) x USING (request)
        WHERE fire_at IS NOT NULL OR fired <> {2**RUNGS - 1} OR breached_at IS DISTINCT FROM due_at""",
}


class RungStorm:
    """`requests` ladders over two daemons; their instants are spread over `seconds` in clumps, `clump` seconds apart."""

    def __init__(self, seed, requests, seconds, clump, say=lambda text: None, world=None):
        self.dice, self.say = random.Random(seed), say
        self.requests, self.seconds, self.clump = requests, seconds, clump
        self.world = world or storm_world()
        while len(self.world.daemons) < 2:
            self.world.another_daemon()
        self.strikes = Strikes(self, self.dice)
        self.figures = {}

    def lay(self):
        """The ladders; the first rung is due in a moment."""
        groups = int(self.seconds / self.clump / 2)  # their due moments fill the second half
        gap = groups * self.clump / (RUNGS - 1)
        for daemon in self.world.daemons:
            daemon.stop()
        begins = self.world.now() + datetime.timedelta(seconds=2 + self.requests / 10000)
        rungs = f"SELECT ARRAY[due_at - interval '{2 * gap} s', due_at - interval '{gap} s', due_at] AS rung_at, 0 AS fired"
        fill(self.world, self.requests, self.requests, begins + datetime.timedelta(seconds=2 * gap), rungs,
             later=f"interval '1 s' * {self.clump} * (k % {groups})",
             since=(begins - datetime.timedelta(days=1)).isoformat())
        self.world.sql(EXPECTED)
        for daemon in self.world.daemons:
            daemon.start()
        self.began = time.monotonic() + (begins - self.world.now()).total_seconds()

    def run(self, strikes):
        """So many strikes until the last instant; half of them are aimed at what is being fired."""
        for n in range(strikes):
            at = self.seconds * (n + self.dice.random()) / strikes
            if self.dice.random() < 0.5:
                at = at - at % self.clump + self.dice.uniform(0, 0.2)
            time.sleep(max(0, self.began + at - time.monotonic()))
            kind = ROUND[n % len(ROUND)]
            self.strikes.strike(kind)
            self.strikes.postgres.ensure()
            self.say(f"{n + 1:4}/{strikes} {kind:18} {time.monotonic() - self.began:6.0f} s")
        time.sleep(max(0, self.began + self.seconds - time.monotonic()))
        self.settle()

    def settle(self):
        began = time.monotonic()
        while time.monotonic() - began < CATCH_UP:
            if self.world.sql("SELECT EXISTS (SELECT FROM kezek.deadline JOIN public.expected USING (request) "
                              "WHERE fire_at IS NOT NULL)") == [["f"]]:
                break
            time.sleep(0.1)
        self.figures["seconds to catch up at the end"] = round(time.monotonic() - began, 1)
        for daemon in self.world.daemons:
            daemon.wait_ready()

    def judge(self):
        """Every offence, in words; none where all is well."""
        found = [line for what, statement in RULES.items() for line in cite(what, self.world.sql(statement))]
        expected, events, median, most = self.world.sql(f"""SELECT (SELECT count(*) FROM public.expected), count(*),
            round((percentile_cont(0.5) WITHIN GROUP (ORDER BY late))::numeric, 3), round(max(late)::numeric, 1)
            FROM (SELECT extract(epoch FROM recorded_at - at) AS late FROM {FIRED} e) l""")[0]
        self.figures.update({
            "ladders": self.requests, "rungs": self.requests * RUNGS, "expected": int(expected), "events": int(events),
            "median lateness in s": float(median), "greatest": float(most),
            "fired by each daemon": [sum(map(int, re.findall(r"event=deadlines_fired fired=(\d+)", daemon.log())))
                                     for daemon in self.world.daemons]})
        return found
