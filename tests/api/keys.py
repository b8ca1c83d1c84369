"""Rotation of the master and the index key: while work goes on, cut off anywhere, and what is missing is told."""

import contextlib
import json
import os
import re
import secrets
import subprocess
import threading
import time

from support.casework import CaseTest, aside, submission
from support.daemon import SANITIZERS
from support.documents import DocumentTest
from support.hold import Hold
from support.kezek import KEZEKD, eventually, main
from support.receiver import Receiver

# `master 1a2b3c4d retired: 12 requests`
COUNT = re.compile(r"^(master|index) ([0-9a-f]{8}) (present|retired|lost|missing): (\d+) (?:requests|hashes)")
PINS = ("10101199012345", "20202199012345", "30303199012345")


class KeyTest(CaseTest):
    def key_file(self, name, *keys):
        """Texts of 64 hex digits, the one in use first."""
        (self.world.keys / name).write_text("# newest first\n" + "".join(f"{key}\n" for key in keys), encoding="ascii")

    def present(self, name):
        """The keys of a file, as hex."""
        data = (self.world.keys / name).read_bytes()
        return [data.hex()] if len(data) == 32 else re.findall(r"^[0-9a-f]{64}$", data.decode(), re.M)

    def turn(self, *names):
        """A new key in front of each file, and the daemon started with it."""
        for name in names:
            self.key_file(name, secrets.token_hex(32), *self.present(name))
        self.world.restart_daemon()

    def drop(self, *names):
        for name in names:
            self.key_file(name, self.present(name)[0])
        self.world.restart_daemon()

    def rewrap(self, *words, status=0):
        """{(kind, standing): count}; several of one standing are added up."""
        done = self.world.daemon.command("rewrap", *words, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        counts = {}
        for kind, _, standing, count in filter(None, (COUNT.findall(line) and COUNT.findall(line)[0]
                                                     for line in done.stdout.splitlines())):
            counts[kind, standing] = counts.get((kind, standing), 0) + int(count)
        return counts

    def found(self, **search):
        return [r["id"] for r in self.desk.post("/v1/searches", search).must(200)["items"]]

    def masters(self):
        return {int(row[0]): int(row[1]) for row in self.world.sql(
            "SELECT master, count(*) FROM kezek.request_key WHERE wrapped IS NOT NULL GROUP BY 1")}

    def many(self, count):
        """Cases of a former system: quickly made, and sealed like any other."""
        stamp = secrets.token_hex(4)
        lines = [{"number": f"{stamp}-{i}", "service": "p-plain", "channel": "post", "office": "desk", "agency": "probe",
                  "received_at": "2026-03-03T10:00:00+06:00", "due_at": None, "events": []} for i in range(count)]
        reply = self.admin.call("POST", "/v1/imports", "\n".join(map(json.dumps, lines)).encode(),
                                headers={"Content-Type": "application/x-ndjson"}).must(200)
        return [json.loads(line)["id"] for line in reply.text.splitlines()]


class Rotating(KeyTest, DocumentTest):
    def test_both_keys_while_work_goes_on(self):
        old = [self.submit(applicant={"kind": "person", "pin": pin, "name": f"Ротация Эски{i}"}, external_ref=f"turn-{i}")
               for i, pin in enumerate(PINS)]
        known = {"kind": "person", "pin": "10404199012345", "name": "Кайра Келген"}
        self.submit(applicant=known)
        body = submission(external_ref="turn-again")
        first = self.desk.post("/v1/requests", body, key="turned")
        first.must(201)
        self.put(old[0], b"before the turn", "old.txt").must(201)
        self.desk.act(old[1], "correct", {"changes": {"applicant": {"name": "Ротация Ортодо"}}}).must(200)
        self.turn("master-key", "index-key")

        # Submissions, and a correction of what is being turned, all the while.
        stop, made, client = threading.Event(), [], self.world.client("desk-clerk", fresh=True)

        def work():
            while not stop.is_set() or len(made) < 20:
                made.append(client.post("/v1/requests", submission(
                    applicant={"kind": "person", "name": f"Ротация Жаңы{len(made)}"})).must(201).json)

        working = aside(work)
        self.assertEqual(self.found(external_ref="turn-2"), [old[2]["id"]])  # under the old index key still
        self.assertIn("duplicate_open", [w["code"] for w in self.submit(applicant=known)["warnings"]])
        self.desk.act(old[2], "correct", {"changes": {"applicant": {"name": "Ротация Оңдолду"}}}).must(200)
        counts = self.rewrap()
        stop.set()
        working()
        self.assertEqual({key: n for key, n in counts.items() if key[1] != "present"},
                         {("master", "retired"): 0, ("index", "retired"): 0})
        self.drop("master-key", "index-key")
        self.assertEqual(len(self.masters()), 1)
        for i, request in enumerate(old):
            self.assertEqual(self.see(request)["applicant"]["pin"], PINS[i])
            self.assertEqual(self.found(pin=PINS[i]), [request["id"]])
            self.assertEqual(self.found(external_ref=f"turn-{i}"), [request["id"]])
            self.assertEqual(self.found(code=request["receipt"]["code"]), [request["id"]])
        # By what it was and by what it is: each version of the content has its words.
        for name, request in (("эски0", old[0]), ("эски1", old[1]), ("ортодо ротация", old[1]), ("эски2", old[2]),
                              ("ондолду", old[2]), ("жаны7", made[7])):
            self.assertEqual(self.found(name=name), [request["id"]], name)
        again = self.desk.post("/v1/requests", body, key="turned").must(201)
        self.assertEqual((again.body, again.headers["Idempotent-Replayed"]), (first.body, "true"))
        self.assertEqual(self.get(old[0], "old.txt").must(200).body, b"before the turn")
        self.put(old[0], b"before the turn", "old.txt").must(200)  # known as the same still
        self.assertTrue(all(e["kind"] for e in self.desk.get(f"/v1/requests/{old[1]['id']}/events").must(200)["items"]))

    def test_secrets_of_webhooks_turn_too(self):
        receiver = Receiver(self.world.pki)
        self.addCleanup(receiver.close)
        first = self.admin.post("/v1/webhooks", {
            "name": "turned", "principal": "officer-probe", "url": receiver.url}).must(201)["secret"]
        second = self.admin.post("/v1/webhooks/turned/rotate").must(200)["secret"]
        self.turn("master-key")
        self.assertEqual(self.rewrap()["master", "retired"], 0)
        self.drop("master-key")
        self.submit()
        self.assertEqual(receiver.wait(1)[0].signers(first, second), [second, first])
        self.admin.delete("/v1/webhooks/turned").must(200)

    def test_reasons_of_leaves_turn_too(self):
        leave = self.chief.post("/v1/delegations", {"principal": "officer-probe", "deputy": "officer-probe-b",
                                                    "until": "2027-01-31", "reason": "a long way away"}).must(201).json
        self.turn("master-key")
        self.assertEqual(self.rewrap()["master", "retired"], 0)
        self.drop("master-key")
        self.assertEqual(self.chief.get("/v1/delegations").must(200)["items"], [leave])
        self.chief.post(f"/v1/delegations/{leave['id']}/end").must(200)

    def test_erased_stays_erased(self):
        requests = [self.submit(applicant={"kind": "person", "name": f"Өчкөн Адам{i}"}) for i in range(3)]
        for request in requests:
            self.desk.act(request, "withdraw").must(200)
        why = {"legal_basis": "Law on personal data, article 9"}
        self.admin.post(f"/v1/requests/{requests[0]['id']}/erasure", why).must(200)
        self.turn("master-key", "index-key")
        self.admin.post(f"/v1/requests/{requests[1]['id']}/erasure", why).must(200)
        self.rewrap()
        self.drop("master-key", "index-key")
        self.admin.post(f"/v1/requests/{requests[2]['id']}/erasure", why).must(200)
        self.rewrap()
        for request in requests:
            self.assertEqual((self.see(request)["erased"], self.see(request)["applicant"]), (True, None))
        self.assertEqual(self.found(name="Өчкөн"), [])
        ids = ", ".join(f"'{request['id']}'" for request in requests)
        self.assertEqual(self.world.sql(f"SELECT count(*), count(wrapped) FROM kezek.request_key WHERE request IN ({ids})"), [["3", "0"]])
        self.assertEqual(self.world.sql(f"SELECT count(*) FROM kezek.lookup WHERE request IN ({ids})"), [["0"]])

    def test_killed_in_the_middle_it_takes_up_what_is_left(self):
        ids = self.many(1300)
        marks = [self.submit(applicant={"kind": "person", "name": f"Үзүлгөн Иш{i}"}) for i in range(60)]
        self.turn("master-key", "index-key")
        # One that somebody holds is not waited for, and not left out either.
        held = Hold(self.world, f"SELECT FROM kezek.request_key WHERE request = '{ids[700]}' FOR UPDATE")
        running = self.rewrapping()
        eventually(lambda: sorted(self.masters().values())[0] == 1, timeout=20)
        running.kill()
        running.wait()
        held.end()
        self.assertEqual(self.found(name="үзүлгөн иш17"), [marks[17]["id"]])
        # Cut off wherever it happens to be, in the second half too.
        for pause in (0.05, 0.1, 0.15, 0.2):
            running = self.rewrapping()
            time.sleep(pause)  # not a wait for anything: where it is cut is chance
            running.kill()
            running.wait()
        counts = self.rewrap()
        self.assertEqual((counts["master", "retired"], counts["index", "retired"]), (0, 0))
        self.drop("master-key", "index-key")
        self.assertEqual(self.world.sql("SELECT count(DISTINCT master) FROM kezek.request_key WHERE wrapped IS NOT NULL"), [["1"]])
        for i, request in enumerate(marks):
            self.assertEqual(self.found(name=f"иш{i} үзүлгөн"), [request["id"]])
        items, after = [], ""
        while len(items) < 1300:
            page = self.admin.get(f"/v1/requests?limit=500{after}").must(200)
            items += [r["id"] for r in page["items"] if r["id"] in set(ids)]
            after = f"&after={page['page']['end_cursor']}"
            if not page["page"]["has_more"]:
                break
        self.assertEqual(sorted(items), sorted(ids))

    def rewrapping(self):
        return subprocess.Popen([KEZEKD, "--config", self.world.daemon.config, "rewrap"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env={**os.environ, **SANITIZERS})

    def test_several_at_once(self):
        self.many(1200)
        self.turn("master-key", "index-key")
        runs = [self.rewrapping() for _ in range(3)]
        self.assertEqual([run.wait(60) for run in runs], [0, 0, 0])
        self.assertEqual(self.rewrap("--dry-run")["master", "retired"], 0)
        self.drop("master-key", "index-key")

    def test_hosts_turn_one_after_the_other(self):
        other = self.world.another_daemon()
        keys = self.world.directory / "other-keys"
        keys.mkdir()
        new = {name: secrets.token_hex(32) for name in ("master-key", "index-key")}
        for name, key in new.items():
            (keys / name).write_text(f"{key}\n{self.present(name)[0]}\n")   # this host has turned
            self.key_file(name, self.present(name)[0], key)                # this one only reads by it yet
        other.write_config(master_key=keys / "master-key", index_key=keys / "index-key")
        self.world.restart_daemon()
        other.start()
        try:
            there = other.client("desk-clerk")
            ahead = there.post("/v1/requests", submission(applicant={"kind": "person", "name": "Алдыда Бири"})).must(201)
            behind = self.submit(applicant={"kind": "person", "name": "Артта Бири"})
            for client in (there, self.desk):
                for name, request in (("алдыда", ahead), ("артта", behind)):
                    self.assertEqual([r["id"] for r in client.post("/v1/searches", {"name": name}).must(200)["items"]], [request["id"]])
                self.assertEqual(client.get(f"/v1/requests/{ahead['id']}").must(200)["applicant"]["name"], "Алдыда Бири")
        finally:
            other.stop()
        for name, key in new.items():
            self.key_file(name, key, *[k for k in self.present(name) if k != key])
        self.world.restart_daemon()
        self.rewrap()
        self.drop(*new)
        self.assertEqual(self.found(name="артта бири"), [behind["id"]])


class Missing(KeyTest):
    def refused(self, **options):
        """A daemon that must not serve; what it said of the key that it lacks."""
        daemon = self.world.another_daemon(**options)
        daemon.start(wait=False)
        self.assertEqual(daemon.process.wait(30), 1)
        daemon.process = None
        said = [line for line in daemon.log().splitlines() if "key_missing" in line]
        self.assertEqual(len(said), 1, daemon.log())
        return daemon, dict(re.findall(r"(\w+)=(\S+)", said[0]))

    def test_a_key_that_rows_use_is_missed_at_the_start(self):
        self.submit()
        for name, option, kind in (("master-key", "master_key", "master"), ("index-key", "index_key", "index")):
            wrong = self.world.directory / f"wrong-{name}"
            wrong.write_text(secrets.token_hex(32))
            table = "kezek.request_key WHERE wrapped IS NOT NULL" if kind == "master" else "kezek.lookup"
            rows = self.world.sql(f"SELECT count(*) FROM {table}")[0][0]
            with self.subTest(name):
                daemon, said = self.refused(**{option: wrong})
                self.assertEqual((said["kind"], said["rows"]), (kind, rows))
                self.assertNotIn(wrong.read_text(), daemon.log())
                # It is gone for good: what is left is served.
                daemon.write_config(lost_keys=said["id"])
                daemon.start()
                self.assertEqual(daemon.client("desk-clerk").get("/v1/me").status, 200)
                daemon.stop()

    def test_who_came_before_it_was_missed(self):
        """The doors open after three seconds, whatever PostgreSQL does; then the daemon ends with clients there."""
        self.submit()
        wrong = self.world.directory / "wrong-late"
        wrong.write_text(secrets.token_hex(32))
        held = Hold(self.world, "LOCK kezek.request_key IN ACCESS EXCLUSIVE MODE")
        daemon = self.world.another_daemon(master_key=wrong)
        daemon.start(wait=False)

        client = daemon.client("desk-clerk")
        self.addCleanup(client.close)

        def is_turned_away():
            with contextlib.suppress(OSError):
                return client.get("/v1/me").status == 503

        eventually(is_turned_away, timeout=10)
        client.connect()
        held.end()
        self.assertEqual(daemon.process.wait(30), 1)
        daemon.process = None
        self.assertRegex(daemon.log(), r"(?s)event=key_missing .*event=stopped [^\n]*\n\Z")

    def test_rewrap_says_what_it_cannot_turn(self):
        request = self.submit(applicant={"kind": "person", "name": "Ачкычсыз Калган"})
        kept = self.present("master-key")
        self.key_file("master-key", secrets.token_hex(32))
        try:
            done = self.world.daemon.command("rewrap", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"(?m)^master [0-9a-f]{8} missing: [1-9]")
        finally:
            self.key_file("master-key", *kept)
        self.assertEqual(self.see(request)["applicant"]["name"], "Ачкычсыз Калган")

    def test_a_lost_index_key_is_made_good(self):
        request = self.submit(applicant={"kind": "person", "name": "Жоголгон Көрсөткүч"})
        self.key_file("index-key", secrets.token_hex(32))
        counts = self.rewrap()
        self.assertEqual(counts["index", "missing"], 0)
        self.world.restart_daemon()
        self.assertEqual(self.found(name="корсоткуч"), [request["id"]])

    def test_one_sealed_row_that_was_tampered_with_stops_nothing(self):
        broken, sound = self.submit(), self.submit(applicant={"kind": "person", "name": "Бүтүн Турган"})
        self.world.sql(f"UPDATE kezek.request_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE request = '{broken['id']}'")
        self.turn("master-key", "index-key")
        done = self.world.daemon.command("rewrap", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(broken["id"], done.stderr)
        self.assertRegex(done.stdout, r"(?m)^master [0-9a-f]{8} retired: 1 requests")
        self.assertEqual(self.found(name="турган"), [sound["id"]])
        self.world.sql(f"UPDATE kezek.request_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE request = '{broken['id']}'")
        self.rewrap()
        self.drop("master-key", "index-key")
        self.assertEqual(self.see(broken)["applicant"]["name"], "Асанов Үсөн")

    def test_what_was_made_before_keys_had_ids(self):
        request = self.submit(applicant={"kind": "person", "name": "Мурунку Замандан"})
        self.rewrap()
        self.world.sql("UPDATE kezek.request_key SET master = 1 WHERE wrapped IS NOT NULL;"
                       "UPDATE kezek.lookup SET hash = '\\x00000000'::bytea || substr(hash, 5)")
        self.world.restart_daemon()
        self.assertEqual(self.see(request)["applicant"]["name"], "Мурунку Замандан")
        self.assertEqual(self.found(name="мурунку"), [request["id"]])
        self.turn("master-key", "index-key")
        self.rewrap()
        self.drop("master-key", "index-key")
        self.assertEqual(self.found(name="мурунку"), [request["id"]])
        self.assertNotIn(1, self.masters())


class Files(KeyTest):
    def test_what_a_key_file_may_be(self):
        key, other = secrets.token_hex(32), secrets.token_hex(32)
        path = self.world.directory / "tried-key"
        daemon = self.world.another_daemon(master_key=path)
        for content, is_good in (
                (bytes.fromhex(key), True), (key.encode(), True), (f"{key}\r\n".encode(), True),
                (f"# of 2026\n{key}\n\n{other.upper()}\n".encode(), True),
                ("".join(f"{secrets.token_hex(32)}\n" for _ in range(8)).encode(), True),
                (b"", False), (b"# none\n", False), (bytes(31), False), (bytes(33), False), (key[:-1].encode(), False),
                (f"{key}\n{other[:-1]}g\n".encode(), False), (f"{key}\n{key}\n".encode(), False),
                ("".join(f"{secrets.token_hex(32)}\n" for _ in range(9)).encode(), False),
                (f"{key} {other}\n".encode(), False), (b"#" * 5000, False)):
            path.write_bytes(content)
            with self.subTest(content):
                done = daemon.command("--check-config", check=False)
                self.assertEqual(done.returncode, 0 if is_good else 1, done.stderr)
                self.assertEqual("key_malformed" in done.stderr, not is_good)
                self.assertNotIn(key, done.stderr + done.stdout)
        path.unlink()
        self.assertIn("key_unreadable", daemon.command("--check-config", check=False).stderr)


if __name__ == "__main__":
    main()
