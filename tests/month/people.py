"""Who works in this month: a seat for each principal, which remembers what personal data it was told."""

import collections
import random


class Told:
    """Reads of personal data: how often each principal was told of each request by which path."""

    def __init__(self):
        self.lines = collections.Counter()
        self.streams = collections.Counter()

    def note(self, seat, request, what):
        self.lines[request, seat.name, seat.actor, what] += 1


class Seat:
    """One principal at work; `actor` names the person where a system acts."""

    def __init__(self, name, client, told, actor=None, office=None, agency=None):
        self.name, self.client, self.told, self.actor = name, client, told, actor
        self.office, self.agency = office, agency
        self.is_gone = False

    def act(self, case, act, body, by_claim=False):
        """With claim and fence, or with If-Match."""
        path = f"/v1/requests/{case.id}/{act}"
        if by_claim:
            return self.client.post(path, {**body, "claim": case.claim, "fence": case.fence})
        return self.client.post(path, body, match=case.version)

    def read(self, case, part="", accept=None):
        headers = {"Accept": accept} if accept else None
        reply = self.client.get(f"/v1/requests/{case.id}{part}", headers=headers).must(200)
        self.told.note(self, case.id, f"/v1/requests/{{id}}{part.partition('?')[0]}")
        return reply

    def note(self, case):
        self.told.note(self, case.id, "/v1/requests/{id}")

    def search(self, **what):
        reply = self.client.post("/v1/searches", what, key=None).must(200)
        for item in reply["items"]:
            self.told.note(self, item["id"], "/v1/searches")
        return reply["items"]

    def stream(self, path):
        """A whole list as NDJSON: one line of the access log, whomever it tells of."""
        self.told.streams[self.name] += 1
        return self.client.get(path, headers={"Accept": "application/x-ndjson"}).must(200)

    def pages(self, path):
        after = ""
        while True:
            reply = self.client.get(f"{path}{after}").must(200)
            for item in reply["items"]:
                self.told.note(self, item["id"], path.partition("?")[0])
                yield item
            if not reply["page"]["has_more"]:
                return
            after = f"&after={reply['page']['end_cursor']}"


class Staff:
    """
    A clerk for each office, two officers and a head for each agency, a supervisor and an auditor over all. One
    office and one agency work through a system of their own, which names the person.
    """

    SYSTEM_OFFICE, SYSTEM_AGENCY = "con-osh", "justice"
    OFFICER_HEADS = ("interior",)  # where the head works off the queue too

    def __init__(self, world, book):
        self.world, self.told = world, Told()
        self.admin = world.client("admin")
        self.names = {}  # of all who may be responsible: False once they have gone
        self.clerks = {office: self.hire(f"{office}-clerk", "clerk", office=office,
                                         actors=self.SYSTEM_OFFICE == office and ("Aigul-7", "Bakyt-12"))
                       for office in book.offices}
        self.heads, self.officers = {}, {}
        for agency in book.agencies:
            is_officer = agency in self.OFFICER_HEADS
            self.heads[agency] = self.hire(book.head(agency), "officer" if is_officer else "supervisor", agency=agency)
            self.officers[agency] = self.heads[agency] if is_officer else []
            actors = ("Resource21", "Resource04") if agency == self.SYSTEM_AGENCY else None
            for number in (1, 2):
                self.officers[agency] = self.officers[agency] + self.hire(
                    f"{agency}-officer-{number}", "officer", agency=agency, actors=actors)
        self.over_all = Seat("supervisor", world.client("supervisor"), self.told)
        self.auditor = Seat("auditor", world.client("auditor"), self.told)
        self.names |= {"supervisor": True}

    def hire(self, name, role, office=None, agency=None, actors=None):
        """The seats at which this principal works: one, or one for each person that a system names."""
        body = {"name": name, "kind": "system" if actors else "person", "role": role, "token": True,
                **({"office": office} if office else {"agency": agency})}
        token = self.admin.post("/v1/principals", body).must(201)["token"]
        self.names[name] = True
        return [Seat(name, self.world.client(None, token=token, actor=actor), self.told, actor, office, agency)
                for actor in actors or (None,)]

    def leaves(self, seat):
        self.admin.delete(f"/v1/principals/{seat.name}")
        self.names[seat.name] = False
        seat.is_gone = True

    def at_work(self, agency):
        return [seat for seat in self.officers[agency] if not seat.is_gone]

    def holder_of(self, case):
        return next((s for s in self.at_work(case.agency) if (s.name, s.actor) == (case.holder, case.actor)),
                    next((s for s in self.at_work(case.agency) if s.name == case.holder), None))

    def may_answer(self, case, name):
        """Is this somebody who can answer for it: one who is here, the named head, or whom a system names."""
        head = name == case.book.head(case.agency)
        return head or self.names.get(name) or (case.actor is not None and name == case.actor)


class Dice(random.Random):
    def happens(self, share):
        return self.random() < share

    def some(self, items, most):
        """Up to so many of them, in their order."""
        chosen = set(self.sample(range(len(items)), min(len(items), most)))
        return [item for i, item in enumerate(items) if i in chosen]
