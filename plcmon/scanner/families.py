"""Address families: is our own IPv4, or our own IPv6, lost while the other still works?

The quorum over all canaries misses it where few of them have that family. A node that needs the
lost one may be well: what fails there is no evidence, and becomes stale.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from plcmon.model.policy import Canaries
from plcmon.model.subjects import Endpoint, Node


class Families:
    """Which families are lost, by the canaries that have an address of it."""

    def __init__(self) -> None:
        self._good_rounds: dict[int, int] = {}  # IP version that is lost -> good rounds since
        self._why: dict[int, str] = {}

    def note(self, answered: Mapping[Endpoint, bool], rules: Canaries) -> None:
        """Take one round of canaries; those with a name belong to no family."""
        by_version: dict[int, list[bool]] = {}
        for canary, good in answered.items():
            version = version_of(canary.host)
            if version:
                by_version.setdefault(version, []).append(good)
        for version, found in by_version.items():
            if sum(found) < rules.good_share * len(found):
                self._good_rounds[version] = 0
                self._why[version] = f"{sum(found)} of {len(found)} IPv{version} canaries answer"
            elif version in self._good_rounds:
                self._good_rounds[version] += 1
                if self._good_rounds[version] >= rules.good_rounds:
                    del self._good_rounds[version], self._why[version]

    def doubts(self, node: Node) -> bool:
        """True when a failed probe of the node may be our own lost family."""
        lost = self._good_rounds
        return bool(lost) and any(version_of(address) in lost for address in node.addresses)

    def why_lost(self) -> str:
        """What the canaries say of the families that are lost; empty: none is."""
        return "; ".join(self._why[version] for version in sorted(self._good_rounds))


def version_of(host: str) -> int:
    """4 or 6; 0 for a name."""
    try:
        return ip_address(host).version
    except ValueError:
        return 0
