"""Who is told, and what a notice knows."""

from dataclasses import replace
from datetime import datetime

import pytest

from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import (
    Contact,
    Inventory,
    Role,
    SiteKey,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.notices import facts_of, has_contact, post_notice, recipients
from tests.policy.clerk import DAY, START, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
S = SiteKey("s0")
OPERATORS = ("noc@example.org",)


def person(name: str, *roles: Role, exempt_until: datetime | None = None) -> Contact:
    return Contact(f"{name}@example.org", frozenset(roles), exempt_until=exempt_until)


def with_people(*people: Contact) -> Inventory:
    inventory = make_inventory()
    site = replace(inventory.sites[S], contacts=people)
    return replace(inventory, sites={**inventory.sites, S: site})


def draft(*people: Contact) -> Draft:
    clerk = Clerk(inventory=with_people(*people)).begin()
    return Draft(clerk.state, replace(clerk.policy, operators=OPERATORS), clerk.now)


TECH, PI = person("tech", Role.TECH), person("pi", Role.PI)
AWAY = person("away", Role.TECH, exempt_until=START + DAY)
ROWS = [
    pytest.param((TECH, PI), ("tech",), ["tech"], id="the role itself"),
    pytest.param((TECH, PI), ("tech", "pi"), ["tech", "pi"], id="both"),
    pytest.param((PI,), ("tech",), ["pi"], id="nobody there: the PI"),
    pytest.param((PI,), ("tech", "pi", "user"), ["pi"], id="each person once"),
    pytest.param((), ("tech",), ["noc"], id="nobody at all: the operators"),
    pytest.param((TECH,), ("user",), ["noc"], id="neither the role nor a PI: the operators"),
    pytest.param((AWAY, PI), ("tech",), ["pi"], id="who is exempt is not written to"),
    pytest.param(
        (person("both", Role.TECH, Role.PI),), ("tech", "pi"), ["both"], id="two roles, one mail"
    ),
]


@pytest.mark.parametrize(("people", "roles", "names"), ROWS)
def test_recipients(people: tuple[Contact, ...], roles: tuple[str, ...], names: list[str]) -> None:
    found = recipients(draft(*people), SUBJECT, roles)

    assert list(found) == [f"{name}@example.org" for name in names]


def test_what_has_no_site_is_the_operators() -> None:
    assert recipients(draft(TECH), fleet_subject(), ("tech",)) == OPERATORS


def test_an_exemption_ends() -> None:
    view = draft(replace(AWAY, exempt_until=START))

    assert recipients(view, SUBJECT, ("tech",)) == ("away@example.org",)


def test_a_role_is_there_or_not() -> None:
    inventory = with_people(TECH)

    assert has_contact(inventory, SUBJECT, Role.TECH)
    assert not has_contact(inventory, SUBJECT, Role.PI)


def issue_about(subject: object) -> Issue:
    return Issue(IssueId("01"), IssueType.NODE_DOWN, subject, START, START, summary="it is so")  # type: ignore[arg-type] # a Subject


def test_each_recipient_has_a_row_of_their_own() -> None:
    view = draft(TECH, PI)

    rows = post_notice(
        view, issue_about(SUBJECT), notice="down", roles=("tech", "pi"), rung="tell", repeat=1
    )

    assert [row.recipient for row in rows] == ["tech@example.org", "pi@example.org"]
    assert {row.site for row in rows} == {"s0"}
    assert len(view.changes.outbox) == 2


def test_a_notice_about_a_node_says_when_it_was_last_good() -> None:
    clerk = Clerk().begin()
    clerk.observe(N, Observed.SILENT)
    view = Draft(clerk.state, clerk.policy, clerk.now)

    facts = facts_of(view, issue_about(SUBJECT))

    assert facts["node"] == "n0-0.example.org"
    assert facts["last_good"] == f"{clerk.now:%Y-%m-%d %H:%M:%S} UTC"
    assert facts["tried"] == "nothing yet"


def test_a_node_that_was_never_good_says_so() -> None:
    view = Draft(Clerk().state, Clerk().policy, START)

    assert facts_of(view, issue_about(SUBJECT))["last_good"] == "never seen good"


def test_a_notice_about_a_pcu_names_its_nodes_and_finding() -> None:
    facts = facts_of(draft(TECH), issue_about(pcu_subject("toml:p0")))

    assert facts["pcu"] == "pcu-0"
    assert facts["node"].split(", ")[0] == "n0-0.example.org"
    assert facts["finding"] == "ok"


def test_a_notice_about_a_site_names_its_witnesses() -> None:
    assert "127.0.0.1:7000" in facts_of(draft(TECH), issue_about(site_subject("s0")))["evidence"]


def test_it_says_what_was_tried() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0], off_seen=False)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None

    tried = facts_of(Draft(clerk.state, clerk.policy, clerk.now), issue)["tried"]

    assert "power-cycle of n0-0.example.org: not_rebooted" in tried


def test_what_was_tried_calls_units_by_their_names() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    intent = clerk.planned()[0]
    clerk.carry_out(intent, off_seen=False)
    done = replace(clerk.state.intents[intent.id], detail="toml:p0 outlet 1 never read off")
    clerk.state.intents[intent.id] = done
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None

    tried = facts_of(Draft(clerk.state, clerk.policy, clerk.now), issue)["tried"]

    assert "outlet 1 never read off" in tried
    assert "toml:" not in tried


def test_only_who_has_no_other_role_is_last_in_the_queue() -> None:
    user, both = person("user", Role.USER), person("both", Role.USER, Role.TECH)
    view = draft(user, both)
    issue = Issue(IssueId("I"), IssueType.NODE_DOWN, SUBJECT, START, START)

    rows = post_notice(view, issue, notice="down", roles=("tech", "user"), rung="tell", repeat=1)

    assert {row.recipient: row.lowest for row in rows} == {
        user.email: True,
        both.email: False,
    }
