"""The gatherer: asks every source in its interval, takes posts, and says when one is silent."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from plcmon.config.sources import WEBHOOK, Source
from plcmon.errors import DeclinedError, MistypedError, NotFoundError, UnsupportedError
from plcmon.model.events import Noticed
from plcmon.model.issues import IssueType
from plcmon.model.policy import Wire
from plcmon.model.ports import Inbox, Posted, Secrets
from plcmon.model.state import State
from plcmon.model.subjects import fleet_subject
from plcmon.sources.posting import POSTING, read_post, too_old, unknown_names
from plcmon.sources.samples import Sample, samples_in
from plcmon.sources.sorting import UNKNOWN, Names, Sorted, sort_out
from plcmon.sources.web import NotHeardError, fetch
from plcmon.times import Clock

log = logging.getLogger(__name__)

AT_ONCE = 4  # answers on their way
SLICE = 500  # readings handed over in one turn of the loop
SPREAD = 0.1  # of an interval, either way
PREFIX = "source "  # of the conditions that are noticed


class Gatherer:
    """Fetches what sources say. One that fails holds up no other and is told, not followed."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        inbox: Inbox,
        state: State,
        secrets: Secrets,
        clock: Clock,
        wire: Wire,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sources = dict(sources)
        self._asking: dict[str, tuple[Source, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()
        self._inbox = inbox
        self._state = state
        self._secrets = secrets
        self._clock = clock
        self._wire = wire
        self._chance = chance
        self._free = asyncio.Semaphore(AT_ONCE)
        self._posting = asyncio.Lock()  # one post at a time
        self._names = Names(state.inventory)
        self._heard_at: dict[str, float] = {}  # monotonic, of the last answer that could be used
        self._refused: dict[str, Counter[str]] = {}

    async def run(self) -> None:
        """Ask; for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._follow(tasks)
                await self._forget_others()
                await self._changed.wait()
                self._changed.clear()

    def update(self, sources: Mapping[str, Source]) -> None:
        """Ask these from now on; those that are the same go on in their interval."""
        for name in sorted(self._sources.keys() | sources.keys()):
            before, after = self._sources.get(name), sources.get(name)
            word = "removed" if after is None else "added" if before is None else "changed"
            if before != after:
                log.info("source reloaded", extra={"source": name, "change": word})
        self._sources = dict(sources)
        self._changed.set()

    def _follow(self, tasks: asyncio.TaskGroup) -> None:
        """Stop asking those that are gone or no longer the same; begin with those that are new."""
        for name, (source, task) in list(self._asking.items()):
            if self._sources.get(name) != source:
                task.cancel()
                del self._asking[name]
        for name, source in self._sources.items():
            if name not in self._asking:
                self._heard_at[name] = self._clock.monotonic()
                asking = self._keep_asking(name, source)
                self._asking[name] = source, tasks.create_task(asking, name=f"source-{name}")

    async def _forget_others(self) -> None:
        """Nobody waits for a source that is no longer named."""
        for issue in list(self._state.open_of_fleet()):
            condition = issue.subject.key
            named = condition.removeprefix(PREFIX) in self._sources
            if condition.startswith(PREFIX) and not named:
                await self._inbox.tell(issue.subject, Noticed(condition, False, "not asked now"))

    async def _keep_asking(self, name: str, source: Source) -> None:
        if source.kind == WEBHOOK:
            await self._keep_waiting(name, source)
        await self._clock.sleep(source.interval * SPREAD * self._chance())
        while True:
            await self.ask(name, source)
            spread = 1 + SPREAD * (2 * self._chance() - 1)
            await self._clock.sleep(source.interval * spread)

    async def _keep_waiting(self, name: str, source: Source) -> None:
        """A webhook comes by itself; only that it stays away is ours to find out."""
        while True:
            await self._clock.sleep(source.interval)
            silent = self._clock.monotonic() - self._heard_at[name]
            if silent >= source.interval.total_seconds():
                await self._note(name, source, "nothing was posted that could be used")

    def posters(self, source: str) -> Collection[str]:
        found = self._sources.get(source)
        return found.posters if found is not None else ()

    async def take(self, source: str, body: bytes, form: str) -> Posted:
        """A post, whole or not at all; then all goes on as if it had been an answer."""
        rules = self._webhook(source)
        if len(body) > rules.most_bytes:
            why = f"the body has {len(body)} bytes, and {rules.most_bytes} are the most"
            raise MistypedError(source, POSTING, why)
        async with self._posting:
            found = await asyncio.to_thread(self._read_post, source, rules, body, form)
            self._tell_refused(source, found.refused)
            await self._hand_over(found)
            await self._note(source, rules, useless(found))
        up = sum(reading.up is True for reading in found.readings.values())
        down = len(found.readings) - up
        unknown = found.refused[UNKNOWN]
        return Posted(up, down, unknown, unknown_names(found), too_old(found))

    def _webhook(self, name: str) -> Source:
        """Raises NotFoundError, or DeclinedError for a source that is asked."""
        source = self._sources.get(name)
        if source is None:
            known = [other for other, one in self._sources.items() if one.kind == WEBHOOK]
            there = f"webhooks: {', '.join(known)}" if known else "no webhook is configured"
            raise NotFoundError(name, POSTING, f"no source is called so; {there}")
        if source.kind != WEBHOOK:
            why = f"its kind is {source.kind}, so it is asked; only a {WEBHOOK} takes posts"
            raise DeclinedError(name, POSTING, why)
        return source

    def _read_post(self, name: str, source: Source, body: bytes, form: str) -> Sorted:
        now, names = self._clock.now(), self._known()
        return read_post(name, source, body, form, names=names, arrived_at=now, wire=self._wire)

    async def ask(self, name: str, source: Source) -> None:
        """One question to one source, and what follows from its answer or its silence."""
        try:
            async with self._free, asyncio.timeout(source.deadline.total_seconds()):
                found = await self._answer(name, source)
        except NotHeardError as error:
            await self._note(name, source, str(error))
        except TimeoutError:
            limit = source.deadline.total_seconds()
            await self._note(name, source, f"no whole answer within {limit:g} s")
        else:
            self._tell_refused(name, found.refused)
            await self._hand_over(found)
            await self._note(name, source, useless(found))

    async def _answer(self, name: str, source: Source) -> Sorted:
        secret = await self._secret(source)
        asked_at = self._clock.now()
        body = await fetch(source, secret)
        try:
            samples = await asyncio.to_thread(samples_in, source, body)
        except NotHeardError as error:
            raise NotHeardError(f"its answer: {error}") from None
        return await asyncio.to_thread(self._sort, name, source, samples, asked_at)

    def _sort(
        self, name: str, source: Source, samples: Sequence[Sample], asked_at: datetime
    ) -> Sorted:
        return sort_out(
            name,
            source,
            samples,
            self._known(),
            asked_at=asked_at,
            arrived_at=self._clock.now(),
            wire=self._wire,
        )

    def _known(self) -> Names:
        """What nodes are called, by the inventory as it is."""
        inventory = self._state.inventory
        if self._names.inventory is not inventory:
            self._names = Names(inventory)
        return self._names

    async def _secret(self, source: Source) -> str:
        if not source.credential:
            return ""
        try:
            return await asyncio.to_thread(self._secrets.find, source.credential)
        except UnsupportedError as error:
            raise NotHeardError(f"its credential: {error.why}") from None

    async def _hand_over(self, found: Sorted) -> None:
        for number, reading in enumerate(found.readings.values(), 1):
            self._inbox.ingest(reading)
            if number % SLICE == 0:
                await asyncio.sleep(0)

    def _tell_refused(self, name: str, refused: Counter[str]) -> None:
        """A line whenever the numbers change."""
        if refused != self._refused.get(name, Counter()):
            log.warning("samples refused", extra={"source": name, "why": in_words(refused)})
        self._refused[name] = refused

    async def _note(self, name: str, source: Source, wrong: str) -> None:
        """A source that could not be used for as long as its word is fresh is out of reach."""
        now, condition = self._clock.monotonic(), f"{PREFIX}{name}"
        if not wrong:
            self._heard_at[name] = now
        else:
            log.info("source not heard", extra={"source": name, "why": wrong})
        silent = now - self._heard_at.setdefault(name, now)
        if wrong and silent < source.rule.fresh_for.total_seconds():
            return
        subject = fleet_subject(condition)
        if bool(wrong) is (self._state.open_issue(subject, IssueType.SELF) is None):
            detail = f"the source {name} is out of reach: {wrong}" if wrong else f"{name} answers"
            await self._inbox.tell(subject, Noticed(condition, bool(wrong), detail))


def useless(found: Sorted) -> str:
    """Why nothing of an answer could be used; empty: something could, or it was empty."""
    return in_words(found.refused) if not found.readings and found.refused else ""


def in_words(refused: Counter[str]) -> str:
    """`3 samples of unknown nodes, 1 old`; `none` where every sample could be used."""
    return ", ".join(f"{number} samples {why}" for why, number in sorted(refused.items())) or "none"
