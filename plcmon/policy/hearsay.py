"""Hearsay: what sources outside say of a node. It may keep power away and does nothing else."""

from plcmon.model.decisions import Gate, GateName
from plcmon.model.issues import Issue
from plcmon.model.policy import SourceRule, Wire
from plcmon.model.readings import Reading
from plcmon.model.subjects import NodeKey, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.gates import gate, passed
from plcmon.policy.issues import stamp, words

FUTURE = "of a time to come"
OLD = "old"


def doubt_about(reading: Reading, rule: SourceRule, wire: Wire) -> str:
    """Why the reading cannot be believed by its time; empty when it can."""
    if reading.at - reading.arrived_at > wire.source_skew:
        return FUTURE
    return OLD if reading.arrived_at - reading.at > rule.fresh_for else ""


def elsewhere_gate(view: Draft, issue: Issue) -> Gate:
    """Somebody else sees the node up: what we see may be the way to it. Holds without end."""
    if issue.subject.kind is not SubjectKind.NODE or not view.policy.counting:
        return NOBODY
    key = NodeKey(issue.subject.key)
    belief = view.node(key)
    up, said = belief.up_by(view.policy.counting), belief.hearsay
    if not up:
        return NOBODY
    heard = view.state.heard.get(key, {})
    name = max(up, key=lambda one: heard.get(one, said[one].since))
    fact = f"{name} says that it is up, since {stamp(said[name].since)}"
    at = heard.get(name)
    if at is None:
        return gate(GateName.ELSEWHERE, False, fact, at=said[name].since)
    old_at = at + view.policy.sources[name].fresh_for
    left = f", old in {words(old_at - view.now)}" if old_at > view.now else ""
    distance = f"{name} saw it up {words(view.now - at)} ago{left}"
    return gate(GateName.ELSEWHERE, False, fact, at=at, clears_at=old_at, distance=distance)


NOBODY = passed(GateName.ELSEWHERE, "no source that counts says that it is up")
