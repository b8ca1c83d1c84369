"""The command `kezek` against the real daemon: every verb, as people at counters and desks use it."""

import csv
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from support.kezek import KEZEK, ROOT, ApiTest, World, main
from support.terminal import terminal

CLERK, HALL = "con-one", "con-two"
DECIDE = {"amount": 5, "unit": "working_day", "start": "registered"}


def name(text):
    return {"ky": text, "ru": text, "en": text}


def service(code, **more):
    return {
        "code": code, "version": 1, "valid_from": "2020-01-01", "valid_to": None, "level": "state", "name": name(f"Service {code}"),
        "result": name("A paper"), "legal_basis": None, "source": "unconfirmed", "recipients": ["person"],
        "transition": "pinned", "variants": [{"code": "standard", "fee_tyiyn": 10086, "offices": None,
                                              "terms": {"decide": DECIDE}}],
        "stages": [{"kind": "decide", "term": "variant", "cap": None, "on_breach": "overdue", "late_decision": "allowed"}],
        "payment": "after", "incomplete": "accept",
        "max_backdate": {"amount": 3, "unit": "working_day"}, "documents": [],
        "refusal_grounds": [{"code": "not_who", "name": name("Not who they say"), "legal_basis": None}],
        "form": {"type": "object", "required": ["photo"], "properties": {"photo": {"type": "boolean"}}}, **more}


def catalogue():
    birth = {"kind": "birth", "required": True, "original": True, "max_age_days": None, "name": name("Birth certificate")}
    return {
        "territories.json": {"territories": [{"code": "KG", "parent": None, "name": name("Kyrgyzstan")},
                                             {"code": "KG-X", "parent": "KG", "name": name("Xa")}]},
        "bodies.json": {
            "agencies": [{"code": code, "level": "state", "parent": None, "calendar": "kg-state", "name": name(code),
                          "head": f"{code}-head"} for code in ("kyzmat", "interior", "unrouted")],
            "offices": [{"code": code, "agency": "kyzmat", "territory": "KG-X", "calendar": "kg-state",
                         "name": name(code)} for code in (CLERK, HALL)]},
        "services.json": {
            "services": [service("6-49"), service("6-50", documents=[birth]), service("6-51", payment="before")],
            "routes": [{"service": code, "territory": "KG", "by": "office", "agency": "kyzmat",
                        "valid_from": "2020-01-01"} for code in ("6-49", "6-50", "6-51")]},
    }


class Command(ApiTest):
    world_options = {"catalogue": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        world = cls.world
        (cls.folder / "catalogue").mkdir()
        for file, document in catalogue().items():
            (cls.folder / "catalogue" / file).write_text(json.dumps(document), encoding="utf-8")
        world.kezek("admin", "calendar", "load", ROOT / "config" / "calendars")
        world.kezek("admin", "catalogue", "load", cls.folder / "catalogue")
        world.pki.client("officer")
        for who, line in (("clerk", f"--role clerk --office {CLERK}"), ("officer", "--role officer --agency kyzmat"),
                          ("supervisor", "--role supervisor"), ("auditor", "--role auditor")):
            world.kezek("admin", "principal", "add", who, *line.split(), "--certificate", world.pki.certificate(who))

    def kezek(self, who, *words, status=0, stdin=""):
        done = self.world.kezek(who, "--lang", "en", *words, stdin=stdin, check=False)
        self.assertEqual(done.returncode, status, f"{words}\n{done.stdout}{done.stderr}")
        return done

    def json(self, who, *words, **more):
        return json.loads(self.kezek(who, *words, "--json", **more).stdout)

    def submit(self, *words, code="6-49"):
        """The number of a new request."""
        return self.json("clerk", "submit", "--service", code, "--name", "Асан", "--form", "photo=true", *words)["number"]

    def claimed(self, **more):
        number = self.submit(**more)
        self.kezek("officer", "claim", "--request", number)
        return number

    def state(self, number):
        return self.json("supervisor", "show", number)["state"]


class Administration(Command):
    def test_loading_again_changes_nothing_and_a_dry_run_neither(self):
        for words in (("--dry-run",), ()):
            said = self.kezek("admin", "catalogue", "load", self.folder / "catalogue", *words).stdout
            self.assertIn("services: +0 ~0 !0 -0 =3", said)

    def test_shows_what_is_loaded(self):
        self.assertIn("con-one", self.kezek("admin", "catalogue", "show").stdout)
        self.assertEqual(json.loads(self.kezek("admin", "catalogue", "show", "6-50").stdout)["code"], "6-50")
        self.kezek("admin", "catalogue", "show", "nothing", status=1)
        self.assertIn("kg-state", self.kezek("admin", "calendar", "list").stdout)
        self.assertIn("09:00-12:30", self.kezek("admin", "calendar", "show", "kg-state").stdout)
        self.assertEqual(self.json("admin", "catalogue", "route", "6-49", "KG-X")["agency"], "kyzmat")

    def test_faults_of_a_catalogue_name_their_file(self):
        bad = self.folder / "bad.json"
        bad.write_text(json.dumps({"services": [service("6-60"), service("6-61", payment="never")]}))
        done = self.kezek("admin", "catalogue", "load", self.folder / "catalogue", bad, status=1)
        self.assertIn(f"{bad}: /services/1/payment", done.stderr)

    def test_calendar_faults(self):
        bad = self.folder / "calendar.json"
        bad.write_text('{"code":"bad","parent":"nowhere"}')
        self.assertIn("/parent", self.kezek("admin", "calendar", "load", bad, status=1).stderr)

    def test_principals(self):
        token = self.kezek("admin", "principal", "add", "desk", "--role", "clerk", "--office", CLERK, "--kind", "system",
                           "--token").stdout.strip()
        self.assertRegex(token, "^kz_")
        file = self.folder / "token"
        file.write_text(token + "\n")
        env = {k: v for k, v in self.world.environment("clerk").items() if k not in ("KEZEK_CERT", "KEZEK_KEY")}

        def me(*words):
            return subprocess.run([KEZEK, "me", *words], env={**env, "PATH": os.environ["PATH"]}, text=True,
                                  capture_output=True, check=False)
        self.assertIn("desk", me("--token-file", file).stdout)
        fresh = self.kezek("admin", "principal", "rotate", "desk").stdout.strip()
        self.assertEqual(me("--token-file", file).returncode, 1)
        file.write_text(fresh)
        self.assertEqual(me("--token-file", file).returncode, 0)
        self.kezek("admin", "principal", "disable", "desk")
        done = me("--token-file", file)
        self.assertEqual(done.returncode, 1)
        self.assertIn("(principal_disabled)", done.stderr)
        self.assertIn("disabled", self.kezek("admin", "principal", "list").stdout)
        self.assertIn("/agency", self.kezek("admin", "principal", "add", "x", "--role", "officer", "--agency", "none",
                                            "--token", status=1).stderr)

    def test_what_the_role_may_not(self):
        self.assertIn("(role_not_allowed)", self.kezek("clerk", "principal", "list", status=1).stderr)
        self.assertIn("(role_not_allowed)", self.kezek("clerk", "overview", status=1).stderr)


class Counter(Command):
    def test_register_of_services(self):
        self.assertIn("Service 6-49", self.kezek("clerk", "services").stdout)
        self.assertNotIn("6-49", self.kezek("clerk", "services", "--q", "6-50").stdout)
        said = self.kezek("clerk", "services", "6-50").stdout
        for part in ("100.86 som", "5 working days", "unconfirmed", "Birth certificate", "[required]", "not_who"):
            self.assertIn(part, said)
        self.assertIn("(not_found)", self.kezek("clerk", "services", "9-99", status=1).stderr)

    def test_submits_and_shows(self):
        done = self.kezek("clerk", "submit", "--service", "6-49", "--name", "Асан Үсөнов", "--pin", "21509199012345",
                          "--form", "photo=true")
        number = re.match(r"(\S+)  queued", done.stdout)[1]
        self.assertIn(f"kezek receipt {number}", done.stdout)
        self.assertIn("Асан Үсөнов", self.kezek("clerk", "show", number).stdout)
        self.assertIn("2*********2345", self.kezek("supervisor", "show", number).stdout)
        one = self.json("clerk", "show", number)
        self.assertEqual(self.json("clerk", "show", one["id"])["number"], number)
        self.assertIn(number, self.kezek("clerk", "receipt", number).stdout)
        page = self.folder / "receipt.html"
        self.kezek("clerk", "receipt", number, "--html", "--output", page)
        self.assertIn("<html", page.read_text(encoding="utf-8"))
        self.kezek("clerk", "receipt", number, "--html", "--slip", "--output", page)
        self.assertIn("72mm", page.read_text(encoding="utf-8"))
        self.assertIn("█", self.kezek("clerk", "receipt", number, "--slip").stdout)
        receipt = self.json("clerk", "receipt", number)
        self.assertEqual(receipt["number"], number)
        self.assertIn(receipt["code"], done.stdout)
        for typed in (receipt["code"], f"--code={receipt['code'].lower().replace('-', ' ')}"):
            self.assertIn(number, self.kezek("clerk", "search", typed).stdout)
        self.assertIn("submit", self.kezek("clerk", "journal", number).stdout)
        self.assertIn("counted", self.kezek("clerk", "deadlines", number).stdout)
        self.assertIn(number, self.kezek("clerk", "search", "21509199012345").stdout)
        self.assertIn(number, self.kezek("clerk", "search", "--pin", "-", stdin="21509199012345\n").stdout)
        self.assertIn(number, self.kezek("clerk", "search", number).stdout)

    def test_from_a_file_and_from_standard_input(self):
        body = json.dumps({"service": "6-49", "applicant": {"kind": "person", "name": "A"}, "form": {"photo": True},
                           "external_ref": "our-17"})
        file = self.folder / "application.json"
        file.write_text(body)
        one = self.json("clerk", "submit", file)["number"]
        self.json("clerk", "submit", "-", stdin=body)
        self.assertIn(one, self.kezek("clerk", "search", "--external-ref", "our-17").stdout)

    def test_the_same_key_is_one_request(self):
        words = ("--idempotency-key", "k-17", "--external-ref", "twice")
        self.assertEqual(self.submit(*words), self.submit(*words))
        self.assertIn("(idempotency_key_reused)", self.kezek(
            "clerk", "submit", "--service", "6-49", "--name", "B", "--form", "photo=true", *words, status=1).stderr)

    def test_every_fault_has_its_line(self):
        done = self.kezek("clerk", "submit", "--service", "6-49", "--variant", "none", "--language", "ky", "--pin", "17",
                          "--name", "A", status=1)
        self.assertIn("  /variant: ", done.stderr)
        self.assertIn("  /form", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_asks(self):
        done = self.kezek("clerk", "submit", "--ask", stdin="6-50\n\nАсан\n\n\nyes\nno\n", status=0)
        self.assertIn("incomplete", done.stdout)

    def test_refuses_at_the_counter(self):
        done = self.kezek("clerk", "refuse", "--service", "6-49", "--name", "A", "--form", "photo=true",
                          "--ground", "not_who")
        self.assertIn("  refused", done.stdout)

    def test_completes_pays_withdraws(self):
        number = self.submit(code="6-50")
        self.assertEqual(self.state(number), "incomplete")
        self.kezek("clerk", "complete", number, "--document", "birth,original")
        self.assertEqual(self.state(number), "queued")
        number = self.submit(code="6-51")
        self.assertEqual(self.state(number), "awaiting_payment")
        self.assertIn("/amount_tyiyn", self.kezek("clerk", "pay", number, "--amount", "1", status=1).stderr)
        self.kezek("clerk", "pay", number, "--amount", "100.86", "--reference", "R-1")
        self.assertEqual(self.state(number), "queued")
        self.assertIn("withdrawn", self.kezek("clerk", "withdraw", number, "--reason", "own").stdout)
        done = self.kezek("clerk", "withdraw", number, "--reason", "own", status=1)
        self.assertIn("(act_not_open)", done.stderr)

    def test_lists(self):
        numbers = {self.submit() for _ in range(5)}
        self.assertLessEqual(numbers, {r["number"] for r in self.json("clerk", "list", "--all")["items"]})
        page = self.json("clerk", "list", "--limit", "2")
        self.assertEqual((len(page["items"]), page["page"]["has_more"]), (2, True))
        after = self.json("clerk", "list", "--limit", "2", "--after", page["page"]["end_cursor"])
        self.assertFalse({r["id"] for r in page["items"]} & {r["id"] for r in after["items"]})
        self.assertEqual(self.json("clerk", "list", "--state", "lapsed")["items"], [])
        self.assertEqual({r["state"] for r in self.json("clerk", "list", "--state", "queued,withdrawn")["items"]} -
                         {"queued", "withdrawn"}, set())
        self.assertIn("--after", self.kezek("clerk", "list", "--limit", "1").stderr)

    def test_streams(self):
        numbers = {self.submit() for _ in range(3)}
        rows = list(csv.DictReader(io.StringIO(self.kezek("clerk", "list", "--csv", "--state", "queued").stdout)))
        self.assertLessEqual(numbers, {row["number"] for row in rows})
        lines = self.kezek("clerk", "list", "--ndjson", "--state", "queued").stdout.splitlines()
        self.assertEqual([json.loads(line)["number"] for line in lines], [row["number"] for row in rows])

    def test_what_is_not_there(self):
        self.kezek("clerk", "show", "con-one-99999/26", status=1)
        self.assertIn("(not_found)", self.kezek("clerk", "show", "018f0000-0000-7000-8000-000000000000", status=1).stderr)


class Work(Command):
    def test_takes_keeps_decides(self):
        number = self.submit()
        self.assertIn(number, self.kezek("officer", "queues", "kyzmat").stdout)
        self.assertIn("kyzmat", self.kezek("officer", "queues").stdout)
        said = self.kezek("officer", "claim", "--request", number, "--lease", "60").stdout
        self.assertIn(number, said)
        self.assertIn(number, self.kezek("officer", "claims").stdout)
        self.assertIn(number, self.kezek("officer", "renew", number, "--lease", "3600").stdout)
        self.assertIn("in_work", self.kezek("officer", "accept", number, "--body-number", "K-1").stdout)
        self.assertEqual(self.json("officer", "show", number)["body_number"], "K-1")
        self.assertIn("/ground", self.kezek("officer", "decide", number, "--outcome", "refused", status=1).stderr)
        self.assertIn("granted", self.kezek("officer", "decide", number, "--outcome", "granted", "--document", "17").stdout)
        journal = self.kezek("officer", "journal", number).stdout
        for kind in ("submit", "claim", "accept", "decide"):
            self.assertIn(kind, journal)

    def test_releases(self):
        numbers = [self.claimed(), self.claimed(), self.claimed()]
        self.kezek("officer", "release", numbers[0])
        self.assertEqual([self.state(n) for n in numbers], ["queued", "claimed", "claimed"])
        self.kezek("officer", "release", "--all")
        self.assertEqual([self.state(n) for n in numbers], ["queued"] * 3)
        self.kezek("officer", "release", numbers[0], status=1)
        self.kezek("officer", "release", status=2)
        self.kezek("officer", "accept", numbers[0], status=1)

    def test_claims_as_json(self):
        self.submit()
        claims = self.json("officer", "claim", "kyzmat", "--max", "1")["claims"]
        self.assertEqual(len(claims), 1)
        self.assertIsInstance(claims[0]["fence"], int)
        number = claims[0]["request"]["number"]
        self.kezek("officer", "decide", number, "--outcome", "granted", "--claim", claims[0]["claim"], "--fence",
                   str(claims[0]["fence"]))
        self.assertEqual(self.state(number), "closed")

    def test_an_old_hold_is_refused(self):
        number = self.claimed()
        held = next(c for c in self.json("officer", "claims")["claims"] if c["request"]["number"] == number)
        self.kezek("officer", "release", number)
        self.assertIn("(claim_lost)", self.kezek("officer", "accept", number, "--claim", held["claim"], "--fence",
                                                 str(held["fence"]), status=1).stderr)
        self.assertIn("(stale_version)", self.kezek("clerk", "withdraw", number, "--reason", "r", "--if-match", "77",
                                                    status=1).stderr)

    def test_nothing_to_do(self):
        while self.json("officer", "claim", "--max", "100")["claims"]:
            pass
        began = time.monotonic()
        done = self.kezek("officer", "claim", "--wait", "1")
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertEqual(done.stdout, "")
        self.kezek("officer", "release", "--all")


class Oversight(Command):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for _ in range(3):
            cls.world.kezek("clerk", "submit", "--service", "6-49", "--name", "A", "--form", "photo=true")
        cls.world.advance(days=21)

    def test_overview(self):
        for by, key in (("agency", "kyzmat"), ("service", "6-49"), ("office", CLERK)):
            self.assertIn(key, self.kezek("supervisor", "overview", "--by", by).stdout)
            self.assertEqual(self.json("supervisor", "overview", "--by", by)["items"][0][by], key)

    def test_overdue(self):
        late = self.json("supervisor", "overdue")["items"]
        self.assertEqual(len(late), 3)
        self.assertGreater(late[0]["working_days_late"], 5)
        self.assertIn(late[0]["number"], self.kezek("supervisor", "overdue").stdout)
        self.assertEqual(len(self.kezek("supervisor", "overdue", "--csv").stdout.splitlines()), 4)
        self.assertIn("OVERDUE", self.kezek("supervisor", "show", late[0]["number"]).stdout)
        self.assertIn(late[0]["number"], self.kezek("supervisor", "list", "--overdue").stdout)

    def test_reassigns(self):
        number = self.json("supervisor", "overdue")["items"][0]["number"]
        self.kezek("supervisor", "reassign", number, "--to-principal", "officer", "--reason", "leave")
        self.assertEqual(self.json("supervisor", "show", number)["responsible"]["principal"], "officer")

    def test_watch_in_a_pipe(self):
        lines = self.kezek("supervisor", "watch", "--times", "2", "--interval", "1").stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn("OVERDUE 3", lines[0])
        one = json.loads(self.kezek("supervisor", "watch", "--times", "1", "--json").stdout)
        self.assertEqual(len(one["overdue"]["items"]), 3)
        self.assertIn("WAITING", self.kezek("officer", "watch", "--times", "1").stdout)

    def test_due_today(self):
        """On the wall's own day: the command's clock and the daemon's must agree here."""
        world = World(catalogue=False, test_clock=False)
        self.addCleanup(world.close)
        world.kezek("admin", "calendar", "load", ROOT / "config" / "calendars")
        rule = {"amount": 1, "unit": "day", "start": "registered", "offset": "same_day", "roll": "none"}
        document = {k: v for part in catalogue().values() for k, v in part.items()}
        document["services"][0]["variants"][0]["terms"]["decide"] = rule
        file = self.folder / "today.json"
        file.write_text(json.dumps(document))
        world.kezek("admin", "catalogue", "load", file)
        for who, line in (("clerk", f"--role clerk --office {CLERK}"), ("supervisor", "--role supervisor")):
            world.kezek("admin", "principal", "add", who, *line.split(), "--certificate", world.pki.certificate(who))
        world.kezek("clerk", "submit", "--service", "6-49", "--name", "A", "--form", "photo=true")
        said = json.loads(world.kezek("supervisor", "watch", "--times", "1", "--json").stdout)
        self.assertEqual(len(said["today"]["items"]), said["overview"]["items"][0]["due_today"])
        self.assertEqual(len(said["today"]["items"]), 1)

    def test_watch_on_a_terminal(self):
        screen = terminal([KEZEK, "--lang", "ru", "watch", "--interval", "1"], self.world.environment("supervisor"),
                          lambda said: said.count("\x1b[H") >= 2 and "Просроченные" in said)
        self.assertIn("\x1b[?1049h", screen)
        self.assertIn("\x1b[?1049l", screen, "the screen is given back")
        self.assertIn("kyzmat", screen)


class Way(Command):
    def test_a_daemon_that_is_away(self):
        world = World(catalogue=False)
        self.addCleanup(world.close)
        self.assertEqual(world.kezek("admin", "me", check=False).returncode, 0)
        world.daemon.stop()
        done = world.kezek("admin", "me", check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ""))

    def test_a_foreign_certificate(self):
        env = self.world.environment("clerk")
        done = subprocess.run([KEZEK, "--lang", "en", "me"], text=True, capture_output=True, check=False,
                              env={"PATH": os.environ["PATH"], "KEZEK_URL": env["KEZEK_URL"], "KEZEK_CA": env["KEZEK_CA"]})
        self.assertEqual(done.returncode, 1)
        self.assertIn("(unauthenticated)", done.stderr)

    def test_words_follow_the_language(self):
        said = {lang: self.world.kezek("clerk", "show", "018f0000-0000-7000-8000-000000000000", "--lang", lang,
                                       check=False).stderr for lang in ("ky", "ru", "en")}
        self.assertEqual(len(set(said.values())), 3)


if __name__ == "__main__":
    main()
