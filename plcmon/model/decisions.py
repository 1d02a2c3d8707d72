"""Decisions: wants with every gate they looked at, and grants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
    LADDER = "ladder"
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
    ELSEWHERE = "elsewhere"
    COMMON_CAUSE = "common cause"
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
    READ_BACK = "read back"
    PCU = "pcu"
    WINDOW = "window"
    EXEMPT = "exempt"
    FLAPPING = "flapping"
    COMPLETENESS = "completeness"
    REPLY = "reply"
    GRACE = "restart grace"
    FREEZE = "freeze"
    LOOK_AGAIN = "look again"
    OUTLET = "outlet"


GATES: Mapping[GateName, str] = {
    GateName.INSTALLED: "something carries out every effect of the rung",
    GateName.LADDER: "every word of the ladder that the issue began with is still known",
    GateName.ADOPTED: "the state belongs to this machine and is the newest there is",
    GateName.CLAIM: "an open issue of the site claims a penalty",
    GateName.EVIDENCE: "fresh evidence says that it is so just now",
    GateName.CONDITION: "the rung's conditions say yes",
    GateName.WAIT: "the rung's wait is over, in bad, unpaused time",
    GateName.ISSUE: "the issue is open, not paused, and nobody wants its node off",
    GateName.INHERITED: "it is from while plcmon might act, or was released from the queue",
    GateName.MODE: "the mode is `auto`, or a person approved",
    GateName.CANARIES: "our own canaries answer",
    GateName.FLEET_GUARD: "not too many nodes turned bad at once",
    GateName.ELSEWHERE: "no source outside that counts says that it is up",
    GateName.COMMON_CAUSE: "it does not share its trouble with many others of one label",
    GateName.STORM: "its wave has come, where many fell together",
    GateName.SITE_GUARD: "not too many of the site's good nodes are bad at once",
    GateName.WARNED: "the relay took a notice to the site, long enough ago",
    GateName.MIN_UP: "fewer nodes of the site are up than it needs",
    GateName.NEW_SITE: "the site has been known for long enough to be punished",
    GateName.REACH: "something of the site answers",
    GateName.NODE_LIMIT: "the node had little enough of this lately",
    GateName.IN_FLIGHT: "no other power action is under way for the node, its PCU or its site",
    GateName.BUDGET: "the fleet's budget has room in every window",
    GateName.BREAKER: "the last actions of its kind, and of its PCU's family, did not end badly",
    GateName.POWER_PATH: "the node has a power path; one that was never proven is only proposed",
    GateName.READ_BACK: "its outlets can be read back; where not, only one try is not proposed",
    GateName.PCU: "its PCUs are in order, and were tested good lately",
    GateName.WINDOW: "nobody works on it: no maintenance",
    GateName.EXEMPT: "the inventory does not exempt it",
    GateName.FLAPPING: "it does not leave boot again and again; holds without end",
    GateName.COMPLETENESS: "nearly all nodes in service were attempted lately",
    GateName.REPLY: "no person of the site replied lately",
    GateName.GRACE: "some time and one complete fresh scan have passed since the start",
    GateName.FREEZE: "no person froze its scope",
    GateName.LOOK_AGAIN: "the last attempt did not just end before anything was sent",
    GateName.OUTLET: "its outlets are not off by an unknown hand",
}
"""What each gate asks before it passes."""


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
    given_up: str = ""  # the one of them that was held for too long
    beside: bool = False  # power that is owed; the issue stays where it stands on its ladder
    shut: tuple[Gate, ...] = field(init=False, repr=False, compare=False)  # that do not pass: few

    def __post_init__(self) -> None:
        object.__setattr__(self, "shut", not_passed(self.gates))

    @property
    def answer(self) -> Pass:
        """The strictest answer of its gates."""
        if not self.shut:
            return Pass.PASS
        never = any(gate.answer is Pass.NEVER for gate in self.shut)
        return Pass.NEVER if never else Pass.HOLD

    @property
    def why(self) -> str:
        """The first gate that does not pass, as one sentence."""
        for gate in self.shut:
            return f"{gate.name.value}: {gate.fact}"
        return "every gate passes"


def not_passed(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    passes = Pass.PASS  # looked up once: this is asked of every gate there is
    return tuple([gate for gate in gates if gate.answer is not passes])


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
