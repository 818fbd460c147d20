"""The web shop's side of its webhook: calls Baton, signed, when an order form has failed.

  python3 shop.py FOLDER REQUEST ERROR MAIL     FOLDER: build/quickstart
"""
import hashlib
import hmac
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request


def call(folder, port, request, error, mail, form="order", created=None):
    """Calls until the adapter has it on its disk. created: when it happened, in seconds; None: now."""
    body = json.dumps({"request": request, "action": "failed" if error else "placed", "created": created, "form": form, "error": error,
                       "customer": {"email": mail}}).encode()
    at = str(int(time.time()))
    secret = (pathlib.Path(folder) / "keys" / "web-shop.hook").read_text().strip().encode()
    signature = hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/v1/hooks/orders", body, {
        "Content-Type": "application/json", "X-Shop-Timestamp": at, "X-Shop-Signature": f"sha256={signature}"})
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as refused:
            if refused.code != 503 or time.monotonic() > end:
                sys.exit(f"the webhook was answered {refused.code}: {refused.read().decode()}")
        except urllib.error.URLError as away:
            if time.monotonic() > end:
                sys.exit(f"nobody answers the webhook: {away.reason}")
        time.sleep(0.1)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    systems = json.loads((pathlib.Path(sys.argv[1]) / "systems.json").read_text())
    if "http" not in systems:
        sys.exit("the quickstart runs without the webhook")
    print(json.dumps(call(sys.argv[1], systems["http"]["port"], *sys.argv[2:]), indent=2))
