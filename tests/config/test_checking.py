from pathlib import Path

import pytest

from plcmon.config.checking import annotation_at, check, known_keys, nearest_key
from plcmon.config.document import KeyPath, read_document
from plcmon.config.fields import Port, Section
from plcmon.config.sections import FileSection
from tests.config.files import write


class Inner(Section):
    ports: tuple[Port, ...] = ()
    port: Port | None = None


class Outer(Section):
    inner: Inner = Inner()
    parts: tuple[Inner, ...] = ()


def problems(folder: Path, text: str) -> list[str]:
    document, _ = read_document(write(folder, text))
    return [str(p).replace(f"{folder}/", "") for p in check(Outer, document.data, document)[1]]


def test_good_data_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, "[inner]\nports = [1, 2]") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[inner]\nports = [1, 0]", "monitor.toml:2: inner.ports[1]: found 0"),
        ("[inner]\nport = 70000", "monitor.toml:2: inner.port: found 70000"),
        ("[[parts]]\nport = 1\n[[parts]]\nprt = 1", "monitor.toml:4: parts[1].prt: unknown key"),
        ("inner = 3", "monitor.toml:1: inner: found 3; allowed: a table"),
    ],
)
def test_problems_know_place_and_line(tmp_path: Path, text: str, says: str) -> None:
    assert problems(tmp_path, text)[0].startswith(says)


def test_long_values_are_cut(tmp_path: Path) -> None:
    found = problems(tmp_path, f'[inner]\nport = "{"x" * 500}"')

    assert len(found[0]) < 150


def test_variable_is_named_instead_of_the_file(tmp_path: Path) -> None:
    document, _ = read_document(write(tmp_path, ""))
    variables: dict[KeyPath, str] = {("inner", "port"): "PLCMON_INNER__PORT"}

    _, found = check(Outer, {"inner": {"port": 0}}, document, variables=variables)

    assert found[0].file == "environment"
    assert found[0].key == "PLCMON_INNER__PORT"


def test_keys_are_known_at_every_depth() -> None:
    assert known_keys(Outer, ("parts", 0)) == ["ports", "port"]
    assert "policy" in known_keys(FileSection, ())
    assert known_keys(FileSection, ("api", "roles")) == []


def test_path_to_nowhere_has_no_annotation() -> None:
    assert annotation_at(Outer, ("nothing", "there")) is None


def test_unknown_reference_offers_the_nearest() -> None:
    assert nearest_key("princton", {"princeton": 1}) == "did you mean princeton?"
    assert nearest_key("x", {}) == "none is known"
