"""The table of docs/safety.md that shows what each guard is for names the stories that prove it."""

from tests.house.files import ROOT
from tests.teeth.table import TEETH

PAGE = ROOT / "docs" / "safety.md"
HEAD = "| mechanism | invariant | how the test removes it |\n|---|---|---|\n"


def rows() -> list[list[str]]:
    chapter = PAGE.read_text().split("## Guards have teeth\n", 1)[1].split("\n## ", 1)[0]
    table = chapter.split(HEAD, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_the_page_and_the_stories_name_the_same_mechanisms() -> None:
    stories = [[tooth.mechanism, str(tooth.invariant), tooth.removed] for tooth in TEETH]

    assert rows() == stories


def test_each_mechanism_has_one_row() -> None:
    names = [tooth.mechanism for tooth in TEETH]

    assert len(set(names)) == len(names)
