"""Changing calendars under load: nothing is computed by an old one, and a job survives whoever carries it on."""

import json
import threading
import time

from support.calendars import CalendarTest
from support.casework import submission
from support.kezek import Client, eventually, main


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
