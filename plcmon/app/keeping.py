"""Housekeeping: samples for the history, pruning, the nightly audit, and our own health."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from plcmon.engine import Engine
from plcmon.errors import StoreError
from plcmon.model.events import Noticed
from plcmon.model.issues import IssueType
from plcmon.model.readings import SAMPLE_EVERY
from plcmon.model.subjects import fleet_subject
from plcmon.operations.auditing import limits_of, verify
from plcmon.operations.summary import overload_text
from plcmon.scanner import Scanner
from plcmon.store import Database
from plcmon.times import Clock, format_duration

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
PRUNE_EVERY = timedelta(hours=6)
SOON = timedelta(minutes=10)  # after a start
VERIFY_EVERY = timedelta(days=1)
VERIFY_FIRST = timedelta(hours=1)  # after a start
COUNTED = 2 * VERIFY_EVERY  # older rows were judged before, and by the settings of their time
LITTLE_DISK = 200 * 1024 * 1024  # bytes: some hours of writing at a large site


class Housekeeper:
    """Does the dull things at a steady pace. What fails here is noticed and tried again."""

    def __init__(
        self,
        *,
        engine: Engine,
        database: Database,
        scanner: Scanner,
        state_dir: Path,
        clock: Clock,
        late_after: Callable[[], timedelta],
    ) -> None:
        self._engine = engine
        self._database = database
        self._scanner = scanner
        self._state_dir = state_dir
        self._clock = clock
        self._late_after = late_after
        self._dropped = 0  # failed probes, at the last look
        self._unwell_since: datetime | None = None

    async def run(self) -> None:
        now = self._clock.now()
        sampled_at = now
        # One that is started often deletes and verifies all the same.
        pruned_at = now - PRUNE_EVERY + SOON
        verified_at = now - VERIFY_EVERY + VERIFY_FIRST
        while True:
            await self._clock.sleep(EVERY)
            now = self._clock.now()
            await self._look_at_ourselves()
            try:
                if now - sampled_at >= SAMPLE_EVERY:
                    sampled_at = now
                    await self._database.roll_up(now, list(self._engine.state.nodes.values()))
                if now - pruned_at >= PRUNE_EVERY:
                    pruned_at = now
                    pruned = await self._database.prune(now)
                    log.info("history pruned", extra=asdict(pruned))
                if now - verified_at >= VERIFY_EVERY:
                    verified_at = now
                    await self._verify()
            except StoreError as error:
                # The history may be lost without harm to any decision.
                log.warning("history not kept", extra={"why": str(error)})

    async def _look_at_ourselves(self) -> None:
        late, text = self._lateness()
        await self._notice("scan", late, text)
        dropped = self._dropping()
        await self._notice("busy", dropped >= self._late_after(), self._why_dropped(dropped))
        trouble = self._scanner.agent_trouble
        await self._notice("agent", bool(trouble), trouble or "the SSH agent signs again")
        lost = self._scanner.lost_family
        await self._notice("family", bool(lost), f"{lost}: its nodes' silence does not count")
        free = (await asyncio.to_thread(shutil.disk_usage, self._state_dir)).free
        await self._notice("disk", free < LITTLE_DISK, f"{free // 2**20} MiB are left on the disk")

    def _lateness(self) -> tuple[bool, str]:
        """Whether looks come late, or are put off, for long; and how many, since when."""
        lateness, load, now = self._scanner.lateness(), self._scanner.overload(), self._clock.now()
        behind = now - (load.since or now)
        text = f"looks come late, by up to {format_duration(lateness)}"
        if load.since is not None:
            text = f"looks come late {overload_text(load, now)}"
        return max(lateness, behind) > self._late_after(), text

    def _dropping(self) -> timedelta:
        """For how long failed probes have not counted, since we ourselves were unwell."""
        now, before = self._clock.now(), self._dropped
        self._dropped = self._scanner.dropped
        if self._dropped == before:
            self._unwell_since = None
        elif self._unwell_since is None:
            self._unwell_since = now
        return now - (self._unwell_since or now)

    def _why_dropped(self, lasts: timedelta) -> str:
        lag = self._scanner.loop_lag() / timedelta(milliseconds=1)
        return (
            f"failed probes have not counted for {format_duration(lasts)}: our loop lags by"
            f" {lag:.0f} ms, or descriptors run short; {self._dropped} since the start"
        )

    async def _verify(self) -> None:
        """Let the auditor read the whole journal; what it finds is ours to look into."""
        engine, now = self._engine, self._clock.now()
        limits = limits_of(engine.policy, len(engine.state.inventory.nodes))
        found = await verify(self._database, limits, now=now, count_since=now - COUNTED)
        where = f"row {found.row.seq}: " if found.row is not None else ""
        await self._notice("audit", not found.holds, f"the journal: {where}{found.text}")
        log.info("journal verified", extra={"rows": found.rows, "holds": found.holds})

    async def _notice(self, condition: str, on: bool, detail: str) -> None:
        """Tell a change; what stood open before the last start counts as known."""
        subject = fleet_subject(condition)
        if on is (self._engine.state.open_issue(subject, IssueType.SELF) is None):
            await self._engine.tell(subject, Noticed(condition, on, detail))
