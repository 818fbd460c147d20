"""Deliveries: order, credit, verdicts, redelivery, dead letters, events carried by a settle."""
import pytest

import harness
from events import code, do, event, history, ok, open_case, phone, unique, view
from baton import frame_pb2


@pytest.fixture
def company():
    """A broker of its own: what is delivered is only what the test made."""
    made = harness.fresh_broker(settings={"delivery": {"max_attempts": 3, "settle_timeout_ms": 1000}}).start()
    yield made
    harness.remove(made)


def shared_case(broker, sales):
    """A case that sales holds and billing owns; the offer that comes with it is withdrawn again."""
    receipt = open_case(sales, "billing.invoice")
    ok(do(sales, "handoff_withdrawn", case=receipt.case, offer=receipt.offer))
    return receipt.case


def notes(sales, case, texts):
    return [ok(do(sales, "note_added", case=case, text=t)).sequence for t in texts]


def take_all(client, timeout=1.5):
    """Acknowledges everything until nothing more comes; the deliveries."""
    taken = []
    while (item := client.take(timeout)) is not None:
        taken.append(item)
        client.settle(item.sequence)
    return taken


def test_each_case_in_order_once(company):
    sales, billing = company.client("sales"), company.client("billing", credit=16)
    cases = [shared_case(company, sales) for _ in range(3)]
    sent = {case: [] for case in cases}
    for i in range(10):
        for case in cases:
            sent[case] += notes(sales, case, [f"n{i}"])
    taken = take_all(billing)
    for case in cases:
        mine = [d.sequence for d in taken if d.recorded.case == case]
        assert mine == sorted(mine) and len(set(mine)) == len(mine)
        assert [s for s in mine if s in sent[case]] == sent[case]


def test_at_most_one_unsettled_for_each_case_and_credit_bounds_all(company):
    sales, billing = company.client("sales"), company.client("billing", credit=2)
    cases = [shared_case(company, sales) for _ in range(4)]
    out = [billing.take(), billing.take()]
    assert len({d.recorded.case for d in out}) == 2
    assert billing.take(0.7) is None, "more than the window is out"
    billing.send(credit=frame_pb2.Credit(window=3))
    out.append(billing.take())
    assert len({d.recorded.case for d in out}) == 3 and {d.recorded.case for d in out} <= set(cases)
    for item in out:
        billing.settle(item.sequence)
    assert len(take_all(billing)) >= 4


def test_no_credit_no_delivery(company):
    sales, billing = company.client("sales"), company.client("billing")
    shared_case(company, sales)
    assert billing.take(0.7) is None
    billing.send(credit=frame_pb2.Credit(window=1))
    assert billing.take()


def test_retry_holds_its_case_and_others_pass(company):
    sales, billing = company.client("sales"), company.client("billing", credit=8)
    one, two = shared_case(company, sales), shared_case(company, sales)
    take_all(billing)
    first, second = notes(sales, one, ["a", "b"])
    held = billing.take()
    assert held.sequence == first
    billing.settle(first, "RETRY", retry_after_ms=1200, reason="closed for lunch")
    other = notes(sales, two, ["c"])[0]
    passing = billing.take()
    assert passing.sequence == other, "the other case was held up"
    billing.settle(other)
    again = billing.take()
    assert (again.sequence, again.attempt) == (first, 2)
    billing.settle(first)
    assert billing.take().sequence == second


def test_reject_becomes_a_dead_letter_and_later_deliveries_say_gap(company):
    sales, billing = company.client("sales"), company.client("billing", credit=8)
    case = shared_case(company, sales)
    take_all(billing)
    bad, good = notes(sales, case, ["bad", "good"])
    assert billing.take().sequence == bad
    billing.settle(bad, "REJECT", reason="no such account")
    after = billing.take()
    assert after.sequence == good and after.gap
    billing.settle(good)
    later = notes(sales, case, ["later"])[0]
    assert (d := billing.take()).sequence == later and d.gap


def test_too_many_retries_become_a_dead_letter(company):
    sales, billing = company.client("sales"), company.client("billing", credit=8)
    case = shared_case(company, sales)
    take_all(billing)
    bad, good = notes(sales, case, ["bad", "good"])
    for attempt in (1, 2, 3):
        item = billing.take()
        assert (item.sequence, item.attempt) == (bad, attempt)
        billing.settle(bad, "RETRY", retry_after_ms=1, reason="down")
    assert (d := billing.take()).sequence == good and d.gap


def test_unsettled_comes_again_after_the_timeout_and_in_progress_puts_it_off(company):
    sales, billing = company.client("sales"), company.client("billing", credit=8)
    case = shared_case(company, sales)
    take_all(billing)
    sequence = notes(sales, case, ["slow"])[0]
    assert billing.take().sequence == sequence
    for _ in range(4):
        assert billing.take(0.5) is None, "in progress, and still sent again"
        billing.settle(sequence, "IN_PROGRESS")
    again = billing.take(5)
    assert again.sequence == sequence and again.attempt >= 2


def test_unsettled_goes_out_again_after_a_reconnect(company):
    sales, billing = company.client("sales"), company.client("billing", credit=1)
    sequence = billing_item = None
    shared_case(company, sales)
    billing_item = billing.take()
    sequence = billing_item.sequence
    billing.close()
    again = company.client("billing", credit=1).take()
    assert again.sequence == sequence


def test_lost_sessions_are_no_attempts_and_retries_are_kept(company):
    shared_case(company, company.client("sales"))
    for attempt in (1, 2, 3):  # max_attempts is 3
        for look in range(2):
            billing = company.client("billing", credit=1)
            item = billing.take()
            assert item.attempt == attempt
            if look == 0:
                billing.close()
        if attempt < 3:
            billing.settle(item.sequence, "RETRY", retry_after_ms=1, reason="down")
            again = billing.take()
            assert (again.sequence, again.attempt) == (item.sequence, attempt + 1)
        billing.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_unsettled_goes_out_again_and_settled_does_not_after_a_restart(company, how):
    sales, billing = company.client("sales"), company.client("billing", credit=1)
    case = shared_case(company, sales)
    settled = take_all(billing)
    first, second = notes(sales, case, ["a", "b"])
    assert billing.take().sequence == first
    billing.settle(first)
    assert billing.take().sequence == second
    getattr(company, how)()
    company.start()
    taken = take_all(company.client("billing", credit=4))
    assert [d.sequence for d in taken if d.recorded.case == case][-1:] == [second]
    assert not {d.sequence for d in settled} & {d.sequence for d in taken}
    assert first not in {d.sequence for d in taken}


def test_settle_with_events_commits_both(company):
    sales, billing = company.client("sales"), company.client("billing", credit=1)
    case = shared_case(company, sales)
    take_all(billing)
    sequence = notes(sales, case, ["please look"])[0]
    assert billing.take().sequence == sequence
    events = [event("note_added", case=case, text="seen").SerializeToString(),
              event("fact_recorded", case=case, key="seen", value="yes").SerializeToString()]
    billing.settle(sequence, events=events)
    receipts = billing.until(lambda: len(billing.carried[sequence]) == 2 and billing.carried.pop(sequence))
    assert [code(r) for r in receipts] == ["OK", "OK"]
    billing.settle(sequence, events=events)
    again = billing.until(lambda: len(billing.carried[sequence]) == 2 and billing.carried.pop(sequence))
    assert [(r.sequence, r.duplicate) for r in again] == [(r.sequence, True) for r in receipts]
    assert [e.event.note_added.text for e in history(sales, case)].count("seen") == 1
    assert billing.take(0.7) is None


def test_settle_with_a_refused_event_does_nothing(company):
    sales, billing = company.client("sales"), company.client("billing", credit=1)
    case = shared_case(company, sales)
    take_all(billing)
    sequence = notes(sales, case, ["please look"])[0]
    assert billing.take().sequence == sequence
    billing.settle(sequence, events=[event("note_added", case=case, text="half"), event("note_added", case=10**12, text="x")])
    refused = billing.until(lambda: billing.carried.pop(sequence, None))
    assert "UNKNOWN_CASE" in [code(r) for r in refused]
    assert "half" not in [e.event.note_added.text for e in history(sales, case)]
    again = billing.take(5)
    assert again.sequence == sequence, "the delivery counts as settled"


def test_settling_what_is_not_there(company):
    sales, billing = company.client("sales"), company.client("billing", credit=1)
    case = shared_case(company, sales)
    billing.settle(10**9, events=[event("note_added", case=case, text="x")])
    assert code(billing.until(lambda: billing.carried.pop(10**9, None))[0]) == "UNKNOWN_DELIVERY"
    billing.settle(10**9)
    assert ok(do(billing, "note_added", case=case, text="the session goes on"))


def test_a_sender_does_not_hear_its_own_words(company):
    sales, care = company.client("sales", credit=4), company.client("care", credit=4)
    case = open_case(care, "order").case
    ok(do(care, "note_added", case=case, text="mine"))
    heard = take_all(care)
    assert not [d for d in heard if d.recorded.adapter == "care" and not d.card.case]


def test_hold_and_resume(company):
    sales, billing = company.client("sales"), company.client("billing", credit=4)
    case = shared_case(company, sales)
    take_all(billing)
    company.ctl("hold", "billing")
    sequence = notes(sales, case, ["later"])[0]
    assert billing.take(0.7) is None
    company.restart()
    billing = company.client("billing", credit=4)
    assert billing.welcome.held and billing.take(0.7) is None
    company.ctl("resume", "billing")
    assert billing.take().sequence == sequence


def test_what_was_settled_before_a_goodbye_is_settled(company):
    """The verdicts and the Goodbye may well be read in one go: the last words count."""
    sales, billing = company.client("sales"), company.client("billing", credit=64)
    cases = [shared_case(company, sales) for _ in range(8)]
    take_all(billing)
    for case in cases:
        notes(sales, case, ["last words"])
    taken = [billing.take() for _ in cases]
    for item in taken:
        billing.settle(item.sequence)
    billing.close(goodbye=True)
    again = company.client("billing", credit=64)
    assert again.take(1.5) is None, "settled before the Goodbye, and delivered again"
