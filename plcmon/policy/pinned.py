"""Pinned ladders: an open issue climbs the rungs it started with, under today's modes.

Order, conditions, waits and deeds are those of the start; modes, limits, guards, windows and the
people behind the roles are always today's.
"""

from functools import lru_cache

from plcmon.model.decisions import Effect, Gate, GateName, Mode, Pass, Want, strictest
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType, Step
from plcmon.model.policy import ARGUMENTS, CONDITIONS, LADDER_NOTICES, Ladder, Policy, Rung

TODAYS = Gate(GateName.LADDER, Pass.PASS, "today's")


def steps_of(policy: Policy, kind: IssueType) -> tuple[Step, ...]:
    """Today's rungs of the type, as they are written into an issue that opens."""
    ladder = policy.ladders.get(kind)
    return tuple(step_of(rung) for rung in ladder.rungs) if ladder else ()


def step_of(rung: Rung) -> Step:
    do = tuple(str(effect) for effect in rung.do)
    return Step(rung.name, rung.order, rung.after, rung.every, rung.when, do, rung.mode.value)


def ladder_of(policy: Policy, issue: Issue) -> Ladder | None:
    """The ladder that the issue climbs; None: its type has none, or nothing knows its words."""
    today = policy.ladders.get(issue.type)
    if today is None or not issue.steps or issue.policy == policy.version:
        return today
    return None if lost_word(issue.steps) else pinned(issue.steps, today)


@lru_cache(maxsize=256)
def pinned(steps: tuple[Step, ...], today: Ladder) -> Ladder:
    """The steps as a ladder; a rung that today's ladder lacks goes no further than to propose."""
    modes = {rung.name: rung.mode for rung in today.rungs}
    rungs = tuple(
        Rung(
            step.name,
            tuple(effect_of(text) for text in step.do),
            step.order,
            step.after,
            step.every,
            step.when,
            modes.get(step.name, strictest(Mode(step.mode), Mode.PROPOSE)),
        )
        for step in steps
    )
    return Ladder(today.type, rungs, today.mode)


def effect_of(text: str) -> Effect:
    word, _, argument = text.partition(" ")
    return Effect(ActionKind(word), argument)


@lru_cache(maxsize=256)
def lost_word(steps: tuple[Step, ...]) -> str:
    """A word of the steps that nothing here knows any more; empty: all are known."""
    for step in steps:
        for text in step.do:
            if not knows_effect(text):
                return text
        for condition in step.when:
            for clause in condition.split(" or "):
                if not knows_clause(clause):
                    return clause
    return ""


def knows_effect(text: str) -> bool:
    word, _, argument = text.partition(" ")
    if word not in set(ActionKind):
        return False
    return word != ActionKind.NOTIFY or argument.split(" ")[0] in LADDER_NOTICES


def knows_clause(clause: str) -> bool:
    words = clause.removeprefix("not ").split()
    known = bool(words) and words[0] in CONDITIONS
    return known and all(word in ARGUMENTS.get(words[0], ()) for word in words[1:])


def ladder_gate(policy: Policy, issue: Issue) -> Gate:
    """Which ladder it climbs: one that can be read, or there would be no rung to ask about."""
    if not issue.steps or issue.policy == policy.version:
        return TODAYS
    fact = f"it climbs the ladder it started with, of policy {issue.policy}"
    return Gate(GateName.LADDER, Pass.PASS, fact)


def stuck(policy: Policy, issue: Issue, site: str) -> Want | None:
    """The want of an issue whose ladder nothing can read; None: it can be read."""
    lost = lost_word(issue.steps) if issue.policy != policy.version else ""
    if not lost:
        return None
    taken = [step for step in issue.steps if step.order > issue.climb.order]
    upcoming = min(taken or issue.steps, key=lambda step: step.order)
    fact = f'the ladder it started with says "{lost}", which nothing here knows any more'
    gate = Gate(GateName.LADDER, Pass.HOLD, fact)
    return Want(
        issue.id, issue.subject, site, upcoming.name, upcoming.order, (), (gate,), None,
        Mode.PROPOSE, issue.bad_since,
    )  # fmt: skip
