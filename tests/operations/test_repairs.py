"""How often each rung, family and site was tried, and what came of it."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.intents import ActionKind, Intent
from plcmon.model.issues import Verdict
from plcmon.model.subjects import Outlet, PcuKey, PowerPath
from plcmon.operations.repairs import repairs_view
from plcmon.operations.reports import RepairsView
from tests.fakes.book import DAY, HOUR, MINUTE, NOW, running_cycle, small_inventory


def tried(verdict: Verdict | None, took: timedelta = MINUTE, **changes: object) -> Intent:
    at = NOW - HOUR
    intent = replace(running_cycle(), sent_at=at, verdict=verdict, verdict_at=at + took)
    return replace(intent, **changes)  # type: ignore[arg-type] # names are the callers'


def report(*intents: Intent) -> RepairsView:
    return repairs_view(small_inventory(), intents, NOW - 90 * DAY, NOW)


def test_every_verdict_is_counted_once() -> None:
    row = report(*(tried(verdict) for verdict in (*Verdict, Verdict.FIXED, None))).everything

    counts = (row.fixed, row.rebooted_sick, row.not_rebooted, row.unknown, row.without)
    assert (row.tried, counts) == (6, (2, 1, 1, 1, 1))


def test_the_median_is_of_those_that_were_fixed() -> None:
    took = [2 * MINUTE, 4 * MINUTE, 60 * MINUTE]
    fixed = [tried(Verdict.FIXED, each) for each in took]

    found = report(*fixed, tried(Verdict.UNKNOWN, 5 * HOUR))

    assert found.everything.median_s == 240.0
    assert report(tried(Verdict.UNKNOWN)).everything.median_s is None


def test_rungs_families_and_sites_have_rows_of_their_own() -> None:
    ilo = PowerPath((Outlet(PcuKey("toml:ilo1"), "1"),))
    found = report(
        tried(Verdict.FIXED),
        tried(Verdict.FIXED, rung="again"),
        tried(Verdict.UNKNOWN, site="south", path=ilo),
    )

    assert [(row.rung, row.tried) for row in found.by_rung] == [("cycle", 2), ("again", 1)]
    assert [(row.family, row.tried) for row in found.by_family] == [("apc", 2), ("ilo", 1)]
    assert [(row.site, row.tried) for row in found.by_site] == [("north", 2), ("south", 1)]
    assert {(row.rung, row.family, row.site) for row in found.each} == {
        ("cycle", "apc", "north"),
        ("again", "apc", "north"),
        ("cycle", "ilo", "south"),
    }


def test_a_persons_own_cycle_is_by_hand() -> None:
    (row,) = report(tried(Verdict.FIXED, rung="", issue=None)).by_rung

    assert row.rung == "by hand"


def test_a_unit_that_is_gone_has_no_family_any_more() -> None:
    gone = PowerPath((Outlet(PcuKey("toml:old"), "1"),))

    (row,) = report(tried(Verdict.FIXED, path=gone)).by_family

    assert row.family == "no longer known"


def test_what_was_never_sent_or_is_older_was_not_tried() -> None:
    found = report(
        tried(None, sent_at=None),
        tried(Verdict.FIXED, sent_at=NOW - 91 * DAY),
        tried(Verdict.FIXED, kind=ActionKind.POWER_ON),
    )

    assert found.everything.tried == 0
    assert found.each == ()
