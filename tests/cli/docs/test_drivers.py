"""The table of families is made from their cards."""

from pathlib import Path

from plcmon.cli.docs.drivers import family_table, renew, row
from plcmon.drivers.registry import FAMILIES

PAGE = (Path(__file__).parents[3] / "docs" / "drivers.md").read_text()


def test_page_is_current() -> None:
    """`make docs` makes it so."""
    assert renew(PAGE) == PAGE


def test_every_family_has_its_row() -> None:
    rows = family_table().splitlines()[2:]

    assert [line.split("`")[1] for line in rows] == list(FAMILIES)


def test_a_row_says_what_a_record_needs_and_what_was_tried() -> None:
    assert "the option `program`" in row(FAMILIES["command"])[5]
    assert row(FAMILIES["apc"])[6] == "a virtual unit"
    assert "ipmi_sim" in row(FAMILIES["ipmi"])[6]


def test_a_less_safe_transport_is_marked() -> None:
    assert row(FAMILIES["redfish"])[2] == "https 443, http 80 if named"


def test_every_own_cycle_is_explained_below() -> None:
    """By hand, since no card says why; the table must not say otherwise."""
    explained = PAGE.partition("| family | own cycle |")[2].partition("\n\n")[0]

    cycling = [family.name for family in FAMILIES.values() if family.native_cycle]
    assert [name for name in cycling if f"`{name}`" not in explained] == []
