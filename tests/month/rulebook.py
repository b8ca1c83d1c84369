"""What the law of the demo is, read from the catalogue's and the calendars' own files: standards, routes, days."""

import datetime as dt
import json

from term_calendar import DAY, UTC, Calendar
from term_oracle import answer

# What a standard's words for recipients cover of the kinds of applicants that the contract knows.
RECIPIENTS = {"person": ["person"], "entrepreneur": ["entrepreneur"], "organisation": ["company", "body"]}
UNROUTED = "unrouted"


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def moment(text):
    return None if text is None else dt.datetime.fromisoformat(text).astimezone(UTC)


class Calendars:
    """The calendars as they are known now. A change is a new file; each deadline rests on a chain of them."""

    def __init__(self, folder):
        self.files = {}
        for path in sorted(folder.glob("*.json")):
            body = json.loads(path.read_text(encoding="utf-8"))
            self.files[body["code"]] = body
        self.generation = 0
        self.flatten()

    def flatten(self):
        self.known = {code: Calendar(body, self.files) for code, body in self.files.items()} | {"files": self.files}

    def change(self, code, entry):
        """The calendar's new file, where this entry replaces what it said of that date."""
        kept = [e for e in self.files[code]["exceptions"] if e["date"] != entry["date"]]
        self.files[code] = {**self.files[code], "exceptions": [*kept, entry]}
        self.generation += 1
        self.flatten()
        return self.files[code]

    def rests_on(self, code, changed):
        while code:
            if code == changed:
                return True
            code = self.files[code].get("parent")
        return False

    def of(self, code):
        return self.known[code]


class Rulebook:
    def __init__(self, catalogue, calendars):
        self.calendars = Calendars(calendars)
        self.services, self.routes = {}, []
        self.agencies, self.offices, self.territories = {}, {}, {}
        for path in sorted(catalogue.glob("*.json")):
            body = json.loads(path.read_text(encoding="utf-8"))
            for service in body.get("services", []):
                self.services.setdefault(service["code"], []).append(service)
            self.routes += body.get("routes", [])
            for kind, into in (("agencies", self.agencies), ("offices", self.offices), ("territories", self.territories)):
                into |= {item["code"]: item for item in body.get(kind, [])}

    def head(self, agency):
        return self.agencies[agency]["head"]

    def calendar_of(self, agency):
        return self.calendars.of(self.agencies[agency]["calendar"])

    def service_on(self, code, day):
        return next(s for s in self.services[code] if s["valid_from"] <= day.isoformat() <= (s["valid_to"] or "9999"))

    def within(self, place, outer):
        while place and place != outer:
            place = self.territories[place]["parent"]
        return place == outer

    def depth(self, place):
        parent = self.territories[place]["parent"]
        return 1 + self.depth(parent) if parent else 0

    def routes_of(self, service):
        return [r for r in self.routes if r["service"] == service]

    def route(self, service, office, place, kind, variant, day):
        """The agency that must act, and the place that decided it."""
        fitting = []
        for r in self.routes_of(service):
            where = self.offices[office]["territory"] if r["by"] == "office" else place
            asked, only = r.get("applicant_kind"), r.get("variant")
            if (where and self.within(where, r["territory"]) and (not asked or kind in RECIPIENTS[asked])
                    and only in (None, variant) and r["valid_from"] <= day.isoformat() <= (r.get("valid_to") or "9999")):
                kinds = len(RECIPIENTS[asked]) if asked else 9
                fitting.append((self.depth(r["territory"]), -kinds, bool(only), r["agency"], where))
        if not fitting:
            return UNROUTED, place or self.offices[office]["territory"]
        return max(fitting)[3:]


def stage(service, kind):
    return next((s for s in service["stages"] if s["kind"] == kind), None)


URGENT = 0


def rank_of(variant):
    """Classes of priority in the order in which they are claimed."""
    return ("urgent", "normal", "low").index(variant.get("priority", "normal"))


def variant_of(service, code):
    return next(v for v in service["variants"] if v["code"] == code)


def rule_of(service, variant, kind):
    found = stage(service, kind)
    if not found:
        return None
    return variant["terms"].get(kind) if found["term"] == "variant" else found["term"]


def pause_of(service, ground):
    return next((p for p in stage(service, "decide").get("pauses", []) if p["ground"] == ground), None)


def first_cure(service, variant):
    """The applicant's term to complete what came in incomplete, and what follows when it lapses."""
    effects = {"refuse": "deem_refused", "lapse": "lapse", "resume": "resume"}
    breaches = {"lapse": "lapse", "deemed_refusal": "deem_refused", "tacit_approval": "approve_tacitly"}
    pause = pause_of(service, "documents_missing")
    own = stage(service, "cure")
    if own:
        return rule_of(service, variant, "cure"), breaches.get(own.get("on_breach"))
    return (pause["cure"], effects[pause["cure_lapse"]]) if pause else (None, None)


def follows(service):
    return any(stage(service, kind) for kind in ("notify", "hand_over"))


class Term:
    """What the oracle says of one deadline: the last day, the first instant that is too late, and how sure that is."""

    def __init__(self, due_on, due_at, provisional):
        self.due_on, self.due_at, self.provisional = due_on, due_at, provisional

    def __iter__(self):
        return iter((self.due_on, self.due_at, self.provisional))


def cases_of(deadline):
    """A deadline's facts as cases of the calculator: the rule, and its cap where that counts from another fact."""
    whole = {"calendar": deadline.calendar, "rule": deadline.rule, "start": iso(deadline.started_at),
             "pauses": [{**p, "from": iso(p["from"]), "until": p["until"] and iso(p["until"])} for p in deadline.pauses],
             "extensions": deadline.extensions}
    if not deadline.cap:
        return [whole]
    if deadline.cap_from == deadline.started_at:
        return [{**whole, "cap": deadline.cap}]
    return [whole, {**whole, "rule": deadline.cap, "start": iso(deadline.cap_from), "extensions": []}]


def decide_between(answers, calendar, floor):
    """The earlier of a rule's and a cap's answer, and the moment before which nobody is late."""
    dated = [a for a in answers if a["due_at"]]
    if not dated:
        return Term(None, None, False)
    first = min(dated, key=lambda a: moment(a["due_at"]))
    due_at = moment(first["due_at"])
    if floor and floor > due_at:
        return Term(calendar.day_of(floor - dt.timedelta(microseconds=1)).isoformat(), floor, first["provisional"])
    return Term(first["due_on"], due_at, first["provisional"])


def compute(deadline, calendars):
    calendar = calendars.of(deadline.calendar)
    if deadline.stated:
        last = calendar.day_of(deadline.stated - dt.timedelta(microseconds=1))
        return Term(last.isoformat(), deadline.stated, False)
    return decide_between([answer(c, calendars.known)[0] for c in cases_of(deadline)], calendar, deadline.floor)


def working_days(calendar, first, last):
    count = 0
    while first <= last:
        count += calendar.works(first)
        first += DAY
    return count
