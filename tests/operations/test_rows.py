"""Rows of nodes, PCUs and sites, and the sentence in each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.events import NodeSeen, Window
from plcmon.model.readings import Evidence, Mark
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.operations.moment import Moment
from plcmon.operations.rows import NodeRows, node_sentence, node_view, pcu_view, site_view
from plcmon.operations.views import NodeView, PcuView, SiteView
from tests.fakes.book import DAY, HOUR, MINUTE, NOW, FakeBook, paused_issue, small_book

ALPHA, BETA = NodeKey("toml:1"), NodeKey("toml:2")
APC = PcuKey("toml:apc1")
NORTH = SiteKey("north")


def node_row(book: FakeBook, key: NodeKey = ALPHA) -> NodeView:
    return node_view(Moment.of(book, NOW), book.state.inventory.nodes[key])


def pcu_row(book: FakeBook) -> PcuView:
    return pcu_view(Moment.of(book, NOW), book.state.inventory.pcus[APC])


def site_row(book: FakeBook) -> SiteView:
    return site_view(Moment.of(book, NOW), book.state.inventory.sites[NORTH])


def believe(book: FakeBook, key: NodeKey = ALPHA, **changes: object) -> None:
    book.state.nodes[key] = replace(book.state.nodes[key], **changes)  # type: ignore[arg-type] # fields by name


def open_window(book: FakeBook, subject: Subject) -> None:
    window = Window("w1", subject, NOW - HOUR, NOW + 4 * HOUR, "ann", "new racks")
    book.state.windows["w1"] = window


def test_a_healthy_node_says_since_when_and_by_what() -> None:
    row = node_row(small_book())

    assert row.why == "good for 3d 4h: SSH login worked 40s ago"
    assert (row.status, row.power, row.issues) == ("good", "apc1 outlet 1", ())


def test_a_dead_node_says_what_is_done_about_it() -> None:
    row = node_row(small_book(), BETA)

    assert row.why == (
        "offline for 1d 6h: nothing answers, last answer 1d 6h ago;"
        " node_down: cycle is held by freeze: everything is frozen by ann"
    )


def test_a_node_that_nobody_looked_at_says_so() -> None:
    row = node_row(small_book(), NodeKey("toml:4"))

    assert row.why == "new: not looked at yet"
    assert row.seen_at is None


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence.SUSPECT, "a probe failed 5m ago"),
        (Evidence.BLIND, "our own canaries do not answer"),
        (Evidence.STALE, "no fresh reading for 5m"),
        (Evidence.UNREACHABLE, "neither do its site's witnesses"),
    ],
)
def test_without_fresh_evidence_the_sentence_claims_none(evidence: Evidence, words: str) -> None:
    book = small_book()
    believe(book, evidence=evidence, evidence_since=NOW - 5 * MINUTE)

    row = node_row(book)

    assert row.why.startswith("good for 3d 4h: ")
    assert words in row.why
    assert "worked" not in row.why


def test_a_firewalled_node_is_not_simply_well() -> None:
    book = small_book()
    believe(book, marks=frozenset({Mark.FIREWALLED}))

    row = node_row(book)

    assert row.marks == ("firewalled",)
    assert "but a required port is not open" in row.why


@pytest.mark.parametrize(
    "subject",
    [node_subject(ALPHA), site_subject(NORTH), pcu_subject(APC), fleet_subject()],
    ids=str,
)
def test_a_window_over_node_pcu_site_or_all_marks_the_node(subject: Subject) -> None:
    book = small_book()
    open_window(book, subject)

    row = node_row(book)

    assert row.marks == ("maintenance",)
    assert "in maintenance until 18:00 UTC by ann" in row.why


def test_a_window_elsewhere_or_over_is_none() -> None:
    book = small_book()
    open_window(book, site_subject("south"))
    book.state.windows["w2"] = Window(
        "w2", node_subject(ALPHA), NOW - DAY, NOW - HOUR, "ann", "over"
    )

    assert node_row(book).marks == ()


@pytest.mark.parametrize("what", ["node", "site"])
def test_an_exemption_of_node_or_site_marks_the_node(what: str) -> None:
    book = small_book()
    inventory = book.state.inventory
    nodes, sites = dict(inventory.nodes), dict(inventory.sites)
    if what == "node":
        nodes[ALPHA] = replace(nodes[ALPHA], exempt_until=NOW + HOUR)
    else:
        sites[NORTH] = replace(sites[NORTH], exempt_until=NOW + HOUR)
    book.state.inventory = replace(inventory, nodes=nodes, sites=sites)

    row = node_row(book)

    assert row.marks == ("exempt",)
    assert "exempt until 15:00 UTC: never acted on" in row.why


def test_an_exemption_that_ended_is_none() -> None:
    book = small_book()
    inventory = book.state.inventory
    node = replace(inventory.nodes[ALPHA], exempt_until=NOW - HOUR)
    book.state.inventory = replace(inventory, nodes={ALPHA: node})

    assert node_row(book).marks == ()


class Counting(NodeRows):
    """Rows, and which of them were the very same object as the last time."""

    def same(self, book: FakeBook, then: timedelta, change: Callable[[], None]) -> set[str]:
        before = {row.key: row for row in self.all(Moment.of(book, NOW))}
        change()
        after = self.all(Moment.of(book, NOW + then))
        return {row.key for row in after if row is before[row.key]}


def test_a_row_that_says_the_same_is_kept() -> None:
    book = small_book()

    assert ALPHA in Counting().same(book, timedelta(), lambda: None)


def test_a_row_is_made_anew_when_an_age_in_it_changes() -> None:
    book = small_book()

    assert ALPHA not in Counting().same(book, timedelta(seconds=1), lambda: None)


def test_a_row_is_made_anew_when_its_belief_changes() -> None:
    book = small_book()

    assert ALPHA not in Counting().same(book, timedelta(), lambda: believe(book, detail="other"))


def test_a_row_is_made_anew_when_the_node_is_heard_of() -> None:
    book = small_book()

    def hear() -> None:
        book.state.seen[ALPHA] = NodeSeen(ALPHA, NOW, NOW)

    assert ALPHA not in Counting().same(book, timedelta(), hear)


def test_a_row_is_made_anew_when_an_issue_or_window_comes() -> None:
    for change in (
        lambda book: book.put_issue(replace(paused_issue(), subject=node_subject(ALPHA))),
        lambda book: open_window(book, fleet_subject()),
    ):
        book = small_book()
        assert ALPHA not in Counting().same(book, timedelta(), lambda c=change, b=book: c(b))  # type: ignore[misc] # bound early


def test_rows_follow_the_inventory() -> None:
    book, rows = small_book(), NodeRows()
    assert len(rows.all(Moment.of(book, NOW))) == 4

    inventory = book.state.inventory
    node = replace(inventory.nodes[ALPHA], hostname="renamed.example.org")
    book.state.inventory = replace(inventory, nodes={ALPHA: node})

    assert [row.name for row in rows.all(Moment.of(book, NOW))] == ["renamed.example.org"]


def test_kept_rows_equal_rows_made_anew_at_every_second() -> None:
    book, rows = small_book(), NodeRows()

    for second in range(0, 7200, 7):
        moment = Moment.of(book, NOW + timedelta(seconds=second))
        assert rows.all(moment) == [node_view(moment, n) for n in moment.inventory.nodes.values()]


def test_a_good_pcu_says_when_it_was_tested() -> None:
    row = pcu_row(small_book())

    assert row.why == "good for 2d: tested good 2h ago"
    assert row.nodes == ("1: alpha.example.org", "2: beta.example.org")


@pytest.mark.parametrize(
    ("belief", "words"),
    [
        (PcuBelief(APC), "not tested yet"),
        (
            PcuBelief(APC, finding=Finding.LOGIN_REFUSED, tested_at=NOW - HOUR, refused=True),
            "it refused our login 1h ago; not tried again by itself",
        ),
        (
            PcuBelief(APC, finding=Finding.TIMEOUT, tested_at=NOW - MINUTE, detail="no prompt"),
            "the test 1m ago found timeout (no prompt), last good never",
        ),
        (
            PcuBelief(APC, failed_sessions=3, left_alone_until=NOW + HOUR),
            "left alone until 15:00 UTC after 3 failed sessions",
        ),
        (PcuBelief(APC, held_outlets=frozenset({"2"})), "no power through outlet 2"),
    ],
)
def test_a_pcu_in_trouble_says_which(belief: PcuBelief, words: str) -> None:
    book = small_book()
    book.state.pcus[APC] = belief

    assert words in pcu_row(book).why


def test_a_site_counts_its_nodes_up() -> None:
    row = site_row(small_book())

    assert row.why == "offline for 1d: 1 of 2 nodes up, 2 needed"
    assert row.contacts == ("tech@north.example (tech)",)
    assert (row.nodes, row.pcus) == (2, 1)


def test_a_site_out_of_reach_says_for_how_long() -> None:
    book = small_book()
    book.state.sites[NORTH] = SiteBelief(NORTH, witnesses_silent_since=NOW - HOUR)

    assert "its witnesses have been silent for 1h" in site_row(book).why


def test_the_sentence_is_the_rows() -> None:
    book = small_book()
    moment = Moment.of(book, NOW)

    for node in book.state.inventory.nodes.values():
        assert node_sentence(moment, node) == node_view(moment, node).why


def test_a_node_with_readings_but_no_belief_has_a_row() -> None:
    book = small_book()
    del book.state.nodes[ALPHA]

    assert node_row(book).status == NodeBelief(ALPHA).status.value
