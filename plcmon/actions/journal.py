"""The journal of one intent: every step is durable before the next thing happens."""

from dataclasses import replace

from plcmon.model.events import IntentClaimed, IntentEnded, IntentSent, IntentStage
from plcmon.model.intents import Command, Intent, IntentState, Outcome, PowerState, Stage
from plcmon.model.ports import Inbox
from plcmon.model.subjects import Outlet
from plcmon.times import Clock


class Journal:
    """Tells the engine each step of one intent, and numbers its commands."""

    def __init__(self, inbox: Inbox, clock: Clock, intent: Intent, *, commands: int = 0) -> None:
        self.intent = intent
        self._inbox = inbox
        self._clock = clock
        self._commands = commands
        self._sent = intent.sent_at is not None

    async def claimed(self, fence: int) -> None:
        await self._tell(IntentClaimed(fence))

    async def begin(self, verb: str, outlet: Outlet, *, destructive: bool) -> Command:
        """Write a command down before it leaves; the first destructive one makes it `sent`."""
        self._commands += 1
        command = Command(self.intent.id, self._commands, verb, outlet, sent_at=self._clock.now())
        if destructive or not self._sent:
            self._sent = True
            await self._tell(IntentSent(command))
        else:
            await self._tell(IntentStage(Stage.ON_SENT, command))
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
        """From here on a restart knows that these outlets are off by our hand."""
        await self._tell(IntentStage(Stage.DARK, dark=outlets, detail=detail))

    async def lit(self, outlets: tuple[Outlet, ...]) -> None:
        await self._tell(IntentStage(Stage.READ_ON, lit=outlets))

    async def staged(self, stage: Stage, detail: str = "") -> None:
        await self._tell(IntentStage(stage, detail=detail))

    async def ended(
        self,
        state: IntentState,
        outcome: Outcome | None,
        detail: str,
        *,
        off_seen: bool = False,
        lit: tuple[Outlet, ...] = (),
        foreign: tuple[Outlet, ...] = (),
    ) -> None:
        await self._tell(
            IntentEnded(state.value, outcome, detail, off_seen=off_seen, lit=lit, foreign=foreign)
        )

    async def _tell(self, body: IntentClaimed | IntentSent | IntentStage | IntentEnded) -> None:
        await self._inbox.tell(self.intent.target, body, intent=self.intent.id)
