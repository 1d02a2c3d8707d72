"""A name, its addresses, and a node's own resolver: agreement, disagreement, and no evidence."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from plcmon.model.events import DnsChecked
from plcmon.model.subjects import Node, NodeKey, SiteKey
from plcmon.probes.dns import INSTALL, Resolver, addresses_here, check_name, disagreement, listed
from plcmon.probes.tcp import NoEvidenceError
from tests.fakes.names import name_server

NAME = "n1.example.org"
V4, V6, OTHER = "192.0.2.1", "2001:db8::1", "192.0.2.9"
PATIENT, SHORT = timedelta(seconds=10), timedelta(milliseconds=200)
SERVER_FAILS, REFUSED = 2, 5


def make_node(*addresses: str) -> Node:
    return Node(NodeKey("t:n1"), NAME, SiteKey("s"), addresses or (V4,))


async def checked(
    table: Mapping[str, Sequence[str]],
    *addresses: str,
    inside: bool | None = None,
    code: int = 0,
    mute: bool = False,
    deadline: timedelta = PATIENT,
) -> DnsChecked:
    node = make_node(*addresses)
    async with (
        name_server(table, code=code, mute=mute) as names,
        Resolver([names.server]) as resolver,
    ):
        return await check_name(node, resolver, inside=inside, deadline=deadline)


async def test_the_same_addresses_agree() -> None:
    assert await checked({NAME: [V4, V6]}, V6, V4) == DnsChecked(agree=True)


async def test_a_kind_that_the_inventory_lacks_is_not_compared() -> None:
    assert (await checked({NAME: [V4, V6]}, V4)).agree


async def test_another_address_disagrees_and_both_are_named() -> None:
    found = await checked({NAME: [OTHER]})

    assert not found.agree
    assert found.detail == f"{NAME} is {OTHER} in DNS; the inventory says {V4}"


async def test_one_address_more_in_dns_leads_elsewhere() -> None:
    assert not (await checked({NAME: [V4, OTHER]})).agree


async def test_a_kind_that_dns_lacks_disagrees() -> None:
    assert not (await checked({NAME: [V4]}, V4, V6)).agree


@pytest.mark.parametrize("table", [{}, {NAME: [V6]}, {NAME: []}])
async def test_a_name_without_an_address_disagrees(table: dict[str, list[str]]) -> None:
    found = await checked(table)

    assert found.detail == f"{NAME} has no address in DNS; the inventory says {V4}"


async def test_a_node_that_cannot_look_names_up_disagrees() -> None:
    found = await checked({NAME: [V4]}, inside=False)

    assert found == DnsChecked(agree=False, detail="the node itself cannot look names up")


async def test_a_node_that_can_agrees() -> None:
    assert (await checked({NAME: [V4]}, inside=True)).agree


@pytest.mark.parametrize("code", [SERVER_FAILS, REFUSED])
async def test_a_resolver_that_fails_says_nothing_of_the_node(code: int) -> None:
    with pytest.raises(NoEvidenceError):
        await checked({NAME: [V4]}, code=code)


async def test_a_silent_resolver_says_nothing_of_the_node() -> None:
    with pytest.raises(NoEvidenceError, match="silent"):
        await checked({NAME: [V4]}, mute=True, deadline=SHORT)


async def test_a_name_that_cannot_be_asked_says_nothing() -> None:
    async with Resolver(["127.0.0.1:9"]) as resolver:
        with pytest.raises(NoEvidenceError):
            await resolver.addresses("a" * 300, "A")


async def test_many_lookups_take_no_thread_each() -> None:
    async with name_server({NAME: [V4]}) as names, Resolver([names.server]) as resolver:
        await resolver.addresses(NAME, "A")
        before = threading.active_count()
        for number in range(50):
            assert not await resolver.addresses(f"n{number}.nowhere", "A")

        assert threading.active_count() == before


async def test_a_resolver_that_is_not_open_asks_nothing() -> None:
    resolver = Resolver()

    assert not resolver.is_open
    with pytest.raises(NoEvidenceError, match="not open"):
        await resolver.addresses(NAME, "A")


async def test_a_machine_without_the_library_says_what_to_install() -> None:
    async with Resolver(library="nobody_installs_this") as resolver:
        assert not resolver.is_open
        assert resolver.why_not == INSTALL


def test_disagreement_is_a_sentence() -> None:
    assert disagreement("n", {V4}, {V4}) == []
    assert listed(f"10.0.0.{number}" for number in range(1, 9)).endswith("10.0.0.4 and more")


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
async def test_an_address_is_its_own(address: str) -> None:
    assert await addresses_here(address, timedelta(seconds=5)) == (address,)


async def test_the_hosts_file_of_this_machine_counts() -> None:
    found = await addresses_here("localhost", timedelta(seconds=5))

    assert "127.0.0.1" in found
    assert len(found) == len(set(found))


async def test_what_cannot_be_a_name_teaches_nothing() -> None:
    with pytest.raises(NoEvidenceError):
        await addresses_here("x" * 70 + ".example", timedelta(seconds=5))
