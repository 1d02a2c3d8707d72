import asyncio
import json
from datetime import timedelta

import pytest

from plcmon.errors import DeclinedError, UnreachableError
from plcmon.operations.desk import VERBS
from plcmon.operations.views import Answer
from tests.cli.shell import Shell
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import NOW


def words_of(verb: str) -> tuple[str, ...]:
    """The command for a verb."""
    group, _, rest = verb.partition("-")
    return (group, rest) if group in {"power", "pcu", "db"} else (verb,)


def subject_of(shell: Shell, verb: str) -> str:
    fleet = shell.desk.fleet
    return {
        "node": next(iter(fleet.nodes)),
        "pcu": next(iter(fleet.pcus)),
        "subject": next(iter(fleet.nodes)),
        "issue": next(iter(fleet.issues)),
        "intent": next(iter(fleet.intents)),
        "scope": "all",
    }.get(VERBS[verb].subject, "")


def full(shell: Shell, verb: str) -> list[str]:
    """Everything a script must say."""
    words = [*words_of(verb)]
    if VERBS[verb].subject:
        words.append(subject_of(shell, verb))
    if VERBS[verb].reason or VERBS[verb].weight >= 2:
        words += ["--reason", "because"]
    if VERBS[verb].weight >= 2:
        words.append("--yes")
    if "outcome" in VERBS[verb].arguments:
        words += ["--outcome", "fixed"]
    return words


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_a_command(verb: str) -> None:
    shell = Shell()
    subject = subject_of(shell, verb)

    result = shell.run(*full(shell, verb))

    assert (result.exit_code, result.stderr) == (0, "")
    assert (shell.said.verb, shell.said.subject) == (verb, subject)


@pytest.mark.parametrize("verb", [v for v, spec in VERBS.items() if spec.weight >= 2])
def test_dangerous_verbs_without_terminal_need_yes_and_reason(verb: str) -> None:
    shell = Shell()
    words = [word for word in full(shell, verb) if word not in {"--yes", "--reason", "because"}]

    result = shell.run(*words)

    assert result.exit_code == 2
    assert "needs --yes and --reason" in result.stderr
    assert shell.desk.said == []


@pytest.mark.parametrize("verb", [v for v, s in VERBS.items() if s.reason and s.weight < 2])
def test_verbs_that_want_a_reason_do_not_go_without(verb: str) -> None:
    shell = Shell()

    result = shell.run(*words_of(verb), subject_of(shell, verb))

    assert result.exit_code == 2
    assert "needs --reason" in result.stderr


def test_arguments_reach_the_desk() -> None:
    shell = Shell()
    issue = next(iter(shell.desk.fleet.issues))

    shell.run("pause", issue, "--until", "12h", "--reason", "moving house")

    assert shell.said.arguments == {"until": (NOW + timedelta(hours=12)).isoformat()}
    assert shell.said.reason == "moving house"


def test_force_is_for_power() -> None:
    shell = Shell()

    shell.run(*full(shell, "power-cycle"), "--force")

    assert shell.said.force


def test_freeze_without_a_scope_is_all_at_once() -> None:
    shell = Shell()

    assert shell.run("freeze").exit_code == 0
    assert shell.said.subject == "all"


def test_unfreeze_wants_its_scope() -> None:
    assert Shell().run("unfreeze", "--yes", "--reason", "x").exit_code == 2


def test_scan_takes_several_nodes() -> None:
    shell = Shell()
    names = list(shell.desk.fleet.nodes)[:3]

    assert shell.run("scan", *names).exit_code == 0
    assert [said.subject for said in shell.desk.said] == names


def test_scan_of_nothing_is_an_error() -> None:
    assert Shell().run("scan").exit_code == 2


def test_person_is_asked_for_a_reason() -> None:
    shell = Shell(person=True)
    issue = next(iter(shell.desk.fleet.issues))

    result = shell.run("pause", issue, typed="moving house\n")

    assert result.exit_code == 0
    assert shell.said.reason == "moving house"


def test_person_agrees_with_y() -> None:
    shell = Shell(person=True)
    issue = next(iter(shell.desk.fleet.issues.values()))

    result = shell.run("approve", issue.id, typed="y\n")

    assert result.exit_code == 0
    assert issue.why in result.stderr
    assert shell.said.verb == "approve"


def test_person_who_says_no_changes_nothing() -> None:
    shell = Shell(person=True)

    result = shell.run("approve", next(iter(shell.desk.fleet.issues)), typed="\n")

    assert result.exit_code == 1
    assert shell.desk.said == []


def test_power_needs_the_short_name_typed() -> None:
    shell = Shell(person=True)
    node = next(iter(shell.desk.fleet.nodes.values()))
    short = node.name.split(".")[0]

    result = shell.run(
        "power", "cycle", node.name, "--reason", "dead", "--no-wait", typed=f"{short}\n"
    )

    assert result.exit_code == 0
    assert f"Type {short} to go on" in result.stderr
    assert shell.said.subject == node.name


def test_power_with_another_name_typed_does_nothing() -> None:
    shell = Shell(person=True)
    node = next(iter(shell.desk.fleet.nodes.values()))

    result = shell.run("power", "off", node.name, "--reason", "dead", typed="y\n")

    assert result.exit_code == 1
    assert shell.desk.said == []


def test_verbs_on_nothing_in_particular_type_their_own_name() -> None:
    shell = Shell(person=True)

    result = shell.run("db", "adopt", "--reason", "restored", typed="db-adopt\n")

    assert result.exit_code == 0
    assert shell.said.verb == "db-adopt"


def test_questions_stay_off_standard_output() -> None:
    shell = Shell(person=True)
    issue = next(iter(shell.desk.fleet.issues))

    found = shell.run("approve", issue, "--json", typed="y\n").stdout

    assert set(json.loads(found)) == set(Answer.__dataclass_fields__)


def test_declined_verb_is_explained_with_exit_4() -> None:
    shell = Shell()
    shell.desk.declines = DeclinedError("n1", "freezing", "frozen already")

    result = shell.run("freeze")

    assert result.exit_code == 4
    assert result.stderr.splitlines()[0] == "n1: freezing: frozen already"
    assert "plcmon why" in result.stderr


def test_role_that_may_not_is_exit_4() -> None:
    shell = Shell(desk=FakeDesk(role="viewer"))

    assert shell.run("freeze").exit_code == 4


def test_desk_that_is_gone_is_exit_4() -> None:
    shell = Shell()
    asyncio.run(shell.desk.lose())

    result = shell.run("nodes")

    assert result.exit_code == 4
    assert "connection refused" in result.stderr


class Broken(FakeDesk):
    """A desk whose PCUs fail, in the one way or the other."""

    raises = True

    async def do(self, verb: str, subject: str = "", **_: object) -> Answer:
        if self.raises:
            raise UnreachableError(subject, "connecting", "nothing answered")
        return Answer(False, f"{subject}: timeout after 5 s", lines=("no banner",))


@pytest.mark.parametrize("raises", [True, False])
@pytest.mark.parametrize("words", [("pcu", "test"), ("pcu", "status"), ("power", "status")])
def test_device_that_fails_is_exit_5(words: tuple[str, str], raises: bool) -> None:
    desk = Broken()
    desk.raises = raises

    assert Shell(desk=desk).run(*words, "x").exit_code == 5


def test_lines_of_an_answer_are_results() -> None:
    desk = Broken()
    desk.raises = False

    assert Shell(desk=desk).run("pcu", "test", "x").stdout == (
        "x: timeout after 5 s\n  no banner\n"
    )


def test_several_are_approved_with_one_question() -> None:
    shell = Shell(person=True)
    first, second = list(shell.desk.fleet.issues)[:2]

    result = shell.run("approve", first, second, typed="y\n")

    assert result.exit_code == 0
    assert "Go on with all 2?" in result.stderr
    assert [said.subject for said in shell.desk.said] == [first, second]


def test_several_are_rejected_for_one_reason() -> None:
    shell = Shell(person=True)
    first, second = list(shell.desk.fleet.issues)[:2]

    shell.run("reject", first, second, typed="they are being moved\ny\n")

    assert [said.reason for said in shell.desk.said] == ["they are being moved"] * 2


def test_a_no_to_several_says_none_of_them() -> None:
    shell = Shell(person=True)

    result = shell.run("approve", *list(shell.desk.fleet.issues)[:2], typed="n\n")

    assert (result.exit_code, shell.desk.said) == (1, [])


def test_a_script_names_several_once_each() -> None:
    shell = Shell()
    first = next(iter(shell.desk.fleet.issues))

    shell.run("approve", first, first, "--yes", "--reason", "checked")

    assert len(shell.desk.said) == 1


def test_a_weekly_window_has_no_end_but_one_that_was_typed() -> None:
    words = ("maintenance", "princeton", "--reason", "because", "--weekly", "Sat 02:00-06:00")
    bare, ended = Shell(), Shell()

    bare.run(*words)
    ended.run(*words, "--until", "2026-06-01")

    assert bare.said.arguments == {"weekly": "Sat 02:00-06:00"}
    assert ended.said.arguments["until"].startswith("2026-06-01")


def test_a_window_may_lie_ahead() -> None:
    shell = Shell()

    shell.run("maintenance", "princeton", "--reason", "because", "--from", "2h", "--until", "4h")

    assert shell.said.arguments.keys() == {"begins", "until"}


def test_everything_of_a_site_is_approved_with_one_word() -> None:
    shell = Shell()

    shell.run("approve", "--all", "--site", "princeton", "--yes", "--reason", "because")

    assert (shell.said.verb, shell.said.subject) == ("approve", "site/princeton")


def test_approving_nothing_in_particular_is_a_mistake() -> None:
    result = Shell().run("approve", "--yes", "--reason", "because")

    assert result.exit_code == 2
    assert "name an issue, or say --all" in result.stderr
