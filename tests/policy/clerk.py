"""A clerk on paper: drives fold and decide over virtual time, without any room above the ground."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from plcmon.config.load import default_policy
from plcmon.engine.reach import issues_touched
from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Mode, Want
from plcmon.model.events import (
    Actor,
    AuditRow,
    Body,
    CanaryRound,
    Event,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    MailDelivered,
    MailFixed,
    NodeObserved,
    PcuTested,
    ScanCompleted,
    Started,
    Tick,
    Verb,
    WitnessesSeen,
)
from plcmon.model.intents import (
    ActionKind,
    Command,
    Intent,
    IntentState,
    Mail,
    MailState,
    OutboxRow,
    Outcome,
    PowerState,
    Stage,
)
from plcmon.model.issues import Issue, IssueType
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Login, Mark, Observation, Observed
from plcmon.model.state import State, outbox_key
from plcmon.model.subjects import (
    Contact,
    Endpoint,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Profile,
    Role,
    Site,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.clockwork import next_change
from plcmon.policy.fold import fold
from plcmon.policy.rounds import Wants, decide

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SHIPPED = replace(default_policy(), mode=Mode.AUTO)  # read once: it never changes
# The clerk scans when it is told to, not all the time: a scan of its own is never too old.
POLICY = replace(SHIPPED, safety=replace(SHIPPED.safety, complete_within=10_000))
OPS = Actor("ops", "operator", "socket")
ADMIN = Actor("root", "admin", "socket")
SECOND = Actor("ann", "admin", "ssh")


def make_inventory(
    *,
    sites: int = 2,
    nodes: int = 3,
    proven: bool = True,
    paths: bool = True,
    family: str = "apc",
    readable: bool = True,
) -> Inventory:
    """Sites s0.., each with one PCU and `nodes` nodes on its outlets 1.."""
    inventory = Inventory(profiles={"linux": Profile("linux")})
    made_nodes, made_sites, made_pcus = {}, {}, {}
    for number in range(sites):
        site = SiteKey(f"s{number}")
        pcu = PcuKey(f"toml:p{number}")
        tech = Contact(f"tech@{site}.example.org", frozenset({Role.TECH}))
        pi = Contact(f"pi@{site}.example.org", frozenset({Role.PI}))
        made_sites[site] = Site(
            site, site.upper(), (tech, pi), witnesses=(Endpoint("127.0.0.1", 7000 + number),)
        )
        made_pcus[pcu] = Pcu(
            pcu, site, f"pcu-{number}", "127.0.0.1", family, user="apc", readable=readable
        )
        for count in range(nodes):
            key = NodeKey(f"toml:n{number}-{count}")
            path = PowerPath((Outlet(pcu, str(count + 1)),), proven=proven)
            made_nodes[key] = Node(
                key,
                f"n{number}-{count}.example.org",
                site,
                ("127.0.0.1",),
                paths=(path,) if paths else (),
            )
    return replace(inventory, nodes=made_nodes, sites=made_sites, pcus=made_pcus)


def node(site: int, number: int) -> NodeKey:
    return NodeKey(f"toml:n{site}-{number}")


@dataclass
class Clerk:
    """The state, and the moves of the world."""

    policy: Policy = POLICY
    inventory: Inventory = field(default_factory=make_inventory)
    now: datetime = START
    state: State = field(default_factory=State)
    wants: Wants = field(default_factory=Wants)
    events: list[Event] = field(default_factory=list)
    audit: list[AuditRow] = field(default_factory=list)
    _decided_with: Policy | None = None

    def begin(self) -> "Clerk":
        """Start, read the inventory, see all well, test every PCU, and sit out the grace."""
        self.tell(fleet_subject(), Started("test", self.policy.version, adopted=True))
        self.tell(fleet_subject(), InventoryRead(self.inventory, "digest"))
        self.canaries(3, 3)
        for key in self.inventory.nodes:
            self.observe(key, Observed.BOOT, boot_id="first", booted_at=self.now - 30 * DAY)
        for site in self.inventory.sites:
            self.witnesses(site, answered=True)
        self.refresh()
        self.forward(self.policy.safety.grace + MINUTE)
        self.refresh()
        return self

    def refresh(self) -> None:
        """What the staff does all the time: canaries, a complete scan, tests of PCUs."""
        self.canaries(3, 3)
        number = len(self.inventory.nodes)
        self.tell(fleet_subject(), ScanCompleted(number, number, 1.0))
        for key in self.inventory.pcus:
            if self.state.pcus.get(key) is None or self.state.pcus[key].finding in (
                None,
                Finding.OK,
            ):
                self.tell(pcu_subject(key), PcuTested(Finding.OK, "logged in"))

    def tell(self, subject: Subject, body: Body, *, intent: str = "") -> list[Event]:
        """Fold one fact, decide, and return the events of both."""
        changes = fold(self.policy, self.state, Event(self.now, subject, body, intent=intent))
        self.state.apply(changes)
        touched = issues_touched(self.state, self.wants, changes)
        if self.policy is not self._decided_with:
            self._decided_with = self.policy
            touched |= {issue.id for issue in self.state.all_open()}
        parts = [changes, *decide(self.policy, self.state, self.wants, touched, self.now)]
        told = [event for part in parts for event in part.events]
        self.events += told
        self.audit += [row for part in parts for row in part.audit]
        return told

    def observe(
        self,
        key: NodeKey,
        state: Observed,
        *,
        boot_id: str = "",
        booted_at: datetime | None = None,
        since: datetime | None = None,
        evidence: Evidence = Evidence.FRESH,
        login: Login | None = None,
        marks: frozenset[Mark] = frozenset(),
    ) -> list[Event]:
        seen = Observation(
            state,
            self.now,
            since or self.now,
            evidence,
            marks,
            boot_id=boot_id,
            booted_at=booted_at,
            login=login,
            detail=state.value,
        )
        return self.tell(node_subject(key), NodeObserved(seen))

    def witnesses(self, site: SiteKey, *, answered: bool) -> None:
        names = [str(endpoint) for endpoint in self.inventory.sites[site].witnesses]
        self.tell(site_subject(site), WitnessesSeen(dict.fromkeys(names, answered)))

    def canaries(self, good: int, asked: int) -> None:
        self.tell(fleet_subject(), CanaryRound(good, asked))

    def say(
        self,
        subject: Subject,
        verb: str,
        *,
        reason: str = "because",
        by: Actor = OPS,
        **arguments: object,
    ) -> list[Event]:
        force = bool(arguments.pop("force", False))
        return self.tell(subject, Verb(by, verb, reason, arguments, force))

    def forward(self, delta: timedelta, *, quiet: bool = False) -> None:
        """Let time pass: every subject and want is looked at when its time comes."""
        until = self.now + delta
        while True:
            at = self.next_at(until)
            if at is None:
                break
            self.now = at
            for subject in self.subjects():
                self.tell(subject, Tick())
            issues = [issue.id for issue in self.state.all_open()]
            for part in decide(self.policy, self.state, self.wants, issues, self.now):
                self.events += part.events
                self.audit += part.audit
        self.now = until
        if not quiet:
            for subject in self.subjects():
                self.tell(subject, Tick())

    def next_at(self, until: datetime) -> datetime | None:
        times = [
            next_change(self.state, self.policy, subject, self.now) for subject in self.subjects()
        ]
        times += [want.next_at for want in self.wants.by_issue.values()]
        later = [at for at in times if at is not None and self.now < at <= until]
        return min(later, default=None)

    def subjects(self) -> Iterable[Subject]:
        yield fleet_subject()
        yield from (node_subject(key) for key in self.state.nodes)
        yield from (pcu_subject(key) for key in self.state.pcus)
        yield from (site_subject(key) for key in self.state.sites)

    def issue(self, subject: Subject, kind: IssueType) -> Issue | None:
        return self.state.open_issue(subject, kind)

    def want(self, key: NodeKey, kind: IssueType = IssueType.NODE_DOWN) -> Want:
        issue = self.issue(node_subject(key), kind)
        assert issue is not None, "no such issue is open"
        return self.wants.by_issue[issue.id]

    def intents(self, state: IntentState | None = None) -> list[Intent]:
        found = self.state.intents.values()
        return [i for i in found if state is None or i.state is state]

    def fall_silent(self, key: NodeKey, *, long: timedelta | None = None) -> None:
        """Silent since now, and on until `node_down` is open (or for `long`)."""
        self.observe(key, Observed.SILENT, since=self.now)
        self.forward(long or self.policy.thresholds.node_down_silent + MINUTE)
        self.refresh()

    def carry_out(self, intent: Intent, *, off_seen: bool = True) -> Intent:
        """What the power room tells when all goes well, up to the outlet that reads on."""
        subject = intent.target
        assert intent.path is not None
        outlets = intent.path.outlets
        off = Command(intent.id, 1, "off", outlets[0], self.now)
        self.tell(subject, IntentClaimed(1), intent=intent.id)
        self.tell(subject, IntentSent(off), intent=intent.id)
        if self.state.intents[intent.id].state is not IntentState.SENT:
            return self.state.intents[intent.id]  # the engine did not let it out
        done = replace(off, answered_at=self.now, outcome=Outcome.OK, reads=PowerState.OFF)
        self.tell(subject, IntentStage(Stage.OFF_SENT, done), intent=intent.id)
        if off_seen:
            self.tell(subject, IntentStage(Stage.DARK, dark=outlets), intent=intent.id)
            state = IntentState.CONFIRMED
        else:
            state = IntentState.FAILED
        self.now += timedelta(seconds=12)
        ended = IntentEnded(state.value, Outcome.OK, "done", off_seen=off_seen, lit=outlets)
        self.tell(subject, ended, intent=intent.id)
        return self.state.intents[intent.id]

    def send(self, intent: Intent, verb: str = "off") -> Intent:
        """Claimed, and its first command is out."""
        assert intent.path is not None
        command = Command(intent.id, 1, verb, intent.path.outlets[0], self.now)
        self.tell(intent.target, IntentClaimed(1), intent=intent.id)
        self.tell(intent.target, IntentSent(command), intent=intent.id)
        return self.state.intents[intent.id]

    def end(self, intent: Intent, state: str, outcome: Outcome | None = None) -> Intent:
        ended = IntentEnded(state, outcome, f"it ended {state}")
        self.tell(intent.target, ended, intent=intent.id)
        return self.state.intents[intent.id]

    def lose(self, intent: Intent) -> Intent:
        """The link dies after the command: nobody knows."""
        self.send(intent)
        return self.end(intent, "unknown", Outcome.UNKNOWN_AFTER_SEND)

    def ask_person(self, intent: Intent) -> Intent:
        """The PCU is a person: the request is out with them."""
        self.send(intent, "request")
        return self.end(intent, "sent", Outcome.NEEDS_HUMAN)

    def planned(self, kind: ActionKind = ActionKind.POWER_CYCLE) -> list[Intent]:
        return [i for i in self.intents(IntentState.PLANNED) if i.kind is kind]

    def post(self, word: MailState = MailState.ACCEPTED) -> list[OutboxRow]:
        """Each waiting row becomes a mail, and the relay says its word; returns the rows."""
        rows = [row for row in self.state.outbox.values() if not row.mail and self.may_go(row)]
        for row in rows:
            name = f"<{len(self.state.mails)}@plcmon>"
            mail = Mail(name, row.recipient, row.site, row.notice, "body", "", self.now)
            self.tell(fleet_subject(), MailFixed(mail, (outbox_key(row),)))
            self.tell(fleet_subject(), MailDelivered(name, word, "the relay's word"))
        return rows

    def may_go(self, row: OutboxRow) -> bool:
        intent = self.state.intents.get(row.intent) if row.intent else None
        notice = intent is not None and intent.kind is ActionKind.NOTIFY
        going = (IntentState.PLANNED, IntentState.SENT)
        return not notice or (intent is not None and intent.state in going)

    def power_by_hand(
        self, key: NodeKey, *, works: bool = True, boots: bool = True, verb: str = "power-cycle"
    ) -> Intent:
        """A person's forced action from end to end; afterwards the node is up again, or not."""
        self.say(node_subject(key), verb, force=True)
        (intent,) = [i for i in self.planned() if i.target == node_subject(key)]
        self.carry_out(intent, off_seen=works)
        if works and boots:
            self.boot(key, f"boot-{len(self.state.intents)}")
        return self.state.intents[intent.id]

    def boot(self, key: NodeKey, boot_id: str = "second") -> None:
        """The node comes up with a new boot id, just now."""
        self.now += timedelta(seconds=60)
        booted_at = self.now - timedelta(seconds=10)
        self.observe(key, Observed.BOOT, boot_id=boot_id, booted_at=booted_at)
