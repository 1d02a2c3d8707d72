"""Histories and availability at the prompt."""

from datetime import UTC, datetime, timedelta

import pytest

from plcmon.cli.history import not_recorded, share_of
from plcmon.operations.reports import AvailabilityRow, AvailabilityView, HistoryView
from plcmon.operations.wire import load
from tests.cli.shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


def a_row(share: float | None, known: float) -> AvailabilityRow:
    return AvailabilityRow("n1", 1, 0.0, 0.0, 0.0, share, known)


def test_a_history_says_first_how_good_it_was(shell: Shell) -> None:
    name = next(iter(shell.desk.fleet.nodes.values())).name

    lines = shell.run("history", name).stdout.splitlines()

    assert lines[0].startswith(f"{name}: up 100% of what is known, which is 100% of the time; bad")
    assert lines[1].split() == ["TIME", "FOR", "WHAT"]


def test_raw_readings_show_loss_and_round_trip(shell: Shell) -> None:
    name = next(iter(shell.desk.fleet.nodes.values())).name

    lines = shell.run("history", name, "--readings").stdout.splitlines()

    assert lines[0].split() == ["TIME", "PROBE", "TOOK", "LOSS", "WHAT"]
    assert lines[1].split()[2:] == ["ping", "12.5", "ms", "33%", "2", "of", "3", "answered"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("by", ["site", "node"])
def test_availability_fits_the_terminal(shell: Shell, width: int, by: str) -> None:
    lines = shell.run("availability", "--by", by, width=width).stdout.splitlines()

    assert lines[1].split()[0] == by.upper()
    assert lines[-1].split()[0] == "all"
    assert max(map(len, lines)) <= width


def test_json_is_exactly_the_view(shell: Shell) -> None:
    name = next(iter(shell.desk.fleet.nodes.values())).name

    assert load(HistoryView, shell.run("history", name, "--json").stdout.encode())
    assert load(AvailabilityView, shell.run("availability", "--json").stdout.encode())


def test_times_reach_the_desk(shell: Shell) -> None:
    words = ("--since", "2026-03-01", "--until", "2026-03-02", "--json")

    view = load(AvailabilityView, shell.run("availability", *words).stdout.encode())

    assert (view.until - view.since).days == 1


@pytest.mark.parametrize(
    "words", [("--since", "tomorrowish"), ("--until", "9"), ("--by", "colour")]
)
def test_what_makes_no_sense_is_refused(shell: Shell, words: tuple[str, str]) -> None:
    assert shell.run("availability", *words).exit_code == 2


def test_nobody_is_not_found(shell: Shell) -> None:
    assert shell.run("history", "nosuch").exit_code == 4


def test_that_nothing_is_known_is_said() -> None:
    assert share_of(a_row(None, 0.0)) == "nothing is known of that time"


@pytest.mark.parametrize(("recorded", "says"), [(-1, False), (0, False), (1, True)])
def test_what_is_not_recorded_any_more_is_said(recorded: int, says: bool) -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    at = since + timedelta(days=recorded)
    share = AvailabilityRow("n", 1, 0.0, 0.0, 0.0, None, 0.0)
    view = HistoryView("toml:n", "n", "s", since, since, share, (), (), at)

    assert ("2026-03-02 00:00 UTC is not recorded" in not_recorded(view)) is says
