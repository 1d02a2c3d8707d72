"""The status tables of nodes, PCUs and sites: ordered, total, first row that matches."""

from dataclasses import dataclass
from datetime import datetime

from plcmon.model.beliefs import NO_TIME, Finding, NodeBelief, PcuBelief, SiteBelief, Span, Status
from plcmon.model.policy import Thresholds
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.model.subjects import BootState

GOOD_OR_ONLINE = frozenset({Status.GOOD, Status.ONLINE})
OFFLINE_OR_DOWN = frozenset({Status.OFFLINE, Status.DOWN})
NOT_BOOT = frozenset({Observed.SILENT, Observed.WEDGED, Observed.DEAF})


@dataclass(frozen=True, slots=True)
class Standing:
    """A status, since when, and why in a few words."""

    status: Status
    since: datetime | None
    why: str


def node_status(
    belief: NodeBelief, desired: BootState | None, now: datetime, limits: Thresholds
) -> Standing:
    """The row of the table that matches; `desired` None means gone from its source.

    The belief's observation and sums are already those of `now`.
    """
    kept = Standing(belief.status, belief.status_since, "as it was")
    seen, since = belief.observed, belief.observed_since or now
    if desired is None:
        return stay(belief, Status.RETIRED, now, "gone from its source")
    if belief.evidence is not Evidence.FRESH:
        return kept
    if deaf_by_key_alone(belief):
        return kept
    purpose = purposeful(seen, desired)
    if purpose is not None:
        if now - (belief.desired_since or since) < limits.on_purpose_for:
            return stay(belief, purpose, now, f"desired {desired.value}")
        return Standing(Status.DOWN, belief.status_since or now, "on purpose for too long")
    if seen is Observed.DEBUG:
        if belief_span(belief, "debug").value(now) < limits.failboot_for:
            return stay(belief, Status.FAILBOOT, now, "stays in its boot medium")
        return Standing(Status.DOWN, belief.status_since or now, "in debug for too long")
    if seen is Observed.BOOT:
        return booted(belief, now, limits)
    if seen in NOT_BOOT:
        return gone(belief, now, since, limits)
    return kept


def deaf_by_key_alone(belief: NodeBelief) -> bool:
    """It answers, with another host key than the pinned one: nothing says that it is ill."""
    return belief.observed is Observed.DEAF and Mark.HOSTKEY in belief.marks


def purposeful(seen: Observed, desired: BootState) -> Status | None:
    """The status a node is in because somebody wants it so, if what is seen agrees."""
    if desired is BootState.DISABLED and (seen in NOT_BOOT or seen is Observed.DEBUG):
        return Status.DISABLED
    if desired is BootState.SAFEBOOT and seen is Observed.DEBUG:
        return Status.SAFEBOOT
    return None


def booted(belief: NodeBelief, now: datetime, limits: Thresholds) -> Standing:
    if belief.status not in GOOD_OR_ONLINE:
        if belief.booted_at is not None and now - belief.booted_at > limits.good_uptime:
            return Standing(Status.GOOD, belief.booted_at, "boots, and has been up for long")
        return Standing(Status.ONLINE, now, "boots")
    ripe = belief_span(belief, "boot").value(now) >= limits.good_after
    if belief.status is Status.ONLINE and ripe:
        return Standing(Status.GOOD, belief.status_since, "boots for long enough")
    return Standing(belief.status, belief.status_since, "as it was")


def gone(belief: NodeBelief, now: datetime, since: datetime, limits: Thresholds) -> Standing:
    word = belief.observed.value
    if belief.status not in OFFLINE_OR_DOWN:
        return Standing(Status.OFFLINE, since, f"{word} since then")
    if belief.status is Status.OFFLINE and belief_span(belief, "bad").value(now) >= (
        limits.down_after
    ):
        return Standing(Status.DOWN, belief.status_since, f"{word} for too long")
    return Standing(belief.status, belief.status_since, "as it was")


def stay(belief: NodeBelief, status: Status, now: datetime, why: str) -> Standing:
    """Enter `status`, or stay in it since when it was entered."""
    since = belief.status_since if belief.status is status else now
    return Standing(status, since, why)


def belief_span(belief: NodeBelief, name: str) -> Span:
    return belief.spans.get(name, NO_TIME)


def pcu_status(belief: PcuBelief, now: datetime, limits: Thresholds) -> Standing:
    """Success is online, and good after a while; three failures over some time are offline.

    Busy is no failure until it lasts; a refused login leaves the status as it is, for the unit
    is there.
    """
    failing_for = now - (belief.first_failure_at or now)
    tested_for = (belief.tested_at or now) - (belief.first_failure_at or now)
    if belief.finding is Finding.OK:
        if belief.status not in GOOD_OR_ONLINE:
            return Standing(Status.ONLINE, belief.tested_at, "the last test succeeded")
        if belief.status is Status.ONLINE and now - (belief.status_since or now) >= (
            limits.good_after
        ):
            return Standing(Status.GOOD, belief.status_since, "its tests succeed for long enough")
        return Standing(belief.status, belief.status_since, "as it was")
    if belief.finding is Finding.BUSY and failing_for < limits.pcu_busy:
        return Standing(belief.status, belief.status_since, "busy is no failure yet")
    counted = belief.failures >= limits.failures and tested_for >= limits.failing_for
    if counted and belief.status not in OFFLINE_OR_DOWN:
        return Standing(Status.OFFLINE, belief.first_failure_at, f"{belief.failures} tests failed")
    if belief.status is Status.OFFLINE and failing_for >= limits.down_after:
        return Standing(Status.DOWN, belief.status_since, "its tests fail for too long")
    return Standing(belief.status, belief.status_since, "as it was")


def site_status(
    belief: SiteBelief, up: int, needed: int, now: datetime, limits: Thresholds, *, dark: bool
) -> Standing:
    """`dark`: all nodes silent or unreachable and every witness silent."""
    if dark:
        since = belief.status_since if belief.status is Status.UNREACHABLE else now
        return Standing(Status.UNREACHABLE, since, "nodes and witnesses are all silent")
    if up >= needed:
        if belief.status not in GOOD_OR_ONLINE:
            return Standing(Status.ONLINE, now, f"{up} of {needed} are up")
        if belief.status is Status.ONLINE and now - (belief.status_since or now) >= (
            limits.good_after
        ):
            return Standing(Status.GOOD, belief.status_since, "up for long enough")
        return Standing(belief.status, belief.status_since, "as it was")
    if belief.status not in OFFLINE_OR_DOWN:
        return Standing(Status.OFFLINE, now, f"only {up} of {needed} are up")
    if belief.status is Status.OFFLINE and now - (belief.status_since or now) >= (
        limits.site_down_after
    ):
        return Standing(Status.DOWN, belief.status_since, f"only {up} of {needed} are up")
    return Standing(belief.status, belief.status_since, "as it was")
