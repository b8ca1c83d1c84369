"""What the suites of imports share: a sound line, short events, and ways to send them and to look at what came of them."""

import json

from .casework import CaseTest
from .contract import faults

LINE = {"$ref": "#/components/schemas/ImportLine"}
RESULT = {"$ref": "#/components/schemas/ImportResult"}


def line(number, **members):
    """A sound line; a member given as ... is left out."""
    whole = {
        "number": number, "service": "p-plain", "channel": "post", "office": "desk", "agency": "probe",
        "received_at": "2025-03-03T10:00:00+06:00", "due_at": None, "events": [], **members,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def event(at, kind, **members):
    return {"at": f"2025-03-{at}:00+06:00", "kind": kind, **members}


def decide(at, outcome="granted", **members):
    return event(at, "decide", outcome=outcome, **members)


class ImportTest(CaseTest):
    def send(self, *lines, client=None, status=200):
        body = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
        reply = (client or self.admin).call("POST", "/v1/imports", body,
                                            headers={"Content-Type": "application/x-ndjson"}).must(status)
        if status != 200:
            return reply
        results = [json.loads(one) for one in reply.text.splitlines()]
        for result in results:
            self.assertEqual(list(faults(result, RESULT)), [], result)
        return results

    def take_over(self, *lines):
        """Imports sound lines and returns the requests that they became."""
        for one in lines:
            self.assertEqual(list(faults(one, LINE)), [], one)
        results = self.send(*lines)
        self.assertEqual([(r["result"], r["problem"]) for r in results], [("created", None)] * len(lines))
        return [self.supervisor.get(f"/v1/requests/{r['id']}").must(200).json for r in results]

    def journal(self, request):
        return self.supervisor.get(f"/v1/requests/{request['id']}/events").must(200)["items"]

    def decide_of(self, request):
        """The newest term to decide."""
        return self.deadline(request, "decide")
