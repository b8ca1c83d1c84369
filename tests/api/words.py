"""Every problem that can be provoked, in Kyrgyz, Russian and English: its title and its reasons as the catalogues of words have them."""

import json
import re

from support.casework import CaseTest, aside, submission
from support.documents import sha256
from support.hold import Hold
from support.kezek import ROOT, eventually, main

LANGUAGES = ("ky", "ru", "en")
ROW = re.compile(r'X\((\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)')
CODES = re.findall(r"\bX\((\w+), \d{3}\)", (ROOT / "include" / "kezek" / "types.h").read_text(encoding="utf-8"))
# What is not provoked here, and why.
LEFT_OUT = {
    "disk_full": "PostgreSQL's disk would have to be full; SQLSTATE 53100 and nothing else leads to it (daemon/api/answer.c)",
    "overloaded": "needs a PostgreSQL that is behind: tests/api/overload.py sees it in each language",
}
PERSON = {"kind": "person", "name": "Сөз"}


def words(name):
    """{word: {language: text}} of lib/words/<name>.def."""
    text = (ROOT / "lib" / "words" / f"{name}.def").read_text(encoding="utf-8")
    return {row[1].partition("_")[2]: dict(zip(LANGUAGES, ("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', row[i])) for i in (2, 3, 4))))
            for row in ROW.finditer(text)}


TITLES, REASONS = words("problem"), words("reason")


def says(template, text):
    """Is the text that template with details in it?"""
    pattern = re.sub(r"\\\{\d\\\}", ".*", re.escape(template.replace('\\"', '"')))
    return re.fullmatch(pattern, text, re.S) is not None


class Problems(CaseTest):
    world_options = {"body_timeout": "1", "principal_connections": "8"}

    def client(self, name, language, **more):
        client = self.world.client(name, fresh=True, language=language, **more)
        self.kept.append(client)
        return client

    def setUp(self):
        self.kept = []
        self.addCleanup(self.let_go)

    def let_go(self):
        while self.kept:
            self.kept.pop().close()

    def raw(self, language, text, name="desk-clerk", timeout=10):
        """The problem that answers bytes which no client library would send."""
        with self.world.client(name, fresh=True) as client:
            got = client.raw(text.replace("@", f"Host: x\r\nAccept-Language: {language}\r\n").encode(), timeout=timeout)
        return json.loads(got.partition(b"\r\n\r\n")[2])

    def provoke(self, code, language):
        """A problem's members: who does what, by its code."""
        desk, probe = self.client("desk-clerk", language), self.client("officer-probe", language)
        admin = self.client("admin", language)

        def submitted(**more):
            return self.submit(**more)

        def withdrawn():
            request = submitted()
            return request, self.desk.act(request, "withdraw").must(200).json

        def path(request, rest=""):
            return f"/v1/requests/{request['id']}{rest}"

        def put(request, name, data, query="", **headers):
            return desk.call("PUT", path(request, f"/documents/{name}{query}"), data, headers={"Content-Type": "text/plain", **headers})

        def erased():
            request, _ = withdrawn()
            self.admin.post(path(request, "/erasure"), {"legal_basis": "9"}).must(200)
            return request

        def lost():
            request = submitted(service="p-clock")
            claim = self.take(request)
            self.probe.post("/v1/claims/release", {"claims": [{"claim": claim["claim"], "fence": claim["fence"]}]}).must(200)
            return probe.post(path(request, "/decide"), self.held(claim, outcome="granted"))

        def on_leave():
            self.world.principal(f"away-{language}", "officer", agency="probe")
            self.client("supervisor-probe", language).post("/v1/delegations", {
                "principal": f"away-{language}", "deputy": "officer-probe-b", "until": "2099-01-01T00:00:00Z"}).must(201)
            return self.client(f"away-{language}", language).post("/v1/queues/probe/claims", {})

        def reused():
            desk.post("/v1/requests", submission(), key=f"words-{language}").must(201)
            return desk.post("/v1/requests", submission(external_ref="other"), key=f"words-{language}")

        def twice():
            request = submitted()
            put(request, "a.txt", b"one").must(201)
            return put(request, "a.txt", b"two")

        def tampered():
            request = submitted()
            self.world.sql(f"UPDATE kezek.request_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE request = '{request['id']}'")
            return desk.get(path(request, "/documents"))

        def disabled():
            self.world.principal(f"gone-{language}", "auditor")
            self.admin.delete(f"/v1/principals/gone-{language}").must(200)
            return self.client(f"gone-{language}", language).get("/v1/me")

        def expired():
            token = self.admin.post("/v1/principals", {"name": f"short-{language}", "kind": "person", "role": "auditor", "token": True}).must(201)["token"]
            self.world.sql(f"UPDATE kezek.principal SET token_expires_at = '2020-01-01Z' WHERE name = 'short-{language}';"
                           "UPDATE kezek.generation SET value = value + 1 WHERE what = 'principal'")
            client = self.client(None, language, token=token)
            return eventually(lambda: (lambda reply: reply if reply.status != 200 else None)(client.get("/v1/me")))

        def system():
            self.world.principal(f"system-{language}", "officer", kind="system", agency="probe")
            return self.client(f"system-{language}", language).get("/v1/requests")

        def crowded():
            kept = [self.client("supervisor-probe", language) for _ in range(9)]
            return [reply for reply in (client.get("/v1/me") for client in kept) if reply.status != 200][-1]

        post = "POST /v1/searches HTTP/1.1\r\n@Content-Type: application/json\r\n"
        ways = {
            "malformed": lambda: self.raw(language, "GET /v1/me HTTP/1.1\r\n@bad header\r\n\r\n"),
            "bad_json": lambda: desk.call("POST", "/v1/searches", b"{", headers={"Content-Type": "application/json"}),
            "unknown_member": lambda: desk.post("/v1/searches", {"shoe": "44"}),
            "duplicate_member": lambda: desk.call("POST", "/v1/searches", b'{"pin":"1","pin":"2"}', headers={"Content-Type": "application/json"}),
            "wrong_type": lambda: desk.post("/v1/searches", {"pin": 1}),
            "bad_parameter": lambda: desk.get("/v1/requests?limit=x"),
            "idempotency_key_missing": lambda: desk.post("/v1/requests", submission(), key=None),
            "idempotency_key_malformed": lambda: desk.post("/v1/requests", submission(), key="k" * 200),
            "actor_missing": system,
            "unauthenticated": lambda: self.client(None, language).get("/v1/me"),
            "principal_unknown": lambda: self.client(None, language, token="kz_nobody").get("/v1/me"),
            "principal_disabled": disabled,
            "token_expired": expired,
            "role_not_allowed": lambda: desk.get("/v1/overview"),
            "foreign_origin": lambda: desk.post("/v1/searches", {"number": "1"}, headers={"Origin": "https://elsewhere"}),
            "not_found": lambda: desk.get("/v1/requests/01a00000-0000-7000-8000-000000000000"),
            "method_not_allowed": lambda: desk.delete("/v1/requests"),
            "timed_out": lambda: self.raw(language, post + "Content-Length: 9\r\n\r\n{"),
            "act_not_open": lambda: (lambda pair: desk.act(pair[1], "withdraw"))(withdrawn()),
            "claim_lost": lost,
            "on_leave": on_leave,
            "already_exists": twice,
            "not_closed": lambda: admin.post(path(submitted(), "/erasure"), {"legal_basis": "9"}),
            "erased": lambda: desk.get(path(erased(), "/documents")),
            "stale_version": lambda: desk.act({**submitted(), "version": 7}, "withdraw"),
            "too_large": lambda: desk.post("/v1/searches", {"name": "x" * 300000}),
            "target_too_long": lambda: self.raw(language, f"GET /{'a' * 5000} HTTP/1.1\r\n@\r\n"),
            "unsupported_media_type": lambda: desk.call("POST", "/v1/searches", b"x", headers={"Content-Type": "text/plain"}),
            "expectation_failed": lambda: self.raw(language, post + "Expect: tea\r\nContent-Length: 2\r\n\r\n{}"),
            "invalid": lambda: desk.post("/v1/requests", submission(applicant={"kind": "person"})),
            "digest_mismatch": lambda: put(submitted(), "b.txt", b"data", f"?sha256={sha256(b'other')}"),
            "idempotency_key_reused": reused,
            "precondition_required": lambda: desk.post(path(submitted(), "/withdraw"), {}),
            "too_many_connections": crowded,
            "headers_too_large": lambda: self.raw(language, f"GET /v1/me HTTP/1.1\r\n@A: {'a' * 20000}\r\n\r\n"),
            "internal": tampered,
            "not_implemented": lambda: self.raw(language, "BREW /v1/me HTTP/1.1\r\n@\r\n"),
            "http_version": lambda: self.raw(language, "GET /v1/me HTTP/2.0\r\n@\r\n"),
        }
        return ways[code]() if code in ways else None

    def test_every_problem_in_three_languages(self):
        unseen = []
        for code in CODES:
            seen = {}
            for language in LANGUAGES:
                with self.subTest(code, language=language):
                    reply = self.provoke(code, language)
                    self.let_go()
                    if reply is None:
                        unseen.append(code)
                        break
                    body = reply if isinstance(reply, dict) else reply.json
                    self.assertEqual((body["code"], body["title"]), (code, TITLES[code][language]))
                    self.hold_reasons(body, language)
                    seen[language] = body["title"]
            if seen:
                self.assertEqual(len(set(seen.values())), 3, seen)
        self.assertEqual(sorted(set(unseen)), sorted([*LEFT_OUT, "database_away", "stopping"]))

    def hold_reasons(self, body, language):
        """Each reason is that code's text in the language asked for, and in no other."""
        self.assertTrue(language == "en" or "detail" not in body or re.search("[а-яөүң]", body["detail"]), body)
        for fault in body.get("invalid_params", []):
            self.assertTrue(says(REASONS[fault["code"]][language], fault["reason"]), fault)
            others = [REASONS[fault["code"]][other] for other in LANGUAGES if other != language]
            self.assertFalse(any(says(other, fault["reason"]) for other in others), fault)

    def test_the_database_away(self):
        daemon = self.world.another_daemon(database="host=/nowhere user=kezek_app dbname=x", jobs_database="host=/nowhere user=kezek_jobs dbname=x")
        daemon.start(wait=False)
        try:
            for language in LANGUAGES:
                def asked():
                    try:
                        with daemon.client("desk-clerk", language=language) as client:
                            return client.get("/v1/me")
                    except OSError:
                        return None
                body = eventually(asked, timeout=20).json
                self.assertEqual((body["code"], body["title"]), ("database_away", TITLES["database_away"][language]))
        finally:
            daemon.stop()

    def test_stopping(self):
        """What comes on an open connection after SIGTERM, while something still runs."""
        for language in LANGUAGES:
            daemon = self.world.another_daemon()
            daemon.start()
            request = self.submit()
            held = Hold(self.world, f"SELECT FROM kezek.request_state WHERE id = '{request['id']}' FOR UPDATE")
            try:
                busy, fresh = daemon.client("desk-clerk"), daemon.client("desk-clerk", language=language)
                acting = aside(busy.act, request, "withdraw")
                fresh.connect()  # has asked nothing yet: it may ask once
                held.await_waiter()
                stopping = aside(daemon.stop)
                eventually(lambda: "stopping" in daemon.log())
                body = fresh.get("/v1/me").must(503).json
                self.assertEqual((body["code"], body["title"]), ("stopping", TITLES["stopping"][language]))
                held.end()
                held = None
                acting().must(200)
                stopping()
                busy.close()
                fresh.close()
            finally:
                if held:
                    held.end()

    def test_titles_are_there_for_all_that_is_left_out(self):
        for code in LEFT_OUT:
            self.assertEqual(len(set(TITLES[code].values())), 3)


if __name__ == "__main__":
    main()
