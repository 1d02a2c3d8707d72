"""The verdict: is it us? True, and no surer than the evidence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from plcmon.model.ports import OwnHealth
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import ago, clock, count
from plcmon.operations.reports import ClusterView, SourceView

US, NOT_US, UNSURE, NOTHING = "us", "not us", "can't tell", "nothing down"
MOST_NAMED = 3  # clusters
LATE = 3  # intervals without a round of canaries that counted


@dataclass(frozen=True, slots=True)
class Evidences:
    """What a verdict rests on."""

    moment: Moment
    health: OwnHealth
    nodes: int  # in question
    down: int  # of them
    clusters: Sequence[ClusterView]  # groups, not times
    sources: Sequence[SourceView]


def verdict(found: Evidences) -> tuple[str, str]:
    """The word, and the sentence. Our own trouble is looked for first: it explains all else."""
    doubt = blind(found) or unknown(found)
    if doubt is not None:
        return doubt
    answering = canary_words(found)
    if not found.down:
        return NOTHING, f"Nothing is down, and {answering}."
    seer = next((row for row in found.sources if 2 * row.up > found.down), None)
    if seer is not None:
        return UNSURE, (
            f"Can't tell: {answering}, yet {seer.name} sees {seer.up} of"
            f" {count(found.down, 'down node')} up; it may be the way to them from here."
        )
    if 2 * found.down > found.nodes and 2 * named(found) < found.down:
        return UNSURE, (
            f"Can't tell: {answering}, yet {found.down} of {count(found.nodes, 'node')} are down"
            " and no group stands out; so much everywhere is rather the way from here."
        )
    surely = "It is not us" if all_answer(found) else "It is hardly us"
    return NOT_US, f"{surely}: {answering}; {what_they_share(found)}."


def blind(found: Evidences) -> tuple[str, str] | None:
    """Too few canaries answer, or too few did until just now."""
    fleet, rules = found.moment.state.fleet, found.moment.policy.canaries
    if not fleet.blind:
        return None
    since = clock(fleet.blind_since, found.moment.now) if fleet.blind_since else "the start"
    if fleet.good_rounds:
        return US, (
            f"It was us since {since}: {canary_words(found)} again, for {fleet.good_rounds} of the"
            f" {count(rules.good_rounds, 'round')} in a row that end it."
        )
    asked, silent = fleet.canaries_asked, fleet.canaries_asked - fleet.canaries_good
    who = "the only canary doesn't" if asked == 1 else f"{silent} of {asked} canaries don't"
    return US, f"It is us: {who} answer since {since}; what seems down may not be."


def unknown(found: Evidences) -> tuple[str, str] | None:
    """Why nobody knows: no canaries, no round, an old one, or we are unwell ourselves."""
    moment, fleet = found.moment, found.moment.state.fleet
    down = f"{count(found.down, 'node')} down" if found.down else "nothing is down"
    if found.health.unwell:
        return UNSURE, f"Can't tell: {found.health.unwell}, so our failed probes don't count."
    if fleet.canaries_at is None:
        return UNSURE, f"Can't tell: no canary was asked since the start; {down}."
    if not fleet.canaries_asked:
        return UNSURE, f"Can't tell: no canaries are configured; {down}."
    if moment.now - fleet.canaries_at > LATE * interval(moment):
        heard = ago(fleet.canaries_at, moment.now)
        return UNSURE, f"Can't tell: the canaries were last heard {heard}; {down}."
    return None


def interval(moment: Moment) -> timedelta:
    """From one round to the next: the pause, and what silent ones are waited for."""
    return moment.policy.intervals.canaries + moment.policy.wire.tcp_deadline


def all_answer(found: Evidences) -> bool:
    fleet = found.moment.state.fleet
    return fleet.canaries_good == fleet.canaries_asked


def canary_words(found: Evidences) -> str:
    fleet = found.moment.state.fleet
    if fleet.canaries_asked == 1:
        return "the only canary answers"
    if all_answer(found):
        return f"all {fleet.canaries_asked} canaries answer"
    return f"{fleet.canaries_good} of {fleet.canaries_asked} canaries answer"


def what_they_share(found: Evidences) -> str:
    """What they have in common, or that it is nothing."""
    if found.down == 1:
        return "1 node is down"
    if not found.clusters:
        return f"{found.down} nodes are down, and no group stands out"
    some = f"{named(found)} of {found.down} down nodes are {of_clusters(found.clusters)}"
    return some if 2 * named(found) >= found.down else f"{some}, and the others are scattered"


def named(found: Evidences) -> int:
    """How many stand in a cluster."""
    return sum(row.down for row in found.clusters)


def of_clusters(rows: Sequence[ClusterView]) -> str:
    """`behind 3 sites`; named where there is one, or where they are of several kinds."""
    kind = rows[0].kind
    alike = all(row.kind == kind for row in rows)
    word = "behind" if alike and kind in ("site", "network") else "of"
    if alike and len(rows) > 1:
        return f"{word} {count(len(rows), kind)}"
    names = ", ".join(f"{row.kind} {row.name}" for row in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"{word} {names}{more}"
