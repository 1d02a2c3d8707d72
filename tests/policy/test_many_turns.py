"""Turns: who of those that may go does go in one sitting, and what is noted of it."""

from dataclasses import replace
from datetime import datetime

import pytest

from plcmon.model.decisions import Effect, Mode, Want
from plcmon.model.guards import SiteGuard, Storm
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueId
from plcmon.model.subjects import NodeKey, SiteKey, fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.many_turns import ENGINE, Turns, first_at_each_site, note_turns
from plcmon.policy.planning import plan_intent
from tests.policy.clerk import HOUR, Clerk, make_inventory, node

S = SiteKey("s0")


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=4)).begin()


def want(key: NodeKey, site: str = "s0", at: datetime | None = None) -> Want:
    effects = (Effect(ActionKind.POWER_CYCLE),)
    since = at or datetime(2026, 3, 1)
    subject = node_subject(key)
    return Want(IssueId(key), subject, site, "cycle", 10, effects, (), None, Mode.AUTO, since)


def draft(clerk: Clerk) -> Draft:
    return Draft(clerk.state, clerk.policy, clerk.now)


def in_storm(clerk: Clerk, wave: int, *keys: NodeKey) -> None:
    storm = Storm("s", clerk.now, clerk.now, wave=wave)
    clerk.state.fleet = replace(clerk.state.fleet, storms={"s": storm})
    for key in keys:
        clerk.state.nodes[key] = replace(clerk.state.nodes[key], storm="s")


def close(clerk: Clerk) -> None:
    clerk.state.sites[S] = replace(clerk.state.sites[S], guard=SiteGuard(clerk.now, 3, 3))


def test_a_wave_has_no_more_turns_than_its_size(clerk: Clerk) -> None:
    keys = [node(site, 0) for site in range(4)]
    in_storm(clerk, 1, *keys)
    turns = Turns(draft(clerk))

    assert [turns.take(want(key)) for key in keys] == [True, True, False, False]


def test_who_is_in_no_storm_needs_no_turn(clerk: Clerk) -> None:
    in_storm(clerk, 0)
    turns = Turns(draft(clerk))

    assert all(turns.take(want(node(site, 0))) for site in range(4))


def test_at_a_closed_site_the_most_recently_good_is_left(clerk: Clerk) -> None:
    close(clerk)
    good = {node(0, 0): 3 * HOUR, node(0, 1): HOUR, node(0, 2): 2 * HOUR}
    for key, ago in good.items():
        belief = clerk.state.nodes[key]
        clerk.state.nodes[key] = replace(belief, good_until=clerk.now - ago)

    left = first_at_each_site(draft(clerk), [want(key) for key in good])

    assert [w.subject for w in left] == [node_subject(node(0, 1))]


def test_at_an_open_site_all_are_left(clerk: Clerk) -> None:
    wants = [want(node(0, number)) for number in range(3)]

    assert first_at_each_site(draft(clerk), wants) == wants


def test_other_subjects_are_left_alone(clerk: Clerk) -> None:
    close(clerk)
    other = replace(want(node(0, 0)), subject=fleet_subject())

    assert first_at_each_site(draft(clerk), [other]) == [other]


@pytest.mark.parametrize(("actor", "noted"), [(ENGINE, True), ("ann", False)])
def test_what_the_engine_plans_takes_its_turn(clerk: Clerk, actor: str, noted: bool) -> None:
    close(clerk)
    in_storm(clerk, 0, node(0, 0))
    view = draft(clerk)
    target = node_subject(node(0, 0))
    intent = plan_intent(view, ActionKind.POWER_CYCLE, target, actor=actor, reason="")

    note_turns(view)

    guard = view.site(S).guard
    assert guard is not None
    assert (guard.intent == intent.id) is noted
    assert (view.fleet.storms["s"].turns == {node(0, 0): intent.id}) is noted


def test_a_mail_takes_no_turn(clerk: Clerk) -> None:
    close(clerk)
    view = draft(clerk)
    plan_intent(view, ActionKind.NOTIFY, node_subject(node(0, 0)), actor=ENGINE, reason="")

    note_turns(view)

    assert view.site(S).guard == SiteGuard(clerk.now, 3, 3)
