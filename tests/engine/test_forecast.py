"""What would happen if nothing changed, by the rules themselves."""

from dataclasses import replace
from datetime import timedelta

from plcmon.engine.forecast import Forecast
from plcmon.model.events import IntentChanged, IssueChanged
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from tests.policy.clerk import DAY, HOUR, POLICY, Clerk, make_inventory, node

N = node_subject(node(0, 0))


def told(forecast: Forecast, span: timedelta) -> list[tuple[str, str]]:
    """The node's issue and its actions, as they would be."""
    found = []
    for _, parts in forecast.steps(forecast.now + span):
        for event in (event for part in parts for event in part.events):
            if event.subject == N and isinstance(event.body, IssueChanged):
                found.append((event.body.change, event.body.rung))
            if event.subject == N and isinstance(event.body, IntentChanged):
                found.append((event.body.kind, event.body.state))
    return found


def test_a_silent_node_is_cycled_once_and_then_told_of() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)

    story = told(Forecast(clerk.state, clerk.policy, clerk.now), 7 * DAY)

    assert story[:3] == [("opened", ""), ("rung", "cycle"), ("power-cycle", "planned")]
    assert ("power-cycle", "verdict unknown") in story
    assert ("rung", "tell") in story
    assert story.count(("rung", "cycle")) == 1


def test_a_fleet_that_is_well_has_nothing_before_it() -> None:
    clerk = Clerk().begin()

    assert told(Forecast(clerk.state, clerk.policy, clerk.now), 30 * DAY) == []


def test_what_it_says_is_what_happens_when_nothing_changes() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    forecast = Forecast(clerk.state, clerk.policy, clerk.now)
    planned = [row for row in told(forecast, 5 * DAY) if row[0] in ("opened", "rung")]

    before = len(clerk.events)
    clerk.forward(5 * DAY)
    bodies = [e.body for e in clerk.events[before:] if isinstance(e.body, IssueChanged)]

    assert planned == [(b.change, b.rung) for b in bodies if b.change in ("opened", "rung")]


def test_what_runs_when_it_begins_ends_first() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    clerk.send(clerk.planned()[0])

    story = told(Forecast(clerk.state, clerk.policy, clerk.now), HOUR)

    assert story[0] == ("power-cycle", "confirmed")


def test_one_that_would_never_end_is_cut_and_says_so() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    forecast = Forecast(clerk.state, clerk.policy, clerk.now, most_turns=2)

    told(forecast, 7 * DAY)

    assert forecast.cut


def test_scans_go_on_so_that_nothing_is_held_for_want_of_one() -> None:
    shipped = replace(POLICY, safety=replace(POLICY.safety, complete_within=2))
    clerk = Clerk(policy=shipped).begin()
    clerk.observe(node(0, 0), Observed.SILENT)

    story = told(Forecast(clerk.state, clerk.policy, clerk.now), 2 * DAY)

    assert ("rung", "cycle") in story
