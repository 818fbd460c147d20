"""Acked is durable: at each sync in turn, under kill -9, over a clean stop; the record comes back from the journal."""
import shutil
import signal

import pytest

import checks
import harness
from events import do, event, history, ok, open_case, unique


@pytest.mark.parametrize("sync", range(1, 9))
def test_acked_is_durable(sync):
    checks.acked_is_durable("plain", sync)


@pytest.mark.parametrize("build", ["san", "plain"])
def test_kill_under_load(build):
    kills, acked = checks.survives_kills(build, harness.LONG or 20, seed=20260302)
    print(f"{kills} kills, {acked} events acknowledged")
    assert kills >= 3 and acked > 0


def test_clean_stop(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    note = ok(do(sales, "note_added", case=case, text="x"))
    assert own_broker.end(signal.SIGTERM) == 0
    assert "Sanitizer" not in own_broker.log.read_text()
    own_broker.start()
    assert history(own_broker.client("sales"), case)[-1].sequence == note.sequence
    own_broker.stop()
    own_broker.verify()


def test_stop_under_load_takes_nothing_back(own_broker):
    load = checks.Load(own_broker, "sales", "order")
    load.start()
    harness.wait_for(lambda: len(load.acked) > 200, what="some load")
    own_broker.stop()
    own_broker.start()
    load.halt.set()
    load.join(60)
    assert not load.is_alive() and not load.wrong
    checks.check_history(own_broker, [load])


def test_the_record_is_rebuilt_where_it_is_lost(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales, title="kept").case
    before = history(sales, case)
    own_broker.stop()
    shutil.rmtree(own_broker.folder / "data/record")
    own_broker.start()
    assert history(own_broker.client("sales"), case) == before
    own_broker.stop()
    own_broker.verify()


def test_verify_notices_a_flipped_bit(own_broker):
    sales = own_broker.client("sales")
    case = open_case(sales).case
    for i in range(20):
        ok(do(sales, "note_added", case=case, text=f"needle-in-the-journal-{i}"))
    own_broker.stop()
    own_broker.verify()
    path = next(p for p in (own_broker.folder / "data").rglob("*.mdb") if b"needle-in-the-journal-7" in p.read_bytes())
    path.write_bytes(path.read_bytes().replace(b"needle-in-the-journal-7", b"noodle-in-the-journal-7"))
    with pytest.raises(AssertionError):
        own_broker.verify()
