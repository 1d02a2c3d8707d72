"""Blocks: no two fleets hold the same one, and none is left held."""

import pytest

from plcmon.sim.blocks import FIRST, LAST, borrowed_block, claim_block


def test_a_block_is_within_its_range() -> None:
    with borrowed_block() as block:
        assert FIRST <= block <= LAST


def test_two_claims_get_two_blocks() -> None:
    with borrowed_block() as one, borrowed_block() as other:
        assert one != other


def test_a_block_that_is_held_is_refused() -> None:
    with borrowed_block() as block, pytest.raises(OSError, match="in use"):
        claim_block(block)


def test_a_block_is_free_again_afterwards() -> None:
    with borrowed_block() as block:
        pass

    again, claim = claim_block(block)

    with claim:
        assert again == block


def test_a_claim_listens_for_orders() -> None:
    block, claim = claim_block()
    with claim:
        assert claim.getsockname() == (f"127.{block}.254.254", 7000)
