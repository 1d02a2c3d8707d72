"""Templates: the shipped ones, and the operator's own that stand before them."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template, TemplateError, meta
from jinja2.utils import concat

from plcmon.errors import ConfigError
from plcmon.mail.notices import FACTS, NOTICES
from plcmon.mail.text import few_lines, one_line

SHIPPED = Path(__file__).with_name("templates")
COMMON = "common"
FRAMES = ("mail.txt.j2", "mail.html.j2")
LABELS: Mapping[str, str] = {  # block -> what stands above it in the mail
    "seen": "What was seen",
    "tried": "What plcmon has tried",
    "ask": "What we ask of you",
    "next": "What happens next",
}
OF_NOTICES = frozenset(FACTS) | {"notice"}
OF_FRAMES = frozenset({"site_name", "sections", "subject", "support", "written"})
WIDTH = 76  # columns of the text part
RUNNING = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
PLAIN: Mapping[str, str] = {  # words of the service -> words of a letter
    "not_rebooted": "the node did not reboot",
    "rebooted_sick": "the node rebooted, but is not well",
    "power-cycle": "power cycle",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One labelled paragraph."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """One notice as it stands in a mail."""

    title: str
    parts: tuple[Part, ...]


class Templates:
    """Every template, read and compiled once; a mistake in one is found here, not while mailing.

    `own` is a directory whose files replace shipped ones of the same name. Making this reads
    files. Raises ConfigError with every mistake found.
    """

    def __init__(self, own: Path | None = None) -> None:
        folders = [folder for folder in (own, SHIPPED) if folder is not None]
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=lambda name: name is not None and ".html" in name,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {"wrapped": wrapped, "plain": plain}
        problems = [] if own is None or own.is_dir() else [f"{own}: is not a directory"]
        self._templates: dict[str, Template] = {}
        for name in (COMMON, *NOTICES):
            problems += self._load(f"{name}.j2", OF_NOTICES)
        for name in FRAMES:
            problems += self._load(name, OF_FRAMES)
        problems = problems or self._rehearse()
        if problems:
            raise ConfigError("mail templates", problems)

    def _load(self, name: str, words: frozenset[str]) -> list[str]:
        try:
            template = self._environment.get_template(name)
            source = Path(template.filename or "").read_text()
            unknown = meta.find_undeclared_variables(self._environment.parse(source)) - words
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            return [f"{name}{f':{line}' if line else ''}: {error.message}"]
        except (OSError, UnicodeDecodeError) as error:
            return [f"{name}: cannot be read: {error}"]
        self._templates[name] = template
        known = ", ".join(sorted(words))
        return [f"{name}: unknown word {word}; known are {known}" for word in sorted(unknown)]

    def _rehearse(self) -> list[str]:
        """Fill in every template once with words and once with nothing; what fails, fails here."""
        problems = []
        for facts in ({fact: f"({fact})" for fact in FACTS}, dict[str, str]()):
            for notice in NOTICES:
                try:
                    parts = self.section(notice, facts)
                    words = {word: facts.get("site", "") for word in OF_FRAMES}
                    for frame in FRAMES:
                        self.frame(frame, {**words, "sections": [parts]})
                except RUNNING as error:
                    problems.append(f"{notice}.j2: {type(error).__name__}: {error}")
        return list(dict.fromkeys(problems))

    def section(self, notice: str, facts: Mapping[str, str]) -> Section:
        """The notice with its facts filled in; facts are taken as untrusted."""
        words = {name: few_lines(facts.get(name, "")) for name in FACTS}
        words["notice"] = notice
        parts = [
            Part(label, text)
            for block, label in LABELS.items()
            if (text := few_lines(self._block(notice, block, words)))
        ]
        return Section(one_line(self._block(notice, "subject", words)), tuple(parts))

    def _block(self, notice: str, block: str, words: Mapping[str, str]) -> str:
        common = self._templates[f"{COMMON}.j2"]
        template = self._templates.get(f"{notice}.j2", common)
        if block not in template.blocks:
            template = common
        if block not in template.blocks:
            return ""
        return concat(template.blocks[block](template.new_context(dict(words))))

    def frame(self, name: str, words: Mapping[str, object]) -> str:
        return self._templates[name].render(words)


@cache
def shipped() -> Templates:
    """The templates as they come."""
    return Templates()


def plain(text: str) -> str:
    """`text` in words that need no glossary."""
    for word, meaning in PLAIN.items():
        text = text.replace(word, meaning)
    return text


def wrapped(text: str) -> str:
    """`text` in lines of a mail's width; what starts with a dash hangs."""
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            subsequent_indent="  " if line.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )
