"""How systemd runs the daemon: the unit's hardening, passed sockets, readiness, the watchdog."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from support.kezek import KEZEKD, ROOT, ApiTest, eventually, free_port, main, run
from support.daemon import SANITIZERS

UNITS = ROOT / "systemd"
SERVICES = ("kezekd.service", "kezekd-rewrap.service", "kezekd-partitions@.service")


class Unit(unittest.TestCase):
    def test_exposure_is_at_most_1_5(self):
        for service in SERVICES:
            run("systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", UNITS / service)

    def test_its_jobs_are_shut_in_as_the_daemon_is(self):
        daemon, *jobs = ([line for line in (UNITS / name).read_text().partition("UMask=")[2].partition("[Install]")[0].splitlines()
                           if "=" in line] for name in SERVICES)
        for job in jobs:
            self.assertEqual(job, daemon)

    def test_units_are_well_formed(self):
        with tempfile.TemporaryDirectory() as directory:
            for unit in UNITS.glob("kezekd*.*"):
                # What is not installed cannot be found: any program stands in for it.
                text = unit.read_text().replace("/usr/sbin/kezekd", "/bin/true")
                pathlib.Path(directory, unit.name).write_text(text)
            said = run("systemd-analyze", "verify", "--man=no", *pathlib.Path(directory).iterdir(), check=False)
            ours = [line for line in said.stderr.splitlines() if "kezekd" in line]
            self.assertEqual(ours, [])

    def test_user_and_folders_are_well_formed(self):
        with tempfile.TemporaryDirectory() as root:
            run("systemd-sysusers", "--dry-run", f"--root={root}", ROOT / "systemd" / "kezek.sysusers")


class Listener:
    """What systemd is to the daemon: a NOTIFY_SOCKET, and the words that came through it."""

    def __init__(self, directory):
        self.path = f"{directory}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self.words = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                self.words += self._socket.recv(4096).decode("utf-8").splitlines()

    def heard(self, word):
        return any(said.startswith(word) for said in self.words)

    def close(self):
        self._socket.close()


class Serving(ApiTest):
    world_options = {"start": False, "own_cluster": True}

    def setUp(self):
        self.directory = self.enterContext(tempfile.TemporaryDirectory())
        self.listener = Listener(self.directory)
        self.addCleanup(self.listener.close)

    def start(self, **env):
        self.world.daemon.start(wait=False, env={"NOTIFY_SOCKET": self.listener.path, **env})
        self.addCleanup(self.world.daemon.stop)
        eventually(lambda: self.listener.heard("READY=1"), timeout=30)

    def test_says_when_it_is_ready_reloads_and_stops(self):
        self.start()
        self.assertEqual(self.world.client().get("/readyz").status, 200)
        self.listener.words.clear()
        self.world.daemon.reload()
        eventually(lambda: self.listener.heard("RELOADING=1") and self.listener.heard("READY=1"))
        self.world.forget_clients()
        self.world.daemon.stop()
        eventually(lambda: self.listener.heard("STOPPING=1"))

    def test_feeds_the_watchdog_only_while_the_database_answers(self):
        self.start(WATCHDOG_USEC="400000")
        eventually(lambda: self.listener.words.count("WATCHDOG=1") >= 3)
        self.world.cluster.freeze()
        try:
            # What was under way may still arrive; then silence for more than the interval.
            threading.Event().wait(0.5)
            self.listener.words.clear()
            threading.Event().wait(1)
            self.assertEqual(self.listener.words.count("WATCHDOG=1"), 0)
        finally:
            self.world.cluster.thaw()
        eventually(lambda: self.listener.heard("WATCHDOG=1"), timeout=15)

    def test_takes_passed_sockets_and_a_restart_refuses_nobody(self):
        port = free_port()
        with socket.create_server(("127.0.0.1", port), backlog=64) as passed:
            for _ in range(2):
                client = self.world.daemon.client()
                client.port = port
                answer = []
                # The connection is made while no daemon is there to take it.
                plain = socket.create_connection(("127.0.0.1", port), timeout=30)
                process = self.start_with(passed)
                with self.world.pki.context().wrap_socket(plain, server_hostname="127.0.0.1") as tls:
                    tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: kezek\r\nConnection: close\r\n\r\n")
                    answer = tls.recv(65536)
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:200])
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(30), 0, self.world.daemon.log_end())

    def start_with(self, passed):
        """The daemon with a listening socket as descriptor 3, as sd_listen_fds(3) wants it."""
        script = 'exec 3<&"$1"; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$2" --config "$3"'
        with open(self.world.daemon.log_path, "ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", script, "bash", str(passed.fileno()), KEZEKD, self.world.daemon.config],
                pass_fds=[passed.fileno()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **SANITIZERS})
        self.addCleanup(process.kill)
        return process

    def test_systemd_itself_passes_the_socket(self):
        port = free_port()
        with open(self.world.daemon.log_path, "ab") as log:
            process = subprocess.Popen(
                ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "--setenv=ASAN_OPTIONS", KEZEKD, "--config",
                 self.world.daemon.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **SANITIZERS})
        self.addCleanup(process.kill)
        with self.world.daemon.client(timeout=30) as client:
            client.port = port

            def is_served():
                with contextlib.suppress(ConnectionRefusedError):
                    return client.get("/healthz").status == 200

            eventually(is_served, timeout=30)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0, self.world.daemon.log_end())


if __name__ == "__main__":
    main()
