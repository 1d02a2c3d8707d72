"""Questions to an agent: asked again when late; a SET goes out once, whatever comes of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from plcmon.drivers import udp
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.mask import Mask
from plcmon.drivers.situations import DeniedError
from plcmon.drivers.snmp_agent import Agent, Answer, CodecError, Kind, Report, Request, Value
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
)
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport

OID = (1, 3, 6, 1)
Say = Callable[[Request, int], Answer | Report | None]


@dataclass
class Played:
    """A codec without a network: what is sent is answered by `say`, which knows how often."""

    say: Say
    requests: list[Request] = field(default_factory=list)
    sent: int = 0
    queue: asyncio.Queue[Answer | Report] = field(default_factory=asyncio.Queue)

    def encode(self, request: Request) -> bytes:
        self.requests.append(request)
        return b"request"

    def decode(self, data: bytes) -> Answer | Report | None:
        return self.queue.get_nowait()


class PlayedDatagrams(udp.Datagrams):
    def __init__(self, codec: Played) -> None:
        super().__init__()
        self._codec = codec

    def send(self, data: bytes) -> None:
        self._codec.sent += 1
        said = self._codec.say(self._codec.requests[-1], self._codec.sent)
        if said is not None:
            self._codec.queue.put_nowait(said)
            self.datagram_received(b"answer", None)


def agent(say: Say, lines: list[str] | None = None) -> tuple[Agent, Played, Call]:
    pcu = Pcu(PcuKey("toml:pcu-1"), SiteKey("s"), "pcu-1", "h", "snmp")
    tell = (lines if lines is not None else []).append
    call = Call(pcu, Transport("snmp", 161), RememberedKeys(), tell, mask=Mask("s3cret"))
    codec = Played(say)
    return Agent(call, PlayedDatagrams(codec), codec), codec, call


def always(said: Answer | Report) -> Say:
    return lambda request, number: said


@asynccontextmanager
async def soon() -> AsyncIterator[None]:
    async with asyncio.timeout(20):
        yield


async def test_a_question_is_asked_again_when_its_answer_is_late() -> None:
    asked, codec, _ = agent(lambda request, number: Answer("", OID, 7) if number > 1 else None)

    async with soon():
        assert await asked.get(OID, "reading") == 7
    assert (codec.sent, len(codec.requests)) == (2, 1)


async def test_a_set_is_sent_once_and_waits_for_the_deadline() -> None:
    asked, codec, call = agent(lambda request, number: None)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.3):
            await asked.put(OID, 2, "switching")
    assert codec.sent == 1
    assert call.point.passed


async def test_a_message_that_cannot_be_made_passes_no_point() -> None:
    asked, codec, call = agent(always(Answer("", OID, 2)))

    def fails(request: Request) -> bytes:
        raise CodecError("no way")

    asked._codec = type("Broken", (), {"encode": staticmethod(fails), "decode": codec.decode})()
    with pytest.raises(DialogueError):
        await asked.put(OID, 2, "switching")

    assert (codec.sent, call.point.passed) == (0, False)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("noAccess", DeniedError),
        ("notWritable", DeniedError),
        ("noSuchName", DeniedError),
        ("readOnly", DeniedError),
        ("authorizationError", DeniedError),
        ("wrongValue", RefusedError),
        ("inconsistentValue", RefusedError),
        ("resourceUnavailable", BusyError),
        ("genErr", OutcomeUnknownError),
        ("commitFailed", OutcomeUnknownError),
        ("undoFailed", OutcomeUnknownError),
    ],
)
async def test_what_a_declined_set_means(error: str, kind: type[DeviceError]) -> None:
    asked, codec, _ = agent(always(Answer(error, (), None)))

    with pytest.raises(DeviceError) as caught:
        await asked.put(OID, 2, "switching")

    assert type(caught.value) is kind
    assert error in caught.value.why
    assert codec.sent == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("authorizationError", DeniedError),
        ("resourceUnavailable", BusyError),
        ("genErr", DialogueError),
    ],
)
async def test_what_a_declined_question_means(error: str, kind: type[DeviceError]) -> None:
    asked, _, _ = agent(always(Answer(error, (), None)))

    with pytest.raises(DeviceError) as caught:
        await asked.get(OID, "reading")

    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "name", ["wrongDigest", "unknownUserName", "decryptionError", "unsupportedSecurityLevel"]
)
async def test_a_stranger_is_told_once(name: str) -> None:
    asked, codec, _ = agent(always(Report(name)))

    with pytest.raises(LoginError):
        await asked.get(OID, "logging in")
    assert codec.sent == 1


async def test_an_agent_may_say_who_and_when_it_is_first() -> None:
    said = [Report("unknownEngineID"), Report("notInTimeWindow"), Answer("", OID, 7)]
    asked, codec, _ = agent(lambda request, number: said[number - 1])

    assert await asked.get(OID, "reading") == 7
    assert len(codec.requests) == 3


async def test_an_agent_that_never_stops_discovering_is_left() -> None:
    asked, codec, _ = agent(always(Report("notInTimeWindow")))

    with pytest.raises(DialogueError):
        await asked.get(OID, "reading")
    assert codec.sent <= 5


@pytest.mark.parametrize("name", ["notInTimeWindow", "unknownEngineID", "unknownContexts"])
async def test_a_set_that_was_not_taken_is_refused_and_not_sent_again(name: str) -> None:
    asked, codec, _ = agent(always(Report(name)))

    with pytest.raises(RefusedError):
        await asked.put(OID, 2, "switching")
    assert codec.sent == 1


async def test_an_answer_about_another_object_is_no_success() -> None:
    asked, _, _ = agent(always(Answer("", (1, 3, 6, 2), 2)))

    with pytest.raises(DialogueError):
        await asked.put(OID, 2, "switching")
    with pytest.raises(DialogueError):
        await asked.get(OID, "reading")


@pytest.mark.parametrize("value", [None, 7])
async def test_the_end_of_all_objects_is_none(value: Value | None) -> None:
    asked, codec, _ = agent(always(Answer("", (1, 3, 7), value)))

    assert await asked.after(OID, "looking") == (None if value is None else ((1, 3, 7), 7))
    assert codec.requests[0].kind is Kind.NEXT


async def test_the_transcript_is_plain_and_masked() -> None:
    lines: list[str] = []
    asked, _, _ = agent(always(Answer("", OID, "a\x1b[31m s3cret\nb" + "x" * 500)), lines)
    await asked.get(OID, "reading")

    assert lines[0] == "> GET 1.3.6.1"
    assert lines[1].startswith("< 1.3.6.1 = a ••• b")
    assert len(lines[1]) < 100
