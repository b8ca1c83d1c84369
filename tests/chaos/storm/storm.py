"""The storm itself: a world, a load of clients, strikes at random instants, calm, and what was seen."""

import collections
import contextlib
import pathlib
import random
import shutil
import sys
import threading
import time

from support.kezek import eventually
from support.world import World

from . import verdict
from .clients import Clerk, Officer, Timekeeper
from .history import Tally
from .strikes import Strikes

AGENCIES = ("kyzmat", "civil-registry")
# Nobody may wait longer than this for the house to stand again by itself.
RECOVERY = 60
GIVES_UP = 180


def storm_world(**options):
    """
    A world whose PostgreSQL lives in memory where there is room: what processes lose when they are killed is the
    same there, and its recovery does not measure how busy this machine's disk is with other things.
    """
    shm = pathlib.Path("/dev/shm")
    roomy = shm.is_dir() and shutil.disk_usage(shm).free > 3 * 2**30
    return World(own_cluster=str(shm) if roomy else True, **options)


class Storm:
    def __init__(self, seed, daemons=1, clerks=6, officers=4, say=lambda text: None, world=None, moves_clock=True):
        self.seed, self.say = seed, say
        self.dice = random.Random(seed)
        self.world = world or storm_world()
        self.pki = self.world.pki
        while len(self.world.daemons) < daemons:
            self.world.another_daemon().start()
        self.ports = [daemon.port for daemon in self.world.daemons[:daemons]]
        self.histories = pathlib.Path(self.world.directory) / f"histories-{seed}-{time.monotonic_ns()}"
        self.histories.mkdir()
        self.tally = Tally()
        self.is_over = threading.Event()
        self.gate = threading.Event()
        self._pending, self._lock = collections.Counter(), threading.Lock()
        self.outages = collections.defaultdict(list)
        self.strikes = Strikes(self, self.dice)
        self.workers = self._hire(clerks, officers, moves_clock)

    def _hire(self, clerks, officers, moves_clock):
        for n in range(2):
            self._principal(f"clerk-{n}", "clerk", office="con-pervomay")
        for agency in AGENCIES:
            for n in range(2):
                self._principal(f"officer-{agency}-{n}", "officer", agency=agency)
        hired = [Clerk(self, f"clerk-client-{n}", f"clerk-{n % 2}", self.dice.random(), n) for n in range(clerks)]
        for n in range(officers):
            agency = AGENCIES[n % 4 == 3]
            hired.append(Officer(self, f"officer-client-{n}", f"officer-{agency}-{n % 2}", self.dice.random(), n,
                                 agency=agency))
        if moves_clock:
            hired.append(Timekeeper(self, "timekeeper", "admin", self.dice.random()))
        return hired

    def _principal(self, name, role, **body):
        if not self.pki.certificate(name).exists():
            self.world.principal(name, role, **body)
        # Caches follow the database within half a second; the other daemons' too.
        for daemon in self.world.daemons:
            with daemon.client(name) as client:
                eventually(lambda client=client: client.get("/v1/me").status == 200)

    # What the clients ask.

    @contextlib.contextmanager
    def pending(self, began):
        with self._lock:
            self._pending[began] += 1
        try:
            yield
        finally:
            with self._lock:
                self._pending[began] -= 1
                if not self._pending[began]:
                    del self._pending[began]

    def oldest_pending(self):
        with self._lock:
            return time.monotonic() - min(self._pending, default=time.monotonic())

    def gives_up(self, began):
        return time.monotonic() - began > GIVES_UP

    # The run.

    def begin(self):
        self.gate.set()
        for worker in self.workers:
            worker.start()
        self.await_progress(time.monotonic())

    def is_moving(self, since):
        """Both kinds of work have had an answer to something that was sent after `since`."""
        return self.tally.of("submissions") > since[0] and self.tally.of("claims") >= since[1]

    def await_progress(self, since_mono):
        """Until new submissions are acknowledged again; how long that took since then."""
        before = (self.tally.of("submissions") + 1, self.tally.of("claims"))
        end = time.monotonic() + RECOVERY
        while not self.is_moving(before):
            if time.monotonic() > end:
                raise AssertionError(f"no submission acknowledged in {RECOVERY} s:\n{self.world.daemon.log_end(10)}")
            time.sleep(0.005)
        return time.monotonic() - since_mono

    def strike(self, kind, wait=True):
        since = self.strikes.strike(kind)
        self.strikes.postgres.ensure()
        if wait:
            self.await_progress(since)
        return since

    def run(self, kinds, seconds):
        """One strike after another, spread over so many seconds; some come before the last has healed."""
        began = time.monotonic()
        for n, kind in enumerate(kinds):
            at = began + seconds * (n + self.dice.random()) / len(kinds)
            time.sleep(max(0, at - time.monotonic()))
            self.strike(kind, wait=self.dice.random() < 0.85)
            self.say(f"{n + 1:4}/{len(kinds)} {kind:18} {time.monotonic() - began:6.0f} s, "
                     f"{self.tally.of('submissions')} submissions, {self.tally.of('claims')} claims, "
                     f"{self.tally.of('decide 200')} decisions, {len(self.tally.complaints)} complaints")
        self.await_progress(time.monotonic())

    def calm(self):
        """Clients finish what they began; then everything that is due is given the time to happen."""
        self.is_over.set()
        for worker in self.workers:
            worker.join(GIVES_UP + 30)
            if worker.is_alive():
                self.tally.complain(f"{worker.name} has not come to an end")
        for daemon in self.world.daemons:
            daemon.wait_ready()
        self.measure()
        verdict.settle(self.world)

    def measure(self):
        """The longest that a client waited because of each strike: up to the next one."""
        spans = self.strikes.spans
        for n, (kind, began, ended) in enumerate(spans):
            until = spans[n + 1][1] if n + 1 < len(spans) else time.monotonic()
            self.outages[kind].append(self.tally.outage(began, max(until, ended)))

    def check_clean_end(self, port, told, ended):
        """Whoever had sent its request well before SIGTERM has an answer; it reached the daemon by then."""
        cut = [sent for sent, lost, where in self.tally.lost
               if where == port and told - 5 < sent < told - 0.1 and told < lost < ended + 0.5]
        if cut:
            self.tally.complain(f"SIGTERM cut {len(cut)} requests that had been sent before it")

    def judge(self):
        """Every offence, in words; none where all is well."""
        return self.tally.complaints + verdict.judge(self)

    def replay_all(self, most=400):
        """What was acknowledged is answered again with the same bytes."""
        clerks = [w for w in self.workers if isinstance(w, Clerk)]
        for clerk in clerks:
            for key, body, answer in clerk.answered[-most // len(clerks):]:
                clerk.repeat(key, body, answer)

    def report(self):
        spans = collections.Counter(kind for kind, _, _ in self.strikes.spans)
        lines = [f"{'struck':20}{'times':>6}{'longest outage':>16}{'median':>9}"]
        for kind in Strikes.KINDS:
            if spans[kind]:
                seen = sorted(self.outages[kind])
                lines.append(f"{kind:20}{spans[kind]:6}{seen[-1]:14.2f} s{seen[len(seen) // 2]:7.2f} s")
        lines.append(f"longest wait for one answer: {self.tally.longest_wait:.2f} s")
        lines.append(", ".join(f"{name}: {n}" for name, n in sorted(self.tally.counts.items())))
        return lines


def to_terminal(text):
    print(text, file=sys.stderr, flush=True)
