"""A whole world: truth, fates, people, and the service living through all of it in virtual time."""

import asyncio
import heapq
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from plcmon.auditor import Violation
from plcmon.config.load import default_policy
from plcmon.mail.templating import Templates
from plcmon.model.decisions import Mode
from plcmon.model.events import Tick
from plcmon.model.policy import Policy
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, NodeKey, PcuKey, fleet_subject, site_subject
from plcmon.sim.world.blows import strike
from plcmon.sim.world.fates import DAY, Fate, make_fates
from plcmon.sim.world.fleet import Fleet, make_fleet
from plcmon.sim.world.judge import Judge
from plcmon.sim.world.life import CrashError, Ground, Life
from plcmon.sim.world.loop import BEGIN, VirtualClock, VirtualLoop
from plcmon.sim.world.people import WAKES, People, Saying, adopt
from plcmon.sim.world.post import WorldPager, WorldRelay
from plcmon.sim.world.truth import Truth

DOWN_FOR = timedelta(minutes=2)  # a dead service is started again by its supervisor
CALM = timedelta(days=14)  # after the last blow: time for everything to be well again


@dataclass
class Report:
    """What came of a world."""

    seed: int
    days: float
    began: datetime = BEGIN
    fates: Sequence[Fate] = ()
    violations: list[Violation] = field(default_factory=list)
    lives: int = 0
    crashes: int = 0
    commits: int = 0
    points: int = 0  # commits with an issue, an action or a mail: a death there may lose something
    rows: int = 0
    mails: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "days": self.days,
            "blows": len(self.fates),
            "lives": self.lives,
            "crashes": self.crashes,
            "commits": self.commits,
            "rows": self.rows,
            "mails": self.mails,
            "verdicts": self.verdicts,
            "rows_by_verb": self.counts,
            "violations": [str(violation) for violation in self.violations],
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"world {self.seed}: {self.days:g} days, {len(self.fates)} blows of fate"
        yield f"the service lived {self.lives} times and crashed {self.crashes} times"
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items())
        yield f"power: {self.counts.get('service off', 0)} outlets cut; {verdicts or 'no verdict'}"
        yield f"{self.mails} mails; {self.rows} rows of the journal in {self.commits} commits"
        for violation in self.violations:
            yield f"BROKEN: {violation}"
        if not self.violations:
            yield "no invariant was broken"


class World:
    """One world by seed. `play` runs it to its end or to the first broken invariant."""

    def __init__(self, folder: Path, loop: VirtualLoop, plan: "Plan") -> None:
        self.folder, self.plan = folder, plan
        self.clock = VirtualClock(loop)
        self.truth = Truth(self.clock.true_now, later=self.later)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._woken = asyncio.Event()
        self.fleet = (
            plan.fleet(self.truth) if plan.fleet else make_fleet(plan.seed, plan.nodes, self.truth)
        )
        self.fates: Sequence[Fate] = plan.fates or ()
        if plan.fates is None:
            self.fates = make_fates(plan.seed, self.fleet, plan.days - CALM / DAY)
        self.relay, self.pager = WorldRelay(), WorldPager()
        self.people = People(self.truth, Random(f"people {plan.seed}"))
        self.judge = Judge(self.truth, self.clock.true_of)
        self.inventory_now: Inventory = self.fleet.inventory
        self.first_inventory = self.inventory_now
        self.machines = 1
        self.policy = plan.policy or replace(default_policy(), mode=Mode.AUTO)
        self.report = Report(plan.seed, plan.days, fates=self.fates)
        self.life: Life | None = None
        self._called = asyncio.Event()  # something waits for the service
        self._ending = False
        self._clock_waits = False
        self._inventory_waits = False
        self._people_wait = False
        self._said: list[Saying] = []  # not yet heard by the service
        self._crash: tuple[str, timedelta] | None = None
        self._rest = DOWN_FOR
        self._mails_seen = 0
        self._put_back = False
        self._rows_backed_up = 0
        self._points = 0  # commits that mattered so far

    # What blows of fate may do

    def later(self, delay: timedelta, do: Callable[[], None]) -> None:
        """Do it after a while of the world's time."""
        at = self.clock.monotonic() + max(0.0, delay.total_seconds())
        heapq.heappush(self._agenda, (at, next(self._order), do))
        self._woken.set()

    def stir_pcu(self, key: PcuKey) -> None:
        if self.life is not None and self.life.alive and hasattr(self.life, "rounds"):
            self.life.rounds.stir(key)
            self.life.watch.ask_site(self.truth.pcus[key].site)

    def read_inventory(self) -> None:
        self._inventory_waits = True
        self._called.set()

    def notice_clock(self) -> None:
        """The service's loop turns every second; in virtual time it is woken instead."""
        self._clock_waits = True
        self._called.set()

    def crash_on(self, side: str, down_for: timedelta) -> None:
        """At the next commit that matters: before it is durable, or just after."""
        self._crash = (side, down_for)

    def stop_for(self, down_for: timedelta) -> None:
        self._rest = down_for
        self._ending = True
        self._called.set()

    def back_up(self) -> None:
        """A copy of the database as it is; SQLite's own files belong to it."""
        target = self.folder / "backup"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder / "state", target)
        self._rows_backed_up = self.judge.rows

    def move_machine(self) -> None:
        self.machines += 1
        self._name_machine()
        self.judge.adopted = False

    def _name_machine(self) -> None:
        (self.folder / "machine-id").write_text(f"{self.machines:032x}")

    def put_back(self) -> None:
        self._put_back = True
        self.stop_for(DOWN_FOR)

    # The course of the world

    async def play(self) -> Report:
        for fate in self.fates:
            self.later(fate.at, partial(strike, self, fate))
        for saying in self.plan.sayings:
            self.later(saying.at, partial(self._say, saying))
        async with asyncio.TaskGroup() as group:
            course = group.create_task(self._course(), name="course")
            await self._lives()
            course.cancel()
        if not self.judge.found:
            self.judge.rest()
        self.report.violations = self.judge.found
        self.report.verdicts = dict(self.judge.verdicts)
        self.report.counts = dict(sorted(self.judge.counts.items()))
        self.report.mails = len(self.relay.taken)
        return self.report

    @property
    def over(self) -> bool:
        ended = self.clock.monotonic() >= timedelta(days=self.plan.days).total_seconds()
        return ended or bool(self.judge.found)

    async def _course(self) -> None:
        """Whatever comes at its time: blows, repairs, and the people's rounds."""
        self.later(WAKES, self._people_wake)
        self.later(timedelta(days=self.plan.days), self._called.set)
        while True:
            now = self.clock.monotonic()
            while self._agenda and self._agenda[0][0] <= now:
                heapq.heappop(self._agenda)[2]()
            self._woken.clear()
            wait = self._agenda[0][0] - now if self._agenda else None
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _people_wake(self) -> None:
        self._people_wait = True
        self._called.set()
        self.later(WAKES, self._people_wake)

    def _say(self, saying: Saying) -> None:
        self._said.append(saying)
        self._called.set()

    async def _until_ended(self, life: Life) -> None:
        """The errands that need the service, one after another, until it is to end.

        Runs inside that life: with its death the errand dies too.
        """
        while not self._ending and not self.over:
            self._called.clear()
            if self._clock_waits:
                self._clock_waits = False
                await life.engine.tell(fleet_subject(), Tick())
            if self._inventory_waits:
                self._inventory_waits = False
                await life.read_inventory()
            while self._said:
                saying = self._said.pop(0)
                await life.engine.say(saying.subject, saying.verb)
            if self._people_wait:
                self._people_wait = False
                await self._people(life)
            await self._called.wait()
        self._ending = False

    async def _people(self, life: Life) -> None:
        if not life.database.adopted:
            await life.database.adopt()
            self.judge.adopted = True
            await life.engine.say(*adopt())
        await self.people.look(life)
        for site, reply in self.people.replies():
            await life.engine.tell(site_subject(site), reply)
        self.judge.tick()
        fresh = self.relay.taken[self._mails_seen :]
        self._mails_seen = len(self.relay.taken)
        for _, mail in fresh:
            self.judge.mailed(mail)
        for delay, key in self.people.read_mail([mail.site for _, mail in fresh]):
            self.later(delay, partial(self._repaired, key))

    def _repaired(self, key: NodeKey) -> None:
        self.people.repairing.discard(key)
        node = self.truth.nodes[key]
        if node.fault is not None:
            self.truth.repair(node)

    async def _lives(self) -> None:
        templates = Templates(None)
        self._name_machine()
        ground = Ground(
            truth=self.truth,
            clock=self.clock,
            folder=self.folder / "state",
            machine=self.folder / "machine-id",
            policy=lambda: self.policy,
            inventory=lambda: self.inventory_now,
            relay=self.relay,
            pager=self.pager,
            committed=self._committed,
            before=lambda changes: self._dies("before", changes),
            after=lambda changes: self._dies("after", changes),
            templates=templates,
            stepping=self.plan.stepping,
        )
        while not self.over:
            if self._put_back:
                self._restore()
            self._rest = DOWN_FOR
            self.life = life = Life(ground)
            self.report.lives += 1
            try:
                await life.run(self._until_ended)
            except* CrashError:
                self.report.crashes += 1
            life.alive = False
            self.truth.stir = lambda _key: None
            await self.clock.sleep(self._rest)

    def _restore(self) -> None:
        self._put_back = False
        state, backup = self.folder / "state", self.folder / "backup"
        if backup.exists():
            self.judge.adopted = False
            self.judge.put_back(self._rows_backed_up)
            for name in ("state.db", "state.db-wal", "state.db-shm"):
                (state / name).unlink(missing_ok=True)
                if (backup / name).exists():
                    shutil.copy(backup / name, state / name)

    def _committed(self, changes: Changes) -> None:
        self.report.commits += 1
        self.report.rows += len(changes.audit)
        for row in changes.audit:
            self.judge.row(row)
        if self.judge.found:
            self._called.set()

    def _dies(self, side: str, changes: Changes) -> bool:
        """Every death meets an issue, an action or a mail on its way."""
        if not (changes.intents or changes.commands or changes.mails or changes.issues):
            return False
        if side == "before":
            self._points += 1
            self.report.points = self._points
        if self.plan.dies == (side, self._points):
            self._crash = (side, timedelta(seconds=5))
        if self._crash is None or self._crash[0] != side:
            return False
        self._rest = max(self._crash[1], timedelta(seconds=5))
        self._crash = None
        return True


@dataclass(frozen=True)
class Plan:
    """Which world is played."""

    seed: int
    nodes: int = 200
    days: float = 365.0
    policy: Policy | None = None  # None: the shipped one, in mode auto
    stepping: bool = False  # nothing is skipped
    dies: tuple[str, int] | None = None  # before or after this commit of those that matter, from 1
    fates: Sequence[Fate] | None = None  # None: by seed, with calm at the end
    fleet: Callable[[Truth], Fleet] | None = None  # fills the truth; None: by seed
    sayings: Sequence[Saying] = ()  # what people say beside their rounds


def run_world(folder: Path, plan: Plan) -> Report:
    """Play one world to its end, or to the first broken invariant, in a loop of its own."""
    loop = VirtualLoop()
    with quiet(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(play(folder, loop, plan))


@contextmanager
def quiet() -> Iterator[None]:
    """What the service logs of a world's years is no news to anybody."""
    log = logging.getLogger("plcmon")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


async def play(folder: Path, loop: VirtualLoop, plan: Plan) -> Report:
    return await World(folder, loop, plan).play()
