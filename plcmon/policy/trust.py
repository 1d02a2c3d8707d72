"""Trust: what past actions came to moves the power line, and trips breakers."""

from collections.abc import Iterable, Iterator

from plcmon.model.decisions import Gate, GateName
from plcmon.model.events import AlertRaised, StatusChanged
from plcmon.model.intents import POWER, ActionKind, Intent, IntentState, Tally
from plcmon.model.issues import Verdict
from plcmon.model.readings import Evidence, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, PowerPath, SubjectKind, fleet_subject
from plcmon.model.trust import Breaker, PowerLine
from plcmon.policy.draft import Draft
from plcmon.policy.gates import gate, passed
from plcmon.policy.issues import stamp
from plcmon.policy.ledger import most_power, power_line
from plcmon.policy.paths import is_person

BREAKABLE = POWER | {ActionKind.REBOOT_SHELL, ActionKind.BOOT_STATE, ActionKind.REPAIR}
"""Kinds with a breaker. A refused mail says something of its address, not of mail."""

SICKNESS = (Observed.BOOT, Observed.DEBUG, Observed.DEAF, Observed.WEDGED, Observed.SILENT)


def tally_verdict(draft: Draft, intent: Intent, verdict: Verdict) -> None:
    """What the verdict on a power cycle counts as. A silent node that stays silent is neutral."""
    if verdict is Verdict.FIXED:
        count_as(draft, intent, Tally.GOOD, "verified")
    elif verdict is Verdict.NOT_REBOOTED and not cut_short(intent):
        count_as(draft, intent, Tally.BAD, f"it was not rebooted: {intent.detail}")
    elif worse := worsened(draft, intent):
        count_as(draft, intent, Tally.BAD, worse)
    else:
        count_as(draft, intent, Tally.NEUTRAL, intent.detail)


def cut_short(intent: Intent) -> bool:
    """True when plcmon itself stopped in between: whether the unit was told, nobody knows."""
    return bool(intent.settled_by) and not intent.off_seen


def worsened(draft: Draft, intent: Intent) -> str:
    """How the node is worse than when the command left; empty: it is not, or nobody sees."""
    if intent.seen_before not in SICKNESS or intent.target.kind is not SubjectKind.NODE:
        return ""
    belief = draft.node(NodeKey(intent.target.key))
    if belief.evidence is not Evidence.FRESH or belief.observed not in SICKNESS:
        return ""
    if SICKNESS.index(belief.observed) <= SICKNESS.index(intent.seen_before):
        return ""
    return f"it was {intent.seen_before.value} and is {belief.observed.value}"


def tally_ending(draft: Draft, intent: Intent) -> None:
    """What the end of anything but a power cycle counts as; a cycle has its verdict for that."""
    if intent.kind is ActionKind.POWER_CYCLE or intent.sent_at is None:
        return
    if intent.state is IntentState.FAILED:
        count_as(draft, intent, Tally.BAD, f"it failed: {intent.detail}")
    elif intent.state is IntentState.CONFIRMED:
        count_as(draft, intent, Tally.NEUTRAL, intent.detail)


def count_as(draft: Draft, intent: Intent, tally: Tally, why: str) -> None:
    """Count the action once; neutral may still turn good or bad, and bad stays bad."""
    intent = draft.intent(intent.id) or intent
    if intent.kind not in BREAKABLE or asks_people(draft, intent):
        return
    if intent.tally in (Tally.BAD, tally) or (intent.tally and tally is Tally.NEUTRAL):
        return
    counted = replace(intent, tally=tally)
    draft.put_intent(counted)
    for scope in scopes(draft, [intent.kind], intent.path):
        remember(draft, scope, counted, why)
    if tally is Tally.BAD and intent.kind in POWER:
        halve(draft, counted, why)
    elif tally is Tally.GOOD and intent.kind in POWER:
        grow(draft)


def asks_people(draft: Draft, intent: Intent) -> bool:
    """What a person was asked to do says nothing of what plcmon does."""
    return intent.path is not None and is_person(draft, intent.path)


def scopes(view: Draft, kinds: Iterable[ActionKind], path: PowerPath | None) -> Iterator[str]:
    """The breakers that an action of these kinds through this path stands under."""
    words = {kind_word(kind) for kind in kinds if kind in BREAKABLE}
    yield from (f"kind/{word}" for word in sorted(words))
    pcus = [view.inventory.pcus.get(outlet.pcu) for outlet in path.outlets] if path else []
    yield from (f"family/{name}" for name in sorted({pcu.family for pcu in pcus if pcu}))


def kind_word(kind: ActionKind) -> str:
    return "power" if kind in POWER else kind.value


# The power line


def grow(draft: Draft) -> None:
    """One more an hour with each so many verified good."""
    line, step = power_line(draft), draft.policy.budgets.power_step
    good = line.good + 1
    if good < step or line.line >= most_power(draft):
        draft.patch_fleet(power_line=replace(line, good=good % step))
        return
    move_line(draft, line, line.line + 1, f"grown from {line.line} with {step} verified good")


def halve(draft: Draft, intent: Intent, why: str) -> None:
    """Half of it, though never under one, on a bad action."""
    line = power_line(draft)
    half = min(line.line, max(1, line.line // 2))
    move_line(draft, line, half, f"halved from {line.line}: {draft.name(intent.target)}: {why}")


def move_line(draft: Draft, line: PowerLine, most: int, why: str) -> None:
    told = f"{why}, {stamp(draft.now)}"
    draft.patch_fleet(power_line=PowerLine(line.begun, most, 0, draft.now, told))
    if most != line.line:
        changed = StatusChanged(str(line.line), str(most), why, "power budget")
        draft.tell(fleet_subject(), changed)


# Breakers


def remember(draft: Draft, scope: str, intent: Intent, why: str) -> None:
    rules, held = draft.policy.safety, draft.fleet.breakers
    breaker = held.get(scope, Breaker())
    row = (intent.id, intent.tally is Tally.BAD)
    if any(name == intent.id for name, _ in breaker.last):
        last = tuple(row if name == intent.id else (name, bad) for name, bad in breaker.last)
    else:
        last = (*breaker.last, row)[-rules.breaker_of :]
    breaker = replace(breaker, last=last)
    if breaker.tripped_at is None and breaker.bad >= rules.breaker_bad:
        breaker = trip(draft, scope, breaker, f"{draft.name(intent.target)}: {why}")
    draft.patch_fleet(breakers={**held, scope: breaker})


def trip(draft: Draft, scope: str, breaker: Breaker, why: str) -> Breaker:
    text = f"{breaker.bad} of the last {len(breaker.last)} were bad; {why}"
    draft.tell(fleet_subject(), StatusChanged("", "tripped", f"{scope}: {text}", "breaker"))
    said = f"{scope} is stopped: {text}; `re-arm {scope}` lets it go on"
    draft.tell(fleet_subject(), AlertRaised(f"breaker {scope}", said))
    draft.audit(fleet_subject(), "breaker tripped", text, detail=scope)
    return replace(breaker, tripped_at=draft.now, why=text)


def re_arm(draft: Draft, scope: str, *, by: str) -> bool:
    """Forget what the breaker remembers; False: it was not tripped."""
    breaker = draft.fleet.breakers.get(scope)
    if breaker is None or breaker.tripped_at is None:
        return False
    kept = {name: held for name, held in draft.fleet.breakers.items() if name != scope}
    draft.patch_fleet(breakers=kept)
    why = f"{scope} re-armed by {by}"
    draft.tell(fleet_subject(), StatusChanged("tripped", "", why, "breaker"))
    return True


def tripped(view: Draft) -> list[str]:
    """The scopes that are stopped."""
    return sorted(scope for scope, held in view.fleet.breakers.items() if held.tripped_at)


def breaker_gate(view: Draft, kinds: Iterable[ActionKind], path: PowerPath | None) -> Gate:
    """Tripped ones hold; else the one that came nearest."""
    known = view.fleet.breakers
    if not known:
        return passed(GateName.BREAKER, "none of the last actions was bad")
    asked = [(scope, known.get(scope)) for scope in scopes(view, kinds, path)]
    held = [(scope, breaker) for scope, breaker in asked if breaker is not None]
    for scope, breaker in held:
        if breaker.tripped_at is not None:
            fact = f"{scope} is stopped: {breaker.why}"
            return gate(GateName.BREAKER, False, fact, at=breaker.tripped_at)
    scope, worst = max(held, key=lambda row: row[1].bad, default=("", Breaker()))
    if not worst.bad:
        return passed(GateName.BREAKER, "none of the last actions was bad")
    fact = f"{scope}: {worst.bad} of the last {len(worst.last)} were bad"
    distance = f"{view.policy.safety.breaker_bad - worst.bad} more would stop it"
    return gate(GateName.BREAKER, True, fact, distance=distance)
