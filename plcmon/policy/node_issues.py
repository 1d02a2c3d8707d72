"""The rarer issues of a node, as a table: when each opens, when it closes, what says so now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.policy.flapping import in_words, released_at
from plcmon.policy.issues import words
from plcmon.policy.spans import reaches
from plcmon.policy.status import belief_span

LOGIN_WORKS = frozenset({Observed.BOOT, Observed.DEBUG})
BLANK = frozenset({Evidence.BLIND, Evidence.STALE, Evidence.UNREACHABLE})

Text = Callable[[Policy, NodeBelief, datetime], str]


@dataclass(frozen=True, slots=True)
class NodeRule:
    """One type of issue. The sentences are empty when there is nothing to say."""

    opens: Text  # why it should be open now
    closes: Text  # why it is over
    says: Callable[[NodeBelief], bool | None]  # whether it is so just now; None: cannot tell
    since: Callable[[NodeBelief], datetime | None] = lambda belief: belief.observed_since


def fresh(belief: NodeBelief) -> bool:
    return belief.evidence is Evidence.FRESH


def seen(state: Observed, mark: Mark | None = None, *, without: Mark | None = None) -> Callable[
    [NodeBelief], bool | None
]:  # fmt: skip
    """By what is observed: the state, with or without a mark."""

    def says(belief: NodeBelief) -> bool | None:
        if not fresh(belief):
            return None
        marked = mark is None or mark in belief.marks
        return belief.observed is state and marked and without not in belief.marks

    return says


def found(what: Callable[[NodeBelief], object]) -> Callable[[NodeBelief], bool | None]:
    """A type without runs: what was found last still stands, less blind and stale time."""

    def says(belief: NodeBelief) -> bool | None:
        return None if belief.evidence in BLANK else bool(what(belief))

    return says


# node_debug

in_debug = seen(Observed.DEBUG, without=Mark.OLDBOOTCD)


def debug_opens(policy: Policy, belief: NodeBelief, now: datetime) -> str:
    since = belief.not_good_since
    if belief.status is not Status.FAILBOOT or since is None or not in_debug(belief):
        return ""
    if now - since < policy.thresholds.node_debug:
        return ""
    return f"{belief.detail}; not good for {words(now - since)}"


def debug_closes(policy: Policy, belief: NodeBelief, now: datetime) -> str:
    running = belief_span(belief, "boot").running_since
    long = running is not None and now - running >= policy.thresholds.login_back_for
    return belief.detail if long and fresh(belief) and belief.observed is Observed.BOOT else ""


# firewalled, old_bootcd

flagged = seen(Observed.BOOT, Mark.FIREWALLED)
old_medium = seen(Observed.DEBUG, Mark.OLDBOOTCD)


def firewalled_opens(policy: Policy, belief: NodeBelief, now: datetime) -> str:
    held = belief_span(belief, "firewalled").value(now)
    due = held >= policy.thresholds.firewalled and flagged(belief)
    return f"for {words(held)}: {belief.detail}" if due else ""


def firewalled_closes(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    gone = fresh(belief) and belief.observed is Observed.BOOT and not flagged(belief)
    return belief.detail if gone else ""


def old_bootcd_opens(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    return f"its boot medium is too old: {belief.detail}" if old_medium(belief) else ""


def old_bootcd_closes(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    gone = fresh(belief) and belief.observed in LOGIN_WORKS and not old_medium(belief)
    return belief.detail if gone else ""


# hostkey

another_key = seen(Observed.DEAF, Mark.HOSTKEY)


def hostkey_opens(_policy: Policy, belief: NodeBelief, now: datetime) -> str:
    settles_at = belief.key_settles_at
    if not another_key(belief) or (settles_at is not None and now < settles_at):
        return ""
    return belief.detail or "the SSH host key is not the pinned one"


def hostkey_closes(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    known = fresh(belief) and belief.observed in LOGIN_WORKS
    return "it shows the pinned key" if known else ""


# Found by others: name service, and whoever looks inside the node.


def dns_opens(policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    wrong = belief.dns
    due = wrong is not None and wrong.rounds >= policy.thresholds.dns_rounds
    return wrong.detail if wrong is not None and due else ""


def dns_closes(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    return "name, address and resolver agree" if belief.dns is None else ""


def config_opens(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    return "; ".join(belief.config_found)


def config_closes(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    return clean(belief, bool(belief.config_found))


def hardware_opens(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    return "; ".join(belief.hardware_found)


def hardware_closes(_policy: Policy, belief: NodeBelief, _now: datetime) -> str:
    return clean(belief, bool(belief.hardware_found))


def clean(belief: NodeBelief, still: bool) -> str:
    well = not still and belief.status is Status.GOOD
    return "the last diagnosis is clean, and it is good" if well else ""


# flapping


def flapping_opens(policy: Policy, belief: NodeBelief, now: datetime) -> str:
    return in_words(belief.flap, policy.flapping, now) if belief.flap.held else ""


def flapping_closes(policy: Policy, belief: NodeBelief, now: datetime) -> str:
    return "" if belief.flap.held else f"released: {in_words(belief.flap, policy.flapping, now)}"


RULES: Mapping[IssueType, NodeRule] = {
    IssueType.NODE_DEBUG: NodeRule(debug_opens, debug_closes, in_debug),
    IssueType.FIREWALLED: NodeRule(firewalled_opens, firewalled_closes, flagged),
    IssueType.OLD_BOOTCD: NodeRule(old_bootcd_opens, old_bootcd_closes, old_medium),
    IssueType.HOSTKEY: NodeRule(hostkey_opens, hostkey_closes, another_key),
    IssueType.DNS_ERROR: NodeRule(
        dns_opens,
        dns_closes,
        found(lambda belief: belief.dns),
        lambda belief: belief.dns.since if belief.dns else None,
    ),
    IssueType.NODE_CONFIG: NodeRule(
        config_opens,
        config_closes,
        found(lambda belief: belief.config_found),
        lambda belief: belief.diagnosed_at,
    ),
    IssueType.BAD_HARDWARE: NodeRule(
        hardware_opens,
        hardware_closes,
        found(lambda belief: belief.hardware_found),
        lambda belief: belief.diagnosed_at,
    ),
    IssueType.FLAPPING: NodeRule(
        flapping_opens,
        flapping_closes,
        found(lambda belief: belief.flap.held),
        lambda belief: belief.flap.at,
    ),
}


def times(policy: Policy, belief: NodeBelief) -> Iterator[datetime | None]:
    """When time alone may open or close one of these."""
    limits = policy.thresholds
    if belief.status is Status.FAILBOOT and belief.not_good_since is not None:
        yield belief.not_good_since + limits.node_debug
    yield reaches(belief_span(belief, "firewalled"), limits.firewalled)
    yield belief.key_settles_at
    yield released_at(belief.flap, policy.flapping)
