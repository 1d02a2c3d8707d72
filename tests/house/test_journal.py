"""The journal is documented: every verb that the policy writes stands in the table of its page."""

import ast
import re
from collections.abc import Iterator

from tests.house.files import PACKAGE, ROOT, here, modules, name_of, tree

PAGE = ROOT / "docs" / "safety.md"
WRITERS = ("draft.audit", "self.audit")
ANY = "*"  # stands for a word that is not known before the row is written


def table() -> set[str]:
    """The verbs of the page's table; words in capitals stand for any."""
    chapter = PAGE.read_text().split("## The journal\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in chapter.splitlines() if line.startswith("| `")]
    found = {verb for row in rows for verb in re.findall(r"`([^`]+)`", row)}
    return {re.sub(r"\b[A-Z]+\b", ANY, verb) for verb in found}


def written() -> Iterator[tuple[str, str]]:
    """Where the policy writes a row, and its verb."""
    for path in modules():
        if not path.is_relative_to(PACKAGE / "policy"):
            continue
        for call in ast.walk(tree(path)):
            if isinstance(call, ast.Call) and name_of(call.func) in WRITERS:
                yield from ((here(path, call), verb) for verb in verbs(tree(path), call.args[1]))


def verbs(module: ast.Module, node: ast.expr) -> list[str]:
    """The texts that an argument may be: a literal, a choice of two, or a name given one."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            return ["".join(text_of(part) for part in parts)]
        case ast.IfExp(body=one, orelse=other):
            return verbs(module, one) + verbs(module, other)
        case ast.Call(func=ast.Attribute(value=inner, attr="strip")):
            return verbs(module, inner)
        case ast.Name(id=name):
            given = [
                verb
                for other in ast.walk(module)
                if isinstance(other, ast.Assign) and [name_of(t) for t in other.targets] == [name]
                for verb in verbs(module, other.value)
            ]
            return given or [ANY]
    return [ANY]


def text_of(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else ANY


def covers(pattern: str, verb: str) -> bool:
    """True when the verb is one of those that a verb with a word for any stands for."""
    some_word = any(word != ANY for word in pattern.split())
    return some_word and re.fullmatch(re.escape(pattern).replace(r"\*", r"\w+"), verb) is not None


def test_every_verb_of_the_policy_stands_in_the_table() -> None:
    known = table()

    assert not [
        f"{where}: {verb}"
        for where, verb in written()
        if verb not in known and not any(covers(verb, listed) for listed in known)
    ]


def test_every_verb_of_the_table_is_written_somewhere() -> None:
    found = {verb for _, verb in written()}

    assert not [
        verb
        for verb in table()
        if verb not in found and not any(covers(pattern, verb) for pattern in found)
    ]


def test_the_table_and_the_code_are_read() -> None:
    assert {"started", "* *", "command *"} <= table()
    assert len(list(written())) > 20
