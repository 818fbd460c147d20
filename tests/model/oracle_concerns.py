"""Raising it: levels, reminders, and what ends them (RULES.md, section 6)."""
from oracle_case import Concern
from oracle_company import BY_NAME, CASES, COMPANY, HOUR, minutes

# Causes about one object end with that object; all others are about the case as a whole.
OF_OBJECT = {"PROMISE_BROKEN", "QUESTION_OVERDUE"}


def above(department):
    return BY_NAME[department].get("escalates_to", "") if department else ""


def first_level(case, over):
    """Who is told first: the level above, else the owner, else the owner of last resort."""
    return above(over) or next((d for d in (case.survivor.owner, COMPANY["last_owner"]) if d != over), COMPANY["last_owner"])


def raise_concern(world, case, cause, thing, due, over, to="", label=""):
    """One cause, object and time is raised once."""
    if not to and any((k.cause, k.object, k.due) == (cause, thing, due) for k in case.concerns):
        return None
    to = to or first_level(case, over)
    concern = next((k for k in case.concerns if k.cause == cause == "FEEDBACK" and k.object is not thing), None)
    if concern:  # not content once more: the same people hear of it anew
        concern.object, concern.due, concern.level, concern.to = thing, due, 0, ""
    else:
        concern = Concern(None, cause, thing, due, over, label=label)
        case.concerns.append(concern)
    tell(world, case, concern, to)
    return concern


def tell(world, case, concern, to):
    over = concern.to or concern.over
    concern.told.add(to)
    concern.level, concern.to, concern.top = concern.level + 1, to, not above(to)
    concern.next = world.now + (CASES["remind_hours"] * HOUR if concern.top else minutes("raise_minutes"))
    row = world.emit(case, "escalated", carded=to, calls=[to], cause=concern.cause,
                     object=concern.object or case, due_us=concern.due, level=concern.level, over=over, to=to, top=concern.top,
                     next_us=concern.next)
    row.hears.add(over)
    concern.row = concern.row or row
    case.joined.add(to)


def watch(case, row, cause, thing, due, over):
    """Nobody is told yet: only when the time has come."""
    case.concerns.append(Concern(row, cause, thing, due, over, over, next=due))


def concern_due(world, case, concern):
    if concern.top:
        concern.times += 1
        concern.next = world.now + CASES["remind_hours"] * HOUR
        world.emit(case, "reminded", calls=[concern.to], concern=concern.row, to=concern.to, next_us=concern.next,
                   times=concern.times)
    else:
        tell(world, case, concern, above(concern.to) if concern.level else first_level(case, concern.over))


def settled(case, thing):
    """The promise or question is done with, or is a new cause from now on."""
    case.concerns = [k for k in case.concerns if not (k.cause in OF_OBJECT and k.object is thing.row)]


def progress(case):
    """Contacts and attempts are counted anew from here."""
    case.without_progress = 0


def acted(case, department=None):
    """Custody has moved or the case has ended (no department), or somebody answerable has decided something."""
    all_of_it = department is None or department in case.answerable()
    case.concerns = [k for k in case.concerns if k.cause in OF_OBJECT or not (all_of_it or department in k.told)]
