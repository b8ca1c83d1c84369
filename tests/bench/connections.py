"""Rows about connections that stand idle: what each holds, and what a submission feels of them."""

import contextlib
import json
import select

from rows import LIMITS, middle, resident, result, row

PATIENCE = 600  # s until all are open: each costs two signatures
ADDRESSES = 40  # so that none has more than a client may have: address_connections
RATE = 500      # submissions a second beside them


@contextlib.contextmanager
def standing(bench, world, count):
    """So many idle connections of one principal, opened one after the other and each served once."""
    bench.say(f"opening {count:,} connections")
    process = bench.start_load(world, "idle", "clerk", count, 2 * PATIENCE, "/v1/me", addresses=ADDRESSES)
    try:
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            raise RuntimeError(f"{count:,} connections were not opened within {PATIENCE} s")
        said = process.stdout.readline()
        if not said:
            raise RuntimeError(f"bench-load ended with {process.wait()}:\n{world.daemon.log_end(5)}")
        yield json.loads(said)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def make_world(bench):
    """The limits as they are but for that of one principal."""
    return bench.make_world(test_clock=False, address_connections=512)


@row
def idle_connection(bench):
    """Resident bytes of an idle mutual-TLS connection that has been served, 10,000 of them."""
    world = make_world(bench)
    before = resident(world.daemon.process)
    with standing(bench, world, bench.idle) as said:
        each = (resident(world.daemon.process) - before) / max(said["done"], 1)
    bench.close(world)
    return result(each, None, "bytes", each, ("<=", 20480), f"{said['done']:,} connections, {said['refused']} refused")


@row
def idle_submit(bench):
    """p50 of submissions at 500 a second while 10,000 connections stand idle / beside none."""
    world = make_world(bench)
    quiet = world.another_daemon(**LIMITS)
    quiet.start()
    with standing(bench, world, bench.idle) as idle:
        found = bench.interleave("idle_submit", lambda: bench.submit(rate=RATE, world=world),
                                 lambda: bench.submit(rate=RATE, world=world, port=quiet.port))
    bench.close(world)
    ours, theirs = (middle(said["p50_ms"] for said in side) for side in zip(*found))
    p99 = [middle(said["p99_ms"] for said in side) for side in zip(*found)]
    return result(ours, theirs, "ms", middle(a["p50_ms"] / b["p50_ms"] for a, b in found), ("<=", 1.2),
                  f"{idle['done']:,} connections; p99 {p99[0]:.1f} ms, beside none {p99[1]:.1f} ms")
