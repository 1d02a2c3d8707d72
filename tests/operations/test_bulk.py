"""Selections of a verb: never empty, and large ones only by their count."""

from dataclasses import replace

import pytest

from plcmon.errors import DeclinedError, NotFoundError
from plcmon.model.beliefs import Penalty, SiteBelief
from plcmon.model.subjects import SiteKey, fleet_subject
from plcmon.operations.bulk import check_count, nodes_in, proposals_in, selects
from plcmon.operations.moment import Moment
from tests.fakes.book import ASKS, NOW, FakeBook, House, asking_issue, small_book


def asking() -> FakeBook:
    book = small_book()
    issue = asking_issue()
    book.state.issues[issue.id] = issue
    book.state.open_by_subject.setdefault(issue.subject, {})[issue.type] = issue.id
    return book


def moment(book: FakeBook) -> Moment:
    return Moment.of(book, NOW)


def test_all_groups_labels_and_sites_select() -> None:
    assert all(selects(text) for text in ("all", "label/rack", "group/edge", "site/north"))
    assert not any(selects(text) for text in ("north", "alpha", "node/toml:1"))


def test_nobody_is_never_everybody() -> None:
    with pytest.raises(NotFoundError, match="the selection is empty"):
        nodes_in(moment(small_book()), "site/nowhere")


def test_what_waits_at_a_site_is_found_with_its_penalty() -> None:
    book = asking()
    site = SiteKey(book.state.inventory.site_of(asking_issue().subject) or "")
    asked = Penalty(asked=1, asked_at=NOW, asks=1)
    book.state.sites[site] = replace(book.state.sites.get(site) or SiteBelief(site), penalty=asked)

    found = proposals_in(moment(book), f"site/{site}")

    assert [words for _, words in found] == [{"issue": ASKS}, {"penalty": site}]


def test_where_nothing_waits_there_is_nothing_to_answer() -> None:
    with pytest.raises(NotFoundError, match="none waits there"):
        proposals_in(moment(small_book()), "label/rack=r7")


def test_a_large_selection_needs_its_count() -> None:
    now = moment(small_book())

    check_count(now, "label/rack", "power-cycle", 5, "")
    check_count(now, "label/rack", "power-cycle", 6, "6")
    for typed in ("", "5"):
        with pytest.raises(DeclinedError, match="type --count 6"):
            check_count(now, "label/rack", "power-cycle", 6, typed)


async def test_each_proposal_of_a_selection_is_answered_alone() -> None:
    place = House()
    issue = asking_issue()
    place.book.state.issues[issue.id] = issue
    place.book.state.open_by_subject.setdefault(issue.subject, {})[issue.type] = issue.id

    answer = await place.desk().do("approve", "all", reason="because")

    assert answer.ok
    assert [verb.arguments for _, verb in place.ear.heard] == [{"issue": ASKS, "rung": "cycle"}]
    assert answer.text == "approve of all: 1 of 1 proposal answered"


async def test_a_word_goes_with_the_rung_that_was_proposed_when_it_was_said() -> None:
    place = House()
    issue = asking_issue()
    place.book.state.issues[issue.id] = issue
    place.book.state.open_by_subject.setdefault(issue.subject, {})[issue.type] = issue.id

    await place.desk().do("reject", ASKS, reason="because")

    assert [verb.arguments["rung"] for _, verb in place.ear.heard] == ["cycle"]


async def test_power_over_a_label_is_one_word_to_the_engine() -> None:
    place = House()

    await place.desk().do("power-cycle", "label/rack=r7", reason="because")

    assert place.ear.heard[0][0] == fleet_subject("label/rack=r7")
