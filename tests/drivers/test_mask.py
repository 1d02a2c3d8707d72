"""Cleaning and masking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.drivers.mask import MASK, Mask, clean


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("a\r\nb", "a\nb"),
        ("a\n\rb", "a\nb"),
        ("a\r\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\r\n\r\nb", "a\n\nb"),
        ("\x1b[2J\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\xff\xfb\x01\xff\xfa\x18\x00VT100\xff\xf0login", "login"),
        ("bell\x07 null\x00 c1\x9b", "bell null c1"),
    ],
)
def test_noise_is_taken_out(raw: str, plain: str) -> None:
    assert clean(raw) == plain


@given(st.text(max_size=300))
def test_what_is_clean_has_no_control_codes(raw: str) -> None:
    assert not [c for c in clean(raw) if ord(c) < 32 and c != "\n"]
    assert "\x1b" not in clean(raw)


@pytest.mark.parametrize(
    "shown",
    [
        'p<a>"ss&',
        "p&lt;a&gt;&quot;ss&amp;",
        "p%3Ca%3E%22ss%26",
        "cDxhPiJzcyY=",
        'p<a>\\"ss&',
    ],
)
def test_every_disguise_is_hidden(shown: str) -> None:
    assert Mask('p<a>"ss&')(f"x {shown} y") == f"x {MASK} y"


def test_a_secret_echoed_byte_by_byte_is_hidden() -> None:
    assert Mask("grün")("grün".encode().decode("latin-1")) == MASK


def test_without_a_secret_nothing_is_hidden() -> None:
    assert Mask("", "")("as it was") == "as it was"


@given(st.text("abc", min_size=1, max_size=5), st.text("abcd", max_size=60))
def test_the_secret_is_never_left(secret: str, text: str) -> None:
    assert secret not in Mask(secret)(text)


def test_a_space_in_a_form_is_masked_too() -> None:
    assert Mask("a b")("pwd=a+b&x") == f"pwd={MASK}&x"
