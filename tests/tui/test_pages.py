"""Pages say everything known of a thing, and why."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from plcmon.operations.views import WhyView
from plcmon.tui.pages import (
    describe,
    journal_page,
    json_page,
    progress_page,
    when,
    why_page,
)
from plcmon.tui.prose import Line
from tests.fakes.desk import an_event
from tests.fakes.fleet import HOUR, NOW, a_why, small_fleet

FLEET = small_fleet()
ISSUE = FLEET.issues["01ISSUE0000000000000000003"]


def text(lines: Iterable[Line]) -> str:
    return "\n".join("".join(cell.text for cell in line).rstrip() for line in lines)


def test_why_prints_every_gate_with_glyph_word_fact_and_age() -> None:
    page = text(why_page(a_why(ISSUE), NOW, 100))

    assert "  ✔ pass  evidence      silent, 3 readings (fresh for another 8m) [2m]" in page
    assert "  ‖ hold  mode          mode is propose [2m]" in page
    assert page.count("pass") + page.count("‖ hold") == 8


def test_why_says_when_a_held_gate_clears() -> None:
    page = text(why_page(a_why(ISSUE), NOW, 100))

    assert "power 2 of 2 this hour (1 over) clears in 48m [2m]" in page


def test_why_has_its_parts_in_order() -> None:
    page = text(why_page(a_why(ISSUE), NOW, 100))
    heads = [line.strip() for line in page.splitlines() if line.strip().isupper()]

    assert heads == [
        "FACTS", "THRESHOLDS", "GATES BEFORE CYCLE", "WHAT WOULD UNBLOCK IT", "WHAT HAPPENS NEXT",
        "LATELY",
    ]  # fmt: skip


def test_why_starts_with_the_sentence_and_the_rung() -> None:
    lines = text(why_page(a_why(ISSUE), NOW, 100)).splitlines()

    assert lines[0] == f"  {ISSUE.why}"
    assert lines[1] == ("  node down, bad for 1d 2h, rung 0/5, next: approve cycle?, mode propose")


def test_why_of_something_without_trouble_is_short() -> None:
    why = WhyView("node/k", "n", "good for 9d", (), (), None, "", (), (), "")

    assert text(why_page(why, NOW, 80)).split("\n") == [
        "  good for 9d", "", "  WHAT HAPPENS NEXT", "  nothing is planned",
    ]  # fmt: skip


def test_why_in_ascii_is_ascii() -> None:
    assert text(why_page(a_why(ISSUE), NOW, 100, plain=True)).isascii()


@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_line_is_wider_than_the_page(width: int) -> None:
    for line in text(why_page(a_why(ISSUE), NOW, width)).splitlines()[2:]:
        assert len(line) <= max(width, 46)


@pytest.mark.parametrize(
    "view",
    [
        FLEET.nodes["toml:princeton-1"], ISSUE, FLEET.sites["kth"], FLEET.pcus["toml:kth-pdu-1"],
        next(iter(FLEET.intents.values())), FLEET.events[0],
    ],
    ids=["node", "issue", "site", "pcu", "intent", "event"],
)  # fmt: skip
def test_everything_can_be_described_and_read_as_json(view: Any) -> None:
    assert text(describe(view, NOW, 80))
    assert json.loads(text(json_page(view)))


def test_node_without_path_says_so() -> None:
    node = replace(FLEET.nodes["toml:kth-1"], power="")

    assert "none: nothing can cut its power" in text(describe(node, NOW, 80))


def test_intent_lists_its_steps() -> None:
    page = text(describe(FLEET.intents["01INTENT000000000000000001"], NOW, 80))

    assert "COMMANDS" in page
    assert "read outlet 3: ok, reads on" in page


def test_progress_tells_the_steps_in_the_order_they_came() -> None:
    intent = FLEET.intents["01INTENT000000000000000001"]
    told = (("IntentStage", "connected"), ("IntentClaimed", "claimed"), ("IntentStage", "dark"))
    steps = [replace(an_event(said), kind=kind, seq=n) for n, (kind, said) in enumerate(told, 1)]

    page = text(progress_page(intent, reversed(steps), NOW, 80))

    assert f"{intent.kind} of {intent.name} by {intent.actor}" in page
    assert page.index("02:14:30  connected") < page.index("02:14:30  dark")
    assert "claimed" not in page.partition("ACTION")[0]
    assert "COMMANDS" in page


def test_progress_of_what_is_not_heard_of_yet_is_short() -> None:
    assert text(progress_page(None, [], NOW, 80)).split("\n")[1:] == [
        "  AS IT WENT",
        "  Its steps are not known here.",
    ]


def test_what_cannot_be_described_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        describe(object(), NOW, 80)


def test_journal_is_newest_first() -> None:
    events = [replace(an_event(text_), seq=n) for n, text_ in enumerate(("fell", "rose"), 1)]

    lines = text(journal_page(events, NOW, 80)).splitlines()

    assert lines[0].endswith("rose")
    assert lines[1] == "  03-14 02:14:30  status changed    fell"


def test_empty_journal_says_so() -> None:
    assert "Nothing is known" in text(journal_page([], NOW, 80))


def test_json_has_times_as_text() -> None:
    assert json.loads(text(json_page(ISSUE)))["opened_at"] == "2026-03-13T19:14:30+00:00"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - 2 * HOUR, "2026-03-14 00:14 UTC, 2h ago"),
        (NOW + 2 * HOUR, "2026-03-14 04:14 UTC, in 2h"),
        (None, ""),
    ],
)
def test_instants_have_their_distance(at: Any, said: str) -> None:
    assert when(at, NOW) == said
