"""Another host key: a person's word that it is the right one."""

from datetime import timedelta

from plcmon.model.issues import Cause, IssueType
from plcmon.model.readings import Probe
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, SiteKey, Subject, SubjectKind, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.intervals import interval_of
from plcmon.policy.issues import close_issue


def strangers(draft: Draft, subject: Subject) -> list[NodeKey]:
    """The node, or those of the site, that have an open `hostkey` issue."""
    if subject.kind is SubjectKind.SITE:
        nodes = draft.inventory.nodes_by_site.get(SiteKey(subject.key), ())
        keys = [node.key for node in nodes]
    else:
        keys = [NodeKey(subject.key)]
    kind = IssueType.HOSTKEY
    return [key for key in keys if draft.open_issue(node_subject(key), kind) is not None]


def settling(draft: Draft, key: NodeKey) -> timedelta:
    """After an acceptance the node gets this long to show the accepted key."""
    return 2 * interval_of(draft.inventory.nodes[key], Probe.SSH, draft.policy)


def accept(draft: Draft, subject: Subject, *, actor: str, reason: str) -> int:
    """Close what the new keys opened; returns how many nodes that were.

    The staff pins the keys once this is durable. A node that goes on to show another key than the
    accepted one opens its issue anew.
    """
    keys = strangers(draft, subject)
    for key in keys:
        draft.believe(replace(draft.node(key), key_settles_at=draft.now + settling(draft, key)))
        issue = draft.open_issue(node_subject(key), IssueType.HOSTKEY)
        if issue is not None:
            close_issue(draft, issue, Cause.ACCEPTED, closer=actor, detail=reason)
    return len(keys)
