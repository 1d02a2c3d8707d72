"""Flapping: two rules, held and let go, and what a held node gets none of."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.beliefs import Flap, Status
from plcmon.model.decisions import GateName, Pass
from plcmon.model.events import IssueChanged
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.policy import Flapping
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.model.subjects import node_subject
from plcmon.policy.flapping import in_words, lately, released_at, score_of, settled_flap
from tests.policy.clerk import DAY, HOUR, MINUTE, START, Clerk, make_inventory, node

RULES = Flapping()
N = node(0, 0)
SUBJECT = node_subject(N)
FLAPPING = IssueType.FLAPPING


def flap_of(clerk: Clerk) -> Flap:
    return clerk.state.nodes[N].flap


def drop(clerk: Clerk, *, out: timedelta = 20 * MINUTE, back: timedelta = HOUR) -> None:
    """One episode: it leaves boot, and comes back."""
    clerk.observe(N, Observed.SILENT)
    clerk.forward(out)
    clerk.observe(N, Observed.BOOT)
    clerk.forward(back)
    clerk.refresh()


def changes(clerk: Clerk, change: str) -> list[str]:
    """The types of the issues to which this happened."""
    bodies = [event.body for event in clerk.events if isinstance(event.body, IssueChanged)]
    return [body.type for body in bodies if body.change == change]


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()


@pytest.fixture
def held(clerk: Clerk) -> Clerk:
    for _ in range(4):
        drop(clerk)
    assert flap_of(clerk).held
    return clerk


# Episodes


def test_an_outage_is_one_episode_however_long_and_varied(clerk: Clerk) -> None:
    for state in (Observed.SILENT, Observed.DEBUG, Observed.WEDGED, Observed.DEAF):
        clerk.observe(N, state)
        clerk.forward(9 * DAY)
        clerk.refresh()

    assert len(flap_of(clerk).episodes) == 1


@pytest.mark.parametrize("state", [Observed.SILENT, Observed.WEDGED, Observed.DEAF, Observed.DEBUG])
def test_leaving_boot_for_anything_counts(clerk: Clerk, state: Observed) -> None:
    clerk.observe(N, state)

    assert flap_of(clerk).score == RULES.episode


def test_a_node_first_seen_silent_has_left_nothing() -> None:
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=2))
    clerk.begin()
    fresh = Flap()
    clerk.state.nodes[N] = replace(clerk.state.nodes[N], observed=Observed.STALE, flap=fresh)

    clerk.observe(N, Observed.SILENT)

    assert flap_of(clerk) == fresh


def test_another_host_key_is_no_episode_and_hides_none(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF, marks=frozenset({Mark.HOSTKEY}))
    assert not flap_of(clerk).episodes

    clerk.observe(N, Observed.SILENT)

    assert len(flap_of(clerk).episodes) == 1


@pytest.mark.parametrize("evidence", [Evidence.STALE, Evidence.UNREACHABLE, Evidence.SUSPECT])
def test_without_evidence_nothing_is_counted(clerk: Clerk, evidence: Evidence) -> None:
    clerk.observe(N, Observed.SILENT, evidence=evidence)

    assert not flap_of(clerk).episodes


def test_episodes_inside_a_closed_guard_do_not_count(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=True)

    clerk.observe(N, Observed.SILENT)
    clerk.observe(N, Observed.DEBUG)

    assert not flap_of(clerk).episodes
    assert not flap_of(clerk).boots


# The rules


def test_the_score_halves_in_half_a_day() -> None:
    flap = Flap(4000.0, START)

    assert score_of(flap, RULES, START + 12 * HOUR) == 2000
    assert score_of(flap, RULES, START + 36 * HOUR) == 500


def test_the_score_has_a_top(clerk: Clerk) -> None:
    for _ in range(20):
        drop(clerk, out=MINUTE, back=11 * MINUTE)

    assert flap_of(clerk).score <= RULES.most


def test_each_rule_holds_from_its_line_and_lets_go_below_a_lower_one() -> None:
    def fast(score: float, *, held: bool) -> bool:
        return settled_flap(Flap(score, START, fast=held), RULES, START).fast

    assert not fast(3000, held=False)
    assert fast(3001, held=False)
    assert fast(750, held=True)
    assert not fast(749, held=True)


@pytest.mark.parametrize(
    ("episodes", "held", "slow"),
    [(3, False, False), (4, False, True), (2, True, True), (1, True, False)],
)
def test_the_slow_rule_counts_the_episodes_of_a_week(episodes: int, held: bool, slow: bool) -> None:
    ages = [8 * DAY, *(DAY * n for n in range(episodes, 0, -1))]
    flap = Flap(0.0, START, tuple(START - age for age in ages), slow=held)

    assert settled_flap(flap, RULES, START).slow is slow


FLAPS = st.builds(
    lambda score, ages, fast, slow: Flap(
        score, START, tuple(START - timedelta(hours=age) for age in sorted(ages, reverse=True)),
        fast=fast, slow=slow,
    ),
    st.floats(0, 12000),
    st.lists(st.integers(0, 167), max_size=8),
    st.booleans(),
    st.booleans(),
)  # fmt: skip


@given(FLAPS)
def test_a_node_that_stays_in_boot_is_let_go_when_it_is_said(flap: Flap) -> None:
    flap = settled_flap(flap, RULES, START)
    at: datetime | None = released_at(flap, RULES)

    assert (at is not None) is flap.held
    if at is not None:
        assert not settled_flap(flap, RULES, at + MINUTE).held
        if at - MINUTE > START:
            assert settled_flap(flap, RULES, at - MINUTE).held


# Held and let go


def test_four_episodes_in_a_week_hold_the_node(clerk: Clerk) -> None:
    for _ in range(3):
        drop(clerk, back=40 * HOUR)
    assert clerk.issue(SUBJECT, FLAPPING) is None

    drop(clerk, back=MINUTE)

    issue = clerk.issue(SUBJECT, FLAPPING)
    assert issue is not None
    assert issue.summary.startswith("left boot 4 times within 7 d")


def test_a_calm_week_lets_it_go(held: Clerk) -> None:
    at = released_at(flap_of(held), RULES)
    assert at is not None

    held.forward(at - held.now + MINUTE)

    assert not flap_of(held).held
    assert held.issue(SUBJECT, FLAPPING) is None
    assert len(lately(flap_of(held), RULES, held.now)) < RULES.slow_release


def test_nothing_of_a_held_node_is_hidden(held: Clerk) -> None:
    held.observe(N, Observed.SILENT)

    assert held.state.nodes[N].status is Status.OFFLINE
    assert held.state.nodes[N].observed is Observed.SILENT


def test_power_of_a_held_node_waits_and_is_never_passed_over(held: Clerk) -> None:
    held.observe(N, Observed.SILENT)
    for _ in range(26):
        held.forward(HOUR)
        held.refresh()

    want = held.want(N)
    gate = next(g for g in want.gates if g.name is GateName.FLAPPING)
    assert want.rung == "cycle"
    assert gate.answer is Pass.HOLD
    assert gate.clears_at == released_at(flap_of(held), RULES)
    assert not held.planned()
    assert not changes(held, "passed")


def test_a_held_node_that_stays_silent_gets_its_power_once_it_is_let_go(held: Clerk) -> None:
    held.observe(N, Observed.SILENT)
    for _ in range(8 * 24):
        held.forward(HOUR)
        held.refresh()

    assert not flap_of(held).held
    assert [i.kind for i in held.intents() if i.kind is ActionKind.POWER_CYCLE]


def test_its_site_gets_no_stream_of_notices_and_the_operators_one_alert(held: Clerk) -> None:
    for _ in range(6):
        held.observe(N, Observed.DEAF)
        held.forward(30 * HOUR)
        held.observe(N, Observed.BOOT)
        held.forward(2 * HOUR)
        held.refresh()

    assert not [i for i in held.intents() if i.kind is ActionKind.NOTIFY]
    assert changes(held, "opened").count(FLAPPING) == 1


# The boot loop


def test_a_quick_boot_loop_is_found(clerk: Clerk) -> None:
    """It boots for twenty minutes, then is gone for an hour, again and again."""
    for _ in range(5):
        drop(clerk, out=HOUR, back=20 * MINUTE)

    assert clerk.issue(SUBJECT, FLAPPING) is not None


def test_a_loop_too_short_to_count_as_boot_is_found_as_silence(clerk: Clerk) -> None:
    for _ in range(30):
        drop(clerk, out=HOUR, back=5 * MINUTE)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is not None


def test_a_slow_boot_loop_is_one_issue_that_climbs(clerk: Clerk) -> None:
    """Each power cycle helps for an hour: the second outage is the first issue, further up."""
    clerk.fall_silent(N)
    first = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    (intent,) = clerk.planned()
    clerk.carry_out(intent)
    clerk.boot(N)
    clerk.forward(HOUR)
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None

    clerk.fall_silent(N)
    for _ in range(26):
        clerk.forward(HOUR)
        clerk.refresh()

    again = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert first is not None
    assert again is not None
    assert again.id == first.id
    assert again.climb.repeats == {"cycle": 1, "tell": 1}, "told, not power-cycled once more"


def test_words_fit_one_episode_and_a_scaled_window() -> None:
    flap = Flap(score=1000, at=START, episodes=(START,))
    rules = Flapping(slow_window=12 * MINUTE)

    assert in_words(flap, rules, START) == "left boot once within 12 min, score 1000"
