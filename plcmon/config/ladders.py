"""Ladders: rungs from TOML, every word of them known and every rung within reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import Field

from plcmon.config.checking import check
from plcmon.config.document import Document, KeyPath
from plcmon.config.fields import Duration, Section, SomeTime, write_duration
from plcmon.config.problems import Problem, did_you_mean, one_of
from plcmon.config.words import make_effect, read_condition, read_effect
from plcmon.model.decisions import Effect, Mode
from plcmon.model.intents import DESTRUCTIVE, ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.policy import HARDWARE_NOTICES, Ladder, Limits, Rung


class LadderSection(Section):
    """One ladder, `[ladder.TYPE]`; its rungs are tables inside it."""

    mode: Mode = Mode.AUTO
    """The furthest this ladder may go; the strictest of global, ladder and rung counts."""
    replace: bool = False
    """The shipped rungs of this type are dropped; only those of this file remain."""


class RungSection(Section):
    """One rung, `[ladder.TYPE.RUNG]`; keys left out keep what is shipped."""

    order: int
    """Rungs are climbed by this number, then by their place in the file."""
    do: tuple[str, ...] = Field(min_length=1)
    """What happens, in this order, all or nothing."""
    after: Duration = timedelta()
    """Bad, unpaused time since the rung before; of the first: since the issue opened."""
    every: SomeTime | None = None
    """The last rung may repeat after this time."""
    when: tuple[str, ...] = ()
    """Conditions that must all hold; each may use `not` and `or`."""
    mode: Mode = Mode.AUTO
    """The furthest this rung may go."""
    enabled: bool = True
    """`false` takes a shipped rung out."""


@dataclass(frozen=True)
class Source:
    """The ladder tables of one file; `data` may hold more than the file says."""

    document: Document
    data: Mapping[str, Any]
    variables: Mapping[KeyPath, str]


def read_ladders(
    shipped: Source, given: Source, limits: Limits
) -> tuple[dict[IssueType, Ladder], list[Problem]]:
    """Every ladder, the operator's laid over the shipped ones key by key."""
    problems = _unknown_types(given)
    ladders = {}
    for kind in IssueType:
        table = given.data.get(kind.value, {})
        if not isinstance(table, dict):
            problems.append(_at(given, (kind.value,), "not a table", "write [ladder.TYPE.RUNG]"))
            continue
        ladder, found = _read_ladder(kind, shipped, given, table)
        problems += found
        if ladder is not None:
            problems += [
                _at(given, (kind.value, rung), text) for rung, text in check_ladder(ladder, limits)
            ]
            ladders[kind] = ladder
    problems += [_at(given, (kind.value, rung), text) for kind, rung, text in circles(ladders)]
    return ladders, problems


def _at(source: Source, path: KeyPath, found: str, allowed: str = "") -> Problem:
    return source.document.problem(("ladder", *path), found, allowed)


def _unknown_types(given: Source) -> list[Problem]:
    known = [kind.value for kind in IssueType]
    return [
        _at(given, (word,), "unknown issue type", one_of(word, known))
        for word in given.data
        if word not in known
    ]


def _read_ladder(
    kind: IssueType, shipped: Source, given: Source, table: dict[str, Any]
) -> tuple[Ladder | None, list[Problem]]:
    at: KeyPath = ("ladder", kind.value)
    own = {key: value for key, value in table.items() if not isinstance(value, dict)}
    head, problems = check(LadderSection, own, given.document, at=at, variables=given.variables)
    base = {} if head is not None and head.replace else shipped.data.get(kind.value, {})
    rungs: list[Rung] = []
    for name, data in _merged(base, table).items():
        source = given if name in table else shipped
        section, found = check(
            RungSection, data, source.document, at=(*at, name), variables=given.variables
        )
        if found and name not in base:
            hint = did_you_mean(name, base)
            found = [replace(one, allowed=one.allowed or hint) for one in found]
        words = _check_words(kind, data)
        problems += found + [_at(source, (kind.value, name, *key), *said) for key, said in words]
        if section is not None and section.enabled and not words:
            rungs.append(_rung(name, section))
    if head is None or problems:
        return None, problems
    return Ladder(kind, tuple(sorted(rungs, key=lambda rung: rung.order)), head.mode), []


def _merged(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rungs = {name: dict(data) for name, data in base.items()}
    for name, data in table.items():
        if isinstance(data, dict):
            rungs[name] = rungs.get(name, {}) | data
    return rungs


Complaint = tuple[KeyPath, tuple[str, str]]


def _check_words(kind: IssueType, data: Mapping[str, Any]) -> list[Complaint]:
    """What is wrong with the words of a rung, whatever else is wrong with it."""
    complaints: list[Complaint] = []
    for number, text in enumerate(_texts(data.get("do"))):
        effect, wrong = read_effect(text, kind)
        if effect is None:
            complaints.append((("do", number), wrong))
    for number, text in enumerate(_texts(data.get("when"))):
        said = read_condition(text, kind)
        if said is not None:
            complaints.append((("when", number), said))
    return complaints


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _rung(name: str, section: RungSection) -> Rung:
    return Rung(
        name=name,
        do=tuple(make_effect(text) for text in section.do),
        order=section.order,
        after=section.after,
        every=section.every,
        when=section.when,
        mode=section.mode,
    )


VERDICTS = frozenset({"not_rebooted", "rebooted_sick"})
EXCLUSIVE = (frozenset({"silent", "wedged", "deaf", "debug"}), VERDICTS)
"""Conditions of which only one can hold at a time."""
REINSTALL = "reinstall"


def check_ladder(ladder: Ladder, limits: Limits) -> list[tuple[str, str]]:
    """What is wrong with how the rungs stand to one another: (rung, sentence)."""
    found = []
    for place, rung in enumerate(ladder.rungs):
        before = ladder.rungs[:place]
        repeating = next((other.name for other in before if other.repeats), "")
        if repeating:
            found.append((rung.name, f'is never reached: "{repeating}" before it repeats'))
        found += [(rung.name, text) for text in _too_close(rung, before, limits)]
        found += [(rung.name, text) for text in _never(rung, before)]
    return found


def _never(rung: Rung, before: Sequence[Rung]) -> list[str]:
    """Why the conditions of the rung can never all hold."""
    against = sorted({f"not {word}" for word in rung.when} & set(rung.when))
    found = [f'is never reached: "{word}" and its opposite' for word in against]
    for words in EXCLUSIVE:
        both = [word for word in rung.when if word in words]
        if len(set(both)) > 1:
            found.append(f'is never reached: "{both[0]}" and "{both[1]}" are never both so')
    asks = next((word for word in rung.when if word in VERDICTS), "")
    if asks and not any(_powers(earlier) for earlier in before):
        found.append(f'is never reached: "{asks}" asks about power, and no rung before has any')
    return found


def _powers(rung: Rung) -> bool:
    return any(effect.kind in DESTRUCTIVE for effect in rung.do)


def _too_close(rung: Rung, before: Sequence[Rung], limits: Limits) -> list[str]:
    """A rung between may be passed over, so each repetition needs a long wait of its own."""
    found = []
    for effect in rung.do:
        least = _least(effect, limits)
        earlier = next((o.name for o in before if any(_same(effect, e) for e in o.do)), "")
        if earlier and rung.after < least:
            found.append(
                f'repeats "{effect}" of "{earlier}" after {write_duration(rung.after)};'
                f" the limit allows it after {write_duration(least)}"
            )
        if rung.every is not None and rung.every < least:
            found.append(
                f'repeats "{effect}" every {write_duration(rung.every)};'
                f" the limit allows it every {write_duration(least)}"
            )
    return found


def _least(effect: Effect, limits: Limits) -> timedelta:
    """The least time between two of this effect on one node."""
    if effect.kind in DESTRUCTIVE:
        return max(
            (window for window, most in limits.cycles.items() if most == 1), default=timedelta()
        )
    if effect.kind is ActionKind.REPAIR:
        return limits.repair
    if effect.kind is ActionKind.BOOT_STATE:
        return limits.reinstall if effect.argument == REINSTALL else timedelta()
    if effect.kind is ActionKind.NOTIFY:
        notice = effect.argument.split()[0]
        hardware = limits.hardware_notice if notice in HARDWARE_NOTICES else timedelta()
        return limits.down_notice if notice == "down" else hardware
    return timedelta()


def _same(one: Effect, other: Effect) -> bool:
    if one.kind is not other.kind:
        return False
    if one.kind is ActionKind.NOTIFY:
        mine, theirs = one.argument.split(), other.argument.split()
        return mine[0] == theirs[0] and bool(set(mine[1:]) & set(theirs[1:]))
    if one.kind is ActionKind.BOOT_STATE:
        return one.argument == other.argument
    return one.kind in DESTRUCTIVE or one.kind is ActionKind.REPAIR


def circles(ladders: Mapping[IssueType, Ladder]) -> list[tuple[IssueType, str, str]]:
    """Openings that come back to where they began: (type, rung, sentence)."""
    opens = {
        kind: [
            (rung.name, IssueType(effect.argument))
            for rung in ladder.rungs
            for effect in rung.do
            if effect.kind is ActionKind.OPEN
        ]
        for kind, ladder in ladders.items()
    }
    found = []
    for kind, targets in opens.items():
        for rung, target in targets:
            way = _way(opens, target, kind)
            if way:
                chain = " -> ".join(step.value for step in (kind, *way))
                found.append((kind, rung, f"opens in a circle: {chain}"))
    return found


def _way(
    opens: Mapping[IssueType, list[tuple[str, IssueType]]], start: IssueType, goal: IssueType
) -> tuple[IssueType, ...]:
    """A way of openings from `start` to `goal`; empty when there is none."""
    waiting: list[tuple[IssueType, ...]] = [(start,)]
    seen = {start}
    while waiting:
        way = waiting.pop(0)
        if way[-1] is goal:
            return way
        for _, target in opens.get(way[-1], []):
            if target not in seen:
                seen.add(target)
                waiting.append((*way, target))
    return ()
