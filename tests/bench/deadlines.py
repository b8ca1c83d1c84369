"""Rows about timers: how soon what is due has fired, and how little that hangs on what else is stored."""

import concurrent.futures
import datetime
import time

from rows import middle, resident, result, row
from support.fill import fill

DUE = 10000
FIRST = datetime.datetime(2026, 12, 1, 18, tzinfo=datetime.timezone.utc)  # midnight in Bishkek
MEBI = 2**20

# Ends when nothing that was due by then is left to fire, as another session sees it.
UNTIL_FIRED = """
CREATE TEMP TABLE answer (late float);
DO $$
BEGIN
    WHILE EXISTS (SELECT FROM kezek.deadline WHERE fire_at <= '{due}') LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
    INSERT INTO answer VALUES (extract(epoch FROM kezek.now() - '{due}'));
END $$;
SELECT late FROM answer"""

JOURNAL = """SELECT count(*) FILTER (WHERE kind = 'breached'), count(*) FILTER (WHERE kind = 'escalated'),
    (SELECT count(*) FROM kezek.notification) FROM kezek.event WHERE recorded_at >= '{due}'"""


class Store:
    """A world with `count` running deadlines, `due` of them due at one instant on each of so many days."""

    def __init__(self, bench, count, days, due=DUE):
        bench.say(f"laying {count:,} running deadlines")
        self.world = bench.make_world(test_clock=True)
        self.world.set_clock("2026-12-01T00:00:00Z")
        self.world.daemon.stop()
        self.count, self.due, self.next = count, due, FIRST
        fill(self.world, count, due, FIRST, days=days)

    def begin(self):
        self.world.forget_clients()
        self.world.daemon.start()

    def fire(self):
        """
        Seconds from the next of those instants to the commit of the last journal row of what was due at it. Each of
        the deadlines has a rung there beside the moment itself: two events and a notification.
        """
        due, self.next = self.next, self.next + datetime.timedelta(days=1)
        self.world.sql("CHECKPOINT")  # or one would come at a time of its own: the first write to a page costs most
        self.world.set_clock(due - datetime.timedelta(seconds=1.5))
        took = float(self.world.sql(UNTIL_FIRED.format(due=due))[0][0])
        self.check(due)
        return took

    def check(self, due):
        written = self.world.sql(JOURNAL.format(due=due))[0]
        told = self.due * ((due - FIRST).days + 1)
        assert written == [str(self.due), str(self.due), str(told)], f"{written} events and notifications"

    def sleep_over(self):
        """The daemon ends, and starts again a minute after the next of those instants; that, and the wall time then."""
        due, self.next = self.next, self.next + datetime.timedelta(days=1)
        self.world.set_clock(due - datetime.timedelta(minutes=1))
        self.world.forget_clients()
        self.world.daemon.stop()
        self.world.sql("UPDATE kezek.clock SET shift = shift + interval '2 minutes'")
        began = time.time()
        self.world.daemon.start()
        return due, began


def large_store(bench):
    """Filled once: it takes minutes."""
    if not bench.store:
        bench.store = Store(bench, bench.many, bench.pairs + 1)
        bench.store.begin()
    return bench.store


@row
def fire_10k(bench):
    """Seconds from the instant at which 10,000 deadlines are due to the commit of the last one's journal row."""
    store = Store(bench, DUE * bench.pairs, bench.pairs)
    store.begin()
    took = []
    for i in range(bench.pairs):
        bench.say(f"fire_10k: {i + 1} of {bench.pairs}")
        took.append(store.fire())
    return result(middle(took), None, "s", middle(took), ("<=", 1), f"slowest of {bench.pairs}: {max(took):.2f} s")


@row
def flat_due(bench):
    """The same with 10 M running deadlines in store / with 10 k a round."""
    large, small = large_store(bench), Store(bench, DUE * bench.pairs, bench.pairs)
    small.begin()
    found = bench.interleave("flat_due", large.fire, small.fire)
    return result(middle(ours for ours, _ in found), middle(theirs for _, theirs in found), "s",
                  middle(ours / theirs for ours, theirs in found), ("<=", 1.3), f"{large.count:,} running deadlines")


@row
def start_10m(bench):
    """Seconds from the start of kezekd, with 10 M running deadlines of which 10,000 are overdue, to its first firing."""
    store = large_store(bench)
    world = store.world
    due, began = store.sleep_over()
    world.sql(UNTIL_FIRED.format(due=due))
    store.check(due)
    fired = float(world.sql(f"SELECT extract(epoch FROM min(recorded_at) - (SELECT shift FROM kezek.clock)) "
                            f"FROM kezek.event WHERE recorded_at >= '{due}'")[0][0])
    size = resident(world.daemon.process) / MEBI
    return result(fired - began, None, "s", fired - began, ("<=", 2),
                  f"{store.count:,} running deadlines; {size:.0f} MiB resident, goal ≤ 64"
                  + ("" if size <= 64 else " NOT MET"))


@row
def catch_up(bench):
    """Rungs and due moments a second after a downtime in which 100,000 deadlines have fallen due."""
    due = 10 * DUE
    store = Store(bench, 2 * due, 2, due)
    world = store.world
    store.begin()

    def caught_up():
        moment, began = store.sleep_over()
        world.sql(UNTIL_FIRED.format(due=moment))
        return 2 * due / (time.time() - began)

    alone = caught_up()
    with concurrent.futures.ThreadPoolExecutor(1) as aside:
        rate = aside.submit(caught_up)
        time.sleep(1)  # until the daemon is there
        said = bench.submit(3, rate=1000, world=world)
        beside = rate.result()
    return result(alone, None, "/s", alone, (">=", 20000),
                  f"{beside:,.0f}/s beside {said['per_second']:,.0f} submissions a second, their p99 {said['p99_ms']:.0f} ms")
