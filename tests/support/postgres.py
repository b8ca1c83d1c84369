"""A private PostgreSQL cluster for tests, made with config/cluster, and its databases."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import tempfile
import time

from .house import KEZEKD, ROOT, process_is_alive, run

CLUSTER = ROOT / "config" / "cluster"


class Cluster:
    """
    `home` given: that cluster is used and left running; else one is made `under` a directory, and removed at close.
    `environment`: what its processes find in theirs.
    """

    def __init__(self, home=None, under="/tmp", environment=None):
        self.is_own = home is None
        self.environment = environment
        self._top = None
        if self.is_own:
            self._top = pathlib.Path(tempfile.mkdtemp(prefix="kezek-pg-", dir=under))
            self._top.chmod(0o755)
            home = self._top / "pg"
        self.home = pathlib.Path(home)
        self.start()

    @property
    def socket(self):
        return self.home / "socket"

    def start(self):
        # The answer is a path: the cluster may live elsewhere than asked.
        self.home = pathlib.Path(run(CLUSTER, "start", self.home, env=self.environment).stdout.strip())

    def stop(self, how="fast"):
        run(CLUSTER, "stop", self.home, how)

    def restart(self, how="fast"):
        self.stop(how)
        self.start()

    def kill(self):
        """SIGKILL to the postmaster and every backend: what a power cut leaves behind."""
        lock = self.home / "data" / "postmaster.pid"
        postmaster = int(lock.read_text().split()[0])
        # Stopped first, so that it does not start new children meanwhile.
        os.kill(postmaster, signal.SIGSTOP)
        family = [postmaster, *_children(postmaster)]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while any(process_is_alive(pid) for pid in family):
            if time.monotonic() > end:
                raise TimeoutError("PostgreSQL outlived SIGKILL")
            time.sleep(0.01)
        # A dead postmaster that nobody has waited for yet would look alive to the next one.
        lock.unlink(missing_ok=True)
        (self.socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def freeze(self):
        """Everything of it stands still, sockets stay open: a host that hangs."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def _signal(self, number):
        postmaster = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
        for pid in [postmaster, *_children(postmaster)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def sql(self, text, database="postgres", user="postgres", timeout=120):
        """Runs SQL text and returns its rows as lists of strings, NULL as None."""
        out = run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-F", "\x1f", "-R", "\x1e", "-P", "null=\x1d",
            "-h", self.socket, "-U", user, "-d", database, "-f", "-", stdin=text, timeout=timeout,
        ).stdout
        rows = [row for row in out.rstrip("\n").split("\x1e") if row != ""]
        return [[None if cell == "\x1d" else cell for cell in row.split("\x1f")] for row in rows]

    def conninfo(self, database, user):
        return f"host={self.socket} dbname={database} user={user}"

    def make_database(self, name, test_clock, config_of):
        """
        A migrated database. Migrating happens once per cluster and kind; the rest are copies.
        config_of(database) gives the path of a kezekd.conf for that database.
        """
        template = f"template_{_migrations_digest()}_{'tc' if test_clock else 'plain'}"
        with open(self.home.parent / f"{self.home.name}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{template}'"):
                self._migrate(template, test_clock, config_of)
            self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER kezek_migrator')

    def _migrate(self, template, test_clock, config_of):
        making = template + "_making"
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", "postgres",
            "-d", "postgres", "-f", ROOT / "migrations" / "roles.sql")
        self.sql(f'DROP DATABASE IF EXISTS "{making}"')
        self.sql(f'CREATE DATABASE "{making}" OWNER kezek_migrator')
        options = ["--test-clock"] if test_clock else []
        run(KEZEKD, "--config", config_of(making), "migrate", *options)
        self.sql(f'ALTER DATABASE "{making}" RENAME TO "{template}"')

    def drop_database(self, name):
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self):
        if self.is_own:
            with contextlib.suppress(Exception):
                self.stop("immediate")
            for path in {self.home, self._top}:
                shutil.rmtree(path, ignore_errors=True)


def _children(pid):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = stat.read_text(encoding="utf-8", errors="replace")
            if int(text.rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


def _migrations_digest():
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*.sql")):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
