"""Every module can be imported first, so no import hides behind the order of others."""

import subprocess
import sys

from tests.house.files import ROOT, dotted, modules

# Libraries are loaded once, then a fork for each module: fresh for plcmon, and quick.
ALONE = """
import importlib, os, sys
for library in (
    "aiohttp.web", "aiosmtplib", "aiosqlite", "asyncssh", "click", "email.message", "jinja2",
    "pydantic", "pydantic_settings", "telnetlib3", "textual.app", "textual.widgets",
    "aiosmtpd.smtp",
):
    importlib.import_module(library)
status = 0
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    _, ended = os.waitpid(child, 0)
    status |= ended
sys.exit(bool(status))
"""


def test_every_module_can_be_imported_alone() -> None:
    names = [dotted(path) for path in modules()]

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
