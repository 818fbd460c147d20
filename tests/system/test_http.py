"""The way in over HTTP: what answers 202 stays, what is hostile is refused, who only holds the line holds up nobody."""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import socket
import subprocess
import time

import pytest

import harness
from adapter import Adapter
from events import unique
from harness import wait_for
from http_door import CLIENTS, SECRET, Door, company, contact, new_token


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker(company=company()).start()
    yield made
    harness.remove(made)


@pytest.fixture(scope="module")
def door(broker, tmp_path_factory):
    """One for the tests that leave it as it is."""
    made = Door(broker, tmp_path_factory.mktemp("door"), request_s=4).start()
    yield made
    made.close()


@pytest.fixture
def archive(broker, tmp_path):
    made = Door(broker, tmp_path / "history", adapter="history-door").start()
    yield made
    made.close()


@pytest.fixture
def own(broker, tmp_path):
    """Makes a door with options of its own, in a broker of its own."""
    made = []

    def make(**options):
        b = harness.fresh_broker(company=company()).start()
        d = Door(b, tmp_path, **options)
        made.append((b, d))
        return b, d.start()
    yield make
    for b, d in made:
        d.close()
        harness.remove(b)


def mail():
    return f"{unique('ann')}@example.com"


def test_an_event_comes_in_and_is_asked_about(door):
    who, key = mail(), unique("key")
    status, result, _ = door.post({"key": key, "event": contact(who)})
    assert status == 201 and result["state"] == "accepted" and result["key"] == key
    ref = result["receipt"]["ref"]
    status, found, _ = door.get(f"/v1/customers?identifier=email:{who.upper()}", "shop")
    assert status == 200 and [c["ref"] for c in found["customer"]["cases"]] == [ref]
    status, case, _ = door.get(f"/v1/cases/{ref}", "shop")
    assert status == 200 and case["case"]["ref"] == ref
    status, told, _ = door.get(f"/v1/cases/{ref}/history", "shop")
    assert status == 200 and told["history"]["events"][-1]["event"]["caseOpened"]
    status, card, _ = door.get(f"/v1/cases/{ref}/card", "shop")
    assert status == 200 and card["card"]["card"]["ref"] == ref
    status, became, _ = door.get(f"/v1/events/{key}", "shop")
    assert (status, became["state"], became["receipt"]["ref"]) == (200, "accepted", ref)
    assert door.get(f"/v1/events/{key}", "crm")[0] == 404  # the key of another client


def test_curl(door, tmp_path):
    def curl(*words):
        done = subprocess.run(["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", *words, f"http://127.0.0.1:{door.port}/v1/events"],
                              capture_output=True, text=True, check=True)
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(body)
    words = ["-H", f"Authorization: Bearer {door.tokens['shop']}", "-H", "Content-Type: application/json", "-H", "Prefer: wait=9"]
    status, result = curl(*words, "-H", f'Idempotency-Key: "{unique("key")}"', "-d", json.dumps(contact(mail())))
    assert status == 201 and result["receipt"]["found"] == "FOUND_NEW"
    (tmp_path / "big").write_text("x" * 3_000_000)
    status, problem = curl(*words, "-H", "Idempotency-Key: big", "--data-binary", f"@{tmp_path / 'big'}")
    assert status == 413 and problem["code"] == "TOO_LARGE"


def test_a_page_of_a_history_leads_to_the_next(door):
    who = mail()
    for i in range(5):
        ref = door.post({"key": unique("key"), **contact(who, f"text {i}")})[1]["receipt"]["ref"]
    seen, page = [], ""
    while True:
        status, told, _ = door.get(f"/v1/cases/{ref}/history?limit=2{page}", "shop")
        assert status == 200 and len(told["history"]["events"]) <= 2
        seen += told["history"]["events"]
        if "nextPage" not in told:
            break
        page = "&page=" + told["nextPage"]
    texts = [e["event"]["contactLogged"]["summary"] for e in seen if "contactLogged" in e["event"]]
    assert texts == [f"text {i}" for i in (4, 3, 2, 1, 0)]
    for limit in ("201", "5x", "1e9", ""):
        assert door.get(f"/v1/cases/{ref}/history?limit={limit}", "shop")[0] == 422
    assert door.get(f"/v1/cases/{ref}/history?page=AAAA", "shop")[1]["code"] == "BAD_PAGE"


def test_the_same_key_counts_once(door):
    who, key = mail(), unique("key")
    first = door.post({"key": key, **contact(who)})
    again = door.post({"key": key, **contact(who)})
    assert (first[0], again[0]) == (201, 200) and again[1]["receipt"]["duplicate"] is True
    assert first[1]["receipt"]["sequence"] == again[1]["receipt"]["sequence"]
    status, problem, _ = door.post({"key": key, **contact(who, "other words")})
    assert (status, problem["code"]) == (409, "CONFLICT") and "key" in problem["next"]
    status, other, _ = door.post({"key": key, **contact(who)}, client="crm")  # a key is its client's own
    assert status == 201 and other["receipt"]["ref"] == first[1]["receipt"]["ref"]


def test_many_events_in_one_request(door):
    who, k = mail(), unique("key")
    status, result, _ = door.post({"events": [{"key": f"{k}-1", "event": contact(who, "one")}, {"key": f"{k}-2", **contact(who, "two")}]})
    assert status == 200 and [(e["key"], e["status"]) for e in result["events"]] == [(f"{k}-1", 201), (f"{k}-2", 201)]
    status, result, _ = door.post({"events": [{"key": f"{k}-3", **contact(who, "three")},
                                              {"key": f"{k}-4", "locator": {"ref": "9999-9"}, "noteAdded": {"text": "x"}}]})
    assert status == 207 and [e["status"] for e in result["events"]][0] == 201
    assert result["events"][1]["state"] == "refused" and result["events"][1]["next"]
    status, problem, _ = door.post({"events": [{"key": f"{k}-5", **contact(who)}, {"key": f"{k}-6", "contactLogged": {"channel": "SMOKE"}}]})
    assert status == 422 and problem["field"].startswith("events[1].") and "channel" in problem["field"]
    assert door.get(f"/v1/events/{k}-5", "shop")[0] == 404  # all or nothing, at the door
    assert door.post({"events": [{"key": str(i), **contact(who)} for i in range(101)]})[0] == 413
    assert door.post({"events": []})[0] == 422


@pytest.mark.parametrize("method,path,client,body,headers,status,word", [
    ("POST", "/v1/events", None, {}, {}, 401, "NO_TOKEN"),
    ("POST", "/v1/events", "wrong", {}, {}, 401, "NO_TOKEN"),
    ("POST", "/v1/events", "reader", {}, {}, 403, "NOT_GRANTED"),
    ("GET", "/v1/nothing", "shop", None, {}, 404, "NO_SUCH_PLACE"),
    ("GET", "/v1/cases/", "shop", None, {}, 404, "NO_SUCH_PLACE"),
    ("DELETE", "/v1/events", "shop", None, {}, 405, "BAD_METHOD"),
    ("GET", "/v1/cases/0001", "shop", None, {}, 422, None),
    ("GET", "/v1/cases/ZZZZ-9", "shop", None, {}, None, None),
    ("GET", "/v1/customers?identifier=ann", "shop", None, {}, 422, "INVALID"),
    ("GET", "/v1/customers?identifier=email:nobody@example.com", "shop", None, {}, 404, "NOT_FOUND"),
    ("GET", "/v1/customers?identifier=planet:x", "shop", None, {}, None, None),
    ("POST", "/v1/events", "shop", b"key=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "BAD_TYPE"),
    ("POST", "/v1/events", "shop", b"", {}, 400, "BAD_JSON"),
    ("POST", "/v1/events", "shop", b"[]", {}, 400, "BAD_REQUEST"),
    ("POST", "/v1/events", "shop", {}, {}, 422, "INVALID"),
    ("POST", "/v1/events", "shop", {"key": "a\nb", **contact("a@example.com")}, {}, 422, "INVALID"),
    ("POST", "/v1/events", "shop", {"key": "k" * 124, **contact("a@example.com")}, {}, 422, "INVALID"),
    ("POST", "/v1/events", "shop", {"key": "k", "event": contact("a@example.com"), "more": 1}, {}, 422, "UNKNOWN_FIELD"),
    ("POST", "/v1/events", "shop", {"key": "k", **contact("a@example.com", department="care")}, {}, 403, "NOT_GRANTED"),
    ("POST", "/v1/events", "shop", {"key": "k", "locator": {"ref": "0001-1"}, "handoff_accepted": {"offer": "1"}}, {}, 403, "NOT_GRANTED"),
    ("POST", "/v1/events", "shop", {"key": "k", "noSuchKind": {}}, {}, 422, "INVALID"),
    ("POST", "/v1/events", "shop", {}, {"X-Long": "x" * 17000}, 431, None),
    ("POST", "/v1/offers/1/accept", "shop", {}, {}, 403, "NOT_GRANTED"),
    ("POST", "/v1/offers/one/accept", "crm", {}, {}, 404, "NO_SUCH_PLACE"),
    ("POST", "/v1/hooks/nobody", None, {}, {}, 404, "NO_SUCH_PLACE"),
])
def test_what_is_wrong_is_said(door, method, path, client, body, headers, status, word):
    got, problem, sent = door.ask(method, path, body, client, headers)
    assert got == status if status else got in (404, 422), problem
    if got != 431:  # the server's own page
        assert problem["status"] == got and problem["detail"] and problem["next"] and problem["code"] == (word or problem["code"])
    if got == 401:
        assert sent["WWW-Authenticate"] == "Bearer"
    if got == 405:
        assert sent["Allow"] == "POST"


HOSTILE = {
    "deep lists": b"[" * 10000,
    "deep objects": b'{"a":' * 10000 + b"1" + b"}" * 10000,
    "a number too big": b'{"key":"n","occurredAtUs":99999999999999999999999,"contactLogged":{}}',
    "NUL as it is": b'{"key":"a\0b"}',
    "NUL escaped": b'{"key":"a\\u0000b"}',
    "NUL in a name": b'{"a\\u0000b":1}',
    "not UTF-8": b'{"key":"\xff\xfe"}',
    "half a surrogate": b'{"key":"\\ud800"}',
    "a name twice": b'{"key":"a","key":"b"}',
    "two values": b'{"key":"a"}{}',
    "cut off": b'{"key":"a',
    "nothing but blanks": b" " * 1000,
    "no JSON": b"<xml/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused(door, name):
    status, problem, _ = door.ask("POST", "/v1/events", HOSTILE[name])
    assert (status, problem["code"]) == (400, "BAD_JSON"), problem
    assert "xml" not in problem["detail"] and "ud800" not in problem["detail"]


def test_large_numbers_sql_and_markup_are_only_text(door):
    who, words = mail(), "'; DROP TABLE cases; -- <script>alert(1)</script> \u202e ${jndi:x}"
    status, result, _ = door.post({"key": unique("k'; --"), "occurredAtUs": "1772443445000000", **contact(who, words)})
    assert status == 201
    told = door.get(f"/v1/cases/{result['receipt']['ref']}/history", "shop")[1]["history"]["events"]
    assert words in [e["event"].get("contactLogged", {}).get("summary") for e in told]
    assert door.post({"key": unique("k"), "expectedVersion": 2 ** 63, **contact(who)})[0] == 400
    assert door.post({"key": unique("k"), "expectedVersion": str(2 ** 64), **contact(who)})[0] == 422


def test_ten_megabytes_are_refused_and_cost_no_memory(door):
    status, problem, _ = door.ask("POST", "/v1/events", b'{"key":"' + b"x" * 10_000_000 + b'"}')
    assert (status, problem["code"]) == (413, "TOO_LARGE")
    s = socket.create_connection(("127.0.0.1", door.port))
    s.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.tokens['shop']}\r\nContent-Type: application/json\r\n"
              "Transfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(100):
        s.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
    s.sendall(b"0\r\n\r\n")
    assert b" 413 " in s.recv(4096)
    s.close()


HEAD = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/events HTTP/1.1\r\nHost: x\r\n"
REQUESTS = {
    "two sorts of length": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "no host": b"GET /v1/health HTTP/1.1\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a long path": b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n",
    "blank lines": b"\r\n" * 50000,
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(20000)) + b"\r\n",
    "a path with NUL": b"GET /v1/cases/0001%00/../../x HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_hostile_requests_hurt_nobody(door, name):
    s = socket.create_connection(("127.0.0.1", door.port))
    s.settimeout(20)
    try:
        s.sendall(REQUESTS[name])
        s.shutdown(socket.SHUT_WR)
        answer = s.recv(4096)
        assert b" 2" not in answer[:12], answer[:200]
    except TimeoutError:
        raise
    except OSError:
        pass  # turned away in the middle of it
    s.close()
    assert door.get("/v1/health", None)[0] == 200


NEXT = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
UNCLEAR = {
    "a length and a coding": b"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a strange coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"Content-Length : 60\r\n\r\n",
    "a return within a value": b"X-A: a\rContent-Length: 60\r\n\r\n",
    "a host twice": b"Host: y\r\n\r\n",
    "a key twice": b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n",
    "a type twice": b"Content-Type: text/plain\r\n\r\n",
    "the longest length": b"Content-Length: 18446744073709551615\r\n\r\n",
}


def answers(door, request):
    """Everything that comes back, until the door closes."""
    s = socket.create_connection(("127.0.0.1", door.port))
    s.settimeout(20)
    s.sendall(request)
    got = b""
    try:
        while piece := s.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    s.close()
    return got


@pytest.mark.parametrize("name", UNCLEAR)
def test_nothing_is_taken_for_a_request_that_another_reader_takes_for_a_body(door, name):
    answer = answers(door, b"POST /v1/hooks/stock HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + UNCLEAR[name] + NEXT)
    assert answer.count(b"HTTP/1.1 ") == 1 and answer[9:12] == (b"413" if name == "the longest length" else b"400"), answer


BEGINS = {
    "%00 in the address": b"GET /v1/health%00/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "%00 in a question": b"GET /v1/health?a=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "%00 in the name of a question": b"GET /v1/health?%00=a HTTP/1.1\r\nHost: x\r\n\r\n",
    "a return in the address": b"GET /v1/health\r/x HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", BEGINS)
def test_an_address_that_hides_something_is_no_request(door, name):
    got = answers(door, BEGINS[name] + NEXT)
    assert got.count(b"HTTP/1.1 ") == 1 and got[9:12] == b"400", got


def test_a_head_may_have_what_http_allows(door):
    """Blanks around values, empty ones, a tab, an empty line before, 1.0 without any header: none of these hides anything."""
    for head in (b"Host: x\r\nX-A:\t b  \r\nX-B:\r\nX-C:c\r\nX-D:   \r\nX-E: \xc3\xa9\r\nCookie: a=b; c=\"d\"; e\r\nConnection: close\r\n",
                 b"Host: x\r\nConnection: close\r\nX-A: " + b"x" * 9000 + b"\r\n"):
        got = answers(door, b"\r\nGET /v1/health?a=b%20c&d&=e HTTP/1.1\r\n" + head + b"\r\n")
        assert got[9:12] == b"200", got
    assert answers(door, b"GET /v1/health HTTP/1.0\r\n\r\n")[9:12] == b"200"


def test_nothing_follows_chunks(door):
    """What follows the chunks cannot be seen: the connection ends with the answer."""
    key = unique("key")
    body = json.dumps({"key": key, **contact(mail())}).encode()
    got = answers(door, b"POST /v1/events HTTP/1.1\r\nHost: x\r\nPrefer: wait=9\r\nAuthorization: Bearer " + door.tokens["shop"].encode()
                  + b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX: y\r\n\0\r\n" % (len(body), body) + NEXT)
    assert got.count(b"HTTP/1.1 ") == 1 and got[9:12] in (b"201", b"202") and b"Connection: close" in got, got
    assert door.get(f"/v1/events/{key}", "shop")[1]["state"] in ("accepted", "on-its-way")


def test_a_nul_in_an_address_is_refused(door):
    who, key = mail(), unique("key")
    ref = door.post({"key": key, **contact(who)})[1]["receipt"]["ref"]
    for path in (f"/v1/cases/{ref}", f"/v1/events/{key}", f"/v1/customers?identifier=email:{who}"):
        assert door.get(path, "shop")[0] == 200
        status, problem, _ = door.get(path + "%00/../x", "shop")
        assert (status, problem["code"]) == (400, "BAD_REQUEST")


def test_one_key_for_two_events_at_once_counts_the_first_and_says_so(door):
    who, key = mail(), unique("key")
    status, result, _ = door.post({"events": [{"key": key, **contact(who, "one")}, {"key": key, **contact(who, "two")}, {"key": key, **contact(who, "one")}]})
    assert (status, [e["status"] for e in result["events"]]) == (207, [201, 409, 200])
    assert result["events"][1]["code"] == "CONFLICT"
    ref = result["events"][0]["receipt"]["ref"]
    told = door.get(f"/v1/cases/{ref}/history", "shop")[1]["history"]["events"]
    assert [e["event"]["contactLogged"]["summary"] for e in told if "contactLogged" in e["event"]] == ["one"]
    assert door.post({"key": key, **contact(who, "three")})[0] == 409
    assert door.get(f"/v1/events/{key}", "shop")[1]["state"] == "accepted"  # others' words change nothing of it


@pytest.mark.parametrize("name", ["\u00e9 " + "\u00e9" * 200, "ab c" + "\u6f22" * 100, "\U0001f642 " + "\U0001f642" * 200],
                         ids=["of two bytes", "of three", "of four"])
def test_a_name_that_is_cut_is_still_a_reason(door, name):
    for body in ({"key": "k", name: 1}, {"key": "k", "event": {"contactLogged": {name: 1}}}):
        status, problem, _ = door.ask("POST", "/v1/events", json.dumps(body, ensure_ascii=False).encode())
        assert (status, problem["code"]) == (422, "INVALID")


def offered(door, who):
    """A case of care, offered to sales: (ref, version, offer, digest)."""
    first = {**contact(who), "locator": {"identifier": {"domain": "email", "value": who}, "topic": "general"}}
    ref = door.post({"key": unique("k"), **first}, "care-desk")[1]["receipt"]["ref"]
    version = door.get(f"/v1/cases/{ref}")[1]["case"]["version"]
    status, result, _ = door.post({"key": unique("k"), "locator": {"ref": ref}, "expectedVersion": version,
                                   "handoffOffered": {"to": "sales", "nextStep": "call back"}}, "care-desk")
    assert status == 201, result
    card = door.get(f"/v1/cases/{ref}/card", "crm")[1]["card"]
    return ref, result["receipt"]["version"], card["offer"], card["digest"]


def test_an_offer_is_read_and_accepted(door):
    ref, version, offer, digest = offered(door, mail())
    mine = wait_for(lambda: [o for o in door.get("/v1/offers", "crm")[1]["offers"] if o["ref"] == ref], what="the checkpoint")
    assert mine[0]["card"] == f"/v1/cases/{ref}/card"
    assert not [o for o in door.get("/v1/offers")[1]["offers"] if o["ref"] == ref]  # care was not asked
    assert door.ask("POST", f"/v1/offers/{offer}/accept", {"ref": ref, "expectedVersion": version, "digest": "A" * 22 + "=="}, "crm")[1]["code"] == "WRONG_CARD"
    status, result, _ = door.ask("POST", f"/v1/offers/{offer}/accept", {"ref": ref, "expectedVersion": version, "digest": digest}, "crm")
    assert status == 201 and result["state"] == "accepted"
    assert door.get(f"/v1/cases/{ref}")[1]["case"]["custodian"] == "sales"
    again = door.ask("POST", f"/v1/offers/{offer}/accept", {"ref": ref, "expectedVersion": version, "digest": digest}, "crm")
    assert again[0] == 200 and again[1]["receipt"]["duplicate"]


def test_offers_come_in_pages(door):
    """Those to the client's department alone, each once, however small the pages."""
    refs = [offered(door, mail())[0] for _ in range(3)]
    other = {**contact(mail()), "locator": {"identifier": {"domain": "email", "value": mail()}, "topic": "general"}}
    open_to_all, own = (door.post({"key": unique("k"), **other}, who)[1]["receipt"]["ref"] for who in ("care-desk", "crm"))

    def all_pages():
        told, page = [], ""
        while True:
            status, answer, _ = door.get(f"/v1/offers?limit=1{page}", "crm")
            assert status == 200 and len(answer["offers"]) <= 1 and "cases" not in answer and "id" not in answer
            told += [o["ref"] for o in answer["offers"]]
            assert all(o["offeredTo"] == "sales" for o in answer["offers"])
            if not answer.get("nextPage"):
                return told
            page = f"&page={answer['nextPage']}"
    told = wait_for(lambda: (lambda t: t if set(refs) <= set(t) else None)(all_pages()), what="the checkpoint")
    assert len(told) == len(set(told)) and not {open_to_all, own} & set(told)
    assert door.get("/v1/offers?limit=0", "crm")[1]["field"] == "limit"
    assert door.get("/v1/offers?page=AAAA", "crm")[1]["code"] == "BAD_PAGE"


def test_who_may_not_read_learns_nothing_from_a_refusal(door):
    who, note = mail(), lambda text: {"key": unique("k"), "noteAdded": {"text": text}}
    ref = door.post({"key": unique("k"), **contact(who)}, "crm")[1]["receipt"]["ref"]
    door.post({**note("for sales' eyes"), "locator": {"ref": ref}}, "crm")
    stale = {**note("late"), "locator": {"ref": ref}, "expectedVersion": "1"}
    status, problem, _ = door.post(stale, "crm")
    assert (status, problem["code"]) == (409, "STALE") and "eyes" in json.dumps(problem["receipt"]["missed"])
    status, problem, _ = door.post(stale, "writer")
    assert (status, problem["code"]) == (409, "STALE") and problem["receipt"]["version"] and "missed" not in problem["receipt"]


def test_a_client_says_no_more_than_it_may(archive):
    """The adapter acts for all, and may tell history; the client is the shop's, and may not."""
    who, door = mail(), archive
    opened = {"locator": {"identifier": {"domain": "email", "value": who}, "reference": {"department": "shop", "localId": unique("n")}}}
    assert door.post({"key": unique("k"), **contact(who, locator=opened["locator"])})[0] == 201
    for more, field in (({"department": "care"}, "department"), ({"department": 7}, "department"), ({"backfill": True}, "backfill"),
                        ({"backfill": "true"}, "backfill"),
                        ({"locator": {"reference": {"department": "care", "localId": "7"}}}, "locator.reference.department")):
        status, problem, _ = door.post({"key": unique("k"), **contact(who, **more)})
        assert (status, problem["code"], problem["field"]) == (403, "NOT_GRANTED", field), more
        status, problem, _ = door.post({"events": [{"key": unique("k"), "event": contact(who, **more)}]})
        assert (status, problem["field"]) == (403, "events[0]." + field), more
    past = {"backfill": True, "occurredAtUs": str(int((time.time() - 9e6) * 1e6))}
    assert door.post({"key": unique("k"), **contact(mail(), **past)}, "history")[0] == 201
    assert door.post({"key": unique("k"), **contact(mail(), department="care", **past)}, "history")[0] == 403


def test_a_stale_answer_is_told_what_it_missed(door):
    ref, version, offer, digest = offered(door, mail())
    door.post({"key": unique("k"), "locator": {"ref": ref}, "noteAdded": {"text": "in between"}}, "care-desk")
    body = {"ref": ref, "expectedVersion": version, "reason": "NO_CAPACITY"}
    status, problem, _ = door.ask("POST", f"/v1/offers/{offer}/refuse", body, "crm")
    assert (status, problem["code"]) == (409, "STALE")
    assert [m["event"]["noteAdded"]["text"] for m in problem["receipt"]["missed"]] == ["in between"]
    body["expectedVersion"] = problem["receipt"]["version"]
    assert door.ask("POST", f"/v1/offers/{offer}/refuse", body, "crm")[0] == 201
    ref, version, offer, digest = offered(door, mail())
    status, result, _ = door.ask("POST", f"/v1/offers/{offer}/counter", {"ref": ref, "expectedVersion": version, "atUs": str(int((time.time() + 9e5) * 1e6)), "text": "on Monday"}, "crm")
    assert status == 201, result
    assert door.ask("POST", "/v1/offers/999999/refuse", {"ref": ref, "expectedVersion": result["receipt"]["version"], "reason": "NO_CAPACITY"}, "crm")[0] == 409


# ---- Webhooks

def order(who, **more):
    return {"action": "failed", "delivery": "d-1", "order": {"id": 4711, "form": "order", "customer": {"email": who}}, "error/code": "E-17", **more}


def test_a_failed_order_becomes_an_attempt_once(door):
    who = mail()
    status, result, _ = door.call(order(who))
    assert status in (201, 202), result
    wait_for(lambda: door.get(f"/v1/customers?identifier=email:{who}", "shop")[0] == 200, what="the case")
    assert door.call(order(who))[0] in (200, 202)  # the shop sends it again
    assert door.call(order(who, delivery="d-2"))[0] in (201, 202)  # and the customer tries again
    def attempts():
        found = door.get(f"/v1/customers?identifier=email:{who}", "shop")[1]["customer"]["cases"]
        assert len(found) == 1
        told = door.get(f"/v1/cases/{found[0]['ref']}/history", "shop")[1]["history"]["events"]
        return [e["event"]["attemptFailed"] for e in told if "attemptFailed" in e["event"]]
    wait_for(lambda: len(attempts()) == 2, what="the second attempt")
    assert attempts()[0] == {"route": "web-form.order", "channel": "CHANNEL_WEB", "errorCode": "E-17"}
    assert door.call(order(who, action="paid"))[:2] == (200, {"state": "passed-over"})


def test_a_call_must_be_signed_and_new(door):
    body, now = order(mail(), delivery=unique("d")), int(time.time())
    good = hmac.new(SECRET.encode(), f"{now}.".encode() + json.dumps(body).encode(), hashlib.sha256).hexdigest()
    for why, changed in (("missing", {"headers": {"X-Shop-Signature": ""}}), ("wrong", {"secret": "another secret, as long"}),
                         ("wrong", {"signature": "sha256=" + good[:-2] + "00"}), ("wrong", {"signature": good}),
                         ("wrong", {"signature": "sha256=" + good[:-1]}), ("wrong", {"signature": "sha256=" + good + "00"}),
                         ("too far", {"at": now - 3600}), ("too far", {"at": now + 3600})):
        status, problem, _ = door.call(body, **changed)
        assert (status, problem["code"]) == (401, "BAD_SIGNATURE") and (why in problem["detail"] or why == "missing")
    assert door.call(body, at=now, headers={"X-Shop-Time": str(now + 1)})[0] == 401  # another time than was signed
    assert door.call(body, at=now, signature=f"sha256=00, sha256={good}")[0] in (201, 202)  # one of two secrets
    assert door.call(b"{broken")[1]["code"] == "BAD_JSON"
    assert door.call({**body, "order": {"id": [1], "customer": {}}})[1]["code"] == "NO_EVENT"
    assert any("refused" in line for line in door.logged("health"))


def test_the_key_of_a_call_may_come_in_a_header(own):
    """In one that is signed: then the sender's own number of the call counts once, whatever else changes."""
    signature = {"secret_file": "shop.secret", "header": "X-Signature", "signs": "{header:X-Call}.{body}"}
    _, door = own(sources=[{"name": "calls", "department": "shop", "signature": signature, "fields": [
        {"path": "kind", "value": "contact_logged"}, {"path": "key", "pointer": "header:X-Call"},
        {"path": "locator.identifier.domain", "value": "email"}, {"path": "locator.identifier.value", "pointer": "/who"}]}])
    def call(number, signed=None, who="ann@example.com"):
        text = json.dumps({"who": who}).encode()
        made = hmac.new(SECRET.encode(), (signed or number).encode() + b"." + text, hashlib.sha256).hexdigest()
        return door.ask("POST", "/v1/hooks/calls", text, None, {"X-Signature": made, "X-Call": number, "Prefer": "wait=9"})
    assert [call("c-1")[0], call("c-1")[0], call("c-2")[0]] == [201, 200, 201]
    assert call("c-1", who="ben@example.com")[0] == 409, "one number for two calls"
    assert call("c-3", signed="c-1")[0] == 401, "another number than was signed"


def test_a_list_becomes_several_events(door):
    who, batch = unique("crm"), unique("batch")
    body = json.dumps({"batch": batch, "lines": [{"event": "call", "who": who, "words": "one"}, {"event": "left"},
                                                 {"event": "call", "who": who, "words": "two"}]}).encode()
    def call(text):
        made = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
        return door.ask("POST", "/v1/hooks/stock", text, None, {"X-Signature": made})
    status, result, _ = call(body)
    assert status in (200, 202) and [e["key"] for e in result["events"]] == [f"{batch}-0", f"{batch}-2"]
    assert call(body)[0] in (200, 202)
    def texts():
        status, found, _ = door.get(f"/v1/customers?identifier=crm:{who}", "shop")
        told = [e["event"] for c in (found["customer"]["cases"] if status == 200 else [])
                for e in door.get(f"/v1/cases/{c['ref']}/history", "shop")[1]["history"]["events"]]
        return [e["contactLogged"]["summary"] for e in told if "contactLogged" in e]
    wait_for(lambda: texts() == ["two", "one"], what="both")
    assert call(b'{"batch":"x"}')[1]["code"] == "NO_EVENT"


# ---- Limits

def test_who_only_holds_the_line_holds_up_nobody(own):
    _, door = own(request_s=60, connections=100, connections_per_address=60)
    slow = []
    for i in range(200):
        s = socket.create_connection(("127.0.0.1", door.port))
        s.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nX-{i}: ".encode())
        slow.append(s)
    for i in range(10):
        assert door.post({"key": f"good-{i}", **contact("ann@example.com")})[0] == 201
        for s in slow:  # one more byte of each, so that none is idle
            try:
                s.send(b"y")
            except OSError:
                pass
    def ended(s):
        s.setblocking(False)
        try:
            return s.recv(100) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
    assert sum(ended(s) for s in slow) >= 140  # the oldest made room
    for s in slow:
        s.close()
    assert door.post({"key": "last", **contact("ann@example.com")})[0] == 201


def test_a_slow_body_and_a_slow_reader_end(own):
    _, door = own(request_s=1, idle_s=1)
    s = socket.create_connection(("127.0.0.1", door.port))
    s.settimeout(20)
    s.sendall(f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {door.tokens['shop']}\r\n"
              "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{".encode())
    assert s.recv(100) == b""
    idle = door.connection()
    assert door.ask("GET", "/v1/health", connection=idle)[0] == 200
    idle.sock.settimeout(20)
    assert idle.sock.recv(100) == b""


def test_wrong_tokens_are_told_less_and_less(own):
    _, door = own(failures_per_minute=5)
    got = [door.ask("GET", "/v1/offers", client=f"wrong-{i}")[0] for i in range(8)]
    assert got[:5] == [401] * 5 and got[5:] == [429] * 3
    assert int(door.ask("GET", "/v1/offers", client="wrong")[2]["Retry-After"]) >= 1
    assert door.get("/v1/offers")[0] == 200  # the right one still comes in
    assert door.call(order(mail()), secret="another secret, as long")[0] == 429


def test_one_nonsense_after_the_other_is_one_line_of_the_log(own):
    _, door = own()
    end, n = time.monotonic() + 2.5, 0  # a state that changes is told once a second
    while time.monotonic() < end:
        n += 1
        door.call(order(mail()), **({"secret": "another secret, as long"} if n % 2 else {"at": 5}))
        door.ask("GET", "/v1/offers", client=f"wrong-{n}")
    assert n > 10 and len(door.logged("health")) == 1


def cpu_seconds(door):
    with open(f"/proc/{door.process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_the_document_costs_as_little_as_anything_else(door):
    def cost(path):
        before, n = cpu_seconds(door), 0
        for _ in range(10):
            s = socket.create_connection(("127.0.0.1", door.port))
            s.settimeout(20)
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 99 + f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            while piece := s.recv(1 << 20):
                n += len(piece)
            s.close()
        return cpu_seconds(door) - before
    assert cost("/v1/openapi.json") < 20 * max(cost("/v1/health"), 0.03)  # it is a hundred times as long


def test_each_limit_can_be_set(own):
    _, door = own(body_bytes=1024, header_bytes=1024, json_depth=5, events_per_post=2)
    who = mail()
    assert door.post({"key": "1", **contact(who)})[0] == 201
    assert door.post({"key": "2", **contact(who, "x" * 1024)})[0] == 413
    assert door.post({"key": "3", **contact(who)}, headers={"X-Long": "x" * 1100})[0] == 431
    assert door.post({"key": "4", "event": {"locator": {"identifier": {"domain": [[]]}}}})[1]["code"] == "BAD_JSON"
    assert door.post({"events": [{"key": str(i), **contact(who)} for i in range(3)]})[0] == 413


def test_many_at_once_are_all_answered(own):
    broker, door = own()
    def one(i):
        c = door.connection()
        got = [door.ask("POST", "/v1/events", {"key": f"{i}-{k}", **contact(f"m{i}@example.com")}, "shop", {"Prefer": "wait=9"}, c)[0] for k in range(10)]
        c.close()
        return got
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert set(sum(pool.map(one, range(32)), [])) == {201}


def test_few_descriptors_are_told_or_got(own):
    """A hard limit is told with the way forward; a soft one is raised, and a hundred at once are served."""
    _, door = own(connections=200)
    door.stop()
    Adapter.start(door, before=["prlimit", "--nofile=24"])
    assert door.wait() == 1
    assert "200 connections want a limit of 328, and it is 24: raise it (ulimit -n, LimitNOFILE)" in door.text()
    door.start(before=["prlimit", "--nofile=24:4096"])
    held = [socket.create_connection(("127.0.0.1", door.port)) for _ in range(60)]
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        got = list(pool.map(lambda i: door.post({"key": unique("few"), **contact(mail())})[0], range(100)))
    for s in held:
        s.close()
    assert set(got) == {201}


# ---- When something is away

def test_a_hung_broker_is_an_answer_in_time(own):
    broker, door = own(answer_s=1)
    door.post({"key": "1", **contact("ann@example.com")})
    broker.process.send_signal(19)
    try:
        status, problem, headers = door.get("/v1/offers")
        assert status in (503, 504) and int(headers["Retry-After"]) >= 1 and problem["code"] in ("NO_ANSWER", "AWAY")
        status, result, _ = door.post({"key": "2", **contact("ann@example.com")})
        assert status in (202, 503, 504), result
        assert door.get("/v1/health", None)[0] in (200, 503)
    finally:
        broker.process.send_signal(18)
    wait_for(lambda: door.post({"key": "2", **contact("ann@example.com")})[0] in (200, 201), what="the broker again")


def connected(door):
    """How many connections the door's process holds."""
    port = f"0100007F:{door.port:04X}"
    return sum(words[1] == port and words[3] == "01" for words in map(str.split, open("/proc/net/tcp")))


def test_who_waits_is_answered_when_it_stops(own):
    broker, door = own()
    assert door.post({"key": "1", **contact("ann@example.com")})[0] == 201
    broker.process.send_signal(19)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(door.get, "/v1/offers") for _ in range(3)]
            asked.append(pool.submit(door.post, {"key": "2", **contact("ann@example.com")}))
            wait_for(lambda: connected(door) == 4, what="all to be there")
            door.stop()
            got = [a.result(30) for a in asked]
        assert all(g[0] in (202, 503, 504) for g in got), got
    finally:
        broker.process.send_signal(18)
    door.start()


def test_a_door_that_is_taken_is_told_and_opens_later(broker, tmp_path):
    door = Door(broker, tmp_path)
    taken = socket.socket()
    taken.bind(("127.0.0.1", door.port))
    taken.listen()
    super(Door, door).start()
    door.wait_for_log("health")
    assert "cannot listen" in door.logged("health")[0] and "state=down" in door.logged("health")[0]
    taken.close()
    door.wait_for_log("listening")
    door.close()


def test_what_was_answered_202_outlives_the_adapter(own):
    broker, door = own(spool={"folder": "spool", "key_file": "spool.key"})
    broker.kill()
    kept = [f"kept-{i}" for i in range(20)]
    for key in kept:
        status, result, _ = door.ask("POST", "/v1/events", {"key": key, **contact("ann@example.com", key)})
        assert (status, result["state"]) == (202, "on-its-way")
        if key == "kept-10":
            door.kill()
            door.start(connected=False)
    assert door.get("/v1/customers?identifier=email:ann@example.com", "shop")[0] == 503
    assert door.ask("POST", "/v1/offers/1/refuse", {"ref": "0001-1", "expectedVersion": "1", "reason": "NO_CAPACITY"}, "crm")[0] == 503
    door.kill()
    broker.start()
    door.start()
    wait_for(lambda: door.get("/v1/events/kept-19", "shop")[1].get("state") == "accepted", what="the last one")
    told = []
    for case in door.get("/v1/customers?identifier=email:ann@example.com", "shop")[1]["customer"]["cases"]:
        told += door.get(f"/v1/cases/{case['ref']}/history?limit=200", "shop")[1]["history"]["events"]
    assert [e["event"]["contactLogged"]["summary"] for e in reversed(told) if "contactLogged" in e["event"]] == kept


def test_a_full_spool_is_told_and_takes_again(own):
    broker, door = own(spool={"folder": "spool", "key_file": "spool.key", "max_mb": 1}, events_per_post=20)
    broker.kill()
    taken = 0
    for i in range(100):
        status, problem, headers = door.ask("POST", "/v1/events", {"events": [
            {"key": f"{i}-{k}", **contact("ann@example.com", "x" * 3000)} for k in range(20)]})
        if status != 202:
            break
        taken += 20
    assert (status, problem["code"]) == (503, "FULL") and int(headers["Retry-After"]) >= 1 and taken > 20
    assert door.get("/v1/health", None)[:2] == (503, {"takesEvents": False, "broker": "away"})
    broker.start()
    wait_for(lambda: door.post({"key": "last", **contact("ann@example.com")})[0] in (200, 201), what="room again")
    wait_for(lambda: door.get("/v1/health", None)[0] == 200, 20, what="its health")


def test_what_comes_while_it_is_stopped_is_taken_afterwards(own):
    """SIGSTOP: the broker notices, the callers wait or give up, and what they sent counts once."""
    broker, door = own()
    assert door.post({"key": "0", **contact("ann@example.com")})[0] == 201
    door.process.send_signal(19)
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(door.post, {"key": str(i), **contact("ann@example.com", f"call {i}")}) for i in range(1, 9)]
            gone = socket.create_connection(("127.0.0.1", door.port))
            gone.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\n")
            gone.close()
            wait_for(lambda: {a["adapter"]: a for a in broker.ctl_json("show", "adapters")["adapters"]}["door"]["link"] in ("silent", "lost"), 30,
                     what="the broker to notice")
            door.process.send_signal(18)
            got = [a.result(60)[0] for a in asked]
    finally:
        door.process.send_signal(18)
    assert set(got) <= {200, 201, 503, 504}
    for i in range(1, 9):  # as it asks the callers to
        wait_for(lambda: door.post({"key": str(i), **contact("ann@example.com", f"call {i}")})[0] in (200, 201), what=f"call {i} to be taken")
    case, = door.get("/v1/customers?identifier=email:ann@example.com", "shop")[1]["customer"]["cases"]
    told = door.get(f"/v1/cases/{case['ref']}/history?limit=200", "shop")[1]["history"]["events"]
    assert sorted(e["event"]["contactLogged"]["summary"] for e in told if "contactLogged" in e["event"]) == \
        sorted(["hello", *(f"call {i}" for i in range(1, 9))])


def test_without_a_spool_a_broker_that_is_away_is_told(own):
    broker, door = own()
    broker.kill()
    wait_for(lambda: door.get("/v1/health", None)[0] == 503, what="it to notice")
    status, problem, headers = door.post({"key": "1", **contact("ann@example.com")})
    assert (status, problem["code"]) == (503, "AWAY") and int(headers["Retry-After"]) >= 1
    broker.start()
    wait_for(lambda: door.post({"key": "1", **contact("ann@example.com")})[0] in (200, 201), what="the broker again")


# ---- TLS, configuration, the document

def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "door.key", "-out", "door.pem"],
                   cwd=folder, check=True, capture_output=True)
    (folder / "door.key").chmod(0o600)


def test_tls(own, tmp_path):
    certificate(tmp_path)
    _, door = own(certificate_file="door.pem", key_file="door.key")
    words = ["curl", "-sS", "-m", "20", "-H", f"Authorization: Bearer {door.tokens['shop']}", "-H", "Content-Type: application/json",
             "-H", "Prefer: wait=9", "-d", json.dumps({"key": "1", **contact("ann@example.com")}), f"https://127.0.0.1:{door.port}/v1/events"]
    assert subprocess.run(words, capture_output=True).returncode == 60  # nobody vouches for it
    done = subprocess.run([*words, "--cacert", str(tmp_path / "door.pem")], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["state"] == "accepted"
    assert subprocess.run([*words, "--cacert", str(tmp_path / "door.pem"), "--tls-max", "1.1"], capture_output=True).returncode == 35
    plain = socket.create_connection(("127.0.0.1", door.port))
    plain.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
    plain.settimeout(20)
    assert b"200" not in plain.recv(100)
    plain.close()
    half = socket.create_connection(("127.0.0.1", door.port))
    half.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # a greeting that never ends
    before = cpu_seconds(door)
    time.sleep(1)  # what is measured
    assert cpu_seconds(door) - before < 0.3, "it is busy with waiting"
    half.close()


@pytest.mark.parametrize("options,words", [
    ({"listen": "0.0.0.0:8080"}, "only with certificate_file"),
    ({"listen": "[::]:8080"}, "only with certificate_file"),
    ({"listen": "localhost:8080"}, "ADDRESS:PORT"),
    ({"certificate_file": "door.pem"}, "go together"),
    ({"tokens_file": ""}, "tokens_file"),
    ({"tokens_file": "lax"}, "others can read this secret"),
    ({"tokens_file": "strangers"}, "no such client"),
    ({"clients": [{**CLIENTS[0], "may": ["everything"]}]}, "may wants"),
    ({"clients": [CLIENTS[0], CLIENTS[0]]}, "second client"),
    ({"clients": [{**CLIENTS[0], "token": "x"}]}, "unknown key token"),
    ({"body_bytes": 5}, "body_bytes"),
    ({"sources": [{"name": "x", "department": "shop"}]}, "signature"),
])
def test_a_wrong_configuration_is_told(broker, tmp_path, options, words):
    door = Door(broker, tmp_path, **options)
    (tmp_path / "lax").write_text("")
    door.private(tmp_path / "strangers", new_token("stranger")[1] + "\n")
    done = subprocess.run([harness.program("baton-http"), "--check", "--config", str(door.config)], capture_output=True, text=True)
    assert done.returncode == 2 and words in done.stdout + done.stderr, done.stderr


@pytest.mark.parametrize("change,words", [
    ({"pointer": "order/id"}, "RFC 6901"), ({"pointer": "/a~2"}, "RFC 6901"), ({"pointer": "0/id"}, "without each"),
    ({"pointer": "/x", "path": "no.such.path"}, "no.such"), ({"column": "/x"}, "unknown key column")])
def test_a_wrong_mapping_is_told(broker, tmp_path, change, words):
    source = {"name": "x", "department": "shop", "signature": {"secret_file": "shop.secret", "header": "X-S"},
              "fields": [{"path": "kind", "value": "note_added"}, {"path": "locator.ref", **change}]}
    door = Door(broker, tmp_path, sources=[source])
    done = subprocess.run([harness.program("baton-http"), "--check", "--config", str(door.config)], capture_output=True, text=True)
    assert done.returncode == 2 and words in done.stdout + done.stderr, done.stderr


def test_the_sample_configuration_is_good(broker, tmp_path):
    text = (harness.TREE / "conf/adapters/http.conf").read_text()
    for name in ("web-shop.secret", "http-tokens", "web-shop.hook"):
        Door.private(tmp_path / name, "a secret of some length\n" if name.endswith("hook") else "")
    text = text.replace("../keys/web-shop.secret", str(broker.folder / "keys/door.secret"))
    text = text.replace("../keys/broker.pub", str(broker.folder / "keys/broker.pub"))
    text = text.replace("../keys/http-tokens", str(tmp_path / "http-tokens")).replace("../keys/web-shop.hook", str(tmp_path / "web-shop.hook"))
    (tmp_path / "http.conf").write_text(text)
    done = subprocess.run([harness.program("baton-http"), "--check", "--config", str(tmp_path / "http.conf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_document_is_openapi_and_names_every_place(door, tmp_path):
    status, document, _ = door.get("/v1/openapi.json", None)
    assert status == 200
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    done = subprocess.run(["perl", "-MJSON::Validator", "-e", "my $s = JSON::Validator->new->schema($ARGV[0])->schema; print ref $s, \"\\n\", "
                           "map { \"$_\\n\" } @{$s->errors}", str(tmp_path / "openapi.json")], capture_output=True, text=True)
    assert done.stdout == "JSON::Validator::Schema::OpenAPIv3\n" and done.returncode == 0, done.stdout + done.stderr
    for path, operations in document["paths"].items():
        assert door.ask("DELETE", path.replace("{", "").replace("}", ""), client="shop")[0] == 405
        for operation in operations.values():
            assert operation["summary"] and "503" in operation["responses"]
