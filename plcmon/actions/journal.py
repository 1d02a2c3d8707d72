"""The journal of one intent: every step is durable before the next thing happens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from plcmon.model.events import IntentClaimed, IntentEnded, IntentSent, IntentStage
from plcmon.model.intents import Command, Intent, IntentState, Outcome, PowerState, Stage
from plcmon.model.ports import Inbox
from plcmon.model.replacing import replace
from plcmon.model.state import State
from plcmon.model.subjects import Outlet
from plcmon.times import Clock

CUTS = frozenset({"off", "cycle"})
MAY_SEND = frozenset({IntentState.SENT, IntentState.UNKNOWN})


class WithdrawnError(Exception):
    """The intent is no longer ours to carry out; nothing was sent for this step."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the device side of an intent ended, and what must be lit before that may be told."""

    state: IntentState
    outcome: Outcome | None
    detail: str
    off_seen: bool = False
    lit: tuple[Outlet, ...] = ()  # certainly on
    foreign: tuple[Outlet, ...] = ()  # off by an unknown hand
    dark: tuple[Outlet, ...] = ()  # perhaps off by our hand


def unseen_cut(commands: Iterable[Command], outlet: Outlet) -> datetime | None:
    """When the last destructive command for the outlet left; None once it was read off."""
    cuts = [c for c in commands if c.outlet == outlet and c.verb in CUTS]
    return cuts[-1].sent_at if cuts and cuts[-1].reads is not PowerState.OFF else None


class Journal:
    """Tells the engine each step of one intent, and numbers its commands."""

    def __init__(self, inbox: Inbox, clock: Clock, state: State, intent: Intent) -> None:
        self.intent = intent
        self._inbox = inbox
        self._clock = clock
        self._state = state
        self._commands = len(state.commands.get(intent.id, ()))

    @property
    def present(self) -> Intent:
        """The intent as the engine has it now; people may have settled or cancelled it."""
        return self._state.intents[self.intent.id]

    def unseen_cut(self, outlet: Outlet) -> datetime | None:
        """When our *off* went out whose effect nobody has read; a slow unit may still obey it."""
        return unseen_cut(self._state.commands.get(self.intent.id, ()), outlet)

    async def claimed(self, fence: int) -> None:
        """Take the intent. Raises WithdrawnError when it was not there to be taken."""
        await self._tell(IntentClaimed(fence))
        if self.present.state is not IntentState.CLAIMED:
            raise WithdrawnError

    async def begin(self, verb: str, outlet: Outlet, *, destructive: bool) -> Command:
        """Write a command down before it leaves; the first one makes the intent `sent`.

        Raises WithdrawnError when the engine, which judges once more, did not take it.
        """
        self._commands += 1
        command = Command(self.intent.id, self._commands, verb, outlet, sent_at=self._clock.now())
        if destructive or self.present.sent_at is None:
            await self._tell(IntentSent(command))
        else:
            await self._tell(IntentStage(Stage.ON_SENT, command))
        if self.present.state not in MAY_SEND:
            raise WithdrawnError
        return command

    async def answered(
        self,
        command: Command,
        outcome: Outcome,
        stage: Stage,
        *,
        reads: PowerState | None = None,
        detail: str = "",
    ) -> None:
        done = replace(
            command,
            answered_at=self._clock.now(),
            outcome=outcome,
            reads=reads,
            detail=detail,
        )
        await self._tell(IntentStage(stage, done))

    async def dark(self, outlets: tuple[Outlet, ...], *, detail: str) -> None:
        """Every outlet was read off: the node has no power, by our hand."""
        await self._tell(IntentStage(Stage.DARK, dark=outlets, detail=detail))

    async def lit(self, outlets: tuple[Outlet, ...]) -> None:
        await self._tell(IntentStage(Stage.READ_ON, lit=outlets))

    async def staged(self, stage: Stage, detail: str = "") -> None:
        await self._tell(IntentStage(stage, detail=detail))

    async def ended(self, ending: Ending) -> None:
        await self._tell(
            IntentEnded(
                ending.state.value,
                ending.outcome,
                ending.detail,
                off_seen=ending.off_seen,
                lit=ending.lit,
                foreign=ending.foreign,
            )
        )

    async def _tell(self, body: IntentClaimed | IntentSent | IntentStage | IntentEnded) -> None:
        await self._inbox.tell(self.intent.target, body, intent=self.intent.id)
