"""Any unit of web pages, described by the record itself: what to ask, and what it shows.

Tested:   a virtual unit with forms; whatever real one an operator describes.
Assumes:  the record is right; `plcmon pcu test` shows what the unit says to it.
Session:  none; requests are independent of one another.
Source:   the record's options.

A request is one line, `METHOD /address body`. What the unit shows is plain text with `*` and
{state}, see blanks.py, or the path of a value in a JSON document. The password is filled into a
body or shown as `auth` says; in an address it would stand in every log on the way.
"""

import re
from collections.abc import Iterator, Mapping

from plcmon.drivers.base import Call, Family
from plcmon.drivers.blanks import BLANK, BLANKS, STATE, misdescribed
from plcmon.drivers.challenge import WAYS
from plcmon.drivers.recipe import Recipe, Request, Shown, Sign, drive
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import LoginError
from plcmon.model.subjects import Pcu, Transport

METHODS = ("GET", "POST", "PUT", "PATCH")
SWITCHING = ("on", "off", "cycle")
REQUESTS = ("test", "read", *SWITCHING)
SHOWN = ("inside", "accepted", "refused", "absent", "lists")
OPTIONS: Mapping[str, str] = {
    "test": "a request that changes nothing, and only for who may log in (required)",
    "on": "the request that switches an outlet on (required)",
    "off": "the request that switches an outlet off (required)",
    "cycle": "the request for its own off-wait-on, only if that always ends with the outlet on",
    "read": "a request whose answer shows the state; without it the state stays unknown",
    "state": "where: text around {state}, or the path of a JSON value, like `ison`",
    "on-words": "what it calls on; without it: on, 1, true",
    "off-words": "what it calls off; without it: off, 0, false",
    "lists": "text that shows that an answer lists outlets, so that a missing one is not there",
    "inside": "text that the answer to `test` shows",
    "accepted": "text that the answer to a switching request shows",
    "refused": "text by which a page tells that the login was refused",
    "absent": "text by which a page tells that there is no such outlet",
    "auth": f"how the credentials are shown: {', '.join(WAYS)}; without it: asked",
    "headers": "further headers, as `NAME: VALUE; NAME: VALUE`",
}
LONGEST = 400  # characters of a request
HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,40}): {0,5}([\x20-\x3a\x3c-\x7e]{1,200})")
OURS = re.compile(r"auth|cookie|token|key|secret|pass|^(?:host|connection|content-length)$")
ADDRESS = re.compile(r"/[\x21-\x7e]{0,399}")
WORDS = re.compile(r"[A-Za-z0-9_]{1,16}(?:, ?[A-Za-z0-9_]{1,16}){0,7}")
SECRET = re.compile(
    r"(?<![a-z])(?:pass|passwd|password|pwd|token|secret)[\"']?\s{0,5}[=:]", re.IGNORECASE
)
WRITTEN = re.compile(SECRET.pattern + r"\s{0,5}[\"']?(?!\{password\})[^\"'&\s]", re.IGNORECASE)
SHOW_CREDENTIALS = frozenset({"basic", "digest", "bearer"})


def recipe_of(options: Mapping[str, str]) -> Recipe:
    """The recipe that the options of a sound record tell."""
    signs = (
        (Sign(LoginError, "credentials refused", shows=options.get("refused", "")), "refused"),
        (Sign(NoSuchOutletError, "it says so", shows=options.get("absent", "")), "absent"),
    )
    asked = " ".join(options.get(name, "") for name in REQUESTS)
    return Recipe(
        test=options["test"],
        on=options["on"],
        off=options["off"],
        read=options.get("read", ""),
        shown=Shown(
            options.get("state", ""),
            on=words(options.get("on-words", "on, 1, true")),
            off=words(options.get("off-words", "off, 0, false")),
        ),
        lists=options.get("lists", ""),
        cycle=options.get("cycle", ""),
        inside=options.get("inside", ""),
        accepted=options.get("accepted", ""),
        signs=tuple(sign for sign, name in signs if name in options),
        headers=dict(HEADER.findall(options.get("headers", ""))),
        numbered="{index}" in asked or "{two}" in asked,
    )


def words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.split(","))


def check(pcu: Pcu) -> Iterator[str]:
    """What is wrong with the texts of the options, each with its name and what is allowed."""
    options = pcu.options
    for name in REQUESTS:
        if name in options:
            yield from (f"{name}: {wrong}" for wrong in mistaken(options[name]))
    for name in SHOWN:
        if name in options:
            yield from (f"{name}: {wrong}" for wrong in misdescribed(options[name]))
    yield from harmful(options)
    yield from unreadable(options)
    yield from unheard(options)
    yield from anonymous(pcu)


def mistaken(line: str) -> Iterator[str]:
    """What is wrong with one request."""
    method, path, body = Request.of(line)
    if method not in METHODS:
        yield f"{method!r} is no method; allowed: {', '.join(METHODS)}"
    if not ADDRESS.fullmatch(path):
        yield f"{path!r} is no address; it begins with / and holds no space: write %20"
    if len(line) > LONGEST:
        yield f"it is longer than {LONGEST} characters"
    if "{password}" in path or SECRET.search(path):
        yield "a secret has no place in an address; put it into the body, or use auth"
    if WRITTEN.search(body):
        yield "a secret has no place in a record; write {password} and name a credential"
    allowed = ", ".join(f"{{{blank}}}" for blank in BLANKS)
    for name in BLANK.findall(line):
        if name not in BLANKS:
            yield f"{{{name}}} is no blank; allowed: {allowed}"


def harmful(options: Mapping[str, str]) -> Iterator[str]:
    """A test that switches would be the worst of all mistakes."""
    switching = {options[name]: name for name in SWITCHING if name in options}
    for name in ("test", "read"):
        if options.get(name) in switching:
            yield f"{name}: it is the request of {switching[options[name]]}, which is not harmless"
    if "on" in options and options["on"] == options.get("off"):
        yield "off: it is the request of on; a toggle is not driven, because it shows no state"
    if "{outlet}" in (test := options.get("test", "")) or "{index}" in test or "{two}" in test:
        yield "test: it is asked before any outlet is chosen, so it names none"


def unreadable(options: Mapping[str, str]) -> Iterator[str]:
    """Whether a state could be found."""
    state = options.get("state", "")
    if ("read" in options) != bool(state):
        yield "read and state: one makes no sense without the other"
    if STATE in state:
        yield from (f"state: {wrong}" for wrong in misdescribed(state))
    elif state and any(mark in state for mark in "*<> "):
        yield f"state: {state!r} is neither text around {{state}} nor the path of a JSON value"
    spoken = {name: options[name] for name in ("on-words", "off-words") if name in options}
    for name, text in spoken.items():
        if not WORDS.fullmatch(text):
            yield f"{name}: {text!r} is no list of words; write for example closed, 1"
    both = {"on-words": "on, 1, true", "off-words": "off, 0, false"} | spoken
    if twice := set(words(both["on-words"])) & set(words(both["off-words"])):
        yield f"on-words and off-words: both hold {min(twice)!r}"


def unheard(options: Mapping[str, str]) -> Iterator[str]:
    """Headers that could not be sent, or that are not for a record to say."""
    for text in filter(None, options.get("headers", "").split(";")):
        header = HEADER.fullmatch(text.strip())
        if header is None:
            yield f"headers: {text.strip()!r} is no header; write for example X-CSRF: x"
        elif OURS.search(header[1].lower()) or "{" in header[2]:
            yield f"headers: {header[1]} is not for a record to set; credentials go by auth"


def anonymous(pcu: Pcu) -> Iterator[str]:
    """Credentials that are asked for and not there."""
    auth = pcu.options.get("auth", "asked")
    if auth not in WAYS:
        yield f"auth: {auth!r} is unknown; allowed: {', '.join(WAYS)}"
    filled = any("{password}" in pcu.options.get(name, "") for name in REQUESTS)
    if not pcu.credential and (filled or auth in SHOW_CREDENTIALS):
        yield f"auth: {auth} needs a credential, and the record names none"


def recipes(call: Call) -> tuple[Recipe]:
    return (recipe_of(call.pcu.options),)


FAMILY = Family(
    name="http",
    title="any unit of web pages, as the record describes it",
    transports=(Transport("https", 443),),
    also=(Transport("http", 80),),
    connect=drive(recipes, auth=lambda call: call.option("auth", "asked")),
    needs=frozenset({"host"}),
    options=OPTIONS,
    required=frozenset({"test", "on", "off"}),
    check=check,
    native_cycle=True,
)
