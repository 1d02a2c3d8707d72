"""The WTI driver: generations, confirmations, pages, and another device's banner."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.drivers.situations import IncompleteError, NoSuchOutletError
from plcmon.drivers.wti import states
from plcmon.errors import BusyError, DialogueError, LoginError, OutcomeUnknownError, RefusedError
from plcmon.model.intents import PowerState
from tests.drivers.playback import switch_off
from tests.drivers.rigs import PASSWORD, Rig, apc_rig, wti_rig
from tests.drivers.wires import session_lines

HEAD = "Plug | Name | Password | Status | Boot/Seq. Delay |\n"


@pytest.mark.parametrize("model", ["IPS", "NPS", "RSM", "MPC", "TPS", "NBB", "VMR", "RPS"])
async def test_knows_the_prompt_of_every_model(model: str) -> None:
    async with wti_rig(model=model) as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


@pytest.mark.parametrize("confirms", [True, False])
@pytest.mark.parametrize("state", [PowerState.ON, PowerState.OFF])
async def test_switches_whether_or_not_it_is_asked(confirms: bool, state: PowerState) -> None:
    async with wti_rig(confirms=confirms) as rig:
        rig.relay.on = state is PowerState.OFF
        async with rig.session() as unit:
            await unit.switch("3", state)

            assert await unit.read("3") is state


async def test_an_open_unit_is_used_without_a_password() -> None:
    async with wti_rig(is_open=True) as rig:
        async with rig.session() as unit:
            await unit.switch("3", PowerState.OFF)

        assert not rig.relay.on
        assert not [row for row in rig.unit.log.rows if row.verb == "login"]


async def test_a_record_without_a_user_is_enough_for_a_unit_that_asks_for_none() -> None:
    async with wti_rig() as rig:
        rig.pcu = replace(rig.pcu, user="")
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


@pytest.mark.parametrize("transport", ["telnet", "ssh"])
async def test_a_missing_user_is_told_before_anything_is_typed(transport: str) -> None:
    async with wti_rig(transport, asks_user=True) as rig:
        rig.pcu = replace(rig.pcu, user="")
        with pytest.raises(IncompleteError) as caught:
            async with rig.session():
                pass

        assert "the user is missing" in caught.value.why
        assert not rig.unit.log.rows


async def test_turns_the_pages_of_a_long_list() -> None:
    async with wti_rig(outlets=40) as rig, rig.session() as unit:
        await unit.switch("40", PowerState.OFF)

        assert await unit.read("40") is PowerState.OFF
        assert await unit.read("1") is PowerState.ON


@pytest.mark.parametrize("outlet", ["*", "0", "1,2", "1-8", "3,Y", "(undefined)", ""])
async def test_what_is_no_plug_is_never_sent(outlet: str) -> None:
    async with wti_rig() as rig:
        async with rig.session() as unit:
            with pytest.raises(NoSuchOutletError):
                await unit.switch(outlet, PowerState.OFF)

        assert not rig.unit.log.destructive()


async def test_names_that_read_like_states_mislead_nobody() -> None:
    async with wti_rig() as rig:
        rig.relays["1"].label = "OFF"
        rig.relays["2"].label = "IPS>"
        rig.relays["3"].label = "Error 7"
        async with rig.session() as unit:
            await unit.switch("3", PowerState.OFF)

            assert await unit.read("1") is PowerState.ON


def test_columns_are_found_by_their_heads() -> None:
    page = "STATUS | NAME | PLUG |\n-------+------+---\n  *OFF | x    | A2   |\n ON | a | b | 3 |\n"

    assert states(page) == {"A2": PowerState.OFF}


def test_a_plug_about_to_move_is_what_it_shows() -> None:
    assert states(HEAD + " 1 | x | (undefined) | ON* | 5 Secs |\n") == {"1": PowerState.ON}


def test_a_table_without_its_head_says_nothing() -> None:
    assert not states(" 1 | x | (undefined) | ON | 5 Secs |\n")


async def test_another_devices_banner_is_named() -> None:
    async with apc_rig() as other:
        rig = Rig(other.unit, other.relays, replace(other.pcu, family="wti"))
        with pytest.raises(DialogueError) as caught:
            async with rig.session(step=timedelta(seconds=1.5)):
                pass

    assert "> " not in "".join(line for line in rig.lines if PASSWORD in line)
    assert caught.value.why


@pytest.mark.parametrize("transport", ["ssh", "telnet"])
@pytest.mark.parametrize("password", ["pä ß wört", '100%d "it\'s"', "$(id) & <x>"])
async def test_any_password_is_typed_as_it_is_and_never_shown(
    password: str, transport: str
) -> None:
    async with wti_rig(transport, password=password) as rig, rig.session() as unit:
        await unit.read("3")

        assert password not in "\n".join(rig.lines)


SESSION = session_lines("wti.txt")
SURE = SESSION.index("> /Off 3")
TYPED = [number for number, line in enumerate(SESSION) if line.startswith(">")]


async def test_plays_the_recorded_session() -> None:
    await switch_off("wti", SESSION)


@pytest.mark.parametrize("cut", [at for at in TYPED if at <= SURE])
async def test_link_lost_before_the_command_is_no_unknown(cut: int) -> None:
    with pytest.raises(DialogueError):
        await switch_off("wti", SESSION[:cut])


@pytest.mark.parametrize("lines", [1, 2, 3])
async def test_link_lost_after_the_command_is_unknown(lines: int) -> None:
    with pytest.raises(OutcomeUnknownError):
        await switch_off("wti", SESSION[: SURE + lines])


async def test_a_command_that_is_declined_is_refused() -> None:
    with pytest.raises(RefusedError, match="Invalid Command"):
        await switch_off("wti", [*SESSION[: SURE + 1], "< Invalid Command", "<", "< IPS>", "> /X"])


async def test_a_refused_password_is_told_by_its_words() -> None:
    with pytest.raises(LoginError):
        await switch_off("wti", ["< Enter Password:", f"> {PASSWORD}", "< Invalid Password"])


async def test_a_busy_unit_that_says_so_is_busy() -> None:
    with pytest.raises(BusyError):
        await switch_off("wti", ["< Telnet port is busy.", "<"])
