"""What the tests of baton-mail share: servers, a broker, adapters, and short ways to look at the outcome."""
import secrets

import pytest

import harness
import mailservers
from adapter import Adapter
from baton import event_pb2, frame_pb2
from events import code, history, unique
from harness import wait_for
from mailservers import PASSWORD

COMPANY = {**harness.COMPANY, "adapters": harness.COMPANY["adapters"] + [
    {"name": "care-mail", "department": "care", "receives": True}, {"name": "moves-mail", "department": "moves", "receives": True}]}


@pytest.fixture(scope="module")
def servers():
    made = mailservers.Servers().start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def broker():
    made = harness.fresh_broker(company=COMPANY).start()
    yield made
    harness.remove(made)


@pytest.fixture(scope="module")
def care(broker):
    return broker.client("care")


@pytest.fixture
def box(broker, servers, tmp_path):
    made = mail_adapter(broker, servers, tmp_path)
    yield made
    made.close()


def mail_adapter(broker, servers, place, name="care-mail", **more):
    """A new mailbox (its name is .box) and the adapter for it, not started."""
    box = servers.box()
    place.mkdir(parents=True, exist_ok=True)
    for file, text in (("password", PASSWORD), ("token.key", secrets.token_hex(32))):
        if not (place / file).exists():
            (place / file).write_text(text + "\n")
            (place / file).chmod(0o600)
    options = {
        "imap": {"url": f"imap://127.0.0.1:{servers.ports['imap']}", "user": box, "password_file": str(place / "password"),
                 "starttls": False, "old_mail": True},
        "smtp": {"url": f"smtp://127.0.0.1:{servers.ports['smtp']}", "starttls": False, "from": f"{box}@example.org",
                 "name": "Customer care", "plus": True},
        "to": {k: ["staff@example.org"] for k in ("offers", "questions", "promises", "escalations", "advisories")},
        "may_act": ["staff@example.org"],
        "topic": "general",
        "timeout_s": 2,
        "token_key_file": str(place / "token.key"),
    }
    for key, value in more.items():
        options[key] = {**options[key], **value} if isinstance(value, dict) and key in options else value
    made = Adapter(broker, "baton-mail", name, place, options)
    made.options, made.box, made.address = options, box, f"{box}@example.org"
    return made


def change(broker, adapter, name="care-mail", **more):
    """Other options, from its next start on."""
    for key, value in more.items():
        adapter.options[key] = {**adapter.options[key], **value} if isinstance(value, dict) and key in adapter.options else value
    adapter.write(broker, name, adapter.options)


def cases_of(care, address):
    """The customer's open cases, as care sees them."""
    answer = care.query(find=frame_pb2.FindQuery(
        identifier=event_pb2.Identifier(domain="email", value=address)))
    return list(answer.customer.cases) if code(answer) == "OK" else []


def contacts(care, case):
    return [r.event.contact_logged for r in history(care, case) if r.event.WhichOneof("kind") == "contact_logged"]


def wait_for_contacts(care, address, count=1):
    def have():
        rows = cases_of(care, address)
        return rows and len(contacts(care, rows[0].id)) >= count and rows[0]
    row = wait_for(have, 20, f"{count} contacts of {address}")
    return row, contacts(care, row.id)


def address():
    return unique("ann") + "@example.com"
