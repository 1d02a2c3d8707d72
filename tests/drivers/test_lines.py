"""Bad lines: whatever a line does to what the unit says, the outlet is cut once or not at all."""

import pytest

from plcmon.drivers import FAMILIES
from plcmon.errors import DeviceError
from plcmon.model.intents import PowerState
from tests.drivers.proxy import (
    STEP,
    BadLine,
    Shape,
    as_it_is,
    bad_line,
    byte_by_byte,
    in_colour,
    in_halves,
    switch_over,
    with_bare_newlines,
    with_nuls,
    with_options,
    wrong_with,
)
from tests.drivers.rigs import Rig

pytestmark = pytest.mark.usefixtures("stream")
CUTS = 4  # of each session here; the soak cuts at every byte


@pytest.fixture
def stream(rig: Rig) -> None:
    """Only bytes in a row can be cut; tests/drivers/test_snmp.py loses datagrams."""
    if rig.datagrams:
        pytest.skip("a datagram comes whole or not at all")


def is_telnet(rig: Rig) -> bool:
    return rig.pcu.transports[0].name == "telnet"


async def cycle_by_hand(rig: Rig) -> None:
    async with rig.session(step=STEP) as unit:
        await unit.switch("3", PowerState.OFF)
        assert await unit.read("3") is PowerState.OFF


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("shape", "merges"),
    [(byte_by_byte, False), (in_halves, False), (as_it_is, True)],
    ids=["byte by byte", "in halves", "merged"],
)
async def test_pieces_do_not_matter(rig: Rig, shape: Shape, merges: bool) -> None:
    async with bad_line(rig, BadLine(shape, merges=merges)):
        await cycle_by_hand(rig)

    assert [(row.verb, row.outlet) for row in rig.unit.log.destructive()] == [("off", "3")]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "shape", [with_options, in_colour, with_bare_newlines, with_nuls], ids=lambda s: s.__name__
)
async def test_what_a_terminal_does_not_show_does_not_matter(rig: Rig, shape: Shape) -> None:
    if not is_telnet(rig):
        pytest.skip("only telnet leaves the unit's bytes as they are")
    async with bad_line(rig, BadLine(shape)):
        await cycle_by_hand(rig)

    assert [(row.verb, row.outlet) for row in rig.unit.log.destructive()] == [("off", "3")]


def spread(last: int, count: int) -> list[int]:
    """So many numbers up to `last`, evenly."""
    return sorted({max(1, last * number // count) for number in range(1, count + 1)})


@pytest.mark.timeout(180)
async def test_a_cut_never_repeats_a_command(rig: Rig) -> None:
    whole, error = await switch_over(rig, None)
    assert error is None

    for cut in spread(len(whole.heard), CUTS):
        before = len(rig.unit.log.destructive())
        _, error = await switch_over(rig, cut)
        commands = len(rig.unit.log.destructive()) - before

        assert not wrong_with(commands, error), f"cut after {cut} bytes"


async def test_two_outlets_one_after_the_other(rig: Rig) -> None:
    if FAMILIES[rig.pcu.family].one_node:
        pytest.skip("one-node controller: the outlet means nothing")
    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)
        await unit.switch("4", PowerState.OFF)
        await unit.switch("3", PowerState.ON)

    assert [outlet for outlet, relay in rig.relays.items() if not relay.on] == ["4"]


async def test_a_second_session_is_refused_or_let_in_and_never_mixed_up(rig: Rig) -> None:
    async with rig.session() as first:
        try:
            async with rig.session() as second:
                assert await second.read("3") is PowerState.ON
        except DeviceError:
            assert not rig.unit.log.destructive()
        assert await first.read("3") is PowerState.ON
