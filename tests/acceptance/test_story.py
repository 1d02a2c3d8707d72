"""The demo's story, told to somebody without a terminal, must come true."""

import asyncio
import re
import sys

import pytest

PATIENCE = 165.0  # seconds; the story itself gives up a little later than it should take


@pytest.mark.alone
@pytest.mark.timeout(180)
async def test_the_story_comes_true_without_a_terminal() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "plcmon", "demo", "--headless", "--seed", "2"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        told, _ = await process.communicate()

    text = told.decode()
    assert process.returncode == 0, text
    assert "the story came true" in text
    assert not re.search(r"^ *[0-9.]+ s +✗", text, re.MULTILINE), text
