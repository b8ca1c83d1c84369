#!/usr/bin/env python3
"""An independent oracle of the deadline calculus: written from the rules, day by day, sharing no code with the C.

It makes random cases (fixed seed), works each out by plain counting, and compares with the calculator.
  tests/term_oracle.py --program build/tests/calculator [--cases 3000] [--seed 1]
"""

import argparse
import datetime as dt
import json
import pathlib
import subprocess
import sys
import zoneinfo

from term_random import Maker

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
UTC = dt.timezone.utc
DAY = dt.timedelta(days=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HOURS = ("hour", "working_hour")


class Calendar:
    """A chain of calendars, flattened in the plainest way."""

    def __init__(self, given, known):
        chain = [given]
        while "parent" in chain[-1]:
            chain.append(known[chain[-1]["parent"]])
        self.week = next(c["week"] for c in chain if "week" in c)
        self.zone = zoneinfo.ZoneInfo(next(c["time_zone"] for c in chain if "time_zone" in c))
        covers = [[dt.date.fromisoformat(d) for d in c["covers"]] for c in chain if "covers" in c]
        self.covers = max(c[0] for c in covers), min(c[1] for c in covers)
        self.entries = {}
        for calendar in reversed(chain):
            for entry in calendar.get("exceptions", []):
                if entry.get("status", "confirmed") != "revoked":
                    self.entries[dt.date.fromisoformat(entry["date"])] = entry
        self.instants = {}

    def hours(self, day):
        """The working intervals of a day as pairs of "HH:MM"; none on a free day."""
        entry = self.entries.get(day)
        if entry is None:
            found = self.week.get(WEEKDAYS[day.weekday()], [])
        elif entry["kind"] in ("holiday", "day_off"):
            found = []
        else:
            found = entry.get("hours") or next(self.week[w] for w in WEEKDAYS if self.week.get(w))
        return [interval.split("-") for interval in found]

    def works(self, day):
        return bool(self.hours(day))

    def covered(self, day):
        return self.covers[0] <= day <= self.covers[1]

    def doubtful(self, first, last):
        while first <= last:
            entry = self.entries.get(first)
            if not self.covered(first) or (entry and entry.get("status") == "tentative"):
                return True
            first += DAY
        return False

    def day_of(self, instant):
        return instant.astimezone(self.zone).date()

    def instant(self, day, clock="00:00"):
        """The first instant at which the wall clock shows that time, or the end of the gap that swallows it."""
        key = day, clock
        if key not in self.instants:
            self.instants[key] = self.find_instant(day, clock)
        return self.instants[key]

    def find_instant(self, day, clock):
        if clock == "24:00":
            return self.instant(day + DAY)
        wall = dt.datetime.combine(day, dt.time.fromisoformat(clock))
        found = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if found.astimezone(self.zone).replace(tzinfo=None) == wall:
            return found
        # In a gap: the first second at which the clock has got past the time.
        low, high = found - 2 * DAY, found + 2 * DAY
        while high - low > dt.timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.zone).replace(tzinfo=None) >= wall:
                high = middle
            else:
                low = middle
        return high

    def opening(self, day):
        return self.instant(day, self.hours(day)[0][0])

    def closing(self, day):
        return self.instant(day, self.hours(day)[-1][1])


class Open(Exception):
    """An open pause stands in the way: no date now."""


def add_months(day, months):
    """The same day-number so many months on, and whether it was missing there."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    length = ((dt.date(year + month // 12, month % 12 + 1, 1)) - DAY).day
    return dt.date(year, month, min(day.day, length)), day.day > length


class Run:
    """One rule over the facts, with the first so many of the pauses."""

    def __init__(self, calendar, rule, start, pauses, extensions):
        self.calendar, self.rule = calendar, rule
        self.pauses = pauses
        self.days = []
        for pause in pauses:
            first = calendar.day_of(pause["from"])
            if pause.get("first_paused", "next_day") == "next_day":
                first += DAY
            last = dt.date.max
            if pause["until"] is not None:
                last = calendar.day_of(pause["until"])
                if pause.get("resume_counts", False):
                    last -= DAY
            self.days.append((first, last))
        self.provisional = False
        self.deemed = self.deem(start)
        self.due_on, self.due_at = self.leg(rule["amount"], rule["unit"], None)
        for extension in extensions:
            self.due_on, self.due_at = self.leg(extension["amount"], extension["unit"], (self.due_on, self.due_at))
        self.provisional = self.provisional or not calendar.covered(self.due_on)

    def deem(self, start):
        c = self.calendar
        if self.rule.get("after_hours", "as_is") == "as_is":
            return start
        event = day = c.day_of(start)
        deemed = start
        if not c.works(day) or start >= c.closing(day):
            day += DAY
            while not c.works(day):
                day += DAY
            deemed = c.opening(day)
        self.provisional = c.doubtful(event, day)
        return deemed

    def is_paused(self, day):
        for first, last in self.days:
            if first <= day <= last:
                if last == dt.date.max:
                    raise Open
                return True
        return False

    def nth(self, first, n, working):
        day = first - DAY
        while n:
            day += DAY
            if not self.is_paused(day) and (not working or self.calendar.works(day)):
                n -= 1
        return day

    def leg(self, amount, unit, before):
        if unit in HOURS:
            return self.hours_leg(amount, unit, before)
        c, rule = self.calendar, self.rule
        same_day = before is None and rule.get("offset", "next_day") == "same_day"
        event = c.day_of(self.deemed) if before is None else before[0]
        first = event if same_day else event + DAY
        if unit in ("working_day", "day", "week"):
            last = self.nth(first, amount * (7 if unit == "week" else 1), unit == "working_day")
        else:
            last = self.months(event, first, amount * (12 if unit == "year" else 1), same_day)
        least = rule.get("min_working_days", 0) if before is None else 0
        if least:
            last = max(last, self.nth(first, least, True))
        rolled = last if unit == "working_day" else self.roll(first, last)
        doubt = [(rolled, rolled)] if rule.get("end") == "close" else []
        if unit == "working_day" or least:
            doubt.append((first, last))
        if unit != "working_day" and rule.get("roll", "forward") != "none":
            doubt.append((min(last, rolled), max(last, rolled)))
        self.provisional = (self.provisional or any(c.doubtful(*d) for d in doubt) or not c.covered(rolled))
        due_at = c.instant(rolled + DAY)
        if rule.get("end") == "close" and c.works(rolled) and c.closing(rolled) > self.deemed:
            due_at = c.closing(rolled)
        return rolled, due_at

    def months(self, event, first, months, same_day):
        unmoved, missing = add_months(event, months)
        if same_day and not missing:
            unmoved -= DAY
        last = unmoved
        while True:
            paused, day = 0, first
            while day <= last:
                paused += self.is_paused(day)
                day += DAY
            if unmoved + paused * DAY == last:
                return last
            last = unmoved + paused * DAY

    def roll(self, first, last):
        how = self.rule.get("roll", "forward")
        if how == "none" or self.calendar.works(last):
            return last
        day = last
        while True:
            day += DAY if how == "forward" else -DAY
            if day < first:
                return last
            if not self.is_paused(day) and self.calendar.works(day):
                return day

    def stretches(self, begin, working):
        """Endless [from, until) in which hours count, pauses not taken out yet."""
        c = self.calendar
        if not working:
            yield begin, dt.datetime.max.replace(tzinfo=UTC)
        day = c.day_of(begin) - DAY
        while True:
            for opens, closes in c.hours(day):
                opens, closes = max(begin, c.instant(day, opens)), c.instant(day, closes)
                if opens < closes:
                    yield opens, closes
            day += DAY

    def hours_leg(self, amount, unit, before):
        c = self.calendar
        begin = self.deemed if before is None else before[1]
        left = dt.timedelta(hours=amount)
        for opens, closes in self.stretches(begin, unit == "working_hour"):
            at = opens
            for pause in self.pauses:
                until = pause["until"] or dt.datetime.max.replace(tzinfo=UTC)
                if until <= at or pause["from"] >= closes:
                    continue
                if pause["from"] - at >= left:
                    break
                left -= max(pause["from"] - at, dt.timedelta(0))
                if pause["until"] is None:
                    raise Open
                at = min(until, closes)
            if closes - at >= left:
                at += left
                break
            left -= closes - at
        due_on = c.day_of(at - dt.timedelta(microseconds=1))
        if unit == "working_hour" and c.doubtful(c.day_of(begin), due_on) or not c.covered(due_on):
            self.provisional = True
        return due_on, at


def run_rule(calendar, rule, start, pauses, extensions):
    """The rule with its restarts, and with those pauses that begin before the term has run out; None: no date."""
    for i, pause in enumerate(pauses):
        if pause.get("effect") == "restart" and pause["until"] is not None:
            start, last = pause["until"], i
    if any(p.get("effect") == "restart" and p["until"] is not None for p in pauses):
        pauses = pauses[last + 1:]
    pauses = [p for p in pauses if p.get("effect", "pause") != "none"]
    for n in range(len(pauses) + 1):
        try:
            run = Run(calendar, rule, start, pauses[:n], extensions)
        except Open:
            return None
        if n == len(pauses) or pauses[n]["from"] >= run.due_at:
            return run
    raise AssertionError


def answer(case, known):
    given = case["calendar"]
    calendar = known[given] if isinstance(given, str) else Calendar(given, known["files"])
    moment = dt.datetime.fromisoformat
    pauses = [{**p, "from": moment(p["from"]).astimezone(UTC),
               "until": moment(p["until"]).astimezone(UTC) if p.get("until") else None} for p in case.get("pauses", [])]
    pauses.sort(key=lambda p: (p["from"], p["until"] or dt.datetime.max.replace(tzinfo=UTC)))
    start = moment(case["start"].replace("Z", "+00:00")).astimezone(UTC)
    run = run_rule(calendar, case["rule"], start, pauses, case.get("extensions", []))
    if case.get("cap"):
        cap = run_rule(calendar, case["cap"], start, pauses, [])
        if cap and (not run or cap.due_at < run.due_at):
            run = cap
    if not run:
        return {"due_on": None, "due_at": None, "provisional": False}
    local = run.due_at.astimezone(calendar.zone)
    return {"due_on": run.due_on.isoformat(), "due_at": local.isoformat(), "provisional": run.provisional}


def adds_up(got):
    """The segments of a term in days follow each other, and their counts are the days from the first to the last."""
    segments = [s for s in got["explanation"] if s["what"] != "capped"]
    if got["due_on"] is None or any("minutes" in s for s in segments):
        return True
    first, last = dt.date.fromisoformat(segments[0]["from"]), dt.date.fromisoformat(got["due_on"])
    return sum(s["days"] for s in segments) == (last - first).days + 1


def compare(cases, expected, program):
    """The cases on which the program differs."""
    lines = "\n".join(json.dumps(c) for c in cases) + "\n"
    said = subprocess.run([*program, "--calendars", str(DATA / "calendars")], input=lines, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.splitlines()
    assert len(said) == len(cases), f"{len(said)} answers to {len(cases)} cases"
    wrong = []
    for case, expect, line in zip(cases, expected, said):
        got = json.loads(line)
        if any(got.get(name, "?") != value for name, value in expect.items()) or not adds_up(got):
            wrong.append((case, expect, line))
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(HERE.parent / "build" / "tests" / "calculator"))
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    given = [json.loads(p.read_text("utf-8")) for p in sorted((DATA / "calendars").glob("*.json"))]
    files = {calendar["code"]: calendar for calendar in given}
    known = {code: Calendar(c, files) for code, c in files.items()} | {"files": files}
    vectors = [json.loads(line) for line in (DATA / "terms" / "vectors.ndjson").read_text("utf-8").splitlines()]
    vectors = [v for v in vectors if "error" not in v["expect"]]
    wrong = [v["case"]["id"] for v in vectors if answer(v["case"], known) != v["expect"]]
    print(f"{'not ok' if wrong else 'ok'} 1 - the oracle knows the known answers {' '.join(wrong)}")
    maker = Maker(options.seed, sorted(files))
    cases = [maker.case(i) for i in range(options.cases)]
    differing = compare(cases, [answer(c, known) for c in cases], [options.program])
    for case, expect, line in differing[:5]:
        print(f"# case {json.dumps(case)}\n# oracle {json.dumps(expect)}\n# program {line}")
    print(f"{'not ok' if differing else 'ok'} 2 - the calculator agrees with it on {len(cases)} random cases"
          f"{f', not on {len(differing)}' if differing else ''}")
    print("1..2")
    return 1 if wrong or differing else 0


if __name__ == "__main__":
    sys.exit(main())
