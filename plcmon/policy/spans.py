"""Bad time: sums that leave gaps out and start anew after enough of the opposite."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.readings import Evidence, Observed

MEANING: Mapping[str, frozenset[Observed]] = {
    "boot": frozenset({Observed.BOOT}),
    "login": frozenset({Observed.BOOT, Observed.DEBUG}),
    "silent": frozenset({Observed.SILENT}),
    "wedged": frozenset({Observed.WEDGED}),
    "deaf": frozenset({Observed.DEAF}),
    "debug": frozenset({Observed.DEBUG}),
    "dark": frozenset({Observed.SILENT, Observed.WEDGED}),
    "bad": frozenset({Observed.SILENT, Observed.WEDGED, Observed.DEAF}),
}
"""The sums kept for each node: name -> the observed states that count for it."""


def count(span: Span, says: bool | None, at: datetime, restart: timedelta) -> Span:
    """Go on counting from `at`: True counts, False is the opposite, None is a gap.

    A total begins anew once the opposite has held for `restart`.
    """
    if says:
        if span.running_since is not None:
            return span
        kept = span.total
        if span.opposite_since is not None and at - span.opposite_since >= restart:
            kept = timedelta()
        return Span(kept, running_since=at)
    closed = Span(span.value(at), None, span.opposite_since)
    if says is None:
        return closed
    since = span.opposite_since or at
    if at - since >= restart:
        return Span(timedelta(), None, since)
    return replace(closed, opposite_since=since)


def count_all(
    spans: Mapping[str, Span],
    state: Observed,
    evidence: Evidence,
    at: datetime,
    restart: timedelta,
) -> dict[str, Span]:
    """Advance every sum of a node to `at` by what is observed."""
    gap = evidence is not Evidence.FRESH
    return {
        name: count(spans.get(name, NO_TIME), None if gap else state in states, at, restart)
        for name, states in MEANING.items()
    }


def reaches(span: Span, threshold: timedelta) -> datetime | None:
    """When the sum reaches, or reached, `threshold` if nothing changes; None if it stands still."""
    if span.running_since is None:
        return None
    return span.running_since + (threshold - span.total)
