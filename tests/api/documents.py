"""Documents: stored whole or not at all, once, and read by those in scope and nobody else."""

import contextlib
import socket
import ssl
import uuid

from support.casework import aside
from support.documents import CHUNK, LIMIT, DocumentTest, content_digest, filling, sha256
from support.kezek import eventually, main


class Storing(DocumentTest):
    def test_there_and_back_in_every_size(self):
        request = self.submit()
        sizes = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK)
        for size in sizes:
            with self.subTest(size):
                data, name = filling(size), f"s{size}.txt"
                said = self.put(request, data, name).must(201)
                self.assertEqual((said["name"], said["kind"], said["size"], said["sha256"], said["media_type"]),
                                 (name, "other", size, sha256(data), "text/plain"))
                self.assertEqual(said["stored_by"], "desk-clerk")
                self.assertEqual(said.header("Content-Digest"), content_digest(data))
                got = self.get(request, name).must(200)
                self.assertEqual((got.body, got.header("Content-Type"), got.header("ETag"), got.header("Content-Length")),
                                 (data, "text/plain", f'"{sha256(data)}"', str(size)))
                self.assertEqual(got.header("X-Content-Type-Options"), "nosniff")
        self.assertEqual([(d["no"], d["size"]) for d in self.listed(request)], list(enumerate(sizes, 1)))
        self.assertEqual(self.see(request)["version"], request["version"] + len(sizes))
        self.assert_nothing_lies_about()

    def test_in_chunks_and_behind_a_waiting_expectation(self):
        request, data = self.submit(), filling(2 * CHUNK + 77)
        pieces = (data[i:i + 10007] for i in range(0, len(data), 10007))
        reply = self.put_stream(request, "chunked.txt", pieces)
        self.assertEqual(reply, 201)
        self.assertEqual(self.get(request, "chunked.txt").body, data)
        head = (f"PUT {self.path(request, 'waits.txt')} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                "Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        with self.raw() as tls:
            tls.sendall(head.encode())
            self.assertTrue(tls.recv(1000).startswith(b"HTTP/1.1 100 "))
            tls.sendall(b"hello")
            self.assertTrue(tls.recv(1000).startswith(b"HTTP/1.1 201 "))
        # Who may not is told so without being asked for the body.
        with self.raw("desk-two-clerk") as tls:
            tls.sendall(head.encode())
            self.assertTrue(tls.recv(1000).startswith(b"HTTP/1.1 404 "))

    def put_stream(self, request, name, pieces):
        with self.world.client("desk-clerk", fresh=True) as client:
            connection = client.connect()
            connection.request("PUT", self.path(request, name), body=pieces, headers={"Content-Type": "text/plain"},
                               encode_chunked=True)
            return connection.getresponse().status

    @contextlib.contextmanager
    def raw(self, name="desk-clerk"):
        plain = socket.create_connection(("127.0.0.1", self.world.daemon.port), timeout=20)
        with self.world.pki.context(name).wrap_socket(plain, server_hostname="127.0.0.1") as tls:
            yield tls

    def test_the_largest_and_what_is_larger(self):
        request, data = self.submit(), filling(LIMIT)
        self.put(request, data, "largest.txt", f"?sha256={sha256(data)}").must(201)
        self.assertEqual(sha256(self.get(request, "largest.txt").body), sha256(data))
        with self.raw() as tls:  # told before a byte of it was sent
            tls.sendall(f"PUT {self.path(request, 'larger.txt')} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                        f"Content-Length: {LIMIT + 1}\r\n\r\n".encode())
            self.assertTrue(tls.recv(1000).startswith(b"HTTP/1.1 413 "))
        with contextlib.suppress(OSError, ssl.SSLError):  # it is told while it still sends
            self.assertEqual(self.put_stream(request, "larger.txt", iter([data, b"x" * 1000])), 413)
        self.assertEqual([d["name"] for d in self.listed(request)], ["largest.txt"])
        self.assert_nothing_lies_about()

    def test_kept_connection_serves_on(self):
        request = self.submit()
        with self.world.client("desk-clerk", fresh=True) as client:
            for i in range(3):
                self.put(request, filling(CHUNK), f"{i}.txt", client=client).must(201)
                self.get(request, f"{i}.txt", client=client).must(200)
            self.assertEqual(client._served, 6)

    def test_the_digest_is_checked(self):
        request, data = self.submit(), filling(CHUNK + 5)
        other = filling(CHUNK + 6)
        for query, headers in ((f"?sha256={sha256(other)}", {}), ("", {"Content-Digest": content_digest(other)}),
                               (f"?sha256={sha256(data)}", {"Content-Digest": content_digest(other)})):
            reply = self.put(request, data, query=query, headers=headers)
            self.assert_problem(reply, 422, "digest_mismatch")
            self.assertEqual(reply.header("Content-Digest"), content_digest(data))
        for query, headers in (("?sha256=abc", {}), ("", {"Content-Digest": "md5=:abc:"}), ("?colour=red", {})):
            self.assert_problem(self.put(request, b"x", query=query, headers=headers), 400, "bad_parameter")
        self.assertEqual(self.listed(request), [])
        self.assert_nothing_lies_about()
        self.put(request, data, query=f"?sha256={sha256(data).upper()}",
                 headers={"Content-Digest": content_digest(data)}).must(201)

    def test_what_is_taken(self):
        request = self.submit()
        for kind, name, data in (("application/pdf", "a.pdf", b"%PDF-1.7 "), ("image/jpeg", "a.jpg", b"\xff\xd8\xff\xe0 "),
                                 ("image/png", "a.png", b"\x89PNG\r\n\x1a\n "), ("image/tiff", "a.tif", b"II*\0 "),
                                 ("application/xml", "a.xml", b'\xef\xbb\xbf<?xml version="1.0"?><a/>'),
                                 ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx",
                                  b"PK\3\4 ")):
            with self.subTest(kind):
                self.assertEqual(self.put(request, data, name, kind=kind).must(201)["media_type"], kind)
                if kind != "application/xml":
                    self.assert_problem(self.put(request, b"MZ " + data, "b", kind=kind), 415, "unsupported_media_type")
        for kind in ("application/json", "text/html", "application/octet-stream", "application/pdfx", ""):
            self.assert_problem(self.put(request, b"{}", "c", kind=kind), 415, "unsupported_media_type")
        self.assert_problem(self.put(request, b"MZ\0\0", "d.txt"), 415, "unsupported_media_type")

    def test_names(self):
        request = self.submit()
        quoted = "%D0%9F%D0%B0%D1%81%D0%BF%D0%BE%D1%80%D1%82%20%D2%AE.txt"
        self.assertEqual(self.put(request, b"x", quoted).must(201)["name"], "Паспорт Ү.txt")
        got = self.get(request, quoted).must(200)
        self.assertEqual(got.header("Content-Disposition"), f"attachment; filename*=UTF-8''{quoted}")
        for name in ("%20a", "a%20", "a%5Cb", "a%22b", "a%0Ab", "x" * 128):
            self.assertIn(self.put(request, b"x", name).status, (400, 404), name)
        self.put(request, b"x", "x" * 127).must(201)
        self.assert_problem(self.get(request, "none.txt"), 404, "not_found")

    def test_head(self):
        request = self.submit()
        self.put(request, filling(CHUNK + 1)).must(201)
        head = self.desk.call("HEAD", self.path(request)).must(200)
        self.assertEqual((head.header("Content-Length"), head.body), (str(CHUNK + 1), b""))
        self.get(request).must(200)


class Once(DocumentTest):
    def test_the_same_again_and_something_else(self):
        request = self.submit()
        first = self.put(request, b"first").must(201)
        again = self.put(request, b"first").must(200)
        self.assertEqual(again.json, first.json)
        self.assert_problem(self.put(request, b"other"), 409, "already_exists")
        self.assertEqual(self.get(request).body, b"first")
        self.assertEqual(self.see(request)["version"], first["version"])
        self.assert_nothing_lies_about()

    def test_two_at_once(self):
        request, data = self.submit(), [filling(CHUNK + i) for i in range(4)]
        clients = [self.world.client("desk-clerk", fresh=True) for _ in data]
        for client in clients:
            self.addCleanup(client.close)
        waits = [aside(self.put, request, d, client=c) for d, c in zip(data, clients)]
        self.assertEqual(sorted(wait().status for wait in waits), [201, 409, 409, 409])
        self.assert_nothing_lies_about()

    def test_keys(self):
        request, key = self.submit(), str(uuid.uuid4())
        first = self.put(request, b"once", key=key).must(201)
        self.desk.act(self.see(request), "withdraw").must(200)
        again = self.put(request, b"once", key=key, match=99).must(201)
        self.assertEqual((again.body, again.header("Idempotent-Replayed")), (first.body, "true"))
        for data, name in ((b"twice", "scan.txt"), (b"once", "else.txt")):
            self.assert_problem(self.put(request, data, name, key=key), 422, "idempotency_key_reused")
        self.assert_problem(self.put(self.submit(), b"once", key=key), 422, "idempotency_key_reused")
        self.assert_nothing_lies_about()

    def test_versions(self):
        request = self.submit()
        self.put(request, b"a", "a", match=request).must(201)
        self.assert_problem(self.put(request, b"b", "b", match=request), 412, "stale_version")
        self.put(request, b"b", "b").must(201)
        self.assert_problem(self.put(request, b"c", "c", headers={"If-Match": "x"}), 400, "bad_parameter")

    def test_journal(self):
        request = self.submit()
        self.put(request, b"abc", "journal.txt", "?kind=other").must(201)
        event = self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
        self.assertEqual((event["kind"], event["principal"], event["after"], event["text"]),
                         ("document", "desk-clerk",
                          {"document": 1, "kind": "other", "media_type": "text/plain", "size": 3},
                          f"journal.txt sha256:{sha256(b'abc')}"))

    def test_how_many(self):
        request = self.submit()
        for i in range(64):
            self.put(request, b"x", f"{i}.txt").must(201)
        self.assert_problem(self.put(request, b"x", "64.txt"), 422, "invalid")

    def test_kinds_and_states(self):
        request = self.submit("p-docs", documents=[{"kind": "paper"}])
        self.put(request, b"x", "paper", "?kind=paper").must(201)
        self.assert_problem(self.put(request, b"x", "b", "?kind=unheard_of"), 400, "bad_parameter")
        self.assert_problem(self.put(request, b"x", "c", "?kind=result"), 403, "role_not_allowed")
        self.put(request, b"x", "result", "?kind=result", client=self.probe).must(201)
        self.assertEqual([d["kind"] for d in self.listed(request)], ["paper", "result"])
        self.desk.act(self.see(request), "withdraw").must(200)
        for query, client in (("", self.desk), ("?kind=result", self.probe)):
            reply = self.put(request, b"x", "late", query, client=client)
            self.assert_problem(reply, 409, "act_not_open")
        self.get(request, "paper").must(200)


class Told(DocumentTest):
    """An act's answer shows what a GET by the same shows."""

    def told(self, reply, client):
        request = reply.must(200).json
        self.assertEqual(request["documents"], self.see(request, client)["documents"])
        return [d.get("name", d["kind"]) for d in request["documents"]]

    def test_by_the_answers_of_acts(self):
        request = self.submit("p-docs", documents=[{"kind": "paper"}])
        self.put(request, b"x", "scan.txt", "?kind=paper").must(201)
        corrected = self.desk.act(self.see(request), "correct", {"changes": {"address": "Osh"}}, key="told-correct")
        self.assertEqual(self.told(corrected, self.desk), ["paper", "scan.txt"])
        again = self.desk.act(request, "correct", {"changes": {"address": "Osh"}}, key="told-correct")
        self.assertEqual((again.body, again.header("Idempotent-Replayed")), (corrected.body, "true"))
        claim = self.take(request)
        accepted = self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]})
        self.assertEqual(self.told(accepted, self.probe), ["paper", "scan.txt"])
        # What is told is not what is written: nothing of it has become a declared one.
        self.probe.post(f"/v1/requests/{request['id']}/correct", self.held(claim, changes={"address": "Naryn"})).must(200)
        listed = self.desk.get(f"/v1/requests?number={request['number'].replace('/', '%2F')}").must(200)["items"]
        self.assertEqual([d["kind"] for d in listed[0]["documents"]], ["paper"])
        # Who reads no document, and who no longer does, is told of none.
        self.assertEqual(self.told(self.chief.act(self.see(request), "escalate", {"to": "supervisor", "reason": "x"}), self.chief), ["paper"])
        given = self.probe.post(f"/v1/requests/{request['id']}/forward", self.held(claim, to_agency="probe-two"))
        self.assertEqual(self.told(given, self.probe), ["paper"])


class Scope(DocumentTest):
    def test_who_may(self):
        request = self.submit()
        self.put(request, b"mine").must(201)
        self.put(request, b"agency's", "b.txt", client=self.probe).must(201)
        for client in (self.desk, self.probe, self.probe_b):
            self.assertEqual(self.get(request, client=client).must(200).body, b"mine")
            self.assertEqual(len(self.listed(request, client)), 2)
        for client in (self.desk_two, self.probe_two):
            self.assert_problem(self.get(request, client=client), 404, "not_found")
            self.assert_problem(self.put(request, b"x", "c", client=client), 404, "not_found")
            self.assert_problem(client.get(f"/v1/requests/{request['id']}/documents"), 404, "not_found")
        for client in (self.chief, self.supervisor, self.admin, self.auditor):
            self.assert_problem(self.get(request, client=client), 403, "role_not_allowed")
            self.assert_problem(self.put(request, b"x", "c", client=client), 403, "role_not_allowed")
        self.assert_nothing_lies_about()

    def test_every_read_is_on_record(self):
        request = self.submit()
        self.put(request, b"mine").must(201)
        path = f"/v1/requests/{request['id']}/access"
        before = len(self.chief.get(path).must(200)["items"])
        self.get(request, client=self.probe_b).must(200)
        self.listed(request, self.probe)
        self.get(request, "none", client=self.probe)
        items = self.chief.get(path).must(200)["items"]
        self.assertEqual([(i["principal"], i["what"]) for i in items[:len(items) - before]],
                         [("officer-probe", "/v1/requests/{id}/documents"),
                          ("officer-probe-b", "/v1/requests/{id}/documents/{name}")])

    def test_an_agency_that_gave_it_on_reads_no_document(self):
        request = self.submit()
        self.put(request, b"mine").must(201)
        claim = self.take(request)
        self.probe.post(f"/v1/requests/{request['id']}/forward", self.held(claim, to_agency="probe-two")).must(200)
        self.see(request, self.probe)
        self.assert_problem(self.get(request, client=self.probe), 404, "not_found")
        self.assert_problem(self.probe.get(f"/v1/requests/{request['id']}/documents"), 404, "not_found")
        self.assert_problem(self.put(request, b"x", "c", client=self.probe), 404, "not_found")
        self.assertEqual(self.get(request, client=self.probe_two).must(200).body, b"mine")
        rows = self.world.sql("BEGIN; SELECT FROM kezek.enter('officer-probe'); SELECT (SELECT count(*) FROM kezek.document "
                              f"WHERE request = '{request['id']}'), (SELECT count(*) FROM kezek.document_chunk "
                              f"WHERE request = '{request['id']}'), (SELECT count(*) FROM kezek.request_view "
                              f"WHERE id = '{request['id']}'); COMMIT", "kezek_app")
        self.assertEqual(rows[-1], ["0", "0", "1"])

    def test_the_database_alone_lets_nobody_write_for_others(self):
        request = self.submit()
        self.put(request, b"mine").must(201)
        made = uuid.uuid4()
        for principal in ("desk-two-clerk", "officer-probe-two", "supervisor-probe", "auditor", "admin", "nobody", "kezekd"):
            said = self.world.sql(f"SELECT kezek.put_chunk('{principal}', '{request['id']}', '{made}', 0, 'x')", "kezek_app")
            self.assertEqual(said, [["denied"]], principal)
            rows = self.world.sql(f"BEGIN; SELECT FROM kezek.enter('{principal}'); SELECT count(*) FROM kezek.document "
                                  f"WHERE request = '{request['id']}'; COMMIT", "kezek_app")
            self.assertEqual(rows[-1], ["0"], principal)

    def test_disabled_half_way(self):
        request = self.submit()
        client = self.world.principal("passing", "clerk", office="desk")
        data = filling(4 * CHUNK)

        def pieces():
            yield data[:2 * CHUNK]
            eventually(lambda: self.count("upload") == 1)
            self.admin.delete("/v1/principals/passing").must(200)
            yield data[2 * CHUNK:]

        connection = client.connect()
        with contextlib.suppress(OSError, ssl.SSLError):
            connection.request("PUT", self.path(request), body=pieces(), headers={"Content-Type": "text/plain"},
                               encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 404)
        connection.close()
        self.assert_problem(self.get(request, client=client), 401, "principal_disabled")
        self.assertEqual(self.listed(request), [])
        self.assert_nothing_lies_about()

    def test_erased(self):
        request = self.submit()
        self.put(request, b"mine").must(201)
        self.world.sql(f"UPDATE kezek.request_key SET wrapped = NULL, destroyed_at = kezek.now() WHERE request = '{request['id']}'")
        for reply in (self.get(request), self.put(request, b"x", "c"),
                      self.desk.get(f"/v1/requests/{request['id']}/documents")):
            self.assert_problem(reply, 410, "erased")


if __name__ == "__main__":
    main()
