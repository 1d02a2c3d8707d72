"""A stage on paper: the policy's clerk, a hidden truth, hands that switch, and the judge."""

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from plcmon.auditor import Limits, Violation
from plcmon.model.beliefs import NodeBelief
from plcmon.model.events import (
    Body,
    EffectSent,
    Event,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    Started,
)
from plcmon.model.intents import (
    POWER,
    THROUGH,
    ActionKind,
    Command,
    Intent,
    IntentState,
    MailState,
    Outcome,
    PowerState,
    Stage,
)
from plcmon.model.readings import Evidence, Login, Observed
from plcmon.model.subjects import NodeKey, Outlet, Subject, fleet_subject
from plcmon.sim.world.judge import Judge
from plcmon.sim.world.truth import Fault, Hand, Shows, TrueNode, TruePcu, Truth
from tests.policy.clerk import DAY, HOUR, MINUTE, SHIPPED, START, Clerk

SECOND = timedelta(seconds=1)
# No post room gathers what one person is told: each notice is a mail of its own.
ALONE = Limits(mail_pause=timedelta())
BOOT_S = 60.0
LONG = 25 * HOUR  # of silence: then `node_down` is open
OUTSIDE = THROUGH | {ActionKind.PENALTY}
ALIVE = frozenset({Shows.BOOT, Shows.DEBUG})


@dataclass
class Paper(Clerk):
    """What happens in the truth is seen when it is said to be; what is decided is really done."""

    limits: Limits = ALONE
    _read: int = 0  # rows of the journal that the judge has
    _moment: datetime | None = None  # of the row that is read just now
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.truth = Truth(lambda: self._moment or self.now, later=self._later)
        for pcu in self.inventory.pcus.values():
            self.truth.pcus[pcu.key] = TruePcu(pcu.key, pcu.site, {})
        for node in self.inventory.nodes.values():
            feeds = tuple(o for path in node.paths for o in path.outlets)
            true = TrueNode(node.key, node.site, feeds, BOOT_S, "f8", boots=1)
            true.booted_at = START - 30 * DAY
            self.truth.nodes[node.key] = true
            for outlet in feeds:
                self.truth.pcus[outlet.pcu].outlets[outlet.outlet] = True
        self.cable({o: node for node in self.truth.nodes.values() for o in node.feeds})
        self.judge = Judge(self.truth, limits=self.limits)

    def cable(self, by_feed: dict[Outlet, TrueNode]) -> None:
        """What really hangs on each outlet."""
        self.truth.by_feed = by_feed

    @property
    def found(self) -> list[Violation]:
        return self.judge.found

    # Time and the journal

    def _later(self, delay: timedelta, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._order), do))

    def tell(self, subject: Subject, body: Body, *, intent: str = "") -> list[Event]:
        while self._due and self._due[0][0] <= self.now:
            self._moment, _, do = heapq.heappop(self._due)
            do()
        self._moment = None
        told = super().tell(subject, body, intent=intent)
        self.read()
        return told

    def read(self) -> None:
        """Every new row goes to the judge, at its own time."""
        for row in self.audit[self._read :]:
            self._read += 1
            self._moment = row.at
            self.judge.row(row)
        self._moment = None

    def forward(self, delta: timedelta, *, quiet: bool = False) -> None:
        super().forward(delta, quiet=quiet)
        self.read()
        self.judge.tick()

    def begin(self) -> "Paper":
        """Started, everything seen as it is, PCUs tested, the grace sat out."""
        self.start()
        self.look()
        self.refresh()
        self.forward(self.policy.safety.grace + MINUTE)
        self.refresh()
        return self

    def start(self, *, adopted: bool = True) -> None:
        self.tell(fleet_subject(), Started("test", self.policy.version, adopted=adopted))
        self.tell(fleet_subject(), InventoryRead(self.inventory, "digest"))
        self.canaries(3, 3)

    def take_over(self, **changes: object) -> None:
        """Another inventory is read."""
        self.inventory = replace(self.inventory, **changes)  # type: ignore[arg-type] # the callers'
        self.tell(fleet_subject(), InventoryRead(self.inventory, "digest"))

    # Seeing

    def look(self, *keys: NodeKey, evidence: Evidence = Evidence.FRESH) -> None:
        """The nodes (or all) are seen as they really are."""
        for key in keys or self.inventory.nodes:
            true = self.truth.nodes[key]
            shown = self.truth.visible(true)
            alive = shown in ALIVE
            if alive:
                true.showed_life_at = self.now
            self.observe(
                key,
                Observed(shown.value),
                since=self.now,
                evidence=evidence,
                boot_id=true.boot_id if alive else "",
                booted_at=true.booted_at if alive else None,
                login=Login.REFUSED if shown is Shows.DEAF else None,
            )

    def fall(self, *keys: NodeKey, fault: Fault = Fault.HANG, cause: str = "") -> None:
        """They break, and are seen to be."""
        for key in keys:
            self.truth.nodes[key].cause = cause
            self.truth.fail(self.truth.nodes[key], fault, None)
        self.look(*keys)

    def changed(self) -> list[NodeKey]:
        """Whoever shows something else than what is believed."""
        return [
            key
            for key, true in self.truth.nodes.items()
            if self.is_news(true, self.state.nodes[key])
        ]

    def is_news(self, true: TrueNode, belief: NodeBelief) -> bool:
        shown = self.truth.visible(true)
        new_boot = shown is Shows.BOOT and true.boot_id != belief.boot_id
        return new_boot or belief.observed.value != shown.value

    # Doing

    def outside_planned(self) -> list[Intent]:
        """Boot states, repairs and penalties that may go out."""
        return [
            intent
            for intent in self.intents(IntentState.PLANNED)
            if intent.kind in OUTSIDE and self.state.may_start(intent)
        ]

    def set_outside(self, intent: Intent) -> None:
        """Set through an integration, and read back."""
        self.tell(intent.target, IntentClaimed(1), intent=intent.id)
        self.tell(intent.target, EffectSent(intent.argument, "boot"), intent=intent.id)
        if self.state.intents[intent.id].state is IntentState.SENT:
            ended = IntentEnded("confirmed", Outcome.OK, "done")
            self.tell(intent.target, ended, intent=intent.id)

    def power_planned(self) -> list[Intent]:
        return [i for i in self.intents(IntentState.PLANNED) if i.kind in POWER]

    def carry_out(self, intent: Intent, *, off_seen: bool = True) -> Intent:
        """Claimed, off, on: each step told before it is done, and really done."""
        self.tell(intent.target, IntentClaimed(1), intent=intent.id)
        if self.cut(intent):
            self.light(intent)
        return self.state.intents[intent.id]

    def cut(self, intent: Intent) -> bool:
        """Off, unless the engine does not let it out."""
        outlet = self.outlet(intent)
        off = Command(intent.id, 1, "off", outlet, self.now)
        self.tell(intent.target, IntentSent(off), intent=intent.id)
        if self.state.intents[intent.id].state is not IntentState.SENT:
            return False
        self.truth.switch(outlet, False, Hand.SERVICE)
        reads = self.reads(outlet)
        done = replace(off, answered_at=self.now, outcome=Outcome.OK, reads=reads)
        self.tell(intent.target, IntentStage(Stage.OFF_SENT, done), intent=intent.id)
        if reads is PowerState.OFF:
            self.tell(intent.target, IntentStage(Stage.DARK, dark=(outlet,)), intent=intent.id)
        self.now += 10 * SECOND
        return True

    def light(self, intent: Intent) -> None:
        """On again, and proven at the outlet."""
        outlet = self.outlet(intent)
        seen = self.state.intents[intent.id].off_seen
        on = Command(intent.id, 2, "on", outlet, self.now)
        self.tell(intent.target, IntentStage(Stage.ON_SENT, on), intent=intent.id)
        self.truth.switch(outlet, True, Hand.SERVICE)
        done = replace(on, answered_at=self.now, outcome=Outcome.OK, reads=self.reads(outlet))
        self.tell(intent.target, IntentStage(Stage.ON_SENT, done), intent=intent.id)
        done_so = seen or not self.inventory.pcus[outlet.pcu].readable
        state = IntentState.CONFIRMED if done_so else IntentState.FAILED
        ended = IntentEnded(state.value, Outcome.OK, "done", off_seen=seen, lit=(outlet,))
        self.tell(intent.target, ended, intent=intent.id)

    def reads(self, outlet: Outlet) -> PowerState:
        """What the unit shows of its outlet now."""
        if not self.inventory.pcus[outlet.pcu].readable:
            return PowerState.UNKNOWN
        on = self.truth.pcus[outlet.pcu].outlets[outlet.outlet]
        return PowerState.ON if on else PowerState.OFF

    def outlet(self, intent: Intent) -> Outlet:
        assert intent.path is not None
        return intent.path.outlets[0]

    def work(
        self,
        duration: timedelta,
        *,
        step: timedelta = 30 * MINUTE,
        unseen: Collection[NodeKey] = (),
        scans: bool = True,
        mail: MailState | None = MailState.ACCEPTED,
    ) -> None:
        """Scans, tests of PCUs, news of nodes; power and mail as they are decided."""
        until = self.now + duration
        while self.now < until:
            self.forward(step)
            if scans:
                self.refresh()
            self.look_at_news(unseen)
            while planned := self.power_planned():
                self.carry_out(planned[0])
                self.forward(2 * MINUTE)
                self.look_at_news(unseen)
            for intent in self.outside_planned():
                self.set_outside(intent)
            if mail is not None:
                self.post(mail)

    def look_at_news(self, unseen: Collection[NodeKey]) -> None:
        news = [key for key in self.changed() if key not in unseen]
        if news:
            self.look(*news)


def on_paper(**more: object) -> Paper:
    """The shipped settings in mode auto, as the clerk of the policy's tests has them."""
    return Paper(**more).begin()  # type: ignore[arg-type] # its own arguments


__all__ = [
    "ALONE", "DAY", "HOUR", "LONG", "MINUTE", "SECOND", "SHIPPED", "Paper", "on_paper",
]  # fmt: skip
