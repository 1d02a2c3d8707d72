"""Skipping what cannot change anything changes nothing: every row of the journal comes the same."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plcmon.model.events import AuditRow
from plcmon.sim.world import world as worlds
from plcmon.sim.world.fates import Fate
from plcmon.sim.world.judge import Judge
from plcmon.sim.world.shorten import play_anew
from plcmon.sim.world.world import Plan

HOUR = timedelta(hours=1)
# No crash, restart or clock jump: how long plcmon is known to have run before one is coarser when
# skipping, and all time that it is not known to have run counts for nothing.
STORY = (
    Fate(2 * HOUR, "hang", "toml:s000-0"),
    Fate(3 * HOUR, "hang", "toml:s003-0"),
    Fate(9 * HOUR, "dark", "s002", 4 * HOUR),
    Fate(20 * HOUR, "blind", "", 25 * timedelta(minutes=1)),
    Fate(26 * HOUR, "lies", "toml:p003", 20 * HOUR),
    Fate(30 * HOUR, "dead", "toml:p001", 8 * HOUR),
    Fate(34 * HOUR, "lock out", "toml:s004-2", 30 * HOUR),
    Fate(50 * HOUR, "hang a while", "toml:s002-0", 40 * timedelta(minutes=1)),
)

Line = tuple[datetime, str, str, str, str]


def journal(monkeypatch: pytest.MonkeyPatch, plan: Plan) -> list[Line]:
    """Every row of the world's journal, without what is made of event numbers."""
    lines: list[Line] = []

    class Scribe(Judge):
        def row(self, row: AuditRow) -> None:
            lines.append((self.truth.now(), row.actor, row.subject, row.verb, row.outcome))
            super().row(row)

    # The judge hears every row; nothing else in a world does.
    monkeypatch.setattr(worlds, "Judge", Scribe)
    assert not play_anew(plan).violations
    return [line for line in lines if line[3] != "scan complete"]


@pytest.mark.timeout(180)
def test_skipping_equals_stepping(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(seed=1, nodes=10, days=3.0, fates=STORY)

    skipped = journal(monkeypatch, plan)
    stepped = journal(monkeypatch, replace(plan, stepping=True))

    assert any(verb == "power-cycle verdict" for _, _, _, verb, _ in skipped)
    assert skipped == stepped
