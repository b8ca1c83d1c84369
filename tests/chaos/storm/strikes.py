"""The ways in which processes are struck. Each returns when the struck thing stands again."""

import contextlib
import os
import pathlib
import signal
import time

from support.house import process_is_alive


def _family(parent):
    """(pid, title) of each child."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text(encoding="utf-8", errors="replace")
            if int(text.rpartition(")")[2].split()[1]) == parent:
                title = (stat.parent / "cmdline").read_text(errors="replace").strip("\0 ")
                found.append((int(stat.parent.name), title))
    return found


def _kill(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _until(question, seconds, what):
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.005)


class Postgres:
    """The cluster's processes."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.lock = cluster.home / "data" / "postmaster.pid"

    def postmaster(self):
        with contextlib.suppress(OSError, IndexError, ValueError):
            pid = int(self.lock.read_text().split()[0])
            return pid if process_is_alive(pid) else None
        return None

    def backends(self):
        """Those that serve a daemon: `postgres: kezek_app …`."""
        postmaster = self.postmaster()
        return [pid for pid, title in _family(postmaster) if "kezek_" in title] if postmaster else []

    def kill_postmaster(self):
        """Its backends notice and end by themselves; a new one may start only when the last is gone."""
        postmaster = self.postmaster()
        family = [pid for pid, _ in _family(postmaster)]
        _kill(postmaster, signal.SIGKILL)
        _until(lambda: not process_is_alive(postmaster), 10, "the postmaster outlived SIGKILL")
        end = time.monotonic() + 10
        while any(process_is_alive(pid) for pid in family):
            if time.monotonic() > end:
                for pid in family:
                    _kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        self.clear_locks()

    def clear_locks(self):
        """A postmaster that died and was not waited for would look alive to the next one."""
        self.lock.unlink(missing_ok=True)
        (self.cluster.socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def start(self):
        self.cluster.start()

    def ensure(self):
        """Started again where it has ended, as a service manager would."""
        if self.postmaster() is None:
            self.clear_locks()
            self.start()

    def is_answering(self):
        with contextlib.suppress(AssertionError):
            return self.cluster.sql("SELECT NOT pg_is_in_recovery()") == [["t"]]
        return False


class Strikes:
    """`dice` chooses victims and lengths. `done` counts by kind; `spans` holds (kind, from, until)."""

    KINDS = ("daemon_kill", "backend_kill", "postmaster_kill", "power_cut", "backend_stop", "postgres_stop",
             "backend_terminate", "daemon_term", "daemons_kill")
    # How often in a round; kills of the daemon and of backends are what happens most.
    ROUND = ("daemon_kill", "backend_kill", "daemon_kill", "postmaster_kill", "backend_kill", "daemon_term",
             "backend_stop", "daemon_kill", "backend_terminate", "postgres_stop", "power_cut", "backend_kill")
    KILLS = ("daemon_kill", "backend_kill", "postmaster_kill", "power_cut", "daemons_kill")

    def __init__(self, storm, dice):
        self.storm, self.dice = storm, dice
        self.postgres = Postgres(storm.world.cluster)
        self.spans = []

    def strike(self, kind):
        began = time.monotonic()
        getattr(self, kind)()
        self.spans.append([kind, began, time.monotonic()])
        return began

    def _daemon(self):
        return self.dice.choice(self.storm.world.daemons)

    def daemon_kill(self):
        daemon = self._daemon()
        daemon.kill()
        time.sleep(self.dice.choice((0, 0.1, 0.5)))
        daemon.start(wait=False)

    def daemons_kill(self):
        """All at once: nobody is left who would do their work meanwhile."""
        for daemon in self.storm.world.daemons:
            daemon.kill()
        time.sleep(self.dice.choice((0, 0.5, 2)))
        for daemon in self.storm.world.daemons:
            daemon.start(wait=False)

    def daemon_term(self):
        """A clean end under load: what runs is finished, and whoever had sent a request has its answer."""
        daemon = self._daemon()
        sent_before = time.monotonic()
        daemon.signal(signal.SIGTERM)
        status = daemon.process.wait(30)
        daemon.process = None
        ended = time.monotonic()
        daemon.start(wait=False)
        if status != 0:
            self.storm.tally.complain(f"kezekd ended with {status} after SIGTERM: {daemon.log_end(5)}")
        self.storm.check_clean_end(daemon.port, sent_before, ended)

    def _backend(self, number):
        backends = self.postgres.backends()
        if not backends:
            return None
        pid = self.dice.choice(backends)
        _kill(pid, number)
        return pid

    def backend_kill(self):
        self._backend(signal.SIGKILL)

    def backend_terminate(self):
        self._backend(signal.SIGTERM)

    def backend_stop(self):
        pid = self._backend(signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.5, 3))
        if pid:
            _kill(pid, signal.SIGCONT)

    def postmaster_kill(self):
        if self.postgres.postmaster() is None:
            self.postgres.ensure()
        self.postgres.kill_postmaster()
        self.postgres.start()

    def power_cut(self):
        if self.postgres.postmaster() is None:
            self.postgres.ensure()
        self.storm.world.cluster.kill()
        self.postgres.start()

    def postgres_stop(self):
        if self.postgres.postmaster() is None:
            self.postgres.ensure()
        self.storm.world.cluster.freeze()
        time.sleep(self.dice.uniform(1, 4))
        self.storm.world.cluster.thaw()
