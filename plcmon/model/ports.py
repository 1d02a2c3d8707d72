"""Ports: what a room needs of another, as Protocols that app.py fills."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from plcmon.model.events import Body, Diagnosed, Event, PcuTested, Verb
from plcmon.model.intents import Intent, PowerState
from plcmon.model.readings import Observation, Reading
from plcmon.model.subjects import Node, Pcu, Subject


class Secrets(Protocol):
    """Finds the value of a named credential."""

    def find(self, name: str) -> str:
        """The secret called `name`. Raises UnsupportedError when there is none."""
        ...


class Unit(Protocol):
    """An open, logged-in session with one PCU. Not for concurrent use."""

    @property
    def readable(self) -> bool:
        """False: the unit cannot read an outlet back; known once logged in."""
        ...

    @property
    def native_cycle(self) -> bool:
        """`cycle` is offered: the unit guarantees that an outlet that was on ends up on."""
        ...

    async def read(self, outlet: str) -> PowerState:
        """What the outlet reads now. Raises DeviceError."""
        ...

    async def switch(self, outlet: str, state: PowerState) -> None:
        """Command the outlet on or off; returns when the unit accepted it.

        Raises OutcomeUnknownError when the link died after the point of no return, any other
        DeviceError when the command certainly did not go out or was declined.
        """
        ...

    async def cycle(self, outlet: str) -> None:
        """The unit's own off-wait-on; only where `native_cycle`."""
        ...


class Units(Protocol):
    """Opens sessions with PCUs of every family."""

    def session(
        self, pcu: Pcu, *, transcript: Callable[[str], None] | None = None
    ) -> AbstractAsyncContextManager[Unit]:
        """Log in at `pcu`; leaving logs out and closes. Raises DeviceError.

        `transcript` is given each line said and heard, free of secrets.
        """
        ...

    def problems(self, pcu: Pcu) -> list[str]:
        """What is incomplete or unknown in the record, in plain words; empty when usable."""
        ...


class Lease(Protocol):
    """Sole use of something by name, with a fencing token that only grows."""

    def hold(self, name: str) -> AbstractAsyncContextManager[int]:
        """Wait for sole use of `name`; yields the fencing token."""
        ...


class Eyes(Protocol):
    """Looks at a node again, now."""

    async def look(self, node: Node, *, tries: int) -> list[Observation]:
        """Probe everything afresh `tries` times, spread over the configured time."""
        ...

    async def scan(self, subject: Subject) -> None:
        """Make every probe of the subject due at once, before all others."""
        ...


@dataclass(frozen=True, slots=True)
class Overload:
    """Looks that come late since there is more to do than can be done."""

    since: datetime | None = None  # none: all come in time
    put_off: Mapping[str, int] = field(default_factory=dict)  # question -> checks that wait
    longest: timedelta = timedelta()  # that the first of them waits
    left_out: int = 0  # turns since then that never were


@dataclass(frozen=True, slots=True)
class OwnHealth:
    """Whether this process is well enough for a failed probe to mean anything."""

    lag: timedelta = timedelta()  # of the loop, 99 % of the last minute
    descriptors: float = 0.0  # the share of what it may open, 0 to 1
    dropped: int = 0  # failed readings that were not counted for it, since the start
    unwell: str = ""  # why they are not counted now; empty: they are


class Inbox(Protocol):
    """The engine's one door."""

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        """Fold one fact and return once it is durable."""
        ...

    def ingest(self, reading: Reading) -> None:
        """Take one reading; idempotent by (vantage, boot, sequence)."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What the engine made of a verb."""

    ok: bool
    text: str  # one sentence: what was done, or the rule that declined it
    issue: str = ""
    intent: str = ""
    seq: int = 0


class Ear(Protocol):
    """Takes the verbs of people."""

    async def say(self, subject: Subject, verb: Verb) -> Said:
        """Fold one verb and return once it is durable."""
        ...


class Hands(Protocol):
    """What a person may ask of a PCU without changing anything."""

    async def test(self, pcu: Pcu, *, asked_by: str = "") -> PcuTested:
        """The harmless login, and a reading of what is held; folded like any other test."""
        ...

    async def read(self, pcu: Pcu, outlets: Sequence[str]) -> Mapping[str, PowerState]:
        """What these outlets read now. Raises DeviceError."""
        ...


class Effector(Protocol):
    """Changes one kind of thing through an integration, for one subject at a time.

    There is one for each kind of effect: `boot-state` sets a node's desired state, `penalty` a
    site's level, `flag` opens (`open`) and resolves (`resolved`) the ticket of a site, `repair`
    and `reboot-shell` act through a node's shell and have no value to read.
    """

    async def read(self, target: Subject) -> str | None:
        """The value as it is now; None where it cannot be read. Raises DeviceError."""
        ...

    async def write(self, target: Subject, value: str) -> str:
        """Set it, once; returns what was said, one line.

        Raises OutcomeUnknownError when it may have happened, any other DeviceError when it
        certainly did not.
        """
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a post of readings that was taken."""

    up: int
    down: int
    unknown: int  # rows about nodes that nobody here knows
    names: tuple[str, ...]  # the first few of those
    old: int  # rows that are too old to say anything


class Intake(Protocol):
    """Takes the readings that sources outside post."""

    def posters(self, source: str) -> Collection[str]:
        """The users who may post to it, beside operators; nobody for what takes no posts."""
        ...

    async def take(self, source: str, body: bytes, form: str) -> Posted:
        """Take a post whole; form: json, csv, or empty for what it looks like.

        Raises NotFoundError for no such source, DeclinedError for one that is not posted to,
        MistypedError with the first mistake; then nothing was taken.
        """
        ...


class Diagnoses(Protocol):
    """Looks inside a node and says what is wrong there; changes nothing."""

    async def diagnose(self, node: Node) -> Diagnosed:
        """Raises DeviceError."""
        ...


class Judge(Protocol):
    """Judges an intent again at the moment of claiming or sending."""

    def objection(self, intent: Intent, now: datetime) -> str:
        """Why it must not run now; empty when it may."""
        ...


class Stream(Protocol):
    """News in order, coalesced by subject where the reader lags."""

    def __aiter__(self) -> AsyncIterator[Event]: ...
