"""The fingerprint of a PCU's record: what it is reached by, and nothing else."""

from dataclasses import replace

import pytest

from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from plcmon.policy.record import record_of

PCU = Pcu(PcuKey("toml:p"), SiteKey("s"), "p", "127.0.0.1", "apc", user="apc", credential="one")


@pytest.mark.parametrize(
    "changed",
    [
        replace(PCU, host="127.0.0.2"),
        replace(PCU, family="ilo"),
        replace(PCU, user="root"),
        replace(PCU, credential="two"),
        replace(PCU, quirks=("slow",)),
        replace(PCU, options={"a": "b"}),
        replace(PCU, transports=(Transport("ssh", 22),)),
        replace(PCU, verify=False),
    ],
)
def test_another_way_to_reach_it_is_another_record(changed: Pcu) -> None:
    assert record_of(changed) != record_of(PCU)


def test_another_name_or_site_is_the_same_record() -> None:
    assert record_of(replace(PCU, name="q", site=SiteKey("t"), model="x")) == record_of(PCU)


def test_the_order_of_options_does_not_matter() -> None:
    one, other = {"a": "1", "b": "2"}, {"b": "2", "a": "1"}

    assert record_of(replace(PCU, options=one)) == record_of(replace(PCU, options=other))
