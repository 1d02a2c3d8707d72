"""Inherited issues: what was bad before plcmon might act begins to climb only a few at a time."""

from plcmon.model.issues import Issue
from plcmon.policy.draft import Draft
from plcmon.policy.ladder import observing


def note_modes(draft: Draft) -> None:
    """Remember since when each ladder is not merely observed."""
    held = draft.fleet.acting_since
    acting = {
        kind: held.get(kind, draft.now)
        for kind, ladder in draft.policy.ladders.items()
        if not observing(draft.policy, ladder)
    }
    if acting != held:
        draft.patch_fleet(acting_since=acting)


def is_inherited(view: Draft, issue: Issue) -> bool:
    """True until it is released: older than acting, or bad since the very first scan."""
    since = view.fleet.acting_since.get(issue.type)
    released = issue.released_at
    if since is None or issue.opened_at < since:
        return released is None or (since is not None and released < since)
    first = view.fleet.first_scan_at
    return released is None and first is not None and issue.bad_since <= first
