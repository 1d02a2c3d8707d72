"""The AMT driver: what its envelopes ask for, and what answers mean."""

from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from plcmon.drivers.amt import CIM, CODES, ENVELOPE, SERVICE, STATUS, Engine
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.https import Answer
from plcmon.drivers.mask import Mask
from plcmon.drivers.situations import DeniedError, IncompleteError
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    RefusedError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.sim.units import AmtUnit
from tests.drivers.rigs import amt_rig

PCU = Pcu(PcuKey("toml:amt"), SiteKey("s"), "amt-1", "192.0.2.1", "amt", user="admin")


class Replies:
    """Gives its answers in turn, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.bodies: list[str] = []

    async def send(
        self, method: str, path: str, body: str, *, doing: str, headers: Mapping[str, str]
    ) -> Answer:
        self.bodies.append(body)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def engine(*answers: Answer) -> tuple[Engine, Call, Replies]:
    call = Call(
        PCU, Transport("http", 16992), RememberedKeys(), lambda _: None, "pw-42", Mask("pw-42")
    )
    replies = Replies(*answers)
    return Engine(call, replies), call, replies


def soap(body: str, status: int = 200) -> Answer:
    return Answer(status, f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>{body}</e:Body></e:Envelope>')


def shows(state: object) -> Answer:
    return soap(f'<h:X xmlns:h="{STATUS}"><h:PowerState>{state}</h:PowerState></h:X>')


def returns(value: object) -> Answer:
    return soap(f'<h:X xmlns:h="{SERVICE}"><h:ReturnValue>{value}</h:ReturnValue></h:X>')


def fails(code: str, subcode: str, reason: str = "no", status: int = 400) -> Answer:
    sub = f"<e:Subcode><e:Value>w:{subcode}</e:Value></e:Subcode>"
    said = f"<e:Code><e:Value>e:{code}</e:Value>{sub}</e:Code>"
    return soap(f"<e:Fault>{said}<e:Reason><e:Text>{reason}</e:Text></e:Reason></e:Fault>", status)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (2, PowerState.ON),
        (3, PowerState.UNKNOWN),
        (6, PowerState.OFF),
        (7, PowerState.UNKNOWN),
        (8, PowerState.OFF),
    ],
)
async def test_what_power_states_mean(code: int, state: PowerState) -> None:
    it, _, _ = engine(shows(code))

    assert await it.read("1") is state


@pytest.mark.parametrize("code", [0, 5, 10, 99_999])
async def test_a_state_without_a_meaning_is_not_guessed(code: int) -> None:
    it, _, _ = engine(shows(code))

    with pytest.raises(DialogueError):
        await it.read("1")


@pytest.mark.parametrize(
    ("state", "code"), [(PowerState.ON, 2), (PowerState.OFF, 8)], ids=["on", "off"]
)
async def test_it_asks_for_the_machine_as_a_whole(state: PowerState, code: int) -> None:
    it, _, replies = engine(returns(0))
    await it.switch("1", state)

    (body,) = replies.bodies
    tree = ElementTree.fromstring(body)
    assert tree.findtext(f".//{{{SERVICE}}}PowerState") == str(code)
    selected = [element.text for element in tree.iter() if element.tag.endswith("}Selector")]
    assert selected == [
        "Intel(r) AMT Power Management Service",
        "CIM_ComputerSystem",
        "ManagedSystem",
    ]
    assert f"<w:ResourceURI>{CIM}CIM_ComputerSystem</w:ResourceURI>" in body


async def test_the_cycle_takes_the_power_away() -> None:
    it, _, replies = engine(returns(4096))
    await it.cycle("1")

    assert CODES["cycle"] == 5
    assert "<p:PowerState>5</p:PowerState>" in replies.bodies[0]


@pytest.mark.parametrize(
    ("value", "situation"),
    [
        (1, UnsupportedError),
        (4, RefusedError),
        (6, BusyError),
        (4097, RefusedError),
        (4099, BusyError),
    ],
)
async def test_a_value_that_is_a_decline(value: int, situation: type[DeviceError]) -> None:
    it, _, _ = engine(returns(value), shows(2))

    with pytest.raises(situation) as caught:
        await it.switch("1", PowerState.OFF)

    assert type(caught.value) is situation


@pytest.mark.parametrize("value", [2, 3, 77, -1, "", "0x0", "1" * 9])
async def test_any_other_value_leaves_it_open_what_was_done(value: object) -> None:
    it, call, replies = engine(returns(value))

    with pytest.raises(DialogueError):
        await it.switch("1", PowerState.OFF)

    assert call.point.passed
    assert len(replies.bodies) == 1


async def test_a_decline_is_no_error_where_the_state_is_right_already() -> None:
    it, call, _ = engine(returns(4097), shows(8))
    await it.switch("1", PowerState.OFF)

    assert not call.point.passed


@pytest.mark.parametrize(
    ("answer", "situation"),
    [
        (Answer(401, ""), LoginError),
        (fails("Sender", "AccessDenied"), DeniedError),
        (fails("Sender", "DestinationUnreachable"), UnsupportedError),
        (fails("Sender", "InvalidSelectors", status=200), RefusedError),
        (fails("Receiver", "InternalError", status=500), DialogueError),
        (Answer(200, ""), DialogueError),
        (Answer(200, "<html>Welcome</html>"), DialogueError),
        (Answer(404, "<html>no</html>"), DialogueError),
        (Answer(200, "<a>" * 20_000), DialogueError),
        (Answer(500, shows(2).text), DialogueError),
        (soap(f'<h:X xmlns:h="{STATUS}"/>'), DialogueError),
        (soap(f'<h:X xmlns:h="{CIM}Other"><h:PowerState>2</h:PowerState></h:X>'), DialogueError),
        (
            soap(
                f'<h:X xmlns:h="{STATUS}"><h:PowerState>2</h:PowerState>'
                f"<h:PowerState>8</h:PowerState></h:X>"
            ),
            DialogueError,
        ),
    ],
)
async def test_what_answers_mean(answer: Answer, situation: type[DeviceError]) -> None:
    it, _, _ = engine(answer)

    with pytest.raises(situation) as caught:
        await it.read("1")

    assert type(caught.value) is situation


async def test_a_document_with_a_type_of_its_own_is_not_read() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "2"><!ENTITY b "&a;&a;">]>' + shows("&a;").text
    it, _, _ = engine(Answer(200, bomb))

    with pytest.raises(DialogueError):
        await it.read("1")


async def test_a_fault_cannot_show_the_password() -> None:
    it, _, _ = engine(fails("Sender", "X", "admin pw-42 &#10; may not"))

    with pytest.raises(RefusedError) as caught:
        await it.read("1")

    assert "pw-42" not in caught.value.why
    assert caught.value.why.isprintable()


async def test_an_engine_that_sleeps_is_asked_again() -> None:
    async with amt_rig() as rig:
        assert isinstance(rig.unit, AmtUnit)
        rig.unit.asleep = 1
        async with rig.session() as unit:
            assert await unit.read("1") is PowerState.ON


async def test_a_name_with_a_colon_is_incomplete() -> None:
    async with amt_rig() as rig:
        rig.pcu = replace(rig.pcu, user="a:b")
        with pytest.raises(IncompleteError):
            async with rig.session():
                pass


@pytest.mark.parametrize("password", ["two words", 'a"b\\c', "pä55%20", "x" * 32])
async def test_any_password_will_do(password: str) -> None:
    async with amt_rig(password=password) as rig:
        async with rig.session() as unit:
            assert await unit.read("1") is PowerState.ON

        assert password not in "\n".join(rig.lines)


async def test_a_lost_link_after_the_request_is_not_tried_again() -> None:
    class Gone(Replies):
        async def send(
            self, method: str, path: str, body: str, *, doing: str, headers: Mapping[str, str]
        ) -> Answer:
            self.bodies.append(body)
            raise UnreachableError("amt-1", doing, "the link was lost")

    _, call, _ = engine(shows(2))
    gone = Gone()
    it = Engine(call, gone)

    with pytest.raises(UnreachableError):
        await it.switch("1", PowerState.OFF)

    assert len(gone.bodies) == 1
    assert call.point.passed
