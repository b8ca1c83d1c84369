"""Calendars that change: nothing is computed by an old one any more, and every open deadline moves, lawfully and once."""

import copy
import json
import threading
import time

from support.casework import CaseTest, submission
from support.kezek import ROOT, Client, main

FOLDER = ROOT / "config" / "calendars"


def calendar(code):
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


class CalendarTest(CaseTest):
    """Probe's agency works by kg-state, whose parent is kg."""

    def change(self, *exceptions, code="kg-state", query="", client=None, **members):
        """Records the calendar as it was installed, with these exceptions besides."""
        whole = {**calendar(code), **members}
        whole["exceptions"] = [e for e in whole["exceptions"] if e["date"] not in {x["date"] for x in exceptions}]
        whole["exceptions"] += copy.deepcopy(list(exceptions))
        return (client or self.admin).put(f"/v1/calendars/{code}{query}", whole).must(200)

    def day_off(self, date, **more):
        return {"date": date, "kind": "day_off", "status": "confirmed", "source": "probe", **more}


class Guard(CalendarTest):
    def test_nothing_is_computed_by_an_old_one(self):
        """Two daemons: while one records changes, the other takes submissions; each is computed by the newest."""
        self.change()
        second = self.world.another_daemon()
        second.start()
        # Two working days from Wednesday: Friday, or Monday when that is off.
        due = {True: self.due_after(self.day_off("2026-11-20")), False: self.due_after()}
        self.assertNotEqual(due[True], due[False])
        stop, wrong, taken = threading.Event(), [], []
        state = {"off": False, "turn": 0}

        def submit_on():
            with Client(self.world.pki, second.port, "desk-clerk") as client:
                while not stop.is_set():
                    before = dict(state)
                    reply = client.post("/v1/requests", submission())
                    if reply.status != 201:
                        wrong.append(repr(reply))
                    elif before == state and before["turn"] % 2 == 0 and reply["due_on"] != due[before["off"]]:
                        wrong.append((before, reply["due_on"]))
                    taken.append(reply.status)

        threads = [threading.Thread(target=submit_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        for turn in range(12):
            state["turn"] += 1  # odd: a change is on its way
            self.change(*([self.day_off("2026-11-20")] if turn % 2 == 0 else []))
            state.update(off=turn % 2 == 0, turn=state["turn"] + 1)
            count = len(taken)
            while len(taken) < count + 20 and not wrong:
                time.sleep(0.01)
        stop.set()
        for thread in threads:
            thread.join()
        second.stop()
        self.assertEqual(wrong, [])
        self.assertGreater(len(taken), 200)

    def due_after(self, *exceptions):
        self.change(*exceptions)
        return self.submit()["due_on"]

    def test_acts_and_imports_wait_for_the_newer_one_too(self):
        self.change()
        second = self.world.another_daemon()
        second.start()
        with Client(self.world.pki, second.port, "officer-probe") as officer, \
                Client(self.world.pki, second.port, "admin") as admin:
            for turn in range(6):
                request = self.submit()
                claim = self.take(request, officer)
                self.change(*([self.day_off("2026-11-20")] if turn % 2 == 0 else []))
                officer.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
                self.change(*([self.day_off("2026-11-24")] if turn % 2 == 0 else []))
                lines = "".join(json.dumps({
                    "number": f"guard-{turn}-{n}", "service": "p-plain", "channel": "counter", "office": "desk",
                    "agency": "probe", "received_at": "2026-11-17T10:00:00+06:00",
                    "registered_at": "2026-11-17T10:00:00+06:00", "due_at": None, "events": []}) + "\n" for n in range(30))
                reply = admin.post("/v1/imports", lines.encode(), headers={"Content-Type": "application/x-ndjson"}).must(200)
                results = [json.loads(line) for line in reply.text.splitlines()]
                self.assertEqual([r["result"] for r in results], ["created"] * 30)
                due = {row[0] for row in self.world.sql(
                    "SELECT d.due_on FROM kezek.deadline d JOIN kezek.number n USING (request) "
                    f"WHERE n.number LIKE 'guard-{turn}-%' AND d.kind = 'decide'")}
                self.assertEqual(len(due), 1)
                done = officer.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted"))
                self.assertEqual(done.must(200)["outcome"], "granted")
        second.stop()


if __name__ == "__main__":
    main()
