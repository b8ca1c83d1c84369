"""What the suites of casework share: a small catalogue of every policy, its people, and short ways to act."""

import json
import threading
import unittest

from .kezek import ROOT, ApiTest

CATALOGUE = ROOT / "tests" / "data" / "api-catalogue.json"
START = "2026-11-18T10:00:00+06:00"  # a Wednesday, working time
PEOPLE = (
    ("desk-clerk", "clerk", {"office": "desk"}),
    ("desk-two-clerk", "clerk", {"office": "desk-two"}),
    ("officer-probe", "officer", {"agency": "probe"}),
    ("officer-probe-b", "officer", {"agency": "probe"}),
    ("officer-probe-two", "officer", {"agency": "probe-two"}),
    ("officer-probe-three", "officer", {"agency": "probe-three"}),
    ("supervisor-probe", "supervisor", {"agency": "probe"}),
)


def submission(service="p-plain", **members):
    """A sound submission; a member given as None is left out."""
    whole = {
        "service": service, "channel": "counter", "language": "en",
        "applicant": {"kind": "person", "pin": "21509199012345", "name": "Асанов Үсөн", "phone": "+996555000111"},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def aside(work, *arguments, **named):
    """Runs work on a thread of its own; calling the result waits for what it returned or raised."""
    box = {}

    def target():
        try:
            box["value"] = work(*arguments, **named)
        except BaseException as failure:  # raised again where it is waited for
            box["failure"] = failure

    thread = threading.Thread(target=target)
    thread.start()

    def result(timeout=40):
        thread.join(timeout)
        if thread.is_alive():
            raise AssertionError(f"not done in {timeout} s: {work}")
        if "failure" in box:
            raise box["failure"]
        return box["value"]

    return result


class CaseTest(ApiTest):
    """
    An ApiTest with tests/data/api-catalogue.json loaded and the clock at `start`. Classes of one file with
    the same world_options share their world, which ends with the file.
    """

    start = START
    _shared = {}

    @classmethod
    def setUpClass(cls):
        if cls is CaseTest:
            raise unittest.SkipTest("shared by others")
        kind = tuple(sorted(cls.world_options.items()))
        if kind not in CaseTest._shared:
            super().setUpClass()
            CaseTest._shared[kind] = cls.world
            cls.move_in()
        cls.world = CaseTest._shared[kind]
        if cls.world.has_test_clock:
            cls.world.set_clock(cls.start)

    @classmethod
    def tearDownClass(cls):
        pass

    @classmethod
    def move_in(cls):
        cls.world.client("admin").put("/v1/catalogue", json.loads(CATALOGUE.read_text(encoding="utf-8"))).must(200)
        for name, role, body in PEOPLE:
            cls.world.principal(name, role, **body)

    desk = property(lambda self: self.world.client("desk-clerk"))
    desk_two = property(lambda self: self.world.client("desk-two-clerk"))
    probe = property(lambda self: self.world.client("officer-probe"))
    probe_b = property(lambda self: self.world.client("officer-probe-b"))
    probe_two = property(lambda self: self.world.client("officer-probe-two"))
    probe_three = property(lambda self: self.world.client("officer-probe-three"))
    chief = property(lambda self: self.world.client("supervisor-probe"))

    def submit(self, service="p-plain", client=None, **members):
        return (client or self.desk).post("/v1/requests", submission(service, **members)).must(201).json

    def take(self, request=None, client=None, agency="probe", **more):
        """One claim, of a named request where one is given: {claim, fence, lease_until, request}."""
        body = {**more, **({"request": request["id"]} if request else {})}
        claims = (client or self.probe).post(f"/v1/queues/{agency}/claims", body).must(200)["claims"]
        self.assertEqual(len(claims), 1, claims)
        return claims[0]

    def held(self, claim, **members):
        """The body of an act by claim and fence."""
        return {"claim": claim["claim"], "fence": claim["fence"], **members}

    def see(self, request, client=None):
        return (client or self.desk).get(f"/v1/requests/{request['id']}").must(200).json

    def kinds(self, request, client=None):
        """The journal's kinds, and that its numbers are dense."""
        events = (client or self.desk).get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        return [e["kind"] for e in events]

    def deadline(self, request, kind):
        """The newest deadline of that kind."""
        return [d for d in request["deadlines"] if d["kind"] == kind][-1]

    def count(self, table="request"):
        return int(self.world.sql(f"SELECT count(*) FROM kezek.{table}")[0][0])


class ActTest(CaseTest):
    """A CaseTest of acts on requests that somebody holds; each test begins at `start`."""

    def setUp(self):
        self.world.set_clock(self.start)

    def held_by(self, client, service="p-clock", **members):
        """A request in that officer's custody, and its claim."""
        request = self.submit(service, **members)
        claim = self.take(request, client)
        client.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
        return request, claim

    def act(self, claim, act, client=None, **members):
        return (client or self.probe).post(f"/v1/requests/{claim['request']['id']}/{act}", self.held(claim, **members))

    def faults(self, reply):
        self.assertEqual((reply.status, reply.code), (422, "invalid"), repr(reply))
        return {(fault["name"], fault["code"]) for fault in reply["invalid_params"]}

    def last_event(self, request, client=None):
        return (client or self.probe).get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
