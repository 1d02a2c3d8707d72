"""The site guard: most of a site fell, so one pathfinder at a time shows whether power helps."""

from datetime import datetime

from plcmon.model.beliefs import NodeBelief
from plcmon.model.decisions import Gate, GateName
from plcmon.model.events import AlertRaised, StatusChanged
from plcmon.model.guards import SiteGuard
from plcmon.model.intents import POWER, Intent, IntentId
from plcmon.model.readings import Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, SiteKey, Subject, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fate import Fate, fate_of
from plcmon.policy.gates import gate, passed
from plcmon.policy.issues import stamp, words
from plcmon.policy.jumps import widened
from plcmon.policy.status import GOOD_OR_ONLINE

DARK = frozenset({Observed.SILENT, Observed.WEDGED})
NOBODY = datetime.min


def review_site_guard(draft: Draft, key: SiteKey) -> None:
    """Close, settle the pathfinder, or open, by what is believed of the site's nodes now."""
    site = draft.site(key)
    before = site.guard
    dark, counted = census(draft, key, before.since if before else draft.now)
    if not too_dark(draft, dark, counted):
        if before is not None:
            draft.believe(replace(site, guard=None))
            say(draft, key, "opened", f"{dark} of {counted} are silent or wedged")
        return
    after = settled(draft, before or begin(draft, key))
    after = replace(after, dark=dark, counted=counted)
    if after == before:
        return
    draft.believe(replace(site, guard=after))
    if before is None:
        say(draft, key, "closed", f"{dark} of {counted} are silent or wedged")
    elif after.failures > before.failures:
        say_failed(draft, key, after)


def census(view: Draft, key: SiteKey, since: datetime) -> tuple[int, int]:
    """How many of the site's lately good nodes are silent or wedged, and how many there are."""
    tally = view.tally(key)
    well = sum(n for face, n in tally.faces.items() if face.status in GOOD_OR_ONLINE)
    lately = [b for b in map(view.node, tally.ailing) if was_good(view, b, since)]
    return sum(b.observed in DARK for b in lately), well + len(lately)


def was_good(view: Draft, belief: NodeBelief, since: datetime) -> bool:
    """Good within the time before `since`: a long hold must not open the guard."""
    last = belief.good_until
    return last is not None and since - last <= view.policy.guard.site_good_within


def too_dark(view: Draft, dark: int, counted: int) -> bool:
    rules = view.policy.guard
    return dark >= rules.site_at_least and dark > rules.site_share * counted


def begin(draft: Draft, key: SiteKey) -> SiteGuard:
    """The guard as it closes; power that is on its way there is its first pathfinder."""
    guard = SiteGuard(draft.now, 0, 0)
    for intent in draft.live_intents():
        if intent.kind in POWER and intent.site == key and not intent.asks_a_person:
            return replace(guard, node=intent.target.key, intent=intent.id)
    return guard


def settled(view: Draft, guard: SiteGuard) -> SiteGuard:
    """The guard with its pathfinder's fate taken in."""
    if not guard.intent:
        return guard
    fate, at = fate_of(view, view.intent(IntentId(guard.intent)))
    if fate is Fate.UNDER_WAY:
        return guard
    free = replace(guard, node="", intent="")
    if fate is Fate.VOID:
        return free
    if fate is Fate.HELPED:
        return replace(free, failures=0, next_at=None)
    next_at = at + view.policy.guard.site_pause
    return replace(free, failures=guard.failures + 1, next_at=next_at)


def say(draft: Draft, key: SiteKey, word: str, why: str) -> None:
    old, new = ("open", "closed") if word == "closed" else ("closed", "open")
    draft.tell(site_subject(key), StatusChanged(old, new, why, "site guard"))
    draft.audit(site_subject(key), f"site guard {word}", why)


def say_failed(draft: Draft, key: SiteKey, guard: SiteGuard) -> None:
    why = f"{guard.failures} pathfinders in a row did not come back"
    draft.audit(site_subject(key), "pathfinder failed", why)
    if guard.failures >= draft.policy.guard.site_failures:
        text = f"{draft.name(site_subject(key))}: {why}; no more power until `re-arm`"
        draft.tell(site_subject(key), AlertRaised(f"site guard {key}", text))


def note_pathfinder(draft: Draft, key: NodeKey, intent: Intent) -> None:
    """The node goes first at its site."""
    site = draft.inventory.site_of(node_subject(key))
    belief = draft.site(site) if site else None
    if belief is not None and belief.guard is not None:
        guard = replace(settled(draft, belief.guard), node=key, intent=intent.id)
        draft.believe(replace(belief, guard=guard))


def re_arm_site(draft: Draft, key: SiteKey) -> bool:
    """A person lets the next pathfinder go at once; False where no guard is closed."""
    site = draft.site(key)
    if site.guard is None:
        return False
    draft.believe(replace(site, guard=replace(site.guard, failures=0, next_at=None)))
    return True


def good_until(view: Draft, subject: Subject) -> datetime:
    """When the node was last good: the most recent goes first."""
    last = view.node(NodeKey(subject.key)).good_until
    return last.replace(tzinfo=None) if last is not None else NOBODY


def guard_of(view: Draft, subject: Subject) -> SiteGuard | None:
    site = view.inventory.site_of(subject)
    return view.site(site).guard if site else None


# The gate


def site_gate(view: Draft, subject: Subject, intent: str = "") -> Gate:
    """May this node be its site's pathfinder? At the claim `intent` says that it is already."""
    guard = guard_of(view, subject)
    if guard is None:
        return passed(GateName.SITE_GUARD, "open")
    guard = settled(view, guard)
    closed = f"{guard.dark} of {guard.counted} nodes of its site are silent or wedged"
    if intent and intent == guard.intent:
        return gate(GateName.SITE_GUARD, True, f"{closed}: it is the pathfinder", at=guard.since)
    if guard.node:
        fact = f"{closed}: {name(view, guard)} is the pathfinder, and not proven yet"
        due = pathfinder_due(view, guard)
        return gate(GateName.SITE_GUARD, False, fact, at=guard.since, clears_at=due)
    rules = view.policy.guard
    if guard.failures >= rules.site_failures:
        fact = f"{closed}: {guard.failures} pathfinders did not come back; `re-arm` the site"
        return gate(GateName.SITE_GUARD, False, fact, at=guard.since)
    next_at = next_pathfinder(view, guard)
    if next_at is not None and view.now < next_at:
        fact = f"{closed}: the last pathfinder did not come back; the next {stamp(next_at)}"
        left = f"{rules.site_failures - guard.failures} more may fail"
        return gate(
            GateName.SITE_GUARD,
            False,
            fact,
            at=guard.since,
            clears_at=next_at,
            distance=f"{words(next_at - view.now)} to go, {left}",
        )
    fact = f"{closed}: one pathfinder at a time, the most recently good first"
    return gate(GateName.SITE_GUARD, True, fact, at=guard.since)


def next_pathfinder(view: Draft, guard: SiteGuard) -> datetime | None:
    """When the pause after a failure is over; what the clock jumped over is no pause."""
    if guard.next_at is None:
        return None
    pause = view.policy.guard.site_pause
    return guard.next_at - pause + widened(view.fleet, pause, view.now)


def name(view: Draft, guard: SiteGuard) -> str:
    return view.name(node_subject(guard.node))


def pathfinder_due(view: Draft, guard: SiteGuard) -> datetime | None:
    """When the pathfinder's fate is known at the latest, as far as time tells."""
    intent = view.intent(IntentId(guard.intent))
    return intent.proof_due_at if intent is not None else None
