"""Verbs over a selection: what it means, and whether so many are really meant."""

from collections.abc import Sequence

from plcmon.errors import DeclinedError, NotFoundError
from plcmon.model.issues import Issue
from plcmon.model.subjects import Node, SiteKey, Subject, pcu_subject, site_subject
from plcmon.model.subjects import node_subject as of_node
from plcmon.operations.issue_rows import waits_for_word
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import count
from plcmon.operations.views import Answer
from plcmon.policy.penalties import proposed
from plcmon.policy.selections import SITE, is_selection, selected, too_many

ALL = "all"
Deed = tuple[Subject, dict[str, str]]  # about what, and what else the engine must know


def selects(text: str) -> bool:
    """True for `all`, and for a group, a label or a site said as a selection."""
    return text.strip() == ALL or is_selection(text) or text.strip().startswith(f"{SITE}/")


def nodes_in(moment: Moment, text: str) -> list[Node]:
    """The nodes of a selection. Raises NotFoundError when there are none: that is never all."""
    everything = text.strip() == ALL
    found = list(moment.inventory.nodes.values()) if everything else None
    found = selected(moment.inventory, text) if found is None else found
    if not found:
        raise NotFoundError(text, "looking for its nodes", "the selection is empty")
    return found


def proposals_in(moment: Moment, text: str) -> list[Deed]:
    """Everything of the selection that waits for a person's word."""
    nodes = nodes_in(moment, text)
    subjects = [of_node(node.key) for node in nodes]
    if not is_selection(text):
        sites = sorted({node.site for node in nodes})
        subjects += [site_subject(site) for site in sites]
        by_site = moment.inventory.pcus_by_site
        subjects += [pcu_subject(pcu.key) for site in sites for pcu in by_site.get(site, ())]
    waiting: list[Issue] = [
        issue
        for subject in subjects
        for issue in moment.issues_of(subject)
        if waits_for_word(issue)
    ]
    found: list[Deed] = [(issue.subject, {"issue": issue.id}) for issue in waiting]
    found += [(s, {"penalty": s.key}) for s in subjects if penalty_waits(moment, s)]
    if not found:
        raise NotFoundError(text, "looking for proposals", "none waits there")
    return found


def penalty_waits(moment: Moment, subject: Subject) -> bool:
    belief = moment.state.sites.get(SiteKey(subject.key))
    return subject == site_subject(subject.key) and belief is not None and proposed(belief.penalty)


def check_count(moment: Moment, what: str, verb: str, number: int, typed: str) -> None:
    """A large selection is meant when its count is typed. Raises DeclinedError."""
    rules = moment.policy.safety
    large = too_many(
        moment.inventory, number, share=rules.selection_share, more_than=rules.selection_more
    )
    if (typed and typed != str(number)) or (large and not typed):
        why = f"it means {number}; type --count {number} if that is what you mean"
        raise DeclinedError(what, verb, why)


def summed_up(verb: str, text: str, answers: Sequence[tuple[str, bool, str]]) -> Answer:
    """One answer for many: how many went well, and a line for each."""
    well = sum(ok for _, ok, _ in answers)
    lines = tuple(f"{name}: {said}" for name, _, said in answers)
    what = f"{verb} of {text}: {well} of {count(len(answers), 'proposal')} answered"
    return Answer(well == len(answers), what, lines=lines)
