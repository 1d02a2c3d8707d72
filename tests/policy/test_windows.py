"""Who is inside a window, an exemption, a freeze."""

from dataclasses import replace

import pytest

from plcmon.model.events import Freeze, Window
from plcmon.model.subjects import (
    PcuKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.windows import exempt, exempt_until, frozen, in_maintenance, scopes_of
from tests.policy.clerk import DAY, HOUR, START, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P, S = pcu_subject(PcuKey("toml:p0")), site_subject(SiteKey("s0"))


def draft(*windows: Window, freezes: tuple[str, ...] = ()) -> Draft:
    clerk = Clerk()
    clerk.state.inventory = clerk.inventory
    clerk.state.windows = {window.id: window for window in windows}
    clerk.state.freezes = {scope: Freeze(scope, "ops", START) for scope in freezes}
    return Draft(clerk.state, clerk.policy, START)


def window(subject: Subject, *, begins: int = -1, ends: int = 1) -> Window:
    at = (START + begins * HOUR, START + ends * HOUR)
    return Window(f"{subject}{ends}", subject, *at, "ops", "work")


def test_a_node_is_in_itself_its_site_and_its_pcus() -> None:
    assert scopes_of(draft(), SUBJECT) == {SUBJECT, P, S}


@pytest.mark.parametrize("scope", [SUBJECT, P, S], ids=str)
def test_a_window_covers_what_lies_inside(scope: Subject) -> None:
    assert in_maintenance(draft(window(scope)), SUBJECT) is not None


@pytest.mark.parametrize(
    "elsewhere", [node_subject(node(0, 1)), site_subject("s1"), pcu_subject("toml:p1")], ids=str
)
def test_and_nothing_else(elsewhere: Subject) -> None:
    assert in_maintenance(draft(window(elsewhere)), SUBJECT) is None


@pytest.mark.parametrize(("begins", "ends"), [(-2, 0), (1, 2)])
def test_before_and_after_it_covers_nothing(begins: int, ends: int) -> None:
    assert in_maintenance(draft(window(SUBJECT, begins=begins, ends=ends)), SUBJECT) is None


def test_of_several_the_last_to_end_counts() -> None:
    found = in_maintenance(draft(window(SUBJECT), window(S, ends=5)), SUBJECT)

    assert found is not None and found.subject == S


SCOPES = ["all", "node/toml:n0-0", "site/s0", "pcu/toml:p0", "family/apc", "kind/power"]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_freeze_stops_what_lies_in_it(scope: str) -> None:
    assert frozen(draft(freezes=(scope,)), SUBJECT, "power") == scope


@pytest.mark.parametrize(
    "scope", ["site/s1", "pcu/toml:p1", "family/ilo", "kind/notify", "node/toml:n0-1"]
)
def test_a_freeze_elsewhere_stops_nothing(scope: str) -> None:
    assert frozen(draft(freezes=(scope,)), SUBJECT, "power") == ""


def test_the_fleet_is_stopped_by_all_alone() -> None:
    assert frozen(draft(freezes=("all",)), fleet_subject(), "alert") == "all"
    assert frozen(draft(freezes=("site/s0",)), fleet_subject(), "alert") == ""


def test_an_exemption_of_node_or_site_holds_until_it_ends() -> None:
    inventory = make_inventory()
    site = replace(inventory.sites[SiteKey("s0")], exempt_until=START + DAY)
    clerk = Clerk()
    clerk.state.inventory = replace(inventory, sites={SiteKey("s0"): site})

    assert exempt(Draft(clerk.state, clerk.policy, START), SUBJECT)
    assert exempt_until(Draft(clerk.state, clerk.policy, START), P) == START + DAY
    assert not exempt(Draft(clerk.state, clerk.policy, START + DAY), SUBJECT)
