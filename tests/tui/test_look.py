"""Every word has a glyph, an ASCII glyph and a tone that exists."""

from enum import StrEnum

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.decisions import Pass
from plcmon.model.intents import IntentState
from plcmon.model.issues import Verdict
from plcmon.model.readings import Evidence, Mark
from plcmon.tui import look
from plcmon.tui.look import TONES, Level, Look, counts, look_of, wants_ascii, why_not

TABLES = (
    look.STATUS, look.EVIDENCE, look.INTENT, look.VERDICT, look.GATE, look.MARKS, look.LEVELS,
    look.WORRY,
)  # fmt: skip
EVERY = {id(shown): shown for table in TABLES for shown in table.values()}.values()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (look.STATUS, Status),
        (look.EVIDENCE, Evidence),
        (look.INTENT, IntentState),
        (look.VERDICT, Verdict),
        (look.GATE, Pass),
        (look.MARKS, Mark),
    ],
    ids=["status", "evidence", "intent", "verdict", "gate", "mark"],
)
def test_every_word_of_the_domain_has_a_look(table: dict[str, Look], words: type[StrEnum]) -> None:
    assert set(table) == {word.value for word in words}


@pytest.mark.parametrize("shown", EVERY, ids=lambda shown: shown.glyph)
def test_tone_exists_and_ascii_is_ascii(shown: Look) -> None:
    assert shown.tone in TONES
    assert shown.ascii.isascii()


def test_levels_differ_by_glyph_alone() -> None:
    for plain in (True, False):
        assert len({one.mark(plain=plain) for one in look.LEVELS.values()}) == len(Level)


def test_gate_answers_differ_by_glyph_alone() -> None:
    for plain in (True, False):
        assert len({one.mark(plain=plain) for one in look.GATE.values()}) == 3


def test_no_glyph_is_an_emoji() -> None:
    assert all(ord(letter) < 0x1F000 for shown in EVERY for letter in shown.glyph)


def test_unknown_word_is_shown_as_unsure() -> None:
    assert look_of(look.STATUS, "quantum").level is Level.UNSURE


def test_counts_add_up_to_all() -> None:
    statuses = {"good": 30, "online": 6, "offline": 3, "failboot": 1, "new": 2, "disabled": 4}

    found = counts(statuses)

    assert sum(found.values()) == sum(statuses.values())
    assert found[Level.WELL] == 36


def test_colour_is_for_worry_only() -> None:
    assert look_of(look.STATUS, "good").tone == "plain"


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_US.UTF-8"}, False),
        ({"TERM": "xterm-256color", "LANG": "C.utf8"}, False),
        ({"TERM": "xterm-256color", "LANG": "C"}, True),
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "linux", "LANG": "en_US.UTF-8"}, True),
        ({"TERM": "screen", "LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"TERM": "screen", "LC_ALL": "", "LANG": "en_US.UTF-8"}, False),
    ],
)
def test_ascii_where_the_terminal_cannot_do_more(
    environment: dict[str, str], ascii_only: bool
) -> None:
    assert wants_ascii(environment) is ascii_only


@pytest.mark.parametrize(
    ("term", "tty", "refused"),
    [("xterm", True, False), ("dumb", True, True), ("", True, True), ("xterm", False, True)],
)
def test_screen_is_refused_where_none_can_be_shown(term: str, tty: bool, refused: bool) -> None:
    assert bool(why_not({"TERM": term}, tty=tty)) is refused
