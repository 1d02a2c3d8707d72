"""The power room."""

from plcmon.model.intents import IntentState
from plcmon.model.readings import Observed
from tests.actions.stage import Stage


async def test_first(stage: Stage) -> None:
    async with stage.run() as run:
        await stage.ready(run)
        await stage.fall_silent(run)
        intent = await run.until_over()

        assert intent.state is IntentState.CONFIRMED, intent
        print([ (type(e.body).__name__, getattr(e.body,'stage','')) for e in run.events if e.intent])
    assert stage.cuts() == [("off", "3")]
    assert stage.relay.on
