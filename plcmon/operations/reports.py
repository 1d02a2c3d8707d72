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
class DigestView:
    """The operators' digest as it would be written now; asking for it sends nothing."""

    at: datetime  # when it was read
    lines: tuple[str, ...]  # one thing on a line
    readers: tuple[str, ...]  # addresses that get it
    last: datetime | None  # when the last one was due
    next: datetime | None  # when the next one is; null: none is wanted
