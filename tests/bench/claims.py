"""Rows about claims: work taken from a queue and decided, one at a time and in batches, beside queues on PostgreSQL."""

import npm
from rows import AGENCY, CONNECTIONS, left_out, middle, result, row

OFFICER = f"officer-{AGENCY}"
# How many connections pull from the queue: the best of these is taken, and as much is done for the peer.
OUR_CONNECTIONS = {1: (64, CONNECTIONS), 10: (16, 64), 100: (4, 16)}
# Items a second for which enough are laid at first, by their name: what is seen to be done raises it.
PACE = {1: 1500, 10: 5000, 100: 8000}
ROOM = 1.5
WAITING = 6000  # of pgbench, for each second

# Lanes that fetch and complete (as many connections in the pool), and processes over which they are spread.
PGBOSS = [{"lanes": lanes, "processes": processes} for lanes in (4, 10, 20, 40) for processes in (1, 2)]
# As its manual advises: the local queue as long as a batch or longer, completions gathered.
GRAPHILE = [{"concurrency": concurrency, "size": size, "delay": delay, "processes": processes}
            for concurrency, size, delay in ((24, 100, 0), (100, 100, 5), (100, 500, 0), (200, 500, 20))
            for processes in (1, 2)]


def with_enough(bench, name, batch, seconds, lay, measure):
    """
    Lays so many items that they last, and measures; where they ran dry it was no measurement, and it is done again with
    more. lay(count); measure() gives items a second, whether they ran dry, and anything else.
    """
    pace = bench.once(f"pace of {name}", lambda: {"items": PACE[batch]})
    while True:
        lay(int(pace["items"] * seconds))
        rate, is_dry, *more = measure()
        pace["items"] = max(pace["items"], ROOM * rate)
        if not is_dry:
            return (rate, *more)
        pace["items"] *= 2


def lay(bench, wanted):
    """So many applications wait in the queue; they came in as all do."""
    waiting = int(bench.world.sql("SELECT count(*) FROM kezek.work WHERE waiting")[0][0])
    if waiting < wanted:
        bench.say(f"submitting {wanted - waiting:,} applications to be claimed")
        bench.submit(3600, most=wanted - waiting)
    bench.world.sql("VACUUM ANALYZE kezek.work, kezek.request_state", timeout=1800)


def claim(bench, batch, connections, seconds):
    """What bench-load says of claims with their decisions."""
    def measure():
        said = bench.load(bench.world, "claim", OFFICER, connections, seconds, AGENCY, batch=batch)
        return said["per_second"], said["empty"] > 0, said

    return with_enough(bench, f"ours {batch}", batch, seconds, lambda count: lay(bench, count), measure)[1]


def our_connections(bench, batch):
    return bench.once(f"claim_{batch}", lambda: bench.best(
        f"claims of {batch}", OUR_CONNECTIONS[batch],
        lambda connections, seconds: claim(bench, batch, connections, seconds)["per_second"]))


def sum_up(found, goal, note):
    """found: (what bench-load said, the peer's figure) of each pair."""
    refused = sum(said["refused"] for said, _ in found)
    return result(middle(said["per_second"] for said, _ in found), middle(theirs for _, theirs in found), "/s",
                  middle(said["per_second"] / theirs for said, theirs in found), goal,
                  f"p99 {middle(said['p99_ms'] for said, _ in found):.1f} ms, {refused} refused; {note}")


@row
def claim_pgbench_1(bench):
    """Claim and decision over HTTPS, one at a time, 128 connections / the same statements in pgbench, 32 clients."""
    def theirs():
        bench.peer.fill(WAITING * bench.seconds)
        return bench.peer.rate("claim", 32, bench.seconds)

    found = bench.interleave("claim_pgbench_1", lambda: claim(bench, 1, CONNECTIONS, bench.seconds), theirs)
    return sum_up(found, None, "no journal of reads, no authorisation on the peer's side")


def beside(bench, name, batch, script, candidates, goal):
    """Ours and a queue on Node: each with the settings that were best for it."""
    try:
        peer = npm.peer(bench, script)
    except npm.Missing as missing:
        return left_out(missing)

    def theirs(setting, seconds):
        peer.ask("open", **setting)
        return with_enough(bench, name, batch, seconds, peer.fill,
                           lambda: peer.measure(batch=batch, seconds=seconds))[0]

    setting = bench.best(f"{name}, {script}", candidates, theirs)
    connections = our_connections(bench, batch)
    found = bench.interleave(name, lambda: claim(bench, batch, connections, bench.seconds),
                             lambda: theirs(setting, bench.seconds))
    return sum_up(found, goal, f"{connections} connections; {peer.version} with "
                  + ", ".join(f"{value} {key}" for key, value in setting.items()))


def pgboss(bench, batch, goal):
    return beside(bench, f"claim_pgboss_{batch}", batch, "pgboss", PGBOSS, (">=", goal))


@row
def claim_pgboss_1(bench):
    """Claim and decision over HTTPS, journal kept / pg-boss fetch and complete, one at a time."""
    return pgboss(bench, 1, 4)


@row
def claim_pgboss_10(bench):
    """The same in batches of 10."""
    return pgboss(bench, 10, 3)


@row
def claim_pgboss_100(bench):
    """The same in batches of 100."""
    return pgboss(bench, 100, 2.5)


@row
def claim_graphile(bench):
    """Claims and decisions in batches of 100 / graphile-worker with its local queue and batched completion."""
    return beside(bench, "claim_graphile", 100, "graphile", GRAPHILE, (">=", 1.2))
