"""Mail is made and sent on the service's loop: whatever blocks it here fails the test."""

from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx

from plcmon.mail.templating import shipped


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    shipped()  # reads its files, as the service does before its loop turns
    with blockbuster_ctx("plcmon"):
        yield
