"""Cases that point to one another, or have to do with each other (RULES.md, section 8; PROTOCOL.md, section 5)."""
from oracle_case import find
from oracle_concerns import acted
from oracle_status import run_again

# What answers something that is open in a merged case stays on that case: where it is looked for, and the field that names it.
ANSWERS_THERE = {kind: (items, name) for items, name, kinds in (
    ("promises", "promise", ("promise_kept", "promise_renegotiated", "promise_withdrawn")),
    ("questions", "question", ("question_answered", "question_withdrawn")),
    ("work", "work", ("work_renewed", "work_finished", "work_failed"))) for kind in kinds}


def place(case, kind, f):
    """The case that an event is recorded on which names this one."""
    if kind == "cases_unmerged":
        return case
    items, name = ANSWERS_THERE.get(kind, ("", ""))
    return case if name and find(getattr(case, items), f[name]) else case.survivor


def stopped(case):
    """Does a clock of it stand still?"""
    return case.deadline_left or any(thing.left for thing in case.promises + case.questions)


def cases_merged(world, case, d, f):
    into = f["into_case"]
    world.need(NOT_CUSTODIAN=d not in (case.custodian, case.owner), WRONG_STATUS=not into.live,
               OFFER_OPEN=case.offer, MERGED=into.merged_into, INVALID=into is case or into.who != case.who,
               UNKNOWN_CASE=not into.takes_part(d), LIMIT=len(into.merged) >= 16)
    if case.status == "pending" and stopped(case):
        world.emit(case, "status_changed", d, status="STATUS_OPEN", cause="ASKED")
        run_again(world, case)
        case.status = "open"
    world.emit(case, "cases_merged", d, f["labels"], into=into)
    world.emit(into, "cases_merged", d, f["labels"], merged=case, into=into)
    case.before, case.status, case.merged_into = case.status, "merged", into
    acted(case)
    into.merged.append(case)
    into.joined |= {case.custodian, case.owner}


def cases_unmerged(world, case, d, f):
    into = case.merged_into
    entitled = {case.custodian, case.owner} | ({into.custodian, into.owner} if into else set())
    world.need(WRONG_STATUS=not into, NOT_CUSTODIAN=d not in entitled)
    world.emit(case, "cases_unmerged", d, f["labels"], **{"from": into})
    world.emit(into, "cases_unmerged", d, f["labels"], unmerged=case, **{"from": into})
    into.merged.remove(case)
    case.status, case.merged_into = case.before, None


def case_linked(world, case, d, f):
    other = f["other_case"].survivor
    full = any(b not in a.links and len(a.links) >= 16 for a, b in ((case, other), (other, case)))
    world.need(INVALID=other is case, UNKNOWN_CASE=not other.takes_part(d), LIMIT=full)
    for one, two in ((case, other), (other, case)):
        world.emit(one, "case_linked", d, f["labels"], other=two)
        if two not in one.links:
            one.links.append(two)
