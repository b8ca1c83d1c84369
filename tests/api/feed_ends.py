"""The feed where something ends beside it: another's stream, a credential, a copy of the database."""

import datetime
import http.client
import json
import re
import socket
import threading

from support.casework import aside, submission
from support.client import Client
from support.feed import FeedTest, pull
from support.hold import Hold
from support.kezek import eventually, main, run


class SlowClient(Client):
    """What it has not read waits in the daemon: the systems' buffers between them are small."""

    def connect(self):
        self.close()
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        plain.settimeout(self.timeout)
        plain.connect((self.host, self.port))
        self._connection = http.client.HTTPSConnection(self.host, self.port)
        self._connection.sock = self.pki.context(self.name).wrap_socket(plain, server_hostname=self.host)
        return self._connection


class EndsTest(FeedTest):
    world_options = {"stream_bytes": "4KiB", "stream_heartbeat": "0.5"}

    def connections(self):
        return int(re.search(r"^kezek_connections_open (\d+)", self.admin.get("/metrics").must(200).text, re.M)[1])


class Beside(EndsTest):
    def test_the_last_live_stream_ends_while_the_feed_is_looked_at(self):
        """Who has caught up to a place behind that of the others, which are gone by then, is told what lies between."""
        request, begin = self.submit(), self.head()
        self.write_events(request, 400)
        quick = self.world.client("feed-auditor", fresh=True)
        at_the_end = quick.events(f"/v1/stream?after={begin + 399}")
        self.assertEqual(int(next(at_the_end)["id"]), begin + 400)
        slow = SlowClient(self.world.pki, self.world.daemon.port, "feed-auditor")
        catching_up = slow.events(f"/v1/stream?after={begin}")
        seen = [int(next(catching_up)["id"])]  # its only page is on its way
        self.write_events(request, 10)
        self.assertEqual([int(next(at_the_end)["id"]) for _ in range(10)], list(range(begin + 401, begin + 411)))
        connections = self.connections()
        held = Hold(self.world, "LOCK TABLE kezek.feed_head")
        eventually(lambda: self.world.sql("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                                          "AND wait_event_type = 'Lock' AND query LIKE '%kezek.feed(%'"))
        at_the_end.close()
        quick.close()
        eventually(lambda: self.connections() == connections - 1)
        seen += [int(next(catching_up)["id"]) for _ in range(399)]
        held.end()
        self.write_events(request, 1)
        while seen[-1] < begin + 411:
            seen.append(int(next(catching_up)["id"]))
        self.assertEqual(seen, list(range(begin + 1, begin + 412)))
        slow.close()

    def test_signs_of_life(self):
        """Where nothing is one's own a stream tells how far it has come, in what is no event; and goes on from there."""
        client = self.world.client("officer-probe-three", fresh=True)
        begin = self.head()
        connection = client.connect()
        connection.request("GET", f"/v1/stream?after={begin}")
        response = connection.getresponse()
        self.submit()
        end, place, lines = self.head(), begin, []
        self.assertGreater(end, begin)
        while place < end:
            lines = [response.readline() for _ in range(3)]
            self.assertEqual((lines[0], lines[2]), (b": heartbeat\n", b"\n"))
            place = int(re.fullmatch(rb"id: (\d+)\n", lines[1])[1])
        client.close()
        self.submit()
        stream = self.world.client("feed-auditor", fresh=True).events(headers={"Last-Event-ID": str(place)})
        self.assertEqual(int(next(stream)["id"]), place + 1)


class Credentials(EndsTest):
    """A stream lasts as long as what it was opened with."""

    def setUp(self):
        self.world.set_clock(self.start)

    def open(self, client):
        self.submit()
        stream = client.events(f"/v1/stream?after={self.head() - 1}", timeout=5)
        next(stream)
        return stream

    def assert_told(self, stream):
        request = self.submit()
        while json.loads(next(stream)["data"])["subject"] != request["id"]:
            pass  # of what fell due meanwhile

    def assert_ends(self, stream):
        """Whole, and without what comes from now on."""
        request = self.submit()
        self.assertNotIn(request["id"], [json.loads(event["data"])["subject"] for event in stream])

    def bearer(self, name):
        made = self.admin.post("/v1/principals", {"name": name, "kind": "person", "role": "auditor", "token": True}).must(201)
        return self.world.client(None, token=made["token"])

    def rotate(self, name, **body):
        return self.admin.post(f"/v1/principals/{name}/rotate", body).must(200)

    def another(self, name):
        self.world.pki.client(name)
        return self.world.pki.sha256(name)

    def test_a_token_runs_out(self):
        stream = self.open(self.bearer("brief"))
        self.world.advance(days=364)
        self.assert_told(stream)
        self.world.advance(days=2)
        self.assert_ends(stream)

    def test_a_token_is_replaced(self):
        stream = self.open(self.bearer("leaked"))
        self.bearer("leaked-not")  # whatever becomes of others
        self.assert_told(stream)
        token = self.rotate("leaked")["token"]
        self.assert_ends(stream)
        self.assert_told(self.open(self.world.client(None, token=token)))

    def test_a_certificate_is_replaced(self):
        stream = self.open(self.world.principal("lost", "auditor"))
        self.rotate("lost", token=True)  # it may have one besides
        self.assert_told(stream)
        self.rotate("lost", certificate_sha256=self.another("lost-2"))
        self.assert_ends(stream)

    def test_a_former_certificate_while_it_is_taken(self):
        stream = self.open(self.world.principal("renewed", "auditor"))
        self.rotate("renewed", certificate_sha256=self.another("renewed-2"),
                    keep_until=(self.world.now() + datetime.timedelta(days=2)).isoformat())
        self.assert_told(stream)
        newer = self.open(self.world.client("renewed-2"))
        self.world.advance(days=3)
        self.assert_ends(stream)
        self.assert_told(newer)

    def test_who_was_known_by_name_is_given_a_certificate(self):
        self.admin.post("/v1/principals", {"name": "by-name", "kind": "person", "role": "auditor"}).must(201)
        self.world.pki.client("by-name")
        stream = self.open(self.world.client("by-name"))
        self.assert_told(stream)
        self.rotate("by-name", certificate_sha256=self.another("by-name-2"))
        self.assert_ends(stream)


class Restored(EndsTest):
    """A dump that was made beside work, in a database of its own; and who had read on meanwhile."""

    def restored(self):
        """A daemon on what pg_dump makes of the world's database, by now."""
        dump, copy = self.world.directory / "dump.sql", f"{self.world.database}_copy"
        where = ("-h", self.world.cluster.socket, "-U", "postgres")
        run("pg_dump", *where, "-f", dump, self.world.database)
        self.world.cluster.sql(f'CREATE DATABASE "{copy}" OWNER kezek_migrator')
        self.addCleanup(self.world.cluster.drop_database, copy)
        run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *where, "-d", copy, "-f", dump)
        daemon = self.world.another_daemon(**{option: self.world.cluster.conninfo(copy, role) for option, role in (
            ("database", "kezek_app"), ("jobs_database", "kezek_jobs"), ("migrate_database", "kezek_migrator"))})
        daemon.command("migrate")
        # As kezekd(8) has it: receipts with the next numbers may be out.
        self.world.cluster.sql("SELECT kezek.skip_numbers(100000)", copy)
        daemon.start()
        self.addCleanup(daemon.stop)
        return daemon

    def test_a_dump_goes_on(self):
        """What was there is there, under its position; what comes is behind it, without a hole."""
        for _ in range(3):
            self.submit()
            self.take()
        stop = threading.Event()

        def work():
            desk = self.world.client("desk-clerk", fresh=True)
            while not stop.is_set():
                desk.post("/v1/requests", submission()).must(201)

        working = aside(work)
        daemon = self.restored()
        stop.set()
        working()
        auditor, desk = daemon.client("feed-auditor"), daemon.client("desk-clerk")
        were, end = pull(auditor)
        self.assertEqual([e["position"] for e in were], list(range(1, int(end) + 1)))
        self.assertEqual(were, pull(self.auditor)[0][:len(were)])
        self.assertGreater(self.head(), int(end))
        # Who read on where the dump was made, has a place that is not there.
        self.assert_problem(auditor.get(f"/v1/events?after={self.head() + 100}"), 400, "bad_parameter")
        stream = daemon.client("feed-auditor").events(f"/v1/stream?after={end}")
        submitted = [self.submit(client=desk) for _ in range(4)]
        submitted.append(self.submit(client=daemon.client("desk-two-clerk")))  # its first one ever
        mine = [request["id"] for request in submitted]
        counts = [int(request["number"].rpartition("-")[2].partition("/")[0]) for request in submitted]
        self.assertGreater(min(counts), 100000)
        items, last = pull(auditor, end)
        self.assertEqual([e["position"] for e in items], list(range(int(end) + 1, int(last) + 1)))
        self.assertEqual([e["subject"] for e in items], mine)
        self.assertEqual([json.loads(next(stream)["data"]) for _ in items], items)
        desk.close()

    def test_a_stream_that_is_ahead_of_the_feed_ends(self):
        """A standby that had not everything takes over: whoever was told more hears of it, and reads nothing wrong."""
        def back_to(place):
            self.world.sql(f"DELETE FROM kezek.event WHERE position > {place}; UPDATE kezek.feed_head SET position = {place}")

        request, begin = self.submit(), self.head()
        live, quicker = (self.world.client("feed-auditor", fresh=True).events(f"/v1/stream?after={begin + ahead}", timeout=5)
                         for ahead in (-1, 5))
        next(live)
        self.write_events(request, 5)
        self.assertEqual([int(next(live)["id"]) for _ in range(5)], list(range(begin + 1, begin + 6)))
        self.write_events(request, 5)
        next(quicker)  # what the other is told a quarter of a second later
        back_to(begin + 7)
        last = [event["id"] for event in quicker][-1]
        self.assertEqual(int(last), begin + 10)
        back_to(begin + 2)
        list(live)
        self.assert_problem(self.auditor.get("/v1/stream", headers={"Last-Event-ID": last}), 400, "bad_parameter")


if __name__ == "__main__":
    main()
