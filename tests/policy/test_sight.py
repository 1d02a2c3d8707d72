"""From readings to observations: what a set of readings shows, and when it counts."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from plcmon.model.policy import Policy
from plcmon.model.readings import (
    Evidence,
    Login,
    Mark,
    NodeFacts,
    Observation,
    Observed,
    PortAnswer,
    Probe,
    Reading,
)
from plcmon.model.subjects import (
    Node,
    NodeKey,
    OwnIntervals,
    Page,
    Profile,
    SiteKey,
    node_subject,
)
from plcmon.policy.sight import Sight, classify, see, show
from tests.policy.clerk import HOUR, MINUTE, START

NODE = Node(NodeKey("toml:n"), "n.example.org", SiteKey("s"), ("127.0.0.1",))
PAGE = Page("http://n.example.org/")
WITH_PAGE = replace(NODE, http=(PAGE,))
WITH_PORTS = replace(NODE, ports=(80, 443))
LINUX = Profile("linux")
POLICY = Policy()
OPEN, REFUSED, FILTERED = PortAnswer.OPEN, PortAnswer.REFUSED, PortAnswer.FILTERED


def ssh(
    login: Login,
    *,
    port: PortAnswer = OPEN,
    at: datetime = START,
    boot_id: str = "one",
    debug: bool = False,
    old: bool = False,
) -> Reading:
    facts = NodeFacts(boot_id, START - HOUR, debug=debug, old_boot_cd=old)
    return Reading(
        node_subject(NODE.key),
        Probe.SSH,
        at,
        at,
        port=port,
        login=login,
        facts=facts if login is Login.OK else None,
    )


def tcp(*answers: PortAnswer, at: datetime = START) -> Reading:
    ports = dict(zip((22, 80, 443), answers, strict=False))
    return Reading(node_subject(NODE.key), Probe.TCP, at, at, ports=ports)


def ping(heard: int, *, at: datetime = START) -> Reading:
    return Reading(node_subject(NODE.key), Probe.PING, at, at, sent=3, heard=heard)


def http(port: PortAnswer, status: int = 200, detail: str = "", *, at: datetime = START) -> Reading:
    pages = {PAGE.url: status}
    about = node_subject(NODE.key)
    return Reading(about, Probe.HTTP, at, at, port=port, pages=pages, detail=detail)


NO_SSH = ssh(Login.NO_CONNECT, port=FILTERED)
ROWS = [
    pytest.param(NODE, [ssh(Login.OK)], Observed.BOOT, set(), id="login works: boot"),
    pytest.param(
        NODE, [ssh(Login.BANNER_ONLY)], Observed.BOOT, set(), id="no key to log in with: boot"
    ),
    pytest.param(
        NODE, [ssh(Login.OK, debug=True)], Observed.DEBUG, set(), id="in its boot medium: debug"
    ),
    pytest.param(
        NODE,
        [ssh(Login.OK, debug=True, old=True)],
        Observed.DEBUG,
        {Mark.OLDBOOTCD},
        id="with an old one",
    ),
    pytest.param(
        WITH_PORTS,
        [ssh(Login.OK), tcp(OPEN, OPEN, FILTERED)],
        Observed.BOOT,
        {Mark.FIREWALLED},
        id="a required port is not open: firewalled",
    ),
    pytest.param(
        WITH_PORTS, [ssh(Login.OK), tcp(OPEN, OPEN, OPEN)], Observed.BOOT, set(), id="all are open"
    ),
    pytest.param(
        WITH_PORTS, [ssh(Login.OK)], None, set(), id="ports are required and were not asked"
    ),
    pytest.param(NODE, [ssh(Login.REFUSED)], Observed.DEAF, set(), id="login refused: deaf"),
    pytest.param(NODE, [ssh(Login.FAILED)], Observed.DEAF, set(), id="session broke: deaf"),
    pytest.param(
        NODE, [ssh(Login.HOSTKEY)], Observed.DEAF, {Mark.HOSTKEY}, id="another host key: deaf"
    ),
    pytest.param(
        NODE, [ssh(Login.NO_CONNECT, port=REFUSED)], Observed.DEAF, set(), id="SSH port resets"
    ),
    pytest.param(
        NODE, [NO_SSH, tcp(FILTERED, REFUSED)], Observed.DEAF, set(), id="another port resets"
    ),
    pytest.param(
        NODE, [NO_SSH, tcp(FILTERED, REFUSED, OPEN)], Observed.DEAF, set(), id="a reset outweighs"
    ),
    pytest.param(NODE, [ssh(Login.NO_BANNER)], Observed.WEDGED, set(), id="accepts, says nothing"),
    pytest.param(
        NODE, [NO_SSH, tcp(FILTERED, OPEN)], Observed.WEDGED, set(), id="only another port accepts"
    ),
    pytest.param(
        NODE, [NO_SSH, tcp(FILTERED, FILTERED)], Observed.SILENT, set(), id="nothing answers"
    ),
    pytest.param(
        NODE,
        [NO_SSH, tcp(PortAnswer.UNREACHABLE)],
        Observed.SILENT,
        set(),
        id="no way there is silence",
    ),
    pytest.param(
        NODE,
        [NO_SSH, tcp(FILTERED, FILTERED), ping(0)],
        Observed.SILENT,
        set(),
        id="nothing answers, ping neither",
    ),
    pytest.param(
        NODE, [NO_SSH, tcp(FILTERED), ping(1)], Observed.WEDGED, set(), id="only ping answers"
    ),
    pytest.param(
        NODE, [NO_SSH, tcp(FILTERED, REFUSED), ping(3)], Observed.DEAF, set(), id="ping and a reset"
    ),
    pytest.param(
        NODE, [ssh(Login.OK), ping(0)], Observed.BOOT, set(), id="many sites drop pings: boot"
    ),
    pytest.param(
        WITH_PAGE,
        [ssh(Login.OK), http(OPEN, 503, "answers 503")],
        Observed.BOOT,
        set(),
        id="pages that fail take nothing from boot",
    ),
    pytest.param(
        WITH_PAGE,
        [NO_SSH, tcp(FILTERED), http(OPEN, 503, "answers 503")],
        Observed.WEDGED,
        set(),
        id="any HTTP answer is a sign of life",
    ),
    pytest.param(
        WITH_PAGE,
        [NO_SSH, tcp(FILTERED), http(REFUSED, 0, "port refused")],
        Observed.DEAF,
        set(),
        id="an HTTP port that refuses: alive or blocked",
    ),
    pytest.param(
        WITH_PAGE,
        [NO_SSH, tcp(FILTERED), http(FILTERED, 0, "does not answer")],
        Observed.SILENT,
        set(),
        id="nothing answers, no page either",
    ),
    pytest.param(
        NODE,
        [NO_SSH, tcp(FILTERED), http(OPEN)],
        Observed.SILENT,
        set(),
        id="pages that are no longer asked for count no more",
    ),
    pytest.param(NODE, [NO_SSH, ping(0)], None, set(), id="silence needs TCP beside ping"),
    pytest.param(NODE, [NO_SSH], None, set(), id="silence needs both probes"),
    pytest.param(NODE, [tcp(FILTERED)], None, set(), id="TCP alone says nothing"),
]


@pytest.mark.parametrize(("node", "readings", "state", "marks"), ROWS)
def test_readings_show(
    node: Node, readings: list[Reading], state: Observed | None, marks: set[Mark]
) -> None:
    found = classify(node, LINUX, {reading.probe: reading for reading in readings})

    assert (found.state if found else None) is state
    assert set(found.marks if found else ()) == marks


def test_silence_needs_ping_where_the_node_is_pinged() -> None:
    readings = {Probe.SSH: NO_SSH, Probe.TCP: tcp(FILTERED)}

    assert classify(NODE, LINUX, readings, {Probe.PING, *readings}) is None
    assert classify(NODE, LINUX, readings, readings) is not None


@dataclass
class Watch:
    """One node watched over time."""

    node: Node = NODE
    now: datetime = START
    sight: Sight = field(default_factory=Sight)
    told: list[Observation] = field(default_factory=list)
    unreachable: bool = False

    def take(self, *readings: Reading, after: timedelta = timedelta()) -> "Watch":
        self.now += after
        for reading in readings:
            stamped = replace(reading, at=self.now, arrived_at=self.now)
            self.sight = see(self.sight, self.node, LINUX, stamped, POLICY)
            self.look()
        return self

    def look(self, *, after: timedelta = timedelta()) -> "Watch":
        self.now += after
        silent = self.unreachable
        self.sight, seen = show(self.sight, self.node, POLICY, self.now, unreachable=silent)
        if seen is not None:
            self.told.append(seen)
        return self

    @property
    def last(self) -> Observation:
        return self.told[-1]


def healthy() -> Watch:
    return Watch().take(ssh(Login.OK), tcp(OPEN))


SILENCE = (NO_SSH, tcp(FILTERED))


def silent() -> Watch:
    watch = healthy()
    for _ in range(3):
        watch.take(*SILENCE, after=5 * MINUTE)
    return watch


def test_good_news_counts_at_once() -> None:
    assert (healthy().last.state, healthy().last.evidence) == (Observed.BOOT, Evidence.FRESH)


def test_one_failure_only_makes_it_suspect() -> None:
    watch = healthy().take(*SILENCE, after=5 * MINUTE)

    assert (watch.last.state, watch.last.evidence) == (Observed.BOOT, Evidence.SUSPECT)


def test_two_failures_are_not_enough() -> None:
    watch = healthy().take(*SILENCE, after=5 * MINUTE).take(*SILENCE, after=20 * MINUTE)

    assert watch.last.evidence is Evidence.SUSPECT


def test_three_failures_within_a_short_time_are_not_enough() -> None:
    watch = healthy()
    for _ in range(5):
        watch.take(*SILENCE, after=MINUTE)

    assert watch.last.evidence is Evidence.SUSPECT


def test_the_third_failure_far_enough_counts_from_the_first() -> None:
    watch = silent()

    assert (watch.last.state, watch.last.evidence) == (Observed.SILENT, Evidence.FRESH)
    assert watch.last.since == START + 5 * MINUTE


def test_an_answer_in_between_begins_the_row_anew() -> None:
    watch = healthy()
    for _ in range(4):
        watch.take(*SILENCE, after=5 * MINUTE).take(ssh(Login.OK), after=MINUTE)

    assert (watch.last.state, watch.last.evidence) == (Observed.BOOT, Evidence.FRESH)


def test_success_older_than_the_failure_is_no_evidence() -> None:
    """A TCP success from before the SSH failure must not make a wedged node of a silent one."""
    watch = healthy().take(tcp(OPEN), after=MINUTE).take(NO_SSH, after=MINUTE)

    assert watch.sight.streak is None


def test_every_kind_of_finding_needs_patience() -> None:
    watch = healthy().take(ssh(Login.OK, debug=True), after=15 * MINUTE)

    assert watch.last.state is Observed.BOOT


def test_a_silent_node_that_boots_is_booted_at_once() -> None:
    watch = silent().take(ssh(Login.OK, boot_id="two"), after=5 * MINUTE)

    assert (watch.last.state, watch.last.boot_id) == (Observed.BOOT, "two")


def test_a_new_boot_id_is_told() -> None:
    watch = healthy().take(ssh(Login.OK, boot_id="two"), after=15 * MINUTE)

    assert watch.last.boot_id == "two"


def test_the_same_again_is_not_told_again() -> None:
    watch = healthy()
    told = len(watch.told)

    watch.take(ssh(Login.OK), tcp(OPEN), after=15 * MINUTE)

    assert len(watch.told) == told


def test_a_late_reading_changes_nothing() -> None:
    watch = healthy()
    late = replace(NO_SSH, at=START - MINUTE, arrived_at=watch.now)

    assert see(watch.sight, NODE, LINUX, late, POLICY) is watch.sight


def test_when_it_last_answered_never_goes_back() -> None:
    watch = healthy().take(tcp(OPEN), after=5 * MINUTE)
    answered = watch.now
    slow = ssh(Login.OK, at=answered - 2 * MINUTE)

    sight = see(watch.sight, NODE, LINUX, replace(slow, arrived_at=answered), POLICY)

    assert sight.answered_at == answered


def test_firewalled_needs_patience_and_goes_at_once() -> None:
    watch = Watch(WITH_PORTS).take(ssh(Login.OK), tcp(OPEN, OPEN, OPEN))
    shut = (ssh(Login.OK), tcp(OPEN, FILTERED, OPEN))
    watch.take(*shut, after=5 * MINUTE)
    assert Mark.FIREWALLED not in watch.last.marks
    watch.take(*shut, after=5 * MINUTE).take(*shut, after=5 * MINUTE)
    assert Mark.FIREWALLED in watch.last.marks

    watch.take(ssh(Login.OK), tcp(OPEN, OPEN, OPEN), after=5 * MINUTE)

    assert Mark.FIREWALLED not in watch.last.marks


def test_silence_of_an_unreachable_site_is_the_sites() -> None:
    watch = healthy()
    watch.unreachable = True
    for _ in range(3):
        watch.take(*SILENCE, after=5 * MINUTE)

    assert watch.last.evidence is Evidence.UNREACHABLE


def test_witnesses_that_answer_again_leave_the_node_silent() -> None:
    watch = healthy()
    watch.unreachable = True
    for _ in range(3):
        watch.take(*SILENCE, after=5 * MINUTE)
    watch.unreachable = False

    watch.look(after=MINUTE)

    assert (watch.last.state, watch.last.evidence) == (Observed.SILENT, Evidence.FRESH)


def test_readings_that_grow_old_are_stale() -> None:
    young, old = healthy().look(after=30 * MINUTE), healthy().look(after=31 * MINUTE)

    assert (young.last.evidence, old.last.evidence) == (Evidence.FRESH, Evidence.STALE)


def test_a_finding_needs_every_probe_that_it_rests_on() -> None:
    """TCP goes on, SSH is asked no more: that nothing answers is not known any longer."""
    watch = silent()
    for _ in range(10):
        watch.take(tcp(FILTERED), after=5 * MINUTE)

    assert watch.last.evidence is Evidence.STALE


def test_after_blindness_one_probe_alone_says_nothing() -> None:
    watch = silent()
    watch.sight = replace(watch.sight, readings={}, shown=None)

    watch.take(tcp(FILTERED), after=HOUR)
    assert watch.last.evidence is Evidence.STALE
    watch.take(NO_SSH)

    assert (watch.last.state, watch.last.evidence) == (Observed.SILENT, Evidence.FRESH)


def test_a_node_first_seen_bad_is_nothing_until_it_is_sure() -> None:
    watch = Watch().take(*SILENCE)
    assert (watch.last.state, watch.last.evidence) == (Observed.STALE, Evidence.SUSPECT)

    watch.take(*SILENCE, after=5 * MINUTE).take(*SILENCE, after=5 * MINUTE)

    assert (watch.last.state, watch.last.since) == (Observed.SILENT, START)


def test_only_a_login_is_an_authenticated_sign_of_life() -> None:
    watch = Watch().take(ssh(Login.REFUSED), tcp(OPEN))

    assert watch.sight.login_at is None
    assert watch.sight.answered_at == START


def test_silence_needs_pages_where_the_node_has_some() -> None:
    readings = {reading.probe: reading for reading in (NO_SSH, tcp(FILTERED))}

    assert classify(WITH_PAGE, LINUX, readings, {Probe.HTTP}) is None
    assert classify(NODE, LINUX, readings, {Probe.HTTP}) is not None


def test_a_ping_that_was_answered_before_is_missed() -> None:
    watch = healthy().take(ping(3)).take(ping(0), after=5 * MINUTE)

    assert watch.last.evidence is Evidence.SUSPECT


def test_a_lost_packet_is_no_doubt() -> None:
    watch = healthy().take(ping(3)).take(ping(1), after=5 * MINUTE)

    assert watch.last.evidence is Evidence.FRESH


def test_a_node_that_was_never_pinged_with_success_is_not_suspect_for_it() -> None:
    watch = healthy().take(ping(0)).take(ping(0), after=5 * MINUTE)

    assert (watch.last.state, watch.last.evidence) == (Observed.BOOT, Evidence.FRESH)


def test_pings_that_are_dropped_from_now_on_are_doubted_once() -> None:
    watch = healthy().take(ping(3)).take(ping(0), after=5 * MINUTE)
    watch.take(ping(0), ssh(Login.OK), tcp(OPEN), after=MINUTE)
    assert (watch.last.state, watch.last.evidence) == (Observed.BOOT, Evidence.FRESH)

    watch.take(ping(0), after=5 * MINUTE)

    assert watch.last.evidence is Evidence.FRESH


def test_a_pinged_node_is_silent_only_by_ping_as_well() -> None:
    watch = healthy().take(ping(3))
    for _ in range(4):
        watch.take(*SILENCE, after=5 * MINUTE)
    assert watch.last.evidence is Evidence.SUSPECT

    for _ in range(3):
        watch.take(*SILENCE, ping(0), after=5 * MINUTE)

    assert (watch.last.state, watch.last.evidence) == (Observed.SILENT, Evidence.FRESH)


def test_a_silent_node_that_echoes_again_is_looked_at_anew() -> None:
    watch = healthy()
    for _ in range(4):
        watch.take(*SILENCE, ping(0), after=5 * MINUTE)
    assert watch.last.state is Observed.SILENT

    watch.take(ping(3), after=5 * MINUTE)

    assert watch.sight.doubtful
    for _ in range(3):
        watch.take(*SILENCE, ping(3), after=5 * MINUTE)
    assert watch.last.state is Observed.WEDGED


def test_silence_without_fresh_pings_is_stale_where_it_rested_on_them() -> None:
    watch = healthy()
    for _ in range(4):
        watch.take(*SILENCE, ping(0), after=5 * MINUTE)
    for _ in range(10):
        watch.take(*SILENCE, after=5 * MINUTE)

    assert watch.last.evidence is Evidence.STALE


def test_readings_of_a_node_that_is_seldom_asked_grow_old_by_its_own_intervals() -> None:
    seldom = replace(NODE, intervals=OwnIntervals(tcp=HOUR, ssh=HOUR))
    watch = Watch(seldom).take(ssh(Login.OK), tcp(OPEN))

    assert watch.look(after=2 * HOUR).last.evidence is Evidence.FRESH
    assert watch.look(after=MINUTE).last.evidence is Evidence.STALE
