"""config try where the journal was cut: from the archive, from a snapshot, and what is said where neither reaches."""
import shutil
import subprocess

import pytest

import harness
from events import do, ok, open_case, phone
from test_config_try import accept, counts, rows, tried
from test_retention import cut_done, filled, segments, snapshots

TINY = {"retention": {"journal_mb": 1, "segment_mb": 1, "snapshot_every_events": 150}}
OLAS = [{"to": "moves", "minutes": 30}]


@pytest.fixture(scope="module")
def cut():
    """A broker whose first segments are no longer in the journal. At both ends of its history cases are offered to moves, and one
    that was opened in the beginning goes on in the end."""
    broker = harness.fresh_broker(settings=TINY).start()
    care, moves, sales = broker.client("care"), broker.client("moves"), broker.client("sales")

    def hand_over():
        case = open_case(sales, topic="order", by=phone()).case
        ok(do(sales, "handoff_offered", case=case, to="moves", next_step="do it"))
        accept(moves, case)
        return case

    broker.early = [hand_over() for _ in range(3)]
    ok(do(sales, "case_opened", topic="order", by=("phone", "+442079460777"), title="the early one"))
    sales.close()
    _, broker.written = filled(broker)
    cut_done(broker)
    sales = broker.client("sales")
    broker.late = [hand_over() for _ in range(3)]
    ok(do(sales, "contact_logged", by=("phone", "+442079460777"), about="order", summary="again", channel="CHANNEL_PHONE"))
    ok(do(moves, "promise_made", case=broker.early[0], type="PROMISE_TYPE_CALLBACK", due_us=4 * 10**15))
    care.close()
    yield broker
    harness.remove(broker)


@pytest.fixture
def away(cut, tmp_path):
    """Moves the segments away, for the length of one test."""
    moved = []

    def move(paths):
        for path in paths:
            shutil.move(path, tmp_path / path.name)
            moved.append(path)

    yield move
    for path in moved:
        shutil.move(tmp_path / path.name, path)


def end_of(segment):
    return int(segment.name.split("-")[1].split(".")[0])


def test_all_of_it_from_the_archive(cut):
    """As if it had never been cut: from entry 1, with nothing out of reach."""
    answer = tried(cut, "last=1000000")
    assert not answer["differences"] and not answer["not_covered"] and not answer["recorded_otherwise"], answer
    assert answer["same"] == answer["requests"] > len(cut.written)
    assert answer["from_entry"] <= 2 and answer["out_of_reach_before"] is None and answer["rebuilt_from_snapshot"] is None
    changed = tried(cut, "last=1000000", olas=OLAS)
    assert {r["case"] for r in rows(changed, "timed")} == {*cut.early, *cut.late}


def test_the_last_ones_from_a_snapshot(cut):
    """The record comes from the newest snapshot before them, and what comes out is what comes out without one."""
    answer = tried(cut, "last=11", olas=OLAS)
    positions = [int(p.name) for p in snapshots(cut)]
    assert answer["rebuilt_from_snapshot"] == max(p for p in positions if p < answer["from_entry"]), positions
    assert answer["requests"] == 11 and not answer["not_covered"] and answer["out_of_reach_before"] is None
    assert {r["case"] for r in rows(answer, "timed")} == set(cut.late) and counts(answer)["timed"] >= 3
    whole = tried(cut, "last=1000000", olas=OLAS)
    assert [r for r in whole["differences"] if r["event"] >= answer["from_entry"]] == answer["differences"]


def test_with_the_segments_away(cut, away):
    """What is behind a snapshot is tried; how far back that goes is said where more was asked for."""
    here = tried(cut, "last=11", olas=OLAS)
    away(segments(cut))
    answer = tried(cut, "last=11", olas=OLAS)
    assert answer.pop("out_of_reach_before") and answer.pop("note") and here.pop("note") and here.pop("out_of_reach_before") is None
    assert answer == here, "the same requests, the same answers"
    positions = sorted(int(p.name) for p in snapshots(cut))
    least = next(p for p in positions if p >= end_of(segments_of_log(cut)[-1])) + 1
    most = tried(cut, "last=1000000")
    assert most["out_of_reach_before"] == least <= most["from_entry"] and 11 < most["requests"] < len(cut.written)
    assert most["same"] == most["requests"] and most["rebuilt_from_snapshot"] == least - 1
    assert cut.ctl_json("status")["position"] == most["to_entry"]


def segments_of_log(broker):
    """By what the broker knows of them, here or not."""
    return [broker.folder / "data/archive" / row["segment"] for row in broker.ctl_json("show", "archive")["segments"]]


def said(broker, *words):
    done = subprocess.run([harness.program("batonctl"), "config", "try", str(broker.folder / "tried.conf"), *words],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_it_says_how_many_could_be_tried(cut, away):
    away(segments(cut)[:1])
    answer = tried(cut, "last=1000000")
    code, text = said(cut, "last=1000000")
    assert code == 0 and f"Only {answer['requests']} of the last 1000000 requests could be tried" in text
    assert "could be tried" in answer["note"] and "not stored and not covered" in answer["note"]
    assert f"before entry {answer['out_of_reach_before']} is out of reach" in text
    assert "out of reach, as" not in said(cut, "last=11")[1], "nothing was missing"


def test_a_damaged_snapshot_is_passed_by(cut, away):
    """The one before it serves, and where there is none, a later one, or the archive alone."""
    answer = tried(cut, "last=11", olas=OLAS)
    used = cut.folder / f"data/snapshots/{answer['rebuilt_from_snapshot']:020}/record/data.mdb"
    raw = used.read_bytes()
    try:
        used.write_bytes(raw[:len(raw) // 2] + bytes(len(raw) - len(raw) // 2))
        again = tried(cut, "last=11", olas=OLAS)
        assert again["rebuilt_from_snapshot"] != answer["rebuilt_from_snapshot"] and again["differences"] == answer["differences"]
    finally:
        used.write_bytes(raw)
    assert tried(cut, "last=11", olas=OLAS) == answer


def test_where_nothing_serves_it_says_so(cut, away, tmp_path):
    away(segments(cut)[:1])
    shutil.move(cut.folder / "data/snapshots", tmp_path / "snapshots")
    try:
        done = tried(cut, check=False)
        assert done.returncode == 1 and "AWAY" in done.stderr and "no snapshot" in done.stderr and "put the segments back" in done.stderr
    finally:
        shutil.move(tmp_path / "snapshots", cut.folder / "data/snapshots")
    assert tried(cut, "last=3")["requests"] == 3


def test_nothing_is_left(cut):
    assert not [p.name for p in (cut.folder / "data").iterdir() if "try" in p.name]
    cut.stop()
    cut.verify()
    cut.start()
