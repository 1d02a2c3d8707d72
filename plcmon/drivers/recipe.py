"""Recipes: units of web pages, each described by a few requests and by what they show.

A request is one line: `POST /cm cmnd=Power{outlet}`, method, address and, after a space, a body.
What a body is made of shows in its first character: JSON, or else a form.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from plcmon.drivers import https
from plcmon.drivers.base import Call, Control
from plcmon.drivers.blanks import STATE, fill, finder, value_at
from plcmon.drivers.challenge import WAYS
from plcmon.drivers.mask import MASK, clean
from plcmon.drivers.situations import DeniedError, NoSuchOutletError
from plcmon.errors import (
    DeviceError,
    DialogueError,
    LoginError,
    RefusedError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState

MOST_LINES = 60  # of one answer, in a transcript
WIDTH = 200
HEX = re.compile(r"[0-9A-Fa-f]{1,16}")
WHOLE = "."
ABSENT = frozenset({404, 405, 501})  # nothing of the kind is there


class Request(NamedTuple):
    """One line of a recipe, taken apart."""

    method: str
    path: str
    body: str

    @classmethod
    def of(cls, line: str) -> "Request":
        method, _, rest = line.partition(" ")
        path, _, body = rest.partition(" ")
        return cls(method, path, body)

    @property
    def kind(self) -> str:
        """What the body is made of."""
        if self.body.startswith(("{", "[")):
            return "application/json"
        return "application/x-www-form-urlencoded"

    def filled(self, values: Mapping[str, str]) -> "Request":
        inside = in_json if self.kind == "application/json" else quote_plus
        path = fill(self.path, values, lambda value: quote(value, safe=""))
        return Request(self.method, path, fill(self.body, values, inside))


def in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


class Sign(NamedTuple):
    """A status, a text, or both, by which an answer tells of something."""

    kind: type[DeviceError]
    why: str
    status: int = 0  # 0: any
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where an answer shows the state of an outlet, and its words for it."""

    at: str  # text around {state}, or else the path of a value in a JSON document
    on: tuple[str, ...] = ("on", "1", "true")
    off: tuple[str, ...] = ("off", "0", "false")
    between: tuple[str, ...] = ()  # neither yet
    alone: str = ""  # text around {state} where a unit with a single outlet shows it
    bits: bool = False  # the word is a hexadecimal number, of which outlet 1 is the lowest bit

    def word(self, text: str, values: Mapping[str, str]) -> str | None:
        """The word for the outlet; None where it is not shown."""
        if STATE not in self.at:
            return in_document(text, [fill(step, values, str) for step in steps_of(self.at)])
        found = finder(self.at, values).search(text)
        if found is None and self.alone and values["outlet"] == "1":
            found = finder(self.alone, values).search(text)
        if found is None or not self.bits:
            return found and found["state"]
        return bit(found["state"], int(values["index"]))

    def state(self, word: str) -> PowerState | None:
        """What the word means; None when it means nothing we know."""
        if word.lower() in self.on:
            return PowerState.ON
        if word.lower() in self.off:
            return PowerState.OFF
        return PowerState.UNKNOWN if word.lower() in self.between else None


def steps_of(path: str) -> list[str]:
    """`Outputs/ID=3/State` in steps; a dot is the whole document."""
    return [] if path == WHOLE else path.split("/")


def in_document(text: str, steps: Iterable[str]) -> str | None:
    """A value of a JSON document; None also where the text is none."""
    try:
        return value_at(json.loads(text), steps)
    except (ValueError, RecursionError):
        return None


def bit(digits: str, place: int) -> str | None:
    """One bit of a hexadecimal number, as far as its digits go."""
    if not HEX.fullmatch(digits) or place >= 4 * len(digits):
        return None
    return str(int(digits, 16) >> place & 1)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of unit."""

    test: str  # harmless, and only for who may log in
    on: str
    off: str
    read: str = ""  # empty: an outlet cannot be read
    shown: Shown = Shown("")
    lists: str = ""  # what an answer to `read` shows that shows outlets, if not this one
    cycle: str = ""  # only where it ends with the outlet on
    inside: str = ""  # what the answer to `test` shows
    accepted: str = ""  # what the answer to a switching request shows
    signs: tuple[Sign, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    numbered: bool = True  # outlets are numbers from 1


class Appliance:
    """One unit; login finds out which of the recipes is its own."""

    def __init__(self, call: Call, browser: https.Browser, recipes: Sequence[Recipe]) -> None:
        self.seen = ""
        self._call = call
        self._browser = browser
        self._recipes = recipes
        self._recipe = recipes[0]

    async def login(self) -> None:
        doing = "logging in"
        line = ""
        for recipe in self._recipes:
            if recipe.test != line:
                line = recipe.test
                answer = await self._ask(line, self._values(), doing)
            self._recipe = recipe
            if answer.status in ABSENT:
                continue
            if finder(recipe.inside, {}).search(answer.text) or answer.status != 200:
                break
            if self._sign(answer, self._values()):
                break
        self._judge(answer, self._values(), doing, shows=self._recipe.inside)
        offers = self._call.offers
        offers.cycle, offers.read = bool(self._recipe.cycle), bool(self._recipe.read)

    async def read(self, outlet: str) -> PowerState:
        if not self._recipe.read:
            return PowerState.UNKNOWN
        doing = f"reading outlet {outlet}"
        values = self._values(outlet, doing)
        answer = await self._ask(self._recipe.read, values, doing)
        self._judge(answer, values, doing)
        return self._state(answer.text, values, doing)

    async def switch(self, outlet: str, state: PowerState) -> None:
        line = self._recipe.on if state is PowerState.ON else self._recipe.off
        await self._commit(line, outlet, f"switching outlet {outlet} {state.value}", state)

    async def cycle(self, outlet: str) -> None:
        doing = f"cycling outlet {outlet}"
        if not self._recipe.cycle:
            raise UnsupportedError(self._call.peer, doing, "it has no cycle that ends on")
        await self._commit(self._recipe.cycle, outlet, doing, PowerState.OFF)

    async def logout(self) -> None:
        """Every request ends its own login."""

    async def _commit(self, line: str, outlet: str, doing: str, state: PowerState) -> None:
        """The one request that switches; it is never repeated."""
        values = self._values(outlet, doing)
        if state is PowerState.OFF:
            # An outlet that the unit does not show is not switched; what is dark must be lit.
            await self.read(outlet)
        answer = await self._ask(line, values, doing, commit=True)
        self._judge(answer, values, doing, shows=self._recipe.accepted)

    def _values(self, outlet: str = "", doing: str = "") -> dict[str, str]:
        values = {"user": self._call.pcu.user, "password": self._call.password}
        if not outlet:
            return values
        number = int(outlet) if outlet.isascii() and outlet.isdigit() and len(outlet) < 6 else 0
        if not number and self._recipe.numbered:
            raise NoSuchOutletError(self._call.peer, doing, "its outlets are numbers from 1")
        return {**values, "outlet": outlet, "index": str(number - 1), "two": f"{number:02}"}

    async def _ask(
        self, line: str, values: Mapping[str, str], doing: str, *, commit: bool = False
    ) -> https.Answer:
        call = self._call
        told = fill(line, {**values, "password": MASK}, str)
        call.tell("> " + call.mask(clean(told)))
        request = Request.of(line).filled(values)
        headers = dict(self._recipe.headers)
        if request.body:
            headers["Content-Type"] = request.kind
        call.point.passed = commit
        method, path, body = request
        answer = await self._browser.send(method, path, body, doing=doing, headers=headers)
        said = call.mask(clean(answer.text))
        lines = [part.strip()[:WIDTH] for part in said.split("\n") if part.strip()]
        self.seen = " ".join([str(answer.status), *lines[:1]])[:80]
        for part in (str(answer.status), *lines[:MOST_LINES]):
            call.tell(f"< {part}")
        return answer

    def _judge(
        self, answer: https.Answer, values: Mapping[str, str], doing: str, *, shows: str = ""
    ) -> None:
        """Raise unless the unit is content and shows what it should."""
        peer, status = self._call.peer, answer.status
        if sign := self._sign(answer, values):
            raise sign.kind(peer, doing, sign.why)
        if status == 401:
            raise LoginError(peer, doing, "credentials refused")
        if status == 403:
            raise DeniedError(peer, doing, "it answers 403")
        if 400 <= status < 500 and self._call.point.passed:
            raise RefusedError(peer, doing, f"it answers {self.seen}")
        if not 200 <= status < 300:
            raise DialogueError(peer, doing, f"it answers {self.seen}")
        if not finder(shows, values).search(answer.text):
            raise DialogueError.unexpected(peer, doing, expected=shows, seen=self.seen)

    def _sign(self, answer: https.Answer, values: Mapping[str, str]) -> Sign | None:
        """What the answer tells of, where it does."""
        for sign in self._recipe.signs:
            if sign.kind is NoSuchOutletError and "outlet" not in values:
                continue
            if sign.status in (0, answer.status) and finder(sign.shows, values).search(answer.text):
                return sign
        return None

    def _state(self, text: str, values: Mapping[str, str], doing: str) -> PowerState:
        shown, lists, peer = self._recipe.shown, self._recipe.lists, self._call.peer
        word = shown.word(text, values)
        if word is None and lists and finder(lists, values).search(text):
            raise NoSuchOutletError(peer, doing, "it shows no such outlet")
        state = None if word is None else shown.state(word)
        if state is None:
            expected = fill(shown.at, values, str)
            raise DialogueError.unexpected(peer, doing, expected=expected, seen=self.seen)
        return state


def drive(
    recipes: Callable[[Call], Sequence[Recipe]], *, auth: Callable[[Call], str] = lambda _: "asked"
) -> Callable[[Call], AbstractAsyncContextManager[Control]]:
    """The `connect` of a family of recipes."""

    @asynccontextmanager
    async def connect(call: Call) -> AsyncIterator[Control]:
        async with https.connect(call, *WAYS[auth(call)](call)) as browser:
            yield Appliance(call, browser, recipes(call))

    return connect
