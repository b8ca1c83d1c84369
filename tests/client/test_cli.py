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
        self.assertIn("closed_before_receipt 2", done.stdout)
        self.assertEqual(done.stderr, f"{self.pki.path('cases')}:4: c: No such service\n  x\n"
                         "  /service: not found: x\n")
        with open(results, encoding="utf-8") as f:
            self.assertEqual([json.loads(line)["line"] for line in f], [1, 3, 4])
        done = run("import", "-", "--json", stdin=LINES, **self.env(script.url))
        summary = json.loads(done.stdout)
        self.assertEqual((summary["created"], summary["refused"], summary["refusals"][0]["line"]), (2, 1, 4))
        self.assertEqual(done.stderr, "")

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
