import os
from pathlib import Path

import pytest

from plcmon.config.document import Document, KeyPath, dotted, read_document
from tests.config.files import write

TEXT = """\
# a comment
top = 1

[a.b]
key = "x"
many = [
  "one", # with a comment
  "two",
]
text = '''
key = "not a key"
'''
"quoted key" = {inner = 3}

[[list]]
name = "first"

[[list]]
name = "second"
"""


@pytest.fixture
def document(tmp_path: Path) -> Document:
    return read_document(write(tmp_path, TEXT))[0]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("a",), 4),
        (("a", "b", "key"), 5),
        (("a", "b", "many", 1), 6),
        (("a", "b", "text"), 10),
        (("a", "b", "quoted key", "inner"), 13),
        (("list", 0, "name"), 16),
        (("list", 1, "name"), 19),
        (("a", "b", "missing"), 4),
        (("nowhere",), None),
    ],
)
def test_each_key_knows_its_line(document: Document, path: KeyPath, line: int | None) -> None:
    assert document.line_of(path) == line


def test_has_tells_what_the_file_itself_says(document: Document) -> None:
    assert document.has(("a", "b", "key"))
    assert not document.has(("a", "b", "other"))
    assert not document.has(("top", "deeper"))


def test_key_paths_read_as_people_write_them() -> None:
    assert dotted(("nodes", "n.1", "power", 0, "out-lets")) == 'nodes."n.1".power[0].out-lets'


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    document, problems = read_document(tmp_path / "none.toml")

    assert document.data == {}
    assert "cannot be read: No such file" in str(problems[0])


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "inventory.toml")

    _, problems = read_document(tmp_path / "inventory.toml")

    assert "is no regular file" in str(problems[0])


def test_an_editors_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    document, problems = read_document(write(tmp_path, "\ufeffgood = 1\n"))

    assert (document.data, problems) == ({"good": 1}, [])


def test_syntax_error_names_its_line(tmp_path: Path) -> None:
    _, problems = read_document(write(tmp_path, "good = 1\nbad = \n"))

    assert problems[0].line == 2
    assert "not TOML" in problems[0].found


def test_key_written_twice_is_told(tmp_path: Path) -> None:
    _, problems = read_document(write(tmp_path, "[a]\nx = 1\n[a]\n"))

    assert problems[0].line == 3


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    file = tmp_path / "monitor.toml"
    file.write_bytes(b"a = 1\nb = '\xff'\n")

    _, problems = read_document(file)

    assert str(problems[0]).endswith(":2: not UTF-8")


def test_lines_are_known_however_a_statement_is_written(tmp_path: Path) -> None:
    text = """
[a.b]  # where
 plain =   "x = [1]"
empty=""
"quoted key" = 1
dotted.key = 2
list =   [
  1,
]
inline = { deep = { deeper = 1 } }
long = \'\'\'
[no.table]
no = "key"
\'\'\'
[[ c."d" ]]
last = 1979-05-27
[[c.d]]
last = 2
"""
    path = tmp_path / "odd.toml"
    path.write_text(text, encoding="utf-8")

    document, problems = read_document(path)

    assert not problems
    assert dict(document.lines) == {
        ("a",): 2,
        ("a", "b"): 2,
        ("a", "b", "plain"): 3,
        ("a", "b", "empty"): 4,
        ("a", "b", "quoted key"): 5,
        ("a", "b", "dotted"): 6,
        ("a", "b", "dotted", "key"): 6,
        ("a", "b", "list"): 7,
        ("a", "b", "list", 0): 7,
        ("a", "b", "inline"): 10,
        ("a", "b", "inline", "deep"): 10,
        ("a", "b", "inline", "deep", "deeper"): 10,
        ("a", "b", "long"): 11,
        ("c",): 15,
        ("c", "d"): 15,
        ("c", "d", 0): 15,
        ("c", "d", 0, "last"): 16,
        ("c", "d", 1): 17,
        ("c", "d", 1, "last"): 18,
    }
