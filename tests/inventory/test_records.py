import pytest

from plcmon.inventory.records import RECORDS, check_id, did_you_mean_zone


@pytest.mark.parametrize("text", ["n01", "planetlab-1.cs", "a_b", "7"])
def test_ids_are_plain_words(text: str) -> None:
    assert check_id(text) == ""


@pytest.mark.parametrize("text", ["", "a b", "-x", "a/b", "a:b", "x" * 65, "é"])
def test_other_ids_are_refused(text: str) -> None:
    assert check_id(text).startswith("an id has letters")


def test_zones_are_found_in_any_case() -> None:
    assert did_you_mean_zone("europe/paris") == "did you mean Europe/Paris?"
    assert did_you_mean_zone("xyzzy") == ""


def test_every_table_has_its_record() -> None:
    assert set(RECORDS) == {"profiles", "sites", "pcus", "nodes"}
