"""What a person typed, and who was meant."""

from dataclasses import replace

import pytest

from plcmon.errors import NotFoundError
from plcmon.model.issues import IssueId
from plcmon.model.state import State
from plcmon.model.subjects import (
    Inventory,
    NodeKey,
    SubjectKind,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.operations.resolve import (
    FLEET,
    Names,
    fleet_named,
    intent_called,
    issue_called,
    subject_named,
)
from tests.fakes.book import CYCLE, DOWN, down_issue, running_cycle, small_inventory

NAMES = Names(small_inventory())
PCU_ONLY = frozenset({SubjectKind.PCU})


@pytest.mark.parametrize("text", ["alpha", "ALPHA.example.org", "toml:1", "1", " node/toml:1 "])
def test_a_node_goes_by_hostname_short_name_key_and_id(text: str) -> None:
    assert subject_named(NAMES, text) == node_subject("toml:1")


@pytest.mark.parametrize("text", ["apc1", "toml:apc1", "pcu/toml:apc1"])
def test_a_pcu_goes_by_name_and_key(text: str) -> None:
    assert subject_named(NAMES, text) == pcu_subject("toml:apc1")


@pytest.mark.parametrize("text", ["north", "North University", "site/north"])
def test_a_site_goes_by_login_base_and_name(text: str) -> None:
    assert subject_named(NAMES, text) == site_subject("north")


@pytest.mark.parametrize("text", ["all", "fleet", "fleet/all"])
def test_the_fleet_is_a_subject(text: str) -> None:
    assert subject_named(NAMES, text) == FLEET


def test_a_former_hostname_still_finds_the_node() -> None:
    inventory = small_inventory()
    key = NodeKey("toml:1")
    nodes = {**inventory.nodes, key: replace(inventory.nodes[key], was="omega.example.org")}

    found = subject_named(Names(replace(inventory, nodes=nodes)), "omega.example.org")

    assert found == node_subject("toml:1")


def test_only_the_asked_kinds_are_found() -> None:
    with pytest.raises(NotFoundError, match="no PCU goes by it"):
        subject_named(NAMES, "alpha", PCU_ONLY)


def test_a_name_that_two_go_by_is_not_guessed() -> None:
    inventory = small_inventory()
    key = NodeKey("toml:3")
    twin = replace(inventory.nodes[key], hostname="alpha.example.net")
    names = Names(replace(inventory, nodes={**inventory.nodes, key: twin}))

    with pytest.raises(NotFoundError, match=r"more than one.*node/toml:1, node/toml:3"):
        subject_named(names, "alpha")
    assert subject_named(names, "alpha.example.net") == node_subject("toml:3")


def test_a_near_miss_names_what_comes_near() -> None:
    with pytest.raises(NotFoundError, match=r"did you mean .*gamma"):
        subject_named(NAMES, "gama")


def test_an_empty_name_is_nobody() -> None:
    for text in ("", "  "):
        with pytest.raises(NotFoundError):
            subject_named(NAMES, text)
    with pytest.raises(NotFoundError):
        subject_named(Names(Inventory()), "alpha")


def test_an_issue_goes_by_enough_of_either_end_of_its_id() -> None:
    state = State(issues={DOWN: down_issue()})

    for text in (DOWN, DOWN[:8], DOWN[-6:], DOWN.lower(), f"issue/{DOWN}"):
        assert issue_called(state, text) == down_issue()


def test_too_little_of_an_id_is_none() -> None:
    state = State(issues={DOWN: down_issue()})

    for text in ("", "01H", "issue/", "01HQXNOTHERE"):
        assert issue_called(state, text) is None


def test_an_id_that_fits_several_is_not_guessed() -> None:
    other = IssueId("01HQXDOWN00000000000000009")
    state = State(issues={DOWN: down_issue(), other: replace(down_issue(), id=other)})

    with pytest.raises(NotFoundError, match=f"{DOWN}, {other}"):
        issue_called(state, "01HQX")
    assert issue_called(state, other) == replace(down_issue(), id=other)


def test_an_intent_goes_by_its_id() -> None:
    state = State(intents={CYCLE: running_cycle()})

    assert intent_called(state, f"intent/{CYCLE}") == running_cycle()
    assert intent_called(state, DOWN) is None


def test_a_condition_of_our_own_is_found_while_it_lasts() -> None:
    state = State()
    state._keep_issue(replace(down_issue(), subject=fleet_subject("disk")))

    assert fleet_named(state, "fleet/disk") == fleet_subject("disk")
    assert fleet_named(state, "fleet/other") is None
