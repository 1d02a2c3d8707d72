from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from plcmon.cli.table import Column, cut, render


@dataclass
class Row:
    name: str
    count: int
    why: str


ROWS = [Row("alpha", 5, "because of a long reason that goes on"), Row("b", 12345, "short")]
COLUMNS = [
    Column("NAME", lambda r: r.name),
    Column("COUNT", lambda r: str(r.count), right=True, drop=1),
    Column("WHY", lambda r: r.why, least=12),
]


def test_numbers_stand_right_and_texts_left() -> None:
    assert render(COLUMNS, ROWS, None) == [
        "NAME   COUNT  WHY",
        "alpha      5  because of a long reason that goes on",
        "b      12345  short",
    ]


def test_long_columns_shrink_first() -> None:
    assert render(COLUMNS, ROWS, 30) == [
        "NAME   COUNT  WHY",
        "alpha      5  because of a l..",
        "b      12345  short",
    ]


def test_then_columns_are_dropped() -> None:
    assert render(COLUMNS, ROWS, 20)[0] == "NAME   WHY"


@given(st.integers(min_value=21, max_value=200))
def test_lines_fit_any_sensible_width(width: int) -> None:
    assert max(len(line) for line in render(COLUMNS, ROWS, width)) <= width


def test_control_codes_do_not_reach_the_terminal() -> None:
    rows = [Row("a\x1b[2Jb\x07", 1, "x\ny")]

    assert render(COLUMNS, rows, None)[1] == "a [2Jb      1  x y"


def test_cut_marks_what_is_missing() -> None:
    assert (cut("abcdef", 6), cut("abcdefg", 6), cut("abc", 1)) == ("abcdef", "abcd..", ".")
