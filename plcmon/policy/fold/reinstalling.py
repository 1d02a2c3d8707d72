"""A person's reboot through the node's own shell, and a person's reinstall."""

from plcmon.model.decisions import Effect, Gate, Pass
from plcmon.model.events import Verb
from plcmon.model.intents import ActionKind
from plcmon.model.ledger import Spend
from plcmon.model.policy import Rung
from plcmon.model.subjects import BootState, Node, NodeKey, Subject
from plcmon.policy.draft import Draft
from plcmon.policy.effects import step_limit
from plcmon.policy.fold.asking import Declined
from plcmon.policy.gates import fleet_guard
from plcmon.policy.ledger import budget
from plcmon.policy.planning import plan_intent
from plcmon.policy.requests import fleet_limit, objection_to_request
from plcmon.policy.second import ADMIN, ask_second
from plcmon.policy.windows import frozen

REINSTALL = Effect(ActionKind.BOOT_STATE, BootState.REINSTALL.value)


def reboot(draft: Draft, subject: Subject, verb: Verb) -> None:
    """Through the shell: for a node that lives, and whose power nobody need touch."""
    effect = Effect(ActionKind.REBOOT_SHELL)
    node_for(draft, subject, effect)
    if not verb.force:
        refuse_what_holds([budget(draft, [Spend.REPAIR])])
    plan_intent(
        draft,
        effect.kind,
        subject,
        actor=verb.actor.name,
        reason=verb.reason,
        evidence=(draft.seq,),
        forced=verb.force,
    )


def reinstall(draft: Draft, subject: Subject, verb: Verb) -> None:
    """The boot state first; power follows once it is confirmed, and never without it."""
    node = node_for(draft, subject, REINSTALL)
    if not verb.force:
        limit = step_limit(draft, subject, Rung("reinstall", (REINSTALL,)))
        refuse_what_holds([limit, budget(draft, [Spend.REINSTALL])])
    if node.paths:
        why = objection_to_request(draft, node, ActionKind.POWER_CYCLE, force=verb.force)
        if why:
            raise Declined(why)
    beyond = beyond_fleet(draft, node)
    if beyond and not (verb.force and verb.actor.role == ADMIN):
        raise Declined(f"{beyond}; --force by an admin and a second admin's approve override")
    group = draft.new_id("reinstall", subject)
    state = plan_intent(
        draft,
        REINSTALL.kind,
        subject,
        actor=verb.actor.name,
        reason=verb.reason,
        argument=REINSTALL.argument,
        group=group,
        evidence=(draft.seq,),
        forced=verb.force,
        beyond=beyond,
    )
    if node.paths:
        plan_intent(
            draft,
            ActionKind.POWER_CYCLE,
            subject,
            actor=verb.actor.name,
            reason=verb.reason,
            path=node.paths[0],
            group=group,
            evidence=(draft.seq,),
            forced=verb.force,
            after=state.id,
        )
    if beyond:
        ask_second(draft, state)


def node_for(draft: Draft, subject: Subject, effect: Effect) -> Node:
    """The node, where this can be done to it at all."""
    node = draft.inventory.nodes.get(NodeKey(subject.key))
    if node is None:
        raise Declined("there is no such node")
    if effect.kind not in draft.policy.installed:
        raise Declined(f"nothing here can do it: no integration carries out {effect.kind.value}")
    if not draft.fleet.adopted:
        raise Declined("this state is not adopted: db adopt first")
    scope = frozen(draft, subject, effect.kind.value)
    if scope:
        raise Declined(f"{scope} is frozen; unfreeze first")
    return node


def refuse_what_holds(asked: list[Gate]) -> None:
    held = next((gate for gate in asked if gate.answer is not Pass.PASS), None)
    if held is not None:
        raise Declined(f"{held.fact}; --force overrides")


def beyond_fleet(draft: Draft, node: Node) -> str:
    """The limit of the whole fleet that a reinstall would exceed; empty: none."""
    if node.paths:
        return fleet_limit(draft, node, ActionKind.POWER_CYCLE)
    guard = fleet_guard(draft)
    return "" if guard.answer is Pass.PASS else f"{guard.name.value}: {guard.fact}"
