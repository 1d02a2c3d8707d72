"""What comes from outside reaches a mail without its teeth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.mail.text import MOST_LINES, few_lines, one_line


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        pytest.param("tcp 22 open", "tcp 22 open", id="plain"),
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]0;title\x07rest", "rest", id="window title"),
        pytest.param("\x1b]8;;http://x\x1b\\link", "link", id="hyperlink"),
        pytest.param("a\r\nBcc: all@example.org", "a Bcc: all@example.org", id="header break"),
        pytest.param("a\x00b\x7fc\x9bd", "abcd", id="control codes"),
        pytest.param("user\u202etxt.exe", "usertxt.exe", id="direction override"),
        pytest.param("a\u2028b\u2029c", "a b c", id="unicode line breaks"),
        pytest.param("  many   spaces ", "many spaces", id="spaces"),
        pytest.param("TU München", "TU München", id="letters of the world"),
    ],
)
def test_one_line(raw: str, clean: str) -> None:
    assert one_line(raw) == clean


def test_a_long_line_ends_with_an_ellipsis() -> None:
    assert one_line("x" * 20, most=10) == "x" * 9 + "…"


@given(st.text())
def test_no_line_break_and_no_control_code_survives(text: str) -> None:
    line = one_line(text)

    assert line.isprintable()
    assert line == line.strip()


def test_lines_stay_lines_and_empty_ones_go() -> None:
    assert few_lines("a\r\n\n  b\x1b[0m\n") == "a\nb"


def test_a_flood_of_lines_is_cut_and_says_so() -> None:
    lines = few_lines("\n".join(map(str, range(MOST_LINES + 5)))).splitlines()

    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "(and 5 more lines)"
