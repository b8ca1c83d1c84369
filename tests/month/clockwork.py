"""What time does to a request by itself: leases that run out, due moments, what follows a breach, changed calendars."""

from model import EFFECT_IN


class Daemon:
    """Who acts when nobody did in time."""

    name, actor = "kezekd", None


def ripe(case, now):
    """The next thing that happens to it by itself up to now: (moment, what, deadline)."""
    found = []
    if case.lease_until and case.lease_until <= now:
        found.append((case.lease_until, "lease", None))
    for deadline in case.deadlines:
        if not deadline.is_open:
            continue
        due_at = case.term(deadline).due_at
        if due_at and due_at <= now and deadline.breached_at is None:
            found.append((due_at, "breach", deadline))
        elif deadline.breached_at and deadline.effect and case.state in EFFECT_IN[deadline.kind]:
            found.append((deadline.breached_at, "effect", deadline))
    return min(found, key=lambda f: f[0]) if found else None


def pass_time(case, now):
    """Everything up to now, in its order. How many things happened."""
    count = 0
    while case.is_open and (next_one := ripe(case, now)):
        at, what, deadline = next_one
        count += 1
        if what == "lease":
            case.note("lease_expired", Daemon, is_versioned=False)
            case.state = "queued"
            case.free()
        elif what == "breach":
            case.breach(deadline)
        else:
            carry_out(case, deadline, at)
    return count


def carry_out(case, deadline, at):
    effect = deadline.effect
    case.note(effect, Daemon)
    case.stop(deadline, at)
    if effect == "lapse":
        case.free()
        case.void_all(at)
        case.close("lapsed", at)
    elif effect == "resume":
        case.go_on(at)
    else:
        case.outcome = "granted" if effect == "approve_tacitly" else "refused"
        case.free()
        case.stop(case.running("decide"), at)
        case.void_all(at)
        case.state = "decided"
        case.start_stages({"decided": at, "stage:decide": at})


def calendar_changed(case, code, changed_at):
    """Dates that rest on it are computed anew; lateness never begins before the change was recorded."""
    for deadline in case.deadlines:
        if not deadline.is_open or deadline.stated or not case.book.calendars.rests_on(deadline.calendar, code):
            continue
        old = case.term(deadline)
        floor = min(old.due_at, changed_at) if old.due_at else None
        deadline.floor = deadline.term = None
        if floor and case.term(deadline).due_at and deadline.term.due_at < floor:
            deadline.floor, deadline.term = floor, None
        new = case.term(deadline)
        if new.due_at != old.due_at:
            case.moves.append((deadline.kind, old.due_at, new.due_at))
            case.version += 1
