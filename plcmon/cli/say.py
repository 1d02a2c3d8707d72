"""Saying commands: every verb of the Desk, made from its table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from plcmon.cli.face import Face, json_option, pass_face, print_json
from plcmon.cli.tell import tell
from plcmon.operations.desk import VERBS, VerbSpec
from plcmon.operations.views import Answer

DANGEROUS = 2  # weight from which a person is asked, and a script must say --yes
TYPED = 3  # weight from which the name must be typed
DEVICE_EXIT, DESK_EXIT = 5, 4
ARGUMENT_HELP = {
    "until": "When it ends: 4h, or 2026-03-14T18:00.",
    "outcome": "How it ended.",
}
OUTCOMES = ("fixed", "rebooted_sick", "not_rebooted")
FORCED = frozenset({"power-on", "power-off", "power-cycle"})


@dataclass(frozen=True, slots=True)
class Wish:
    """One verb as typed."""

    spec: VerbSpec
    subject: str = ""
    reason: str = ""
    yes: bool = False
    force: bool = False
    arguments: tuple[tuple[str, str], ...] = ()


def say(face: Face, wish: Wish, *, as_json: bool) -> None:
    """Ask where it must be asked, say the verb, print the answer."""
    wish = settle_doubts(face, wish)
    answer = face.ask(
        lambda desk: desk.do(
            wish.spec.name,
            wish.subject,
            reason=wish.reason,
            arguments=dict(wish.arguments),
            force=wish.force,
        )
    )
    print_answer(answer, as_json=as_json)
    if not answer.ok:
        device = wish.spec.name.startswith(("pcu-", "power-"))
        raise click.exceptions.Exit(DEVICE_EXIT if device else DESK_EXIT)


def print_answer(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(Answer, answer)
        return
    tell(answer.text)
    for line in answer.lines:
        tell(f"  {line}")
    ids = [f"{name} {value}" for name, value in (("issue", answer.issue), ("intent", answer.intent))
           if value]  # fmt: skip
    if ids:
        tell(", ".join(ids), err=True)


def settle_doubts(face: Face, wish: Wish) -> Wish:
    """The wish with its reason, once a person agreed or `--yes` stands in for that."""
    spec = wish.spec
    dangerous = spec.weight >= DANGEROUS
    if not face.person:
        missing = [
            option
            for option, absent in (
                ("--yes", dangerous and not wish.yes),
                ("--reason", (dangerous or spec.reason) and not wish.reason),
            )
            if absent
        ]
        if missing:
            raise click.UsageError(
                f"`{spec.name}` without a terminal needs {' and '.join(missing)}"
            )
        return wish
    if spec.reason and not wish.reason:
        reason = click.prompt("Reason", err=True)
        wish = Wish(spec, wish.subject, reason, wish.yes, wish.force, wish.arguments)
    if dangerous and not wish.yes:
        agree(face, wish)
    return wish


def agree(face: Face, wish: Wish) -> None:
    """Have a person agree, by `y` or, where a relay is touched, by typing the name."""
    spec = wish.spec
    tell(f"{spec.name} {wish.subject}: {spec.summary}".replace(" :", ":"), err=True)
    if wish.subject and spec.subject in {"node", "pcu", "issue"}:
        view = face.ask(lambda desk: desk.why(wish.subject))
        tell(f"  {view.name}: {view.sentence}", err=True)
    if spec.weight < TYPED:
        click.confirm("Go on?", abort=True, err=True)
        return
    word = wish.subject.rpartition("/")[2].split(".", 1)[0] or spec.name
    typed = click.prompt(f"Type {word} to go on", default="", show_default=False, err=True)
    if typed.strip() != word:
        raise click.Abort


def command_for(spec: VerbSpec, name: str = "") -> click.Command:
    """The click command of one verb."""
    params: list[click.Parameter] = []
    if spec.subject:
        many = spec.name == "scan"
        # A default of None would count as given, and the argument as not required.
        given: Any = {"default": "all"} if spec.name == "freeze" else {"required": True}
        nargs = -1 if many else 1
        metavar = spec.subject.upper()
        params.append(click.Argument(["subject"], metavar=metavar, nargs=nargs, **given))
    params += [_argument_option(argument) for argument in spec.arguments]
    params.append(click.Option(["--reason"], default="", help="Why; goes into the journal."))
    if spec.weight >= DANGEROUS:
        params.append(click.Option(["--yes"], is_flag=True, help="Do not ask."))
    if spec.name in FORCED:
        text = "Override limits, pauses and look again; never the in-flight rule."
        params.append(click.Option(["--force"], is_flag=True, help=text))
    return json_option(
        click.Command(name or spec.name, params=params, callback=_callback(spec), help=_help(spec))
    )


def _argument_option(argument: str) -> click.Option:
    said = ARGUMENT_HELP.get(argument, "")
    if argument == "outcome":
        return click.Option(["--outcome"], type=click.Choice(OUTCOMES), required=True, help=said)
    return click.Option([f"--{argument}"], default="", help=said)


def _help(spec: VerbSpec) -> str:
    notes = [spec.summary]
    if spec.reason:
        notes.append("Needs a reason.")
    if spec.role != "operator":
        notes.append(f"For the role {spec.role}.")
    return " ".join(notes)


def _callback(spec: VerbSpec) -> Callable[..., None]:
    @pass_face
    def callback(
        face: Face,
        /,
        *,
        subject: str | Sequence[str] = "",
        reason: str = "",
        yes: bool = False,
        force: bool = False,
        as_json: bool = False,
        **arguments: str,
    ) -> None:
        given = tuple((name, text) for name, text in arguments.items() if text)
        for one in [subject] if isinstance(subject, str) else subject:
            say(face, Wish(spec, one, reason, yes, force, given), as_json=as_json)

    return callback


GROUPED = {
    name: tuple(VERBS[verb] for verb in VERBS if verb.startswith(f"{name}-"))
    for name in ("power", "pcu")
}
ALONE = tuple(spec for spec in VERBS.values() if not spec.name.startswith(("power-", "pcu-")))
SAYING = tuple(command_for(spec) for spec in ALONE)


def in_group(group: str) -> list[click.Command]:
    """The verbs `GROUP-WORD` as commands called WORD."""
    return [command_for(spec, spec.name.removeprefix(f"{group}-")) for spec in GROUPED[group]]
