"""Texts with blanks: {outlet} in what is asked of a unit, {state} in what it shows.

What a unit shows is described by plain text and never by an expression of the operator's: `*`
stands for at most 200 characters and {state} for one word, so that no answer takes long to search.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

BLANKS: Mapping[str, str] = {
    "outlet": "the outlet as the record has it",
    "index": "its number less one, for units that count from 0",
    "two": "its number in two digits",
    "user": "the account",
    "password": "the value of the credential; in a body only",
}
"""What may be filled into a request."""

MOST = 400  # characters of one description
MOST_STARS = 4
BLANK = re.compile(r"\{([a-z_]{1,20})\}")
STATE = "{state}"
PARTS = re.compile(r"(\*|\{[a-z_]{1,20}\})")
WORD = r"(?P<state>[A-Za-z0-9_]{1,16}+)"


def fill(text: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    """The text with its blanks filled; what is no blank stays as it is."""
    return BLANK.sub(lambda found: encode(values.get(found[1], found[0])), text)


def finder(shown: str, values: Mapping[str, str]) -> re.Pattern[str]:
    """What finds the text; the word in place of {state} is its group `state`."""
    source, star = "", False
    for part in filter(None, PARTS.split(shown)):
        if part == "*":
            star = True
            continue
        piece = WORD if part == STATE else literal(part, values, before=source)
        # Atomic: what the star swallowed once is never tried again in another way.
        source += rf"(?>[\s\S]{{0,200}}?{piece})" if star else piece
        star = False
    return re.compile(source, re.IGNORECASE)


def literal(part: str, values: Mapping[str, str], *, before: str) -> str:
    """A piece of plain text; a number that is filled in is never part of a longer one."""
    name = BLANK.fullmatch(part)
    if name is None or name[1] not in values:
        return re.escape(part)
    value = values[name[1]]
    first = r"(?<!\d)" if value[:1].isdigit() and not before[-1:].isdigit() else ""
    return first + re.escape(value) + (r"(?!\d)" if value[-1:].isdigit() else "")


def misdescribed(shown: str) -> Iterator[str]:
    """What is wrong with a description of what a unit shows."""
    if len(shown) > MOST:
        yield f"it is longer than {MOST} characters"
    if shown.startswith(("*", STATE)):
        yield "it must begin with text, so that it is found at one place"
    if shown.endswith("*"):
        yield "it must not end in *, which would say nothing"
    if shown.count("*") > MOST_STARS:
        yield f"it holds more than {MOST_STARS} stars"
    if "**" in shown or "*" + STATE in shown:
        yield "between two of * and {state} must stand text"
    if shown.count(STATE) > 1:
        yield "it holds {state} twice"


def value_at(document: object, steps: Iterable[str]) -> str | None:
    """The value at the end of such steps as Outputs, ID=3, State; None where there is none."""
    for step in steps:
        document = stepped(document, step)
    if document is None or isinstance(document, dict | list):
        return None
    return document if isinstance(document, str) else json.dumps(document)


def stepped(document: object, step: str) -> object | None:
    """One step into a JSON document: a name, a place in a list, the element with a value."""
    if isinstance(document, dict):
        return document.get(step)
    if not isinstance(document, list):
        return None
    if step.isascii() and step.isdigit():
        return document[int(step)] if int(step) < len(document) else None
    name, having, value = step.partition("=")
    found = (each for each in document if having and isinstance(each, dict))
    return next((each for each in found if str(each.get(name)) == value), None)
