"""Mail that nobody sends in good faith: taken as far as it goes, with a note of what is missing, and never crashed on."""
import os

import pytest


from events import history, open_case
from harness import wait_for
from mailrig import address, box, broker, care, change, servers, wait_for_contacts  # noqa: F401
from mailservers import mail


def head(sender, more=""):
    return f"From: {sender}\r\nTo: care@example.org\r\nSubject: hello\r\nMessage-ID: <{sender}>\r\nMIME-Version: 1.0\r\n{more}"


def nested(depth):
    """multipart in multipart, and text in the innermost."""
    opened = "".join(f"Content-Type: multipart/mixed; boundary=\"b{i}\"\r\n\r\n--b{i}\r\n" for i in range(depth))
    return opened + "Content-Type: text/plain\r\n\r\nthe core\r\n" + "".join(f"--b{i}--\r\n" for i in reversed(range(depth)))


def many_parts(count):
    part = "--x\r\nContent-Type: text/plain\r\n\r\nword\r\n"
    return "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + part * count + "--x--\r\n"


HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"
HOSTILE = {
    "nested 1,000 deep": (lambda: nested(1000), "nested too deep"),
    "nested 20,000 deep": (lambda: nested(20000), ""),
    "10,000 parts": (lambda: many_parts(10000), "too many parts"),
    "10,000 attachments": (lambda: "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + "--x\r\nContent-Type: a/b; name=\"n\"\r\n\r\nz\r\n" * 10000,
                           "[More attachments]"),
    "messages in messages": (lambda: "Content-Type: message/rfc822\r\n\r\nFrom: a\r\n" * 3000, "Attachment"),
    "base64 that is none": (lambda: "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!=\x01\x02===a\r\n", ""),
    "a charset that is none": (lambda: "Content-Type: text/plain; charset=\"utf-99\"\r\n\r\nreadable\r\n", "readable"),
    "a charset with a path": (lambda: "Content-Type: text/plain; charset=\"../../etc/passwd//IGNORE\"\r\n\r\nreadable\r\n", "readable"),
    "a charset of 1 KB": (lambda: "Content-Type: text/plain; charset=\"" + "x" * 1024 + "\"\r\n\r\nreadable\r\n", "readable"),
    "one header of 1 MB": (lambda: "X-Long: " + "y" * (1 << 20) + "\r\n\r\nwords", "only its beginning was read"),
    "10,000 folded lines": (lambda: "Received: a\r\n" + " b\r\n" * 10000 + "\r\nwords", "words"),
    "characters that hide or turn": (lambda: "Content-Type: text/plain; charset=utf-8\r\n\r\n\u202ea\u200fb\u2066c\u061cd\u2060e\ufff9f\U000e0041\r\n",
                                     "abcdef"),
    "utf-7": (lambda: "Content-Type: text/plain; charset=utf-7\r\n\r\n+ADw-b+AD4 +AAA-\r\n", "<b>"),
    "deep html": (lambda: HTML + "<div>" * 150000 + "inside", ""),
    "html of end tags": (lambda: HTML + "<a><b>" * 60000 + "</x></y>" * 60000, ""),
    "html of one long tag": (lambda: HTML + "<p " + "a=b " * 200000, ""),
    "html that is long": (lambda: HTML + "<p>word</p>" * 60000, "Cut: the text is too long"),
    "entities": (lambda: HTML + "<!DOCTYPE x [<!ENTITY a \"&b;&b;\"><!ENTITY b \"ha\">]>&a;" + "&amp;" * 100, "&&"),
    "no boundary": (lambda: "Content-Type: multipart/mixed\r\n\r\n--\r\nwords\r\n", ""),
    "no end": (lambda: "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nwords", "words"),
    "one line of 900 KB": (lambda: "\r\n" + "x" * 900000, "Cut: the text is too long"),
    "only quotes": (lambda: "\r\n" + "> quoted\r\n" * 20000, "> quoted"),
    "10,000 headers": (lambda: "".join(f"X-{i}: y\r\n" for i in range(10000)) + "\r\nwords", "words"),
    "one header of 500 KB": (lambda: "References: " + "<a@b> " * 80000 + "\r\n\r\nwords", "words"),
    "NUL and controls": (lambda: "\r\nwo\x00rds \x1b[31m red \x07\r\n", "red"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(servers, broker, box, care, name):
    """It becomes a contact of its sender, and the mail behind it as well."""
    make, words = HOSTILE[name]
    change(broker, box, read_ms=300)
    bad, good = address(), address()
    drop(servers, box, (head(bad) + make()).encode())
    servers.deliver(box.box, mail(good))
    box.start()
    wait_for_contacts(care, good)
    said = wait_for_contacts(care, bad)[1][0].summary
    assert words in said and len(said.encode()) <= 4096, said
    assert "\x00" not in said and "\x1b" not in said
    box.stop()


def drop(servers, box, raw):
    """Into the maildir itself: no server looks at it on its way."""
    place = servers.folder / "mail" / box.box / "tmp" / "hostile"
    place.write_bytes(raw)
    place.rename(place.parent.parent / "new" / f"1.{os.getpid()}.hostile")
    servers.own()


def test_a_body_of_50_mb_is_read_from_its_beginning(servers, box, care):
    ann = address()
    drop(servers, box, (head(ann) + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee the film.\r\n"
                        "--x\r\nContent-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n").encode() +
         (b"A" * 76 + b"\r\n") * 670000 + b"--x--\r\n")
    box.start()
    said = wait_for_contacts(care, ann)[1][0].summary
    assert "See the film." in said and "film.mp4" in said and "only its beginning was read" in said


def test_header_injection_stays_in_its_line(servers, box, care):
    ann = address()
    servers.deliver(box.box, f"From: =?utf-8?Q?Ann=0D=0ABcc=3A_x?= <{ann}>\r\nSubject: =?utf-8?Q?a=0D=0AX-Evil:_y=0D=0A=0D=0Ab?=\r\n"
                             "Message-ID: <inject>\r\n\r\nwords\r\n")
    box.start()
    said = wait_for_contacts(care, ann)[1][0].summary.split("\n")
    assert said[0].startswith("From: Ann") and said[0].endswith(f"<{ann}>") and said[1].startswith("Subject: a X-Evil")


@pytest.mark.parametrize("sender", ["", "nobody", "a@b, c@d", "<>", "a@b@c", "x" * 300 + "@example.com", "\"a\r\n b\"@example.com"])
def test_senders_that_are_none_make_a_case_without_customer(servers, box, care, sender):
    word = f"word{abs(hash(sender))}"
    servers.deliver(box.box, f"From: {sender}\r\nSubject: {word}\r\n\r\nwords {word}\r\n")
    box.start()
    servers.wait_for_mail(box.box, lambda m: "\\Seen" in m.flags)
    assert not box.logged("mail-refused"), box.text()


def test_a_mail_that_kills_its_reader_is_read_again_in_part_and_then_given_up(servers, broker, box, care):
    """Time is up before anything is read: what the adapter says without its reader."""
    change(broker, box, read_ms=10, timeout_s=5)
    ann, other = address(), address()
    drop(servers, box, (head(ann, HTML) + "<a><b>" * 60000 + "</x></y>" * 60000).encode())
    servers.deliver(box.box, mail(other))
    box.start()
    wait_for_contacts(care, other)
    assert wait_for_contacts(care, ann)


def test_of_a_reports_status_the_code_alone_is_told(servers, box, care):
    case = open_case(care, topic="general", by=("email", address()))
    servers.deliver(box.box, "From: MAILER-DAEMON@example.org\r\nMessage-ID: <report@example.org>\r\nMIME-Version: 1.0\r\n"
                    "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nIt came back.\r\n--x\r\n"
                    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.org\r\n\r\n"
                    "Final-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1 (call Ann Lee)\r\n\r\n--x\r\n"
                    f"Content-Type: text/rfc822-headers\r\n\r\nSubject: [{case.ref}] your order\r\n\r\n--x--\r\n")
    box.start()
    failed = wait_for(lambda: [r.event.attempt_failed for r in history(care, case.case) if r.event.HasField("attempt_failed")], 20, "it")
    assert failed[0].error_code == "5.1.1" and "Ann Lee" not in box.text()


def test_forged_references_find_no_case(servers, box, care):
    ann, mallory = address(), address()
    case = open_case(care, topic="general", by=("email", ann))
    for forged in ("<baton.aaaa@example.org>", "<baton." + "a" * 60 + "@example.org>", "<baton.@example.org>", "<" * 1000, "<baton." + "é" * 40 + "@x>"):
        servers.deliver(box.box, mail(mallory, headers=[("In-Reply-To", forged), ("References", forged)]))
    box.start()
    assert len(wait_for_contacts(care, mallory, 5)[1]) == 5
    assert [r.event.WhichOneof("kind") for r in history(care, case.case)].count("contact_logged") == 0
