"""What the test itself knows of every request: the facts, what follows from them, and the journal that must stand."""

import datetime as dt

import rulebook
from rulebook import follows, pause_of, rule_of, stage, variant_of

FINAL = ("closed", "refused", "withdrawn", "lapsed")
WORKED_ON = ("queued", "claimed", "in_work")
BY_BREACH = {"tacit_approval": "approve_tacitly", "deemed_refusal": "deem_refused", "lapse": "lapse"}
BY_CURE = {"refuse": "deem_refused", "lapse": "lapse", "resume": "resume"}
# In which states the daemon may carry out what follows a breach.
EFFECT_IN = {"decide": WORKED_ON, "cure": ("incomplete", "paused"), "pay": ("awaiting_payment",)}


class Deadline:
    def __init__(self, kind, rule, started_at, calendar, cap=None, cap_from=None, stated=None, effect=None):
        self.kind, self.rule, self.started_at, self.calendar = kind, rule, started_at, calendar
        self.cap, self.cap_from, self.stated, self.effect = cap, cap_from, stated, effect
        self.pauses, self.extensions = [], []
        self.floor = self.stopped_at = self.breached_at = self.ended = None
        self.term = None  # of the facts and calendars as they are; None: to be computed
        self.agency = None  # at which it stopped

    @property
    def is_open(self):
        return self.stopped_at is None

    @property
    def open_pause(self):
        return next((p for p in self.pauses if p["until"] is None), None)

    @property
    def state(self):
        return self.ended or ("paused" if self.term.due_at is None else "running")


class Case:
    """One request. Its acts change the facts as the design's casework page says; nothing here asks the daemon."""

    def __init__(self, book, service, variant, office, agency, territory):
        self.book, self.service, self.office = book, service, office
        self.variant = variant_of(service, variant)
        self.rank = rulebook.rank_of(self.variant)
        self.agency, self.territory = agency, territory
        self.id = self.number = self.state = self.outcome = self.promised = self.closed_at = None
        self.version, self.hops = 1, 0
        self.holder = self.actor = self.claim = self.fence = self.lease_until = None
        self.responsible = book.head(agency)
        self.documents, self.wanted = set(), set()
        self.deadlines, self.journal, self.breaches, self.moves = [], [], [], []
        self.received_at = self.registered_at = self.last_at = None
        self.is_lazy = self.is_paid = False
        # What came of it: requests of their own, each a Case; and what it came of itself.
        self.kind = self.parent = self.join = self.asked = None
        self.links, self.is_awaited, self.has_fallen = [], False, False

    # Questions

    @property
    def is_open(self):
        return self.state not in FINAL

    @property
    def has_claim(self):
        return self.holder is not None

    @property
    def is_prepaid(self):
        return self.service["payment"] == "before" and self.variant["fee_tyiyn"] > 0

    def missing(self):
        asked = {d["kind"] for d in self.service["documents"] if d["required"]}
        return (asked - self.documents) | self.wanted

    def running(self, kind):
        return next((d for d in self.deadlines if d.kind == kind and d.is_open), None)

    def newest(self, kind):
        return next((d for d in reversed(self.deadlines) if d.kind == kind), None)

    def term(self, deadline):
        if deadline.term is None:
            deadline.term = rulebook.compute(deadline, self.book.calendars)
        return deadline.term

    def main_deadline(self):
        """The newest term to decide; of a question, that to answer."""
        return self.newest("decide") or self.newest("consult")

    def main(self):
        """Due day, due moment, how sure."""
        main = self.main_deadline()
        return self.term(main) if main else rulebook.Term(None, None, False)

    def is_overdue(self, now):
        main = self.main_deadline()
        return bool(self.is_open and main and main.is_open and self.term(main).due_at and main.term.due_at <= now)

    # Deadlines

    def start(self, kind, rule, at, **more):
        code = self.book.agencies[self.agency]["calendar"]
        deadline = Deadline(kind, rule, at, code, **more)
        self.deadlines.append(deadline)
        self.term(deadline)
        return deadline

    def begun(self, kind):
        """What follows a decision follows each anew; a notice of a forwarding is none of a decision."""
        decide = self.newest("decide") if kind in ("notify", "hand_over") else None
        return any(d.kind == kind and (not decide or (decide.stopped_at and d.started_at >= decide.stopped_at))
                   for d in self.deadlines)

    def start_stages(self, facts):
        for each in self.service["stages"]:
            kind = each["kind"]
            rule = rule_of(self.service, self.variant, kind)
            if kind in ("register", "cure", "consult") or not rule or self.begun(kind):
                continue
            if kind == "pay" and self.state != "awaiting_payment":
                continue  # nobody can pay yet, or need not
            at = facts.get(rule.get("start", "decided" if kind in ("notify", "hand_over") else "registered"))
            if at is not None:
                self.start_stage(each, rule, at, facts)

    def start_stage(self, each, rule, at, facts):
        cap = each.get("cap")
        self.start(each["kind"], rule, at, cap=cap, cap_from=cap and facts.get(cap.get("start"), at),
                   effect=BY_BREACH.get(each.get("on_breach")) if each["kind"] in ("decide", "pay") else None)

    def stop(self, deadline, at, ended=None):
        if deadline is None or not deadline.is_open:
            return
        due_at = self.term(deadline).due_at
        if due_at and due_at <= at and deadline.breached_at is None:
            self.breach(deadline)
        deadline.ended = ended or ("missed" if due_at and due_at <= at else "met")
        deadline.stopped_at, deadline.agency = at, self.agency

    def void_all(self, at):
        for deadline in self.deadlines:
            self.stop(deadline, at, "void")

    def breach(self, deadline):
        deadline.breached_at = deadline.term.due_at
        self.breaches.append((deadline.kind, deadline.breached_at))

    # The journal

    def note(self, kind, who, at=None, is_versioned=True):
        self.journal.append((kind, who.name, who.actor))
        self.version += is_versioned
        if at is not None:
            self.last_at = max(self.last_at or at, at)

    def free(self):
        self.holder = self.actor = self.claim = self.lease_until = None
        self.responsible = self.book.head(self.agency)

    def close(self, state, at):
        self.state, self.closed_at = state, at

    # Acts

    def submit(self, who, documents, received_at, now, is_refused):
        self.documents = set(documents)
        self.received_at, self.registered_at, self.last_at = received_at, now, now
        self.journal.append(("refuse" if is_refused else "submit", who.name, who.actor))
        self.stop(self.start("register", rule_of(self.service, self.variant, "register"), received_at), now)
        if is_refused:
            self.outcome = "refused"
            self.close("refused", now)
        elif self.missing() and self.service["incomplete"] == "accept":
            self.state = "incomplete"
            self.start_first_cure(now)
        else:
            self.take_up(now, received_at)
        self.promised = self.main().due_on

    def take_up(self, now, received_at):
        if self.missing():
            self.state = "paused"
        else:
            self.state = "awaiting_payment" if self.is_prepaid else "queued"
        facts = {"received": received_at, "registered": now, "complete": now}
        if self.state != "awaiting_payment" and self.agency != rulebook.UNROUTED:
            facts["forwarded"] = now
        if not self.is_prepaid and (self.service["payment"] == "none" or not self.variant["fee_tyiyn"]):
            facts["paid"] = now
        self.start_stages(facts)
        if self.state == "paused":
            self.pause_decide(pause_of(self.service, "documents_missing"), "documents_missing", now)
            self.start_first_cure(now)

    def start_first_cure(self, now):
        rule, effect = rulebook.first_cure(self.service, self.variant)
        if rule:
            self.start("cure", rule, now, effect=effect)

    def pause_decide(self, standard, ground, at, cure_by=None):
        decide = self.running("decide")
        if decide:
            decide.pauses.append({"from": at, "until": None, "ground": ground, "effect": standard["effect"],
                                  **({"cure_by": cure_by} if cure_by else {})})
            decide.term = None
            self.term(decide)

    def end_pause(self, at):
        decide = self.running("decide")
        if decide and decide.open_pause:
            decide.open_pause["until"] = at
            decide.term = None
            self.term(decide)

    def complete(self, who, documents, at):
        self.note("complete", who, at)
        self.documents |= set(documents)
        self.wanted -= set(documents)
        if self.missing():
            return
        self.stop(self.running("cure"), at)
        if self.state == "incomplete":
            self.take_up(at, self.received_at)
            return
        self.end_pause(at)
        self.state = "in_work" if self.has_claim else "queued"
        if not self.has_claim and self.is_prepaid and not self.is_paid:
            self.state = "awaiting_payment"
            self.start_stages({"registered": at})

    def pay(self, who, at):
        self.note("pay", who, at)
        self.stop(self.running("pay"), at)
        self.state, self.is_paid = "queued", True
        self.start_stages({"paid": at, **({"forwarded": at} if self.agency != rulebook.UNROUTED else {})})

    def take(self, who, claim):
        self.note("claim", who, is_versioned=False)
        self.state, self.holder, self.actor = "claimed", who.name, who.actor
        self.responsible = who.actor or who.name
        self.claim, self.fence = claim["claim"], claim["fence"]
        self.lease_until = rulebook.moment(claim["lease_until"])

    def accept(self, who):
        self.note("accept", who)
        self.state, self.lease_until = "in_work", None

    def release(self, who):
        self.note("release", who, is_versioned=False)
        self.state = "queued"
        self.free()

    def pause(self, who, ground, at, cure_by, wanted):
        standard = pause_of(self.service, ground)
        self.note("pause", who, at)
        self.state, self.lease_until = "paused", None
        self.wanted = set(wanted)
        day = cure_by and self.book.calendar_of(self.agency).instant(dt.date.fromisoformat(cure_by) + dt.timedelta(1))
        self.pause_decide(standard, ground, at)
        if day or standard.get("cure"):
            self.start("cure", standard.get("cure"), at, stated=day, effect=BY_CURE[standard["cure_lapse"]])

    def resume(self, who, at):
        self.note("resume", who, at)
        self.stop(self.running("cure"), at, "void")
        self.go_on(at)

    def go_on(self, at):
        self.end_pause(at)
        self.wanted = set()
        self.state = "in_work" if self.has_claim else "queued"

    def extend(self, who, amount, unit, at):
        self.note("extend", who, at)
        decide = self.running("decide")
        decide.extensions.append({"amount": amount, "unit": unit})
        decide.term = None
        self.term(decide)
        notice = stage(self.service, "decide")["extensions"].get("notice")
        if notice:
            self.start("notify_extension", notice, at)

    def forward(self, who, to_agency, at):
        self.note("forward", who, at)
        self.stop(self.running("forward"), at)
        self.owe_notice(at)
        self.hops += 1
        self.agency, self.state = to_agency, "queued"
        self.free()
        decide = self.running("decide")
        if decide and self.service["forward"]["clock"] == "restart":
            self.stop(decide, at, "void")
            self.start_stage(stage(self.service, "decide"), decide.rule, at, {})
        self.start_stages({"forwarded": at})

    def owe_notice(self, at):
        """The applicant is to be told of a forwarding, where the standard says so."""
        notice = self.service["forward"].get("notice")
        if notice and not self.running("notify"):
            self.start("notify", notice, at)

    def correct(self, who, at):
        self.note("correct", who, at)

    def decide(self, who, outcome, at):
        self.note("decide", who, at)
        self.stop(self.running("decide"), at)
        if self.kind == "consult":
            self.stop(self.running("consult"), at)
        for kind in ("forward", "consult", "cure", "notify_extension", "notify"):
            for deadline in self.deadlines:
                if deadline.kind == kind:
                    self.stop(deadline, at, "void")
        self.outcome = outcome
        self.free()
        self.settle(at)

    def settle(self, at):
        if follows(self.service) and self.kind != "consult":
            self.state = "decided"
            self.start_stages({"decided": at, "stage:decide": at})
        else:
            self.void_all(at)
            self.close("closed", at)

    def notify(self, who, at):
        self.note("notify", who, at)
        self.stop(self.running("notify"), at)
        if self.state != "decided":
            self.stop(self.running("notify_extension"), at)

    def hand_over(self, who, at):
        self.note("hand_over", who, at)
        for kind in ("notify", "hand_over"):
            self.stop(self.running(kind), at)
        self.void_all(at)
        self.close("closed", at)

    def withdraw(self, who, at):
        self.note("withdraw", who, at)
        self.void_all(at)
        self.free()
        self.close("withdrawn", at)

    def reassign(self, who, at, to_agency=None, to_principal=None):
        self.note("reassign", who, at)
        was_lost = self.agency == rulebook.UNROUTED
        self.agency = to_agency or self.agency
        self.free()
        self.responsible = to_principal or self.responsible
        if was_lost and self.state not in ("awaiting_payment", "incomplete"):
            self.start_stages({"forwarded": at})
        if self.state in WORKED_ON:
            self.state = "in_work" if to_principal else "queued"
            self.holder = to_principal

    def escalate(self, who, to, at):
        self.note("escalate", who, at)
        self.responsible, self.rank = to, rulebook.URGENT

    def reopen(self, who, at):
        self.note("reopen", who, at)
        self.void_all(at)
        self.outcome = self.closed_at = None
        self.free()
        self.state, self.rank = "queued", rulebook.rank_of(self.variant)
        each = stage(self.service, "decide")
        self.start_stage(each, rule_of(self.service, self.variant, "decide"), at, {})

    def gives_up(self, who, gone):
        """Whoever held it, or answered for it, is here no more."""
        self.note("release", who, is_versioned=False)
        if self.holder != gone:
            self.responsible = self.book.head(self.agency)
            return
        if self.state in ("claimed", "in_work"):
            self.state = "queued"
        self.free()
