"""kezek.fire_due: each rung and each due moment once, in the order of instants, and by whom it can be done at all."""

import json

from support.fill import ALL_THREE, fill
from support.hold import Hold
from support.kezek import ApiTest, main

DUE = "2026-12-01 18:00:00+00"
RUNGS = """INSERT INTO kezek.agency VALUES ('kyzmat', 'Head of Kyzmat');
INSERT INTO kezek.rung VALUES ('6-49', 1, 'decide', 0, '75%', 'officer'), ('6-49', 1, 'decide', 1, '-1 working_day',
    'head'), ('6-49', 1, 'decide', 2, '0', 'supervisor'), ('6-49', 1, 'decide', 3, '+1 working_day', 'officer')"""
CLEAR = "TRUNCATE kezek.request_state, kezek.work, kezek.deadline, kezek.event, kezek.notification"
EVENTS = """SELECT e.kind, to_char(e.occurred_at AT TIME ZONE 'UTC', 'DD HH24:MI'), e.after FROM kezek.event e
    WHERE e.kind <> 'submit' ORDER BY e.request, e.seq"""


class Fire(ApiTest):
    world_options = {"test_clock": True, "catalogue": False, "start": False}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.sql(RUNGS)

    def setUp(self):
        self.world.sql(CLEAR)

    def at(self, moment):
        self.world.sql(f"UPDATE kezek.clock SET shift = timestamptz '{moment}' - clock_timestamp()")

    def fire(self, limit=1000):
        """(deadlines taken up, events, breaches with an effect)"""
        return tuple(map(int, self.world.sql(f"SELECT done, fired, effects FROM kezek.fire_due({limit})",
                                             "kezek_jobs")[0]))

    def fill(self, count, due=None, rungs=ALL_THREE, **more):
        fill(self.world, count, count if due is None else due, DUE, rungs, **more)

    def kinds(self):
        return [row[0] for row in self.world.sql(EVENTS)]

    def test_each_rung_at_its_instant_and_once(self):
        self.fill(1)
        seen = []
        for moment, kinds in (("15:59:59", []), ("16:00:01", ["warned"]), ("16:59:59", []), ("17:00:01", ["warned"]),
                              ("18:00:01", ["breached", "escalated"]), ("23:00:00", [])):
            self.at(f"2026-12-01 {moment}Z")
            seen += kinds
            self.assertEqual(self.fire()[1], len(kinds))
            self.assertEqual(self.kinds(), seen)
            self.assertEqual(self.fire()[1], 0)
        self.assertEqual(self.world.sql("SELECT fired, fire_at, breached_at = due_at FROM kezek.deadline"),
                         [["7", None, "t"]])
        self.assertEqual(self.world.sql("SELECT version, seq FROM kezek.request_state"), [["1", "5"]])

    def test_all_at_once_after_a_long_sleep(self):
        self.fill(1, rungs="""SELECT ARRAY[due_at - interval '5 days', NULL, due_at, due_at + interval '1 day']
            AS rung_at, 0 AS fired""")
        self.world.sql("UPDATE kezek.work SET holder = 'their-system'")
        self.at("2026-12-10 00:00Z")
        self.assertEqual(self.fire(), (1, 4, 0))
        rows = [(kind, at, json.loads(after)) for kind, at, after in self.world.sql(EVENTS)]
        rung = {"deadline": "decide", "due_at": "2026-12-01T18:00:00+00:00"}
        self.assertEqual(rows, [
            ("warned", "26 18:00", {**rung, "rung": "75%", "to": "officer", "person": "Башчы"}),
            ("breached", "01 18:00", {**rung, "due_on": "2026-12-01"}),
            ("escalated", "01 18:00", {**rung, "rung": "0", "to": "supervisor", "person": None}),
            ("escalated", "02 18:00", {**rung, "rung": "+1 working_day", "to": "officer", "person": "Башчы"})])
        self.assertEqual(self.world.sql("SELECT fired, fire_at FROM kezek.deadline"), [["13", None]])
        told = self.world.sql("""SELECT n.kind, n.rung, n.addressee, n.person, n.principal, n.agency, n.service,
            n.occurred_at = e.occurred_at AND n.recorded_at = e.recorded_at AND n.due_at = '2026-12-01 18:00Z'
            FROM kezek.notification n JOIN kezek.event e USING (id, request, seq, kind) ORDER BY seq""")
        held = ["their-system", "kyzmat", "6-49", "t"]
        self.assertEqual(told, [["warned", "75%", "officer", "Башчы", *held], ["escalated", "0", "supervisor", None, *held],
                                ["escalated", "+1 working_day", "officer", "Башчы", *held]])

    def test_the_head_is_the_agencys(self):
        self.fill(1)
        self.at("2026-12-01 17:30Z")
        self.fire()
        self.assertEqual(self.world.sql("SELECT person FROM kezek.notification ORDER BY seq"),
                         [["Башчы"], ["Head of Kyzmat"]])

    def test_deadlines_of_one_request_in_the_order_of_their_instants(self):
        self.fill(1)
        self.world.sql("""INSERT INTO kezek.deadline (request, no, kind, state, rule_version, calendar, calendar_version,
            started_at, due_at, due_on, provisional, fire_at) SELECT request, 2, 'forward', 'running', 1, calendar, 1,
            started_at, due_at - interval '90 minutes', due_on, false, due_at - interval '90 minutes'
            FROM kezek.deadline""")
        self.at("2026-12-02 00:00Z")
        self.assertEqual(self.fire(), (2, 5, 0))
        rows = [(kind, at, json.loads(after)["deadline"]) for kind, at, after in self.world.sql(EVENTS)]
        self.assertEqual(rows, [("warned", "01 16:00", "decide"), ("breached", "01 16:30", "forward"),
                                ("warned", "01 17:00", "decide"), ("breached", "01 18:00", "decide"),
                                ("escalated", "01 18:00", "decide")])

    def test_a_rung_that_nobody_is_to_hear_of_passes(self):
        self.fill(3)
        self.world.sql("UPDATE kezek.deadline SET rule_version = 7")
        self.at("2026-12-01 17:30Z")
        self.assertEqual(self.fire(), (3, 0, 0))
        self.assertEqual(self.fire(), (0, 0, 0))
        self.assertEqual(self.world.sql("SELECT DISTINCT fired, fire_at = due_at FROM kezek.deadline"), [["3", "t"]])
        self.at("2026-12-02 00:00Z")
        self.assertEqual(self.fire(), (3, 3, 0))

    def test_a_timer_with_nothing_to_fire_is_put_right(self):
        self.fill(1)
        self.world.sql("UPDATE kezek.deadline SET fire_at = '2026-01-01Z'")
        self.at("2026-12-01 15:00Z")
        self.assertEqual(self.fire(), (1, 0, 0))
        self.assertEqual(self.world.sql("SELECT fire_at = '2026-12-01 16:00Z' FROM kezek.deadline"), [["t"]])

    def test_breaches_that_have_an_effect_are_told(self):
        self.fill(4)
        self.world.sql("UPDATE kezek.deadline SET effect = 'lapse' WHERE request IN (SELECT request FROM kezek.deadline "
                       "ORDER BY request LIMIT 3)")
        self.at("2026-12-01 17:30Z")
        self.assertEqual(self.fire(), (4, 8, 0))
        self.at("2026-12-01 18:30Z")
        self.assertEqual(self.fire(), (4, 8, 3))
        self.assertEqual(self.fire(), (0, 0, 0))

    def test_what_another_is_at_is_left_to_it(self):
        self.fill(30)
        self.at("2026-12-01 16:30Z")
        other = Hold(self.world, "SELECT FROM kezek.request_state WHERE id IN "
                     "(SELECT request FROM kezek.deadline ORDER BY fire_at, request LIMIT 10) FOR UPDATE")
        self.assertEqual(self.fire(10), (10, 10, 0))  # others, though those come first
        self.assertEqual(self.fire(), (10, 10, 0))
        self.assertEqual(self.fire(), (0, 0, 0))
        other.end(how="ROLLBACK")
        self.assertEqual(self.kinds(), ["warned"] * 20)
        self.assertEqual(self.fire(), (10, 10, 0))
        self.assertEqual(self.kinds(), ["warned"] * 30)

    def test_soonest_first_and_no_more_than_asked(self):
        self.fill(50, later="(50 - k) * interval '1 minute'", rungs="SELECT NULL::timestamptz[] AS rung_at, 0 AS fired")
        self.at("2026-12-03 00:00Z")
        while self.fire(7)[0]:
            pass
        order = [row[0] for row in self.world.sql(
            "SELECT occurred_at FROM kezek.event WHERE kind = 'breached' ORDER BY recorded_at, id")]
        batches = [order[n:n + 7] for n in range(0, 50, 7)]
        self.assertEqual([sorted(batch) for batch in batches], [sorted(order)[n:n + 7] for n in range(0, 50, 7)])

    def test_what_must_not_be_is_counted(self):
        def look():
            return self.world.sql("SELECT untimed, late FROM kezek.look_at_timers()", "kezek_jobs")[0]

        self.fill(10)
        self.at("2026-12-01 15:00Z")
        self.assertEqual(look(), ["0", "0"])
        self.at("2026-12-01 16:30Z")
        self.assertEqual(look(), ["0", "10"])
        self.fire()
        self.assertEqual(look(), ["0", "0"])
        first = "WHERE request = (SELECT min(request::text)::uuid FROM kezek.deadline)"
        self.world.sql(f"UPDATE kezek.deadline SET fire_at = NULL {first}")
        self.assertEqual(look(), ["1", "0"])
        self.at("2026-12-01 18:30Z")
        self.fire()
        self.assertEqual(look(), ["1", "0"])
        self.world.sql(f"UPDATE kezek.deadline SET breached_at = due_at {first}")  # its rungs are without a timer still
        self.assertEqual(look(), ["1", "0"])
        self.world.sql(f"UPDATE kezek.deadline SET fired = 7 {first}")
        self.assertEqual(look(), ["0", "0"])
        self.world.sql(f"UPDATE kezek.deadline SET state = 'paused', fired = 0, rung_at = NULL {first}")
        self.assertEqual(look(), ["0", "0"])


if __name__ == "__main__":
    main()
