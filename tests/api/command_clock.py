"""The acts that move deadlines, as people type them, and how a request looks to them afterwards."""

import json
import re
import tempfile

from support.casework import CaseTest
from support.kezek import KEZEK, eventually, main
from support.terminal import terminal

WHY = ("--reason", "Another body is asked", "--legal-basis", "Article 12")


class ClockCommand(CaseTest):
    """p-clock: ten working days; the clock stands at Wednesday, 18 November 2026, 10:00."""

    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.principal("probe-head", "officer", agency="probe")

    def setUp(self):
        self.world.set_clock(self.start)

    def kezek(self, who, *words, status=0, lang="en", stdin=""):
        done = self.world.kezek(who, "--lang", lang, *words, stdin=stdin, check=False)
        self.assertEqual(done.returncode, status, f"{words}\n{done.stdout}{done.stderr}")
        self.assertEqual(bool(done.stderr), status != 0, done.stderr)
        return done

    def held(self, who="probe-head", service="p-clock"):  # pylint: disable=arguments-differ
        """The number of a new request in that officer's custody."""
        number = self.submit(service)["number"]
        self.kezek(who, "claim", "--request", number)
        self.kezek(who, "accept", number)
        return number

    def shown(self, number, who="probe-head", **more):
        return self.kezek(who, "show", number, **more).stdout

    def refused(self, who, *words):
        """What stands on stderr, without its title."""
        return self.kezek(who, *words, status=1).stderr.splitlines()[1:]


class Flow(ClockCommand):
    def test_pause_complete_extend_notify(self):
        number = self.held()
        self.world.set_clock("2026-11-20T11:00:00+06:00")
        said = self.kezek("probe-head", "pause", number, "--ground", "documents_missing", "--cure-by", "2026-11-30",
                          "--wants", "extract", "--reason", "The extract is missing").stdout
        self.assertEqual(said, f"{number}  paused\n")
        said = self.shown(number)
        for line in ("promised: 2026-12-02",
                     "left: 8 working days", "paused since 2026-11-20 11:00, documents_missing; to be cured by 2026-11-30",
                     "when it runs out, it is deemed refused"):
            self.assertIn(line, said)
        self.assertRegex(said, "decide +paused +– +– +kg-state")
        self.assertRegex(said, "cure +running +2026-11-30 +2026-12-01 00:00")
        self.assertIn("left: 8 working days", self.shown(number, who="desk-clerk"))

        self.world.set_clock("2026-11-25T15:00:00+06:00")
        self.assertIn("paused", self.kezek("desk-clerk", "complete", number).stdout)  # nothing has come
        said = self.kezek("desk-clerk", "complete", number, "--document", "extract,original").stdout
        self.assertEqual(said, f"{number}  in_work  due 2026-12-07\n")
        said = self.shown(number)
        for line in ("was paused: 2026-11-20 11:00 – 2026-11-25 15:00, documents_missing", "met 2026-11-25"):
            self.assertIn(line, said)
        self.assertNotIn("left:", said)

        said = self.kezek("probe-head", "extend", number, "5", "working_day", *WHY).stdout
        self.assertEqual(said, f"{number}  in_work  due 2026-12-14\n")
        said = self.shown(number)
        for line in ("extended by 5 working days", "promised: 2026-12-02"):
            self.assertIn(line, said)
        self.assertRegex(said, "notify_extension +running +2026-11-30")
        self.assertIn("2026-12-14 (promised 2026-12-02)", said)
        self.kezek("probe-head", "notify", number, "--channel", "mobile")
        self.assertRegex(self.shown(number), "notify_extension +met 2026-11-25")
        journal = self.kezek("probe-head", "journal", number).stdout
        for kind in ("pause", "complete", "extend", "notify"):
            self.assertRegex(journal, rf"(?m)  {kind}  +(probe-head|desk-clerk)")
        self.assertIn("Article 12", journal)

    def test_resume(self):
        number = self.held()
        self.kezek("probe-head", "pause", number, "--ground", "expertise")
        self.assertIn("paused, to begin anew: 2026-11-18 10:00, expertise", self.shown(number))
        self.world.set_clock("2026-11-26T10:00:00+06:00")
        self.assertEqual(self.kezek("probe-head", "resume", number).stdout, f"{number}  in_work  due 2026-12-10\n")
        self.assertIn("was paused and begun anew", self.shown(number))

    def test_what_happened_earlier(self):
        number = self.held()
        self.world.set_clock("2026-11-20T11:00:00+06:00")
        self.kezek("probe-head", "pause", number, "--ground", "expertise", "--effective-at", "2026-11-19T09:00:00+06:00",
                   "--backdate-reason", "paper")
        self.assertIn("to begin anew: 2026-11-19 09:00", self.shown(number))

    def test_correct(self):
        number = self.held()
        self.kezek("desk-clerk", "correct", number, "applicant.phone=+996700112233", "form.rooms=3",
                   "address=Naryn, Lenin street 1", "--reason", "Written down wrong")
        one = json.loads(self.kezek("desk-clerk", "show", number, "--json").stdout)
        self.assertEqual((one["applicant"]["phone"], one["applicant"]["address"], one["form"]),
                         ("+996700112233", "Naryn, Lenin street 1", {"rooms": 3}))
        self.kezek("desk-clerk", "correct", number, "form.rooms=", "applicant.phone=0555000111")
        one = json.loads(self.kezek("desk-clerk", "show", number, "--json").stdout)
        self.assertEqual((one["form"], one["applicant"]["phone"]), ({}, "0555000111"))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"form":{"rooms":4}}')
            file.flush()
            self.kezek("desk-clerk", "correct", number, "--file", file.name)
        self.kezek("desk-clerk", "correct", number, "applicant.name=Асанова Нур", "--file", "-", stdin='{"form":{"rooms":5}}')
        one = json.loads(self.kezek("desk-clerk", "show", number, "--json").stdout)
        self.assertEqual((one["form"], one["applicant"]["name"]), ({"rooms": 5}, "Асанова Нур"))

    def test_the_certificate_of_silence(self):
        number = self.submit("p-silence")["number"]
        self.assertIn("when it runs out, silence is consent", self.shown(number, who="desk-clerk"))
        self.kezek("desk-clerk", "certificate", number, status=1)


class Refusals(ClockCommand):
    def test_every_fault_has_its_line(self):
        number = self.held()
        self.assertEqual(self.refused("probe-head", "pause", number), ["  /ground: required member is missing"])
        self.assertIn("  /ground: the standard has no such ground: holiday",
                      self.refused("probe-head", "pause", number, "--ground", "holiday"))
        said = self.refused("probe-head", "extend", number, "11", "working_day")
        self.assertEqual({line.split(":")[0] for line in said}, {"  /amount", "  /reason", "  /legal_basis"})
        self.assertIn("  /channel: required member is missing", self.refused("probe-head", "notify", number))
        self.assertTrue(self.refused("desk-clerk", "correct", number, "form.rooms=0", "applicant.kind=ghost")[1:])

    def test_what_is_not_open(self):
        number = self.held()
        said = self.kezek("probe-head", "resume", number, status=1).stderr
        self.assertIn("(act_not_open)", said)
        self.assertIn("open now: ", said)

    def test_who_may_not(self):
        number = self.held("officer-probe")
        said = self.refused("officer-probe", "extend", number, "5", "working_day", *WHY)
        self.assertEqual(said, ["  /deadline: only probe-head may grant this"])
        self.assertIn("(role_not_allowed)", self.kezek("desk-clerk", "pause", number, "--ground", "expertise", status=1).stderr)
        self.assertIn("(claim_lost)", self.kezek("probe-head", "pause", number, "--ground", "expertise",
                                                 "--claim", "018f0000-0000-7000-8000-000000000000", "--fence", "1",
                                                 status=1).stderr)

    def test_in_three_languages(self):
        number = self.held()
        said = {self.kezek("probe-head", "pause", number, "--ground", "holiday", lang=lang, status=1).stderr
                for lang in ("ky", "ru", "en")}
        self.assertEqual(len(said), 3)


class Looks(ClockCommand):
    def test_each_language_says_what_is_left(self):
        number = self.held()
        self.kezek("probe-head", "pause", number, "--ground", "documents_missing")
        for lang, left in (("ky", "калганы: 10 жумуш күнү"), ("ru", "осталось: 10 рабочих дней"),
                           ("en", "left: 10 working days")):
            self.assertIn(left, self.shown(number, lang=lang))

    def test_late_ones(self):
        number = self.held()
        self.world.set_clock("2026-12-04T10:00:00+06:00")
        self.assertIn("overdue since 2026-12-03 00:00", self.shown(number))
        self.kezek("probe-head", "decide", number, "--outcome", "granted")
        said = self.shown(number)
        self.assertIn("missed 2026-12-04", said)
        self.assertIn("it had run out on 2026-12-03 00:00", said)

    def test_an_explained_ladder(self):
        number = self.held()
        said = self.kezek("probe-head", "deadlines", number).stdout
        self.assertRegex(said, r"-1 working_day +head +2026-12-01 09:00")

    def test_nothing_is_wider_than_the_terminal(self):
        number = self.held()
        self.kezek("probe-head", "pause", number, "--ground", "documents_missing", "--cure-by", "2026-12-01T12:00:00+06:00")
        for lang in ("ky", "ru", "en"):
            screen = terminal([KEZEK, "--lang", lang, "show", number], self.world.environment("probe-head"), lambda said: False,
                              size=(24, 80))
            self.assertLessEqual(max(map(len, screen.split("\r\n"))), 80, screen)


class Told(ClockCommand):
    """What ladders told, as the command shows it."""

    def setUp(self):
        super().setUp()
        self.world.sql("DELETE FROM kezek.notification")
        self.number = self.held("officer-probe")
        self.world.set_clock("2026-12-03T10:00:00+06:00")
        eventually(lambda: self.told("supervisor-probe"))

    def tearDown(self):
        self.kezek("desk-clerk", "withdraw", self.number)

    def told(self, who, *words):
        items = json.loads(self.kezek(who, "notifications", "--json", *words).stdout)["items"]
        return sorted(item["rung"] for item in items if item["number"] == self.number)

    def screen(self, size, lang="en", who="supervisor-probe"):
        """The lines of the last round on a terminal of that size."""
        said = terminal([KEZEK, "--lang", lang, "watch", "--interval", "1", "--times", "2"], self.world.environment(who),
                        lambda said: False, size=size)
        last = said.split("\x1b[H\x1b[2J")[2].split("\x1b[?25h")[0]
        return re.sub(r"\x1b\[[0-9;]*m", "", last).split("\r\n")

    def test_a_list_of_what_nobody_has_seen(self):
        self.assertEqual(self.told("supervisor-probe"), ["-1 working_day", "0", "50%"])
        self.assertEqual(self.told("officer-probe"), ["50%"])
        said = self.kezek("officer-probe", "notifications").stdout
        self.assertRegex(said, rf"{self.number} +warning +50% +decide +2026-12-03 00:00 +officer · officer-probe +2026-11-25 09:00")
        self.assertEqual(self.kezek("officer-probe", "notifications", "--seen", self.number).stdout, "Marked as seen: 1\n")
        self.assertIn("Nothing unseen", self.kezek("officer-probe", "notifications", "--seen", self.number, status=1).stderr)
        self.assertEqual(self.told("officer-probe"), [])
        self.assertEqual(self.told("officer-probe", "--also-seen"), ["50%"])
        said = json.loads(self.kezek("supervisor-probe", "notifications", "--all-seen", "--json").stdout)
        self.assertGreaterEqual(said["seen"], 2)
        self.assertEqual(self.told("supervisor-probe"), [])
        self.assertEqual(self.kezek("supervisor-probe", "notifications", "--all-seen").stdout, "Marked as seen: 0\n")

    def test_one_by_its_id(self):
        one = json.loads(self.kezek("officer-probe", "notifications", "--json").stdout)["items"][0]
        self.kezek("officer-probe", "notifications", "--seen", one["id"])
        self.assertEqual(self.told("officer-probe"), [])

    def test_who_is_told_nothing(self):
        self.assertIn("(role_not_allowed)", self.kezek("desk-clerk", "notifications", status=1).stderr)

    def test_overview_has_columns_where_there_is_any(self):
        self.assertRegex(self.kezek("supervisor-probe", "overview").stdout, "WARNED +ESCALATED")
        self.kezek("supervisor-probe", "notifications", "--all-seen")
        self.assertNotIn("WARNED", self.kezek("supervisor-probe", "overview").stdout)

    def test_watch_tells_who_was_told_what(self):
        for size in ((24, 80), (50, 160), (12, 40)):
            for lang in ("ky", "ru", "en"):
                lines = self.screen(size, lang)
                with self.subTest(size=size, lang=lang):
                    self.assertLessEqual(len(lines), size[0], lines)
                    if size[1] >= 80:
                        self.assertLessEqual(max(map(len, lines)), size[1], lines)
        told = [line for line in self.screen((24, 80)) if line.startswith(self.number) and "escalation" in line]
        self.assertRegex(told[0], "escalation +decide +2026-12-03 00:00 +supervisor · probe$")
        self.assertTrue(any("officer · officer-probe" in line for line in self.screen((24, 80), who="officer-probe")))

    def test_watch_in_a_pipe(self):
        self.assertRegex(self.kezek("supervisor-probe", "watch", "--times", "1").stdout, r"WARNED \d+  ESCALATED \d+\n$")
        said = json.loads(self.kezek("supervisor-probe", "watch", "--times", "1", "--json").stdout)
        self.assertGreaterEqual(len(said["notifications"]["items"]), 3)


if __name__ == "__main__":
    main()
