"""What holds whatever happens: random stories, told to the clerk, checked after every move."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Pass
from plcmon.model.events import (
    Event,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    InventoryRead,
    IssueChanged,
    MailDelivered,
    MailFixed,
    PcuTested,
    Refused,
    Started,
    StatusChanged,
)
from plcmon.model.intents import (
    POWER,
    Command,
    Intent,
    IntentState,
    Mail,
    MailState,
    Outcome,
)
from plcmon.model.issues import Issue, IssueStatus
from plcmon.model.ledger import Spend
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import outbox_key
from plcmon.model.subjects import (
    BootState,
    NodeKey,
    SiteKey,
    SubjectKind,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from plcmon.policy.clockwork import next_change
from plcmon.policy.draft import Draft
from plcmon.policy.gates import old_unknown
from plcmon.policy.ledger import Line, lines
from plcmon.policy.purpose import ON_PURPOSE
from plcmon.policy.review import ails
from plcmon.policy.want import want
from plcmon.policy.windows import in_maintenance
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, START, Clerk, make_inventory, node

Move = tuple[str, int, int]
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),  # explaining traces every line
    suppress_health_check=[HealthCheck.too_slow],
)
STATES = (Observed.SILENT, Observed.WEDGED, Observed.DEAF, Observed.DEBUG, Observed.BOOT)
WAITS = (MINUTE, 12 * MINUTE, 2 * HOUR, 13 * HOUR, 26 * HOUR, 4 * DAY)
FINDINGS = (Finding.OK, Finding.TIMEOUT, Finding.LOGIN_REFUSED, Finding.BUSY)


class Storyteller:
    """Turns moves into what the rooms above would tell the clerk."""

    def __init__(self) -> None:
        self.clerk = Clerk(inventory=make_inventory(sites=2, nodes=2)).begin()

    def play(self, moves: list[Move], check: Callable[[Clerk], None] | None = None) -> Clerk:
        for name, first, second in moves:
            getattr(self, name)(first, second)
            if check is not None:
                check(self.clerk)
        return self.clerk

    def key(self, number: int) -> NodeKey:
        return node(number % 2, number // 2 % 2)

    def observe(self, first: int, second: int) -> None:
        state = STATES[second % len(STATES)]
        self.clerk.observe(
            self.key(first), state, boot_id=f"boot-{second}", booted_at=self.clerk.now
        )

    def lose_sight(self, first: int, second: int) -> None:
        evidence = (Evidence.STALE, Evidence.SUSPECT, Evidence.UNREACHABLE)[second % 3]
        self.clerk.observe(self.key(first), Observed.SILENT, evidence=evidence)

    def wait(self, first: int, _second: int) -> None:
        self.clerk.forward(WAITS[first % len(WAITS)])

    def staff(self, _first: int, _second: int) -> None:
        self.clerk.refresh()

    def canaries(self, first: int, _second: int) -> None:
        self.clerk.canaries(3 * (first % 2), 3)

    def witnesses(self, first: int, second: int) -> None:
        self.clerk.witnesses(SiteKey(f"s{first % 2}"), answered=bool(second % 2))

    def pcu(self, first: int, second: int) -> None:
        finding = FINDINGS[second % len(FINDINGS)]
        self.clerk.tell(pcu_subject(f"toml:p{first % 2}"), PcuTested(finding, finding.value))

    def power(self, _first: int, second: int) -> None:
        for intent in self.clerk.intents(IntentState.PLANNED):
            if intent.kind in POWER:
                self.run(intent, second % 6)

    def run(self, intent: Intent, how: int) -> None:
        """Carry a planned intent out: well, in vain, or only up to some step."""
        clerk = self.clerk
        if how < 2:
            clerk.carry_out(intent, off_seen=how == 0)
            return
        clerk.tell(intent.target, IntentClaimed(1), intent=intent.id)
        if how == 2:
            ended = IntentEnded("cancelled", None, "look again: it shows deaf")
            clerk.tell(intent.target, ended, intent=intent.id)
            return
        assert intent.path is not None
        verb = "request" if how == 3 else "off"
        command = Command(intent.id, 1, verb, intent.path.outlets[0], clerk.now)
        clerk.tell(intent.target, IntentSent(command), intent=intent.id)
        state, outcome = {
            3: ("sent", Outcome.NEEDS_HUMAN),
            4: ("unknown", Outcome.UNKNOWN_AFTER_SEND),
            5: ("failed", Outcome.REFUSED),
        }[how]
        clerk.tell(intent.target, IntentEnded(state, outcome, "so it ended"), intent=intent.id)

    def read(self, _first: int, _second: int) -> None:
        for intent in self.clerk.intents(IntentState.UNKNOWN):
            lit = intent.path.outlets if intent.path else ()
            ended = IntentEnded("confirmed", Outcome.OK, "it reads on", off_seen=True, lit=lit)
            self.clerk.tell(intent.target, ended, intent=intent.id)

    def mail(self, _first: int, second: int) -> None:
        clerk = self.clerk
        for row in list(clerk.state.outbox.values()):
            planned = row.intent is None or (
                clerk.state.intents[row.intent].state is IntentState.PLANNED
            )
            if row.mail or not planned:
                continue
            name = f"<{len(clerk.state.mails)}@plcmon>"
            mail = Mail(name, row.recipient, row.site, "subject", "body", "", clerk.now)
            clerk.tell(fleet_subject(), MailFixed(mail, (outbox_key(row),)))
            word = MailState.ACCEPTED if second % 3 else MailState.REFUSED
            clerk.tell(fleet_subject(), MailDelivered(name, word, "250 or not"))

    def restart(self, first: int, _second: int) -> None:
        self.clerk.now += WAITS[first % len(WAITS)]
        self.clerk.tell(fleet_subject(), Started("test", "", adopted=True))

    def inventory(self, first: int, second: int) -> None:
        clerk = self.clerk
        nodes = dict(clerk.inventory.nodes)
        changed = nodes[self.key(first)]
        if second % 4 == 0:
            nodes.pop(changed.key)
        elif second % 4 == 1:
            nodes[changed.key] = replace(changed, paths=())
        elif second % 4 == 2:
            nodes[changed.key] = replace(changed, boot_state=BootState.DISABLED)
        inventory = replace(clerk.inventory, nodes=nodes)
        clerk.tell(fleet_subject(), InventoryRead(inventory, f"digest-{first}-{second}"))

    def ask_power(self, first: int, second: int) -> None:
        verb = ("power-cycle", "power-on", "power-off")[second % 3]
        until = (self.clerk.now + HOUR).isoformat()
        self.clerk.say(node_subject(self.key(first)), verb, until=until)

    def stop(self, first: int, second: int) -> None:
        """A person stops or frees something."""
        clerk, until = self.clerk, (self.clerk.now + 2 * HOUR).isoformat()
        site = ("all", "site/s0", "pcu/toml:p1", "kind/power")[first % 4]
        subject = node_subject(self.key(first))
        if second % 4 == 0:
            clerk.say(fleet_subject(), "freeze", scope=site)
        elif second % 4 == 1:
            clerk.say(fleet_subject(), "unfreeze", scope=site)
        elif second % 4 == 2:
            clerk.say(subject, "maintenance", until=until)
        else:
            clerk.say(subject, "maintenance-end")

    def speak(self, first: int, second: int) -> None:
        """A person says something about an issue."""
        clerk = self.clerk
        issues = sorted(issue.id for issue in clerk.state.all_open())
        if not issues:
            return
        issue = issues[first % len(issues)]
        verb = ("approve", "reject", "pause", "resume", "close")[second % 5]
        until = (clerk.now + 5 * HOUR).isoformat()
        clerk.say(clerk.state.issues[issue].subject, verb, issue=issue, until=until)

    def answer(self, _first: int, second: int) -> None:
        """A person says how an unknown ended, or that a request is done."""
        outcome = ("fixed", "rebooted_sick", "not_rebooted")[second % 3]
        for intent in self.clerk.intents(IntentState.UNKNOWN):
            self.clerk.say(intent.target, "settle", intent=intent.id, outcome=outcome)
        for intent in self.clerk.intents(IntentState.SENT):
            self.clerk.say(intent.target, "confirm", intent=intent.id)


HELPERS = ("play", "key", "run")
NAMES = sorted(n for n in vars(Storyteller) if n not in HELPERS and not n.startswith("_"))
OFTEN = ["observe", "wait", "staff", "power"]


def moves_of(names: list[str]) -> st.SearchStrategy[list[Move]]:
    move = st.tuples(st.sampled_from(names), st.integers(0, 11), st.integers(0, 11))
    return st.lists(move, min_size=4, max_size=25)


MOVES = moves_of(NAMES + 3 * OFTEN)


def check_all(clerk: Clerk) -> None:
    one_power_action_at_a_time(clerk)
    budgets_are_kept(clerk)
    nothing_ready_is_left_lying(clerk)
    what_was_not_looked_at_would_say_the_same(clerk)
    clocks_run_while_it_is_bad(clerk)
    one_open_issue_each(clerk)
    time_lies_ahead(clerk)
    each_row_is_in_one_mail(clerk)


def one_power_action_at_a_time(clerk: Clerk) -> None:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    flying = [i for i in clerk.state.intents.values() if i.kind in POWER and i.in_flight]
    alone = [i for i in flying if not i.asks_a_person]
    nodes = Counter(intent.target for intent in flying)
    pcus = Counter(o.pcu for i in alone for o in (i.path.outlets if i.path else ()))
    sites = Counter(intent.site for intent in alone if not old_unknown(view, intent))
    assert all(count == 1 for counts in (nodes, pcus, sites) for count in counts.values()), flying


def budgets_are_kept(clerk: Clerk) -> None:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    sent = [i.sent_at for i in clerk.state.intents.values() if i.kind in POWER and not i.forced]
    times = sorted(at for at in sent if at is not None)
    asked = {i.id for i in clerk.state.intents.values() if i.kind.value == "power-on"}
    for line in lines(view, Spend.POWER):
        for end in times:
            inside = [at for at in times if end - line.window < at <= end]
            assert len(inside) - len(asked) <= max(line.most, highest(clerk, line))


def highest(clerk: Clerk, line: Line) -> int:
    """How high the hour's line stood before bad actions halved it."""
    if line.window != clerk.policy.budgets.window:
        return 0
    changes = [e.body for e in clerk.events if isinstance(e.body, StatusChanged)]
    held = [int(body.old) for body in changes if body.what == "power budget"]
    return max(held, default=0)


def nothing_ready_is_left_lying(clerk: Clerk) -> None:
    """Every open issue waits for a named gate or has nothing left on its ladder."""
    for issue in clerk.state.all_open():
        wanted = clerk.wants.by_issue[issue.id]
        assert not wanted.rung or wanted.answer is not Pass.PASS, wanted


def what_was_not_looked_at_would_say_the_same(clerk: Clerk) -> None:
    """Asking every gate of every issue anew changes no answer. What waits is due when it ends."""
    view = Draft(clerk.state, clerk.policy, clerk.now)
    for issue in clerk.state.all_open():
        kept, full = clerk.wants.by_issue[issue.id], want(view, issue)
        if issue.id not in clerk.wants.waiting:
            assert (kept.rung, kept.answer) == (full.rung, full.answer)


def clocks_run_while_it_is_bad(clerk: Clerk) -> None:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    for issue in clerk.state.all_open():
        if ails(view, issue) and not stands_still(clerk, view, issue):
            assert issue.climb.waited.running_since is not None, issue
            assert issue.bad.running_since is not None, issue


def stands_still(clerk: Clerk, view: Draft, issue: Issue) -> bool:
    if issue.status is IssueStatus.PAUSED or in_maintenance(view, issue.subject):
        return True
    if issue.subject.kind is SubjectKind.NODE:
        return clerk.state.inventory.nodes[NodeKey(issue.subject.key)].boot_state in ON_PURPOSE
    # What only a round of the staff looks at.
    return issue.subject.kind in (SubjectKind.FLEET, SubjectKind.PCU)


def one_open_issue_each(clerk: Clerk) -> None:
    openings = Counter((i.type, i.subject) for i in clerk.state.issues.values() if i.is_open)
    assert all(count == 1 for count in openings.values())


def time_lies_ahead(clerk: Clerk) -> None:
    for subject in clerk.subjects():
        at = next_change(clerk.state, clerk.policy, subject, clerk.now)
        assert at is None or at > clerk.now


def each_row_is_in_one_mail(clerk: Clerk) -> None:
    bound = [e.body for e in clerk.events if isinstance(e.body, MailFixed)]
    rows = Counter(row for body in bound for row in body.rows)
    assert all(count == 1 for count in rows.values())


@QUICK
@given(MOVES)
def test_what_must_never_happen_never_does(moves: list[Move]) -> None:
    Storyteller().play(moves, check_all)


class WideStory(Storyteller):
    """Several sites whose nodes fall together, and guards that leave them to the budgets."""

    def __init__(self) -> None:
        most = 100
        guard = replace(POLICY.guard, more_than=most, storm_more_than=most, cause_more_than=most)
        policy = replace(POLICY, guard=guard)
        self.clerk = Clerk(policy=policy, inventory=make_inventory(sites=4, nodes=2)).begin()

    def key(self, number: int) -> NodeKey:
        return node(number % 4, number // 4 % 2)

    def fall(self, first: int, second: int) -> None:
        for number in range(first, first + 6):
            self.clerk.observe(self.key(number), STATES[second % 2])

    def live_on(self, first: int, _second: int) -> None:
        """As long as a ladder waits; then the staff has looked again."""
        self.clerk.forward(WAITS[3 + first % 3])
        self.clerk.refresh()


@settings(QUICK, max_examples=15)
@given(moves_of([*NAMES, *3 * OFTEN, *4 * ["fall", "live_on"]]))
def test_what_is_not_asked_again_would_answer_as_before(moves: list[Move]) -> None:
    WideStory().play(moves, what_was_not_looked_at_would_say_the_same)


@QUICK
@given(MOVES)
def test_the_same_events_give_the_same_state_ids_included(moves: list[Move]) -> None:
    one, other = Storyteller().play(moves), Storyteller().play(moves)

    assert one.state == other.state
    assert one.events == other.events


@QUICK
@given(MOVES)
def test_a_declined_verb_leaves_nothing_behind(moves: list[Move]) -> None:
    clerk = Storyteller().play(moves)
    before = clerk.state.issues, clerk.state.intents, clerk.state.windows, clerk.state.freezes
    kept = [dict(rows) for rows in before]

    told = clerk.say(fleet_subject(), "settle", intent="nothing", outcome="fixed")

    assert any(isinstance(event.body, Refused) for event in told)
    assert [dict(rows) for rows in before] == kept


# Blind time


def rungs(clerk: Clerk) -> list[tuple[str, datetime]]:
    taken = [event for event in clerk.events if is_rung(event)]
    return [(event.body.rung, event.at) for event in taken if isinstance(event.body, IssueChanged)]


def is_rung(event: Event) -> bool:
    """A rung of the node's issue: blindness itself is alerted of, and rightly."""
    of_node = event.subject.kind is SubjectKind.NODE
    return of_node and isinstance(event.body, IssueChanged) and event.body.change == "rung"


def story_of_one(gaps: list[tuple[int, int]], *, stopped: bool) -> Clerk:
    """A node is silent for long, with a short boot in between; gaps are blindness, or a stop."""
    inventory = make_inventory(sites=1, nodes=1, paths=False)
    clerk = Clerk(inventory=inventory).begin()
    key, step, gone = node(0, 0), 0, dict(gaps)
    for state, steps in ((Observed.SILENT, 20), (Observed.BOOT, 1), (Observed.SILENT, 60)):
        clerk.observe(key, state)
        for _ in range(steps):
            clerk.forward(2 * HOUR if state is Observed.SILENT else 8 * MINUTE)
            clerk.refresh()
            step += 1
            if step in gone:
                lose(clerk, gone[step] * HOUR, stopped=stopped)
                clerk.observe(key, state)
    return clerk


def lose(clerk: Clerk, gap: timedelta, *, stopped: bool) -> None:
    if stopped:
        clerk.canaries(3, 3)  # the last sign that the engine ran
        clerk.now += gap
        clerk.tell(fleet_subject(), Started("test", "", adopted=True))
        clerk.canaries(3, 3)
        return
    clerk.canaries(0, 3)
    clerk.forward(gap)
    for _ in range(3):
        clerk.canaries(3, 3)


@settings(QUICK, max_examples=8)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40)), max_size=4), st.booleans())
def test_time_without_sight_never_brings_a_rung_forward(
    gaps: list[tuple[int, int]], stopped: bool
) -> None:
    plain, gappy = (
        rungs(story_of_one([], stopped=False)),
        rungs(story_of_one(gaps, stopped=stopped)),
    )

    assert [name for name, _ in gappy] == [name for name, _ in plain][: len(gappy)]
    for (_, early), (_, late) in zip(plain, gappy, strict=False):
        assert late >= early
    assert plain[0][1] > START
