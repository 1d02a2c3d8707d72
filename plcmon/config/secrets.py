"""Secrets: the values of named credentials; never written, logged or put into an error."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from plcmon.config.environment import SECRET_PREFIX
from plcmon.errors import UnsupportedError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
MOST_BYTES = 64 * 1024
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileSecrets:
    """Looks in systemd's credentials, the environment, then 0600 files in a folder.

    Values are read anew each time, so that a changed password needs no restart.
    """

    def __init__(self, directory: Path, env: Mapping[str, str]) -> None:
        self.directory = directory
        credentials = env.get("CREDENTIALS_DIRECTORY", "")
        self._credentials = Path(credentials) if credentials else None
        self._env = {name: text for name, text in env.items() if name.startswith(SECRET_PREFIX)}

    def find(self, name: str) -> str:
        """The secret called `name`, without a final newline.

        Raises UnsupportedError when there is none, or when its file may not be trusted.
        """
        if not NAME.fullmatch(name):
            raise UnsupportedError("secrets", "looking for a secret", f"{name!r} is no name")
        if self._credentials is not None and (self._credentials / name).is_file():
            return _text(self._credentials / name)
        if variable_of(name) in self._env:
            return self._env[variable_of(name)]
        file = self.directory / name
        if file.is_file():
            _only_ours(file)
            return _text(file)
        raise UnsupportedError(
            "secrets",
            f'looking for "{name}"',
            f"neither a systemd credential, nor {variable_of(name)}, nor {file}",
        )


def variable_of(name: str) -> str:
    """The environment variable of a secret: `apc1.pw` is PLCMON_SECRET_APC1_PW."""
    return SECRET_PREFIX + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _only_ours(file: Path) -> None:
    found = file.stat()
    if found.st_mode & FOR_OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise _unusable(file, f"mode {mode:04o} lets others read it; chmod 600")
    if found.st_uid not in {os.geteuid(), 0}:
        raise _unusable(file, f"belongs to uid {found.st_uid}; chown it to the service")


def _text(file: Path) -> str:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _unusable(file, f"cannot be read: {error.strerror or error}") from error
    if len(raw) > MOST_BYTES:
        raise _unusable(file, f"{len(raw)} bytes; at most {MOST_BYTES}")
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _unusable(file, "not UTF-8") from None


def _unusable(file: Path, why: str) -> UnsupportedError:
    return UnsupportedError(str(file), "reading a secret", why)
