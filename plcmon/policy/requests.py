"""A person's own power action: which rules still decline it, and which `--force` overrides."""

from plcmon.model.decisions import Tri
from plcmon.model.intents import POWER, ActionKind
from plcmon.model.subjects import Node, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.gates import power_spent
from plcmon.policy.paths import path_answer
from plcmon.policy.want import power_line
from plcmon.policy.windows import frozen


def objection_to_request(draft: Draft, node: Node, kind: ActionKind, *, force: bool) -> str:
    """Why a person may not do this now; empty when it may go ahead.

    Never overridden: a state that is not ours, a freeze, another action in flight.
    """
    if not draft.fleet.adopted:
        return "this state is not adopted: db-adopt first"
    scope = frozen(draft, node_subject(node.key), "power")
    if scope:
        return f"{scope} is frozen; unfreeze first"
    busy = in_use(draft, node)
    if busy:
        return busy
    if kind is ActionKind.POWER_ON or force:
        return ""
    got, why = path_answer(draft, node.paths[0])
    if got is not Tri.YES:
        return f"{why}; --force overrides"
    spent, _ = power_spent(draft)
    line = power_line(draft)
    if spent >= line:
        return f"{spent} of {line} power actions are spent in this window; --force overrides"
    return ""


def in_use(draft: Draft, node: Node) -> str:
    """The in-flight rule: one at a time per node, PCU and site."""
    pcus = {outlet.pcu for outlet in node.paths[0].outlets}
    for intent in draft.live_intents():
        if intent.kind not in POWER or not intent.in_flight:
            continue
        used = {outlet.pcu for outlet in intent.path.outlets} if intent.path else set()
        if intent.target == node_subject(node.key) or used & pcus or intent.site == node.site:
            return f"{intent.kind.value} of {draft.name(intent.target)} is {intent.state.value}"
    return ""
