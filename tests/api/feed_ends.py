"""The feed where something ends beside it: another's stream, a credential, a copy of the database."""

import http.client
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
    world_options = {"stream_bytes": "4KiB"}

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


if __name__ == "__main__":
    main()
