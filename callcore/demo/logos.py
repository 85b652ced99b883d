"""Logos of some of the demo's dealers: drawn here, so that lists and cards show pictures. Others stay without one."""

import struct
import zlib

from sqlalchemy import select

from callcore.kernel.database import Database
from callcore.network.logo_store import LogoStore
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow

WIDTH, HEIGHT = 120, 64
_COLOURS = (
    (0x1F, 0x6F, 0x5C),
    (0x8A, 0x3B, 0x12),
    (0x23, 0x4E, 0x8C),
    (0x6B, 0x2D, 0x5C),
    (0xB0, 0x78, 0x10),
)
_WHITE = (0xFF, 0xFF, 0xFF)


async def keep_demo_logos(database: Database, store: LogoStore) -> None:
    """For two dealers of three."""
    async with database.transaction() as session:
        dealers = await session.scalars(
            select(OrgRow).where(OrgRow.kind != OrgKind.MANUFACTURER.value).order_by(OrgRow.id)
        )
        for number, org in enumerate(dealers):
            if number % 3 != 2:
                org.logo = await store.keep(draw(number))


def draw(number: int) -> bytes:
    """A PNG with one of four marks in one of the colours."""
    colour, shape = _COLOURS[number % len(_COLOURS)], number % 4
    rows = b"".join(
        b"\0" + b"".join(bytes(colour if _is_ink(shape, x, y) else _WHITE) for x in range(WIDTH))
        for y in range(HEIGHT)
    )
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def _is_ink(shape: int, x: int, y: int) -> bool:
    across, down = x - WIDTH // 2, y - HEIGHT // 2
    if shape == 0:  # a roof over a wall
        return abs(across) < y - 8 < 26 or (36 <= y < 56 and abs(across) < 22)
    if shape == 1:  # panels side by side
        return abs(down) < 22 and abs(across) < 42 and across % 14 > 2
    if shape == 2:  # a ring
        return 15**2 < across**2 + down**2 < 25**2
    return abs(across) + abs(down) < 26 and (abs(across) > 5 and abs(down) > 3)  # four tiles of a rhomb
