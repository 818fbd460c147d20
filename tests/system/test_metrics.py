"""Metrics: what Prometheus sees of a broker, the formats to the letter, and that nobody hurts the broker through their port."""
import http.client
import re
import socket
import time

import pytest
from baton import frame_pb2
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text

import harness
import prometheus
from events import code, do, now_us, ok, open_case
from harness import wait_for

ACCEPT = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
HOUR = 3600


def made(**metrics):
    port = harness.free_port()
    broker = harness.fresh_broker(settings={"metrics": {"listen": f"127.0.0.1:{port}", **metrics}})
    broker.metrics_port = port
    return broker


@pytest.fixture(scope="module")
def broker():
    one = made().start()
    yield one
    harness.remove(one)


@pytest.fixture
def own():
    one = made().start()
    yield one
    harness.remove(one)


def ask(broker, method="GET", path="/metrics", accept=ACCEPT, body=None):
    """(status, headers, text)"""
    connection = http.client.HTTPConnection("127.0.0.1", broker.metrics_port, timeout=20)
    connection.request(method, path, body=body, headers={"Accept": accept} if accept else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


def samples(broker):
    """{(name, label values...): value} as a strict reader of OpenMetrics has them."""
    status, _, text = ask(broker)
    assert status == 200
    return {(s.name, *s.labels.values()): s.value for family in openmetrics(text) for s in family.samples}


def until(broker, key, wanted):
    """Waits until the sample has this value: answers may be a second old."""
    return wait_for(lambda: samples(broker).get(key) == wanted, what=f"{key} to be {wanted}, not {samples(broker).get(key)}")


def open_socket(broker):
    s = socket.create_connection(("127.0.0.1", broker.metrics_port), timeout=20)
    return s


def rest(s):
    """Everything until the other side ends it."""
    text = b""
    try:
        while more := s.recv(65536):
            text += more
    except OSError:
        pass
    s.close()
    return text


# ---- formats


def test_the_formats_are_what_they_say(broker):
    status, headers, text = ask(broker)
    assert status == 200 and headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = list(openmetrics(text))
    status, headers, other = ask(broker, accept=None)
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert len(list(plain_text(other))) == len(families)
    assert prometheus.check("check", "metrics", input=other) == "", "no complaint, and no advice either"
    page = (harness.TREE / "broker/metrics/baton-metrics.7").read_text()
    told = {re.sub("_(total|info)$", "", name) for name in re.findall(r"^\.It Va (baton_\w+)", page, re.M)}
    assert {f.name for f in families} == told, "the manual has each, and no other"
    units = {f.name: f.unit for f in families if f.unit}
    assert units["baton_journal_bytes"] == "bytes" and units["baton_inbox_oldest_seconds"] == "seconds"


def test_only_metrics_are_there_to_be_read(broker):
    assert ask(broker, path="/")[0] == 404
    assert ask(broker, path="/metrics/")[0] == 404
    assert ask(broker, path="/metrics?x=1")[0] == 200
    status, headers, _ = ask(broker, method="POST", body="x" * 1000)
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    status, headers, text = ask(broker, method="HEAD")
    assert status == 200 and text == "" and int(headers["Content-Length"]) > 1000


def test_figures_follow_what_happens(own):
    sales, moves, billing = own.client("sales"), own.client("moves", credit=8), own.client("billing")
    first = open_case(sales)
    ok(do(sales, "handoff_offered", case=first.case, to="billing"))
    ok(do(sales, "promise_made", case=first.case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + HOUR * 2_000_000, text="call"))
    assert code(do(moves, "handoff_accepted", case=first.case, offer=1, digest=b"x" * 16)) != "OK"
    until(own, ("baton_offers_open", "billing"), 1)
    seen = samples(own)
    assert seen["baton_build_info", own.ctl_json("status")["version"]] == 1
    assert seen["baton_cases",] == 1 and seen["baton_sessions",] == 3 and seen["baton_promises_open", "sales"] == 1
    assert seen["baton_adapter_connected", "sales"] == 1 and seen["baton_adapter_connected", "outsider"] == 0
    assert seen["baton_offer_oldest_seconds", "billing"] > 0 and seen["baton_offer_oldest_seconds", "care"] == 0
    assert seen["baton_inbox_oldest_seconds", "billing"] > 0, "nobody has taken the offer from its inbox"
    counted = {r["counter"]: r["value"] for r in own.ctl_json("show", "counters")["counters"]}
    assert seen["baton_events_accepted_total",] == counted["events_accepted"]
    refused = {k[1]: v for k, v in seen.items() if k[0] == "baton_refusals_total"}
    assert sum(refused.values()) == counted["events_refused"] == 1
    assert seen["baton_receipt_latency_seconds_count",] == counted["events_accepted"] + 1
    assert seen["baton_commit_duration_seconds_count",] == counted["commits"] == seen["baton_commit_entries_count",]
    assert seen["baton_commit_entries_sum",] == counted["entries"] == seen["baton_journal_position",]
    assert seen["baton_adapter_missing_seconds", "outsider"] > 0 == seen["baton_adapter_missing_seconds", "sales"]
    assert seen["baton_start_time_seconds",] == pytest.approx(time.time(), abs=600)
    assert seen["baton_data_free_bytes",] > 0 < seen["baton_journal_bytes",] and seen["baton_unreadable",] == 0
    own.ctl("hold", "billing", "a test")
    until(own, ("baton_adapter_held", "billing"), 1)
    own.ctl("clock", "advance", str(2 * HOUR - 1800))
    until(own, ("baton_promises_at_risk", "sales"), 1)
    own.ctl("clock", "advance", str(HOUR))
    until(own, ("baton_promises_broken", "sales"), 1)
    seen = samples(own)
    assert seen["baton_promise_broken_oldest_seconds",] == pytest.approx(1800, abs=60)
    assert seen["baton_concerns_open", "sales"] >= 0 and any(v > 0 for k, v in seen.items() if k[0] == "baton_concerns_open")
    assert seen["baton_inbox_oldest_seconds", "billing"] == pytest.approx(2.5 * HOUR, abs=60)
    assert billing.welcome


def test_health_and_spools_are_told_as_reported(own):
    shop = own.client("shop")
    at = now_us()
    assert not [k for k in samples(own) if k[0].startswith("baton_spool") or k[0] == "baton_adapter_health"]
    shop.send(report=frame_pb2.Report(health="HEALTH_DOWN", text="away", text_at_us=at, since_us=at, spool=frame_pb2.Spool(
        events=3, oldest_us=at - 100_000_000, bytes=500, limit_bytes=1000, rejects=2)))
    until(own, ("baton_adapter_health", "shop", "down"), 1)
    seen = samples(own)
    assert seen["baton_adapter_health", "shop", "well"] == 0 and seen["baton_spool_events", "shop"] == 3
    assert 100 <= seen["baton_spool_oldest_seconds", "shop"] < 200 and seen["baton_spool_rejects", "shop"] == 2
    assert (seen["baton_spool_bytes", "shop"], seen["baton_spool_limit_bytes", "shop"]) == (500, 1000)
    shop.close(goodbye=False)
    wait_for(lambda: samples(own)["baton_adapter_missing_seconds", "shop"] > 0, what="the one that left without a word")


def test_nothing_of_customers_is_told(own):
    sales = own.client("sales")
    case = open_case(sales, by=("email", "ada.hidden@example.com"), need="hidden words", title="hidden title")
    ok(do(sales, "note_added", case=case.case, text="more hidden words"))
    ok(do(sales, "fact_recorded", case=case.case, key="hidden-key", value="hidden-value"))
    until(own, ("baton_cases",), 1)
    for accept in (ACCEPT, None):
        text = ask(own, accept=accept)[2]
        assert "hidden" not in text and "ada." not in text and "example.com" not in text and "sales" in text


# ---- Prometheus


def test_prometheus_scrapes_it_and_its_alerts_fire():
    prometheus.check("check", "rules", prometheus.CONF / "baton.rules.yml")
    prometheus.check("test", "rules", harness.TREE / "tests/system/prometheus_rules.yml")
    broker = made().start()
    watcher = prometheus.Prometheus(f"127.0.0.1:{broker.metrics_port}")
    try:
        sales, moves = broker.client("sales"), broker.client("moves", credit=8)
        case = open_case(sales, topic="move.internet")
        watcher.start()
        wait_for(lambda: watcher.value('up{job="baton"}') == 1, 30, "a scrape")
        wait_for(lambda: watcher.value('baton_offers_open{department="moves"}') == 1, 30, "the offer")
        target, = watcher.api("targets")["activeTargets"]
        assert target["health"] == "up" and target["lastError"] == ""
        kinds = {name: rows[0] for name, rows in watcher.api("metadata").items() if name.startswith("baton_")}
        assert kinds["baton_receipt_latency_seconds"]["type"] == "histogram" and kinds["baton_build"]["type"] == "info"
        assert kinds["baton_journal_bytes"] == {"type": "gauge", "unit": "bytes", "help": "disk space in use by the journal"}
        assert watcher.value("baton_receipt_latency_seconds_count") >= 1
        assert watcher.value('baton_build_info') == 1
        rules = [r for g in watcher.api("rules")["groups"] for r in g["rules"]]
        assert len(rules) == 28 and not [r for r in rules if r["health"] == "err"]
        wait_for(lambda: not set(watcher.alerts()) & {"BatonDown", "BatonDeadLetters", "BatonPromisesBroken"}, 30, "no alert of these")
        moves.settle(moves.take().sequence, "REJECT", reason="E1042 the desk is full")
        ok(do(sales, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + HOUR * 1_000_000, text="call"))
        broker.ctl("clock", "advance", str(2 * HOUR))
        wait_for(lambda: {k: watcher.alerts().get(k) for k in ("BatonDeadLetters", "BatonPromisesBroken")} ==
                 {"BatonDeadLetters": "firing", "BatonPromisesBroken": "firing"}, 40, "the alerts")
        broker.stop()
        wait_for(lambda: "BatonDown" in watcher.alerts(), 30, "the alert that the broker is down")
    finally:
        watcher.close()
        harness.remove(broker)


# ---- hostile and unlucky


def test_slow_and_silent_visitors_keep_nobody_out(own):
    sales = own.client("sales")
    held = [open_socket(own) for _ in range(60)]
    for s in held[::2]:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    share = own.cpu_share()
    assert share < 0.5, f"{share:.0%} of a processor for visitors who do nothing"
    assert samples(own)["baton_cases",] == 0
    open_case(sales)
    until(own, ("baton_cases",), 1)
    drip = open_socket(own)
    drip.sendall(b"GET /metrics HTTP/1.1\r\n")
    def ended():
        try:
            drip.sendall(b"a")
            drip.settimeout(0.2)
            return drip.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True
    wait_for(ended, 60, "the end of one who sends a byte now and then")
    for s in held:
        s.settimeout(60)
        rest(s)  # each is ended by the broker
    open_case(sales)


def test_one_who_does_not_read_is_ended(own):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.connect(("127.0.0.1", own.metrics_port))
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
    sales = own.client("sales")
    open_case(sales)
    until(own, ("baton_cases",), 1)
    s.settimeout(60)
    assert rest(s).count(b"200 OK") <= 1, "one answer to a connection"


@pytest.mark.parametrize("raw", [
    b"\x00" * 4096, b"GET /metrics HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"\r\n" * 5000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 100,
    b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 100000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: " + b"application/openmetrics-text;q=," * 400 + b"\r\n\r\n",
], ids=range(10))
def test_nonsense_harms_nothing(broker, raw):
    s = open_socket(broker)
    try:
        s.sendall(raw)
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    assert broker.process.poll() is None
    assert ask(broker)[0] == 200
    assert broker.cpu_share(0.3) < 0.5, "and nothing is done for one who has said all and does not leave"
    s.close()


def test_a_storm_of_scrapes_costs_one_answer_a_second(own):
    first = samples(own)["baton_start_time_seconds",]
    begin, texts = time.monotonic(), set()
    for _ in range(300):
        texts.add(ask(own)[2])
    assert len(texts) <= (time.monotonic() - begin) + 2, "put together at most once a second"
    assert samples(own)["baton_start_time_seconds",] == first


def test_an_address_that_is_taken_stops_no_cases():
    broker = made()
    other = socket.socket()
    try:
        other.bind(("127.0.0.1", broker.metrics_port))
        other.listen()
        broker.start()
        open_case(broker.client("sales"))
        assert "event=metrics-not-served" in broker.log.read_text() and "Address already in use" in broker.log.read_text()
        assert broker.cpu_share() < 0.5
        other.close()
        wait_for(lambda: "event=metrics-served" in broker.log.read_text(), 60, "the address to be free, and taken")
        assert samples(broker)["baton_cases",] == 1
        assert broker.log.read_text().count("metrics-not-served") == 1
    finally:
        other.close()
        harness.remove(broker)


def test_none_are_served_where_none_are_wanted():
    broker = made(listen="").start()
    try:
        with pytest.raises(ConnectionRefusedError):
            ask(broker)
        assert "metrics" not in broker.log.read_text()
    finally:
        harness.remove(broker)


def test_beyond_loopback_only_with_the_word():
    broker = made(listen="0.0.0.0:9570")
    try:
        broker.start(wait=False)
        assert broker.process.wait(60) == 2
        assert "metrics.listen: is not loopback" in broker.log.read_text()
        broker.process = None
        broker.settings["metrics"] = {"listen": f"0.0.0.0:{broker.metrics_port}", "listen_beyond_loopback": True}
        broker.write_conf()
        broker.start()
        assert samples(broker)["baton_sessions",] == 0
    finally:
        harness.remove(broker)
