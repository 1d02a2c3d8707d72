"""The power room: takes planned power intents, judges them again, looks again, carries them out."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import chain, repeat

from plcmon.actions.cycle import Task, cancelled, carry_out
from plcmon.actions.journal import Ending, Journal, WithdrawnError, unseen_cut
from plcmon.actions.reach import Reach, Unheard
from plcmon.actions.relight import relight, settle_unknown
from plcmon.errors import NeedsHumanError
from plcmon.model.events import AlertRaised, Event, Started, Verb
from plcmon.model.intents import (
    DESTRUCTIVE,
    POWER,
    ActionKind,
    Intent,
    IntentId,
    IntentState,
    Outcome,
)
from plcmon.model.policy import Policy
from plcmon.model.ports import Eyes, Inbox, Judge
from plcmon.model.readings import Observation, Observed
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, Outlet, node_subject
from plcmon.policy.neighbours import neighbours

log = logging.getLogger(__name__)

ENGINE = "engine"
PERSON = "manual"
STOPPING = "plcmon is stopping"
SICK = frozenset({Observed.SILENT, Observed.WEDGED})
WAKING = (Started, Verb)  # bodies after which something may be startable, with or without an intent


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
        """News after a commit: perhaps an intent was planned, or the state was adopted."""
        if any(event.intent or isinstance(event.body, WAKING) for event in events):
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
        """True while a node may be off by our hand that is meant to come on again."""
        live = (self._state.intents[i] for i in self._state.live)
        return any(i.kind is ActionKind.POWER_CYCLE and i.in_flight and i.dark_since for i in live)

    async def last_light(self) -> None:
        """The engine has fallen: light what it left dark, though no row can be written of it.

        Only reading and *on*, of outlets that the next start would light by its journal; a full
        disk must not keep a node off until somebody makes room. The caller sets the deadline.
        """
        live = (self._state.intents[i] for i in sorted(self._state.live))
        async with asyncio.TaskGroup() as tasks:
            for intent in live:
                if is_perhaps_dark(intent) and not self._asks_a_person(intent):
                    tasks.create_task(self._light_unheard(intent), name=f"light-{intent.id[-6:]}")

    async def _light_unheard(self, intent: Intent) -> None:
        reach = self._reach.unheard()
        journal = Journal(Unheard(reach.clock), reach.clock, self._state, intent)
        outlets = intent.path.outlets if intent.path else ()
        try:
            lit = await relight(reach, journal, outlets)
        except Exception as error:
            # One unit that cannot be lit must not keep the others dark; the next start tries again.
            log.exception("outlet not lit", extra={"intent": intent.id, "why": str(error)})
            return
        log.warning("lit without a row", extra={"intent": intent.id, "found": str(lit)})

    def _to_start(self) -> Iterable[Intent]:
        if self._stopping or not self._state.fleet.adopted:
            return
        for intent_id in sorted(self._state.live):
            intent = self._state.intents[intent_id]
            if intent.kind not in POWER or intent_id in self._running:
                continue
            planned = intent.state is IntentState.PLANNED and self._state.may_start(intent)
            if planned or is_open_question(intent):
                yield intent

    async def _one(self, intent: Intent) -> None:
        """One unit of work absorbs its own failure: it becomes a row, and the room goes on."""
        journal = Journal(self._inbox, self._reach.clock, self._state, intent)
        try:
            if not is_open_question(intent):
                await self._attempt(journal)
            await self._answer(journal)
        except WithdrawnError:
            log.info("power action withdrawn", extra={"intent": intent.id})
        finally:
            self._running.discard(intent.id)
            if not self._running:
                self._idle.set()
            self._news.set()

    async def _attempt(self, journal: Journal) -> None:
        """Carry out what was planned; our own fault ends it like any other failure."""
        try:
            await journal.ended(await self._work(journal))
        except WithdrawnError:
            raise
        except Exception as error:
            # The room goes on with the others; what was sent becomes a question, below.
            log.exception("power action failed", extra={"intent": journal.intent.id})
            await journal.ended(fallen(journal.present.state, error))
        if is_open_question(journal.present):
            await self._reach.clock.sleep(self._policy().wire.dark)

    async def _answer(self, journal: Journal) -> None:
        """While it is unknown how it ended, read and light; no fault of ours ends that."""
        for pause in chain(self._reach.pauses, repeat(self._reach.pauses[-1])):
            if not is_open_question(journal.present):
                return
            try:
                await journal.ended(await self._settle(journal))
            except WithdrawnError:
                raise
            except Exception as error:
                # A node may be dark: giving up is not among the choices.
                log.exception("unknown not settled", extra={"intent": journal.intent.id})
                await self._say_unsettled(journal.present, error)
                await self._reach.clock.sleep(timedelta(seconds=pause))

    async def _settle(self, journal: Journal) -> Ending:
        if self._asks_a_person(journal.intent):
            return Ending(IntentState.FAILED, None, "the request may never have been told")
        return await settle_unknown(self._reach, journal)

    async def _say_unsettled(self, intent: Intent, error: Exception) -> None:
        topic = f"unknown {intent.id}"
        if topic not in self._state.alerted:
            name = self._state.inventory.name_of(intent.target)
            text = f"{name}: nobody knows how {intent.kind.value} ended: {own_fault(error)}"
            await self._inbox.tell(intent.target, AlertRaised(topic, text))

    async def _work(self, journal: Journal) -> Ending:
        """Under the leases: claim, judge, look again, act. What is dark is lit after them."""
        intent = journal.intent
        pcus = sorted({outlet.pcu for outlet in intent.path.outlets} if intent.path else ())
        async with AsyncExitStack() as stack:
            fences = [await stack.enter_async_context(self._reach.leases.hold(p)) for p in pcus]
            why = self._objection(intent)
            if why:
                return cancelled(why)
            await journal.claimed(max(fences, default=0))
            why = await self._look_again(intent) or self._objection(intent)
            looked_at = self._reach.clock.monotonic()
            if why:
                return cancelled(why)
            if self._asks_a_person(intent):
                return await self._ask_person(journal)
            ending = await carry_out(self._task(journal, looked_at))
        await relight(self._reach, journal, ending.dark)
        return ending

    def _task(self, journal: Journal, looked_at: float) -> Task:
        wire, clock = self._policy().wire, self._reach.clock

        def last_word() -> str:
            if self._stopping:
                return STOPPING
            age = clock.monotonic() - looked_at
            old = looks_again(journal.intent) and age > wire.look_fresh.total_seconds()
            return f"look again: it was made {age:.0f} s ago" if old else ""

        async def on_cut() -> None:
            for node in neighbours(self._state.inventory, journal.intent):
                await self._eyes.scan(node_subject(node.key))

        owned = self._owned(journal.intent)
        return Task(self._reach, journal, wire, owned, last_word, on_cut)

    def _objection(self, intent: Intent) -> str:
        if self._stopping:
            return STOPPING
        return self._judge.objection(intent, self._reach.clock.now())

    def _owned(self, intent: Intent) -> frozenset[Outlet]:
        """Outlets that are dark by our own hand, by the journal, or because an *off* came late."""
        outlets = intent.path.outlets if intent.path else ()
        known = self._state.fleet.known_off
        return frozenset(o for o in outlets if o in known or self._cut_lately(o))

    def _cut_lately(self, outlet: Outlet) -> bool:
        """True when our last *off* for it is not long ago, and nobody read what became of it."""
        since = self._reach.clock.now() - self._policy().wire.dark_alert
        for intent in self._state.recent_power(since - self._policy().safety.intent_expiry):
            cut_at = unseen_cut(self._state.commands.get(intent.id, ()), outlet)
            if cut_at is not None and cut_at >= since:
                return True
        return False

    async def _look_again(self, intent: Intent) -> str:
        """Why power must not be cut after all; empty when every look confirms it."""
        node = self._state.inventory.nodes.get(NodeKey(intent.target.key))
        if node is None:
            return "the node is gone from the inventory"
        if not looks_again(intent):
            return ""
        observations = await self._eyes.look(node, tries=self._policy().wire.look_tries)
        return unsure(observations, self._state.nodes[node.key].observed, intent)

    def _asks_a_person(self, intent: Intent) -> bool:
        pcus = self._state.inventory.pcus
        outlets = intent.path.outlets if intent.path else ()
        return any(o.pcu in pcus and pcus[o.pcu].family == PERSON for o in outlets)

    async def _ask_person(self, journal: Journal) -> Ending:
        """The action is a person's to do: a request is opened, and it waits for an answer."""
        intent = journal.intent
        assert intent.path is not None
        name = self._state.inventory.name_of(intent.target)
        await journal.begin("request", intent.path.outlets[0], destructive=True)
        text = f"please {intent.kind.value} {name} ({intent.path}), then confirm {intent.id}"
        await self._inbox.tell(intent.target, AlertRaised(f"request {intent.id}", text))
        error = NeedsHumanError(name, intent.kind.value, "a person was asked")
        return Ending(IntentState.SENT, Outcome.NEEDS_HUMAN, str(error))


def looks_again(intent: Intent) -> bool:
    """A person may override it, with --force and a reason."""
    return intent.kind in DESTRUCTIVE and (intent.actor == ENGINE or not intent.forced)


def is_open_question(intent: Intent) -> bool:
    return intent.state is IntentState.UNKNOWN and not intent.settled_by


def is_perhaps_dark(intent: Intent) -> bool:
    """A cycle whose *off* may have left; a person's own *off* is meant to stay."""
    sent = intent.state is IntentState.SENT or is_open_question(intent)
    return sent and intent.kind in (ActionKind.POWER_CYCLE, ActionKind.POWER_ON)


def fallen(state: IntentState, error: Exception) -> Ending:
    """Nothing sent: it did not happen. Something sent: unknown, until an outlet says otherwise."""
    if state is IntentState.SENT:
        return Ending(IntentState.UNKNOWN, None, own_fault(error))
    if state is IntentState.PLANNED:
        return cancelled(own_fault(error))
    return Ending(IntentState.FAILED, None, own_fault(error))


def own_fault(error: Exception) -> str:
    return f"plcmon's own fault: {type(error).__name__}: {error}"


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
