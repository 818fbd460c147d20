"""Runs baton-http against a broker of the tests, and talks to it."""
import hashlib
import hmac
import http.client
import json
import subprocess
import time

import harness
from adapter import Adapter

SECRET = "a secret of the shop's own"


def company():
    """The tests' company, with an adapter that acts for several departments."""
    made = json.loads(json.dumps(harness.COMPANY))
    made["adapters"] += [{"name": "door", "department": "shop", "acts_for": ["care", "sales", "moves"]},
                         {"name": "history-door", "department": "shop", "acts_for": "*", "backfill": True}]
    return made


CLIENTS = [{"name": "shop", "department": "shop", "may": ["submit", "read"]},
           {"name": "crm", "department": "sales", "may": ["submit", "read", "answer"]},
           {"name": "care-desk", "department": "care", "may": ["submit", "read", "answer"]},
           {"name": "writer", "department": "sales", "may": ["submit"]},
           {"name": "history", "department": "shop", "may": ["submit", "backfill"]},
           {"name": "reader", "department": "care", "may": ["read"]}]
SOURCE = {
    "name": "shop-orders", "department": "shop",
    "signature": {"secret_file": "shop.secret", "header": "X-Shop-Signature", "prefix": "sha256=",
                  "timestamp_header": "X-Shop-Time", "tolerance_s": 60},
    "when": [{"pointer": "/action", "is": ["failed", "declined"]}],
    "fields": [
        {"path": "kind", "value": "attempt_failed"},
        {"path": "key", "template": "order-{/order/id}-{/delivery}"},
        {"path": "locator.identifier.domain", "value": "email"},
        {"path": "locator.identifier.value", "pointer": "/order/customer/email"},
        {"path": "locator.topic", "value": "order"},
        {"path": "attempt_failed.route", "template": "web-form.{/order/form}"},
        {"path": "attempt_failed.channel", "value": "WEB"},
        {"path": "attempt_failed.error_code", "pointer": "/error~1code"},
    ]}
LINES = {
    "name": "stock", "department": "shop", "each": "/lines",
    "signature": {"secret_file": "shop.secret", "header": "X-Signature", "encoding": "base64"},
    "fields": [
        {"path": "kind", "pointer": "0/event", "map": [{"is": "call", "to": "contact_logged"}], "otherwise": ""},
        {"path": "key", "template": "{/batch}-{0#}"},
        {"path": "locator.identifier.domain", "value": "crm"},
        {"path": "locator.identifier.value", "pointer": "0/who"},
        {"path": "contact_logged.summary", "pointer": "0/words"},
    ]}


def new_token(name):
    """A token, and its line for the file."""
    out = subprocess.run([harness.program("baton-http"), "--new-token", name], capture_output=True, text=True, check=True).stdout
    token, line = out.splitlines()
    return token.removeprefix("token: "), line.removeprefix("tokens_file: ")


class Door(Adapter):
    def __init__(self, broker, place, adapter="door", **options):
        place.mkdir(parents=True, exist_ok=True)
        self.tokens, lines = {}, []
        for client in CLIENTS:
            self.tokens[client["name"]], line = new_token(client["name"])
            lines.append(line)
        self.private(place / "tokens", "\n".join(lines) + "\n")
        self.private(place / "shop.secret", SECRET + "\n")
        self.port = harness.free_port()
        super().__init__(broker, "baton-http", adapter, place,
                         {"listen": f"127.0.0.1:{self.port}", "tokens_file": "tokens", "clients": CLIENTS,
                          "sources": [SOURCE, LINES], **options})

    @staticmethod
    def private(path, text):
        path.write_text(text)
        path.chmod(0o600)

    def start(self, connected=True, before=()):
        seen = len(self.logged("listening")), len(self.logged("connected"))
        super().start(before=before)
        self.wait_for_log("listening", seen[0] + 1)
        if connected:
            self.wait_for_log("connected", seen[1] + 1)
        return self

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method, path, body=None, client="shop", headers=None, connection=None):
        """(status, JSON, headers). body: an object, or bytes as they are."""
        sent = {"Authorization": f"Bearer {self.tokens.get(client, client)}"} if client else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        made = connection or self.connection()
        made.request(method, path, body, {**sent, **(headers or {})})
        answer = made.getresponse()
        text = answer.read()
        if not connection:
            made.close()
        if answer.status >= 400 and text.startswith(b"{") and path != "/v1/health":
            assert answer.headers["Content-Type"] == "application/problem+json"
        return answer.status, json.loads(text) if text.startswith(b"{") else text, answer.headers

    def get(self, path, client="care-desk"):
        return self.ask("GET", path, client=client)

    def post(self, body, client="shop", headers=None):
        """Submits and waits for the receipt, whether there is a spool or not."""
        return self.ask("POST", "/v1/events", body, client, {"Prefer": "wait=9", **(headers or {})})

    def call(self, body, source="shop-orders", at=None, secret=SECRET, signature=None, headers=None):
        """A webhook of the shop, signed."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = int(time.time()) if at is None else at
        made = "sha256=" + hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        sent = {"X-Shop-Signature": made if signature is None else signature, "X-Shop-Time": str(at)}
        return self.ask("POST", f"/v1/hooks/{source}", body, None, {**sent, **(headers or {})})


def contact(who, text="hello", domain="email", **more):
    return {"locator": {"identifier": {"domain": domain, "value": who}}, "contactLogged": {"channel": "WEB", "summary": text}, **more}
