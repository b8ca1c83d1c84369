"""The front door's limits: streams and slow clients, deadlines, counts, memory, descriptors, the drain.

`tests/api/door_limits.py [PROGRAM] [WORD…]`; PROGRAM is build/tests/test-door unless named.
"""

import contextlib
import pathlib
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.door import Door, DoorTest, exchange, get, main, post, program, receive  # noqa: E402


class Streams(DoorTest):
    OPTIONS = {"stream_bytes": "64KiB", "rate_window": 1, "principal_streams": 2}

    def test_stream(self):
        with self.door.connect() as s:
            reply = exchange(s, get("/stream?n=20000&size=100"))
            self.assertEqual(len(reply.body), 2000000)
            self.assertEqual(exchange(s, get("/who")).status, 200)

    def test_slow_reader_gets_all(self):
        with self.door.connect(rcvbuf=4096) as s:
            s.sendall(get("/stream?n=10000&size=100"))
            time.sleep(0.5)
            got = b""
            for _ in range(5):
                got += s.recv(4096)
                time.sleep(0.05)
            self.assertEqual(len(receive(s, got).body), 1000000)

    def test_reader_that_stops_is_dropped(self):
        with self.door.connect(rcvbuf=4096) as s:
            s.sendall(get("/stream?n=1000000&size=100"))
            before = self.door.counts()["ended"]
            self.door.wait_log(r"event=timed_out .*state=streaming", timeout=8)
            time.sleep(0.1)
            self.assertEqual(self.door.counts()["ended"], before + 2)
            self.assertGreaterEqual(self.door.metric('connections_timed_out_total{state="streaming"}'), 1)
            with self.assertRaises((OSError, EOFError)):
                receive(s)

    def test_reply_that_nobody_reads_is_dropped(self):
        with self.door.connect(rcvbuf=4096) as s:
            s.sendall(get("/bytes?size=20000000"))
            self.door.wait_log(r"event=timed_out .*state=replying", timeout=8)
        self.assertGreaterEqual(self.door.metric('connections_timed_out_total{state="replying"}'), 1)

    def test_flooded_queue(self):
        with self.door.connect(rcvbuf=4096) as s:
            s.sendall(get("/flood"))
            time.sleep(0.5)
            with self.assertRaises((OSError, EOFError)):
                receive(s)

    def test_events_arrive_at_once_and_end_with_the_client(self):
        before = self.door.counts()["gone"]
        with self.door.connect() as s:
            s.sendall(get("/sse"))
            got = b""
            while got.count(b":\n\n") < 3:
                got += s.recv(1000)
        end = time.monotonic() + 2
        while self.door.counts()["gone"] == before and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(self.door.counts()["gone"], before + 1)

    def test_streams_of_one_principal(self):
        with contextlib.ExitStack() as stack:
            for expected in (200, 200, 429):
                s = stack.enter_context(self.door.connect())
                s.sendall(get("/sse?principal=1"))
                self.assertEqual(int(s.recv(12)[9:]), expected)
        time.sleep(0.2)
        with self.door.connect() as s:
            s.sendall(get("/sse?principal=1"))
            self.assertEqual(int(s.recv(12)[9:]), 200)


class Deadlines(DoorTest):
    OPTIONS = {"handshake_timeout": 1, "header_timeout": 1, "body_timeout": 1, "idle_timeout": 1,
               "rate_window": 1}

    def drip(self, s, data, gap=0.15):
        """A byte now and then, until a reply comes or all is sent; how long it took."""
        began = time.monotonic()
        s.settimeout(0.01)
        got = b""
        for i in range(len(data)):
            with contextlib.suppress(OSError):
                s.send(data[i:i + 1])
            try:
                got = s.recv(65536)
                break
            except TimeoutError:
                time.sleep(gap)
        s.settimeout(5)
        return receive(s, got), time.monotonic() - began

    def test_handshake_is_absolute(self):
        with self.door.plain() as s:
            began = time.monotonic()
            hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)
            with contextlib.suppress(OSError):
                for i in range(160):
                    s.send(hello[i:i + 1])
                    time.sleep(0.05)
            with contextlib.suppress(OSError):
                self.assertEqual(s.recv(1), b"")
            self.assertLess(time.monotonic() - began, 6)
        self.assertGreaterEqual(self.door.metric('tls_failures_total{reason="timeout"}'), 1)

    def test_head_is_absolute(self):
        with self.door.connect() as s:
            reply, took = self.drip(s, get("/who", "A: " + "a" * 200))
            self.assertEqual((reply.status, reply.json["code"]), (408, "timed_out"))
            self.assertTrue(0.9 < took < 6, took)
        self.assertGreaterEqual(self.door.metric('connections_timed_out_total{state="head"}'), 1)

    def test_json_body_is_absolute(self):
        with self.door.connect() as s:
            reply, took = self.drip(s, post("/echo", b"x" * 2000)[-2100:])
            self.assertEqual(reply.status, 408)
            self.assertTrue(0.9 < took < 6, took)
        self.assertGreaterEqual(self.door.metric('connections_timed_out_total{state="body"}'), 1)

    def test_bulk_body_has_a_rate_floor(self):
        with self.door.connect() as s:  # 2 KiB a second for three seconds: good
            s.sendall(get("/bulk", "Content-Length: 6144", method="POST"))
            for _ in range(12):
                s.sendall(b"x" * 512)
                time.sleep(0.25)
            self.assertEqual(receive(s).status, 200)
        with self.door.connect() as s:
            s.sendall(get("/bulk", "Content-Length: 6144", method="POST"))
            reply, took = self.drip(s, b"x" * 100)
            self.assertEqual(reply.status, 408)
            self.assertTrue(0.9 < took < 6, took)

    def test_idle_connection_ends_with_goodbye(self):
        with self.door.connect() as s:
            self.assertEqual(exchange(s, get("/who")).status, 200)
            began = time.monotonic()
            self.assertEqual(s.recv(1), b"")
            self.assertTrue(0.8 < time.monotonic() - began < 6)

    def test_use_keeps_a_connection(self):
        with self.door.connect() as s:
            for _ in range(6):
                self.assertEqual(exchange(s, get("/who")).status, 200)
                time.sleep(0.4)

    def test_long_poll_and_stream_are_not_idle(self):
        with self.door.connect() as s, self.door.connect() as stream:
            stream.sendall(get("/sse"))
            self.assertEqual(exchange(s, get("/wait?ms=2500")).status, 200)
            stream.sendall(get("/who"))
            time.sleep(0.2)
            got = b""
            while got.count(b":\n") < 45:  # 2.5 s of 20 a second, and it goes on
                got += stream.recv(65536)


class Limits(DoorTest):
    OPTIONS = {"address_connections": 5, "principal_connections": 3}

    def is_served(self, s):
        try:
            return exchange(s, get("/who")).status == 200
        except (OSError, EOFError):
            return False

    def test_connections_of_an_address_and_of_a_principal(self):
        with contextlib.ExitStack() as stack:
            known = [stack.enter_context(self.door.connect()) for _ in range(4)]
            for s, expected in zip(known, (200, 200, 200, 429)):
                self.assertEqual(exchange(s, get("/principal/a")).status, expected)
            # Those three no longer count for the address; the fourth does.
            for _ in range(4):
                self.assertTrue(self.is_served(stack.enter_context(self.door.connect())))
            with self.assertRaises(OSError), self.door.connect() as s:
                s.sendall(get("/who"))
                if not s.recv(1):
                    raise OSError
            self.assertEqual(exchange(known[0], get("/principal/a")).status, 200)
            self.assertEqual(exchange(known[0], get("/principal/b")).status, 200)
            self.assertEqual(exchange(known[3], get("/principal/a")).status, 200)
        self.assertGreaterEqual(self.door.metric('connections_refused_total{reason="address"}'), 1)

    def test_memory_account(self):
        with self.another(memory_bytes="2MiB") as door, contextlib.ExitStack() as stack:
            for _ in range(3):
                s = stack.enter_context(door.connect())
                s.sendall(get("/bulk", "Content-Length: 600000", method="POST") + b"x")
            time.sleep(0.2)
            s = stack.enter_context(door.connect())
            reply = exchange(s, post("/echo", b"abc"))
            self.assertEqual((reply.status, reply.json["code"]), (503, "overloaded"))
            self.assertIn("retry-after", reply.fields)
            self.assertTrue(door.counts()["short"])
            self.assertGreater(door.metric("memory_account_bytes"), 1800000)
            stack.close()
            time.sleep(0.2)
            with door.connect() as s:
                self.assertEqual(exchange(s, post("/echo", b"abc")).status, 200)
            self.assertLess(door.metric("memory_account_bytes"), 200000)

    def test_descriptors_run_out_without_spinning(self):
        door = Door(self.pki, descriptors=40, address_connections=1000)
        try:
            with contextlib.ExitStack() as stack:
                for _ in range(60):
                    stack.enter_context(door.plain())
                door.wait_log("event=accept_failed")
                before, lines = door.cpu(), door.log().count("\n")
                time.sleep(2)
                self.assertLess(door.cpu() - before, 0.3)
                self.assertLess(door.log().count("\n") - lines, 50)
            end = time.monotonic() + 5
            while True:
                try:
                    with door.connect() as s:
                        self.assertEqual(exchange(s, get("/who")).status, 200)
                    break
                except (OSError, EOFError):
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)
        finally:
            door.stop()

    def test_passed_socket(self):
        with socket.socket() as listener, tempfile.TemporaryDirectory() as directory:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            path = pathlib.Path(directory) / "door.conf"
            path.write_text("".join(f"{n} = {v}\n" for n, v in self.door.options.items()), encoding="utf-8")
            command = f"LISTEN_FDS=1 LISTEN_PID=$$ exec {program()} {path} 3<&{listener.fileno()} 2>&1"
            with subprocess.Popen(["/bin/sh", "-c", command], pass_fds=[listener.fileno()],
                                  stdout=subprocess.PIPE, text=True) as process:
                self.assertIn("from=systemd", process.stdout.readline())
                with socket.create_connection(listener.getsockname()) as plain, \
                        self.pki.context().wrap_socket(plain, server_hostname="127.0.0.1") as s:
                    self.assertEqual(exchange(s, get("/who")).status, 200)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(10), 0)
            # The socket is systemd's: it still listens, for the next daemon.
            socket.create_connection(listener.getsockname()).close()

    def test_drain(self):
        door = Door(self.pki)
        with door.connect() as idle, door.connect() as busy:
            self.assertEqual(exchange(idle, get("/who")).status, 200)
            busy.sendall(get("/wait?ms=700"))
            time.sleep(0.2)
            door.process.send_signal(signal.SIGTERM)
            self.assertEqual(idle.recv(1), b"")
            with self.assertRaises(OSError):
                door.plain().close()
            reply = receive(busy)
            self.assertEqual((reply.status, reply.fields["connection"]), (200, "close"))
        self.assertEqual(door.process.wait(10), 0)
        door.stop()

    def test_many_at_once(self):
        with self.another(address_connections=1000) as door, contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(door.plain()) for _ in range(100)]
            context = self.pki.context("clerk")
            for i, s in enumerate(sockets):
                tls = context.wrap_socket(s, server_hostname="127.0.0.1", do_handshake_on_connect=False)
                sockets[i] = stack.enter_context(tls)
                tls.settimeout(0)
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
            for tls in sockets:
                tls.settimeout(10)
                tls.do_handshake()
                tls.sendall(get("/who"))
            for tls in sockets:
                self.assertEqual(receive(tls).json["name"], "clerk")

    def test_handshakes_that_do_not_go_on(self):
        """Some say nothing, some stop half-way, some come and go: who stands is served, and who comes is let in."""
        with self.another(address_connections=1000) as door, contextlib.ExitStack() as stack:
            known = stack.enter_context(door.connect("clerk"))
            context = self.pki.context("clerk")
            for i in range(300):
                s = stack.enter_context(door.plain())
                if i % 3 == 0:
                    continue
                tls = stack.enter_context(context.wrap_socket(s, server_hostname="127.0.0.1", do_handshake_on_connect=False))
                tls.settimeout(0)
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                if i % 3 == 1:
                    tls.close()
                self.assertEqual(exchange(known, get("/who")).status, 200)
            with door.connect("clerk") as s:
                self.assertEqual(exchange(s, get("/who")).json["name"], "clerk")

    def test_handshakes_that_come_to_nothing(self):
        """After eight of them the next from there are doubted, until one comes to something; elsewhere nobody is."""
        with self.another() as door, door.connect() as watch:
            def doubted(source="127.0.0.2", path="/who"):
                def count():
                    text = exchange(watch, get("/metrics")).body.decode()
                    return int(text.partition("\nkezek_handshakes_doubted_total ")[2].split()[0])

                before = count()
                with door.connect(source=source) as s:
                    self.assertEqual(exchange(s, get(path)).status, 200)
                return count() - before

            self.assertEqual([doubted() for _ in range(10)], 8 * [0] + 2 * [1])
            door.wait_log(r"event=address_doubted address=127\.0\.0\.2\n")
            self.assertEqual(doubted("127.0.0.3"), 0)
            self.assertEqual(doubted(path="/principal/a"), 1)
            self.assertEqual([doubted(), doubted()], [0, 1])
            self.assertEqual(doubted(path="/principal/a"), 1)

    def test_of_the_doubted_the_latest_comes_first(self):
        with self.another(address_connections=1000) as door, door.connect() as stays, contextlib.ExitStack() as stack:
            for _ in range(10):
                with door.connect() as s:
                    self.assertEqual(exchange(s, get("/who")).status, 200)
            context, crowd = self.pki.context("clerk"), []
            for _ in range(200):
                crowd.append(stack.enter_context(context.wrap_socket(
                    stack.enter_context(door.plain()), server_hostname="127.0.0.1", do_handshake_on_connect=False)))
                crowd[-1].settimeout(0)
                with contextlib.suppress(ssl.SSLWantReadError):
                    crowd[-1].do_handshake()
            with door.connect("clerk") as s:
                self.assertEqual(exchange(s, get("/who")).json["name"], "clerk")
                self.assertLess(len(select.select(crowd, [], [], 0)[0]), 150)
            self.assertEqual(exchange(stays, get("/who")).status, 200)


if __name__ == "__main__":
    main()
