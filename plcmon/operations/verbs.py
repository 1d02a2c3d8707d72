"""Saying verbs: who may, about what, with which words; then to engine, eyes or hands."""

from collections.abc import Collection, Mapping
from typing import Any

from plcmon.errors import (
    DeclinedError,
    DeviceError,
    ForbiddenError,
    MistypedError,
    NotFoundError,
)
from plcmon.model.beliefs import Finding
from plcmon.model.events import Actor, Verb
from plcmon.model.intents import ActionKind, IntentId, PowerState
from plcmon.model.issues import IssueId
from plcmon.model.ports import Ear, Eyes, Hands
from plcmon.model.subjects import (
    Inventory,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    SiteKey,
    Subject,
    SubjectKind,
    fleet_subject,
    node_subject,
)
from plcmon.operations.answers import Deed, answer_text
from plcmon.operations.bulk import check_count, proposals_in, selects, summed_up
from plcmon.operations.desk import BREAKERS, ROLES, VERBS, VerbSpec
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import count, parse_until, plain
from plcmon.operations.resolve import (
    EVERY_KIND,
    Names,
    intent_called,
    issue_called,
    missing,
    subject_named,
)
from plcmon.operations.views import Answer
from plcmon.policy.penalties import proposed
from plcmon.policy.selections import is_selection, selected, selection_subject
from plcmon.policy.weekly import read_weekly

LONGEST = 200  # characters of an argument
EVERYTHING = "all"
POWER_KIND = "power"  # a scope beside the names of action kinds: every power action
KINDS: Mapping[str, frozenset[SubjectKind]] = {
    "node": frozenset({SubjectKind.NODE}),
    "pcu": frozenset({SubjectKind.PCU}),
    "site": frozenset({SubjectKind.SITE}),
    "subject": EVERY_KIND - {SubjectKind.FLEET},
}
ASKING = frozenset({"pcu-test", "pcu-status", "power-status"})  # harmless questions to PCUs
ANSWERS = frozenset({"approve", "reject"})  # also said to a site whose penalty is proposed
POWER = frozenset({"power-cycle", "power-on", "power-off"})
SELECTING = POWER | {"maintenance", "maintenance-end"}  # also said to a group or a label
NODES_OF = frozenset({SubjectKind.NODE, SubjectKind.SITE})
BY_SITE = frozenset({"scan", "hostkey-accept"})  # verbs that take a node, or all of a site
SCOPE_KINDS = frozenset({SubjectKind.NODE, SubjectKind.SITE, SubjectKind.PCU})
SCOPES = "A scope is `all`, the name of a site, PCU or node, family/NAME or kind/NAME"
ACTION_KINDS = tuple(kind.value for kind in ActionKind)


class Speaker:
    """One caller's voice."""

    def __init__(self, ear: Ear, eyes: Eyes, hands: Hands, actor: Actor) -> None:
        self._ear = ear
        self._eyes = eyes
        self._hands = hands
        self._actor = actor

    async def do(
        self,
        moment: Moment,
        names: Names,
        verb: str,
        text: str,
        *,
        reason: str,
        arguments: Mapping[str, Any],
        force: bool,
    ) -> Answer:
        """Check the verb, find what it is about, and say it."""
        spec = known(verb)
        allow(self._actor, spec)
        reason = plain(reason)
        if spec.name == "freeze" and not text.strip():
            text = EVERYTHING  # the one verb for which too much is the safe mistake
        check_words(spec, text, reason)
        words = clean_arguments(spec, arguments, moment)
        if spec.name in ANSWERS and selects(text):
            return await self._answer_all(moment, spec, text, reason, words)
        subject, found = find(moment, names, spec, text)
        if spec.name in ANSWERS:
            found |= rung_seen(moment, spec, found)
        typed = words.pop("count", "")
        if subject.kind is SubjectKind.FLEET and spec.name in SELECTING:
            number = len(selected(moment.inventory, subject.key))
            check_count(moment, subject.key, spec.name, number, typed)
        deed = Deed.of(moment, subject, {**words, **found})
        said = await self._ear.say(
            subject, Verb(self._actor, spec.name, reason, {**words, **found}, force)
        )
        if not said.ok:
            raise DeclinedError(moment.name(subject), spec.name, said.text)
        if spec.name == "scan":
            return await self._scan(moment, subject)
        if spec.name == "hostkey-accept":
            await self._scan(moment, subject)
        if spec.name in ASKING:
            return await self._ask(moment.inventory, spec, subject)
        issue, intent = found.get("issue", ""), found.get("intent", "")
        text = answer_text(spec.name, deed, said.text)
        text += second_word(moment, said.intent)
        return Answer(
            True, text, str(subject), said.issue or issue, said.intent or intent, said.seq
        )

    async def _answer_all(
        self, moment: Moment, spec: VerbSpec, text: str, reason: str, words: dict[str, str]
    ) -> Answer:
        """One word for all that waits in a selection; each is said, and journalled, alone."""
        deeds = proposals_in(moment, text)
        check_count(moment, text, spec.name, len(deeds), words.pop("count", ""))
        answers = []
        for subject, found in deeds:
            meant = {**words, **found, **rung_seen(moment, spec, found)}
            verb = Verb(self._actor, spec.name, reason, meant)
            said = await self._ear.say(subject, verb)
            answers.append((moment.name(subject), said.ok, said.text))
        return summed_up(spec.name, text, answers)

    async def _scan(self, moment: Moment, subject: Subject) -> Answer:
        """Make a node's probes due, or those of every node of a site."""
        nodes = [subject]
        if subject.kind is SubjectKind.SITE:
            of_site = moment.inventory.nodes_by_site
            nodes = [
                node_subject(n.key) for s, ns in of_site.items() if s == subject.key for n in ns
            ]
        if not nodes:
            raise DeclinedError(moment.name(subject), "scan", "it has no nodes to probe")
        for node in nodes:
            await self._eyes.scan(node)
        what = moment.name(subject)
        text = (
            f"{what} is probed next"
            if nodes == [subject]
            else (f"{count(len(nodes), 'node')} of {what} are probed next")
        )
        return Answer(True, text, str(subject))

    async def _ask(self, inventory: Inventory, spec: VerbSpec, subject: Subject) -> Answer:
        """Ask PCUs something harmless."""
        if spec.name == "pcu-test":
            return await self._test(inventory.pcus[PcuKey(subject.key)])
        if spec.name == "pcu-status":
            outlets = pcu_outlets(inventory, PcuKey(subject.key))
        else:
            paths = inventory.nodes[NodeKey(subject.key)].paths
            outlets = list(dict.fromkeys(o for path in paths for o in path.outlets))
        if not outlets:
            name = inventory.name_of(subject)
            raise DeclinedError(name, spec.name, "the inventory knows no outlet to read")
        return await self._read(inventory, subject, outlets)

    async def _test(self, pcu: Pcu) -> Answer:
        tested = await self._hands.test(pcu, asked_by=self._actor.name)
        text = f"{pcu.name}: {tested.finding.value} after {tested.took_s:.1f} s"
        ok = tested.finding is Finding.OK
        lines = (tested.detail,) if tested.detail else ()
        return Answer(ok, text, f"pcu/{pcu.key}", lines=lines)

    async def _read(self, inventory: Inventory, subject: Subject, outlets: list[Outlet]) -> Answer:
        """Read outlets PCU by PCU; one that fails is a line, unless all do."""
        lines, failures = list[str](), list[DeviceError]()
        for key in dict.fromkeys(outlet.pcu for outlet in outlets):
            pcu = inventory.pcus.get(key)
            if pcu is None:
                lines.append(f"{key}: not in the inventory")
                continue
            wanted = [outlet.outlet for outlet in outlets if outlet.pcu == key]
            try:
                read = await self._hands.read(pcu, wanted)
            except DeviceError as exc:
                failures.append(exc)
                lines.append(str(exc))
                continue
            lines += [outlet_line(inventory, pcu, outlet, read) for outlet in wanted]
        if failures and len(failures) == len(lines):
            raise failures[0]
        if len(lines) == 1:
            return Answer(not failures, lines[0], str(subject), lines=tuple(lines))
        text = f"{inventory.name_of(subject)}: {count(len(outlets), 'outlet')} asked for"
        return Answer(not failures, text, str(subject), lines=tuple(lines))


def second_word(moment: Moment, intent_id: str) -> str:
    """That what was just planned waits for somebody else's word, and how that is given."""
    intent = moment.state.intents.get(IntentId(intent_id))
    if intent is None or not intent.waits_for_second:
        return ""
    return f"; it is beyond a limit of the fleet: a second admin must `approve {intent.id}`"


def outlet_line(inventory: Inventory, pcu: Pcu, outlet: str, read: Mapping[str, PowerState]) -> str:
    state = read.get(outlet, PowerState.UNKNOWN).value
    nodes = [
        node.hostname
        for node in inventory.nodes_by_pcu.get(pcu.key, ())
        if any(Outlet(pcu.key, outlet) in path.outlets for path in node.paths)
    ]
    feeds = f" ({', '.join(nodes)})" if nodes else ""
    return f"{pcu.name} outlet {outlet} reads {state}{feeds}"


def pcu_outlets(inventory: Inventory, key: PcuKey) -> list[Outlet]:
    """Every outlet of the PCU that some node hangs on, 2 before 10."""
    found = {
        outlet
        for node in inventory.nodes_by_pcu.get(key, ())
        for path in node.paths
        for outlet in path.outlets
        if outlet.pcu == key
    }
    return sorted(found, key=lambda o: (len(o.outlet), o.outlet))


def known(verb: str) -> VerbSpec:
    spec = VERBS.get(verb)
    if spec is None:
        raise NotFoundError(verb, "looking up the verb", f"there are {', '.join(VERBS)}")
    return spec


def allow(actor: Actor, spec: VerbSpec) -> None:
    """Raises ForbiddenError unless the actor's role reaches the verb's."""
    if actor.role in ROLES and ROLES.index(actor.role) >= ROLES.index(spec.role):
        return
    raise ForbiddenError(
        actor.name, spec.name, f"it needs the role {spec.role}, and yours is {actor.role or 'none'}"
    )


def check_words(spec: VerbSpec, text: str, reason: str) -> None:
    """An empty subject is never everything, and some verbs want a reason."""
    if spec.subject and not text.strip():
        raise DeclinedError("", spec.name, f"it needs a {spec.subject}; empty is never everything")
    if spec.reason and not reason:
        raise DeclinedError(text, spec.name, "it needs a reason")


def clean_arguments(spec: VerbSpec, arguments: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """Known arguments as short plain text; `until` becomes an ISO time."""
    known_words = (*spec.arguments, *spec.options)
    unknown = sorted(set(arguments) - set(known_words))
    if unknown:
        takes = ", ".join(known_words) or "no arguments"
        raise MistypedError("", spec.name, f"it takes {takes}, not {', '.join(unknown)}")
    words = {name: plain(str(value), LONGEST) for name, value in arguments.items() if value}
    try:
        for name in ("until", "begins"):
            if name in words:
                words[name] = parse_until(words[name], moment.now).isoformat()
        if "weekly" in words:
            read_weekly(words["weekly"])
    except ValueError as exc:
        raise MistypedError("", spec.name, str(exc)) from exc
    return words


def rung_seen(moment: Moment, spec: VerbSpec, found: Mapping[str, str]) -> dict[str, str]:
    """The rung that is proposed as the word is said, or is passed over as the next; by when the
    word is heard it may be another."""
    issue = moment.state.issues.get(IssueId(found.get("issue", "")))
    if issue is None:
        return {}
    if issue.proposal is not None:
        return {"rung": issue.proposal.rung}
    want = moment.wants.get(issue.id) if spec.name == "reject" else None
    return {"next": want.rung} if want is not None and want.rung else {}


def find(moment: Moment, names: Names, spec: VerbSpec, text: str) -> tuple[Subject, dict[str, str]]:
    """The subject, and what else the engine must know: the issue, the intent or the scope."""
    if spec.subject == "":
        return fleet_subject(), {}
    intent = intent_called(moment.state, text) if "intent" in spec.also else None
    if intent is not None:
        return intent.target, {"intent": intent.id}
    if "breaker" in spec.also and text.strip().startswith(BREAKERS):
        return find_scope(moment.inventory, names, text)
    if spec.subject == "issue":
        site = asked_penalty(moment, names, text) if spec.name in ANSWERS else None
        return (site, {"penalty": site.key}) if site else find_issue(moment, names, text)
    if spec.subject == "intent":
        intent = intent_called(moment.state, text)
        if intent is None:
            raise NotFoundError(
                text, "looking it up", "no action has this id; `actions` lists them"
            )
        return intent.target, {"intent": intent.id}
    if spec.subject == "scope":
        return find_scope(moment.inventory, names, text)
    if spec.name in SELECTING and (is_selection(text) or is_site_of_power(spec, text)):
        return find_selection(moment, spec, text), {}
    if spec.name in BY_SITE:
        return subject_named(names, text, NODES_OF), {}
    if "issue" in spec.also and (issue := issue_called(moment.state, text)) is not None:
        return issue.subject, {"issue": issue.id}
    more = (KINDS[kind] for kind in spec.also if kind in KINDS)
    return subject_named(names, text, KINDS[spec.subject].union(*more)), {}


def asked_penalty(moment: Moment, names: Names, text: str) -> Subject | None:
    """The site of this name, where its penalty waits for a person's word."""
    for subject in names.find(text, {SubjectKind.SITE}):
        belief = moment.state.sites.get(SiteKey(subject.key))
        if belief is not None and proposed(belief.penalty):
            return subject
    return None


def is_site_of_power(spec: VerbSpec, text: str) -> bool:
    """`site/KEY` said to a power verb means every node of the site."""
    return spec.name in POWER and selects(text)


def find_selection(moment: Moment, spec: VerbSpec, text: str) -> Subject:
    """A group or label as a subject. Raises NotFoundError when it means no node at all."""
    if spec.name != "maintenance-end" and not selected(moment.inventory, text):
        raise NotFoundError(text, "looking for its nodes", "the selection is empty")
    return selection_subject(text)


def find_issue(moment: Moment, names: Names, text: str) -> tuple[Subject, dict[str, str]]:
    """By its id, or by its subject where that has one open issue only."""
    issue = issue_called(moment.state, text)
    if issue is None:
        found = [i for s in names.find(text) for i in moment.issues_of(s)]
        if len(found) > 1:
            several = ", ".join(f"{i.id} ({i.type.value})" for i in found)
            raise NotFoundError(text, "looking it up", f"it has several issues: {several}")
        if not found:
            raise without_issue(moment, names, text)
        issue = found[0]
    return issue.subject, {"issue": issue.id}


def without_issue(moment: Moment, names: Names, text: str) -> NotFoundError:
    """Why no issue was found: the subject has none, or there is no such subject."""
    known = names.find(text)
    if len(known) == 1:
        return NotFoundError(moment.name(known[0]), "looking for its issue", "it has none open")
    return missing(text, "open issue", names.near(text))


def find_scope(inventory: Inventory, names: Names, text: str) -> tuple[Subject, dict[str, str]]:
    """`all`, `family/NAME`, `kind/NAME`, or the name of a site or PCU."""
    word = text.strip()
    if word.lower() == EVERYTHING:
        return fleet_subject(), {"scope": EVERYTHING}
    prefix, _, name = word.partition("/")
    if prefix == "family":
        families = {pcu.family for pcu in inventory.pcus.values()}
        if name not in families:
            raise no_such(text, "family of PCUs", sorted(families))
        return fleet_subject(), {"scope": word}
    if prefix == "kind":
        if name != POWER_KIND and name not in ACTION_KINDS:
            raise no_such(text, "kind of action", [POWER_KIND, *ACTION_KINDS])
        return fleet_subject(), {"scope": word}
    try:
        subject = subject_named(names, word, SCOPE_KINDS)
    except NotFoundError as exc:
        raise NotFoundError(text, "looking for the scope", f"{exc.why}. {SCOPES}") from exc
    return subject, {"scope": str(subject)}


def no_such(text: str, what: str, known: Collection[str]) -> NotFoundError:
    there_are = ", ".join(known) or "none"
    return NotFoundError(text, "looking for the scope", f"no such {what}; there are {there_are}")
