"""Two services that find an address over HTTP.

`nominatim` is the search of OpenStreetMap's Nominatim (GET, format=jsonv2), spoken by several servers; `yandex` is the
geocoder of Yandex Maps (GET, format=json). Nothing but the address and our key goes out; neither stands in a log.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout

from callcore.orders.geocoding.port import Asked, Found, GeocoderRefused, Precision

MAX_ANSWER_BYTES: Final = 256 * 1024
MAX_WORDS: Final = 300
MAX_REST_S: Final = 3600.0
WRONG_REST_S: Final = 900.0  # settings do not become right by themselves
YANDEX_ADDRESS: Final = "https://geocode-maps.yandex.ru/v1/"


class Dialect(StrEnum):
    NOMINATIM = "nominatim"
    YANDEX = "yandex"


@dataclass(frozen=True, slots=True)
class MapService:
    """`address` is the whole one of the search. `contact` tells the owner of a public server who asks."""

    dialect: Dialect
    address: str
    key: str = field(default="", repr=False)
    contact: str = ""
    limit_s: float = 10.0
    per_second: float = 1.0


class HttpGeocoder:
    """One connection a question; questions of this process are set apart by the pause that the service demands."""

    def __init__(self, service: MapService) -> None:
        self._service = service
        self._tongue = _TONGUES[service.dialect]
        self._turn = asyncio.Lock()
        self._free_at = 0.0

    @property
    def name(self) -> str:
        return self._service.dialect.value

    async def find(self, asked: Asked) -> Found | None:
        if not (asked.city or asked.address):
            return None
        region = "" if asked.region == asked.city else asked.region
        words = ", ".join(part for part in (region, asked.city, asked.address) if part)
        await self._wait_for_turn()
        answer = await self._ask(self._tongue.question(self._service, words))
        try:
            return self._tongue.found(answer)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
            raise GeocoderRefused("geocoder-not-now", f"strange answer: {type(exc).__name__}") from exc

    async def _wait_for_turn(self) -> None:
        now = asyncio.get_running_loop().time
        async with self._turn:
            await asyncio.sleep(max(self._free_at - now(), 0.0))
            self._free_at = now() + 1 / self._service.per_second

    async def _ask(self, question: Mapping[str, str]) -> Any:
        service = self._service
        headers = {"User-Agent": f"Dealerline ({service.contact})" if service.contact else "Dealerline"}
        limit = ClientTimeout(total=service.limit_s, connect=service.limit_s / 2)
        try:
            async with (
                ClientSession(timeout=limit, headers=headers) as session,
                session.get(service.address, params=question, allow_redirects=False) as answer,
            ):
                body = await _read(answer.content)
                _check_status(answer.status, answer.headers.get("Retry-After", ""))
        except TimeoutError as exc:
            raise GeocoderRefused("geocoder-not-now", "no answer in time") from exc
        except (ClientError, OSError, ValueError) as exc:
            raise GeocoderRefused("geocoder-not-now", type(exc).__name__) from exc
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise GeocoderRefused("geocoder-not-now", "not JSON") from exc


async def _read(content: Any) -> bytes:
    """The whole of a body of sensible size; of a larger one only enough to be no JSON."""
    body = b""
    while len(body) <= MAX_ANSWER_BYTES and (piece := await content.read(MAX_ANSWER_BYTES)):
        body += piece
    return body[:MAX_ANSWER_BYTES]


def _check_status(status: int, retry_after: str) -> None:
    if status == 429 or status >= 500:
        rest = float(retry_after) if retry_after.isdecimal() and len(retry_after) < 6 else 60.0
        raise GeocoderRefused("geocoder-not-now", f"HTTP {status}", min(max(rest, 1.0), MAX_REST_S))
    if status != 200:
        raise GeocoderRefused("geocoder-refused", f"HTTP {status}", WRONG_REST_S)


class _Tongue(Protocol):
    def question(self, service: MapService, words: str) -> dict[str, str]: ...

    def found(self, answer: Any) -> Found | None:
        """May raise what reading a strange answer raises."""


class _Nominatim:
    """Place ranks: 13–25 from cities to single farms, 26–27 roads, 28–30 houses and things beside them."""

    def question(self, service: MapService, words: str) -> dict[str, str]:
        asked = {"q": words, "format": "jsonv2", "addressdetails": "1", "limit": "1", "accept-language": "ru"}
        return asked | ({"key": service.key} if service.key else {})

    def found(self, answer: Any) -> Found | None:
        if not isinstance(answer, list):  # {"error": …} with status 200
            raise TypeError("no list")
        if not answer:
            return None
        place = answer[0]
        precision = self._precision(int(place["place_rank"]), place.get("address", {}))
        return _found(place["lat"], place["lon"], precision, place["display_name"], Dialect.NOMINATIM)

    @staticmethod
    def _precision(rank: int, address: Mapping[str, Any]) -> Precision:
        if rank >= 26:
            return Precision.HOUSE if "house_number" in address else Precision.STREET
        return Precision.TOWN if rank >= 13 else Precision.NONE


class _Yandex:
    """`precision` speaks of the house (exact, number: it is found; near, range: one beside it), `kind` of anything else.
    `pos` is longitude, then latitude."""

    _towns: Final = frozenset({"locality", "district", "metro"})
    _streets: Final = frozenset({"house", "street", "entrance"})

    def question(self, service: MapService, words: str) -> dict[str, str]:
        return {"apikey": service.key, "geocode": words, "format": "json", "lang": "ru_RU", "results": "1"}

    def found(self, answer: Any) -> Found | None:
        members = answer["response"]["GeoObjectCollection"]["featureMember"]
        if not members:
            return None
        place = members[0]["GeoObject"]
        told = place["metaDataProperty"]["GeocoderMetaData"]
        lon, lat = place["Point"]["pos"].split()
        return _found(
            lat, lon, self._precision(told["precision"], told["kind"]), told["text"], Dialect.YANDEX
        )

    def _precision(self, precision: str, kind: str) -> Precision:
        if precision in ("exact", "number") and kind in ("house", "entrance"):
            return Precision.HOUSE
        if kind in self._streets:
            return Precision.STREET
        return Precision.TOWN if kind in self._towns else Precision.NONE


def _found(lat: Any, lon: Any, precision: Precision, words: Any, dialect: Dialect) -> Found | None:
    """A country or a region is no place of an order."""
    north, east = float(lat), float(lon)
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise ValueError("no such point")
    if precision is Precision.NONE:
        return None
    text = "".join(char for char in str(words) if char.isprintable())
    return Found(round(north, 6), round(east, 6), precision, text[:MAX_WORDS], dialect.value)


_TONGUES: Final[Mapping[Dialect, _Tongue]] = {Dialect.NOMINATIM: _Nominatim(), Dialect.YANDEX: _Yandex()}
