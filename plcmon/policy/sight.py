"""From readings to observations: what a node shows, once it is sure enough to count.

`classify` names what one complete set of fresh readings shows; `see` adds patience: a finding that
contradicts what is believed counts only after several failures in a row over some time, and
successes older than the first failure are no evidence.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plcmon.model.policy import Policy
from plcmon.model.readings import (
    Evidence,
    Login,
    Mark,
    Observation,
    Observed,
    PortAnswer,
    Probe,
    Reading,
)
from plcmon.model.replacing import replace
from plcmon.model.subjects import Node, Profile
from plcmon.policy.intervals import interval_of

SPEAKS = frozenset({Login.OK, Login.BANNER_ONLY})
LOCKED_OUT = frozenset({Login.REFUSED, Login.HOSTKEY, Login.FAILED})
BOTH = frozenset({Probe.TCP, Probe.SSH})
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one complete set of readings shows."""

    state: Observed
    detail: str
    marks: frozenset[Mark] = frozenset()
    boot_id: str = ""
    booted_at: datetime | None = None
    login: Login | None = None
    probes: frozenset[Probe] = frozenset({Probe.SSH})  # the readings that it rests on

    @property
    def shape(self) -> tuple[Observed, frozenset[Mark]]:
        """What must change for a finding to count as another one."""
        return self.state, self.marks


@dataclass(frozen=True, slots=True)
class Streak:
    """Findings in a row that contradict what is believed."""

    shape: tuple[Observed, frozenset[Mark]]
    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of one node, readings and patience. Lives in memory: doubt restarts with us."""

    readings: Mapping[Probe, Reading] = field(default_factory=dict)
    horizon: datetime | None = None  # readings before this are no evidence
    doubt_since: datetime | None = None  # the first reading that contradicted the belief
    streak: Streak | None = None
    believed: Finding | None = None
    believed_since: datetime | None = None
    shown: Observation | None = None  # as last told
    answered_at: datetime | None = None  # last answer of any kind
    login_at: datetime | None = None  # last authenticated sign of life

    @property
    def doubtful(self) -> bool:
        """True while readings contradict the belief; everything is then due soon."""
        return self.doubt_since is not None


def classify(
    node: Node,
    profile: Profile,
    readings: Mapping[Probe, Reading],
    asked: Collection[Probe] = (),
) -> Finding | None:
    """Name what the readings show; None when a probe that the answer depends on is missing.

    `asked`: the probes that this node is asked by at all; not every machine may ping.
    """
    ssh, tcp = readings.get(Probe.SSH), readings.get(Probe.TCP)
    if ssh is None or ssh.login is None:
        return None
    if ssh.login in SPEAKS:
        return alive(node, ssh, tcp)
    if ssh.login in LOCKED_OUT:
        marks = frozenset({Mark.HOSTKEY}) if ssh.login is Login.HOSTKEY else frozenset[Mark]()
        return Finding(Observed.DEAF, locked_out(ssh), marks, login=ssh.login)
    if ssh.login is Login.NO_BANNER:
        return Finding(Observed.WEDGED, f"port {node.ssh_port} accepts but no SSH server speaks")
    if ssh.port is PortAnswer.REFUSED:
        return Finding(Observed.DEAF, f"port {node.ssh_port} refuses: alive or blocked")
    ping, http = readings.get(Probe.PING), readings.get(Probe.HTTP) if node.http else None
    if tcp is None or (ping is None and Probe.PING in asked):
        return None
    if http is None and node.http and Probe.HTTP in asked:
        return None
    return without_ssh(tcp, ping, http)


def alive(node: Node, ssh: Reading, tcp: Reading | None) -> Finding | None:
    """A login worked: boot or debug, with the flags that stand beside it."""
    facts = ssh.facts
    marks = set[Mark]()
    if facts is not None and facts.debug:
        if facts.old_boot_cd:
            marks.add(Mark.OLDBOOTCD)
        return Finding(
            Observed.DEBUG,
            "stays in its boot medium",
            frozenset(marks),
            facts.boot_id,
            facts.booted_at,
            ssh.login,
        )
    if node.ports:
        if tcp is None:
            return None
        closed = [p for p in node.ports if tcp.ports.get(p) is not PortAnswer.OPEN]
        if closed:
            marks.add(Mark.FIREWALLED)
    detail = "SSH login works" if ssh.login is Login.OK else "an SSH server answers"
    if marks:
        detail += f"; not open: {', '.join(map(str, closed))}"
    return Finding(
        Observed.BOOT,
        detail,
        frozenset(marks),
        facts.boot_id if facts else "",
        facts.booted_at if facts else None,
        ssh.login,
        BOTH if node.ports else frozenset({Probe.SSH}),
    )


def without_ssh(tcp: Reading, ping: Reading | None, http: Reading | None = None) -> Finding:
    """No SSH port accepts: what the other ports say, and ping and pages where they are asked."""
    resets = sorted(p for p, a in tcp.ports.items() if a is PortAnswer.REFUSED)
    accepts = sorted(p for p, a in tcp.ports.items() if a is PortAnswer.OPEN)
    if resets:
        detail = f"no SSH; port {resets[0]} refuses: alive or blocked"
        return Finding(Observed.DEAF, detail, probes=BOTH)
    if accepts:
        return Finding(Observed.WEDGED, f"no SSH; port {accepts[0]} still accepts", probes=BOTH)
    rests_on = BOTH | {reading.probe for reading in (ping, http) if reading is not None}
    if http is not None and http.port is PortAnswer.REFUSED:
        return Finding(Observed.DEAF, "no SSH; its HTTP port refuses", probes=rests_on)
    if http is not None and answered(http):
        return Finding(Observed.WEDGED, "no SSH; HTTP still answers", probes=rests_on)
    if ping is not None and answered(ping):
        return Finding(Observed.WEDGED, "nothing but ping answers", probes=rests_on)
    return Finding(Observed.SILENT, "nothing answers", probes=rests_on)


def locked_out(ssh: Reading) -> str:
    if ssh.login is Login.HOSTKEY:
        return ssh.detail or "the SSH host key is not the pinned one"
    if ssh.login is Login.REFUSED:
        return "an SSH server answers and refuses our login"
    return f"an SSH server answers, then: {ssh.detail or 'the session broke'}"


def see(sight: Sight, node: Node, profile: Profile, reading: Reading, policy: Policy) -> Sight:
    """Take one reading in; what it means is found by `show`."""
    before = sight.readings.get(reading.probe)
    if before is not None and reading.at <= before.at:
        return sight  # late or repeated
    sight = replace(
        sight,
        readings={**sight.readings, reading.probe: reading},
        answered_at=latest(sight.answered_at, reading.at if answered(reading) else None),
        login_at=reading.at if reading.login is Login.OK else sight.login_at,
    )
    if contradicts(sight.believed, reading, before) and not sight.doubtful:
        sight = replace(sight, doubt_since=reading.at, horizon=reading.at)
    return weigh(sight, node, profile, policy, reading.arrived_at)


def weigh(sight: Sight, node: Node, profile: Profile, policy: Policy, now: datetime) -> Sight:
    """Count the present finding for or against what is believed."""
    usable = fresh(sight, node, policy, now)
    finding = classify(node, profile, usable, sight.readings)
    if finding is None:
        return sight
    if sight.believed is not None and finding.shape == sight.believed.shape:
        return replace(sight, believed=finding, doubt_since=None, streak=None, horizon=None)
    first = sight.doubt_since or min(r.at for r in usable.values())
    last = max(r.at for r in usable.values())
    if improves(sight.believed, finding):
        return adopt(sight, finding, first)
    streak = lengthen(sight.streak, finding, first, last)
    patient = policy.thresholds
    if streak.count >= patient.failures and last - streak.first_at >= patient.failing_for:
        return adopt(sight, finding, streak.first_at)
    return replace(sight, streak=streak, doubt_since=first, horizon=last + TICK)


def fresh(sight: Sight, node: Node, policy: Policy, now: datetime) -> dict[Probe, Reading]:
    """The readings that are evidence now."""
    return {
        probe: reading
        for probe, reading in sight.readings.items()
        if now - reading.at <= 2 * interval_of(node, probe, policy)
        and (sight.horizon is None or reading.at >= sight.horizon)
    }


def latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def answered(reading: Reading) -> bool:
    """True when anything at all came back."""
    heard = (PortAnswer.OPEN, PortAnswer.REFUSED)
    return (
        reading.heard > 0
        or reading.port in heard
        or any(a in heard for a in reading.ports.values())
    )


def failed(reading: Reading) -> bool:
    """True when the probe did not find what a healthy node shows."""
    if reading.probe is Probe.SSH:
        return reading.login not in SPEAKS
    if reading.probe is Probe.PING:
        return reading.heard == 0
    if reading.probe is Probe.HTTP:
        return bool(reading.detail)
    return any(answer is not PortAnswer.OPEN for answer in reading.ports.values())


def contradicts(believed: Finding | None, reading: Reading, before: Reading | None) -> bool:
    """True when the reading by itself speaks against what is believed.

    `before`: the last reading of the same probe.
    """
    if reading.probe is Probe.PING:
        return ping_contradicts(believed, reading, before)
    if reading.probe is Probe.HTTP:  # a sign of life; missing it says nothing by itself
        return believed is not None and believed.state is Observed.SILENT and answered(reading)
    if believed is None or believed.state in (Observed.BOOT, Observed.DEBUG):
        partly = believed is not None and (
            Mark.FIREWALLED in believed.marks or believed.state is Observed.DEBUG
        )
        if partly and reading.probe is Probe.TCP:
            return PortAnswer.OPEN not in reading.ports.values()
        return failed(reading)
    if believed.state is Observed.SILENT:
        return answered(reading)
    return not failed(reading)


def ping_contradicts(believed: Finding | None, reading: Reading, before: Reading | None) -> bool:
    """Many sites drop pings: only one that was answered the last time is missed."""
    if believed is None:
        return False
    if believed.state is Observed.SILENT:
        return answered(reading)
    if believed.state in (Observed.BOOT, Observed.DEBUG):
        return failed(reading) and before is not None and answered(before)
    return False


def improves(believed: Finding | None, finding: Finding) -> bool:
    """Good news counts at once; only bad news needs patience."""
    if finding.state is not Observed.BOOT:
        return False
    if believed is None or believed.state is not Observed.BOOT:
        return True
    return finding.marks < believed.marks


def lengthen(streak: Streak | None, finding: Finding, first: datetime, last: datetime) -> Streak:
    """One more finding in the row; a finding of another shape begins a new one."""
    if streak is None:
        return Streak(finding.shape, 1, first, last)
    if streak.shape != finding.shape:
        return Streak(finding.shape, 1, last, last)
    return replace(streak, count=streak.count + 1, last_at=last)


def adopt(sight: Sight, finding: Finding, since: datetime) -> Sight:
    return replace(
        sight,
        believed=finding,
        believed_since=since,
        doubt_since=None,
        streak=None,
        horizon=None,
    )


def show(
    sight: Sight, node: Node, policy: Policy, now: datetime, *, unreachable: bool
) -> tuple[Sight, Observation | None]:
    """Return the observation when it differs from the one last told, else None.

    `unreachable`: the site's witnesses that answered lately are all silent now.
    """
    observation = present(sight, node, policy, now, unreachable=unreachable)
    if observation is None or (sight.shown is not None and same(observation, sight.shown)):
        return sight, None
    return replace(sight, shown=observation), observation


def present(
    sight: Sight, node: Node, policy: Policy, now: datetime, *, unreachable: bool
) -> Observation | None:
    if not sight.readings:
        return None
    believed = sight.believed
    evidence = Evidence.FRESH
    newest = max(reading.at for reading in sight.readings.values())
    if sight.doubtful and (believed is None or believed.state in (Observed.BOOT, Observed.DEBUG)):
        evidence = Evidence.SUSPECT
    if stale_since(sight, node, policy, now) is not None:
        evidence = Evidence.STALE
    if believed is None:
        state = Observed.STALE
        return Observation(state, newest, sight.doubt_since or newest, evidence)
    shown_state, since = believed.state, sight.believed_since or newest
    if believed.state is Observed.SILENT and unreachable and evidence is Evidence.FRESH:
        shown_state, evidence = Observed.UNREACHABLE, Evidence.UNREACHABLE
    if evidence is Evidence.SUSPECT and sight.doubt_since is not None:
        newest = sight.doubt_since
    return Observation(
        shown_state,
        newest,
        since,
        evidence,
        believed.marks,
        believed.boot_id,
        believed.booted_at,
        believed.login,
        believed.detail,
    )


def stale_since(sight: Sight, node: Node, policy: Policy, now: datetime) -> datetime | None:
    """Since when the readings are too old to be evidence; None while they are fresh.

    What is believed needs every probe that it rests on: after blindness one of them alone says
    nothing. The slowest interval is the measure for all, so that one late answer is no gap.
    """
    needed = sight.believed.probes if sight.believed else frozenset(sight.readings)
    slowest = max(interval_of(node, probe, policy) for probe in BOTH | needed)
    limit = 2 * slowest
    asked = [sight.readings[probe].at for probe in needed if probe in sight.readings]
    if len(asked) < len(needed):
        return min(asked, default=now)
    end = (min if sight.believed else max)(asked, default=now) + limit
    return end if end < now else None


def same(one: Observation, other: Observation) -> bool:
    """True when nothing changed that a belief could depend on."""
    return (one.state, one.evidence, one.marks, one.boot_id, one.login) == (
        other.state,
        other.evidence,
        other.marks,
        other.boot_id,
        other.login,
    ) and (one.state is not Observed.SILENT or one.since == other.since)
