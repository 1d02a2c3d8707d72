"""The command for when much is down: is it our own uplink, or theirs?"""

from collections.abc import Sequence

import click

from plcmon.cli.face import Face, json_option, pass_face, print_json, print_table
from plcmon.cli.table import Column
from plcmon.cli.tell import tell
from plcmon.operations.is_it_us_words import (
    canary_line,
    cluster_name,
    cluster_note,
    down_line,
    health_line,
    percent_of,
    shown_clusters,
    source_note,
    unexplained_line,
    witness_note,
)
from plcmon.operations.phrases import age, ago, count
from plcmon.operations.reports import IsItUsView


@click.command("is-it-us")
@json_option
@pass_face
def is_it_us(face: Face, as_json: bool) -> None:
    """Say whether it is our own uplink or theirs, and what speaks for it.

    Our canaries and our own health; what sources and sites' witnesses see of what is down; and
    what that has in common: site, network, PCU, label, or when it fell.
    """
    view = face.ask(lambda desk: desk.is_it_us())
    if as_json:
        return print_json(IsItUsView, view)
    tell(view.sentence)
    tell(f"\n{canary_line(view)}")
    if view.canaries:
        print_table(canary_columns(view), view.canaries, empty="")
    tell(health_line(view))
    tell(f"\n{down_line(view)}")
    if not view.down:
        return None
    tell(f"\nwhat others see of {'it' if view.down == 1 else f'the {view.down}'}")
    if view.sources:
        print_table(source_columns(view), view.sources, empty="")
    else:
        tell("no source outside is configured")
    tell(f"\nwitnesses, of {count(view.sites, 'site')} where something is down")
    print_table(witness_columns(view), view.witnesses, empty="")
    if view.sites > len(view.witnesses):
        tell(f"and {view.sites - len(view.witnesses)} more sites")
    tell("\nwhat they have in common")
    if view.clusters:
        print_table(cluster_columns(view), shown_clusters(view), empty="")
    tell(unexplained_line(view))
    return tell(view.rule)


def canary_columns(view: IsItUsView) -> Sequence[Column]:
    return [
        Column("CANARY", lambda row: row.address, least=16),
        Column("ANSWERS", lambda row: "yes" if row.answers else "NO"),
        Column("FOR", lambda row: age(row.since, view.at), right=True),
    ]


def source_columns(view: IsItUsView) -> Sequence[Column]:
    return [
        Column("SOURCE", lambda row: row.name, least=8),
        Column("UP", lambda row: str(row.up), right=True),
        Column("DOWN", lambda row: str(row.down), right=True),
        Column("SAYS NOTHING", lambda row: str(row.unknown), right=True),
        Column("DOWN ONLY THERE", lambda row: str(row.down_there), right=True, drop=1),
        Column("NOTE", lambda row: source_note(row, view), least=16),
    ]


def witness_columns(view: IsItUsView) -> Sequence[Column]:
    return [
        Column("SITE", lambda row: row.site, least=10),
        Column("DOWN", lambda row: f"{row.down} of {row.nodes}", right=True),
        Column("WITNESSES", lambda row: row.says),
        Column("NOTE", lambda row: witness_note(row, view), least=16),
    ]


def cluster_columns(view: IsItUsView) -> Sequence[Column]:
    return [
        Column("WHAT", cluster_name, least=16),
        Column("DOWN", lambda row: f"{row.down} of {row.nodes}", right=True),
        Column("SHARE", lambda row: percent_of(row.share), right=True),
        Column("REST", lambda row: percent_of(row.rest), right=True),
        Column("FIRST FELL", lambda row: ago(row.first_at, view.at), right=True, drop=1),
        Column("KNOWN", lambda row: cluster_note(row) or "-", least=12),
    ]


UPLINK = (is_it_us,)
