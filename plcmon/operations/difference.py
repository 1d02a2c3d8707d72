"""What another policy would do at once: issues that would move, actions it would let go. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum

from plcmon.config.fields import write_duration
from plcmon.model.decisions import GateName, Pass, Want
from plcmon.model.events import Event, Tick
from plcmon.model.intents import POWER, ActionKind
from plcmon.model.issues import Issue
from plcmon.model.policy import Ladder, Policy, Rung, SourceRule
from plcmon.model.state import State
from plcmon.model.subjects import Subject, fleet_subject, node_subject, pcu_subject, site_subject
from plcmon.operations.issue_rows import blocking
from plcmon.operations.phrases import clock
from plcmon.operations.views import MovedView, PolicyDiffView
from plcmon.policy.draft import Draft
from plcmon.policy.fold import fold
from plcmon.policy.ledger import power_line
from plcmon.policy.rounds import MOST_ROUNDS, Table, Wants

QUEUE = frozenset({GateName.BUDGET, GateName.IN_FLIGHT})  # what only says when, not whether
NONE, LEFT = "no issue", "nothing is left on its ladder"

Key = tuple[str, Subject]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a policy makes of one issue now."""

    says: str
    power: bool = False  # a power action would run as soon as its turn comes
    notice: bool = False  # a mail would be written


def difference(state: State, before: Policy, after: Policy, now: datetime) -> PolicyDiffView:
    """Both policies on forks of `state`, which must not change meanwhile."""
    old, new = outlook(state.fork(), before, now), outlook(state.fork(), after, now)
    moved = [
        MovedView(
            str(subject),
            state.inventory.name_of(subject),
            kind,
            was.says,
            will.says,
            releases=releases(was, will),
        )
        for kind, subject in sorted(old.keys() | new.keys(), key=str)
        for was, will in [(old.get((kind, subject), ABSENT), new.get((kind, subject), ABSENT))]
        if was != will
    ]
    power = sum(s.power and not old.get(key, ABSENT).power for key, s in new.items())
    notices = sum(s.notice and not old.get(key, ABSENT).notice for key, s in new.items())
    line = power_line(Draft(state, after, now)).line
    return PolicyDiffView(
        before.version,
        after.version,
        tuple(changed_settings(before, after)),
        tuple(sorted(moved, key=lambda row: (not row.releases, row.type, row.name))),
        released=power,
        budget=line,
        notices=notices,
        refused=refusal(power, line, notices, after.budgets.notices),
    )


ABSENT = Standing(NONE)


def releases(was: Standing, will: Standing) -> bool:
    return (will.power and not was.power) or (will.notice and not was.notice)


def refusal(power: int, line: int, notices: int, notices_line: int) -> str:
    """Why the change is more than one hour may do; empty: it is not."""
    over = []
    if power > line:
        over.append(f"{power} power actions at once, and an hour may do {line}")
    if notices > notices_line:
        over.append(f"{notices} notices at once, and an hour may send {notices_line}")
    if not over:
        return ""
    return (
        f"it would release {'; and '.join(over)}. Freeze first (`plcmon freeze`), reload, look at"
        " `plcmon plan`, then unfreeze"
    )


def outlook(state: State, policy: Policy, now: datetime) -> dict[Key, Standing]:
    """Every open issue as the policy has it once all that is due is done, with nothing granted."""
    for subject in subjects(state):
        state.apply(fold(policy, state, Event(now, subject, Tick())))
    table = Table(policy, state, Wants(), now)
    todo = {issue.id for issue in state.all_open()}
    for _ in range(MOST_ROUNDS):
        todo = {issue for issue in sorted(todo) if table.look_at(issue)} | table.release()
        if not todo:
            break
    return {
        (issue.type.value, issue.subject): standing(issue, table.wants.by_issue.get(issue.id), now)
        for issue in state.all_open()
    }


def subjects(state: State) -> list[Subject]:
    return [
        fleet_subject(),
        *(node_subject(key) for key in state.nodes),
        *(pcu_subject(key) for key in state.pcus),
        *(site_subject(key) for key in state.sites),
    ]


def standing(issue: Issue, want: Want | None, now: datetime) -> Standing:
    if want is None or not want.rung:
        return Standing(LEFT)
    shut = {gate.name for gate in want.gates if gate.answer is not Pass.PASS}
    kinds = {effect.kind for effect in want.effects}
    does = f"{want.rung} ({', '.join(str(effect) for effect in want.effects)})"
    if shut <= QUEUE:
        power = bool(kinds & POWER)
        return Standing(f"{does} runs", power, ActionKind.NOTIFY in kinds)
    gate = blocking(want)
    if gate is not None:
        return Standing(f"{does} is held by {gate.name.value}")
    at = f" at {clock(want.next_at, now)}" if want.next_at else ""
    return Standing(f"{does}{at}")


def changed_settings(before: Policy, after: Policy) -> Iterator[str]:
    """Each value that differs, `thresholds.failures: 3 -> 2`."""
    old, new = dict(flat(before)), dict(flat(after))
    for name in sorted(old.keys() | new.keys()):
        if name != "version" and old.get(name) != new.get(name):
            yield f"{name}: {old.get(name, 'absent')} -> {new.get(name, 'absent')}"


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value under its dotted name."""
    if isinstance(value, Ladder):
        yield f"{name}.mode", value.mode.value
        for rung in value.rungs:
            yield from flat(rung, f"{name}.{rung.name}")
    elif isinstance(value, Rung | Policy | SourceRule) or (
        is_dataclass(value) and not name.count(".")
    ):
        for own in fields(value):
            if own.name not in ("name", "type"):
                inner = f"{name}.{own.name}" if name else own.name
                yield from flat(getattr(value, own.name), inner)
    elif isinstance(value, Mapping):
        for key, inner_value in value.items():
            yield from flat(inner_value, f"{name}.{plain(key)}".replace("ladders.", "ladder."))
    else:
        yield name, plain(value)


def plain(value: object) -> str:
    if isinstance(value, timedelta):
        return write_duration(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value) or "none"
    return str(value)
