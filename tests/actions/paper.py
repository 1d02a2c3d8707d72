"""An engine on paper for the effect room: facts are folded at once, nothing is stored."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from plcmon.actions import EffectRoom, Leases
from plcmon.model.events import Body, Event
from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.ports import Effector
from plcmon.model.readings import Reading
from plcmon.model.subjects import NodeKey, Subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from plcmon.policy.planning import plan_intent
from tests.fakes.clock import FakeClock
from tests.policy.clerk import Clerk, node

NODE = node(0, 0)
TARGET = node_subject(NodeKey(NODE))


@dataclass
class Paper:
    """Inbox and judge in one, over a clerk's state."""

    clerk: Clerk = field(default_factory=lambda: Clerk().begin())
    clock: FakeClock = field(default_factory=FakeClock)
    rooms: list[EffectRoom] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        told = self.clerk.tell(subject, body, intent=intent)
        for room in self.rooms:
            room.hear(told)
        self.changed.set()
        return told[0]

    def ingest(self, reading: Reading) -> None:
        raise AssertionError("nothing here reads")

    def objection(self, intent: Intent, now: datetime) -> str:
        view = Draft(self.clerk.state, self.clerk.policy, self.clerk.now)
        return objection(view, self.clerk.state.intents[intent.id])

    def plan(
        self, kind: ActionKind, argument: str, *, actor: str = "ops", **more: object
    ) -> Intent:
        """A planned intent on the node."""
        draft = Draft(self.clerk.state, self.clerk.policy, self.clerk.now)
        made = plan_intent(draft, kind, TARGET, actor=actor, reason="a test", argument=argument)
        intent = replace(made, **more)  # type: ignore[arg-type] # fields of an intent
        draft.put_intent(intent)
        self.clerk.state.apply(draft.changes)
        return intent

    def now(self, intent: Intent) -> Intent:
        return self.clerk.state.intents[intent.id]

    async def until(self, intent: Intent, *states: IntentState) -> Intent:
        async with asyncio.timeout(5):
            while self.now(intent).state not in states:
                self.changed.clear()
                await self.changed.wait()
        return self.now(intent)

    @asynccontextmanager
    async def room(self, effectors: Mapping[ActionKind, Effector]) -> AsyncIterator[EffectRoom]:
        """The room at work, over these integrations."""
        room = EffectRoom(
            inbox=self,
            judge=self,
            state=self.clerk.state,
            policy=lambda: self.clerk.policy,
            effectors=effectors,
            leases=Leases(),
            clock=self.clock,
        )
        self.rooms.append(room)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(room.run(), name="room")
            yield room
            running.cancel()
        self.rooms.remove(room)
