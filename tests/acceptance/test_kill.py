"""The kill test, short: every state that a death can leave behind, once."""

from pathlib import Path

import pytest

from tests.acceptance.kill import Plan, run, table

AIMS = ("claimed", "cancelled", "dark", "unknown", "planned", "confirmed")


@pytest.mark.alone
@pytest.mark.timeout(240)
async def test_nothing_is_done_twice_lost_invented_or_left_off(tmp_path: Path) -> None:
    plan = Plan(kills=len(AIMS), seed=7, nodes=24, ails=0.2, aims=AIMS, drill=True)

    report = await run(tmp_path, plan)

    assert not report.wrong, table(report)
    assert report.kills == len(AIMS)
    assert report.share_inside >= 0.6, table(report)
    assert report.cuts, "no power was cut at all"
    assert report.drilled
