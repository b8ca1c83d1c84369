"""The centre and the agencies at work: clerks, officers, heads and supervisors act through the API and tell the model."""

import concurrent.futures
import datetime as dt
import time

import rulebook
from audit import PATIENCE, differences, told
from clockwork import calendar_changed, pass_time
from links import follow
from model import Case
from rulebook import iso, moment, stage

# What may be said to have happened earlier today.
BACKDATED = ("pay", "complete", "decide", "notify", "hand_over", "withdraw")
HANDS = 6  # that act at once
ENOUGH = 40  # after so many disagreements nothing more can be learnt


class TooMuch(Exception):
    """The model and the daemon have parted for good."""


def newest_fact(got):
    """The moment of the act that made this answer: no fact of its deadlines is newer."""
    facts = [d[name] for d in got["deadlines"] for name in ("started_at", "stopped_at") if d[name]]
    facts += [p[name] for d in got["deadlines"] for p in d.get("pauses", []) for name in ("from", "until") if p[name]]
    return max(map(moment, facts))


class Centre:
    def __init__(self, world, book, staff, dice, counter):
        self.world, self.book, self.staff, self.dice, self.counter = world, book, staff, dice, counter
        self.cases, self.receipts = [], []
        self.wrong = {}
        self.touched = set()
        self.done = {}  # how often each act was done
        self.dates_asked = 0
        self.now = None
        self.ended = []  # of which others may be to hear
        self.planned, self.hands = [], concurrent.futures.ThreadPoolExecutor(HANDS)

    def disagree(self, about, line):
        self.wrong.setdefault(about, []).append(f"{self.now and iso(self.now)} {line}")
        if sum(map(len, self.wrong.values())) >= ENOUGH:
            raise TooMuch

    def simulated(self):
        return ", ".join(f"{n} {what}" for what, n in sorted(self.done.items())) + f"; {self.dates_asked} dates asked"

    def count(self, what):
        self.done[what] = self.done.get(what, 0) + 1

    # Together: what was planned is done at once, by each principal in its order; the model hears of it in the order
    # of the plan, so that chance has no part in what comes next.

    def plan(self, seat, call, then):
        self.planned.append((seat.client, call, then))

    def do(self):
        planned, self.planned = self.planned, []
        by_client = {}
        for number, (client, call, _) in enumerate(planned):
            by_client.setdefault(client, []).append((number, call))
        replies = {}

        def work(calls):
            for number, call in calls:
                replies[number] = call()
        for done in [self.hands.submit(work, calls) for calls in by_client.values()]:
            done.result()
        for number, (_, _, then) in enumerate(planned):
            then(replies[number])
        self.settle()

    def settle(self):
        """What linked requests bring about is the daemon's to do: until it has, nothing is asked of those they touch."""
        touched, self.ended = follow(self.ended), []
        for case in dict.fromkeys(touched):
            end = time.monotonic() + PATIENCE
            while True:
                got = self.staff.over_all.read(case).json
                if (got["state"], got["version"]) == (case.state, case.version) or time.monotonic() > end:
                    break
                time.sleep(0.005)
            if case.has_fallen and got["state"] == "withdrawn":
                case.void_all(newest_fact(got))
                case.close("withdrawn", case.deadlines[-1].stopped_at)
                case.has_fallen = False
            self.after(case, got, "fell" if case.state == "withdrawn" else "answered")

    # Time

    def move_clock(self, now):
        self.now = now
        self.world.set_clock(now)
        for case in self.cases:
            if case.is_open and pass_time(case, now):
                self.touched.add(case.number)
                self.ended.append(case)
        self.settle()

    def change_calendar(self, code, entry):
        body = self.book.calendars.change(code, entry)
        reply = self.staff.admin.put(f"/v1/calendars/{code}", body).must(200)
        changed_at = moment(self.staff.admin.get(f"/v1/calendars/{code}").must(200)["recorded_at"])
        for case in self.cases:
            if case.is_open:
                calendar_changed(case, code, changed_at)
                pass_time(case, changed_at)
                self.touched.add(case.number)
        self.now = changed_at
        return reply["job"]

    # At the counter

    def submit(self, open_offices):
        dice = self.dice
        day = self.book.calendars.of("kg").day_of(self.now)
        made = self.counter.make(open_offices, day, is_incomplete=dice.happens(0.22))
        if not made:
            return
        service, variant, office, place, kind, body = made
        clerk = dice.choice(self.staff.clerks[office])
        if dice.happens(0.02):
            body["refuse"] = {"ground": dice.choice(service["refusal_grounds"])["code"], "reason": "келген жок"}
        received_at = None
        if dice.happens(0.12):
            received_at = self.earlier(office)
            body |= {"received_at": iso(received_at), "backdate_reason": dice.choice(("mobile", "post", "outage", "paper"))}
        reply = clerk.client.post("/v1/requests", body)
        agency, territory = self.book.route(service["code"], office, place, kind, variant, day)
        case = Case(self.book, service, variant, office, agency, territory)
        case.documents = {d["kind"] for d in body["documents"]}
        if case.missing() and service["incomplete"] == "refuse" and "refuse" not in body:
            self.was_incomplete(reply, clerk, body, case)
            return
        self.register(case, reply, clerk, body, received_at)

    def earlier(self, office):
        """Up to three of the office's working days ago, as every standard of the demo allows."""
        calendar = self.book.calendars.of(self.book.offices[office]["calendar"])
        day = calendar.day_of(self.now)
        for _ in range(self.dice.randrange(4)):
            day -= rulebook.DAY
            while not calendar.works(day):
                day -= rulebook.DAY
        at = calendar.opening(day) + dt.timedelta(minutes=self.dice.randrange(480))
        return at if at < self.now else self.now - dt.timedelta(minutes=self.dice.randrange(3, 90))

    def was_incomplete(self, reply, clerk, body, case):
        """The standard wants every document at the counter: nothing is registered, unless the refusal is wanted on paper."""
        faults = [p["name"] for p in reply["invalid_params"]] if reply.status == 422 else None
        if faults != ["/documents"] * len(case.missing()):
            self.disagree("refused", f"{body['service']} without {case.missing()}: {reply!r}")
        self.count("incomplete, not registered")
        if self.dice.happens(0.6):
            body["refuse"] = {"ground": case.service["refusal_grounds"][0]["code"]}
        else:
            body["documents"] += [{"kind": kind} for kind in sorted(case.missing())]
        received_at = moment(body.get("received_at"))
        self.register(case, clerk.client.post("/v1/requests", body), clerk, body, received_at)

    def register(self, case, reply, clerk, body, received_at):
        if reply.status != 201:
            self.disagree("refused", f"submission of {body['service']}: {reply!r}")
            return
        got = reply.json
        registered_at = moment(got["registered_at"])
        self.check_moment(registered_at, got["number"])
        case.id, case.number = got["id"], got["number"]
        case.submit(clerk, [d["kind"] for d in body["documents"]], received_at or registered_at, registered_at,
                    "refuse" in body)
        case.is_lazy = self.dice.happens(0.14)
        self.cases.append(case)
        self.receipts.append((case, clerk, got["receipt"], case.promised))
        self.after(case, got, "refuse" if "refuse" in body else "submit")
        if not got["number"].startswith(f"{case.office}-") or not got["number"].endswith("/26"):
            self.disagree("refused", f"{case.office} gave the number {got['number']}")

    def check_moment(self, at, what):
        if not self.now <= at < self.now + dt.timedelta(minutes=2):
            self.disagree("moments", f"{what}: {at} is not the time at which it was done")

    def after(self, case, got, act):
        self.count(act)
        if case.parent or case.links:
            self.ended.append(case)
        self.touched.add(case.number)
        wrong = differences(case, got, self.now, all_fired=False)
        if wrong:
            self.disagree("acts", told(case, [f"after {act}", *wrong]))

    # Acts

    def when(self, case, act):
        """When it is said to have happened: nothing (now), the step's own moment, or earlier today."""
        if act in BACKDATED and self.dice.happens(0.08):
            at = self.now - dt.timedelta(minutes=self.dice.randrange(5, 110))
            if at > case.last_at:
                return at, {"effective_at": iso(at), "backdate_reason": "outage"}
        if self.dice.happens(0.5) and case.last_at < self.now:
            return self.now, {"effective_at": iso(self.now)}
        return None, {}

    def act(self, seat, case, act, body, does, by_claim=False, takes_moment=True):
        """Plans one act through the API; `does(at)` tells the model once it is done. One a request at a time."""
        at, more = self.when(case, act) if takes_moment else (None, {})
        self.plan(seat, lambda: seat.act(case, act, {**body, **more}, by_claim),
                  lambda reply: self.acted(seat, case, act, body, does, at, reply))

    def acted(self, seat, case, act, body, does, at, reply):
        if reply.status != 200:
            self.disagree("refused", told(case, [f"{act} {body} said of {at} by {seat.name}: {reply!r}"]))
            return
        got = reply.json
        if at is None:
            newest = newest_fact(got)
            at = newest if newest > case.last_at else self.now
            self.check_moment(max(at, self.now), f"{case.number} {act}")
        does(at)
        self.after(case, got, act)

    def held(self, case):
        """By claim and fence, where they are known; else by If-Match."""
        return case.claim is not None and self.dice.happens(0.7)

    def clerks_act(self, case):
        dice = self.dice
        clerk = dice.choice(self.staff.clerks[case.office])
        if case.state == "awaiting_payment" and not case.is_lazy and dice.happens(0.45):
            self.act(clerk, case, "pay", {"amount_tyiyn": case.variant["fee_tyiyn"], "reference": "чек 7"},
                     lambda at: case.pay(clerk, at))
        elif case.state == "incomplete" and not case.is_lazy and dice.happens(0.12):
            self.bring(clerk, case)
        elif case.state == "paused" and not case.is_lazy and case.missing() and dice.happens(0.09):
            self.bring(clerk, case)
        elif case.state == "decided" and not case.is_lazy and dice.happens(0.25):
            self.act(clerk, case, "hand_over", {"to": dice.choice(("applicant", "representative")), "document_shown": "паспорт"},
                     lambda at: case.hand_over(clerk, at))
        elif dice.happens(0.004):
            self.act(clerk, case, "withdraw", {"reason": "керек эмес болуп калды"}, lambda at: case.withdraw(clerk, at))
        elif dice.happens(0.004):
            self.act(clerk, case, "correct", {"changes": {"applicant": {"phone": "+996555009999"}}},
                     lambda at: case.correct(clerk, at))

    def where_is_it(self, case, clerk, receipt):
        """Somebody asks at the counter, with the receipt in hand."""
        found = clerk.search(code=receipt["code"])
        if [item["id"] for item in found] != [case.id] or clerk.read(case)["state"] != case.state:
            self.disagree("acts", told(case, [f"asked with {receipt['code']}, found {found}"]))

    def bring(self, clerk, case):
        missing = sorted(case.missing())
        if len(missing) > 1 and self.dice.happens(0.5):
            missing = missing[:1]
        self.act(clerk, case, "complete", {"documents": [{"kind": kind} for kind in missing]},
                 lambda at: case.complete(clerk, missing, at))

    # In the agencies

    def queue(self, agency):
        def key(case):
            decide = case.main_deadline()
            due_at = case.term(decide).due_at if decide and decide.is_open else None
            return (case.rank, due_at is None, due_at or self.now, case.id)
        return sorted((c for c in self.cases if c.state == "queued" and c.agency == agency), key=key)

    def claim(self, seat, most, named, then):
        waiting = [named] if named else self.queue(seat.agency)[:most]
        lease = self.dice.choice((600, 900, 3600, 14400))
        body = {"max": most, "worker": f"{seat.name}-1", "lease_seconds": lease, **({"request": named.id} if named else {})}
        self.plan(seat, lambda: seat.client.post(f"/v1/queues/{seat.agency}/claims", body).must(200),
                  lambda reply: self.claimed(seat, waiting, lease, reply["claims"], then))

    def claimed(self, seat, waiting, lease, claims, then):
        if [c["request"]["id"] for c in claims] != [c.id for c in waiting]:
            self.disagree("claims", f"{seat.agency}: the model gives {[c.number for c in waiting]}, "
                                    f"the daemon {[c['request']['number'] for c in claims]}")
        by_id = {c.id: c for c in self.cases}
        for claim in claims:
            case = by_id[claim["request"]["id"]]
            self.check_moment(moment(claim["lease_until"]) - dt.timedelta(seconds=lease), f"{case.number} claim")
            case.take(seat, claim)
            self.after(case, claim["request"], "claim")
        then(seat, [by_id[c["request"]["id"]] for c in claims])

    def outcome_of(self, case):
        outcome = self.dice.choice(("granted", "granted", "granted", "partly", "refused"))
        late = case.is_overdue(self.now) and stage(case.service, "decide")["late_decision"] != "allowed"
        outcome = "granted" if late else outcome
        ground = {"ground": self.dice.choice(case.service["refusal_grounds"])["code"]} if outcome == "refused" else {}
        return outcome, {"outcome": outcome, "document": "№ 17", **ground}

    def decide(self, seat, case):
        outcome, body = self.outcome_of(case)
        self.act(seat, case, "decide", body, lambda at: case.decide(seat, outcome, at), self.held(case))

    def decide_batch(self, seat, cases):
        bodies = [(case, *self.outcome_of(case)) for case in cases]
        self.plan(seat, lambda: seat.client.post("/v1/claims/decide", {"claims": [
            {"claim": case.claim, "fence": case.fence, **body} for case, _, body in bodies]}).must(200),
                  lambda reply: self.decided(seat, bodies, reply["results"]))

    def decided(self, seat, bodies, results):
        for (case, outcome, _), result in zip(bodies, results):
            if result["result"] != "done":
                self.disagree("refused", told(case, [f"decide in a batch: {result}"]))
                continue
            at = newest_fact(result["request"])
            case.decide(seat, outcome, at)
            self.after(case, result["request"], "decide")
