"""The filter's grammar: `text`, `!text`, `site:x`, `~fuzzy`; all words of it must match."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIELDS = ("site", "status", "type", "name", "kind", "by", "pcu", "evidence", "mark", "family")


@dataclass(frozen=True, slots=True)
class Hay:
    """What a row is searched in, all lower case."""

    text: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter."""

    needle: str
    field: str = ""
    inverse: bool = False
    fuzzy: bool = False

    def matches(self, hay: Hay) -> bool:
        text = hay.fields.get(self.field, "") if self.field else hay.text
        found = is_subsequence(self.needle, text) if self.fuzzy else self.needle in text
        return found is not self.inverse

    def narrows(self, other: "Term") -> bool:
        """Whether all that this one lets through, the other lets through too, for certain."""
        mine = (self.field, self.inverse, self.fuzzy)
        if mine != (other.field, other.inverse, other.fuzzy):
            return False
        long, short = (other, self) if self.inverse else (self, other)
        if self.fuzzy:
            return is_subsequence(short.needle, long.needle)
        return short.needle in long.needle


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; an empty one lets everything through."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def matches(self, hay: Hay) -> bool:
        # A loop, not all(...): this is asked of every row for every letter, and is twice as fast.
        for term in self.terms:  # noqa: SIM110 # as above
            if not term.matches(hay):
                return False
        return True

    def narrows(self, other: "Filter") -> bool:
        """Whether it finds nothing that the other doesn't find: more typing, mostly."""
        return all(any(mine.narrows(term) for mine in self.terms) for term in other.terms)


def parse(text: str) -> Filter:
    """Read a filter as far as it has been typed; never fails."""
    terms = tuple(term for word in text.lower().split() if (term := _term(word)).needle)
    return Filter(text.strip(), terms)


def _term(word: str) -> Term:
    inverse = word.startswith("!")
    word = word.removeprefix("!")
    field, colon, rest = word.partition(":")
    if not (colon and field in FIELDS):
        field, rest = "", word
    fuzzy = rest.startswith("~")
    return Term(rest.removeprefix("~"), field, inverse, fuzzy)


def is_subsequence(needle: str, text: str) -> bool:
    """True when the letters of `needle` occur in `text` in their order."""
    letters = iter(text)
    return all(letter in letters for letter in needle)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, or an empty text."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.7)
    return found[0] if found else ""
