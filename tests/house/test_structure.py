"""The shape of the house: short modules, tests that mirror them, nothing hidden in between."""

from pathlib import Path

import pytest

from tests.house.files import PACKAGE, ROOT, TESTS, here, modules, modules_of_tests, texts

MOST_LINES = 500
# Rooms of tests that are about more than one module.
WITHOUT_MIRROR = frozenset(
    {"acceptance", "bench", "contract", "fakes", "house", "peers", "simulation", "soak", "teeth"}
)

# About every module of a room together.
OF_A_ROOM = frozenset({"test_conformance.py", "test_invariants.py", "test_lines.py"})


def test_no_module_is_longer_than_anybody_reads() -> None:
    long = [
        f"{here(path)}: {lines} lines"
        for path in [*modules(), *modules_of_tests()]
        if (lines := len(path.read_text().splitlines())) > MOST_LINES
    ]

    assert not long


def mirrored(test: Path) -> list[Path]:
    """What a test file may be about: a module, a topic of one, a folder, or its own room."""
    room = PACKAGE / test.relative_to(TESTS).parent
    name = test.stem.removeprefix("test_")
    return [
        room / f"{name}.py",
        room / f"{name.rpartition('_')[0]}.py",
        room / f"__{name}__.py",
        room / name,
        *([room] if room.name == name else []),
    ]


def test_every_test_file_mirrors_a_module() -> None:
    lonely = [
        here(path)
        for path in TESTS.rglob("test_*.py")
        if path.relative_to(TESTS).parts[0] not in WITHOUT_MIRROR
        and path.name not in OF_A_ROOM
        and not any(module.exists() for module in mirrored(path))
    ]

    assert not lonely


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        here(path)
        for path in modules()
        if (text := path.read_text()).strip() and not text.startswith(('"""', 'r"""'))
    ]

    assert not silent


@pytest.mark.parametrize("name", ["utils", "common", "helpers", "misc", "manager"])
def test_no_room_has_a_name_that_says_nothing(name: str) -> None:
    assert not [here(path) for path in PACKAGE.rglob("*") if path.stem == name and path.is_dir()]
    assert not [here(path) for path in modules() if path.stem == name]


# In parts, so that this file does not name what it forbids.
MACHINE = tuple("/" + place + "/" for place in ("work", "home", "root", "Users"))


def test_nothing_names_a_place_on_one_machine() -> None:
    found = [
        f"{here(path)}:{number}"
        for path in texts()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if any(place in line for place in MACHINE)
    ]

    assert not found


def test_every_package_has_its_door() -> None:
    folders = {path.parent for path in modules()}

    assert not [here(folder) for folder in folders if not (folder / "__init__.py").is_file()]


def test_links_between_documents_lead_somewhere() -> None:
    dead = [
        f"{here(path)}: {target}"
        for path in texts()
        if path.suffix == ".md"
        for target in targets(path)
        if not (path.parent / target).exists()
    ]

    assert not dead


def targets(path: Path) -> list[str]:
    """Relative links of a document, without their anchors."""
    parts = path.read_text().split("](")[1:]
    links = [part.split(")", 1)[0].split("#", 1)[0] for part in parts]
    return [link for link in links if link and "://" not in link and "mailto:" not in link]


def test_the_root_of_the_repository_is_where_we_think() -> None:
    assert (ROOT / "pyproject.toml").is_file()
