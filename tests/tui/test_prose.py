"""Prose wraps to its width with hanging lines."""

from plcmon.tui.prose import Line, bullets, content, heading, pairs, paragraph
from plcmon.tui.rows import Cell

LONG = "the quick brown fox jumps over the lazy dog and then over the fence again"


def texts(lines: list[Line]) -> list[str]:
    return ["".join(cell.text for cell in line) for line in lines]


def test_paragraph_wraps_and_stays_within() -> None:
    found = texts(list(paragraph(LONG, 40)))

    assert len(found) == 3
    assert all(line.startswith("  ") and len(line) <= 40 for line in found)
    assert " ".join(line.strip() for line in found) == LONG


def test_later_lines_hang_under_the_first() -> None:
    found = texts(list(paragraph(LONG, 40, lead=[Cell("name: ")])))

    assert found[0].startswith("  name: the")
    assert found[1].startswith("        ")


def test_control_codes_are_gone() -> None:
    assert texts(list(paragraph("a\x1b[31mb", 40))) == ["  a [31mb"]


def test_empty_values_are_left_out_of_pairs() -> None:
    found = texts(list(pairs((("site", Cell("kth")), ("cause", Cell(""))), 60)))

    assert found == ["  site          kth"]


def test_bullets_and_heading() -> None:
    assert texts([*heading("facts"), *bullets(["one", "two"], 40, dot="-")]) == [
        "", "  FACTS", "  - one", "  - two",
    ]  # fmt: skip


def test_content_carries_tones() -> None:
    found = content([[Cell("bad", "error"), Cell(" plain")]])

    assert found.plain == "bad plain"
    assert str(found.spans[0].style) == "bold $error"
