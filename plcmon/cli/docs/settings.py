"""docs/settings.md: every setting, word and inventory key."""

from collections.abc import Iterable, Iterator

from plcmon.cli.docs.markdown import table
from plcmon.config.fields import write_duration
from plcmon.config.load import default_policy
from plcmon.config.reference import Row, ladder_rows, section_rows, settings_rows, source_rows
from plcmon.config.words import KINDS, ROLES, WORDS_AFTER
from plcmon.inventory.records import RECORDS, ContactRecord, FactRecord, PathRecord
from plcmon.inventory.toml import shipped_profiles
from plcmon.model.decisions import GATES, GateName
from plcmon.model.intents import KIND_WORDS, ActionKind
from plcmon.model.policy import ARGUMENTS, CONDITIONS, LADDER_NOTICES, OF_ITSELF, Rung
from plcmon.policy.gates import INSTALLED

HEAD = """# Settings

Everything that `monitor.toml` may say.
This page is made from the code by `make docs`.

- Durations are texts with units: `"90s"`, `"5m"`, `"1h30m"`, `"7d"`. A bare number is refused.
- Paths are relative to the file that names them.
- An environment variable stands over the file: `PLCMON_SERVICE__WORKERS=50` sets
  `service.workers`; its value is read as TOML where it is TOML, else as text.
- Unknown keys and words are errors, told all at once with the nearest word; `plcmon config-check`.
- `plcmon config show` prints every value in force and where it came from.
- Durations outside `policy.wire`, `alerts` and `sources` are policy time: `policy.scale` divides
  them.
"""
SOURCES = """
## Sources outside

One table for each, `[sources.NAME]`: monitoring elsewhere that says which nodes are up.
What it says never makes a node bad, and nothing is done because of it.
Where it counts, power waits while it sees the node up; else `plcmon why` only tells it.
What cannot be asked may post, kind `webhook`: `plcmon readings post`, or [the API](api.md).
A reload adds, changes and removes them; what one that is gone had said counts no longer.
"""
LADDERS = """
## Ladders

One table for each rung, `[ladder.TYPE.RUNG]`.
A rung of the same name changes single keys of the shipped one.
"""
INVENTORY = """
## Inventory

These tables may stand in `monitor.toml` or in the files that `inventory.files` names.

Sites, PCUs and nodes may be CSV as well, in files whose names end in `.csv`:

- The name of the first column says what the rows are (`sites`, `pcus`, `nodes`); it holds the ids.
- The other columns are named as the settings; `labels.rack` is the key `rack` of `labels`.
- A cell with several words has semicolons between them; an empty cell says nothing.
- `power` is `apc1:3`, two supplies `apc1:3+apc2:3`, a second path follows a semicolon.
  A column `proven` speaks for all of them.
- The people of a site stand in `contacts.tech`, `contacts.pi` and `contacts.user`.
- A row with more or fewer cells than the head is a mistake.
- What TOML says of a record goes before what a row says, field by field; of two rows, the one of
  the file that was named first. An export can stay as it is, and a person's word beside it.

The keys of nodes and PCUs inside plcmon are `toml:ID`.
"""
SECRETS = """
## Secrets

The file names a credential, never its value.
A credential called `apc1` is looked for in this order:

1. the file `apc1` in systemd's credentials (`LoadCredential=`);
2. the variable `PLCMON_SECRET_APC1` (other characters than letters and digits become `_`);
3. the file `apc1` in `secrets.directory`, which must belong to the service or to root, mode 0600.
"""


def page() -> str:
    return "".join(_page())


def _page() -> Iterator[str]:
    yield HEAD
    groups: dict[str, list[Row]] = {}
    for row in settings_rows():
        groups.setdefault(row.key.rpartition(".")[0], []).append(row)
    for name, rows in groups.items():
        yield f"\n## [{name}]\n\n{_table(rows)}"
    yield f"{SOURCES}\n{_table(source_rows())}"
    yield SECRETS
    yield from _ladders()
    yield from _inventory()


def _ladders() -> Iterator[str]:
    yield f"{LADDERS}\n{_table(ladder_rows())}"
    yield "\n### Conditions of `when`\n\n"
    yield "Each answers yes, not now or never; `not` and `or` join.\n\n"
    for word, meaning in CONDITIONS.items():
        after = f" {'|'.join(ARGUMENTS[word])}" if word in ARGUMENTS else ""
        yield f"- `{word}{after}`: {meaning}\n"
    yield "\n### Actions of `do`\n\n"
    after_words = {kind.value: "|".join(words) for kind, words in WORDS_AFTER.items()}
    after_words["notify"] = f"NOTICE {'|'.join(ROLES)}..."
    yield "A rung with an action that nothing carries out yet is passed over: *not installed*.\n\n"
    for word in sorted(KINDS):
        kind = ActionKind(word)
        yet = "" if kind in INSTALLED else " (not installed)"
        said = f"{word} {after_words.get(word, '')}".strip()
        yield f"- `{said}`: {KIND_WORDS[kind]}{yet}\n"
    yield f"\nNotices: {', '.join(f'`{notice}`' for notice in LADDER_NOTICES)}.\n\n"
    yield "Others come by themselves, and no rung says them:\n\n"
    for notice, when in OF_ITSELF.items():
        yield f"- `{notice}`: {when}.\n"
    yield "\n### Gates\n\n"
    yield "All are asked each time, and each passes, holds or says never.\n"
    yield "`plcmon why` prints them with what they saw.\n\n"
    for gate in GateName:
        yield f"- `{gate.value}`: {GATES[gate]}\n"
    yield "\n### Shipped ladders\n\n"
    yield "| ladder | rung | after | when | do | mode |\n|---|---|---|---|---|---|\n"
    for ladder in default_policy().ladders.values():
        for rung in ladder.rungs:
            yield f"| {ladder.type.value} {_rung(rung)}"


def _rung(rung: Rung) -> str:
    after = write_duration(rung.after)
    if rung.every is not None:
        after += f", then every {write_duration(rung.every)}"
    do = ", ".join(str(effect) for effect in rung.do)
    return f"| {rung.name} | {after} | {', '.join(rung.when)} | {do} | {rung.mode.value} |\n"


def _inventory() -> Iterator[str]:
    yield INVENTORY
    for name, record in RECORDS.items():
        yield f"\n### [{name}.ID]\n\n{record.__doc__}\n\n{_table(section_rows(record))}"
    for title, part in (
        ("Entries of `contacts`", ContactRecord),
        ("Entries of `power`", PathRecord),
        ("Entries of `facts`", FactRecord),
    ):
        yield f"\n### {title}\n\n{_table(section_rows(part))}"
    yield f"\nShipped profiles: {', '.join(f'`{name}`' for name in shipped_profiles())}.\n"


def _table(rows: Iterable[Row]) -> str:
    return table(
        ("setting", "meaning", "default", "kind"),
        ((f"`{row.key}`", row.doc, f"`{row.default}`", row.kind) for row in rows),
    )
