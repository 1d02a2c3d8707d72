"""A small believable fleet, as views: what a FakeDesk starts with. Deterministic."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from plcmon.operations.views import (
    EventView,
    GateView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
    WhyView,
)

NOW = datetime(2026, 3, 14, 2, 14, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

SITES = (
    ("princeton", "Princeton University", "cs.example.edu"),
    ("uw", "University of Washington", "uw.example.edu"),
    ("tum", "TU München", "in.tum.example.de"),
    ("upmc", "Sorbonne Université", "lip6.example.fr"),
    ("kth", "KTH Stockholm", "ssvl.example.se"),
    ("tokyo", "University of Tokyo", "iij.example.jp"),
    ("ntua", "NTU Athens", "netmode.example.gr"),
    ("unsw", "UNSW Sydney", "cse.example.au"),
    ("usp", "Universidade de São Paulo", "larc.example.br"),
    ("iitb", "IIT Bombay", "cse.example.in"),
    ("cornell", "Cornell University", "systems.example.edu"),
    ("ethz", "ETH Zürich", "inf.example.ch"),
)
FAMILIES = ("apc", "apc", "ilo", "ipmi", "apc", "manual")


@dataclass
class Fleet:
    """The rows of one moment, by key; a FakeDesk changes them in place."""

    nodes: dict[str, NodeView] = field(default_factory=dict)
    sites: dict[str, SiteView] = field(default_factory=dict)
    pcus: dict[str, PcuView] = field(default_factory=dict)
    issues: dict[str, IssueView] = field(default_factory=dict)
    intents: dict[str, IntentView] = field(default_factory=dict)
    events: list[EventView] = field(default_factory=list)
    whys: dict[str, WhyView] = field(default_factory=dict)  # by issue id


def a_node(key: str, name: str, site: str, status: str = "good", **more: object) -> NodeView:
    """A node row; healthy unless told otherwise."""
    values: dict[str, object] = {
        "since": NOW - 9 * DAY,
        "observed": "boot",
        "evidence": "fresh",
        "marks": (),
        "detail": "login works, kernel 6.1.0-18",
        "seen_at": NOW - timedelta(seconds=40),
        "boot_id": "7a1f0c2e-5be1-4a43-9f5e-0d7c1b6f2a11",
        "booted_at": NOW - 12 * DAY,
        "power": f"{site}-pdu-1 outlet 3",
        "issues": (),
        "why": "good for 9d: login works",
        "addresses": ("127.4.0.1",),
    }
    return NodeView(key=key, name=name, site=site, status=status, **{**values, **more})  # type: ignore[arg-type] # values are views' own fields


def an_issue(id_: str, kind: str, subject: str, name: str, site: str, **more: object) -> IssueView:
    """An open issue row that only waits for its next rung."""
    values: dict[str, object] = {
        "status": "open",
        "opened_at": NOW - 7 * HOUR,
        "bad_since": NOW - 31 * HOUR,
        "bad_s": 31 * 3600.0,
        "summary": "nothing answers: tcp 22, 80 filtered",
        "rung": "",
        "rung_at": None,
        "rung_number": 0,
        "rungs": 5,
        "shadow": "",
        "next_rung": "cycle",
        "next_at": NOW + 79 * MINUTE,
        "mode": "auto",
        "held_by": "",
        "why": "wait: 1h 19m of bad time until cycle",
        "verdict": "",
        "proposal": False,
        "paused_until": None,
        "closed_at": None,
        "cause": "",
        "closer": "",
        "worry": 1,
    }
    return IssueView(id=id_, type=kind, subject=subject, name=name, site=site, **{**values, **more})  # type: ignore[arg-type] # values are views' own fields


def small_fleet() -> Fleet:
    """43 nodes on 12 sites, seven open issues of as many kinds, a few actions."""
    fleet = Fleet()
    for number, (site, title, domain) in enumerate(SITES):
        _add_site(fleet, site, title, domain, nodes=4 if number < 7 else 3)
    _add_trouble(fleet)
    _add_actions(fleet)
    _add_story(fleet)
    return fleet


def large_fleet(nodes: int = 5000) -> Fleet:
    """`nodes` nodes, ten to a site, one in fifty in trouble with an issue of its own."""
    fleet = small_fleet()
    for number in range(len(fleet.nodes), nodes):
        site = f"site{number // 10:04}"
        name = f"node-{number % 10 + 1}.{site}.example.net"
        bad = number % 50 == 7
        issue = f"01LARGE{number:019}" if bad else ""
        key = f"toml:n{number}"
        fleet.nodes[key] = a_node(
            key,
            name,
            site,
            "offline" if bad else ("online" if number % 9 == 4 else "good"),
            issues=(issue,) if bad else (),
            why="silent for 1d 7h: nothing answers" if bad else "good for 9d: login works",
        )
        if bad:
            fleet.issues[issue] = an_issue(issue, "node_down", f"node/{key}", name, site)
        if site not in fleet.sites:
            fleet.sites[site] = _site(site, f"Site {number // 10}", up=9, nodes=10)
    return fleet


def _add_site(fleet: Fleet, site: str, title: str, domain: str, *, nodes: int) -> None:
    pcu = f"toml:{site}-pdu-1"
    family = FAMILIES[len(fleet.sites) % len(FAMILIES)]
    names = [f"planetlab-{n}.{domain}" for n in range(1, nodes + 1)]
    for number, name in enumerate(names, 1):
        key = f"toml:{site}-{number}"
        fleet.nodes[key] = a_node(
            key,
            name,
            site,
            power=f"{site}-pdu-1 outlet {number}",
            addresses=(f"127.{len(fleet.sites) + 4}.0.{number}",),
        )
    fleet.sites[site] = _site(site, title, up=nodes, nodes=nodes)
    fleet.pcus[pcu] = PcuView(
        key=pcu,
        name=f"{site}-pdu-1",
        site=site,
        family=family,
        address="" if family == "manual" else f"127.200.0.{len(fleet.sites)}:2300",
        status="good",
        since=NOW - 20 * DAY,
        finding="ok",
        detail="login, 8 outlets read",
        tested_at=NOW - 3 * HOUR,
        tested_good_at=NOW - 3 * HOUR,
        nodes=tuple(f"{n}: {name}" for n, name in enumerate(names, 1)),
        issues=(),
        why="tested good 3h ago",
    )


def _site(site: str, title: str, *, up: int, nodes: int) -> SiteView:
    return SiteView(
        key=site,
        name=title,
        status="good",
        since=NOW - 40 * DAY,
        up=up,
        needed=min(2, nodes),
        nodes=nodes,
        pcus=1,
        contacts=(f"tech@{site}.example.org",),
        issues=(),
        why=f"{up} of {nodes} nodes up, 2 needed",
    )


TROUBLE: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    (
        "princeton-1",
        "node_down",
        {
            "status": "down",
            "observed": "silent",
            "since": NOW - 3 * DAY,
            "why": "silent for 3d 4h: nothing answers on 22, 80; its site answers",
            "issue": {
                "worry": 0,
                "bad_since": NOW - 3 * DAY - 4 * HOUR,
                "rung": "tell",
                "rung_number": 4,
                "next_rung": "remind",
                "next_at": NOW + 3 * DAY + 20 * HOUR,
                "verdict": "not_rebooted",
                "why": "wait: the site was told 4h ago; remind in 3d 20h",
            },
        },
    ),
    (
        "princeton-3",
        "node_down",
        {
            "status": "offline",
            "observed": "silent",
            "since": NOW - 7 * HOUR,
            "why": "silent for 7h 2m: nothing answers on 22, 80",
            "issue": {
                "worry": 0,
                "bad_since": NOW - 7 * HOUR - 2 * MINUTE,
                "rung": "cycle",
                "rung_number": 1,
                "next_rung": "again",
                "verdict": "unknown",
                "next_at": None,
                "held_by": "acting",
                "why": "in flight: the link closed after off; outlet 3 not read since",
            },
        },
    ),
    (
        "tum-2",
        "node_down",
        {
            "status": "offline",
            "observed": "wedged",
            "since": NOW - 26 * HOUR,
            "why": "wedged for 1d 2h: port 22 accepts and says nothing",
            "issue": {
                "worry": 0,
                "bad_since": NOW - 26 * HOUR,
                "mode": "propose",
                "proposal": True,
                "next_at": None,
                "held_by": "mode",
                "why": "mode: cycle is proposed and waits for an approval until 23:40",
            },
        },
    ),
    (
        "kth-4",
        "node_login",
        {
            "status": "offline",
            "observed": "deaf",
            "since": NOW - 2 * DAY,
            "why": "deaf for 2d: an SSH server answers, login is refused",
            "issue": {
                "worry": 1,
                "bad_since": NOW - 2 * DAY,
                "rung": "tell",
                "rung_number": 1,
                "rungs": 3,
                "next_rung": "again",
                "next_at": NOW + 5 * DAY,
                "why": "wait: told 1d ago",
            },
        },
    ),
    (
        "uw-3",
        "node_debug",
        {
            "status": "failboot",
            "observed": "debug",
            "since": NOW - 9 * HOUR,
            "marks": ("flapping",),
            "why": "in debug for 9h: boot-manager log present",
            "issue": {
                "worry": 1,
                "bad_since": NOW - 9 * HOUR,
                "status": "paused",
                "paused_until": NOW + 10 * HOUR,
                "next_rung": "",
                "next_at": None,
                "why": "paused by ops until 12:14: disk is on its way",
            },
        },
    ),
)


def _add_trouble(fleet: Fleet) -> None:
    for number, (short, kind, what) in enumerate(TROUBLE, 1):
        key, id_ = f"toml:{short}", f"01ISSUE{number:019}"
        more = dict(what)
        issue = more.pop("issue")
        assert isinstance(issue, dict)
        node = a_node(key, fleet.nodes[key].name, short.split("-", maxsplit=1)[0])
        fields = {"power": fleet.nodes[key].power, "issues": (id_,), **more}
        fleet.nodes[key] = a_node(key, node.name, node.site, **fields)  # type: ignore[arg-type] # values are views' own fields
        fleet.issues[id_] = an_issue(id_, kind, f"node/{key}", node.name, node.site, **issue)
        fleet.whys[id_] = a_why(fleet.issues[id_])
    fleet.nodes["toml:usp-2"] = a_node(
        "toml:usp-2",
        fleet.nodes["toml:usp-2"].name,
        "usp",
        "disabled",
        since=NOW - 5 * DAY,
        observed="silent",
        why="disabled by its source 5d ago",
        power="",
    )
    fleet.nodes["toml:unsw-1"] = a_node(
        "toml:unsw-1",
        fleet.nodes["toml:unsw-1"].name,
        "unsw",
        "new",
        since=NOW - 20 * MINUTE,
        observed="stale",
        evidence="stale",
        why="new: not yet seen",
        seen_at=None,
        boot_id="",
        booted_at=None,
    )
    _add_pcu_and_site_trouble(fleet)


def _add_pcu_and_site_trouble(fleet: Fleet) -> None:
    for key, kind, name, site, why in (
        ("pcu/toml:ntua-pdu-1", "pcu_config", "ntua-pdu-1", "ntua", "login refused once"),
        ("site/iitb", "site_unreachable", "iitb", "iitb", "3 nodes and 2 witnesses silent"),
    ):
        id_ = f"01ISSUE{len(fleet.issues) + 1:019}"
        fleet.issues[id_] = an_issue(
            id_,
            kind,
            key,
            name,
            site,
            worry=1,
            bad_since=NOW - 3 * HOUR,
            summary=why,
            next_rung="tell",
            next_at=NOW + 21 * HOUR,
            why=f"wait: {why}; tell in 21h",
        )
        fleet.whys[id_] = a_why(fleet.issues[id_])


def _add_actions(fleet: Fleet) -> None:
    for number, (issue, kind, state, stage, verdict, detail) in enumerate(
        (
            (2, "power-cycle", "unknown", "off sent", "", "switching outlet 3 off: link closed"),
            (1, "power-cycle", "confirmed", "read on", "not_rebooted", "outlet 1 never read off"),
            (4, "notify", "confirmed", "", "", "down tech: accepted by the relay"),
            (5, "power-cycle", "sent", "dark", "", "outlet 3 off, dark for 4 s"),
        ),
        1,
    ):
        of = fleet.issues[f"01ISSUE{issue:019}"]
        id_ = f"01INTENT{number:018}"
        planned = NOW - number * 22 * MINUTE
        fleet.intents[id_] = IntentView(
            id=id_,
            kind=kind,
            target=of.subject,
            name=of.name,
            site=of.site,
            issue=of.id,
            rung="cycle",
            state=state,
            stage=stage,
            outcome="ok",
            verdict=verdict,
            actor="engine",
            reason=of.summary,
            detail=detail,
            path=f"{of.site}-pdu-1 outlet 3",
            planned_at=planned,
            state_at=planned + MINUTE,
            sent_at=planned + MINUTE,
            commands=(
                f"{planned:%H:%M:%S} read outlet 3: ok, reads on",
                f"{planned + MINUTE:%H:%M:%S} off outlet 3: {detail}",
            ),
        )


def _add_story(fleet: Fleet) -> None:
    for issue in fleet.issues.values():
        fleet.events.append(
            EventView(
                seq=len(fleet.events) + 1,
                at=issue.bad_since,
                kind="StatusChanged",
                subject=issue.subject,
                name=issue.name,
                text=issue.summary,
                keys=(issue.subject,),
            )
        )
    fleet.events.sort(key=lambda event: event.at)
    fleet.events = [
        EventView(n, e.at, e.kind, e.subject, e.name, e.text, e.keys)
        for n, e in enumerate(fleet.events, 1)
    ]


def a_why(issue: IssueView) -> WhyView:
    """Why this issue stands where it stands, with a gate of each answer."""
    return WhyView(
        subject=issue.subject,
        name=issue.name,
        sentence=issue.why,
        facts=(
            "tcp 22: filtered, 40 s ago, three times in a row",
            "witness gw.example.org: answered 2m ago",
        ),
        thresholds=("node_down after 24h of silence: reached 7h ago",),
        issue=issue,
        rung=issue.next_rung,
        gates=tuple(_gates(issue)),
        unblock=("approve it, or wait for 23:40", "budget: free again at 03:02"),
        next=issue.why,
        history=("01:52 cycle: off sent, link closed", "01:51 claimed by engine"),
    )


def _gates(issue: IssueView) -> Iterator[GateView]:
    at = NOW - 2 * MINUTE
    yield GateView("evidence", "pass", "silent, 3 readings", "fresh for another 8m", at)
    yield GateView("mode", "hold" if issue.proposal else "pass", f"mode is {issue.mode}", "", at)
    yield GateView("canaries", "pass", "5 of 5 canaries answer", "blind under 3", at)
    yield GateView("fleet guard", "pass", "3 nodes turned bad within 30 min", "3 of 5", at)
    yield GateView("budget", "hold", "power 2 of 2 this hour", "1 over", at, NOW + 48 * MINUTE)
    yield GateView("power path", "pass", "princeton-pdu-1 outlet 3, proven 9d ago", "", at)
    yield GateView("pcu", "pass", "tested good 3h ago", "7h allowed", at)
    yield GateView("exempt", "pass", "not exempt", "", at)
