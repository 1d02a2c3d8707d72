"""False alarms: how many healthy nodes are concluded silent when the way to them loses packets.

Each probe fails by itself with the chance that `chances` says, packets being lost both ways. The
agenda and the patience are the shipped ones; a node is asked by TCP and SSH alone, as where ping is
not allowed, which is the harder case.
"""

import math
import random
from datetime import UTC, datetime, timedelta

from plcmon.config.load import default_policy
from plcmon.model.policy import Policy
from plcmon.model.readings import Login, Observed, PortAnswer, Probe, Reading
from plcmon.model.subjects import Node, NodeKey, Profile, SiteKey, node_subject
from plcmon.policy.sight import Sight, failed, see
from plcmon.scanner.agenda import Agenda, Check, Place, Question
from tests.bench.chances import no_connection, no_greeting

ROUNDS = 1_000_000  # of all nodes together, for each loss; one reading of its TCP ports is one
NODES = 100
LOSSES = (0.01, 0.05, 0.30)
SEED = 7
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NODE = Node(NodeKey("toml:n"), "n.example.org", SiteKey("s"), ("192.0.2.1",))
SUBJECT = node_subject(NODE.key)
PROFILE = Profile("linux")
CHECKS = {probe: Check(SUBJECT, Question(probe.value)) for probe in (Probe.TCP, Probe.SSH)}


class Watched:
    """One healthy node behind a way that loses packets."""

    def __init__(self, policy: Policy, loss: float, dice: random.Random) -> None:
        self.rounds = self.silent = self.bad = 0
        self._policy = policy
        self._unconnected, self._ungreeted = no_connection(loss), no_greeting(loss)
        self._dice = dice
        self._suspect = policy.intervals.suspect.total_seconds()
        every = {Probe.TCP: policy.intervals.tcp, Probe.SSH: policy.intervals.ssh}
        places = {CHECKS[p]: Place(NODE.site, each.total_seconds()) for p, each in every.items()}
        self._agenda = Agenda(per_site=8, workers=8)
        self._agenda.update(places, suspect=self._suspect, now=0.0)
        self._sight = Sight()
        self._failing: set[Check] = set()
        self._unsaid: dict[Probe, Reading] = {}  # good ones that say the same again

    def live(self, rounds: int) -> None:
        """Ask it as the scanner does, for so many rounds."""
        while self.rounds < rounds:
            now = self._agenda.next_due()
            check = self._agenda.take(now)
            assert check is not None
            reading = self._read(Probe(check.question.value), now)
            self._agenda.done(check, now)
            self._take(reading, now)
            self._change(check, reading, now)
            self.rounds += reading.probe is Probe.TCP

    def _read(self, probe: Probe, now: float) -> Reading:
        at = START + timedelta(seconds=now)
        is_lost = self._dice.random() < self._unconnected
        port = PortAnswer.FILTERED if is_lost else PortAnswer.OPEN
        if probe is Probe.TCP:
            return Reading(SUBJECT, probe, at, at, ports={NODE.ssh_port: port})
        greeted = Login.NO_BANNER if self._dice.random() < self._ungreeted else Login.OK
        login = Login.NO_CONNECT if is_lost else greeted
        return Reading(SUBJECT, probe, at, at, port=port, login=login)

    def _take(self, reading: Reading, now: float) -> None:
        """Let the sight have it. While all is well only the last good one of a probe matters."""
        calm = self._sight.believed is not None and not self._sight.doubtful
        if calm and self._sight.believed.state is Observed.BOOT and not failed(reading):  # type: ignore[union-attr]
            self._unsaid[reading.probe] = reading
            return
        for kept in sorted(self._unsaid.values(), key=lambda kept: kept.at):
            self._sight = see(self._sight, NODE, PROFILE, kept, self._policy)
        self._unsaid.clear()
        before = self._sight
        self._sight = see(before, NODE, PROFILE, reading, self._policy)
        self._count(before)
        if self._sight.doubtful and not before.doubtful:
            self._agenda.hasten([SUBJECT], now)
        elif before.doubtful and not self._sight.doubtful:
            self._agenda.relax([SUBJECT])

    def _count(self, before: Sight) -> None:
        believed = self._sight.believed
        if believed is None or before.believed is None or believed.state is before.believed.state:
            return
        self.silent += believed.state is Observed.SILENT
        self.bad += believed.state is not Observed.BOOT

    def _change(self, check: Check, reading: Reading, now: float) -> None:
        """An answer that is another than the last makes every probe due at once."""
        if failed(reading) is not (check in self._failing):
            self._failing ^= {check}
            self._agenda.doubt(SUBJECT, now)


def measure(rounds: int = ROUNDS) -> dict[str, float]:
    """By loss: nodes wrongly concluded silent, and the bound for 95 % in a million rounds."""
    found: dict[str, float] = {"rounds": rounds}
    for loss in LOSSES:
        silent, bad = alarms(loss, rounds)
        name = f"at_{loss * 100:.0f}_percent"
        found[f"{name}_silent"] = silent
        found[f"{name}_bad"] = bad
        found[f"{name}_bound_a_million"] = upper_bound(silent) / rounds * 1e6
    return found


def alarms(loss: float, rounds: int) -> tuple[int, int]:
    """How often a node was concluded silent, and how often anything but well."""
    policy, dice = default_policy(), random.Random(SEED)
    nodes = [Watched(policy, loss, dice) for _ in range(NODES)]
    for node in nodes:
        node.live(rounds // NODES)
    return sum(node.silent for node in nodes), sum(node.bad for node in nodes)


def upper_bound(seen: int, doubt: float = 0.05) -> float:
    """The count that would show so few with this chance only: Poisson, one-sided; 3.0 for none."""
    low, high = seen + 1e-9, 10.0 + 3.0 * seen
    while high - low > 1e-6:
        middle = (low + high) / 2
        terms = (
            math.exp(n * math.log(middle) - middle - math.lgamma(n + 1)) for n in range(seen + 1)
        )
        low, high = (middle, high) if sum(terms) > doubt else (low, middle)
    return high
