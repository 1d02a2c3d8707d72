"""SNMP as one question and one answer. Knows objects and their values, not what they switch.

A question may be asked again when its answer is late; a SET is sent once, whatever comes of it.
"""

import asyncio
import contextlib
import enum
from dataclasses import dataclass
from typing import Protocol

from plcmon.drivers.base import Call
from plcmon.drivers.mask import clean
from plcmon.drivers.situations import DeniedError, unreachable
from plcmon.drivers.udp import Datagrams
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    RefusedError,
)

Oid = tuple[int, ...]
Value = int | str

AGAIN = 1.0  # seconds without an answer after which a question is asked again
DISCOVERIES = 4  # times that a v3 agent may first say who and when it is
SHOWN = 80  # characters of a value
DISCOVERY = frozenset({"unknownEngineID", "notInTimeWindow"})
STRANGERS = frozenset(
    {"unknownUserName", "wrongDigest", "decryptionError", "unsupportedSecurityLevel"}
)
MISSING = "noSuchName"  # v1: there is no such object, or it may not be written
DENIED = frozenset(
    {MISSING, "noAccess", "readOnly", "notWritable", "noCreation", "authorizationError"}
)
# After these nobody can say whether the relay has moved.
VAGUE = frozenset({"genErr", "commitFailed", "undoFailed"})
BUSY = "resourceUnavailable"


class Kind(enum.Enum):
    """What is asked of an agent."""

    GET = "GET"
    NEXT = "GETNEXT"
    SET = "SET"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask or to tell about one object."""

    kind: Kind
    oid: Oid
    value: int | None = None  # of a SET


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent said: an error's name, or the object and its value."""

    error: str
    oid: Oid
    value: Value | None  # None: there is no such object


@dataclass(frozen=True, slots=True)
class Report:
    """What a v3 agent says of a message that it did not take."""

    name: str


class CodecError(Exception):
    """A request cannot be made into a datagram. Never leaves this room."""


class Codec(Protocol):
    """How requests become datagrams in one version, with one set of credentials."""

    def encode(self, request: Request) -> bytes:
        """A datagram; from now on only what answers it counts. Raises CodecError."""
        ...

    def decode(self, data: bytes) -> Answer | Report | None:
        """What answers the last request; None: something else, or noise."""
        ...


class Agent:
    """The SNMP agent of one unit."""

    def __init__(self, call: Call, datagrams: Datagrams, codec: Codec) -> None:
        self.seen = ""  # the last thing the agent said
        self._call = call
        self._datagrams = datagrams
        self._codec = codec

    async def get(self, oid: Oid, doing: str) -> Value | None:
        """The value of one object; None when there is none."""
        answer = await self._asked(Request(Kind.GET, oid), doing)
        if answer.value is not None and answer.oid != oid:
            raise self._odd(doing, f"the value of {dotted(oid)}")
        return answer.value

    async def after(self, oid: Oid, doing: str) -> tuple[Oid, Value] | None:
        """The first object behind `oid` and its value; None at the end of all objects."""
        answer = await self._asked(Request(Kind.NEXT, oid), doing)
        return None if answer.value is None else (answer.oid, answer.value)

    async def put(self, oid: Oid, value: int, doing: str) -> None:
        """Set one object, once: the point of no return."""
        data = self._encode(Request(Kind.SET, oid, value), doing)
        self._tell(f"> SET {dotted(oid)} = {value}")
        self._call.point.passed = True
        said = self._report(await self._exchange(data, doing))
        if isinstance(said, Report):
            raise self._not_taken(said.name, doing)
        if said.error:
            raise self._declined(said.error, doing)
        if said.oid != oid:
            raise self._odd(doing, f"the value of {dotted(oid)}")

    async def _asked(self, request: Request, doing: str) -> Answer:
        """Ask until something answers; the deadline is the caller's."""
        self._tell(f"> {request.kind.value} {dotted(request.oid)}")
        for _ in range(DISCOVERIES):
            said = await self._patiently(self._encode(request, doing), doing)
            if not (isinstance(said, Report) and said.name in DISCOVERY):
                break
        said = self._report(said)
        if isinstance(said, Report):
            raise self._refused(said.name, doing)
        if said.error == MISSING:
            return Answer("", request.oid, None)
        if said.error:
            raise self._unread(said.error, doing)
        return said

    async def _patiently(self, data: bytes, doing: str) -> Answer | Report:
        """Send the same again and again, so that the answer to any of them will do."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    return await self._exchange(data, doing)

    def _encode(self, request: Request, doing: str) -> bytes:
        try:
            return self._codec.encode(request)
        except CodecError as exc:
            raise DialogueError(self._call.peer, doing, str(exc)) from exc

    async def _exchange(self, data: bytes, doing: str) -> Answer | Report:
        """Send once and wait for what answers; what does not is passed over."""
        self._datagrams.send(data)
        while True:
            try:
                data = await self._datagrams.receive()
            except OSError as exc:
                raise unreachable(self._call.peer, doing, exc) from exc
            if (said := self._codec.decode(data)) is not None:
                return said

    def _report(self, said: Answer | Report) -> Answer | Report:
        """Put what was said into the transcript."""
        if isinstance(said, Report):
            text = said.name
        elif said.error:
            text = said.error
        else:
            value = "nothing" if said.value is None else said.value
            text = f"{dotted(said.oid)} = {value}"
        self.seen = self._call.mask(clean(text).replace("\n", " "))[:SHOWN]
        self._tell(f"< {self.seen}")
        return said

    def _tell(self, line: str) -> None:
        self._call.tell(self._call.mask(line))

    def _refused(self, report: str, doing: str) -> DeviceError:
        if report in STRANGERS:
            return LoginError(self._call.peer, doing, f"user or pass phrase refused: {report}")
        return DialogueError(self._call.peer, doing, f"it did not take the question: {report}")

    def _not_taken(self, report: str, doing: str) -> DeviceError:
        """A report says that the SET was not even looked at."""
        if report in STRANGERS:
            return self._refused(report, doing)
        return RefusedError(self._call.peer, doing, f"it did not take the command: {report}")

    def _unread(self, error: str, doing: str) -> DeviceError:
        kind = DeniedError if error in DENIED else BusyError if error == BUSY else DialogueError
        return kind(self._call.peer, doing, f"it answered {error}")

    def _declined(self, error: str, doing: str) -> DeviceError:
        why = f"it answered {error}"
        if error in VAGUE:
            return OutcomeUnknownError(self._call.peer, doing, why)
        kind = DeniedError if error in DENIED else BusyError if error == BUSY else RefusedError
        return kind(self._call.peer, doing, why)

    def _odd(self, doing: str, expected: str) -> DeviceError:
        return DialogueError.unexpected(self._call.peer, doing, expected=expected, seen=self.seen)


def dotted(oid: Oid) -> str:
    return ".".join(map(str, oid))


def oid_of(text: str) -> Oid:
    return tuple(map(int, text.split(".")))
