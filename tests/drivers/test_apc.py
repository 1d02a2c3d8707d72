"""The APC driver: five layouts, pages by text, and a recorded session cut at every line."""

import pytest

from plcmon.drivers.apc import ACTIONS, CONTROL, LOGOUT, number, states
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.drivers.units import DriverUnits
from plcmon.errors import (
    DeviceError,
    DialogueError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units.menus import LAYOUTS
from tests.drivers.rigs import PASSWORD, Purse, apc_rig, wire
from tests.drivers.wires import played, session_lines

OFF_PAGE = """
     1- Immediate On
     2- Delayed On
     3- Immediate Off
     4- Immediate Reboot

> """


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_finds_its_way_on_every_layout(layout: str) -> None:
    async with apc_rig(layout=layout) as rig:
        async with rig.session() as unit:
            await unit.switch("3", PowerState.OFF)
            assert await unit.read("3") is PowerState.OFF

        assert [(row.verb, row.outlet) for row in rig.unit.log.destructive()] == [("off", "3")]
        assert [outlet for outlet, relay in rig.relays.items() if not relay.on] == ["3"]


@pytest.mark.parametrize("layout", ["12p3", "1p4"])
async def test_switches_on_every_kind_of_action_menu_over_ssh(layout: str) -> None:
    async with apc_rig("ssh", layout) as rig:
        rig.relay.on = False
        async with rig.session() as unit:
            await unit.switch("3", PowerState.ON)

        assert rig.relay.on


async def test_turns_the_pages_of_a_long_list() -> None:
    async with apc_rig(outlets=24) as rig, rig.session() as unit:
        assert await unit.read("24") is PowerState.ON
        with pytest.raises(NoSuchOutletError):
            await unit.read("25")  # "ALL Accessible Outlets"


async def test_outlet_names_that_read_like_menus_mislead_nobody() -> None:
    async with apc_rig() as rig:
        rig.relays["1"].label = "Outlet Control/Configuration"
        rig.relays["2"].label = "Immediate Off"
        rig.relays["4"].label = "spare OFF"
        async with rig.session() as unit:
            await unit.switch("4", PowerState.OFF)

        assert [row.outlet for row in rig.unit.log.destructive()] == ["4"]


async def test_its_own_reboot_is_not_offered() -> None:
    async with apc_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(DeviceError):
            await unit.cycle("3")

        assert not rig.unit.log.destructive()


def test_digits_are_read_off_the_screen() -> None:
    assert number(OFF_PAGE, ACTIONS[PowerState.OFF]) == "3"
    assert number(OFF_PAGE, ACTIONS[PowerState.ON]) == "1"


def test_an_item_that_is_not_there_has_no_number() -> None:
    assert number(OFF_PAGE, CONTROL) == ""
    assert number("text about a Logout\n> ", LOGOUT) == ""


def test_states_are_read_from_the_last_word_of_a_line() -> None:
    page = "     1- ON air           OFF\n     2- off site         ON*\n    25- ALL Outlets  ON\n> "

    assert states(page) == {"1": PowerState.OFF, "2": PowerState.ON}


def recorded(port: int) -> Pcu:
    return Pcu(
        key=PcuKey("toml:pcu-1"),
        site=SiteKey("princeton"),
        name="pcu-1",
        host="127.0.0.1",
        family="apc",
        transports=(Transport("telnet", port),),
        user="apc",
        credential="secret",
    )


async def switch_off(lines: list[str]) -> None:
    units = DriverUnits(Purse(secret=PASSWORD), wire())
    async with played(lines) as port, units.session(recorded(port)) as unit:
        await unit.switch("3", PowerState.OFF)


async def test_plays_the_recorded_session() -> None:
    await switch_off(session_lines("apc.txt"))


SESSION = session_lines("apc.txt")
YES = SESSION.index("> YES")
TYPED = [number for number, line in enumerate(SESSION) if line.startswith(">")]


@pytest.mark.parametrize("cut", [at for at in TYPED if at <= YES])
async def test_link_lost_before_yes_is_no_unknown(cut: int) -> None:
    with pytest.raises((DialogueError, UnreachableError)):
        await switch_off(SESSION[:cut])


async def test_link_lost_after_yes_is_unknown() -> None:
    with pytest.raises(OutcomeUnknownError):
        await switch_off(SESSION[: YES + 1])


async def test_link_lost_after_success_is_success() -> None:
    await switch_off(SESSION[: YES + 2])


async def test_an_action_that_only_repaints_the_page_is_refused() -> None:
    asked = SESSION.index("> 2")
    page = [line for line in SESSION[asked - 22 : asked] if line.startswith("<")]

    with pytest.raises(RefusedError):
        await switch_off([*SESSION[: asked + 1], *page, "> nothing"])


async def test_a_page_about_another_outlet_is_left() -> None:
    lines = [line.replace(": 3", ": 4") for line in SESSION]

    with pytest.raises(DialogueError) as caught:
        await switch_off(lines)

    assert "outlet 4" in caught.value.why
