"""Pictures: what is kept of them, what is refused."""

import struct
import zlib

import pytest

from callcore.kernel.errors import Invalid
from callcore.network.logos import MAX_BYTES, read_logo

pytestmark = pytest.mark.unit


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 32, height: int = 20, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x10\x80\x40" * min(width, 64) for _ in range(min(height, 64))))
    parts = (chunk(b"IHDR", head), *more, chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(width: int = 64, height: int = 48) -> bytes:
    def segment(marker: int, body: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body

    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0")
        + segment(0xE1, b"Exif\0\0GPS of a home")
        + segment(0xC0, frame)
        + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x12\x34\x56\xff\xd9"
    )


def webp(width: int = 40, height: int = 30, *more: tuple[bytes, bytes]) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    chunks = [(b"VP8L", b"\x2f" + struct.pack("<I", bits) + b"pixels"), *more]
    body = b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


@pytest.mark.parametrize(
    ("data", "extension", "size"),
    [(png(), "png", (32, 20)), (jpeg(), "jpg", (64, 48)), (webp(), "webp", (40, 30))],
)
def test_the_three_kinds_are_known_by_their_content(
    data: bytes, extension: str, size: tuple[int, int]
) -> None:
    picture = read_logo(data)
    assert (picture.extension, (picture.width, picture.height)) == (extension, size)
    assert read_logo(picture.body) == picture, "what is kept is a picture again, and the same"


@pytest.mark.parametrize(
    "data",
    [
        png(32, 20, chunk(b"tEXt", b"Comment\0<script>")) + b"<script>tail</script>",
        jpeg() + b"<script>tail</script>",
        webp(40, 30, (b"EXIF", b"GPS <script>")) + b"<script>tail</script>",
    ],
)
def test_metadata_and_tails_are_not_kept(data: bytes) -> None:
    body = read_logo(data).body
    assert b"<script>" not in body
    assert b"GPS" not in body


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "logo-empty"),
        (png() + b"\0" * MAX_BYTES, "logo-too-big"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "logo-kind"),
        (b"GIF89a" + b"\0" * 40, "logo-kind"),
        (b"<html>", "logo-kind"),
        (png()[:-20], "logo-broken"),
        (png()[:60].replace(b"IHDR", b"IHDX"), "logo-broken"),
        (b"\x89PNG\r\n\x1a\n", "logo-broken"),
        (jpeg()[:-2], "logo-broken"),
        (jpeg()[:12], "logo-broken"),
        (b"\xff\xd8\xff\xe0", "logo-broken"),
        (webp()[:-8], "logo-broken"),
        (webp(40, 30, (b"VP8L", b"\x2f0000")), "logo-broken"),
        (png(8, 8), "logo-size"),
        (png(50_000, 20), "logo-size"),
        (jpeg(0, 0), "logo-size"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_logo(data)
    assert refused.value.code == code


@pytest.mark.parametrize("whole", [png(), jpeg(), webp()])
def test_no_cut_and_no_flipped_byte_gets_past_as_another_error(whole: bytes) -> None:
    for place in range(len(whole)):
        for data in (whole[:place], whole[:place] + bytes((whole[place] ^ 0xFF,)) + whole[place + 1 :]):
            try:
                read_logo(data)
            except Invalid:
                continue
