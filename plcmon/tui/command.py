"""The command line: `:fleet`, `:node NAME`, `:VERB NAME`, and their completion. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from plcmon.operations.desk import BREAKERS, VERBS
from plcmon.tui.book import Book
from plcmon.tui.filter import nearest
from plcmon.tui.keys import may
from plcmon.tui.sheets import BY_ID, BY_KIND

GOTO = {"node": "fleet", "site": "sites", "pcu": "pcus"}
PLAIN = (
    *("quit", "help", "theme", "plan", "repairs", "readiness", "history", "availability", "why"),
    "is-it-us",
)
APPROVALS = "approvals"
ASKING = "status:proposal"  # the filter that leaves what waits for a word
ALIASES = {"q": "quit", "nodes": "fleet", "intents": "actions", "events": "journal", "f": "fleet"}
THEMES = ("clerk", "paper", "contrast")
NOUNS = {"subject": "node or site", "pcu": "PCU", "intent": "action"}  # kinds, as people say them


@dataclass(frozen=True, slots=True)
class Go:
    """Show a sheet; `filter` narrows it, `key` selects a row."""

    sheet: str
    filter: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """Say a verb to a row of a sheet, or to a scope."""

    verb: str
    sheet: str = ""
    key: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """Something of the screen's own."""

    what: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing of the sort; `why` may offer the nearest word."""

    why: str


Command = Go | Say | Do | Unknown


@dataclass
class Names:
    """Live names by the kind of thing, each with the key of its row."""

    by_kind: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Book) -> "Names":
        """The names of everything in the book; short ones where they are unambiguous."""
        names = cls({"scope": {"all": "all"}})
        for kind in ("node", "site", "pcu", "issue", "intent"):
            sheet = BY_KIND[kind]
            rows = book.rows[sheet.id].values()
            names.by_kind[kind] = {sheet.name(row.view): row.id for row in rows}
        names.by_kind["scope"] |= {f"site/{key}": key for key in names.by_kind["site"].values()}
        names.by_kind["subject"] = names.by_kind["node"] | names.by_kind["site"]
        return names

    def find(self, kind: str, word: str) -> str:
        """The key of what is called `word`, or an empty text."""
        known = self.by_kind.get(kind, {})
        if word in known:
            return known[word]
        short = [key for name, key in known.items() if name.split(".", 1)[0] == word]
        return short[0] if len(short) == 1 else (word if word in known.values() else "")


def heads(role: str) -> list[str]:
    """Every first word this role may type."""
    return [*BY_ID, *GOTO, *PLAIN, APPROVALS, *(verb for verb in VERBS if may(verb, role))]


def read(text: str, names: Names, role: str) -> Command:
    """Understand a command line."""
    head, _, rest = text.strip().removeprefix(":").partition(" ")
    head, rest = ALIASES.get(head, head), rest.strip()
    if head in BY_ID:
        return Go(head, filter=rest.removeprefix("/"))
    if head in GOTO:
        return _go(head, rest, names)
    if head == APPROVALS:
        return Go("issues", filter=ASKING)
    if head in PLAIN:
        return Do(head, rest)
    if head in VERBS:
        return _say(head, rest, names, role)
    return Unknown(_no_such("command", head, heads(role)))


def _go(kind: str, word: str, names: Names) -> Command:
    key = names.find(kind, word)
    if key or not word:
        return Go(GOTO[kind], key=key)
    return Unknown(_no_such(kind, word, names.by_kind.get(kind, ())))


def _say(verb: str, word: str, names: Names, role: str) -> Command:
    if not may(verb, role):
        return Unknown(f"{verb} is for the role {VERBS[verb].role}; yours is {role or 'unknown'}")
    wanted = VERBS[verb].subject
    if not wanted:
        return Say(verb)
    if wanted == "scope":
        return Say(verb, scope=word or "all")
    if "breaker" in VERBS[verb].also and word.startswith(BREAKERS):
        return Say(verb, scope=word)
    if not word:
        return Unknown(f"{verb}: which {NOUNS.get(wanted, wanted)}?")
    key = names.find(wanted, word)
    if not key:
        for other in VERBS[verb].also:
            if found := names.find(other, word):
                return Say(verb, BY_KIND[other].id, found)
        return Unknown(_no_such(wanted, word, names.by_kind.get(wanted, ())))
    kind = wanted
    if wanted == "subject":
        kind = "node" if key in names.by_kind["node"].values() else "site"
    return Say(verb, BY_KIND[kind].id, key)


def _no_such(kind: str, word: str, known: Collection[str]) -> str:
    what = NOUNS.get(kind, kind)
    several = sorted(name for name in known if name.split(".", 1)[0] == word)
    if several:
        return f"{what} “{word}” may be {several[0]} or {several[-1]}: write the whole name"
    short = {name.split(".", 1)[0]: name for name in known}
    near = nearest(word, [*short, *short.values()])
    return f"no {what} “{word}”" + (f"; did you mean {near}?" if near else "")


def complete(text: str, names: Names, role: str) -> str:
    """The whole line that `text` may become, or an empty text."""
    head, space, word = text.partition(" ")
    if not space:
        return _first(head, heads(role))
    kind = head if head in GOTO else (VERBS[head].subject if head in VERBS else "")
    found = _first(word, sorted(names.by_kind.get(kind, ()))) if kind else ""
    if head == "why":
        found = _first(word, sorted(names.by_kind.get("subject", ())))
    if head == "theme":
        found = _first(word, THEMES)
    return f"{head} {found}" if found else ""


def _first(start: str, words: Sequence[str]) -> str:
    return next((word for word in words if start and word.startswith(start)), "")
