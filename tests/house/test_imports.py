"""Any module can be imported first: all of them can be imported, and none imports in a circle."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.house.files import ROOT, dotted, modules, tree

ALL = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"


def test_every_module_can_be_imported_without_a_warning() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALL, *sorted(names())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_no_module_needs_one_that_needs_it() -> None:
    """With the test above this means: each module can be imported alone, in whatever order."""
    graph = {dotted(path): set(needs(path)) for path in modules()}

    try:
        circle = list(TopologicalSorter(graph).static_order()) and []
    except CycleError as error:
        circle = error.args[1]

    assert not circle


@cache
def names() -> frozenset[str]:
    return frozenset(dotted(path) for path in modules())


def needs(path: Path) -> Iterator[str]:
    """Modules of ours that are imported while this one is."""
    for node in at_import(tree(path)):
        match node:
            case ast.Import(names=imported):
                yield from (alias.name for alias in imported if alias.name in names())
            case ast.ImportFrom(module=str(origin), names=imported) if origin in names():
                found = {f"{origin}.{alias.name}" for alias in imported}
                yield from found & names()
                if found - names():
                    yield origin


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that runs at import: all but the insides of functions and of TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)
