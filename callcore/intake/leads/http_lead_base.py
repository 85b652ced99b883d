"""A base of leads over HTTP, by our own contract (docs/operations.md): GET {address}/leads with Basic.

Nothing of an answer is believed: not its length, not where it sends us. A redirect would carry the secret and is refused;
so is a packed body, whose size cannot be known before it is unpacked.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
)
from yarl import URL

from callcore.intake.leads.lead_json import read_page
from callcore.intake.leads.lead_port import LeadBaseTrouble
from callcore.intake.leads.model import LeadAccess, LeadPage, Trouble, address_problem

_CHUNK: Final = 64 * 1024
_STATUSES: Final = {
    401: Trouble.SIGN_IN,
    403: Trouble.SIGN_IN,
    404: Trouble.NOT_FOUND,
    405: Trouble.NOT_FOUND,
    408: Trouble.BUSY,
    410: Trouble.NOT_FOUND,
    429: Trouble.BUSY,
    503: Trouble.BUSY,
}


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """`total_s` of one page, whole. 100 leads of 20 KB each fit."""

    total_s: float = 20.0
    connect_s: float = 8.0
    max_bytes: int = 2 * 1024 * 1024


class HttpLeadBase:
    """One connection a page: a run is short and rare."""

    def __init__(self, limits: HttpLimits | None = None) -> None:
        self._limits = limits or HttpLimits()

    async def page(self, access: LeadAccess, after: str, limit: int) -> LeadPage:
        try:
            body = await self._ask(_url(access.address, after, limit), _headers(access))
        except TimeoutError as exc:
            raise LeadBaseTrouble(Trouble.NO_ANSWER, "no answer in time") from exc
        except ClientSSLError as exc:
            raise LeadBaseTrouble(Trouble.TLS, type(exc).__name__) from exc
        except (ClientError, OSError, ValueError) as exc:
            raise LeadBaseTrouble(Trouble.UNREACHABLE, type(exc).__name__) from exc
        return read_page(body, limit)

    async def _ask(self, url: URL, headers: dict[str, str]) -> bytes:
        limit = ClientTimeout(total=self._limits.total_s, connect=self._limits.connect_s)
        async with (
            ClientSession(
                timeout=limit, headers=headers, auto_decompress=False, cookie_jar=DummyCookieJar()
            ) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            _check(answer)
            return await self._body(answer)

    async def _body(self, answer: ClientResponse) -> bytes:
        too_big = LeadBaseTrouble(Trouble.TOO_BIG, f"more than {self._limits.max_bytes} bytes")
        if (answer.content_length or 0) > self._limits.max_bytes:
            raise too_big
        body = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._limits.max_bytes:
                raise too_big
        return bytes(body)


def _url(address: str, after: str, limit: int) -> URL:
    if address_problem(address):
        raise LeadBaseTrouble(Trouble.UNREACHABLE, "the address is none")
    query = {"limit": str(limit)} | ({"after": after} if after else {})
    return URL(address.rstrip("/") + "/leads").with_query(query)


def _headers(access: LeadAccess) -> dict[str, str]:
    """RFC 7617, in UTF-8."""
    token = b64encode(f"{access.login}:{access.secret}".encode()).decode()
    return {
        "Authorization": f"Basic {token}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Dealerline",
    }


def _check(answer: ClientResponse) -> None:
    status = answer.status
    if 300 <= status < 400:
        raise LeadBaseTrouble(Trouble.REDIRECT, f"HTTP {status}")
    if status != 200:
        usual = Trouble.FAILING if status >= 500 else Trouble.STRANGE
        raise LeadBaseTrouble(_STATUSES.get(status, usual), f"HTTP {status}")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise LeadBaseTrouble(Trouble.GARBAGE, "packed")
