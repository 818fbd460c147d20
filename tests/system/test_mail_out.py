"""The mail adapter's other direction: what calls the department becomes mail, and replies decide. And nobody loops."""
import re
import socket
import threading

import pytest

from events import do, history, now_us, ok, open_case, view
from harness import free_port, wait_for
from mailrig import address, box, broker, care, cases_of, change, contacts, mail_adapter, servers, wait_for_contacts  # noqa: F401
from mailservers import mail, text_of


@pytest.fixture(scope="module")
def sales(broker):
    return broker.client("sales")


def case_for_care(sales, **more):
    """A case that sales holds and care has not seen."""
    return open_case(sales, topic="order", by=("email", address()), title="Move to the new flat", need="Internet by Friday", **more)


def offer(sales, to="care", **more):
    case = case_for_care(sales)
    ok(do(sales, "fact_recorded", case=case.case, key="meter", value="4711"))
    made = ok(do(sales, "handoff_offered", case=case.case, to=to, next_step="call the customer", **more))
    return case, made.offer


def wait_for_notice(servers, case, subject, box="staff", count=1):
    return servers.wait_for_mail(box, lambda m: f"[{case.ref}]" in m["Subject"] and subject in m["Subject"], count=count)[-1]


def reply(servers, box, to, text, sender="staff@example.org", by="id", headers=()):
    """As a mail program answers."""
    thread = [] if by == "address" else [("In-Reply-To", to["Message-ID"]), ("References", f"{to['References']} {to['Message-ID']}")]
    quoted = "\n".join("> " + line for line in text_of(to).splitlines())
    where = to["Reply-To"] if by == "address" else box.address
    servers.send(sender, where, mail(sender, to=where, subject="Re: " + to["Subject"], headers=[*thread, *headers],
                                     text=f"{text}\n\nOn Mon, 2 Nov 2026, Care wrote:\n{quoted}\n"))


def kinds(client, case):
    return [r.event.WhichOneof("kind") for r in history(client, case.case)]


def test_an_offer_is_a_mail_with_the_card_and_accepted_by_reply(servers, box, sales, care):
    case, _ = offer(sales)
    box.start()
    got = wait_for_notice(servers, case, "Offer")
    body = text_of(got)
    for words in ("sales offers this case to care", "Internet by Friday", "meter: 4711", "Next step: call the customer", "accept\n"):
        assert words in body, body
    assert got["Auto-Submitted"] == "auto-generated" and got["X-Baton-Loop"] and got["X-Baton-Ref"] == case.ref
    assert got["References"] and got["Reply-To"].startswith(f"{box.box}+")
    reply(servers, box, got, "Accept: I call her today")
    wait_for(lambda: view(sales, case=case.case).case.custodian == "care", 20, "custody")
    last = [r.event for r in history(sales, case.case) if r.event.HasField("handoff_accepted")][0]
    assert last.handoff_accepted.read_back == "I call her today" and last.actor == "staff@example.org"
    told = wait_for_notice(servers, case, "Accepted")
    assert told["In-Reply-To"] == got["Message-ID"] or told["In-Reply-To"]
    reply(servers, box, got, "accept")
    assert "your department has the case already" in text_of(wait_for_notice(servers, case, "Too late"))
    assert kinds(sales, case).count("handoff_accepted") == 1


def test_accepted_by_the_address_alone(servers, box, sales):
    case, _ = offer(sales)
    box.start()
    reply(servers, box, wait_for_notice(servers, case, "Offer"), "accept", by="address")
    wait_for(lambda: view(sales, case=case.case).case.custodian == "care", 20, "custody")
    wait_for_notice(servers, case, "Accepted")


def test_refused_by_reply_with_a_reason(servers, broker, sales, tmp_path):
    made = mail_adapter(broker, servers, tmp_path, name="moves-mail")
    made.start()
    try:
        for words, reason, text in (("refuse no capacity", 2, ""), ("Refuse missing information which flat?", 3, "which flat?"),
                                    ("refuse wrong department billing", 1, "")):
            case, _ = offer(sales, to="moves")
            reply(servers, made, wait_for_notice(servers, case, "Offer"), words)
            wait_for_notice(servers, case, "Refused")
            refused = [r.event.handoff_refused for r in history(sales, case.case) if r.event.HasField("handoff_refused")][0]
            assert refused.reason == reason and refused.text == text
            assert refused.right_department == ("billing" if reason == 1 else "")
        case, _ = offer(sales, to="moves")
        reply(servers, made, wait_for_notice(servers, case, "Offer"), "refuse")
        assert "Say why" in text_of(wait_for_notice(servers, case, "Not decided yet"))
        assert view(sales, case=case.case).case.offer.to == "moves"
    finally:
        made.close()


def test_a_department_that_must_take_is_told_so(servers, box, sales):
    case, _ = offer(sales)
    box.start()
    reply(servers, box, wait_for_notice(servers, case, "Offer"), "refuse no capacity")
    assert "MUST_TAKE" in text_of(wait_for_notice(servers, case, "Not done"))


def test_too_late_and_stale_are_told_and_stale_can_be_tried_again(servers, box, sales, care):
    box.start()
    case, made = offer(sales)
    got = wait_for_notice(servers, case, "Offer")
    ok(do(care, "contact_logged", ref=case.ref, summary="she called"))  # takes part, and may know who has it
    ok(do(sales, "handoff_withdrawn", case=case.case, offer=made))
    reply(servers, box, got, "accept")
    assert "The case is with sales now" in text_of(wait_for_notice(servers, case, "Too late"))
    case, _ = offer(sales)
    got = wait_for_notice(servers, case, "Offer")
    ok(do(sales, "note_added", case=case.case, text="the customer called again"))
    reply(servers, box, got, "accept")
    again = wait_for_notice(servers, case, "Please look again")
    assert "note added, by sales" in text_of(again)
    assert view(sales, case=case.case).case.custodian == "sales"
    reply(servers, box, again, "accept")
    wait_for(lambda: view(sales, case=case.case).case.custodian == "care", 20, "custody")


def test_strangers_forged_and_worn_out_tokens_decide_nothing(servers, box, sales):
    """accept from an address that may not act, with a token that was changed, and one of another mailbox's key."""
    box.start()
    case, _ = offer(sales)
    got = wait_for_notice(servers, case, "Offer")
    stranger = address()
    reply(servers, box, got, "accept", sender=stranger)
    wait_for(lambda: any(stranger in c.summary for c in contacts(sales, case.case)), 20, "a contact")
    for change_at in (8, 20, -14):
        token = got["Message-ID"]
        at = change_at if change_at > 0 else token.index("@") + change_at + 12
        other = "a" if token[at] != "a" else "b"
        forged = token[:at] + other + token[at + 1:]
        servers.deliver(box.box, mail("staff@example.org", subject="x", text="accept", headers=[("In-Reply-To", forged)]))
    servers.wait_for_mail(box.box, lambda m: "\\Seen" in m.flags, count=4)
    answer = view(sales, case=case.case).case
    assert answer.custodian == "sales" and answer.offer.to == "care"
    assert box.logged("not-allowed-to-act")


def test_a_question_is_answered_by_reply(servers, box, sales):
    case = case_for_care(sales)
    asked = ok(do(sales, "question_asked", case=case.case, to="care", text="Which flat is it?"))
    box.start()
    got = wait_for_notice(servers, case, "Question of sales")
    assert "Which flat is it?" in text_of(got) and "Internet by Friday" in text_of(got)
    reply(servers, box, got, "answer The one on\nthe third floor.")
    wait_for_notice(servers, case, "Answered")
    answered = [r.event.question_answered for r in history(sales, case.case) if r.event.HasField("question_answered")][0]
    assert answered.question == asked.sequence and answered.text == "The one on\nthe third floor."


def test_a_colleagues_words_without_a_command_are_a_note(servers, box, sales):
    case, _ = offer(sales)
    box.start()
    got = wait_for_notice(servers, case, "Offer")
    reply(servers, box, got, "I know this customer, let me see.")
    wait_for(lambda: any("let me see" in r.event.note_added.text for r in history(sales, case.case)), 20, "the note")
    assert "reply to this mail" in text_of(wait_for_notice(servers, case, "Not decided yet"))
    assert view(sales, case=case.case).case.custodian == "sales"


def test_promises_escalations_and_advisories_are_told(servers, broker, box, sales, care):
    case = open_case(care, topic="general", by=("email", address()), title="Promised")
    made = ok(do(care, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", text="call about the flat", due_us=now_us() + 1_500_000))
    box.start()
    got = wait_for_notice(servers, case, "Promise broken")
    assert "call about the flat" in text_of(got) and made
    wait_for_notice(servers, case, "Escalated")
    other = [open_case(care, topic="move.internet", by=("email", address())) for _ in range(3)]
    moves = broker.client("moves")
    ok(do(moves, "advisory_issued", topic="move.internet", text="the line is cut", alternatives=["use the old modem"]))
    told = servers.wait_for_mail("staff", lambda m: "Known trouble" in m["Subject"])
    assert "the line is cut" in text_of(told[0]) and "use the old modem" in text_of(told[0])
    assert len(other) == 3


def test_a_mail_is_settled_when_the_server_took_it_and_waits_while_it_is_away(servers, box, sales):
    servers.stop("exim")
    try:
        case, _ = offer(sales)
        box.start()
        wait_for(lambda: [line for line in box.logged("health") if "cannot be sent" in line], 20, "said")
        ann = address()
        servers.deliver(box.box, mail(ann, subject=f"[{case.ref}] still here"))
        wait_for(lambda: any("still here" in c.summary for c in contacts(sales, case.case)), 20, "mail comes in meanwhile")
    finally:
        servers.start_exim()
    wait_for_notice(servers, case, "Offer")
    assert not box.logged("mail-not-taken")


@pytest.mark.parametrize("who, verdict", [("never", "dead letter"), ("later", "again later")])
def test_what_the_server_says_of_a_recipient_is_the_verdict(servers, broker, box, sales, who, verdict):
    change(broker, box, to={"offers": [f"{who}@example.org"]})
    box.start()
    offer(sales)
    wait_for(lambda: [line for line in box.logged("mail-not-taken") if verdict in line], 20, verdict)


def test_one_wrong_address_keeps_nothing_from_the_others(servers, broker, box, sales):
    change(broker, box, to={"offers": ["never@example.org", "staff@example.org"]})
    box.start()
    case, _ = offer(sales)
    wait_for_notice(servers, case, "Offer")
    wait_for(lambda: box.logged("recipient-refused"), 20, "said")


def test_words_from_outside_add_no_header_and_no_recipient(servers, box, sales):
    case = open_case(sales, topic="order", by=("email", address()), title="Hello\nBcc: robot@example.org\n\nX: y", need=".\n.\r\nQUIT")
    ok(do(sales, "handoff_offered", case=case.case, to="care", next_step="one\n.\nMAIL FROM:<a@example.org>\n"))
    box.start()
    got = wait_for_notice(servers, case, "Offer")
    assert got["Bcc"] is None and got["X"] is None and "Bcc: robot" in got["Subject"]
    assert "MAIL FROM:<a@example.org>" in text_of(got) and servers.mails("robot") == []


def test_what_robots_write_is_no_contact(servers, broker, box, care):
    change(broker, box, own_lists=["care.example.org"])
    robots = [("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("List-Id", "<x.example.com>"), ("X-Autoreply", "yes"),
              ("Return-Path", "<>"), ("From", "MAILER-DAEMON@example.com"), ("X-Baton-Loop", "of another")]
    for name, value in robots:
        servers.deliver(box.box, mail(address(), subject=name, headers=[(name, value)]))
    person = address()
    servers.deliver(box.box, mail(person, headers=[("Auto-Submitted", "no"), ("Precedence", "first-class")]))
    member = address()
    servers.deliver(box.box, mail(member, headers=[("List-Id", "Care <care.example.org>"), ("Precedence", "list")]))
    box.start()
    wait_for_contacts(care, person)
    wait_for_contacts(care, member)
    assert len(box.logged("mail-passed-over")) == len(robots)


def test_a_mailbox_that_answers_everything_does_not_loop(servers, broker, box, sales, care):
    """The people's address is exim's own responder, which says what it is. And our own mail is sent to our own mailbox."""
    change(broker, box, to={"offers": ["robot@example.org", box.address]}, may_act=["robot@example.org"])
    (servers.folder / "robots").write_text("robot: robot\n")
    try:
        box.start()
        case, _ = offer(sales)
        wait_for_notice(servers, case, "Offer", box="robot")
        servers.wait_for_mail(box.box, lambda m: case.ref in m["Subject"] and "\\Seen" in m.flags, count=2)
        assert len([m for m in servers.mails("robot") if case.ref in m["Subject"]]) == 1
        assert len([m for m in servers.mails(box.box) if case.ref in m["Subject"]]) == 2
        assert cases_of(care, "robot@example.org") == [] and "note_added" not in kinds(sales, case)
    finally:
        (servers.folder / "robots").write_text("")


def test_a_robot_that_hides_what_it_is_does_not_loop(servers, broker, box, sales, care):
    """It answers every mail it gets, from an address that may act. It hears one explanation, and no more."""
    change(broker, box, to={"offers": ["robot@example.org"]}, may_act=["robot@example.org"])
    box.start()
    case, _ = offer(sales)
    for turn in range(2):
        heard = wait_for_notice(servers, case, "", box="robot", count=turn + 1)
        reply(servers, box, heard, "I am out of the office.", sender="robot@example.org")
        servers.wait_for_mail(box.box, lambda m: case.ref in m["Subject"] and "\\Seen" in m.flags, count=turn + 1)
    # What comes in now is dealt with after whatever was still to be said to the robot.
    person = address()
    servers.deliver(box.box, mail(person))
    wait_for(lambda: cases_of(care, person), 20, "the next mail")
    assert len([m for m in servers.mails("robot") if case.ref in m["Subject"]]) == 2
    assert view(sales, case=case.case).case.custodian == "sales"


def test_a_mail_that_comes_back_is_noted_on_its_case(servers, broker, box, sales, care):
    """Ours to the people: a note. One of the people's to a customer, with the ref in its Subject: a failed attempt."""
    change(broker, box, to={"offers": ["gone@example.org", "staff@example.org"]})
    box.start()
    case, _ = offer(sales)
    wait_for_notice(servers, case, "Offer")
    wait_for(lambda: any("was not delivered" in r.event.note_added.text for r in history(sales, case.case)), 20, "the note")
    assert [line for line in box.logged("health") if "came back" in line]
    servers.send(box.address, "gone@example.org", mail(box.address, to="gone@example.org", subject=f"[{case.ref}] your order"))
    wait_for(lambda: "attempt_failed" in kinds(sales, case), 20, "the attempt")
    failed = [r.event.attempt_failed for r in history(sales, case.case) if r.event.HasField("attempt_failed")][0]
    assert failed.channel == 2 and failed.error_code.startswith("5.")


def test_killed_between_taking_and_settling_the_same_mail_goes_again_under_one_message_id(servers, broker, box, sales):
    """A server that takes the mail and says so when the adapter is dead."""
    door, taken = socket.create_server(("127.0.0.1", free_port())), []

    def serve():
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            with connection:
                _smtp(connection, taken, box)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    change(broker, box, smtp={"url": f"smtp://127.0.0.1:{door.getsockname()[1]}"}, to={"offers": ["staff@example.org"]})
    box.start()
    case, _ = offer(sales)
    wait_for(lambda: box.process is None, 20, "its death")
    offer(sales)  # by which the broker sees that nobody is there
    box.start()
    wait_for(lambda: sum(case.ref in t for t in taken) >= 2, 20, "the second time")
    ids = {re.search(r"Message-I[Dd]: (\S+)", t).group(1) for t in taken if case.ref in t}
    assert len(ids) == 1
    door.close()


def _smtp(connection, taken, box):
    f = connection.makefile("rwb")

    def say(line):
        f.write(line + b"\r\n")
        f.flush()
    say(b"220 hello")
    while line := f.readline():
        if line.upper().startswith(b"EHLO"):
            say(b"250 me")
        elif line.upper().startswith(b"DATA"):
            say(b"354 go")
            text = b""
            while (line := f.readline()) and line != b".\r\n":
                text += line
            first = not taken
            taken.append(text.decode())
            if first:
                box.kill()
                return
            say(b"250 taken")
        else:
            say(b"250 fine")

