"""What `is-it-us` says in sentences, the same at the prompt and on the screen. Pure."""

from plcmon.operations.phrases import ago, count
from plcmon.operations.reports import ClusterView, IsItUsView, SourceView, WitnessView

MILLISECONDS = 1000
MOST_SHOWN = 10  # groups


def canary_line(view: IsItUsView) -> str:
    if not view.asked:
        return "canaries: none was asked"
    blind = f"; blind for {ago(view.blind_since, view.at).removesuffix(' ago')}"
    return (
        f"canaries: {view.good} of {view.asked} answer, {view.needed} must;"
        f" the last round was {ago(view.canaries_at, view.at)}{blind if view.blind else ''}"
    )


def health_line(view: IsItUsView) -> str:
    said = view.unwell or "well"
    return (
        f"our own health: {said}; the loop is {view.lag_s * MILLISECONDS:.0f} ms late,"
        f" {view.descriptors:.0%} of the descriptors are in use,"
        f" {count(view.dropped, 'failed reading')} did not count"
    )


def down_line(view: IsItUsView) -> str:
    """How many are down, and which of them only seem so."""
    parts = [
        f"{number} {words}"
        for number, words in (
            (view.unreachable, "out of reach with their site's witnesses"),
            (view.suspect, "suspect: failed once, which does not count yet"),
        )
        if number
    ]
    of_them = f" ({'; '.join(parts)})" if parts else ""
    more = f"; {view.set_aside} more are in maintenance, or bad for very long"
    aside = more if view.set_aside else ""
    return f"down: {view.down} of {count(view.nodes, 'node')} in question{of_them}{aside}"


def source_note(row: SourceView, view: IsItUsView) -> str:
    """What else matters of a source."""
    heard = f"heard {ago(row.heard_at, view.at)}" if row.heard_at else "never heard"
    counts = "its up keeps power away" if row.counts else "it only informs"
    return "; ".join(part for part in (row.trouble, heard, counts) if part)


def witness_note(row: WitnessView, view: IsItUsView) -> str:
    if row.says == "none":
        return "nothing there has answered lately"
    if row.says == "silent":
        return f"all that answered are silent, for {ago(row.since, view.at).removesuffix(' ago')}"
    witnesses = "1 witness answers" if row.answering == 1 else f"{row.answering} witnesses answer"
    return f"{witnesses}, heard {ago(row.since, view.at)}"


def cluster_name(row: ClusterView) -> str:
    return f"{row.kind} {row.name}" if row.kind != "time" else f"fell {row.name}"


def cluster_note(row: ClusterView) -> str:
    """Its other names, and what is known of it."""
    also = f"also {', '.join(row.also)}" if row.also else ""
    return "; ".join(part for part in (*row.known, also) if part)


def percent_of(share: float | None) -> str:
    """A share beside others: whole percents, but what is something is never shown as nothing."""
    if share is None:
        return "-"
    if 0 < share < 0.01:
        return "<1%"
    return "100%" if share == 1 else f"{min(share, 0.99):.0%}"


def shown_clusters(view: IsItUsView) -> tuple[ClusterView, ...]:
    """The first ones, and all times: nobody reads more."""
    groups = [row for row in view.clusters if row.kind != "time"]
    return (*groups[:MOST_SHOWN], *(row for row in view.clusters if row.kind == "time"))


def unexplained_line(view: IsItUsView) -> str:
    """What stands in no line above it, and why."""
    if not view.down:
        return ""
    left = len(view.clusters) - len(shown_clusters(view))
    if left:
        named = f"{count(left, 'group')} more stand out"
        return f"{named}; {part_of(view)} in none"
    if not any(row.kind != "time" for row in view.clusters):
        return "no group stands out"
    return f"{part_of(view)} in none of these"


def part_of(view: IsItUsView) -> str:
    verb = "is" if view.unexplained == 1 else "are"
    return f"{view.unexplained} of the {view.down} {verb}"
