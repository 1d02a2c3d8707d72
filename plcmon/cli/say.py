"""Saying commands: every verb of the Desk, made from its table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import click

from plcmon.cli.face import Face, json_option, pass_face, print_json
from plcmon.cli.follow import ending, follow, went_well
from plcmon.cli.tell import tell
from plcmon.cli.when import parse_end
from plcmon.errors import DeskError
from plcmon.operations.bulk import ALL, selects
from plcmon.operations.desk import ENDS_OFFERED, VERBS, Desk, VerbSpec
from plcmon.operations.views import Answer, IntentView

DANGEROUS = 2  # weight from which a person is asked, and a script must say --yes
TYPED = 3  # weight from which the name must be typed
DEVICE_EXIT, DESK_EXIT = 5, 4
OUTCOME_HELP = "How it ended."
ANSWERS = frozenset({"approve", "reject"})
ALL_HELP = "Everything that waits; more than a tenth of the fleet, and than five, needs --count."
BEGINS_HELP = "When it begins, as --until is written; else now."
WEEKLY_HELP = (
    'Each week by the clock of the site: "Sat 02:00-06:00", "Sat 22:00-Sun 04:00";'
    " then --until is the end of the series, half a year without it."
)
COUNT_HELP = "How many nodes a large selection means, typed by you."
UNTIL_HELP = "When it ends: 4h, 18:00 or 2026-03-14 18:00."
METAVARS = {
    "scan": "NODE|SITE...",
    "approve": "ISSUE|ACTION",
    "hostkey-accept": "NODE|SITE",
    "re-arm": "PCU|SITE|ISSUE|BREAKER",
    "maintenance": "NODE|SITE|PCU|label/K=V|group/G",
    "maintenance-end": "NODE|SITE|PCU|label/K=V|group/G",
    "freeze": "[SCOPE]",
}
MORE_HELP = {
    "approve": "ISSUE is an id, its end, or the name of what has one open issue; several may be"
    " named. What is approved still waits for its gates and its turn. ACTION is the id of an action"
    " that was forced beyond a limit of the fleet; only an admin other than the one who asked may"
    " approve it.",
    "freeze": "SCOPE is `all` (so without one), the name of a site, PCU or node, family/NAME"
    " (for example family/apc) or kind/NAME (kind/power is every power action)."
    " It never asks, and holds until `unfreeze`.",
    "unfreeze": "SCOPE as it was frozen; `why all` names what is.",
    "re-arm": "BREAKER is kind/NAME (kind/power) or family/NAME (family/apc), as `why all` names"
    " what is stopped.",
    "baseline-accept": "How many there are says `why all`; the alert comes again when clearly"
    " more are bad for long.",
    "pause": "ISSUE is an id, its end, or the name of what has one open issue.",
    "power-cycle": "--wait prints every step and ends with the verdict: exit 0 when the node is"
    " fixed, 5 when not. A person at a terminal waits unless --no-wait.",
    "settle": "Says what became of an action that ended unknown; look at the node first.",
}
FORCE_HELP = (
    "Override limits, pauses and look again; never the in-flight rule. Limits of the fleet need an"
    " admin, and a second admin's approve."
)
OUTCOMES = ("fixed", "rebooted_sick", "not_rebooted")
POWER = frozenset({"power-on", "power-off", "power-cycle"})
FORCED = POWER | {"reboot", "reinstall"}
MANY = frozenset({"scan", "approve", "reject"})  # said to several things at once


@dataclass(frozen=True, slots=True)
class Wish:
    """One verb as typed."""

    spec: VerbSpec
    subject: str = ""
    reason: str = ""
    yes: bool = False
    force: bool = False
    arguments: tuple[tuple[str, str], ...] = ()
    wait: bool = False  # follow what was begun until it ends


def say(face: Face, wish: Wish, *, as_json: bool) -> None:
    """Ask where it must be asked, say the verb, print the answer."""
    wish = settle_doubts(face, wish)
    if wish.wait:
        wait(face, wish, as_json=as_json)
        return
    answer = face.ask(lambda desk: do(desk, wish))
    print_answer(answer, as_json=as_json)
    if not answer.ok:
        device = wish.spec.name.startswith(("pcu-", "power-"))
        raise click.exceptions.Exit(DEVICE_EXIT if device else DESK_EXIT)


async def do(desk: Desk, wish: Wish) -> Answer:
    return await desk.do(
        wish.spec.name,
        wish.subject,
        reason=wish.reason,
        arguments=dict(wish.arguments),
        force=wish.force,
    )


def wait(face: Face, wish: Wish, *, as_json: bool) -> None:
    """Say it and follow it; with JSON only the action as it ended is printed."""

    def step(at: datetime, text: str) -> None:
        if not as_json:
            tell(f"{at.astimezone(face.now().tzinfo):%H:%M:%S} {text}")

    async def waiting(desk: Desk) -> IntentView:
        answer = await do(desk, wish)
        if not as_json:
            print_answer(answer, as_json=False)
        if not answer.intent:
            raise DeskError(wish.subject, wish.spec.name, "the service named no action to wait for")
        return await follow(desk, answer.intent, answer.seq, step)

    try:
        ended = face.ask(waiting)
    except KeyboardInterrupt:
        tell("it goes on without you; `plcmon actions` shows it", err=True)
        raise click.exceptions.Exit(1) from None
    if as_json:
        print_json(IntentView, ended)
    else:
        tell(ending(ended))
    if not went_well(ended):
        raise click.exceptions.Exit(DEVICE_EXIT)


def print_answer(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(Answer, answer)
        return
    tell(answer.text)
    for line in answer.lines if answer.lines != (answer.text,) else ():
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
            path = click.get_current_context().command_path
            raise click.UsageError(f"`{path}` without a terminal needs {' and '.join(missing)}")
        return wish
    if spec.reason and not wish.reason:
        wish = replace(wish, reason=click.prompt("Reason", err=True))
    if dangerous and not wish.yes:
        agree(face, wish)
    return wish


def agree(face: Face, wish: Wish) -> None:
    """Have a person agree, by `y` or, where a relay is touched, by typing the name."""
    spec = wish.spec
    tell(f"{spec.name} {wish.subject}: {spec.summary}".replace(" :", ":"), err=True)
    if wish.subject and spec.subject in {"node", "pcu", "issue"} and not selects(wish.subject):
        view = face.ask(lambda desk: desk.why(wish.subject))
        tell(f"  {view.name}: {view.sentence}", err=True)
    if spec.weight < TYPED:
        click.confirm("Go on?", abort=True, err=True)
        return
    word = wish.subject.rpartition("/")[2].split(".", 1)[0] or spec.name
    typed = click.prompt(f"Type {word} to go on", default="", show_default=False, err=True)
    if typed.strip() != word:
        raise click.Abort


def agree_to_all(face: Face, wishes: list[Wish]) -> list[Wish]:
    """One question and one reason for several subjects, each of which is shown first."""
    first = wishes[0]
    if not face.person or first.yes:
        return wishes
    tell(f"{first.spec.name}: {first.spec.summary}", err=True)
    for wish in wishes:
        view = face.ask(lambda desk, subject=wish.subject: desk.why(subject))  # type: ignore[misc] # a default binds the loop's value
        tell(f"  {view.name}: {view.sentence}", err=True)
    reason = first.reason or (click.prompt("Reason", err=True) if first.spec.reason else "")
    click.confirm(f"Go on with all {len(wishes)}?", abort=True, err=True)
    return [replace(wish, reason=reason, yes=True) for wish in wishes]


def command_for(spec: VerbSpec, name: str = "") -> click.Command:
    """The click command of one verb."""
    params: list[click.Parameter] = []
    if spec.subject:
        many = spec.name in MANY
        # A default of None would count as given, and the argument as not required.
        given: Any = {"default": "all"} if spec.name == "freeze" else {"required": True}
        given = {"required": False} if spec.name in ANSWERS else given
        nargs = -1 if many else 1
        metavar = METAVARS.get(spec.name, spec.subject.upper())
        params.append(click.Argument(["subject"], metavar=metavar, nargs=nargs, **given))
    given_words = (*spec.arguments, *spec.options)
    if spec.name in ANSWERS:
        params.append(click.Option(["--all", "everything"], is_flag=True, help=ALL_HELP))
        params.append(click.Option(["--site"], default="", help="With --all: of this site alone."))
    params += [_argument_option(spec, argument) for argument in given_words]
    params.append(click.Option(["--reason"], default="", help="Why; goes into the journal."))
    if spec.weight >= DANGEROUS:
        params.append(click.Option(["--yes"], is_flag=True, help="Do not ask."))
    if spec.name in FORCED:
        params.append(click.Option(["--force"], is_flag=True, help=FORCE_HELP))
    if spec.name in POWER:
        text = "Print the steps until it is over; so by itself for a person at a terminal."
        params.append(click.Option(["--wait/--no-wait"], default=None, help=text))
    return json_option(
        click.Command(name or spec.name, params=params, callback=_callback(spec), help=_help(spec))
    )


def _argument_option(spec: VerbSpec, argument: str) -> click.Option:
    if argument == "outcome":
        choice = click.Choice(OUTCOMES)
        return click.Option(["--outcome"], type=choice, required=True, help=OUTCOME_HELP)
    if argument == "begins":
        return click.Option(["--from", "begins"], callback=_begin, help=BEGINS_HELP)
    if argument == "weekly":
        return click.Option(["--weekly"], help=WEEKLY_HELP)
    if argument == "count":
        return click.Option(["--count"], help=COUNT_HELP)
    end = ENDS_OFFERED[spec.name]
    return click.Option(["--until"], default=end, show_default=True, callback=_end, help=UNTIL_HELP)


def _end(context: click.Context, _option: click.Parameter, text: str) -> str:
    """The end as an instant that no zone can change. Raises BadParameter."""
    face = context.ensure_object(Face)
    try:
        return parse_end(text, face.now()).isoformat()
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _begin(context: click.Context, option: click.Parameter, text: str | None) -> str:
    return _end(context, option, text) if text else ""


def _help(spec: VerbSpec) -> str:
    notes = [spec.summary]
    if spec.reason:
        notes.append("Needs a reason.")
    if spec.role != "operator":
        notes.append(f"For the role {spec.role}.")
    if spec.name in MORE_HELP:
        return f"{' '.join(notes)}\n\n{MORE_HELP[spec.name]}"
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
        wait: bool | None = None,
        everything: bool = False,
        site: str = "",
        **arguments: str,
    ) -> None:
        if arguments.get("weekly") and not said("until"):
            arguments.pop("until")  # a series has an end of its own
        given = tuple((name, text) for name, text in arguments.items() if text)
        stays = spec.name in POWER and (face.person and not as_json if wait is None else wait)
        if everything or site:
            subject = chosen(subject, site)
        elif spec.name in ANSWERS and not subject:
            raise click.UsageError("name an issue, or say --all")
        stays = stays and not (isinstance(subject, str) and selects(subject))
        subjects = [subject] if isinstance(subject, str) else list(dict.fromkeys(subject))
        wishes = [Wish(spec, one, reason, yes, force, given, stays) for one in subjects]
        if len(wishes) > 1 and spec.weight >= DANGEROUS:
            wishes = agree_to_all(face, wishes)
        for wish in wishes:
            say(face, wish, as_json=as_json)

    return callback


def chosen(subject: str | Sequence[str], site: str) -> str:
    """What `--all` and `--site` mean. Raises UsageError where a subject was named beside them."""
    if subject:
        raise click.UsageError("--all and a subject exclude each other")
    return f"site/{site}" if site else ALL


def said(name: str) -> bool:
    """True for an option that was typed, and not only offered."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not click.core.ParameterSource.DEFAULT


GROUPED = {
    name: tuple(VERBS[verb] for verb in VERBS if verb.startswith(f"{name}-"))
    for name in ("power", "pcu", "db")
}
ALONE = tuple(
    spec
    for spec in VERBS.values()
    if not spec.name.startswith(tuple(f"{name}-" for name in GROUPED))
)
SAYING = tuple(command_for(spec) for spec in ALONE)


def in_group(group: str) -> list[click.Command]:
    """The verbs `GROUP-WORD` as commands called WORD."""
    return [command_for(spec, spec.name.removeprefix(f"{group}-")) for spec in GROUPED[group]]
