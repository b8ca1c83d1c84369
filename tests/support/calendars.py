"""What the suites of changing calendars share: recording one, its job, and what it moved."""

import copy
import json

from .casework import CaseTest
from .kezek import ROOT, eventually

FOLDER = ROOT / "config" / "calendars"


def calendar(code):
    return json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))


class CalendarTest(CaseTest):
    """Probe's agency works by kg-state, whose parent is kg."""

    def change(self, *exceptions, **how):
        return self.change_raw(*exceptions, **how).must(200)

    def change_raw(self, *exceptions, code="kg-state", query="", client=None, **members):
        """Records the calendar as it was installed, with these exceptions besides."""
        whole = {**calendar(code), **members}
        whole["exceptions"] = [e for e in whole["exceptions"] if e["date"] not in {x["date"] for x in exceptions}]
        whole["exceptions"] += copy.deepcopy(list(exceptions))
        return (client or self.admin).put(f"/v1/calendars/{code}{query}", whole)

    def dry(self, *exceptions, **how):
        """The answer to a dry run, with its result also where the machine was slow."""
        reply = self.change_raw(*exceptions, query="?dry_run=1", **how)
        if reply.status == 202:
            return {**reply.json, "result": self.settle(reply)["result"]}
        return reply.must(200).json

    def day_off(self, date, **more):
        return {"date": date, "kind": "day_off", "status": "confirmed", "source": "probe", **more}

    def settle(self, reply, timeout=30):
        """The job of a recorded change, once it is done."""
        if reply["job"] is None:
            return None
        return eventually(lambda: self.job(reply["job"])["state"] == "done" and self.job(reply["job"]), timeout)

    def job(self, job):
        return self.admin.get(f"/v1/jobs/{job}").must(200).json

    def moves(self, request):
        events = self.auditor.get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        return [e for e in events if e["kind"] == "recomputed"]

    def counts(self, result):
        return {name: result[name] for name in
                ("looked", "moved", "earlier", "later", "become_overdue", "cease_overdue", "by_days")}
