"""The clients' own history against the database, read as its superuser: every offence as a line."""

import collections
import time

from . import history

SHOWN = 5


def settle(world, timeout=30):
    """Until nothing that is due is left undone."""
    end = time.monotonic() + timeout
    while True:
        left = world.sql("SELECT (SELECT count(*) FROM kezek.deadline WHERE fire_at <= kezek.now()) + "
                         "(SELECT count(*) FROM kezek.work WHERE lease_until <= kezek.now())")[0][0]
        if left == "0" or time.monotonic() > end:
            return
        time.sleep(0.1)


def cite(what, found):
    """One line an offence that occurred, with a few of its cases."""
    found = list(found)
    return [f"{what}: {len(found)}, e.g. {found[:SHOWN]}"] if found else []


# Rules that hold for every database, whoever wrote it. Each statement finds the offenders.
RULES = {
    "a submission stored twice (one reference, two requests)": """
        SELECT encode(hash, 'hex'), count(*) FROM kezek.lookup WHERE kind = 'reference' GROUP BY hash
        HAVING count(*) > 1""",
    "a request without the key that made it": """
        SELECT r.id FROM kezek.request r LEFT JOIN kezek.idempotency i ON i.request = r.id AND i.for_ever
        GROUP BY r.id HAVING count(i.key) <> 1""",
    "a key without its request": """
        SELECT i.key FROM kezek.idempotency i LEFT JOIN kezek.request r ON r.id = i.request WHERE r.id IS NULL""",
    "a number twice": """
        SELECT number, count(*) FROM kezek.request GROUP BY number HAVING count(*) > 1""",
    "a number that stands elsewhere in the register": """
        SELECT r.number FROM kezek.request r LEFT JOIN kezek.number n ON n.request = r.id AND n.number = r.number
        WHERE n.number IS NULL""",
    "parts of a request missing": """
        SELECT r.id FROM kezek.request r LEFT JOIN kezek.request_state s ON s.id = r.id
        LEFT JOIN kezek.request_key k ON k.request = r.id WHERE s.id IS NULL OR k.wrapped IS NULL""",
    "a journal that is not dense": """
        SELECT s.id, s.seq, count(e.seq), min(e.seq), max(e.seq) FROM kezek.request_state s
        LEFT JOIN kezek.event e ON e.request = s.id GROUP BY s.id, s.seq
        HAVING count(e.seq) <> s.seq OR min(e.seq) <> 1 OR max(e.seq) <> s.seq""",
    "not exactly one submit event, at the head": """
        SELECT request FROM kezek.event GROUP BY request
        HAVING count(*) FILTER (WHERE kind = 'submit') <> 1 OR min(seq) FILTER (WHERE kind = 'submit') <> 1""",
    "an open request without work, or an ended one with it": """
        SELECT s.id, s.state FROM kezek.request_state s LEFT JOIN kezek.work w ON w.request = s.id
        WHERE (s.closed_at IS NULL) <> (w.request IS NOT NULL)
            OR (s.closed_at IS NOT NULL) <> (s.state IN ('closed', 'refused', 'withdrawn', 'lapsed'))""",
    "an open request that nobody answers for": """
        SELECT s.id FROM kezek.request_state s WHERE s.closed_at IS NULL AND coalesce(s.responsible, '') = ''""",
    "state and hold that contradict each other": """
        SELECT s.id, s.state, w.waiting, w.claim, w.lease_until FROM kezek.request_state s
        JOIN kezek.work w ON w.request = s.id
        WHERE w.waiting <> (s.state = 'queued' AND NOT w.on_desk AND w.kept_until IS NULL) -- it went round too often
            OR (s.state = 'claimed') <> (w.claim IS NOT NULL AND w.lease_until IS NOT NULL)
            OR (s.state = 'in_work') <> (w.claim IS NOT NULL AND w.lease_until IS NULL)""",
    "not exactly one running decide deadline": """
        SELECT s.id, s.state, count(d.no) FROM kezek.request_state s
        LEFT JOIN kezek.deadline d ON d.request = s.id AND d.kind = 'decide' AND d.state = 'running'
        WHERE s.state IN ('queued', 'claimed', 'in_work') GROUP BY s.id, s.state HAVING count(d.no) <> 1""",
    "a running deadline of an ended request": """
        SELECT d.request, d.kind FROM kezek.deadline d JOIN kezek.request_state s ON s.id = d.request
        WHERE s.closed_at IS NOT NULL""",
    "a deadline both running and done": """
        SELECT d.request, d.no FROM kezek.deadline d JOIN kezek.deadline_done x USING (request, no)""",
    "state and work that know another date than the decide deadline": """
        SELECT s.id FROM kezek.request_state s JOIN kezek.deadline d ON d.request = s.id AND d.kind = 'decide'
            AND d.state = 'running' JOIN kezek.work w ON w.request = s.id
        WHERE s.due_at IS DISTINCT FROM d.due_at OR w.due_at IS DISTINCT FROM d.due_at OR s.decide <> 'running'""",
    "a due moment that passed and was not marked": """
        SELECT request, kind, due_at FROM kezek.deadline
        WHERE state = 'running' AND due_at <= kezek.now() - interval '10 seconds' AND breached_at IS NULL
        UNION ALL
        SELECT request, kind, due_at FROM kezek.deadline_done
        WHERE due_at <= stopped_at AND breached_at IS NULL""",
    "marked as breached before it was due": """
        SELECT request, kind FROM kezek.deadline WHERE breached_at <> due_at OR due_at > kezek.now()
            AND breached_at IS NOT NULL
        UNION ALL
        SELECT request, kind FROM kezek.deadline_done WHERE breached_at <> due_at OR breached_at > stopped_at""",
    "not exactly one breached event for a breached deadline": """
        WITH d AS (SELECT request, kind, breached_at FROM kezek.deadline
            UNION ALL SELECT request, kind, breached_at FROM kezek.deadline_done),
        e AS (SELECT request, after ->> 'deadline' AS kind, count(*) AS n FROM kezek.event
            WHERE kind = 'breached' GROUP BY 1, 2)
        SELECT d.request, d.kind, e.n FROM d LEFT JOIN e USING (request, kind)
        WHERE coalesce(e.n, 0) <> (d.breached_at IS NOT NULL)::int""",
    "more than one decision": """
        SELECT request, count(*) FROM kezek.event WHERE kind = 'decide' GROUP BY request HAVING count(*) > 1""",
    "a fence that did not rise": """
        SELECT request, fence, before FROM (SELECT request, (after ->> 'fence')::bigint AS fence,
            lag((after ->> 'fence')::bigint) OVER (PARTITION BY request ORDER BY seq) AS before
            FROM kezek.event WHERE kind = 'claim') c WHERE fence <= before""",
    "two claims with no end of the first between them": """
        SELECT request, seq FROM (SELECT request, seq, kind, lag(kind) OVER (PARTITION BY request ORDER BY seq) AS prior
            FROM kezek.event WHERE kind IN ('claim', 'release', 'lease_expired', 'reassign', 'forward')) c
        WHERE kind = 'claim' AND prior = 'claim'""",
    "a state that its journal does not lead to": """
        SELECT s.id, s.state, e.state FROM kezek.request_state s JOIN LATERAL (
            SELECT after ->> 'state' AS state FROM kezek.event WHERE request = s.id AND after ->> 'state' IS NOT NULL
            ORDER BY seq DESC LIMIT 1) e ON true WHERE e.state <> s.state""",
}


class Book:
    """The history of all clients, by kind of fact."""

    def __init__(self, directory):
        self.facts = collections.defaultdict(list)
        for fact in history.read(directory):
            self.facts[fact["fact"]].append(fact)

    def __getitem__(self, fact):
        return self.facts[fact]


def _submissions(book, world):
    rows = world.sql("SELECT i.key, r.id, r.number, i.principal FROM kezek.idempotency i "
                     "JOIN kezek.request r ON r.id = i.request WHERE i.for_ever")
    stored = {(key, principal): (request, number) for key, request, number, principal in rows}
    sent = {(fact["key"], fact["principal"]) for fact in book["submit sent"]}
    told = {(fact["key"], fact["principal"]): (fact["id"], fact["number"]) for fact in book["submit answered"]}
    lost = [key for key in told if key not in stored]
    other = [(key, told[key], stored[key]) for key in told if key in stored and stored[key] != told[key]]
    numbers = collections.Counter(number for _, number in told.values())
    return (cite("LOST: acknowledged submissions that are not there", lost)
            + cite("acknowledged as another request than is stored", other)
            + cite("DOUBLED: one request for several keys",
                   [r for r, n in collections.Counter(v for v in stored.values()).items() if n > 1])
            + cite("a number acknowledged twice", [n for n, times in numbers.items() if times > 1])
            + cite("sent and never answered", sent - set(told) -
                   {(f["key"], f.get("principal")) for f in book["submit refused"]}))


def _claims(book, world):
    events = collections.Counter((r, int(f or 0)) for r, f in world.sql(
        "SELECT request, after ->> 'fence' FROM kezek.event WHERE kind = 'claim'"))
    told = collections.Counter((fact["request"], fact["fence"]) for fact in book["claimed"])
    return (cite("LOST: acknowledged claims that are not in the journal", [c for c in told if c not in events])
            + cite("a claim's fence acknowledged twice", [c for c, n in told.items() if n > 1])
            + cite("a claim's fence twice in the journal", [c for c, n in events.items() if n > 1]))


def _acts(book, world):
    """An act that was answered with 200 is there once, under the fence it was sent with."""
    found = []
    rows = world.sql("""
        SELECT e.request, e.kind, count(*), max((SELECT c.after ->> 'fence' FROM kezek.event c
            WHERE c.request = e.request AND c.kind = 'claim' AND c.seq < e.seq ORDER BY c.seq DESC LIMIT 1))
        FROM kezek.event e WHERE e.kind IN ('accept', 'decide', 'pay', 'withdraw') GROUP BY 1, 2""")
    there = {(request, kind): (int(n), fence) for request, kind, n, fence in rows}
    outcomes = dict(world.sql("SELECT id, outcome FROM kezek.request_state WHERE outcome IS NOT NULL"))
    for kind in ("accept", "decide", "pay", "withdraw"):
        done = [fact for fact in book[f"{kind} answered"] if fact["status"] == 200]
        found += cite(f"LOST: {kind} was answered 200 and is not in the journal",
                      [f["request"] for f in done if (f["request"], kind) not in there])
        found += cite(f"DOUBLED: {kind} more than once in the journal",
                      [(r, n) for (r, k), (n, _) in there.items() if k == kind and n > 1])
        found += cite(f"{kind} was answered 200 and stands under another fence",
                      [(f["request"], f["fence"], there[f["request"], kind]) for f in done if "fence" in f
                       and (f["request"], kind) in there and str(f["fence"]) != there[f["request"], kind][1]])
        found += cite(f"{kind} answered 200 to two", [r for r, n in collections.Counter(
            f["request"] for f in done).items() if n > 1])
        if kind == "decide":
            found += cite("decided otherwise than answered", [f["request"] for f in done
                                                              if outcomes.get(f["request"]) != f["outcome"]])
    return found


def judge(storm):
    world, found = storm.world, []
    for what, statement in RULES.items():
        found += cite(what, world.sql(statement))
    book = Book(storm.histories)
    found += _submissions(book, world) + _claims(book, world) + _acts(book, world)
    storm.figures = {
        "sent": len(book["submit sent"]), "acknowledged": len(book["submit answered"]),
        "answered after a retry": sum(f["tries"] > 1 for f in book["submit answered"]),
        "claims": len(book["claimed"]), "decisions": sum(f["status"] == 200 for f in book["decide answered"]),
        "breached": int(world.sql("SELECT count(*) FROM kezek.event WHERE kind = 'breached'")[0][0]),
        "leases expired": int(world.sql("SELECT count(*) FROM kezek.event WHERE kind = 'lease_expired'")[0][0]),
    }
    return found
