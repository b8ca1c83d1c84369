"""A kezekd of the tests: its configuration, its life, its log and what the sanitizers said of it."""

import contextlib
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import time

from .client import Client
from .house import KEZEKD, run

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    """`options` override what stands in the configuration; a value of None leaves the option out."""

    def __init__(self, directory, pki, keys, cluster, database_name, /, **options):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.pki, self.cluster = pki, cluster
        self.port = free_port()
        self.options = {
            "listen": f"127.0.0.1:{self.port}",
            "database": cluster.conninfo(database_name, "kezek_app"),
            "jobs_database": cluster.conninfo(database_name, "kezek_jobs"),
            "migrate_database": cluster.conninfo(database_name, "kezek_migrator"),
            "server_certificate": pki.certificate("server"),
            "server_key": pki.key("server"),
            "client_ca": pki.ca,
            "client_crl": pki.crl,
            "master_key": keys / "master-key",
            "index_key": keys / "index-key",
            "receipt_key": keys / "receipt-key",
            "webhook_ca": pki.ca,
            **options,
        }
        self.config = self.directory / "kezekd.conf"
        self.log_path = self.directory / "kezekd.log"
        self.process = None
        self.program, self.environment = KEZEKD, {}
        self.complaints = []
        self.write_config()

    def write_config(self, **options):
        """Writes the configuration; what is given stays for later writes. Takes effect at start."""
        self.options.update(options)
        lines = [f"{name} = {value}\n" for name, value in self.options.items() if value is not None]
        self.config.write_text("".join(lines), encoding="utf-8")

    def command(self, *words, check=True, stdin=None):
        """An offline command of kezekd: command("principal", "add", "admin", "--role", "admin")."""
        return run(KEZEKD, "--config", self.config, *words, check=check, stdin=stdin, env=SANITIZERS)

    def start(self, wait=True, env=None):
        """`program` is run with `environment`, and with `env` this time."""
        assert self.process is None, "the daemon runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--config", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **SANITIZERS, **self.environment, **(env or {})}, cwd="/")
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout=30):
        """Until /readyz answers 200."""
        end = time.monotonic() + timeout
        said = "nothing answered"
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"kezekd ended with {self.process.returncode}:\n{self.log_end()}")
            with contextlib.suppress(OSError, ssl.SSLError), self.client() as client:
                reply = client.get("/readyz")
                if reply.status == 200:
                    return
                said = repr(reply)
            time.sleep(0.02)
        raise AssertionError(f"kezekd was not ready in {timeout} s: {said}\n{self.log_end()}")

    def client(self, name=None, **more):
        return Client(self.pki, self.port, name, **more)

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """SIGHUP. The daemon acts on it in its next turn; poll for the effect."""
        self.signal(signal.SIGHUP)

    def stop(self, timeout=30):
        """SIGTERM; an unclean end is noted in `complaints`, which fail the suite at its end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = f"SIGKILL, {timeout} s after SIGTERM"
        self.process = None
        log = self.log()
        if status != 0 or "ERROR: " in log or "runtime error: " in log:
            self.complaints.append(f"kezekd ended with {status}; its log {self.log_path}:\n{self.log_end()}")

    def kill(self):
        """SIGKILL: what a crash leaves behind."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def log(self):
        if not self.log_path.exists():
            return ""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def log_end(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])
