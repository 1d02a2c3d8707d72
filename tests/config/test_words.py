import pytest

from plcmon.config.words import read_condition, read_effect
from plcmon.model.decisions import Effect
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.policy import OF_ITSELF


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("power-cycle", Effect(ActionKind.POWER_CYCLE)),
        ("notify down tech pi", Effect(ActionKind.NOTIFY, "down tech pi")),
        ("penalty 1", Effect(ActionKind.PENALTY, "1")),
        ("boot-state reinstall", Effect(ActionKind.BOOT_STATE, "reinstall")),
        ("open bad_hardware", Effect(ActionKind.OPEN, "bad_hardware")),
        ("flag", Effect(ActionKind.FLAG)),
        ("alert", Effect(ActionKind.ALERT)),
    ],
)
def test_known_effects_are_read(text: str, effect: Effect) -> None:
    assert read_effect(text, IssueType.NODE_DOWN)[0] == effect


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "unknown action"),
        ("powercycle", "did you mean power-cycle?"),
        ("power-off", "unknown action"),
        ("power-cycle now", "takes no word"),
        ("notify", 'unknown notice ""'),
        ("notify digest tech", 'notice "digest" is no rung\'s: the operators get it once a day'),
        ("notify online tech", 'notice "online" is no rung\'s: it goes to whom `down` was told'),
        ("notify dwn tech", "did you mean down?"),
        ("notify down", "tells nobody"),
        ("notify down teck", "did you mean tech?"),
        ("penalty", "takes one word"),
        ("penalty 3", "allowed: 1, 2"),
        ("boot-state install", "did you mean reinstall?"),
        ("open node_donw", "did you mean node_down?"),
    ],
)
def test_unknown_effects_say_what_is_allowed(text: str, says: str) -> None:
    effect, wrong = read_effect(text, IssueType.NODE_DOWN)

    assert effect is None
    assert says in "; ".join(wrong)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("power-cycle", IssueType.PCU_DOWN, "needs a node"),
        ("repair", IssueType.SITE_DOWN, "needs a node"),
        ("notify down tech", IssueType.SELF, "needs a site"),
        ("penalty 1", IssueType.MASS_OUTAGE, "needs a site"),
    ],
)
def test_effects_must_fit_the_subject(text: str, kind: IssueType, says: str) -> None:
    assert says in read_effect(text, kind)[1][0]


@pytest.mark.parametrize(
    "text",
    [
        "silent",
        "not debug",
        "silent or wedged",
        "not silent or not wedged or has_contact tech",
        "not has_contact pi",
    ],
)
def test_grammar_of_conditions(text: str) -> None:
    assert read_condition(text, IssueType.NODE_DOWN) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a condition is missing"),
        ("or silent", "a condition is missing"),
        ("silent or", "a condition is missing"),
        ("not", "a condition is missing"),
        ("not not silent", "unknown condition"),
        ("silnt", "did you mean silent?"),
        ("silent wedged", "join with or"),
        ("silent and wedged", "join with or"),
        ("has_contact", "takes one of"),
        ("has_contact tec", "did you mean tech?"),
    ],
)
def test_bad_conditions_say_what_is_allowed(text: str, says: str) -> None:
    said = read_condition(text, IssueType.NODE_DOWN)

    assert said is not None
    assert says in "; ".join(said)


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("silent", IssueType.PCU_DOWN, "asks about a node"),
        ("min_up_missed or not deaf", IssueType.SITE_DOWN, "allowed: min_up_missed, has_contact"),
        ("power_path_ok", IssueType.SELF, "asks about a node"),
        ("not has_contact tech", IssueType.MASS_OUTAGE, "asks about a site"),
    ],
)
def test_conditions_must_fit_the_subject(text: str, kind: IssueType, says: str) -> None:
    said = read_condition(text, kind)

    assert said is not None
    assert says in "; ".join(said)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("min_up_missed", IssueType.PCU_DOWN),
        ("not has_contact tech", IssueType.SITE_DOWN),
        ("pcu_down", IssueType.NODE_DOWN),
    ],
)
def test_conditions_that_the_subject_can_answer_are_good(text: str, kind: IssueType) -> None:
    assert read_condition(text, kind) is None


def test_an_issue_opens_no_other_subjects_issue() -> None:
    effect, wrong = read_effect("open pcu_down", IssueType.NODE_DOWN)

    assert effect is None
    assert wrong[0] == '"pcu_down" is about a pcu; node_down about a node'
    assert "node_debug" in wrong[1]


def test_nothing_opens_an_issue_of_the_fleet() -> None:
    effect, wrong = read_effect("open mass_outage", IssueType.SELF)

    assert effect is None
    assert "nothing opens it" in wrong[0]


@pytest.mark.parametrize("notice", OF_ITSELF)
def test_a_notice_that_comes_by_itself_names_those_that_a_rung_may_say(notice: str) -> None:
    effect, (_, allowed) = read_effect(f"notify {notice} tech", IssueType.NODE_DOWN)

    assert effect is None
    assert "bad_dns" in allowed
    assert not [word for word in OF_ITSELF if word in allowed.split(", ")]
