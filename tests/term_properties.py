#!/usr/bin/env python3
"""What must hold for any term, whatever the rule: tried on random cases (fixed seed), each against a changed copy of it.

  tests/term_properties.py --program build/tests/calculator [--cases 3000] [--seed 1]
"""

import argparse
import copy
import datetime as dt
import json
import pathlib
import sys

from term_oracle import DATA, ask, read_moment
from term_random import DAY, Maker

HERE = pathlib.Path(__file__).resolve().parent
NEVER = dt.datetime.max.replace(tzinfo=dt.timezone.utc)
MONTHS = ("month", "year")


def rules_of(case):
    return [case["rule"], case["cap"]] if case.get("cap") else [case["rule"]]


def rolls_backward(case):
    return any(rule.get("roll") == "backward" for rule in rules_of(case))


def pauses_months(case):
    """Whether a month may be paused: its length in days depends on where it begins."""
    return bool(case["pauses"]) and any(one["unit"] in MONTHS for one in rules_of(case) + case.get("extensions", []))


def extends_by_months(case):
    return any(extension["unit"] in MONTHS for extension in case.get("extensions", []))


def is_deemed(case):
    return any(rule.get("after_hours") == "next_working_day" for rule in rules_of(case))


class Changes:
    """Copies of a case with one thing changed; None where the property says nothing of such a case."""

    def __init__(self, maker):
        self.random = maker.random

    def later(self, case):
        """A later start never gives an earlier date."""
        # By the rules an event of the night before counts from the opening, one before the opening from itself:
        # elapsed hours of the later one end earlier.
        if any(r["unit"] == "hour" and r.get("after_hours") == "next_working_day" for r in rules_of(case)):
            return None
        if rolls_backward(case) or pauses_months(case):
            return None
        later = read_moment(case["start"]) + dt.timedelta(seconds=self.random.choice(
            [1, 3600, self.random.randrange(86400), self.random.randrange(40 * 86400)]))
        return case, {**case, "start": later.isoformat()}

    def paused(self, case):
        """A pause never shortens: one that is added, or one that ends later."""
        # A pause that moves the end of the rule's amount from 28 to 31 January leaves fewer days to the month after it.
        if rolls_backward(case) or extends_by_months(case):
            return None
        longer = copy.deepcopy(case)
        ends = [read_moment(p["until"]) if p["until"] else NEVER for p in longer["pauses"]]
        begins = [read_moment(p["from"]) for p in longer["pauses"]] + [NEVER]
        plain = [i for i, p in enumerate(longer["pauses"]) if p["effect"] == "pause" and p["until"]]
        if plain and self.random.random() < 0.3:
            i = self.random.choice(plain)
            until = ends[i] + dt.timedelta(seconds=self.random.randrange(30 * 86400))
            longer["pauses"][i]["until"] = min(until, begins[i + 1]).isoformat()
            return case, longer
        begin = read_moment(case["start"]) + dt.timedelta(seconds=self.random.randrange(40 * 86400))
        free = [i for i, end in enumerate([dt.datetime.min.replace(tzinfo=dt.timezone.utc), *ends])
                if end <= begin < begins[i]]
        if not free:
            return None
        end = min(begin + dt.timedelta(seconds=self.random.randrange(20 * 86400)), begins[free[0]])
        longer["pauses"].insert(free[0], {
            "from": begin.isoformat(), "until": end.isoformat(), "effect": "pause",
            "first_paused": self.random.choice(["next_day", "same_day"]), "resume_counts": self.random.random() < 0.5})
        return case, longer

    def holiday(self, case):
        """Removing a holiday never lengthens."""
        if rolls_backward(case) or (pauses_months(case) and (is_deemed(case) or extends_by_months(case))):
            return None
        given = case["calendar"]
        given = {"parent": given, "exceptions": []} if isinstance(given, str) else given
        date = read_moment(case["start"]).date() + self.random.randrange(-2, 60) * DAY
        holiday = {"date": date.isoformat(), "kind": self.random.choice(["holiday", "day_off"])}
        others = [e for e in given["exceptions"] if e["date"] != holiday["date"]]
        return case, {**case, "calendar": {**given, "exceptions": [*others, holiday]}}


def due(answer):
    if "error" in answer:
        raise AssertionError(answer)
    return read_moment(answer["due_at"]) if answer["due_at"] else NEVER


def try_change(number, change, cases, program):
    pairs = [pair for pair in map(change, cases) if pair]
    said = ask([case for pair in pairs for case in pair], program)
    wrong = [(pair, a, b) for pair, a, b in zip(pairs, said[::2], said[1::2]) if due(a) > due(b)]
    for pair, a, b in wrong[:3]:
        for case, answer in zip(pair, (a, b)):
            print(f"# {json.dumps(case, ensure_ascii=False)}\n#   {answer['due_at']} {answer['sentence']['en']}")
    print(f"{'not ok' if wrong else 'ok'} {number} - {change.__doc__[:-1].lower()}"
          f" ({len(pairs)} pairs{f', not in {len(wrong)}' if wrong else ''})")
    return bool(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(HERE.parent / "build" / "tests" / "calculator"))
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    maker = Maker(options.seed, sorted(p.stem for p in (DATA / "calendars").glob("*.json")))
    cases = [maker.case(i) for i in range(options.cases)]
    changes = Changes(maker)
    bad = False
    for number, change in enumerate([changes.later, changes.paused, changes.holiday], 1):
        bad = try_change(number, change, cases, options.program) or bad
    once, again = ask(cases, options.program), ask(cases[::-1], options.program)[::-1]
    print(f"{'ok' if once == again else 'not ok'} 4 - the same facts give the same answer, in whatever order they are asked")
    print("1..4")
    return 1 if bad or once != again else 0


if __name__ == "__main__":
    sys.exit(main())
