"""The effect room: carries out effects through integrations, written down before they happen.

What was sent and has no answer is read back, and never sent again by itself. What takes a change
back is tried until it is done, and only where the value is still ours.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import chain, repeat

from plcmon.actions.journal import WithdrawnError
from plcmon.actions.leases import Leases
from plcmon.actions.power import fallen, is_open_question, own_fault
from plcmon.drivers.outcomes import outcome_of
from plcmon.errors import DeviceError, OutcomeUnknownError, UnreachableError
from plcmon.model.events import (
    AlertRaised,
    EffectSent,
    Event,
    IntentClaimed,
    IntentEnded,
    Started,
    Verb,
)
from plcmon.model.intents import OUTSIDE, ActionKind, Intent, IntentId, IntentState, Outcome
from plcmon.model.policy import Policy
from plcmon.model.ports import Diagnoses, Effector, Inbox, Judge
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey
from plcmon.times import Clock

log = logging.getLogger(__name__)

PAUSES = tuple(timedelta(seconds=s) for s in (5, 30, 120, 900))  # wire time
WAKING = (Started, Verb)
NOT_INSTALLED = "nothing is installed that could do it"


class EffectRoom:
    """One task for each running intent; one at a time for each subject and kind."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        judge: Judge,
        state: State,
        policy: Callable[[], Policy],
        effectors: Mapping[ActionKind, Effector],
        leases: Leases,
        clock: Clock,
        diagnoses: Diagnoses | None = None,
    ) -> None:
        self._inbox = inbox
        self._judge = judge
        self._state = state
        self._policy = policy
        self._effectors = effectors
        self._leases = leases
        self._clock = clock
        self._diagnoses = diagnoses
        self._news = asyncio.Event()
        self._running: set[IntentId] = set()
        self._unreadable: set[IntentId] = set()  # unknown, and only a person can tell
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
                    tasks.create_task(self._one(intent), name=f"effect-{intent.id[-6:]}")
                await self._news.wait()

    async def stop(self) -> None:
        """Start nothing more, and wait for what is out; the caller sets the deadline."""
        self._stopping = True
        while any(self._present(i).state is IntentState.SENT for i in self._running):
            await self._idle.wait()

    def _to_start(self) -> Iterable[Intent]:
        if self._stopping or not self._state.fleet.adopted:
            return
        for intent_id in sorted(self._state.live):
            intent = self._state.intents[intent_id]
            if intent.kind in OUTSIDE and intent_id not in self._running and self._is_due(intent):
                yield intent

    def _is_due(self, intent: Intent) -> bool:
        if intent.undoes:
            return self._state.may_start(intent)
        if is_open_question(intent):
            return intent.id not in self._unreadable
        return intent.state is IntentState.PLANNED and self._state.may_start(intent)

    def _present(self, intent_id: IntentId) -> Intent:
        return self._state.intents[intent_id]

    async def _one(self, intent: Intent) -> None:
        """One unit of work absorbs its own failure: it becomes a row, and the room goes on."""
        try:
            async with self._leases.hold(f"{intent.kind.value} {intent.target}") as fence:
                await (self._take_back if intent.undoes else self._attempt)(intent, fence)
        except WithdrawnError:
            log.info("effect withdrawn", extra={"intent": intent.id})
        finally:
            self._running.discard(intent.id)
            if not self._running:
                self._idle.set()
            self._news.set()

    async def _attempt(self, intent: Intent, fence: int) -> None:
        effector = self._effectors.get(intent.kind)
        try:
            if effector is None:
                await self._refuse(intent)
            elif is_open_question(intent):
                await self._read_back(intent, effector)
            else:
                await self._carry_out(intent, effector, fence)
        except WithdrawnError:
            raise
        except Exception as error:
            # The room goes on with the others; what was sent becomes a question.
            log.exception("effect failed", extra={"intent": intent.id})
            present = self._present(intent.id)
            if is_open_question(present):
                await self._clock.sleep(PAUSES[-1])
                return
            ending = fallen(present.state, error)
            await self._end(intent, ending.state, ending.outcome, ending.detail)

    async def _refuse(self, intent: Intent) -> None:
        """What it was planned for is no longer installed."""
        if is_open_question(self._present(intent.id)):
            self._unreadable.add(intent.id)
            return await self._say_once(intent, f"nobody knows how it ended: {NOT_INSTALLED}")
        return await self._end(intent, IntentState.CANCELLED, None, NOT_INSTALLED)

    async def _carry_out(self, intent: Intent, effector: Effector, fence: int) -> None:
        """Judge, claim, read, write down, set, read back."""
        why = self._judge.objection(self._present(intent.id), self._clock.now())
        if why:
            return await self._end(intent, IntentState.CANCELLED, None, why)
        await self._claim(intent, fence)
        try:
            await self._diagnose(intent)
            before = await self._read(intent, effector)
        except DeviceError as error:
            return await self._end(intent, IntentState.FAILED, outcome_of(error), str(error))
        if before is not None and before == intent.argument:
            return await self._end(intent, IntentState.CONFIRMED, Outcome.ALREADY, "it was so")
        await self._send(intent, before)
        return await self._end(intent, *await self._set(intent, effector))

    async def _diagnose(self, intent: Intent) -> None:
        """A repair rests on a fresh look inside. Raises DeviceError."""
        node = self._state.inventory.nodes.get(NodeKey(intent.target.key))
        if intent.kind is not ActionKind.REPAIR or self._diagnoses is None or node is None:
            return
        try:
            async with asyncio.timeout(self._policy().wire.outside.total_seconds()):
                found = await self._diagnoses.diagnose(node)
        except TimeoutError as error:
            raise UnreachableError(node.hostname, "diagnosing it", "no answer") from error
        await self._inbox.tell(intent.target, found, intent=intent.id)

    async def _claim(self, intent: Intent, fence: int) -> None:
        await self._inbox.tell(intent.target, IntentClaimed(fence), intent=intent.id)
        if self._present(intent.id).state is not IntentState.CLAIMED:
            raise WithdrawnError

    async def _send(self, intent: Intent, before: str | None) -> None:
        """From here on it may have happened. Raises WithdrawnError when it may not go out."""
        body = EffectSent(intent.argument, before or "")
        await self._inbox.tell(intent.target, body, intent=intent.id)
        if self._present(intent.id).state is not IntentState.SENT:
            raise WithdrawnError

    async def _set(
        self, intent: Intent, effector: Effector
    ) -> tuple[IntentState, Outcome | None, str]:
        """How the change ended: what reads otherwise afterwards did not happen."""
        try:
            said = await self._write(intent, effector)
        except OutcomeUnknownError as error:
            return IntentState.UNKNOWN, Outcome.UNKNOWN_AFTER_SEND, str(error)
        except DeviceError as error:
            return IntentState.FAILED, outcome_of(error), str(error)
        try:
            after = await self._read(intent, effector)
        except DeviceError as error:
            return IntentState.UNKNOWN, Outcome.UNKNOWN_AFTER_SEND, f"{said}; not read: {error}"
        if after is not None and after != intent.argument:
            return IntentState.FAILED, Outcome.REFUSED, f"{said}; it reads {after}"
        return IntentState.CONFIRMED, Outcome.OK, said

    async def _read_back(self, intent: Intent, effector: Effector) -> None:
        """Nothing is sent again: only the value can tell, and without one only a person."""
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            if not is_open_question(self._present(intent.id)):
                return
            try:
                value = await self._read(intent, effector)
            except DeviceError as error:
                await self._say_once(intent, f"nobody knows how it ended: {error}")
                await self._clock.sleep(pause)
                continue
            if value is None:
                self._unreadable.add(intent.id)
                await self._say_once(intent, "nobody knows how it ended, and it cannot be read")
                return
            done = value == intent.argument
            state = IntentState.CONFIRMED if done else IntentState.FAILED
            await self._end(intent, state, Outcome.OK if done else None, f"it reads {value}")
            return

    async def _take_back(self, intent: Intent, fence: int) -> None:
        """Until it is done; no fault of ours or of the integration ends that."""
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            if not self._present(intent.id).in_flight:
                return
            try:
                await self._take_back_once(intent, fence)
            except WithdrawnError:
                raise
            except DeviceError as error:
                await self._say_once(intent, f"not taken back yet: {error}")
            except Exception as error:
                # A value that we set may stand for ever: giving up is not among the choices.
                log.exception("not taken back", extra={"intent": intent.id})
                await self._say_once(intent, f"not taken back yet: {own_fault(error)}")
            else:
                return
            await self._clock.sleep(pause)

    async def _take_back_once(self, intent: Intent, fence: int) -> None:
        effector = self._effectors.get(intent.kind)
        if effector is None:
            raise UnreachableError(intent.kind.value, "taking it back", NOT_INSTALLED)
        if self._present(intent.id).state is IntentState.PLANNED:
            await self._claim(intent, fence)
        value = await self._read(intent, effector)
        if value == intent.argument:
            return await self._end(intent, IntentState.CONFIRMED, Outcome.ALREADY, "it was so")
        ours = self._ours(intent)
        if value is not None and ours is not None and value != ours:
            why = f"it is not ours any more: it reads {value}"
            return await self._end(intent, IntentState.CONFIRMED, Outcome.ALREADY, why)
        if self._present(intent.id).state is IntentState.CLAIMED:
            await self._send(intent, value)
        said = await self._write(intent, effector)
        return await self._end(intent, IntentState.CONFIRMED, Outcome.OK, said)

    def _ours(self, intent: Intent) -> str | None:
        """The value that we had set; None when that is no longer remembered."""
        undone = self._state.intents.get(IntentId(intent.undoes))
        return undone.argument if undone is not None else None

    async def _read(self, intent: Intent, effector: Effector) -> str | None:
        try:
            async with asyncio.timeout(self._policy().wire.outside.total_seconds()):
                return await effector.read(intent.target)
        except TimeoutError as error:
            raise UnreachableError(self._name(intent), "reading it", "no answer") from error

    async def _write(self, intent: Intent, effector: Effector) -> str:
        try:
            async with asyncio.timeout(self._policy().wire.outside.total_seconds()):
                return await effector.write(intent.target, intent.argument)
        except TimeoutError as error:
            raise OutcomeUnknownError(self._name(intent), "setting it", "no answer") from error

    def _name(self, intent: Intent) -> str:
        return self._state.inventory.name_of(intent.target)

    async def _end(
        self, intent: Intent, state: IntentState, outcome: Outcome | None, detail: str
    ) -> None:
        body = IntentEnded(state.value, outcome, detail)
        await self._inbox.tell(intent.target, body, intent=intent.id)

    async def _say_once(self, intent: Intent, why: str) -> None:
        topic = f"{intent.kind.value} {intent.id}"
        if topic not in self._state.alerted:
            text = f"{self._name(intent)}: {intent.kind.value} {intent.argument}: {why}"
            await self._inbox.tell(intent.target, AlertRaised(topic, text))
