"""Which of our address families is lost, and whose silence it casts doubt on."""

import pytest

from plcmon.model.policy import Canaries
from plcmon.model.subjects import Endpoint, Node, NodeKey, SiteKey
from plcmon.scanner.families import Families, version_of

RULES = Canaries()
FOUR = [Endpoint(f"192.0.2.{n}", 53) for n in range(1, 5)]
SIX = Endpoint("2001:db8::53", 53)
NAMED = Endpoint("canary.example.org", 53)


def node(*addresses: str) -> Node:
    return Node(NodeKey("toml:n"), "n.example.org", SiteKey("s"), addresses)


ONLY_FOUR, ONLY_SIX = node("192.0.2.9"), node("2001:db8::9")
BOTH = node("192.0.2.9", "2001:db8::9")


def rounds(*sixes: bool) -> Families:
    """Every other canary answers in each round."""
    families = Families()
    for six in sixes:
        families.note({**dict.fromkeys([*FOUR, NAMED], True), SIX: six}, RULES)
    return families


def test_while_all_answer_no_silence_is_in_doubt() -> None:
    families = rounds(True)

    assert not any(families.doubts(one) for one in (ONLY_FOUR, ONLY_SIX, BOTH))
    assert families.why_lost() == ""


def test_a_lost_family_casts_doubt_on_whoever_has_an_address_of_it() -> None:
    families = rounds(False)

    assert families.doubts(ONLY_SIX)
    assert families.doubts(BOTH)  # it may be up where we cannot see it
    assert not families.doubts(ONLY_FOUR)
    assert families.why_lost() == "0 of 1 IPv6 canaries answer"


@pytest.mark.parametrize(("good", "lost"), [(1, True), (2, True), (3, False)])
def test_three_good_rounds_in_a_row_end_it(good: int, lost: bool) -> None:
    assert rounds(False, *[True] * good).doubts(ONLY_SIX) is lost


def test_a_bad_round_begins_the_row_anew() -> None:
    assert rounds(False, True, True, False, True).doubts(ONLY_SIX)


def test_a_canary_of_many_that_is_gone_itself_loses_nothing() -> None:
    families = Families()
    families.note({**dict.fromkeys(FOUR[1:], True), FOUR[0]: False}, RULES)

    assert families.why_lost() == ""


def test_canaries_with_names_belong_to_no_family() -> None:
    families = Families()
    families.note({NAMED: False}, RULES)

    assert families.why_lost() == ""
    assert (version_of("192.0.2.1"), version_of("::1"), version_of("a.example")) == (4, 6, 0)
