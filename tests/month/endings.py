"""What must hold when the month is over: every request, every journal, every receipt, every line of the access log."""

import collections
import json
import subprocess

from audit import differences, told
from people import Seat
from proof import is_signed
from rulebook import moment

import support.paper

BY_ITSELF = ("breached", "recomputed", "warned", "escalated")
READERS = 4


class Endings:
    def __init__(self, centre, world):
        self.centre, self.world = centre, world
        self.staff, self.dice = centre.staff, centre.dice
        self.readers = [Seat("auditor", world.client("auditor", fresh=True), self.staff.told) for _ in range(READERS)]

    def read_all(self, cases, part, then):
        """Each by one of several connections of the auditor."""
        for number, case in enumerate(cases):
            reader = self.readers[number % READERS]
            self.centre.plan(reader, lambda c=case, r=reader: r.read(c, part), lambda reply, c=case: then(c, reply))
        self.centre.do()

    def requests(self):
        """All there ever were, closed ones too, page after page."""
        cases = {c.id: c for c in self.centre.cases}
        for got in self.staff.over_all.pages("/v1/requests?limit=500"):
            case = cases.pop(got["id"], None)
            wrong = differences(case, got, self.centre.now) if case else ["unknown to the model"]
            if wrong:
                self.centre.disagree("requests", told(case, wrong) if case else f"{got['number']}: {wrong}")
        for case in cases.values():
            self.centre.disagree("requests", told(case, ["not in the list"]))

    def journals(self):
        self.read_all(self.centre.cases, "/events?limit=500", self.journal)

    def journal(self, case, reply):
        events = reply["items"]
        wrong = []
        if [e["seq"] for e in events] != list(range(1, len(events) + 1)):
            wrong.append(f"its numbers are {[e['seq'] for e in events]}")
        acts = [(e["kind"], e["principal"], e["actor"]) for e in events if e["kind"] not in BY_ITSELF]
        if acts != case.journal:
            wrong.append(f"the model wrote {case.journal}, the daemon {acts}")
        wrong += self.of_itself(case, events)
        if wrong:
            self.centre.disagree("journals", told(case, wrong))

    def of_itself(self, case, events):
        """What time did is there as often as it happened: breaches and moves at their moments, rungs at most once a term."""
        breaches = [(e["after"]["deadline"], moment(e["after"]["due_at"])) for e in events if e["kind"] == "breached"]
        if sorted(breaches) != sorted(case.breaches):
            yield f"the model saw pass {case.breaches}, the daemon {breaches}"
        moves = [(e["before"]["deadline"], moment(e["before"]["due_at"]), moment(e["after"]["due_at"]))
                 for e in events if e["kind"] == "recomputed"]
        if collections.Counter(moves) != collections.Counter(case.moves):
            yield f"the model moved {case.moves}, the daemon {moves}"
        rungs = collections.Counter((e["after"]["deadline"], e["after"]["rung"]) for e in events
                                    if e["kind"] in ("warned", "escalated") and "rung" in e["after"])
        terms = collections.Counter(d.kind for d in case.deadlines)
        yield from (f"rung {rung} of {kind} fired {n} times" for (kind, rung), n in rungs.items() if n > terms[kind])
        if any(e["principal"] != "kezekd" for e in events if e["kind"] in BY_ITSELF and "rung" not in (e["after"] or {})
               and e["kind"] != "escalated"):
            yield "time has another name than kezekd"

    def receipts(self):
        keys = self.staff.auditor.client.get("/v1/receipt-key").must(200).json
        for case, clerk, receipt, promised in self.centre.receipts:
            self.receipt(case, clerk, receipt, promised, keys)

    def receipt(self, case, clerk, receipt, promised, keys):
        says = (case.number, case.registered_at, case.received_at, case.office, case.service["code"], promised, promised,
                case.variant["fee_tyiyn"], clerk.actor or clerk.name)
        said = (receipt["number"], moment(receipt["registered_at"]), moment(receipt["received_at"]),
                receipt["office"]["code"], receipt["service"]["code"], receipt["due_on"], receipt["promised_due_on"],
                receipt["fee_tyiyn"], receipt["clerk"])
        if says != said:
            self.centre.disagree("receipts", told(case, [f"the model hands out {says}, the daemon {said}"]))
        if not is_signed(receipt, keys):
            self.centre.disagree("receipts", told(case, ["its receipt is not signed"]))
        if is_signed({**receipt, "due_on": "2026-01-01"}, keys):
            self.centre.disagree("receipts", told(case, ["its receipt proves another day too"]))

    def papers(self, program, read_qr, count):
        """Some of them as they are printed, proved by the command that needs no server."""
        keys = self.world.directory / "receipt-keys.json"
        keys.write_text(json.dumps(self.staff.auditor.client.get("/v1/receipt-key").must(200).json), encoding="utf-8")
        for case, clerk, first, _ in self.dice.some(self.centre.receipts, count):
            text = clerk.read(case, "/receipt", "text/plain").text
            page = clerk.read(case, "/receipt", "text/html").text
            now = clerk.read(case, "/receipt").json
            if (now["code"], now["promised_due_on"], now["due_on"]) != (first["code"], case.promised, case.main().due_on):
                self.centre.disagree("receipts", told(case, [f"its receipt became {now}"]))
            for paper in (json.dumps(first), json.dumps(now), text, read_qr(page)):
                done = subprocess.run([program, "receipt", "verify", "-", "--key", keys, "--json"], input=paper, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                if done.returncode or json.loads(done.stdout)["number"] != case.number:
                    self.centre.disagree("receipts", told(case, [f"not proved: {paper[:300]} {done.stderr}"]))
            if f"\n{support.paper.signed_text(now)} " not in text:
                self.centre.disagree("receipts", told(case, ["the printed receipt says something else"]))

    def accesses(self, count):
        """Whoever was told of somebody stands in the log, once for each time."""
        told_of = collections.defaultdict(collections.Counter)
        for (request, *line), n in self.staff.told.lines.items():
            told_of[request][tuple(line)] += n
        for case in self.dice.some(self.centre.cases, count):
            lines, after = [], ""
            while after is not None:
                reply = self.staff.auditor.client.get(f"/v1/requests/{case.id}/access?limit=500{after}").must(200)
                lines += [(line["principal"], line["actor"], line["what"]) for line in reply["items"]]
                after = f"&after={reply['page']['end_cursor']}" if reply["page"]["has_more"] else None
            if collections.Counter(lines) != told_of[case.id]:
                self.centre.disagree("accesses", told(case, [f"read {dict(told_of[case.id])}, "
                                                             f"logged {dict(collections.Counter(lines))}"]))
