"""`kezek term` for people: the sentence, the small calendar of the days, the rungs; on a terminal and in a pipe.

Run: KEZEK=build/kezek python3 tests/client/test_term.py
"""

import json
import os
import pathlib
import pty
import subprocess
import unittest

KEZEK = os.path.abspath(os.environ["KEZEK"])
CALENDARS = pathlib.Path(__file__).parent.parent / "data" / "calendars"


def environment(**more):
    clean = {"PATH": os.environ["PATH"], "LANG": "en_GB.UTF-8", "TERM": "xterm", **more}
    if "ASAN_OPTIONS" in os.environ:
        clean["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
    return clean


def run(*args, stdin="", **env):
    return subprocess.run([KEZEK, "term", "--calendars", CALENDARS, *args], input=stdin, env=environment(**env),
                          text=True, capture_output=True, check=False, timeout=60)


def on_terminal(*args, **env):
    master, slave = pty.openpty()
    subprocess.run([KEZEK, "term", "--calendars", CALENDARS, *args], stdin=slave, stdout=slave, stderr=slave,
                   env=environment(**env), check=False, timeout=60)
    os.close(slave)
    said = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(master)
    return said.decode()


class PeopleTest(unittest.TestCase):
    def test_days_counted_and_skipped(self):
        said = run("14", "working_day", "--from", "2025-12-26", "--calendar", "kg-state")
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertIn("the last day is 26 January 2026", said.stdout)
        self.assertIn(" 2026-01\n Mo  Tu  We  Th  Fr  Sa  Su\n              1h  2h  3h  4h\n"
                      "  5h  6h  7h  8o  9o 10. 11.\n 12+ 13+ 14+ 15+ 16+ 17. 18.\n 19+ 20+ 21+ 22+ 23+ 24. 25.\n"
                      " 26! 27  28  29  30  31\n", said.stdout)
        self.assertIn("  o  days off\n", said.stdout)
        self.assertNotIn("paused", said.stdout)

    def test_three_languages(self):
        for lang, word in {"ky": "акыркы күн", "ru": "последний день", "en": "the last day"}.items():
            line = ("3", "day", "--from", "2026-06-05")
            self.assertIn(f"  !  {word}\n", run(*line, "--lang", lang).stdout)
            self.assertIn(f"  !  {word}\n", run(*line, LC_ALL=f"{lang}_XX.UTF-8").stdout)

    def test_pauses_extensions_cap(self):
        said = run("10", "working_day", "--from", "2026-06-01T10:00:00+06:00", "--pause", "2026-06-05..2026-06-22",
                   "--extend", "6 week", "--cap", "1 year").stdout
        self.assertIn(" 22p 23+ 24+ 25+ 26+ 27. 28.\n 29+ 30+\n", said)
        self.assertIn("  3x  4x  5x  6x  7x  8x  9x\n 10x 11! 12", said)
        self.assertIn("extension: 6 weeks", said)
        said = run("30", "working_day", "--from", "2026-06-01", "--cap", "1 month").stdout
        self.assertIn("the cap decides: 1 month; without it the last day would be 13 July 2026", said)
        said = run("30", "working_day", "--from", "2026-06-01", "--cap", "1 month", "--cap-from", "2026-05-20").stdout
        self.assertIn("the last day is 22 June 2026", said)
        self.assertIn("the cap decides: 1 month, beginning 20 May 2026; without it the last day would be 13 July 2026",
                      said)

    def test_day_of_the_event_counts_where_the_rule_says_so(self):
        line = ("3", "day", "--from", "2026-06-03")
        self.assertIn("  3*  4+  5+  6!", run(*line, "--roll", "none").stdout)
        self.assertIn("  3#  4+  5!  6 ", run(*line, "--offset", "same_day").stdout)

    def test_rungs(self):
        rungs = [word for at in ("75%", "-20 working_day", "0", "+1 working_day") for word in ("--rung", at)]
        line = ("10", "working_day", "--from", "2026-06-01", *rungs)
        self.assertTrue(run(*line).stdout.endswith(
            "             75%  2026-06-11T09:00:00+06:00\n -20 working_day  never: before the term begins\n"
            "               0  2026-06-16T00:00:00+06:00\n  +1 working_day  2026-06-16T09:00:00+06:00\n"))
        self.assertIn("               0  known when the term runs again\n", run(*line, "--pause", "2026-06-04..").stdout)

    def test_colours_on_a_terminal_only(self):
        line = ("3", "working_day", "--from", "2026-06-04")
        self.assertNotIn("\x1b", run(*line).stdout)
        drawn = on_terminal(*line)
        self.assertIn("\x1b[1m  9!\x1b[0m", drawn)
        for plain in (on_terminal(*line, NO_COLOR="1"), on_terminal(*line, TERM="dumb")):
            self.assertEqual(plain.replace("\r\n", "\n"), run(*line).stdout)

    def test_json_is_what_a_case_answers(self):
        said = run("3", "day", "--from", "2026-06-05", "--json", "--extend", "1 month")
        case = {"calendar": "kg-state", "rule": {"amount": 3, "unit": "day"}, "start": "2026-06-05T00:00:00+06:00",
                "extensions": [{"amount": 1, "unit": "month"}]}
        self.assertEqual(said.stdout, run(stdin=json.dumps(case)).stdout)

    def test_what_is_wrong_is_said(self):
        for line, said, status in [
                (("3", "dey", "--from", "2026-06-05"), "/rule/unit: must be one of hour, working_hour, day", 1),
                (("3", "day", "--from", "yesterday"), "/start: ", 1),
                (("3", "day", "--from", "2026-06-05", "--calendar", "xx"), "/calendar: ", 1),
                (("3", "day", "--from", "2026-06-05", "--pause", "2026-06-07..2026-06-06"), "/pauses/0/until: ", 1),
                (("3", "day", "--from", "2026-06-05", "--rung", "soon"), "/ladder/0/at: ", 1),
                (("3", "day"), "Usage: kezek term", 2), (("3", "day", "--from"), "--from", 2)]:
            got = run(*line)
            self.assertEqual((got.returncode, got.stdout), (status, ""), line)
            self.assertIn(said, got.stderr)


if __name__ == "__main__":
    unittest.main()
