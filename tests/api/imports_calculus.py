"""Random cases with pauses, extensions and forwardings, imported: every date and every verdict is the calculator's.

The stories come of a seed (KEZEK_IMPORT_SEED, KEZEK_IMPORT_CASES try others). What happened is told to the daemon as events,
and to `kezek term` as facts, worked out here: neither knows of the other.
"""

import datetime as dt
import json
import os
import random

from support.casework import CATALOGUE
from support.imports import ImportTest
from support.kezek import KEZEK, ROOT, main, run

SEED = int(os.environ.get("KEZEK_IMPORT_SEED", "20261118"))
CASES = int(os.environ.get("KEZEK_IMPORT_CASES", "600"))
BISHKEK = dt.timezone(dt.timedelta(hours=6))
SECOND, MINUTE, HOUR, DAY = (dt.timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
CALENDARS = {"probe": "kg-state", "probe-two": "kg-mini-centre"}
GROUNDS = {
    "stop": {"effect": "pause"},
    "stop-at-once": {"effect": "pause", "first_paused": "same_day", "resume_counts": True},
    "anew": {"effect": "restart"},
    "noted": {"effect": "none"},
}
UNKNOWN = "of-old"  # no standard has it: an ordinary pause


def rules():
    """Some twenty terms, a service each."""
    for n, (unit, amount, more) in enumerate((
            ("working_day", 3, {}), ("working_day", 10, {}), ("working_day", 14, {"offset": "same_day"}),
            ("working_day", 21, {"end": "close"}), ("working_day", 5, {"after_hours": "next_working_day"}),
            ("day", 7, {}), ("day", 14, {"roll": "none"}), ("day", 30, {"roll": "backward"}), ("day", 10, {"min_working_days": 6}),
            ("week", 2, {}), ("week", 8, {"roll": "none"}), ("month", 1, {}), ("month", 2, {"offset": "same_day"}),
            ("year", 1, {}), ("working_hour", 3, {}), ("working_hour", 40, {}), ("hour", 72, {}), ("hour", 240, {}))):
        cap = {"amount": 2 * amount, "unit": "day"} if n % 3 == 0 and "hour" not in unit else None
        if cap and n % 2:
            cap["start"] = "received"
        yield {"amount": amount, "unit": unit, "start": "registered", **more}, cap, "restart" if n % 2 else "continue"


def service(template, n, rule, cap, clock):
    decide = {"kind": "decide", "term": rule, "on_breach": "overdue", "late_decision": "allowed",
              "pauses": [{"ground": ground, **how} for ground, how in GROUNDS.items()],
              "extensions": {"max": 5, "rank": "officer", "before_due": False}}
    if cap:
        decide["cap"] = cap
    return {**template, "code": f"t-{n}", "stages": [decide], "forward": {"clock": clock, "max_hops": 5}}


class Story:
    """One case: the line that tells it, and the facts that the calculator is asked with."""

    def __init__(self, dice, n, service, rule, cap, clock):
        self.dice, self.n, self.rule, self.cap, self.clock = dice, n, rule, cap, clock
        self.agency, self.stated = "probe", None
        self.registered = dt.datetime(2025, 1, 6, tzinfo=BISHKEK) + dice.randrange(600 * 24 * 60) * MINUTE
        self.now = self.registered
        self.received = self.registered - dice.choice((0, 1, 9, 30)) * DAY
        self.begin(self.registered)
        if cap and "start" in cap:
            self.cap_start = self.received
        self.events = []
        self.line = {"number": f"r-{n}", "service": service, "channel": "post", "office": "desk", "agency": "probe",
                     "received_at": self.received.isoformat(), "registered_at": self.registered.isoformat(), "due_at": None, "events": self.events}
        for _ in range(dice.randrange(7)):
            dice.choice((self.pause, self.pause, self.extend, self.extend, self.forward, self.note))()

    def begin(self, at):
        """The term, by the calendar of the agency that has it."""
        self.start, self.cap_start, self.calendar = at, at, CALENDARS[self.agency]
        self.pauses, self.extensions = [], []

    def later(self):
        self.now += self.dice.choice((MINUTE, 5 * HOUR, DAY, 3 * DAY, 9 * DAY)) * self.dice.randrange(1, 4)
        return self.now

    def tell(self, kind, **members):
        self.events.append({"at": self.later().isoformat(), "kind": kind, **members})

    @property
    def is_paused(self):
        return bool(self.pauses) and self.pauses[-1]["until"] is None

    def note(self):
        self.tell("note", text="So it went.")

    def pause(self):
        if self.is_paused:
            return
        ground = self.dice.choice([*GROUNDS, UNKNOWN])
        self.tell("pause", ground=ground)
        self.pauses.append({"from": self.now.isoformat(), "until": None, "ground": ground, **GROUNDS.get(ground, {})})
        how = self.dice.choice(("until", "resume", "later"))
        if how == "later":
            for _ in range(self.dice.randrange(2)):
                self.dice.choice((self.extend, self.forward, self.note))()
            if self.dice.random() < 0.7:
                return  # whatever comes ends it, or nothing does
            how = "resume"
        if how == "resume":
            self.tell("resume")
        else:
            self.events[-1]["until"] = self.later().isoformat()
        self.pauses[-1]["until"] = self.now.isoformat()

    def extend(self):
        extension = {"amount": self.dice.randrange(1, 6), "unit": self.dice.choice(("working_day", "day", "week", "working_hour"))}
        self.tell("extend", **extension)
        self.extensions.append(extension)

    def forward(self):
        self.agency = "probe-two" if self.agency == "probe" else "probe"
        self.tell("forward", to_agency=self.agency)
        if self.clock == "restart" and not self.is_paused:
            self.begin(self.now)

    def decide(self, due_at):
        """On the very edge of the term where that lies ahead, else whenever."""
        at = self.later()
        if due_at and due_at - SECOND > self.now and self.dice.random() < 0.8:
            at = self.dice.choice((due_at - SECOND, due_at, due_at + SECOND, due_at + 5 * DAY))
        self.events.append({"at": at.isoformat(), "kind": "decide", "outcome": "granted"})
        self.now = at
        if self.is_paused:
            self.pauses[-1]["until"] = at.isoformat()

    def state(self, due_at):
        """The former system's own date, whatever its term was."""
        self.stated = max(due_at, self.registered + HOUR)
        self.line["due_at"] = self.stated.isoformat()
        return self.stated

    @property
    def stands_still(self):
        """A pause that is open now stops a date that was stated and had not passed."""
        return (self.is_paused and self.pauses[-1].get("effect") != "none"
                and dt.datetime.fromisoformat(self.pauses[-1]["from"]) < self.stated)

    def question(self):
        return {"id": str(self.n), "calendar": self.calendar, "rule": self.rule, "start": self.start.isoformat(),
                "pauses": self.pauses, "extensions": self.extensions, "cap": self.cap,
                **({"cap_start": self.cap_start.isoformat()} if self.cap else {})}


def ask(stories):
    """The calculator's date of each; None while it is paused."""
    asked = "".join(json.dumps(story.question()) + "\n" for story in stories)
    said = run(KEZEK, "term", "--calendars", ROOT / "config" / "calendars", stdin=asked).stdout.splitlines()
    answers = [json.loads(one) for one in said]
    assert [a["id"] for a in answers] == [str(s.n) for s in stories]
    return [dt.datetime.fromisoformat(a["due_at"]) if a["due_at"] else None for a in answers]


class Calculus(ImportTest):
    @classmethod
    def move_in(cls):
        catalogue = json.loads(CATALOGUE.read_text(encoding="utf-8"))
        template = catalogue["services"][0]
        cls.rules = list(rules())
        catalogue["services"] = [service(template, n, *one) for n, one in enumerate(cls.rules)]
        catalogue["routes"] = [{**catalogue["routes"][0], "service": one["code"]} for one in catalogue["services"]]
        for agency in catalogue["agencies"]:
            agency["calendar"] = CALENDARS.get(agency["code"], agency["calendar"])
        cls.world.client("admin").put("/v1/catalogue", catalogue).must(200)

    def test_every_date_and_verdict_is_the_calculator_s(self):
        dice, now = random.Random(SEED), dt.datetime.fromisoformat(self.start)
        stories = []
        while len(stories) < CASES:
            n = dice.randrange(len(self.rules))
            story = Story(dice, len(stories), f"t-{n}", *self.rules[n])
            if story.now < now - 60 * DAY:
                stories.append(story)
        decided = []
        for story, due_at in zip(stories, ask(stories)):
            if dice.random() < 0.2:
                due_at = story.state(story.now + dice.randrange(-40, 40) * DAY)
            if dice.random() < 0.6 and (not due_at or due_at < now - 10 * DAY):
                story.decide(due_at)
                decided.append(story.n)
        wanted = ask(stories)
        results = self.send(*(story.line for story in stories))
        self.assertEqual([r["problem"] for r in results if r["result"] != "created"], [])
        tried = {"met": 0, "missed": 0, "running": 0, "paused": 0, "stated": 0}
        for story, due_at, result in zip(stories, wanted, results):
            request = self.supervisor.get(f"/v1/requests/{result['id']}").must(200).json
            deadline = self.decide_of(request)
            stated = story.stated
            if stated:
                due_at = None if story.stands_still else stated
            is_decided = story.n in decided
            state = "paused" if due_at is None else "running"
            if is_decided:
                state = "missed" if due_at and story.now >= due_at else "met"
            tried[state] += 1
            tried["stated"] += bool(stated)
            with self.subTest(json.dumps({"line": story.line, "question": story.question()})):
                self.assertEqual((deadline["due_at"] and dt.datetime.fromisoformat(deadline["due_at"]), deadline["state"]),
                                 (due_at, state))
                self.assertEqual((request["agency"], request["overdue"]),
                                 (story.agency, state == "running" and due_at <= now))
        self.assertGreater(min(tried.values()), CASES // 60, tried)


if __name__ == "__main__":
    main()
