"""Judging an intent again, at the claim and at the moment of sending."""

from plcmon.model.decisions import Gate, GateName, Mode, Pass, strictest
from plcmon.model.intents import POWER, ActionKind, Intent, IntentState
from plcmon.model.issues import Issue
from plcmon.model.subjects import NodeKey, PowerPath
from plcmon.policy import gates, penalties
from plcmon.policy.draft import Draft
from plcmon.policy.effects import is_guarded
from plcmon.policy.flapping import HELD_BACK, flapping_gate
from plcmon.policy.hearsay import elsewhere_gate
from plcmon.policy.many import many_again
from plcmon.policy.pinned import ladder_of
from plcmon.policy.replies import reply_gate
from plcmon.policy.trust import breaker_gate
from plcmon.policy.want import effective_mode
from plcmon.policy.windows import frozen_intent

ENGINE = "engine"


def objection(view: Draft, intent: Intent) -> str:
    """Why the intent must not go on now; empty when it may.

    A person's own request stands above modes, windows and guards, but not above a freeze, a
    state that is not ours, or another mapping than the one it was planned on.
    """
    if not may_begin(intent):
        return f"it is already {intent.state.value}"
    if intent.waits_for_second:
        return "it waits for a second admin"
    if not view.fleet.adopted:
        return "this state is not adopted"
    if intent.undoes:
        return ""  # taking back is exempt from every gate, freeze and budget
    scope = frozen_intent(view, intent)
    if scope:
        return f"{scope} is frozen"
    if intent.kind is not ActionKind.NOTIFY and view.now >= intent.expires_at:
        return "it lapsed before it could run"
    moved = mapping_changed(view, intent)
    if moved:
        return moved
    if intent.actor != ENGINE:
        return ""
    if penalties.is_about_penalty(intent):
        return penalties.objection(view, intent)
    issue = view.issue(intent.issue) if intent.issue else None
    if issue is None or not issue.is_open:
        return "its issue is closed"
    return first_objection(asked_again(view, intent, issue))


def may_begin(intent: Intent) -> bool:
    """Nothing of it was sent; of a notice some mails may have gone, and others wait."""
    unsent = intent.state in (IntentState.PLANNED, IntentState.CLAIMED)
    return unsent or (intent.kind is ActionKind.NOTIFY and intent.state is IntentState.SENT)


def asked_again(view: Draft, intent: Intent, issue: Issue) -> list[Gate]:
    asked = [
        gates.issue_open(view, issue),
        gates.evidence(view, issue),
        gates.canaries(view),
        gates.window(view, issue),
        gates.exemption(view, issue),
        gates.grace(view),
        still_acting(view, intent, issue),
        *many_again(view, intent, issue),
    ]
    if intent.kind in HELD_BACK:
        asked.append(flapping_gate(view, issue))
    if intent.kind in POWER:
        asked += [
            gates.fleet_guard(view),
            elsewhere_gate(view, issue),
            gates.pcu_gate(view, intent.path),
            gates.outlet(view, intent.path),
            breaker_gate(view, [intent.kind], intent.path),
        ]
        return asked
    if intent.kind is ActionKind.NOTIFY:
        asked.append(reply_gate(view, view.inventory.site_of(issue.subject)))
    first_down = gates.says_first_down(view, issue, intent.argument)
    if first_down or is_guarded(intent.kind, intent.argument):
        asked.append(gates.fleet_guard(view))
    return asked


def still_acting(view: Draft, intent: Intent, issue: Issue) -> Gate:
    """Mode is always today's: what was planned before it was stricter is not done."""
    mode = mode_today(view, intent, issue)
    if mode is Mode.OBSERVE:
        return gates.gate(GateName.MODE, False, "observe")
    approved = mode is Mode.AUTO or bool(intent.approved_by)
    fact = f"{mode.value}: {'nobody approved it' if not approved else 'it may act'}"
    return gates.gate(GateName.MODE, approved, fact)


def mode_today(view: Draft, intent: Intent, issue: Issue) -> Mode:
    """Of its rung, and of the path that power takes: one may have lost its proof since."""
    ladder = ladder_of(view.policy, issue)
    rungs = ladder.rungs if ladder is not None else ()
    rung = next((rung for rung in rungs if rung.name == intent.rung), None)
    if ladder is None:
        return Mode.OBSERVE
    if rung is None:  # what it came to is told beside the ladder
        return strictest(view.policy.mode, ladder.mode)
    return effective_mode(view, issue, ladder, rung, path_today(view, intent))


def path_today(view: Draft, intent: Intent) -> PowerPath | None:
    """The planned path as the inventory has it now."""
    node = view.inventory.nodes.get(NodeKey(intent.target.key))
    outlets = intent.path.outlets if intent.path is not None else ()
    paths = node.paths if node is not None else ()
    return next((path for path in paths if path.outlets == outlets), None)


def first_objection(asked: list[Gate]) -> str:
    held = next((g for g in asked if g.answer is not Pass.PASS), None)
    return f"{held.name.value}: {held.fact}" if held else ""


def mapping_changed(view: Draft, intent: Intent) -> str:
    """A node whose outlets changed since planning: the intent no longer means what it says."""
    changed = intent.path is not None and path_today(view, intent) is None
    return "its power path changed since it was planned" if changed else ""
