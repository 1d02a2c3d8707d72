"""Rules about the code that no linter keeps: tasks, broad excepts, printing, evaluation."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.files import PACKAGE, here, modules, name_of, tree

FORBIDDEN = frozenset(
    {
        "asyncio.gather",
        "asyncio.shield",
        "asyncio.ensure_future",
        "asyncio.run_coroutine_threadsafe",
        "asyncio.create_task",
        "asyncio.create_subprocess_shell",
        "eval",
        "exec",
        "os.system",
        "os.popen",
        "pickle.load",
        "pickle.loads",
        "time.sleep",
    }
)
# One probe, one action: each absorbs its own failure and records it.
MAY_CATCH_ALL = (PACKAGE / "scanner", PACKAGE / "actions")
MAY_PRINT = (PACKAGE / "cli",)


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def is_within(path: Path, rooms: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(room) for room in rooms)


def test_no_call_escapes_the_task_groups_or_evaluates_text() -> None:
    found = [
        f"{here(path, call)}: {name_of(call.func)}"
        for path in modules()
        for call in calls(path)
        if name_of(call.func) in FORBIDDEN
    ]

    assert not found


def test_no_program_is_started_through_a_shell() -> None:
    found = [
        here(path, call)
        for path in modules()
        for call in calls(path)
        for word in call.keywords
        if word.arg == "shell" and is_true(word.value)
    ]

    assert not found


def is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def test_every_task_belongs_to_a_task_group_and_has_a_name() -> None:
    found = [
        here(path, call)
        for path in modules()
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "create_task"
        if last(name_of(call.func.value)) not in task_groups(tree(path))
        or not any(word.arg == "name" for word in call.keywords)
    ]

    assert not found


def task_groups(module: ast.Module) -> set[str]:
    """Names that stand for a TaskGroup: bound by `async with`, assigned, or annotated."""
    return {last(name) for node in ast.walk(module) for name in bound(node) if name}


def bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.withitem(context_expr=made, optional_vars=ast.expr() as target):
            if is_task_group(made):
                yield name_of(target)
        case ast.Assign(targets=targets, value=made) if is_task_group(made):
            yield from (name_of(target) for target in targets)
        case ast.arg(arg=name, annotation=ast.expr() as kind) if "TaskGroup" in ast.unparse(kind):
            yield name
        case ast.AnnAssign(target=target, annotation=kind) if "TaskGroup" in ast.unparse(kind):
            yield name_of(target)


def is_task_group(made: ast.expr) -> bool:
    """True also where an exit stack enters the group."""
    return "TaskGroup()" in ast.unparse(made)


def last(name: str) -> str:
    """The last part of a dotted name, without the underscore that hides an attribute."""
    return name.rpartition(".")[2].lstrip("_")


def test_a_broad_except_is_one_of_few_and_says_why() -> None:
    found = [
        here(path, handler)
        for path in modules()
        for handler in ast.walk(tree(path))
        if isinstance(handler, ast.ExceptHandler)
        and is_broad(handler)
        and not (is_within(path, MAY_CATCH_ALL) and has_reason(path, handler))
    ]

    assert not found


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Catches what it cannot know. What is raised again is not caught."""
    names = {None} if handler.type is None else {last(n) for n in caught(handler.type)}
    if not names & {None, "Exception", "BaseException", "BaseExceptionGroup", "ExceptionGroup"}:
        return False
    return not any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def caught(kind: ast.expr) -> list[str]:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return [name_of(one) for one in kinds]


def has_reason(path: Path, handler: ast.ExceptHandler) -> bool:
    """A comment beside the except, or a docstring of the function that says so."""
    lines = path.read_text().splitlines()
    near = lines[handler.lineno - 1 : handler.body[0].lineno]
    if any("#" in line for line in near):
        return True
    function = enclosing(tree(path), handler)
    return function is not None and "absorb" in (ast.get_docstring(function) or "")


def enclosing(module: ast.Module, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    functions = (
        f for f in ast.walk(module) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return next((f for f in functions if any(inner is node for inner in ast.walk(f))), None)


def test_only_the_cli_prints() -> None:
    found = [
        here(path, call)
        for path in modules()
        for call in calls(path)
        if name_of(call.func) in {"print", "pprint", "pprint.pprint"}
        and not is_within(path, MAY_PRINT)
    ]

    assert not found


def test_every_ignored_type_has_a_code_and_a_reason() -> None:
    found = [
        f"{here(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "# type: ignore" in line and not line.partition("# type: ignore[")[2].count("#")
    ]

    assert not found


def test_no_comment_puts_work_off() -> None:
    words = tuple("# " + word for word in ("TODO", "FIXME", "XXX", "HACK"))
    found = [
        f"{here(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if any(word in line for word in words)
    ]

    assert not found
