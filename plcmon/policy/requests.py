"""A person's own power action: which rules still decline it, and which `--force` overrides."""

from plcmon.model.decisions import Pass, Tri
from plcmon.model.intents import POWER, ActionKind
from plcmon.model.ledger import Spend
from plcmon.model.subjects import Node, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.gates import cycle_limit, fleet_guard, in_use, outlet
from plcmon.policy.ledger import budget, left
from plcmon.policy.paths import path_answer
from plcmon.policy.trust import breaker_gate
from plcmon.policy.windows import frozen


def objection_to_request(draft: Draft, node: Node, kind: ActionKind, *, force: bool) -> str:
    """Why a person may not do this now; empty when it may go ahead.

    Never overridden: a state that is not ours, a freeze, another action in flight.
    """
    if not draft.fleet.adopted:
        return "this state is not adopted: db adopt first"
    scope = frozen(draft, node_subject(node.key), "power")
    if scope:
        return f"{scope} is frozen; unfreeze first"
    busy = in_use(draft, node_subject(node.key), node.paths[0])
    if busy is not None:
        return busy[0]
    if kind is ActionKind.POWER_ON or force:
        return ""
    got, why = path_answer(draft, node.paths[0])
    if got is not Tri.YES:
        return f"{why}; --force overrides"
    asked = [outlet(draft, node.paths[0]), budget(draft, [Spend.POWER])]
    if kind is ActionKind.POWER_CYCLE:
        asked.append(cycle_limit(draft, node_subject(node.key)))
    held = next((gate for gate in asked if gate.answer is not Pass.PASS), None)
    return f"{held.fact}; --force overrides" if held else ""


def fleet_limit(draft: Draft, node: Node, kind: ActionKind) -> str:
    """The limit of the whole fleet that this would exceed; empty: none. *On* harms nobody."""
    if kind is ActionKind.POWER_ON:
        return ""
    asked = [fleet_guard(draft), breaker_gate(draft, [kind], node.paths[0])]
    held = next((gate for gate in asked if gate.answer is not Pass.PASS), None)
    return f"{held.name.value}: {held.fact}" if held else ""


def waits_for_room(draft: Draft, node: Node) -> bool:
    """True where only something that passes by itself stands in the way: a busy unit or site, a
    budget, a freeze.
    """
    subject = node_subject(node.key)
    busy = in_use(draft, subject, node.paths[0]) is not None
    spent = budget(draft, [Spend.POWER]).answer is not Pass.PASS
    return busy or bool(frozen(draft, subject, "power")) or spent


def power_room(draft: Draft) -> int:
    """How many power actions the budget still has room for, with those planned in this change."""
    planned = [i for i in draft.changes.intents.values() if i.id not in draft.state.intents]
    fresh = sum(intent.kind in POWER and intent.in_flight for intent in planned)
    return max(0, left(draft, Spend.POWER) - fresh)
