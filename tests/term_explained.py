"""Whether an answer of the calculator is explained in full: segments without a gap that add up, and three sentences."""

import datetime as dt

from term_calendar import DAY, UTC

MINUTE = dt.timedelta(minutes=1)
MONTHS = {"ky": "январы февралы марты апрели майы июну июлу августу сентябры октябры ноябры декабры".split(),
          "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split(),
          "en": "January February March April May June July August September October November December".split()}
DATES = {"ky": "{y}-жылдын {d}-{m}", "ru": "{d} {m} {y} года", "en": "{d} {m} {y}"}
PROVISIONAL = {"ky": "алдын ала", "ru": "предварительн", "en": "provisional"}
RULE = {"ky": "эреженин версиясы: {0}", "ru": "версия правила: {0}", "en": "rule version: {0}"}
CALENDAR = {"ky": "календарь: {0}", "ru": "календарь: {0}", "en": "calendar: {0}"}
RUNS = ("counted", "moved_workday")


def say(day, lang):
    return DATES[lang].format(d=day.day, m=MONTHS[lang][day.month - 1], y=day.year)


def day_of(text):
    return dt.date.fromisoformat(text)


def instant_of(text):
    return dt.datetime.fromisoformat(text).astimezone(UTC)


def wrong_in(case, got, run):
    """What is wrong with the explanation; None: nothing. `run` is the oracle's, of the rule that decides."""
    segments = [s for s in got["explanation"] if s["what"] not in ("capped", "floored")]
    return (gap_in(segments, run) or sum_of(segments, run) or days_in(segments, run) or marks_in(got, run)
            or doubts_in(got, run) or sentences_in(case, got, run))


def gap_in(segments, run):
    """Each begins where the one before it ended; the first where the term begins, the last where it ends."""
    c, first = run.calendar, run.legs[0]
    at, day = (first.begin, None) if first.in_hours else (None, first.first)
    for s in segments:
        if at is None and day is None:
            return "something follows an open pause"
        if "minutes" in s:
            at = c.instant(day) if at is None and day != run.legs[0].first else at or first.begin
            # Days end where their leg does: at midnight, or at closing.
            if instant_of(s["from"]) != at and instant_of(s["from"]) not in {leg.begin for leg in run.legs}:
                return f"a gap before {s}"
            at = s["to"] and instant_of(s["to"])
            day = at and c.day_of(at - dt.timedelta(microseconds=1)) + DAY
            continue
        back = s["days"] < 0
        if day_of(s["from"]) != (day - DAY if back else day):
            return f"a gap before {s}"
        at, day = None, s["to"] and day_of(s["to"]) + DAY
        if day and s["days"] != (day - DAY - day_of(s["from"])).days + (not back):
            return f"miscounted {s}"
    if run.left:
        return None if at is None and day is None else "no open pause at the end"
    return None if day == run.due_on + DAY else "it ends on another day"


def sum_of(segments, run):
    """What counted is what the rule and its extensions ask for, short of what is left."""
    def total(whats, unit):
        return sum(s.get(unit, 0) for s in segments if s["what"] in whats)
    for is_extension in (False, True):
        legs = [leg for leg in run.legs if leg.is_extension == is_extension]
        whats = ("extended",) if is_extension else RUNS
        wanted = {"days": sum(leg.count for leg in legs if not leg.in_hours),
                  "minutes": sum(leg.count // MINUTE for leg in legs if leg.in_hours)}
        if run.left and legs and legs[-1] is run.legs[-1] and not legs[-1].is_counted:
            unit = "minutes" if legs[-1].in_hours else "days"
            wanted[unit] -= run.left.left if unit == "days" else -(-run.left.left // MINUTE)
        for unit, sought in wanted.items():
            if total(whats, unit) != sought:
                return f"{'extended' if is_extension else 'counted'} {total(whats, unit)} {unit}, not {sought}"
    if not run.left and not any(leg.in_hours for leg in run.legs):
        if sum(s["days"] for s in segments) != (run.due_on - run.legs[0].first).days + 1:
            return "the counts are not the days from the first to the last"
    return None


def days_in(segments, run):
    """Each day of a segment is what the segment says."""
    works = {leg.unit for leg in run.legs}
    for s in segments:
        if "minutes" in s or s["to"] is None:
            continue
        day, last = day_of(s["from"]), day_of(s["to"])
        while day <= last:
            kind = run.calendar.kind(day)
            if s["what"] == "paused":
                right = run.is_paused(day)
            elif s["what"] in ("weekend", "holiday", "day_off"):
                right = kind == s["what"] and "working_day" in works
            elif s["what"] == "moved_workday":
                right = kind == s["what"]
            else:
                right = s["what"] == "rolled" or not run.is_paused(day)
                if s["what"] == "counted" and works == {"working_day"}:
                    right = right and kind == "counted"
            if not right:
                return f"{day} is no such day as {s}"
            day += DAY
    return None


def marks_in(got, run):
    """What stands at the end of the segments when a cap or a floor decides."""
    said = [s["what"] for s in got["explanation"] if s["what"] in ("capped", "floored")]
    expect = [what for what in ("capped", "floored") if got.get(what)]
    if said != expect or said != [s["what"] for s in got["explanation"]][len(got["explanation"]) - len(said):]:
        return f"{said} instead of {expect}"
    if got.get("floored"):
        last = got["explanation"][-1]
        if last["why"] != run.due_on.isoformat():
            return "the floor does not say what would have been"
        if "days" in last and last["days"] != (day_of(got["due_on"]) - run.due_on).days:
            return "the floor's days are miscounted"
    return None


def doubts_in(got, run):
    """A provisional date has a reason, and each reason is a day that may change."""
    if got["provisional"] != bool(got["provisional_because"]):
        return "provisional without a reason, or a reason without"
    for doubt in got["provisional_because"]:
        for day in (day_of(doubt["from"]), day_of(doubt["to"])):
            tentative = run.calendar.is_tentative(day)
            if not (tentative if doubt["is"] == "tentative" else not run.calendar.covered(day)):
                return f"{day} is no reason: {doubt}"
    return None


def sentences_in(case, got, run):
    """Each names the day, the versions, and what the date still hangs on."""
    for lang in DATES:
        said = got["sentence"][lang]
        wanted = [] if got["due_on"] is None else [say(day_of(got["due_on"]), lang)]
        if got.get("paused"):
            wanted.append(say(run.calendar.day_of(run.pauses[-1]["from"]), lang))
        if "rule_version" in case:
            wanted.append(RULE[lang].format(case["rule_version"]))
        if run.calendar.code:
            wanted.append(CALENDAR[lang].format(run.calendar.code))
        wanted += [say(day_of(d["from"]), lang) for d in got["provisional_because"][:3]]
        missing = [w for w in wanted if w not in said]
        if missing or not said.endswith(".") or (PROVISIONAL[lang] in said) != got["provisional"]:
            return f"{said!r} lacks {missing}"
    return None
