"""`kezek submit --spool`: taken in while the server is away, sent later, each once, whatever is killed in between."""

import contextlib
import datetime
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess

from support.counter import REFERENCE, SpoolTest
from support.hold import Hold
from support.kezek import CLERK_OFFICE, KEZEK, eventually, main
from support.relay import Relay
from support.terminal import dialogue

class Slips(SpoolTest):
    def test_where_the_server_is_there_nothing_is_kept_and_nothing_is_backdated(self):
        done = self.submit()
        [number] = set(self.numbers(done.stdout))
        request, reason = self.on_record(number)
        self.assertEqual((request["received_at"], reason), (request["registered_at"], None))
        self.assertEqual(self.entry_files(), [])
        self.assertEqual(self.kezek("spool", "send").stdout, "")

    def test_a_slip_then_the_receipt_with_the_date_counted_from_the_counter(self):
        self.submit()  # the office and the service are known from now on
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        with self.daemon_away():
            done = self.submit("--language", "ru")
        self.assertIn("nothing listens", done.stderr)
        self.assertIn("ВРЕМЕННАЯ РАСПИСКА", done.stdout)
        for what in (CLERK_OFFICE, "s-1", "A paper", "Асанов Үсөн", "21509199012345", "ещё не зарегистрировано"):
            self.assertIn(what, done.stdout)
        [reference] = set(REFERENCE.findall(done.stdout))
        self.assertEqual(self.numbers(done.stdout), [])
        [file] = self.entry_files()
        self.assertEqual((stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(self.spool.stat().st_mode)), (0o600, 0o700))
        self.world.advance(days=2)
        sent = self.kezek("spool", "send")
        self.assertIn(reference, sent.stdout)
        number = self.numbers(sent.stdout)[0]
        request, reason = self.on_record(number)
        received = datetime.datetime.fromisoformat(request["received_at"])
        self.assertEqual(reason, "outage")
        self.assertLess(abs(received - before), datetime.timedelta(seconds=20))
        registered = datetime.datetime.fromisoformat(request["registered_at"])
        self.assertGreater(registered - received, datetime.timedelta(days=1, hours=23))
        due = datetime.date.fromisoformat(request["due_on"])
        self.assertEqual(due - received.date(), datetime.timedelta(days=30))
        self.assertIn(request["due_on"], sent.stdout)
        self.assertEqual(request["language"], "ru")
        self.assertEqual((self.items(), self.entry_files()), ([], []))
        # Whoever has only the slip is found by what stands on it.
        self.assertIn(number, self.kezek("search", reference).stdout)

    def test_the_database_is_away(self):
        with self.database_away():
            done = self.submit()
            self.assertIn("(database_away)", done.stderr)
            self.assertEqual(self.kezek("spool", "send", status=3).stdout, "")
        [reference] = set(REFERENCE.findall(done.stdout))
        self.assertIn(reference, self.kezek("spool", "list").stdout)
        self.assertEqual(len(self.numbers(self.kezek("spool", "send").stdout)), 1)

    def test_the_next_submission_takes_along_what_waits(self):
        with self.daemon_away():
            references = {REFERENCE.search(self.submit().stdout)[0] for _ in range(3)}
        before = self.requests()
        done = self.submit("--json")
        self.assertEqual(json.loads(done.stdout)["state"], "queued")
        self.assertEqual(set(REFERENCE.findall(done.stderr)), references)
        self.assertEqual(self.requests(), before + 4)
        self.assertEqual(self.entry_files(), [])

    def test_in_three_languages_and_for_programs(self):
        with self.daemon_away():
            for lang, said in (("ky", "УБАКТЫЛУУ ТИЛКАТ"), ("en", "PROVISIONAL SLIP")):
                self.assertIn(said, self.submit("--language", lang).stdout)
            slip = json.loads(self.submit("--json").stdout)
            self.assertTrue(slip["provisional"])
        sent = [json.loads(line) for line in self.kezek("spool", "send", "--json").stdout.splitlines()]
        self.assertEqual(len(sent), 3)
        self.assertIn(slip["reference"], {s["reference"] for s in sent})
        self.assertEqual({s["request"]["external_ref"] for s in sent}, {s["reference"] for s in sent})

    def test_questions_go_on_by_what_the_server_said_before(self):
        self.submit()
        with self.daemon_away():
            status, said = dialogue(
                [KEZEK, "--lang", "en", "submit", "--spool", "--attach", f"other={__file__}"],
                self.environment(),
                [("Service code", "s-1"), ("PIN", ""), ("full name", "Asanov"), ("Telephone", ""), ("Address", ""),
                 ("photo", "perhaps"), ("photo", "yes")])
        self.assertEqual(status, 0, said)
        self.assertIn("PROVISIONAL SLIP", said)
        [entry] = self.items()
        self.assertEqual(json.loads(entry["first"])["form"], {"photo": True})
        self.assertEqual(entry["files"], [{"kind": "other", "name": pathlib.Path(__file__).name}])
        self.kezek("spool", "drop", entry["reference"])
        self.assertEqual(list(self.spool.glob("S-*")), [])

    def attached(self, number):
        items = json.loads(self.kezek("document", number, "--json").stdout)["items"]
        return [(d["name"], d["kind"], self.kezek("document", number, d["name"], "--output", "-").stdout) for d in items]

    def test_files_wait_with_it(self):
        first, second = self.state / "one.txt", self.state / "two.txt"
        first.write_text("the first", encoding="utf-8")
        second.write_text("the second", encoding="utf-8")
        with self.daemon_away():
            done = self.submit("--attach", f"other={first}", "--attach", f"other={second}")
            first.unlink()
            second.unlink()
        reference = REFERENCE.search(done.stdout)[0]
        self.assertEqual([(f.name, stat.S_IMODE(f.stat().st_mode)) for f in sorted(self.spool.glob("S-*"))],
                         [(f"{reference}.1", 0o600), (f"{reference}.2", 0o600), (f"{reference}.json", 0o600)])
        kept, before = self.state / "kept", self.requests()
        shutil.copytree(self.spool, kept)
        [number] = self.numbers(self.kezek("spool", "send").stdout)[:1]
        files = [("one.txt", "other", "the first"), ("two.txt", "other", "the second")]
        self.assertEqual((self.attached(number), list(self.spool.glob("S-*"))), (files, []))
        # Killed before it was taken away: all of it is sent again, and nothing comes twice.
        shutil.copytree(kept, self.spool, dirs_exist_ok=True)
        self.assertIn(number, self.kezek("spool", "send").stdout)
        self.assertEqual((self.attached(number), self.requests()), (files, before + 1))
        # Killed while it was taken away: what is left of it goes with the next look.
        shutil.copy(kept / f"{reference}.2", self.spool)
        self.kezek("spool", "list")
        self.assertEqual(list(self.spool.glob("S-*")), [])

    def test_a_file_that_the_disk_does_not_take(self):
        """The application waits all the same; the file is asked for, and no part of it is ever sent."""
        large, most = self.state / "large.txt", (20_000, 20_000)
        large.write_text("a line of it\n" * 10_000, encoding="utf-8")
        with self.daemon_away():
            done = self.submit("--attach", f"other={large}", restore_signals=False,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, most))
        self.assertIn("attach them with kezek attach", done.stderr)
        self.assertIn(REFERENCE.search(done.stdout)[0], self.kezek("spool", "list").stdout)
        [number] = set(self.numbers(self.kezek("spool", "send").stdout))
        self.assertEqual((self.attached(number), list(self.spool.glob("S-*"))), ([], []))

    def test_a_file_that_is_refused_stays(self):
        bad = self.state / "bad.pdf"
        bad.write_text("no PDF", encoding="utf-8")
        with self.daemon_away():
            reference = REFERENCE.search(self.submit("--attach", f"other={bad}").stdout)[0]
            other = REFERENCE.search(self.submit().stdout)[0]
        before = self.requests()
        done = self.kezek("spool", "send", status=1)
        self.assertIn("bad.pdf", done.stderr)
        self.assertIn(other, done.stdout)
        [item] = self.items()
        self.assertEqual((item["reference"], item["problem"]["code"]), (reference, "unsupported_media_type"))
        (self.spool / f"{reference}.1").write_text("%PDF-1.7 after all", encoding="utf-8")
        [number] = set(self.numbers(self.kezek("spool", "send", reference).stdout))
        self.assertEqual((self.attached(number), self.requests()), ([("bad.pdf", "other", "%PDF-1.7 after all")], before + 2))
        self.assertEqual(list(self.spool.glob("S-*")), [])

    def test_a_refusal_at_the_counter_waits_too(self):
        with self.daemon_away():
            done = self.submit("--ground", "not_who", verb="refuse")
        self.assertIn("not_who", done.stdout)
        self.assertIn("refusal is not registered yet", done.stdout)
        self.assertIn("refused", self.kezek("spool", "send").stdout)

    def test_what_the_application_says_of_its_moment_stays(self):
        at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).isoformat(timespec="seconds")
        with self.daemon_away():
            self.submit("--received-at", at, "--backdate-reason", "post")
        request, reason = self.on_record(self.numbers(self.kezek("spool", "send").stdout)[0])
        self.assertEqual(reason, "post")
        self.assertEqual(datetime.datetime.fromisoformat(request["received_at"]), datetime.datetime.fromisoformat(at))


class Refusals(SpoolTest):
    def test_a_refusal_on_the_spot_keeps_nothing(self):
        done = self.submit("--variant", "none", status=1)
        self.assertIn("/variant", done.stderr)
        self.assertEqual((done.stdout, self.entry_files()), ("", []))

    def test_what_the_server_refuses_later_is_kept_aside_with_its_problem(self):
        with self.daemon_away():
            bad = REFERENCE.search(self.submit("--variant", "none").stdout)[0]
            good = REFERENCE.search(self.submit().stdout)[0]
        before = self.requests()
        done = self.kezek("spool", "send", status=1)
        self.assertIn(good, done.stdout)
        self.assertIn(bad, done.stderr)
        self.assertIn("/variant", done.stderr)
        self.assertEqual(self.requests(), before + 1)
        [item] = self.items()
        self.assertEqual((item["reference"], item["problem"]["status"]), (bad, 422))
        listed = self.kezek("spool", "list").stdout
        self.assertIn(bad, listed)
        self.assertIn("/variant", listed)
        self.assertIn("/variant", self.kezek("spool", "show", bad).stdout)
        # It is asked for again by its name only.
        self.assertEqual(self.kezek("spool", "send").stderr, "")
        self.assertIn("/variant", self.kezek("spool", "send", bad, status=1).stderr)
        self.assertIn("Асанов Үсөн", self.kezek("spool", "drop", bad).stdout)
        self.assertEqual(self.items(), [])
        self.kezek("spool", "drop", bad, status=1)

    def test_too_far_back(self):
        with self.daemon_away():
            self.submit()
        self.world.advance(days=12)
        self.assertIn("/received_at", self.kezek("spool", "send", status=1).stderr)
        self.assertEqual(self.items()[0]["problem"]["code"], "invalid")

    def test_a_clock_that_is_ahead_waits(self):
        with self.daemon_away():
            self.submit()
        self.world.advance(hours=-1)
        self.assertIn("ahead", self.kezek("spool", "send", status=1).stderr)
        self.assertNotIn("problem", self.items()[0])
        self.world.advance(hours=1)
        self.assertEqual(len(self.numbers(self.kezek("spool", "send").stdout)), 1)

    def test_anothers_are_left_alone(self):
        """A key belongs to whoever sent it first: under another name it would be another request."""
        with self.daemon_away():
            self.submit()
        before = self.requests()
        self.assertIn("another certificate", self.kezek("spool", "send", who="clerk-two").stderr)
        self.assertEqual((self.requests(), len(self.items())), (before, 1))
        self.kezek("spool", "send")
        self.assertEqual(self.requests(), before + 1)

    def test_each_is_sent_for_the_person_who_took_it_in(self):
        self.world.principal("hall", "clerk", kind="system", office=CLERK_OFFICE)
        with self.daemon_away():
            reference = REFERENCE.search(self.submit("--actor", "n.asanova", who="hall").stdout)[0]
        paper = self.state / "paper.txt"
        paper.write_text("paper")
        done = self.submit("--actor", "a.toktosunov", "--attach", f"other={paper}", who="hall")
        self.assertIn(reference, done.stderr)
        listed = self.kezek("document", self.numbers(done.stdout)[0], "--json").stdout
        self.assertEqual(json.loads(listed)["items"][0]["actor"], "a.toktosunov")
        submitted = "SELECT actor FROM kezek.request WHERE submitted_by = 'hall' ORDER BY received_at"
        self.assertEqual(self.world.sql(submitted), [["n.asanova"], ["a.toktosunov"]])

    def test_one_who_may_not_loses_nothing(self):
        with self.daemon_away():
            self.submit()
        self.world.sql("UPDATE kezek.principal SET disabled_at = now() WHERE name = 'clerk'")
        try:
            self.kezek("spool", "send", status=1)
            self.assertNotIn("problem", self.items()[0])
        finally:
            self.world.sql("UPDATE kezek.principal SET disabled_at = NULL WHERE name = 'clerk'")
        eventually(lambda: self.clerk.get("/v1/me").status == 200)
        self.kezek("spool", "send")

    def test_a_folder_that_others_enter_is_not_used(self):
        self.spool.mkdir(parents=True)
        self.spool.chmod(0o755)
        done = self.submit()
        self.assertIn("chmod 700", done.stderr)
        self.assertEqual(len(set(self.numbers(done.stdout))), 1)
        with self.daemon_away():
            self.submit(status=3)
        self.kezek("spool", "list", status=2)

    def test_what_cannot_be_read_is_told_and_stays(self):
        with self.daemon_away():
            self.submit()
        [file] = self.entry_files()
        torn = file.with_name("S-AAAAA-BBBBB.json")
        torn.write_bytes(file.read_bytes()[:100])
        done = self.kezek("spool", "send", status=1)
        self.assertEqual(len(self.numbers(done.stdout)), 1)
        self.assertIn("cannot be read", done.stderr)
        self.assertIn("cannot be read", self.kezek("spool", "list").stdout)
        self.assertTrue(torn.exists())


class Once(SpoolTest):
    def hang(self, *words, **more):
        """A command whose submission the daemon has taken, and which its database does not finish."""
        process = self.start(*words, **more)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        eventually(lambda: self.world.sql(waiting) != [["0"]], timeout=20)
        return process

    @contextlib.contextmanager
    def writes_held(self):
        """Meanwhile nothing can be stored, and everything read."""
        hold = Hold(self.world, "LOCK TABLE kezek.idempotency IN SHARE MODE")
        try:
            yield
        finally:
            hold.end()

    def words(self, *more):
        return ("submit", "--spool", "--service", "s-1", "--name", "A", "--form", "photo=true", *more)

    def test_the_answer_was_lost(self):
        relay = Relay(("127.0.0.1", self.world.daemon.port))
        self.addCleanup(relay.close)
        before = self.requests()
        with self.writes_held():
            process = self.hang(*self.words("--timeout", "2"), port=relay.port)
            relay.fall_silent()
        eventually(lambda: self.requests() == before + 1)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        reference = REFERENCE.search(out)[0]
        relay.speak()
        self.world.advance(hours=5)
        sent = json.loads(self.kezek("spool", "send", "--json", port=relay.port).stdout)
        self.assertEqual((sent["reference"], self.requests()), (reference, before + 1))
        # It was in time: the stored answer, and no mark of an outage.
        request, reason = self.on_record(sent["request"]["number"])
        self.assertEqual((request["received_at"], reason), (request["registered_at"], None))
        self.assertEqual(self.entry_files(), [])

    def test_killed_while_it_is_sent(self):
        before = self.requests()
        with self.writes_held():
            process = self.hang(*self.words())
            process.kill()
            process.communicate()
            self.assertEqual(len(self.entry_files()), 1)
        eventually(lambda: self.requests() == before + 1)
        self.assertEqual(len(self.numbers(self.kezek("spool", "send").stdout)), 1)
        self.assertEqual((self.requests(), self.entry_files()), (before + 1, []))

    def test_killed_while_sending_again(self):
        with self.daemon_away():
            self.kezek(*self.words())
        before = self.requests()
        with self.writes_held():
            process = self.hang("spool", "send")
            process.kill()
            process.communicate()
        eventually(lambda: self.requests() == before + 1)
        number = self.numbers(self.kezek("spool", "send").stdout)[0]
        self.assertEqual((self.on_record(number)[1], self.requests()), ("outage", before + 1))

    def test_two_senders_at_once(self):
        with self.daemon_away():
            references = {REFERENCE.search(self.kezek(*self.words()).stdout)[0] for _ in range(6)}
        before = self.requests()
        senders = [self.start("spool", "send") for _ in range(4)]
        said = [sender.communicate(timeout=60) for sender in senders]
        self.assertEqual({s.returncode for s in senders}, {0}, said)
        told = [r for out, _ in said for r in REFERENCE.findall(out)]
        self.assertEqual((sorted(told), self.requests()), (sorted(references), before + 6))
        self.assertEqual(self.entry_files(), [])

    def test_one_that_is_being_sent_is_not_another_senders(self):
        before = self.requests()
        with self.writes_held():
            process = self.hang(*self.words())
            reference = self.items()[0]["reference"]
            self.assertEqual(self.kezek("spool", "send").stdout, "")
            self.assertIn("Another process", self.kezek("spool", "send", reference, status=1).stderr)
            self.assertIn("Another process", self.kezek("spool", "drop", reference, status=1).stderr)
        out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, self.requests()), (0, before + 1), err)
        self.assertEqual(len(set(self.numbers(out))), 1)

    def test_killed_at_any_instant(self):
        """Half-written files are never taken for whole ones, and every slip that was printed is sent, once."""
        with self.daemon_away():
            for delay in range(24):
                process = self.start(*self.words())
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.002 * delay)
                process.send_signal(signal.SIGKILL)
                process.communicate()
            whole = self.kezek(*self.words()).stdout
        entries = self.items()
        self.assertIn(REFERENCE.search(whole)[0], {e["reference"] for e in entries})
        self.assertTrue(all(e["key"] and e["first"] and e["later"] for e in entries))
        before = self.requests()
        self.kezek("spool", "send")
        self.assertEqual((self.requests(), self.entry_files()), (before + len(entries), []))
        # What was half done goes away with time.
        half = self.spool / ".S-AAAAA-CCCCC.json.new"
        half.write_text("{")
        self.items()
        self.assertTrue(half.exists())
        os.utime(half, (1, 1))
        self.items()
        self.assertFalse(half.exists())


if __name__ == "__main__":
    main()
