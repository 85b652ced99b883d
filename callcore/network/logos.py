"""Logos: what is accepted as a picture, and the bytes that are kept. Pure.

No library decodes them here: the structure is walked to the end, only the parts that make the picture are kept (no
metadata, nothing behind the end), and the size is read from the headers. Sources: PNG (RFC 2083), JPEG (ITU T.81),
WebP container specification.
"""

import struct
import zlib
from dataclasses import dataclass

from callcore.kernel.errors import Invalid

MAX_BYTES = 1024 * 1024
MIN_SIDE, MAX_SIDE = 16, 4096
MIME = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"sRGB", b"cHRM"})
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_DROPPED = (frozenset(range(0xE1, 0xF0)) | {0xFE}) - {0xEE}  # Adobe's APP14 says how colours are stored


@dataclass(frozen=True, slots=True)
class Picture:
    """`extension` is a key of MIME; `body` are the bytes to keep."""

    extension: str
    body: bytes
    width: int
    height: int


def read_logo(data: bytes) -> Picture:
    """Raises Invalid: "logo-empty", "logo-too-big", "logo-kind" (no PNG, JPEG or WebP), "logo-broken", "logo-size"."""
    if not data:
        raise Invalid("logo-empty")
    if len(data) > MAX_BYTES:
        raise Invalid("logo-too-big")
    if data.startswith(_PNG):
        read = _png
    elif data.startswith(b"\xff\xd8\xff"):
        read = _jpeg
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        read = _webp
    else:
        raise Invalid("logo-kind")
    try:
        picture = read(data)
    except (struct.error, IndexError, ValueError) as error:
        raise Invalid("logo-broken", str(error)) from error
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in (picture.width, picture.height)):
        raise Invalid("logo-size")
    return picture


def _png(data: bytes) -> Picture:
    place, kept = len(_PNG), [_PNG]
    seen: list[bytes] = []
    while not seen or seen[-1] != b"IEND":
        (length,) = struct.unpack_from(">I", data, place)
        kind, end = data[place + 4 : place + 8], place + 12 + length
        (check,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[place + 4 : end - 4]) != check:
            raise ValueError("a chunk's checksum is wrong")
        if kind in _PNG_KEPT:
            kept.append(data[place:end])
        seen.append(kind)
        place = end
    if seen[0] != b"IHDR" or b"IDAT" not in seen or seen.count(b"IHDR") != 1:
        raise ValueError("chunks are missing")
    width, height = struct.unpack_from(">II", data, len(_PNG) + 8)
    return Picture("png", b"".join(kept), width, height)


def _jpeg(data: bytes) -> Picture:
    place, kept, size = 2, [data[:2]], None
    while True:
        if data[place] != 0xFF:
            raise ValueError("no marker where one must be")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        if length < 2 or place + 2 + length > len(data):
            raise ValueError("a segment is longer than the file")
        segment = data[place : place + 2 + length]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", segment, 5)
            size = width, height
        if marker not in _JPEG_DROPPED:
            kept.append(segment)
        place += 2 + length
        if marker == 0xDA:
            break
    end = data.rindex(b"\xff\xd9") + 2
    if size is None or end <= place:
        raise ValueError("no picture in it")
    kept.append(data[place:end])
    return Picture("jpg", b"".join(kept), *size)


def _webp(data: bytes) -> Picture:
    (length,) = struct.unpack_from("<I", data, 4)
    if 8 + length > len(data) or length < 12:
        raise ValueError("shorter than it says")
    chunks, place = {}, 12
    while place < 8 + length:
        (size,) = struct.unpack_from("<I", data, place + 4)
        body = data[place + 8 : place + 8 + size]
        if len(body) != size or data[place : place + 4] in chunks:
            raise ValueError("a chunk is cut or repeated")
        chunks[data[place : place + 4]] = body
        place += 8 + size + size % 2
    name = next((one for one in (b"VP8 ", b"VP8L") if one in chunks), None)
    if name is None:  # an animation has frames in their place
        raise ValueError("no still picture in it")
    width, height = (_vp8_size if name == b"VP8 " else _vp8l_size)(chunks[name])
    kept: list[tuple[bytes, bytes]] = [(name, chunks[name])]
    if b"ALPH" in chunks and name == b"VP8 ":
        head = struct.pack("<I", 0x10) + _three(width - 1) + _three(height - 1)
        kept = [(b"VP8X", head), (b"ALPH", chunks[b"ALPH"]), *kept]
    body = b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in kept
    )
    return Picture("webp", b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body, width, height)


def _vp8_size(body: bytes) -> tuple[int, int]:
    if body[3:6] != b"\x9d\x01\x2a":
        raise ValueError("no key frame")
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8l_size(body: bytes) -> tuple[int, int]:
    if body[0] != 0x2F:
        raise ValueError("no lossless picture")
    (bits,) = struct.unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]
