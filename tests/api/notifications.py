"""Notifications: who is told what by a ladder, what has been seen, and what is forgotten."""

from support.casework import CaseTest
from support.kezek import eventually, main

NOBODY = "018f0000-0000-7000-8000-000000000000"


class LadderTest(CaseTest):
    """p-clock: ten working days from Wednesday, 18 November 2026; 50 % to the officer, the day before to the head, then
    to supervisors."""

    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.principal("probe-head", "officer", agency="probe")
        cls.world.principal("probe-system", "officer", kind="system", agency="probe")
        cls.world.principal("supervisor-two", "supervisor", agency="probe-two")

    def setUp(self):
        self.world.set_clock(self.start)
        self.world.sql("DELETE FROM kezek.notification")
        self.made = []

    head = property(lambda self: self.world.client("probe-head"))
    chief_two = property(lambda self: self.world.client("supervisor-two"))

    def tearDown(self):
        """Nothing of one test climbs its ladder in another."""
        for request in self.made:
            self.desk.act(self.see(request), "withdraw")

    def submit(self, service="p-clock", client=None, **members):
        self.made.append(super().submit(service, client, **members))
        return self.made[-1]

    def held(self):
        """A request in the custody of officer-probe."""
        request = self.submit()
        claim = self.take(request)
        self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
        return request

    def told(self, client, query="", **more):
        return client.get(f"/v1/notifications{query}", **more).must(200)["items"]

    def rungs(self, client, query="", **more):
        return [item["rung"] for item in self.told(client, query, **more)]

    def climb(self, moment, rungs):
        """Moves the clock and waits until so many have been told."""
        self.world.set_clock(moment)
        eventually(lambda: self.count("notification") == rungs)


class Told(LadderTest):
    def test_each_is_told_what_is_theirs(self):
        request = self.held()
        self.climb("2026-11-25T10:00:00+06:00", 1)
        [warning] = self.told(self.probe)
        self.assertEqual({k: warning[k] for k in ("request", "number", "kind", "deadline", "rung", "to", "person",
                                                  "principal", "agency", "office", "service", "due_at", "seen_at", "seen_by")},
                         {"request": request["id"], "number": request["number"], "kind": "warned", "deadline": "decide",
                          "rung": "50%", "to": "officer", "person": "officer-probe", "principal": "officer-probe",
                          "agency": "probe", "office": "desk", "service": "p-clock", "due_at": request["due_at"],
                          "seen_at": None, "seen_by": None})
        self.assertEqual(warning["occurred_at"], "2026-11-25T09:00:00+06:00")
        events = self.probe.get(f"/v1/requests/{request['id']}/events")["items"]
        self.assertEqual(warning["id"], events[-1]["id"])
        self.climb("2026-12-02T10:00:00+06:00", 2)
        self.climb("2026-12-07T10:00:00+06:00", 4)
        self.assertEqual(self.rungs(self.probe), ["50%"])
        self.assertEqual(self.rungs(self.probe_b), [])
        self.assertEqual(self.rungs(self.head), ["-1 working_day"])
        everything = ["-1 working_day", "0", "+2 working_day", "50%"]
        for client in (self.chief, self.supervisor, self.auditor):
            self.assertEqual(sorted(self.rungs(client)), sorted(everything), client.name)
        for client in (self.probe_two, self.chief_two):
            self.assertEqual(self.rungs(client), [])
        escalated = [item for item in self.told(self.chief) if item["kind"] == "escalated"]
        self.assertEqual([(item["to"], item["person"]) for item in escalated], [("supervisor", None)] * 2)

    def test_a_system_that_holds_it_for_a_person(self):
        system = self.world.client("probe-system")
        request = self.submit()
        for_her, for_him = {"headers": {"Kezek-Actor": "a.asanova"}}, {"headers": {"Kezek-Actor": "b.bakirov"}}
        claim = system.post("/v1/queues/probe/claims", {"request": request["id"]}, **for_her).must(200)["claims"][0]
        system.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}, **for_her).must(200)
        self.climb("2026-11-25T10:00:00+06:00", 1)
        self.assert_problem(system.get("/v1/notifications"), 400, "actor_missing")
        [warning] = self.told(system, **for_her)
        self.assertEqual(warning["principal"], "probe-system")
        self.assertEqual(self.rungs(system, **for_him), ["50%"])  # the system holds it: its people see to it
        self.assertEqual(self.rungs(self.probe), [])
        system.post("/v1/notifications/seen", {"ids": [warning["id"]]}, **for_him).must(200)
        self.assertEqual(self.told(system, **for_her)[0]["seen_by"], "b.bakirov")

    def test_a_person_is_nobody_else(self):
        self.held()
        self.climb("2026-11-25T10:00:00+06:00", 1)
        as_her = {"headers": {"Kezek-Actor": "officer-probe"}}
        [warning] = self.told(self.probe)
        self.assertEqual(self.told(self.probe_b, **as_her), [])
        for body in ({"ids": [warning["id"]]}, {"until": warning["id"]}):
            self.assertEqual(self.probe_b.post("/v1/notifications/seen", body, **as_her).must(200)["seen"], 0)

    def test_seen(self):
        self.held()
        self.held()
        self.climb("2026-12-07T10:00:00+06:00", 8)
        whole = self.told(self.chief)
        self.assertEqual([item["id"] for item in whole], sorted((item["id"] for item in whole), reverse=True))
        done = self.chief.post("/v1/notifications/seen", {"ids": [whole[0]["id"], whole[0]["id"], NOBODY]}).must(200)
        self.assertEqual(done.json, {"seen": 1, "has_more": False})
        self.assertEqual(self.chief.post("/v1/notifications/seen", {"ids": [whole[0]["id"]]}).must(200)["seen"], 0)
        again = self.told(self.chief)
        self.assertEqual((again[0]["seen_by"], len(again)), ("supervisor-probe", 8))
        self.assertTrue(again[0]["seen_at"])
        self.assertEqual([item["id"] for item in self.told(self.chief, "?unseen=1")], [item["id"] for item in whole[1:]])
        # One that came after the list was shown stays.
        self.assertEqual(self.chief.post("/v1/notifications/seen", {"until": whole[3]["id"]}).must(200)["seen"], 5)
        self.assertEqual([item["id"] for item in self.told(self.chief, "?unseen=true")], [item["id"] for item in whole[1:3]])
        self.assertEqual(self.chief.post("/v1/notifications/seen", {"until": whole[0]["id"]}).must(200)["seen"], 2)
        self.assertEqual(self.told(self.chief, "?unseen=1"), [])
        self.assertEqual(len(self.told(self.chief, "?unseen=0")), 8)

    def test_nobody_sees_for_another(self):
        self.held()
        self.climb("2026-12-07T10:00:00+06:00", 4)
        whole = self.told(self.chief)
        for client in (self.probe_b, self.probe_two, self.chief_two):
            for body in ({"ids": [item["id"] for item in whole]}, {"until": whole[0]["id"]}):
                self.assertEqual(client.post("/v1/notifications/seen", body).must(200)["seen"], 0, client.name)
        self.assertEqual(self.head.post("/v1/notifications/seen", {"until": whole[0]["id"]}).must(200)["seen"], 1)
        self.assert_problem(self.auditor.post("/v1/notifications/seen", {"ids": [whole[0]["id"]]}), 403, "role_not_allowed")

    def test_pages(self):
        for _ in range(5):
            self.submit()
        self.climb("2026-12-07T10:00:00+06:00", 20)
        for query in ("", "&unseen=1"):
            seen, cursor = [], ""
            while True:
                page = self.supervisor.get(f"/v1/notifications?limit=7{query}{cursor}").must(200)
                seen += [item["id"] for item in page["items"]]
                if not page["page"]["has_more"]:
                    break
                cursor = f"&after={page['page']['end_cursor']}"
            self.assertEqual(seen, sorted(set(seen), reverse=True))
            self.assertEqual(len(seen), 20)

    def test_overview_counts_what_nobody_has_seen(self):
        self.held()
        self.climb("2026-12-03T10:00:00+06:00", 3)

        def row(by="agency", client=self.supervisor):
            return next(row for row in client.get(f"/v1/overview?by={by}").must(200)["items"]
                        if row[by] in ("probe", "p-clock", "desk"))
        for by in ("agency", "service", "office"):
            self.assertEqual((row(by)["warned"], row(by)["escalated"]), (2, 1))
        self.chief.post("/v1/notifications/seen", {"until": self.told(self.chief)[0]["id"]}).must(200)
        self.assertEqual((row()["warned"], row()["escalated"]), (0, 0))
        self.assertEqual(row(client=self.chief)["warned"], 0)

    def test_bad_ones(self):
        for path in ("?unseen=maybe", "?colour=red", "?limit=0", "?after=x"):
            self.assert_problem(self.chief.get(f"/v1/notifications{path}"), 400, "bad_parameter")
        for body in ({}, {"ids": []}, {"ids": ["x"]}, {"ids": [NOBODY] * 501}, {"until": "x"}, {"ids": [NOBODY], "until": NOBODY}):
            self.assertEqual(self.chief.post("/v1/notifications/seen", body).status, 422, body)
        self.assertEqual(self.chief.post("/v1/notifications/seen", {"ids": NOBODY}).status, 400)
        self.assertEqual(self.chief.post("/v1/notifications/seen", {"colour": 1}).status, 400)


class Forgotten(LadderTest):
    """What is old, or about a closed request, goes; the journal keeps it."""

    def sweep(self, limit):
        return int(self.world.sql(f"SELECT kezek.sweep_notifications({limit})", "kezek_jobs")[0][0])

    def test_of_closed_requests(self):
        kept, gone = self.submit(), self.submit()
        self.climb("2026-12-03T10:00:00+06:00", 6)
        self.desk.act(self.see(gone), "withdraw").must(200)
        self.world.advance(seconds=1)  # a step of the clock: every job looks anew
        eventually(lambda: {item["request"] for item in self.told(self.chief)} == {kept["id"]})
        self.assertEqual(self.count("notification"), 3)
        self.assertIn("escalated", self.kinds(gone))

    def test_that_were_seen_long_ago(self):
        request = self.submit()
        self.climb("2026-11-26T10:00:00+06:00", 1)
        self.chief.post("/v1/notifications/seen", {"until": self.told(self.chief)[0]["id"]}).must(200)
        self.climb("2026-12-02T10:00:00+06:00", 2)
        self.world.set_clock("2026-12-24T10:00:00+06:00")
        eventually(lambda: self.count("notification") == 4)
        self.world.set_clock("2026-12-26T11:00:00+06:00")
        eventually(lambda: self.count("notification") == 3)
        self.assertEqual({item["seen_at"] for item in self.told(self.chief)}, {None})
        self.assertEqual(self.see(request)["state"], "queued")

    def test_a_page_a_turn(self):
        for _ in range(3):
            self.submit()
        self.climb("2026-11-26T10:00:00+06:00", 3)
        self.world.sql("UPDATE kezek.notification SET seen_at = kezek.now() - interval '31 days'; "
                       "UPDATE kezek.broom SET after = '00000000-0000-0000-0000-000000000000'")
        gone = [self.sweep(2) for _ in range(4)]
        self.assertEqual((sum(gone) <= 3, gone[2:], self.count("notification")), (True, [0, 0], 0))


if __name__ == "__main__":
    main()
