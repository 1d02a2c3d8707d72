"""The tale: what is told while it happens, and what of it came true."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

POLL = 0.2  # seconds between two looks at a claim that is not true yet

Check = Callable[[], Awaitable[str]]
"""Returns what was found when the claim holds, an empty text while it does not."""


@dataclass
class Tale:
    """Lines with the seconds since the start; every claim is checked before it is told."""

    tell: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)
    failed: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.tell(f"{time.monotonic() - self.began:6.1f} s  {text}")

    def note(self, text: str) -> None:
        """Something to read, indented."""
        for line in text.splitlines():
            self.tell(f"          | {line}")

    async def claim(self, text: str, check: Check, *, within: float) -> bool:
        """Wait until the claim holds; tell it as true, or as not come true."""
        try:
            async with asyncio.timeout(within):
                while not (found := await check()):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(POLL)
        except TimeoutError:
            self.failed.append(text)
            self.say(f"✗ {text}: not so within {within:g} s")
            return False
        self.say(f"✓ {text}: {found}" if found != "yes" else f"✓ {text}")
        return True

    def settle(self, text: str, *, so: bool, found: str = "") -> None:
        """A claim about what is over."""
        if so:
            self.say(f"✓ {text}" + (f": {found}" if found else ""))
            return
        self.failed.append(text)
        self.say(f"✗ {text}: {found or 'not so'}")
