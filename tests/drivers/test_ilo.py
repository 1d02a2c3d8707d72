"""The iLO driver: what its stream of documents means."""

import pytest

from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.ilo import Processor
from plcmon.drivers.mask import Mask
from plcmon.drivers.situations import DeniedError
from plcmon.errors import (
    DeviceError,
    DialogueError,
    LoginError,
    RefusedError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import ilo_rig

OK = "<RESPONSE STATUS=\"0x0000\" MESSAGE='No error' />"


class FixedBrowser:
    """Answers every request with the same text; keeps what was asked."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.bodies: list[str] = []

    async def post(self, path: str, body: str, *, doing: str) -> str:
        self.bodies.append(body)
        return self.answer


def processor(answer: str, *, password: str = "pw") -> tuple[Processor, FixedBrowser]:
    pcu = Pcu(PcuKey("toml:ilo"), SiteKey("s"), "ilo-1", "127.0.0.1", "ilo", user='O"Hara')
    browser = FixedBrowser(answer)
    call = Call(
        pcu=pcu,
        transport=Transport("https", 443),
        keys=RememberedKeys(),
        tell=lambda _: None,
        password=password,
        mask=Mask(password),
    )
    return Processor(call, browser), browser


@pytest.mark.parametrize(
    ("payload", "state"),
    [
        ('<GET_HOST_POWER HOST_POWER="ON"/>', PowerState.ON),
        ('<GET_HOST_POWER HOST_POWER="OFF"/>', PowerState.OFF),
        ('<GET_HOST_POWER HOST POWER="OFF"/>', PowerState.OFF),
    ],
)
async def test_the_power_state_is_read_from_the_stream(payload: str, state: PowerState) -> None:
    ilo, _ = processor(f"{OK}{OK}{payload}{OK}")

    assert await ilo.read("1") is state


async def test_user_and_password_are_quoted() -> None:
    ilo, browser = processor(OK, password='<&">')
    await ilo.login()

    assert 'USER_LOGIN="O&quot;Hara" PASSWORD="&lt;&amp;&quot;&gt;"' in browser.bodies[0]


@pytest.mark.parametrize(
    ("status", "message", "situation"),
    [
        ("0x005F", "Login failed.", LoginError),
        ("0x000A", "User login name was not found.", LoginError),
        ("0x0023", "User does NOT have correct privilege for action.", DeniedError),
        ("0x0001", "There has been a severe error.", RefusedError),
        ("0x003C", "Virtual Power Button feature is not supported on this server.",
         UnsupportedError),
    ],
)  # fmt: skip
async def test_one_bad_status_spoils_the_answer(
    status: str, message: str, situation: type[DeviceError]
) -> None:
    ilo, _ = processor(f"{OK}<RESPONSE STATUS=\"{status}\" MESSAGE='{message}' />{OK}")

    with pytest.raises(situation) as caught:
        await ilo.login()
    assert type(caught.value) is situation


async def test_already_in_that_state_is_no_error() -> None:
    ilo, _ = processor(f"{OK}<RESPONSE STATUS=\"0x0004\" MESSAGE='Host power is already OFF.' />")

    await ilo.switch("1", PowerState.OFF)


@pytest.mark.parametrize("answer", ["", "<html>Welcome</html>", "STATUS", "\x1b[2J"])
async def test_anything_else_is_not_understood(answer: str) -> None:
    ilo, _ = processor(answer)

    with pytest.raises(DialogueError):
        await ilo.login()


async def test_off_is_the_held_button_and_write_mode() -> None:
    ilo, browser = processor(OK)
    await ilo.switch("1", PowerState.OFF)

    assert '<SERVER_INFO MODE="write">\r\n<HOLD_PWR_BTN/>' in browser.bodies[0]


async def test_its_own_cycle_is_not_offered() -> None:
    async with ilo_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("1")
