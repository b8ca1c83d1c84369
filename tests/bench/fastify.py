"""Rows beside the service that one would write on Node: Fastify and node-postgres over TLS, the same rows in a commit."""

import npm
from peer import TABLES
from rows import CONNECTIONS, left_out, middle, result, row
from support.kezek import free_port

# Connections to PostgreSQL in all and processes over which they are spread; the three rows in one statement or in a
# transaction of three.
SETTINGS = [{"lanes": lanes, "processes": processes, "statements": statements}
            for lanes in (8, 16, 32) for processes in (1, 2) for statements in (1, 3)]


def pairs(bench):
    """What bench-load said of ours and of theirs, pair by pair, and what theirs is; measured once for both rows."""
    def measure():
        peer = npm.peer(bench, "fastify")
        peer.cluster.sql(TABLES, peer.database)
        # Fastify's own schema check takes the place of the PIN as it takes a PIN.
        body = bench.world.directory / "body.json"

        def theirs(setting, seconds):
            port = free_port()
            peer.ask("open", port=port, **setting)
            said = bench.load(bench.world, "submit", "clerk", CONNECTIONS, seconds, body, port=port)
            if said["refused"]:
                raise RuntimeError(f"submit_fastify: {said['refused']} refused by the peer")
            return said

        setting = bench.best("submit_fastify", SETTINGS, lambda *given: theirs(*given)["per_second"])
        theirs(setting, 1)
        bench.submit(1)
        found = bench.interleave("submit_fastify", bench.submit, lambda: theirs(setting, bench.seconds))
        written = [int(count) for count in peer.cluster.sql(
            "SELECT (SELECT count(*) FROM request), (SELECT count(*) FROM journal), (SELECT count(*) FROM deadline)",
            peer.database)[0]]
        assert written[0] and len(set(written)) == 1, f"submit_fastify: {written} rows written by the peer"
        return found, f"{peer.version} with " + ", ".join(f"{value} {key}" for key, value in setting.items())

    return bench.once("submit_fastify", measure)


def compare(bench, figure, unit, goal):
    try:
        found, peer = pairs(bench)
    except npm.Missing as missing:
        return left_out(missing)
    ours, theirs = (middle(said[figure] for said in side) for side in zip(*found))
    return result(ours, theirs, unit, middle(a[figure] / b[figure] for a, b in found), goal, peer)


@row
def submit_fastify(bench):
    """Durable submissions a second over HTTPS / Fastify and pg over TLS, 128 connections."""
    return compare(bench, "per_second", "/s", (">=", 10))


@row
def submit_fastify_p99(bench):
    """p99 of a submission, 128 connections / that of Fastify and pg, in the same pairs."""
    return compare(bench, "p99_ms", "ms", ("<=", 0.2))
