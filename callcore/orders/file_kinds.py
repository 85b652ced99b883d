"""Which files may be put on an order. What a file is its bytes say; the name must agree with them.

Sources: ISO 32000 (PDF), RFC 2083 (PNG), ITU T.81 (JPEG), GIF89a, WebP container specification, APPNOTE (ZIP),
ECMA-376 and OASIS OpenDocument (office files). No library opens a file here, nothing is unpacked.
"""

import zipfile
from dataclasses import dataclass
from typing import IO, Final

from callcore.kernel.errors import Invalid

MAX_NAME_CHARS: Final = 120
_HEAD_BYTES: Final = 4096
_TAIL_BYTES: Final = 2048
_MAX_MEMBERS: Final = 5000
_OFFICE: Final = {
    "docx": ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pptx": ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
_OPEN_DOCUMENTS: Final = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_PICTURES: Final = {
    "png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    "jpg": (b"\xff\xd8\xff", "image/jpeg"),
    "gif": (b"GIF8", "image/gif"),
}
_TEXTS: Final = {"txt": "text/plain", "csv": "text/csv"}
_TWINS: Final = {"jpeg": "jpg"}
EXTENSIONS: Final = ("pdf", "png", "jpg", "jpeg", "webp", "gif", *_OFFICE, *_OPEN_DOCUMENTS, *_TEXTS)
IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class FileKind:
    """`name` is safe to show and to offer for download."""

    name: str
    media_type: str


def read_kind(name: str, file: IO[bytes]) -> FileKind:
    """Reads from the beginning; leaves the place anywhere. Raises Invalid with the field file: "file-empty", "file-kind"
    (not one of EXTENSIONS), "file-disguised" (the bytes are something else)."""
    clean = clean_name(name)
    extension = clean.rpartition(".")[2].lower()
    extension = _TWINS.get(extension, extension)
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise Invalid("file-empty", fields={"file": "has no content"})
    if extension not in EXTENSIONS or "." not in clean:
        raise Invalid("file-kind", fields={"file": ", ".join(EXTENSIONS)})
    media_type = _media_type(extension, head, file)
    if media_type is None:
        raise Invalid("file-disguised", fields={"file": "is not what its name says"})
    return FileKind(clean, media_type)


def clean_name(name: str) -> str:
    """The last part of a path, without control characters and marks that turn the writing direction round."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(char for char in last if char.isprintable() and char not in '"<>|:*?').strip(" .")
    stem, dot, extension = plain.rpartition(".")
    return f"{stem[: MAX_NAME_CHARS - len(extension) - 1]}.{extension}" if dot else plain[:MAX_NAME_CHARS]


def _media_type(extension: str, head: bytes, file: IO[bytes]) -> str | None:
    if extension in _PICTURES:
        sign, media_type = _PICTURES[extension]
        return media_type if head.startswith(sign) else None
    if extension == "webp":
        return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None
    if extension == "pdf":
        return (
            "application/pdf" if head.startswith(b"%PDF-") and _tail(file).rstrip()[-5:] == b"%%EOF" else None
        )
    if extension in _TEXTS:
        return _TEXTS[extension] if _is_text(file) else None
    return _office_type(extension, head, file)


def _tail(file: IO[bytes]) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL_BYTES))
    return file.read()


def _is_text(file: IO[bytes]) -> bool:
    """Any text has no zero bytes and few other control characters; UTF-8 or a single-byte Cyrillic one."""
    file.seek(0)
    while part := file.read(65536):
        if any(byte < 32 and byte not in (9, 10, 12, 13) for byte in part):
            return False
    return True


def _office_type(extension: str, head: bytes, file: IO[bytes]) -> str | None:
    """Only the list of members is read. Macros are not taken."""
    if not head.startswith(b"PK\x03\x04"):
        return None
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > _MAX_MEMBERS or any("vbaproject" in name.lower() for name in names):
                return None
            if extension in _OFFICE:
                folder, media_type = _OFFICE[extension]
                is_office = "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)
                return media_type if is_office else None
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    media_type = _OPEN_DOCUMENTS[extension]
    return media_type if names[:1] == ["mimetype"] and media_type.encode() in head[:200] else None
