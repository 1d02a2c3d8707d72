"""Reports: views that look back over a time or over the whole fleet. Plain values, as JSON too."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RepairView:
    """Power cycles of one rung, family or site, and what came of them; empty: all of them."""

    rung: str  # or "by hand": a person said it
    family: str  # the driver; several PCUs: joined by +
    site: str  # the site's key
    tried: int  # cycles whose command went out
    fixed: int  # with this verdict
    rebooted_sick: int  # with this verdict
    not_rebooted: int  # with this verdict
    unknown: int  # with this verdict
    without: int  # no verdict yet
    median_s: float | None  # from the command to the proof, of those that fixed it


@dataclass(frozen=True, slots=True)
class RepairsView:
    """What repairing was worth since a time."""

    since: datetime  # the time asked for
    until: datetime  # when it was read
    everything: RepairView  # one row for all
    by_rung: tuple[RepairView, ...]  # what was tried most comes first
    by_family: tuple[RepairView, ...]  # likewise
    by_site: tuple[RepairView, ...]  # likewise
    each: tuple[RepairView, ...]  # by rung, family and site together


@dataclass(frozen=True, slots=True)
class UnreadyView:
    """A node whose power path is not proven to work, and what to do."""

    node: str  # its key
    name: str  # hostname
    site: str  # the site's key
    path: str  # its best one, for people; empty: none
    what: str  # no power path, not usable, never proven, proven long ago, vouched for only
    detail: str  # the fact behind it
    to_do: str  # one sentence for people


@dataclass(frozen=True, slots=True)
class ReadinessView:
    """The share of nodes that could be repaired, as far as it was proven."""

    at: datetime  # when it was read
    proven_within_s: float  # seconds for which a proof counts
    nodes: int  # in service
    proven: int  # usable, and proven by an action in that time
    vouched: int  # usable, though only by a person's word
    share: float  # proven of nodes, 0 to 1
    unready: tuple[UnreadyView, ...]  # all others, the worst first


@dataclass(frozen=True, slots=True)
class AvailabilityRow:
    """How much of a time nodes worked; times are added up over its nodes."""

    name: str  # of the node, site, PCU or label's value; empty: of all
    nodes: int  # how many
    up_s: float  # seconds seen working
    bad_s: float  # seconds seen not working
    unknown_s: float  # seconds without evidence: blind, stale, unreachable, or nobody looked
    share: float | None  # up of what is known, 0 to 1; null: nothing is known
    known: float  # known of the whole time, 0 to 1


@dataclass(frozen=True, slots=True)
class AvailabilityView:
    """Nodes or groups of them over a time, the worst first; sampled every five minutes."""

    since: datetime  # whole hours, or days where hours are no longer kept
    until: datetime  # the same, or now
    by: str  # node, site, pcu, all, label/KEY
    rows: tuple[AvailabilityRow, ...]  # the worst first
    total: AvailabilityRow  # over all of them


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A run of one observation, or something that was done or decided."""

    at: datetime  # when it began or was
    observed: str  # a word of the glossary; empty: this is no run
    text: str  # what was seen or done
    lasted_s: float | None = None  # seconds, of a run


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One answer of a node to one probe, as it came."""

    at: datetime  # when the question was put
    probe: str  # ping, tcp, ssh, ...
    text: str  # what the answer was
    took_ms: float  # how long it took; of a ping: the median round trip
    loss: float | None  # packets lost of a ping, 0 to 1


@dataclass(frozen=True, slots=True)
class HistoryView:
    """What a node was, and what was done about it."""

    node: str  # its key
    name: str  # hostname
    site: str  # the site's key
    since: datetime  # as asked
    until: datetime  # when it was read
    availability: AvailabilityRow  # over whole hours, or days where hours are no longer kept
    lines: tuple[HistoryLine, ...]  # the latest last
    readings: tuple[ReadingLine, ...] = ()  # the last ones of that time that are kept
    recorded_since: datetime | None = None  # what was before is not recorded, or no longer kept


@dataclass(frozen=True, slots=True)
class CanaryView:
    """One canary, as it was in the last round."""

    address: str  # host and port
    answers: bool  # it accepted our connection
    since: datetime  # since when it has done the same, at the earliest since the start


@dataclass(frozen=True, slots=True)
class SourceView:
    """What one source outside says of the nodes that are down for us."""

    name: str  # of its table in the configuration
    counts: bool  # its *up* keeps power away
    up: int  # down for us, up for it
    down: int  # down for both
    unknown: int  # down for us, and it says nothing fresh
    down_there: int  # up for us, down for it
    heard_at: datetime | None  # its latest sample; null: none since the start
    trouble: str = ""  # why it is out of reach; empty: it is not


@dataclass(frozen=True, slots=True)
class WitnessView:
    """The witnesses of a site where nodes are down."""

    site: str  # the site's key
    down: int  # its nodes that are down
    nodes: int  # its nodes in question
    says: str  # answer, silent; none: nothing there has answered lately
    answering: int  # witnesses that answered lately
    since: datetime | None  # when the last one answered, or all of them fell silent


@dataclass(frozen=True, slots=True)
class ClusterView:
    """Nodes that share something and are far more down than the rest, or that fell together."""

    kind: str  # site, network, PCU, PCU model, group, label, time
    name: str  # of the group; of a time: from when to when
    also: tuple[str, ...]  # other names for the same nodes
    down: int  # nodes that are down and in no cluster above; of a time: that fell in it
    nodes: int  # of the group, likewise; of a time: all that are down
    share: float  # down of nodes, 0 to 1
    rest: float | None  # the same share of all other nodes; null for a time
    first_at: datetime | None  # when the first of them fell
    known: tuple[str, ...]  # causes that are known already, a sentence each


@dataclass(frozen=True, slots=True)
class IsItUsView:
    """Is it our own uplink, or theirs: what speaks for each, and the verdict."""

    at: datetime  # when it was read
    verdict: str  # us, not us, can't tell, nothing down
    sentence: str  # the verdict with its reason
    canaries: tuple[CanaryView, ...]  # those that don't answer first
    good: int  # canaries that answered in the last round
    asked: int  # canaries that were asked
    needed: int  # that must answer, or nothing counts
    canaries_at: datetime | None  # the last round that counted; null: none since the start
    blind: bool  # too few answer: nothing counts and nothing is done
    blind_since: datetime | None  # since when
    unwell: str  # why our own failed probes don't count now; empty: they do
    lag_s: float  # how late our own loop is, 99 % of the last minute
    descriptors: float  # share of what this process may open, 0 to 1
    dropped: int  # failed readings that did not count for that, since the start
    nodes: int  # in question: in service, not in maintenance, not bad for very long
    down: int  # of them: offline or down, out of reach, or suspect
    unreachable: int  # of those down: out of reach together with their site's witnesses
    suspect: int  # of those down: their last probe failed, which does not count yet
    set_aside: int  # in maintenance, or bad for so long that it says nothing of now
    sources: tuple[SourceView, ...]  # those that see most of it up first
    witnesses: tuple[WitnessView, ...]  # of the sites with most nodes down
    sites: int  # where something is down
    clusters: tuple[ClusterView, ...]  # what explains most first, times last
    unexplained: int  # nodes that are down and in no cluster
    rule: str  # when a cluster is one


@dataclass(frozen=True, slots=True)
class PostedView:
    """What became of a post of readings; it was taken whole."""

    source: str  # its name
    taken: int  # nodes of which it was taken
    up: int  # of them, that it sees up
    down: int  # of them, that it sees down
    unknown: int  # rows about nodes that are not in the inventory; nothing was taken of them
    unknown_names: tuple[str, ...]  # the first few of those
    old: int  # rows older than two of its intervals, which say nothing
    text: str  # one sentence


@dataclass(frozen=True, slots=True)
class DigestView:
    """The operators' digest as it would be written now; asking for it sends nothing."""

    at: datetime  # when it was read
    lines: tuple[str, ...]  # one thing on a line
    readers: tuple[str, ...]  # addresses that get it
    last: datetime | None  # when the last one was due
    next: datetime | None  # when the next one is; null: none is wanted
