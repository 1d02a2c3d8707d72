import os
import pwd
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.config import load_settings
from plcmon.errors import ConfigError
from plcmon.model.decisions import Mode
from plcmon.model.policy import Policy
from plcmon.model.subjects import Endpoint
from tests.config.files import NODE, problems_of, settings_of, write

HERE = Path(__file__).parents[2]


def test_empty_file_is_all_defaults(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")
    plain = Policy()

    assert settings.policy.mode is Mode.OBSERVE
    assert settings.policy.thresholds == plain.thresholds
    assert settings.policy.wire == plain.wire
    assert settings.policy.limits == plain.limits
    assert settings.state_dir == tmp_path / "state"
    assert settings.socket == tmp_path / "state" / "plcmon.sock"
    assert settings.secrets_dir == tmp_path / "secrets"
    assert settings.inventory == ()
    assert settings.mail is None
    assert settings.api.mode == 0o660


def test_own_templates_are_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()

    assert settings_of(tmp_path, "").mail_templates is None
    found = settings_of(tmp_path, "[mail]\ntemplates = 'letters'").mail_templates
    assert found == tmp_path / "letters"


def test_the_ssh_agent_of_the_environment_is_used_only_where_the_file_says_so(
    tmp_path: Path,
) -> None:
    env = {"SSH_AUTH_SOCK": "/run/mine"}

    def agent(text: str) -> str:
        return load_settings(write(tmp_path, text), env).ssh_agent

    assert agent("") == ""
    assert agent("[service]\nssh_agent = 'agent.sock'") == str(tmp_path / "agent.sock")
    assert agent("[service]\nssh_agent = '$SSH_AUTH_SOCK'") == "/run/mine"


def test_shipped_file_loads() -> None:
    settings = load_settings(HERE / "monitor.toml", {})

    assert settings.policy.mode is Mode.OBSERVE
    assert settings.inventory == (HERE / "monitor.toml",)


def test_values_arrive_where_they_belong(tmp_path: Path) -> None:
    text = """
        [policy]
        mode = "propose"
        [policy.thresholds]
        node_down_silent = "1h30m"
        [policy.guard]
        share = 0.02
        [policy.limits]
        cycles = {"20m" = 2}
        [canaries]
        endpoints = ["127.0.0.1:7", "[::1]:9"]
        good_rounds = 2
        [service]
        workers = 5
        [mail]
        host = "127.0.0.1"
        operators = ["a@example.org"]
        """

    settings = settings_of(tmp_path, text)

    assert settings.policy.mode is Mode.PROPOSE
    assert settings.policy.thresholds.node_down_silent == timedelta(minutes=90)
    assert settings.policy.guard.share == 0.02
    assert settings.policy.limits.cycles == {timedelta(minutes=20): 2}
    assert settings.policy.canaries.good_rounds == 2
    assert settings.canaries == (Endpoint("127.0.0.1", 7), Endpoint("::1", 9))
    assert settings.service.workers == 5
    assert settings.mail is not None
    assert settings.mail.operators == settings.policy.operators == ("a@example.org",)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[servce]\nworkers = 1", 1, "servce: unknown key; did you mean service?"),
        ("[service]\nworkrs = 1", 2, "service.workrs: unknown key; did you mean workers?"),
        ("[service]\nworkers = 'x'", 2, 'found "x"; allowed: a whole number'),
        ("[service]\nworkers = 0", 2, "must be greater than or equal to 1"),
        ("[service]\nlog_level = 'inf'", 2, "did you mean info?"),
        ("[service]\nstate_dir = 3", 2, "allowed: a text in quotes"),
        ("service = 3", 1, "allowed: a table"),
        ("[policy]\nmode = 'automatic'", 2, "did you mean auto?"),
        ("[policy]\nscale = 0", 2, "must be greater than 0"),
        ("[policy.intervals]\n\ntcp = 5", 3, '"5" has no unit; write "5m" or "5s"'),
        ("[policy.intervals]\ntcp = '5'", 2, '"5" has no unit; write "5m" or "5s"'),
        ("[policy.intervals]\ntcp = '0s'", 2, "must be longer than nothing"),
        ("[policy.intervals]\ntcp = 'soon'", 2, 'write for example "90s"'),
        ("[policy.limits]\ncycles = {'24' = 1}", 2, '"24" has no unit'),
        ("[policy.guard]\nshare = 1.5", 2, "must be less than or equal to 1"),
        ("[canaries]\nendpoints = ['x']", 2, "is not HOST:PORT"),
        ("[canaries]\nendpoints = 'x:1'", 2, "allowed: a list in brackets"),
        ("[api]\nmode = '0666'", 2, "lets everybody in"),
        ("[api]\nmode = 'rw'", 2, "is not a file mode"),
        ("[api.roles]\nbob = 'operater'", 2, "did you mean operator?"),
        ("[mail]\nsender = 'me'", 2, "is not a mail address"),
        ("[mail]\nhost = 'h'\nuser = 'u'", 3, "a user without a credential"),
        ("[mail]\ntls = 'ssl'", 2, "allowed: none, starttls, tls"),
        ("[mail]\ntemplates = 'none'", 2, 'none" is no folder'),
        ("[inventory]\nfiles = ['none.toml']", 2, "does not exist"),
        ("[tui]\nglyphs = 'asci'", 2, "did you mean ascii?"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    problems = problems_of(tmp_path, text)

    assert len(problems) == 1
    assert problems[0].startswith(f"monitor.toml:{line}: ")
    assert says in problems[0]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "[service]\nworkers = 0\nlog_level = 'x'\n[polcy]\n[ladder.node_down.tell]\nafter = 1"

    lines = [problem.split(":")[1] for problem in problems_of(tmp_path, text)]

    assert lines == ["2", "3", "4", "6"]


def test_secret_urls_are_not_repeated(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "[alerts]\nwebhook = ['https://hooks.example/T0KEN']")

    assert "T0KEN" not in problems[0]


def test_auto_needs_canaries(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "[policy]\nmode = 'auto'")

    assert problems == [
        'monitor.toml:2: policy.mode: "auto" without canaries;'
        " name some under [canaries] endpoints, or use observe or propose"
    ]


def test_auto_with_canaries_is_accepted(tmp_path: Path) -> None:
    text = "[policy]\nmode = 'auto'\n[canaries]\nendpoints = ['127.0.0.1:7']"

    assert settings_of(tmp_path, text).policy.mode is Mode.AUTO


def test_scale_divides_policy_time_once(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"[policy]\nscale = 120\n{NODE}")

    assert settings.policy.intervals.tcp == timedelta(seconds=2.5)
    assert settings.policy.wire == Policy().wire


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("[nodes.n2]\naddresses = ['127.1.0.2', '10.0.0.1']", '"10.0.0.1" with [policy] scale'),
        ("[pcus.p]\nhost = 'pdu.example.org'", '"pdu.example.org" with'),
        ("[sites.s]\nwitnesses = ['[2001:db8::1]:22']", '"2001:db8::1" with'),
        ("[canaries]\nendpoints = ['192.0.2.1:7']", '"192.0.2.1" with'),
    ],
)
def test_scale_is_refused_beyond_loopback(tmp_path: Path, more: str, says: str) -> None:
    problems = problems_of(tmp_path, f"[policy]\nscale = 2\n{NODE}\n{more}")

    assert len(problems) == 1
    assert says in problems[0]


def test_scale_looks_into_named_inventory_files(tmp_path: Path) -> None:
    write(tmp_path, "[nodes.far]\naddresses = ['192.0.2.9']", "fleet.toml")

    problems = problems_of(tmp_path, "[policy]\nscale = 2\n[inventory]\nfiles = ['fleet.toml']")

    assert problems[0].startswith("fleet.toml:2: nodes.far.addresses")


def test_inventory_files_are_this_one_and_the_named(tmp_path: Path) -> None:
    write(tmp_path, "", "fleet.toml")

    settings = settings_of(tmp_path, f"[inventory]\nfiles = ['fleet.toml']\n{NODE}")

    assert settings.inventory == (tmp_path / "monitor.toml", tmp_path / "fleet.toml")


def test_environment_stands_over_the_file(tmp_path: Path) -> None:
    env = {"PLCMON_POLICY__MODE": "propose", "PLCMON_POLICY__INTERVALS__TCP": "7m"}

    settings = settings_of(tmp_path, "[policy]\nmode = 'observe'", env)

    assert settings.policy.mode is Mode.PROPOSE
    assert settings.policy.intervals.tcp == timedelta(minutes=7)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PLCMON_SERVICE__WORKERS", "many", 'found "many"'),
        ("PLCMON_SERVICE__WORKRS", "3", "did you mean workers?"),
        ("PLCMON_LADDER__NODE_DOWN__TELL__AFTER", "3", "has no unit"),
    ],
)
def test_mistakes_in_the_environment_name_the_variable(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    problems = problems_of(tmp_path, "", {name: value})

    assert problems[0].startswith(f"environment: {name}: ")
    assert says in problems[0]


def test_systemd_folders_are_taken(tmp_path: Path) -> None:
    env = {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "RUNTIME_DIRECTORY": "/run/plcmon"}

    settings = settings_of(tmp_path, "", env)

    assert settings.state_dir == Path("/var/lib/a")
    assert settings.socket == Path("/run/plcmon/plcmon.sock")


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = "[service]\nstate_dir = '../s'\n[api]\nsocket = 'x.sock'"

    settings = settings_of(tmp_path, text, {"STATE_DIRECTORY": "/var/lib/a"})

    assert settings.state_dir == tmp_path.parent / "s"
    assert settings.socket == tmp_path / "x.sock"


def test_own_user_and_root_are_admins_unless_named(tmp_path: Path) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name

    roles = settings_of(tmp_path, "[api.roles]\nalice = 'viewer'").roles

    assert roles == {"root": "admin", me: "admin", "alice": "viewer"}
    assert settings_of(tmp_path, f"[api.roles]\n{me} = 'viewer'").roles[me] == "viewer"


def test_unreadable_file_is_one_clear_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path / "none.toml", {})


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")

    with pytest.raises(AttributeError):
        settings.policy = Policy()  # type: ignore[misc]  # that is what is tested


def test_a_missing_inventory_file_is_told_beside_other_mistakes(tmp_path: Path) -> None:
    text = "[policy]\nmode = 'x'\n[inventory]\nfiles = ['nope.toml']"

    problems = problems_of(tmp_path, text)

    assert len(problems) == 2
    assert any("nope.toml" in problem for problem in problems)
