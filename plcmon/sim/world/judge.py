"""The judge: holds the journal and the units' deeds against the truth. Knows no rule of ours."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plcmon.mail.queue import NOTICES_HEADER
from plcmon.model.events import AuditRow
from plcmon.model.intents import Mail
from plcmon.model.subjects import NodeKey, Outlet, PcuKey
from plcmon.sim.world.truth import Hand, Shows, Switching, TrueNode, Truth

LIFE_WITHIN = timedelta(seconds=120)
DARK_FOR = timedelta(minutes=10)
SLACK = timedelta(minutes=2)


@dataclass(frozen=True)
class Violation:
    """An invariant that the world saw broken."""

    invariant: int
    at: datetime
    text: str

    def __str__(self) -> str:
        return f"invariant {self.invariant} at {self.at:%Y-%m-%d %H:%M:%S}: {self.text}"


@dataclass
class Order:
    """A destructive command that is durable and has not yet left."""

    intent: str
    actor: str


@dataclass
class Judge:
    """Fed with every committed row of the journal and every deed of a unit."""

    truth: Truth
    found: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    _orders: dict[Outlet, list[Order]] = field(default_factory=lambda: defaultdict(list))
    _used: set[tuple[str, Outlet]] = field(default_factory=set)
    _dark: dict[Outlet, datetime] = field(default_factory=dict)  # off by the service since
    _alerted: set[Outlet] = field(default_factory=set)
    _sent: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # intent -> node, when
    _mails: dict[str, str] = field(default_factory=dict)  # Message-ID -> content
    _seq: int = 0

    def blame(self, invariant: int, text: str) -> None:
        self.found.append(Violation(invariant, self.truth.now(), text))

    # The journal

    def row(self, row: AuditRow) -> None:
        self._seq += 1
        row = replace(row, seq=self._seq)
        self.counts[row.verb] += 1
        word, _, rest = row.verb.partition(" ")
        if word == "command" and not rest.endswith("answered"):
            self._command(row, rest)
        elif row.verb == "alert":
            self._alert(row)
        elif rest == "verdict":
            self.verdicts[row.outcome] += 1
            self._verdict(row)

    def _command(self, row: AuditRow, verb: str) -> None:
        outlet = outlet_in(row.detail)
        if outlet is None or verb not in ("off", "cycle"):
            return
        self._orders[outlet].append(Order(row.intent, row.actor))
        self._sent.setdefault(row.intent, (row.subject, self.truth.now()))

    def _alert(self, row: AuditRow) -> None:
        if row.intent or "dark" in row.detail or "dark" in row.reason:
            self._alerted |= set(self._dark)

    def _verdict(self, row: AuditRow) -> None:
        """Invariant 13: what is called fixed really booted since we cut it."""
        if row.outcome != "fixed" or row.actor != "engine" or row.intent not in self._sent:
            return
        subject, at = self._sent[row.intent]
        node = self.truth.nodes[NodeKey(subject.partition("/")[2])]
        if node.booted_at is None or node.booted_at < at:
            self.blame(13, f"{subject} is called fixed; it last booted {node.booted_at}")

    # The units' deeds

    def switched(self, deed: Switching) -> None:
        self.counts[f"{deed.by.value} {'on' if deed.on else 'off'}"] += 1
        if deed.by is Hand.TECHNICIAN:
            self._dark.pop(deed.outlet, None)
            return
        pcu = self.truth.pcus[deed.outlet.pcu]
        foreign = pcu.hands.get(deed.outlet.outlet) is Hand.TECHNICIAN
        was_on = pcu.outlets.get(deed.outlet.outlet, True)
        if foreign and not was_on:
            self.blame(16, f"{deed.outlet} was off by an unknown hand and was switched")
        if deed.on:
            self._dark.pop(deed.outlet, None)
            self._alerted.discard(deed.outlet)
            return
        self._cut(deed)

    def _cut(self, deed: Switching) -> None:
        """Invariants 2 and 6: durable before it leaves, once, and never on the living."""
        orders = self._orders[deed.outlet]
        if not orders:
            self.blame(2, f"{deed.outlet} was cut and no durable command said so")
            return
        order = orders.pop()
        if (order.intent, deed.outlet) in self._used:
            self.blame(2, f"{deed.outlet} was cut twice by {order.intent}")
        self._used.add((order.intent, deed.outlet))
        if deed.obeyed:
            self._dark[deed.outlet] = deed.at
        subject, _ = self._sent[order.intent]
        node = self.truth.nodes[NodeKey(subject.partition("/")[2])]
        if order.actor == "engine":
            self._was_dead(node, deed)

    def _was_dead(self, node: TrueNode, deed: Switching) -> None:
        seen = node.showed_life_at
        if seen is not None and deed.at - seen <= LIFE_WITHIN:
            self.blame(6, f"{node.key} was cut {deed.at - seen} after a login to it worked")
        if node.was(deed.at) in (Shows.DEAF, Shows.DEBUG) and not self.truth.blind:
            self.blame(6, f"{node.key} was cut while it was {node.was(deed.at).value}")

    # Mail

    def mailed(self, mail: Mail) -> None:
        """Invariant 15: the same Message-ID is the same matter for the same person.

        Its words may differ when a restored state fixes it anew: ages have grown.
        """
        content = f"{mail.recipient} {mail.site} {mail.headers.get(NOTICES_HEADER)}"
        before = self._mails.setdefault(mail.message_id, content)
        if before != content:
            self.blame(15, f"{mail.message_id} stands for two mails: {before}, {content}")

    # Time

    def tick(self, alive: bool) -> None:
        """Invariant 3: nothing stays dark by our hand without a word."""
        if not alive:
            return
        now = self.truth.now()
        for outlet, since in list(self._dark.items()):
            if outlet in self._alerted or self.truth.pcus[outlet.pcu].outlets.get(outlet.outlet):
                continue
            if now - since > DARK_FOR + SLACK:
                self.blame(3, f"{outlet} is dark by our hand since {since:%H:%M} without an alert")
                self._alerted.add(outlet)


def outlet_in(detail: str) -> Outlet | None:
    """`toml:p1 outlet 3 off` as an outlet."""
    pcu, found, rest = detail.partition(" outlet ")
    if not found:
        return None
    return Outlet(PcuKey(pcu), rest.split(" ")[0])
