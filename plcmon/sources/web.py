"""Fetching a source's answer: whole, under a cap, from where it was asked and nowhere else."""

from base64 import b64encode

import aiohttp

from plcmon.config.sources import Source

CHUNK = 64 * 1024
QUERY_PATH = "/api/v1/query"


class NotHeardError(Exception):
    """A source gave no answer that can be read; says why, without its address."""


async def fetch(source: Source, secret: str) -> bytes:
    """The answer's body. The caller has the deadline. Raises NotHeardError."""
    no_timeout = aiohttp.ClientTimeout(total=None, sock_connect=None)
    url, query = source.url, {}
    if source.kind == "prometheus":
        url, query = source.url.rstrip("/") + QUERY_PATH, {"query": source.query}
    try:
        async with (
            aiohttp.ClientSession(timeout=no_timeout) as session,
            session.get(
                url, params=query, headers=credentials(source, secret), allow_redirects=False
            ) as response,
        ):
            if response.status != 200:
                raise NotHeardError(f"it answered {response.status}")
            return await read(response, source.most_bytes)
    except aiohttp.ClientError as error:
        # The library's own words hold the URL.
        raise NotHeardError(f"no answer: {type(error).__name__}") from None
    except OSError as error:
        raise NotHeardError(f"no answer: {error.strerror or type(error).__name__}") from None


async def read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body as far as the cap; what was packed counts unpacked."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > most:
            raise NotHeardError(f"its answer is longer than {most} bytes")
    return bytes(body)


def credentials(source: Source, secret: str) -> dict[str, str]:
    if not secret:
        return {}
    if source.user:
        pair = b64encode(f"{source.user}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {"Authorization": f"Bearer {secret}"}
