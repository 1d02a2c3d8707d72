"""The journal's facts: enough in each row to check it without the database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.events import AlertRaised, AuditRow, IntentEnded, InventoryRead, Noticed, Started
from plcmon.model.readings import Observed
from plcmon.model.subjects import Outlet, PcuKey, SiteKey, fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.fleet import CLOCK
from plcmon.policy.journal import moment, outlets, seconds, yes
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
PATH = {"site": "s0", "outlet 1": "toml:p0 1"}


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def rows(clerk: Clerk, verb: str) -> list[AuditRow]:
    return [row for row in clerk.audit if row.verb == verb]


def facts(row: AuditRow) -> dict[str, str]:
    """What stands among the gates and is no answer of one."""
    answers = ("pass:", "hold:", "never:")
    return {name: fact for name, fact in row.gates.items() if not fact.startswith(answers)}


def last(clerk: Clerk, verb: str) -> dict[str, str]:
    return facts(rows(clerk, verb)[-1])


def test_facts_have_one_form_each(clerk: Clerk) -> None:
    assert (yes(True), yes(False)) == ("yes", "")
    assert (moment(clerk.now), moment(None)) == (clerk.now.isoformat(), "")
    assert (seconds(HOUR), seconds(timedelta(milliseconds=1500))) == ("3600", "1.5")
    two = (Outlet(PcuKey("toml:p"), "A 1"), Outlet(PcuKey("toml:q"), "2"))
    assert outlets(two) == {"outlet 1": "toml:p A 1", "outlet 2": "toml:q 2"}


def test_what_is_not_so_is_left_out(clerk: Clerk) -> None:
    draft = Draft(clerk.state, clerk.policy, clerk.now)

    draft.audit(SUBJECT, "held", "x", gates={"freeze": "hold: x"}, facts={"a": "1", "b": ""})

    assert draft.changes.audit[0].gates == {"freeze": "hold: x", "a": "1"}


def test_power_rows_name_path_site_and_what_was_seen(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])

    plan = {"families": "apc", "rung": "cycle", "repeat": "1"}
    assert last(clerk, "power-cycle planned") == PATH | plan
    assert last(clerk, "power-cycle claimed") == PATH
    assert last(clerk, "power-cycle sent") == PATH | {"seen": "silent", "seen by": "fresh"}
    assert last(clerk, "command off") == PATH | {"number": "1"}
    assert last(clerk, "command off answered") == PATH | {"number": "1", "reads": "off"}
    assert last(clerk, "power-cycle confirmed") == PATH


def test_an_end_names_what_is_still_dark(clerk: Clerk) -> None:
    clerk.fall_silent(N)

    clerk.lose(clerk.planned()[0])

    assert last(clerk, "power-cycle unknown") == PATH | {"dark 1": "toml:p0 1"}


def test_a_verdict_names_what_it_rests_on(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    sent_at = clerk.now
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(N)

    booted_at = clerk.now - timedelta(seconds=10)
    assert last(clerk, "power-cycle verdict") == {
        "sent_at": sent_at.isoformat(),
        "booted_at": booted_at.isoformat(),
        "boot id": "new",
        "off seen": "yes",
    }


def test_an_issue_is_told_from_its_opening_to_its_close(clerk: Clerk) -> None:
    since = clerk.now
    clerk.fall_silent(N)
    issue = rows(clerk, "issue opened")[0].issue
    until = clerk.now + HOUR
    clerk.say(SUBJECT, "pause", issue=issue, until=until.isoformat())
    clerk.say(SUBJECT, "resume", issue=issue)
    clerk.say(SUBJECT, "close", issue=issue)

    own = {"type": "node_down", "site": "s0"}
    assert last(clerk, "issue opened") == own | {"bad_since": since.isoformat()}
    assert last(clerk, "issue paused") == own | {"until": until.isoformat()}
    assert rows(clerk, "issue resumed")[0].actor == "ops"
    closed = rows(clerk, "issue closed")[0]
    assert (facts(closed), closed.actor) == (own | {"cause": "closed by a person"}, "ops")


def test_a_rung_says_how_long_it_waited(clerk: Clerk) -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)

    (taken,) = rows(clerk, "rung taken")
    stated = facts(taken)
    assert (taken.detail, stated["order"], stated["repeat"]) == ("tell", "30", "1")
    assert (stated["effects"], stated["after_s"]) == ("notify down tech", "86400")
    assert float(stated["waited_s"]) == pytest.approx(86400, abs=1)
    assert last(clerk, "notify planned")["argument"] == "down tech"


def test_what_nothing_came_of_is_taken_back(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    intent = clerk.planned()[0]

    clerk.say(SUBJECT, "cancel", intent=intent.id)

    (back,) = rows(clerk, "rung taken back")
    assert (back.detail, back.intent, back.issue) == ("cycle", intent.id, intent.issue)


def test_a_rung_that_can_never_be_taken_is_told_on_the_way() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)

    assert "cycle" in {row.detail for row in rows(clerk, "rung passed over")}


def test_every_hold_has_an_end(clerk: Clerk) -> None:
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    clerk.say(fleet_subject(), "unfreeze", scope="all")

    assert [row.detail for row in rows(clerk, "hold ended")] == ["cycle"]
    assert last(clerk, "freeze") == last(clerk, "unfreeze") == {"scope": "all"}


def test_a_verb_keeps_what_was_said_beside_it(clerk: Clerk) -> None:
    until = (clerk.now + HOUR).isoformat()

    clerk.say(SUBJECT, "power-off", until=until, force=True)

    assert last(clerk, "power-off") == {"until": until, "forced": "yes"}
    assert last(clerk, "power-off planned")["forced"] == "yes"


def test_a_window_is_told_with_its_end(clerk: Clerk) -> None:
    now = clerk.now
    clerk.say(SUBJECT, "maintenance", until=(now + HOUR).isoformat())
    clerk.forward(2 * HOUR)

    opened, closed = last(clerk, "maintenance opened"), rows(clerk, "maintenance closed")[0]
    assert (opened["from"], opened["until"]) == (now.isoformat(), (now + HOUR).isoformat())
    assert (closed.subject, facts(closed)) == (str(SUBJECT), {"window": opened["window"]})


def test_a_declined_verb_opens_no_window(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "maintenance", until="yesterday")

    assert rows(clerk, "maintenance opened") == []


def read(clerk: Clerk, **changes: object) -> None:
    """The inventory again, with one node otherwise; None: without it."""
    nodes = dict(clerk.state.inventory.nodes)
    if changes:
        nodes[N] = replace(clerk.inventory.nodes[N], **changes)
    else:
        nodes.pop(N)
    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "other"))


def test_who_is_exempt_or_gone_is_told_by_name(clerk: Clerk) -> None:
    until = clerk.now + DAY
    read(clerk, exempt_until=until)
    assert last(clerk, "exempt") == {"until": until.isoformat()}

    read(clerk, exempt_until=None)
    assert last(clerk, "exempt") == {}

    read(clerk)
    read(clerk, hostname="n.example.org")
    assert [row.subject for row in rows(clerk, "retired")] == [str(SUBJECT)]
    assert [row.subject for row in rows(clerk, "returned")] == [str(SUBJECT)]


def test_an_exempt_site_is_told_too() -> None:
    inventory = make_inventory()
    until = Clerk().now + DAY
    site = replace(inventory.sites[SiteKey("s1")], exempt_until=until)
    clerk = Clerk(inventory=replace(inventory, sites={**inventory.sites, site.key: site})).begin()

    assert [row.subject for row in rows(clerk, "exempt")] == ["site/s1"]


def test_an_outlet_in_another_hand_is_told_until_it_has_power(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    intent = clerk.planned()[0]
    assert intent.path is not None
    ended = IntentEnded("cancelled", None, "off", foreign=intent.path.outlets)
    clerk.tell(SUBJECT, ended, intent=intent.id)
    clerk.observe(N, Observed.BOOT)

    outlet = {"outlet 1": "toml:p0 1"}
    assert last(clerk, "foreign off") == last(clerk, "foreign over") == outlet


def test_a_mail_names_every_notice_in_it() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)
    clerk.post()

    issue = rows(clerk, "issue opened")[0].issue
    mail = {"to": "tech@s0.example.org", "site": "s0", "message": "<0@plcmon>"}
    assert last(clerk, "mail fixed") == mail | {"row 1": f"{issue} 1 down tell"}
    assert last(clerk, "mail accepted") == mail


def test_sight_and_starts_are_told(clerk: Clerk) -> None:
    clerk.canaries(0, 3)
    alive_at = clerk.now
    for _ in range(3):
        clerk.canaries(3, 3)
    clerk.now += HOUR
    clerk.tell(fleet_subject(), Started("test", "p", adopted=True))
    clerk.refresh()
    clerk.refresh()

    assert len(rows(clerk, "blind")) == len(rows(clerk, "sight again")) == 1
    assert last(clerk, "started")["alive_at"] == alive_at.isoformat()
    assert len(rows(clerk, "scan complete")) == 2  # one after each start


def test_a_jump_of_the_clock_asks_for_another_scan(clerk: Clerk) -> None:
    alive_at = clerk.state.fleet.alive_at
    clerk.tell(fleet_subject(CLOCK), Noticed(CLOCK, True, "the wall clock jumped by 2h forward"))
    clerk.refresh()

    assert last(clerk, "clock jumped") == {"alive_at": moment(alive_at)}
    assert len(rows(clerk, "scan complete")) == 2


def test_the_fleet_guard_is_told_when_it_closes(clerk: Clerk) -> None:
    clerk = Clerk(inventory=make_inventory(sites=4, nodes=3)).begin()
    for site in range(4):
        for number in range(3):
            clerk.observe(node(site, number), Observed.SILENT)
            clerk.forward(MINUTE)

    assert len(rows(clerk, "fleet guard closed")) == 1


def test_every_alert_is_a_row(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, AlertRaised("dark X", "it is still dark"))
    clerk.canaries(0, 3)
    clerk.forward(HOUR)

    details = [row.detail for row in rows(clerk, "alert")]
    assert (len(details), details[0]) == (2, "dark X")


def test_a_long_wait_is_written_to_the_second() -> None:
    assert seconds(timedelta(days=30, seconds=55)) == "2592055"
    assert seconds(timedelta(seconds=1.5)) == "1.5"
    assert seconds(timedelta.max) == ""
