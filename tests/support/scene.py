"""The stage of the access matrix: viewers of every role, requests full of words to be found again, and who sees which."""

import datetime
import re
import uuid

from .casework import submission
from .kezek import eventually

LEASE = 86400
BREACH_DAYS = 21  # after which what is silent is granted, what is late is overdue, and what has a ladder has been told of


class Viewer:
    """Somebody who asks. role None: whom the daemon does not let in, with the problem's code as `refusal`."""

    def __init__(self, name, role, office=None, agency=None, kind="person", actor=None, refusal=None):
        self.name, self.role, self.office, self.agency, self.kind = name, role, office, agency, kind
        self.actor, self.refusal = actor, refusal
        self.is_bare = kind == "system" and actor is None

    def __str__(self):
        return f"{self.name or 'nobody'}{'' if not self.is_bare else ' without an actor'}"

    def sees_all(self):
        return self.role in ("admin", "auditor") or self.role == "supervisor" and not self.agency

    def sees_now(self, subject):
        """As the office that took it, the agency that has it, or one whose scope is everything."""
        if not subject.exists:
            return False
        if self.role == "clerk":
            return self.office == subject.office
        return self.sees_all() or self.role in ("officer", "supervisor") and self.agency == subject.agency

    def sees(self, subject):
        return self.sees_now(subject) or self.role in ("officer", "supervisor") and self.agency in subject.former

    def sees_person(self, subject):
        """PIN unmasked, and documents: the office that took it, the agency that acts."""
        return self.sees_now(subject) and not self.sees_all()

    def unseen(self, subject):
        """The words of a request that must not reach this viewer."""
        words = subject.words
        if self.role is None or not self.sees(subject):
            # Who is asked about a request knows its number and the question; who has a part of it, whose it is and its papers.
            known = ("number", "question") if self.role and any(self.sees(one) for one in subject.asked) else ()
            if self.role and any(self.sees(one) for one in subject.parts):
                known = PART
            return {what: word for what, word in words.items() if what not in known}
        hidden = []
        if not self.sees_person(subject):
            hidden += ["pin", "representative_pin", "bytes"]
        if not self.sees_now(subject) or self.role == "admin":
            hidden += ["document", "document_after"]
        if self.agency in subject.former and subject.asked or self.role == "admin":
            hidden += ["question"]
        if self.role == "admin":
            hidden += ["name", "representative_name", "authority", "phone", "email", "address", "registration_number",
                       "form", "external_ref", "reason", "paper"]
        if self.name != subject.holder:
            hidden += ["claim"]
        return {what: words[what] for what in hidden if what in words}


PEOPLE = (
    Viewer("desk-clerk", "clerk", office="desk"),
    Viewer("desk-two-clerk", "clerk", office="desk-two"),
    Viewer("officer-probe", "officer", agency="probe"),
    Viewer("officer-probe-b", "officer", agency="probe"),
    Viewer("officer-probe-two", "officer", agency="probe-two"),
    Viewer("officer-probe-three", "officer", agency="probe-three"),
    Viewer("supervisor-probe", "supervisor", agency="probe"),
    Viewer("supervisor-probe-two", "supervisor", agency="probe-two"),
    Viewer("supervisor", "supervisor"),
    Viewer("admin", "admin"),
    Viewer("auditor", "auditor"),
    Viewer("centre", "clerk", office="desk", kind="system", actor="staff-17"),
    Viewer("ministry", "officer", agency="probe-two", kind="system", actor="Resource21"),
)
BARE = (
    Viewer("centre", "clerk", office="desk", kind="system"),
    Viewer("ministry", "officer", agency="probe-two", kind="system"),
)
OUTSIDE = (
    Viewer(None, None, refusal="unauthenticated"),
    Viewer("stranger", None, refusal="principal_unknown"),
    Viewer("former-officer", None, agency="probe", refusal="principal_disabled"),
    Viewer("former-clerk", None, office="desk", refusal="principal_disabled"),
)


# What of a whole comes with its part.
PART = ("pin", "representative_pin", "name", "representative_name", "authority", "phone", "email", "address",
        "registration_number", "external_ref", "number", "paper", "document", "bytes")


class Subject:
    """A request, or one that does not exist; `words`: what of it is to be found nowhere else."""

    def __init__(self, tag, number=0):
        self.tag, self.office, self.agency, self.former, self.exists = tag, None, None, (), True
        self.state = self.holder = self.fence = None
        self.version, self.clerk, self.keepers = 1, None, ()
        self.asked, self.parts = [], []  # what came of it: questions to other bodies, parts that were given on
        self.corrected = {"changes": {"address": "x"}}
        # The number stands in digits only, the letters nowhere else in the house.
        self.words = {
            "pin": f"2150919990{number:04}", "representative_pin": f"1010119880{number:04}",
            "name": f"Канарейкина{tag}", "representative_name": f"Доверенный{tag}", "authority": f"Authority{tag}",
            "phone": f"+99655577{number:04}", "email": f"{tag}@canary.example", "address": f"Canary{tag}Street",
            "registration_number": f"Register{tag}", "form": f"Form{tag}Value", "external_ref": f"Reference{tag}",
            "reason": f"Reason{tag}", "paper": f"Paper{tag}.pdf", "document": f"File{tag}.txt", "bytes": f"Bytes{tag}Inside",
            "worker": f"worker{tag}",
        }
        # As an existing one has them.
        self.words |= {"id": str(_uuid7(number)), "claim": str(_uuid7(number + 500)), "number": f"{tag}-{number}/26",
                       "code": "7K2MX-9QD4T", "body_number": f"Body{tag}", "notification": str(_uuid7(number + 900))}
        self.key = f"key-{tag}"

    id = property(lambda self: self.words["id"])

    def file_at(self, route):
        """The name of a file that the route finds."""
        return self.words["whole" if "/parent/" in route and "whole" in self.words else "document"]

    def submission(self, service):
        w = self.words
        form = {"rooms": 3} if service == "p-clock" else {"said": w["form"], "given": "on"}
        return submission(service, form=form, external_ref=w["external_ref"], documents=[
            {"kind": "extract", "name": w["paper"]}] if service in ("p-clock", "p-silence") else None, applicant={
                "kind": "person", "pin": w["pin"], "name": f"{w['name']} Асан", "phone": w["phone"], "email": w["email"],
                "address": w["address"], "registration_number": w["registration_number"],
                "representative": {"name": w["representative_name"], "pin": w["representative_pin"],
                                   "authority": w["authority"]}})


def _uuid7(number):
    """Of the scene's day, so that it looks as those look that exist."""
    return uuid.UUID(f"019aa000-0000-7000-8000-{number + 0xabc000000000:012x}")


class Scene:
    """Everything above in one world, whose clock then stands where nothing more falls due."""

    def __init__(self, world):
        self.world = world
        for viewer in (*PEOPLE, *OUTSIDE):
            self._let_in(viewer)
        ours, theirs, given, split, granted = (Subject(tag, 7 + 11 * i) for i, tag in enumerate(
            ("Ours", "Theirs", "Given", "Split", "Granted")))
        self._submit(ours, "desk-clerk", "p-plain")
        self._submit(theirs, "desk-two-clerk", "p-other")
        self._submit(given, "desk-two-clerk", "p-clock")
        self._submit(split, "desk-clerk", "p-other")
        self._submit(granted, "desk-two-clerk", "p-silence")
        self._warn(given, "officer-probe")
        self._give_on(given, "officer-probe", "probe-two")
        world.advance(days=BREACH_DAYS)
        self._hold(ours, "officer-probe", "probe")
        self._hold(theirs, "officer-probe-two", "probe-two")
        self._hold(given, "officer-probe-two", "probe-two")
        given.words["document_after"] = "FileAfterwards.txt"
        self._file("officer-probe-two", given, given.words["document_after"], "BytesAfterwards")
        for subject in (ours, theirs, given, split, granted):
            self._correct(subject)
        asked = self._ask(given, "officer-probe-two", "officer-probe-three")
        part = self._part(theirs, "officer-probe-two", "officer-probe-three")
        self.subjects = (ours, theirs, given, split, granted, asked, part)
        for subject in self.subjects:
            self._look(subject)
        asked.former = part.former = ("probe-two",)  # who asked, or gave it on, sees it; who had the request before does not
        self.ghost = Subject("Nowhere", 77)
        self.ghost.office = self.ghost.agency = "nowhere"
        self.ghost.exists = False
        self._forbidden = {}

    def client(self, viewer):
        name = viewer.name if isinstance(viewer, Viewer) else viewer
        if isinstance(viewer, Viewer) and viewer.kind == "system":
            attribute = f"_{name}_{viewer.actor}"
            if not hasattr(self, attribute):
                setattr(self, attribute, self.world.client(name, fresh=True, actor=viewer.actor))
            return getattr(self, attribute)
        return self.world.client(name)

    def leaks(self, reply, viewer):
        """Words in a reply that must not reach this viewer: whose, and what."""
        if viewer not in self._forbidden:
            hidden = {}
            for subject in self.subjects:
                for what, word in viewer.unseen(subject).items():
                    # As it is, and as JSON may escape it.
                    for form in {word.encode(), word.encode("unicode_escape")}:
                        hidden[form] = f"{what} of {subject.tag}"
            self._forbidden[viewer] = hidden, re.compile(b"|".join(map(re.escape, hidden)) or b"(?!)")
        hidden, pattern = self._forbidden[viewer]
        text = reply.body + "\n".join(f"{n}: {v}" for n, v in reply.headers.items()).encode("utf-8", "replace")
        return sorted({hidden[word] for word in pattern.findall(text)})

    def _let_in(self, viewer):
        if viewer.name is None or self.world.pki.certificate(viewer.name).exists():
            return
        if viewer.refusal == "principal_disabled":
            role = "officer" if viewer.agency else "clerk"
            self.world.principal(viewer.name, role, office=viewer.office, agency=viewer.agency)
            self.world.client("admin").call("DELETE", f"/v1/principals/{viewer.name}").must(200)
        elif viewer.role is None:
            self.world.pki.client(viewer.name)
        else:
            self.world.principal(viewer.name, viewer.role, viewer.kind, viewer.office, viewer.agency)

    def _submit(self, subject, clerk, service):
        client = self.client(clerk)
        made = client.post("/v1/requests", subject.submission(service), key=subject.key).must(201).json
        subject.words |= {"id": made["id"], "number": made["number"], "code": made["receipt"]["code"]}
        self._file(clerk, subject, subject.words["document"], subject.words["bytes"])
        subject.clerk, subject.keepers = clerk, (clerk,)

    def _correct(self, subject):
        """A reason in the journal, and an answer under a key."""
        client = self.client(subject.clerk)
        subject.corrected = {"changes": {"applicant": {"phone": subject.words["phone"]}}, "reason": subject.words["reason"]}
        client.act(client.get(f"/v1/requests/{subject.id}").json, "correct", subject.corrected,
                   key=f"{subject.key}-correct").must(200)

    def _file(self, who, subject, name, content):
        self.client(who).call("PUT", f"/v1/requests/{subject.id}/documents/{name}", content.encode(),
                              headers={"Content-Type": "text/plain; charset=utf-8"}).must(201)

    def _warn(self, subject, officer):
        """So late that its agency has been told of it."""
        self.world.advance(days=9)
        chief = self.client(officer.replace("officer", "supervisor"))
        told = eventually(lambda: chief.get("/v1/notifications").must(200)["items"])
        subject.words["notification"] = told[0]["id"]

    def _give_on(self, subject, officer, to_agency):
        client = self.client(officer)
        client.act(client.get(f"/v1/requests/{subject.id}").json, "forward", {"to_agency": to_agency}).must(200)

    def _hold(self, subject, officer, agency):
        w, client = subject.words, self.client(officer)
        claim = client.post(f"/v1/queues/{agency}/claims", {
            "request": subject.id, "worker": w["worker"], "lease_seconds": LEASE}).must(200)["claims"][0]
        w["claim"], subject.fence, subject.holder = claim["claim"], claim["fence"], officer
        subject.keepers = (*subject.keepers, officer)
        client.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"], "body_number": w["body_number"]},
                    key=f"{subject.key}-accept").must(200)

    def _ask(self, subject, officer, other):
        """A question to another body, whose name is the officer's; the request that comes of it."""
        asked = Subject("Asked", 62)
        subject.words["question"] = asked.words["question"] = "QuestionAsked"
        made = self.client(officer).post(f"/v1/requests/{subject.id}/consult", {
            "claim": subject.words["claim"], "fence": subject.fence, "question": asked.words["question"],
            "answer_by": (self.world.now() + datetime.timedelta(days=30)).isoformat(), "agencies": [other.removeprefix("officer-")]}).must(200)["links"][0]
        asked.words |= {"id": made["request"], "number": made["number"]}
        self._file(other, asked, asked.words["document"], asked.words["bytes"])
        subject.asked.append(asked)
        return asked

    def _part(self, subject, officer, other):
        """A part of it, given on to another body; a file of its own, and by `whole` one of the whole's."""
        part = Subject("Part", 73)
        made = self.client(officer).post(f"/v1/requests/{subject.id}/forward", {
            "claim": subject.words["claim"], "fence": subject.fence, "part": ["given"], "to_agency": other.removeprefix("officer-")}).must(200)["links"][0]
        part.words |= {"id": made["request"], "number": made["number"], "whole": subject.words["document"]}
        self._file(other, part, part.words["document"], part.words["bytes"])
        subject.parts.append(part)
        return part

    def _look(self, subject):
        """Where it stands now; each event and document is a word too."""
        client = self.client("supervisor")
        seen = client.get(f"/v1/requests/{subject.id}").must(200).json
        subject.office, subject.agency, subject.version = seen["office"], seen["agency"], seen["version"]
        subject.state, subject.service, subject.overdue = seen["state"], seen["service"]["code"], seen["overdue"]
        subject.responsible = seen["responsible"]["principal"]
        events = client.get(f"/v1/requests/{subject.id}/events?limit=500").must(200)["items"]
        for event in events:
            subject.words[f"event {event['seq']}"] = event["id"]
            if event["kind"] == "forward" and (event["before"] or event["after"])["agency"] != event["after"]["agency"]:
                subject.former = (*subject.former, event["before"]["agency"])
        if subject.holder is None:
            for absent in ("claim", "worker", "body_number"):
                del subject.words[absent]


_VOLATILE = re.compile(rb'"trace_id":"[^"]*"')


def normal(reply, subject):
    """A reply without what differs from call to call, and with the words that were asked by made alike."""
    body = _VOLATILE.sub(b'"trace_id":""', reply.body)
    for what, word in sorted(subject.words.items(), key=lambda pair: -len(pair[1])):
        body = body.replace(word.encode(), what.encode())
    headers = {name: value for name, value in reply.headers.items() if name not in ("Date", "X-Request-Id", "Content-Length")}
    return reply.status, headers, body


__all__ = ["BARE", "OUTSIDE", "PEOPLE", "Scene", "Subject", "Viewer", "normal"]
