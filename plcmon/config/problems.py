"""Problems: one mistake in a file, with everything that is needed to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake; reads `file:line: key: found; allowed`."""

    file: str  # a path, or "environment"
    key: str  # dotted path, or the variable's name; empty: the file as a whole
    found: str  # what stands there, as a fragment
    allowed: str = ""  # what may stand there
    line: int | None = None  # from 1; None: not known

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        said = "; ".join(part for part in (self.found, self.allowed) if part)
        return ": ".join(part for part in (where, self.key, said) if part)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`did you mean X?`, or nothing when no word is near."""
    near = get_close_matches(word.lower(), list(words), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def one_of(word: str, words: Iterable[str]) -> str:
    """What is allowed in place of `word`: the nearest word first, then all where they are few."""
    known = sorted(words)
    listed = f"allowed: {', '.join(known)}" if 0 < len(known) <= 24 else ""
    return "; ".join(part for part in (did_you_mean(word, known), listed) if part)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, as a reader goes through the files."""
    files: dict[str, int] = {}
    once = list(dict.fromkeys(problems))
    for problem in once:
        files.setdefault(problem.file, len(files))
    return sorted(once, key=lambda problem: (files[problem.file], problem.line or 0))
