"""A whole house for one suite: cluster, database, certificates, principals, daemon, clock."""

import atexit
import contextlib
import datetime
import os
import pathlib
import secrets
import shutil
import tempfile

from .daemon import Daemon
from .house import KEZEK, ROOT, ToolFailed, run
from .pki import Pki
from .postgres import Cluster

CLERK_OFFICE = "con-pervomay"
_worlds = []


class World:
    """
    test_clock: the database's clock can be moved. own_cluster: a PostgreSQL that may be killed
    (True, or the directory under which it lives), its processes with cluster_environment; else the run's shared one.
    catalogue: the demo catalogue and calendars are loaded. options: kezekd.conf.
    """

    def __init__(self, test_clock=True, own_cluster=False, catalogue=True, start=True,
                 cluster_environment=None, **options):
        self.complaints = []
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-world-", dir="/tmp"))
        self.has_test_clock = test_clock
        self._clients = {}
        self.daemons = []
        _worlds.append(self)
        self.cluster = Cluster(None if own_cluster else os.environ.get("KEZEK_TEST_CLUSTER") or None,
                               under="/tmp" if own_cluster in (True, False) else own_cluster,
                               environment=cluster_environment)
        self.database = f"world_{secrets.token_hex(4)}"
        self.pki = Pki(self.directory / "pki")
        self.keys = self.directory / "keys"
        self.keys.mkdir(mode=0o700)
        for name in ("master-key", "index-key", "receipt-key"):
            (self.keys / name).write_bytes(secrets.token_bytes(32))
        self.cluster.make_database(self.database, test_clock, self._config_of)
        self.daemon = self.another_daemon(**options)
        self.pki.client("admin", "clerk", "supervisor", "auditor")
        self.daemon.command("principal", "add", "admin", "--role", "admin", "--kind", "person",
                            "--certificate", self.pki.certificate("admin"))
        if start:
            self.daemon.start()
            if catalogue:
                self.load_catalogue()

    def _config_of(self, database):
        daemon = Daemon(self.directory / "migrate", self.pki, self.keys, self.cluster, database)
        return daemon.config

    def another_daemon(self, **options):
        """A further daemon on the same database, not started: what several hosts would run."""
        number = len(self.daemons) + 1
        daemon = Daemon(self.directory / f"daemon-{number}", self.pki, self.keys, self.cluster,
                        self.database, **options)
        self.daemons.append(daemon)
        return daemon

    def load_catalogue(self):
        """The demo calendars and catalogue, and a principal for each role."""
        self.kezek("admin", "calendar", "load", ROOT / "config" / "calendars")
        self.kezek("admin", "catalogue", "load", ROOT / "config" / "catalogue")
        self.principal("clerk", "clerk", office=CLERK_OFFICE)
        self.principal("supervisor", "supervisor")
        self.principal("auditor", "auditor")

    def principal(self, name, role, kind="person", office=None, agency=None):
        """Makes the certificate and the principal; returns a client for it."""
        self.pki.client(name)
        body = {"name": name, "kind": kind, "role": role, "office": office, "agency": agency,
                "certificate_sha256": self.pki.sha256(name)}
        reply = self.client("admin").post("/v1/principals", {k: v for k, v in body.items() if v is not None})
        reply.must(201)
        return self.client(name)

    def officer(self, agency):
        """A client for officer-<agency>, made at the first call."""
        name = f"officer-{agency}"
        if not self.pki.certificate(name).exists():
            self.principal(name, "officer", agency=agency)
        return self.client(name)

    def client(self, name=None, fresh=False, **more):
        """One kept client per name; fresh: a connection of its own."""
        if fresh or more or name not in self._clients:
            client = self.daemon.client(name, **more)
            if fresh or more:
                return client
            self._clients[name] = client
        return self._clients[name]

    def environment(self, name):
        """What the command reads to be that principal."""
        return {
            "KEZEK_URL": f"https://127.0.0.1:{self.daemon.port}", "KEZEK_CA": str(self.pki.ca),
            "KEZEK_CERT": str(self.pki.certificate(name)), "KEZEK_KEY": str(self.pki.key(name)),
        }

    def kezek(self, name, *words, stdin=None, check=True):
        """Runs the command `kezek` as that principal."""
        return run(KEZEK, *words, stdin=stdin, check=check, env=self.environment(name))

    def sql(self, text, user="postgres", timeout=120):
        return self.cluster.sql(text, self.database, user, timeout)

    def now(self):
        """The database's moment, which is the house's only clock."""
        text = self.sql("SELECT to_char(kezek.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')")[0][0]
        return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)

    def set_clock(self, moment):
        """Moves the clock to a moment (datetime with zone, or RFC 3339 text)."""
        if isinstance(moment, datetime.datetime):
            moment = moment.isoformat()
        return self.client("admin").put("/v1/test/clock", {"now": moment}).must(200)

    def advance(self, **amount):
        """advance(days=3, hours=2): moves the clock on from where it stands."""
        return self.set_clock(self.now() + datetime.timedelta(**amount))

    def restart_daemon(self):
        self.forget_clients()
        self.daemon.restart()

    def forget_clients(self):
        for client in self._clients.values():
            client.close()

    def look_at_timers(self):
        """Whatever a suite did: nothing runs without a timer."""
        with contextlib.suppress(ToolFailed):  # PostgreSQL may be gone by now
            untimed = self.sql("SELECT untimed FROM kezek.look_at_timers()")[0][0]
            if untimed != "0":
                self.complaints.append(f"{untimed} deadlines run without a timer")

    def close(self):
        """Ends everything. What was wrong with the end stands in `complaints`."""
        if self not in _worlds:
            return
        _worlds.remove(self)
        self.forget_clients()
        self.look_at_timers()
        for daemon in self.daemons:
            daemon.stop()
            self.complaints += daemon.complaints
        if not self.cluster.is_own:
            self.cluster.drop_database(self.database)
        self.cluster.close()
        if not self.complaints and not os.environ.get("KEZEK_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)


def close_all():
    """Closes every world still open and returns what was wrong."""
    complaints = []
    for world in list(_worlds):
        try:
            world.close()
        except Exception as failure:  # the next one must end too
            complaints.append(f"{type(failure).__name__}: {failure}")
        complaints += world.complaints
    return complaints


atexit.register(close_all)
