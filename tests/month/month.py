"""A month at the centres: a thousand applications through the real API, and every word of the daemon held against a model."""

import contextlib
import datetime as dt
import os
import subprocess
import time

from support import qr
from support.house import BUILD, PLAIN_KEZEKD
from support.kezek import KEZEK, ROOT, ApiTest, main

from agencies import Agencies
from applications import Counter
from audit import Auditor
from centre import Centre, TooMuch
from endings import Endings
from people import Dice, Seat, Staff
from rulebook import Rulebook

SEED = int(os.environ.get("KEZEK_MONTH_SEED") or 26)
FIRST, LAST = dt.date(2026, 4, 16), dt.date(2026, 5, 25)
APPLICATIONS = 1000
BISHKEK = dt.timezone(dt.timedelta(hours=6))
PARTS = ("09:02", "10:41", "12:13", "14:07", "16:09", "17:43")
EVENING = "20:00"
# What the Cabinet decides meanwhile: (day, part, calendar, entry).
DECREES = (
    ("2026-04-22", "14:07", "kg-state", {"date": "2026-04-24", "kind": "day_off", "status": "confirmed", "source": "decree"}),
    ("2026-04-27", "10:41", "kg-state", {"date": "2026-04-24", "kind": "day_off", "status": "revoked", "source": "cancelled"}),
    ("2026-05-11", "10:41", "kg-state", {"date": "2026-05-14", "kind": "day_off", "status": "tentative", "source": "draft"}),
    ("2026-05-13", "16:09", "kg-state", {"date": "2026-05-14", "kind": "day_off", "status": "confirmed", "source": "decree"}),
    ("2026-05-20", "12:13", "kg", {"date": "2026-05-27", "kind": "holiday", "status": "confirmed", "source": "announced"}),
)
LEAVING = ("2026-05-12", "09:02", "kyzmat")
# What a month without which would prove less.
EVER = {"submit", "refuse", "incomplete, not registered", "complete", "pay", "correct", "claim", "accept", "release",
        "lease_expired", "pause", "resume", "extend", "forward", "decide", "notify", "hand_over", "withdraw", "reassign",
        "escalate", "reopen", "lapse", "approve_tacitly", "deem_refused", "left behind", "moved", "not late before",
        "decide missed", "cure missed", "pay missed", "register missed", "notify missed", "notify_extension met",
        "forward missed", "hand_over met"}
WHEN_BUILT = {"consult", "answered"}


def at(day, clock):
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), BISHKEK).astimezone(dt.timezone.utc)


class Simulation:
    """The month itself, once; what was found stands in `centre.wrong`."""

    def __init__(self, world):
        self.world = world
        self.book = Rulebook(ROOT / "config" / "catalogue", ROOT / "config" / "calendars")
        world.set_clock(at(FIRST, "08:00"))
        self.dice = Dice(SEED)
        self.staff = Staff(world, self.book)
        self.staff.admin_seat = Seat("admin", self.staff.admin, self.staff.told)
        self.centre = Centre(world, self.book, self.staff, self.dice, Counter(self.book, self.dice))
        self.agencies = Agencies(self.centre, acts_built())
        self.auditor = Auditor(self.centre)
        self.took = {}
        self.folder = world.directory / "calendars-now"
        self.folder.mkdir()

    def timed(self, what, work, *arguments):
        began = time.monotonic()
        work(*arguments)
        self.took[what] = self.took.get(what, 0) + time.monotonic() - began

    def run(self):
        days = [FIRST + dt.timedelta(n) for n in range((LAST - FIRST).days + 1)]
        for number, day in enumerate(days):
            parts = self.parts(day)
            for past, part in enumerate(parts):
                to_come = len(parts) - past + sum(len(self.parts(d)) for d in days[number + 1:])
                self.part(day, part, round((APPLICATIONS - len(self.centre.receipts)) / to_come))
            self.end_of(day)

    def parts(self, day):
        """Those of a working day; one where only the mall is open."""
        return PARTS if self.works("kg-state", day) else PARTS[2:3] if self.works("kg-mini-centre", day) else ()

    def works(self, code, day):
        return self.book.calendars.of(code).works(day)

    def part(self, day, part, share):
        # Terms of hours end at odd seconds, none of them while a part of the day is played.
        now = at(day, part) + dt.timedelta(seconds=self.dice.randrange(60))
        self.timed("clock", self.centre.move_clock, now)
        self.timed("open", self.auditor.look_at_open, self.centre.now)
        for when, then, code, entry in DECREES:
            if (when, then) == (day.isoformat(), part):
                self.timed("decree", self.decree, code, entry)
        if (day.isoformat(), part) == LEAVING[:2]:
            self.agencies.one_leaves(self.staff.at_work(LEAVING[2])[0])
        self.timed("clerks", self.clerks, day, share)
        if self.works("kg-state", day):
            self.timed("officers", self.agencies.part_of_day)
            if part in PARTS[1::2]:
                self.timed("supervisors", self.agencies.supervise)

    def figures(self):
        self.auditor.look_at_figures(self.centre.now)
        self.auditor.look_at_overdue(self.centre.now)
        self.auditor.look_at_queues(self.centre.now)

    def decree(self, code, entry):
        job = self.centre.change_calendar(code, entry)
        end = time.monotonic() + 60
        while self.staff.admin.get(f"/v1/jobs/{job}").must(200)["state"] != "done":
            assert time.monotonic() < end, f"the change of {code} is not done in 60 s"
            time.sleep(0.02)
        self.auditor.look_at_open(self.centre.now)

    def clerks(self, day, share):
        offices = [o for o in self.book.offices if self.book.calendars.of(self.book.offices[o]["calendar"]).works(day)]
        for _ in range(share):
            known = len(self.centre.receipts)
            while len(self.centre.receipts) == known:
                self.centre.submit(offices)
        for case in [c for c in self.centre.cases if c.is_open and c.office in offices and not c.kind]:
            self.centre.clerks_act(case)
        self.centre.do()
        for number in self.dice.sample(range(len(self.centre.receipts)), min(2, share)):
            self.centre.where_is_it(*self.centre.receipts[number][:3])

    def end_of(self, day):
        """The evening's figures; then just after midnight, when most terms end; and the day's dates for the calculator."""
        if self.works("kg-state", day):
            self.timed("clock", self.centre.move_clock, at(day, EVENING))
            self.timed("open", self.auditor.look_at_open, self.centre.now)
            self.timed("figures", self.figures)
        self.timed("clock", self.centre.move_clock, at(day + dt.timedelta(1), "00:00") + dt.timedelta(seconds=1))
        self.timed("open", self.auditor.look_at_open, self.centre.now)
        self.timed("calculator", self.auditor.ask_calculator, KEZEK, self.folder)


def of_page(page):
    """What stands in the QR code of a receipt in HTML."""
    return qr.read(qr.of_svg(page))


def acts_built():
    said = subprocess.run([BUILD / "lifecycle-table"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {row.split("\t")[1] for row in said.splitlines() if row.split("\t")[5] == "built"}


class Month(ApiTest):
    simulation = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not os.environ.get("KEZEK_MONTH_SANITIZED"):  # the suites of the api go the same ways under the sanitizers
            cls.world.daemon.stop()
            cls.world.daemon.program = PLAIN_KEZEKD
            cls.world.forget_clients()
            cls.world.daemon.start()
        cls.simulation = Simulation(cls.world)
        with contextlib.suppress(TooMuch):
            cls.simulation.run()

    centre = property(lambda self: self.simulation.centre)
    endings = property(lambda self: Endings(self.centre, self.world))

    def assert_of_one_mind(self, *about):
        lines = [line for each in about for line in self.centre.wrong.get(each, [])]
        if lines:
            self.fail(f"{len(lines)} times otherwise:\n" + "\n".join(line[:1500] for line in lines[:12]))

    def ends(self, what, *arguments):
        with contextlib.suppress(TooMuch):
            self.simulation.timed(what, getattr(self.endings, what), *arguments)
        self.assert_of_one_mind(what)

    def test_1_every_act_leaves_what_the_model_says(self):
        self.assert_of_one_mind("acts", "refused", "moments", "claims")

    def test_2_at_every_moment_each_open_request_is_as_the_model_has_it_and_somebody_answers_for_it(self):
        self.assert_of_one_mind("open")

    def test_3_every_date_is_the_calculators(self):
        self.assert_of_one_mind("calculator")
        self.assertGreater(self.centre.dates_asked, APPLICATIONS)

    def test_4_the_figures_are_the_models(self):
        self.assert_of_one_mind("figures")

    def test_5_closed_ones_stay_as_they_were(self):
        self.ends("requests")

    def test_6_every_journal_is_whole(self):
        self.ends("journals")

    def test_7_every_receipt_is_proved(self):
        self.ends("receipts")
        self.simulation.timed("papers", self.endings.papers, KEZEK, of_page, 6)
        self.assert_of_one_mind("receipts")

    def test_8_every_reading_of_personal_data_is_on_record(self):
        self.ends("accesses", 150)
        streams = self.world.sql("SELECT principal, count(*) FROM kezek.access WHERE requests IS NULL GROUP BY principal")
        self.assertEqual({name: int(n) for name, n in streams}, dict(self.centre.staff.told.streams))

    def test_9_everything_happened_that_can(self):
        centre = self.centre
        happened = set(centre.done) | {kind for case in centre.cases for kind, _, _ in case.journal}
        happened |= {f"{d.kind} {d.ended}" for case in centre.cases for d in case.deadlines if d.ended}
        happened |= {"moved"} & {"moved" for case in centre.cases if case.moves}
        happened |= {"not late before"} & {"not late before" for c in centre.cases for d in c.deadlines if d.floor}
        self.assertEqual(len(centre.receipts), APPLICATIONS)
        self.assertEqual(sorted((EVER | self.simulation.agencies.built & WHEN_BUILT) - happened), [])
        print(f"# {centre.simulated()}; seconds: "
              + ", ".join(f"{what} {took:.1f}" for what, took in self.simulation.took.items()))


if __name__ == "__main__":
    main()
