"""Verbs for rows: which fit, to what they are said, and what speaks against them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plcmon.operations.desk import VERBS, VerbSpec
from plcmon.operations.views import EventView, IntentView, IssueView, NodeView, PcuView, Summary
from plcmon.tui.book import Book
from plcmon.tui.columns import printable
from plcmon.tui.keys import may
from plcmon.tui.rows import words
from plcmon.tui.sheets import Row, Sheet

MENU: dict[str, tuple[str, ...]] = {
    "issue": (
        "approve", "reject", "pause", "resume", "close", "scan", "maintenance",
        "maintenance-end", "power-status", "power-on", "power-cycle", "power-off", "reboot",
        "reinstall", "pcu-test", "re-arm", "hostkey-accept",
    ),
    "node": (
        "scan", "maintenance", "maintenance-end", "power-status", "power-on", "power-cycle",
        "power-off", "reboot", "reinstall", "hostkey-accept",
    ),
    "pcu": ("pcu-test", "pcu-status", "re-arm", "maintenance", "maintenance-end"),
    "site": ("maintenance", "maintenance-end", "freeze", "unfreeze", "re-arm"),
    "intent": ("approve", "cancel", "settle", "confirm", "power-status"),
}  # fmt: skip
ALIVE = {"boot": "it answers", "deaf": "alive or blocked", "debug": "in debug"}
OUTCOMES = ("fixed", "rebooted_sick", "not_rebooted")


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a verb is said to."""

    subject: str  # what the Desk is told
    name: str  # what people call it


@dataclass(frozen=True, slots=True)
class Request:
    """A verb, its targets, and what a person must know before saying it."""

    verb: VerbSpec
    targets: tuple[Target, ...]
    facts: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The verb and what it is said to, as the dialog's title."""
        what = self.verb.name.capitalize()
        if not self.targets:
            return what
        if len(self.targets) == 1:
            return f"{what} {self.targets[0].name}"
        return f"{what} {len(self.targets)} rows"

    @property
    def password(self) -> str:
        """What must be typed for a verb of the third weight: the short name, or the count."""
        if self.verb.weight < 3:
            return ""
        if len(self.targets) == 1:
            return self.targets[0].name.split(".", 1)[0]
        return str(len(self.targets)) if self.targets else self.verb.name


def target_of(verb: str, kind: str, view: Any) -> Target | None:
    """What the verb is said to when this row is meant; None: it does not fit."""
    wanted = VERBS[verb].subject
    subject, name = subject_of(kind, view)
    about = subject.partition("/")[0]
    if kind == "intent" and kind in VERBS[verb].also:
        return Target(view.id, view.name)
    if wanted in ("issue", "intent"):
        return Target(view.id, view.name) if kind == wanted else None
    if wanted == "scope":
        return Target(subject, name) if about in ("site", "pcu") else None
    if wanted == "subject":
        return Target(subject, name) if about in ("node", "site", "pcu") else None
    if about == wanted:
        return Target(subject, name)
    return Target(view.id, name) if kind == "issue" and kind in VERBS[verb].also else None


def subject_of(kind: str, view: Any) -> tuple[str, str]:
    """What a row is about, as `kind/key`, and its name."""
    if isinstance(view, IssueView):
        return view.subject, view.name
    if isinstance(view, IntentView):
        return view.target, view.name
    if isinstance(view, EventView):
        return view.subject, view.name
    return f"{kind}/{view.key}", view.key if kind == "site" else view.name


def offers(kind: str, view: Any, role: str) -> list[str]:
    """The verbs of the action menu for a row, as far as this role may say them."""
    return [
        verb
        for verb in MENU.get(kind, ())
        if may(verb, role) and target_of(verb, kind, view) and _makes_sense(verb, view)
    ]


def _makes_sense(verb: str, view: Any) -> bool:
    if isinstance(view, IssueView):
        return {
            "approve": view.proposal,
            "reject": view.proposal,
            "pause": view.status == "open",
            "resume": view.status == "paused",
            "hostkey-accept": view.type == "hostkey",
        }.get(verb, True)
    if isinstance(view, NodeView):
        return {
            "maintenance-end": "maintenance" in view.marks,
            "hostkey-accept": "hostkey" in view.marks,
        }.get(verb, True)
    if isinstance(view, IntentView):
        return {
            "approve": view.waits_for_second,
            "cancel": view.state in ("planned", "claimed"),
            "settle": view.state == "unknown",
            "confirm": view.outcome == "needs human" or view.state in ("sent", "claimed"),
        }.get(verb, True)
    return True


def request(book: Book, verb: str, sheet: Sheet[Any], rows: Sequence[Row]) -> Request:
    """The verb said to these rows; rows it does not fit are left out."""
    sensible = [row for row in rows if _makes_sense(verb, row.view)]
    fitting = [(row, target_of(verb, sheet.kind, row.view)) for row in sensible]
    targets = tuple(target for _, target in fitting if target)
    views = [row.view for row, target in fitting if target]
    facts = tuple(facts_for(book, verb, views[0])) if len(views) == 1 else ()
    cautions = tuple(dict.fromkeys(c for view in views for c in cautions_for(book, verb, view)))
    return Request(VERBS[verb], targets, facts, cautions)


def facts_for(book: Book, verb: str, view: Any) -> Iterator[str]:
    """The chain a verb reaches through, and what is known of it."""
    if isinstance(view, IssueView) and not verb.startswith("power"):
        yield view.why
        return
    node = _node(book, view)
    if node is not None and verb.startswith("power"):
        yield f"power path: {node.power}" if node.power else "power path: none is known"
        yield from (f"{pcu.name} ({pcu.family}): {pcu.why}" for pcu in _pcus(book, node))
        yield node.why
    elif isinstance(view, IntentView):
        yield f"{view.kind}, {view.state}: {view.detail or view.reason}"
    elif getattr(view, "why", ""):
        yield view.why


def cautions_for(book: Book, verb: str, view: Any) -> Iterator[str]:
    """What a careful colleague would say before the verb is said."""
    spec = VERBS[verb]
    if isinstance(view, IssueView) and verb == "approve":
        yield from _stops(book.summary)
    if spec.weight < 3:
        return
    yield from _stops(book.summary)
    node = _node(book, view)
    if node is None:
        return
    if not node.power:
        yield "Nothing is known that could cut or restore its power."
    if node.observed == "boot" and node.evidence == "fresh" and verb != "power-on":
        yield f"It answers: {node.detail}. People may be working on it."
    if node.observed == "deaf":
        yield "It is alive or blocked: an SSH server answers and refuses the login."
    yield from _last_action(book, node)


def opinion(book: Book, verb: str, view: Any) -> str:
    """What the guards think of the verb just now, in two or three words, for the menu."""
    return next(_opinions(book, verb, view), "")


def _opinions(book: Book, verb: str, view: Any) -> Iterator[str]:
    summary, node = book.summary, _node(book, view)
    if VERBS[verb].weight < 3 and verb != "approve":
        return
    if summary is not None:
        stops = {
            "not adopted": not summary.adopted,
            "frozen": bool(summary.frozen),
            "stopped": bool(summary.stopped),
            "blind": summary.blind,
            "fleet guard closed": summary.guard_closed,
        }
        yield from (word for word, holds in stops.items() if holds)
    if node is not None and not node.power:
        yield "no power path"
    if node is not None and verb != "power-on":
        yield from (w for state, w in ALIVE.items() if state == node.observed)
    if isinstance(view, IssueView) and view.held_by:
        yield f"held: {view.held_by}"
    if node is not None and (last := _last_power(book, node)):
        yield f"last: {words(last.verdict or last.state)}"


def _stops(summary: Summary | None) -> Iterator[str]:
    if summary is None:
        return
    if summary.frozen:
        yield f"Actions are frozen: {' '.join(summary.frozen)}."
    if summary.blind:
        yield "We are blind: our own canaries do not answer."
    if summary.stopped:
        yield f"Stopped by a breaker: {' '.join(summary.stopped)}."
    if summary.guard_closed:
        yield f"The fleet guard is {summary.guard}."
    if not summary.adopted:
        yield "This state is not adopted: nothing will be sent."


def _last_action(book: Book, node: NodeView) -> Iterator[str]:
    if last := _last_power(book, node):
        ended = words(last.verdict or last.state)
        yield printable(f"Last {last.kind} ended “{ended}”: {last.detail}.")


def _last_power(book: Book, node: NodeView) -> IntentView | None:
    """The node's latest power action that is known here."""
    actions = [
        row.view
        for row in book.rows["actions"].values()
        if row.view.target == f"node/{node.key}" and row.view.kind.startswith("power")
    ]
    return max(actions, key=lambda intent: intent.planned_at, default=None)


def _node(book: Book, view: Any) -> NodeView | None:
    if isinstance(view, NodeView):
        return view
    return book.node(subject_of("", view)[0]) if isinstance(view, IssueView | IntentView) else None


def _pcus(book: Book, node: NodeView) -> list[PcuView]:
    pcus = [row.view for row in book.rows["pcus"].values()]
    return [pcu for pcu in pcus if pcu.name in node.power or pcu.key in node.power]
