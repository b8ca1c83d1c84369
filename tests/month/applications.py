"""What people bring to a counter: sound applications for every service, variant and kind of applicant."""

import rulebook

NAMES = ("Асанов Үсөн", "Бекова Гүлнара", "Иванова Ольга Петровна", "Токтосунов Эрлан", "Жумабаева Айгүл", "Ли Сергей",
         "Сыдыков Нурбек", "Карабекова Чолпон", "Мамытов Өмүрбек", "Ким Елена")
FORMS = {
    "6-49": {"photo_taken": True}, "6-50": {"photo_taken": True}, "6-12": {"address": "Киевская 1"},
    "15-1": {"entity_name": "ОсОО Ала-Тоо", "form": "llc"}, "12-1": {"country": "DE"}, "15-2": {"activity": "47.11"},
    "15-3": {"tax_number": "01234567890123"}, "11-1": {"cadastral_number": "1-02-03-0004"},
    "11-2": {"cadastral_number": "1-02-03-0004", "right": "ownership"},
    "6-7": {"child_name": "Айбек", "born_on": "2026-04-01"}, "6-8": {"act": "marriage", "year": 1999},
    "9-1": {"purpose": "жумушка"}, "2-1": {"categories": ["B", "C1"]}, "2-2": {"vin": "XTA21099043574444"},
    "21-1": {}, "21-2": {"child_pin": "12001202512345", "born_on": "2025-01-20"}, "21-3": {},
    "22-1": {"cadastral_number": "2-03-04", "storeys": 2, "area_m2": 64.5}, "22-2": {"place": "Чүй 100", "area_m2": 12},
    "22-3": {"place": "Ош базары"}, "3-1": {"kind": "age"}, "3-2": {"children": [{"born_on": "2020-02-29"}]}, "8-1": {},
    "1-1": {"subject": "Жолду оңдоо", "kind": "request"}}


class Counter:
    """Gives out applications so that, before any is repeated, each service, variant and kind of applicant has come."""

    def __init__(self, book, dice):
        self.book, self.dice = book, dice
        self.kinds = [(code, v["code"], kind) for code in sorted(book.services)
                      for v in book.services[code][0]["variants"]
                      for recipient in book.services[code][0]["recipients"] for kind in rulebook.RECIPIENTS[recipient]]
        self.waiting = []
        self.number = 0

    def next_kind(self):
        if not self.waiting:
            self.waiting = self.dice.sample(self.kinds, len(self.kinds))
        return self.waiting.pop()

    def office_for(self, variant, open_offices):
        allowed = [o for o in open_offices if not variant["offices"] or o in variant["offices"]]
        return self.dice.choice(allowed) if allowed else None

    def place_for(self, service):
        """Mostly where somebody is named for it; sometimes anywhere."""
        routed = [r["territory"] for r in self.book.routes_of(service) if r["by"] != "office"]
        if not routed:
            return None
        outer = self.dice.choice(routed) if self.dice.happens(0.9) else "KG"
        return self.dice.choice([t for t in sorted(self.book.territories) if self.book.within(t, outer)])

    def applicant(self, kind):
        dice = self.dice
        name = dice.choice(NAMES) if kind in ("person", "entrepreneur") else f"ОсОО «{dice.choice(NAMES)}»"
        who = {"kind": kind, "name": name, "phone": f"+99655500{dice.randrange(10000):04}"}
        if kind == "person" and dice.happens(0.85) or kind == "entrepreneur":
            born = f"{dice.randrange(1, 29):02}{dice.randrange(1, 13):02}{dice.randrange(1950, 2006)}"
            who["pin"] = f"{dice.choice('12')}{born}{dice.randrange(100000):05}"
        if kind in ("company", "body"):
            who["registration_number"] = f"{dice.randrange(10**6)}-3301-ООО"
        if dice.happens(0.1):
            who["representative"] = {"name": dice.choice(NAMES), "authority": "ишеним кат № 7", "pin": "20101198012345"}
        return who

    def documents(self, service, is_incomplete):
        asked = [d for d in service["documents"] if d["required"] or self.dice.happens(0.3)]
        left_out = self.dice.choice([d["kind"] for d in asked if d["required"]] or [None]) if is_incomplete else None
        return [{"kind": d["kind"], "original": d["original"], "pages": self.dice.randrange(1, 9)}
                for d in asked if d["kind"] != left_out]

    def make(self, open_offices, day, is_incomplete):
        """(service, variant, office, place, kind, body), or None where it is offered nowhere now."""
        code, variant, kind = self.next_kind()
        service = self.book.service_on(code, day)
        office = self.office_for(rulebook.variant_of(service, variant), open_offices)
        if not office:
            return None
        place = self.place_for(code)
        self.number += 1
        body = {"service": code, "variant": variant, "channel": self.dice.choice(("counter", "counter", "portal", "xroad")),
                "language": self.dice.choice(("ky", "ru", "en")), "office": office, "applicant": self.applicant(kind),
                "form": FORMS[code], "documents": self.documents(service, is_incomplete),
                "external_ref": f"ref-{self.number}", **({"territory": place} if place else {})}
        return service, variant, office, place, kind, body
