"""Decisions: wants with every gate they looked at, and grants."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueId
from plcmon.model.subjects import PowerPath, Subject


class Mode(StrEnum):
    """How far plcmon may go; the strictest of global, ladder and rung counts."""

    OBSERVE = "observe"
    PROPOSE = "propose"
    AUTO = "auto"


STRICTNESS = {Mode.OBSERVE: 0, Mode.PROPOSE: 1, Mode.AUTO: 2}


def strictest(*modes: Mode) -> Mode:
    return min(modes, key=STRICTNESS.__getitem__)


class Tri(StrEnum):
    """The answer of a rung's condition."""

    YES = "yes"
    NOT_NOW = "not_now"
    NEVER = "never"


class Pass(StrEnum):
    """The answer of a gate."""

    PASS = "pass"
    HOLD = "hold"
    NEVER = "never"


class GateName(StrEnum):
    """Every gate there is, in the order in which `why` prints them."""

    INSTALLED = "installed"
    ADOPTED = "adopted"
    CLAIM = "claim"
    EVIDENCE = "evidence"
    CONDITION = "condition"
    WAIT = "wait"
    ISSUE = "issue"
    INHERITED = "inherited"
    MODE = "mode"
    CANARIES = "canaries"
    FLEET_GUARD = "fleet guard"
    STORM = "storm"
    SITE_GUARD = "site guard"
    WARNED = "warned"
    MIN_UP = "min up"
    NEW_SITE = "new site"
    REACH = "reach"
    NODE_LIMIT = "node limit"
    IN_FLIGHT = "in flight"
    BUDGET = "budget"
    BREAKER = "breaker"
    POWER_PATH = "power path"
    PCU = "pcu"
    WINDOW = "window"
    EXEMPT = "exempt"
    REPLY = "reply"
    GRACE = "restart grace"
    FREEZE = "freeze"
    LOOK_AGAIN = "look again"
    OUTLET = "outlet"


@dataclass(frozen=True, slots=True)
class Gate:
    """One named reason that an action may run, is held, or never will."""

    name: GateName
    answer: Pass
    fact: str  # one sentence fragment: what was looked at
    at: datetime | None = None  # when the fact was established
    clears_at: datetime | None = None  # when it may open by itself
    distance: str = ""  # how far from the line, for people


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a rung does."""

    kind: ActionKind
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True)
class Want:
    """What the policy would do for one issue now, and when to look again."""

    issue: IssueId
    subject: Subject
    site: str
    rung: str  # empty: nothing is left to do
    order: int
    effects: tuple[Effect, ...]
    gates: tuple[Gate, ...]
    next_at: datetime | None
    mode: Mode
    bad_since: datetime
    path: PowerPath | None = None  # the one that power would take
    passed: tuple[tuple[str, str], ...] = ()  # rungs passed over on the way, and why

    @property
    def answer(self) -> Pass:
        """The strictest answer of its gates."""
        answers = {gate.answer for gate in self.gates}
        if Pass.NEVER in answers:
            return Pass.NEVER
        return Pass.HOLD if Pass.HOLD in answers else Pass.PASS

    @property
    def why(self) -> str:
        """The first gate that does not pass, as one sentence."""
        for gate in self.gates:
            if gate.answer is not Pass.PASS:
                return f"{gate.name.value}: {gate.fact}"
        return "every gate passes"


@dataclass(frozen=True, slots=True)
class Hold:
    """A want that is held, as remembered between evaluations."""

    issue: IssueId
    gate: GateName
    since: datetime
    fact: str
    rung: str = ""
    bad_before: timedelta = timedelta()  # the issue's bad time when the hold began
    alerted: bool = False

    def age(self, now: datetime) -> timedelta:
        return now - self.since
