"""Calendars that change: nothing is computed by an old one any more, and every open deadline moves, lawfully and once."""

import copy
import json
import tempfile
import threading
import time

from support.casework import CaseTest, submission
from support.kezek import ROOT, Client, eventually, main

FOLDER = ROOT / "config" / "calendars"


def calendar(code):
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


class CalendarTest(CaseTest):
    """Probe's agency works by kg-state, whose parent is kg."""

    def change(self, *exceptions, **how):
        return self.change_raw(*exceptions, **how).must(200)

    def change_raw(self, *exceptions, code="kg-state", query="", client=None, **members):
        """Records the calendar as it was installed, with these exceptions besides."""
        whole = {**calendar(code), **members}
        whole["exceptions"] = [e for e in whole["exceptions"] if e["date"] not in {x["date"] for x in exceptions}]
        whole["exceptions"] += copy.deepcopy(list(exceptions))
        return (client or self.admin).put(f"/v1/calendars/{code}{query}", whole)

    def dry(self, *exceptions, **how):
        """The answer to a dry run, with its result also where the machine was slow."""
        reply = self.change_raw(*exceptions, query="?dry_run=1", **how)
        if reply.status == 202:
            return {**reply.json, "result": self.settle(reply)["result"]}
        return reply.must(200).json

    def day_off(self, date, **more):
        return {"date": date, "kind": "day_off", "status": "confirmed", "source": "probe", **more}

    def settle(self, reply, timeout=30):
        """The job of a recorded change, once it is done."""
        if reply["job"] is None:
            return None
        return eventually(lambda: self.job(reply["job"])["state"] == "done" and self.job(reply["job"]), timeout)

    def job(self, job):
        return self.admin.get(f"/v1/jobs/{job}").must(200).json

    def moves(self, request):
        events = self.auditor.get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        return [e for e in events if e["kind"] == "recomputed"]

    def counts(self, result):
        return {name: result[name] for name in
                ("looked", "moved", "earlier", "later", "become_overdue", "cease_overdue", "by_days")}


class Guard(CalendarTest):
    def test_nothing_is_computed_by_an_old_one(self):
        """Two daemons: while one records changes, the other takes submissions; each is computed by the newest."""
        self.change()
        second = self.world.another_daemon()
        second.start()
        # Two working days from Wednesday: Friday, or Monday when that is off.
        due = {True: self.due_after(self.day_off("2026-11-20")), False: self.due_after()}
        self.assertNotEqual(due[True], due[False])
        stop, wrong, taken = threading.Event(), [], []
        state = {"off": False, "turn": 0}

        def submit_on():
            with Client(self.world.pki, second.port, "desk-clerk") as client:
                while not stop.is_set():
                    before = dict(state)
                    reply = client.post("/v1/requests", submission())
                    if reply.status != 201:
                        wrong.append(repr(reply))
                    elif before == state and before["turn"] % 2 == 0 and reply["due_on"] != due[before["off"]]:
                        wrong.append((before, reply["due_on"]))
                    taken.append(reply.status)

        threads = [threading.Thread(target=submit_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(12):
            state["turn"] += 1  # odd: a change is on its way
            self.change(*([self.day_off("2026-11-20")] if turn % 2 == 0 else []))
            state.update(off=turn % 2 == 0, turn=state["turn"] + 1)
            count = len(taken)
            while len(taken) < count + 20 and not wrong:
                time.sleep(0.01)
        stop.set()
        for thread in threads:
            thread.join()
        second.stop()
        self.assertEqual(wrong, [])
        self.assertGreater(len(taken), 200)

    def due_after(self, *exceptions):
        self.change(*exceptions)
        return self.submit()["due_on"]

    def test_acts_and_imports_wait_for_the_newer_one_too(self):
        self.change()
        second = self.world.another_daemon()
        second.start()
        with Client(self.world.pki, second.port, "officer-probe") as officer, \
                Client(self.world.pki, second.port, "admin") as admin:
            for turn in range(6):
                request = self.submit()
                claim = self.take(request, officer)
                self.change(*([self.day_off("2026-11-20")] if turn % 2 == 0 else []))
                officer.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
                self.change(*([self.day_off("2026-11-24")] if turn % 2 == 0 else []))
                lines = "".join(json.dumps({
                    "number": f"guard-{turn}-{n}", "service": "p-plain", "channel": "counter", "office": "desk",
                    "agency": "probe", "received_at": "2026-11-17T10:00:00+06:00",
                    "registered_at": "2026-11-17T10:00:00+06:00", "due_at": None, "events": []}) + "\n" for n in range(30))
                reply = admin.post("/v1/imports", lines.encode(), headers={"Content-Type": "application/x-ndjson"}).must(200)
                results = [json.loads(line) for line in reply.text.splitlines()]
                self.assertEqual([r["result"] for r in results], ["created"] * 30)
                due = {row[0] for row in self.world.sql(
                    "SELECT d.due_on FROM kezek.deadline d JOIN kezek.number n USING (request) "
                    f"WHERE n.number LIKE 'guard-{turn}-%' AND d.kind = 'decide'")}
                self.assertEqual(len(due), 1)
                done = officer.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted"))
                self.assertEqual(done.must(200)["outcome"], "granted")
        second.stop()


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


class Interrupted(CalendarTest):
    """Many deadlines, and a database in which every page takes its time."""

    MANY = 1200

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.world.sql("SELECT count(*) FROM kezek.number WHERE number LIKE 'many-%'")[0][0] != "0":
            return
        lines = "".join(json.dumps({
            "number": f"many-{n}", "service": "p-other", "channel": "counter", "office": "desk", "agency": "probe",
            "received_at": "2026-11-17T10:00:00+06:00", "registered_at": "2026-11-17T10:00:00+06:00",
            "due_at": None, "events": []}) + "\n" for n in range(cls.MANY))
        cls.world.client("admin").post("/v1/imports", lines.encode(),
                                       headers={"Content-Type": "application/x-ndjson"}).must(200)

    def setUp(self):
        self.settle(self.change())
        self.world.set_clock(self.start)
        self.world.sql("CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS "
                       "'BEGIN PERFORM pg_sleep(0.15); RETURN NULL; END'; "
                       "CREATE TRIGGER slow AFTER UPDATE OF after_request ON kezek.job EXECUTE FUNCTION public.slow()")
        self.addCleanup(self.world.sql, "DROP TRIGGER IF EXISTS slow ON kezek.job; DROP FUNCTION public.slow()")

    def moved(self):
        """(events, requests) that tell of a moved date among the many, and how many are due on each day."""
        events = self.world.sql("SELECT count(*), count(DISTINCT request) FROM kezek.event JOIN kezek.number USING (request) "
                                "WHERE kind = 'recomputed' AND number LIKE 'many-%'")[0]
        due = self.world.sql("SELECT s.due_on, count(*), min(s.version), max(s.version) FROM kezek.request_state s "
                             "JOIN kezek.number n ON n.request = s.id WHERE number LIKE 'many-%' GROUP BY 1")
        return [int(n) for n in events], due

    def half_way(self, job, client):
        return eventually(lambda: (lambda j: j["state"] == "running" and j["looked"] > 0 and j)(
            client.get(f"/v1/jobs/{job}").must(200).json), every=0.01)

    def test_it_goes_on_after_a_kill(self):
        before, [was] = self.moved()
        reply = self.change(self.day_off("2026-11-24"))
        half = self.half_way(reply["job"], self.admin)
        self.assertLess(half["result"]["moved"], self.MANY)
        self.world.forget_clients()
        self.world.daemon.kill()
        self.world.sql("UPDATE kezek.clock SET shift = shift + interval '11 seconds'")  # the lease runs out
        self.world.daemon.start()
        job = self.settle(reply)
        (events, requests), due = self.moved()
        self.assertEqual((events, requests), (before[0] + self.MANY, self.MANY))
        self.assertEqual([(d[0], d[1]) for d in due], [("2026-11-25", str(self.MANY))])
        self.assertEqual(due[0][2], due[0][3])
        self.assertEqual(int(due[0][3]), int(was[3]) + 1)
        self.assertGreaterEqual(job["result"]["moved"], self.MANY)
        self.assertEqual(sum(d["deadlines"] for d in job["result"]["by_days"]), job["result"]["moved"])

    def test_another_daemon_takes_over(self):
        second = self.world.another_daemon()
        second.start()
        before = self.moved()[0]
        reply = self.change(self.day_off("2026-11-24"))
        with second.client("admin") as client:
            self.half_way(reply["job"], client)
            self.world.forget_clients()
            self.world.daemon.kill()
            self.world.sql("UPDATE kezek.clock SET shift = shift + interval '11 seconds'")
            eventually(lambda: client.get(f"/v1/jobs/{reply['job']}").must(200)["state"] == "done", timeout=30)
        self.world.daemon.start()
        second.stop()
        self.assertEqual(self.moved()[0], [before[0] + self.MANY, self.MANY])

    def test_two_daemons_and_two_changes_at_once(self):
        second = self.world.another_daemon()
        second.start()
        before = self.moved()[0]
        with second.client("admin") as client:
            first = self.change(self.day_off("2026-11-24"))
            self.half_way(first["job"], self.admin)
            later = self.change(self.day_off("2026-11-23"), self.day_off("2026-11-24"), client=client)
            self.settle(first)
            self.settle(later)
        second.stop()
        events, due = self.moved()
        self.assertEqual([(d[0], d[1]) for d in due], [("2026-11-26", str(self.MANY))])
        # Once or twice each: those that the first job had moved before the second change were moved again.
        self.assertLessEqual(before[0] + self.MANY, events[0])
        self.assertLessEqual(events[0], before[0] + 2 * self.MANY)
        # The first job and the second together: each move once.
        moved = sum(self.job(r["job"])["result"]["moved"] for r in (first, later))
        self.assertGreaterEqual(moved, events[0] - before[0])

    def test_a_long_dry_run_is_a_job(self):
        before = self.moved()
        reply = self.change_raw(self.day_off("2026-11-24"), query="?dry_run=1").must(202)
        self.assertEqual(reply.header("Location"), f"/v1/jobs/{reply['job']}")
        self.assertNotIn("result", reply.json)
        job = self.settle(reply)
        self.assertTrue(job["dry_run"])
        self.assertGreaterEqual(job["result"]["moved"], self.MANY)
        self.assertEqual(self.moved(), before)
        self.assertEqual(len(job["result"]["largest"]), 10)

    def test_a_change_goes_before_a_dry_run(self):
        dry = self.change_raw(self.day_off("2026-11-24"), query="?dry_run=1").must(202)
        real = self.change(self.day_off("2026-11-24"))
        self.settle(real)
        job = self.settle(dry)
        self.assertLess(self.job(real["job"])["done_at"], job["done_at"])
        # Begun anew by the calendars in force: nothing is left to move.
        self.assertEqual(job["result"]["moved"], 0)


if __name__ == "__main__":
    main()
