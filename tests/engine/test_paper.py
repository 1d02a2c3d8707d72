"""On paper the state moves as the engine's would, and the one it came from stays."""

from dataclasses import replace
from datetime import timedelta

from plcmon.engine.paper import Paper, decisive
from plcmon.model.beliefs import Finding
from plcmon.model.events import CanaryRound, Event, NodeObserved, PcuTested, ScanCompleted
from plcmon.model.issues import IssueType
from plcmon.model.readings import Observation, Observed
from plcmon.model.subjects import fleet_subject, node_subject, pcu_subject
from plcmon.model.trust import Breaker
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, Clerk, node

N = node_subject(node(0, 0))


def silent(clerk: Clerk) -> Event:
    seen = Observation(Observed.SILENT, clerk.now, clerk.now, detail="nothing answers")
    return Event(clerk.now, N, NodeObserved(seen))


def play(paper: Paper, until: timedelta, clerk: Clerk) -> None:
    end = clerk.now + until
    while (at := paper.next_at()) is not None and at <= end:
        paper.turn(at)


def test_time_alone_opens_what_the_rules_open_then() -> None:
    clerk = Clerk().begin()
    paper = Paper(clerk.state.fork(), clerk.policy)
    paper.prime(clerk.now)

    paper.turn(clerk.now, [silent(clerk)])
    play(paper, DAY + MINUTE, clerk)

    issue = paper.state.open_issue(N, IssueType.NODE_DOWN)
    assert issue is not None
    assert issue.opened_at - clerk.now < DAY + timedelta(seconds=1)


def test_the_state_that_was_forked_stays_as_it_was() -> None:
    clerk = Clerk().begin()
    before, paper = repr(clerk.state), Paper(clerk.state.fork(), clerk.policy)
    paper.prime(clerk.now)

    paper.turn(clerk.now, [silent(clerk)])
    play(paper, 7 * DAY, clerk)

    assert paper.state.open_issue(N, IssueType.NODE_DOWN) is not None
    assert repr(clerk.state) == before


def test_it_is_looked_at_again_no_oftener_than_it_changes() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    paper = Paper(clerk.state.fork(), clerk.policy)
    paper.prime(clerk.now)

    turns = 0
    while (at := paper.next_at()) is not None and at <= clerk.now + DAY:
        paper.turn(at)
        turns += 1

    assert turns < 50


def test_a_thrifty_paper_lets_counters_pass_and_notices_what_decides() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    paper = Paper(clerk.state.fork(), clerk.policy, thrifty=True)
    paper.look_at_all(clerk.now)
    paper.turn(clerk.now)
    paper.turn(clerk.now, [Event(clerk.now, fleet_subject(), CanaryRound(3, 3))])
    before = dict(paper.wants.by_issue)

    paper.turn(clerk.now + MINUTE, [Event(clerk.now + MINUTE, fleet_subject(), CanaryRound(3, 3))])
    same = {issue for issue, want in paper.wants.by_issue.items() if want is before[issue]}
    paper.turn(clerk.now + HOUR, [Event(clerk.now + HOUR, fleet_subject(), CanaryRound(0, 3))])
    changed = {issue for issue, want in paper.wants.by_issue.items() if want is not before[issue]}

    assert same == changed == before.keys()


def test_whether_there_was_a_scan_decides_and_when_it_was_does_not() -> None:
    fleet = Clerk().begin().state.fleet

    assert decisive(fleet) == decisive(replace(fleet, scan_complete_at=fleet.started_at))
    assert decisive(fleet) != decisive(replace(fleet, scan_complete_at=None))
    assert decisive(fleet) != decisive(replace(fleet, guard_closed=True))


def test_of_a_breaker_only_that_it_stopped_decides() -> None:
    fleet = Clerk().begin().state.fleet
    bad = Breaker((("i", True),))
    counted = replace(fleet, breakers={"kind/power": bad})
    stopped = replace(fleet, breakers={"kind/power": replace(bad, tripped_at=fleet.started_at)})

    assert decisive(fleet) == decisive(counted)
    assert decisive(fleet) != decisive(stopped)


def test_a_thrifty_paper_looks_again_at_what_was_held_for_a_scan() -> None:
    strict = replace(POLICY, safety=replace(POLICY.safety, complete_within=2))
    clerk = Clerk(policy=strict).begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    clerk.forward(DAY + MINUTE)
    clerk.tell(pcu_subject("toml:p0"), PcuTested(Finding.OK, "logged in"))
    paper = Paper(clerk.state.fork(), clerk.policy, thrifty=True)
    paper.look_at_all(clerk.now)
    paper.turn(clerk.now)
    (issue,) = paper.state.open_issues(N)
    before = issue.climb.rung

    scan = Event(clerk.now, fleet_subject(), ScanCompleted(6, 6, 10.0))
    paper.turn(clerk.now, [scan])

    assert (before, paper.state.issues[issue.id].climb.rung) == ("", "cycle")
