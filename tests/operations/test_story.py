"""The story: every kind of event has a sentence, and names the rows it changes."""

import json
from typing import Any, get_args

import pytest

from plcmon.model import events
from plcmon.model.beliefs import Finding
from plcmon.model.events import (
    AlertDelivered,
    AlertRaised,
    Body,
    CanaryRound,
    Diagnosed,
    DnsChecked,
    EffectSent,
    Event,
    HearsayChanged,
    HoldChanged,
    Hop,
    IntentChanged,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    IssueChanged,
    LogLine,
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
from plcmon.model.intents import Mail, MailState, Outcome, Stage
from plcmon.model.readings import Evidence, Mark, Observation, Observed
from plcmon.model.subjects import Inventory, Outlet, PcuKey, node_subject
from plcmon.operations.story import event_view, sentence
from tests.fakes.book import CYCLE, DOWN, NOW, OPERATOR, off_command, small_inventory

OUTLET = Outlet(PcuKey("toml:apc1"), "2")
MAIL = Mail("<m1@plcmon>", "tech@north.example", "north", "beta is down", "secret?", "", NOW)
SEEN = Observation(Observed.DEBUG, NOW, NOW, marks=frozenset({Mark.OLDBOOTCD}), detail="boot CD")

SENTENCES: list[tuple[Body, str]] = [
    (Started("0.1.0", "p1", adopted=True), "plcmon 0.1.0 started with policy p1"),
    (
        Started("0.1.0", "", adopted=False, why_not="another machine"),
        "plcmon 0.1.0 started with policy unnamed; its state is not adopted: another machine",
    ),
    (
        InventoryRead(small_inventory(), "d1", "ann"),
        "inventory read by ann: 4 nodes, 2 PCUs, 2 sites",
    ),
    (InventoryRead(Inventory(), "d1"), "inventory read by engine"),
    (NodeObserved(SEEN), "observed debug (oldbootcd): boot CD"),
    (
        NodeObserved(Observation(Observed.BOOT, NOW, NOW, Evidence.SUSPECT)),
        "a probe failed; until now it was boot",
    ),
    (CanaryRound(1, 3, detail="no route"), "1 of 3 canaries answered: no route"),
    (
        WitnessesSeen({"gw:22": True, "switch:22": False}),
        "1 of 2 witnesses answered; silent: switch:22",
    ),
    (ScanCompleted(42, 43, 7.25), "scan complete: 42 of 43 nodes in service in 7.2 s"),
    (PcuTested(Finding.OK, "ok", 0.3), "tested: ok"),
    (
        PcuTested(Finding.TIMEOUT, "no prompt", by_claim=True),
        "tested at its claim: timeout (no prompt)",
    ),
    (
        Verb(OPERATOR, "pause", "moving", {"until": "18:00"}, force=True),
        "ann said pause until=18:00 with --force: moving",
    ),
    (
        Diagnosed(("no gateway is set",), True, hardware=(LogLine(NOW, "sda fails"),)),
        "diagnosed: no gateway is set; sda fails; it wants a reinstall",
    ),
    (Diagnosed((), hardware=None), "diagnosed: nothing wrong; its log could not be read"),
    (DnsChecked(False, "no such name"), "name, address and resolver disagree: no such name"),
    (PagesSeen("http://n/ answers 503, not 200"), "HTTP: http://n/ answers 503, not 200"),
    (PagesSeen(), "HTTP: all pages answer as they should"),
    (
        RouteSeen("192.0.2.7", (Hop("192.0.2.1", 3.0), Hop("192.0.2.7", 9.5)), reached=True),
        "the way to 192.0.2.7: 192.0.2.1 3 ms, 192.0.2.7 9.5 ms, there",
    ),
    (HearsayChanged("comon", True, NOW, "3"), "comon says that it is up: 3"),
    (HearsayChanged("comon", False, NOW), "comon says that it is down"),
    (HearsayChanged("comon", None, NOW), "comon says nothing of it any more"),
    (DnsChecked(True), "name, address and resolver agree"),
    (IntentClaimed(3), "claimed (fence 3)"),
    (IntentSent(off_command()), "sending off to toml:apc1 outlet 2"),
    (
        IntentStage(Stage.DARK, off_command(), dark=(OUTLET,), detail="10 s"),
        "dark; off toml:apc1 outlet 2: ok, reads off; off by our hand: toml:apc1 outlet 2; 10 s",
    ),
    (IntentStage(Stage.READ_ON, lit=(OUTLET,)), "read on; on again: toml:apc1 outlet 2"),
    (
        IntentEnded("failed", Outcome.REFUSED, "not allowed", actor="ann"),
        "the device side ended failed (refused) by ann: not allowed",
    ),
    (
        MailFixed(MAIL, ((DOWN, "tell", "tech@north.example", 1),)),
        "mail composed to tech@north.example with 1 notice: beta is down",
    ),
    (
        MailDelivered("<m1@plcmon>", MailState.REFUSED, "550 no such user"),
        "mail <m1@plcmon> refused by the relay: 550 no such user",
    ),
    (
        AlertDelivered(7, "webhook", ok=False, detail="timeout"),
        "alert 7 not delivered by webhook: timeout",
    ),
    (Noticed("disk", on=True, detail="90 % full"), "disk: 90 % full"),
    (Noticed("disk", on=False, detail="70 % full"), "disk in order: 70 % full"),
    (Diagnosed(("disk is full",), True), "diagnosed: disk is full; it wants a reinstall"),
    (EffectSent("reinstall", "boot"), "setting reinstall, it was boot"),
    (ReplySeen(NOW, by="ann"), "reply by ann"),
    (ReplySeen(NOW, auto=True), "auto-reply"),
    (Tick(), "time passed"),
    (StatusChanged("online", "offline", "silent"), "online -> offline: silent"),
    (StatusChanged("open", "closed", "7 of 5", "guard"), "guard open -> closed: 7 of 5"),
    (IssueChanged(DOWN, "node_down", "rung", "granted", "cycle"), "node_down rung cycle: granted"),
    (IntentChanged(CYCLE, "power-cycle", "sent", "off"), "power-cycle sent: off"),
    (HoldChanged(DOWN, "cycle", "budget", "2 of 2"), "cycle is held by budget: 2 of 2"),
    (HoldChanged(DOWN, "cycle", "", ""), "cycle is no longer held"),
    (AlertRaised("mass_outage", "guard closed"), "alert: guard closed"),
    (AlertRaised("digest", "all quiet", urgent=False), "note: all quiet"),
    (Refused("approve", "nothing is proposed"), "approve was declined: nothing is proposed"),
]


def view(body: Body, intent: str = "") -> Any:
    event = Event(NOW, node_subject("toml:2"), body, seq=9, intent=intent)
    return event_view(event, small_inventory().name_of)


@pytest.mark.parametrize(("body", "words"), SENTENCES, ids=lambda v: type(v).__name__)
def test_an_event_is_told_in_a_plain_sentence(body: Body, words: str) -> None:
    assert sentence(body) == words


def test_every_body_there_is_has_a_sentence() -> None:
    kinds = set(get_args(events.Fact)) | set(get_args(events.Consequence))

    assert kinds == {type(body) for body, _ in SENTENCES}


def test_what_is_no_event_is_a_bug() -> None:
    with pytest.raises(TypeError, match="no sentence for dict"):
        sentence({})


@pytest.mark.parametrize(("body", "words"), SENTENCES, ids=lambda v: type(v).__name__)
def test_every_event_has_a_body_of_plain_data(body: Body, words: str) -> None:
    found = view(body)

    assert json.loads(json.dumps(found.body)) == found.body
    assert (found.seq, found.kind, found.name) == (9, type(body).__name__, "beta.example.org")


def test_the_text_of_a_mail_is_not_told() -> None:
    found = view(MailFixed(MAIL, ((DOWN, "tell", "tech@north.example", 1),)))

    assert "secret?" not in json.dumps(found.body)


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (StatusChanged("good", "offline", ""), ()),
        (IssueChanged(DOWN, "node_down", "opened", ""), (f"issue/{DOWN}",)),
        (HoldChanged(DOWN, "cycle", "", ""), (f"issue/{DOWN}",)),
        (IntentChanged(CYCLE, "power-cycle", "sent", ""), (f"intent/{CYCLE}",)),
        (Verb(OPERATOR, "pause", "x", {"issue": DOWN}), (f"issue/{DOWN}",)),
        (Verb(OPERATOR, "cancel", "x", {"intent": CYCLE}), (f"intent/{CYCLE}",)),
        (MailFixed(MAIL, ((DOWN, "tell", "a@b", 1),)), (f"issue/{DOWN}",)),
        (InventoryRead(small_inventory(), ""), ("fleet/all",)),
    ],
)
def test_an_event_names_the_rows_it_changes(body: Body, keys: tuple[str, ...]) -> None:
    assert view(body).keys == ("node/toml:2", *keys)


def test_a_step_of_an_intent_names_the_intent() -> None:
    assert view(IntentClaimed(1), CYCLE).keys == ("node/toml:2", f"intent/{CYCLE}")


def test_a_time_that_was_said_is_told_to_the_minute() -> None:
    said = Verb(OPERATOR, "pause", "x", {"until": "2026-11-25T17:21:30.325563+00:00"})

    assert "until=2026-11-25T17:21Z: x" in sentence(said)


def test_what_a_device_said_reaches_the_screen_without_control_codes() -> None:
    found = view(PcuTested(Finding.PROMPT_NOT_FOUND, "\x1b[2J\x07hello\r\n" + "x" * 9000))

    assert found.text.isprintable()
    assert len(found.text) <= 500
