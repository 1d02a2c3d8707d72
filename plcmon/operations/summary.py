"""The header of every screen: what needs me, how fresh it is, may it act."""

from collections import Counter
from datetime import datetime

import plcmon
from plcmon.model.beliefs import FleetBelief, NodeBelief
from plcmon.model.decisions import Pass
from plcmon.model.events import Actor
from plcmon.model.issues import IssueStatus
from plcmon.model.ports import Overload
from plcmon.operations.crowd import closed_guards
from plcmon.operations.issue_rows import blocking, waits_for_word
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import clock, count
from plcmon.operations.views import Summary
from plcmon.policy.draft import Draft
from plcmon.policy.ledger import power_line, power_spent
from plcmon.policy.many import completeness
from plcmon.policy.trust import tripped
from plcmon.times import format_duration

CALM = Overload()


KINDS = {
    "ping": "ping",
    "tcp": "port check",
    "ssh": "login",
    "http": "page",
    "dns": "name",
    "witnesses": "round of witnesses",
}  # question -> what is put off


def summary_view(moment: Moment, actor: Actor, overload: Overload = CALM) -> Summary:
    state, fleet = moment.state, moment.state.fleet
    nodes, evidence = census(moment)
    issues = [issue for issue in state.all_open() if issue.is_open]
    return Summary(
        at=moment.now,
        seq=state.seq,
        service=plcmon.__version__,
        nodes=nodes,
        evidence=evidence,
        sites=len(moment.inventory.sites),
        pcus=len(moment.inventory.pcus),
        issues=dict(Counter(issue.type.value for issue in issues)),
        mode=moment.policy.mode.value,
        frozen=tuple(sorted(state.freezes)),
        blind=fleet.blind,
        adopted=fleet.adopted,
        guard=guard_text(moment, fleet),
        guard_closed=fleet.guard_closed,
        closed=closed_guards(moment),
        budget=power_budget(moment),
        approvals=sum(waits_for_word(issue) for issue in issues)
        + sum(intent.waits_for_second for intent in state.intents.values()),
        held=sum(
            issue.status is IssueStatus.OPEN
            and issue.id not in moment.working
            and not waits_for_word(issue)
            and blocking(moment.wants.get(issue.id)) is not None
            for issue in issues
        ),
        in_flight=sum(intent.in_flight for intent in state.intents.values()),
        windows=len(moment.windows),
        stopped=tuple(tripped(Draft(state, moment.policy, moment.now))),
        scan_at=fleet.scan_complete_at,
        scan_late=fleet.late_since is not None or is_late(moment),
        scan_every_s=moment.policy.intervals.tcp.total_seconds(),
        inventory_at=fleet.inventory_at or moment.inventory.read_at,
        started_at=fleet.started_at or moment.now,
        scale=moment.policy.scale,
        overload=overload_text(overload, moment.now),
        role=actor.role,
        caller=actor.name,
    )


def overload_text(overload: Overload, now: datetime) -> str:
    """`since 02:10: 812 logins put off, by up to 9m; 40 turns left out`; empty where none is."""
    if overload.since is None:
        return ""
    kinds = [count(number, KINDS[name]) for name, number in overload.put_off.items()]
    put_off = (
        f"{', '.join(kinds) or 'nothing'} put off, by up to {format_duration(overload.longest)}"
    )
    left_out = f"; {count(overload.left_out, 'turn')} left out" if overload.left_out else ""
    return f"since {clock(overload.since, now)}: {put_off}{left_out}"


def is_late(moment: Moment) -> bool:
    """The last complete scan is too old to act on."""
    view = Draft(moment.state, moment.policy, moment.now)
    scanned = moment.state.fleet.scan_complete_at is not None
    return scanned and completeness(view).answer is not Pass.PASS


def census(moment: Moment) -> tuple[dict[str, int], dict[str, int]]:
    """Nodes by status and by evidence word; each adds up to the nodes of the inventory."""
    statuses, evidence = Counter[str](), Counter[str]()
    for key in moment.inventory.nodes:
        belief = moment.state.nodes.get(key) or NodeBelief(key)
        statuses[belief.status.value] += 1
        evidence[belief.evidence.value] += 1
    return dict(statuses), dict(evidence)


def guard_text(moment: Moment, fleet: FleetBelief) -> str:
    since = moment.now - moment.policy.guard.window
    turned = sum(at > since for _, at in fleet.turned_bad)
    level = f"{turned} of {fleet.guard_line}"
    if fleet.guard_closed and fleet.guard_since is not None:
        return f"closed since {clock(fleet.guard_since, moment.now)}, {level}"
    return f"{'closed' if fleet.guard_closed else 'open'}, {level}"


def power_budget(moment: Moment) -> str:
    """`power 1 of 2 in 1h`, counted as the budget's gate counts it."""
    view = Draft(moment.state, moment.policy, moment.now)
    spent, _ = power_spent(view)
    window = format_duration(moment.policy.budgets.window)
    return f"power {spent} of {power_line(view).line} in {window}"
