"""The fleet's own secrets, as the service finds them in its folder."""

from pathlib import Path

from plcmon.sim.kit import SECRETS


class Purse:
    """Secrets by name; all are read at once, so that looking one up does not block."""

    def __init__(self, folder: Path) -> None:
        self._values = {
            path.name: path.read_text("ascii").strip() for path in (folder / SECRETS).iterdir()
        }

    def find(self, name: str) -> str:
        return self._values[name]
