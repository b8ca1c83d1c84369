"""PostgreSQL away, frozen and out of disk: refusals within seconds, nothing lost, recovery without help."""
# Runs alone

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

from storm.caller import Caller, Unanswered
from storm.clients import submission
from storm.storm import Storm, storm_world
from support.kezek import eventually, main
from support.world import World

# Refusals come at once where PostgreSQL is known to be away; "a second or two" is the promise.
PROMPT = 2


class Prober(threading.Thread):
    """Asks one thing after another and writes down what came of each and how long that took."""

    def __init__(self, storm):
        super().__init__(daemon=True)
        self.storm, self.caller = storm, Caller(storm, "clerk-0")
        self.seen = []  # (sent, took, "201" or "503 code" or what the connection said)
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            key = str(uuid.uuid4())
            body = submission(self.storm.dice, key)
            sent = time.monotonic()
            try:
                said = str(self.caller.once("POST", "/v1/requests", body, key).status)
            except Unanswered as failure:
                said = str(failure)
            self.seen.append((sent, time.monotonic() - sent, said))
            time.sleep(0.05)
        self.caller.close()

    def between(self, since, until):
        return [(took, said) for sent, took, said in self.seen if since <= sent < until]

    def end(self):
        self.is_over.set()
        self.join(60)


class OutageTest(unittest.TestCase):
    maxDiff = None

    def begin(self, world, seed):
        self.addCleanup(world.close)
        storm = Storm(seed, clerks=3, officers=3, world=world, moves_clock=False)
        storm.begin()
        prober = Prober(storm)
        prober.start()
        self.addCleanup(prober.end)
        return storm, prober

    def end(self, storm, prober, expect=()):
        """Recovery by itself, then the verdict. `expect`: complaints that this outage may cause."""
        healed = storm.await_progress(time.monotonic())
        prober.end()
        storm.calm()
        offences = [o for o in storm.judge() if not any(words in o for words in expect)]
        print(f"# served again {healed:.1f} s after PostgreSQL was there; {storm.figures}")
        self.assertEqual(offences, [], "\n".join(offences))
        storm.world.close()
        self.assertEqual(storm.world.complaints, [])

    def assert_refused(self, seen, within, or_done=()):
        """Nothing but 503 (or what may be done all the same), each within its time, and there was something to see."""
        self.assertGreater(len(seen), 2)
        slow = [(round(took, 2), said) for took, said in seen if took > within]
        self.assertEqual(slow, [])
        refusals = {"503 database_away", "503 disk_full", "503 overloaded", *or_done}
        self.assertEqual({said for _, said in seen} - refusals, set())


class Away(OutageTest):
    def test_stopped_for_ten_seconds(self):
        storm, prober = self.begin(storm_world(), 1)
        time.sleep(1)
        storm.world.cluster.stop("fast")
        since = time.monotonic()
        with storm.world.daemon.client() as client:
            self.assertEqual(client.get("/healthz").status, 200)
            eventually(lambda: client.get("/readyz").status == 503)
        time.sleep(10)
        until = time.monotonic()
        storm.world.cluster.start()
        self.assert_refused(prober.between(since + 0.5, until - 0.5), PROMPT)
        self.end(storm, prober)

    def test_frozen_longer_than_the_request_timeout(self):
        """A host that hangs: whoever asked waits for the time-out, whoever comes after it is refused at once."""
        world = storm_world(request_timeout="2")
        storm, prober = self.begin(world, 2)
        time.sleep(1)
        world.cluster.freeze()
        since = time.monotonic()
        time.sleep(9)
        world.cluster.thaw()
        seen = prober.between(since, since + 7)
        self.assert_refused(seen, 2 + PROMPT)
        self.assertLess(sum(took > PROMPT / 2 for took, _ in seen), 4, seen)
        self.end(storm, prober)


    def test_one_backend_frozen_in_the_middle_of_a_transaction(self):
        """
        Its locks outlast every time-out, and where it held one of PostgreSQL's own, all of PostgreSQL hangs
        while connections are still taken: nobody waits for longer than request_timeout for a refusal.
        """
        limit = 3
        world = storm_world(request_timeout=limit)
        storm, prober = self.begin(world, 5)
        time.sleep(1)
        pid = eventually(lambda: self.freeze_a_writer(storm), 60, 0)
        since = time.monotonic()
        time.sleep(8)
        seen = prober.between(since, time.monotonic())
        os.kill(pid, signal.SIGCONT)
        self.assert_refused(seen, limit + PROMPT, or_done=["201"])
        self.end(storm, prober)
        self.assertLess(storm.tally.longest_wait, limit + 1 + PROMPT)

    def test_a_table_locked_by_somebody(self):
        """Connections live, every write waits: each client is refused in time, again and again."""
        limit = 2
        storm, prober = self.begin(storm_world(request_timeout=limit), 6)
        time.sleep(1)
        locker = threading.Thread(target=storm.world.sql, args=[
            "BEGIN; LOCK TABLE kezek.idempotency; SELECT pg_sleep(8); COMMIT"])
        locker.start()
        eventually(lambda: storm.world.sql("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1"))
        since = time.monotonic()
        locker.join()
        self.assert_refused(prober.between(since, time.monotonic() - limit), limit + 0.5)
        self.end(storm, prober)
        self.assertLess(storm.tally.longest_wait, limit + 1 + PROMPT)

    def freeze_a_writer(self, storm):
        """Stops a backend that has a transaction open and returns its pid; None where none was met."""
        for pid in storm.strikes.postgres.backends():
            os.kill(pid, signal.SIGSTOP)
            with contextlib.suppress(subprocess.TimeoutExpired):  # it holds what everybody waits for who asks
                if storm.world.sql(f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND backend_xid IS NOT NULL "
                                   "AND state = 'active' AND query LIKE '%open_requests%'", timeout=2) == [["1"]]:
                    return pid
            os.kill(pid, signal.SIGCONT)
        return None


class Disk(OutageTest):
    """The cluster lives on a file system of its own, which is filled to the last byte."""

    def setUp(self):
        self.mount = pathlib.Path(tempfile.mkdtemp(prefix="kezek-disk-"))
        said = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", str(self.mount)],
                              stderr=subprocess.PIPE, text=True, check=False)
        if said.returncode != 0:
            self.mount.rmdir()
            self.skipTest(f"NO FULL DISK WAS TRIED: a file system cannot be mounted here ({said.stderr.strip()})")
        self.addCleanup(self._unmount)
        self.ballast = self.mount / "ballast"

    def _unmount(self):
        subprocess.run(["umount", "-l", str(self.mount)], check=False)
        shutil.rmtree(self.mount, ignore_errors=True)

    def fill(self):
        with open(self.ballast, "ab", buffering=0) as ballast:
            for size in (2**20, 4096, 1):
                with contextlib.suppress(OSError):
                    while ballast.write(b"\0" * size):
                        pass

    def free(self):
        self.ballast.unlink()

    def small_wal(self, cluster):
        for setting in ("min_wal_size = '32MB'", "max_wal_size = '32MB'", "wal_recycle = off"):
            cluster.sql(f"ALTER SYSTEM SET {setting}")
        cluster.restart()

    def await_refusals(self, prober, code, in_a_row, seconds=40):
        """
        Until the disk is so full that submissions are refused with that code, one after the other. What room
        a refused transaction gives back (pages its tables had grown by) is filled again meanwhile: a submission
        that finds some is rightly taken.
        """
        since = time.monotonic()

        def is_full():
            self.fill()
            last = [said for _, said in prober.between(since, time.monotonic())][-in_a_row:]
            return len(last) == in_a_row and set(last) == {code}

        eventually(is_full, seconds, 0.2)

    def test_tables_cannot_grow(self):
        world = World(own_cluster=str(self.mount), start=False)
        elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="kezek-wal-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, elsewhere, ignore_errors=True)
        world.cluster.stop()
        wal = world.cluster.home / "data" / "pg_wal"
        owner = wal.stat()
        elsewhere.chmod(0o755)
        shutil.move(wal, elsewhere / "pg_wal")
        for path in [elsewhere / "pg_wal", *(elsewhere / "pg_wal").rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
        wal.symlink_to(elsewhere / "pg_wal")
        os.chown(wal, owner.st_uid, owner.st_gid, follow_symlinks=False)
        world.cluster.start()
        world.daemon.start()
        world.load_catalogue()
        storm, prober = self.begin(world, 3)
        self.await_refusals(prober, "503 disk_full", 10)
        since = time.monotonic()
        time.sleep(3)
        refused = prober.between(since, time.monotonic() - 0.5)
        self.free()
        self.assert_refused(refused, PROMPT)
        self.end(storm, prober)

    def test_the_log_cannot_grow(self):
        """PostgreSQL panics, comes up again, panics; it may stay down until there is room and somebody starts it."""
        world = World(own_cluster=str(self.mount))
        self.small_wal(world.cluster)
        world.daemon.wait_ready()
        storm, prober = self.begin(world, 4)
        log = world.cluster.home / "log"
        self.fill()

        def has_fallen():
            with contextlib.suppress(AssertionError):
                world.sql("SELECT pg_switch_wal()")
            return "terminating any other active server processes" in log.read_text(errors="replace")

        eventually(has_fallen, 40, 0.1)
        self.await_refusals(prober, "503 database_away", 1)
        since = time.monotonic()
        time.sleep(3)
        refused = prober.between(since, time.monotonic() - 0.5)
        self.free()
        self.assert_refused(refused, PROMPT, or_done=["201"])
        eventually(lambda: storm.strikes.postgres.ensure() or storm.strikes.postgres.is_answering(), 30, 0.2)
        self.end(storm, prober)


if __name__ == "__main__":
    main()
