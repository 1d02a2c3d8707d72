"""The state takes changes over, and its indexes follow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plcmon.model import state as module
from plcmon.model.beliefs import Belief, FleetBelief, NodeBelief, PcuBelief, SiteBelief, Status
from plcmon.model.decisions import GateName, Hold
from plcmon.model.events import AlertRaised, AuditRow, Event, Freeze, NodeSeen, Tick, Window
from plcmon.model.intents import (
    ActionKind,
    Command,
    Intent,
    IntentId,
    IntentState,
    Mail,
    MailState,
    OutboxRow,
    Outcome,
)
from plcmon.model.issues import Issue, IssueId, IssueStatus, IssueType, Verdict
from plcmon.model.state import Changes, State, outbox_key, replace_or_drop
from plcmon.model.subjects import (
    Inventory,
    NodeKey,
    Outlet,
    PcuKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B = node_subject("toml:a"), node_subject("toml:b")
DOWN, LOGIN = IssueType.NODE_DOWN, IssueType.NODE_LOGIN


def issue(name: str, subject: Subject = A, kind: IssueType = DOWN) -> Issue:
    return Issue(IssueId(name), kind, subject, AT, AT)


def closed(found: Issue) -> Issue:
    return replace(found, status=IssueStatus.CLOSED, closed_at=AT + HOUR)


def intent(
    name: str,
    *,
    hours: int = 0,
    kind: ActionKind = ActionKind.POWER_CYCLE,
    state: IntentState = IntentState.PLANNED,
    target: Subject = A,
) -> Intent:
    at = AT + hours * HOUR
    return Intent(IntentId(name), kind, target, at, at + HOUR, "engine", "it is down", state=state)


def keep(state: State, *rows: Issue | Intent) -> State:
    """Each row in a commit of its own, as the engine would."""
    for row in rows:
        if isinstance(row, Issue):
            state.apply(Changes(issues={row.id: row}))
        else:
            state.apply(Changes(intents={row.id: row}))
    return state


OUTBOX = OutboxRow(IssueId("I"), "tell", "tech@example.org", 1, "down", "s", A, AT)
MAIL = Mail("<1@example.org>", "tech@example.org", "s", "down", "text", "", AT)
WINDOW = Window("w", A, AT, AT + HOUR, "ada", "work")
FREEZE = Freeze("all", "ada", AT)
HOLD = Hold(IssueId("I"), GateName.ADOPTED, AT, "not adopted")
COMMAND = Command(IntentId("N"), 1, "off", Outlet(PcuKey("p"), "1"), AT)

SOME_CHANGE = [
    Changes(events=[Event(AT, A, Tick())]),
    Changes(beliefs={(FleetBelief, "all"): FleetBelief()}),
    Changes(issues={IssueId("I"): issue("I")}),
    Changes(intents={IntentId("N"): intent("N")}),
    Changes(commands=[COMMAND]),
    Changes(outbox={outbox_key(OUTBOX): OUTBOX}),
    Changes(mails={MAIL.message_id: MAIL}),
    Changes(windows={"w": None}),
    Changes(freezes={"all": None}),
    Changes(holds={IssueId("I"): None}),
    Changes(audit=[AuditRow(AT, "ada", "node/a", "freeze", "storm")]),
    Changes(inventory=Inventory()),
    Changes(seen=[NodeSeen(NodeKey("toml:a"), AT, None)]),
]


def touched(changes: Changes) -> str:
    return next(name for name in changes.__dataclass_fields__ if getattr(changes, name))


@pytest.mark.parametrize("changes", SOME_CHANGE, ids=touched)
def test_any_row_is_a_change(changes: Changes) -> None:
    """Even one that only ends something; else it would never be committed."""
    assert changes


def test_every_kind_of_row_is_a_change() -> None:
    assert [touched(changes) for changes in SOME_CHANGE] == list(Changes.__dataclass_fields__)


def test_no_row_is_no_change() -> None:
    assert not Changes()


BELIEFS = [
    pytest.param(NodeBelief(NodeKey("k"), Status.GOOD), "nodes", id="node"),
    pytest.param(PcuBelief(PcuKey("k"), Status.GOOD), "pcus", id="pcu"),
    pytest.param(SiteBelief(SiteKey("k"), Status.GOOD), "sites", id="site"),
]


@pytest.mark.parametrize(("belief", "place"), BELIEFS)
def test_a_belief_goes_to_its_place(belief: Belief, place: str) -> None:
    state = State()

    state.apply(Changes(beliefs={(type(belief), "k"): belief}))

    assert getattr(state, place) == {"k": belief}


def test_there_is_one_belief_of_the_fleet() -> None:
    state = State()

    state.apply(Changes(beliefs={(FleetBelief, "all"): FleetBelief(blind=True)}))

    assert state.fleet.blind


def test_a_row_replaces_the_row_of_its_key() -> None:
    state = keep(State(), issue("I"), replace(issue("I"), summary="no answer"))

    assert [row.summary for row in state.issues.values()] == ["no answer"]


def test_what_is_not_in_the_change_stays() -> None:
    inventory = Inventory(sites={})
    state = State(inventory=inventory)
    state.apply(Changes(windows={"w": WINDOW}, holds={IssueId("I"): HOLD}))

    state.apply(Changes(freezes={"all": FREEZE}))

    assert state.inventory is inventory
    assert (state.windows, state.holds) == ({"w": WINDOW}, {"I": HOLD})


def test_what_ends_is_dropped() -> None:
    state = State(windows={"w": WINDOW}, freezes={"all": FREEZE}, holds={IssueId("I"): HOLD})

    state.apply(Changes(windows={"w": None}, freezes={"all": None}, holds={IssueId("I"): None}))

    assert (state.windows, state.freezes, state.holds) == ({}, {}, {})


def test_ending_what_is_not_there_is_nothing() -> None:
    rows = {"a": 1}

    replace_or_drop(rows, {"b": None})

    assert rows == {"a": 1}


def test_one_row_is_one_notice_to_one_person() -> None:
    """The key is what keeps a second mail about the same rung from going out."""
    assert outbox_key(OUTBOX) == outbox_key(replace(OUTBOX, mail="<1>", facts={"a": "b"}))
    assert outbox_key(OUTBOX) != outbox_key(replace(OUTBOX, repeat=2))


def test_commands_of_an_intent_are_kept_in_order() -> None:
    state = State()

    state.apply(Changes(commands=[COMMAND]))
    state.apply(Changes(commands=[replace(COMMAND, number=2, verb="on")]))

    assert [row.verb for row in state.commands[COMMAND.intent]] == ["off", "on"]


def test_the_answer_replaces_its_command() -> None:
    state = State()
    state.apply(Changes(commands=[COMMAND]))

    state.apply(Changes(commands=[replace(COMMAND, outcome=Outcome.OK)]))

    assert [row.outcome for row in state.commands[COMMAND.intent]] == [Outcome.OK]


def test_the_last_number_is_known_though_events_come_out_of_order() -> None:
    state = State(seq=7)

    state.apply(Changes(events=[Event(AT, A, Tick(), seq=9), Event(AT, A, Tick(), seq=8)]))

    assert state.seq == 9


def test_what_was_said_aloud_is_remembered_by_topic() -> None:
    state = State()

    state.apply(Changes(events=[Event(AT, A, AlertRaised("guard", "closed"))]))

    assert state.alerted == {"guard"}


def test_the_time_of_an_event_is_known_by_its_number() -> None:
    state = State()

    state.apply(Changes(events=[Event(AT, A, Tick(), seq=3)]))

    assert state.told_at == {3: AT}


def test_of_times_only_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that grew with every event would fill the memory."""
    monkeypatch.setattr(module, "TIMES", 3)  # the real number would only take longer
    state = State()

    for seq in range(1, 8):
        state.apply(Changes(events=[Event(AT, A, Tick(), seq=seq)]))

    assert sorted(state.told_at) == [5, 6, 7]


def test_an_open_issue_is_found_by_subject_and_type() -> None:
    state = keep(State(), issue("I"), issue("J", A, LOGIN), issue("K", B))

    assert [found.id for found in state.open_issues(A)] == ["I", "J"]
    assert state.open_issue(A, LOGIN) == issue("J", A, LOGIN)
    assert {found.id for found in state.all_open()} == {"I", "J", "K"}


def test_issues_of_the_whole_are_found_without_the_others() -> None:
    many = issue("M", fleet_subject(), IssueType.MASS_OUTAGE)
    cause = issue("C", fleet_subject("image:x"), IssueType.COMMON_CAUSE)
    state = keep(State(), issue("I"), many, cause, closed(many))

    assert [found.id for found in state.open_of_fleet()] == ["C"]


def test_a_paused_issue_is_open() -> None:
    paused = replace(issue("I"), status=IssueStatus.PAUSED)
    state = keep(State(), issue("I"), paused)

    assert state.open_issue(A, DOWN) == paused
    assert state.closed_lately(A, DOWN) == []


def test_a_subject_without_trouble_has_no_issue() -> None:
    state = keep(State(), issue("I"))

    assert state.open_issues(B) == []
    assert state.open_issue(A, LOGIN) is None
    assert state.closed_lately(B, DOWN) == []


def test_a_closed_issue_is_open_no_more_but_remembered() -> None:
    state = keep(State(), issue("I"), closed(issue("I")))

    assert state.open_issue(A, DOWN) is None
    assert list(state.all_open()) == []
    assert [found.id for found in state.closed_lately(A, DOWN)] == ["I"]


def test_closing_one_leaves_the_other_types_open() -> None:
    state = keep(State(), issue("I"), issue("J", A, LOGIN), closed(issue("I")))

    assert [found.id for found in state.open_issues(A)] == ["J"]


def test_a_late_word_on_a_closed_issue_does_not_hide_its_successor() -> None:
    state = keep(State(), issue("I"), closed(issue("I")), issue("J"), closed(issue("I")))

    assert state.open_issue(A, DOWN) == issue("J")
    assert [found.id for found in state.closed_lately(A, DOWN)] == ["I"]


def test_closed_issues_come_oldest_first() -> None:
    state = keep(State(), issue("I"), closed(issue("I")), issue("J"), closed(issue("J")))

    assert [found.id for found in state.closed_lately(A, DOWN)] == ["I", "J"]


def test_an_issue_that_goes_on_is_open_and_not_closed() -> None:
    state = keep(State(), issue("I"), closed(issue("I")), issue("I"))

    assert state.open_issue(A, DOWN) == issue("I")
    assert state.closed_lately(A, DOWN) == []


S = IntentState
LIVE = [
    pytest.param(intent("N", state=S.PLANNED), True, id="planned"),
    pytest.param(intent("N", state=S.CLAIMED), True, id="claimed"),
    pytest.param(intent("N", state=S.SENT), True, id="sent"),
    pytest.param(intent("N", state=S.UNKNOWN), True, id="unknown"),
    pytest.param(
        replace(intent("N", state=S.UNKNOWN), settled_by="ada"), False, id="unknown but settled"
    ),
    pytest.param(intent("N", state=S.CONFIRMED), True, id="a cycle without proof"),
    pytest.param(
        replace(intent("N", state=S.CONFIRMED), verdict=Verdict.FIXED), False, id="a proven cycle"
    ),
    pytest.param(
        intent("N", state=S.CONFIRMED, kind=ActionKind.NOTIFY), False, id="mail needs no proof"
    ),
    pytest.param(intent("N", state=S.FAILED), False, id="failed"),
    pytest.param(intent("N", state=S.CANCELLED), False, id="cancelled"),
]


@pytest.mark.parametrize(("row", "live"), LIVE)
def test_an_intent_is_live_until_nothing_of_it_is_open(row: Intent, live: bool) -> None:
    state = keep(State(), intent("N"), row)

    assert (row.id in state.live) is live


def test_an_intent_is_listed_once_however_often_it_moves() -> None:
    """Budgets count this list: twice in it would be two cuts of power."""
    moved = [intent("N", state=state) for state in (S.PLANNED, S.CLAIMED, S.SENT, S.CONFIRMED)]
    state = keep(State(), *moved)

    assert state.power == ["N"]
    assert state.intents_by_target == {A: ["N"]}


@pytest.mark.parametrize("kind", ActionKind)
def test_only_power_counts_as_power(kind: ActionKind) -> None:
    state = keep(State(), intent("N", kind=kind))

    assert (state.power == ["N"]) is kind.value.startswith("power-")


def test_recent_power_comes_newest_first() -> None:
    state = keep(State(), *(intent(f"N{hours}", hours=hours) for hours in range(4)))

    assert [row.id for row in state.recent_power(AT + HOUR)] == ["N3", "N2", "N1"]


def test_recent_power_shows_the_intent_as_it_is_today() -> None:
    state = keep(State(), intent("N"), intent("N", state=S.CANCELLED))

    (row,) = state.recent_power(AT)

    assert row.state is S.CANCELLED


def test_mail_is_unsent_until_the_relay_has_spoken() -> None:
    others = {
        said.value: replace(MAIL, message_id=said.value, state=said)
        for said in (MailState.ACCEPTED, MailState.REFUSED)
    }
    state = State()

    state.apply(Changes(mails={MAIL.message_id: MAIL, **others}))

    assert state.unsent_mail() == [MAIL]


def test_a_row_is_found_by_its_mail_and_by_the_intent_of_its_notice() -> None:
    row, key = replace(OUTBOX, intent=IntentId("N")), outbox_key(OUTBOX)
    state = State()

    state.apply(Changes(outbox={key: row}))
    state.apply(Changes(outbox={key: replace(row, mail=MAIL.message_id)}))

    assert state.rows_of == {"N": {key}, MAIL.message_id: {key}}


def test_last_word_about_when_a_node_was_seen_counts() -> None:
    key = NodeKey("toml:a")
    state = State()

    state.apply(Changes(seen=[NodeSeen(key, AT, None), NodeSeen(key, AT + HOUR, AT)]))

    assert state.seen == {key: NodeSeen(key, AT + HOUR, AT)}


def test_a_new_inventory_replaces_the_old_one_whole() -> None:
    inventory = Inventory(read_at=AT)
    state = State()

    state.apply(Changes(inventory=inventory))

    assert state.inventory is inventory


def test_live_power_is_power_only() -> None:
    state = keep(State(), intent("P"), intent("N", kind=ActionKind.NOTIFY))
    assert (state.live, state.live_power) == ({"P", "N"}, {"P"})

    keep(state, replace(intent("P"), state=IntentState.CANCELLED))

    assert state.live_power == set()
