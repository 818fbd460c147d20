"""The mail adapter with servers that lie, stand still or break off: visible, bounded, and over when they are over it."""
import os
import signal
import ssl

import pytest

import harness
from events import do, ok, open_case, view
from harness import wait_for
from mailpeers import Imap, Silent, Smtp
from mailrig import COMPANY, address, box, broker, care, change, contacts, mail_adapter, servers, wait_for_contacts  # noqa: F401
from mailservers import mail
from test_mail_out import offer, sales, wait_for_notice  # noqa: F401


def peak_kib(adapter):
    with open(f"/proc/{adapter.process.pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmHWM")).split()[1])


def at_imap(broker, box, server, **more):
    change(broker, box, imap={"url": f"imap://127.0.0.1:{server.port}", "poll_s": 1, **more})
    return box


def told(box, words):
    return [line for line in box.logged("health") if words in line]


def endless(piece):
    def talk(client):
        while True:
            client.sendall(piece)
    return lambda server, tag: talk


LIES = {
    "a literal of 4 GB": {"FETCH": endless(b"* 1 FETCH (UID 1 ENVELOPE {4294967295}\r\n" + b"x" * 1000000)},
    "a body of 4 GB": {"FETCH": lambda s, t: b"* 1 FETCH (UID 1 BODY[]<0> {4294967295}\r\n"},
    "a negative literal": {"FETCH": lambda s, t: b"* 1 FETCH (UID 1 BODY[]<0> {-5}\r\nhello)\r\n"},
    "a line without end": {"SEARCH": endless(b"* SEARCH" + b" 1" * 100000)},
    "nonsense": {"SEARCH": lambda s, t: b"\x00\xff" * 5000 + b"\r\n"},
    "no UIDVALIDITY": {"SELECT": lambda s, t: b"%s OK done\r\n" % t.encode()},
    "BYE to SELECT": {"SELECT": lambda s, t: b"* BYE \x1b[31mred\r\n"},
    "BYE to SEARCH": {"SEARCH": lambda s, t: b"* BYE enough\r\n"},
    "BYE to FETCH": {"FETCH": lambda s, t: b"* 1 FETCH (UID 1 BODY[]<0> {100}\r\nFrom: a\r\n* BYE\r\n"},
    "another tag": {"SEARCH": lambda s, t: b"b999 OK done\r\n"},
    "no answer": {"SEARCH": lambda s, t: b""},
    "news without end": {"IDLE": endless(b"* OK still here\r\n" * 10000)},
}


@pytest.mark.parametrize("name", LIES)
def test_an_imap_server_that_lies(broker, box, care, name):
    """It is said, costs little memory, and when the server is itself again the mail is taken."""
    ann = address()
    server = Imap({1: mail(ann)}, dict(LIES[name]), can="IMAP4rev1 IDLE" if "IDLE" in LIES[name] else "IMAP4rev1")
    try:
        change(broker, box, timeout_s=1)
        at_imap(broker, box, server, poll_s=1000).start()
        wait_for(lambda: told(box, "mailbox"), 20, "said")
        assert peak_kib(box) < 400 * 1024 and "\x1b" not in box.text()
        server.lies.clear()
        wait_for_contacts(care, ann)
        assert len(box.text().splitlines()) < 60
    finally:
        box.stop()
        server.close()


def test_another_mail_than_the_one_that_was_asked_for_is_not_taken_for_it(broker, box, care):
    ann, ben = address(), address()
    server = Imap({1: mail(ann, text="one"), 2: mail(ben, text="two")})
    server.lies["FETCH"] = lambda s, tag: s.fetch(2, shown=9) + f"{tag} OK done\r\n".encode() if s.said.count("FETCH") < 3 else None
    try:
        at_imap(broker, box, server).start()
        assert "two" in wait_for_contacts(care, ben)[1][0].summary
        assert "one" in wait_for_contacts(care, ann)[1][0].summary
        assert told(box, "another mail")
    finally:
        box.stop()
        server.close()


def test_a_mail_that_the_server_does_not_give_out_is_a_contact_all_the_same(broker, box, care):
    ann = address()
    server = Imap({1: b"x", 2: mail(ann)})
    server.lies["FETCH"] = lambda s, tag: f"* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n{tag} OK done\r\n".encode() if s.fetches() else None
    server.fetches = lambda: not box.logged("mail-not-fetched")
    try:
        at_imap(broker, box, server).start()
        box.wait_for_log("mail-not-fetched", timeout=60)
        wait_for_contacts(care, ann)
        assert not box.logged("mail-gone")
    finally:
        box.stop()
        server.close()


def test_a_number_that_is_no_mails_does_not_make_it_deaf(broker, box, care):
    ann = address()
    server = Imap()
    server.lies["SEARCH"] = lambda s, tag: f"* SEARCH 4294967295 4294967294\r\n{tag} OK done\r\n".encode() if not s.mails else None
    try:
        at_imap(broker, box, server).start()
        wait_for(lambda: server.said.count("SEARCH") >= 2)
        server.mails[5] = mail(ann)
        wait_for_contacts(care, ann)
        assert 1 <= len(box.logged("mail-gone")) <= 4
    finally:
        box.stop()
        server.close()


def test_a_server_that_says_nothing_after_the_handshake(servers, broker, box):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(servers.folder / "tls.crt", servers.folder / "tls.key")
    server = Silent(context)
    try:
        change(broker, box, imap={"url": f"imaps://localhost:{server.port}", "ca_file": str(servers.folder / "tls.crt")}, timeout_s=1)
        box.start()
        wait_for(lambda: told(box, "mailbox"), 20, "said")
    finally:
        box.stop()
        server.close()


# ---- Sending ----

def test_a_mail_that_the_server_falls_over_keeps_nothing_from_the_others(broker, box, sales):
    poison, _ = offer(sales)
    server = Smtp(judge=lambda data: poison.ref.encode() in data)
    try:
        change(broker, box, smtp={"url": f"smtp://127.0.0.1:{server.port}"})
        box.start()
        wait_for(lambda: told(box, "cannot be sent"), 20, "said")
        case, _ = offer(sales)
        wait_for(lambda: [m for m in server.mails if case.ref.encode() in m], 20, "the other")
        server.judge = lambda data: False
        wait_for(lambda: [m for m in server.mails if poison.ref.encode() in m], 30, "the first")
        assert len([m for m in server.mails if case.ref.encode() in m]) == 1
    finally:
        box.stop()
        server.close()


def test_an_advisory_that_the_server_puts_off_is_told_all_the_same(broker, box, care):
    server = Smtp(judge=lambda data: b"450 come back later\r\n" if b"Known trouble" in data else False)
    try:
        change(broker, box, smtp={"url": f"smtp://127.0.0.1:{server.port}"})
        open_case(care, topic="move.internet", by=("email", address()))
        box.start()
        ok(do(broker.client("moves"), "advisory_issued", topic="move.internet", text="the line is cut", alternatives=["the old modem"]))
        box.wait_for_log("mail-not-taken")
        server.judge = lambda data: False
        wait_for(lambda: [m for m in server.mails if b"Known trouble" in m], 20, "the advisory")
    finally:
        box.stop()
        server.close()


def shouting(client):
    while True:
        client.sendall(b"220-" + b"x" * (1 << 20) + b"\r\n")


@pytest.mark.parametrize("greeting", [shouting, b"220 " + b"x" * (1 << 20) + b"\r\n", b"\x00\x1b[31m" * 1000 + b"\r\n", b"554 no\r\n"],
                         ids=["lines without end", "a line of 1 MB", "controls", "refused"])
def test_an_smtp_server_that_talks_nonsense_is_said(broker, box, sales, greeting):
    server = Smtp(greeting=greeting)
    try:
        change(broker, box, smtp={"url": f"smtp://127.0.0.1:{server.port}"})
        offer(sales)
        box.start()
        if isinstance(greeting, bytes) and greeting.startswith(b"220"):
            wait_for(lambda: server.mails or told(box, "cannot be sent"), 20, "sent or said")
        else:
            wait_for(lambda: told(box, "cannot be sent"), 20, "said")
        assert peak_kib(box) < 400 * 1024 and "\x1b" not in box.text() and len(box.text().splitlines()) < 60
    finally:
        box.stop()
        server.close()


# ---- Halts ----

def test_a_mail_server_that_stands_still_is_said_and_the_mail_goes_out_afterwards(servers, broker, box, sales):
    change(broker, box, timeout_s=1)
    os.kill(servers.exim.pid, signal.SIGSTOP)
    try:
        case, _ = offer(sales)
        box.start()
        wait_for(lambda: told(box, "cannot be sent"), 30, "said")
    finally:
        os.kill(servers.exim.pid, signal.SIGCONT)
    wait_for_notice(servers, case, "Offer")


def test_mail_that_comes_while_the_adapter_stands_still_counts_once(servers, box, care, sales):
    ann = address()
    box.start()
    servers.deliver(box.box, mail(ann, text="one"))
    wait_for_contacts(care, ann)
    os.kill(box.process.pid, signal.SIGSTOP)
    try:
        servers.deliver(box.box, mail(ann, text="two"))
        case, _ = offer(sales)
    finally:
        os.kill(box.process.pid, signal.SIGCONT)
    assert len(wait_for_contacts(care, ann, 2)[1]) == 2
    wait_for_notice(servers, case, "Offer")


def test_mail_that_comes_while_the_broker_stands_still_counts_once(servers, tmp_path):
    made, ann = harness.fresh_broker(company=COMPANY).start(), address()
    adapter = mail_adapter(made, servers, tmp_path)
    try:
        adapter.start()
        servers.deliver(adapter.box, mail(ann, text="one"))
        client = made.client("care")
        wait_for_contacts(client, ann)
        os.kill(made.process.pid, signal.SIGSTOP)
        try:
            for text in ("two", "three"):
                servers.deliver(adapter.box, mail(ann, text=text))
        finally:
            os.kill(made.process.pid, signal.SIGCONT)
        assert len(wait_for_contacts(client, ann, 3)[1]) == 3
        servers.wait_for_mail(adapter.box, lambda m: "\\Seen" in m.flags, count=3)
        assert len(wait_for_contacts(client, ann, 3)[1]) == 3
    finally:
        adapter.close()
        harness.remove(made)


# ---- Who may decide ----

VOUCHED = "mx.example.org; dkim=pass header.d=example.org; dmarc=pass (p=reject) header.from=example.org"
FORGED = {
    "nobody vouches": [],
    "another server vouches": [("Authentication-Results", VOUCHED.replace("mx.", "mx.evil."))],
    "our server vouches for another domain": [("Authentication-Results", VOUCHED.replace("=example.org", "=example.com"))],
    "our server saw nothing": [("Authentication-Results", "mx.example.org; none"), ("Authentication-Results", VOUCHED)],
    "our server found a forgery": [("Authentication-Results", "mx.example.org; dmarc=fail header.from=example.org"),
                                   ("Authentication-Results", VOUCHED)],
    "below another hop": [("Authentication-Results", "mx.example.org; spf=pass smtp.mailfrom=example.org"), ("Received", "from a by b"),
                          ("Authentication-Results", VOUCHED)],
    "malformed": [("Authentication-Results", VOUCHED + "; dkim=")],
    "two senders": [("Authentication-Results", VOUCHED), ("From", "mallory@example.com")],
}


def answer_to(got, text, headers):
    """Raw, so that a field may stand there more than once, in this order."""
    body = [f"{n}: {v}" for n, v in headers] + ["From: staff@example.org", "Subject: Re: x", f"In-Reply-To: {got['Message-ID']}"]
    return "\r\n".join(body + ["", text, ""])


def test_a_reply_decides_only_where_our_mail_server_vouches_for_its_sender(servers, broker, box, sales):
    change(broker, box, authserv_id="mx.example.org")
    box.start()
    case, _ = offer(sales)
    got = wait_for_notice(servers, case, "Offer")
    for name, headers in FORGED.items():
        servers.deliver(box.box, answer_to(got, f"accept {name}", headers))
    servers.wait_for_mail(box.box, lambda m: "\\Seen" in m.flags, count=len(FORGED))
    said = " ".join(c.summary for c in contacts(sales, case.case))
    assert [name for name in FORGED if f"accept {name}" not in said] == [], "decided, or lost"
    assert len(box.logged("not-allowed-to-act")) == len(FORGED)
    assert view(sales, case=case.case).case.custodian == "sales"
    case, _ = offer(sales)
    servers.deliver(box.box, answer_to(wait_for_notice(servers, case, "Offer"), "accept", [("Authentication-Results", VOUCHED)]))
    wait_for(lambda: view(sales, case=case.case).case.custodian == "care", 20, "custody")


def test_more_than_one_sender_never_decides(servers, box, sales):
    box.start()
    case, _ = offer(sales)
    got = wait_for_notice(servers, case, "Offer")
    servers.deliver(box.box, answer_to(got, "accept", []).replace("staff@example.org", "staff@example.org, mallory@example.com", 1))
    box.wait_for_log("not-allowed-to-act")
    assert view(sales, case=case.case).case.custodian == "sales"
