"""Is it us or them, over a fleet whose beliefs the engine's own rules made."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.events import CanaryRound, HearsayChanged, Noticed
from plcmon.model.policy import Policy, SourceRule
from plcmon.model.ports import OwnHealth
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject, site_subject
from plcmon.operations.groups import Groups
from plcmon.operations.is_it_us import is_it_us_view
from plcmon.operations.moment import Moment
from plcmon.operations.reports import IsItUsView
from tests.policy.clerk import HOUR, MINUTE, POLICY, Clerk, make_inventory, node

SOURCES = {"prom": SourceRule(5 * MINUTE), "comon": SourceRule(5 * MINUTE, counts=True)}


@pytest.fixture
def clerk() -> Clerk:
    policy: Policy = replace(POLICY, sources=SOURCES)
    made = Clerk(policy=policy, inventory=make_inventory(sites=8, nodes=5)).begin()
    rounds(made, silent=0)
    return made


def rounds(clerk: Clerk, *, silent: int, asked: int = 5) -> None:
    answered = {f"192.0.2.{n}:443": n >= silent for n in range(asked)}
    clerk.tell(fleet_subject(), CanaryRound(asked - silent, asked, answered=answered))


def fall(clerk: Clerk, site: int, number: int = 5) -> None:
    for count in range(number):
        clerk.observe(node(site, count), Observed.SILENT, since=clerk.now)


def view(clerk: Clerk, health: OwnHealth | None = None) -> IsItUsView:
    wants, windows = clerk.wants.by_issue, clerk.state.windows.values()
    moment = Moment(
        clerk.now,
        clerk.state,
        clerk.policy,
        wants,
        wants.get,
        lambda _key: None,
        {window.subject: window for window in windows},
        {},
    )
    return is_it_us_view(moment, Groups(clerk.inventory), health or OwnHealth())


def test_a_quiet_fleet_has_nothing_down(clerk: Clerk) -> None:
    found = view(clerk)

    assert (found.verdict, found.nodes, found.down) == ("nothing down", 40, 0)
    assert found.sentence == "Nothing is down, and all 5 canaries answer."
    assert (found.good, found.asked, found.needed) == (5, 5, 3)


def test_a_site_that_fell_is_theirs_and_what_policy_knows_stands_beside_it(clerk: Clerk) -> None:
    fall(clerk, 2)
    clerk.observe(node(5, 0), Observed.SILENT, since=clerk.now)

    found = view(clerk)

    assert (found.verdict, found.down, found.unexplained) == ("not us", 6, 1)
    assert found.sentence == (
        "It is not us: all 5 canaries answer; 5 of 6 down nodes are behind site s2."
    )
    site, fell = found.clusters
    assert (site.kind, site.name, site.also, site.down) == ("site", "s2", ("PCU pcu-2",), 5)
    assert any(line.startswith("site guard closed since") for line in site.known)
    assert (fell.kind, fell.down, fell.nodes) == ("time", 6, 6)


def test_too_few_canaries_are_us_each_with_since_when(clerk: Clerk) -> None:
    fall(clerk, 2)
    clerk.now += HOUR
    rounds(clerk, silent=4)

    found = view(clerk)

    assert found.verdict == "us"
    assert found.sentence.startswith(
        f"It is us: 4 of 5 canaries don't answer since {clerk.now:%H:%M}"
    )
    assert [canary.answers for canary in found.canaries] == [False] * 4 + [True]
    assert found.canaries[0].since == clerk.now
    assert found.canaries[-1].since < clerk.now


def test_it_was_us_until_enough_good_rounds_are_made(clerk: Clerk) -> None:
    rounds(clerk, silent=5)
    rounds(clerk, silent=0)

    assert view(clerk).sentence.startswith("It was us since")
    assert "for 1 of the 3 rounds" in view(clerk).sentence


def test_a_source_that_sees_most_of_it_up_leaves_it_open(clerk: Clerk) -> None:
    fall(clerk, 2)
    for count in range(3):
        clerk.tell(node_subject(node(2, count)), HearsayChanged("comon", True, clerk.now))
    clerk.tell(node_subject(node(2, 3)), HearsayChanged("comon", False, clerk.now))
    clerk.tell(node_subject(node(4, 0)), HearsayChanged("comon", False, clerk.now))

    found = view(clerk)

    comon, prom = found.sources
    assert (comon.name, comon.up, comon.down, comon.unknown) == ("comon", 3, 1, 1)
    assert (comon.down_there, comon.counts) == (1, True)
    assert (prom.up, prom.unknown) == (0, 5)
    assert found.verdict == "can't tell"
    assert "yet comon sees 3 of 5 down nodes up" in found.sentence


def test_a_source_out_of_reach_says_so(clerk: Clerk) -> None:
    clerk.tell(fleet_subject("source prom"), Noticed("source prom", True, "it answered 503"))

    assert "it answered 503" in next(r.trouble for r in view(clerk).sources if r.name == "prom")


def test_witnesses_of_the_sites_in_question_are_told(clerk: Clerk) -> None:
    fall(clerk, 2)
    fall(clerk, 3, 2)
    clerk.witnesses(SiteKey("s2"), answered=False)
    clerk.witnesses(SiteKey("s3"), answered=True)

    silent, answer = view(clerk).witnesses

    assert (silent.site, silent.down, silent.nodes, silent.says) == ("s2", 5, 5, "silent")
    assert (answer.site, answer.says, answer.answering, answer.since) == (
        "s3",
        "answer",
        1,
        clerk.now,
    )


def test_a_dark_site_is_out_of_reach_and_counts_as_down(clerk: Clerk) -> None:
    for count in range(5):
        clerk.observe(node(2, count), Observed.UNREACHABLE, evidence=Evidence.UNREACHABLE)

    found = view(clerk)

    assert (found.down, found.unreachable) == (5, 5)
    assert found.clusters[0].name == "s2"


def test_a_first_failure_counts_as_suspect(clerk: Clerk) -> None:
    clerk.observe(node(2, 0), Observed.BOOT, evidence=Evidence.SUSPECT)

    found = view(clerk)

    assert (found.down, found.suspect) == (1, 1)
    assert found.sentence == "It is not us: all 5 canaries answer; 1 node is down."


def test_who_is_in_maintenance_or_bad_for_very_long_is_not_in_question(clerk: Clerk) -> None:
    fall(clerk, 1)
    clerk.forward(timedelta(days=8), quiet=True)
    rounds(clerk, silent=0)
    fall(clerk, 2)
    until = (clerk.now + HOUR).isoformat()
    clerk.say(site_subject("s2"), "maintenance", until=until)

    found = view(clerk)

    assert (found.nodes, found.down, found.set_aside) == (30, 0, 10)


def test_what_shares_nothing_says_so(clerk: Clerk) -> None:
    for site in range(3):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now - site * HOUR)

    assert view(clerk).sentence.endswith("; 3 nodes are down, and no group stands out.")


def test_our_own_trouble_is_told_before_all_else(clerk: Clerk) -> None:
    fall(clerk, 2)

    found = view(clerk, OwnHealth(unwell="our own loop is 400 ms late"))

    assert (found.verdict, found.unwell) == ("can't tell", "our own loop is 400 ms late")
    assert found.sentence.startswith("Can't tell: our own loop is 400 ms late")


def test_a_storm_is_named_where_most_of_a_cluster_fell_in_it(clerk: Clerk) -> None:
    for site in range(2):
        fall(clerk, site)

    known = view(clerk).clusters[0].known

    assert any("storm of 10 nodes since" in line for line in known)
