"""One rule of the deadline calculus over its facts, counted day by day: the heart of the oracle."""

import datetime as dt

from term_calendar import DAY, UTC

HOURS = ("hour", "working_hour")
HOUR = dt.timedelta(hours=1)
EVER = dt.datetime.max.replace(tzinfo=UTC)


class Open(Exception):
    """An open pause stands in the way: no date now, and so much is left."""

    def __init__(self, left, unit):
        super().__init__()
        self.left, self.unit = left, unit


def add_months(day, months):
    """The same day-number so many months on, and whether it was missing there."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    length = ((dt.date(year + month // 12, month % 12 + 1, 1)) - DAY).day
    return dt.date(year, month, min(day.day, length)), day.day > length


class Leg:
    """The rule's own amount, or an extension: what must count from when on, and where it ends."""

    def __init__(self, unit, is_extension, first, begin, count):
        self.unit, self.is_extension, self.first, self.begin, self.count = unit, is_extension, first, begin, count
        self.works = unit in ("working_day", "working_hour")
        self.in_hours = unit in HOURS
        self.is_counted = False
        self.due_on = self.due_at = None


class Run:
    """One rule over the facts, with the first so many of the pauses."""

    def __init__(self, calendar, rule, start, pauses, extensions):
        self.calendar, self.rule = calendar, rule
        self.pauses = pauses
        self.days = []
        for pause in pauses:
            first = calendar.day_of(pause["from"])
            if pause.get("first_paused", "next_day") == "next_day":
                first += DAY
            last = dt.date.max
            if pause["until"] is not None:
                last = calendar.day_of(pause["until"])
                if pause.get("resume_counts", False):
                    last -= DAY
            self.days.append((first, last))
        self.provisional = False
        self.legs, self.left = [], None
        self.due_on = self.due_at = None
        self.deemed = self.deem(start)
        self.not_begun = extensions
        try:
            self.run_leg(rule["amount"], rule["unit"], None)
            while self.not_begun:
                extension, *self.not_begun = self.not_begun
                self.run_leg(extension["amount"], extension["unit"], self.legs[-1])
        except Open as e:
            self.left, self.provisional = e, False
            return
        if pauses and pauses[-1]["until"] is None:
            # It begins before the term has run out, on its last day: no date now, though nothing is left to count.
            self.left, self.provisional = Open(0, "working_day" if self.legs[-1].works else "day"), False
            return
        self.due_on, self.due_at = self.legs[-1].due_on, self.legs[-1].due_at

    def deem(self, start):
        c = self.calendar
        if self.rule.get("after_hours", "as_is") == "as_is":
            return start
        event = day = c.day_of(start)
        deemed = start
        if not c.works(day) or start >= c.closing(day):
            day += DAY
            while not c.works(day):
                day += DAY
            deemed = c.opening(day)
        self.provisional = c.doubtful(event, day)
        return deemed

    def is_paused(self, day):
        return any(first <= day <= last for first, last in self.days)

    def is_open(self, day):
        return any(first <= day and last == dt.date.max for first, last in self.days)

    def counting(self, first, working):
        """The days from `first` on that count, up to an open pause."""
        day = first
        while not self.is_open(day):
            if not self.is_paused(day) and (not working or self.calendar.works(day)):
                yield day
            day += DAY

    def nth(self, first, n, working):
        for day in self.counting(first, working):
            n -= 1
            if n == 0:
                return day
        raise Open(n, "working_day" if working else "day")

    def run_leg(self, amount, unit, before):
        self.legs.append(None)
        (self.hours_leg if unit in HOURS else self.days_leg)(amount, unit, before)

    def days_leg(self, amount, unit, before):
        c, rule = self.calendar, self.rule
        same_day = before is None and rule.get("offset", "next_day") == "same_day"
        event = c.day_of(self.deemed) if before is None else before.due_on
        first = event if same_day else event + DAY
        leg = self.legs[-1] = Leg(unit, before is not None, first, None, amount * (7 if unit == "week" else 1))
        if unit in ("month", "year"):
            last = self.months(leg, event, amount * (12 if unit == "year" else 1), same_day)
        else:
            last = self.nth(first, leg.count, leg.works)
        leg.is_counted = True
        least = rule.get("min_working_days", 0) if before is None else 0
        if least:
            last = max(last, self.nth(first, least, True))
        rolled = last if unit == "working_day" else self.roll(leg, last)
        doubt = [(rolled, rolled)] if rule.get("end") == "close" else []
        if unit == "working_day" or least:
            doubt.append((first, last))
        if unit != "working_day" and rule.get("roll", "forward") != "none":
            doubt.append((min(last, rolled), max(last, rolled)))
        self.provisional = (self.provisional or any(c.doubtful(*d) for d in doubt) or not c.covered(rolled))
        leg.due_on, leg.due_at = rolled, c.instant(rolled + DAY)
        if rule.get("end") == "close" and c.works(rolled) and c.closing(rolled) > self.deemed:
            leg.due_at = c.closing(rolled)

    def months(self, leg, event, months, same_day):
        unmoved, missing = add_months(event, months)
        if same_day and not missing:
            unmoved -= DAY
        leg.count = (unmoved - leg.first).days + 1
        last = unmoved
        while True:
            paused, day = 0, leg.first
            while day <= last:
                if self.is_open(day):
                    raise Open(leg.count - sum(1 for _ in self.counting(leg.first, False)), "day")
                paused += self.is_paused(day)
                day += DAY
            if unmoved + paused * DAY == last:
                return last
            last = unmoved + paused * DAY

    def roll(self, leg, last):
        how = self.rule.get("roll", "forward")
        if how == "none" or self.calendar.works(last):
            return last
        day = last
        while True:
            day += DAY if how == "forward" else -DAY
            if day < leg.first:
                return last
            if self.is_open(day):
                raise Open(0, "day")
            if not self.is_paused(day) and self.calendar.works(day):
                return day

    def stretches(self, begin, working):
        """Endless [from, until) in which hours count, pauses not taken out yet."""
        c = self.calendar
        if not working:
            yield begin, EVER
        day = c.day_of(begin) - DAY
        while True:
            for opens, closes in c.hours(day):
                opens, closes = max(begin, c.instant(day, opens)), c.instant(day, closes)
                if opens < closes:
                    yield opens, closes
            day += DAY

    def time(self, begin, unit, left):
        """The instant at which so much time has run."""
        for opens, closes in self.stretches(begin, unit == "working_hour"):
            at = opens
            for pause in self.pauses:
                until = pause["until"] or EVER
                if until <= at or pause["from"] >= closes:
                    continue
                if pause["from"] - at >= left:
                    break
                left -= max(pause["from"] - at, dt.timedelta(0))
                if pause["until"] is None:
                    raise Open(left, unit)
                at = min(until, closes)
            if closes - at >= left:
                return at + left
            left -= closes - at
        raise AssertionError

    def hours_leg(self, amount, unit, before):
        c = self.calendar
        begin = self.deemed if before is None else before.due_at
        leg = self.legs[-1] = Leg(unit, before is not None, c.day_of(begin), begin, amount * HOUR)
        leg.due_at = self.time(begin, unit, leg.count)
        leg.is_counted = True
        leg.due_on = c.day_of(leg.due_at - dt.timedelta(microseconds=1))
        if unit == "working_hour" and c.doubtful(leg.first, leg.due_on) or not c.covered(leg.due_on):
            self.provisional = True

    def share(self, percent):
        """When that share has run: of the rule's amount and of the extensions of its kind that follow it at once."""
        kind = self.legs[0].in_hours
        legs = []
        for leg in self.legs:
            if leg.in_hours != kind:
                break
            legs.append(leg)
        whole = sum((leg.count for leg in legs[1:]), start=legs[0].count)
        for extension in self.not_begun if len(legs) == len(self.legs) else []:
            if (extension["unit"] in HOURS) != kind:
                break
            if extension["unit"] in ("month", "year"):
                return "unsaid"
            whole += extension["amount"] * {"week": 7}.get(extension["unit"], HOUR if kind else 1)
        if kind:
            left = whole * percent / 100
            for leg in legs:
                if left <= leg.count:
                    return self.time(leg.begin, leg.unit, left)
                left -= leg.count
            raise Open(left, self.legs[0].unit)
        counted = []
        for leg in legs:
            for n, day in zip(range(leg.count), self.counting(leg.first, leg.works)):
                counted.append(day)
        n = -(-percent * whole // 100)
        if n > len(counted):
            raise Open(n - len(counted), "day")
        return self.calendar.opening(counted[n - 1])

    def rung(self, at, due_on, due_at):
        """The instant, "void", "waiting", or "unsaid" where the rules leave it open."""
        n, _, unit = at.partition(" ")
        try:
            if at.endswith("%"):
                instant = self.share(int(at[:-1]))
            elif due_at is None:
                return "waiting"
            elif unit == "working_day":
                instant = self.working_days_from(due_on, int(n))
            else:
                instant = due_at + int(n) * HOUR
        except Open:
            return "waiting"
        return "void" if instant != "unsaid" and instant < self.deemed else instant

    def working_days_from(self, day, n):
        step = DAY if n > 0 else -DAY
        while n:
            day += step
            if n < 0 and day < self.calendar.day_of(self.deemed):
                return self.deemed - DAY
            if self.calendar.works(day) and not self.is_paused(day):
                n -= 1 if n > 0 else -1
        return self.calendar.opening(day)


def run_rule(calendar, rule, start, pauses, extensions):
    """The rule with its restarts, and with those pauses that begin before the term has run out."""
    for i, pause in enumerate(pauses):
        if pause.get("effect") == "restart" and pause["until"] is not None:
            start, last = pause["until"], i
    if any(p.get("effect") == "restart" and p["until"] is not None for p in pauses):
        pauses = pauses[last + 1:]
    pauses = [p for p in pauses if p.get("effect", "pause") != "none"]
    for n in range(len(pauses) + 1):
        run = Run(calendar, rule, start, pauses[:n], extensions)
        if n == len(pauses) or run.left or pauses[n]["from"] >= run.due_at:
            return run
    raise AssertionError
