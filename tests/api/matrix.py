"""
Every endpoint as every role on requests that are its own, were its own, are foreign or do not exist: no word of a foreign
request anywhere, and nothing by which it could be told from one that is not there.

The routes are those that `kezekd --print-routes` prints, who may is what the contract says (x-roles, x-kezek-acts), the acts
are those of lib/lifecycle. What a route's calls look like stands in PROBES; a route that is not there fails.
"""

import contextlib
import subprocess
import urllib.parse

from support.casework import CaseTest
from support.contract import contract
from support.house import BUILD
from support.kezek import KEZEKD, Reply, eventually, main
from support.scene import BARE, OUTSIDE, PEOPLE, Scene, normal

HARM = {"colour": 1}  # a member that nothing knows: whoever is let through is stopped by it, and nothing changes
OPEN = ("GET /", "GET /healthz", "GET /readyz", "GET /openapi.json", "GET /v1/receipt-key")
ROLES = ("clerk", "officer", "supervisor", "admin", "auditor")
STREAM = "GET /v1/stream"
ACT = "POST /v1/requests/{id}/{act}"
ACTS = {
    "complete": {"documents": []}, "pay": {"amount_tyiyn": 1}, "correct": {"changes": {"address": "x"}},
    "release": {}, "accept": {"body_number": "x"}, "pause": {"ground": "documents_missing"}, "resume": {},
    "extend": {"amount": 1, "unit": "working_day", "reason": "x", "legal_basis": "x"}, "forward": {"to_agency": "probe"},
    "consult": {"agencies": ["probe"], "question": "x"}, "decide": {"outcome": "granted"}, "notify": {"channel": "sms"},
    "hand_over": {"to": "applicant"}, "withdraw": {}, "reassign": {"to_agency": "probe"}, "escalate": {"to": "supervisor"},
    "reopen": {"reason": "x"},
    # No act of anybody's on this way.
    "answered": {}, "submit": {}, "refuse": {"ground": "no_right"}, "claim": {}, "renew": {}, "lapse": {}, "approve_tacitly": {},
    "deem_refused": {},
}


class Call:
    """
    One way to call a route about a subject. kind: what it is to whom the subject is nothing: `missing` (404), `lost` (409),
    `empty` (200); or `plain`, where no subject is in question. mine: whose it is (the viewer; default: who sees it).
    own: the statuses that its own get, default: any but a refusal. safe: the body for those who are let through.
    """

    def __init__(self, path, body=None, kind="missing", mine=None, own=None, safe=None, roles=None, **more):
        self.path, self.body, self.kind, self.mine, self.own, self.safe = path, body, kind, mine, own, safe
        self.roles, self.more = roles, more


def segment(word):
    return urllib.parse.quote(word, safe="")


def held(s, **members):
    return {"claim": s.words["claim"], "fence": s.fence or 1, **members}


def batch(s, **members):
    return {"claims": [held(s, **members)]}


def by_claim(path, **members):
    """A batch of claims with the one of the subject: its holder's, and lost to everybody else."""
    return lambda s, v: [Call(path, batch(s, **members), "lost", lambda v: v.name == s.holder, safe={**batch(s), **HARM},
                              key=s.key)] if "claim" in s.words else []


def plain(path, body=None, **more):
    return lambda s, v: [Call(path.replace("{id}", s.id), body, "plain", **more)]


def act_calls(s, v):
    for name, body in ACTS.items():
        said = [a for a in contract_of(ACT)["x-kezek-acts"] if a["act"] == name]
        base = {"path": f"/v1/requests/{s.id}/{name}", "roles": said[0]["roles"] if said else [], "key": f"{s.key}-{name}",
                "mine": v.sees_now, "safe": {**body, **HARM}}
        yield Call(body=body, match=s.version, **base)
        if name in ("correct", "decide", "reassign"):
            yield Call(body=body, match=999, **base)
            yield Call(body={**body, **held(s)}, **base) if "claim" in s.words else Call(body=body, **base)


def queue_calls(s, v):
    """By the name of a request at the viewer's own queue, and at the queue of another."""
    body = {"request": s.id, "worker": "w"}
    if v.agency:
        yield Call(f"/v1/queues/{v.agency}/claims", body, "empty", v.sees_now, safe={**body, **HARM})
    yield Call(f"/v1/queues/{segment(s.agency)}/claims", body, mine=lambda v: v.agency == s.agency, safe={**body, **HARM})


def search_calls(s, v):
    for name in ("pin", "name", "number", "external_ref", "code", "representative_pin"):
        yield Call("/v1/searches", {name.removeprefix("representative_"): s.words[name]}, "empty",
                   lambda v: any(v.sees(one) for one in (s, *s.parts)), own=(200,))


def told(s):
    """Who is told of the rung of its ladder: those whose scope its agency was then."""
    return lambda v: s.tag == "Given" and v.role == "supervisor" and v.agency in (None, "probe")


def document_path(s):
    return f"/v1/requests/{s.id}/documents/{s.words['document']}"


LIST = "/v1/requests?limit=500"
PROBES = {
    **{route: plain(route.split()[1]) for route in (*OPEN, "GET /metrics")},
    "GET /v1/services": plain("/v1/services?limit=500"), "GET /v1/services/{code}": plain("/v1/services/p-clock"),
    **{f"GET /v1/{path}": plain(f"/v1/{path}") for path in "me catalogue calendars queues jobs principals webhooks delegations".split()},
    "GET /v1/calendars/{code}": plain("/v1/calendars/kg-state"), "GET /v1/catalogue/route": plain("/v1/catalogue/route?service=p-clock"),
    "PUT /v1/catalogue": plain("/v1/catalogue", HARM), "PUT /v1/calendars/{code}": plain("/v1/calendars/kg-state", HARM),
    "GET /v1/jobs/{id}": lambda s, v: [Call(f"/v1/jobs/{s.id}", kind="plain", own=(404,))],
    **{f"POST /v1/{path}": plain(f"/v1/{path}", HARM) for path in ("principals", "webhooks", "delegations", "reassignments")},
    **{f"{method} /v1/{path}": plain(f"/v1/{path.format(name='nobody-there')}", body, own=(404,)) for method, path, body in (
        ("DELETE", "principals/{name}", None), *(("POST", f"principals/{{name}}/{verb}", {}) for verb in ("rotate", "enable")),
        ("GET", "webhooks/{name}", None), ("DELETE", "webhooks/{name}", None), ("GET", "webhooks/{name}/deliveries", None),
        *(("POST", f"webhooks/{{name}}/{verb}", {}) for verb in ("rotate", "test", "redeliver")))},
    "POST /v1/imports": plain("/v1/imports", b'{"colour":1}\n', headers={"Content-Type": "application/x-ndjson"}),
    "PUT /v1/test/clock": plain("/v1/test/clock", HARM),
    "POST /v1/requests": lambda s, v: [Call("/v1/requests", {**s.submission("p-plain"), **HARM}, "plain", key=s.key)],
    "GET /v1/requests": lambda s, v: [
        Call(f"{LIST}&number={segment(s.words['number'])}&count=exact", kind="empty", own=(200,)),
        Call(f"{LIST}&sort=due_at&after=1.{s.id}", kind="plain"), Call(f"{LIST}&after=0.{s.id}", kind="plain")],
    "PUT /v1/requests/{id}/documents/{name}": lambda s, v: [
        Call(document_path(s) + query, b"text", mine=v.sees_now, own=(422,), key=key, match=match,
             headers={"Content-Type": "text/plain; charset=utf-8", "Content-Digest": f"sha-256=:{'A' * 43}=:"})
        for query, key, match in (("", f"{s.key}-file", s.version), ("?kind=other", None, None))],
    "POST /v1/requests/{id}/erasure": lambda s, v: [
        Call(f"/v1/requests/{s.id}/erasure", {"legal_basis": "x"}, safe={"legal_basis": "x", **HARM})],
    ACT: act_calls, "POST /v1/searches": search_calls,
    "GET /v1/queues/{agency}": lambda s, v: [Call(
        f"/v1/queues/{segment(s.agency)}", mine=lambda v: v.agency in (None, s.agency), own=(200,))],
    "POST /v1/queues/{agency}/claims": queue_calls,
    "GET /v1/claims": lambda s, v: [
        Call(f"/v1/claims?after=0.{s.id}", kind="plain"),
        *([Call(f"/v1/claims?worker={s.words['worker']}", kind="empty", mine=lambda v: v.name == s.holder, own=(200,))]
          if "worker" in s.words else [])],
    "POST /v1/claims/renew": by_claim("/v1/claims/renew"), "POST /v1/claims/release": by_claim("/v1/claims/release"),
    "POST /v1/claims/decide": by_claim("/v1/claims/decide", outcome="granted"),
    "POST /v1/claims/{claim}/accept": lambda s, v: [Call(
        f"/v1/claims/{s.words['claim']}/accept", {"fence": s.fence or 1}, "lost", lambda v: v.name == s.holder,
        safe={"fence": s.fence, **HARM}, key=f"{s.key}-accept")] if "claim" in s.words else [],
    "GET /v1/overview": lambda s, v: [Call(f"/v1/overview?by={by}", kind="plain") for by in ("agency", "office", "service")],
    "GET /v1/events": plain("/v1/events?limit=500", own=(200,)), STREAM: plain("/v1/stream?after=0", own=(200,)),
    "GET /v1/overdue": plain("/v1/overdue?limit=500"),
    "POST /v1/delegations/{id}/end": plain("/v1/delegations/{id}/end", {}, own=(404,)),
    "GET /v1/notifications": lambda s, v: [Call(f"/v1/notifications{q}", kind="plain") for q in ("", f"?after=0.{s.id}")],
    "POST /v1/notifications/seen": lambda s, v: [Call(
        "/v1/notifications/seen", {"ids": [s.words["notification"]]}, "empty", told(s), own=(400,),
        safe={"ids": [s.words["notification"]], **HARM})],
}
# Of the routes of one request that only read, all but who sees it needs no saying.
READS = {
    **{f"GET /v1/requests/{{id}}/{of}documents{name}": {"mine": "sees_now", "own": lambda s, of=of: (404,) if of and "whole" not in s.words
       else (200,)} for name in ("", "/{name}") for of in ("", "parent/")},
    "GET /v1/requests/{id}/certificate": {"own": lambda s: (200,) if s.tag == "Granted" else (404,)},
}


def read_calls(route, s, v):
    path, said = route.split()[1].replace("{id}", s.id).replace("{name}", s.file_at(route)), READS.get(route, {})
    names = {p.get("name") for p in contract_of(route).get("parameters", [])}
    for query in ("", *(["?explain=1"] if "explain" in names else [])):
        yield Call(path + query, mine=getattr(v, said.get("mine", "sees")), own=said.get("own", lambda s: (200,))(s))


def contract_of(route):
    method, path = route.split()
    return contract()["paths"][path][method.lower()]


def printed_routes():
    said = subprocess.run([KEZEKD, "--print-routes"], stdout=subprocess.PIPE, text=True, check=True)
    return [" ".join(line.split()[:2]) for line in said.stdout.splitlines()]


def printed_acts():
    said = subprocess.run([BUILD / "lifecycle-table"], stdout=subprocess.PIPE, text=True, check=True)
    return {line.split("\t")[1] for line in said.stdout.splitlines()}


def calls_of(route, subject, viewer):
    if route in PROBES:
        return list(PROBES[route](subject, viewer))
    if route.startswith("GET /v1/requests/{id}"):
        return list(read_calls(route, subject, viewer))
    raise AssertionError(f"route {route} has no expectation: add it to PROBES in tests/api/matrix.py")


def representations(route):
    """What Accept asks for. A file has the one that it has."""
    kinds = list(contract_of(route)["responses"].get("200", {}).get("content", {}))
    return kinds if route.startswith("GET") and 1 < len(kinds) < 5 else [None]


class Matrix(CaseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scene = Scene(cls.world)
        cls.asked, cls.ghosts = 0, {}

    def ask(self, route, viewer, call, accept, is_safe):
        body = call.safe if is_safe and call.safe is not None else call.body
        more = {"key": None, **call.more}
        if accept:
            more["headers"] = {**more.get("headers", {}), "Accept": accept}
        if route in (ACT, "POST /v1/requests") and not more["key"]:
            more["key"] = "fresh"
        type(self).asked += 1
        if route == STREAM and not self.refusal(route, viewer):
            return self.listen(viewer, call.path)
        return self.scene.client(viewer).call(route.split()[0], call.path, body, **more)

    def listen(self, viewer, path):
        """What a stream tells at once: something, as everybody here sees some request."""
        client = self.scene.client(viewer)
        connection = client.connect()
        connection.request("GET", path, headers=client.headers())
        response, body = connection.getresponse(), b""
        with contextlib.suppress(TimeoutError):
            while piece := response.read1():
                body += piece
                connection.sock.settimeout(0.3)
        assert b"data:" in body, body
        client.close()
        return Reply("GET", path, response, body)

    def refusal(self, route, viewer):
        """The status and code that a viewer gets whatever it asks this route for; None where it is let in."""
        said = contract_of(route)
        if route in OPEN:
            return None
        roles = ROLES if route == "GET /metrics" else said.get("x-roles")
        assert roles, f"route {route} has no x-roles in include/kezek/openapi.json"
        if viewer.refusal:
            return 401, viewer.refusal
        if viewer.role not in roles:
            return 403, "role_not_allowed"
        if viewer.is_bare and any(p.get("$ref", "").endswith("/KezekActor") for p in said.get("parameters", [])):
            return 400, "actor_missing"
        return None

    def wrong(self, route, viewer, subject, nth, call, accept):
        """What is wrong with the answer to one call; None: nothing."""
        refused = self.refusal(route, viewer)
        is_mine = refused is None and viewer.role is not None and (call.mine or (lambda v: v.sees(subject)))(
            subject if getattr(call.mine, "__self__", None) else viewer)
        may = is_mine and (call.roles is None or viewer.role in call.roles)
        reply = self.ask(route, viewer, call, accept, may or call.kind == "plain")
        leaked = self.scene.leaks(reply, viewer)
        if leaked:
            return f"tells {leaked}: {reply!r}"
        if refused:
            return None if (reply.status, reply.code) == refused else f"not {refused}: {reply!r}"
        if may or call.kind == "plain":
            is_right = reply.status in call.own if call.own else reply.status not in (401, 403, 404)
            return None if is_right else f"let in, and: {reply!r}"
        if viewer.sees(subject) and call.roles is not None:
            is_right = reply.status in ((403, 404, 409) if not call.roles else (403, 409, 412))
            return None if is_right else f"seen, but not its own to do: {reply!r}"
        if viewer.sees_now(subject) and call.kind == "lost":
            return None if reply.status == 409 else f"another's claim, and: {reply!r}"
        return self.wrong_of_unseen(route, viewer, subject, nth, call, accept, reply)

    def wrong_of_unseen(self, route, viewer, subject, nth, call, accept, reply):
        """To whom it is nothing, it is as one that is not there."""
        wanted = {"missing": (404, "not_found"), "lost": (409, "claim_lost"), "empty": (200, None)}[call.kind]
        if (reply.status, reply.code) != wanted:
            return f"not {wanted}: {reply!r}"
        ghost = self.scene.ghost
        twin = calls_of(route, ghost, viewer)[nth]
        place = route, viewer, nth, accept, twin.path
        if place not in self.ghosts:
            self.ghosts[place] = normal(self.ask(route, viewer, twin, accept, False), ghost)
        return None if normal(reply, subject) == self.ghosts[place] else (
            f"differs from one that is not there:\n  {normal(reply, subject)}\n  {self.ghosts[place]}")

    def play(self, viewers, subjects, routes):
        faults, done = [], set()
        for route in routes:
            for viewer in viewers:
                # Who is refused before anything is looked at is refused one of each kind: its own, and another's.
                for subject in subjects[:2] if self.refusal(route, viewer) else subjects:
                    for nth, call in enumerate(calls_of(route, subject, viewer)):
                        for accept in representations(route):
                            # What is asked about nobody's request is asked once.
                            place = route, viewer, call.path, accept, repr(call.body)
                            if call.kind == "plain" and place in done:
                                continue
                            done.add(place)
                            fault = self.wrong(route, viewer, subject, nth, call, accept)
                            if fault:
                                faults.append(f"{viewer} {route.split()[0]} {call.path} {accept or ''} on {subject.tag}: {fault}")
        if faults:
            self.fail(f"{len(faults)} of {self.asked}:\n" + "\n".join(fault[:500] for fault in faults[:40]))

    def dump(self):
        """Every row of every table but the record of who read what, a digest a table."""
        tables = [row[0] for row in self.world.sql(
            "SELECT relname FROM pg_class WHERE relnamespace = 'kezek'::regnamespace AND relkind IN ('r', 'p') AND NOT "
            "relispartition AND relname NOT IN ('access', 'broom')")]
        return dict(self.world.sql(" UNION ALL ".join(
            f"SELECT '{t}', md5(string_agg(t::text, ',' ORDER BY t::text)) FROM kezek.{t} t" for t in tables)))

    def play_and_change_nothing(self, viewers, subjects, routes):
        before = self.dump()
        self.play(viewers, subjects, routes)
        # Pieces of a file that was refused are taken away behind its answer.
        eventually(lambda: self.count("upload") == 0)
        after = self.dump()
        self.assertEqual({t for t in before if before[t] != after[t]}, set(), "changed by what changes nothing")

    def test_every_act_is_called(self):
        missing = printed_acts() - set(ACTS)
        self.assertEqual(missing, set(), f"acts {missing} have no body: add them to ACTS in tests/api/matrix.py")

    def test_every_expectation_has_a_route(self):
        self.assertEqual(({*PROBES, *READS}) - set(printed_routes()), set())

    def test_reads(self):
        self.play((*PEOPLE, *BARE), self.scene.subjects, [r for r in printed_routes() if r.startswith("GET ")])

    def test_writes(self):
        self.play_and_change_nothing(PEOPLE, self.scene.subjects, [r for r in printed_routes() if not r.startswith("GET ")])

    def lists(self, viewer):
        """Each filter of the list, and whom of the subjects it fits."""
        yield "", lambda s: True
        yield "&sort=due_at", lambda s: True
        yield "&overdue=true", lambda s: s.overdue
        for at in self.scene.subjects:
            for name in ("number", "agency", "office", "service", "state", "responsible"):
                value = at.words["number"] if name == "number" else getattr(at, name)
                yield f"&{name}={segment(value)}", lambda s, name=name, value=value: value == (
                    s.words["number"] if name == "number" else getattr(s, name))

    def test_lists_are_of_what_one_sees(self):
        for viewer in PEOPLE:
            client, done = self.scene.client(viewer), set()
            for query, fits in self.lists(viewer):
                if query in done:
                    continue
                done.add(query)
                with self.subTest(f"{viewer}{query}"):
                    got = client.get(f"{LIST}&count=exact{query}").must(200).json
                    wanted = {s.id for s in self.scene.subjects if viewer.sees(s) and fits(s)}
                    self.assertEqual(({r["id"] for r in got["items"]}, got["page"]["count"]), (wanted, len(wanted)))

    def test_figures_are_of_what_one_has(self):
        """Queues, overview and what is overdue count what the agency has now, and nobody else's."""
        for viewer in PEOPLE:
            client, mine = self.scene.client(viewer), [s for s in self.scene.subjects if viewer.sees_now(s)]
            agencies = {viewer.agency} if viewer.agency else {"probe", "probe-two", "probe-three"}
            with self.subTest(str(viewer)):
                if viewer.role in ("officer", "supervisor"):
                    queues = client.get("/v1/queues").must(200)["items"]
                    self.assertEqual({q["agency"] for q in queues}, {s.agency for s in mine})
                    self.assertEqual(sum(q["depth"] + q["in_work"] for q in queues), len([s for s in mine if s.state != "decided"]))
                if viewer.role == "supervisor":
                    late = client.get("/v1/overdue").must(200)["items"]
                    self.assertEqual({r["id"] for r in late}, {s.id for s in mine if s.overdue})
                    for by in ("agency", "office", "service"):
                        rows = client.get(f"/v1/overview?by={by}").must(200)["items"]
                        self.assertEqual(sum(r["open"] for r in rows), len(mine))
                        self.assertLessEqual({r[by] for r in rows if by == "agency"}, agencies)

    def test_what_another_decided_is_its_figure(self):
        """An agency that gave a request on sees it, and is not credited with what became of it."""
        request = self.submit("p-clock", self.desk_two)
        request = self.probe.act(request, "forward", {"to_agency": "probe-two"}).must(200).json
        claim = self.take(request, self.probe_two, "probe-two")
        self.probe_two.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        for name, agency in (("supervisor-probe", "probe"), ("supervisor-probe-two", "probe-two")):
            rows = self.world.client(name).get("/v1/overview").must(200)["items"]
            self.assertEqual({r["agency"] for r in rows}, {agency})

    def test_a_key_is_its_principals(self):
        """The key under which another has an answer gives nobody else that answer."""
        for viewer in PEOPLE:
            for subject in self.scene.subjects:
                if viewer.sees(subject):
                    continue
                reply = self.scene.client(viewer).call(
                    "POST", f"/v1/requests/{subject.id}/correct", subject.corrected, key=f"{subject.key}-correct", match=2)
                refused = self.refusal(ACT, viewer) or (404, "not_found")
                self.assertEqual((reply.status, reply.code), refused, repr(reply))
        ours = self.scene.subjects[0]
        again = self.scene.client(ours.clerk).call(
            "POST", f"/v1/requests/{ours.id}/correct", ours.corrected, key=f"{ours.key}-correct", match=2)
        self.assertEqual((again.status, again.header("Idempotent-Replayed")), (200, "true"), repr(again))

    def test_outside(self):
        """Who is not let in, and a system that names nobody: of one request of each kind."""
        self.play_and_change_nothing(OUTSIDE, self.scene.subjects[:1], printed_routes())
        self.play_and_change_nothing(BARE, self.scene.subjects[:2], printed_routes())


if __name__ == "__main__":
    main()
