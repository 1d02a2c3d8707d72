"""The power room: takes planned power intents, judges them again, looks again, carries them out."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack

from plcmon.actions.cycle import Task, carry_out
from plcmon.actions.journal import Journal
from plcmon.actions.reach import Reach
from plcmon.actions.relight import settle_unknown
from plcmon.drivers.outcomes import outcome_of
from plcmon.errors import DeviceError, NeedsHumanError
from plcmon.model.events import AlertRaised, Event
from plcmon.model.intents import (
    DESTRUCTIVE,
    POWER,
    Intent,
    IntentId,
    IntentState,
    Outcome,
)
from plcmon.model.policy import Policy
from plcmon.model.ports import Eyes, Inbox, Judge
from plcmon.model.readings import Observation, Observed
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, Outlet, PcuKey

log = logging.getLogger(__name__)

ENGINE = "engine"
PERSON = "manual"
SICK = frozenset({Observed.SILENT, Observed.WEDGED})


class PowerRoom:
    """One task for each running intent; the leases make it one for each PCU."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        judge: Judge,
        state: State,
        policy: Callable[[], Policy],
        eyes: Eyes,
        reach: Reach,
    ) -> None:
        self._inbox = inbox
        self._judge = judge
        self._state = state
        self._policy = policy
        self._eyes = eyes
        self._reach = reach
        self._news = asyncio.Event()
        self._running: set[IntentId] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    def hear(self, events: Sequence[Event]) -> None:
        """News after a commit: perhaps an intent was planned, or one became unknown."""
        if any(event.intent for event in events):
            self._news.set()

    async def run(self) -> None:
        """Start what is planned or unknown; for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._news.clear()
                for intent in list(self._to_start()):
                    self._running.add(intent.id)
                    self._idle.clear()
                    tasks.create_task(self._one(intent), name=f"power-{intent.id[-6:]}")
                await self._news.wait()

    async def stop(self) -> None:
        """Start nothing more, and wait for what runs; the caller sets the deadline."""
        self._stopping = True
        await self._idle.wait()

    @property
    def dark(self) -> bool:
        """True while some outlet is off by our hand."""
        return bool(self._state.fleet.known_off)

    def _to_start(self) -> Iterable[Intent]:
        if self._stopping or not self._state.fleet.adopted:
            return
        for intent_id in sorted(self._state.live):
            intent = self._state.intents[intent_id]
            if intent.kind not in POWER or intent_id in self._running:
                continue
            unsettled = intent.state is IntentState.UNKNOWN and not intent.settled_by
            if intent.state is IntentState.PLANNED or unsettled:
                yield intent

    async def _one(self, intent: Intent) -> None:
        """One unit of work absorbs its own failure: it becomes a row, and the room goes on."""
        commands = len(self._state.commands.get(intent.id, ()))
        journal = Journal(self._inbox, self._reach.clock, intent, commands=commands)
        try:
            await self._work(journal, intent)
        except DeviceError as error:
            await self._absorb(journal, outcome_of(error), str(error))
        except Exception as error:
            log.exception("power action failed", extra={"intent": intent.id})
            await self._absorb(
                journal, None, f"plcmon's own fault: {type(error).__name__}: {error}"
            )
        finally:
            self._running.discard(intent.id)
            if not self._running:
                self._idle.set()
            self._news.set()

    async def _absorb(self, journal: Journal, outcome: Outcome | None, detail: str) -> None:
        """Nothing sent: failed. Something sent: unknown, until an outlet says otherwise."""
        present = self._state.intents[journal.intent.id]
        if present.state is IntentState.UNKNOWN:
            await self._inbox.tell(present.target, AlertRaised(f"unknown {present.id}", detail))
            return
        sent = present.state is IntentState.SENT
        await journal.ended(IntentState.UNKNOWN if sent else IntentState.FAILED, outcome, detail)

    async def _work(self, journal: Journal, intent: Intent) -> None:
        pcus = sorted({outlet.pcu for outlet in intent.path.outlets} if intent.path else ())
        async with AsyncExitStack() as stack:
            fences = [await stack.enter_async_context(self._reach.leases.hold(p)) for p in pcus]
            if self._state.intents[intent.id].state is IntentState.UNKNOWN:
                await settle_unknown(self._reach, journal, intent)
                return
            objection = self._objection(intent)
            if objection or self._stopping:
                why = objection or "plcmon is stopping"
                await journal.ended(IntentState.CANCELLED, None, why)
                return
            await journal.claimed(max(fences, default=0))
            if self._asks_a_person(intent):
                await self._ask_person(journal, intent)
                return
            why = await self._look_again(intent)
            why = why or self._objection(intent)
            if why or self._stopping:
                await journal.ended(IntentState.CANCELLED, None, why or "plcmon is stopping")
                return
            wire = self._policy().wire
            await carry_out(Task(self._reach, journal, wire, self._owned(intent)))

    def _objection(self, intent: Intent) -> str:
        return self._judge.objection(intent, self._reach.clock.now())

    def _owned(self, intent: Intent) -> frozenset[Outlet]:
        """Outlets that our own journal knows as dark."""
        known = self._state.fleet.known_off
        return frozenset(o for o in (intent.path.outlets if intent.path else ()) if o in known)

    async def _look_again(self, intent: Intent) -> str:
        """Why power must not be cut after all; empty when every look confirms it."""
        node = self._state.inventory.nodes.get(NodeKey(intent.target.key))
        if node is None:
            return "the node is gone from the inventory"
        if intent.kind not in DESTRUCTIVE or (intent.actor != ENGINE and intent.forced):
            return ""
        observations = await self._eyes.look(node, tries=self._policy().wire.look_tries)
        return unsure(observations, self._state.nodes[node.key].observed, intent)

    def _asks_a_person(self, intent: Intent) -> bool:
        pcus = (
            [self._state.inventory.pcus.get(o.pcu) for o in intent.path.outlets]
            if (intent.path)
            else []
        )
        return any(pcu is not None and pcu.family == PERSON for pcu in pcus)

    async def _ask_person(self, journal: Journal, intent: Intent) -> None:
        """The action is a person's to do: a request is opened, and it waits for an answer."""
        name = self._state.inventory.name_of(intent.target)
        text = f"please {intent.kind.value} {name} ({intent.path}), then confirm {intent.id}"
        error = NeedsHumanError(name, intent.kind.value, "a person was asked")
        outlet = intent.path.outlets[0] if intent.path else Outlet(PcuKey(""), "")
        await journal.begin("request", outlet, destructive=True)
        await journal.ended(IntentState.SENT, Outcome.NEEDS_HUMAN, str(error))
        await self._inbox.tell(intent.target, AlertRaised(f"request {intent.id}", text))


def unsure(observations: list[Observation], believed: Observed, intent: Intent) -> str:
    """Any look that does not show the state that asked, or shows life, cancels."""
    if not observations:
        return "look again: no observation could be made"
    wanted = {believed} if intent.actor == ENGINE else SICK
    for seen in observations:
        if seen.state not in wanted or seen.state not in SICK:
            hint = "" if intent.actor == ENGINE else "; --force overrides"
            return f"look again: it shows {seen.state.value}: {seen.detail}{hint}"
    return ""
