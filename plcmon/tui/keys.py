"""Every key, as data: bindings, footer, help and read-only mode all come from this one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding

from plcmon.operations.desk import ROLES, VERBS


@dataclass(frozen=True, slots=True)
class Key:
    """One key and what it does. `id` is what a keymap remaps it by."""

    id: str
    keys: str  # as Textual names them, joined by commas; the first is shown
    action: str
    word: str  # in the footer
    help: str  # in the help, one sentence
    place: str = "sheet"  # app: on every screen; sheet: on lists; page: on texts
    group: str = "Look"  # heading in the help
    role: str = "viewer"  # the least role that has this key
    dangerous: bool = False  # leaves something behind at the service
    footer: int = 0  # rank in the footer; 0: only in the help
    page: int = 0  # rank in the footer of a text, where it has another
    kinds: tuple[str, ...] = ()  # rows it is for; empty: all


NODES = ("issue", "node")

KEYS: tuple[Key, ...] = (
    Key("down", "j,down", "down", "Down", "One row down.", group="Move"),
    Key("up", "k,up", "up", "Up", "One row up.", group="Move"),
    Key("top", "g,home", "top", "Top", "The first row.", group="Move"),
    Key("bottom", "G,end", "bottom", "Bottom", "The last row.", group="Move"),
    Key("page-down", "pagedown,ctrl+f", "page_down", "Page down", "One page on.", group="Move"),
    Key("page-up", "pageup,ctrl+b", "page_up", "Page up", "One page back.", group="Move"),
    Key("open", "enter", "open", "Open", "One level deeper.", group="Move", footer=1),
    Key(
        "back", "escape", "step_back", "Back",
        "One level back; clears the filter.",
        place="app", group="Move", page=1,
    ),
    Key("quit", "q", "leave", "Quit", "Back; from a list, asks and quits.", "app", "Move"),
    Key("why", "w", "why", "Why", "Every gate with its fact, age and distance.", footer=2),
    Key("describe", "d", "describe", "Describe", "Everything known of the row.", footer=6),
    Key("journal", "l", "journal", "Journal", "What happened to the row, newest first.", footer=7),
    Key("json", "y", "json", "JSON", "The row exactly as the API gives it."),
    Key("filter", "slash", "filter", "Filter", "Narrow as you type.", group="Find", footer=3),
    Key("troubles", "z", "troubles", "Troubles", "Troubles only, or all rows.", group="Find"),
    Key("sort", "s", "sort", "Sort", "Sort by the next column.", group="Find"),
    Key("reverse", "S", "reverse", "Reverse", "Turn the order round.", group="Find"),
    Key("mark", "space", "mark", "Mark", "Mark the row; verbs take the marked ones.", group="Find"),
    Key("mark-range", "ctrl+space,ctrl+@", "mark_range", "Mark to here",
        "Mark from the last marked row to this one.", group="Find"),
    Key("unmark", "ctrl+backslash", "unmark", "Unmark", "Drop all marks.", group="Find"),
    Key("copy", "c", "copy", "Copy", "Copy the row's name to the clipboard.", group="Find"),
    Key("command", "colon", "command", "Go",
        "Go anywhere, say any verb; tab completes.", "app", "Find", footer=4),
    Key("help", "question_mark", "help", "Help", "The keys of this screen.", "app", "Find",
        footer=5),
    Key("repaint", "ctrl+l", "repaint", "Repaint", "Draw the screen anew.", "app", "Find"),
    Key("issues", "1", "sheet('issues')", "Issues", "What needs me.", "app", "Screens"),
    Key("fleet", "2", "sheet('fleet')", "Fleet", "Every node.", "app", "Screens"),
    Key("sites", "3", "sheet('sites')", "Sites", "Every site.", "app", "Screens"),
    Key("pcus", "4", "sheet('pcus')", "PCUs", "Every power control unit.", "app", "Screens"),
    Key("actions", "5", "sheet('actions')", "Actions", "What was done and is being done.", "app",
        "Screens"),
    Key("story", "6", "sheet('journal')", "Journal", "The story, line by line.", "app", "Screens"),
    Key("approve", "a", "say('approve')", "Approve", "Let the proposed rung run.", group="Act",
        role="operator", dangerous=True, footer=9, kinds=("issue", "intent")),
    Key("reject", "x", "say('reject')", "Reject", "Pass the proposed rung over.", group="Act",
        role="operator", dangerous=True, kinds=("issue",)),
    Key("pause", "p", "say('pause')", "Pause", "Let the issue stand still for a while.",
        group="Act", role="operator", dangerous=True, kinds=("issue",)),
    Key("resume", "P", "say('resume')", "Resume", "Let the issue climb again.", group="Act",
        role="operator", dangerous=True, kinds=("issue",)),
    Key("maintenance", "m", "say('maintenance')", "Maintenance", "Do nothing until an end.",
        group="Act", role="operator", dangerous=True, kinds=("issue", "node", "pcu", "site")),
    Key("act", "exclamation_mark", "act", "Act", "All verbs for the row; every one asks.",
        group="Act", role="operator", dangerous=True, footer=10,
        kinds=("issue", "node", "pcu", "site", "intent")),
    Key("freeze", "F", "freeze", "Freeze", "Stop all new actions, without asking.", "app",
        "Act", role="operator", dangerous=True, footer=11),
    Key("page-line-down", "j,down", "scroll(1)", "Down", "One line down.", "page", "Move"),
    Key("page-line-up", "k,up", "scroll(-1)", "Up", "One line up.", "page", "Move"),
    Key("page-top", "g,home", "scroll_top", "Top", "The beginning.", "page", "Move"),
    Key("page-bottom", "G,end", "scroll_bottom", "Bottom", "The end.", "page", "Move"),
    Key("page-page-down", "pagedown,ctrl+f,space", "scroll_page(1)", "Page down", "One page on.",
        "page", "Move"),
    Key("page-page-up", "pageup,ctrl+b", "scroll_page(-1)", "Page up", "One page back.", "page",
        "Move"),
    Key("page-copy", "c", "copy", "Copy", "Copy the whole text to the clipboard.", "page", "Find",
        footer=2),
)  # fmt: skip
FOOTER_MOST = 8
BY_ID: Mapping[str, Key] = {key.id: key for key in KEYS}
SHOWN = {
    "slash": "/", "colon": ":", "question_mark": "?", "exclamation_mark": "!", "escape": "esc",
    "ctrl+backslash": "ctrl+\\",
}  # fmt: skip


def bindings(place: str) -> list[Binding]:
    """The bindings of one place; ids let a keymap move them."""
    return [
        Binding(key.keys, key.action, key.word, id=key.id, show=False)
        for key in KEYS
        if key.place == place
    ]


def shown(key: Key, keymap: Mapping[str, str] | None = None) -> str:
    """The key as people read it."""
    first = (keymap or {}).get(key.id, key.keys).split(",")[0]
    return SHOWN.get(first, first)


def allowed(key: Key, role: str, *, lost: bool = False) -> bool:
    """Whether this role has the key; dangerous keys need a desk that answers."""
    if key.dangerous and lost:
        return False
    return role in ROLES[ROLES.index(key.role) :]


def may(verb: str, role: str) -> bool:
    """Whether this role may say the verb."""
    return role in ROLES[ROLES.index(VERBS[verb].role) :]


def fits(key: Key, kind: str) -> bool:
    """Whether the key means something for rows of this kind."""
    return not key.kinds or kind in key.kinds


def of_action(action: str, parameters: tuple[object, ...]) -> Key | None:
    """The key behind an action call, if it is one of ours."""
    arguments = ", ".join(repr(parameter) for parameter in parameters)
    wanted = f"{action}({arguments})" if arguments else action
    return next((key for key in KEYS if key.action == wanted), None)


def footer(place: str, kind: str, role: str, *, lost: bool = False) -> list[Key]:
    """At most eight keys: safe ones first, dangerous ones last."""

    def rank(key: Key) -> int:
        return key.page or key.footer if place == "page" else key.footer

    ranked = sorted(
        (
            key
            for key in KEYS
            if rank(key) and key.place in (place, "app")
            and fits(key, kind) and allowed(key, role, lost=lost)
        ),
        key=rank,
    )  # fmt: skip
    dangerous = [key for key in ranked if key.dangerous]
    safe = [key for key in ranked if not key.dangerous]
    return safe[: FOOTER_MOST - len(dangerous)] + dangerous


def help_keys(place: str, role: str) -> Iterable[Key]:
    """The keys the help of a place tells of; what this role lacks is not shown."""
    return [key for key in KEYS if key.place in (place, "app") and allowed(key, role)]
