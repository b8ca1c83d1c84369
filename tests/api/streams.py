"""Whole lists as CSV and NDJSON: each list there is, the same items as its pages, and memory that does not grow with them."""

import csv
import io
import json
import re
import socket
import threading
import time

from support.casework import ActTest, aside
from support.fill import fill_sealed, peak
from support.kezek import ApiTest, eventually, main

CSV, NDJSON = {"Accept": "text/csv"}, {"Accept": "application/x-ndjson"}
MEBI = 2**20


class Lists(ActTest):
    def pages(self, client, path):
        items, after = [], ""
        while True:
            page = client.get(f"{path}{'&' if '?' in path else '?'}limit=3{after}").must(200)
            items += page["items"]
            if not page["page"]["has_more"]:
                return items
            after = f"&after={page['page']['end_cursor']}"

    def assert_streams(self, client, path):
        """As lines and as a table: what the pages have, in their order. Returns both."""
        items = self.pages(client, path)
        reply = client.get(path, headers=NDJSON).must(200)
        self.assertEqual(reply.headers["Content-Type"], "application/x-ndjson")
        self.assertEqual([json.loads(line) for line in reply.text.splitlines()], items)
        reply = client.get(path, headers=CSV).must(200)
        self.assertEqual(reply.headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertTrue(reply.text.endswith("\r\n"))
        rows = list(csv.DictReader(io.StringIO(reply.text, newline="")))
        self.assertEqual(len(rows), len(items))
        for row, item in zip(rows, items):
            for name, cell in row.items():
                value = item.get(name)
                if isinstance(value, (str, int)) and not isinstance(value, bool):
                    self.assertEqual(cell.removeprefix("'"), str(value), name)
                elif isinstance(value, dict) and cell.startswith("{"):
                    self.assertEqual(json.loads(cell), value)
        return items, rows

    def late(self):
        request, claim = self.held_by(self.probe, "p-clock")
        self.world.advance(days=60)
        eventually(lambda: "breached" in self.kinds(request), timeout=20)
        return request, claim

    def test_every_list(self):
        request, claim = self.late()
        for _ in range(4):
            self.see(request, self.probe)
        path = f"/v1/requests/{request['id']}"
        lists = [(self.supervisor, "/v1/requests"), (self.supervisor, "/v1/requests?sort=due_at&state=in_work"),
                 (self.supervisor, "/v1/overdue"), (self.auditor, "/v1/notifications"),
                 (self.auditor, f"{path}/events")]
        for client, where in lists:
            with self.subTest(where):
                items, _ = self.assert_streams(client, where)
                self.assertGreaterEqual(len(items), 1)
        # Reading pages of a journal is read, and logged: the log of accesses is looked at where nothing adds to it.
        items, rows = self.assert_streams(self.auditor, f"{path}/access")
        self.assertEqual(list(rows[0]), ["id", "at", "principal", "actor", "what", "query"])
        self.assertGreater(len(items), 4)

    def test_words_stay_out_of_a_table(self):
        request = self.submit()
        self.desk.act(request, "withdraw", {"reason": "Жашыруун себеп"}).must(200)
        path = f"/v1/requests/{request['id']}/events"
        self.assertIn("Жашыруун", self.desk.get(path, headers=NDJSON).must(200).text)
        table = self.desk.get(path, headers=CSV).must(200).text
        self.assertNotIn("Жашыруун", table)
        self.assertEqual(table.splitlines()[0], "seq,id,kind,occurred_at,recorded_at,principal,actor,ground,legal_basis,before,after")

    def test_what_is_not_there_is_no_stream(self):
        request = self.submit()
        for accept in (CSV, NDJSON):
            for path in ("events", "access"):
                client = self.desk_two if path == "events" else self.world.client("supervisor-probe")
                where = request["id"] if path == "events" else self.submit("p-other")["id"]
                self.assert_problem(client.get(f"/v1/requests/{where}/{path}", headers=accept), 404, "not_found")
        self.assertEqual(self.world.sql(f"SELECT count(*) FROM kezek.access WHERE requests @> ARRAY['{request['id']}'::uuid]"), [["0"]])

    def test_a_streamed_journal_is_on_record(self):
        request = self.submit()
        self.probe.get(f"/v1/requests/{request['id']}/events", headers=CSV).must(200)
        lines = self.auditor.get(f"/v1/requests/{request['id']}/access").must(200)["items"]
        self.assertEqual([(line["principal"], line["what"]) for line in lines], [("officer-probe", "/v1/requests/{id}/events")])


class Unreadable(ActTest):
    def test_what_cannot_be_read_holds_nothing_up(self):
        requests = [self.submit() for _ in range(5)]
        spoil = "UPDATE kezek.request_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE request IN ({})".format(
            ", ".join(f"'{request['id']}'" for request in requests[:4]))
        self.world.sql(spoil)
        try:
            seen, after = [], ""
            for _ in range(200):  # a page of nothing has a cursor too
                page = self.supervisor.get(f"/v1/requests?limit=2{after}").must(200)
                seen += [r["id"] for r in page["items"]]
                if not page["page"]["has_more"]:
                    break
                after = f"&after={page['page']['end_cursor']}"
            self.assertEqual([r["id"] in seen for r in requests], [False] * 4 + [True])
            lines = self.supervisor.get("/v1/requests", headers=NDJSON).must(200).text.splitlines()
            self.assertEqual([json.loads(line)["id"] for line in lines], seen)
        finally:
            self.world.sql(spoil)


class Bounded(ApiTest):
    """Tens of thousands of sealed requests; tests/bench/stream does the same with a million."""

    world_options = {"rate_window": "1"}
    rows = 20000

    def read_slowly(self, path, seconds):
        """Some kilobytes at a time, and away in the middle of it."""
        with self.world.client("supervisor", fresh=True) as client:
            connection = client.connect()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.request("GET", path, headers=client.headers(NDJSON))
            response = connection.getresponse()
            end, got = time.monotonic() + seconds, 0
            while time.monotonic() < end:
                got += len(response.read1(4096))
                time.sleep(0.01)
            return got

    def test_memory_does_not_grow_with_the_list(self):
        daemon = self.world.daemon
        # What a sanitizer keeps of freed memory is none of the daemon's.
        daemon.environment["ASAN_OPTIONS"] = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        self.world.restart_daemon()
        fill_sealed(self.world, self.rows)
        self.world.set_clock("2026-12-20T00:00:00Z")
        # Once each way, so that what every stream needs is there already; then for the measure.
        some = self.supervisor.get("/v1/requests?limit=500").must(200)
        self.assertEqual(some["items"][0]["applicant"]["name"], "Толтурулган Арыз 0")
        for headers in (CSV, NDJSON):
            self.supervisor.get("/v1/requests?updated_since=2026-12-19", headers=headers).must(200)
        before = peak(daemon.process.pid)
        slow = [aside(self.read_slowly, "/v1/requests", 3) for _ in range(3)]
        stop, sent = threading.Event(), []

        def submit():
            with self.world.client("clerk", fresh=True) as client:
                while not stop.is_set():
                    sent.append(client.post("/v1/requests", {
                        "service": "6-49", "variant": "standard", "channel": "counter", "language": "ky",
                        "applicant": {"kind": "person", "name": "Агымда Келген"}, "form": {"photo_taken": True},
                        "documents": [{"kind": "previous_passport", "original": True}]}).must(201)["id"])

        submitting = aside(submit)
        fast = self.world.client("supervisor", fresh=True)
        for path, headers in (("/v1/requests", CSV), ("/v1/overdue", CSV)):
            reply = fast.get(path, headers=headers).must(200)
            self.assertGreaterEqual(len(reply.text.splitlines()), self.rows + 1)
        stop.set()
        submitting()
        self.assertTrue(all(read() > 4096 for read in slow))
        self.assertGreater(len(sent), 5)
        grown = peak(daemon.process.pid) - before
        self.assertLess(grown, 24 * MEBI, f"{grown / MEBI:.1f} MiB")
        fast.close()

    def test_who_reads_slowly_is_waited_for(self):
        """Far above the floor, in a pause as the systems' own buffers make them: nothing moves for two windows."""
        if not int(self.world.sql("SELECT count(*) FROM kezek.request")[0][0]):
            fill_sealed(self.world, self.rows)
        with self.world.client("supervisor", fresh=True) as client:
            connection = client.connect()
            connection.request("GET", "/v1/requests", headers=client.headers(NDJSON))
            response = connection.getresponse()
            first = response.read(1 << 20)
            time.sleep(2.5)  # longer than two windows, shorter than what it is ahead
            rest = response.read()
            self.assertGreaterEqual((first + rest).count(b"\n"), self.rows)

    def test_who_reads_nothing_is_let_go(self):
        self.world.forget_clients()
        with self.world.client("supervisor", fresh=True) as client:
            connection = client.connect()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.request("GET", "/v1/requests", headers=client.headers(NDJSON))
            eventually(lambda: self.open_connections() == 2)
            eventually(lambda: self.open_connections() == 1, timeout=30)

    def open_connections(self):
        return int(re.search(r"^kezek_connections_open (\d+)", self.admin.get("/metrics").must(200).text, re.M)[1])


if __name__ == "__main__":
    main()
