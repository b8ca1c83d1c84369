"""Clients that mean harm, many on one thread: tests/bench/overload starts it, nice, and ends it.

    hostile.py KIND HOST PORT CA CERT KEY COUNT

readers ask for long lists and take a little a second. heads and bodies send a byte now and then. connects open
connections and say nothing; handshakes shake hands and leave. Each that is put out comes again. At most COUNT stand at
once, from addresses that honest clients do not have, PER_ADDRESS from each. A line is printed when the crowd stands; on
the end of standard input, one of JSON: {"opened", "ended", "bytes"}.
"""

import contextlib
import json
import os
import selectors
import socket
import ssl
import sys
import time

PER_ADDRESS = 200
FIRST_ADDRESS = 100  # 127.0.0.100 and those behind it
STEP = 0.25          # s between a slow client's bytes
BURST = 50           # connections opened in one turn
READ = 1024          # bytes a slow reader takes in a step: 4 KiB a second, above the floor

LISTS = (b"GET /v1/requests HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n",
         b"GET /v1/requests?limit=500 HTTP/1.1\r\nHost: x\r\n\r\n")
SLOW = {"heads": b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        "bodies": b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: slow\r\n"
                  b"Content-Length: 200000\r\n\r\n"}
WAITING = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)


class Crowd:
    def __init__(self, kind, host, port, files, count):
        self.kind, self.to, self.count = kind, (host, port), count
        self.tls = ssl.create_default_context(cafile=files[0])
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE  # to be cheaper than its victim
        self.tls.load_cert_chain(files[1], files[2])
        self.selector = selectors.DefaultSelector()
        self.shaking, self.standing = set(), {}  # the latter: from which moment it acts again, the soonest first
        self.opened = self.ended = self.bytes = 0
        self.fed = set()  # readers who have got something

    def open(self):
        raw = socket.socket()
        raw.setblocking(False)
        if self.kind == "readers":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        raw.bind((f"127.0.0.{FIRST_ADDRESS + self.opened // PER_ADDRESS % -(-self.count // PER_ADDRESS)}", 0))
        with contextlib.suppress(BlockingIOError):
            raw.connect(self.to)
        self.opened += 1
        if self.kind != "connects":
            raw = self.tls.wrap_socket(raw, do_handshake_on_connect=False)
            self.shaking.add(raw)
        else:
            self.standing[raw] = 0
        self.selector.register(raw, selectors.EVENT_WRITE if raw in self.shaking else selectors.EVENT_READ)

    def end(self, s):
        self.ended += 1
        with contextlib.suppress(KeyError):
            self.selector.unregister(s)
        self.shaking.discard(s)
        self.standing.pop(s, None)
        s.close()

    def shake(self, s):
        try:
            s.do_handshake()
        except ssl.SSLWantReadError:
            self.selector.modify(s, selectors.EVENT_READ)  # a socket that waits can be written all the time
            raise
        self.shaking.discard(s)
        if self.kind == "handshakes":
            self.end(s)
            return
        s.send(SLOW.get(self.kind) or LISTS[self.opened % len(LISTS)])
        self.standing[s] = time.monotonic() + STEP
        if self.kind == "readers":
            self.selector.unregister(s)  # there is always something to read, which it does not look at
        else:
            self.selector.modify(s, selectors.EVENT_READ)

    def act(self, s):
        """A reader's few bytes, or a writer's one."""
        if self.kind in SLOW:
            s.send(b"x")
            return
        got = s.recv(READ)
        self.fed.add(s.fileno())
        self.bytes += len(got)
        if not got:
            self.end(s)

    def hear(self, s):
        """The end of the connection, or a reply before the request is whole: it was refused."""
        if self.kind in SLOW:
            self.bytes += len(s.recv(READ))
        self.end(s)

    def attempt(self, step, s):
        try:
            step(s)
        except WAITING:
            pass
        except OSError:
            self.end(s)

    def stands(self):
        """Those that are soon put out never stand all at once: then it is enough that all have been there."""
        standing = {"readers": self.fed, "bodies": self.standing}.get(self.kind)
        return self.opened >= self.count and (standing is None or len(standing) >= self.count * 9 // 10)

    def turn(self):
        for _ in range(min(BURST, self.count - len(self.shaking) - len(self.standing))):
            self.open()
        for key, _ in self.selector.select(0.02):
            self.attempt(self.shake if key.fileobj in self.shaking else self.hear, key.fileobj)
        now = time.monotonic()
        while self.kind != "connects" and self.standing and next(iter(self.standing.values())) <= now:
            s = next(iter(self.standing))
            due = self.standing.pop(s) + STEP
            self.standing[s] = due if due > now else now + STEP  # its own rhythm: all at once would be one pulse
            self.attempt(self.act, s)


def main():
    kind, host, port, *files, count = sys.argv[1:]
    crowd = Crowd(kind, host, int(port), files, int(count))
    os.set_blocking(0, False)
    with selectors.DefaultSelector() as ended:
        ended.register(0, selectors.EVENT_READ)
        has_told = False
        while not ended.select(0):
            crowd.turn()
            if not has_told and crowd.stands():
                has_told = True
                print("stands", flush=True)
    print(json.dumps({"opened": crowd.opened, "ended": crowd.ended, "bytes": crowd.bytes}), flush=True)
    os._exit(0)  # its sockets need no farewell


if __name__ == "__main__":
    main()
