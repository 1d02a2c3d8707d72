"""Raw readings in a few words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from plcmon.model.readings import Login, NodeFacts, PortAnswer, Probe, Reading
from plcmon.model.subjects import node_subject
from plcmon.operations.answered import reading_line

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_reading(probe: Probe, **more: Any) -> Reading:
    return Reading(node_subject("toml:a"), probe, NOON, NOON, **more)


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (a_reading(Probe.PING, sent=4, heard=3, detail="1 lost"), "3 of 4 answered; 1 lost"),
        (
            a_reading(Probe.TCP, ports={80: PortAnswer.OPEN, 443: PortAnswer.FILTERED}, detail="x"),
            "port 80 open, port 443 filtered",
        ),
        (
            a_reading(Probe.SSH, login=Login.OK, port=PortAnswer.OPEN, facts=NodeFacts(kernel="6")),
            "login ok; kernel 6",
        ),
        (a_reading(Probe.SSH, port=PortAnswer.REFUSED, detail="reset"), "port refused; reset"),
        (
            a_reading(
                Probe.HTTP,
                port=PortAnswer.OPEN,
                pages={"http://n/": 503, "http://n/x": 0},
                detail="http://n/ answers 503, not 200",
            ),
            "http://n/ 503, http://n/x no answer; http://n/ answers 503, not 200",
        ),
        (
            a_reading(Probe.EXTERNAL, up=False, vantage="comon"),
            "not up, as comon sees it",
        ),
        (a_reading(Probe.TCP), "nothing"),
    ],
)
def test_a_reading_says_what_the_answer_was(reading: Reading, said: str) -> None:
    assert reading_line(reading).text == said


def test_loss_is_of_pings_alone() -> None:
    ping, ports = a_reading(Probe.PING, sent=4, heard=3), a_reading(Probe.TCP)

    assert reading_line(ping).loss == pytest.approx(0.25)
    assert reading_line(ports).loss is None
