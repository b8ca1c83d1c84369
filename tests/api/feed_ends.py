"""The feed where something ends beside it: another's stream, a credential, a copy of the database."""

import datetime
import http.client
import json
import re
import socket

from support.casework import CaseTest
from support.client import Client
from support.hold import Hold
from support.kezek import eventually, main


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


class FeedTest(CaseTest):
    world_options = {"stream_bytes": "4KiB"}

    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.principal("feed-auditor", "auditor")

    def head(self):
        return int(self.world.sql("SELECT position FROM kezek.feed_head")[0][0])

    def connections(self):
        return int(re.search(r"^kezek_connections_open (\d+)", self.admin.get("/metrics").must(200).text, re.M)[1])

    def write_events(self, request, count):
        """As many acts would have."""
        self.world.sql(
            f"WITH h AS (UPDATE kezek.feed_head SET position = position + {count} RETURNING position - {count} AS last) "
            "INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, position) "
            f"SELECT '{request['id']}', 1000 + h.last + n, gen_random_uuid(), 'note', kezek.now(), kezek.now(), 'test', h.last + n "
            f"FROM h, generate_series(1, {count}) n")


class Beside(FeedTest):
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


class Credentials(FeedTest):
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


if __name__ == "__main__":
    main()
