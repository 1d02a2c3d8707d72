"""The plan: what would happen if nothing changed, as lines for people. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from plcmon.engine.forecast import Forecast
from plcmon.model.decisions import Hold
from plcmon.model.events import Event, HoldChanged, IntentChanged, IssueChanged, StatusChanged
from plcmon.model.issues import IssueId
from plcmon.model.policy import Policy
from plcmon.model.state import State
from plcmon.model.subjects import outlets_by_name
from plcmon.operations.views import PlanLine, PlanView

ASSUMED = (
    "Assumed: every finding stays as it is, nobody says anything, and each action ends without"
    " helping: outlets read off and on, mail is taken, requests to people are not answered."
)
MOST_LINES = 2_000  # of one answer
LONGEST = timedelta(days=90)
DOES = {
    "opened": "opens",
    "reopened": "opens again",
    "closed": "closes",
    "rung": "does",
    "shadow rung": "observe notes",
    "passed": "passes over",
    "proposed": "asks for approval",
    "paused": "pauses",
    "resumed": "goes on",
}


def plan_view(
    state: State, policy: Policy, now: datetime, until: datetime, *, most: int = MOST_LINES
) -> PlanView:
    """Runs the engine's rules on a fork of `state`, which must not change meanwhile."""
    forecast = Forecast(state, policy, now)
    lines = list(standing_holds(state, now))
    for _, changes in forecast.steps(until):
        for part in changes:
            lines += lines_of(forecast.paper.state, part.events)
    return PlanView(
        now,
        until,
        ASSUMED,
        tuple(lines[:most]),
        left_out=max(0, len(lines) - most),
        cut=forecast.cut,
    )


def standing_holds(state: State, now: datetime) -> Iterator[PlanLine]:
    """What is held already when the plan begins."""
    for hold in sorted(state.holds.values(), key=lambda hold: (hold.since, hold.issue)):
        line = held_line(state, hold, now)
        if line is not None:
            yield line


def held_line(state: State, hold: Hold, now: datetime) -> PlanLine | None:
    issue = state.issues.get(hold.issue)
    if issue is None or not issue.is_open:
        return None
    name_of = state.inventory.name_of
    return PlanLine(
        now,
        str(issue.subject),
        name_of(issue.subject),
        issue.type.value,
        hold.rung,
        "is held already",
        hold.gate.value,
        outlets_by_name(hold.fact, name_of),
    )


def lines_of(state: State, events: Iterable[Event]) -> Iterator[PlanLine]:
    """The events that people plan by: statuses, issues, rungs, holds, verdicts."""
    for event in events:
        line = line_of(state, event)
        if line is not None:
            yield line


def line_of(state: State, event: Event) -> PlanLine | None:
    body, rung, kind, held, fact = event.body, "", "", "", ""
    if isinstance(body, IssueChanged):
        kind, rung = body.type, body.rung
        what = f"{DOES.get(body.change, body.change)}: {body.detail}"
    elif isinstance(body, HoldChanged) and body.gate:
        issue = state.issues.get(IssueId(body.issue))
        kind, rung = issue.type.value if issue else "", body.rung
        what, held, fact = "is held", body.gate, body.fact
    elif isinstance(body, StatusChanged) and body.what in ("status", "guard", "blind"):
        what = f"{body.old} -> {body.new}: {body.why}"
    elif isinstance(body, IntentChanged) and body.state.startswith("verdict"):
        what = f"{body.kind} ends with the {body.state}"
    else:
        return None
    name_of = state.inventory.name_of
    return PlanLine(
        event.at,
        str(event.subject),
        name_of(event.subject),
        kind,
        rung,
        outlets_by_name(what, name_of),
        held,
        outlets_by_name(fact, name_of),
    )
