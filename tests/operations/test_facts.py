"""Facts with ages, thresholds with distances."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Flap, Hearsay, PcuBelief, SiteBelief, Span, Status
from plcmon.model.events import Freeze, Window
from plcmon.model.policy import SourceRule
from plcmon.model.subjects import (
    NodeKey,
    Page,
    PcuKey,
    PowerPath,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.model.trust import Breaker
from plcmon.operations.facts import facts_of, opening_soon, thresholds_of
from plcmon.operations.moment import Moment
from tests.fakes.book import HOUR, NOW, FakeBook, down_issue, small_book

ALPHA, BETA = node_subject("toml:1"), node_subject("toml:2")
APC, NORTH = PcuKey("toml:apc1"), SiteKey("north")


def facts(book: FakeBook, subject: Subject) -> tuple[str, ...]:
    return facts_of(Moment.of(book, NOW), subject)


def thresholds(book: FakeBook, subject: Subject) -> tuple[str, ...]:
    return thresholds_of(Moment.of(book, NOW), subject, None)


def with_path(book: FakeBook, *, proven: bool) -> PowerPath:
    """Beta's path, vouched for or not."""
    inventory, key = book.state.inventory, NodeKey("toml:2")
    path = replace(inventory.nodes[key].paths[0], proven=proven)
    node = replace(inventory.nodes[key], paths=(path,))
    book.state.inventory = replace(inventory, nodes={**inventory.nodes, key: node})
    return path


def test_a_path_is_vouched_for_proven_or_unproven() -> None:
    book = small_book()
    assert any("(vouched for)" in line for line in facts(book, BETA))

    path = with_path(book, proven=False)
    assert any("(unproven)" in line for line in facts(book, BETA))

    book.state.fleet = replace(book.state.fleet, proven={str(path): NOW - 5 * HOUR})
    assert any("(proven 5h ago)" in line for line in facts(book, BETA))


def test_a_node_without_a_path_says_so() -> None:
    assert "no power path is known" in facts(small_book(), node_subject("toml:3"))


def test_what_pages_lack_is_a_fact_as_long_as_they_are_asked_for() -> None:
    book, key = small_book(), NodeKey("toml:2")
    wrong, at = "http://n/ answers 503, not 200", NOW - 5 * HOUR
    book.state.nodes[key] = replace(book.state.nodes[key], http=wrong, http_at=at)
    assert not any("HTTP" in fact for fact in facts(book, BETA))

    nodes = dict(book.state.inventory.nodes)
    nodes[key] = replace(nodes[key], http=(Page("http://n/"),))
    book.state.inventory = replace(book.state.inventory, nodes=nodes)

    assert f"HTTP: {wrong}, 5h ago" in facts(book, BETA)


def test_the_way_to_a_node_is_a_fact_with_its_age() -> None:
    book, key = small_book(), NodeKey("toml:2")
    belief = replace(
        book.state.nodes[key], route="to 192.0.2.7: ?, then nobody", route_at=NOW - 5 * HOUR
    )
    book.state.nodes[key] = belief

    assert "the way to 192.0.2.7: ?, then nobody, 5h ago" in facts(book, BETA)


def test_what_a_source_outside_says_is_a_fact_with_its_weight() -> None:
    book, key = small_book(), NodeKey("toml:2")
    hearsay = {"comon": Hearsay(False, NOW - HOUR), "prom": Hearsay(True, NOW - 3 * HOUR)}
    book.state.nodes[key] = replace(book.state.nodes[key], hearsay=hearsay)
    book.state.heard[key] = {"prom": NOW - timedelta(seconds=40)}
    book.policy = replace(book.policy, sources={"prom": SourceRule(HOUR, counts=True)})

    lines = facts(book, BETA)

    assert "prom says up for 3h, seen 40s ago (counts)" in lines
    assert "comon says down for 1h (informs only)" in lines


def test_a_window_is_a_fact_with_its_reason() -> None:
    book = small_book()
    book.state.windows["w"] = Window("w", BETA, NOW - HOUR, NOW + HOUR, "ann", "new racks")

    assert "in maintenance until 15:00 UTC by ann: new racks" in facts(book, BETA)


def test_an_open_node_down_shows_how_far_its_closing_is() -> None:
    book, key = small_book(), NodeKey("toml:2")
    spans = {"boot": Span(running_since=NOW - timedelta(minutes=4))}
    book.state.nodes[key] = replace(book.state.nodes[key], spans=spans)

    lines = thresholds_of(Moment.of(book, NOW), BETA, down_issue())

    assert "boot 4m of 10m closes node_down, in 6m" in lines
    assert not any("opens node_down" in line for line in lines)


def test_a_sum_at_its_line_is_reached() -> None:
    book, key = small_book(), NodeKey("toml:3")
    spans = {"deaf": Span(running_since=NOW - 30 * HOUR)}
    book.state.nodes[key] = replace(book.state.nodes[key], spans=spans)

    assert "deaf 1d 6h of 1d opens node_login, reached" in thresholds(book, node_subject(key))


def test_what_opens_soon_is_said_with_its_time() -> None:
    book = small_book()
    moment = Moment.of(book, NOW)

    assert opening_soon(moment, book.state.nodes[NodeKey("toml:3")]) == "node_login opens in 21h"
    assert opening_soon(moment, book.state.nodes[NodeKey("toml:1")]) == ""


def test_a_pcu_lists_its_outlets_and_what_is_held() -> None:
    book = small_book()
    book.state.pcus[APC] = replace(book.state.pcus[APC], held_outlets=frozenset({"2"}))

    found = facts(book, pcu_subject(APC))

    assert "outlet 2: beta.example.org" in found
    assert "no power through outlet 2" in found


def test_a_failing_pcu_counts_its_failures() -> None:
    book = small_book()
    book.state.pcus[APC] = PcuBelief(APC, failures=2, failed_sessions=1)

    found = thresholds(book, pcu_subject(APC))

    assert "failed sessions in a row: 1 of 3" in found
    assert "failed tests in a row: 2 of 3" in found


def test_a_site_names_witnesses_contacts_and_who_is_not_up() -> None:
    book = small_book()
    answered = {"gw.north:22": NOW - HOUR}
    book.state.sites[NORTH] = SiteBelief(NORTH, witnesses_answered_at=answered)

    found = facts(book, site_subject(NORTH))

    assert "witness gw.north:22 answered 1h ago" in found
    assert "contact tech@north.example (tech)" in found
    assert "not up: beta.example.org" in found


def test_a_site_out_of_reach_counts_towards_its_issue() -> None:
    book = small_book()
    gone = Span(running_since=NOW - timedelta(minutes=20))
    book.state.sites[NORTH] = SiteBelief(NORTH, unreachable=gone)

    found = thresholds(book, site_subject(NORTH))

    assert "unreachable 20m of 1h opens site_unreachable, in 40m" in found


def test_the_fleet_tells_canaries_guard_and_budget() -> None:
    book = small_book()

    assert "not blind: 3 of 3 canaries answered 0s ago" in facts(book, fleet_subject())
    lines = thresholds(book, fleet_subject())
    assert lines[:2] == (
        "fleet guard: open, 1 of 5",
        "budget: 0 of 2 power actions within 60 min (as it begins)",
    )
    assert "budget: 0 of 60 mails to contacts within 60 min" in lines


def test_the_fleet_tells_what_its_breakers_remember() -> None:
    book = small_book()
    tripped = Breaker((("a", True), ("b", True), ("c", True)), NOW - HOUR, "why")
    book.state.fleet = replace(book.state.fleet, breakers={"kind/power": tripped})

    lines = thresholds(book, fleet_subject())

    assert "breaker kind/power: 3 of the last 3 were bad; stopped 1h ago" in lines


@pytest.mark.parametrize("subject", [node_subject("x"), pcu_subject("x"), site_subject("x")])
def test_what_is_gone_has_thresholds_too(subject: Subject) -> None:
    assert isinstance(thresholds(small_book(), subject), tuple)


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        ("all", ALPHA),
        ("site/north", ALPHA),
        ("site/north", site_subject(NORTH)),
        ("pcu/toml:apc1", BETA),
        ("pcu/toml:apc1", pcu_subject(APC)),
        ("family/apc", BETA),
        ("family/apc", pcu_subject(APC)),
        ("kind/power", BETA),
    ],
)
def test_a_freeze_is_a_fact_of_all_that_it_stops(scope: str, subject: Subject) -> None:
    book = small_book()
    book.state.freezes[scope] = Freeze(scope, "ann", NOW - HOUR, "new racks")

    assert f"{scope} is frozen by ann for 1h: new racks" in facts(book, subject)


def test_a_freeze_elsewhere_is_no_fact_of_this_node() -> None:
    book = small_book()
    book.state.freezes["site/south"] = Freeze("site/south", "ann", NOW - HOUR)

    assert not any("frozen" in fact for fact in facts(book, ALPHA))


def test_that_nobody_asks_canaries_is_said() -> None:
    book = small_book()
    book.state.fleet = replace(book.state.fleet, canaries_asked=0)

    assert any("no canaries are asked" in fact for fact in facts(book, fleet_subject()))


def test_a_pcu_says_how_far_its_next_status_is() -> None:
    book, key = small_book(), PcuKey("toml:apc1")
    belief = book.state.pcus[key]
    moment = Moment.of(book, NOW)
    book.state.pcus[key] = replace(belief, status=Status.ONLINE, status_since=NOW - 3 * HOUR)
    online = thresholds_of(moment, pcu_subject(key), None)
    failing = replace(belief, status=Status.OFFLINE, first_failure_at=NOW - 8 * HOUR)
    book.state.pcus[key] = replace(failing, left_alone_until=NOW + HOUR)
    offline = thresholds_of(moment, pcu_subject(key), None)

    assert "so for 3h of 12h makes it good, in 9h" in online
    assert "so for 8h of 2d makes it down, in 1d 16h" in offline
    assert "left alone, used again in 1h" in offline


def test_a_site_says_how_far_its_next_status_is() -> None:
    book, key = small_book(), SiteKey("north")
    moment = Moment.of(book, NOW)
    belief = book.state.sites[key]
    book.state.sites[key] = replace(belief, status_since=NOW - 2 * HOUR)
    offline = thresholds_of(moment, site_subject(key), None)
    book.state.sites[key] = replace(belief, status=Status.ONLINE, status_since=NOW - HOUR)
    online = thresholds_of(moment, site_subject(key), None)

    assert "so for 2h of 12h makes it down, in 10h" in offline
    assert "so for 1h of 12h makes it good, in 11h" in online


def test_a_node_that_left_boot_lately_says_how_often_and_when_it_is_let_go() -> None:
    book, key = small_book(), NodeKey("toml:2")
    flap = Flap(1000.0, NOW - 12 * HOUR, (NOW - 40 * HOUR, NOW - 12 * HOUR))
    book.state.nodes[key] = replace(book.state.nodes[key], flap=flap)
    assert "left boot 2 times within 7 d, score 500" in facts(book, BETA)

    book.state.nodes[key] = replace(book.state.nodes[key], flap=replace(flap, slow=True))

    held = "left boot 2 times within 7 d, score 500; held, let go in 5d 8h if it stays in boot"
    assert held in facts(book, BETA)


def test_a_node_that_never_left_boot_says_nothing_of_it() -> None:
    assert not any("left boot" in line for line in facts(small_book(), ALPHA))
