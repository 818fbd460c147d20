"""A broker with the longest names there may be and something in every list, and a call of every command that only looks."""
from baton import frame_pb2

import harness
from events import do, event, now_us, ok, open_case

LONG = "a-department-with-the-longest-{}"  # 32 characters with its letter pair
A, B, C = (LONG.format(x).ljust(32, "z") for x in ("aa", "bb", "cc"))
TOPIC = "moving.international.internet.fibre.business-customers"
TITLE = "A title that goes on and on, as titles do, when somebody has a lot to say about a kettle that whistles " * 2

COMPANY = {
    "last_owner": A,
    "topics": [TOPIC],
    "labels": ["contract-and-everything-about-it"],
    "sites": [{"name": "a-site-with-a-rather-long-name", "zone": "Europe/London"}],
    "domains": [{"name": "phone", "normal": "phone", "country": "44"}, {"name": "a-domain-with-a-long-name", "normal": "lower"}],
    "departments": [
        {"name": A, "site": "a-site-with-a-rather-long-name", "topics": [TOPIC], "must_take": True, "front": True, "link": True,
         "title": TITLE[:100], "reads": ["contract-and-everything-about-it"]},
        {"name": B, "site": "a-site-with-a-rather-long-name", "topics": ["billing"], "fallback": A},
        {"name": C, "site": "a-site-with-a-rather-long-name", "topics": ["order"]},
    ],
    "adapters": [{"name": name, "department": name, "receives": True} for name in (A, B, C)],
}


class House:
    """case: its receipt; promise, dead: numbers of events."""

    def __init__(self):
        self.broker = broker = harness.fresh_broker(company=COMPANY).start()
        self.a, self.b = broker.client(A), broker.client(B, credit=1)
        self.phone = ("phone", "+442079460000")
        broker.ctl("hold", C, "their", "system", "is", "being", "replaced", "by", "one", "that", "whistles", "less")
        self.fill()

    def fill(self):
        a, b, broker = self.a, self.b, self.broker
        far = now_us() + 3600 * 1_000_000
        first = event("case_opened", topic=TOPIC, about=TOPIC, by=self.phone, title=TITLE, reference=("", "our own number 17"))
        self.case = case = ok(a.ask("first", first, cursor=frame_pb2.Cursor(source="a source of events", position=b"line 17")))
        ok(do(a, "question_asked", case=case.case, to=B, text="is it paid? " * 20))
        self.dead = b.take().sequence
        b.settle(self.dead, "REJECT", reason="E1042 the desk is full " * 8)
        harness.wait_for(lambda: broker.ctl_json("show", "dead")["dead_letters"], what="a dead letter")
        self.promise = ok(do(a, "promise_made", case=case.case, type="PROMISE_TYPE_CALLBACK", due_us=now_us() + 61_000_000, text=TITLE[:120])).sequence
        ok(do(a, "fact_recorded", case=case.case, key="contract", value=TITLE, labels=["contract-and-everything-about-it"]))
        ok(do(a, "attempt_failed", case=case.case, route="web-form.order", error_code="E1042", detail="the form stands still"))
        ok(do(b, "work_started", case=case.case, action="refund", subject="invoice 1"))
        ok(do(a, "work_started", case=case.case, action="refund", subject="invoice 1"))
        other = open_case(a, topic=TOPIC)
        ok(do(a, "case_linked", case=case.case, other=other.case))
        ok(do(a, "handoff_offered", case=case.case, to=B, next_step=TITLE[:120]))
        ok(do(a, "advisory_issued", topic=TOPIC, text=TITLE[:120], alternatives=["call us", "write to us"], until_us=far))
        ok(do(a, "feedback_given", case=case.case, source="FEEDBACK_SOURCE_CUSTOMER", score=1, text="nobody called"))
        ok(do(a, "case_resolved", case=other.case, resolution="done"))
        report = frame_pb2.Report(health="HEALTH_DOWN", text="could not connect to server: Connection refused " * 4, text_at_us=now_us(),
                                  since_us=now_us() - 9_000_000,
                                  spool=frame_pb2.Spool(events=12, bytes=1000, limit_bytes=9000, oldest_us=now_us() - 99_000_000, rejects=2))
        b.send(report=report)
        harness.wait_for(lambda: any(r["health"] == "down" for r in broker.ctl_json("show", "adapters")["adapters"]), what="the report")
        harness.wait_for(lambda: len(broker.ctl_json("show", "cases")["cases"]) == 2, what="a checkpoint")

    def calls(self):
        """Words by command."""
        ref = self.case.ref
        return {
            "help": [], "status": [], "show departments": [], "show adapters": [], "show cases": [], "show case": [ref], "case": [ref],
            "show offers": [], "show promises": [], "show questions": [], "show timers": [], "show config": [], "show inboxes": [],
            "show dead": [], "show archive": [], "show alerts": [], "show audit": [], "show standing": [], "show customers": [], "show references": [], "show cursors": [],
            "show seen": [], "show advisories": [], "show sweeps": [], "show record": [], "show stats": [], "show sessions": [],
            "show counters": [], "find": [":".join(self.phone)], "history": [ref], "card": [ref], "journeys": [], "journey": [ref],
            "scorecard": [A], "who": [TOPIC], "clock show": [], "dead show": [B, str(self.dead)], "drain show": [],
            "follow": ["from=1", "lines=5"],
        }

    def close(self):
        harness.remove(self.broker)
