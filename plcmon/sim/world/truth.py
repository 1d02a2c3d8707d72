"""The hidden truth: what every machine, unit and line really does, whatever anybody believes.

Times are the world's own, aware; the service's wall clock may differ.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plcmon.model.subjects import NodeKey, Outlet, PcuKey, SiteKey

KEPT = 400  # changes remembered of one node: more than any look back needs


class Shows(StrEnum):
    """What a node would show to anybody whose line is well."""

    BOOT = "boot"
    SILENT = "silent"
    WEDGED = "wedged"
    DEAF = "deaf"
    DEBUG = "debug"


class Fault(StrEnum):
    """What is wrong inside a machine."""

    HANG = "hang"  # silent, until it is booted anew
    WEDGE = "wedge"  # accepts and says nothing, until it is booted anew
    LOCKED = "locked"  # alive and lets nobody in, until a person helps
    BROKEN = "broken"  # a boot does not help; until a person repairs it
    IMAGE = "image"  # boots into its boot medium, until a person repairs it
    LOOP = "loop"  # each boot lasts a while, then it hangs again

    @property
    def shows(self) -> Shows:
        return SHOWS[self]


SHOWS = {
    Fault.HANG: Shows.SILENT,
    Fault.WEDGE: Shows.WEDGED,
    Fault.LOCKED: Shows.DEAF,
    Fault.BROKEN: Shows.SILENT,
    Fault.IMAGE: Shows.DEBUG,
    Fault.LOOP: Shows.SILENT,
}
CURED_BY_BOOT = frozenset({Fault.HANG, Fault.WEDGE})


class Mood(StrEnum):
    """How a PCU behaves."""

    FINE = "fine"
    DEAD = "dead"  # nothing answers
    LIES = "lies"  # says yes and does nothing
    REFUSES = "refuses"  # our password is not its own any more
    DROPS = "drops"  # obeys, and drops the session before it says so
    DIES_AFTER_OFF = "dies after off"  # obeys *off*, then is dead for a while


class Hand(StrEnum):
    """Who switched an outlet."""

    SERVICE = "service"
    TECHNICIAN = "technician"


@dataclass(frozen=True, slots=True)
class Switching:
    """One change, or refusal to change, of one outlet."""

    at: datetime
    outlet: Outlet
    on: bool
    by: Hand
    obeyed: bool = True


@dataclass
class TrueNode:
    """One machine."""

    key: NodeKey
    site: SiteKey
    feeds: tuple[Outlet, ...]  # where its cables really are
    boot_s: float  # what a boot takes
    image: str
    ssh: bool = True
    powered: bool = True
    booted_at: datetime | None = None  # None: never yet, or not powered
    boots: int = 0
    fault: Fault | None = None
    heals_at: datetime | None = None  # by itself; None: never
    proven: bool = True  # its power path, by the inventory
    cause: str = ""  # what its failure has in common with others
    hopeless: bool = False  # nobody will ever repair it
    unwanted: bool = False  # its people disabled it
    wanted_since: datetime | None = None  # None: always
    loop_s: float = 0.0  # how long a boot of a looping one lasts
    showed_life_at: datetime | None = None  # when a login to it last worked, as seen by somebody
    past: list[tuple[datetime, Shows]] = field(default_factory=list)

    @property
    def boot_id(self) -> str:
        return f"{self.key.partition(':')[2]}-{self.boots}"

    def shows(self, now: datetime) -> Shows:
        """What it shows now; a boot takes its time."""
        if not self.powered:
            return Shows.SILENT
        if self.booted_at is not None and now < self.booted_at:
            return Shows.SILENT
        return self.fault.shows if self.fault is not None else Shows.BOOT

    def was(self, at: datetime) -> Shows:
        """What it showed then, as far as that is remembered."""
        found = self.past[0][1] if self.past else Shows.BOOT
        for since, shown in self.past:
            if since > at:
                break
            found = shown
        return found

    def since(self, begin: datetime, end: datetime) -> Iterator[Shows]:
        """Everything it showed in a stretch, the state at its begin first."""
        yield self.was(begin)
        yield from (shown for at, shown in self.past if begin < at <= end)


@dataclass
class TruePcu:
    """One unit."""

    key: PcuKey
    site: SiteKey
    outlets: dict[str, bool]  # on
    mood: Mood = Mood.FINE
    sessions: int = 0  # that are open now
    hands: dict[str, Hand] = field(default_factory=dict)  # outlet -> who switched it last
    refused: int = 0  # logins with the wrong password since a person looked at it

    @property
    def answers(self) -> bool:
        return self.mood is not Mood.DEAD


@dataclass
class Truth:
    """The whole world, and the few laws by which one thing in it moves another."""

    now: Callable[[], datetime]
    nodes: dict[NodeKey, TrueNode] = field(default_factory=dict)
    pcus: dict[PcuKey, TruePcu] = field(default_factory=dict)
    dark_sites: set[SiteKey] = field(default_factory=set)
    lit_at: dict[SiteKey, datetime] = field(default_factory=dict)  # the line was mended then
    blind: bool = False  # our own line is dead
    stir: Callable[[NodeKey], None] = lambda _key: None  # told when a node shows something else
    sight: Callable[[bool], None] = lambda _blind: None  # told when our own line dies or lives
    switched: Callable[[Switching], None] = lambda _switching: None  # told of each command
    refused: Callable[[TruePcu], None] = lambda _pcu: None  # told of each login it refused
    crowded: Callable[[PcuKey], None] = lambda _key: None  # told of a second session at once
    later: Callable[[timedelta, Callable[[], None]], None] = lambda _delay, _do: None
    by_feed: Mapping[Outlet, TrueNode] = field(default_factory=dict)

    def visible(self, node: TrueNode) -> Shows:
        """What the service can see of it: a dead line shows nothing."""
        if self.blind or node.site in self.dark_sites:
            return Shows.SILENT
        return node.shows(self.now())

    def reaches(self, pcu: TruePcu) -> bool:
        return pcu.answers and pcu.site not in self.dark_sites and not self.blind

    def changed(self, node: TrueNode) -> None:
        """Remember what it shows from now on, and tell who watches."""
        shown = node.shows(self.now())
        if not node.past or node.past[-1][1] is not shown:
            node.past.append((self.now(), shown))
            del node.past[:-KEPT]
        self.stir(node.key)

    # Laws

    def switch(self, outlet: Outlet, on: bool, by: Hand) -> None:
        """An outlet is switched: whatever hangs on it feels it."""
        pcu = self.pcus[outlet.pcu]
        was = pcu.outlets.get(outlet.outlet, True)
        obeyed = pcu.mood is not Mood.LIES or by is Hand.TECHNICIAN
        self.switched(Switching(self.now(), outlet, on, by, obeyed))
        if not obeyed or was is on:
            return
        pcu.outlets[outlet.outlet], pcu.hands[outlet.outlet] = on, by
        node = self.by_feed.get(outlet)
        if node is not None:
            self.power(node)

    def power(self, node: TrueNode) -> None:
        """One live supply is enough."""
        fed = any(self.pcus[o.pcu].outlets.get(o.outlet, True) for o in node.feeds)
        if fed and not node.powered:
            node.powered = True
            self.boot(node)
        elif not fed and node.powered:
            node.powered, node.booted_at = False, None
            self.changed(node)

    def boot(self, node: TrueNode) -> None:
        """It starts; what a boot cures is cured."""
        node.boots += 1
        node.booted_at = self.now() + timedelta(seconds=node.boot_s)
        if node.fault in CURED_BY_BOOT:
            node.fault, node.heals_at, node.cause = None, None, ""
        self.changed(node)
        boots, wait = node.boots, timedelta(seconds=node.boot_s)
        self.later(wait, lambda: self._up(node, boots))

    def _up(self, node: TrueNode, boots: int) -> None:
        if node.boots != boots or not node.powered:
            return
        if node.fault is Fault.LOOP:
            node.fault = None
            self.later(timedelta(seconds=node.loop_s), lambda: self._falls_again(node, boots))
        self.changed(node)

    def _falls_again(self, node: TrueNode, boots: int) -> None:
        if node.boots == boots and node.powered and node.fault is None:
            self.fail(node, Fault.LOOP, None)

    def fail(self, node: TrueNode, fault: Fault, heals_in: timedelta | None) -> None:
        """Something breaks; perhaps it heals by itself, which a machine does by booting."""
        node.fault = fault
        node.heals_at = self.now() + heals_in if heals_in is not None else None
        self.changed(node)
        if heals_in is not None:
            due = node.heals_at
            self.later(heals_in, lambda: self._heals(node, due))

    def _heals(self, node: TrueNode, due: datetime | None) -> None:
        if node.heals_at == due and node.fault is not None:
            self.repair(node)

    def repair(self, node: TrueNode) -> None:
        """Whatever was wrong is not any more; where it has power, it boots."""
        node.fault, node.heals_at, node.cause = None, None, ""
        if node.powered:
            self.boot(node)
        else:
            self.changed(node)

    def darken(self, site: SiteKey, dark: bool) -> None:
        (self.dark_sites.add if dark else self.dark_sites.discard)(site)
        self.lit_at[site] = self.now()
        for node in self.nodes.values():
            if node.site == site:
                self.stir(node.key)

    def enter(self, pcu: TruePcu) -> None:
        """A session begins; these units have one."""
        pcu.sessions += 1
        if pcu.sessions > 1:
            self.crowded(pcu.key)

    def lose_sight(self, blind: bool) -> None:
        self.blind = blind
        self.sight(blind)
        for key in self.nodes:
            self.stir(key)
