"""The journal at the prompt: its rows by selection, and whether all of it holds."""

import asyncio
import os
from datetime import datetime
from pathlib import Path

import click

from plcmon.cli.columns import audit_columns
from plcmon.cli.commands import Commands
from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.tell import tell
from plcmon.cli.when import parse_since
from plcmon.model.policy import Policy
from plcmon.operations.phrases import count
from plcmon.operations.views import AuditView, VerifyView

BROKEN = 6  # exit code: the journal does not hold
ROWS = "show"


class Journal(Commands):
    """Whatever is no command of its own is a selection."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_help = args[:1] in (["--help"], ["-h"])
        if not asks_help and (not args or args[0] not in self.commands):
            args = [ROWS, *args]
        return super().parse_args(ctx, args)


@click.group("audit", cls=Journal)
def audit() -> None:
    """Print the journal, or check that it holds.

    Without a command: rows of SELECTION (a name, or the id of an issue or action), newest last.
    """


@audit.command(ROWS)
@click.argument("selection", default="")
@click.option("--actor", default="", help="Only what this person, or engine, did.")
@click.option("--verb", default="", help="Only this verb, or verbs that begin so.")
@click.option("--since", default="", help="Only after TIME (18:00, 2h, 2026-03-14 18:00).")
@click.option("--until", default="", help="Only before TIME.")
@click.option("--limit", default=100, show_default=True, help="How many, at most.")
@json_option
@pass_face
def show(face: Face, /, selection: str, limit: int, as_json: bool, **chosen: str) -> None:
    """Print the rows of SELECTION, newest last."""
    begin, end = (time_of(chosen[name], face.now()) for name in ("since", "until"))
    rows = face.ask(
        lambda desk: desk.audit(
            selection,
            actor=chosen["actor"],
            verb=chosen["verb"],
            since=begin,
            until=end,
            limit=limit,
        )
    )
    if as_json:
        return print_json(list[AuditView], rows)
    return print_table(audit_columns(face.now()), rows, empty="the journal has no such row")


def time_of(text: str, now: datetime) -> datetime | None:
    try:
        return parse_since(text, now) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@audit.command("verify")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="A state folder at rest, instead of the service; it is only read.",
)
@json_option
@pass_face
def verify(face: Face, state: Path | None, as_json: bool) -> None:
    """Check chain and invariants over the whole journal; exit 6 when it does not hold.

    The numbers are those of today's settings: a row that is older than a change of them is
    judged by them too.
    """
    if state is None:
        view = face.ask(lambda desk: desk.verify())
    else:
        view = asyncio.run(at_rest(state, *settings(face)))
    if as_json:
        print_json(VerifyView, view)
    else:
        print_verdict(view)
    if not view.holds:
        raise click.exceptions.Exit(BROKEN)


def settings(face: Face) -> tuple[Policy, int]:
    """The policy and how many nodes there are; without a configuration what is shipped."""
    from plcmon.config.load import default_policy
    from plcmon.inventory.toml import load

    if not face.file.exists():
        return default_policy(), 0
    found, inventory = load(face.file, os.environ)
    return found.policy, len(inventory.nodes)


async def at_rest(state: Path, policy: Policy, nodes: int) -> VerifyView:
    from plcmon.operations import auditing
    from plcmon.store.reading import open_journal

    async with open_journal(state) as journal:
        return await auditing.verify(journal, auditing.limits_of(policy, nodes))


def print_verdict(view: VerifyView) -> None:
    if view.since is not None and view.until is not None:
        rows = count(view.rows, "row")
        tell(f"{rows} from {view.since:%Y-%m-%d %H:%M} to {view.until:%Y-%m-%d %H:%M %Z}")
    if view.row is not None:
        row = view.row
        tell(f"row {row.seq}, {row.at:%Y-%m-%d %H:%M:%S}: {row.name or row.subject}: {row.verb}")
    tell(view.text if view.holds else f"it does not hold: {view.text}")
    if view.violations > 1:
        tell(f"{view.violations - 1} more after that")


AUDIT = (audit,)
