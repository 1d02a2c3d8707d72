"""The story in plain sentences: one for every kind of event."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any

from pydantic_core import to_jsonable_python

from plcmon.model.events import (
    AlertDelivered,
    AlertRaised,
    CanaryRound,
    Diagnosed,
    DnsChecked,
    EffectSent,
    Event,
    HearsayChanged,
    HoldChanged,
    IntentChanged,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    IssueChanged,
    MailDelivered,
    MailFixed,
    NodeObserved,
    Noticed,
    PagesSeen,
    PcuTested,
    Refused,
    ReplySeen,
    RouteSeen,
    ScanCompleted,
    Started,
    StatusChanged,
    Tick,
    Verb,
    WitnessesSeen,
)
from plcmon.model.intents import Command
from plcmon.model.readings import Evidence
from plcmon.model.subjects import Outlet, Subject, fleet_subject, outlets_by_name
from plcmon.operations.phrases import count, plain
from plcmon.operations.views import EventView

LONGEST = 500  # characters of a sentence


def event_view(event: Event, name_of: Callable[[Subject], str]) -> EventView:
    """One event for people; `name_of` gives what they call its subject."""
    return EventView(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        subject=str(event.subject),
        name=name_of(event.subject),
        text=plain(outlets_by_name(sentence(event.body), name_of), LONGEST),
        keys=keys_of(event),
        body=body_of(event.body),
    )


def keys_of(event: Event) -> tuple[str, ...]:
    """The rows this event may change."""
    body = event.body
    keys = [str(event.subject)]
    if isinstance(body, IssueChanged | HoldChanged):
        keys.append(f"issue/{body.issue}")
    if isinstance(body, IntentChanged):
        keys.append(f"intent/{body.intent}")
    if event.intent:
        keys.append(f"intent/{event.intent}")
    if isinstance(body, Verb):
        named = {word: body.arguments.get(word) for word in ("issue", "intent")}
        keys += [f"{word}/{value}" for word, value in named.items() if value]
    if isinstance(body, MailFixed):
        keys += [f"issue/{row[0]}" for row in body.rows]
    if isinstance(body, InventoryRead | Started):
        keys.append(str(fleet_subject()))
    return tuple(dict.fromkeys(keys))


def body_of(body: object) -> Mapping[str, Any]:
    """The body as plain data; an inventory and a mail's text are left out for their size."""
    if isinstance(body, InventoryRead):
        return {"digest": body.digest, "actor": body.actor}
    if isinstance(body, MailFixed):
        mail = {"message_id": body.mail.message_id, "recipient": body.mail.recipient}
        return {"mail": mail | {"subject": body.mail.subject}, "rows": [list(r) for r in body.rows]}
    found: Mapping[str, Any] = to_jsonable_python(body)
    return found


@singledispatch
def sentence(body: object) -> str:
    """What happened, without the subject's name. Raises TypeError for what is no event body."""
    raise TypeError(f"no sentence for {type(body).__name__}")


@sentence.register
def _(body: Started) -> str:
    state = "" if body.adopted else f"; its state is not adopted: {body.why_not}"
    return f"plcmon {body.version} started with policy {body.policy or 'unnamed'}{state}"


@sentence.register
def _(body: InventoryRead) -> str:
    inventory = body.inventory
    if not inventory.nodes and not inventory.sites:  # events do not keep it
        return f"inventory read by {body.actor}"
    things = (
        count(len(inventory.nodes), "node"),
        count(len(inventory.pcus), "PCU"),
        count(len(inventory.sites), "site"),
    )
    return f"inventory read by {body.actor}: {', '.join(things)}"


@sentence.register
def _(body: NodeObserved) -> str:
    seen = body.observation
    marks = f" ({', '.join(sorted(mark.value for mark in seen.marks))})" if seen.marks else ""
    detail = f": {seen.detail}" if seen.detail else ""
    if seen.evidence is Evidence.SUSPECT:  # its detail is still that of the look before
        return f"a probe failed; until now it was {seen.state.value}{marks}{detail}"
    word = "" if seen.evidence is Evidence.FRESH else f", evidence {seen.evidence.value}"
    return f"observed {seen.state.value}{marks}{word}{detail}"


@sentence.register
def _(body: CanaryRound) -> str:
    detail = f": {body.detail}" if body.detail else ""
    return f"{body.good} of {body.asked} canaries answered{detail}"


@sentence.register
def _(body: WitnessesSeen) -> str:
    silent = sorted(name for name, answered in body.answered.items() if not answered)
    lost = f"; silent: {', '.join(silent)}" if silent else ""
    good = len(body.answered) - len(silent)
    return f"{good} of {len(body.answered)} witnesses answered{lost}"


@sentence.register
def _(body: ScanCompleted) -> str:
    return (
        f"scan complete: {body.attempted} of {count(body.in_service, 'node')} in service"
        f" in {body.took_s:.1f} s"
    )


@sentence.register
def _(body: PcuTested) -> str:
    claim = " at its claim" if body.by_claim else ""
    detail = f" ({body.detail})" if body.detail and body.detail != body.finding.value else ""
    return f"tested{claim}: {body.finding.value}{detail}"


@sentence.register
def _(body: Verb) -> str:
    arguments = "".join(f" {name}={spoken(value)}" for name, value in body.arguments.items())
    force = " with --force" if body.force else ""
    reason = f": {body.reason}" if body.reason else ""
    return f"{body.actor.name} said {body.verb}{arguments}{force}{reason}"


def spoken(value: object) -> str:
    """An argument as people say it: a time to the minute."""
    try:
        at = datetime.fromisoformat(str(value)) if "T" in str(value) else None
    except ValueError:
        at = None
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if at is not None and at.tzinfo else str(value)


@sentence.register
def _(body: IntentClaimed) -> str:
    return f"claimed (fence {body.fence})"


@sentence.register
def _(body: IntentSent) -> str:
    return f"sending {body.command.verb} to {body.command.outlet}"


@sentence.register
def _(body: EffectSent) -> str:
    before = f", it was {body.before}" if body.before else ""
    return f"setting {body.value}{before}" if body.value else "it goes out now"


@sentence.register
def _(body: Diagnosed) -> str:
    lines = [line.text for line in body.hardware or ()]
    found = "; ".join([*body.findings, *lines]) or "nothing wrong"
    unread = "" if body.hardware is not None else "; its log could not be read"
    wants = "; it wants a reinstall" if body.wants_reinstall else ""
    return f"diagnosed: {found}{unread}{wants}"


@sentence.register
def _(body: HearsayChanged) -> str:
    if body.up is None:
        return f"{body.vantage} says nothing of it any more"
    value = f": {body.detail}" if body.detail else ""
    return f"{body.vantage} says that it is {'up' if body.up else 'down'}{value}"


@sentence.register
def _(body: DnsChecked) -> str:
    if body.addresses:
        return f"its name leads to {', '.join(body.addresses)}"
    detail = f": {body.detail}" if body.detail else ""
    return f"name, address and resolver {'agree' if body.agree else 'disagree'}{detail}"


@sentence.register
def _(body: PagesSeen) -> str:
    return f"HTTP: {body.detail or 'all pages answer as they should'}"


@sentence.register
def _(body: RouteSeen) -> str:
    return f"the way to {body.address}: {body}"


@sentence.register
def _(body: IntentStage) -> str:
    parts = [body.stage.value]
    if body.command is not None:
        parts.append(command_words(body.command))
    if body.dark:
        parts.append(f"off by our hand: {outlet_words(body.dark)}")
    if body.lit:
        parts.append(f"on again: {outlet_words(body.lit)}")
    if body.detail:
        parts.append(body.detail)
    return "; ".join(parts)


def command_words(command: Command) -> str:
    outcome = f": {command.outcome.value}" if command.outcome else ""
    reads = f", reads {command.reads.value}" if command.reads else ""
    return f"{command.verb} {command.outlet}{outcome}{reads}"


def outlet_words(outlets: tuple[Outlet, ...]) -> str:
    return ", ".join(str(outlet) for outlet in outlets)


@sentence.register
def _(body: IntentEnded) -> str:
    outcome = f" ({body.outcome.value})" if body.outcome else ""
    actor = f" by {body.actor}" if body.actor != "engine" else ""
    detail = f": {body.detail}" if body.detail else ""
    return f"the device side ended {body.state}{outcome}{actor}{detail}"


@sentence.register
def _(body: MailFixed) -> str:
    things = count(len(body.rows), "notice")
    return f"mail composed to {body.mail.recipient} with {things}: {body.mail.subject}"


@sentence.register
def _(body: MailDelivered) -> str:
    detail = f": {body.detail}" if body.detail else ""
    return f"mail {body.message_id} {body.state.value} by the relay{detail}"


@sentence.register
def _(body: ReplySeen) -> str:
    who = f" by {body.by}" if body.by else ""
    if body.auto:
        return f"auto-reply{who}"
    promise = f", promises {body.until:%Y-%m-%d %H:%M} UTC" if body.until else ""
    return f"reply{who}{promise}"


@sentence.register
def _(body: AlertDelivered) -> str:
    went = "delivered" if body.ok else "not delivered"
    detail = f": {body.detail}" if body.detail else ""
    return f"alert {body.alert} {went} by {body.channel}{detail}"


@sentence.register
def _(body: Noticed) -> str:
    return f"{body.condition}{'' if body.on else ' in order'}: {body.detail}"


@sentence.register
def _(body: Tick) -> str:
    return "time passed"


@sentence.register
def _(body: StatusChanged) -> str:
    what = "" if body.what == "status" else f"{body.what} "
    why = f": {body.why}" if body.why and body.what != "evidence" else ""  # told with the look
    return f"{what}{body.old or 'nothing'} -> {body.new or 'nothing'}{why}"


@sentence.register
def _(body: IssueChanged) -> str:
    rung = f" {body.rung}" if body.rung else ""
    detail = f": {body.detail}" if body.detail else ""
    return f"{body.type} {body.change}{rung}{detail}"


@sentence.register
def _(body: IntentChanged) -> str:
    detail = f": {body.detail}" if body.detail not in ("", body.state) else ""
    if body.state == "claimed" and body.kind.startswith("power") and not detail:
        detail = ": looking again before anything is sent"
    return f"{body.kind} {body.state}{detail}"


@sentence.register
def _(body: HoldChanged) -> str:
    if not body.gate:
        return f"{body.rung} is no longer held"
    return f"{body.rung} is held by {body.gate}: {body.fact}"


@sentence.register
def _(body: AlertRaised) -> str:
    return f"{'alert' if body.urgent else 'note'}: {body.text}"


@sentence.register
def _(body: Refused) -> str:
    return f"{body.verb} was declined: {body.why}"


def is_told_twice(event: Event) -> bool:
    """A change of the evidence word is told by the observation beside it."""
    return isinstance(event.body, StatusChanged) and event.body.what == "evidence"
