"""Documents that do not come to their end, memory that does not grow with them, the command, and what nobody may find."""

import hashlib
import os
import pathlib
import re
import signal
import socket
import tempfile
import time

from support.casework import aside
from support.documents import CHUNK, LIMIT, DocumentTest, filling, sha256
from support.kezek import eventually, main


class Endings(DocumentTest):
    """Uploads and downloads that do not come to their end."""

    world_options = {"own_cluster": True}

    def begin_upload(self, request, sent=2 * CHUNK, name="desk-clerk", port=None):
        """A connection on which an upload has begun and hangs."""
        plain = socket.create_connection(("127.0.0.1", port or self.world.daemon.port), timeout=20)
        tls = self.world.pki.context(name).wrap_socket(plain, server_hostname="127.0.0.1")
        tls.sendall(f"PUT {self.path(request, 'half.txt')} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                    f"Content-Length: {8 * CHUNK}\r\n\r\n".encode())
        tls.sendall(filling(sent))
        eventually(lambda: self.count("document_chunk") >= sent // CHUNK)
        return tls

    def test_a_client_that_leaves_leaves_nothing(self):
        request = self.submit()
        tls = self.begin_upload(request)
        self.assertEqual((self.listed(request), self.count("upload")), ([], 1))
        tls.close()
        self.assert_nothing_lies_about()
        self.put(request, b"whole", "half.txt").must(201)

    def test_a_daemon_that_dies_leaves_it_to_another(self):
        request = self.submit()
        with self.begin_upload(request):
            os.kill(self.world.daemon.process.pid, signal.SIGKILL)
            self.world.daemon.process.wait()
        self.world.daemon.process = None
        self.world.daemon.start()
        self.world.forget_clients()
        self.assertEqual((self.listed(request), self.count("upload")), ([], 1))
        self.assertEqual(self.world.sql("SELECT kezek.forget_uploads(10)", "kezek_jobs"), [["0"]])
        self.world.advance(hours=2)
        self.world.sql("SELECT kezek.forget_uploads(10)", "kezek_jobs")
        self.assert_nothing_lies_about()
        self.put(request, b"whole", "half.txt").must(201)

    def test_many_are_swept_up_one_lot_after_another(self):
        self.world.sql("INSERT INTO kezek.upload SELECT gen_random_uuid(), gen_random_uuid(), 'desk-clerk', 0, "
                       "kezek.now() - interval '2 hours' FROM generate_series(1, 120)")
        other = self.world.another_daemon()
        other.start()  # it looks at once, and then every ten minutes
        self.addCleanup(other.stop)
        eventually(lambda: self.count("upload") == 0, timeout=10)

    def test_a_slow_reader_is_waited_for_and_one_that_leaves_is_noticed(self):
        request, data = self.submit(), filling(LIMIT)
        self.put(request, data, "large.txt").must(201)
        with self.world.client("desk-clerk", fresh=True) as client:
            connection = client.connect()
            connection.request("GET", self.path(request, "large.txt"))
            response = connection.getresponse()
            got = response.read(1000)
            time.sleep(0.5)
            self.assertEqual(got + response.read(), data)
        for _ in range(12):  # more than streams are allowed: each that left has given its place back
            with self.world.client("desk-clerk", fresh=True) as client:
                connection = client.connect()
                connection.request("GET", self.path(request, "large.txt"))
                self.assertEqual(connection.getresponse().status, 200)
            eventually(lambda: self.get(request, "none.txt").status == 404)
        eventually(lambda: self.desk.call("HEAD", self.path(request, "large.txt")).status == 200)

    def test_a_damaged_one_is_cut_off(self):
        request, data = self.submit(), filling(2 * CHUNK)
        self.put(request, data).must(201)
        self.world.sql("UPDATE kezek.document_chunk SET sealed = set_byte(sealed, 1000, get_byte(sealed, 1000) # 1) "
                       f"WHERE request = '{request['id']}' AND no = 1")
        with self.assertRaises(Exception):
            self.get(request)
        # A chunk in another's place opens no more than a forged one.
        self.world.sql("UPDATE kezek.document_chunk c SET sealed = o.sealed FROM kezek.document_chunk o WHERE c.no = 1 AND "
                       f"o.no = 0 AND c.request = '{request['id']}' AND o.request = c.request")
        with self.assertRaises(Exception):
            self.get(request)

    def test_too_many_at_once(self):
        request = self.submit()
        hanging = [self.begin_upload(request, CHUNK) for _ in range(8)]
        self.assert_problem(self.put(request, b"x", "ninth"), 429, "too_many_connections")
        self.put(request, b"x", "another's", client=self.probe).must(201)
        for tls in hanging:
            tls.close()
        self.assert_nothing_lies_about()
        self.put(request, b"x", "ninth").must(201)


class Command(DocumentTest):
    """The same as people type it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, data):
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def kezek(self, who, *words, status=0):
        done = self.world.kezek(who, *words, check=False)
        self.assertEqual(done.returncode, status, f"{words}\n{done.stdout}{done.stderr}")
        self.assertEqual(bool(done.stderr), status != 0, done.stderr)
        return done

    def test_attach_list_download(self):
        number, data = self.submit()["number"], filling(LIMIT)
        said = self.kezek("desk-clerk", "attach", number, self.file("Паспорт 1.txt", data)).stdout
        self.assertEqual(said, f"Паспорт 1.txt  {LIMIT}  sha256 {sha256(data)}\n")
        self.kezek("officer-probe", "attach", number, self.file("x.pdf", b"%PDF-1.7"), "--name", "decision.pdf", "--kind", "result")
        listed = self.kezek("desk-clerk", "document", number).stdout
        self.assertRegex(listed, rf"1 +Паспорт 1.txt +other +{LIMIT} .* desk-clerk")
        self.assertRegex(listed, r"2 +decision.pdf +result +8 .* officer-probe")
        self.kezek("desk-clerk", "document", number, "Паспорт 1.txt", "--output", self.folder / "back")
        self.assertEqual((self.folder / "back").read_bytes(), data)
        self.assertEqual(self.kezek("desk-clerk", "document", number, "decision.pdf").stdout, "%PDF-1.7")

    def test_what_is_refused(self):
        number, small = self.submit()["number"], self.file("a.txt", b"a")
        self.kezek("desk-clerk", "attach", number, small)
        self.kezek("desk-clerk", "attach", number, small)
        self.kezek("desk-clerk", "attach", number, self.file("b.txt", b"b"), "--name", "a.txt", status=1)
        self.kezek("desk-clerk", "attach", number, self.file("c.exe", b"MZ"), status=1)
        self.kezek("desk-clerk", "attach", number, self.file("large.txt", filling(LIMIT + 1)), status=2)
        self.kezek("desk-clerk", "attach", number, self.folder / "nothing", status=2)
        self.kezek("desk-clerk", "document", number, "b.txt", "--output", self.folder / "back", status=1)
        self.assertFalse((self.folder / "back").exists())


class Canary(DocumentTest):
    world_options = {"own_cluster": True, "log_level": "debug"}

    def test_neither_content_nor_name_nor_digest_is_to_be_found(self):
        request = self.submit()
        word, name = b"CanaryContent" * 100, "CanaryName.txt"
        self.put(request, word, name).must(201)
        self.put(request, b"other" + word, name)
        self.get(request, name).must(200)
        digest = hashlib.sha256(word).digest()
        looked_for = [word[:13], name.encode(), digest, digest.hex().encode()]
        tables = [row[0] for row in self.world.sql(
            "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'kezek'::regnamespace AND relkind IN ('r', 'p')")]
        text = "\n".join(cell for table in tables for row in self.world.sql(f"SELECT t::text FROM kezek.{table} t")
                         for cell in row)
        log = self.world.daemon.log_path.read_text(errors="replace")
        for wanted in looked_for:
            self.assertNotIn(wanted.hex(), text)
            if wanted != digest:
                self.assertNotIn(wanted.decode(), text)
                self.assertNotIn(wanted.decode(), log)


class Memory(DocumentTest):
    world_options = {"own_cluster": True, "log_level": "error"}

    def peak(self):
        """Its largest size so far, in MiB."""
        status = open(f"/proc/{self.world.daemon.process.pid}/status", encoding="ascii").read()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024

    def test_it_does_not_grow_with_the_documents(self):
        # What a sanitizer keeps of freed memory is none of the daemon's.
        self.world.daemon.environment["ASAN_OPTIONS"] = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
        self.world.restart_daemon()
        request, data = self.submit(), filling(LIMIT)
        self.put(request, filling(3 * CHUNK), "first.txt").must(201)
        self.get(request, "first.txt").must(200)
        before = self.peak()

        def both(i):
            with self.world.client("desk-clerk", fresh=True) as client:
                self.put(request, data, f"{i}.txt", client=client).must(201)
                self.assertEqual(len(self.get(request, f"{i}.txt", client=client).must(200).body), LIMIT)

        waits = [aside(both, i) for i in range(4)]
        for wait in waits:
            wait(120)
        self.assertLess(self.peak() - before, 32, "80 MiB of documents at a time")


if __name__ == "__main__":
    main()
