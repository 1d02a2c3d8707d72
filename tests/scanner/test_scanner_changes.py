"""Answers that change, and looks that are put off."""

import socket

from plcmon.model.ports import Overload
from plcmon.model.readings import Login, Probe
from plcmon.probes.keys import KeysInMemory
from plcmon.scanner import Scanner
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import FakeInbox
from tests.fakes.peers import HOST, mute_port
from tests.scanner.test_scanner import (
    CALM,
    HOUR,
    TICK,
    hurried,
    make_inventory,
    make_node,
    scanning,
    seen,
    with_intervals,
)


async def test_the_first_good_answer_of_a_failing_node_brings_its_other_probes() -> None:
    """Logins are due once an hour: only a port that answers again can bring one more."""
    inbox = FakeInbox()
    policy = hurried(with_intervals(tcp=TICK, suspect=2 * TICK))
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        inventory = make_inventory(make_node("a", sock.getsockname()[1]))
        async with scanning(inbox, inventory, policy):
            await inbox.until(lambda: len(seen(inbox, "a", Probe.TCP)) > 10)
            before = len(seen(inbox, "a", Probe.SSH))
            sock.listen()
            await inbox.until(lambda: len(seen(inbox, "a", Probe.SSH)) > before)

    logins = [reading.login for reading in seen(inbox, "a", Probe.SSH)]
    assert logins == [Login.NO_CONNECT] * before + [Login.NO_BANNER]


async def test_looks_that_are_put_off_are_told_since_when_and_say_nothing_of_the_nodes() -> None:
    inbox, clock = FakeInbox(), FakeClock()
    with mute_port() as port:
        nodes = [make_node(f"n{n}", port) for n in range(20)]
        scanner = Scanner(
            inbox,
            clock=clock,
            inventory=make_inventory(*nodes),
            policy=CALM,
            canaries=(),
            known_keys=KeysInMemory(),
            boot="B1",
            workers=2,
        )
        assert scanner.overload() == Overload()
        clock.advance(HOUR / 2)
        since = clock.now()
        found = scanner.overload()
        clock.advance(HOUR / 2)

    assert found == Overload(since, {"ssh": 20, "tcp": 20}, HOUR / 2, 0)
    assert scanner.overload().since == since
    assert inbox.readings == []
