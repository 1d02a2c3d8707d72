"""The words of a rung's `when`: each answers yes, not_now or never, from what is believed now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.decisions import Tri
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, Verdict
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import NodeKey, PowerPath, Role, SubjectKind
from plcmon.policy.draft import Draft
from plcmon.policy.notices import has_contact
from plcmon.policy.paths import path_answer

ORDER = {Tri.NEVER: 0, Tri.NOT_NOW: 1, Tri.YES: 2}
OPPOSITE = {Tri.YES: Tri.NEVER, Tri.NEVER: Tri.YES, Tri.NOT_NOW: Tri.NOT_NOW}


def answer(view: Draft, issue: Issue, conditions: tuple[str, ...]) -> tuple[Tri, str]:
    """All conditions joined by and: the worst answer, and which condition gave it."""
    worst, name = Tri.YES, ""
    for condition in conditions:
        got = answer_one(view, issue, condition)
        if ORDER[got] < ORDER[worst]:
            worst, name = got, condition
    return worst, name


def answer_one(view: Draft, issue: Issue, condition: str) -> Tri:
    """One condition: words joined by `or`, each perhaps behind `not`."""
    answers = [term.answer(view, issue) for term in terms(condition)]
    return max(answers, key=ORDER.__getitem__)


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a condition, as it is read once."""

    name: str
    argument: str
    negated: bool

    def answer(self, view: Draft, issue: Issue) -> Tri:
        if self.negated and self.name in SEEN:
            return otherwise(view, issue, SEEN[self.name])
        got = CONDITIONS[self.name](view, issue, self.argument)
        return OPPOSITE[got] if self.negated else got


@lru_cache(maxsize=256)
def terms(condition: str) -> tuple[Term, ...]:
    return tuple(term_of(part) for part in condition.split(" or "))


def term_of(text: str) -> Term:
    words = text.split()
    negated = words[0] == "not"
    name, *arguments = words[1:] if negated else words
    return Term(name, arguments[0] if arguments else "", negated)


def belief_of(view: Draft, issue: Issue) -> NodeBelief | None:
    if issue.subject.kind is not SubjectKind.NODE:
        return None
    return view.node(NodeKey(issue.subject.key))


def observed(state: Observed) -> Callable[[Draft, Issue, str], Tri]:
    """Fresh evidence of the state; not_now without evidence or while deaf."""

    def ask(view: Draft, issue: Issue, _argument: str) -> Tri:
        belief = belief_of(view, issue)
        if belief is None:
            return Tri.NEVER
        if belief.evidence is not Evidence.FRESH:
            return Tri.NOT_NOW
        if belief.observed is state:
            return Tri.YES
        return Tri.NEVER if belief.observed is Observed.DEBUG else Tri.NOT_NOW

    return ask


def otherwise(view: Draft, issue: Issue, state: Observed) -> Tri:
    """Fresh evidence of something else; what is deaf may be anything."""
    belief = belief_of(view, issue)
    if belief is None or belief.evidence is not Evidence.FRESH:
        return Tri.NOT_NOW
    if belief.observed is state:
        return Tri.NEVER
    return Tri.NOT_NOW if belief.observed is Observed.DEAF else Tri.YES


def verdict_was(verdict: Verdict) -> Callable[[Draft, Issue, str], Tri]:
    def ask(_view: Draft, issue: Issue, _argument: str) -> Tri:
        return Tri.YES if issue.verdict is verdict else Tri.NEVER

    return ask


def power_path_ok(view: Draft, issue: Issue, _argument: str) -> Tri:
    """Yes: a path whose PCUs are in order; not_now: for the moment not; never: no path."""
    node = view.inventory.nodes.get(NodeKey(issue.subject.key))
    if node is None or not node.paths:
        return Tri.NEVER
    return max((path_answer(view, path)[0] for path in node.paths), key=ORDER.__getitem__)


def chosen_path(view: Draft, issue: Issue) -> PowerPath | None:
    """The first path in order; else the preferred one, so that its gates say what is wrong."""
    node = view.inventory.nodes.get(NodeKey(issue.subject.key))
    if node is None or not node.paths:
        return None
    if len(node.paths) == 1:
        return node.paths[0]
    usable = (path for path in node.paths if path_answer(view, path)[0] is Tri.YES)
    return next(usable, node.paths[0])


def min_up_missed(view: Draft, issue: Issue, _argument: str) -> Tri:
    site = view.inventory.site_of(issue.subject)
    if site is None:
        return Tri.NEVER
    belief = view.site(site)
    return Tri.YES if belief.up < belief.needed else Tri.NEVER


def pcu_down(view: Draft, issue: Issue, _argument: str) -> Tri:
    path = chosen_path(view, issue)
    if path is None:
        return Tri.NEVER
    down = any(view.pcu(outlet.pcu).status is Status.DOWN for outlet in path.outlets)
    return Tri.YES if down else Tri.NEVER


def contact(view: Draft, issue: Issue, argument: str) -> Tri:
    found = has_contact(view.inventory, issue.subject, Role(argument))
    return Tri.YES if found else Tri.NEVER


def can_reinstall(view: Draft, _issue: Issue, _argument: str) -> Tri:
    return Tri.YES if ActionKind.BOOT_STATE in view.policy.installed else Tri.NEVER


def diagnosis_wants_reinstall(view: Draft, issue: Issue, _argument: str) -> Tri:
    """Only a diagnosis of this very stretch of trouble speaks."""
    belief = belief_of(view, issue)
    if belief is None or belief.diagnosed_at is None or belief.diagnosed_at < issue.bad_since:
        return Tri.NEVER
    return Tri.YES if belief.wants_reinstall else Tri.NEVER


SEEN: Mapping[str, Observed] = {
    "silent": Observed.SILENT,
    "wedged": Observed.WEDGED,
    "deaf": Observed.DEAF,
    "debug": Observed.DEBUG,
}
"""Words that ask what is seen; only one of them is so at a time."""

CONDITIONS: Mapping[str, Callable[[Draft, Issue, str], Tri]] = {
    "power_path_ok": power_path_ok,
    **{word: observed(state) for word, state in SEEN.items()},
    "not_rebooted": verdict_was(Verdict.NOT_REBOOTED),
    "rebooted_sick": verdict_was(Verdict.REBOOTED_SICK),
    "can_reinstall": can_reinstall,
    "diagnosis_wants_reinstall": diagnosis_wants_reinstall,
    "min_up_missed": min_up_missed,
    "pcu_down": pcu_down,
    "has_contact": contact,
}
