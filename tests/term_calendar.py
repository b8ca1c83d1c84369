"""Calendars as the oracle of the deadline calculus sees them: a chain flattened, and plain questions about one day."""

import datetime as dt
import zoneinfo

UTC = dt.timezone.utc
DAY = dt.timedelta(days=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Calendar:
    """A chain of calendars, flattened in the plainest way."""

    def __init__(self, given, known):
        chain = [given]
        while "parent" in chain[-1]:
            chain.append(known[chain[-1]["parent"]])
        self.week = next(c["week"] for c in chain if "week" in c)
        self.zone = zoneinfo.ZoneInfo(next(c["time_zone"] for c in chain if "time_zone" in c))
        covers = [[dt.date.fromisoformat(d) for d in c["covers"]] for c in chain if "covers" in c]
        self.covers = max(c[0] for c in covers), min(c[1] for c in covers)
        self.code = given.get("code", "")
        self.entries, self.beneath = {}, {}
        for calendar in reversed(chain):
            for entry in calendar.get("exceptions", []):
                if entry.get("status", "confirmed") != "revoked":
                    day = dt.date.fromisoformat(entry["date"])
                    self.beneath[day] = self.entries.get(day)
                    self.entries[day] = entry
        self.instants = {}

    def hours(self, day):
        """The working intervals of a day as pairs of "HH:MM"; none on a free day."""
        return self.hours_by(day, self.entries.get(day))

    def hours_by(self, day, entry):
        if entry is None:
            found = self.week.get(WEEKDAYS[day.weekday()], [])
        elif entry["kind"] in ("holiday", "day_off"):
            found = []
        else:
            found = entry.get("hours") or next(self.week[w] for w in WEEKDAYS if self.week.get(w))
        return [interval.split("-") for interval in found]

    def works(self, day):
        return bool(self.hours(day))

    def kind(self, day):
        """What a day is called that works, or does not."""
        entry = self.entries.get(day)
        if self.works(day):
            moved = entry and entry["kind"] == "working" and not self.hours_by(day, self.beneath[day])
            return "moved_workday" if moved else "counted"
        return entry["kind"] if entry else "weekend"

    def covered(self, day):
        return self.covers[0] <= day <= self.covers[1]

    def is_tentative(self, day):
        return self.entries.get(day, {}).get("status") == "tentative"

    def doubtful(self, first, last):
        while first <= last:
            if not self.covered(first) or self.is_tentative(first):
                return True
            first += DAY
        return False

    def day_of(self, instant):
        return instant.astimezone(self.zone).date()

    def instant(self, day, clock="00:00"):
        """The first instant at which the wall clock shows that time, or the end of the gap that swallows it."""
        key = day, clock
        if key not in self.instants:
            self.instants[key] = self.find_instant(day, clock)
        return self.instants[key]

    def find_instant(self, day, clock):
        if clock == "24:00":
            return self.instant(day + DAY)
        wall = dt.datetime.combine(day, dt.time.fromisoformat(clock))
        found = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if found.astimezone(self.zone).replace(tzinfo=None) == wall:
            return found
        # In a gap: the first second at which the clock has got past the time.
        low, high = found - 2 * DAY, found + 2 * DAY
        while high - low > dt.timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.zone).replace(tzinfo=None) >= wall:
                high = middle
            else:
                low = middle
        return high

    def opening(self, day):
        """Of a free day: its first instant."""
        return self.instant(day, self.hours(day)[0][0] if self.works(day) else "00:00")

    def closing(self, day):
        return self.instant(day, self.hours(day)[-1][1])
