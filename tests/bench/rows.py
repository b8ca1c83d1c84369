"""The rows of tests/bench/run: each a function that measures ours and its peer, and says the goal."""

import json
import os
import pathlib
import resource
import shutil
import signal
import statistics
import subprocess
import sys

from peer import Peer
from support.kezek import BUILD, ROOT, World

AGENCY = "kyzmat"
CONNECTIONS = 128

# One principal stands for all clients, nobody is put out for being silent, and what is handed back again and again stays in
# its queue.
LIMITS = {"idle_timeout": "600", "address_connections": 20000, "principal_connections": 20000, "hand_back_limit": 0}

PIN = "@the-own-pin@@"  # load.c gives everybody another

# What a clerk's software sends: about 1 KB, every part of it checked, routed and sealed.
BODY = {
    "service": "6-49", "variant": "standard", "channel": "counter", "language": "ky",
    "applicant": {"kind": "person", "pin": PIN, "name": "Асанов Асан Асанович", "phone": "+996555123456",
                  "email": "asanov@example.kg",
                  "address": "Бишкек шаары, Первомай району, Чүй проспектиси 123, 2-корпус, 45-батир, индекс 720001; "
                             "жашаган жери катталган дареги менен дал келет, катар тикеден, домофон 45"},
    "form": {"photo_taken": True},
    "documents": [{"kind": "previous_passport", "original": True, "pages": 2, "name": "паспорт-2016.pdf",
                   "issued_on": "2016-09-15"}],
    "external_ref": "con-pervomay/2026/000123",
}

ROWS = {}


def row(function):
    ROWS[function.__name__.rstrip("_")] = function
    return function


def result(ours, peer, unit, ratio, goal, note=""):
    """goal: (">=" or "<=", number) or None where the row is only reported."""
    met = None if goal is None else ratio >= goal[1] if goal[0] == ">=" else ratio <= goal[1]
    return {"ratio": ratio, "ours": ours, "peer": peer, "unit": unit,
            "goal": "reported" if goal is None else f"{'≥' if goal[0] == '>=' else '≤'} {goal[1]:,}",
            "met": met, "note": note}


def left_out(reason):
    """A row whose peer is not to be had here: said loudly, and no goal is met."""
    return {"ratio": None, "ours": None, "peer": None, "unit": "", "goal": "", "met": None, "note": f"LEFT OUT: {reason}"}


def failed(reason):
    """A row that could not be measured: the others are, and the run ends with 1."""
    return {**left_out(""), "met": False, "note": f"FAILED: {' '.join(str(reason).split())[:300]}"}


def middle(values):
    return statistics.median(values)


def build():
    """The release build, as config/quickstart makes it; quiet unless it fails."""
    steps = [["ninja", "-C", str(BUILD)]]
    if not (BUILD / "build.ninja").exists():
        # werror is for the builds of tests/run.
        steps.insert(0, ["meson", "setup", str(BUILD), str(ROOT), "--buildtype=release", "-Ddebug=true",
                         "-Dwerror=false"])
    for step in steps:
        done = subprocess.run(step, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "CC": "gcc"}, text=True, check=False)
        if done.returncode:
            sys.exit("\n".join(done.stdout.splitlines()[-30:]))


def age_wal(cluster, gigabytes=1):
    """
    A cluster's first gigabytes of WAL are files that are made, 16 MB of zeros each, while everybody waits: 20 to 30 ms
    every 1,600 submissions. Later ones are used again: so they are here, at once, as many as max_wal_size has room for.
    """
    cluster.sql(f"ALTER SYSTEM SET min_wal_size = '{int(gigabytes * 1024)}MB'")
    cluster.sql("SELECT pg_reload_conf()")
    for _ in range(int(gigabytes * 64)):
        cluster.sql("SELECT pg_logical_emit_message(true, 'age', repeat('x', 16 * 1024 * 1024))")
    cluster.sql("CHECKPOINT")


def tune(world):
    """As kezekd(8) says for millions of requests; durable as by default."""
    world.daemon.stop()
    for setting in ("shared_buffers = '4GB'", "max_wal_size = '8GB'", "checkpoint_timeout = '15min'"):
        world.cluster.sql(f"ALTER SYSTEM SET {setting}")
    world.cluster.restart()
    age_wal(world.cluster, 8)
    world.daemon.start()


class Bench:
    """What rows share: a world with a cluster of its own, its peer, and how long to look."""

    def __init__(self, is_quick):
        self.pairs = 3 if is_quick else 5
        self.seconds = 2 if is_quick else 8
        self.idle = 2000 if is_quick else 10000
        self.many = 10**6 if is_quick else 10**7
        self.look = 1 if is_quick else 3  # s, to choose how a peer runs best
        self._world = self._peer = None
        self._made = {}
        self.peak = self.store = None
        self.worlds, self.helpers = [], []

    def __enter__(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what was started must end too
        return self

    def __exit__(self, *_):
        for helper in self.helpers:
            helper.close()
        if self._peer:
            shutil.rmtree(self._peer.directory, ignore_errors=True)
        for world in reversed(self.worlds):  # a cluster ends with the first that was made in it
            world.close()

    def say(self, text):
        """Where it stands, on one line of a terminal."""
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    def make_world(self, **options):
        world = World(**{"own_cluster": True, **LIMITS, **options})
        if options.get("own_cluster", True):
            age_wal(world.cluster)
        world.officer(AGENCY)
        self.worlds.append(world)
        (world.directory / "body.json").write_text(json.dumps(BODY, ensure_ascii=False), encoding="utf-8")
        return world

    def close(self, world):
        """It is used no more: what it has filled is given back."""
        self.worlds.remove(world)
        world.close()

    @property
    def world(self):
        if not self._world:
            self.say("starting PostgreSQL and kezekd")
            self._world = self.make_world(test_clock=False)
        return self._world

    @property
    def peer(self):
        if not self._peer:
            self._peer = Peer(self.world.cluster, BODY)
        return self._peer

    def start_load(self, world, kind, name, connections, seconds, what, *, port=None, **options):
        """options: rate, most, batch, addresses, pause; load.c says what they are."""
        words = [word for key, value in options.items() if value for word in (f"-{key[0]}", value)]
        command = [BUILD / "tests" / "bench-load", kind, *words, "127.0.0.1", port or world.daemon.port, world.pki.ca,
                   world.pki.certificate(name), world.pki.key(name), connections, seconds, what]
        return subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True)

    def load(self, world, kind, name, connections, seconds, what, **options):
        """What bench-load says."""
        process = self.start_load(world, kind, name, connections, seconds, what, **options)
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"bench-load {kind} ended with {process.returncode}:\n{world.daemon.log_end(5)}")
        return json.loads(said)

    def submit(self, seconds=None, world=None, **options):
        world = world or self.world
        return self.load(world, "submit", "clerk", CONNECTIONS, seconds or self.seconds,
                         world.directory / "body.json", **options)

    def once(self, name, make):
        """What `make` gave when it was first asked for under that name: measured or laid once, used by several rows."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def best(self, name, candidates, measure):
        """The candidate with which `measure` gives most, by a short look at each."""
        found = {}
        for candidate in candidates:
            self.say(f"{name}: trying {candidate}")
            found[measure(candidate, self.look)] = candidate
        return found[max(found)]

    def interleave(self, name, ours, peer):
        """Both, pair by pair, each first in turn: (ours, theirs) of each pair."""
        found = []
        for i in range(self.pairs):
            self.say(f"{name}: pair {i + 1} of {self.pairs}" + (f", {found[-1]}" if found else ""))
            if i % 2:
                mine = ours()
                theirs = peer()
            else:
                theirs = peer()
                mine = ours()
            found.append((mine, theirs))
        return found


@row
def submit_pgbench(bench):
    """Durable submissions a second over HTTPS / pgbench, three inserts a transaction, 32 clients."""
    bench.submit(1)
    found = bench.interleave("submit_pgbench", bench.submit, lambda: bench.peer.rate("submit", 32, bench.seconds))
    ours = middle(said["per_second"] for said, _ in found)
    bench.peak = ours
    refused = sum(said["refused"] for said, _ in found)
    p50, p99 = (middle(said[p] for said, _ in found) for p in ("p50_ms", "p99_ms"))
    return result(ours, middle(theirs for _, theirs in found), "/s",
                  middle(said["per_second"] / theirs for said, theirs in found), (">=", 4),
                  f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, {refused} refused")


@row
def submit_half_load_p99(bench):
    """p99 of a submission at half the peak rate / p50 of one pgbench transaction, 1 client."""
    if bench.peak is None:
        bench.peak = bench.submit()["per_second"]
    found = bench.interleave("submit_half_load_p99", lambda: bench.submit(rate=bench.peak / 2),
                             lambda: bench.peer.latency_ms("submit", 1, bench.seconds))
    ours, theirs = (middle(pair) for pair in zip(*((said["p99_ms"], peer) for said, peer in found)))
    rate, p50 = (middle(said[p] for said, _ in found) for p in ("per_second", "p50_ms"))
    return result(ours, theirs, "ms", middle(said["p99_ms"] / peer for said, peer in found), ("<=", 8),
                  f"at {rate:,.0f}/s, p50 {p50:.1f} ms")


def resident(process):
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


# The same dates as term.c: 100,000 random starts over a thousand days, 14 working days on.
NUMPY = ("import json, time, numpy as n; h = json.loads({holidays!r}); "
         "c = n.busdaycalendar(holidays=h); d = n.datetime64('2024-01-01') + n.random.default_rng(1).integers(0, 1000, "
         "100000); t = []; "
         "[(t.append(-time.perf_counter_ns()), n.busday_offset(d, 14, roll='forward', busdaycal=c), "
         "t.append(t.pop() + time.perf_counter_ns())) for _ in range(20)]; print(min(t) / 100000)")


def holidays():
    """Fixed holidays of the Kyrgyz Republic over the years of the dates, as a plain list."""
    days = ("01-01", "01-02", "01-07", "02-23", "03-08", "03-21", "05-01", "05-05", "05-09", "08-31", "11-07", "11-08")
    return json.dumps([f"{year}-{day}" for year in range(2024, 2028) for day in days])


@row
def term(bench):
    """Due dates a second by the library call, one core / numpy's busday_offset, vectorised."""
    program = BUILD / "tests" / "bench-term"
    if not program.exists():
        return left_out("bench-term is not built")

    def ours():
        said = subprocess.run([program, "--json"], stdout=subprocess.PIPE, text=True, check=True).stdout
        return {found["name"]: found["ns"] for found in map(json.loads, said.splitlines())}

    def peer():
        return float(subprocess.run(["/usr/bin/python3", "-c", NUMPY.format(holidays=holidays())],
                                    stdout=subprocess.PIPE, text=True, check=True).stdout)

    found = bench.interleave("term", ours, peer)
    mine = middle(said["term_working_day"] for said, _ in found)
    slowest = max((middle(said[name] for said, _ in found), name) for name in found[0][0])
    return result(1e9 / mine, 1e9 / middle(theirs for _, theirs in found), "/s",
                  middle(theirs / said["term_working_day"] for said, theirs in found), (">=", 1),
                  f"{mine:.0f} ns a date; slowest {slowest[1]}: {slowest[0]:.0f} ns")
