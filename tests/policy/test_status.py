"""The status tables: ordered, total, free of circles."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.beliefs import Finding, NodeBelief, PcuBelief, SiteBelief, Span, Status
from plcmon.model.policy import Thresholds
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.model.subjects import BootState, NodeKey, PcuKey, SiteKey
from plcmon.policy.status import Standing, node_status, pcu_status, site_status
from tests.policy.clerk import DAY, HOUR, MINUTE, START

LIMITS = Thresholds()
NOW = START
LONG_AGO = NOW - 100 * DAY
EARLIER = NOW - 5 * HOUR


def seen(
    state: Observed,
    *,
    status: Status = Status.GOOD,
    evidence: Evidence = Evidence.FRESH,
    marks: frozenset[Mark] = frozenset(),
    desired_for: timedelta = DAY,
    up_for: timedelta | None = None,
    **sums: timedelta,
) -> NodeBelief:
    return NodeBelief(
        NodeKey("toml:n"),
        status,
        EARLIER,
        state,
        EARLIER,
        evidence,
        marks=marks,
        booted_at=NOW - up_for if up_for is not None else None,
        spans={name: Span(total) for name, total in sums.items()},
        desired_since=NOW - desired_for,
    )


NODE_ROWS = [
    pytest.param(
        seen(Observed.BOOT), None, Status.RETIRED, NOW, id="gone from its source is retired"
    ),
    pytest.param(
        seen(Observed.SILENT, evidence=Evidence.SUSPECT),
        BootState.BOOT,
        Status.GOOD,
        EARLIER,
        id="suspect: as it was",
    ),
    pytest.param(
        seen(Observed.SILENT, evidence=Evidence.STALE),
        BootState.DISABLED,
        Status.GOOD,
        EARLIER,
        id="stale: as it was, whatever is desired",
    ),
    pytest.param(
        seen(Observed.SILENT, evidence=Evidence.UNREACHABLE),
        BootState.BOOT,
        Status.GOOD,
        EARLIER,
        id="unreachable: as it was",
    ),
    pytest.param(
        seen(Observed.DEAF, marks=frozenset({Mark.HOSTKEY})),
        BootState.BOOT,
        Status.GOOD,
        EARLIER,
        id="deaf by host key alone: as it was",
    ),
    *(
        pytest.param(
            seen(state), BootState.DISABLED, Status.DISABLED, NOW, id=f"disabled and {state.value}"
        )
        for state in (Observed.SILENT, Observed.WEDGED, Observed.DEAF, Observed.DEBUG)
    ),
    pytest.param(
        seen(Observed.SILENT, status=Status.DISABLED, desired_for=61 * DAY),
        BootState.DISABLED,
        Status.DOWN,
        EARLIER,
        id="disabled for over sixty days is down, since kept",
    ),
    pytest.param(
        seen(Observed.BOOT), BootState.DISABLED, Status.GOOD, EARLIER, id="disabled, and boots"
    ),
    pytest.param(
        seen(Observed.DEBUG), BootState.SAFEBOOT, Status.SAFEBOOT, NOW, id="safeboot and debug"
    ),
    pytest.param(
        seen(Observed.SILENT),
        BootState.SAFEBOOT,
        Status.OFFLINE,
        EARLIER,
        id="safeboot and silent is offline",
    ),
    pytest.param(
        seen(Observed.DEBUG, status=Status.SAFEBOOT, desired_for=61 * DAY),
        BootState.SAFEBOOT,
        Status.DOWN,
        EARLIER,
        id="safeboot for over sixty days is down, since kept",
    ),
    pytest.param(seen(Observed.DEBUG), BootState.BOOT, Status.FAILBOOT, NOW, id="debug"),
    pytest.param(
        seen(Observed.DEBUG, status=Status.FAILBOOT),
        BootState.BOOT,
        Status.FAILBOOT,
        EARLIER,
        id="still in debug keeps since",
    ),
    pytest.param(
        seen(Observed.DEBUG, status=Status.FAILBOOT, debug=30 * DAY),
        BootState.BOOT,
        Status.DOWN,
        EARLIER,
        id="thirty days of debug are down, since kept",
    ),
    pytest.param(
        seen(Observed.BOOT, status=Status.DOWN, up_for=25 * HOUR),
        BootState.BOOT,
        Status.GOOD,
        NOW - 25 * HOUR,
        id="comes with a long uptime: good since then",
    ),
    pytest.param(
        seen(Observed.BOOT, status=Status.DOWN, up_for=24 * HOUR),
        BootState.BOOT,
        Status.ONLINE,
        NOW,
        id="exactly a day is not over a day",
    ),
    pytest.param(
        seen(Observed.BOOT, status=Status.NEW), BootState.BOOT, Status.ONLINE, NOW, id="new, boots"
    ),
    pytest.param(
        seen(Observed.BOOT, status=Status.ONLINE, boot=11 * HOUR),
        BootState.BOOT,
        Status.ONLINE,
        EARLIER,
        id="online stays online before twelve hours",
    ),
    pytest.param(
        seen(Observed.BOOT, status=Status.ONLINE, boot=12 * HOUR),
        BootState.BOOT,
        Status.GOOD,
        EARLIER,
        id="online is good after twelve hours of boot, since kept",
    ),
    *(
        pytest.param(
            seen(state, status=status),
            BootState.BOOT,
            Status.OFFLINE,
            EARLIER,
            id=f"{status.value} and {state.value} is offline since the first failure",
        )
        for state in (Observed.SILENT, Observed.WEDGED, Observed.DEAF)
        for status in (Status.NEW, Status.GOOD, Status.ONLINE, Status.FAILBOOT, Status.RETIRED)
    ),
    pytest.param(
        seen(Observed.DEAF, status=Status.OFFLINE, bad=48 * HOUR),
        BootState.BOOT,
        Status.DOWN,
        EARLIER,
        id="offline is down after two bad days, since kept",
    ),
    pytest.param(
        seen(Observed.SILENT, status=Status.OFFLINE, bad=47 * HOUR),
        BootState.BOOT,
        Status.OFFLINE,
        EARLIER,
        id="not before",
    ),
    pytest.param(
        seen(Observed.SILENT, status=Status.DOWN),
        BootState.BOOT,
        Status.DOWN,
        EARLIER,
        id="down stays down",
    ),
]


@pytest.mark.parametrize(("belief", "desired", "status", "since"), NODE_ROWS)
def test_a_node_has_the_status_of_its_row(
    belief: NodeBelief, desired: BootState | None, status: Status, since: datetime
) -> None:
    standing = node_status(belief, desired, NOW, LIMITS)

    assert (standing.status, standing.since) == (status, since)


BELIEFS = st.builds(
    seen,
    st.sampled_from(Observed),
    status=st.sampled_from(Status),
    evidence=st.sampled_from(Evidence),
    marks=st.frozensets(st.sampled_from(Mark)),
    desired_for=st.integers(0, 100).map(lambda n: n * DAY),
    up_for=st.none() | st.integers(0, 60).map(lambda n: n * HOUR),
    boot=st.integers(0, 60).map(lambda n: n * HOUR),
    bad=st.integers(0, 60).map(lambda n: n * HOUR),
    debug=st.integers(0, 60).map(lambda n: n * DAY),
)


@given(BELIEFS, st.none() | st.sampled_from(BootState))
def test_the_table_is_total_and_free_of_circles(
    belief: NodeBelief, desired: BootState | None
) -> None:
    """Applied again and again to the same sight it comes to rest, and stays there."""
    been: list[Status] = []
    for _ in range(len(Status) + 1):
        standing = node_status(belief, desired, NOW, LIMITS)
        if standing.status is belief.status and standing.since == belief.status_since:
            return
        been.append(standing.status)
        belief = replace(belief, status=standing.status, status_since=standing.since)
    assert len(set(been)) == len(been), been


AGES = [
    dict(zip(("boot", "bad", "debug"), sums, strict=True))
    for sums in product((0 * DAY, 12 * HOUR), (0 * DAY, 48 * HOUR), (0 * DAY, 30 * DAY))
]
SEEN = list(product(Observed, Evidence, (frozenset[Mark](), frozenset({Mark.HOSTKEY}))))
MEANT = list(product((None, *BootState), (DAY, 60 * DAY), (None, 25 * HOUR)))
FINDINGS = frozenset(Observed) - {Observed.STALE, Observed.BLIND, Observed.UNREACHABLE}


@pytest.mark.parametrize("status", list(Status))
def test_every_combination_has_one_row_and_comes_to_rest(status: Status) -> None:
    """Not a sample: each status, sight and wish, with each age on either side of its line."""
    for state, evidence, marks in SEEN:
        for desired, desired_for, up_for in MEANT:
            for ages in AGES:
                first = seen(
                    state, status=status, evidence=evidence, marks=marks,
                    desired_for=desired_for, up_for=up_for, **ages,
                )  # fmt: skip
                last = rest(first, desired)
                vague = evidence is not Evidence.FRESH or state not in FINDINGS
                if desired is None:
                    assert last.status is Status.RETIRED
                elif vague or (state is Observed.DEAF and marks):
                    assert last == first, "as it was"
                else:
                    assert last.status not in (Status.NEW, Status.RETIRED), last


def rest(belief: NodeBelief, desired: BootState | None) -> NodeBelief:
    """Where the table brings the belief to; fails when it never stays anywhere."""
    for _ in range(len(Status)):
        standing = node_status(belief, desired, NOW, LIMITS)
        after = replace(belief, status=standing.status, status_since=standing.since)
        if after == belief:
            return belief
        belief = after
    pytest.fail(f"a circle: {belief}")


@given(BELIEFS, st.sampled_from(BootState))
def test_only_evidence_moves_a_node(belief: NodeBelief, desired: BootState) -> None:
    blind = replace(belief, evidence=Evidence.BLIND)

    assert node_status(blind, desired, NOW, LIMITS).status is belief.status


def pcu(
    finding: Finding | None,
    *,
    status: Status = Status.GOOD,
    failures: int = 0,
    failing_for: timedelta | None = None,
    status_for: timedelta = HOUR,
) -> PcuBelief:
    return PcuBelief(
        PcuKey("toml:p"),
        status,
        NOW - status_for,
        finding,
        tested_at=NOW,
        failures=failures,
        first_failure_at=NOW - failing_for if failing_for is not None else None,
    )


PCU_ROWS = [
    pytest.param(pcu(Finding.OK, status=Status.NEW), Status.ONLINE, id="a test succeeds: online"),
    pytest.param(pcu(Finding.OK, status=Status.DOWN), Status.ONLINE, id="even from down"),
    pytest.param(
        pcu(Finding.OK, status=Status.ONLINE, status_for=12 * HOUR), Status.GOOD, id="good after 12"
    ),
    pytest.param(pcu(Finding.TIMEOUT, failures=1), Status.GOOD, id="one failure is none"),
    pytest.param(
        pcu(Finding.TIMEOUT, failures=3, failing_for=9 * MINUTE), Status.GOOD, id="too close"
    ),
    pytest.param(
        pcu(Finding.TIMEOUT, failures=2, failing_for=HOUR), Status.GOOD, id="two are too few"
    ),
    pytest.param(
        pcu(Finding.TIMEOUT, failures=3, failing_for=10 * MINUTE), Status.OFFLINE, id="offline"
    ),
    pytest.param(
        pcu(Finding.TIMEOUT, status=Status.OFFLINE, failures=9, failing_for=48 * HOUR),
        Status.DOWN,
        id="down after two days",
    ),
    pytest.param(
        pcu(Finding.BUSY, failures=9, failing_for=23 * HOUR), Status.GOOD, id="busy is no failure"
    ),
    pytest.param(
        pcu(Finding.BUSY, failures=9, failing_for=24 * HOUR), Status.OFFLINE, id="until it lasts"
    ),
    pytest.param(
        pcu(Finding.LOGIN_REFUSED, status=Status.ONLINE), Status.ONLINE, id="refused: it is there"
    ),
]


@pytest.mark.parametrize(("belief", "status"), PCU_ROWS)
def test_a_pcu_has_the_status_of_its_tests(belief: PcuBelief, status: Status) -> None:
    assert pcu_status(belief, NOW, LIMITS).status is status


def test_three_failures_close_together_do_not_become_far_apart_by_waiting() -> None:
    belief = pcu(Finding.TIMEOUT, failures=3, failing_for=2 * MINUTE)

    assert pcu_status(belief, NOW + HOUR, LIMITS).status is Status.GOOD


def site(status: Status, *, since: timedelta, up: int, dark: bool = False) -> Standing:
    belief = SiteBelief(SiteKey("s"), status, NOW - since)
    return site_status(belief, up, 2, NOW, LIMITS, dark=dark)


@pytest.mark.parametrize(
    ("standing", "status"),
    [
        pytest.param(site(Status.NEW, since=HOUR, up=2), Status.ONLINE, id="enough: online"),
        pytest.param(site(Status.ONLINE, since=12 * HOUR, up=2), Status.GOOD, id="good after 12 h"),
        pytest.param(site(Status.GOOD, since=HOUR, up=1), Status.OFFLINE, id="too few: offline"),
        pytest.param(site(Status.OFFLINE, since=11 * HOUR, up=1), Status.OFFLINE, id="not yet"),
        pytest.param(site(Status.OFFLINE, since=12 * HOUR, up=1), Status.DOWN, id="down after 12"),
        pytest.param(site(Status.GOOD, since=HOUR, up=2, dark=True), Status.UNREACHABLE, id="dark"),
        pytest.param(site(Status.UNREACHABLE, since=HOUR, up=0), Status.OFFLINE, id="not dark now"),
    ],
)
def test_a_site_has_the_status_of_its_nodes(standing: Standing, status: Status) -> None:
    assert standing.status is status
