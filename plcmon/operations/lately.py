"""What was done about a subject, what was not, and why: its issues and actions of late. Pure."""

from collections.abc import Iterator

from plcmon.model.intents import ActionKind, Intent
from plcmon.model.issues import Climb, Issue
from plcmon.model.subjects import (
    NodeKey,
    Subject,
    SubjectKind,
    outlets_by_name,
    pcu_subject,
    site_subject,
)
from plcmon.operations.issue_rows import VERDICTS, issue_clause
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import age, ago

MOST = 5  # closed issues, and actions


def lately(moment: Moment, subject: Subject, issue: Issue | None) -> tuple[str, ...]:
    """`issue` is the one that the answer is about; the others are told in a line."""
    lines = list(around(moment, subject, issue))
    if issue is not None:
        lines += stood(moment, issue)
    closed = [
        found
        for (about, kind) in moment.state.closed_by_subject
        if about == subject
        for found in moment.state.closed_lately(about, kind)
        if issue is None or found.id != issue.id
    ]
    closed.sort(key=lambda found: (found.closed_at or moment.now, found.id), reverse=True)
    for found in closed[:MOST]:
        lines += [closed_line(moment, found), *stood(moment, found)]
    return (*lines, *actions(moment, subject))


def around(moment: Moment, subject: Subject, issue: Issue | None) -> Iterator[str]:
    """Other open issues that bear on the subject: its own, its site's and its units'."""
    near = [subject]
    if subject.kind is SubjectKind.NODE and subject.key in moment.inventory.nodes:
        node = moment.inventory.nodes[NodeKey(subject.key)]
        near.append(site_subject(node.site))
        near += [pcu_subject(outlet.pcu) for path in node.paths for outlet in path.outlets]
    for about in dict.fromkeys(near):
        for other in moment.issues_of(about):
            if issue is None or other.id != issue.id:
                name = "" if about == subject else f" of {moment.name(about)}"
                yield f"open beside it: {other.type.value}{name}: {issue_clause(moment, other)}"


def closed_line(moment: Moment, issue: Issue) -> str:
    bad = age(issue.bad_since, issue.closed_at or moment.now)
    return f"{issue.type.value} was open, bad for {bad}; {issue_clause(moment, issue)}"


def stood(moment: Moment, issue: Issue) -> Iterator[str]:
    """Which rungs the issue took and passed over; in observe, which it would have."""
    kind = issue.type.value
    yield from climb_lines(moment, issue.climb, f"{kind} took", f"{kind} passed over")
    yield from climb_lines(
        moment,
        issue.shadow,
        f"{kind} in observe would have taken",
        f"{kind} would have passed over",
    )


def climb_lines(moment: Moment, climb: Climb, took: str, passed: str) -> Iterator[str]:
    if climb.rung:
        times = ", ".join(
            name if times == 1 else f"{name} {times} times" for name, times in climb.repeats.items()
        )
        yield f"{took} {times or climb.rung}, the last {ago(climb.taken_at, moment.now)}"
    for rung, why in climb.passed.items():
        yield f"{passed} {rung}: {outlets_by_name(why, moment.name)}"


def actions(moment: Moment, subject: Subject) -> Iterator[str]:
    """The last actions on the subject, mail left out, and how each of them ended."""
    ids = moment.state.intents_by_target.get(subject, ())
    found = [moment.state.intents[i] for i in ids]
    done = [intent for intent in found if intent.kind is not ActionKind.NOTIFY]
    for intent in sorted(done, key=lambda i: (i.planned_at, i.id), reverse=True)[:MOST]:
        yield action_line(moment, intent)


def action_line(moment: Moment, intent: Intent) -> str:
    verdict = f", {VERDICTS[intent.verdict]}" if intent.verdict else ""
    why = f": {outlets_by_name(intent.detail, moment.name)}" if intent.detail else ""
    when = ago(intent.planned_at, moment.now)
    return f"{intent.kind.value} by {intent.actor} {when}: {intent.state.value}{verdict}{why}"
