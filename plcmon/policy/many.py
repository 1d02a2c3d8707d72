"""The gates over many nodes that one want has to pass, and those that are asked again."""

from collections.abc import Set as AbstractSet

from plcmon.model.decisions import Gate, GateName
from plcmon.model.intents import POWER, ActionKind, Intent
from plcmon.model.issues import Issue
from plcmon.policy.common_cause import cause_gate, first_notice
from plcmon.policy.draft import Draft
from plcmon.policy.gates import gate
from plcmon.policy.issues import stamp, words
from plcmon.policy.site_guard import site_gate
from plcmon.policy.storm import storm_gate, storm_objection


def gates_of_many(view: Draft, issue: Issue, kinds: AbstractSet[ActionKind]) -> list[Gate]:
    """A common cause is quiet: it holds first notices too. Storm and site guard hold only power."""
    asked = [view.shared(completeness, lambda: completeness(view))]
    has_power = not kinds.isdisjoint(POWER)
    if has_power or (ActionKind.NOTIFY in kinds and first_notice(view, issue)):
        asked.append(cause_gate(view, issue))
    if has_power:
        asked += [storm_gate(view, issue.subject), site_gate(view, issue.subject)]
    return asked


def many_again(view: Draft, intent: Intent, issue: Issue) -> list[Gate]:
    """What may have changed over many nodes since the intent was planned."""
    asked = [completeness(view)]
    if intent.kind in POWER:
        asked += [storm_objection(view, issue), site_gate(view, issue.subject, intent.id)]
    if intent.kind in POWER or (intent.kind is ActionKind.NOTIFY and first_notice(view, issue)):
        asked.append(cause_gate(view, issue))
    return asked


def completeness(view: Draft) -> Gate:
    """Nearly all nodes were attempted lately, so that what is believed of the fleet is fresh."""
    intervals, safety = view.policy.intervals, view.policy.safety
    limit = safety.complete_within * max(intervals.tcp, intervals.ssh)
    at = view.fleet.scan_complete_at
    if at is None:
        return gate(GateName.COMPLETENESS, False, "no complete scan since the start")
    share = f"{safety.complete_share:.0%} of the nodes in service"
    if view.now - at > limit:
        fact = f"{share} were last attempted {words(view.now - at)} ago, {words(limit)} allowed"
        return gate(GateName.COMPLETENESS, False, fact, at=at)
    left = f"{words(limit - (view.now - at))} left"
    return gate(GateName.COMPLETENESS, True, f"{share} by {stamp(at)}", at=at, distance=left)
