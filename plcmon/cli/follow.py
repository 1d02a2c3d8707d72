"""Following: the steps of one action as they happen, until there is a verdict."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from typing import Any, cast

from plcmon.errors import DeskError, NotFoundError
from plcmon.operations.desk import Desk
from plcmon.operations.views import EventView, IntentView

QUIET = frozenset({"IntentClaimed", "IntentEnded"})  # what IntentChanged says beside them
OVER = frozenset({"failed", "cancelled"})
PROVEN = "power-cycle"  # the kind whose end is what the node shows, not what the unit says


async def follow(
    desk: Desk, intent: str, after: int, tell: Callable[[datetime, str], None]
) -> IntentView:
    """Tell every step of the intent from event `after` on; the intent as it ended.

    Raises DeskError when the service stays away for long.
    """
    async with aclosing(steps(desk, intent, after)) as told:
        async for step in told:
            tell_step(step, tell)
            if step.kind != "IntentChanged":
                continue
            present = await find(desk, intent)
            if is_over(present):
                # Told already, though perhaps not heard yet: a reader may lag.
                for late in await desk.events(step.seq):
                    if concerns(late, intent):
                        tell_step(late, tell)
                return present
            if waits_for_proof(present):
                tell(step.at, "proof: the node must come back with a new boot id")
    raise DeskError(intent, "following it", "the news ended")


async def steps(desk: Desk, intent: str, after: int) -> AsyncGenerator[EventView, None]:
    """Events that name the intent, from `after` on."""
    async with aclosing(cast("Any", desk.watch(after))) as news:
        async for event in news:
            if concerns(event, intent):
                yield event


def concerns(event: EventView, intent: str) -> bool:
    return f"intent/{intent}" in event.keys


def tell_step(step: EventView, tell: Callable[[datetime, str], None]) -> None:
    if step.kind not in QUIET:
        tell(step.at, step.text)


async def find(desk: Desk, intent: str) -> IntentView:
    rows = [row for row in await desk.intents(intent) if row.id == intent]
    if not rows:
        raise NotFoundError(intent, "following it", "it is no longer known")
    return rows[0]


def is_over(intent: IntentView) -> bool:
    if intent.state in OVER or intent.verdict:
        return True
    return intent.state == "confirmed" and intent.kind != PROVEN


def waits_for_proof(intent: IntentView) -> bool:
    return intent.state == "confirmed" and intent.kind == PROVEN and not intent.verdict


def went_well(intent: IntentView) -> bool:
    """`fixed`, or where nothing is to be proven: the unit did as told."""
    if intent.kind == PROVEN:
        return intent.verdict == "fixed"
    return intent.state == "confirmed"


def ending(intent: IntentView) -> str:
    """How it ended, in one line."""
    word = f"verdict: {intent.verdict}" if intent.verdict else intent.state
    return f"{word} ({intent.detail})" if intent.detail else word
