"""The files of the repository that the house rules are about."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plcmon"
TESTS = ROOT / "tests"
KINDS = frozenset(
    {".py", ".toml", ".md", ".j2", ".sql", ".txt", ".service", ".tcss", ".session", ".sh", ".cfg"}
)
NAMES = frozenset({"Makefile", "LICENSE", "run", ".gitignore"})
PLACES = ("plcmon", "tests", "docs", "contrib", "requirements", ".ci")


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def modules_of_tests() -> list[Path]:
    """Every file of the tests."""
    return sorted(TESTS.rglob("*.py"))


def texts() -> Iterator[Path]:
    """Every text that is part of the project."""
    yield from (path for path in sorted(ROOT.iterdir()) if is_text(path))
    for place in PLACES:
        yield from (path for path in sorted((ROOT / place).rglob("*")) if is_text(path))


def is_text(path: Path) -> bool:
    return path.is_file() and (path.suffix in KINDS or path.name in NAMES)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def here(path: Path, node: ast.AST | None = None) -> str:
    """Where something is, for a reader: file and line."""
    line = getattr(node, "lineno", None)
    return f"{path.relative_to(ROOT)}{f':{line}' if line else ''}"


def dotted(path: Path) -> str:
    """The name by which a module is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def name_of(node: ast.expr) -> str:
    """`a.b.c` as it is written; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = name_of(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
