"""The filter's grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.tui.filter import Hay, is_subsequence, nearest, parse

HAY = Hay(
    "planetlab-1.cs.example.edu princeton down silent",
    {"name": "planetlab-1.cs.example.edu", "site": "princeton", "status": "down silent"},
)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("", True),
        ("planet", True),
        ("PLANET", True),
        ("washington", False),
        ("planet silent", True),
        ("planet washington", False),
        ("!washington", True),
        ("!princeton", False),
        ("site:prin", True),
        ("site:planet", False),
        ("status:down", True),
        ("!status:down", False),
        ("status:good", False),
        ("~plb1", True),
        ("~1blp", False),
        ("!~plb1", False),
        ("site:~pcn", True),
        ("name:planetlab-1 site:princeton !status:good", True),
        ("by:engine", False),
    ],
)
def test_filter(text: str, passes: bool) -> None:
    assert parse(text).matches(HAY) is passes


@pytest.mark.parametrize(
    ("more", "less", "narrows"),
    [
        ("planet", "plan", True),
        ("plan", "planet", False),
        ("planet silent", "silent", True),
        ("silent", "planet silent", False),
        ("!pl", "!planet", True),
        ("!planet", "!pl", False),
        ("~plb1", "~p1", True),
        ("site:prin", "site:p", True),
        ("site:prin", "status:p", False),
        ("anything", "", True),
        ("planet", "planet", True),
    ],
)
def test_what_narrows(more: str, less: str, narrows: bool) -> None:
    assert parse(more).narrows(parse(less)) is narrows


WORDS = st.builds("".join, st.tuples(*map(st.sampled_from, (["", "!"], ["", "site:"], ["", "~"]))))
FILTERS = st.lists(st.builds(str.__add__, WORDS, st.text("ab", max_size=3)), max_size=2)
TEXT = st.text("ab", max_size=5)
HAYS = st.builds(lambda site, rest: Hay(f"{rest} {site}", {"site": site}), TEXT, TEXT)


@given(more=FILTERS, less=FILTERS, hay=HAYS)
def test_what_narrows_finds_nothing_new(more: list[str], less: list[str], hay: Hay) -> None:
    narrow, wide = parse(" ".join(more)), parse(" ".join(less))
    if narrow.narrows(wide) and narrow.matches(hay):
        assert wide.matches(hay)


@pytest.mark.parametrize("half", ["!", "~", "site:", "!site:", "!~", "   "])
def test_half_typed_terms_let_everything_through(half: str) -> None:
    assert parse(half).matches(HAY)


def test_unknown_field_is_plain_text() -> None:
    assert not parse("rack:12").matches(HAY)
    assert parse("10.0.0.1:22").terms[0].needle == "10.0.0.1:22"


def test_text_is_kept_for_the_title() -> None:
    assert parse(" site:Kth ").text == "site:Kth"


def test_subsequence_needs_the_order() -> None:
    assert is_subsequence("ace", "abcde")
    assert not is_subsequence("aec", "abcde")


def test_nearest_word() -> None:
    assert nearest("princetn", ["princeton", "tum"]) == "princeton"
    assert nearest("zzz", ["princeton", "tum"]) == ""
