"""Texts with blanks: what is filled in, what is found, how long it may take."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.drivers.blanks import fill, finder, misdescribed, value_at

THREE = {"outlet": "3", "two": "03", "index": "2"}
PAGE = 'socket(13,"a",1,0);\r\nsocket(3,"b, \\"c",0,0);\r\nsocket(31,"d",1,0);'


def test_what_is_no_blank_stays_as_it_is() -> None:
    assert fill('{"id":{index},"x":{y}}', THREE, str) == '{"id":2,"x":{y}}'


def test_what_is_filled_in_is_encoded() -> None:
    assert fill("a={outlet}", {"outlet": "{index}&"}, lambda value: value.upper()) == "a={INDEX}&"


@pytest.mark.parametrize(
    ("shown", "text", "word"),
    [
        ('socket({outlet},"*",{state},', PAGE, "0"),
        ("M0:O{outlet}={state}", "M0:O13=On M0:O3=Off", "Off"),
        ("P{two}={state}", "p01=0 <br>p03=1 <br>", "1"),
        ("{outlet}:{state}", "13:on 3:off", "off"),
        ("outlet {outlet} is {state}", "Outlet 3 is\tON. outlet 3 is on", "on"),
        ("a*b*{outlet}={state}", "a..b..13=x 3=y", "y"),
        ("x={state}", "x=<", None),
        ("3*{outlet}", "nothing", None),
    ],
)
def test_a_word_is_found_beside_its_own_outlet(shown: str, text: str, word: str | None) -> None:
    found = finder(shown, THREE).search(text)

    assert (found["state"] if found else None) == word


def test_a_star_reaches_two_hundred_characters() -> None:
    assert finder("a*b", {}).search("a" + "." * 200 + "b")
    assert not finder("a*b", {}).search("a" + "." * 201 + "b")


@given(st.text(alphabet="a*b{}stae()[]\\+?.|^$", max_size=60), st.text("ab", max_size=200))
def test_any_description_is_plain_text(shown: str, text: str) -> None:
    if not list(misdescribed(shown)):
        finder(shown, THREE).search(text)


def test_the_worst_answer_to_the_worst_description_does_not_take_long() -> None:
    began = time.process_time()
    finder("a*a*a*a*ab{state}!", {}).search("a" * 64 * 1024)

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("*x", "begin with text"),
        ("{state} on", "begin with text"),
        ("x*", "not end in"),
        ("x**y", "must stand text"),
        ("x*{state}", "must stand text"),
        ("x {state} {state}", "twice"),
        ("x*" * 5 + "x", "more than 4 stars"),
        ("x" * 401, "longer than 400"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(shown: str, words: str) -> None:
    assert words in "; ".join(misdescribed(shown))


DOCUMENT = {"Outputs": [{"ID": 1, "State": 0}, {"ID": 3, "State": 1}], "on": True, "n": None}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Outputs/ID=3/State", "1"),
        ("Outputs/0/State", "0"),
        ("on", "true"),
        ("Outputs/7/State", None),
        ("Outputs/ID=4/State", None),
        ("Outputs/State", None),
        ("Outputs", None),
        ("on/x", None),
        ("n", None),
    ],
)
def test_a_value_is_found_at_its_path(path: str, value: str | None) -> None:
    assert value_at(DOCUMENT, path.split("/")) == value


def test_a_document_may_be_a_value_alone() -> None:
    assert value_at(json.loads("true"), []) == "true"
