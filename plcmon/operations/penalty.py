"""A site's penalty for people: level, claims, what lifts it, and the gates before a higher one."""

from plcmon.model.beliefs import Penalty, SiteBelief
from plcmon.model.decisions import Gate
from plcmon.model.issues import Issue
from plcmon.model.subjects import SiteKey, Subject, SubjectKind
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import lasting
from plcmon.policy.draft import Draft
from plcmon.policy.penalties import (
    claim_lines,
    claimant,
    claims,
    level_words,
    penalty_gates,
    proposed,
)


def draft_of(moment: Moment) -> Draft:
    """The policy's own eyes on the moment; nothing is written through it."""
    return Draft(moment.state, moment.policy, moment.now)


def claimed_lines(moment: Moment, site: SiteKey) -> tuple[str, ...]:
    """Each claim of an open issue of the site."""
    return tuple(claim_lines(draft_of(moment), site))


def penalty_of(moment: Moment, site: SiteKey) -> Penalty:
    return (moment.state.sites.get(site) or SiteBelief(site)).penalty


def penalty_words(moment: Moment, site: SiteKey) -> str:
    """`1 (no new slices) for 3d`."""
    penalty = penalty_of(moment, site)
    spell = lasting(penalty.since, moment.now) if penalty.since is not None else ""
    return f"{level_words(penalty.level)}{spell}"


def what_lifts(moment: Moment, site: SiteKey) -> str:
    """What must be over for the level to fall; empty: there is none to lift."""
    level = penalty_of(moment, site).level
    if not level:
        return ""
    holding = [issue for issue in claims(draft_of(moment), site) if issue.claim >= level]
    named = [f"{issue.type.value} of {moment.name(issue.subject)}" for issue in holding]
    return f"lifted by itself when this closes: {', '.join(named) or 'nothing is left'}"


def penalty_facts(moment: Moment, site: SiteKey) -> tuple[str, ...]:
    """What `why` says of the site's penalty."""
    lines = [f"penalty {penalty_words(moment, site)}", *claimed_lines(moment, site)]
    lifts = what_lifts(moment, site)
    if proposed(penalty_of(moment, site)):
        lines.append(f"a higher penalty waits: approve {site} or reject {site}")
    return (*lines, lifts) if lifts else tuple(lines)


def penalty_gates_of(moment: Moment, subject: Subject, issue: Issue | None) -> tuple[Gate, ...]:
    """The gates before a higher level of the site, where no issue of its own has gates to show."""
    if subject.kind is not SubjectKind.SITE or issue is not None:
        return ()
    view, site = draft_of(moment), SiteKey(subject.key)
    speaks = claimant(view, site)
    return tuple(penalty_gates(view, site, speaks)) if speaks is not None else ()


def penalty_rung(moment: Moment, subject: Subject, issue: Issue | None) -> str:
    if subject.kind is not SubjectKind.SITE or issue is not None:
        return ""
    speaks = claimant(draft_of(moment), SiteKey(subject.key))
    return f"penalty {speaks.claim}" if speaks is not None else ""
