"""Pages over HTTP: a sign of life, and nothing that makes a node bad."""

from dataclasses import replace

import pytest

from plcmon.model.readings import Evidence, Login, Observed, PortAnswer
from plcmon.policy.sight import show
from tests.policy.clerk import HOUR, MINUTE
from tests.policy.test_sight import (
    FILTERED,
    OPEN,
    POLICY,
    REFUSED,
    SILENCE,
    WITH_PAGE,
    Watch,
    http,
    ssh,
    tcp,
)


@pytest.mark.parametrize("port", [FILTERED, REFUSED, OPEN])
def test_pages_that_fail_cast_no_doubt_on_a_node(port: PortAnswer) -> None:
    watch = Watch(WITH_PAGE).take(ssh(Login.OK), tcp(OPEN), http(OPEN))
    bad = http(port, 0, "has a bad certificate")
    for _ in range(10):
        watch.take(bad, after=2 * MINUTE)
        watch.take(ssh(Login.OK), tcp(OPEN), bad, after=3 * MINUTE)

    assert not watch.sight.doubtful
    assert [seen.state for seen in watch.told] == [Observed.BOOT]


def test_a_page_that_answers_for_a_silent_node_makes_it_looked_at_anew() -> None:
    watch = Watch(WITH_PAGE).take(ssh(Login.OK), tcp(OPEN))
    for _ in range(3):
        watch.take(*SILENCE, http(FILTERED, 0, "does not answer"), after=5 * MINUTE)
    assert (watch.last.state, watch.sight.doubtful) == (Observed.SILENT, False)

    watch.take(http(OPEN, 500, "answers 500"), after=MINUTE)

    assert watch.sight.doubtful


def test_silence_that_rests_on_pages_is_stale_by_their_interval() -> None:
    policy = replace(POLICY, intervals=replace(POLICY.intervals, http=2 * HOUR))
    watch = Watch(WITH_PAGE)
    for _ in range(3):
        watch.take(*SILENCE, http(FILTERED, 0, "does not answer"), after=5 * MINUTE)

    _, early = show(watch.sight, WITH_PAGE, policy, watch.now + 3 * HOUR, unreachable=True)
    _, late = show(watch.sight, WITH_PAGE, policy, watch.now + 5 * HOUR, unreachable=True)

    assert early is not None
    assert early.evidence is not Evidence.STALE
    assert late is not None
    assert late.evidence is Evidence.STALE
