"""Bad time: sums that leave gaps out and start anew after enough of the opposite."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.readings import Evidence, Mark, Observed

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

FLAGGED: Mapping[str, Mark] = {"firewalled": Mark.FIREWALLED}
"""Sums of a flag that stands beside boot: name -> the mark that counts for it."""

ANSWERED = frozenset({"silent", "wedged", "dark", "debug"})
"""Sums that another host key speaks against: the node answers. Of the others it says nothing."""


def count(span: Span, says: bool | None, at: datetime, restart: timedelta) -> Span:
    """Go on counting from `at`: True counts, False is the opposite, None is a gap.

    A total begins anew once the opposite has held for `restart`; a gap is neither of the two.
    """
    if says and span.running_since is not None:
        return span
    against = opposed(span, at)
    kept = timedelta() if against and against >= restart else span.value(at)
    if says:
        return Span(kept, running_since=at)
    if says is None:
        return Span(kept, opposite=against)
    if span.opposite_since is not None:
        if kept == span.total:
            return span
        return Span(kept, span.running_since, span.opposite_since, span.opposite)
    return Span(kept, opposite_since=at, opposite=against)


def opposed(span: Span, at: datetime) -> timedelta:
    """How long the opposite has held up to `at`, gaps left out."""
    if span.opposite_since is None or at <= span.opposite_since:
        return span.opposite
    return span.opposite + (at - span.opposite_since)


def count_all(
    spans: Mapping[str, Span],
    state: Observed,
    evidence: Evidence,
    at: datetime,
    restart: timedelta,
    *,
    marks: frozenset[Mark] = frozenset(),
) -> dict[str, Span]:
    """Advance every sum of a node to `at` by what is observed."""
    gap = evidence is not Evidence.FRESH
    stranger = state is Observed.DEAF and Mark.HOSTKEY in marks

    def says(name: str) -> bool | None:
        if gap:
            return None
        if stranger:
            return False if name in ANSWERED else None
        if name in FLAGGED:
            return state is Observed.BOOT and FLAGGED[name] in marks
        return state in MEANING[name]

    return {
        name: count(spans.get(name, NO_TIME), says(name), at, restart)
        for name in (*MEANING, *FLAGGED)
    }


def reaches(span: Span, threshold: timedelta) -> datetime | None:
    """When the sum reaches, or reached, `threshold` if nothing changes; None if it stands still."""
    if span.running_since is None:
        return None
    return span.running_since + (threshold - span.total)
