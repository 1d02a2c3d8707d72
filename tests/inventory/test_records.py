from ipaddress import ip_address
from random import Random

import pytest
from pydantic import ValidationError

from plcmon.inventory.records import (
    ONE_MACHINE,
    RECORDS,
    ContactRecord,
    PcuRecord,
    SiteRecord,
    check_id,
    did_you_mean_zone,
)


@pytest.mark.parametrize("text", ["n01", "planetlab-1.cs", "a_b", "7"])
def test_ids_are_plain_words(text: str) -> None:
    assert check_id(text) == ""


@pytest.mark.parametrize("text", ["", "a b", "-x", "a/b", "a:b", "x" * 65, "é"])
def test_other_ids_are_refused(text: str) -> None:
    assert check_id(text).startswith("an id has letters")


def test_zones_are_found_in_any_case() -> None:
    assert did_you_mean_zone("europe/paris") == "did you mean Europe/Paris?"
    assert did_you_mean_zone("xyzzy") == ""


@pytest.mark.parametrize("code", ["\r\n", "\x1b[2J", "\x00", "\x85", "\u2028", "\u202e"])
def test_what_is_shown_or_typed_at_a_unit_has_no_control_codes(code: str) -> None:
    for field in ("name", "user", "model"):
        with pytest.raises(ValidationError, match="a line break or a control code"):
            PcuRecord(site="s", family="apc", **{field: f"apc{code}off 3"})
    with pytest.raises(ValidationError, match="a line break or a control code"):
        SiteRecord(name=f"Uni{code}")
    with pytest.raises(ValidationError, match="not a mail address"):
        ContactRecord(email="a\x1bb@x.org", roles=frozenset({"tech"}))


def test_every_table_has_its_record() -> None:
    assert set(RECORDS) == {"profiles", "sites", "pcus", "nodes"}


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_address_is_one_for_the_library_too(seed: int) -> None:
    chance = Random(seed)
    words = ["0", "00", "01", "1", "9", "10", "127", "223", "224", "239", "240", "255", "256", ""]
    for _ in range(500):
        text = ".".join(chance.choice(words) for _ in range(chance.choice((3, 4, 4, 4, 5))))
        if ONE_MACHINE.fullmatch(text):
            found = ip_address(text)
            assert str(found) == text
            assert not found.is_multicast
            assert not found.is_unspecified
