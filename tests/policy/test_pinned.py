"""Pinned ladders: the rungs of the start, under today's modes; unreadable ones wait."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.config.load import default_policy
from plcmon.model.decisions import GateName, Mode, Pass
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueId, IssueType, Step
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.model.subjects import node_subject
from plcmon.policy.pinned import effect_of, ladder_of, lost_word, steps_of
from tests.policy.clerk import DAY, HOUR, POLICY, START, Clerk, make_inventory, node

DOWN = IssueType.NODE_DOWN
N = node(0, 0)
SUBJECT = node_subject(N)


@pytest.fixture
def clerk() -> Clerk:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N)
    return clerk


def issue_of(clerk: Clerk) -> Issue:
    issue = clerk.issue(SUBJECT, DOWN)
    assert issue is not None
    return issue


def with_rungs(*rungs: Rung, mode: Mode = Mode.AUTO) -> Policy:
    ladders = {**POLICY.ladders, DOWN: Ladder(DOWN, rungs, mode)}
    return replace(POLICY, ladders=ladders, version="another")


def notify(name: str, *, after: timedelta = timedelta(), mode: Mode = Mode.AUTO) -> Rung:
    return Rung(name, (effect_of("notify down pi"),), 30, after, mode=mode)


@pytest.mark.parametrize("kind", list(IssueType))
def test_every_shipped_ladder_comes_back_from_its_steps(kind: IssueType) -> None:
    policy = default_policy()
    steps = steps_of(policy, kind)
    issue = Issue(IssueId("I"), kind, SUBJECT, START, START, policy="old", steps=steps)

    assert ladder_of(policy, issue) == policy.ladders[kind]


def test_an_open_issue_goes_on_with_the_waits_it_began_with(clerk: Clerk) -> None:
    clerk.policy = with_rungs(notify("tell", after=90 * DAY))

    for _ in range(25):
        clerk.forward(HOUR)
        clerk.refresh()

    assert issue_of(clerk).climb.rung == "tell"
    (intent,) = [i for i in clerk.intents() if i.kind is ActionKind.NOTIFY]
    assert intent.argument == "down tech"


def test_what_opens_later_climbs_the_new_ladder(clerk: Clerk) -> None:
    clerk.policy = with_rungs(notify("at_once"))

    clerk.fall_silent(node(1, 0))

    fresh = clerk.issue(node_subject(node(1, 0)), DOWN)
    assert fresh is not None
    assert fresh.climb.rung == "at_once"


@pytest.mark.parametrize("mode", list(Mode))
def test_the_mode_of_a_rung_is_todays(clerk: Clerk, mode: Mode) -> None:
    clerk.policy = with_rungs(notify("tell", mode=mode))

    ladder = ladder_of(clerk.policy, issue_of(clerk))

    assert ladder is not None
    assert {rung.name: rung.mode for rung in ladder.rungs}["tell"] is mode


def test_a_rung_that_is_gone_today_is_only_proposed(clerk: Clerk) -> None:
    clerk.policy = with_rungs(notify("other"), mode=Mode.AUTO)

    ladder = ladder_of(clerk.policy, issue_of(clerk))

    assert ladder is not None
    assert {rung.mode for rung in ladder.rungs} == {Mode.PROPOSE}


def test_an_issue_without_steps_climbs_todays_ladder(clerk: Clerk) -> None:
    issue = replace(issue_of(clerk), steps=())
    clerk.policy = with_rungs(notify("other"))

    assert ladder_of(clerk.policy, issue) == clerk.policy.ladders[DOWN]


# Words that vanished


@pytest.mark.parametrize(
    ("step", "word"),
    [
        (Step("a", do=("teleport",)), "teleport"),
        (Step("a", do=("notify poetry tech",)), "notify poetry tech"),
        (Step("a", do=("notify digest tech",)), "notify digest tech"),
        (Step("a", when=("silent or not sleepy",)), "not sleepy"),
        (Step("a", when=("has_contact wizard",)), "has_contact wizard"),
        (Step("a", when=("silent or not debug", "has_contact tech"), do=("power-cycle",)), ""),
    ],
)
def test_a_word_that_nothing_knows_is_found(step: Step, word: str) -> None:
    assert lost_word((step,)) == word


def test_a_ladder_that_nobody_can_read_is_flagged_and_not_run(clerk: Clerk) -> None:
    issue = issue_of(clerk)
    lost = replace(issue, steps=(Step("tell", 30, do=("teleport",)),), policy="old")
    clerk.state.issues[issue.id] = lost

    for _ in range(60):
        clerk.forward(HOUR)
        clerk.refresh()

    want = clerk.want(N)
    assert [(g.name, g.answer) for g in want.gates] == [(GateName.LADDER, Pass.HOLD)]
    assert not clerk.intents()
    assert [row.verb for row in clerk.audit if row.verb == "flag"] == ["flag"]
