"""Beliefs: one row a subject, the present one."""

from plcmon.model.beliefs import FleetBelief, NodeBelief, PcuBelief, SiteBelief, Status
from plcmon.model.state import Changes
from plcmon.store import Database
from plcmon.store.beliefs import columns
from tests.fakes.clock import NOON
from tests.store.examples import NODE, PCU, SITE, a_node_belief


async def test_every_kind_comes_back(db: Database) -> None:
    node, pcu = a_node_belief(), PcuBelief(PCU, left_alone_until=NOON)
    site, fleet = SiteBelief(SITE, up=3), FleetBelief(blind=True, turned_bad=(("node/a", NOON),))

    await db.commit(
        Changes(
            beliefs={
                (NodeBelief, NODE): node,
                (PcuBelief, PCU): pcu,
                (SiteBelief, SITE): site,
                (FleetBelief, ""): fleet,
            }
        )
    )

    state = await db.load()
    assert (state.nodes, state.pcus, state.sites, state.fleet) == (
        {NODE: node},
        {PCU: pcu},
        {SITE: site},
        fleet,
    )


async def test_later_belief_replaces_the_earlier(db: Database) -> None:
    for status in (Status.OFFLINE, Status.ONLINE):
        belief = a_node_belief(status=status)
        await db.commit(Changes(beliefs={(NodeBelief, NODE): belief}))

    assert (await db.load()).nodes == {NODE: belief}


async def test_node_and_pcu_may_share_a_key(db: Database) -> None:
    await db.commit(
        Changes(
            beliefs={
                (NodeBelief, "toml:x"): NodeBelief("toml:x"),  # type: ignore[arg-type] # plain text
                (PcuBelief, "toml:x"): PcuBelief("toml:x"),  # type: ignore[arg-type] # plain text
            }
        )
    )

    state = await db.load()
    assert (len(state.nodes), len(state.pcus)) == (1, 1)


async def test_without_rows_the_fleet_is_as_at_birth(db: Database) -> None:
    assert (await db.load()).fleet == FleetBelief()


def test_status_is_a_column_to_read() -> None:
    row = columns(((NodeBelief, NODE), a_node_belief()))

    assert (row["kind"], row["status"], row["status_since"]) == ("node", "offline", 1772366400000)


def test_fleet_has_no_status() -> None:
    assert columns(((FleetBelief, ""), FleetBelief()))["status"] is None
