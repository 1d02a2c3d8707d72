"""Recorded events through another policy, beside what happened."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.decisions import Mode
from plcmon.model.events import Event
from plcmon.model.policy import Policy
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from plcmon.operations.replay import Replay, replay_view
from plcmon.operations.views import ReplayView
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, START, Clerk, node

N = node_subject(node(0, 0))
OBSERVE = replace(POLICY, mode=Mode.OBSERVE)


def replayed(clerk: Clerk, policy: Policy, since: timedelta = timedelta()) -> ReplayView:
    story = sorted(clerk.events, key=lambda event: event.seq)
    replay = Replay.by(policy, clerk.inventory, START + since)
    replay.warm_up(event for event in story if event.at < START + since)
    for event in story:
        if event.at >= START + since:
            replay.take(event)
    replay.finish(clerk.now)
    return replay_view(replay, clerk.now, policy)


def what(view: ReplayView) -> list[tuple[str, str, bool]]:
    return [(line.rung, line.what, line.estimate) for line in view.lines]


def repaired(clerk: Clerk) -> Clerk:
    clerk.fall_silent(node(0, 0))
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))
    clerk.forward(DAY)
    return clerk


def test_the_same_policy_would_have_done_the_same() -> None:
    view = replayed(repaired(Clerk().begin()), POLICY)

    assert view.lines == ()
    assert view.done == view.would == {"power-cycle": 1}
    assert (view.issues, view.issues_would) == (1, 1)


def test_a_policy_that_observes_would_not_have_done_it() -> None:
    view = replayed(repaired(Clerk().begin()), OBSERVE)

    assert what(view) == [("cycle", "would not have been done", False)]
    assert view.would == {}


def test_a_policy_that_acts_would_have_done_it_and_the_rest_is_an_estimate() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.fall_silent(node(0, 0))
    clerk.forward(2 * DAY)

    view = replayed(clerk, POLICY)

    assert what(view) == [
        ("cycle", "would have been done", False),
        ("tell", "would have been done", True),
    ]
    assert view.done == {}


def test_a_threshold_opens_an_issue_earlier_and_says_by_how_much() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.fall_silent(node(0, 0))
    limits = replace(OBSERVE.thresholds, node_down_silent=6 * HOUR)

    (line,) = replayed(clerk, replace(OBSERVE, thresholds=limits)).lines

    assert (line.rung, line.what) == ("", "would have opened 18h earlier")
    assert line.name == "n0-0.example.org"


def test_an_issue_that_only_one_policy_opens_is_told() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    clerk.forward(8 * HOUR)
    clerk.boot(node(0, 0))
    clerk.forward(HOUR)
    limits = replace(OBSERVE.thresholds, node_down_silent=6 * HOUR)
    sooner = replace(OBSERVE, thresholds=limits)

    (line,) = replayed(clerk, sooner).lines

    assert line.what == "would have opened"


def test_an_issue_that_the_other_policy_never_opens_is_told() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.fall_silent(node(0, 0))
    limits = replace(OBSERVE.thresholds, node_down_silent=9 * DAY, down_after=9 * DAY)

    (line,) = replayed(clerk, replace(OBSERVE, thresholds=limits)).lines

    assert line.what == "would not have opened"


def test_only_what_nobody_touched_has_healed_by_itself() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.fall_silent(node(0, 0))
    clerk.forward(HOUR)
    clerk.boot(node(0, 0))
    clerk.forward(HOUR)

    watched, acted = replayed(clerk, OBSERVE), replayed(clerk, POLICY)

    assert (watched.healed_alone, watched.healed_after_action) == (1, 0)
    assert (acted.healed_alone, acted.healed_after_action) == (0, 1)


def test_what_an_action_preceded_in_the_record_has_not_healed_by_itself() -> None:
    view = replayed(repaired(Clerk().begin()), OBSERVE)

    assert (view.healed_alone, view.healed_after_action) == (0, 1)


def test_what_was_open_at_the_beginning_is_an_estimate_throughout() -> None:
    clerk = Clerk(policy=OBSERVE).begin()
    clerk.fall_silent(node(0, 0))
    clerk.forward(2 * DAY)

    view = replayed(clerk, POLICY, since=2 * DAY)

    assert view.lines
    assert all(line.estimate for line in view.lines)


def test_every_event_of_the_time_is_counted() -> None:
    clerk = Clerk().begin()
    events: list[Event] = clerk.events

    assert replayed(clerk, POLICY).events == len(events)
    assert replayed(clerk, POLICY, since=10 * MINUTE).events < len(events)
