"""One principal's connections, and the stubbornness of a good client: the same key until there is an answer."""

import http.client
import json
import socket
import ssl
import threading
import time

CALL_TIMEOUT = 25
# What a daemon owes in any weather: an answer within its request_timeout of 15 s, and a little.
LONGEST_WAIT = 17
RETRY_PAUSE = 0.05


class Unanswered(Exception):
    """The call ended without an answer, or with one that says: later."""


class Reply:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code") if self.status >= 400 and self.body else None


class Caller:
    """`ports`: the daemons. A client stays with one and goes to the next when it cannot be reached."""

    _contexts = {}
    _lock = threading.Lock()

    def __init__(self, storm, name, first=0):
        self.storm, self.name, self.tally = storm, name, storm.tally
        self.ports = storm.ports
        self.at = first % len(self.ports)
        self.connection = None
        self.last_problem = ""
        with self._lock:
            if (storm.pki, name) not in self._contexts:
                self._contexts[storm.pki, name] = storm.pki.context(name)
            self.context = self._contexts[storm.pki, name]

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def _connect(self):
        self.connection = http.client.HTTPSConnection("127.0.0.1", self.ports[self.at], timeout=CALL_TIMEOUT,
                                                      context=self.context)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def once(self, method, path, body=None, key=None, match=None):
        """One try: the Reply, or Unanswered. A 503 is checked for what it owes and counts as no answer."""
        headers = {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        if match is not None:
            headers["If-Match"] = f'"{match}"'
        try:
            if not self.connection or not self.connection.sock:
                self._connect()
        except (OSError, ssl.SSLError) as failure:
            self.close()
            self.at = (self.at + 1) % len(self.ports)
            raise Unanswered(f"connect: {failure!r}") from None
        began, port = time.monotonic(), self.ports[self.at]
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            reply = Reply(response, response.read())
        except (OSError, ssl.SSLError, http.client.HTTPException) as failure:
            self._lost(began, port, method, path, failure)
            raise Unanswered(f"lost: {failure!r}") from None
        self._look(began, method, path, reply)
        return reply

    def _lost(self, began, port, method, path, failure):
        now = time.monotonic()
        self.close()
        self.at = (self.at + 1) % len(self.ports)
        self.tally.count("connections lost")
        self.tally.connection_lost(began, now, port)
        self.tally.wait(now - began)
        if now - began > LONGEST_WAIT:
            self.tally.complain(f"{method} {path}: nothing in {now - began:.1f} s, then {failure!r}")

    def _look(self, began, method, path, reply):
        took = time.monotonic() - began
        self.tally.wait(took)
        if took > LONGEST_WAIT and "/claims" not in path:
            self.tally.complain(f"{method} {path}: {reply.status} only after {took:.1f} s")
        if reply.headers.get("Connection") == "close":
            self.close()
        if reply.status == 503:
            self.tally.count(f"503 {reply.code}")
            if not reply.headers.get("Retry-After"):
                self.tally.complain(f"{method} {path}: 503 {reply.code} without Retry-After")
            if reply.code == "stopping":
                self.at = (self.at + 1) % len(self.ports)
            raise Unanswered(f"503 {reply.code}")
        if reply.status >= 500:
            self.tally.complain(f"{method} {path}: {reply.status} {reply.body[:300]!r}")
            self.tally.count(f"{reply.status}")
            raise Unanswered(f"{reply.status}")

    def until_answered(self, method, path, body=None, key=None, match=None):
        """The same again and again until there is an answer. (Reply, tries)."""
        began, tries = time.monotonic(), 0
        with self.storm.pending(began):
            while True:
                tries += 1
                try:
                    reply = self.once(method, path, body, key, match)
                    break
                except Unanswered as failure:
                    self.last_problem = str(failure)
                    if self.storm.gives_up(began):
                        raise
                    time.sleep(RETRY_PAUSE)
        self.tally.operation(began, time.monotonic())
        return reply, tries
