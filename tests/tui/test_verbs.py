"""Which verbs fit which row, what they are said to, and what speaks against them."""

from dataclasses import replace
from typing import Any

import pytest

from plcmon.operations.desk import VERBS
from plcmon.tui import verbs
from plcmon.tui.book import Book
from plcmon.tui.sheets import BY_ID, Row
from tests.fakes.desk import FakeDesk

PROPOSED, UNKNOWN, PAUSED = (
    f"01ISSUE{3:019}",
    f"01ISSUE{2:019}",
    f"01ISSUE{5:019}",
)


async def a_book(**summary: Any) -> Book:
    desk = FakeDesk()
    desk.overrides = summary
    book = Book()
    book.load(await desk.view())
    return book


def rows(book: Book, sheet: str, *keys: str) -> list[Row]:
    return [book.rows[sheet][key] for key in keys]


@pytest.mark.parametrize("kind", verbs.MENU)
def test_every_verb_of_a_menu_exists(kind: str) -> None:
    assert set(verbs.MENU[kind]) <= set(VERBS)


def test_viewer_is_offered_nothing() -> None:
    node = FakeDesk().fleet.nodes["toml:kth-1"]

    assert verbs.offers("node", node, "viewer") == []


def test_node_is_offered_power() -> None:
    node = FakeDesk().fleet.nodes["toml:kth-1"]

    assert "power-cycle" in verbs.offers("node", node, "operator")
    assert "maintenance-end" not in verbs.offers("node", node, "operator")


def test_node_in_maintenance_may_leave_it() -> None:
    node = replace(FakeDesk().fleet.nodes["toml:kth-1"], marks=("maintenance",))

    assert "maintenance-end" in verbs.offers("node", node, "operator")


def test_issue_offers_follow_its_state() -> None:
    issues = FakeDesk().fleet.issues

    proposed = verbs.offers("issue", issues[PROPOSED], "operator")
    paused = verbs.offers("issue", issues[PAUSED], "operator")

    assert {"approve", "reject", "pause"} <= set(proposed)
    assert "resume" not in proposed
    assert "resume" in paused
    assert not {"approve", "reject", "pause"} & set(paused)


def test_issue_of_a_pcu_is_offered_its_test_not_power() -> None:
    issue = next(i for i in FakeDesk().fleet.issues.values() if i.type == "pcu_config")

    offered = verbs.offers("issue", issue, "operator")

    assert {"pcu-test", "re-arm"} <= set(offered)
    assert "power-cycle" not in offered


def test_unknown_intent_can_be_settled_not_cancelled() -> None:
    intent = next(iter(FakeDesk().fleet.intents.values()))

    offered = verbs.offers("intent", intent, "operator")

    assert "settle" in offered
    assert "cancel" not in offered


@pytest.mark.parametrize(
    ("verb", "sheet", "key", "subject"),
    [
        ("approve", "issues", PROPOSED, PROPOSED),
        ("maintenance", "issues", PROPOSED, "node/toml:tum-2"),
        ("power-cycle", "issues", PROPOSED, "node/toml:tum-2"),
        ("scan", "fleet", "toml:kth-1", "node/toml:kth-1"),
        ("maintenance", "sites", "kth", "site/kth"),
        ("freeze", "sites", "kth", "site/kth"),
        ("pcu-test", "pcus", "toml:kth-pdu-1", "pcu/toml:kth-pdu-1"),
        ("settle", "actions", "01INTENT000000000000000001", "01INTENT000000000000000001"),
    ],
)
async def test_verbs_are_said_to(verb: str, sheet: str, key: str, subject: str) -> None:
    book = await a_book()

    asked = verbs.request(book, verb, BY_ID[sheet], rows(book, sheet, key))

    assert [target.subject for target in asked.targets] == [subject]


async def test_rows_that_do_not_fit_are_left_out() -> None:
    book = await a_book()

    asked = verbs.request(book, "approve", BY_ID["issues"], rows(book, "issues", PROPOSED, UNKNOWN))

    assert [target.subject for target in asked.targets] == [PROPOSED]


async def test_an_empty_selection_has_no_targets() -> None:
    asked = verbs.request(await a_book(), "power-off", BY_ID["fleet"], [])

    assert asked.targets == ()


async def test_third_weight_wants_the_short_name_or_the_count() -> None:
    book = await a_book()
    one = verbs.request(book, "power-off", BY_ID["fleet"], rows(book, "fleet", "toml:kth-1"))
    two = verbs.request(
        book, "power-off", BY_ID["fleet"], rows(book, "fleet", "toml:kth-1", "toml:kth-2")
    )
    light = verbs.request(book, "pause", BY_ID["issues"], rows(book, "issues", PROPOSED))

    assert (one.password, two.password, light.password) == ("planetlab-1", "2", "")
    assert (one.title, two.title) == ("Power-off planetlab-1.ssvl.example.se", "Power-off 2 rows")


async def test_power_shows_the_chain() -> None:
    book = await a_book()

    asked = verbs.request(book, "power-cycle", BY_ID["fleet"], rows(book, "fleet", "toml:kth-1"))

    assert asked.facts[0] == "power path: kth-pdu-1 outlet 1"
    assert asked.facts[1] == "kth-pdu-1 (apc): tested good 3h ago"


@pytest.mark.parametrize(
    ("key", "caution"),
    [
        ("toml:kth-1", "It answers: login works"),
        ("toml:kth-4", "It is alive or blocked"),
        ("toml:usp-2", "Nothing is known that could cut"),
        ("toml:princeton-3", "Last power-cycle ended “unknown”"),
    ],
)
async def test_cautions_before_power(key: str, caution: str) -> None:
    book = await a_book()

    asked = verbs.request(book, "power-cycle", BY_ID["fleet"], rows(book, "fleet", key))

    assert any(one.startswith(caution) for one in asked.cautions)


@pytest.mark.parametrize(
    ("summary", "caution", "short"),
    [
        ({"frozen": ("all",)}, "Actions are frozen: all.", "frozen"),
        ({"blind": True}, "We are blind: our own canaries do not answer.", "blind"),
        (
            {"guard_closed": True, "guard": "closed since 02:10"},
            "The fleet guard is closed since 02:10.",
            "fleet guard closed",
        ),
        ({"adopted": False}, "This state is not adopted: nothing will be sent.", "not adopted"),
    ],
)
async def test_guards_speak_first(summary: dict[str, Any], caution: str, short: str) -> None:
    book = await a_book(**summary)
    node = book.rows["fleet"]["toml:princeton-1"]

    asked = verbs.request(book, "power-cycle", BY_ID["fleet"], [node])

    assert asked.cautions[0] == caution
    assert verbs.opinion(book, "power-cycle", node.view) == short


@pytest.mark.parametrize(
    ("sheet", "key", "verb", "short"),
    [
        ("fleet", "toml:kth-1", "power-cycle", "it answers"),
        ("fleet", "toml:kth-1", "power-status", ""),
        ("fleet", "toml:kth-1", "power-on", ""),
        ("fleet", "toml:usp-2", "power-on", "no power path"),
        ("fleet", "toml:princeton-1", "power-cycle", "last: not rebooted"),
        ("issues", PROPOSED, "approve", "held: mode"),
    ],
)
async def test_opinions_are_short(sheet: str, key: str, verb: str, short: str) -> None:
    book = await a_book()

    assert verbs.opinion(book, verb, book.rows[sheet][key].view) == short


def test_only_what_waits_for_a_second_admin_is_offered_for_approval() -> None:
    intent = next(iter(FakeDesk().fleet.intents.values()))
    assert "approve" not in verbs.offers("intent", intent, "operator")

    waiting = replace(intent, waits_for_second=True)

    assert "approve" in verbs.offers("intent", waiting, "operator")
