"""Calendars that change: every open deadline moves, lawfully and once, and nothing else does."""

import json
import tempfile

from support.calendars import CalendarTest, calendar
from support.kezek import eventually, main


class Recompute(CalendarTest):
    """What moves, what does not, and what is told of it."""

    def setUp(self):
        self.settle(self.change())
        self.world.set_clock(self.start)

    def test_a_dry_run_tells_what_then_happens(self):
        requests = [self.submit() for _ in range(3)] + [self.submit("p-hours")]
        dry = self.dry(self.day_off("2026-11-20"))
        self.assertEqual((dry["dry_run"], dry["changes"]["exceptions"]["added"], dry["changes"]["members"]),
                         (True, [{"date": "2026-11-20", "kind": "day_off", "status": "confirmed"}], []))
        self.assertGreaterEqual(dry["result"]["moved"], 3)
        self.assertEqual([self.see(r)["due_on"] for r in requests], [r["due_on"] for r in requests])
        self.assertEqual(self.desk.get("/v1/calendars/kg-state")["version"], dry["version"])

        done = self.change(self.day_off("2026-11-20"))
        self.assertEqual((done["dry_run"], done["version"]), (False, dry["version"] + 1))
        job = self.settle(done)
        self.assertEqual(self.counts(job["result"]), self.counts(dry["result"]))
        self.assertEqual({m["request"] for m in job["result"]["largest"]},
                         {m["request"] for m in dry["result"]["largest"]})
        self.assertEqual((job["kind"], job["dry_run"], job["calendar"], job["version"], job["made_by"], job["share"]),
                         ("recompute", False, "kg-state", done["version"], "admin", 1))
        for request in requests[:3]:
            seen = self.see(request)
            self.assertEqual((request["due_on"], seen["due_on"], seen["promised_due_on"]),
                             ("2026-11-20", "2026-11-23", "2026-11-20"))
            self.assertEqual(seen["version"], request["version"] + 1)
            self.assertEqual(self.deadline(seen, "decide")["calendar_version"], done["version"])
            [event] = self.moves(request)
            self.assertEqual((event["principal"], event["before"]["deadline"], event["before"]["due_on"],
                              event["before"]["due_at"], event["after"]["due_on"], event["after"]["due_at"]),
                             ("kezekd", "decide", "2026-11-20", request["due_at"], "2026-11-23", seen["due_at"]))
            self.assertEqual((event["after"]["calendar"], event["after"]["calendar_version"]),
                             ("kg-state", done["version"]))
        # Three working hours of Wednesday: Friday is nothing to it, and nothing is written.
        self.assertEqual(self.see(requests[3])["version"], requests[3]["version"])
        self.assertEqual(self.moves(requests[3]), [])
        # Once more moves nothing.
        again = self.dry(self.day_off("2026-11-20", source="another"))
        self.assertEqual(again["result"]["moved"], 0)
        self.assertIn(job["id"], [j["id"] for j in self.admin.get("/v1/jobs").must(200)["items"]])

    def test_the_queue_and_the_timer_follow(self):
        request = self.submit()
        self.settle(self.change(self.day_off("2026-11-20")))
        listed = self.probe.get("/v1/requests?sort=due_at&limit=500&due_before=2026-11-22T00:00:00%2B06:00").must(200)
        self.assertNotIn(request["id"], {r["id"] for r in listed["items"]})
        self.world.set_clock("2026-11-21T00:00:02+06:00")
        self.assertFalse(self.see(request)["overdue"])
        self.world.set_clock("2026-11-24T00:00:02+06:00")
        eventually(lambda: "breached" in self.kinds(request, self.auditor))

    def test_what_is_closed_or_given_stays(self):
        closed, open_ = self.submit(), self.submit()
        claim = self.take(closed)
        self.probe.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        before = self.see(closed)
        line = {"number": "given-1", "service": "p-plain", "channel": "counter", "office": "desk", "agency": "probe",
                "received_at": "2026-11-17T10:00:00+06:00", "registered_at": "2026-11-17T10:00:00+06:00",
                "due_at": "2026-11-21T00:00:00+06:00", "events": []}
        given = json.loads(self.admin.post("/v1/imports", json.dumps(line).encode(),
                                           headers={"Content-Type": "application/x-ndjson"}).must(200).text)
        self.settle(self.change(self.day_off("2026-11-20")))
        self.assertEqual(self.see(closed), before)
        self.assertEqual(self.see({"id": given["id"]}, self.auditor)["due_on"], "2026-11-20")
        self.assertEqual(self.see(open_)["due_on"], "2026-11-23")

    def test_a_change_of_the_parent_moves_the_children(self):
        request = self.submit()
        job = self.settle(self.change(self.day_off("2026-11-20"), code="kg"))
        self.assertEqual(job["calendar"], "kg")
        self.assertEqual(self.see(request)["due_on"], "2026-11-23")
        [event] = self.moves(request)
        self.assertEqual((event["after"]["calendar"], event["after"]["calendar_version"]), ("kg", job["version"]))
        self.settle(self.change(code="kg"))
        self.assertEqual(self.see(request)["due_on"], "2026-11-20")
        self.assertEqual(len(self.moves(request)), 2)
        self.assertEqual(self.see(request)["version"], request["version"] + 2)

    def test_lateness_begins_no_earlier_than_the_change(self):
        self.settle(self.change(self.day_off("2026-11-20")))
        request = self.submit()
        self.assertEqual(request["due_on"], "2026-11-23")
        self.world.set_clock("2026-11-21T12:00:00+06:00")
        dry = self.dry()
        self.assertGreaterEqual(dry["result"]["become_overdue"], 1)
        self.settle(self.change())
        seen = self.see(request)
        # By the calendar alone it had been due on the 20th.
        self.assertTrue(seen["due_at"].startswith("2026-11-21T12:00:0"), seen["due_at"])
        self.assertEqual((seen["due_on"], seen["overdue"]), ("2026-11-21", True))
        [event] = self.moves(request)
        self.assertEqual(event["after"]["due_at"], seen["due_at"])
        eventually(lambda: "breached" in self.kinds(request, self.auditor))
        # It stands there, however often the same is computed.
        version = self.see(request)["version"]
        self.settle(self.change(self.day_off("2027-05-20")))
        self.assertEqual((self.see(request)["version"], self.see(request)["due_at"]), (version, seen["due_at"]))

    def test_an_act_moves_it_when_it_comes_first(self):
        """Whoever comes first, the job or an act: the same date and the same event, once."""
        request = self.submit()
        claim = self.take(request)
        # Another job, which nobody carries on, stands before it.
        self.world.sql("INSERT INTO kezek.job (id, kind, dry, calendar, version, generation, made_at, made_by, total, "
                       "worker, lease_until) SELECT gen_random_uuid(), 'recompute', false, 'kg', 1, 0, "
                       "kezek.now() - interval '1 hour', 'nobody', 0, gen_random_uuid(), kezek.now() + interval '15 s'")
        reply = self.change(self.day_off("2026-11-20"))
        self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
        self.assertEqual(self.see(request)["due_on"], "2026-11-23")
        [event] = self.moves(request)
        self.assertEqual(self.job(reply["job"])["looked"], 0)
        self.world.sql("DELETE FROM kezek.job WHERE made_by = 'nobody'")
        self.settle(reply)
        self.assertEqual((self.see(request)["due_on"], self.moves(request)), ("2026-11-23", [event]))

    def explained(self, request):
        items = self.desk.get(f"/v1/requests/{request['id']}/deadlines?explain=1").must(200)["items"]
        return [d for d in items if d["kind"] == "decide"][0]

    def test_what_has_stopped_is_explained_by_the_calendars_of_then(self):
        self.settle(self.change(self.day_off("2026-11-19", source="Decree of then")))
        stopped, running = self.submit(), self.submit()
        claim = self.take(stopped)
        self.probe.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        then = self.explained(stopped)
        self.assertEqual((then["state"], then["due_on"]), ("met", "2026-11-23"))
        self.assertIn("Decree of then", json.dumps(then["explanation"]))
        version = self.desk.get("/v1/calendars/kg-state")["version"]
        self.settle(self.change())
        self.assertEqual(self.explained(stopped), then)
        now = self.explained(running)
        self.assertEqual((now["due_on"], now["calendar_version"]), ("2026-11-20", version + 1))
        self.assertNotIn("Decree of then", json.dumps(now["explanation"]))
        # Calendars two changes back, and those of the parent.
        self.settle(self.change(self.day_off("2026-11-18"), code="kg"))
        self.assertEqual(self.explained(stopped), then)
        self.settle(self.change(code="kg"))
        self.assertEqual(self.explained(stopped), then)

    def test_the_command(self):
        request = self.submit()
        changed = {**calendar("kg-state"), "exceptions": [self.day_off("2026-11-20")]}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(changed, file)
            file.flush()
            said = self.world.kezek("admin", "calendar", "load", file.name, "--dry-run").stdout
            self.assertIn("+ date=2026-11-20 kind=day_off status=confirmed", said)
            self.assertRegex(said, r"moved +\d+")
            self.assertEqual(self.see(request)["due_on"], "2026-11-20")
            said = self.world.kezek("admin", "calendar", "load", file.name)
            # Done when the command is: it has waited.
            self.assertEqual(self.see(request)["due_on"], "2026-11-23")
        self.assertRegex(said.stdout, r"kg-state  version \d+  done  100 %")
        self.assertRegex(said.stdout, r"desk-\d+/26 +decide +2026-11-20 +2026-11-23 +3")
        self.assertEqual(said.stderr, "")
        listed = self.world.kezek("admin", "job").stdout
        self.assertRegex(listed, r"kg-state +\d+ +done 100 %")
        newest = self.admin.get("/v1/jobs?limit=1").must(200)["items"][0]
        self.assertIn("become overdue", self.world.kezek("admin", "job", newest["id"]).stdout)

    def test_who_may_see_jobs(self):
        reply = self.change(self.day_off("2026-11-20"))
        for client in (self.desk, self.probe, self.supervisor, self.auditor):
            self.assert_problem(client.get(f"/v1/jobs/{reply['job']}"), 403, "role_not_allowed")
        self.assert_problem(self.admin.get("/v1/jobs/0190a000-0000-7000-8000-000000000000"), 404, "not_found")
        self.assert_problem(self.admin.get("/v1/jobs/x"), 404, "not_found")


if __name__ == "__main__":
    main()
