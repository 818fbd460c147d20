"""The way out of the http adapter: deliveries as signed calls to a department's system."""
import importlib.util
import json
import os
import signal
import subprocess
import threading
import time

import pytest

import harness
from adapter import Adapter
from events import code, do, history, ok, open_case, unique, view
from harness import TREE, wait_for
from hook_system import Raw, System, make_authority, server_tls

_spec = importlib.util.spec_from_file_location("verify", TREE / "adapters/http/examples/verify.py")
verify = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verify)

SECRET = "a secret of more than sixteen"


def company():
    """The tests' company, with a billing that may act for others too."""
    made = json.loads(json.dumps(harness.COMPANY))
    next(a for a in made["adapters"] if a["name"] == "billing")["acts_for"] = ["sales", "care"]
    return made


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker(company=company(), settings={"delivery": {"max_attempts": 5, "settle_timeout_ms": 1000}}).start()
    yield made
    harness.remove(made)


@pytest.fixture(scope="module")
def sales(broker):
    return broker.client("sales")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def system():
    made = []

    def make(*words, **more):
        made.append(System(*words, **more))
        return made[-1]

    yield make
    for s in made:
        s.end()


@pytest.fixture
def hooks(broker, tmp_path):
    """hooks(target, ...): a started adapter of billing; each target as in the configuration."""
    made = []

    def make(*targets, begin=True, **options):
        place = tmp_path / f"a{len(made)}"
        place.mkdir()
        (place / "hook.secret").write_text(SECRET + "\n")
        (place / "hook.secret").chmod(0o600)
        settings = {"progress_ms": 300, "retry_first_ms": 10, "retry_most_ms": 50, **options.pop("settings", {})}
        made.append(Adapter(broker, "baton-http", "billing", place, {
            "hooks": {"targets": [{"name": f"crm{i or ''}", **t} for i, t in enumerate(targets)], **settings}, **options}))
        if begin:
            made[-1].start().wait_for_log("connected")
        return made[-1]

    yield make
    for a in made:
        a.close()


def a_case(sales):
    """A case of sales that billing is part of, with its offer withdrawn: deliveries come, and nothing is open."""
    receipt = open_case(sales, "billing.invoice")
    ok(do(sales, "handoff_withdrawn", case=receipt.case, offer=receipt.offer))
    return receipt.case


def note(sales, case, *texts):
    return [ok(do(sales, "note_added", case=case, text=t)).sequence for t in texts]


def notes(sales, case):
    return [e.event.note_added.text for e in history(sales, case) if e.event.HasField("note_added")]


def dead(broker, sequence):
    """Why the delivery was given up; None: it was not."""
    rows = [r for r in broker.ctl_json("show", "dead", "billing")["dead_letters"] if r["event"] == sequence]
    return rows[0]["reason"] if rows else None


class Once:
    """Says each of these once for each text, and then 200: Once(b=[500, 503])."""

    def __init__(self, **said):
        self.said = said

    def __call__(self, call):
        left = self.said.get(call.text)
        return left.pop(0) if left else 200


def health(a):
    """The last state that was told."""
    told = a.logged("health")
    return told[-1].split(" state=")[1].split()[0] if told else "well"


def test_deliveries_are_signed_calls(hooks, system, sales):
    crm = system()
    a = hooks({"url": crm.url("/in?key=1"), "secret_file": "hook.secret", "headers": [{"name": "X-Team", "value": "billing"}]})
    case = a_case(sales)
    sequence, = note(sales, case, "h\u00e9llo \"quoted\"")
    wait_for(lambda: crm.of("h\u00e9llo \"quoted\""), what="the call")
    call, = crm.of("h\u00e9llo \"quoted\"")
    assert call.path == "/in?key=1" and call.headers["Content-Type"] == "application/json" and call.headers["X-Team"] == "billing"
    assert call.delivery == f"billing/{sequence}" and call.attempt == 1
    assert call.json["sequence"] == str(sequence) and call.json["recorded"]["case"] == str(case)
    signature = call.headers["Baton-Signature"]
    assert verify.verify(SECRET.encode(), signature, call.body)
    assert not verify.verify(SECRET.encode(), signature, call.body + b" ")
    assert not verify.verify(b"another secret, of sixteen", signature, call.body)
    assert not verify.verify(SECRET.encode(), signature, call.body, now=time.time() + 600)
    assert SECRET not in a.text() and "key=1" not in a.text()


def test_put_off_and_then_taken_once_for_each_case_in_order(hooks, system, sales, broker):
    crm = system(Once(b=[409], n=[425], y=[500], z=[502, 408]))
    hooks({"url": crm.url()})
    one, two, three = (a_case(sales) for _ in range(3))
    note(sales, one, "a", "b", "c")
    note(sales, two, "m", "n", "o")
    last = note(sales, three, "x", "y", "z")[-1]
    wait_for(lambda: all(crm.of(t) for t in "co") and len(crm.of("z")) == 3, what="the calls")
    order = crm.texts()
    assert [t for t in order if t in "abc"] == ["a", "b", "b", "c"] and [t for t in order if t in "mno"] == ["m", "n", "n", "o"]
    assert [t for t in order if t in "xyz"] == ["x", "y", "y", "z", "z", "z"]
    first, second = crm.of("b")
    assert first.delivery == second.delivery and (first.attempt, second.attempt) == (1, 2)
    assert dead(broker, last) is None


def test_what_it_will_never_take_is_a_dead_letter_with_the_reason(hooks, system, sales, broker):
    crm = system(Once(bad=[422], worse=[(400, b"no\r\nway")]))
    a = hooks({"url": crm.url()})
    bad, worse, _ = note(sales, a_case(sales), "bad", "worse", "next")
    wait_for(lambda: crm.of("next"), what="the next one")
    assert dead(broker, bad) == "answers 422: it will not take this delivery" and "answers 400" in dead(broker, worse)
    assert crm.of("next")[0].json["gap"] and len(crm.of("bad")) == 1
    assert health(a) == "well"


def test_what_it_says_to_everybody_costs_no_case_its_delivery(hooks, system, sales, broker):
    """The answer to each delivery alike: nothing is given up, and the first good answer ends it."""
    crm = system(lambda call: said)
    said = 200
    a = hooks({"url": crm.url()})
    for n, (status, words) in enumerate([
            (401, "credentials"), (403, "does not allow"), (404, "nothing at this url"), (302, "redirects are not followed"),
            (410, "gone for good"), (418, "see reject_on"), (503, "out of service"), (429, "too many calls")]):
        said = (status, b"", ("Location", "/elsewhere"))
        sequence, = note(sales, a_case(sales), f"held{n}")
        wait_for(lambda: health(a) == "down", what="the state")
        wait_for(lambda: len([c for c in crm.calls if c.sequence == sequence or not c.text]) > 8, what="more tries than a delivery has")
        told = a.logged("health")[-1]
        assert words in told and f"answers {status}" in told and f"127.0.0.1:{crm.port}" in told
        said = 200
        wait_for(lambda: crm.of(f"held{n}") and health(a) == "well", what="recovery")
        wait_for(lambda: len(a.logged("hook-recovered")) == n + 1, what="the log")
        assert crm.of(f"held{n}")[-1].asked == 1 and dead(broker, sequence) is None
    assert {c.path for c in crm.calls} == {"/hooks/baton"} and "/hooks" not in a.text()


def test_statuses_that_reject_are_configured(hooks, system, sales, broker):
    crm = system(Once(unknown=[404], bad=[422]))
    a = hooks({"url": crm.url(), "reject_on": [404]})
    unknown, bad = note(sales, a_case(sales), "unknown", "bad")
    wait_for(lambda: len(crm.of("bad")) == 2, what="the second try")
    assert "answers 404" in dead(broker, unknown) and dead(broker, bad) is None and a.logged("hook-recovered")


def test_long_down_is_no_flood_and_no_loss(hooks, system, sales, broker):
    crm = system()
    port = crm.port
    crm.end()
    a = hooks({"url": f"http://127.0.0.1:{port}/x?token=geheim"}, settings={"retry_first_ms": 1, "retry_most_ms": 3})
    case = a_case(sales)
    sequences = note(sales, case, "one", "two")
    wait_for(lambda: health(a) == "down", what="the state")
    assert "refused" in a.logged("health")[-1] and "geheim" not in a.text()
    # As many tries as an hour has, and more; and longer than the broker waits for a settle.
    wait_for(lambda: int(a.logged("hook-failed")[-1].split("in_a_row=")[1].split()[0]) >= 512, 30, "many tries")
    assert len(a.text().splitlines()) < 20, a.text()
    crm.begin(port)
    wait_for(lambda: crm.texts() == ["one", "two"], what="recovery")
    assert {c.asked for c in crm.calls} == {1} and crm.calls[0].attempt > 512 and health(a) == "well"
    assert not any(dead(broker, s) for s in sequences)


def test_killed_in_a_call_it_comes_again_under_the_same_name(hooks, system, sales):
    go = threading.Event()
    crm = system(lambda call: go.wait(30) and 200 if call.text == "hang" else 200)
    a = hooks({"url": crm.url()})
    case = a_case(sales)
    note(sales, case, "hang", "after")
    wait_for(lambda: crm.of("hang"), what="the call")
    a.kill()
    go.set()
    a.start()
    wait_for(lambda: crm.of("after"), what="the next one")
    first, second = crm.of("hang")
    assert first.delivery == second.delivery and len(crm.of("after")) == 1


def test_stopped_it_goes_on_where_it_was(hooks, system, sales):
    crm = system()
    a = hooks({"url": crm.url()})
    case = a_case(sales)
    note(sales, case, "s0")
    wait_for(lambda: crm.of("s0"), what="the first")
    a.process.send_signal(signal.SIGSTOP)
    texts = [f"s{i}" for i in range(1, 6)]
    note(sales, case, *texts)
    time.sleep(1.3)  # longer than the settle timeout: what is measured is what the broker then does
    a.process.send_signal(signal.SIGCONT)
    wait_for(lambda: crm.of("s5"), what="the rest")
    assert list(dict.fromkeys(crm.texts())) == ["s0", *texts]


def test_a_system_that_hangs_loses_nothing(hooks, system, sales, broker):
    go = threading.Event()
    crm = system(lambda call: go.wait(30) and 200 if call.text else 200)
    a = hooks({"url": crm.url(), "timeout_ms": 100, "parallel": 2})
    sequences = [s for _ in range(3) for s in note(sales, a_case(sales), "hung", "behind")]
    wait_for(lambda: health(a) == "down", what="the state")
    assert "no whole answer in time" in a.logged("health")[-1]
    wait_for(lambda: len(crm.calls) > 18, 30, "more tries than they have")
    go.set()
    wait_for(lambda: len({c.sequence for c in crm.calls if c.text == "behind"}) == 3, what="recovery")
    assert not any(dead(broker, s) for s in sequences)


def test_one_poisoned_delivery_does_not_keep_the_others_out(hooks, system, sales, broker):
    crm = system(lambda call: 500 if call.text == "poison" else 200)
    a = hooks({"url": crm.url(), "parallel": 1})
    note(sales, a_case(sales), "poison")
    wait_for(lambda: health(a) == "down", what="the state")
    other = a_case(sales)
    for i in range(20):
        note(sales, other, f"other{i}")
    wait_for(lambda: crm.of("other19"), what="the others")
    assert len([t for t in crm.texts() if t.startswith("other")]) == 20


def endless(piece, times, pause=0.0):
    def say():
        for _ in range(times):
            yield piece
            time.sleep(pause)
    return say


def after(head, rest):
    def say():
        yield head
        yield from rest()
    return say


OK = b"HTTP/1.1 200 OK\r\nContent-Type: "


@pytest.mark.parametrize("say, words", [
    (lambda: [b"\x00\xff nonsense\r\n\r\n"], "not HTTP"),
    (lambda: [b"SSH-2.0-OpenSSH_9.2\r\n"], "not HTTP"),
    (lambda: [], "hung up"),
    (lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nContent-Type: application/json\r\n\r\n{"], "broke"),
    (after(b"HTTP/1.1 200 OK\r\n", endless(b"X-Long: " + b"x" * 1000 + b"\r\n", 10 ** 6)), "longer"),
    (after(OK, endless(b"y", 10 ** 9, 0.05)), "no whole answer"),
    (after(OK + b"application/json\r\n\r\n[", endless(b" ", 10 ** 9, 0.05)), "no whole answer"),
    (lambda: [b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10 ** 6 + b"\r\n\r\n"], "far too long"),
    (endless(b"HTTP/1.1 100 Continue\r\n\r\n", 10 ** 6), "longer")])
def test_nonsense_is_a_visible_state(hooks, sales, say, words):
    raw = Raw(say)
    a = hooks({"url": raw.url(), "timeout_ms": 400 if words == "no whole answer" else 10000})
    note(sales, a_case(sales), "x")
    wait_for(lambda: health(a) == "down", what="the state")
    assert words in a.text()
    raw.end()


@pytest.mark.parametrize("kind, taken", [(b"text/html", True), (b"application/json", False)])
def test_ten_gigabytes_are_not_read(hooks, sales, broker, kind, taken):
    """A long page after a 200 does not matter; an answer that may hold events cannot be passed over."""
    raw = Raw(after(OK + kind + b"\r\nContent-Length: 10000000000\r\n\r\n", endless(b"{" * 65536, 10 ** 10 // 65536)))
    a = hooks({"url": raw.url(), "timeout_ms": 5000, "parallel": 1})
    sequence, = note(sales, a_case(sales), "big")
    if taken:
        wait_for(lambda: raw.count >= 3, what="the calls")
        assert not a.logged("hook-answer-refused") and health(a) == "well"
    else:
        a.wait_for_log("hook-answer-refused", 2)
    status = open(f"/proc/{a.process.pid}/status").read()
    peak = int(status.split("VmHWM:")[1].split()[0])
    assert peak < 400 * 1024, f"{peak} KiB"
    a.stop()
    raw.end()


def accept(call, version=None):
    offer = call.event.get("handoffOffered")
    if not offer or "card" not in call.json:
        return 200
    return 200, {"events": [{"handoffAccepted": {"offer": call.json["sequence"], "digest": call.json["digest"]},
                             "expectedVersion": version or call.json["recorded"]["version"]},
                            {"noteAdded": {"text": "taken by the system"}}]}


def test_an_answer_accepts_an_offer(hooks, system, sales):
    crm = system(accept)
    hooks({"url": crm.url()})
    case = open_case(sales, "billing.invoice").case
    wait_for(lambda: ok(view(sales, case=case)).case.custodian == "billing", what="custody")
    assert "taken by the system" in notes(sales, case)


def test_answers_are_only_looked_at_where_they_may_be(hooks, system, sales):
    crm = system(accept)
    hooks({"url": crm.url(), "answers": False})
    case = open_case(sales, "billing.invoice").case
    note(sales, case, "later")
    wait_for(lambda: crm.of("later"), what="the note")
    assert ok(view(sales, case=case)).case.custodian == "sales"


def test_a_stale_answer_is_told_and_may_be_mended(hooks, system, sales):
    def answer(call):
        if "Baton-Refused" in call.headers:
            assert call.headers["Baton-Refused"] == "STALE"
            return accept(call, call.headers["Baton-Version"])
        if "card" in call.json:
            note(sales, int(call.json["recorded"]["case"]), "meanwhile")
        return accept(call)

    crm = system(answer)
    a = hooks({"url": crm.url()})
    case = open_case(sales, "billing.invoice").case
    # This thread must not use the client while the answer does.
    wait_for(lambda: len([c for c in crm.calls if "Baton-Refused" in c.headers]) == 1, what="the second call")
    wait_for(lambda: ok(view(sales, case=case)).case.custodian == "billing", what="custody")
    told = [c for c in crm.calls if "card" in c.json]
    assert len({c.delivery for c in told}) == 1 and len(told) == 2 and notes(sales, case).count("taken by the system") == 1
    assert len(a.logged("hook-answer-refused")) == 1


def test_a_broker_that_dies_during_the_call_has_the_answer_once(own_broker, system, tmp_path):
    """Before the answer, and again right behind it: the settle with its events is sent again, and counts once."""
    go = threading.Event()
    crm = system(lambda call: ("card" not in call.json or go.wait(30)) and accept(call))
    a = Adapter(own_broker, "baton-http", "billing", tmp_path / "a", {"hooks": {"targets": [{"name": "crm", "url": crm.url()}]}}).start()
    case = open_case(own_broker.client("sales", keep=False), "billing.invoice").case
    wait_for(lambda: [c for c in crm.calls if "card" in c.json], what="the call")
    own_broker.kill()
    go.set()
    own_broker.start()
    a.wait_for_log("connected", 2)
    own_broker.kill()
    own_broker.start()
    sales = own_broker.client("sales")
    wait_for(lambda: ok(view(sales, case=case)).case.custodian == "billing", what="custody")
    wait_for(lambda: "taken by the system" in notes(sales, case), what="the note")
    a.stop()
    assert notes(sales, case) == ["taken by the system"] and not a.logged("hook-answer-refused")


@pytest.mark.parametrize("answer, words", [
    ({"events": [{"noteAdded": {"txt": "x"}}]}, "INVALID: events[0]: noteAdded.txt"),
    ({"events": [{"noteAdded": {"text": "x"}}] * 9}, "INVALID: events wants a list of at most 8"),
    ({"events": {"noteAdded": {"text": "x"}}}, "INVALID: events wants a list"),
    ({"events": [{"no\r\nSuch: kind": {}}]}, "INVALID: events[0]:"),
    ({"events": [{"locator": {"id": 999999}, "noteAdded": {"text": "x"}}]}, "UNKNOWN_CASE: "),
    (b"{\"events\": [", "INVALID: no JSON"), (b"[" * 60000, "INVALID: no JSON"), (b"{\"events\":[],\"events\":[]}", "INVALID: no JSON"),
    (b"\xff", "INVALID: no JSON")])
def test_an_answer_that_cannot_be_taken_is_told_and_then_given_up(hooks, system, sales, broker, answer, words):
    said = (200, answer) if not isinstance(answer, bytes) else (200, answer, ("Content-Type", "application/json; charset=utf-8"))
    crm = system(lambda call: said if call.text == "bad" else 200)
    hooks({"url": crm.url()})
    sequence, _ = note(sales, a_case(sales), "bad", "next")
    wait_for(lambda: crm.of("next"), what="the next one")
    calls = crm.of("bad")
    assert len(calls) == 4 and "Baton-Refused" not in calls[0].headers
    told = calls[1].headers
    assert f"{told['Baton-Refused']}: {told['Baton-Refused-Text']}".startswith(words) and "Such" not in told
    assert dead(broker, sequence).startswith("its answer was refused: " + words)


def test_a_system_speaks_for_its_own_department_alone(hooks, system, sales, broker):
    """It is called for billing: that the adapter may act for others is not for the system to use."""
    said = {"forged": {"department": "sales"}, "odd": {"department": 7}, "past": {"backfill": True},
            "number": {"locator": {"reference": {"department": "sales", "localId": "7"}}}, "own": {"department": "billing"}, "none": {}}
    crm = system(lambda call: (200, {"events": [{"noteAdded": {"text": f"by {call.text}"}, **said[call.text]}]}) if call.text in said else 200)
    hooks({"url": crm.url()})
    case = a_case(sales)
    forged, odd, past, number, _, _ = note(sales, case, *said)
    wait_for(lambda: "by none" in notes(sales, case), what="the last answer")
    assert "department: an answer is given for billing alone" in dead(broker, forged) and dead(broker, odd)
    assert "backfill: " in dead(broker, past) and "locator.reference.department: " in dead(broker, number)
    by = {e.event.note_added.text: e.event.department for e in history(sales, case) if e.event.note_added.text.startswith("by ")}
    assert by == {"by own": "billing", "by none": "billing"}


def test_what_follows_a_page_does_not_make_it_json(hooks, sales, broker):
    raw = Raw(lambda: [OK + b"text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Type: application/json\r\n\r\n"])
    a = hooks({"url": raw.url()})
    note(sales, a_case(sales), "x")
    wait_for(lambda: raw.count >= 3, what="the calls")
    assert not a.logged("hook-answer-refused")
    raw.end()


def test_json_of_its_own_is_no_answer(hooks, system, sales):
    said = [{}, {"id": 7, "status": "created"}, {"events": []}, [1, 2], "ok", 7, None]

    def answer(call):
        return 200, json.dumps(said[int(call.text[1:])]).encode() if call.text[:1] == "j" else b"", ("Content-Type", "application/vnd.crm+json")

    crm = system(answer)
    a = hooks({"url": crm.url()})
    texts = [f"j{i}" for i in range(len(said))]
    note(sales, a_case(sales), *texts)
    wait_for(lambda: crm.of(texts[-1]), what="the calls")
    assert [t for t in crm.texts() if t[:1] == "j"] == texts and not a.logged("hook-answer-refused")


def test_a_slow_call_is_made_once(hooks, system, sales, broker):
    """Longer than the settle timeout, with another that waits behind it all the while: the broker never brings them again."""
    crm = system(lambda call: time.sleep(1.3) or 200 if call.text.startswith("slow") else 200)
    hooks({"url": crm.url(), "parallel": 1})
    for text in ("slow1", "slow2"):
        note(sales, a_case(sales), text, f"after {text}")
    wait_for(lambda: crm.of("after slow1") and crm.of("after slow2"), what="the calls")
    assert [c.attempt for c in crm.of("slow1") + crm.of("slow2") + crm.of("after slow1") + crm.of("after slow2")] == [1] * 4

    def all_settled():
        session = [r for r in broker.ctl_json("show", "sessions")["sessions"] if r["adapter"] == "billing"][0]
        return session["delivered"] == session["settled"] == len(crm.calls)
    wait_for(all_settled, what="as many deliveries as calls")


def test_never_more_calls_at_once_than_configured(hooks, system, sales):
    crm = system(lambda call: time.sleep(0.1) or 200)
    hooks({"url": crm.url(), "parallel": 3})
    for case in [a_case(sales) for _ in range(8)]:
        note(sales, case, "one", "two")
    wait_for(lambda: len(crm.of("two")) == 8, what="the calls")
    assert crm.most == 3


def test_retry_after_is_respected(hooks, system, sales):
    at = {}

    def answer(call):
        if not call.text:
            return 200
        at.setdefault(call.text, []).append(time.time())
        if len(at[call.text]) > 1:
            return 200
        when = {"seconds": "1", "date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2)), "nonsense": "soon",
                "past": "Thu, 01 Jan 1970 00:00:10 GMT", "negative": "-99999999999999999999"}[call.text]
        return 503 if call.text == "date" else 409, b"", ("Retry-After", when)

    crm = system(answer)
    hooks({"url": crm.url()})
    for text in ("seconds", "nonsense", "past", "negative"):
        note(sales, a_case(sales), text)
    wait_for(lambda: all(len(crm.of(t)) == 2 for t in ("seconds", "nonsense", "past", "negative")), what="second calls")
    note(sales, a_case(sales), "date")
    wait_for(lambda: len(crm.of("date")) == 2, what="the last")
    assert at["seconds"][1] - at["seconds"][0] >= 1 and at["date"][1] - at["date"][0] >= 0.9


# ---- TLS

def test_tls_is_verified(hooks, system, sales, authority):
    crm = system(tls=server_tls(authority))
    a = hooks({"url": crm.url(), "ca_file": str(authority / "ca.pem")})
    note(sales, a_case(sales), "tls")
    wait_for(lambda: crm.of("tls"), what="the call")
    a.stop()
    strange = system(tls=server_tls(authority, "strange"))
    for target in ({"url": crm.url()}, {"url": strange.url(), "ca_file": str(authority / "ca.pem")}):
        a = hooks(target)
        note(sales, a_case(sales), "untrusted")
        wait_for(lambda: health(a) == "down", what="the state")
        assert "certificate" in a.logged("health")[-1], a.text()
        a.stop()
    assert not crm.of("untrusted") and not strange.calls


def test_a_client_certificate_is_shown(hooks, system, sales, authority):
    crm = system(tls=server_tls(authority, clients=True))
    shown = {"certificate_file": str(authority / "client.pem"), "key_file": str(authority / "client.key")}
    a = hooks({"url": crm.url(), "ca_file": str(authority / "ca.pem")})
    note(sales, a_case(sales), "who")
    wait_for(lambda: health(a) == "down", what="the state")
    assert not crm.calls
    a.stop()
    hooks({"url": crm.url(), "ca_file": str(authority / "ca.pem"), **shown})
    wait_for(lambda: crm.of("who"), what="the call")


# ---- Which delivery goes where, and how it looks

def test_kinds_and_topics_choose_the_target_and_fields_the_body(hooks, system, sales):
    chat, crm = system(), system()
    hooks({"url": chat.url(), "kinds": ["HandoffOffered"], "topics": ["billing"], "fields": [
              {"to": "text", "template": "Case {recorded.ref}: {card.title} \u2014 {card.next_step}"},
              {"to": "ticket.number", "path": "recorded.ref"}, {"to": "ticket.source", "value": "baton"}, {"to": "none", "path": "card.next_step"}]},
          {"url": crm.url(), "kinds": ["note_added"]})
    chat.answer = crm.answer = lambda call: 200
    receipt = open_case(sales, "billing.invoice", title='say "hi"')
    note(sales, receipt.case, "for the crm")
    wait_for(lambda: [c for c in chat.calls if receipt.ref in c.json["text"]] and crm.of("for the crm"), what="the calls")
    call = [c for c in chat.calls if receipt.ref in c.json["text"]][0]
    assert call.json == {"text": f'Case {receipt.ref}: say "hi" \u2014 ', "ticket": {"number": receipt.ref, "source": "baton"}}
    assert all("noteAdded" in c.event for c in crm.calls)


def test_a_target_that_is_down_does_not_keep_the_others_waiting(hooks, system, sales, broker):
    chat = system()
    nobody = system()
    nobody.end()
    a = hooks({"url": f"http://127.0.0.1:{nobody.port}/", "kinds": ["NoteAdded"]}, {"url": chat.url()}, credit=4)
    for case in [a_case(sales) for _ in range(8)]:
        note(sales, case, "to nobody")
    cases = [open_case(sales, "billing.invoice").case for _ in range(3)]
    wait_for(lambda: {str(c) for c in cases} <= {c.json["recorded"]["case"] for c in chat.calls}, what="the others")
    wait_for(lambda: health(a) == "troubled", what="the state")


def test_a_long_wait_that_it_asks_for_is_told(hooks, system, sales):
    crm = system(lambda call: (503, b"", ("Retry-After", "99999999999")))
    a = hooks({"url": crm.url()}, {"url": crm.url("/other")})
    note(sales, a_case(sales), "x")
    wait_for(lambda: health(a) == "troubled", what="the state")
    assert "answers 503: out of service; asks for 86400 s" in a.logged("health")[-1]
    before = cpu_seconds(a)
    time.sleep(1)  # what is measured
    assert cpu_seconds(a) - before < 0.3, "it is busy with waiting"


def cpu_seconds(a):
    with open(f"/proc/{a.process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- Configuration

def test_mistakes_are_told_with_file_and_key(hooks, tmp_path):
    (tmp_path / "lax").write_text("x" * 32)
    (tmp_path / "lax").chmod(0o644)
    (tmp_path / "short").write_text("short")
    (tmp_path / "short").chmod(0o600)
    good = {"url": "https://crm.example.com/hook"}
    for target, words in [
            ({"url": "http://crm.example.com/hook"}, "url: url goes to another machine without TLS"),
            ({"url": "http://127.0.0.1.example.com/"}, "without TLS"), ({"url": "file:///etc/passwd"}, "wants https://"),
            ({"url": "https://me:geheim@crm.example.com/"}, "credentials go into headers"), ({"url": "https://a b/"}, "a blank"),
            ({"url": "crm"}, "is no URL"), ({}, "one of url and url_file"), ({**good, "colour": "red"}, "unknown key colour"),
            ({**good, "secret_file": str(tmp_path / "lax")}, "set its mode to 0600"), ({**good, "secret_file": str(tmp_path / "short")}, "at least 16"),
            ({**good, "secret_file": "missing"}, "No such file"), ({**good, "kinds": ["Nonsense"]}, "no such kind of event: Nonsense"),
            ({**good, "parallel": 0}, "from 1 to 256"), ({**good, "reject_on": [500]}, "from 400 to 499"), ({**good, "timeout_ms": "soon"}, "whole number"),
            ({**good, "headers": [{"name": "Baton-Attempt", "value": "7"}]}, "set by this program"),
            ({**good, "headers": [{"name": "X", "value": "a\nEvil: 1"}]}, "control characters"), ({**good, "headers": [{"name": "X: y", "value": "a"}]}, "no name"),
            ({**good, "fields": [{"to": "text", "path": "recorded.event.note_added.txt"}]}, "no such field"),
            ({**good, "fields": [{"to": "text", "path": "nothing"}]}, "no such field"), ({**good, "fields": [{"to": "text", "template": "{"}]}, "written {path}"),
            ({**good, "fields": [{"to": "a", "value": "1"}, {"to": "a.b", "value": "2"}]}, "cannot both be"),
            ({**good, "ca_file": "missing.pem"}, "No such file"), ({**good, "certificate_file": str(tmp_path / "short")}, "go together"),
            ({**good, "name": "Not A Name"}, "for the log"), ({**good, "insecure": "yes"}, "true or false")]:
        a = hooks(target, begin=False)
        done = subprocess.run([harness.program("baton-http"), "--config", str(a.config), "--check"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 2 and words in done.stderr and "adapter.conf:" in done.stderr, (target, done)
        assert "geheim" not in done.stderr and "Sanitizer" not in done.stderr
    for target in (good, {"url": "http://[::1]:8080/x"}, {"url": "http://crm.example.com/x", "insecure": True}):
        a = hooks(target, begin=False)
        done = subprocess.run([harness.program("baton-http"), "--config", str(a.config), "--check"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done


def test_the_sample_is_good(hooks):
    sample = (TREE / "conf/adapters/http.conf").read_text()
    a = hooks({"url": "https://crm.example.com/"}, begin=False)
    text = "".join(line for line in a.config.read_text().splitlines(True) if not line.startswith("hooks"))
    a.config.write_text(text + sample[sample.index("\nhooks = {"):])
    done = subprocess.run([harness.program("baton-http"), "--config", str(a.config), "--check"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done


def test_a_url_and_a_header_may_be_secrets(hooks, system, sales, tmp_path):
    crm = system()
    for name, text in (("url", crm.url("/services/T0/geheim")), ("token", "Bearer geheim"), ("old", "the former secret, still known")):
        (tmp_path / name).write_text(text + "\n")
        (tmp_path / name).chmod(0o600)
    a = hooks({"url_file": str(tmp_path / "url"), "headers": [{"name": "Authorization", "file": str(tmp_path / "token")}],
               "secret_file": "hook.secret", "former_secret_file": str(tmp_path / "old")})
    note(sales, a_case(sales), "one")
    wait_for(lambda: crm.of("one"), what="the call")
    call, = crm.of("one")
    assert call.path == "/services/T0/geheim" and call.headers["Authorization"] == "Bearer geheim"
    for secret in (SECRET.encode(), b"the former secret, still known"):
        assert verify.verify(secret, call.headers["Baton-Signature"], call.body)
    assert "geheim" not in a.text()


def test_stopping_waits_for_the_call_under_way(hooks, system, sales):
    crm = system(lambda call: time.sleep(0.7) or 200 if call.text == "last" else 200)
    a = hooks({"url": crm.url()})
    case = a_case(sales)
    note(sales, case, "last")
    wait_for(lambda: crm.of("last"), what="the call")
    a.stop()
    a.start()
    note(sales, case, "next")
    wait_for(lambda: crm.of("next"), what="the next one")
    assert len(crm.of("last")) == 1


def test_a_slow_dns_holds_nobody_up(hooks, system, sales):
    crm = system()
    a = hooks({"url": "https://slow.example.com/", "kinds": ["NoteAdded"]}, {"url": crm.url()}, begin=False)
    os.environ.update(LD_PRELOAD=checks_library(), BATON_FAULT_NAME="slow.example.com")
    asan = os.environ.get("ASAN_OPTIONS", "")
    os.environ["ASAN_OPTIONS"] = asan + ":verify_asan_link_order=0:detect_leaks=0"  # the thread that asks is left behind
    try:
        a.start().wait_for_log("connected")
    finally:
        del os.environ["LD_PRELOAD"], os.environ["BATON_FAULT_NAME"]
        os.environ["ASAN_OPTIONS"] = asan
    note(sales, a_case(sales), "into the void")
    cases = [open_case(sales, "billing.invoice").case for _ in range(5)]
    wait_for(lambda: {str(c) for c in cases} <= {c.json["recorded"]["case"] for c in crm.calls}, what="the others")
    a.stop()


def checks_library():
    return str(harness.build_folder() / "tests/bt_fault.so")
