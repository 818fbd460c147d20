"""The mail adapter against Dovecot and exim: mail becomes contacts, once, on the right case."""
import os
import pathlib
import resource
import signal
import subprocess

import pytest

import harness
from adapter import Raw
from events import event, ok, open_case, submit_all
from harness import wait_for
from mailrig import address, box, broker, care, cases_of, change, contacts, mail_adapter, servers, wait_for_contacts  # noqa: F401
from mailservers import mail
from test_mail_out import offer


def test_mail_becomes_a_contact(servers, box, care):
    ann = address()
    servers.deliver(box.box, mail(f"Ann Lee <{ann}>", subject="My order", text="Where is it?\n\n-- \nAnn Lee\n"))
    box.start()
    row, said = wait_for_contacts(care, ann)
    assert row.topic == "general" and row.custodian == "care"
    assert said[0].channel == 2 and said[0].direction == 1
    assert "Subject: My order" in said[0].summary and "Where is it?" in said[0].summary
    assert "-- " not in said[0].summary
    servers.wait_for_mail(box.box, lambda m: "\\Seen" in m.flags)


def test_the_server_says_when_there_is_new_mail(servers, broker, box, care):
    """With a poll that is far away: only IDLE can tell. And without IDLE the poll does."""
    for idle, poll in ((True, 1000), (False, 1)):
        change(broker, box, imap={"idle": idle, "poll_s": poll})
        ann = address()
        box.start()
        box.wait_for_log("connected")
        servers.send(ann, box.address, mail(ann))
        wait_for_contacts(care, ann)
        box.stop()


def test_ref_and_thread_find_the_case(servers, box, care):
    """A ref in the Subject, or in X-Baton-Ref, from whatever address; the sender's case where the ref is nobody's."""
    ann, mate = address(), address()
    case = open_case(care, topic="general", by=("email", ann))
    servers.deliver(box.box, mail(mate, subject=f"Re: [{case.ref}] my order"))
    servers.deliver(box.box, mail(mate, subject="no ref here", headers=[("X-Baton-Ref", case.ref)]))
    servers.deliver(box.box, mail(mate, subject=f"about case {case.ref}"))
    servers.deliver(box.box, mail(ann, subject=f"[ZZZZ-9999-Q] and [0000-0000], invoice {case.ref}"))
    box.start()
    said = wait_for(lambda: (c := contacts(care, case.case)) and len(c) == 4 and c, 20, "four contacts")
    assert [mate in c.summary for c in said] == [True, True, True, False]
    assert cases_of(care, mate) == []


def test_topics_by_recipient_and_subject(servers, broker, box, care):
    change(broker, box, topics=[{"to": "Orders@example.org", "topic": "order"}, {"subject": "INVOICE", "topic": "billing.invoice"}])
    a, b, c = address(), address(), address()
    servers.deliver(box.box, mail(a, to="Sales <orders@example.org>"))
    servers.deliver(box.box, mail(b, subject="My invoice is wrong"))
    servers.deliver(box.box, mail(c))
    box.start()
    assert [wait_for_contacts(care, x)[0].topic for x in (a, b, c)] == ["order", "billing.invoice", "general"]


def test_what_people_quote_and_sign_is_taken_off(servers, box, care):
    texts = {
        "On Mon, 2 Nov 2026 at 10:00, Care <care@example.org> wrote:\n> Hello\n> there\n": "",
        "Am 02.11.2026 um 10:00 schrieb Care:\n> Hallo\n": "",
        "Le lun. 2 nov. 2026 à 10:00, Care <c@example.org> a écrit :\n> Bonjour\n": "",
        "Op ma 2 nov. 2026 om 10:00 schreef Care <c@example.org>:\n> Dag\n": "",
        "-----Original Message-----\nFrom: Care\nold words\n": "",
        "Von: Care\nGesendet: Montag\nAn: Ann\n\nalte Worte": "",
        "-- \nAnn Lee\nDirector\n": "",
        "> a question\n\nbetween the lines\n\n> another\n": "between the lines",
    }
    ann = address()
    for old, kept in texts.items():
        servers.deliver(box.box, mail(ann, text=f"What I say.\n\n{old}"))
    box.start()
    _, said = wait_for_contacts(care, ann, len(texts))
    for contact, (old, kept) in zip(said, texts.items()):
        body = contact.summary.split("\n\n", 1)[1]
        assert " ".join(body.split()) == f"What I say. {kept}".strip(), (old, contact.summary)


def test_html_charsets_and_attachments(servers, box, care):
    a, b, c, d = address(), address(), address(), address()
    html = "<html><head><style>p{}</style></head><body><p>Gr&uuml;&szlig;e</p><script>no()</script><div>zwei<br>drei</div></body></html>"
    servers.deliver(box.box, f"From: {a}\r\nSubject: =?iso-8859-1?Q?F=FCr_Sie?=\r\nMessage-ID: <{a}>\r\nMIME-Version: 1.0\r\n"
                             f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n")
    servers.deliver(box.box, f"From: {b}\r\nMessage-ID: <{b}>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=koi8-r\r\n"
                             "Content-Transfer-Encoding: 8bit\r\n\r\n".encode() + "Привет".encode("koi8-r") + b"\r\n")
    servers.deliver(box.box, f"From: {c}\r\nMessage-ID: <{c}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
                             "--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\nContent-Type: text/plain\r\n\r\nplain words\r\n"
                             "--y\r\nContent-Type: text/html\r\n\r\n<b>rich words</b>\r\n--y--\r\n"
                             "--x\r\nContent-Type: application/pdf; name=\"plan.pdf\"\r\nContent-Disposition: attachment; filename=\"plan.pdf\"\r\n"
                             "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--\r\n")
    servers.deliver(box.box, f"From: {d}\r\nMessage-ID: <{d}>\r\nContent-Type: text/plain\r\n\r\n".encode() + "caf\xe9".encode("latin1"))
    box.start()
    said = [wait_for_contacts(care, x)[1][0].summary for x in (a, b, c, d)]
    assert "Subject: Für Sie" in said[0] and "Grüße\nzwei\ndrei" in said[0] and "no()" not in said[0] and "p{}" not in said[0]
    assert "Привет" in said[1]
    assert "plain words" in said[2] and "rich" not in said[2]
    assert "[Attachment: plan.pdf, application/pdf, 5 bytes, sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824]" in said[2]
    assert "café" in said[3]


def test_message_ids_that_are_missing_doubled_or_borrowed(servers, box, care):
    """The same mail by two ways is one contact; another mail under the same Message-ID, or none, is its own."""
    ann = address()
    one = mail(ann, text="one")
    servers.deliver(box.box, one)
    servers.deliver(box.box, b"Received: from elsewhere\r\nX-Way: 2\r\n" + one)
    same = next(line for line in one.decode().splitlines() if line.startswith("Message-ID")).split(" ", 1)[1]
    servers.deliver(box.box, mail(ann, text="two", headers=[("Message-ID", same)]))
    servers.deliver(box.box, f"From: {ann}\r\nSubject: none\r\n\r\nthree\r\n")
    servers.deliver(box.box, f"From: {ann}\r\nMessage-ID: {'<' + 'x' * 3000 + '@y>'}\r\n\r\nfour\r\n")
    box.start()
    _, said = wait_for_contacts(care, ann, 4)
    assert [c.summary.rsplit("\n", 1)[-1] for c in said] == ["one", "two", "three", "four"]
    servers.wait_for_mail(box.box, lambda m: "\\Seen" in m.flags, count=5)
    assert len(wait_for_contacts(care, ann, 4)[1]) == 4


def test_a_folder_that_is_numbered_anew_is_read_again_and_kept_once(servers, box, care):
    ann = address()
    for i in range(5):
        servers.deliver(box.box, mail(ann, text=f"mail {i}"))
    box.start()
    wait_for_contacts(care, ann, 5)
    box.stop()
    servers.renumber(box.box, 77)
    servers.deliver(box.box, mail(ann, text="mail 5"))
    box.start()
    box.wait_for_log("folder-renumbered")
    assert len(wait_for_contacts(care, ann, 6)[1]) == 6
    servers.wait_for_mail(box.box, lambda m: "\\Seen" in m.flags, count=6)
    assert len(wait_for_contacts(care, ann, 6)[1]) == 6


def test_killed_at_any_point_and_with_both_servers_restarted_every_mail_counts_once(servers, broker, box, care):
    ann, total = address(), 30
    change(broker, box, after={"move": "Done"})
    for i in range(total):
        servers.deliver(box.box, mail(ann, text=f"mail {i}"))
    have = 0
    for round_number in range(2):
        box.start()
        goal = have + 8
        have = wait_for(lambda: (rows := cases_of(care, ann)) and (n := len(contacts(care, rows[0].id))) >= goal and n, 20, "more")
        box.kill()
        if round_number == 1:
            offer(broker.client("sales"))  # by which the broker sees that nobody is there
        else:
            broker.kill()
            broker.start()
            care.faults.clear()
            care.hello()
            servers.stop("dovecot")
            servers.start_dovecot()
    box.start()
    _, said = wait_for_contacts(care, ann, total)
    servers.wait_for_mail(box.box, count=total, folder="Done")
    assert servers.mails(box.box) == []
    _, said = wait_for_contacts(care, ann, total)
    assert sorted(c.summary.rsplit(" ", 1)[1] for c in said) == sorted(str(i) for i in range(total))


def test_a_server_that_is_away_or_hangs_is_said_and_comes_back(servers, broker, box, care):
    ann = address()
    change(broker, box, imap={"poll_s": 1}, timeout_s=1)
    servers.stop("dovecot")
    try:
        box.start()
        wait_for(lambda: [line for line in box.logged("health") if "down" in line and "mailbox" in line], 20, "down")
    finally:
        servers.start_dovecot()
    servers.deliver(box.box, mail(ann))
    wait_for_contacts(care, ann)
    before = cpu_seconds(box)
    os.kill(servers.dovecot.pid, signal.SIGSTOP)
    children = pathlib.Path(f"/proc/{servers.dovecot.pid}/task/{servers.dovecot.pid}/children").read_text().split()
    try:
        for pid in children:
            os.kill(int(pid), signal.SIGSTOP)
        wait_for(lambda: [line for line in box.logged("health") if "mailbox" in line and "answer" in line], 30, "hung")
    finally:
        for pid in children + [servers.dovecot.pid]:
            os.kill(int(pid), signal.SIGCONT)
    servers.deliver(box.box, mail(ann, text="again"))
    wait_for_contacts(care, ann, 2)
    assert cpu_seconds(box) - before < 3, "it spins while it waits"


def cpu_seconds(adapter):
    fields = pathlib.Path(f"/proc/{adapter.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_mail_waits_and_the_log_has_one_line(servers, broker, box, care):
    """No process can be started to read it: one trouble, however often it is tried."""
    ann = address()
    box.start()
    wait_for(lambda: box.logged("first-start") or box.logged("folder-renumbered"), what="the folder to be open")
    most = resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    servers.deliver(box.box, mail(f"Ann Lee <{ann}>"))

    def down():
        row = next(r for r in broker.ctl_json("show", "adapters")["adapters"] if r["adapter"] == "care-mail")
        return row["health"] == "down" and row["for_s"] > 4 and "read mail: Too many open files" in row["last_error"]
    wait_for(down, 30, "the trouble to last over several tries")
    assert len(box.logged("health")) == 1
    resource.prlimit(box.process.pid, resource.RLIMIT_NOFILE, most)
    _, said = wait_for_contacts(care, ann)
    assert len(said) == 1 and len(box.logged("health")) <= 2


def test_a_wrong_password_is_said_in_words(servers, broker, box):
    (box.folder / "password").write_text("wrong")
    box.start()
    wait_for(lambda: [line for line in box.logged("health") if "login is refused" in line], 20, "refused")


def test_refused_mail_goes_to_its_folder_and_the_reason_is_said(servers, broker, box, care):
    """Somebody has as many open cases as one can have."""
    ann = address()
    topics = ["general"] + [f"general.t{i}" for i in range(63)]
    for receipt in submit_all(care, [event("case_opened", about=t, topic=t, by=("email", ann)) for t in topics]):
        ok(receipt)
    change(broker, box, after={"rejects": "Refused"}, topic="order")
    servers.deliver(box.box, mail(ann))
    servers.deliver(box.box, mail(other := address()))
    box.start()
    wait_for_contacts(care, other)
    servers.wait_for_mail(box.box, folder="Refused")
    assert "LIMIT" in box.logged("mail-refused")[0] and ann not in box.text()
    assert [line for line in box.logged("health") if "refused" in line]


def test_a_wrong_topic_in_the_configuration_stops_it_visibly_and_loses_nothing(servers, broker, box, care):
    ann = address()
    change(broker, box, topic="Not A Topic")
    servers.deliver(box.box, mail(ann))
    box.start()
    wait_for(lambda: [line for line in box.logged("health") if "takes no mail" in line], 20, "said")
    assert not any("\\Seen" in m.flags for m in servers.mails(box.box))
    box.stop()
    change(broker, box, topic="general")
    box.start()
    wait_for_contacts(care, ann)


def test_the_first_start_leaves_old_mail_alone(servers, broker, tmp_path, care):
    made = mail_adapter(broker, servers, tmp_path, name="moves-mail", imap={"old_mail": False, "folder": "INBOX"}, topic="general")
    old, new = address(), address()
    servers.deliver(made.box, mail(old))
    try:
        made.start()
        made.wait_for_log("first-start")
        servers.deliver(made.box, mail(new))
        servers.wait_for_mail(made.box, lambda m: "\\Seen" in m.flags)
        assert [("\\Seen" in m.flags) for m in servers.mails(made.box)] == [False, True]
    finally:
        made.close()


def test_tls(servers, broker, box, care):
    """Both servers by STARTTLS, then IMAP by TLS from the start; a certificate nobody vouches for is refused."""
    ca = str(servers.folder / "tls.crt")
    ann = address()
    servers.deliver(box.box, mail(ann))
    change(broker, box, imap={"starttls": True})
    box.start()
    wait_for(lambda: [line for line in box.logged("health") if "ertificate" in line], 20, "refused certificate")
    box.stop()
    change(broker, box, imap={"ca_file": ca})
    box.start()
    wait_for_contacts(care, ann)
    box.stop()
    change(broker, box, imap={"url": f"imaps://localhost:{servers.ports['imaps']}"})
    servers.deliver(box.box, mail(ann, text="by TLS"))
    box.start()
    wait_for_contacts(care, ann, 2)


@pytest.mark.parametrize("wrong, why", [
    ({"smtp": {"from": "nobody"}}, "smtp.from"),
    ({"imap": {"url": "http://x"}}, "imap.url"),
    ({"may_act": ["a b"]}, "may_act"),
    ({"to": Raw('{ ofers = ["a@example.org"]; }')}, "ofers"),
    ({"topics": [{"topic": "x"}]}, "topics"),
    ({"imap": {"folder": "Größe"}}, "UTF-7"),
    ({"smtp": {"user": "x"}}, "password_file"),
])
def test_check_says_what_is_wrong(broker, box, wrong, why):
    if isinstance(wrong.get("to"), Raw):
        box.options["to"] = wrong["to"]
        box.write(broker, "care-mail", box.options)
    else:
        change(broker, box, **wrong)
    done = subprocess.run([harness.program("baton-mail"), "--check", "--config", str(box.config)], capture_output=True, text=True)
    assert done.returncode == 2 and why in done.stderr + done.stdout, done


def test_secrets_that_others_can_read_are_refused(box):
    (box.folder / "token.key").chmod(0o644)
    done = subprocess.run([harness.program("baton-mail"), "--check", "--config", str(box.config)], capture_output=True, text=True)
    assert done.returncode == 2 and "chmod 600" in done.stderr + done.stdout
