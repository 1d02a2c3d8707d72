"""What became of a power action, for those who wait for it before they let the next one go."""

from datetime import datetime
from enum import Enum, auto

from plcmon.model.intents import Intent, IntentState
from plcmon.model.issues import Verdict
from plcmon.policy.draft import Draft


class Fate(Enum):
    """How a turn ended, if it did."""

    UNDER_WAY = auto()
    VOID = auto()  # nothing was sent, or a person has it: it is nobody's turn
    HELPED = auto()
    FAILED = auto()


def fate_of(view: Draft, intent: Intent | None) -> tuple[Fate, datetime]:
    """What became of it, and since when; an unknown that nobody settles has failed in the end."""
    if intent is None:
        return Fate.VOID, view.now
    at = intent.verdict_at or intent.state_at or view.now
    unsent = intent.state in (IntentState.CANCELLED, IntentState.FAILED) and not intent.sent_at
    if unsent or intent.asks_a_person:
        return Fate.VOID, at
    if intent.verdict is not None:
        return (Fate.HELPED if intent.verdict is Verdict.FIXED else Fate.FAILED), at
    if intent.state is IntentState.UNKNOWN and not intent.settled_by:
        return patient(view, at, at + view.policy.safety.intent_expiry)
    if intent.in_flight or intent.awaits_proof:
        return Fate.UNDER_WAY, at
    return patient(view, at, at + view.policy.wire.boot_wait)  # no cycle: only its boot can tell


def patient(view: Draft, at: datetime, until: datetime) -> tuple[Fate, datetime]:
    return (Fate.UNDER_WAY, at) if view.now < until else (Fate.FAILED, until)
