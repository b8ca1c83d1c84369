"""The front door alone: a running test-door, raw requests over TLS, and what comes back."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from . import tap
from .house import BUILD
from .pki import Pki


def program():
    """build/tests/test-door, or the program named first on the command line, by its path."""
    if len(sys.argv) > 1 and "/" in sys.argv[1]:
        return pathlib.Path(sys.argv[1]).resolve()
    return BUILD / "tests" / "test-door"


class Door:
    """A running test-door; `options` are lines of its kezekd.conf."""

    def __init__(self, pki, descriptors=None, **options):
        self.pki = pki
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-door-"))
        self.options = {
            "listen": "127.0.0.1:0",
            "server_certificate": pki.certificate("server"),
            "server_key": pki.key("server"),
            "client_ca": pki.ca,
            "client_crl": pki.crl,
            "linger_timeout": 1,
            **options,
        }
        self.write()
        self.log_path = self.directory / "log"

        def limit():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([program(), self.directory / "door.conf"], stderr=log,
                                            stdin=subprocess.DEVNULL, preexec_fn=limit)
        found = self.wait_log(r"event=listening address=127\.0\.0\.1:(\d+)")
        self.port = int(found[1])

    def write(self, **options):
        self.options.update(options)
        lines = [f"{name} = {value}\n" for name, value in self.options.items()]
        (self.directory / "door.conf").write_text("".join(lines), encoding="utf-8")

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def wait_log(self, pattern, timeout=10, count=1):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = list(re.finditer(pattern, self.log()))
            if len(found) >= count:
                return found[count - 1]
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError(f"{pattern} is not in the log:\n{self.log()[-3000:]}")

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def cpu(self):
        """Seconds of processor time used so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def plain(self, timeout=10, rcvbuf=None, source=None):
        s = socket.socket()
        if source:
            s.bind((source, 0))
        if rcvbuf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        s.settimeout(timeout)
        s.connect(("127.0.0.1", self.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def connect(self, name=None, timeout=10, rcvbuf=None, context=None, source=None):
        context = context or self.pki.context(name)
        return context.wrap_socket(self.plain(timeout, rcvbuf, source), server_hostname="127.0.0.1")

    def metric(self, name):
        with self.connect() as s:
            text = exchange(s, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").body.decode()
        for line in text.splitlines():
            if line.startswith(f"kezek_{name} "):
                return int(line.rpartition(" ")[2])
        return 0

    def counts(self):
        with self.connect() as s:
            return exchange(s, get("/counts")).json

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("SIGTERM did not end it:\n" + self.log()[-2000:]) from None
        said = self.log()
        if status != 0 or "runtime error" in said or "ERROR: " in said:
            raise AssertionError(f"ended with {status}:\n{said[-4000:]}")
        shutil.rmtree(self.directory)


class Reply:
    def __init__(self, status, fields, body, rest=b""):
        self.status, self.fields, self.body, self.rest = status, fields, body, rest

    @property
    def json(self):
        return json.loads(self.body)


def get(path, *fields, method="GET", version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: x", *fields, "", ""]
    return "\r\n".join(lines).encode()


def post(path, body, *fields):
    return get(path, f"Content-Length: {len(body)}", *fields, method="POST") + body


class _Input:
    """What has come of a connection and has not been used yet."""

    def __init__(self, s, got):
        self.s, self.got = s, got

    def more(self, what):
        part = self.s.recv(65536)
        if not part:
            raise EOFError(f"the end before {what}: {self.got[-200:]!r}")
        self.got += part

    def until(self, mark):
        while mark not in self.got:
            self.more(mark)
        part, self.got = self.got.split(mark, 1)
        return part

    def take(self, length):
        while len(self.got) < length:
            self.more(f"{length} bytes")
        part, self.got = self.got[:length], self.got[length:]
        return part

    def rest(self):
        with contextlib.suppress(EOFError):
            while True:
                self.more("nothing")
        return self.got


def receive(s, got=b"", bare=False):
    """One reply; what came behind it is `rest`. EOFError where the connection ended within it."""
    source = _Input(s, got)
    first, *lines = source.until(b"\r\n\r\n").decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    status = int(first.split(" ")[1])
    body = b""
    if bare or status < 200 or status in (204, 304):
        pass
    elif fields.get("transfer-encoding") == "chunked":
        while size := int(source.until(b"\r\n"), 16):
            body += source.take(size + 2)[:size]
        source.until(b"\r\n")
    elif "content-length" in fields:
        body = source.take(int(fields["content-length"]))
    else:
        return Reply(status, fields, source.rest())
    return Reply(status, fields, body, source.got)


def exchange(s, data, **more):
    s.sendall(data)
    return receive(s, **more)


def is_ended(s, timeout=5):
    """The daemon has said goodbye: no more bytes, and the end of the stream."""
    s.settimeout(timeout)
    try:
        return s.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        return True


class DoorTest(unittest.TestCase):
    OPTIONS = {}

    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-door-pki-"))
        cls.pki = Pki(cls.directory)
        cls.pki.client("clerk")
        cls.door = Door(cls.pki, **cls.OPTIONS)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.door.stop()
        finally:
            shutil.rmtree(cls.directory)

    @contextlib.contextmanager
    def another(self, **options):
        door = Door(self.pki, **options)
        try:
            yield door
        finally:
            door.stop()


def main():
    """Like tap.main, for a module that is run; a path on the command line is the program's."""
    where = program()
    if "/" in " ".join(sys.argv[1:2]):
        sys.argv.pop(1)
    globals()["program"] = lambda: where
    tap.main()
