"""Inherited issues: what was bad before plcmon might act begins to climb only a few at a time."""

from dataclasses import replace

from plcmon.model.decisions import Effect
from plcmon.model.issues import Issue
from plcmon.model.ledger import Spend
from plcmon.policy.draft import Draft
from plcmon.policy.gates import HARMLESS
from plcmon.policy.ladder import observing
from plcmon.policy.ledger import spends_of


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


def costs(view: Draft, issue: Issue | None, effects: tuple[Effect, ...]) -> frozenset[Spend]:
    """What a rung with these effects counts against."""
    acts = any(effect.kind not in HARMLESS for effect in effects)
    inherited = acts and issue is not None and is_inherited(view, issue)
    return spends_of(effects) | (frozenset({Spend.INHERITED}) if inherited else frozenset())


def released(view: Draft, issue: Issue, effects: tuple[Effect, ...]) -> Issue:
    """The issue as it is once such a rung is taken."""
    if Spend.INHERITED not in costs(view, issue, effects):
        return issue
    return replace(issue, released_at=view.now)
