"""The load: clerks who submit, officers who claim, accept and decide, an administrator who moves the clock."""

import datetime
import random
import threading
import time
import uuid

from .caller import Caller, Unanswered
from .history import History

VARIANTS = ("standard", "8-days", "4-days", "2-days", "3-hours")
OFFICE = "con-pervomay"


def submission(dice, reference):
    """One of three services: decided and closed at once; paid first and handed over; another agency's."""
    common = {
        "channel": "counter", "office": OFFICE, "language": dice.choice(("ky", "ru")), "external_ref": reference,
        "applicant": {"kind": "person", "name": f"Асанова Айгүл {reference[:8]}", "phone": "+996555010203"},
    }
    which = dice.random()
    if which < 0.7:
        return {**common, "service": "6-49", "variant": dice.choice(VARIANTS), "form": {"photo_taken": True},
                "documents": [{"kind": "previous_passport", "original": True, "pages": 1}]}
    if which < 0.85:
        return {**common, "service": "6-50", "variant": "standard", "form": {"photo_taken": True},
                "documents": [{"kind": "passport", "original": True, "pages": 1}]}
    return {**common, "service": "6-7", "variant": "standard",
            "form": {"child_name": "Айпери", "born_on": "2026-01-05"},
            "documents": [{"kind": "medical_birth_record", "original": True, "pages": 1},
                          {"kind": "passport", "original": True, "pages": 1}]}


class Worker(threading.Thread):
    """A client in a thread of its own; `step` is one piece of its work."""

    def __init__(self, storm, name, principal, seed, first=0):
        super().__init__(name=name, daemon=True)
        self.storm, self.tally = storm, storm.tally
        self.dice = random.Random(seed)
        self.caller = Caller(storm, principal, first)
        self.principal = principal
        self.history = History(storm.histories, name)

    def run(self):
        try:
            while not self.storm.is_over.is_set():
                self.storm.gate.wait()
                self.step()
        except Unanswered as failure:
            self.tally.complain(f"{self.name}: no answer to the end: {failure}")
        except Exception as failure:
            self.tally.complain(f"{self.name}: {type(failure).__name__}: {failure}")
            raise
        finally:
            self.history.close()
            self.caller.close()

    def act(self, fact, path, body, match=None, **facts):
        """An act with a key of its own, told to the history before it is sent and after it was answered."""
        key = str(uuid.uuid4())
        self.history.write(f"{fact} sent", key=key, **facts)
        reply, tries = self.caller.until_answered("POST", path, body, key, match)
        self.history.write(f"{fact} answered", key=key, status=reply.status, code=reply.code, tries=tries, **facts)
        self.tally.count(f"{fact} {reply.status}")
        return reply


class Clerk(Worker):
    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self.open = []      # requests of mine that wait for money
        self.answered = []  # (key, body, answer) of late

    def step(self):
        key = str(uuid.UUID(int=self.dice.getrandbits(128)))
        body = submission(self.dice, key)
        self.history.write("submit sent", key=key, principal=self.principal)
        twin = None
        if self.dice.random() < 0.05:
            twin = Twin(self, key, body)
            twin.start()
        reply, tries = self.caller.until_answered("POST", "/v1/requests", body, key)
        if twin:
            twin.join()
            if twin.reply and twin.reply.body != reply.body:
                self.tally.complain(f"key {key}: twins were answered differently: {reply.body!r} {twin.reply.body!r}")
        if reply.status != 201:
            self.history.write("submit refused", key=key, status=reply.status, code=reply.code, tries=tries)
            self.tally.complain(f"submission {key}: {reply.status} {reply.body[:300]!r}")
            return
        made = reply.json
        self.history.write("submit answered", key=key, principal=self.principal, id=made["id"],
                           number=made["number"], tries=tries)
        self.tally.count("submissions")
        self.afterwards(key, body, reply, made)

    def afterwards(self, key, body, reply, made):
        roll = self.dice.random()
        if made["state"] == "awaiting_payment" and roll < 0.9:
            paid = self.act("pay", f"/v1/requests/{made['id']}/pay", {"amount_tyiyn": 160000}, match=made["version"],
                            request=made["id"])
            if paid.status != 200:
                self.tally.complain(f"pay {made['id']}: {paid.status} {paid.body[:300]!r}")
        elif roll < 0.05:
            self.act("withdraw", f"/v1/requests/{made['id']}/withdraw", {"reason": "тастайм"}, match=made["version"],
                     request=made["id"])
        elif roll < 0.15:
            seen, _ = self.caller.until_answered("GET", f"/v1/requests/{made['id']}")
            if seen.status != 200 or seen.json["number"] != made["number"]:
                self.tally.complain(f"{made['id']} was acknowledged and is not there: {seen.status}")
        elif roll < 0.2:
            self.repeat(key, body, reply.body)
        self.answered.append((key, body, reply.body))
        del self.answered[:-300]

    def repeat(self, key, body, answer):
        again, _ = self.caller.until_answered("POST", "/v1/requests", body, key)
        if again.body != answer or again.headers.get("Idempotent-Replayed") != "true" or again.status != 201:
            self.tally.complain(f"key {key}: the repeat was answered {again.status} {again.body[:300]!r}")
        self.tally.count("repeats")


class Twin(threading.Thread):
    """The same submission at the same time on another connection."""

    def __init__(self, clerk, key, body):
        super().__init__(daemon=True)
        self.caller = Caller(clerk.storm, clerk.principal, clerk.caller.at + 1)
        self.key, self.body, self.reply = key, body, None

    def run(self):
        try:
            self.reply, _ = self.caller.until_answered("POST", "/v1/requests", self.body, self.key)
        except Unanswered:
            pass
        self.caller.close()


class Officer(Worker):
    def __init__(self, *words, agency, **more):
        super().__init__(*words, **more)
        self.agency = agency

    def step(self):
        body = {"max": self.dice.randint(1, 4), "worker": self.name, "lease_seconds": self.dice.choice((10, 20, 60)),
                "wait_seconds": self.dice.choice((0, 0, 1))}
        try:
            reply = self.caller.once("POST", f"/v1/queues/{self.agency}/claims", body)
        except Unanswered:
            time.sleep(0.05)
            return
        if reply.status != 200:
            self.tally.complain(f"claim: {reply.status} {reply.body[:300]!r}")
            return
        claims = reply.json["claims"]
        if not claims:
            time.sleep(0.05)
        for claim in claims:
            self.history.write("claimed", request=claim["request"]["id"], claim=claim["claim"], fence=claim["fence"],
                               principal=self.principal)
            self.tally.count("claims")
        for claim in claims:
            self.work(claim)

    def work(self, claim):
        facts = {"request": claim["request"]["id"], "claim": claim["claim"], "fence": claim["fence"]}
        hold = {"claim": claim["claim"], "fence": claim["fence"]}
        roll = self.dice.random()
        if roll < 0.1:
            return  # forgotten: the lease runs out
        if roll < 0.25:
            self.release(hold, facts)
            return
        if roll < 0.35:
            self.caller.until_answered("POST", "/v1/claims/renew", {"claims": [hold]})
        if roll < 0.85:
            reply = self.act("accept", f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}, **facts)
            if not self.is_expected(reply, "accept"):
                return
            if self.dice.random() < 0.1:
                return  # kept in custody
        outcome = self.dice.choice(("granted", "partly"))
        reply = self.act("decide", f"/v1/requests/{facts['request']}/decide", {**hold, "outcome": outcome},
                         outcome=outcome, **facts)
        self.is_expected(reply, "decide")

    def is_expected(self, reply, what):
        """Done, or lost to time; whatever else a request says at that point is wrong."""
        if reply.status not in (200, 409) or reply.status == 409 and reply.code not in ("claim_lost", "act_not_open"):
            self.tally.complain(f"{what}: {reply.status} {reply.body[:300]!r}")
        return reply.status == 200

    def release(self, hold, facts):
        self.history.write("release sent", **facts)
        reply, tries = self.caller.until_answered("POST", "/v1/claims/release", {"claims": [hold]})
        self.history.write("release answered", status=reply.status, tries=tries, **facts)


class Timekeeper(Worker):
    """Moves the one clock on, so that leases run out and due moments are passed in the middle of it all."""

    def step(self):
        if self.storm.is_over.wait(self.dice.uniform(1.5, 4)):
            return
        if self.storm.oldest_pending() > 4:
            return  # no operation may live long enough to see its key forgotten after seven days
        hours = self.dice.choice((0.02, 0.5, 2, 6, 15, 24))
        try:
            now = self.storm.world.now()
        except AssertionError:
            return  # PostgreSQL is away
        to = (now + datetime.timedelta(hours=hours)).isoformat()
        try:
            reply = self.caller.once("PUT", "/v1/test/clock", {"now": to})
        except Unanswered:
            return
        if reply.status != 200:
            self.tally.complain(f"clock: {reply.status} {reply.body[:300]!r}")
        self.tally.count("clock moves")
