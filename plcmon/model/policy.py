"""The numbers and ladders that decide: plain frozen values, each a setting.

Durations here are policy time unless the section says wire time; a scale divides only the former.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from functools import cached_property

from plcmon.model.decisions import Effect, Mode
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Intervals:
    """How often each thing is looked at."""

    tcp: timedelta = 5 * MINUTE
    """TCP ports of a node."""
    ssh: timedelta = 15 * MINUTE
    """SSH login with facts."""
    ping: timedelta = MINUTE
    """ICMP echo of a node."""
    http: timedelta = 5 * MINUTE
    """The pages that a node must answer for."""
    dns: timedelta = HOUR
    """One round over a node's name, addresses and resolver."""
    canaries: timedelta = MINUTE
    """One round over all canaries."""
    pcu_test: timedelta = 6 * HOUR
    """The harmless login at each PCU."""
    witness: timedelta = 5 * MINUTE
    """Witnesses of a site, while nothing is suspect."""
    suspect: timedelta = MINUTE
    """All probes of a node, from its first failed one on, until the finding counts."""


@dataclass(frozen=True)
class Thresholds:
    """When a finding counts and when a belief changes."""

    failures: int = 3
    """Failed evaluations in a row before a finding counts."""
    failing_for: timedelta = 10 * MINUTE
    """Time between the first and the last of them, at least."""
    restart_after: timedelta = 10 * MINUTE
    """Bad time starts anew after this much of the opposite."""
    good_after: timedelta = 12 * HOUR
    """Boot time after which an online node, PCU or site is good."""
    good_uptime: timedelta = 24 * HOUR
    """A node that comes with more uptime than this is good at once."""
    down_after: timedelta = 48 * HOUR
    """Bad time after which offline is down."""
    failboot_for: timedelta = 30 * DAY
    """Debug beyond this is down."""
    on_purpose_for: timedelta = 60 * DAY
    """How long a desired `disabled` or `safeboot` is left in peace."""
    node_down_silent: timedelta = 24 * HOUR
    """Silent time that opens `node_down`."""
    node_down_wedged: timedelta = 24 * HOUR
    """Wedged time that opens `node_down`."""
    node_login: timedelta = 24 * HOUR
    """Deaf time that opens `node_login`."""
    node_debug: timedelta = 6 * HOUR
    """Time since a node was last good after which failboot opens `node_debug`."""
    firewalled: timedelta = 24 * HOUR
    """Time with a required port that is not open, after which `firewalled` opens."""
    dns_rounds: int = 3
    """Rounds in a row in which name, address and resolver disagree before that counts."""
    site_unreachable: timedelta = HOUR
    """Unreachable time that opens `site_unreachable`."""
    back_for: timedelta = 10 * MINUTE
    """Two observations of boot this far apart close `node_down`."""
    login_back_for: timedelta = 30 * MINUTE
    """Working login that closes `node_login`; boot that closes `node_debug`; an answer that closes
    `site_unreachable`."""
    blind_for: timedelta = 10 * MINUTE
    """Blindness that opens `self`."""
    stale_for: timedelta = 24 * HOUR
    """A node stale for this long is a line of `self`."""
    witness_memory: timedelta = 24 * HOUR
    """Only a witness that answered within this time can testify by its silence."""
    pcu_busy: timedelta = 24 * HOUR
    """A busy PCU does not count as failing before this."""
    site_down_after: timedelta = 12 * HOUR
    """Time with too few nodes up after which an offline site is down."""
    site_down: timedelta = 7 * DAY
    """A site that has been down for this long opens `site_down`."""
    on_purpose_close: timedelta = 7 * DAY
    """An issue of a node that is meant to be disabled or in safeboot closes after this."""
    same_issue_within: timedelta = 24 * HOUR
    """Bad time that begins this soon after an issue's close is that issue again."""


@dataclass(frozen=True)
class Canaries:
    """Is it me?"""

    good_share: float = 0.6
    """Below this share of answering canaries we are blind."""
    good_rounds: int = 3
    """Good rounds in a row that end blindness."""


@dataclass(frozen=True)
class Guard:
    """What stops new harm while too much turns bad at once, and how it goes on afterwards."""

    more_than: int = 5
    """Fleet guard: nodes that turned bad; both this and the share must be exceeded."""
    share: float = 0.01
    """Share of the nodes in service."""
    window: timedelta = 30 * MINUTE
    """Within which they turned bad; the window of storms and common causes too."""
    chronic: timedelta = 7 * DAY
    """Nodes bad for longer are not counted."""
    chronic_share: float = 0.2
    """More than this share of the nodes in service bad for longer is an alert, not a stop."""
    chronic_more: float = 0.05
    """Once a baseline is accepted: this share more than it is an alert again."""
    site_share: float = 0.5
    """Site guard: more than this share of a site's good nodes bad, and at least 2."""
    site_good_within: timedelta = 7 * DAY
    """A node counts for its site guard when it was good within this time."""
    site_at_least: int = 2
    """Site guard: no fewer nodes than this close it."""
    site_pause: timedelta = DAY
    """After a pathfinder that did not come back, until the next."""
    site_failures: int = 3
    """Pathfinders in a row that did not come back, after which a person must act."""
    storm_more_than: int = 5
    """Storm: nodes that fell within one window; both this and the share must be exceeded."""
    storm_share: float = 0.001
    """Share of the nodes in service."""
    storm_unhelped: int = 5
    """Actions of one storm that did not help, or not yet, before it is held."""
    wave_pause: timedelta = DAY
    """After a wave of which less than half came back, until the next, which is one of one."""
    cause_more_than: int = 5
    """Common cause: issues of one type that opened; both this and the share must be exceeded."""
    cause_share: float = 0.01
    """Share of the nodes with that label."""


@dataclass(frozen=True)
class Flapping:
    """When a node leaves boot so often that power would only be thrown at it."""

    episode: int = 1000
    """What each episode of leaving boot adds to a node's score."""
    half_life: timedelta = 12 * HOUR
    """The score halves in this time."""
    hold: int = 3000
    """Above this score the node is held."""
    release: int = 750
    """Below this score it is released."""
    most: int = 12000
    """The score never exceeds this."""
    slow_window: timedelta = 7 * DAY
    """The slow rule counts the episodes within this time."""
    slow_hold: int = 4
    """As many episodes hold the node."""
    slow_release: int = 2
    """With fewer than this it is released."""


@dataclass(frozen=True)
class Budgets:
    """How much may be done, whoever asks."""

    window: timedelta = HOUR
    """The short window of every budget."""
    day: timedelta = DAY
    """The long window of every budget."""
    power: int = 2
    """Power actions in the short window, to begin with."""
    power_step: int = 5
    """The power budget grows by 1 with each so many verified good; a bad one halves it."""
    power_most: int = 4
    """Up to which it grows, or the share of the nodes if that is more."""
    power_share: float = 0.005
    """Share of the nodes up to which it grows."""
    power_day: int = 60
    """Power actions in the long window, or the share of the nodes if that is more."""
    power_day_share: float = 0.01
    """Share of the nodes that may have their power touched in the long window."""
    reinstall: int = 1
    """Reinstalls in the short window."""
    reinstall_day: int = 5
    """Reinstalls in the long window."""
    disable: int = 2
    """Nodes set to `disabled` in the short window."""
    disable_day: int = 10
    """Nodes set to `disabled` in the long window."""
    repair: int = 20
    """Repairs and reboots through a shell in the short window."""
    notices: int = 60
    """Mails to contacts in the short window; who is only a user of a site comes last."""
    penalties: int = 5
    """Penalties raised in the long window."""
    bulk_site: int = 1
    """Nodes of one site that a person's bulk has in hand at once."""
    bulk_bad: int = 2
    """Bad ones after which a bulk stops."""
    inherited: int = 10
    """Inherited issues released in the long window."""


@dataclass(frozen=True)
class Limits:
    """Limits on repetition."""

    cycles: Mapping[timedelta, int] = field(
        default_factory=lambda: {DAY: 1, 7 * DAY: 2, 30 * DAY: 3}
    )
    """Power cycles of one node: window -> how many."""
    down_notice: timedelta = 3.5 * DAY
    """Between `down` notices about one node."""
    reinstall: timedelta = 14 * DAY
    """Between reinstalls of one node."""
    repair: timedelta = 12 * HOUR
    """Between repairs of one node."""
    hardware_notice: timedelta = 7 * DAY
    """Between notices about one node's hardware."""
    mail: timedelta = DAY
    """Between mails to one person on one topic; the rest waits for the next."""
    reply: timedelta = 3.5 * DAY
    """A person's reply holds notices and penalties of the site back for this long."""
    reply_most: timedelta = 30 * DAY
    """A date that a reply promises counts up to this long after it."""
    weekly_most: timedelta = 182 * DAY
    """A series of weekly maintenance windows ends after this, at the latest."""
    penalty_after: timedelta = DAY
    """A penalty comes this long after the relay accepted a notice to the site, at the earliest."""
    new_site: timedelta = 30 * DAY
    """A site is new for this long, and not punished."""


@dataclass(frozen=True)
class Safety:
    """Gates around an action."""

    grace: timedelta = 10 * MINUTE
    """After a start, beside one complete fresh scan."""
    complete_share: float = 0.95
    """Share of nodes in service that a complete scan has attempted."""
    complete_within: int = 2
    """A complete scan must not be older than this many of its intervals."""
    intent_expiry: timedelta = HOUR
    """A planned or claimed intent that is older lapses."""
    approval_wait: timedelta = DAY
    """How long a proposal waits before it is made once more."""
    retry_after: timedelta = 15 * MINUTE
    """After an attempt that ended before anything was sent."""
    pcu_tested_within: timedelta = 7 * HOUR
    """A PCU must have been tested good within this time."""
    pcu_failed_sessions: int = 3
    """Failed sessions in a row after which a PCU is left alone."""
    pcu_left_alone: timedelta = 6 * HOUR
    """For how long it is left alone."""
    hold_not_now: timedelta = 48 * HOUR
    """A condition that says not_now holds a rung for this much bad time, then it is passed over."""
    hold_alert: timedelta = 24 * HOUR
    """One alert per gate that holds for this long."""
    manual_expiry: timedelta = 7 * DAY
    """A request to a person ends after this."""
    breaker_bad: int = 3
    """So many bad ones among the last actions of a kind, or of a PCU family, trip its breaker."""
    breaker_of: int = 5
    """The last actions that a breaker remembers."""
    selection_share: float = 0.1
    """A selection of more than this share of the nodes needs its count typed."""
    selection_more: int = 5
    """And of more than so many."""


@dataclass(frozen=True)
class Wire:
    """Wire time: never scaled."""

    tcp_deadline: timedelta = 5 * SECOND
    """One TCP connection attempt."""
    ssh_deadline: timedelta = 20 * SECOND
    """One SSH login with its facts."""
    agent_deadline: timedelta = 5 * SECOND
    """One answer of the SSH agent, at `service.ssh_agent`; a login may take so much longer."""
    ping_deadline: timedelta = 2 * SECOND
    """For an answer after the last packet of a ping."""
    ping_packets: int = 3
    """Packets of one ping; one answer is an answer."""
    ping_gap: timedelta = timedelta(milliseconds=20)
    """Between two packets of one ping."""
    ping_rate: int = 4000
    """ICMP packets that leave in a second, over all nodes."""
    http_deadline: timedelta = 10 * SECOND
    """All pages of one node, asked for at once."""
    dns_deadline: timedelta = 10 * SECOND
    """All lookups of one node's name."""
    trace_hops: int = 30
    """Routers that a trace of the way to a node looks at."""
    trace_deadline: timedelta = 2 * SECOND
    """For answers after the last packet of a trace."""
    traces_a_minute: int = 10
    """Traces of nodes that fall silent; what falls faster is not traced."""
    look_tries: int = 3
    """Probes of a node just before power."""
    look_for: timedelta = 60 * SECOND
    """Over this time."""
    look_fresh: timedelta = 120 * SECOND
    """The look again must not be older than this when the command goes out."""
    dark: timedelta = 10 * SECOND
    """Between off and on."""
    outlet_confirm: timedelta = 20 * SECOND
    """For an outlet to read what it was told (slow units up to 90 s)."""
    outlet_poll: timedelta = SECOND
    """Between two readings of an outlet that has not followed yet."""
    pcu_command: timedelta = 60 * SECOND
    """One whole step of a dialogue with a PCU."""
    pcu_settle: timedelta = 5 * SECOND
    """Between two sessions with one PCU."""
    boot_wait: timedelta = 15 * MINUTE
    """For a node to come back, at least; twice its own p99 boot time where that is longer."""
    boot_wait_most: timedelta = 90 * MINUTE
    """For a node to come back, at most."""
    dark_alert: timedelta = 10 * MINUTE
    """A node left dark by our hand for this long is an alert."""
    neighbour_fall: timedelta = MINUTE
    """A neighbour whose first probe fails so soon after power is back fell while it was off."""
    neighbour_boot: timedelta = 5 * MINUTE
    """A neighbour that booted so soon after power is back fell while it was off."""
    outside: timedelta = 60 * SECOND
    """One reading or one change through an integration."""
    source_skew: timedelta = MINUTE
    """A sample of a source outside may be this much ahead of our clock."""
    stop_grace: timedelta = 120 * SECOND
    """For running power actions to end when the service stops."""


CONDITIONS: Mapping[str, str] = {
    "power_path_ok": "a power path whose PCUs are online or good, free and unsuspected",
    "silent": "nothing answers, by fresh evidence",
    "wedged": "something accepts or pings, no SSH server speaks, by fresh evidence",
    "deaf": "alive or blocked: an SSH server that lets nobody in, or only resets",
    "debug": "the node stays in its boot medium",
    "not_rebooted": "the last power action of this issue did not reboot the node",
    "rebooted_sick": "the last power action rebooted the node, but not into boot",
    "can_reinstall": "the node's source accepts boot states",
    "diagnosis_wants_reinstall": "the last diagnosis asks for a reinstall",
    "min_up_missed": "fewer of the site's nodes are up than must be",
    "pcu_down": "the preferred power path has a PCU that is down",
    "has_contact": "the site has a person in this role",
}
"""The words of a rung's `when`; each answers yes, not_now or never."""

ARGUMENTS: Mapping[str, tuple[str, ...]] = {"has_contact": ("tech", "pi", "user")}
"""Conditions that take one word after them."""

NOTICES = (
    "down",
    "login",
    "online",
    "pcu_failed",
    "pcu_error",
    "pcu_missing",
    "site_unreachable",
    "site_down",
    "bad_disk",
    "no_block_device",
    "minimal_hardware",
    "node_config",
    "bad_dns",
    "new_boot_image",
    "firewalled",
    "read_only_fs",
    "clock_drift",
    "penalty_raised",
    "penalty_cleared",
    "rebooted_by_link",
    "digest",
    "test",
)
"""The kinds of notice."""
OF_ITSELF: Mapping[str, str] = {
    "digest": "the operators get it once a day, see mail.operators and mail.digest",
    "online": "it goes to whom `down` was told, when the issue closes",
    "penalty_raised": "it is told with the penalty",
    "penalty_cleared": "it is told with the penalty",
}
"""Notices that come by themselves, and when; no rung says them."""
LADDER_NOTICES = tuple(notice for notice in NOTICES if notice not in OF_ITSELF)
"""The words after `notify`; then the roles that are told."""
HARDWARE_NOTICES = frozenset({"bad_disk", "no_block_device", "minimal_hardware"})
"""Those that are about a node's hardware."""


@dataclass(frozen=True)
class Rung:
    """One rung of a ladder."""

    name: str
    do: tuple[Effect, ...]
    order: int = 0
    after: timedelta = timedelta()
    every: timedelta | None = None
    when: tuple[str, ...] = ()  # conditions joined by and; each may use not / or
    mode: Mode = Mode.AUTO

    @property
    def repeats(self) -> bool:
        return self.every is not None

    @cached_property
    def kinds(self) -> frozenset[ActionKind]:
        """What it does, whatever the arguments."""
        return frozenset(effect.kind for effect in self.do)

    @cached_property
    def again(self) -> "Rung | None":
        """The rung as it is taken once more; None: it is taken once."""
        return replace(self, after=self.every) if self.every is not None else None


@dataclass(frozen=True)
class Ladder:
    """The ordered rungs an issue type climbs while it stays open."""

    type: IssueType
    rungs: tuple[Rung, ...]
    mode: Mode = Mode.AUTO

    @cached_property
    def in_order(self) -> tuple[Rung, ...]:
        """The rungs from the foot up."""
        return tuple(sorted(self.rungs, key=lambda rung: rung.order))


@dataclass(frozen=True)
class SourceRule:
    """How much the word of one source outside weighs."""

    interval: timedelta  # wire time
    counts: bool = False  # its fresh *up* keeps power away

    @property
    def fresh_for(self) -> timedelta:
        """An older sample says nothing any more."""
        return 2 * self.interval


@dataclass(frozen=True)
class Policy:
    """Everything that decides, as one value with a version."""

    version: str = ""  # a digest of its content
    mode: Mode = Mode.OBSERVE
    scale: float = 1.0  # policy seconds per wire second
    operators: tuple[str, ...] = ()  # addresses that stand in where a site has nobody
    digest: time | None = None  # of the day, UTC, at which they get their digest; None: never
    intervals: Intervals = Intervals()
    thresholds: Thresholds = Thresholds()
    canaries: Canaries = Canaries()
    guard: Guard = Guard()
    flapping: Flapping = Flapping()
    budgets: Budgets = Budgets()
    limits: Limits = field(default_factory=Limits)
    safety: Safety = Safety()
    wire: Wire = Wire()
    ladders: Mapping[IssueType, Ladder] = field(default_factory=dict)
    installed: tuple[ActionKind, ...] = ()  # kinds that an integration, or a recorder, carries out
    sources: Mapping[str, SourceRule] = field(default_factory=dict)  # by name

    @cached_property
    def counting(self) -> frozenset[str]:
        """The sources outside whose *up* keeps power away."""
        return frozenset(name for name, rule in self.sources.items() if rule.counts)
