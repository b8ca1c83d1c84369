"""Random cases for the deadline calculus: rules, calendars, pauses, extensions, caps, ladders and floors by a seed."""

import datetime as dt
import random

DAY = dt.timedelta(days=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ZONES = ["Asia/Bishkek", "Europe/Amsterdam", "Europe/Berlin", "America/Havana", "America/St_Johns",
         "Australia/Lord_Howe", "UTC", "America/Santiago", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut",
         "Pacific/Chatham", "America/Asuncion"]
DAYS_HOURS = [["09:00-12:30", "13:30-18:00"], ["08:00-16:00"], ["00:00-24:00"], ["18:00-24:00"], ["00:30-02:30"],
              ["10:00-14:00", "15:00-19:00"], ["02:15-02:45", "23:00-24:00"]]
# Changes of the clock in those zones, two of them at midnight, and days whose number is missing elsewhere.
RARE = ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-09-06", "2026-04-05", "2025-04-06",
        "2026-04-24", "2026-10-29", "2026-09-27", "2024-02-29", "2026-01-31", "2025-08-31", "2025-12-31", "2026-05-31", "2026-03-31"]
UNITS = ["hour", "working_hour", "day", "working_day", "week", "month", "year"]
# All that a run of cases must have tried.
FEATURES = {f"{name} {value}" for name, values in {
    "unit": UNITS, "extension": [*UNITS, "of the other kind"], "offset": ["next_day", "same_day"],
    "after_hours": ["as_is", "next_working_day"], "end": ["end_of_day", "close"], "roll": ["forward", "none", "backward"],
    "open": ["pause", "restart", "none"], "closed": ["pause", "restart", "none"], "first_paused": ["next_day", "same_day"],
    "resume_counts": [True, False], "zone": [*ZONES, "of a parent"],
    "confirmed": ["holiday", "day_off", "working", "short"], "tentative": ["holiday", "day_off", "working", "short"],
    "revoked": ["holiday", "day_off", "working", "short"],
    "rung": [f"{kind} {how}" for kind in ("%", " working_day", " hour") for how in ("dated", "void", "waiting")],
    "segment": ["counted", "weekend", "holiday", "day_off", "moved_workday", "paused", "rolled", "extended", "capped",
                "floored"]}.items() for value in values}
FEATURES |= {"rung 0 dated", "rung 0 waiting", "min_working_days", "pauses that touch", "capped", "floored", "paused",
             "provisional", "a cap with its own start", "capped from its own start"}


class Maker:
    """Random cases, thick with what is rare: changes of the clock, ends of months, days that touch."""

    def __init__(self, seed, codes):
        self.random = random.Random(seed)
        self.codes = codes
        self.pool = [self.calendar(zone) for zone in ZONES * 8]

    def date(self, first="2024-01-01", days=1400):
        return dt.date.fromisoformat(first) + self.random.randrange(days) * DAY

    def exceptions(self):
        r, found = self.random, {}
        for _ in range(r.choice([0, 3, 20, 80])):
            day = self.date()
            for date in [day + i * DAY for i in range(r.choice([1, 1, 2, 9]))]:
                kind = r.choice(["holiday", "holiday", "day_off", "working", "short"])
                entry = {"date": date.isoformat(), "kind": kind,
                         "status": r.choice(["confirmed"] * 4 + ["tentative", "revoked"])}
                if kind == "short" or kind == "working" and r.random() < 0.3:
                    entry["hours"] = r.choice(DAYS_HOURS)
                found[date] = entry
        return list(found.values())

    def week(self):
        r = self.random
        usual = r.choice(DAYS_HOURS)
        days = r.choice([WEEKDAYS[:5]] * 3 + [WEEKDAYS, WEEKDAYS[1:], ["wed"], WEEKDAYS[:6]])
        return {d: usual if r.random() < 0.8 else r.choice(DAYS_HOURS) for d in days}

    def calendar(self, zone):
        r = self.random
        if r.random() < 0.4:
            given = {"parent": r.choice(self.codes), "exceptions": self.exceptions()}
            if r.random() < 0.4:
                given["week"] = self.week()
            if r.random() < 0.3:
                given["covers"] = ["2025-06-01", "2027-01-01"]
            return given
        covers = r.choice([["2024-01-01", "2029-12-31"], ["2025-03-01", "2026-09-30"]])
        return {"time_zone": zone, "covers": covers, "week": self.week(), "exceptions": self.exceptions()}

    def moment(self, day):
        r = self.random
        clock = r.choice(["00:00:00", "23:59:59", "09:00:00", "12:30:00", "18:00:00", "17:59:59.5", "02:30:00",
                          f"{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}"])
        return f"{day.isoformat()}T{clock}{r.choice(['+06:00', '+01:00', '+02:00', '-05:00', '+00:00', '-02:30'])}"

    def amount(self):
        r = self.random
        unit = r.choice(["hour", "working_hour", "day", "working_day", "working_day", "week", "month", "year"])
        top = {"hour": 400, "working_hour": 120, "day": 100, "working_day": 60, "week": 16, "month": 14, "year": 2}
        return {"amount": r.randint(1, r.choice([3, top[unit]])), "unit": unit}

    def rule(self):
        r, rule = self.random, self.amount()
        for name, values in {"offset": ["next_day", "same_day"], "after_hours": ["as_is", "next_working_day"],
                             "end": ["end_of_day", "close"], "roll": ["forward", "none", "backward"]}.items():
            if r.random() < 0.5:
                rule[name] = r.choice(values)
        if r.random() < 0.2:
            rule["min_working_days"] = r.randint(1, 12)
        return rule

    def pauses(self, day):
        r, made = self.random, []
        for _ in range(r.choice([0, 0, 1, 1, 2, 4])):
            made += [day + r.randint(-1, 30) * DAY, day + r.randint(-1, 60) * DAY]
        moments = sorted((self.moment(d) for d in made), key=dt.datetime.fromisoformat)
        if len(moments) > 2 and r.random() < 0.2:
            moments[2] = moments[1]
        found = [{"from": a, "until": b, "effect": r.choice(["pause"] * 5 + ["restart", "none"]),
                  "first_paused": r.choice(["next_day", "same_day"]), "resume_counts": r.random() < 0.5}
                 for a, b in zip(moments[::2], moments[1::2])]
        if found and r.random() < 0.25:
            found[-1]["until"] = None
            if r.random() < 0.5:
                found[-1]["cure_by"] = (day + r.randint(1, 60) * DAY).isoformat()
        for pause in found:
            if r.random() < 0.5:
                pause["ground"] = r.choice(["documents_missing", "expertise", "request"])
        return found

    def ladder(self):
        r = self.random
        rungs = [lambda: f"{r.choice([1, 33, 50, 75, 90, 100, r.randint(1, 100)])}%",
                 lambda: f"{r.choice([-1, -2, -3, -10, 1, 2, 5]):+} working_day",
                 lambda: f"{r.choice([-1, -4, -24, -100, 1, 24, 72]):+} hour", lambda: "0"]
        return [{"at": r.choice(rungs)(), **({"to": r.choice(["head", "supervisor"])} if r.random() < 0.3 else {})}
                for _ in range(r.randint(1, 5))]

    def case(self, number):
        r, day = self.random, self.date("2024-06-01", 1200)
        if r.random() < 0.4:
            day = dt.date.fromisoformat(r.choice(RARE)) + r.choice([-3, -2, -1, 0, 0, 0, 1]) * DAY
        case = {"id": number, "calendar": r.choice(self.codes) if r.random() < 0.4 else r.choice(self.pool),
                "rule": self.rule(), "start": self.moment(day), "pauses": self.pauses(day)}
        if r.random() < 0.25:
            case["extensions"] = [self.amount() for _ in range(r.randint(1, 3))]
        if r.random() < 0.25:
            case["cap"] = self.rule()
            if r.random() < 0.5:
                case["cap_start"] = self.moment(day + r.choice([-40, -10, -3, -1, 0, 1, 5]) * DAY)
        if r.random() < 0.5:
            case["ladder"] = self.ladder()
        if r.random() < 0.1:
            case["floor"] = self.moment(day + r.randint(0, 120) * DAY)
        if r.random() < 0.5:
            case["rule_version"] = r.randint(1, 30)
        return case


def features_of(case, got):
    """What a case tries, by name."""
    rule, cap, pauses = case["rule"], case.get("cap") or {}, case.get("pauses", [])
    inline = case["calendar"] if isinstance(case["calendar"], dict) else {}
    for one in [rule, cap] if cap else [rule]:
        yield from (f"{name} {one[name]}" for name in ("unit", "offset", "after_hours", "end", "roll") if name in one)
        if one.get("min_working_days"):
            yield "min_working_days"
    for pause in pauses:
        yield f"{'open' if pause['until'] is None else 'closed'} {pause['effect']}"
        yield f"first_paused {pause['first_paused']}"
        yield f"resume_counts {pause['resume_counts']}"
    if any(a["until"] == b["from"] for a, b in zip(pauses, pauses[1:])):
        yield "pauses that touch"
    units = {e["unit"] for e in case.get("extensions", [])}
    yield from (f"extension {unit}" for unit in units)
    if units and ("hour" in units or "working_hour" in units) != (rule["unit"] in ("hour", "working_hour")):
        yield "extension of the other kind"
    yield f"zone {inline.get('time_zone', 'of a parent')}"
    for entry in inline.get("exceptions", []):
        yield f"{entry['status']} {entry['kind']}"
    for rung in got.get("ladder", []):
        kind = rung["at"].lstrip("+-0123456789") or "0"
        yield f"rung {kind} {'void' if 'void' in rung else 'waiting' if rung['instant'] is None else 'dated'}"
    yield from (name for name in ("capped", "floored", "paused", "provisional") if got.get(name))
    if "cap_start" in case:
        yield "a cap with its own start"
        if got.get("capped"):
            yield "capped from its own start"
    yield from (f"segment {s['what']}" for s in got["explanation"])
