"""Requests that come of others: questions to other bodies, and parts that are forwarded; what comes back, what falls."""

from clockwork import Daemon
from model import Case
from rulebook import rule_of

OVER = ("decided", "closed", "refused", "withdrawn", "lapsed")


def linked(case, link, who, registered_at):
    """The request that came of an act on this one: to answer by the standard's
    term or until this one is due, or to decide as this one is."""
    child = Case(case.book, case.service, case.variant["code"], case.office, link["agency"], case.territory)
    child.id, child.number, child.kind, child.parent, child.join = (
        link["request"], link["number"], link["kind"], case, link["join"])
    child.state, child.is_awaited, child.hops, child.is_paid = "queued", True, case.hops + 1, case.is_paid
    child.rank = case.rank
    child.received_at, child.registered_at, child.last_at = case.received_at, registered_at, registered_at
    child.journal.append(("consult" if child.kind == "consult" else "forward", who.name, who.actor))
    if child.kind == "consult":
        rule = rule_of(case.service, case.variant, "consult")
        child.start("consult", rule, registered_at, stated=None if rule else case.main().due_at)
    else:
        child.documents = set(case.documents)
        take_over(child, case.running("decide"), registered_at)
        child.promised = child.main().due_on
    case.links.append(child)
    return child


def take_over(child, decide, at):
    """A part's term goes on where the whole's stands, or begins anew, as the standard says of forwarding."""
    if decide and child.service["forward"]["clock"] == "continue":
        own = child.start("decide", decide.rule, decide.started_at, cap=decide.cap, cap_from=decide.cap_from,
                          effect=decide.effect)
        own.pauses, own.extensions, own.floor = [dict(p) for p in decide.pauses], list(decide.extensions), decide.floor
        own.term = None
        child.term(own)
    child.start_stages({"registered": at, "complete": at, "forwarded": at, "paid": at})


def follow(cases):
    """What the daemon does next because of these: (case, kind of act) for each; the model has done it."""
    done, todo = [], list(cases)
    while todo:
        case = todo.pop()
        if case.parent and case.is_awaited and case.state in OVER:
            case.is_awaited = False
            case.parent.note("answered", Daemon)
            done.append(case.parent)
            if case.join == "any":
                todo += [c for c in case.parent.links if c.asked == case.asked and falls(c, done)]
        ended = case.state in ("decided", "closed", "lapsed", "withdrawn")
        for child in case.links if ended else ():
            if (child.kind == "consult" or case.state == "withdrawn") and falls(child, done):
                todo.append(child)
    return done


def falls(child, done):
    """Nobody waits for it any more. Its moment is the daemon's own: it is read when the daemon has come to it."""
    if not child.is_awaited or not child.is_open:
        return False
    child.is_awaited = False
    child.note("withdraw", Daemon)
    child.state, child.has_fallen = "withdrawn", True
    child.free()
    done.append(child)
    return True
