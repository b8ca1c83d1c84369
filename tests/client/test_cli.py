"""The command `kezek` where no daemon is needed: its line, its words, and what it says when the way is barred.

Run: KEZEK=build/kezek python3 tests/client/test_cli.py
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from pki import Pki, free_port
from server import Script

KEZEK = os.path.abspath(os.environ["KEZEK"])
LINES = '{"number":"a","agency":"x"}\n\n{"number":"b","agency":"x"}\r\n{"number":"c","agency":"x"}\n'


def run(*args, stdin="", **env):
    clean = {"PATH": os.environ["PATH"], "LANG": "en_GB.UTF-8", "HOME": "/nonexistent", **env}
    if "ASAN_OPTIONS" in os.environ:
        clean["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
    return subprocess.run([KEZEK, *args], input=stdin, env=clean, text=True, capture_output=True,
                          check=False, timeout=60)


class LineTest(unittest.TestCase):
    def test_wrong_lines_are_usage(self):
        for line, said in {
            "decied": "kezek decide",
            "catalogue": "catalogue load, kezek catalogue show",
            "show": "show REQUEST",
            "show --outcome granted a": "--outcome",
            "decide a --outcome maybe": "granted partly refused",
            "list --nonsense": "--nonsense",
            "list --limit": "--limit",
            "list --limit 0 --url https://a": "1–500",
            "list --overdue=yes": "--overdue",
            "me extra": "extra",
            "me": "KEZEK_URL",
            "me --url http://a": "https://",
            "me --profile none --url https://a": "none",
            "import /nonexistent --url https://a": "/nonexistent",
            "principal add n --role clerk --url https://a": "--certificate",
            "pay 018f0000-0000-7000-8000-000000000000 --amount ten --url https://a": "--amount",
            "claim --max 101 --url https://a": "1–100",
            "extend 018f0000-0000-7000-8000-000000000000 two week --url https://a": "two",
            "extend 018f0000-0000-7000-8000-000000000000 2 fortnight --url https://a": "working_day week",
            "extend 018f0000-0000-7000-8000-000000000000 2 --url https://a": "AMOUNT UNIT",
            "correct 018f0000-0000-7000-8000-000000000000 --url https://a": "--file",
            "correct 018f0000-0000-7000-8000-000000000000 phone=1 --url https://a": "phone=1",
            "correct 018f0000-0000-7000-8000-000000000000 form.rooms --url https://a": "form.rooms",
            "terminal": "terminal",
        }.items():
            done = run(*line.split())
            self.assertEqual(done.returncode, 2, line)
            self.assertIn(said, done.stderr, line)
            self.assertEqual(done.stdout, "", line)

    def test_help_of_everything_in_three_languages(self):
        whole = run("--help")
        self.assertEqual(whole.returncode, 0)
        verbs = [re.match(r"  ((?:[a-z-]+ ?)+)", row)[1].strip()
                 for row in whole.stdout.splitlines() if re.match(r"  [a-z]", row)]
        self.assertGreater(len(verbs), 50)
        for verb in verbs:
            said = {lang: run(*verb.split(), "--help", "--lang", lang) for lang in ("ky", "ru", "en")}
            if verb != "term":  # it has options, and words, of its own
                self.assertEqual({done.returncode for done in said.values()}, {0}, verb)
                self.assertEqual(len({done.stdout for done in said.values()}), 3, verb)
                self.assertIn("kezek " + verb, said["ky"].stdout)
        self.assertEqual(run("help", "catalogue", "load").stdout, run("catalogue", "load", "--help").stdout)

    def test_nothing_said_is_usage(self):
        done = run()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("submit", done.stderr)

    def test_version(self):
        self.assertRegex(run("version").stdout, r"^kezek \d")
        self.assertRegex(run("--version").stdout, r"^kezek \d")

    def test_completion_is_well_formed(self):
        for shell in ("bash", "zsh", "fish"):
            done = run("completion", shell)
            self.assertEqual(done.returncode, 0)
            if shutil.which(shell):
                subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True)
        self.assertEqual(run("completion", "csh").returncode, 2)

    def test_bash_completes(self):
        def complete(*words):
            script = run("completion", "bash").stdout + (
                f"\nCOMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}\n"
                "_kezek; printf '%s\\n' \"${COMPREPLY[@]}\"\n")
            done = subprocess.run(["bash", "-c", script], text=True, capture_output=True, check=True)
            return done.stdout.split()
        self.assertEqual(complete("kezek", "dec"), ["decide"])
        self.assertEqual(complete("kezek", "catalogue", ""), ["load", "show", "route"])
        self.assertEqual(complete("kezek", "decide", "x", "--outcome", "gr"), ["granted"])
        self.assertIn("--legal-basis", complete("kezek", "decide", "--le"))
        self.assertEqual(complete("kezek", "calendar", "load", "--dry"), ["--dry-run"])
        self.assertEqual(complete("kezek", "extend", "x", "5", "work"), ["working_hour", "working_day"])


class BodyTest(unittest.TestCase):
    def dry(self, *args, stdin=""):
        done = run("submit", "--dry-run", *args, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_from_options(self):
        self.assertEqual(
            self.dry("--service", "6-49", "--office", "o", "--name", "Асан", "--pin", "21509199012345",
                     "--form", "photo=true", "--form", "n=12", "--form", "code=012", "--form", "on=2026-11-26",
                     "--document", "old,original,pages=2", "--document", "new,copy", "--refuse", "g"),
            {"service": "6-49", "office": "o", "channel": "counter",
             "applicant": {"kind": "person", "name": "Асан", "pin": "21509199012345"},
             "form": {"photo": True, "n": 12, "code": "012", "on": "2026-11-26"},
             "documents": [{"kind": "old", "original": True, "pages": 2}, {"kind": "new", "original": False}],
             "refuse": {"ground": "g"}})

    def test_from_standard_input_with_options_over_it(self):
        body = {"service": "6-49", "applicant": {"kind": "person", "name": "A"}, "form": {"a": 1}}
        self.assertEqual(self.dry("-", "--phone", "+996700112233", stdin=json.dumps(body)),
                         {**body, "applicant": {"kind": "person", "name": "A", "phone": "+996700112233"}})
        self.assertEqual(self.dry(stdin=json.dumps(body)), body)

    def test_what_is_no_object(self):
        for text in ("", "[]", "{", "nonsense"):
            self.assertEqual(run("submit", "-", stdin=text).returncode, 2)


class WayTest(unittest.TestCase):
    """Against s_server and a scripted server."""

    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = Pki(cls.tmp.name)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def env(self, url, certificate=None, **more):
        env = {"KEZEK_URL": url, "KEZEK_CA": self.pki.path("ca.crt"), **more}
        if certificate:
            env.update(KEZEK_CERT=self.pki.path(certificate + ".crt"),
                       KEZEK_KEY=self.pki.path(certificate + ".key"))
        return env

    def test_each_barred_way_is_3_and_told_in_three_languages(self):
        mutual = self.pki.serve(self, "server", "-Verify", "2", "-verify_return_error", "-CAfile", "ca.crt",
                                "-CRL", "ca.crl", "-crl_check", "-naccept", "50")
        for env, said in (
                (self.env(f"https://127.0.0.1:{free_port()}"), "nothing listens"),
                (self.env("https://nowhere.invalid"), "no server of that name"),
                (self.env(mutual), "asks for a client certificate"),
                (self.env(mutual, "expired"), "has expired"),
                (self.env(mutual, "revoked"), "is revoked"),
                (self.env(mutual, "stranger"), "does not know the authority"),
                (self.env(self.pki.serve(self, "elsewhere")), "another host name"),
                (self.env(self.pki.serve(self, "server"), KEZEK_CA=self.pki.path("foreign.crt")), "is not trusted")):
            sentences = set()
            for lang in ("ky_KG.UTF-8", "ru_RU.UTF-8", "en_US.UTF-8"):
                done = run("me", **{**env, "LANG": lang})
                self.assertEqual((done.returncode, done.stdout), (3, ""), said)
                sentences.add(done.stderr.splitlines()[0])
            self.assertEqual(len(sentences), 3)
            self.assertTrue(any(said in s for s in sentences), (said, sentences))

    def script(self, *answers):
        script = Script(self, self.pki)
        script.answers = list(answers)
        return script

    def test_refusal(self):
        problem = {"type": "urn:kezek:problem:invalid", "code": "invalid", "title": "The content has faults",
                   "status": 422, "trace_id": "t", "invalid_params": [
                       {"name": "/applicant/pin", "code": "bad_format", "reason": "wrong \x1b[31mformat"},
                       {"name": "/form/a", "code": "missing", "reason": "required member is missing"}]}
        answer = (422, {"Content-Type": "application/problem+json"}, json.dumps(problem))
        script = self.script(answer, answer)
        done = run("submit", "-", stdin="{}", **self.env(script.url))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr.splitlines(), [
            "kezek: The content has faults (invalid)", "  /applicant/pin: wrong ?[31mformat",
            "  /form/a: required member is missing"])
        done = run("submit", "-", "--json", stdin="{}", **self.env(script.url))
        self.assertEqual(json.loads(done.stderr)["code"], "invalid")

    def test_profile(self):
        script = self.script(*[(200, {}, '{"name":"n","role":"clerk"}')] * 3)
        os.makedirs(self.pki.path("kezek"), exist_ok=True)
        self.pki.write("kezek/config", f"# comment\n[default]\nurl = {script.url}\nca = ../ca.crt\n"
                       f"[other]\nurl = {script.url}\nca = {self.pki.path('ca.crt')}\nactor = asan\ntoken=kz_x\n")
        home = {"XDG_CONFIG_HOME": self.tmp.name}
        self.assertIn("clerk", run("me", **home).stdout)
        self.assertEqual(run("me", "--profile", "other", **home, KEZEK_URL="https://127.0.0.1:1").returncode, 0)
        self.assertEqual(script.seen[1][2]["Kezek-Actor"], "asan")
        self.assertEqual(script.seen[1][2]["Authorization"], "Bearer kz_x")
        self.assertEqual(run("me", **home, KEZEK_URL="https://127.0.0.1:1").returncode, 3)

    def test_import_splits_and_numbers_lines_as_in_the_file(self):
        def take(_method, path, body):
            self.assertEqual(path, "/v1/imports")
            out = []
            for i, line in enumerate(body.splitlines(), 1):
                number = json.loads(line)["number"]
                out.append({"line": i, "number": number, "result": "created", "flags": ["closed_before_receipt"],
                            "problem": None} if number != "c" else
                           {"line": i, "number": number, "result": "refused", "flags": [],
                            "problem": {"title": "No such service", "detail": "x", "invalid_params": [
                                {"name": "/service", "code": "not_found", "reason": "not found: x"}]}})
            return 200, {"Content-Type": "application/x-ndjson"}, "".join(json.dumps(o) + "\n" for o in out)

        script = self.script(*[take] * 4)
        self.pki.write("cases", LINES)
        results = self.pki.path("results")
        done = run("import", self.pki.path("cases"), "--chunk", "2", "--results", results, **self.env(script.url))
        self.assertEqual(done.returncode, 1)
        self.assertEqual([len(seen[3].splitlines()) for seen in script.seen], [2, 1])
        self.assertIn("created 2, exists 0, refused 1", done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertEqual(re.findall(r"^(\w+) +(\d+)  ended before it came in$", done.stdout, re.M), [("closed_before_receipt", "2")])
        where = re.escape(self.pki.path("cases"))
        self.assertRegex(done.stdout, rf"(?m)^{where}:4 +c +/service +not found: x$")
        with open(results, encoding="utf-8") as f:
            self.assertEqual([json.loads(line)["line"] for line in f], [1, 3, 4])
        done = run("import", "-", "--json", stdin=LINES, **self.env(script.url))
        summary = json.loads(done.stdout)
        self.assertEqual((summary["created"], summary["refused"], summary["refusals"][0]["line"]), (2, 1, 4))
        self.assertEqual(done.stderr, "")

    def test_import_reports_each_fault_and_stays_small(self):
        """A row a fault; where no member is to blame, the problem as a whole; beyond a thousand lines, their number."""
        def take(_method, _path, body):
            said = [{"title": "Too large", "detail": "more than 1 MiB"},
                    {"title": "t", "invalid_params": [{"name": "/a", "code": "missing", "reason": "is missing"},
                                                      {"name": "/b", "code": "missing", "reason": "is missing\x1b[2J"}]}]
            out = [{"line": i + 1, "number": None, "result": "refused", "flags": [], "problem": said[i % 2]}
                   for i, _ in enumerate(body.splitlines())]
            return 200, {"Content-Type": "application/x-ndjson"}, "".join(json.dumps(o) + "\n" for o in out)

        script = self.script(*[take] * 3)
        done = run("import", "-", stdin="{}\n" * 2, **self.env(script.url))
        self.assertEqual(done.returncode, 1)
        self.assertIn("2 lines: created 0, exists 0, refused 2\n", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^-:1 +– +– +Too large: more than 1 MiB\n-:2 +– +/a +is missing\n-:2 +– +/b +is missing\?\[2J$")
        self.assertNotIn("Meaning", done.stdout)
        many = run("import", "-", stdin="{}\n" * 1700, **self.env(script.url))
        self.assertIn("Refused lines beyond these: 700.", many.stdout)
        self.assertEqual(many.stdout.count("\n-:"), 1500)

    def test_every_act_says_what_it_was_told(self):
        """Path, hold and body of each act, as the contract has them."""
        request, claim = "018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002"
        brief = (200, {}, '{"number":"n-1/26","state":"in_work"}')
        for line, act, body in (
                ("complete --document birth,original", "complete", {"documents": [{"kind": "birth", "original": True}]}),
                ("pay --amount 100.86 --reference R", "pay", {"amount_tyiyn": 10086, "reference": "R"}),
                ("correct applicant.phone=+996 address=1 form.old=", "correct",
                 {"changes": {"applicant": {"phone": "+996"}, "address": "1", "form": {"old": None}}}),
                ("hand-over --to applicant --document-shown 123", "hand_over",
                 {"to": "applicant", "document_shown": "123"}),
                ("withdraw --reason own", "withdraw", {"reason": "own"}),
                ("pause --ground g --cure-by 2026-12-04 --wants a --wants b", "pause",
                 {"ground": "g", "cure_by": "2026-12-04", "documents_wanted": ["a", "b"]}),
                ("resume", "resume", {}),
                ("extend 2 week --deadline decide --legal-basis l", "extend",
                 {"deadline": "decide", "amount": 2, "unit": "week", "legal_basis": "l"}),
                ("forward --to-agency x --part a --part b", "forward", {"to_agency": "x", "part": ["a", "b"]}),
                ("consult --agency x --agency y --question q --join any", "consult",
                 {"agencies": ["x", "y"], "question": "q", "join": "any"}),
                ("decide --outcome granted --document 17 --effective-at 2026-11-26T10:00:00+06:00 --backdate-reason paper",
                 "decide", {"outcome": "granted", "document": "17", "effective_at": "2026-11-26T10:00:00+06:00",
                            "backdate_reason": "paper"}),
                ("notify --channel mobile", "notify", {"channel": "mobile"}),
                ("reassign --to-principal p --reason r", "reassign", {"to_principal": "p", "reason": "r"}),
                ("escalate --to head", "escalate", {"to": "head"}),
                ("reopen --reason r", "reopen", {"reason": "r"})):
            verb, *options = line.split()
            script = self.script(brief, brief)
            env = self.env(script.url)
            done = run(verb, request, *options, "--claim", claim, "--fence", "7", **env)
            self.assertEqual((done.returncode, done.stdout), (0, "n-1/26  in_work\n"), done.stderr)
            done = run(verb, request, *options, "--if-match", "3", "--idempotency-key", "k1", **env)
            self.assertEqual(done.returncode, 0, done.stderr)
            (method, path, headers, sent, _), (_, _, by_version, sent_too, _) = script.seen
            self.assertEqual((method, path), ("POST", f"/v1/requests/{request}/{act}"))
            self.assertEqual(json.loads(sent), {**body, "claim": claim, "fence": 7})
            self.assertEqual(json.loads(sent_too), body)
            self.assertEqual((by_version["If-Match"], by_version["Idempotency-Key"]), ('"3"', "k1"))
            self.assertNotIn("If-Match", headers)

    def test_finds_its_own_claim_by_number(self):
        request = "018f0000-0000-7000-8000-000000000001"
        found = (200, {}, json.dumps({"items": [{"id": request}], "page": {"end_cursor": None, "has_more": False}}))
        held = (200, {}, json.dumps({"claims": [{"claim": "c1", "fence": 4, "request": {"id": request}}]}))
        script = self.script(found, held, (200, {}, '{"number":"n-1/26","state":"in_work"}'))
        done = run("accept", "n-1/26", "--body-number", "X", **self.env(script.url))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(script.seen[0][1], "/v1/requests?number=n-1%2F26")
        self.assertEqual(script.seen[2][1], "/v1/claims/c1/accept")
        self.assertEqual(json.loads(script.seen[2][3]), {"fence": 4, "body_number": "X"})

    def test_asks_for_what_the_standard_wants(self):
        standard = {"code": "6-49", "name": "Passport", "variants": [{"code": "a", "fee_tyiyn": 100}, {"code": "b"}],
                    "form": {"required": ["photo"], "properties": {"photo": {"type": "boolean"}, "n": {"type": "integer"},
                                                                   "t": {"type": "string"}}},
                    "documents": [{"kind": "old", "original": True, "name": "Old one"}, {"kind": "new"}]}
        not_there = (404, {}, '{"code":"not_found"}')
        hits = (200, {}, json.dumps({"items": [{"code": "6-49", "name": "Passport"}]}))
        script = self.script(not_there, hits, (200, {}, json.dumps(standard)),
                             (200, {}, '{"name":"n","office":"o-1"}'), (201, {}, '{"number":"o-1-1/26","state":"queued"}'))
        answers = "passport\nb\n\nАсан Үсөнов\n\n\nmaybe\nооба\n\n012\nyes\nжок\n"
        done = run("submit", "--ask", stdin=answers, **self.env(script.url))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(script.seen[4][3]), {
            "service": "6-49", "variant": "b", "applicant": {"name": "Асан Үсөнов", "kind": "person"},
            "form": {"photo": True, "t": "012"}, "documents": [{"kind": "old", "original": True}],
            "channel": "counter", "office": "o-1"})
        self.assertIn("kezek receipt o-1-1/26", done.stdout)

    def test_answers_that_end_send_nothing(self):
        script = self.script((200, {}, '{"code":"6-49","variants":[{"code":"a"}]}'))
        self.assertEqual(run("submit", "--ask", "--service", "6-49", stdin="\n", **self.env(script.url)).returncode, 1)
        self.assertEqual(len(script.seen), 1)

    def test_catalogue_is_one_document_and_its_faults_name_their_file(self):
        os.makedirs(self.pki.path("catalogue"), exist_ok=True)
        self.pki.write("catalogue/a.json", '{"agencies":[{"code":"x"}],"services":[{"code":"1"},{"code":"2"}]}')
        self.pki.write("catalogue/b.json", '{"services":[{"code":"3"},{"code":"4"}]}')
        problem = {"code": "invalid", "title": "Faults", "status": 422, "invalid_params": [
            {"name": "/services/3/name", "code": "missing", "reason": "required member is missing"}]}
        script = self.script((422, {}, json.dumps(problem)), (200, {}, json.dumps({"version": 1, "changes": {
            "services": {"added": [{"code": "1"}], "changed": [], "closed": [], "removed": [],
                         "unchanged": 3}}})))
        env = self.env(script.url)
        done = run("catalogue", "load", self.pki.path("catalogue"), **env)
        self.assertEqual(done.returncode, 1)
        self.assertIn("catalogue/b.json: /services/1/name: required member is missing", done.stderr)
        self.assertEqual(len(json.loads(script.seen[0][3])["services"]), 4)
        done = run("catalogue", "load", self.pki.path("catalogue"), "--dry-run", **env)
        self.assertEqual(script.seen[1][1], "/v1/catalogue?dry_run=1")
        self.assertIn("services: +1 ~0 !0 -0 =3", done.stdout)
        self.pki.write("catalogue/c.json", '{"services":{}}')
        self.assertEqual(run("catalogue", "load", self.pki.path("catalogue"), **env).returncode, 2)
        os.unlink(self.pki.path("catalogue/c.json"))

    def test_calendars_go_parents_first(self):
        os.makedirs(self.pki.path("calendars"), exist_ok=True)
        for name, parent in (("a", "b"), ("b", "c"), ("c", None)):
            self.pki.write(f"calendars/{name}.json", json.dumps({"code": name, "parent": parent}))
        script = self.script(*[(200, {}, "{}")] * 3)
        self.assertEqual(run("calendar", "load", self.pki.path("calendars"), **self.env(script.url)).returncode, 0)
        self.assertEqual([seen[1] for seen in script.seen], [f"/v1/calendars/{c}" for c in "cba"])
        self.pki.write("calendars/c.json", '{"code":"c","parent":"a"}')
        self.assertEqual(run("calendar", "load", self.pki.path("calendars"), **self.env(script.url)).returncode, 2)

    def test_watch_appends_lines_in_a_pipe(self):
        overview = (200, {}, '{"items":[{"agency":"a","open":3,"overdue":1},{"agency":"b","open":2,"overdue":0}]}')
        hidden, queues = (403, {}, '{"code":"role_not_allowed"}'), (200, {}, '{"items":[{"agency":"a","depth":9}]}')
        script = self.script(overview, hidden, hidden, hidden, queues, hidden, hidden, hidden, hidden, queues)
        lines = run("watch", "--times", "2", "--interval", "1", **self.env(script.url)).stdout.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn("OPEN 5", lines[0])
        self.assertIn("WAITING 9", lines[1])
        self.assertNotIn("OPEN", lines[1])

    def test_table_is_aligned(self):
        script = self.script((200, {}, json.dumps({"items": [
            {"name": "айгүл", "kind": "person", "role": "clerk"}, {"name": "国", "kind": "person", "role": "officer"},
            {"name": "x", "kind": "system", "role": "admin"}], "page": {"end_cursor": None, "has_more": False}})))
        rows = run("principal", "list", **self.env(script.url)).stdout.splitlines()
        self.assertEqual([row[row.index(w):].split()[0] for row, w in zip(rows, ("KIND", "person", "person", "system"))],
                         ["KIND", "person", "person", "system"])
        self.assertEqual([rows[1].index("person"), rows[2].index("person") + 1, rows[3].index("system")], [7, 7, 7])

    def test_all_pages(self):
        pages = [(200, {}, '{"items":[{"id":"1"}],"page":{"end_cursor":"c","has_more":true}}'),
                 (200, {}, '{"items":[{"id":"2"}],"page":{"end_cursor":"d","has_more":false}}')]
        script = self.script(*pages)
        done = run("list", "--all", "--json", "--state", "queued", **self.env(script.url))
        self.assertEqual([item["id"] for item in json.loads(done.stdout)["items"]], ["1", "2"])
        self.assertEqual(script.seen[0][1], "/v1/requests?state=queued&limit=500")


if __name__ == "__main__":
    unittest.main()
