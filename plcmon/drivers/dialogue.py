"""A conversation in lines: say, expect, commit. Knows no device and sets no deadline.

Prompts are believed only after a short silence, since screens arrive in pieces and a prompt's text
may stand in the middle of one. What the unit says is capped, cleaned of control codes, and every
secret in it is masked before anyone sees it.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from plcmon.drivers.base import Commitment, Link, LinkLostError
from plcmon.drivers.mask import UNFINISHED, Mask, clean
from plcmon.errors import DeviceError, DialogueError, OutcomeUnknownError, UnreachableError

CAP = 64 * 1024  # characters heard without finding what was expected
UNFINISHED_CAP = 256  # characters; a longer escape sequence is none
QUIET = 0.1  # seconds; the pieces of one screen come closer together than this
TAIL = 80  # characters of the last line in an error


@dataclass(frozen=True, slots=True)
class Cue:
    """Something a unit may say. A pattern that ends in `$` is a prompt: the unit waits there."""

    name: str  # for people, with its article
    pattern: re.Pattern[str]

    @property
    def is_prompt(self) -> bool:
        return self.pattern.pattern.endswith("$")


def cue(name: str, pattern: str) -> Cue:
    """A cue; in one that is no prompt, `^` means the start of any line."""
    return Cue(name, re.compile(pattern, re.MULTILINE if "$" not in pattern else 0))


def names(cues: tuple[Cue, ...]) -> str:
    return " or ".join(cue.name for cue in cues)


@dataclass(frozen=True, slots=True)
class Heard:
    """What answered: the cue, its match, and everything the unit said up to it."""

    cue: Cue
    match: re.Match[str]
    text: str


class Dialogue:
    """One side of a conversation with a unit."""

    def __init__(
        self,
        link: Link,
        *,
        peer: str,
        point: Commitment | None = None,
        mask: Mask | None = None,
        tell: Callable[[str], None] | None = None,
        eol: str = "\r",
    ) -> None:
        self.peer = peer
        self.seen = ""  # the last line the unit said
        self.at_prompt = False  # the unit waits for us
        self._link = link
        self._point = point or Commitment()
        self._mask = mask or Mask()
        self._tell = tell or (lambda _: None)
        self._eol = eol
        self._text = ""  # heard and not yet taken
        self._unfinished = ""  # the start of a sequence whose end has not arrived
        self._told = 0  # how much of the text is in the transcript
        self._ended = False

    async def say(self, text: str) -> None:
        """Type one line. What was heard before is done with."""
        await self._send(text + self._eol, shown=text)

    async def press(self, key: str, name: str) -> None:
        """Press one key that acts at once."""
        await self._send(key, shown=f"<{name}>")

    async def commit(self, text: str) -> None:
        """Type the line after which there is no return."""
        self._cross()
        await self.say(text)

    async def commit_key(self, key: str, name: str) -> None:
        """Press the key after which there is no return."""
        self._cross()
        await self.press(key, name)

    async def expect(self, *cues: Cue, doing: str) -> Heard:
        """Wait for one of `cues`; where several match, the earlier in the list counts.

        Raises DialogueError or UnreachableError, after `commit` OutcomeUnknownError.
        """
        try:
            while True:
                self._check_cap(cues, doing)
                heard = self._find(cues)
                if heard is not None and (not heard.cue.is_prompt or await self._is_quiet()):
                    self._take(heard)
                    return heard
                if heard is None:
                    await self._listen(cues, doing)
        finally:
            self._report()

    async def is_silent(self, seconds: float) -> bool:
        """True when the unit says nothing for so long; what it says instead is kept."""
        try:
            async with asyncio.timeout(seconds):
                while not (self._text.strip() or self._ended):
                    await self._read()
        except TimeoutError:
            return True
        return False

    async def until_closed(self) -> None:
        """Wait for the unit to hang up, as it does after a logout."""
        while not self._ended:
            await self._read()
            self._text = ""
            self._told = 0

    async def _send(self, text: str, *, shown: str) -> None:
        self._text = self._unfinished = ""
        self._told = 0
        self._check_open()
        self.at_prompt = False
        self._tell("> " + self._mask(clean(shown)))
        try:
            await self._link.write(text.encode())
        except LinkLostError as exc:
            self._ended = True
            raise self._failure("talking to it", "the link was lost") from exc

    def _cross(self) -> None:
        self._check_open()  # on a link known to be lost nothing goes out, and nothing is unknown
        self._point.passed = True

    def _check_open(self) -> None:
        if self._ended:
            raise self._failure("talking to it", "the link was lost")

    async def _listen(self, cues: tuple[Cue, ...], doing: str) -> None:
        if self._ended:
            raise self._failure(doing, f"the link was lost before {names(cues)}")
        await self._read()

    def _check_cap(self, cues: tuple[Cue, ...], doing: str) -> None:
        if len(self._text) > CAP:
            raise self._failure(doing, f"{CAP // 1024} KiB without {names(cues)} and a pause")

    async def _is_quiet(self) -> bool:
        """True when nothing more comes for a moment."""
        if self._ended:
            return True
        try:
            async with asyncio.timeout(QUIET):
                await self._read()
        except TimeoutError:
            return True
        return self._ended

    async def _read(self) -> None:
        data = await self._link.read()
        if not data:
            self._ended = True
            return
        raw = self._unfinished + data.decode("latin-1")
        tail = UNFINISHED.search(raw)
        cut = tail.start() if tail and len(tail[0]) <= UNFINISHED_CAP else len(raw)
        self._unfinished = raw[cut:]
        self._text += clean(raw[:cut])

    def _find(self, cues: tuple[Cue, ...]) -> Heard | None:
        for cue in cues:
            if match := cue.pattern.search(self._text):
                return Heard(cue, match, self._text[: match.end()])
        return None

    def _take(self, heard: Heard) -> None:
        self._report()
        self.at_prompt = heard.cue.is_prompt
        self._text = self._text[len(heard.text) :]
        self._told = len(self._text)

    def _report(self) -> None:
        """Put what was heard since into the transcript, whole lines at a time."""
        fresh = self._mask(self._text[self._told :])
        self._told = len(self._text)
        for line in fresh.split("\n"):
            if line.strip():
                self.seen = line.strip()[-TAIL:]
                self._tell("< " + line.rstrip())

    def _failure(self, doing: str, why: str) -> DeviceError:
        """The error that fits: what it means depends on whether we are committed."""
        heard_nothing = not (self.seen or self._text)
        self._report()
        if self.seen:
            why = f"{why}, last saw {self.seen!r}"
        if self._point.passed:
            return OutcomeUnknownError(self.peer, doing, why)
        if heard_nothing:
            return UnreachableError(self.peer, doing, why)
        return DialogueError(self.peer, doing, why)
