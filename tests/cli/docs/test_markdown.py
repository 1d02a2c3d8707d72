from plcmon.cli.docs.markdown import code, table


def test_a_table_has_a_line_for_each_row() -> None:
    assert table(("a", "b"), [("1", "2"), ("3", "4")]) == (
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    )


def test_a_bar_does_not_end_its_cell() -> None:
    assert "| x\\|y |" in table(("a",), [("x|y",)])


def test_nothing_is_not_written_as_code() -> None:
    assert (code("x"), code("")) == ("`x`", "")
