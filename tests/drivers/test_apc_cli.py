"""The driver of APC's command line: result codes, what counts as an outlet, a recorded session."""

from dataclasses import replace

import pytest

from plcmon.drivers.situations import DeniedError, NoSuchOutletError
from plcmon.errors import DeviceError, DialogueError, OutcomeUnknownError, RefusedError
from plcmon.model.intents import PowerState
from tests.drivers.playback import switch_off
from tests.drivers.rigs import Rig, apc_cli_rig, apc_rig
from tests.drivers.wires import session_lines


@pytest.mark.parametrize("outlet", ["all", "1,3", "1-8", "0", "", "03", "spare", "3 4"])
async def test_what_is_no_plain_number_is_never_sent(outlet: str) -> None:
    async with apc_cli_rig() as rig:
        rig.relays["2"].label = "spare"
        async with rig.session() as unit:
            with pytest.raises(NoSuchOutletError):
                await unit.switch(outlet, PowerState.OFF)

        assert not rig.unit.log.destructive()
        assert not [line for line in rig.lines if "olOff" in line]


@pytest.mark.parametrize("label", ["On", "spare: Off", "1: x: Off", "apc>"])
async def test_names_that_read_like_states_mislead_nobody(label: str) -> None:
    async with apc_cli_rig() as rig:
        rig.relay.label = label
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("E102: Parameter Error", NoSuchOutletError),
        ("E104: User Level Denial", DeniedError),
        ("E100: Command Failed", RefusedError),
        ("E103: Command Line Error", RefusedError),
        ("E107: Serial communication with the Rack PDU has been lost", OutcomeUnknownError),
        ("E999: Whatever", OutcomeUnknownError),
        ("Welcome", OutcomeUnknownError),
    ],
)
async def test_a_code_is_told_for_what_it_means(said: str, error: type[DeviceError]) -> None:
    async with apc_cli_rig() as rig:
        rig.unit.says = said  # type: ignore[attr-defined]  # of this family alone
        async with rig.session() as unit:
            with pytest.raises(error) as caught:
                await unit.switch("3", PowerState.OFF)

        assert type(caught.value) is error
        assert rig.relay.on


async def test_a_command_that_was_only_issued_is_accepted() -> None:
    lines = [*SESSION[: OFF + 1], "< E001: Successfully Issued", "< apc>", "> exit"]

    await switch_off("apc-cli", lines)


async def test_a_card_with_menus_is_told_to_be_of_the_other_family() -> None:
    async with apc_rig() as other:
        rig = Rig(other.unit, other.relays, replace(other.pcu, family="apc-cli"))
        with pytest.raises(DialogueError, match="its family is apc"):
            async with rig.session():
                pass


async def test_its_own_reboot_is_not_offered() -> None:
    async with apc_cli_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(DeviceError):
            await unit.cycle("3")

        assert not rig.unit.log.destructive()


@pytest.mark.parametrize("transport", ["ssh", "telnet"])
@pytest.mark.parametrize("password", ["pä ß wört", '100%d "it\'s"', "$(id) & <x>"])
async def test_any_password_is_typed_as_it_is_and_never_shown(
    password: str, transport: str
) -> None:
    async with apc_cli_rig(transport, password=password) as rig, rig.session() as unit:
        await unit.read("3")

        assert password not in "\n".join(rig.lines)


SESSION = session_lines("apc_cli.txt")
OFF = SESSION.index("> olOff 3")
TYPED = [at for at, line in enumerate(SESSION) if line.startswith(">")]


async def test_plays_the_recorded_session() -> None:
    await switch_off("apc-cli", SESSION)


@pytest.mark.parametrize("cut", [at for at in TYPED if at <= OFF])
async def test_link_lost_before_the_command_is_no_unknown(cut: int) -> None:
    with pytest.raises(DialogueError):
        await switch_off("apc-cli", SESSION[:cut])


@pytest.mark.parametrize("lines", [1, 2, 3])
async def test_link_lost_after_the_command_is_unknown(lines: int) -> None:
    with pytest.raises(OutcomeUnknownError):
        await switch_off("apc-cli", SESSION[: OFF + lines])
