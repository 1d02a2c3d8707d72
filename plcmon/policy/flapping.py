"""Flapping: a node that leaves boot again and again is held until it was calm for long enough.

Either of two rules holds it: a score that each episode raises and that halves with time, and a
count of episodes within some days. Nothing is hidden by it: status and observations go on as ever.
"""

from collections.abc import Iterator
from datetime import datetime
from math import log2

from plcmon.model.beliefs import Flap, NodeBelief
from plcmon.model.decisions import Gate, GateName, Pass
from plcmon.model.events import StatusChanged
from plcmon.model.intents import POWER, ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.policy import Flapping
from plcmon.model.readings import Evidence, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, SubjectKind, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.issues import words
from plcmon.policy.status import deaf_by_key_alone

MOST_KEPT = 50  # episodes; many more than hold a node
HELD_BACK = POWER | {ActionKind.NOTIFY, ActionKind.REBOOT_SHELL, ActionKind.BOOT_STATE}
"""What a flapping node gets none of; its own issue speaks to the operators instead."""

STEADY = Gate(GateName.FLAPPING, Pass.PASS, "it does not flap")


def follow_flap(draft: Draft, belief: NodeBelief) -> NodeBelief:
    """The belief with what it shows now counted: one episode when it has just left boot."""
    flap, rules = belief.flap, draft.policy.flapping
    if belief.evidence is not Evidence.FRESH or deaf_by_key_alone(belief):
        return belief
    boots = belief.observed is Observed.BOOT
    if boots or not flap.boots or draft.fleet.guard_closed:
        return belief if boots is flap.boots else replace(belief, flap=replace(flap, boots=boots))
    counted = replace(
        flap,
        boots=False,
        score=min(float(rules.most), score_of(flap, rules, draft.now) + rules.episode),
        at=draft.now,
        episodes=(*lately(flap, rules, draft.now), draft.now)[-MOST_KEPT:],
    )
    return replace(belief, flap=counted)


def score_of(flap: Flap, rules: Flapping, now: datetime) -> float:
    """The score as it has decayed by now."""
    if flap.at is None:
        return 0.0
    return float(flap.score * 0.5 ** ((now - flap.at) / rules.half_life))


def lately(flap: Flap, rules: Flapping, now: datetime) -> tuple[datetime, ...]:
    """The episodes that the slow rule counts now."""
    return tuple(at for at in flap.episodes if now - at < rules.slow_window)


def settled_flap(flap: Flap, rules: Flapping, now: datetime) -> Flap:
    """Each rule holds from its line on, and lets go only below a lower one."""
    score, episodes = score_of(flap, rules, now), len(lately(flap, rules, now))
    fast = score >= rules.release if flap.fast else score > rules.hold
    slow = episodes >= (rules.slow_release if flap.slow else rules.slow_hold)
    return replace(flap, fast=fast, slow=slow)


def settle_flap(draft: Draft, key: NodeKey) -> None:
    """Hold or release the node by what time has made of its score."""
    belief = draft.node(key)
    if belief.flap.at is None:
        return
    flap = settled_flap(belief.flap, draft.policy.flapping, draft.now)
    if flap == belief.flap:
        return
    draft.believe(replace(belief, flap=flap))
    if flap.held is not belief.flap.held:
        old, new = ("steady", "flapping") if flap.held else ("flapping", "steady")
        why = in_words(flap, draft.policy.flapping, draft.now)
        draft.tell(node_subject(key), StatusChanged(old, new, why, "flapping"))


def in_words(flap: Flap, rules: Flapping, now: datetime) -> str:
    episodes = len(lately(flap, rules, now))
    times = "once" if episodes == 1 else f"{episodes} times"
    score = score_of(flap, rules, now)
    return f"left boot {times} within {words(rules.slow_window)}, score {score:.0f}"


def released_at(flap: Flap, rules: Flapping) -> datetime | None:
    """When a held node is released if it stays in boot; None: it is not held."""
    return max(times(flap, rules), default=None)


def times(flap: Flap, rules: Flapping) -> Iterator[datetime]:
    """When each rule that holds the node lets go."""
    if flap.fast and flap.at is not None:
        yield flap.at + rules.half_life * log2(max(1.0, flap.score / rules.release))
    if flap.slow and len(flap.episodes) >= rules.slow_release:
        yield flap.episodes[-rules.slow_release] + rules.slow_window


def flapping_gate(view: Draft, issue: Issue) -> Gate:
    """Holds without end, and is never a reason to pass a rung over."""
    flap, rules = flap_of(view, issue), view.policy.flapping
    if not flap.held:
        return STEADY
    fact = f"it flaps: {in_words(flap, rules, view.now)}"
    return Gate(GateName.FLAPPING, Pass.HOLD, fact, flap.at, released_at(flap, rules))


def flap_of(view: Draft, issue: Issue) -> Flap:
    if issue.subject.kind is not SubjectKind.NODE or issue.type is IssueType.FLAPPING:
        return Flap()
    return view.node(NodeKey(issue.subject.key)).flap
