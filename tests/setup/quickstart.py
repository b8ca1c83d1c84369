"""config/quickstart, with the build under test: what it makes, again, on another port, stopped, and when it cannot."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support.house import BUILD, ROOT, process_is_alive
from support.kezek import eventually, free_port, main

QUICKSTART = ROOT / "config" / "quickstart"


def hear_signals():
    """A run in the background is born deaf to Ctrl-C, and a shell cannot trap what was ignored at its birth."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-quickstart-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.dir = self.directory / "var"
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.addCleanup(self.run_it, "--stop")

    environment = {**os.environ, "KEZEK_BUILD": str(BUILD)}

    def run_it(self, *options, status=0, timeout=240):
        done = subprocess.run([QUICKSTART, "--dir", str(self.dir), *options], text=True, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, check=False)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def kezek(self, name, *words, status=0):
        done = subprocess.run(["bash", "-c", '. "$0/env" "$1" && shift && kezek "$@"', str(self.dir), name, *words],
                              text=True, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def sql(self, text):
        return subprocess.run(["psql", "-X", "-A", "-t", "-h", str((self.dir / "postgres").resolve() / "socket"), "-U",
                               "postgres", "-d", "kezek", "-c", text], text=True, capture_output=True,
                              check=True).stdout.strip()

    def processes(self):
        """Ids of what runs under the directory."""
        places = {str(self.dir), str((self.dir / "postgres").resolve())}
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode("utf-8", "replace").split("\0")
            except OSError:
                continue
            pid = int(path.parent.name)
            if any(word.startswith(place) for word in words for place in places) and process_is_alive(pid) \
                    and ("kezekd" in words[0] or "postgres" in words[0]):
                found.append(pid)
        return found

    def test_from_nothing_to_the_demo_again_and_stopped(self):
        port = str(free_port())
        said = self.run_it("--detach", "--port", port)
        # Progress: a line a step, with the time it took.
        for step in ("Debian packages", "build", "PostgreSQL", "certificates", "database", "kezekd",
                     "calendars and catalogue", "principals", "demo cases"):
            self.assertRegex(said, rf"(?m)^  {step} +\d+\.\d s")
        self.assertEqual(said.count("Overdue, and why, day by day"), 2)
        self.assertRegex(said, r"\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d +weekend")
        self.assertIn("What to type next", said)
        self.assertRegex(self.kezek("supervisor", "overview"), r"kyzmat +\d+")
        # Ladders have warned and escalated, and the overview says so.
        self.assertRegex(said, "WARNED +ESCALATED")
        self.assertRegex(self.kezek("suzak-ao-head", "notifications"), r"ao-suzak\S+ +escalation +0 +decide")
        self.assertRegex(self.kezek("officer-kyzmat", "me"), r"officer")
        self.assertRegex(self.kezek("kyzmat-head", "me"), r"supervisor")
        states = dict(row.split("|") for row in self.sql(
            "SELECT state, count(*) FROM kezek.request_state GROUP BY 1").splitlines())
        for state in ("queued", "claimed", "in_work", "paused", "closed", "withdrawn"):
            self.assertIn(state, states)
        self.assertEqual(self.sql("SELECT test, shift FROM kezek.clock"), "f|00:00:00")
        self.receipt_is_proved()
        self.run_again(port)
        self.run_elsewhere()
        said = self.run_it("--stop")
        self.assertIn("kezekd", said)
        self.assertEqual(self.processes(), [])
        self.assertIn("nothing runs", self.run_it("--stop"))

    def receipt_is_proved(self):
        number = self.sql("SELECT number FROM kezek.request JOIN kezek.lookup ON request = id WHERE kind = 'code' LIMIT 1")
        key, receipt = str(self.dir / "receipt-key.json"), str(self.dir / "receipt")
        self.kezek("clerk", "receipt", "key", "--output", key)
        self.kezek("clerk", "receipt", number, "--output", receipt)
        self.assertIn(number, self.kezek("clerk", "receipt", "verify", receipt, "--key", key))

    def run_again(self, port):
        """Everything is found in place: the same processes, cases and certificates."""
        daemon = (self.dir / "run" / "kezekd.pid").read_text()
        cases = self.sql("SELECT count(*), max(id::text) FROM kezek.request_state")
        certificates = {path: path.read_bytes() for path in (self.dir / "pki").glob("*.crt")}
        crl = (self.dir / "pki" / "ca.crl").read_bytes()
        said = self.run_it("--detach")
        self.assertIn("runs already", said)
        self.assertIn(f"https://localhost:{port}/", said)
        self.assertEqual((self.dir / "run" / "kezekd.pid").read_text(), daemon)
        self.assertIn(int(daemon), self.processes())
        self.assertEqual(self.sql("SELECT count(*), max(id::text) FROM kezek.request_state"), cases)
        self.assertEqual({path: path.read_bytes() for path in (self.dir / "pki").glob("*.crt")}, certificates)
        self.assertNotEqual((self.dir / "pki" / "ca.crl").read_bytes(), crl)

    def run_elsewhere(self):
        """--port applies to a house that runs already."""
        port = free_port()
        self.assertIn(f"port {port}", self.run_it("--detach", "--port", str(port)))
        self.assertIn(f"localhost:{port}", (self.dir / "env").read_text())
        self.kezek("supervisor", "overview")

    def test_foreground_ends_with_ctrl_c(self):
        with subprocess.Popen([QUICKSTART, "--dir", str(self.dir), "--port", str(free_port()), "--no-demo",
                               "--test-clock"], text=True, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                              preexec_fn=hear_signals) as process:
            said = ""
            for line in process.stdout:
                said += line
                if "Ctrl-C stops it" in line:
                    break
            self.assertIn("Ctrl-C stops it", said)
            self.assertTrue(self.processes())
            self.assertEqual(self.sql("SELECT test FROM kezek.clock"), "t")
            self.assertEqual(self.sql("SELECT count(*) FROM kezek.request_state"), "0")
            self.assertIn("6-49", self.kezek("clerk", "services"))
            os.killpg(process.pid, signal.SIGINT)
            self.assertEqual(process.wait(60), 0)
        eventually(lambda: not self.processes(), timeout=10)
        # What was cut off in the middle is finished by the next run.
        (self.dir / "kezekd.conf").unlink()
        shutil.rmtree(self.dir / "keys")
        shutil.rmtree(self.dir / "run")
        self.run_it("--detach", "--no-demo", "--port", str(free_port()))

    def test_a_busy_port_is_told_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            began = time.monotonic()
            said = self.run_it("--detach", "--no-demo", "--port", str(port), status=1)
            self.assertIn(f"port {port} is in use", said)
            self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.processes(), [])

    def test_two_at_once_do_not_meet(self):
        self.dir.mkdir()
        (self.dir / "run").mkdir()
        with subprocess.Popen(["flock", str(self.dir / "run" / "lock"), "sleep", "60"]) as holder:
            try:
                eventually(lambda: subprocess.run(["flock", "-n", str(self.dir / "run" / "lock"), "true"],
                                                  check=False).returncode)
                said = self.run_it("--detach", "--no-demo", status=1)
                self.assertIn("another quickstart is setting up", said)
            finally:
                holder.kill()

    def test_wrong_options(self):
        for options in (["--port", "0"], ["--port", "http"], ["--port"], ["--prot", "1"], ["extra"], ["--dir="]):
            with self.subTest(options=options):
                said = self.run_it(*options, status=2)
                self.assertIn("config/quickstart", said)

    def test_a_failure_says_where_and_leaves_nothing_running(self):
        self.dir.mkdir()
        # A directory where the daemon's configuration must go.
        (self.dir / "kezekd.conf").mkdir()
        (self.dir / "kezekd.conf" / "x").touch()
        said = self.run_it("--detach", "--no-demo", "--port", str(free_port()), status=1)
        self.assertIn("FAILED", said)
        self.assertIn("log/quickstart", said)
        eventually(lambda: not self.processes(), timeout=10)


if __name__ == "__main__":
    main()
