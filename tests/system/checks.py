"""The promises as checks that run on any build: a good one must pass them, one with the matching flaw must not."""
import contextlib
import os
import random
import threading
import time

import harness
import zmq
from events import card, code, do, event, history, now_us, ok, open_case, unique, view
from baton import event_pb2, frame_pb2


def library(build="plain"):
    return str(harness.build_folder(build) / "tests" / "bt_fault.so")


def all_sequences(sales, case):
    """What is there of the case; nothing, where the case itself is gone."""
    return {e.sequence: e for e in history(sales, case)} if code(view(sales, case=case)) == "OK" else {}


def acked_is_durable(build, sync):
    """The process dies just before a sync; whatever was acknowledged by then must be there afterwards."""
    broker = harness.fresh_broker(build=build)
    try:
        arm = broker.folder / "armed"
        env = {"LD_PRELOAD": library(), "BATON_FAULT_SYNC": str(sync), "BATON_FAULT_ARM": str(arm)}
        broker.start(env=env)
        sales = broker.client("sales")
        case = open_case(sales).case
        arm.touch()
        sales.socket.sndtimeo = 500  # the broker may die between the look at it and the sending
        sent, acked, end = 0, {}, time.monotonic() + 30
        while broker.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(zmq.Again):
                sales.submit(unique("key"), event("note_added", case=case, text=f"n{sent}"))
                sent += 1
            sales.pump(0.02)
            acked.update(sales.receipts)
        assert broker.process.poll() is not None, "the fault never struck"
        while sales.pump(0.3):
            pass
        acked.update(sales.receipts)
        broker.process = None
        broker.start()
        found = all_sequences(broker.client("sales"), case)
        lost = [n for n, r in acked.items() if ok(r).sequence not in found]
        assert not lost, f"{len(lost)} of {len(acked)} acknowledged events are gone"
        broker.stop()
        broker.verify()
        return len(acked)
    finally:
        harness.remove(broker)


def once(build):
    """The same key and content again: one effect, the stored receipt."""
    broker = harness.fresh_broker(build=build).start()
    try:
        sales = broker.client("sales")
        case = open_case(sales).case
        key, first, raw = unique("key"), now_us(), event("note_added", case=case, text="once").SerializeToString()
        one, two = ok(sales.ask(key, raw, first_us=first)), ok(sales.ask(key, raw, first_us=first))
        assert two.sequence == one.sequence and two.duplicate, "the second try was taken as another event: no duplicate"
        assert code(sales.ask(key, event("note_added", case=case, text="other"), first_us=first)) == "CONFLICT"
        assert [e.event.note_added.text for e in history(sales, case)].count("once") == 1
    finally:
        harness.remove(broker)


def strangers_stay_out(build):
    """A key that is not configured gets no answer of any sort."""
    broker = harness.fresh_broker(build=build).start()
    try:
        public, secret = zmq.curve_keypair()
        import client as client_module
        stranger = client_module.Client(broker.endpoint, public, secret, broker.key("broker", "pub"), hello=False)
        broker.clients.append(stranger)
        stranger.socket.setsockopt(zmq.SNDTIMEO, 2000)
        answered = False
        try:
            stranger.send(hello=frame_pb2.Hello(instance=stranger.instance, software="stranger"))
            answered = stranger.pump(2.0)
        except zmq.Again:
            pass
        assert not answered, "a stranger was let in"
        ok(do(broker.client("sales"), "case_opened", topic="order"))
    finally:
        harness.remove(broker)


def each_case_in_order(build):
    """Of one case one delivery at most is out, and they come in the case's order."""
    broker = harness.fresh_broker(build=build).start()
    try:
        sales, billing = broker.client("sales"), broker.client("billing")
        receipt = open_case(sales, "billing.invoice")
        ok(do(sales, "handoff_withdrawn", case=receipt.case, offer=receipt.offer))
        sent = [ok(do(sales, "note_added", case=receipt.case, text=f"n{i}")).sequence for i in range(4)]
        billing.send(credit=frame_pb2.Credit(window=16))
        came = []
        while (item := billing.take(1.0 if len(came) < 3 else 0.5)) is not None:
            assert billing.take(0.2) is None, "two deliveries of one case are out at once"
            came.append(item.sequence)
            billing.settle(item.sequence)
        assert [s for s in came if s in sent] == sent, "not in the case's order"
    finally:
        harness.remove(broker)


def need_to_know(build):
    """Who takes no part reads nothing, writes nothing and hears nothing."""
    broker = harness.fresh_broker(build=build).start()
    try:
        sales, outsider = broker.client("sales"), broker.client("outsider", credit=4)
        case = open_case(sales, title="zanzibar").case
        seen = view(outsider, case=case)
        assert code(seen) == "UNKNOWN_CASE" and b"zanzibar" not in seen.SerializeToString(), "a stranger to the case may read it"
        assert code(do(outsider, "note_added", case=case, text="x")) == "UNKNOWN_CASE", "a stranger to the case may write it"
        ok(do(sales, "note_added", case=case, text="zanzibar"))
        assert outsider.take(0.5) is None, "a stranger to the case hears of it"
    finally:
        harness.remove(broker)


def offered(broker):
    """A case of sales that is offered to moves: (sales, moves, case, offer, the card's digest)."""
    sales, moves = broker.client("sales"), broker.client("moves")
    case = open_case(sales).case
    offer = ok(do(sales, "handoff_offered", case=case, to="moves")).offer
    return sales, moves, case, offer, ok(card(moves, case)).card.digest


def context_arrives_first(build):
    """Nobody takes a case without having read its card."""
    broker = harness.fresh_broker(build=build).start()
    try:
        sales, moves, case, offer, digest = offered(broker)
        for wrong in (b"x" * 16, digest[:-1] + bytes([digest[-1] ^ 1])):
            assert code(do(moves, "handoff_accepted", case=case, offer=offer, digest=wrong)) == "WRONG_CARD", "taken with a wrong card"
        assert ok(view(sales, case=case)).case.custodian == "sales"
        ok(do(moves, "handoff_accepted", case=case, offer=offer, digest=digest))
    finally:
        harness.remove(broker)


def custody_moves_by_acceptance(build):
    """Only the department that was asked can say yes; until then the case stays where it is."""
    broker = harness.fresh_broker(build=build).start()
    try:
        sales, moves, case, offer, digest = offered(broker)
        assert code(do(sales, "handoff_accepted", case=case, offer=offer, digest=digest)) == "NOT_OFFERED", "somebody else said yes"
        assert ok(view(sales, case=case)).case.custodian == "sales"
        ok(do(moves, "handoff_accepted", case=case, offer=offer, digest=digest))
        assert ok(view(sales, case=case)).case.custodian == "moves"
    finally:
        harness.remove(broker)


def flip(folder, word, to):
    """Changes a word wherever it lies in the journal, as a failing disk would; how often."""
    path = folder / "data/journal/data.mdb"
    raw = path.read_bytes()
    path.write_bytes(raw.replace(word, to))
    return raw.count(word)


def flip_in_place(folder, word, to):
    """The same under a running broker: only those bytes are written."""
    raw = (folder / "data/journal/data.mdb").read_bytes()
    at, n = raw.find(word), 0
    with open(folder / "data/journal/data.mdb", "r+b", buffering=0) as f:
        while at >= 0:
            f.seek(at)
            f.write(to)
            at, n = raw.find(word, at + 1), n + 1
    return n


def bytes_that_rotted_are_not_relayed(build):
    """Neither a history nor a delivery tells what the disk has made of an event."""
    broker = harness.fresh_broker(build=build).start()
    try:
        sales = broker.client("sales")
        case = open_case(sales, "billing.invoice").case
        ok(do(sales, "note_added", case=case, text="needle-in-the-journal"))
        broker.stop()
        assert flip(broker.folder, b"needle-in-the-journal", b"noodle-in-the-journal") > 0
        broker.start()
        sales, billing = broker.client("sales"), broker.client("billing", credit=16)
        told = sales.query(history=frame_pb2.HistoryQuery(locator=event_pb2.CaseLocator(id=case)))
        assert b"noodle" not in told.SerializeToString(), "a history tells bytes that rotted"
        while (item := billing.take(1.0)) is not None:
            assert b"noodle" not in item.SerializeToString(), "a delivery tells bytes that rotted"
            billing.settle(item.sequence)
    finally:
        broker.drop()


class Load(threading.Thread):
    """One adapter that submits without pause over kills and restarts, sending again what was not receipted."""

    def __init__(self, broker, adapter, topic):
        super().__init__(daemon=True)
        self.broker, self.adapter, self.topic = broker, adapter, topic
        self.instance, self.halt, self.give_up = os.urandom(16), threading.Event(), threading.Event()
        self.waiting, self.acked, self.made, self.wrong = {}, {}, 0, []

    def new_event(self):
        self.made += 1
        key = f"{self.adapter}-{self.made}"
        locator = {"reference": f"{self.topic}-{self.made // 100 * 3 + self.made % 3}", "about": self.topic}
        kind = "contact_logged" if self.made % 5 else "case_opened"
        self.waiting[key] = (event(kind, **locator).SerializeToString(), now_us())

    def run(self):
        while not (self.halt.is_set() and not self.waiting) and not self.give_up.is_set():
            client = self.broker.client(self.adapter, keep=False, instance=self.instance, hello=False)
            try:
                self.session(client)
            finally:
                client.socket.close(linger=0)

    def session(self, client):
        try:
            client.socket.setsockopt(zmq.SNDTIMEO, 500)
            client.faults.clear()
            client.send(hello=frame_pb2.Hello(instance=client.instance, software="load"))
            if not client.until(lambda: client.welcome, 2):
                return
            numbers = {client.submit(key, raw, first_us=first): key for key, (raw, first) in list(self.waiting.items())}
            silent = time.monotonic()
            while not (self.halt.is_set() and not self.waiting) and not self.give_up.is_set():
                while len(self.waiting) < 32 and not self.halt.is_set():
                    self.new_event()
                    key = next(reversed(self.waiting))
                    numbers[client.submit(key, *self.waiting[key])] = key
                if client.pump(0.2):
                    silent = time.monotonic()
                if client.faults or time.monotonic() - silent > 1.0:
                    return
                for number, receipt in list(client.receipts.items()):
                    key = numbers.pop(number)
                    if code(receipt) in ("BUSY", "OUT_OF_ORDER"):
                        return  # say Hello and send again
                    if code(receipt) != "OK":
                        self.wrong.append((key, code(receipt), receipt.text))
                    self.acked.setdefault(key, set()).add((receipt.sequence, receipt.case))
                    self.waiting.pop(key, None)
                client.receipts.clear()
        except zmq.ZMQError:
            return


def survives_kills(build, seconds, seed):
    """kill -9 at random moments under load: no acknowledged event lost, none twice, the record is what the journal makes of it."""
    chance = random.Random(seed)
    broker = harness.fresh_broker(build=build).start()
    try:
        loads = [Load(broker, name, topic) for name, topic in (("sales", "order"), ("moves", "move"), ("billing", "billing"))]
        for load in loads:
            load.start()
        end, kills = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.05, 1.2))  # the random moment, not a synchronisation
            broker.kill()
            kills += 1
            broker.start()
        for load in loads:
            load.halt.set()
        for load in loads:
            load.join(60)
            assert not load.is_alive() and not load.wrong, load.wrong[:3]
        check_history(broker, loads)
        broker.stop()
        broker.verify()
        return kills, sum(len(load.acked) for load in loads)
    finally:
        for load in loads:
            load.give_up.set()
            load.join(10)
        harness.remove(broker)


def check_history(broker, loads):
    for load in loads:
        client = broker.client(load.adapter, instance=load.instance)
        assert client.welcome
        twice = {key: s for key, s in load.acked.items() if len(s) > 1}
        assert not twice, f"receipts that differ: {list(twice.items())[:3]}"
        there = {}
        for case in {case for s in load.acked.values() for _, case in s}:
            for row in history(client, case):
                assert row.sequence not in there
                there[row.sequence] = row
        acked = {sequence for s in load.acked.values() for sequence, _ in s}
        assert acked <= there.keys(), f"{len(acked - there.keys())} acknowledged events are gone"
        own = {s for s, row in there.items() if row.adapter == load.adapter and row.event.WhichOneof("kind") == "contact_logged"}
        opened = {s for s, row in there.items() if row.event.WhichOneof("kind") == "case_opened"}
        assert own <= acked, f"{len(own - acked)} events are there that nobody was told of: taken twice"
        assert len(acked) == load.made and opened
