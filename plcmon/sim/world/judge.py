"""The judge: gives the auditor every row and the truth, and watches the units' own deeds.

Knows no rule of the engine's: what the journal cannot show, the units' logs do.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from plcmon.auditor import Auditor, Limits, Violation
from plcmon.auditor.reading import outlets_in, word_of
from plcmon.mail.queue import NOTICES_HEADER
from plcmon.model.events import AuditRow
from plcmon.model.intents import Mail
from plcmon.model.subjects import PcuKey
from plcmon.sim.world.testimony import Testimony
from plcmon.sim.world.truth import Hand, Switching, TruePcu, Truth

CUTS = frozenset({"off", "cycle"})
LOCKS_AFTER = 3  # logins with the wrong password: so many lock an account for good


@dataclass
class Judge:
    """Fed with every committed row of the journal and every deed of a unit."""

    truth: Truth
    true_of: Callable[[datetime], datetime] = lambda wall: wall  # of the service's wall clock
    limits: Limits = field(default_factory=Limits)
    found: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.testimony = Testimony(self.truth)
        self.auditor = Auditor(self.limits, truth=self.testimony)
        self.truth.crowded = self.crowded
        self.truth.switched, self.truth.sight = self.switched, self.testimony.sight
        self.truth.refused = self.refused
        self.adopted = True  # the state is on the machine that it was made on, or was adopted
        self._orders: dict[str, list[str]] = defaultdict(list)  # outlet -> intents, durable
        self._used: set[tuple[str, str]] = set()
        self._mails: dict[str, str] = {}
        self._fixed: set[str] = set()  # Message-IDs that were durable before they left
        self._read: list[AuditRow] = []

    def row(self, row: AuditRow) -> None:
        """The next durable row, at the world's own time: the service's wall clock may be wrong."""
        gates = {name: self._in_true_time(value) for name, value in row.gates.items()}
        row = replace(row, at=self.truth.now(), gates=gates)
        self.counts[row.verb] += 1
        word = word_of(row.verb)
        if word.topic == "command" and word.kind in CUTS:
            for outlet in outlets_in(row):
                self._orders[outlet].append(row.intent)
        elif word.topic == "mail fixed":
            self._fixed.add(row.gates.get("message", ""))
        elif word.topic == "verdict":
            self.verdicts[row.outcome] += 1
        self._read.append(row)
        self.found += self.auditor.take(row)

    @property
    def rows(self) -> int:
        """How many rows the journal has by now."""
        return len(self._read)

    def put_back(self, rows: int) -> None:
        """The journal is a copy of itself again, as it was with so many rows."""
        del self._read[rows:]
        self.auditor = Auditor(self.limits, truth=self.testimony)
        for row in self._read:
            self.auditor.take(row)  # what it broke was said when it was new

    def _in_true_time(self, value: str) -> str:
        """A moment that the service wrote down, as it really was; any other text as it is."""
        try:
            return self.true_of(datetime.fromisoformat(value)).isoformat()
        except (ValueError, TypeError):
            return value

    def tick(self) -> None:
        """What time alone breaks, and what must have come about by now."""
        self.found += self.auditor.at(self.truth.now())

    def rest(self) -> None:
        """Long after the last blow: everything that can be well is well."""
        self.found += self.auditor.rest(self.truth.now())

    def switched(self, deed: Switching) -> None:
        """Invariant 2, by the units' own logs: durable before it leaves, and once."""
        self.counts[f"{deed.by.value} {'on' if deed.on else 'off'}"] += 1
        self.testimony.switched(deed)
        if deed.by is Hand.SERVICE and not self.adopted:
            self.blame(7, f"{deed.outlet} was switched by a state that nobody adopted")
        if deed.on or deed.by is Hand.TECHNICIAN:
            return
        outlet = f"{deed.outlet.pcu} {deed.outlet.outlet}"
        orders = self._orders[outlet]
        if not orders:
            self.blame(2, f"{outlet} was cut, and no durable command said so")
            return
        intent = orders.pop()
        if (intent, outlet) in self._used:
            self.blame(2, f"{outlet} was cut twice by {intent}")
        self._used.add((intent, outlet))

    def refused(self, pcu: TruePcu) -> None:
        """Invariant 22: a unit whose account we locked cannot be used when it is mended."""
        if pcu.refused == LOCKS_AFTER:
            self.blame(22, f"{pcu.key} has locked its account: {pcu.refused} refused logins")

    def crowded(self, pcu: PcuKey) -> None:
        """Invariant 1, by the units themselves: what is in flight there has them alone."""
        self.blame(1, f"{pcu} has two sessions at once")

    def mailed(self, mail: Mail) -> None:
        """Invariant 15: the same Message-ID is the same matter for the same person.

        Its words may differ when a restored state fixes it anew: ages have grown.
        """
        content = f"{mail.recipient} {mail.site} {mail.headers.get(NOTICES_HEADER)}"
        before = self._mails.setdefault(mail.message_id, content)
        if mail.message_id not in self._fixed:
            self.blame(15, f"{mail.message_id} to {mail.recipient} was never fixed")
        if before != content:
            self.blame(15, f"{mail.message_id} stands for two mails: {before}, {content}")

    def blame(self, invariant: int, text: str) -> None:
        self.found.append(Violation(invariant, self.truth.now(), self.auditor.rows, text))
