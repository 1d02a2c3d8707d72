"""What the fake desk says of its uplink: a canary is silent, and each site fell as a whole."""

from collections import Counter
from datetime import datetime, timedelta

from plcmon.operations.reports import (
    CanaryView,
    ClusterView,
    IsItUsView,
    SourceView,
    WitnessView,
)
from tests.fakes.fleet import Fleet


def uplink_report(fleet: Fleet, now: datetime) -> IsItUsView:
    nodes = fleet.nodes.values()
    down = [row for row in nodes if row.status in ("offline", "down")]
    sites = Counter(row.site for row in down)
    clusters = tuple(
        ClusterView("site", site, ("PCU pdu1",), number, number, 1.0, 0.0, now, ("guard closed",))
        for site, number in sorted(sites.items())
    )
    canaries = tuple(
        CanaryView(f"192.0.2.{n}:443", n > 0, now - timedelta(days=1)) for n in range(3)
    )
    return IsItUsView(
        at=now,
        verdict="not us",
        sentence=f"It is hardly us: 2 of 3 canaries answer; {len(down)} nodes are down.",
        canaries=canaries,
        good=2,
        asked=3,
        needed=2,
        canaries_at=now,
        blind=False,
        blind_since=None,
        unwell="",
        lag_s=0.002,
        descriptors=0.1,
        dropped=0,
        nodes=len(nodes),
        down=len(down),
        unreachable=0,
        suspect=0,
        set_aside=0,
        sources=(SourceView("comon", True, 0, len(down), 0, 0, now),),
        witnesses=tuple(
            WitnessView(site, number, number, "answer", 1, now) for site, number in sites.items()
        ),
        sites=len(sites),
        clusters=clusters,
        unexplained=0,
        rule="A group is shown when it is far more down than the rest.",
    )
