"""The BayTech driver: kinds of units, their quirks, and a recorded session cut at every line."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.drivers.baytech import ENTRY, LOGOUT, number
from plcmon.drivers.situations import IncompleteError, NoSuchOutletError
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
    UnreachableError,
)
from plcmon.model.intents import PowerState
from tests.drivers.playback import switch_off
from tests.drivers.rigs import PASSWORD, Rig, apc_rig, baytech_rig
from tests.drivers.wires import session_lines

MODELS = ("RPC3-NC", "RPC-16", "RPC-18", "RPC-22", "RPC-28", "RPC-4", "RPC-3", "DS-RPC", "RPC ")


@pytest.mark.parametrize("confirms", [True, False])
@pytest.mark.parametrize("model", MODELS)
async def test_switches_every_kind_of_unit(model: str, confirms: bool) -> None:
    async with baytech_rig(model=model, confirms=confirms) as rig:
        async with rig.session() as unit:
            await unit.switch("3", PowerState.OFF)
            assert await unit.read("3") is PowerState.OFF
            await unit.switch("3", PowerState.ON)

        assert [row.outlet for row in rig.unit.log.destructive()] == ["3"]
        assert all(relay.on for relay in rig.relays.values())


@pytest.mark.parametrize("quirk", [("ctrl-c", "\x03"), ("enter", "\r")])
async def test_the_hinted_key_wakes_a_silent_unit(quirk: tuple[str, str]) -> None:
    word, key = quirk
    async with baytech_rig("ssh", (word,), model="DS-RPC", wakes=key) as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


async def test_a_silent_unit_is_woken_without_a_hint_too() -> None:
    async with baytech_rig("ssh", model="DS-RPC", wakes="\x03") as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


async def test_a_unit_that_speaks_is_not_interrupted_by_its_hint() -> None:
    async with baytech_rig("ssh", ("ctrl-c",)) as rig:
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON

        assert not [line for line in rig.lines if "CTRL-C" in line]


@pytest.mark.parametrize("entry", ["3", "5", "12"])
async def test_the_entry_is_read_off_the_menu(entry: str) -> None:
    async with baytech_rig(model="DS-RPC", entry=entry) as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


async def test_the_name_is_given_again_where_it_is_asked_for() -> None:
    async with baytech_rig("ssh", model="DS-RPC", asks_again=True) as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


async def test_a_first_connection_that_is_dropped_is_made_again_by_its_quirk() -> None:
    async with baytech_rig(quirks=("first-dropped",), model="RPC-16", drops_first=True) as rig:
        async with rig.session() as unit:
            await unit.switch("3", PowerState.OFF)

        assert [row.verb for row in rig.unit.log.rows].count("login") == 1
        assert not rig.relay.on


async def test_a_first_connection_that_is_dropped_is_unusable_without_its_quirk() -> None:
    async with baytech_rig(model="RPC-16", drops_first=True) as rig:
        with pytest.raises((DialogueError, UnreachableError)):
            async with rig.session():
                pass

        assert not rig.unit.log.rows


async def test_a_unit_that_wants_pauses_is_given_them() -> None:
    async with baytech_rig() as rig:
        rig.pcu = replace(rig.pcu, options={"pause": "0.1"})
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


@pytest.mark.parametrize("outlet", ["0", "all", "", "03", "1,2", "3 "])
async def test_what_is_no_outlet_is_never_sent(outlet: str) -> None:
    async with baytech_rig() as rig:
        async with rig.session() as unit:
            with pytest.raises(NoSuchOutletError):
                await unit.switch(outlet, PowerState.OFF)

        assert not rig.unit.log.destructive()


async def test_a_locked_outlet_is_refused_before_anything_is_sent() -> None:
    async with baytech_rig() as rig:
        rig.unit.locked.add("3")  # type: ignore[attr-defined]  # of this family alone
        async with rig.session() as unit:
            with pytest.raises(RefusedError, match="locked"):
                await unit.switch("3", PowerState.OFF)

        assert not rig.unit.log.destructive()


async def test_a_name_that_reads_like_another_outlet_stops_everything() -> None:
    async with baytech_rig() as rig:
        rig.relays["1"].label = "a: Off 3)...b"
        async with rig.session() as unit:
            with pytest.raises(DialogueError, match="more than once"):
                await unit.switch("3", PowerState.OFF)

        assert not rig.unit.log.destructive()


async def test_its_own_reboot_is_not_offered() -> None:
    async with baytech_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(DeviceError):
            await unit.cycle("3")

        assert not rig.unit.log.destructive()


async def test_a_missing_user_is_told_before_anything_is_typed() -> None:
    async with baytech_rig() as rig:
        rig.pcu = replace(rig.pcu, user="")
        with pytest.raises(IncompleteError):
            async with rig.session():
                pass

        assert not rig.unit.log.rows


async def test_another_devices_banner_is_named() -> None:
    async with apc_rig() as other:
        rig = Rig(other.unit, other.relays, replace(other.pcu, family="baytech"))
        with pytest.raises(DialogueError, match="User Name"):
            async with rig.session(step=timedelta(seconds=1.5)):
                pass

    assert not other.unit.log.rows


def test_keys_are_read_off_both_menus() -> None:
    old = "   1)...Outlet Control\n   2)...Manage Users\n   6)...Logout\n"
    new = "  Control Outlets  (5 ,1).........3\n  Logout .........................T\n"

    assert [number(old, ENTRY), number(old, LOGOUT)] == ["1", "6"]
    assert [number(new, ENTRY), number(new, LOGOUT)] == ["3", "T"]
    assert number("  Console  (2 ,1).........2\n", ENTRY) == ""


@pytest.mark.parametrize("transport", ["ssh", "telnet"])
@pytest.mark.parametrize("password", ["pä ß wört", '100%d "it\'s"', "$(id) & <x>"])
async def test_any_password_is_typed_as_it_is_and_never_shown(
    password: str, transport: str
) -> None:
    async with baytech_rig(transport, password=password) as rig, rig.session() as unit:
        await unit.read("3")

        assert password not in "\n".join(rig.lines)


SESSION = session_lines("baytech.txt")
OFF = SESSION.index("> Off 3")
TYPED = [at for at, line in enumerate(SESSION) if line.startswith(">")]


async def test_plays_the_recorded_session() -> None:
    await switch_off("baytech", SESSION)


@pytest.mark.parametrize("cut", [at for at in TYPED if at <= OFF])
async def test_link_lost_before_the_command_is_no_unknown(cut: int) -> None:
    with pytest.raises(DialogueError):
        await switch_off("baytech", SESSION[:cut])


@pytest.mark.parametrize("lines", [1, 2, 3])
async def test_link_lost_after_the_command_is_unknown(lines: int) -> None:
    with pytest.raises(OutcomeUnknownError):
        await switch_off("baytech", SESSION[: OFF + lines])


async def test_a_question_about_another_outlet_is_answered_with_no() -> None:
    asked = [*SESSION[: OFF + 1], "< Turn Off Outlet 4 (Y/N)?", "> N", "< DS-RPC>", "> nothing"]

    with pytest.raises(RefusedError, match="asked about outlet 4"):
        await switch_off("baytech", asked)


@pytest.mark.parametrize(
    ("said", "error"), [("Input error", RefusedError), ("Port in use.", BusyError)]
)
async def test_a_command_that_is_declined_is_told_so(said: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await switch_off("baytech", [*SESSION[: OFF + 1], f"< {said}", "< DS-RPC>", "> ;;;;;"])


async def test_a_module_in_use_is_busy() -> None:
    chosen = SESSION.index("> 3")

    with pytest.raises(BusyError):
        await switch_off("baytech", [*SESSION[: chosen + 1], "< Port in use.", "<"])


async def test_a_menu_without_outlets_is_told_and_nothing_is_chosen() -> None:
    menu = [line for line in SESSION[: SESSION.index("> 3")] if "Control Outlets" not in line]

    with pytest.raises(DialogueError, match="a menu entry for the outlets"):
        await switch_off("baytech", menu)


async def test_a_refused_password_is_told_by_its_words() -> None:
    said = ["< Enter password>", f"> {PASSWORD}", "< Invalid password.", "<"]

    with pytest.raises(LoginError):
        await switch_off("baytech", said)
