"""One that asks too much harms itself alone: backlogs, floods of verdicts, dear questions, cases put off without end."""
import copy
import time

import pytest

import checks
import harness
from events import code, do, event, history, now_us, ok, open_case, phone, settle_all, submit_all, unique
from baton import event_pb2, frame_pb2


def opened(n, topic="move.internet", **fields):
    return [event("case_opened", topic=topic, about=topic, **fields) for _ in range(n)]


def all_ok(receipts):
    assert {code(r) for r in receipts} == {"OK"}
    return receipts


def waits(client, n=5):
    """Seconds to each of n receipts."""
    took = []
    for _ in range(n):
        since = time.monotonic()
        ok(do(client, "case_opened", topic="order", about="order"))
        took.append(time.monotonic() - since)
    return took


def inbox(broker, adapter):
    row = next(r for r in broker.ctl_json("show", "inboxes")["inboxes"] if r["adapter"] == adapter)
    return {name: value for name, value in row.items() if name not in ("oldest_s", "connected")}


# -- deliveries


def test_a_large_window_on_a_backlog_of_large_offers(own_broker):
    """More than fits into memory at once: it comes in turns, whole and once, and the broker lives."""
    receipts = all_ok(submit_all(own_broker.client("shop"), opened(3000, title="t" * 250, need="n" * 4090)))
    moves = own_broker.client("moves", credit=4096)
    moves.until(lambda: len(moves.deliveries) >= len(receipts), 20)
    first = list(moves.deliveries)
    moves.deliveries.clear()
    assert {d.recorded.case for d in first} == {r.case for r in receipts} and len(first) == len(receipts)
    settle_all(moves, [d.sequence for d in first], "ACK")
    moves.until(lambda: len(moves.deliveries) >= len(receipts), 20)
    assert {d.sequence for d in moves.deliveries if d.digest} == {r.offer for r in receipts}
    assert len(moves.deliveries) == len(receipts)


def test_many_departments_that_come_back_at_once(own_broker):
    """All reconnect to a backlog with a wide window: each gets what is its own."""
    company = copy.deepcopy(harness.COMPANY)
    names = [f"d{i}" for i in range(20)]
    for name in names:
        company["departments"].append({"name": name, "site": "hq"})
        company["adapters"].append({"name": name, "department": name, "receives": True})
    broker = harness.fresh_broker(company=company).start()
    try:
        care = broker.client("care")
        refs = [unique("ours") for _ in range(32)]
        cases = [all_ok([do(care, "case_opened", topic="general", about="general", need="x" * 1000, by=("crm", ref))])[0].case for ref in refs]
        for name in names:
            client = broker.client(name)
            all_ok(submit_all(client, [event("contact_logged", by=("crm", ref), about="general") for ref in refs], 32))
            client.close()
        notes = {r.sequence for r in all_ok(submit_all(care, [event("note_added", case=c, text="n" * 2000) for c in cases]))}
        for client in [broker.client(name, credit=4096) for name in names]:
            got = set()
            while (item := client.take(1.0 if not notes <= got else 0.01)) is not None:
                got.add(item.sequence)
                client.settle(item.sequence)
            assert notes <= got
    finally:
        harness.remove(broker)


def test_a_window_of_one_that_does_not_receive_costs_nothing(own_broker):
    shop = own_broker.client("shop", credit=8)
    open_case(shop)
    assert own_broker.cpu_share() < 0.2


def test_cases_that_are_put_off_cost_nothing_and_hold_up_no_other(own_broker):
    receipts = all_ok(submit_all(own_broker.client("shop"), opened(8400), 100))
    moves = own_broker.client("moves", credit=4096)
    put_off = set()
    while len(put_off) < len(receipts):
        item = moves.take(10)
        assert item, f"only {len(put_off)} of {len(receipts)} cases came"
        put_off.add(item.recorded.case)
        moves.settle(item.sequence, "RETRY", retry_after_ms=86_400_000)
    harness.wait_for(lambda: inbox(own_broker, "moves")["in_flight"] == 0, what="the verdicts")
    assert own_broker.cpu_share() < 0.4
    passing = open_case(own_broker.client("care"), "move.internet").case
    assert moves.take(10).recorded.case == passing


def test_a_retry_of_what_is_not_out_leaves_the_delivery_that_is(own_broker):
    """A verdict on a later delivery of the case: the one that is out stays the only one, and order is kept."""
    sales, billing = own_broker.client("sales"), own_broker.client("billing", credit=8)
    receipt = open_case(sales, "billing.invoice")
    ok(do(sales, "handoff_withdrawn", case=receipt.case, offer=receipt.offer))
    while (item := billing.take(1.0)) is not None:
        billing.settle(item.sequence)
    sent = [ok(do(sales, "note_added", case=receipt.case, text=f"n{i}")).sequence for i in range(3)]
    assert billing.take().sequence == sent[0]
    billing.settle(sent[2], "RETRY", retry_after_ms=200, reason="not out yet")
    assert billing.take(1.0) is None, "two deliveries of one case are out at once"
    came = [sent[0]]
    billing.settle(sent[0])
    while len(came) < 3 and (item := billing.take(5)) is not None:
        came.append(item.sequence)
        billing.settle(item.sequence)
    assert came == sent


def test_a_peer_whose_queue_is_full_gets_everything_in_order_once_it_reads(tmp_path):
    """Every second frame is refused for a while: what could not be sent is as if it had never been tried."""
    full = tmp_path / "full"
    broker = harness.fresh_broker(build="plain").start(env={"LD_PRELOAD": checks.library(), "BATON_FAULT_FULL": str(full)})
    try:
        care, moves = broker.client("care"), broker.client("moves")
        receipts = all_ok(submit_all(care, opened(700, need="x" * 1500), 30))
        want = {s for r in receipts for s in (r.sequence, r.offer)}
        full.touch()
        moves.send(credit=frame_pb2.Credit(window=48))
        came, end = [], time.monotonic() + 20
        while len(came) < len(want) and time.monotonic() < end:
            if len(came) > len(want) * 3 // 4 and full.exists():
                full.unlink()
            if (item := moves.take(0.5)) is not None:
                came.append((item.recorded.case, item.sequence))
                moves.settle(item.sequence)
        assert not full.exists() and not moves.faults
        counters = {r["counter"]: r["value"] for r in broker.ctl_json("show", "counters")["counters"]}
        assert counters["sends_deferred"] > 5, "the fault never struck"
        assert sorted(s for _, s in came) == sorted(want), f"{len(want - {s for _, s in came})} of {len(want)} never came, or some came twice"
        for case in {c for c, _ in came}:
            assert (mine := [s for c, s in came if c == case]) == sorted(mine)
    finally:
        harness.remove(broker)


# -- verdicts


def test_many_verdicts_with_long_reasons_in_one_batch(own_broker):
    """However many come in one go, each journal entry stays of a size that can be written and read again."""
    shop, moves = own_broker.client("shop"), own_broker.client("moves")
    offers = [r.offer for r in all_ok(submit_all(shop, opened(4500, title="x"), 100))]
    # verdicts gather behind a batch that takes its time
    moves.send(submit=frame_pb2.Submit(items=[frame_pb2.SubmitItem(
        number=i + 1, source_key=f"b{i}", first_tried_at_us=now_us(), event=opened(1, "order")[0].SerializeToString()) for i in range(600)]))
    settle_all(moves, offers, "RETRY", retry_after_ms=86_400_000, reason="r" * 256)
    ok(do(own_broker.client("sales"), "case_opened", topic="order", about="order"))
    own_broker.kill()
    own_broker.start()
    assert own_broker.client("sales").welcome
    own_broker.stop()
    own_broker.verify()


@pytest.mark.parametrize("verdict, more", [("ACK", {}), ("REJECT", {"reason": "r" * 256})])
def test_a_backlog_settled_in_one_go_survives_a_kill(verdict, more):
    """Every other sequence, so that no two make a range; then kill -9 before the record is saved, and replay."""
    broker = harness.fresh_broker(settings={"record": {"checkpoint_ms": 10000}}).start()
    try:
        sales, billing = broker.client("sales"), broker.client("billing")
        case = open_case(sales, "billing.invoice").case
        other = open_case(sales).case
        n = 12000 if verdict == "ACK" else 5000
        receipts = all_ok(submit_all(sales, [event("note_added", case=case if i % 2 else other, text="x") for i in range(n)], 400))
        mine = [r.sequence for r in receipts if r.case == case]
        settle_all(billing, mine, verdict, per=4000 if verdict == "ACK" else 200, **more)
        ok(do(billing, "case_opened", topic="order", about="order"))
        left = inbox(broker, "billing")
        broker.kill()
        broker.start()
        assert inbox(broker, "billing") == left
        billing = broker.client("billing", credit=4096)
        while (item := billing.take(1.0)) is not None:
            assert item.sequence not in mine, "settled, and delivered again"
            billing.settle(item.sequence)
        broker.stop()
        broker.verify()
    finally:
        harness.remove(broker)


# -- questions and contacts


@pytest.fixture(scope="module")
def busy():
    """A broker with many cases, and a customer whose cases are as large and as many as may be."""
    made = harness.fresh_broker().start()
    shop, care, who = made.client("shop"), made.client("care"), phone()
    all_ok(submit_all(shop, opened(6000, "order", title="x"), 300))
    cases = [r.case for r in all_ok(submit_all(care, [
        event("case_opened", topic=f"order.t{i}", about=f"order.t{i}", by=who, need="n" * 4000, title="t" * 200) for i in range(60)], 10))]
    submit_all(care, [event("fact_recorded", case=c, key=f"k{k}", value="v" * 250) for c in cases for k in range(30)], 100)
    shop.close()
    care.close()
    yield made, who
    harness.remove(made)


@pytest.fixture
def clients(busy):
    """clients("sales"): a client of that broker, closed after the test; and the large customer."""
    made = []

    def open_client(adapter):
        made.append(busy[0].client(adapter))
        return made[-1]

    yield open_client, busy[1]
    for client in made:
        client.close()


QUESTIONS = {"journeys": {"journeys": frame_pb2.JourneysQuery()}, "a list that finds nothing": {"cases": frame_pb2.CasesQuery(topic="zzz")}}


@pytest.mark.parametrize("what", QUESTIONS)
def test_who_asks_much_waits_and_nobody_else(clients, what):
    asker, sales = clients[0]("outsider"), clients[0]("sales")
    n = 300
    for i in range(n):
        asker.send(query=frame_pb2.Query(id=i + 1, **QUESTIONS[what]))
    took = waits(sales)
    assert max(took) < 1.0, took
    assert asker.until(lambda: len(asker.answers) == n, 30), f"{len(asker.answers)} of {n} questions were answered"
    assert {code(a) for a in asker.answers.values()} <= {"OK", "BUSY"}


def test_contacts_on_a_customer_of_many_large_cases_hold_up_nobody_else(clients):
    care, sales, who = clients[0]("care"), clients[0]("sales"), clients[1]
    contact = event("contact_logged", by=who, about="order.t1", channel="CHANNEL_PHONE", summary="s").SerializeToString()
    items = [frame_pb2.SubmitItem(number=i + 1, source_key=unique("flood"), first_tried_at_us=now_us(), event=contact) for i in range(1200)]
    for at in range(0, len(items), 400):
        care.send(submit=frame_pb2.Submit(items=items[at:at + 400]))
    took = waits(sales)
    assert max(took) < 2.0, took
    assert care.until(lambda: len(care.receipts) == len(items), 30)
    told = [code(care.receipts[i + 1]) for i in range(len(items))]
    taken = told.count("OK")
    assert taken > 0 and set(told) <= {"OK", "BUSY", "OUT_OF_ORDER"}
    assert told[0] == "OK" and "OK" not in told[told.index("BUSY"):] if "BUSY" in told else taken == len(items)
