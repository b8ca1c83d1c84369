"""The front door's requests: framing, pipelining, clients that leave.

`tests/api/door.py [PROGRAM] [WORD…]`; PROGRAM is build/tests/test-door unless named.
"""

import contextlib
import os
import pathlib
import socket
import ssl
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.door import DoorTest, exchange, get, is_ended, main, post, receive  # noqa: E402


class Framing(DoorTest):
    def refused(self, data, status=400, code="malformed"):
        with self.door.connect() as s:
            reply = exchange(s, data)
            self.assertEqual((reply.status, reply.json["code"]), (status, code), data)
            self.assertEqual(reply.fields["connection"], "close")
            self.assertEqual(reply.fields["content-type"], "application/problem+json")
            self.assertEqual(reply.json["trace_id"], reply.fields["x-request-id"])
            self.assertEqual(reply.rest, b"")
            self.assertTrue(is_ended(s))

    def test_bad_heads(self):
        for data in (
            b"GET /who HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\na",
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na",
            b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\na",
            b"GET /who HTTP/1.1\r\n\r\n",
            b"GET /who HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            b"GET /who HTTP/1.1\nHost: x\n\n",
            b"GET /who HTTP/1.1\r\nHost: x\r\nA: b\rGET /x HTTP/1.1\r\n\r\n",
            b"GET /who HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
            b"GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /a%2Fb HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /../who HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\r\n\r\n",
        ):
            with self.subTest(data):
                self.refused(data)

    def test_other_statuses(self):
        self.refused(b"BREW /who HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented")
        self.refused(get("/echo", "Expect: tea", "Content-Length: 1", method="POST"), 417, "expectation_failed")
        self.refused(get("/who", "A: " + "a" * 20000), 431, "headers_too_large")
        self.refused(get("/who", *[f"A{i}: b" for i in range(70)]), 431, "headers_too_large")
        self.refused(b"GET /who HTTP/2.0\r\nHost: x\r\n\r\n", 505, "http_version")

    def test_bad_chunks(self):
        head = get("/echo", "Transfer-Encoding: chunked", method="POST")
        for body in (b"1;ext=1\r\na\r\n0\r\n\r\n", b"1\r\nab\r\n", b"123456789\r\n", b"0x1\r\na\r\n",
                     b"1\na\n0\n\n", b"0\r\nT: " + b"t" * 2000 + b"\r\n\r\n"):
            with self.subTest(body):
                self.refused(head + body)

    def test_chunked_body_and_what_follows(self):
        head = get("/echo", "Transfer-Encoding: chunked", method="POST")
        data = head + b"3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
        for size in (len(data), 1, 7, 64):
            with self.subTest(size), self.door.connect() as s:
                for i in range(0, len(data), size):
                    s.sendall(data[i:i + size])
                self.assertEqual(receive(s).body, b"abcde")
                self.assertEqual(exchange(s, get("/who")).status, 200)
        with self.door.connect() as s:  # the next request in the same record as the last chunk
            s.sendall(head)
            time.sleep(0.05)
            s.sendall(b"1\r\na\r\n0\r\n\r\n" + get("/who") + get("/nothing"))
            first = receive(s)
            second = receive(s, first.rest)
            self.assertEqual((first.body, second.status, receive(s, second.rest).status), (b"a", 200, 404))

    def test_body_limits(self):
        self.refused(post("/echo?limit=10", b"x" * 11), 413, "too_large")
        self.refused(get("/echo?limit=10", "Content-Length: 999999999999", method="POST"), 413, "too_large")
        self.refused(get("/echo?limit=10", "Transfer-Encoding: chunked", method="POST") + b"b\r\n", 413,
                     "too_large")
        with self.door.connect() as s:
            self.assertEqual(exchange(s, post("/echo?limit=10", b"x" * 10)).body, b"x" * 10)

    def test_big_bodies_there_and_back(self):
        body = os.urandom(1 << 20) * 5
        with self.door.connect() as s:
            self.assertEqual(exchange(s, post("/bulk", body)).body, body)
            self.assertEqual(exchange(s, get("/bytes?size=100000")).body, b"x" * 100000)
            self.assertEqual(exchange(s, post("/echo", b"")).body, b"")

    def test_expect_continue(self):
        head = get("/echo", "Expect: 100-continue", "Content-Length: 3", method="POST")
        with self.door.connect() as s:
            interim = exchange(s, head)
            self.assertEqual((interim.status, interim.rest), (100, b""))
            self.assertEqual(exchange(s, b"abc").body, b"abc")
            self.assertEqual(exchange(s, head + b"abc").status, 200)  # did not wait: no 100
        with self.door.connect() as s:  # refused before the body is asked for
            reply = exchange(s, get("/nothing", "Expect: 100-continue", "Content-Length: 3", method="POST"))
            self.assertEqual((reply.status, reply.fields["connection"]), (404, "close"))

    def test_refused_before_the_body(self):
        with self.door.connect() as s:  # all of it is in: the connection lives on
            self.assertNotIn("connection", exchange(s, post("/nothing", b"x" * 10)).fields)
            self.assertEqual(exchange(s, get("/who")).status, 200)
            reply = exchange(s, get("/nothing", "Content-Length: 10", method="POST"))
            self.assertEqual((reply.status, reply.fields["connection"]), (404, "close"))
            self.assertTrue(is_ended(s))

    def test_big_body_refused_is_not_reset(self):
        with self.door.connect() as s:
            s.sendall(get("/nothing", "Content-Length: 1000000", method="POST"))
            s.sendall(b"x" * 500000)
            self.assertEqual(receive(s).status, 404)

    def test_head_and_fields(self):
        with self.door.connect() as s:
            reply = exchange(s, get("/bytes?size=5", "X-Request-Id: abc-1", method="HEAD"), bare=True)
            self.assertEqual((reply.fields["content-length"], reply.rest), ("5", b""))
            self.assertEqual(reply.fields["x-request-id"], "abc-1")
            self.assertEqual(reply.fields["etag"], '"1"')
            self.assertEqual(reply.fields["cache-control"], "no-store")
            reply = exchange(s, get("/stream", method="HEAD"), bare=True)
            self.assertEqual((reply.status, reply.rest), (200, b""))
            reply = exchange(s, get("/who", "X-Request-Id: " + "a" * 65, "Accept-Language: ky"))
            self.assertEqual(len(reply.fields["x-request-id"]), 32)
            self.assertEqual(reply.json["lang"], "ky")
            self.assertEqual(exchange(s, get("/nothing", "Accept-Language: ky")).json["title"], "Табылган жок")

    def test_connection_close_and_http_1_0(self):
        with self.door.connect() as s:
            self.assertEqual(exchange(s, get("/who", "Connection: close")).fields["connection"], "close")
            self.assertTrue(is_ended(s))
        with self.door.connect() as s:
            self.assertEqual(exchange(s, get("/who", version="1.0")).fields["connection"], "close")
            self.assertTrue(is_ended(s))
        with self.door.connect() as s:
            reply = exchange(s, get("/stream?n=3", version="1.0"))
            self.assertNotIn("transfer-encoding", reply.fields)
            self.assertEqual(reply.body.count(b"\n"), 3)


class Requests(DoorTest):
    def test_one_record_a_reply(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.pki.context().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with self.door.plain() as s:
            def pump(act):
                while True:
                    try:
                        return act()
                    except ssl.SSLWantReadError:
                        s.sendall(outgoing.read())
                        incoming.write(s.recv(65536))
            pump(tls.do_handshake)
            tls.write(get("/who"))
            s.sendall(outgoing.read())
            pump(lambda: tls.read(65536))
            tls.write(get("/bytes?size=15000"))
            s.sendall(outgoing.read())
            raw = b""
            while len(raw) < 15000:
                raw += s.recv(65536)
            kind, _, length = struct.unpack("!BHH", raw[:5])
            self.assertEqual((kind, length), (23, len(raw) - 5))

    def test_pipelining(self):
        paths = [f"/bytes?size={n}" for n in range(1, 200)]
        with self.door.connect() as s:
            s.sendall(b"".join(get(p) for p in paths) + post("/later", b"abc") + get("/who"))
            rest = b""
            for n in range(1, 200):
                reply = receive(s, rest)
                rest = reply.rest
                self.assertEqual(len(reply.body), n)
            reply = receive(s, rest)
            self.assertEqual((reply.status, reply.body), (201, b"abc"))
            self.assertEqual(receive(s, reply.rest).status, 200)

    def test_what_is_pipelined_waits(self):
        with self.door.connect() as s:
            before = self.door.cpu()
            s.sendall(get("/wait?ms=1500") + get("/who"))
            for _ in range(20):
                time.sleep(0.05)
                s.sendall(get("/who"))
            reply = receive(s)
            self.assertEqual(reply.json, {"gone": False})
            for _ in range(21):
                reply = receive(s, reply.rest)
                self.assertEqual(reply.status, 200)
            self.assertLess(self.door.cpu() - before, 0.5)

    def test_keep_alive_across_turns(self):
        with self.door.connect() as s:
            for n in range(50):
                self.assertEqual(exchange(s, post("/later", b"x" * n)).body, b"x" * n)

    def test_byte_by_byte(self):
        data = post("/echo", b"hello")
        with self.door.connect() as s:
            for i in range(len(data)):
                s.sendall(data[i:i + 1])
            self.assertEqual(receive(s).body, b"hello")

    def leaves(self, how, pipelined=b""):
        before = self.door.counts()["gone"]
        s = self.door.connect()
        s.sendall(get("/wait?ms=3000"))
        time.sleep(0.1)
        if pipelined:
            s.sendall(pipelined)
            time.sleep(0.1)
        how(s)
        end = time.monotonic() + 2
        while self.door.counts()["gone"] == before and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(self.door.counts()["gone"], before + 1)
        with contextlib.suppress(OSError):
            s.close()

    def test_a_client_that_leaves_is_noticed(self):
        def reset(s):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()

        def say_goodbye(s):  # close_notify, and the socket stays open
            s.settimeout(0.1)
            with contextlib.suppress(OSError, ssl.SSLError):
                s.unwrap()

        self.leaves(lambda s: s.close())
        self.leaves(lambda s: s.shutdown(socket.SHUT_RDWR))
        self.leaves(reset)
        self.leaves(say_goodbye)
        self.leaves(lambda s: s.close(), pipelined=get("/who") * 3)
        self.leaves(reset, pipelined=get("/who") * 3)

    def test_abandoned(self):
        with self.door.connect() as s:
            s.sendall(get("/abandon"))
            self.assertTrue(is_ended(s))

    def test_leaving_in_the_middle(self):
        before = self.door.counts()["ended"]
        for data in (b"", b"GET /who", get("/echo", "Content-Length: 5", method="POST") + b"ab"):
            with self.door.connect() as s:
                s.sendall(data)
        end = time.monotonic() + 2
        while self.door.counts()["ended"] < before + 2 and time.monotonic() < end:
            time.sleep(0.02)
        end = time.monotonic() + 20  # the handlers of clients that left work on for a while
        while self.door.metric("connections_open") > 1 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.door.metric("connections_open"), 1)


class Pieces(DoorTest):
    """A body that is asked for piece by piece."""

    def sizes(self, reply):
        self.assertEqual(reply.status, 200)
        return reply.json

    def test_of_a_known_length(self):
        with self.door.connect() as s:
            for length, sizes in ((0, [0]), (1, [1]), (999, [999]), (1000, [1000]), (1001, [1000, 1]),
                                  (5000, [1000] * 5)):
                self.assertEqual(self.sizes(exchange(s, post("/pieces", b"x" * length))), sizes)
            self.assertEqual(self.sizes(exchange(s, post("/pieces?size=70000", b"x" * 200000))), [70000, 70000, 60000])

    def test_in_chunks_however_they_are_cut(self):
        head = get("/pieces?size=10", "Transfer-Encoding: chunked", method="POST")
        whole = b"".join(b"%x\r\n%s\r\n" % (n, b"x" * n) for n in (1, 7, 30, 2)) + b"0\r\nA: b\r\n\r\n"
        with self.door.connect() as s:
            reply = exchange(s, head + whole + get("/who"))
            self.assertEqual(sum(self.sizes(reply)), 40)
            self.assertLessEqual(max(reply.json), 10)
            self.assertEqual(receive(s, reply.rest).status, 200)  # what came behind it is the next request
            for cut in range(1, len(whole), 3):
                s.sendall(head + whole[:cut])
                time.sleep(0.002)
                self.assertEqual(sum(self.sizes(exchange(s, whole[cut:]))), 40)

    def test_pipelined_behind_one_another(self):
        with self.door.connect() as s:
            s.sendall(b"".join(post("/pieces?size=3", b"x" * n) for n in range(20)) + get("/who"))
            rest = b""
            for n in range(20):
                reply = receive(s, rest)
                rest = reply.rest
                self.assertEqual(sum(self.sizes(reply)), n)
            self.assertEqual(receive(s, rest).status, 200)

    def test_what_is_too_long_or_malformed(self):
        chunked = get("/pieces", "Transfer-Encoding: chunked", method="POST")
        for data, status in ((get("/pieces", f"Content-Length: {(1 << 20) + 1}", method="POST"), 413),
                             (chunked + b"100001\r\n", 413), (chunked + b"5\r\nxxxxx\r\n100000\r\n", 413),
                             (chunked + b"1\r\nxy\r\n", 400), (chunked + b"x\r\n", 400)):
            with self.door.connect() as s:
                reply = exchange(s, data)
                self.assertEqual((reply.status, reply.fields["connection"]), (status, "close"), data)

    def test_who_has_seen_enough_closes(self):
        with self.door.connect() as s:
            reply = exchange(s, post("/pieces?stop=2", b"x" * 5000))
            self.assertEqual((reply.status, reply.json, reply.fields["connection"]), (409, [1000, 1000], "close"))

    def test_a_client_that_leaves_is_noticed(self):
        before, looks = self.door.counts()["ended"], 1
        for data in (b"", b"x" * 10, b"x" * 2500):
            with self.door.connect() as s:
                s.sendall(get("/pieces", "Content-Length: 5000", method="POST") + data)
                time.sleep(0.05)
        end = time.monotonic() + 5
        while (ended := self.door.counts()["ended"] - before - looks) < 3 and time.monotonic() < end:
            looks += 1  # each look is an exchange too
            time.sleep(0.02)
        self.assertEqual(ended, 3)


if __name__ == "__main__":
    main()
