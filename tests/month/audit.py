"""Where the daemon's word is held against the model's: every member that says when, who and how far."""

import datetime as dt
import json
import subprocess
import time

import rulebook
from rulebook import moment, working_days

OPEN_STATES = "incomplete,awaiting_payment,queued,claimed,in_work,paused,decided"
PATIENCE = 20  # seconds for what the daemon does by itself after the clock has moved


def deadline_says(case, deadline):
    due_on, due_at, provisional = case.term(deadline)
    return {"kind": deadline.kind, "state": deadline.state, "started_at": deadline.started_at, "due_on": due_on,
            "due_at": due_at, "provisional": provisional, "calendar": deadline.calendar,
            "rule_version": case.service["version"], "breached_at": deadline.breached_at,
            "stopped_at": deadline.stopped_at, "not_late_before": deadline.floor,
            "pauses": [(p["from"], p["until"]) for p in deadline.pauses], "extensions": deadline.extensions}


def deadline_said(d):
    return {**{name: d[name] for name in ("kind", "state", "due_on", "provisional", "calendar", "rule_version")},
            **{name: moment(d.get(name)) for name in ("started_at", "due_at", "breached_at", "stopped_at", "not_late_before")},
            "pauses": [(moment(p["from"]), moment(p["until"])) for p in d.get("pauses", [])],
            "extensions": d.get("extensions", [])}


def case_says(case, now):
    due_on, due_at, provisional = case.main()
    return {"number": case.number, "version": case.version, "state": case.state, "outcome": case.outcome,
            "overdue": case.is_overdue(now), "provisional": provisional, "due_on": due_on, "due_at": due_at,
            "promised_due_on": case.promised, "agency": case.agency, "office": case.office,
            "territory": case.territory, "received_at": case.received_at, "registered_at": case.registered_at,
            "service": (case.service["code"], case.service["version"]), "variant": case.variant["code"],
            "responsible": (case.agency, case.responsible), "is_closed": not case.is_open,
            "claim": case.has_claim and (case.holder, case.actor, case.lease_until),
            "parent": case.parent and (case.parent.number, case.kind),
            "links": [(c.id, c.number, c.kind, c.agency, c.join, c.state, c.outcome) for c in case.links]}


def case_said(got):
    claim = got["claim"]
    return {**{name: got[name] for name in ("number", "version", "state", "outcome", "overdue", "provisional", "due_on",
                                            "promised_due_on", "agency", "office", "territory", "variant")},
            "due_at": moment(got["due_at"]), "received_at": moment(got["received_at"]),
            "registered_at": moment(got["registered_at"]), "service": (got["service"]["code"], got["service"]["version"]),
            "responsible": (got["responsible"]["agency"], got["responsible"]["principal"]),
            "is_closed": got["closed_at"] is not None,
            "claim": claim is not None and (claim["principal"], claim["actor"], moment(claim["lease_until"])),
            "parent": got["parent"] and (got["parent"]["number"], got["parent"]["kind"]),
            "links": [tuple(k[n] for n in ("request", "number", "kind", "agency", "join", "state", "outcome"))
                      for k in got["links"]]}


def differing(says, said, where=""):
    return [f"{where}{name}: the model says {value}, the daemon {said[name]}"
            for name, value in says.items() if said[name] != value]


def differences(case, got, now, all_fired=True):
    """all_fired False: what the daemon does by itself may be on its way."""
    said = case_said(got)
    if not all_fired:
        said["links"] = case_says(case, now)["links"]  # others may be at them
    found = differing(case_says(case, now), said)
    if len(case.deadlines) != len(got["deadlines"]):
        return [*found, f"deadlines: the model has {[d.kind for d in case.deadlines]}, "
                        f"the daemon {[d['kind'] for d in got['deadlines']]}"]
    for deadline, d in zip(case.deadlines, got["deadlines"]):
        says, said = deadline_says(case, deadline), deadline_said(d)
        if not all_fired and said["breached_at"] is None and deadline.is_open:
            says["breached_at"] = None
        found += differing(says, said, f"{deadline.kind} ")
    return found


def told(case, lines):
    return f"{case.number} {case.service['code']}/{case.variant['code']} {case.state}: " + "; ".join(lines)


class Auditor:
    def __init__(self, centre):
        self.centre, self.book, self.staff = centre, centre.book, centre.staff
        self.looked = 0

    def look_at_open(self, now):
        """Every open request as the list has it, until it is as the model has it, or patience has ended."""
        end = time.monotonic() + PATIENCE
        path = f"/v1/requests?state={OPEN_STATES}"
        while True:
            lines = [json.loads(line) for line in self.staff.over_all.stream(path).body.splitlines()]
            wrong = self.compare_open(lines, now)
            if not wrong or time.monotonic() > end:
                break
            time.sleep(0.01)
        self.looked += len(lines)
        for line in wrong:
            self.centre.disagree("open", line)

    def compare_open(self, lines, now):
        cases = {c.id: c for c in self.centre.cases if c.is_open}
        wrong = []
        for got in lines:
            case = cases.pop(got["id"], None)
            if case is None:
                wrong.append(f"{got['number']} {got['state']}: open, and not by the model")
                continue
            found = differences(case, got, now)
            if not self.staff.may_answer(case, got["responsible"]["principal"]):
                found.append(f"nobody is responsible: {got['responsible']}")
            if found:
                wrong.append(told(case, found))
        return wrong + [told(case, ["not among the open"]) for case in cases.values()]

    def look_at_figures(self, now):
        for by in ("agency", "service", "office"):
            said = {item.pop(by): item for item in
                    self.staff.over_all.client.get(f"/v1/overview?by={by}").must(200)["items"]}
            says = self.overview(by, now)
            for key in sorted(set(said) | set(says)):
                mine, its = says.get(key), said.get(key)
                if its is not None:
                    its = {name: its[name] for name in mine} if mine else its
                    its["oldest_overdue"] = moment(its["oldest_overdue"])
                if mine is None and its and not any(its[n] for n in ("open", "due_today", "overdue", "paused")):
                    continue
                if mine != its:
                    self.centre.disagree("figures", f"overview by {by}, {key}: the model has {mine}, the daemon {its}")

    def overview(self, by, now):
        rows = {}
        for case in self.centre.cases:
            key = {"agency": case.agency, "service": case.service["code"], "office": case.office}[by]
            if case.is_open:
                self.count_open(rows.setdefault(key, self.row()), case, now)
            for deadline in case.deadlines:
                if (deadline.kind == "decide" and deadline.ended in ("met", "missed")
                        and deadline.stopped_at > now - dt.timedelta(days=30)):
                    key = {"agency": deadline.agency, "service": case.service["code"], "office": case.office}[by]
                    row = rows.setdefault(key, self.row())
                    row["stopped"] += 1
                    row["met"] += deadline.ended == "met"
        for row in rows.values():
            stopped, met = row.pop("stopped"), row.pop("met")
            row["on_time_share"] = float(f"{met / stopped:.4f}") if stopped else None
        return rows

    @staticmethod
    def row():
        return {"open": 0, "due_today": 0, "due_in_3_working_days": 0, "overdue": 0, "paused": 0, "oldest_overdue": None,
                "stopped": 0, "met": 0}

    def count_open(self, row, case, now):
        calendar = self.book.calendar_of(case.agency)
        today = calendar.day_of(now)
        decide = case.main_deadline()
        row["open"] += 1
        row["paused"] += case.state == "paused"
        if not decide or not decide.is_open or not case.term(decide).due_at:
            return
        if case.is_overdue(now):
            row["overdue"] += 1
            row["oldest_overdue"] = min(row["oldest_overdue"] or decide.term.due_at, decide.term.due_at)
            return
        due_on = dt.date.fromisoformat(decide.term.due_on)
        row["due_today"] += due_on == today
        row["due_in_3_working_days"] += working_days(calendar, today + rulebook.DAY, due_on) <= 3 and (
            due_on <= today or calendar.works(due_on) or working_days(calendar, today + rulebook.DAY, due_on) < 3)

    def look_at_overdue(self, now):
        late = sorted((c for c in self.centre.cases if c.is_overdue(now)), key=lambda c: (c.main().due_at, c.id))
        says = [(c.id, working_days(self.book.calendar_of(c.agency), dt.date.fromisoformat(c.main().due_on) + rulebook.DAY,
                                    self.book.calendar_of(c.agency).day_of(now))) for c in late]
        said = [(item["id"], item["working_days_late"]) for item in self.staff.over_all.pages("/v1/overdue?limit=200")]
        if says != said:
            self.centre.disagree("figures", f"overdue: the model has {says}, the daemon {said}")

    def look_at_queues(self, now):
        said = {q["agency"]: (q["depth"], q["claimed"], q["overdue"]) for q in
                self.staff.over_all.client.get("/v1/queues").must(200)["items"]}
        says = {}
        for case in self.centre.cases:
            if case.is_open:
                depth, claimed, late = says.get(case.agency, (0, 0, 0))
                says[case.agency] = (depth + (case.state == "queued"), claimed + (case.state == "claimed"),
                                     late + case.is_overdue(now))
        if says != said:
            self.centre.disagree("figures", f"queues: the model has {says}, the daemon {said}")

    def ask_calculator(self, program, folder):
        """Every due date of every request touched since it was asked last, by the calendars as they are now known."""
        for name, body in self.book.calendars.files.items():
            (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
        asked = [(case, d) for case in self.centre.cases if case.number in self.centre.touched
                 for d in case.deadlines if d.is_open and not d.stated]
        self.centre.touched.clear()
        cases = [{**c, "id": "x"} for _, d in asked for c in rulebook.cases_of(d)]
        lines = "".join(json.dumps(c) + "\n" for c in cases)
        done = subprocess.run([program, "term", "--calendars", folder], input=lines, text=True, stdout=subprocess.PIPE,
                              check=True).stdout.splitlines()
        answers = [json.loads(line) for line in done]
        self.centre.dates_asked += len(asked)
        for case, deadline in asked:
            own = [answers.pop(0) for _ in rulebook.cases_of(deadline)]
            faulty = [a for a in own if "error" in a]
            term = None if faulty else rulebook.decide_between(own, self.book.calendars.of(deadline.calendar), deadline.floor)
            if faulty or tuple(term) != tuple(case.term(deadline)):
                self.centre.disagree("calculator", told(case, [f"{deadline.kind}: the model has {tuple(case.term(deadline))}, "
                                                              f"the calculator {faulty or tuple(term)}"]))
        return len(answers)
