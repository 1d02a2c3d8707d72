"""The demo's story, told once to the end."""

import subprocess
import sys

import pytest


@pytest.mark.alone
@pytest.mark.timeout(175)
def test_the_story_comes_true() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "plcmon", "demo", "--headless", "--seed", "1"],
        capture_output=True,
        text=True,
        timeout=172,
        stdin=subprocess.DEVNULL,
        check=False,
    )

    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-2000:]
    assert "the story came true" in told.stdout
