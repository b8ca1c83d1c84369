"""Moving time: due moments fire once, also over restarts; what supervisors see of it; the clock itself."""

import datetime
import time

from support.casework import CaseTest, aside
from support.hold import Hold
from support.kezek import World, eventually, main
from support.relay import Relay

PAPER = [{"kind": "paper"}]


class Due(CaseTest):
    def setUp(self):
        self.world.set_clock(self.start)

    def breaches(self, request):
        return self.kinds(request, self.auditor).count("breached")

    def test_the_moment_itself(self):
        request = self.submit("p-hours")
        # Three working hours from 10:00: lunch from 12:30 to 13:30 does not count.
        self.assertEqual(request["due_on"], "2026-11-18")
        self.assertTrue(request["due_at"].startswith("2026-11-18T14:00:0"), request["due_at"])
        self.world.set_clock("2026-11-18T13:59:58+06:00")
        self.assertFalse(self.see(request)["overdue"])
        self.world.set_clock("2026-11-18T14:00:02+06:00")
        seen = self.see(request)
        self.assertTrue(seen["overdue"])
        self.assertEqual(seen["state"], "queued")
        eventually(lambda: self.breaches(request) == 1)
        event = self.auditor.get(f"/v1/requests/{request['id']}/events")["items"][-1]
        self.assertEqual((event["kind"], event["principal"], event["after"]["deadline"]), ("breached", "kezekd", "decide"))
        self.assertEqual(event["occurred_at"], request["due_at"])
        self.assertEqual(self.deadline(self.see(request), "decide")["breached_at"], request["due_at"])
        # Overdue ends nothing: it is claimed and decided as before.
        claim = self.take(request)
        done = self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        self.assertEqual(self.deadline(done.json, "decide")["state"], "missed")
        self.assertFalse(done["overdue"])

    def test_once_whatever_the_clock_does(self):
        requests = [self.submit("p-hours") for _ in range(5)]
        for day in (5, 1, 9, 2, 30):
            self.world.set_clock(f"2026-11-{day:02d}T10:00:00+06:00" if day > 18 else f"2026-12-{day:02d}T10:00:00+06:00")
        for request in requests:
            eventually(lambda r=request: self.breaches(r) == 1)
            self.assertEqual(self.breaches(request), 1)

    def test_many_at_the_same_moment(self):
        requests = [self.submit() for _ in range(60)]
        self.world.set_clock("2026-11-21T00:00:01+06:00")
        eventually(lambda: int(self.world.sql(
            "SELECT count(*) FROM kezek.event WHERE kind = 'breached' AND request IN ("
            + ",".join(f"'{r['id']}'" for r in requests) + ")")[0][0]) == 60)
        metrics = self.admin.get("/metrics").text
        self.assertIn("kezek_deadlines_fired_total", metrics)

    def test_a_restart_neither_loses_nor_repeats(self):
        before, while_down = self.submit("p-hours"), self.submit("p-hours")
        self.world.set_clock("2026-11-18T14:30:00+06:00")
        eventually(lambda: self.breaches(before) == 1)
        self.world.set_clock(self.start)
        while_down = self.submit("p-hours")
        leased = self.take(self.submit())
        self.world.forget_clients()
        self.world.daemon.kill()
        # A day passes while no daemon runs.
        self.world.sql("UPDATE kezek.clock SET shift = shift + interval '1 day'")
        self.world.daemon.start()
        eventually(lambda: self.breaches(while_down) == 1, timeout=10)
        eventually(lambda: self.see(leased["request"])["state"] == "queued", timeout=10)
        self.world.restart_daemon()
        self.world.advance(days=3)
        self.assertEqual((self.breaches(before), self.breaches(while_down)), (1, 1))
        self.assertEqual(self.kinds(leased["request"], self.auditor).count("lease_expired"), 1)

    def test_once_with_two_daemons(self):
        second = self.world.another_daemon()
        second.start()
        requests = [self.submit("p-hours") for _ in range(20)]
        leases = [self.take(self.submit()) for _ in range(5)]
        self.world.set_clock("2026-11-18T15:00:00+06:00")
        for request in requests:
            eventually(lambda r=request: self.breaches(r) == 1, timeout=15)
        for lease in leases:
            eventually(lambda c=lease: self.see(c["request"])["state"] == "queued", timeout=15)
        second.stop()
        self.assertEqual({self.breaches(r) for r in requests}, {1})
        self.assertEqual({self.kinds(c["request"], self.auditor).count("lease_expired") for c in leases}, {1})

    def test_a_paused_deadline_does_not_fire_and_its_cure_does(self):
        request = self.submit("p-pause")
        self.world.set_clock("2026-12-01T10:00:00+06:00")
        self.assertEqual(self.breaches(request), 0)
        self.world.set_clock("2026-12-10T10:00:00+06:00")
        eventually(lambda: self.breaches(request) == 1)
        breached = [e for e in self.auditor.get(f"/v1/requests/{request['id']}/events")["items"] if e["kind"] == "breached"]
        self.assertEqual([e["after"]["deadline"] for e in breached], ["cure"])
        self.assertFalse(self.see(request)["overdue"])


RUNGS = """INSERT INTO kezek.rung VALUES ('p-plain', 1, 'decide', 0, '75%', 'officer'),
    ('p-plain', 1, 'decide', 1, '0', 'head') ON CONFLICT DO NOTHING"""


class Rungs(CaseTest):
    """Ladders whose instants were laid by hand: what a daemon makes of them, and what it says of broken ones."""

    def setUp(self):
        self.world.set_clock(self.start)
        self.world.sql(RUNGS)

    def lay(self, request, *instants):
        """The ladder of its decide deadline."""
        self.world.sql(f"""UPDATE kezek.deadline SET rung_at = ARRAY[{", ".join(f"timestamptz '{i}'"
            for i in instants)}], fire_at = least(due_at, '{min(instants)}')
            WHERE request = '{request['id']}' AND kind = 'decide'""")

    def gauges(self):
        text = self.admin.get("/metrics").text
        return tuple(int(line.split()[1]) for line in text.splitlines()
                     if line.startswith(("kezek_deadlines_untimed ", "kezek_deadlines_late_firing ")))

    def test_a_ladder_is_climbed(self):
        request = self.submit()
        self.lay(request, "2026-11-19T09:00:00+06:00", request["due_at"])
        self.world.set_clock("2026-11-19T08:59:58+06:00")
        eventually(lambda: "warned" in self.kinds(request, self.auditor))
        seen = self.see(request)
        self.assertGreaterEqual(self.world.now().isoformat(), "2026-11-19T03:00:00")
        self.assertEqual(seen["version"], request["version"])  # http-api: the ETag rises with acts and moved dates
        self.world.set_clock("2027-03-01T10:00:00+06:00")
        eventually(lambda: self.kinds(request, self.auditor)[-1] == "escalated")
        events = self.auditor.get(f"/v1/requests/{request['id']}/events")["items"]
        self.assertEqual([e["kind"] for e in events], ["submit", "warned", "breached", "escalated"])
        self.assertEqual({k: events[-1]["after"][k] for k in ("deadline", "rung", "to", "person")},
                         {"deadline": "decide", "rung": "0", "to": "head", "person": "probe-head"})
        eventually(lambda: self.gauges() == (0, 0), 12)  # whoever looks at the very jump sees months of lateness, once

    def test_a_deadline_without_a_timer_raises_an_alarm(self):
        request = self.submit()
        of_it = f"WHERE request = '{request['id']}' AND kind = 'decide'"
        self.world.sql(f"UPDATE kezek.deadline SET fire_at = NULL {of_it}")
        self.world.advance(seconds=1)  # a step of the clock: every job looks anew
        eventually(lambda: self.gauges() == (1, 0), timeout=8)
        self.assertIn("timers_looked_at", self.world.daemon.log())
        self.world.sql(f"UPDATE kezek.deadline SET fire_at = due_at {of_it}")
        self.world.advance(seconds=1)
        eventually(lambda: self.gauges() == (0, 0), timeout=8)

    def test_a_timer_that_ran_out_and_does_not_fire_raises_an_alarm(self):
        request = self.submit("p-hours")
        held = Hold(self.world, f"SELECT FROM kezek.request_state WHERE id = '{request['id']}' FOR UPDATE")
        self.world.set_clock("2026-11-18T14:30:00+06:00")
        eventually(lambda: self.gauges() == (0, 1), timeout=8)
        held.end()
        eventually(lambda: self.kinds(request, self.auditor)[-1] == "breached")
        self.world.advance(seconds=1)
        eventually(lambda: self.gauges() == (0, 0), timeout=8)


class Silence(CaseTest):
    """The way to PostgreSQL is gone without a word, and comes back."""

    world_options = {"test_clock": True, "catalogue": True}  # a world of its own

    def test_what_fell_due_meanwhile_is_caught_up_with_within_five_seconds(self):
        relay = Relay(str(self.world.cluster.socket / ".s.PGSQL.5432"))
        self.addCleanup(relay.close)
        self.world.forget_clients()
        self.world.daemon.stop()
        way = f"host=127.0.0.1 port={relay.port} dbname={self.world.database} sslmode=disable user="
        self.world.daemon.write_config(database=way + "kezek_app", jobs_database=way + "kezek_jobs")
        self.world.daemon.start()
        request = self.submit("p-hours")
        relay.fall_silent()
        self.world.sql("UPDATE kezek.clock SET shift = timestamptz '2026-11-18 14:30:00+06' - clock_timestamp()")
        time.sleep(10)
        fired = f"SELECT count(*) FROM kezek.event WHERE kind = 'breached' AND request = '{request['id']}'"
        self.assertEqual(self.world.sql(fired), [["0"]])
        relay.speak()
        eventually(lambda: self.world.sql(fired) == [["1"]], timeout=5)


class Seen(CaseTest):
    """What supervisors see: overview, overdue, queues."""

    world_options = {"test_clock": True, "catalogue": True}  # a world of its own

    def rows(self, by="agency", client=None):
        return {row[by]: row for row in (client or self.supervisor).get(f"/v1/overview?by={by}").must(200)["items"]}

    def test_all_of_it(self):
        self.world.set_clock("2026-11-09T10:00:00+06:00")  # a Monday
        met, missed = self.submit(), self.submit()
        claim = self.take(met)
        self.probe.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        late = [self.submit(), self.submit("p-other", self.desk_two)]
        self.world.set_clock(self.start)
        claim = self.take(missed)
        self.probe.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        today = self.submit("p-hours")
        soon = self.submit()
        far = self.submit("p-docs", documents=PAPER)
        paused = self.submit("p-pause")
        incomplete = self.submit("p-docs")
        held = self.take(far)

        row = self.rows()["probe"]
        self.assertEqual(
            {k: row[k] for k in ("open", "due_today", "due_in_3_working_days", "overdue", "paused", "on_time_share")},
            {"open": 6, "due_today": 1, "due_in_3_working_days": 2, "overdue": 1, "paused": 1, "on_time_share": 0.5})
        self.assertEqual(row["oldest_overdue"], late[0]["due_at"])
        self.assertEqual(self.rows()["probe-two"]["overdue"], 1)
        self.assertIsNone(self.rows()["probe-two"]["on_time_share"])
        self.assertEqual(set(self.rows(client=self.chief)), {"probe"})
        self.assertEqual(self.rows("office")["desk-two"]["open"], 1)
        self.assertEqual(self.rows("service")["p-docs"]["open"], 2)
        self.assert_problem(self.supervisor.get("/v1/overview?by=colour"), 400, "bad_parameter")

        overdue = self.supervisor.get("/v1/overdue").must(200)["items"]
        self.assertEqual([r["id"] for r in overdue], [r["id"] for r in late])
        # Due on Wednesday the 11th: Thursday, Friday, Monday, Tuesday and today have begun; due on the 16th: two.
        self.assertEqual([r["working_days_late"] for r in overdue], [5, 2])
        self.assertTrue(all(r["overdue"] for r in overdue))
        self.assertEqual([r["id"] for r in self.chief.get("/v1/overdue")["items"]], [late[0]["id"]])
        first = self.supervisor.get("/v1/overdue?limit=1").must(200)
        self.assertTrue(first["page"]["has_more"])
        rest = self.supervisor.get(f"/v1/overdue?limit=1&after={first['page']['end_cursor']}").must(200)
        self.assertEqual(([r["id"] for r in rest["items"]], rest["page"]["has_more"]), ([late[1]["id"]], False))
        self.assertEqual([r["id"] for r in self.supervisor.get("/v1/requests?overdue=true")["items"]],
                         [r["id"] for r in late])

        queue = self.probe.get("/v1/queues/probe").must(200)
        self.assertEqual((queue["depth"], queue["claimed"], queue["in_work"], queue["overdue"]), (3, 1, 0, 1))
        self.assertEqual([r["id"] for r in queue["items"]], [late[0]["id"], today["id"], soon["id"]])
        self.assertEqual(queue["next_due"], today["due_at"])
        self.assertEqual(queue["oldest"][:19], "2026-11-09T10:00:00")
        self.assertEqual({r["id"] for r in self.probe.get("/v1/queues/probe?limit=1")["items"]}, {late[0]["id"]})
        self.assertEqual([q["agency"] for q in self.probe.get("/v1/queues")["items"]], ["probe"])
        self.assertEqual({q["agency"] for q in self.supervisor.get("/v1/queues")["items"]}, {"probe", "probe-two"})
        self.assertEqual({self.see(r)["state"] for r in (paused, incomplete)}, {"paused", "incomplete"})
        self.assertEqual(held["request"]["id"], far["id"])


class Clock(CaseTest):
    def test_set_and_read(self):
        reply = self.admin.put("/v1/test/clock", {"now": "2026-11-20T12:00:00+06:00"}).must(200)
        self.assertEqual(datetime.datetime.fromisoformat(reply["now"].replace("Z", "+00:00")),
                         datetime.datetime.fromisoformat("2026-11-20T12:00:00+06:00"))
        self.assertTrue(self.submit()["registered_at"].startswith("2026-11-20T12:00:0"))
        self.world.set_clock("2027-03-01T12:00:00+06:00")  # another year: partitions and numbers
        self.assertRegex(self.submit()["number"], r"^desk-\d+/27$")
        self.world.set_clock(self.start)

    def test_bad_ones(self):
        for body, status in (({}, 422), ({"now": "noon"}, 422), ({"now": 1}, 400), ({"now": "2026-11-20", "x": 1}, 400)):
            self.assertEqual(self.admin.put("/v1/test/clock", body).status, status)
        for name in ("desk-clerk", "supervisor", "officer-probe"):
            self.assert_problem(self.world.client(name).put("/v1/test/clock", {"now": self.start}), 403,
                                "role_not_allowed")

    def test_a_waiting_client_is_woken_by_a_lease_that_runs_out(self):
        self.world.set_clock(self.start)
        claim = self.take(self.submit(), lease_seconds=60)
        waiting = aside(self.world.client("officer-probe-b", fresh=True).post, "/v1/queues/probe/claims",
                        {"request": claim["request"]["id"], "wait_seconds": 20})
        self.world.advance(seconds=61)
        self.assertEqual(waiting().must(200)["claims"][0]["request"]["id"], claim["request"]["id"])

    def test_there_is_none_on_an_ordinary_database(self):
        world = World(test_clock=False, catalogue=False)
        try:
            self.assert_problem(world.client("admin").put("/v1/test/clock", {"now": self.start}), 404, "not_found")
        finally:
            world.close()
        self.assertEqual(world.complaints, [])


if __name__ == "__main__":
    main()
