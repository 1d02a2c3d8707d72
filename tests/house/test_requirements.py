"""The lock file names no host, has a hash for everything, and covers what pyproject asks for."""

import re
import tomllib
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.files import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


@cache
def lock() -> str:
    return (ROOT / "requirements" / "lock.txt").read_text()


@cache
def pins() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in PIN.findall(lock())}


def wanted() -> list[Requirement]:
    """Everything that `make test` installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return [Requirement(line) for line in (*project["dependencies"], *extras["dev"])]


def test_the_lock_names_no_host() -> None:
    assert "://" not in lock()
    assert not re.search(r"^-", lock(), re.MULTILINE), "options such as an index"


def test_everything_asked_for_is_pinned_at_a_version_that_is_allowed() -> None:
    off = [
        str(need)
        for need in wanted()
        if not need.specifier.contains(pins().get(canonicalize_name(need.name), "0"))
    ]

    assert not off


def test_every_pin_has_a_hash() -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock(), flags=re.MULTILINE)
    bare = [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]

    assert not bare


def test_what_the_demo_needs_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needs = [Requirement(line) for line in project["optional-dependencies"]["demo"]]

    assert not [str(need) for need in needs if canonicalize_name(need.name) not in pins()]
