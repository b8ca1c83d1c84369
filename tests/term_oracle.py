#!/usr/bin/env python3
"""An independent oracle of the deadline calculus: written from the rules, day by day, sharing no code with the C.

It makes random cases (fixed seed), works each out by plain counting, and compares with the calculator: the dates, what is
left of a paused term, the rungs of its ladder, and the explanation (term_explained.py).
  tests/term_oracle.py --program build/tests/calculator [--cases 3000] [--seed 1]
"""

import argparse
import datetime as dt
import json
import pathlib
import subprocess
import sys

from term_calendar import UTC, Calendar
from term_explained import wrong_in
from term_random import FEATURES, Maker, features_of
from term_rules import EVER, HOURS, run_rule

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
BATCH = 5000


def read_moment(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def left_of(run):
    number = {"minutes": run.left.left // dt.timedelta(minutes=1)} if run.left.unit in HOURS else {"days": run.left.left}
    return {**number, "unit": run.left.unit, "extensions": len(run.not_begun)}


def answer(case, known):
    """What the calculator must say, and the run that decides."""
    given = case["calendar"]
    calendar = known[given] if isinstance(given, str) else Calendar(given, known["files"])
    pauses = [{**p, "from": read_moment(p["from"]),
               "until": read_moment(p["until"]) if p.get("until") else None} for p in case.get("pauses", [])]
    pauses.sort(key=lambda p: (p["from"], p["until"] or EVER))
    start = read_moment(case["start"])
    run = run_rule(calendar, case["rule"], start, pauses, case.get("extensions", []))
    said = {}
    if case.get("cap"):
        cap = run_rule(calendar, case["cap"], read_moment(case.get("cap_start", case["start"])), pauses, [])
        if not cap.left and (run.left or cap.due_at < run.due_at):
            run = cap
            said["capped"] = True
    due_on, due_at, provisional = run.due_on, run.due_at, run.provisional
    if case.get("floor") and due_at and read_moment(case["floor"]) > due_at:
        due_at = read_moment(case["floor"])
        due_on = calendar.day_of(due_at - dt.timedelta(microseconds=1))
        provisional = provisional or not calendar.covered(due_on)
        said["floored"] = True
    rungs = [run.rung(rung["at"], due_on, due_at) for rung in case.get("ladder", [])]
    rungs = ["void" if isinstance(at, dt.datetime) and at < start else at for at in rungs]

    def local(instant):
        return instant.astimezone(calendar.zone).isoformat()
    if run.left:
        said |= {"paused": True, "left": left_of(run), "cure_by": run.pauses[-1].get("cure_by")}
    if rungs:
        said["ladder"] = [{"at": rung["at"], "to": rung.get("to", "officer"),
                           "instant": local(at) if isinstance(at, dt.datetime) else None,
                           **({"void": True} if at == "void" else {}), **({"unsaid": True} if at == "unsaid" else {})}
                          for rung, at in zip(case["ladder"], rungs)]
    return {"due_on": due_on and due_on.isoformat(), "due_at": due_at and local(due_at),
            "provisional": provisional, **said}, run


def differs(expect, got):
    for i, rung in enumerate(expect.get("ladder", [])):
        if rung.pop("unsaid", None):
            rung |= got["ladder"][i]
    for name in ("capped", "floored", "paused", "left", "cure_by", "ladder"):
        if expect.get(name) != got.get(name):
            return name
    return next((name for name, value in expect.items() if got.get(name, "?") != value), None)


def ask(cases, program):
    lines = "\n".join(json.dumps(c) for c in cases) + "\n"
    said = subprocess.run([program, "--calendars", str(DATA / "calendars")], input=lines, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.splitlines()
    assert len(said) == len(cases), f"{len(said)} answers to {len(cases)} cases"
    return [json.loads(line) for line in said]


def agrees(expect, got):
    """Whether `got` says all that `expect` does."""
    if not isinstance(expect, dict):
        return expect == got
    return isinstance(got, dict) and all(name in got and agrees(value, got[name]) for name, value in expect.items())


def check_vectors(known, program):
    vectors = [json.loads(line) for line in (DATA / "terms" / "vectors.ndjson").read_text("utf-8").splitlines()]
    said = ask(vectors, program)
    wrong = [v["case"]["id"] for v, got in zip(vectors, said) if not (agrees(v["expect"], got) and got["agrees"])]
    assert not any(got["agrees"] for got in ask([{**v, "expect": {"due_on": "1999-01-01"}} for v in vectors], program))
    print(f"{'not ok' if wrong else 'ok'} 1 - the calculator knows the {len(vectors)} known answers {' '.join(wrong)}")
    not_known = [v["case"]["id"] for v in vectors
                 if "error" not in v["expect"] and not agrees(v["expect"], answer(v["case"], known)[0])]
    print(f"{'not ok' if not_known else 'ok'} 2 - so does the oracle {' '.join(not_known)}")
    return bool(wrong or not_known)


def check_random(known, files, options):
    maker = Maker(options.seed, sorted(files))
    wrong, troubled, tried = 0, 0, set()
    for start in range(0, options.cases, BATCH):
        cases = [maker.case(i) for i in range(start, min(start + BATCH, options.cases))]
        for case, got in zip(cases, ask(cases, options.program)):
            tried.update(features_of(case, got))
            expect, run = answer(case, known)
            name = differs(expect, got)
            trouble = None if name else wrong_in(case, got, run)
            wrong, troubled = wrong + bool(name), troubled + bool(trouble)
            if (name or trouble) and wrong + troubled < 6:
                print(f"# {name or trouble}\n# case {json.dumps(case, ensure_ascii=False)}\n"
                      f"# oracle {json.dumps(expect)}\n# program {json.dumps(got, ensure_ascii=False)}")
    print(f"{'not ok' if wrong else 'ok'} 3 - they agree on {options.cases - wrong} random cases of {options.cases}")
    print(f"{'not ok' if troubled else 'ok'} 4 - of which {options.cases - wrong - troubled} are explained in full")
    missing = sorted(FEATURES - tried)
    print(f"{'not ok' if missing else 'ok'} 5 - they try {len(FEATURES)} features, all there are {missing or ''}".rstrip())
    return bool(wrong or troubled or missing)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(HERE.parent / "build" / "tests" / "calculator"))
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    given = [json.loads(p.read_text("utf-8")) for p in sorted((DATA / "calendars").glob("*.json"))]
    files = {calendar["code"]: calendar for calendar in given}
    known = {code: Calendar(c, files) for code, c in files.items()} | {"files": files}
    bad = check_vectors(known, options.program)
    bad = check_random(known, files, options) or bad
    print("1..5")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
