"""Sessions: Hello first, takeover by instance, IN_USE, Goodbye, the key is the identity."""
import os
import time

import zmq

from events import code, do, event, ok, open_case, unique
from baton import frame_pb2


def fault(client):
    client.until(lambda: False, 10)  # stops at the first Fault
    assert client.faults, "no Fault came"
    return client.faults.popleft()


def test_welcome_says_who_it_is(connect):
    desk = connect("desk")
    assert (desk.welcome.adapter, desk.welcome.department) == ("desk", "desk-a")
    assert set(desk.welcome.acts_for) == {"desk-a", "desk-b"} and desk.welcome.receives
    assert desk.welcome.next_submit == 1 and desk.welcome.max_in_flight > 0 and desk.welcome.idempotency_s == 336 * 3600
    archive = connect("archive")
    assert list(archive.welcome.acts_for) == ["*"]


def test_hello_first(connect):
    client = connect("sales", hello=False)
    client.submit(unique("key"), event("case_opened", topic="order"))
    assert code(fault(client)) == "HELLO_FIRST"
    client.number = 0
    assert client.hello()
    ok(do(client, "case_opened", topic="order"))


def test_the_same_instance_takes_over_at_once(broker, connect):
    instance = os.urandom(16)
    old = connect("sales", instance=instance)
    key, raw = unique("key"), event("case_opened", topic="order").SerializeToString()
    one = ok(old.ask(key, raw, first_us=1 + int(time.time() * 1e6)))
    begin = time.monotonic()
    new = connect("sales", instance=instance)
    assert new.welcome and time.monotonic() - begin < 5
    assert new.welcome.next_submit == 1
    ok(do(new, "note_added", case=one.case, text="x"))
    old.submit(unique("key"), event("note_added", case=one.case, text="ghost"))
    assert code(fault(old)) == "HELLO_FIRST"


def test_another_instance_waits_until_the_old_one_is_silent(own_broker):
    old = own_broker.client("sales")
    assert old.welcome
    begin = time.monotonic()
    new = own_broker.client("sales", hello=False)
    new.send(hello=frame_pb2.Hello(instance=new.instance, software="t"))
    first = fault(new)
    assert code(first) == "IN_USE" and 0 < first.retry_after_ms <= 6000

    def welcome():
        new.faults.clear()
        new.send(hello=frame_pb2.Hello(instance=new.instance, software="t"))
        new.pump(0.3)
        return new.welcome

    while not welcome():
        assert time.monotonic() - begin < 30, "never let in"
    assert time.monotonic() - begin >= 5


def test_goodbye_frees_the_place_at_once(own_broker):
    own_broker.client("sales").close()
    begin = time.monotonic()
    new = own_broker.client("sales", hello=False)
    while not new.hello():
        assert code(new.faults.popleft()) == "IN_USE" and time.monotonic() - begin < 5
    assert time.monotonic() - begin < 3


def test_an_unknown_key_does_not_get_in(broker):
    public, secret = zmq.curve_keypair()
    import client as client_module
    stranger = client_module.Client(broker.endpoint, public, secret, broker.key("broker", "pub"), hello=False)
    stranger.socket.setsockopt(zmq.SNDTIMEO, 1500)
    try:
        stranger.send(hello=frame_pb2.Hello(instance=stranger.instance, software="t"))
    except zmq.Again:
        pass  # IMMEDIATE: without a handshake there is nobody to send to
    assert not stranger.pump(1.5), "a stranger was answered"
    stranger.close(goodbye=False)


def test_a_plain_connection_does_not_get_in(broker):
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(broker.endpoint)
    socket.send(frame_pb2.Frame(protocol=1, hello=frame_pb2.Hello(instance=b"x" * 16)).SerializeToString())
    assert not socket.poll(1500)
    socket.close()


def test_a_claimed_routing_id_is_refused_and_steals_nothing(broker, connect):
    sales = connect("sales")
    import client as client_module
    thief = client_module.Client(broker.endpoint, broker.key("moves", "pub"), broker.key("moves", "secret"),
                                 broker.key("broker", "pub"), hello=False)
    thief.socket.disconnect(broker.endpoint)
    thief.socket.setsockopt(zmq.IDENTITY, b"\x00\x00\x00\x00\x01")
    try:
        thief.socket.connect(broker.endpoint)
    except zmq.ZMQError:
        pass
    ok(do(sales, "case_opened", topic="order"))
    assert not thief.pump(0.5) or thief.faults
    thief.close(goodbye=False)
