"""Checks the signature of a call from Baton. In any web framework:

    if not verify(secret, request.headers.get("Baton-Signature", ""), request.body):
        return 401
    if already_done(request.headers["Baton-Delivery"]) and "Baton-Refused" not in request.headers:
        return 200

`secret`: the text in secret_file, as bytes. `body`: the bytes as they came, before anything parses them."""
import hashlib
import hmac
import time


def verify(secret, header, body, tolerance_s=300, now=None):
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()):
        return False
    if abs((now or time.time()) - int(times[0][:12])) > tolerance_s:
        return False  # old: perhaps somebody recorded it and plays it again
    made = hmac.new(secret, times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(made.encode(), value.encode()) for name, _, value in parts if name == "v1")
