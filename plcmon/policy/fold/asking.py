"""What a verb says, read; and the answer of a rule that declines it."""

from datetime import UTC, datetime

from plcmon.model.events import Verb
from plcmon.policy.draft import Draft
from plcmon.policy.issues import stamp


class Declined(Exception):  # noqa: N818 - it is an answer, not an error
    """The rule that declines a verb, as a sentence."""


def time_in(verb: Verb, name: str) -> datetime | None:
    """A time that the verb was given; None: it was not."""
    value = verb.arguments.get(name)
    if not isinstance(value, str) or not value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise Declined(f"{value!r} is not a time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def until_of(draft: Draft, verb: Verb, start: datetime | None = None) -> datetime:
    """The end a pause or window was given; it must lie ahead, and after its start."""
    until = time_in(verb, "until")
    if until is None:
        raise Declined("an end is required")
    begins = max(start or draft.now, draft.now)
    if until <= begins:
        raise Declined(f"the end {stamp(until)} lies before its start")
    return until
