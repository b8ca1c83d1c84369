"""What the suites of the command at a counter share: a spool of each test's own, and servers that go away."""

import contextlib
import datetime
import json
import os
import pathlib
import re
import subprocess
import tempfile

from .kezek import CLERK_OFFICE, KEZEK, ROOT, ApiTest, eventually

REFERENCE = re.compile(r"\bS-[0-9A-Z]{5}-[0-9A-Z]{5}\b")
TERM = {"amount": 30, "unit": "day", "start": "received", "roll": "none"}


def name(text):
    return {"ky": text, "ru": text, "en": text}


def extra_catalogue():
    """A service whose term runs from receipt, in days: its date tells from which moment it was counted."""
    return {"services": [{
        "code": "s-1", "version": 1, "valid_from": "2020-01-01", "valid_to": None, "level": "state", "name": name("A paper"),
        "result": name("A paper"), "legal_basis": None, "source": "unconfirmed", "recipients": ["person"],
        "transition": "pinned", "variants": [{"code": "standard", "fee_tyiyn": 0, "offices": None, "terms": {"decide": TERM}}],
        "stages": [{"kind": "decide", "term": "variant", "cap": None, "on_breach": "overdue", "late_decision": "allowed"}],
        "payment": "none", "incomplete": "accept", "max_backdate": {"amount": 10, "unit": "day"}, "documents": [],
        "refusal_grounds": [{"code": "not_who", "name": name("Not who they say"), "legal_basis": None}],
        "form": {"type": "object", "required": ["photo"], "properties": {"photo": {"type": "boolean"}}}}],
        "routes": [{"service": "s-1", "territory": "KG", "by": "office", "agency": "kyzmat", "valid_from": "2020-01-01"}]}


class SpoolTest(ApiTest):
    """All share one world, which ends with the file."""

    world_options = {"own_cluster": True, "request_timeout": "10"}
    world = None

    @classmethod
    def setUpClass(cls):
        if SpoolTest.world:
            return
        super().setUpClass()
        SpoolTest.world = cls.world
        extra = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "extra.json"
        extra.write_text(json.dumps(extra_catalogue()), encoding="utf-8")
        cls.world.kezek("admin", "catalogue", "load", ROOT / "config" / "catalogue", extra)
        cls.world.principal("clerk-two", "clerk", office=CLERK_OFFICE)

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.state = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.spool = self.state / "kezek" / "spool"
        self.world.set_clock(datetime.datetime.now(datetime.timezone.utc))

    def environment(self, who="clerk", port=None):
        env = {**self.world.environment(who), "XDG_STATE_HOME": str(self.state), "TZ": "Asia/Bishkek"}
        return {**env, "KEZEK_URL": f"https://127.0.0.1:{port}"} if port else env

    def start(self, *words, who="clerk", port=None, **more):
        return subprocess.Popen([KEZEK, "--lang", "en", *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env={**os.environ, **self.environment(who, port)}, **more)

    def kezek(self, *words, status=0, stdin="", **more):
        process = self.start(*words, **more)
        said = process.communicate(stdin, timeout=60)
        done = subprocess.CompletedProcess(words, process.returncode, *said)
        self.assertEqual(done.returncode, status, f"{words}\n{done.stdout}{done.stderr}")
        return done

    def submit(self, *words, verb="submit", **more):
        return self.kezek(verb, "--spool", "--service", "s-1", "--name", "Асанов Үсөн", "--pin", "21509199012345",
                          "--form", "photo=true", *words, **more)

    def items(self):
        return json.loads(self.kezek("spool", "list", "--json").stdout)["items"]

    def requests(self):
        return int(self.world.sql("SELECT count(*) FROM kezek.request")[0][0])

    def on_record(self, number):
        """When it was received and registered, why so, and what is due when."""
        row = self.world.sql(f"SELECT backdate_reason FROM kezek.request WHERE number = '{number}'")
        request = json.loads(self.kezek("show", number, "--json").stdout)
        return request, row[0][0] or None

    def numbers(self, text):
        return re.findall(rf"{CLERK_OFFICE}-\d+/\d\d", text)

    @contextlib.contextmanager
    def daemon_away(self):
        self.world.daemon.stop()
        try:
            yield
        finally:
            self.world.forget_clients()
            self.world.daemon.start()

    @contextlib.contextmanager
    def database_away(self):
        self.world.cluster.stop()
        try:
            yield
        finally:
            self.world.cluster.start()
            eventually(lambda: self.clerk.get("/readyz").status == 200, timeout=30)

    def entry_files(self):
        return sorted(f for f in self.spool.glob("*.json"))
