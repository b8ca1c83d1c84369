"""Many requests given to others at once: chosen, spread, one result each, the same again by its key."""

import itertools

from support.casework import ActTest
from support.kezek import main

PATH = "/v1/reassignments"
KEYS = itertools.count()
GONE = "00000000-0000-7000-8000-000000000000"


class Bulk(ActTest):
    @classmethod
    def move_in(cls):
        super().move_in()
        for name in ("third-probe", "fourth-probe"):
            cls.world.principal(name, "officer", agency="probe")
        cls.world.principal("probe-head", "officer", agency="probe")

    third = property(lambda self: self.world.client("third-probe"))

    def tearDown(self):
        """Back into the queue, and out of it."""
        for name in ("officer-probe", "officer-probe-b", "third-probe", "fourth-probe", "probe-head"):
            self.bulk({"from_principal": name, "to_agency": "probe", "reason": "end of the test"}).must(200)
        for request in self.supervisor.get("/v1/requests?agency=probe&state=queued&limit=500").must(200)["items"]:
            self.desk.act(request, "withdraw").must(200)

    def bulk(self, body, client=None, key="fresh", dry=False, **more):
        key = f"bulk-{next(KEYS)}" if key == "fresh" else key
        return (client or self.chief).post(PATH + ("?dry_run=1" if dry else ""), body, key=key, **more)

    def move(self, client=None, **body):
        return self.bulk({"reason": "leaves the agency", **body}, client).must(200).json

    def holder(self, request):
        return ((self.see(request, self.chief)["claim"] or {}).get("principal"))

    def test_all_that_one_holds(self):
        mine = [self.held_by(self.probe)[0] for _ in range(3)] + [self.take(self.submit("p-plain"))["request"]]
        other, _ = self.held_by(self.probe_b)
        waiting = self.submit("p-clock")
        planned = self.bulk({"from_principal": "officer-probe", "to_principal": "third-probe", "reason": "x"}, key=None, dry=True)
        planned = planned.must(200)
        self.assertEqual({(r["request"], r["result"]) for r in planned["results"]}, {(r["id"], "planned") for r in mine})
        self.assertEqual({self.holder(r) for r in mine}, {"officer-probe"})
        done = self.move(from_principal="officer-probe", to_principal="third-probe")
        self.assertEqual((done["moved"], done["has_more"]), (4, False))
        for request in mine:
            seen = self.see(request, self.chief)
            self.assertEqual((seen["state"], seen["claim"]["principal"], seen["claim"]["custody"]), ("in_work", "third-probe", True))
            event = self.last_event(request)
            self.assertEqual((event["kind"], event["principal"], event["reason"], event["after"]["responsible"]),
                             ("reassign", "supervisor-probe", "leaves the agency", "third-probe"))
        self.assertEqual((self.holder(other), self.see(waiting)["state"]), ("officer-probe-b", "queued"))
        versions = {r["request"]: r["version"] for r in done["results"]}
        self.assertEqual(versions, {r["id"]: self.see(r)["version"] for r in mine})

    def test_of_one_service_alone(self):
        self.held_by(self.probe)
        plain, _ = self.held_by(self.probe, "p-plain")
        done = self.move(from_principal="officer-probe", service="p-plain", to_principal="third-probe")
        self.assertEqual([r["request"] for r in done["results"]], [plain["id"]])

    def test_spread_in_turn_by_due_date(self):
        soon = [self.held_by(self.probe, "p-plain")[0] for _ in range(2)]
        late = [self.held_by(self.probe)[0] for _ in range(3)]
        done = self.move(from_principal="officer-probe", to_principals=["third-probe", "fourth-probe"])
        due = [self.see(r)["due_at"] for r in (*soon, *late)]
        self.assertEqual(due, sorted(due))
        self.assertEqual({r["request"] for r in done["results"][:2]}, {r["id"] for r in soon})
        self.assertEqual([r["to_principal"] for r in done["results"]],
                         ["third-probe", "fourth-probe", "third-probe", "fourth-probe", "third-probe"])

    def test_a_queue_and_back_to_it(self):
        waiting = [self.submit("p-clock") for _ in range(2)]
        done = self.move(from_agency="probe", to_principal="third-probe")
        self.assertEqual(done["moved"], 2)
        self.assertEqual({self.holder(r) for r in waiting}, {"third-probe"})
        back = self.move(from_principal="third-probe", to_agency="probe")
        self.assertEqual((back["moved"], {r["to_principal"] for r in back["results"]}), (2, {None}))
        self.assertEqual({(self.see(r)["state"], self.holder(r)) for r in waiting}, {("queued", None)})
        # The head answers for what waits, and is not relieved of it.
        self.assertEqual(self.move(from_principal="probe-head", to_principal="third-probe")["results"], [])

    def test_a_failing_member_fails_no_neighbour(self):
        good, _ = self.held_by(self.probe)
        closed = self.submit("p-plain")
        self.act(self.take(closed), "decide", outcome="granted").must(200)
        foreign = self.submit("p-clock")
        foreign = self.probe.act(foreign, "forward", {"to_agency": "probe-two"}).must(200).json
        last, _ = self.held_by(self.probe)
        done = self.move(requests=[closed["id"], good["id"], foreign["id"], GONE, last["id"]], to_principal="third-probe")
        said = {r["request"]: (r["result"], r.get("problem", {}).get("code"), r["number"]) for r in done["results"]}
        self.assertEqual(said, {
            good["id"]: ("done", None, good["number"]), last["id"]: ("done", None, last["number"]),
            closed["id"]: ("refused", "act_not_open", closed["number"]),
            foreign["id"]: ("refused", "not_found", None), GONE: ("refused", "not_found", None)})
        self.assertEqual(done["moved"], 2)

    def test_the_same_key_is_about_the_same_requests(self):
        mine, _ = self.held_by(self.probe)
        body = {"from_principal": "officer-probe", "to_principal": "third-probe", "reason": "once"}
        first = self.bulk(body, key="bulk-once").must(200).json
        later, _ = self.held_by(self.probe)
        version = self.see(mine)["version"]
        self.assertEqual(self.bulk(body, key="bulk-once").must(200).json, first)
        self.assertEqual((self.see(mine)["version"], self.holder(later)), (version, "officer-probe"))
        self.assertEqual(self.kinds(mine).count("reassign"), 1)
        self.assert_problem(self.bulk({**body, "reason": "other"}, key="bulk-once"), 422, "idempotency_key_reused")
        self.assert_problem(self.bulk(body, key=None), 400, "idempotency_key_missing")

    def test_who_may_and_what_is_sound(self):
        body = {"from_principal": "officer-probe", "to_principal": "third-probe", "reason": "x"}
        for client in (self.probe, self.desk, self.admin):
            self.assert_problem(self.bulk(body, client), 403, "role_not_allowed")
        for change, fault in (
                ({"to_principal": "nobody"}, ("/to_principal", "not_found")),
                ({"to_principal": "officer-probe-two"}, ("/to_principal", "not_found")),
                ({"to_agency": "probe"}, ("", "not_allowed")), ({"from_agency": "probe"}, ("", "not_allowed")),
                ({"to_principal": None, "to_agency": "probe-two"}, ("/to_agency", "not_yours")),
                ({"from_principal": None, "requests": [GONE, GONE]}, ("/requests", "duplicate")),
                ({"from_principal": None, "requests": [GONE], "service": "p-plain"}, ("/service", "conflict"))):
            with self.subTest(str(change)):
                self.assertEqual(self.faults(self.bulk({k: v for k, v in {**body, **change}.items() if v is not None})), {fault})
        self.assertEqual(self.faults(self.bulk({**body, "reason": None})), {("/reason", "missing")})
        leave = self.chief.post("/v1/delegations", {"principal": "third-probe", "deputy": "fourth-probe", "until": "2026-11-30"})
        self.assertEqual(self.faults(self.bulk(body)), {("/to_principal", "on_leave")})
        self.chief.post(f"/v1/delegations/{leave['id']}/end").must(200)

    def test_five_hundred_a_call(self):
        requests = [self.submit("p-plain") for _ in range(3)]
        many = [f"00000000-0000-7000-8000-{n:012d}" for n in range(1, 498)]
        done = self.move(requests=[r["id"] for r in requests] + many, to_principal="third-probe")
        self.assertEqual((len(done["results"]), done["moved"]), (500, 3))
        self.assertEqual(self.bulk({"requests": many + many[:4], "to_principal": "third-probe", "reason": "x"}).status, 422)


if __name__ == "__main__":
    main()
