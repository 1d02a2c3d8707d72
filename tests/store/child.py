"""A process that writes and is then killed: `python -m tests.store.child FOLDER`.

Says `committed` after its first commit, then `writing` inside a second one that it never ends.
"""

import asyncio
import sys
from pathlib import Path

from plcmon.model.state import Changes
from plcmon.store import open_database
from plcmon.times import SystemClock
from tests.store.examples import an_event


async def main(folder: Path) -> None:
    async with open_database(folder, clock=SystemClock()) as db:
        await db.commit(Changes(events=[an_event(1)]))
        say("committed")
        async with db.transaction() as tx:
            await db.write(tx, Changes(events=[an_event(2)]))
            say("writing")
            await asyncio.Event().wait()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
