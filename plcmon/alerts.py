"""Alerts: messages to the operators, by webhook and by command, and the sign of life.

Nothing here waits for the engine and the engine waits for nothing here. What could not be
delivered is kept and tried again.
"""

import asyncio
import json
import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Protocol

import aiohttp

from plcmon.model.events import AlertDelivered, AlertRaised, Event
from plcmon.model.ports import Inbox
from plcmon.times import Clock

log = logging.getLogger(__name__)

DEADLINE = timedelta(seconds=20)  # one delivery; wire time
FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(minutes=5)
MOST_KEPT = 1_000  # alerts that one channel keeps for later
MOST_OF_A_TEXT = 8_000  # characters
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class NotDeliveredError(Exception):
    """A channel did not take the alert; says why, without the channel's address."""


class Channel(Protocol):
    """One way to reach the operators."""

    name: str

    async def deliver(self, payload: bytes) -> str:
        """Hand the alert over and say what the other side answered.

        Raises NotDeliveredError. Has no deadline of its own.
        """
        ...


class Webhook:
    """POSTs the alert to a URL, which is itself a secret: it is in no message."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._url = url

    async def deliver(self, payload: bytes) -> str:
        status = await ask("POST", self._url, payload)
        if not 200 <= status < 300:
            raise NotDeliveredError(f"it answered {status}")
        return f"it answered {status}"


async def ask(method: str, url: str, payload: bytes | None = None) -> int:
    """The status that the URL answers with; its body is not read, redirects are not followed.

    Raises NotDeliveredError.
    """
    headers = {"Content-Type": "application/json"} if payload is not None else {}
    no_timeout = aiohttp.ClientTimeout(total=None, sock_connect=None)  # the caller has a deadline
    try:
        async with (
            aiohttp.ClientSession(timeout=no_timeout) as session,
            session.request(
                method, url, data=payload, headers=headers, allow_redirects=False
            ) as response,
        ):
            return response.status
    except aiohttp.ClientError as error:
        # The library's own words hold the URL.
        raise NotDeliveredError(f"no answer: {type(error).__name__}") from None
    except OSError as error:
        raise NotDeliveredError(f"no answer: {error.strerror or type(error).__name__}") from None


class Command:
    """Runs a program with the alert on its standard input: no shell, a clean environment."""

    name = "command"

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)

    async def deliver(self, payload: bytes) -> str:
        stdin = filled_pipe(payload)
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv,
                env={"PATH": PATH, "LC_ALL": "C.UTF-8"},
                cwd="/",
                stdin=stdin,
                # Unread: a child that keeps a pipe open could hold us until the deadline.
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # one group to end, and no terminal
            )
        except OSError as error:
            raise NotDeliveredError(f"cannot be started: {error.strerror}") from None
        finally:
            os.close(stdin)
        try:
            await process.wait()
        finally:
            await end(process)
        if process.returncode != 0:
            raise NotDeliveredError(f"it ended with status {process.returncode}")
        return "it ended with status 0"


def filled_pipe(payload: bytes) -> int:
    """The reading end of a pipe that holds all of `payload` and then ends.

    Nobody has to wait for a program that doesn't read. A pipe takes 64 KiB; no alert is as long.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        os.write(writing, payload)
    finally:
        os.close(writing)
    return reading


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill the program and all that it started."""
    with suppress(ProcessLookupError):  # the whole group is gone already
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert on its way through one channel."""

    event: Event
    alert: AlertRaised
    tries: int = 0


class Alerts:
    """Takes every alert as it is committed and delivers it through every channel.

    `missed`: alerts of an earlier run that were never delivered.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        *,
        inbox: Inbox,
        clock: Clock,
        deadline: timedelta = DEADLINE,
        first_retry: timedelta = FIRST_RETRY,
        missed: Iterable[Event] = (),
    ) -> None:
        self._lines = [
            Line(channel, inbox, clock, deadline=deadline, first_retry=first_retry)
            for channel in channels
        ]
        self._nobody = asyncio.Event()
        self.hear(list(missed))

    def hear(self, events: Sequence[Event]) -> None:
        """News after a commit; returns at once."""
        for event in events:
            if isinstance(event.body, AlertRaised):
                log.warning(
                    "alert raised",
                    extra={
                        "topic": event.body.topic,
                        "subject": str(event.subject),
                        "text": event.body.text,
                    },
                )
                for line in self._lines:
                    line.keep(Kept(event, event.body))

    async def run(self) -> None:
        """Deliver; for ever. A channel that fails holds up no other."""
        async with asyncio.TaskGroup() as tasks:
            for line in self._lines:
                tasks.create_task(line.run(), name=f"alerts-{line.name}")
            await self._nobody.wait()


class Line:
    """One channel and what waits for it: fresh alerts first, then what failed before."""

    def __init__(
        self,
        channel: Channel,
        inbox: Inbox,
        clock: Clock,
        *,
        deadline: timedelta,
        first_retry: timedelta,
    ) -> None:
        self.name = channel.name
        self._channel = channel
        self._inbox = inbox
        self._clock = clock
        self._deadline = deadline.total_seconds()
        self._first_retry = first_retry
        self._fresh: deque[Kept] = deque()
        self._failed: deque[Kept] = deque()
        self._failures = 0  # in a row
        self._retry_at = 0.0  # monotonic
        self._news = asyncio.Event()

    def __len__(self) -> int:
        """How many alerts it still has to deliver."""
        return len(self._fresh) + len(self._failed)

    def keep(self, kept: Kept) -> None:
        """Queue the alert; beyond the bound an old one that is not urgent gives way."""
        self._fresh.append(kept)
        if len(self) > MOST_KEPT:
            old = self._failed or self._fresh
            least = next((number for number, k in enumerate(old) if not k.alert.urgent), 0)
            log.error("alert let go", extra={"alert": old[least].event.seq, "via": self.name})
            del old[least]
        self._news.set()

    async def run(self) -> None:
        while True:
            self._news.clear()
            if self._fresh:
                await self._one(self._fresh.popleft())
            elif self._failed and self._clock.monotonic() >= self._retry_at:
                await self._one(self._failed.popleft())
            else:
                await self._wait()

    async def _wait(self) -> None:
        """For an alert, or until what failed is due again."""
        patience = self._retry_at - self._clock.monotonic() if self._failed else None
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return

    async def _one(self, kept: Kept) -> None:
        """Try once. The journal has the first failure and the end, not each try between."""
        ok, detail = await self._try(kept)
        self._failures = 0 if ok else self._failures + 1
        if not ok:
            self._failed.append(replace(kept, tries=kept.tries + 1))
            self._retry_at = self._clock.monotonic() + self._patience().total_seconds()
        if ok or kept.tries == 0:
            await self._inbox.tell(
                kept.event.subject, AlertDelivered(kept.event.seq, self.name, ok, detail)
            )

    async def _try(self, kept: Kept) -> tuple[bool, str]:
        try:
            async with asyncio.timeout(self._deadline):
                return True, await self._channel.deliver(payload(kept.event, kept.alert))
        except NotDeliveredError as error:
            return False, str(error)
        except TimeoutError:
            return False, f"no answer within {self._deadline:g} s"

    def _patience(self) -> timedelta:
        doublings = min(self._failures - 1, 10)  # beyond ten the last wait rules anyway
        return min(self._first_retry * (1 << doublings), LAST_RETRY)


def undelivered(story: Iterable[Event]) -> list[Event]:
    """The alerts in a stretch of the story that no channel took, for the next run."""
    raised: dict[int, Event] = {}
    for event in story:
        if isinstance(event.body, AlertRaised):
            raised[event.seq] = event
        elif isinstance(event.body, AlertDelivered) and event.body.ok:
            raised.pop(event.body.alert, None)
    return list(raised.values())


def payload(event: Event, alert: AlertRaised) -> bytes:
    """The alert as JSON. Equal topics have equal threads; `id` tells repeats of one alert."""
    content: dict[str, Any] = {
        "id": event.seq,
        "at": event.at.isoformat(),
        "topic": alert.topic,
        "thread": sha256(alert.topic.encode()).hexdigest()[:16],
        "subject": str(event.subject),
        "text": alert.text[:MOST_OF_A_TEXT],
        "urgent": alert.urgent,
        "source": "plcmon",
    }
    return json.dumps(content, ensure_ascii=False).encode()


class Heartbeat:
    """Fetches a URL while plcmon is well: a dead man's switch elsewhere misses it otherwise."""

    def __init__(
        self,
        url: str,
        *,
        every: timedelta,
        clock: Clock,
        alive: Callable[[], bool],
        deadline: timedelta = DEADLINE,
    ) -> None:
        self._url = url
        self._every = every
        self._clock = clock
        self._alive = alive
        self._deadline = deadline.total_seconds()
        self._heard: bool | None = None

    async def run(self) -> None:
        while True:
            if self._alive():
                await self._beat()
            await self._clock.sleep(self._every)

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                status = await ask("GET", self._url)
            heard, detail = 200 <= status < 300, f"it answered {status}"
        except NotDeliveredError as error:
            heard, detail = False, str(error)
        except TimeoutError:
            heard, detail = False, f"no answer within {self._deadline:g} s"
        if heard is not self._heard:
            level = logging.INFO if heard else logging.WARNING
            log.log(level, "heartbeat changed", extra={"heard": heard, "detail": detail})
        self._heard = heard
