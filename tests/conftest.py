import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "system"))

import pytest  # noqa: E402

pytest.register_assert_rewrite("checks", "events", "harness")
import harness  # noqa: E402


@pytest.fixture(scope="module")
def broker():
    """One broker for a module's tests: each uses customers and keys of its own."""
    made = harness.fresh_broker().start()
    yield made
    harness.remove(made)


@pytest.fixture
def own_broker():
    """A broker for one test alone, started."""
    made = harness.fresh_broker().start()
    yield made
    harness.remove(made)


@pytest.fixture
def connect(broker):
    """connect("sales", credit=4): a client of the module's broker, closed after the test."""
    made = []

    def open_client(adapter, **options):
        made.append(broker.client(adapter, **options))
        return made[-1]

    yield open_client
    for client in made:
        if not client.socket.closed:
            client.close()
