"""Words: what a rung's `when` and `do` may say."""

from collections.abc import Sequence

from plcmon.config.problems import one_of
from plcmon.model.decisions import Effect
from plcmon.model.intents import ActionKind
from plcmon.model.issues import SUBJECT_OF, IssueType
from plcmon.model.policy import ARGUMENTS, CONDITIONS, LADDER_NOTICES, OF_ITSELF
from plcmon.model.subjects import BootState, Role, SubjectKind

Said = tuple[str, str]  # what was found, what is allowed
ON_NODES = frozenset(
    {ActionKind.POWER_CYCLE, ActionKind.REBOOT_SHELL, ActionKind.BOOT_STATE, ActionKind.REPAIR}
)
AT_SITES = frozenset({ActionKind.NOTIFY, ActionKind.PENALTY})
KINDS = {kind.value: kind for kind in (*ON_NODES, *AT_SITES, ActionKind.ALERT, ActionKind.FLAG)} | {
    ActionKind.OPEN.value: ActionKind.OPEN
}
WORDS_AFTER = {
    ActionKind.BOOT_STATE: tuple(state.value for state in BootState),
    ActionKind.PENALTY: ("1", "2"),
    ActionKind.OPEN: tuple(kind.value for kind in IssueType),
}
ABOUT_SITES = ("min_up_missed", "has_contact")
"""Conditions that any subject of a site can answer; the others ask about a node."""
OF_A_SITE = frozenset({SubjectKind.SITE, SubjectKind.PCU})
ROLES = tuple(role.value for role in Role)


def read_effect(text: str, kind: IssueType) -> tuple[Effect | None, Said]:
    """One effect of a rung of `kind`, or None and what is wrong with it."""
    words = text.split()
    if not words or words[0] not in KINDS:
        return None, (f'unknown action in "{text}"', one_of(words[0] if words else "", KINDS))
    action = KINDS[words[0]]
    wrong = _misplaced(action, kind) or _arguments(action, words)
    wrong = wrong or _opens_elsewhere(action, words, kind)
    return (None, wrong) if wrong else (make_effect(text), ("", ""))


def make_effect(text: str) -> Effect:
    """The effect of a text that `read_effect` accepted."""
    words = text.split()
    return Effect(KINDS[words[0]], " ".join(words[1:]))


def _misplaced(action: ActionKind, kind: IssueType) -> Said | None:
    subject = SUBJECT_OF[kind]
    if action in ON_NODES and subject is not SubjectKind.NODE:
        return f'"{action.value}" needs a node; {kind.value} is about a {subject.value}', ""
    if action in AT_SITES and subject is SubjectKind.FLEET:
        return f'"{action.value}" needs a site; {kind.value} is about the fleet', "use: alert"
    return None


def _opens_elsewhere(action: ActionKind, words: Sequence[str], kind: IssueType) -> Said | None:
    """An issue opens another one about the same subject, never about something else."""
    if action is ActionKind.OPEN and SUBJECT_OF[IssueType(words[1])] is SubjectKind.FLEET:
        return f'"{words[1]}" is about the fleet: it is found, and nothing opens it', ""
    if action is not ActionKind.OPEN or SUBJECT_OF[IssueType(words[1])] is SUBJECT_OF[kind]:
        return None
    same = [k.value for k in IssueType if SUBJECT_OF[k] is SUBJECT_OF[kind] and k is not kind]
    about = f"is about a {SUBJECT_OF[IssueType(words[1])].value}"
    return f'"{words[1]}" {about}; {kind.value} about a {SUBJECT_OF[kind].value}', one_of(
        words[1], same
    )


def _arguments(action: ActionKind, words: Sequence[str]) -> Said | None:
    given = words[1:]
    if action is ActionKind.NOTIFY:
        return _notice(given)
    if action is ActionKind.FLAG:
        return None
    if action not in WORDS_AFTER:
        return (f'"{action.value}" takes no word after it', "") if given else None
    allowed = WORDS_AFTER[action]
    if len(given) != 1:
        return f'"{action.value}" takes one word after it', f"allowed: {', '.join(allowed)}"
    if given[0] not in allowed:
        return f'unknown word "{given[0]}" after "{action.value}"', one_of(given[0], allowed)
    return None


def _notice(given: Sequence[str]) -> Said | None:
    word = given[0] if given else ""
    if word in OF_ITSELF:
        allowed = f"allowed: {', '.join(sorted(LADDER_NOTICES))}"
        return f'notice "{word}" is no rung\'s: {OF_ITSELF[word]}', allowed
    if word not in LADDER_NOTICES:
        return f'unknown notice "{word}"', one_of(word, LADDER_NOTICES)
    unknown = [role for role in given[1:] if role not in ROLES]
    if unknown:
        return f'unknown role "{unknown[0]}"', one_of(unknown[0], ROLES)
    if len(given) == 1:
        return f'"notify {given[0]}" tells nobody', f"add one of: {', '.join(ROLES)}"
    return None


def read_condition(text: str, kind: IssueType) -> Said | None:
    """What is wrong with one line of `when` in a ladder of `kind`; None when it is good.

    Grammar: CLAUSE or CLAUSE ..., a clause being [not] CONDITION [ARGUMENT].
    """
    clause: list[str] = []
    for word in [*text.split(), "or"]:
        if word != "or":
            clause.append(word)
            continue
        wrong = _clause(clause, text) or _beside_the_point(clause, kind)
        if wrong is not None:
            return wrong
        clause = []
    return None


def _beside_the_point(words: Sequence[str], kind: IssueType) -> Said | None:
    """A condition that asks about something which the issue's subject has not."""
    word, subject = words[-1 if words[-1] in CONDITIONS else -2], SUBJECT_OF[kind]
    if word not in ABOUT_SITES and subject is not SubjectKind.NODE:
        allowed = f"allowed: {', '.join(ABOUT_SITES)}" if subject in OF_A_SITE else "leave it out"
        return f'"{word}" asks about a node; {kind.value} is about a {subject.value}', allowed
    if subject is SubjectKind.FLEET:
        return f'"{word}" asks about a site; {kind.value} is about the fleet', "leave it out"
    return None


def _clause(words: Sequence[str], text: str) -> Said | None:
    left = list(words)
    if left[:1] == ["not"]:
        del left[0]
    if not left:
        return f'a condition is missing in "{text}"', 'write for example "silent or not debug"'
    if left[0] not in CONDITIONS:
        return f'unknown condition "{left[0]}"', one_of(left[0], CONDITIONS)
    arguments = ARGUMENTS.get(left[0], ())
    if len(left) != (2 if arguments else 1):
        needs = f"takes one of: {', '.join(arguments)}" if arguments else "takes no word after it"
        return f'"{" ".join(left)}" in "{text}"', f'"{left[0]}" {needs}; join with or'
    if arguments and left[1] not in arguments:
        return f'unknown word "{left[1]}" after "{left[0]}"', one_of(left[1], arguments)
    return None
