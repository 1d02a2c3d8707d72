"""The kill test: the service dies again and again in the middle of its actions.

The moment is chosen by looking into its database: an action that has just come to the wanted
state, and a few milliseconds more. What counts as hit is what the dead one left behind.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from plcmon.sim.demo.stage import Stage, write_config
from plcmon.sim.process import running_fleet
from plcmon.store.backup import back_up
from tests.acceptance import proofs
from tests.acceptance.drill import drill
from tests.acceptance.moments import (
    BEFORE_VERDICT,
    STATES,
    Eyes,
    Look,
    as_left,
    looks_as_left,
)
from tests.acceptance.trouble import Trouble

PRESET = Path(__file__).with_name("kill.toml")
POLL = 0.001  # seconds between two looks into the database
PATIENCE = 15.0  # seconds for a moment to come; after that any moment will do
SETTLE = 90.0  # seconds for everything to be well again
JUST_NOW = timedelta(milliseconds=400)
LATER = {  # moment -> up to so many seconds after it came, the service is killed
    "planned": 0.0,
    "claimed": 0.6,
    "sent": 0.1,
    "dark": 0.7,
    "on sent": 0.05,
    "confirmed": 1.5,
    "unknown": 0.3,
    "failed": 0.02,
    "cancelled": 0.02,
    "mail": 0.005,
    "verdict": 0.02,
}
AT_START = {  # what a death in the one makes of it as soon as the next life begins
    "claimed": "cancelled",
    "sent": "unknown",
    "dark": "unknown",
    "on sent": "unknown",
}
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How a run goes."""

    kills: int
    seed: int = 1
    seconds: float = float("inf")  # no kill begins after that
    nodes: int = 60
    sites: int = 12
    silent: int = 5  # nodes at a time
    ails: float = 0.3  # share of silences whose PCU ails as well
    aims: Sequence[str] = ()  # in this order; empty: what was hit least
    drill: bool = False  # at the end, a backup of half way is restored


@dataclass
class Report:
    """What came of it."""

    kills: int = 0
    inside: int = 0  # between planned and the verdict of some action
    hits: Counter[str] = field(default_factory=Counter)  # state -> kills that hit it
    moments: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    silences: int = 0
    by_hand: int = 0
    cuts: int = 0  # destructive commands that the units heard
    verdicts: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    mails_repeated: int = 0
    duplicates: list[str] = field(default_factory=list)
    lost_issues: list[str] = field(default_factory=list)
    broken_histories: list[str] = field(default_factory=list)
    wrong_mails: list[str] = field(default_factory=list)
    left_off: list[str] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    fell: list[str] = field(default_factory=list)  # deaths that were not ours
    unsettled: list[str] = field(default_factory=list)
    drilled: bool = False  # a backup was taken, restored, adopted
    drill: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be."""
        return [
            *(f"duplicate: {text}" for text in self.duplicates),
            *(f"lost issue: {text}" for text in self.lost_issues),
            *(f"history: {text}" for text in self.broken_histories),
            *(f"mail: {text}" for text in self.wrong_mails),
            *(f"left off: {text}" for text in self.left_off),
            *(f"journal: {text}" for text in self.journal),
            *(f"fell: {text}" for text in self.fell),
            *(f"unsettled: {text}" for text in self.unsettled),
            *(f"restore drill: {text}" for text in self.drill),
        ]

    @property
    def share_inside(self) -> float:
        return self.inside / self.kills if self.kills else 0.0

    @property
    def missed(self) -> list[str]:
        """States that no kill hit."""
        return [state for state in STATES if not self.hits[state]]

    def as_json(self) -> dict[str, Any]:
        counts = {"hits": dict(self.hits), "moments": dict(self.moments)}
        counts["verdicts"] = dict(self.verdicts)
        more = {"share_inside": round(self.share_inside, 3), "missed": self.missed}
        return {**vars(self), **counts, **more}


@asynccontextmanager
async def prepared(folder: Path, plan: Plan) -> AsyncIterator[Stage]:
    """A fleet, and the service not yet started."""
    async with running_fleet(
        folder / "fleet", seed=plan.seed, nodes=plan.nodes, sites=plan.sites, boot_seconds=1.0
    ) as fleet:
        preset = await asyncio.to_thread(PRESET.read_text, encoding="utf-8")
        write_config(folder, fleet, preset)
        stage = Stage(folder, fleet)
        try:
            yield stage
        finally:
            await stage.stop()


async def run(folder: Path, plan: Plan, tell: Tell = lambda _line: None) -> Report:
    """Kill as planned, let it settle, and look at what was left."""
    async with prepared(folder, plan) as stage:
        return await Killer(stage, plan, tell).run()


class Killer:
    """One run on one stage."""

    def __init__(self, stage: Stage, plan: Plan, tell: Tell) -> None:
        self.report = Report()
        self._stage = stage
        self._plan = plan
        self._tell = tell
        self._random = Random(plan.seed)
        self._state_dir = stage.folder / "state"
        self._backup = stage.folder / "backup"
        self._eyes = Eyes(self._state_dir / "state.db")
        self._trouble = Trouble(
            stage.control, Eyes(self._state_dir / "state.db"), self._random, plan.silent, plan.ails
        )
        self._seen: set[tuple[str, str]] = set()  # (intent, moment)
        self._left: set[str] = set()  # moments that the last death hit
        self._began = time.monotonic()

    async def run(self) -> Report:
        await self._stage.start()
        async with asyncio.TaskGroup() as group:
            trouble = group.create_task(self._trouble.run(), name="trouble")
            while self._goes_on():
                await self._kill_once()
                if self._plan.drill and not self._backup.exists() and self._is_half_way():
                    await back_up(self._state_dir, self._backup)
            trouble.cancel()
        await self._settle()
        await self._examine()
        if self._backup.exists():
            self.report.drill = await drill(self._stage, self._backup)
            self.report.drilled = True
        self.report.seconds = round(time.monotonic() - self._began, 1)
        return self.report

    def _goes_on(self) -> bool:
        in_time = time.monotonic() - self._began < self._plan.seconds
        return in_time and self.report.kills < self._plan.kills and len(self.report.fell) < 3

    def _is_half_way(self) -> bool:
        spent = time.monotonic() - self._began
        return 2 * self.report.kills >= self._plan.kills or 2 * spent >= self._plan.seconds

    async def _kill_once(self) -> None:
        aim = self._aim()
        came = await self._wait_for(aim)
        process = self._stage.process
        if process is not None and process.returncode is not None:
            self.report.fell.append(f"exit {process.returncode} while waiting for {aim}")
        else:
            await self._stage.kill()
        self._close_eyes()
        await asyncio.to_thread(self._look_at_the_dead, aim, came)
        await self._stage.spawn()

    def _aim(self) -> str:
        """The next moment to wait for: what was hit least, of what can come soon."""
        if self._plan.aims:
            return self._plan.aims[self.report.kills % len(self._plan.aims)]
        at_start = {AT_START[moment] for moment in self._left if moment in AT_START}
        soon = at_start or LATER.keys() - set(AT_START.values())
        fewest = min(self.report.moments[moment] for moment in soon)
        least = min(self.report.moments[moment] for moment in LATER)
        if at_start and fewest > least:
            soon = LATER.keys() - at_start
            fewest = min(self.report.moments[moment] for moment in soon)
        return self._random.choice(sorted(m for m in soon if self.report.moments[m] == fewest))

    async def _wait_for(self, aim: str) -> bool:
        """Return when some action has just come to that moment, and a little later."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            process = self._stage.process
            if process is None or process.returncode is not None:
                return False
            fresh = self._fresh()
            if aim in fresh or (aim == "mail" and self._eyes.unsent_mail()):
                await asyncio.sleep(self._random.uniform(0, LATER[aim]))
                return True
            if aim == "failed" and "claimed" in fresh:
                await self._trouble.let_fail(fresh["claimed"])
            await asyncio.sleep(POLL)
        return False

    def _fresh(self) -> dict[str, str]:
        """Moments to which an action has come since this was last asked, and whose it was."""
        since = datetime.now(UTC) - timedelta(seconds=40)
        fresh = {}
        for look in self._eyes.power(round(since.timestamp() * 1000)):
            if (look.intent, look.moment) not in self._seen:
                self._seen.add((look.intent, look.moment))
                self._trouble.moved(look.target)
                fresh[look.moment] = look.target
        return fresh

    def _close_eyes(self) -> None:
        self._eyes.close()
        self._trouble.eyes.close()

    def _look_at_the_dead(self, aim: str, came: bool) -> None:
        died_at = datetime.now(UTC)
        with as_left(self._state_dir) as state:
            looks = looks_as_left(state)
            mail = state.execute("SELECT count(*) FROM mails WHERE state = 'fixed'").fetchone()[0]
        hit = {look.state for look in looks if is_hit(look, died_at)}
        moments = {look.moment for look in looks if is_hit(look, died_at)}
        moments |= {"mail"} if mail else set()
        self._left = moments
        report = self.report
        report.kills += 1
        report.inside += any(is_inside(look) for look in looks)
        report.hits.update(hit)
        report.moments.update(moments)
        # A moment that does not come would be waited for again and again.
        report.moments[aim] += not came
        words = ", ".join(sorted(moments)) or "nothing"
        late = "" if came else " (late)"
        seconds = time.monotonic() - self._began
        number = report.kills
        self._tell(f"{seconds:6.1f} s  kill {number}: aimed at {aim}{late}, hit {words}")

    async def _settle(self) -> None:
        """No more trouble; whoever is silent still is mended by the service, or by hand."""
        try:
            async with asyncio.timeout(SETTLE):
                while left := await self._unsettled():
                    self.report.unsettled = left
                    await self._trouble.go_round(more=False)
                    self._fresh()
                    await asyncio.sleep(0.3)
                self.report.unsettled = []
        except TimeoutError:
            pass
        self._close_eyes()
        code = await self._stage.stop()
        if code:
            self.report.fell.append(f"exit {code} when asked to stop")

    async def _unsettled(self) -> list[str]:
        truth = await self._stage.control.state()
        ill = [name for name, node in truth["nodes"].items() if node["observed"] != "boot"]
        live = [look for look in self._eyes.power(0) if is_inside(look)]
        return [
            *(f"{name} is {truth['nodes'][name]['observed']}" for name in ill),
            *(f"{look.target}: {look.moment}" for look in live),
            *(f"an issue of {s}" for s in self._eyes.troubled() if s.startswith("node/")),
            *(["mail"] if self._eyes.unsent_mail() else []),
        ]

    async def _examine(self) -> None:
        report, control, trouble = self.report, self._stage.control, self._trouble
        truth = await control.state()
        logs = {pcu: await control.commands(pcu) for pcu in truth["pcus"]}
        envelopes = await control.mails()
        folder = self._stage.fleet.folder / "mail"
        arrived = await asyncio.to_thread(proofs.mails_of, folder, envelopes)
        with as_left(self._state_dir) as state:
            report.duplicates = proofs.duplicates(state, logs)
            report.lost_issues = proofs.lost_issues(state, trouble.faults)
            report.broken_histories = proofs.broken_histories(state)
            report.wrong_mails, report.mails_repeated = proofs.wrong_mails(state, arrived)
            report.journal = proofs.broken_journal(state)
            report.journal += proofs.violations(state, self._stage.folder / "monitor.toml")
            report.verdicts = Counter(look.verdict or look.state for look in looks_as_left(state))
        report.left_off = proofs.left_off(truth)
        report.cuts = proofs.cuts_heard(logs)
        report.mails = len(envelopes)
        report.starts = self._stage.starts
        report.silences = len(trouble.faults)
        report.by_hand = sum(fault.by_hand for fault in trouble.faults)


def is_inside(look: Look) -> bool:
    """Between planned and the verdict."""
    return look.moment in BEFORE_VERDICT


def is_hit(look: Look, died_at: datetime) -> bool:
    """A state that lasts, or one that was only just reached."""
    return is_inside(look) or died_at - look.at < JUST_NOW


def table(report: Report) -> str:
    """The report for people."""
    lines = [
        f"kills               {report.kills} in {report.seconds:g} s",
        f"  inside an action  {report.inside} ({report.share_inside:.0%})",
        *(f"  {state:<17} {report.hits[state]}" for state in STATES),
        f"silences            {report.silences}, {report.by_hand} mended by hand",
        f"cuts heard          {report.cuts}",
        f"verdicts            {dict(report.verdicts)}",
        f"mails               {report.mails}, {report.mails_repeated} of them repeated",
        f"duplicates          {len(report.duplicates)}",
        f"lost issues         {len(report.lost_issues)}",
        f"broken histories    {len(report.broken_histories)}",
        f"wrong mails         {len(report.wrong_mails)}",
        f"nodes left off      {len(report.left_off)}",
        f"journal             {'holds' if not report.journal else report.journal[0]}",
        f"fell by itself      {len(report.fell)}",
        f"not settled         {len(report.unsettled)}",
        f"restore drill       {drill_word(report)}",
    ]
    return "\n".join([*lines, *(f"✗ {text}" for text in report.wrong[:20])])


def drill_word(report: Report) -> str:
    if not report.drilled:
        return "not done"
    return report.drill[0] if report.drill else "restored, held still, adopted, went on"
