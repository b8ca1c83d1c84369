"""What officers, heads and supervisors do with what they hold, in each part of a day."""

import datetime as dt

import rulebook
from applications import FORMS
from audit import told
from clockwork import pass_time
from links import linked
from model import WORKED_ON, Case
from rulebook import moment, pause_of, stage

ELSEWHERE = ("kyzmat", "justice", "interior", "cadastre", "tax", "bishkek-hall", "osh-hall", "social-fund", "labour")


class Agencies:
    """`built`: the acts that the lifecycle's table calls built."""

    def __init__(self, centre, built):
        self.centre, self.built = centre, built
        self.book, self.staff, self.dice = centre.book, centre.staff, centre.dice

    def part_of_day(self):
        agencies = [a for a in self.book.agencies if a != rulebook.UNROUTED]
        for number in range(3):  # one of each agency at a time: who comes first gets what is due first
            for agency in agencies:
                seats = self.staff.at_work(agency)
                if number < len(seats) and self.dice.happens(0.5):
                    self.take_from_queue(seats[number])
            self.centre.do()
            self.centre.do()  # what was taken is accepted, decided or handed back
        for is_linked in (True, False):  # an answer comes to what it came of: not while that is acted upon
            for case in [c for c in self.centre.cases if c.is_open and c.agency != rulebook.UNROUTED]:
                if bool(case.kind) == is_linked:
                    self.go_on_with(case)
            self.centre.do()

    def take_from_queue(self, seat):
        centre, dice = self.centre, self.dice
        waiting = centre.queue(seat.agency)
        if not waiting:
            return
        named = dice.choice(waiting) if dice.happens(0.15) else None
        centre.claim(seat, 1 if named or dice.happens(0.4) else dice.randrange(2, 7), named, self.taken)

    def taken(self, seat, taken):
        dice = self.dice
        at_once = [c for c in taken if not c.is_lazy and not c.kind and dice.happens(0.2)]
        if len(at_once) > 1:
            self.centre.decide_batch(seat, at_once)
        for case in taken if len(at_once) < 2 else [c for c in taken if c not in at_once]:
            if not dice.happens(0.08):  # else its lease runs out, or it is handed back
                self.accept(seat, case)
            elif dice.happens(0.5):
                self.release(seat, case)

    def accept(self, seat, case):
        body = {"fence": case.fence, "body_number": "вх-1"}
        self.centre.plan(seat, lambda: seat.client.post(f"/v1/claims/{case.claim}/accept", body),
                         lambda reply: self.accepted(seat, case, reply))

    def accepted(self, seat, case, reply):
        if reply.status != 200:
            self.centre.disagree("refused", told(case, [f"accept: {reply!r}"]))
            return
        case.accept(seat)
        self.centre.after(case, reply.json, "accept")

    def release(self, seat, case):
        body = {"claims": [{"claim": case.claim, "fence": case.fence}]}
        self.centre.plan(seat, lambda: seat.client.post("/v1/claims/release", body).must(200),
                         lambda reply: self.released(seat, case, *reply["results"]))

    def released(self, seat, case, result):
        if result["result"] != "done":
            self.centre.disagree("refused", told(case, [f"release: {result}"]))
            return
        case.release(seat)
        self.centre.after(case, result["request"], "release")

    def go_on_with(self, case):
        dice = self.dice
        seat = self.staff.holder_of(case) if case.has_claim else None
        if case.state == "decided":
            notify = case.running("notify")
            if notify and dice.happens(0.4 if not case.is_lazy else 0.2 if notify.breached_at else 0):
                self.notify(dice.choice(self.staff.at_work(case.agency)), case, "post")
        elif case.state == "paused" and seat:
            if dice.happens(0.03):
                self.centre.act(seat, case, "resume", {}, lambda at: case.resume(seat, at), self.centre.held(case))
        elif case.state in ("claimed", "in_work") and seat:
            self.work_on(seat, case)
        elif case.state == "queued" and dice.happens(0.006):
            self.forward(dice.choice(self.staff.at_work(case.agency)), case)

    def work_on(self, seat, case):
        dice = self.dice
        if case.kind == "consult":
            if dice.happens(0.02 if case.is_lazy else 0.3):
                self.answer(seat, case)
        elif (case.running("notify_extension") or case.running("notify")) and dice.happens(0.3):
            self.notify(seat, case, "mobile")
        elif case.running("forward") and case.running("forward").breached_at and dice.happens(0.25):
            self.forward(seat, case)
        elif case.is_lazy and not (case.is_overdue(self.centre.now) and dice.happens(0.06)):
            return
        elif dice.happens(0.05) and self.pause(seat, case):
            return
        elif dice.happens(0.04):
            self.extend(seat, case)
        elif dice.happens(0.04):
            self.forward(seat, case)
        elif dice.happens(0.025) and "consult" in self.built and not case.kind:
            self.ask_others(seat, case)
        elif dice.happens(0.03):
            self.centre.act(seat, case, "correct", {"changes": {"address": "Ош, Ленина 5"}},
                            lambda at: case.correct(seat, at), self.centre.held(case))
        elif dice.happens(0.18):
            self.centre.decide(seat, case)

    def notify(self, seat, case, channel):
        self.centre.act(seat, case, "notify", {"channel": channel}, lambda at: case.notify(seat, at),
                        case.state != "decided" and self.centre.held(case))

    def pause(self, seat, case):
        """On a ground of the standard; the applicant has at least what it gives, and no more than it allows in all."""
        grounds = [p["ground"] for p in stage(case.service, "decide").get("pauses", [])]
        if not grounds or any(d.pauses for d in case.deadlines):
            return False
        standard = pause_of(case.service, self.dice.choice(grounds))
        ground, body, wanted, cure_by = standard["ground"], {}, [], None
        probe = Case(self.book, case.service, case.variant["code"], case.office, case.agency, case.territory)
        last = probe.start("cure", standard["cure"], self.centre.now).term.due_on
        if (dt.date.fromisoformat(last) - self.centre.now.date()).days + 1 > standard["max_total"]["amount"]:
            return False  # the term to cure is longer than the standard lets all pauses be
        if standard["needs_cure_by"] or self.dice.happens(0.3):
            cure_by = body["cure_by"] = last
        if ground == "documents_missing":
            wanted = [self.dice.choice(case.service["documents"])["kind"]]
            body["documents_wanted"] = wanted
        self.centre.act(seat, case, "pause", {"ground": ground, **body},
                        lambda at: case.pause(seat, ground, at, cure_by, wanted), self.centre.held(case))
        return True

    def extend(self, seat, case):
        standard = stage(case.service, "decide").get("extensions")
        decide = case.running("decide")
        if not standard or not decide or len(decide.extensions) >= standard["max"] or case.is_overdue(self.centre.now):
            return
        amount, unit = standard["sum"]["amount"], standard["sum"]["unit"]
        if unit == "month":
            amount, unit = 10, "day"
        amount = self.dice.randrange(1, amount + 1)
        head, = self.staff.heads[case.agency]
        by_officer = standard["rank"] == "officer"
        if not by_officer and head.name != seat.name and case.agency in self.staff.OFFICER_HEADS:
            return  # a head who is an officer extends what is in his own hands
        who = seat if by_officer else head
        self.centre.act(who, case, "extend", {"amount": amount, "unit": unit, "reason": "дагы текшерүү", "legal_basis": "12-берене"},
                        lambda at: case.extend(who, amount, unit, at), who is seat and self.centre.held(case))

    def forward(self, seat, case):
        if case.kind or case.hops >= case.service["forward"]["max_hops"]:
            return
        to = self.dice.choice([a for a in ELSEWHERE if a != case.agency])
        self.centre.act(seat, case, "forward", {"to_agency": to, "reason": "башка органдын иши"},
                        lambda at: case.forward(seat, to, at), case.has_claim and self.centre.held(case))

    def ask_others(self, seat, case):
        """Other bodies are asked, or given a part: each finds a request of its own in its queue."""
        dice, main = self.dice, case.main_deadline()
        others = [a for a in ELSEWHERE if a != case.agency]
        fields = sorted(FORMS[case.service["code"]])
        if fields and dice.happens(0.3):
            act, asked = "forward", [dice.choice(others)]
            body = {"to_agency": asked[0], "part": fields[:1]}
        elif main and main.is_open and case.main().due_at and case.main().due_at > self.centre.now + dt.timedelta(minutes=2):
            act, asked = "consult", dice.some(others, dice.choice((1, 2, 3)))
            body = {"agencies": asked, "question": "Карыз барбы?", "join": dice.choice(("all", "any"))}
        else:
            return  # nothing says until when they should answer
        if act == "forward" and case.hops >= case.service["forward"]["max_hops"]:
            return
        by_claim = self.centre.held(case)
        self.centre.plan(seat, lambda: seat.act(case, act, body, by_claim),
                         lambda reply: self.asked(seat, case, act, asked, reply))

    def asked(self, seat, case, act, asked, reply):
        if reply.status != 200:
            self.centre.disagree("refused", told(case, [f"{act} to {asked}: {reply!r}"]))
            return
        links = reply["links"][len(case.links):]
        if [x["agency"] for x in links] != asked:
            self.centre.disagree("acts", told(case, [f"{asked} were asked, linked are {links}"]))
        if act == "forward":
            self.part_goes(case, reply.json)
        case.note(act, seat, self.centre.now)
        for link in links:
            got = self.staff.over_all.client.get(f"/v1/requests/{link['request']}").must(200)
            child = linked(case, link, seat, moment(got["registered_at"]))
            self.staff.over_all.note(child)
            child.asked, child.is_lazy = case.version, self.dice.happens(0.2)
            self.centre.cases.append(child)
            pass_time(child, self.centre.now)  # the part of what is late is late
            self.centre.after(child, got.json, link["kind"])
        self.centre.after(case, reply.json, act)

    def part_goes(self, case, got):
        stopped = [moment(d["stopped_at"]) for d in got["deadlines"] if d["kind"] == "forward" and d["stopped_at"]]
        if case.running("forward"):
            case.stop(case.running("forward"), stopped[-1])
        begun = [moment(d["started_at"]) for d in got["deadlines"] if d["kind"] == "notify" and not d["stopped_at"]]
        if begun:
            case.owe_notice(begun[-1])

    def answer(self, seat, case):
        outcome = self.dice.choice(("granted", "partly", "refused"))
        self.centre.act(seat, case, "decide", {"outcome": outcome, "reason": "жок"},
                        lambda at: case.decide(seat, outcome, at), self.centre.held(case))

    # Those above

    def supervise(self):
        """A few times a day, by whoever is over all."""
        centre, dice, over = self.centre, self.dice, self.staff.over_all
        lost = [c for c in centre.cases if c.is_open and c.agency == rulebook.UNROUTED]
        for case in dice.some(lost, 3):
            self.reassign(case, dice.choice(ELSEWHERE), None)
        centre.do()
        for case in dice.some([c for c in centre.cases if c.is_open and c.agency != rulebook.UNROUTED], 2):
            to = dice.choice(self.staff.at_work(case.agency))
            # Whom a system names, nobody can appoint: the system's principal is who it is given to.
            self.reassign(case, None, to) if dice.happens(0.6) else self.reassign(case, case.agency, None)
        centre.do()
        for case in dice.some([c for c in centre.cases if c.state in WORKED_ON or c.state == "paused"], 2):
            head, = self.staff.heads[case.agency]
            to = dice.choice((head.name, "supervisor"))
            centre.act(over, case, "escalate", {"to": to}, lambda at, c=case, t=to: c.escalate(over, t, at))
        centre.do()
        for case in dice.some([c for c in centre.cases if (not c.is_open or c.state == "decided") and not c.kind and not c.links], 1):
            centre.act(over, case, "reopen", {"reason": "сот чечими"}, lambda at, c=case: c.reopen(over, at))
        centre.do()

    def reassign(self, case, agency, seat):
        over = self.staff.over_all
        name = seat.name if seat else None
        body = {"to_principal": name} if name else {"to_agency": agency}
        self.centre.act(over, case, "reassign", body,
                        lambda at: case.reassign(over, at, to_agency=agency, to_principal=name))

    def one_leaves(self, seat):
        """An officer is gone: what was in those hands waits in the queue again, and the head answers for it."""
        self.staff.leaves(seat)
        for case in self.centre.cases:
            if case.is_open and seat.name in (case.holder, case.responsible):
                case.gives_up(self.staff.admin_seat, seat.name)
                self.centre.touched.add(case.number)
                self.centre.count("left behind")
