"""One believable object of every kind that is stored."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from plcmon.model.beliefs import (
    FleetBelief,
    NodeBelief,
    PcuBelief,
    SiteBelief,
    Span,
    Status,
)
from plcmon.model.decisions import GateName, Hold
from plcmon.model.events import AuditRow, Event, Freeze, NodeSeen, Refused, Window
from plcmon.model.ids import make_id
from plcmon.model.intents import (
    ActionKind,
    Command,
    Intent,
    IntentId,
    IntentState,
    Mail,
    OutboxRow,
    Outcome,
    PowerState,
)
from plcmon.model.issues import Cause, Climb, Issue, IssueId, IssueStatus, IssueType
from plcmon.model.readings import Evidence, Observed, PortAnswer, Probe, Reading
from plcmon.model.state import Changes, outbox_key
from plcmon.model.subjects import (
    Contact,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Role,
    Site,
    SiteKey,
    Subject,
    Transport,
    node_subject,
    site_subject,
)
from tests.fakes.clock import NOON

HOUR = timedelta(hours=1)
NODE = NodeKey("toml:alpha-1")
PCU = PcuKey("toml:apc-1")
SITE = SiteKey("alpha")
OUTLET = Outlet(PCU, "3")
PATH = PowerPath((OUTLET,), proven=True)


def an_event(seq: int, at: datetime = NOON, subject: Subject | None = None) -> Event:
    return Event(at, subject or node_subject(NODE), Refused("approve", f"reason {seq}"), seq=seq)


def an_issue(number: int = 1, **more: Any) -> Issue:
    at = NOON - HOUR
    issue = Issue(
        IssueId(make_id(at, number)),
        IssueType.NODE_DOWN,
        node_subject(f"toml:alpha-{number}"),
        opened_at=at,
        bad_since=at - HOUR,
        summary="nothing answers",
        evidence=(3, 5),
        bad=Span(HOUR, running_since=NOON),
        climb=Climb("cycle", 10, NOON, repeats={"cycle": 1}, passed={"again": "no path"}),
    )
    return replace(issue, **more)


def a_closed_issue(number: int, closed_at: datetime) -> Issue:
    return an_issue(
        number, status=IssueStatus.CLOSED, closed_at=closed_at, cause=Cause.HEALTHY, closer="engine"
    )


def an_intent(number: int = 1, **more: Any) -> Intent:
    intent = Intent(
        IntentId(make_id(NOON, "intent", number)),
        ActionKind.POWER_CYCLE,
        node_subject(NODE),
        planned_at=NOON,
        expires_at=NOON + HOUR,
        actor="engine",
        reason="node_down: cycle",
        issue=an_issue().id,
        rung="cycle",
        path=PATH,
        evidence=(3,),
    )
    return replace(intent, **more)


def a_command(intent: Intent, number: int = 1, verb: str = "off", **more: Any) -> Command:
    return replace(Command(intent.id, number, verb, OUTLET, NOON), **more)


def an_outbox_row(issue: Issue, repeat: int = 1, **more: Any) -> OutboxRow:
    row = OutboxRow(
        issue.id,
        "tell",
        "tech@alpha.example",
        repeat,
        "down",
        "alpha",
        issue.subject,
        NOON,
        facts={"hostname": "n1.alpha.example"},
    )
    return replace(row, **more)


def a_mail(number: int = 1, **more: Any) -> Mail:
    mail = Mail(
        f"<{number}@plcmon.example>",
        "tech@alpha.example",
        "alpha",
        "n1 is down",
        "It has been silent for a day.",
        "<p>It has been silent for a day.</p>",
        NOON,
        headers={"References": "<0@plcmon.example>"},
    )
    return replace(mail, **more)


def a_window(window_id: str = "W1") -> Window:
    return Window(window_id, site_subject(SITE), NOON, NOON + HOUR, "ada", "new switch")


def a_hold(issue: Issue) -> Hold:
    return Hold(issue.id, GateName.FREEZE, NOON, "frozen by ada", "cycle", HOUR, alerted=True)


def an_audit_row(verb: str = "freeze", **more: Any) -> AuditRow:
    row = AuditRow(
        NOON,
        "ada",
        str(node_subject(NODE)),
        verb,
        "looking at it",
        evidence=(3, 5),
        ages_s=(1.5, 20.0),
        gates={"freeze": "hold: frozen by ada"},
        detail="ümläut",
    )
    return replace(row, **more)


def an_inventory() -> Inventory:
    site = Site(
        SITE, "Alpha University", (Contact("tech@alpha.example", frozenset({Role.TECH, Role.PI})),)
    )
    pcu = Pcu(PCU, SITE, "apc-1", "127.0.1.1", "apc", (Transport("telnet", 2323),))
    node = Node(
        NODE, "n1.alpha.example", SITE, ("127.0.2.1",), paths=(PATH,), labels={"image": "f27"}
    )
    return Inventory({NODE: node}, {SITE: site}, {PCU: pcu}, read_at=NOON)


def a_reading(minute: int = 0, **more: Any) -> Reading:
    at = NOON + timedelta(minutes=minute)
    reading = Reading(
        node_subject(NODE),
        Probe.TCP,
        at,
        at + timedelta(milliseconds=7),
        ports={22: PortAnswer.FILTERED, 80: PortAnswer.REFUSED},
        detail="no answer",
    )
    return replace(reading, **more)


def a_node_belief(key: NodeKey = NODE, **more: Any) -> NodeBelief:
    belief = NodeBelief(
        key,
        Status.OFFLINE,
        NOON,
        Observed.SILENT,
        NOON,
        Evidence.FRESH,
        NOON,
        spans={"silent": Span(HOUR, NOON)},
    )
    return replace(belief, **more)


def everything() -> Changes:
    """One commit with at least one row of every table."""
    issue, closed = an_issue(), a_closed_issue(2, NOON)
    intent = an_intent(state=IntentState.SENT, sent_at=NOON, dark_since=NOON)
    mail = a_mail()
    row = an_outbox_row(issue, mail=mail.message_id)
    node = a_node_belief()
    pcu = PcuBelief(PCU, Status.ONLINE, NOON, held_outlets=frozenset({"3"}), not_rebooted={"3": 1})
    site = SiteBelief(SITE, Status.GOOD, NOON, 3, 2, witnesses_answered_at={"127.0.3.1:80": NOON})
    fleet = FleetBelief(
        turned_bad=(("node/toml:alpha-1", NOON),),
        proven={str(PATH): NOON},
        known_off=frozenset({OUTLET}),
    )
    return Changes(
        events=[an_event(1), an_event(2, subject=site_subject(SITE))],
        beliefs={
            (NodeBelief, NODE): node,
            (PcuBelief, PCU): pcu,
            (SiteBelief, SITE): site,
            (FleetBelief, ""): fleet,
        },
        issues={issue.id: issue, closed.id: closed},
        intents={intent.id: intent},
        commands=[
            a_command(intent, 1, "read", outcome=Outcome.OK, reads=PowerState.ON),
            a_command(intent, 2, "off"),
        ],
        outbox={outbox_key(row): row},
        mails={mail.message_id: mail},
        windows={"W1": a_window()},
        freezes={"all": Freeze("all", "ada", NOON, "storm")},
        holds={issue.id: a_hold(issue)},
        audit=[an_audit_row(), an_audit_row("unfreeze")],
        inventory=an_inventory(),
        seen=[NodeSeen(NODE, NOON, NOON - HOUR)],
    )
