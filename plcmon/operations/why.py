"""Why a subject or an issue is as it is, every gate, and what would change it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from plcmon.model.beliefs import NodeBelief, PcuBelief, SiteBelief
from plcmon.model.decisions import Gate, GateName, Mode, Pass, Want
from plcmon.model.issues import Issue, IssueStatus
from plcmon.model.readings import Evidence, Probe
from plcmon.model.subjects import NodeKey, PcuKey, SiteKey, Subject, SubjectKind, outlets_by_name
from plcmon.operations.crowd import crowd_facts
from plcmon.operations.facts import facts_of, opening_soon, thresholds_of
from plcmon.operations.issue_rows import (
    blocking,
    issue_sentence,
    issue_view,
    waits_for_word,
    working_clause,
    worry,
)
from plcmon.operations.lately import lately
from plcmon.operations.moment import Moment
from plcmon.operations.penalty import penalty_gates_of, penalty_rung
from plcmon.operations.phrases import clock, count, every, within
from plcmon.operations.rows import node_sentence, pcu_sentence, site_sentence
from plcmon.operations.views import GateView, WhyView
from plcmon.policy.intervals import interval_of

UNBLOCK: Mapping[GateName, str] = {
    GateName.INSTALLED: "Nothing here can do it yet; the rung is passed over.",
    GateName.LADDER: "A person acts, or closes it: what opens later climbs today's ladder.",
    GateName.ADOPTED: "An admin makes sure that no other plcmon acts here, then says `db adopt`.",
    GateName.CLAIM: "Some open issue of the site must claim a penalty.",
    GateName.EVIDENCE: "Fresh readings: the next probes bring them, `scan` brings them now.",
    GateName.CONDITION: "The rung's condition must come true; what it looks at is named above.",
    GateName.WAIT: "Only time: the bad time that the ladder asks for.",
    GateName.ISSUE: "`resume` lets a paused issue climb again; a node that is"
    " meant to be off must be meant to boot.",
    GateName.INHERITED: "Its turn must come; `plcmon why` says when that is about.",
    GateName.MODE: "`approve` lets a proposed rung run; monitor.toml sets the mode.",
    GateName.CANARIES: "Our own canaries must answer, several rounds in a row.",
    GateName.FLEET_GUARD: "The rate of nodes turning bad must stay under half of the line, with a"
    " complete scan after that.",
    GateName.ELSEWHERE: "The source must see it down, or say nothing of it for two of its"
    " intervals.",
    GateName.COMMON_CAUSE: "Few of its label may open for a while, with a complete scan after"
    " that; then what is left goes on in waves.",
    GateName.STORM: "Its wave must come: half of the wave before it must be back.",
    GateName.SITE_GUARD: "The site's pathfinder must be proven first; after three that were not,"
    " `re-arm` of the site.",
    GateName.WARNED: "The relay must take a notice to the site, and a day must pass after that.",
    GateName.MIN_UP: "Nothing has to: enough nodes of the site are up, so it is not punished.",
    GateName.NEW_SITE: "Only time: a new site is not punished.",
    GateName.REACH: "Something of the site must answer again.",
    GateName.NODE_LIMIT: "Its last cycles must grow older; a person may override with --force.",
    GateName.IN_FLIGHT: "The action that runs must end; an unknown one is read or settled.",
    GateName.BUDGET: "Earlier actions must leave the budget's window.",
    GateName.BREAKER: "`re-arm` of the scope, by a person who found out what went wrong.",
    GateName.POWER_PATH: "A proven power path: complete the inventory, or vouch for the mapping.",
    GateName.READ_BACK: "`approve` lets it be tried once more; nobody can see what power did.",
    GateName.PCU: "The PCU must be tested good: `pcu-test` asks it now, `re-arm` uses it again.",
    GateName.WINDOW: "The maintenance window must end: `maintenance-end` ends it now.",
    GateName.EXEMPT: "The exemption in the inventory must end.",
    GateName.FLAPPING: "It must stay in boot: its score decays, and its episodes grow old.",
    GateName.COMPLETENESS: "A complete scan: the scanner must keep up with its intervals.",
    GateName.REPLY: "The pause that a person's reply asked for must end.",
    GateName.GRACE: "One complete fresh scan and the grace after the start.",
    GateName.FREEZE: "`unfreeze` of the scope, by a person.",
    GateName.LOOK_AGAIN: "A fresh look must still show what asked for it.",
    GateName.OUTLET: "The outlet must read on; if an unknown hand switched it off, a person acts.",
}


def choose_issue(moment: Moment, subject: Subject) -> Issue | None:
    """The open issue that says most about the subject."""
    found = moment.issues_of(subject)
    return min(found, key=lambda issue: worry(issue, proposal=waits_for_word(issue)), default=None)


def why_view(
    moment: Moment, subject: Subject, issue: Issue | None, history: tuple[str, ...] = ()
) -> WhyView:
    """`issue` None: the subject's most worrying one, if it has any."""
    sentence = issue_sentence(moment, issue) if issue is not None else sentence_of(moment, subject)
    issue = issue or choose_issue(moment, subject)
    want = moment.look(issue.id) if issue is not None and issue.is_open else None
    looked = want.gates if want is not None else penalty_gates_of(moment, subject, issue)
    return WhyView(
        subject=str(subject),
        name=moment.name(subject),
        sentence=sentence,
        facts=(*facts_of(moment, subject), *crowd_facts(moment, subject, issue)),
        thresholds=thresholds_of(moment, subject, issue),
        issue=issue_view(moment, issue) if issue is not None else None,
        rung=want.rung if want is not None else penalty_rung(moment, subject, issue),
        gates=tuple(gate_view(moment, gate) for gate in looked),
        unblock=unblock_lines(looked, moment.now),
        next=next_step(moment, subject, issue, want),
        history=history,
        lately=lately(moment, subject, issue),
    )


def sentence_of(moment: Moment, subject: Subject) -> str:
    """One true sentence about any subject, healthy ones too."""
    inventory, state = moment.inventory, moment.state
    if subject.kind is SubjectKind.NODE and subject.key in inventory.nodes:
        return node_sentence(moment, inventory.nodes[NodeKey(subject.key)])
    if subject.kind is SubjectKind.PCU and subject.key in inventory.pcus:
        pcu = PcuKey(subject.key)
        return pcu_sentence(moment, inventory.pcus[pcu], state.pcus.get(pcu) or PcuBelief(pcu))
    if subject.kind is SubjectKind.SITE and subject.key in inventory.sites:
        site = SiteKey(subject.key)
        nodes = inventory.nodes_by_site.get(site, ())
        return site_sentence(
            moment, inventory.sites[site], state.sites.get(site) or SiteBelief(site), nodes
        )
    if subject.kind is SubjectKind.FLEET:
        return fleet_sentence(moment)
    return f"{subject} is no longer in the inventory"


def fleet_sentence(moment: Moment) -> str:
    """What stands over everything, or that nothing does."""
    fleet, stops = moment.state.fleet, []
    if not fleet.adopted:
        stops.append("its state is not adopted")
    if fleet.blind:
        stops.append("it is blind")
    if fleet.guard_closed:
        stops.append("the fleet guard is closed")
    if moment.state.freezes:
        scopes = sorted(moment.state.freezes)
        stops.append(f"{' and '.join(scopes)} {'is' if len(scopes) == 1 else 'are'} frozen")
    stops += [
        f"{scope} is stopped"
        for scope, breaker in sorted(fleet.breakers.items())
        if breaker.tripped_at is not None
    ]
    if moment.policy.mode is Mode.OBSERVE:
        stops.append("mode observe only watches")
    nodes = count(len(moment.inventory.nodes), "node")
    if stops:
        return f"plcmon watches {nodes} and holds back: {'; '.join(stops)}"
    return f"plcmon watches {nodes} and may act in mode {moment.policy.mode.value}"


def gate_view(moment: Moment, gate: Gate) -> GateView:
    fact = outlets_by_name(gate.fact, moment.name)
    return GateView(
        gate.name.value, gate.answer.value, fact, gate.distance, gate.at, opens_at(gate)
    )


def opens_at(gate: Gate) -> datetime | None:
    """When the gate opens by itself; a proposal is only asked once more, it opens by a word."""
    return None if gate.name is GateName.MODE else gate.clears_at


def unblock_lines(gates: Sequence[Gate], now: datetime) -> tuple[str, ...]:
    """For every gate that does not pass: its name, what opens it, and when by itself."""
    lines = []
    for gate in gates:
        if gate.answer is Pass.PASS:
            continue
        at = opens_at(gate)
        itself = f" By itself {within(at, now)}." if at else ""
        lines.append(f"{gate.name.value}: {UNBLOCK[gate.name]}{itself}")
    return tuple(lines)


def next_step(moment: Moment, subject: Subject, issue: Issue | None, want: Want | None) -> str:
    """What happens next, and when; for the idle, why nothing does."""
    if issue is not None:
        return issue_next(moment, issue, want)
    if subject.kind is SubjectKind.NODE:
        return node_next(moment, NodeKey(subject.key))
    if subject.kind is SubjectKind.PCU:
        return f"Nothing to do; it is tested {every(moment.policy.intervals.pcu_test)}."
    return "Nothing to do; it is watched."


def issue_next(moment: Moment, issue: Issue, want: Want | None) -> str:
    now = moment.now
    if issue.status is IssueStatus.CLOSED:
        return "Nothing: it is closed."
    if issue.status is IssueStatus.PAUSED:
        until = f"{clock(issue.paused_until, now)}" if issue.paused_until else "somebody resumes it"
        return f"Nothing until {until}: it is paused."
    working = moment.working.get(issue.id)
    if working is not None:
        return f"{working_clause(working, now)}."
    if waits_for_word(issue):
        return f"`approve {issue.id}` lets it run, `reject {issue.id}` passes it over."
    if want is None:
        return "It is weighed with the next evaluation."
    if not want.rung:
        return "Nothing more: its ladder has no further rung. It closes when its cause is gone."
    return want_next(want, now)


def want_next(want: Want, now: datetime) -> str:
    effects = ", ".join(str(effect) for effect in want.effects) or want.rung
    again = f" It is looked at again {within(want.next_at, now)}." if want.next_at else ""
    if want.answer is Pass.PASS:
        return f"{want.rung} ({effects}) runs as soon as its turn comes."
    gate = blocking(want)
    if gate is None:
        never = next((g for g in want.gates if g.answer is Pass.NEVER), None)
        doomed = f" As it stands it will be passed over: {never.fact}." if never else ""
        return f"{want.rung} ({effects}) when its wait is over.{doomed}{again}"
    if gate.answer is Pass.NEVER:
        return f"{want.rung} ({effects}) is passed over: {gate.fact}."
    return f"{want.rung} ({effects}) as soon as {gate.name.value} no longer holds it.{again}"


def node_next(moment: Moment, key: NodeKey) -> str:
    """For a node without an issue of its own."""
    belief = moment.state.nodes.get(key) or NodeBelief(key)
    if belief.evidence is Evidence.UNREACHABLE:
        return "Nothing is done to the node: its whole site is out of reach, which is the site's."
    if belief.evidence is Evidence.BLIND:
        return "Nothing is concluded until our own canaries answer again."
    if belief.evidence is Evidence.STALE:
        return "Nothing is concluded before a fresh reading."
    if belief.evidence is Evidence.SUSPECT:
        often = every(moment.policy.intervals.suspect)
        return f"It is probed {often} until the failure counts or is over."
    soon = opening_soon(moment, belief)
    if soon:
        return f"Unless something changes, {soon}."
    node = moment.inventory.nodes.get(key)
    pace = interval_of(node, Probe.TCP, moment.policy) if node else moment.policy.intervals.tcp
    return f"Nothing to do; it is probed {every(pace)}."
