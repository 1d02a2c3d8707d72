"""The unit file: what the service relies on, and how little it may do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.files import ROOT

UNIT = ROOT / "contrib" / "plcmon.service"


def settings() -> dict[str, list[str]]:
    """Every setting of the unit, in order; a key may come more than once."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("Restart", "on-failure"),
        ("StartLimitIntervalSec", "0"),  # never given up: what is dark waits for the next start
        ("TimeoutStopSec", "150"),  # longer than the grace for a node that is dark
        ("StateDirectory", "plcmon"),
        ("StateDirectoryMode", "0700"),
        ("RuntimeDirectory", "plcmon"),
        ("User", "plcmon"),
        ("NoNewPrivileges", "yes"),
        ("PrivateTmp", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
    ],
)
def test_the_unit_says(key: str, value: str) -> None:
    assert settings()[key] == [value]


def test_the_watchdog_is_on() -> None:
    assert int(settings()["WatchdogSec"][0]) >= 30


def test_callers_can_still_be_told_apart() -> None:
    assert "PrivateUsers" not in settings(), "it would hide who calls at the socket"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """With a program and a user that exist here; the rest is as shipped."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "plcmon.service"
    text = UNIT.read_text().replace("/opt/plcmon/bin/plcmon", "/bin/true")
    unit.write_text(text.replace("=plcmon\nGroup=plcmon", "=daemon\nGroup=daemon"))

    done = subprocess.run(
        [analyze, "verify", str(unit)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
