"""A whole client of the broker: pyzmq, the messages that protoc made, and PROTOCOL.md; nothing else."""
import collections
import os
import time

import zmq
from baton import event_pb2, frame_pb2


class Client:
    def __init__(self, endpoint, public, secret, broker_public, instance=None, credit=0, hello=True):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger, self.socket.immediate, self.socket.sndtimeo = 0, 1, 20000
        self.socket.curve_publickey, self.socket.curve_secretkey = public, secret
        self.socket.curve_serverkey = broker_public
        self.socket.connect(endpoint)
        self.instance, self.number, self.asked = instance or os.urandom(16), 0, 0
        self.receipts, self.answers, self.carried = {}, {}, collections.defaultdict(list)
        self.deliveries, self.faults, self.welcome = collections.deque(), collections.deque(), None
        if hello:
            self.hello(credit)

    def send(self, **kind):
        self.socket.send(frame_pb2.Frame(protocol=1, **kind).SerializeToString())

    def pump(self, timeout=10.0):
        """Takes one frame, if one comes in time, and files what it holds."""
        if not self.socket.poll(timeout * 1000):
            return False
        frame = frame_pb2.Frame.FromString(self.socket.recv())
        kind = frame.WhichOneof("kind")
        if kind == "receipt":
            for item in frame.receipt.items:
                self.carried[item.delivery].append(item) if item.delivery else self.receipts.update({item.number: item})
        elif kind == "delivery":
            self.deliveries.extend(frame.delivery.items)
        elif kind == "answer":
            self.answers[frame.answer.id] = frame.answer
        elif kind == "welcome":
            self.welcome, self.number = frame.welcome, frame.welcome.next_submit - 1
        else:
            self.faults.append(frame.fault)
        return True

    def until(self, condition, timeout=20.0):
        """Pumps until condition() is true; what it returned, or None when time is up or the broker sent a Fault."""
        end = time.monotonic() + timeout
        while not (result := condition()) and not self.faults and time.monotonic() < end:
            self.pump(max(0.0, min(0.5, end - time.monotonic())))
        return result

    def hello(self, credit=0):
        self.welcome = None
        self.send(hello=frame_pb2.Hello(instance=self.instance, software="client.py", credit=credit))
        return self.until(lambda: self.welcome)

    def submit(self, key, event, first_us=None, cursor=None, number=None):
        """Sends one item; its number. event: an Event, or the bytes that were sent before."""
        raw = event if isinstance(event, bytes) else event.SerializeToString()
        self.number = number or self.number + 1
        item = frame_pb2.SubmitItem(number=self.number, source_key=key, event=raw, cursor=cursor,
                                    first_tried_at_us=first_us or int(time.time() * 1e6))
        self.send(submit=frame_pb2.Submit(items=[item]))
        return self.number

    def ask(self, key, event, **more):
        """Submits and waits for the receipt."""
        number = self.submit(key, event, **more)
        return self.until(lambda: self.receipts.pop(number, None))

    def take(self, timeout=10.0):
        """The next delivery, or None."""
        return self.until(lambda: self.deliveries and self.deliveries.popleft(), timeout) or None

    def settle(self, sequence, verdict="ACK", retry_after_ms=0, reason="", events=()):
        raw = [e if isinstance(e, bytes) else e.SerializeToString() for e in events]
        self.send(settle=frame_pb2.Settle(items=[frame_pb2.SettleItem(
            sequence=sequence, verdict="VERDICT_" + verdict, retry_after_ms=retry_after_ms, reason=reason, events=raw)]))

    def query(self, department="", page=b"", limit=0, **kind):
        self.asked += 1
        self.send(query=frame_pb2.Query(id=self.asked, department=department, page=page, limit=limit, **kind))
        return self.until(lambda: self.answers.pop(self.asked, None))

    def close(self, goodbye=True):
        if goodbye:
            self.send(goodbye=frame_pb2.Goodbye(reason="done"))
        self.socket.close(linger=200 if goodbye else 0)
