"""A whole world: truth, fates, people, and the service living through all of it in virtual time."""

import asyncio
import heapq
import json
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

from plcmon.config.load import default_policy
from plcmon.engine.core import JUMP
from plcmon.mail.templating import Templates
from plcmon.model.decisions import Mode
from plcmon.model.policy import Policy
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, NodeKey, PcuKey
from plcmon.sim.world.blows import strike
from plcmon.sim.world.fates import Fate
from plcmon.sim.world.fleet import make_fleet
from plcmon.sim.world.judge import Judge, Violation
from plcmon.sim.world.life import CrashError, Ground, Life
from plcmon.sim.world.loop import BEGIN, VirtualClock, VirtualLoop
from plcmon.sim.world.people import WAKES, People, adopt
from plcmon.sim.world.post import WorldPager, WorldRelay
from plcmon.sim.world.truth import Truth

DOWN_FOR = timedelta(minutes=2)  # a dead service is started again by its supervisor
CALM = timedelta(days=14)  # after the last blow: time for everything to be well again


@dataclass
class Report:
    """What came of a world."""

    seed: int
    days: float
    violations: list[Violation] = field(default_factory=list)
    lives: int = 0
    crashes: int = 0
    commits: int = 0
    rows: int = 0
    mails: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> str:
        return json.dumps(
            {**self.__dict__, "violations": [str(v) for v in self.violations]}, sort_keys=True
        )


class World:
    """One world by seed. `play` runs it to its end or to the first broken invariant."""

    def __init__(
        self,
        folder: Path,
        loop: VirtualLoop,
        *,
        seed: int,
        nodes: int,
        days: float,
        fates: Callable[["World"], Sequence[Fate]],
        policy: Policy | None = None,
        stepping: bool = False,
    ) -> None:
        self.folder = folder
        self.seed, self.days = seed, days
        self.clock = VirtualClock(loop)
        self.truth = Truth(self.clock.true_now, later=self.later)
        self.fleet = make_fleet(seed, nodes, self.truth)
        self.relay, self.pager = WorldRelay(), WorldPager()
        self.people = People(self.truth, Random(f"people {seed}"))
        self.judge = Judge(self.truth, lambda _key: ())
        self.truth.switched = self.judge.switched
        self.inventory_now: Inventory = self.fleet.inventory
        self.policy = policy or replace(default_policy(), mode=Mode.AUTO)
        self.report = Report(seed, days)
        self.stepping = stepping
        self.fates = fates(self)
        self.life: Life | None = None
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._woken = asyncio.Event()
        self._called = asyncio.Event()  # something waits for the service
        self._ending = False
        self._inventory_waits = False
        self._people_wait = False
        self._crash: tuple[str, timedelta] | None = None
        self._rest = DOWN_FOR
        self._mails_seen = 0
        self._put_back = False

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

    def put_back(self) -> None:
        self._put_back = True
        self.stop_for(DOWN_FOR)

    # The course of the world

    async def play(self) -> Report:
        for fate in self.fates:
            self.later(fate.at, lambda fate=fate: strike(self, fate))  # type: ignore[misc]
        async with asyncio.TaskGroup() as group:
            course = group.create_task(self._course(), name="course")
            await self._lives()
            course.cancel()
        self.report.violations = self.judge.found
        self.report.verdicts = dict(self.judge.verdicts)
        self.report.counts = dict(sorted(self.judge.counts.items()))
        self.report.mails = len(self.relay.taken)
        return self.report

    @property
    def over(self) -> bool:
        ended = self.clock.monotonic() >= timedelta(days=self.days).total_seconds()
        return ended or bool(self.judge.found)

    async def _course(self) -> None:
        """Whatever comes at its time: blows, repairs, and the people's rounds."""
        self.later(WAKES, self._people_wake)
        self.later(timedelta(days=self.days), self._called.set)
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

    async def _until_ended(self, life: Life) -> None:
        """The errands that need the service, one after another, until it is to end.

        Runs inside that life: with its death the errand dies too.
        """
        while not self._ending and not self.over:
            self._called.clear()
            if self._inventory_waits:
                self._inventory_waits = False
                await life.read_inventory()
            if self._people_wait:
                self._people_wait = False
                await self._people(life)
            await self._called.wait()
        self._ending = False

    async def _people(self, life: Life) -> None:
        if not life.database.adopted:
            await life.database.adopt()
            await life.engine.say(*adopt())
        await self.people.look(life)
        self.judge.tick(life.alive)
        fresh = self.relay.taken[self._mails_seen :]
        self._mails_seen = len(self.relay.taken)
        for _, mail in fresh:
            self.judge.mailed(mail)
        for delay, key in self.people.read_mail([mail.site for _, mail in fresh]):
            self.later(delay, lambda key=key: self._repaired(key))  # type: ignore[misc]

    def _repaired(self, key: NodeKey) -> None:
        self.people.repairing.discard(key)
        node = self.truth.nodes[key]
        if node.fault is not None:
            self.truth.repair(node)

    async def _lives(self) -> None:
        templates = Templates(None)
        machine = self.folder / "machine-id"
        machine.write_text("0123456789abcdef")
        ground = Ground(
            truth=self.truth,
            clock=self.clock,
            folder=self.folder / "state",
            machine=machine,
            policy=lambda: self.policy,
            inventory=lambda: self.inventory_now,
            relay=self.relay,
            pager=self.pager,
            committed=self._committed,
            before=lambda changes: self._dies("before", changes),
            after=lambda changes: self._dies("after", changes),
            templates=templates,
            stepping=self.stepping,
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
        """Half of all deaths meet an action or a mail on its way."""
        if self._crash is None or self._crash[0] != side:
            return False
        if not (changes.intents or changes.commands or changes.mails or changes.issues):
            return False
        self._rest = max(self._crash[1], timedelta(seconds=5))
        self._crash = None
        return True


def run_world(
    folder: Path,
    *,
    seed: int,
    nodes: int,
    days: float,
    fates: Callable[[World], Sequence[Fate]],
    policy: Policy | None = None,
    stepping: bool = False,
) -> Report:
    """Play one world to its end, in a loop of its own."""
    logging.getLogger("plcmon").setLevel(logging.CRITICAL)
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        world = runner.run(
            made(folder, loop, seed, nodes, days, fates, policy, stepping)  # in the loop: events
        )
        return runner.run(world.play())


async def made(
    folder: Path,
    loop: VirtualLoop,
    seed: int,
    nodes: int,
    days: float,
    fates: Callable[[World], Sequence[Fate]],
    policy: Policy | None,
    stepping: bool,
) -> World:
    return World(
        folder,
        loop,
        seed=seed,
        nodes=nodes,
        days=days,
        fates=fates,
        policy=policy,
        stepping=stepping,
    )
