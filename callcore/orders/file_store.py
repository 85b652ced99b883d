"""Files of orders in one folder, named by their content: equal files are kept once and never change."""

import asyncio
import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from callcore.kernel.errors import Invalid, NotFound

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    size: int


class FileStore(Protocol):
    """Where the bytes lie."""

    async def keep(self, file: IO[bytes]) -> StoredFile:
        """From its beginning. Raises Invalid("file-too-big", "file-empty"), OSError."""
        ...

    async def path(self, sha256: str) -> Path:
        """Raises NotFound when the bytes are not there."""
        ...

    async def remove(self, sha256: str) -> None:
        """What is not there is gone. Raises OSError."""
        ...


class FolderStore:
    """`max_bytes` for each file. A file is whole or not there: it gets its name when it is on the disk."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    async def keep(self, file: IO[bytes]) -> StoredFile:
        return await asyncio.to_thread(self._write, file)

    async def path(self, sha256: str) -> Path:
        path = self._place(sha256)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("file-not-found")
        return path

    async def remove(self, sha256: str) -> None:
        await asyncio.to_thread(self._place(sha256).unlink, missing_ok=True)

    def _place(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise NotFound("file-not-found")
        return self._folder / sha256[:2] / sha256

    def _write(self, file: IO[bytes]) -> StoredFile:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f".{secrets.token_hex(8)}"
        try:
            stored = self._copy(file, fresh)
            place = self._place(stored.sha256)
            if not place.exists():
                place.parent.mkdir(exist_ok=True)
                fresh.replace(place)
            return stored
        finally:
            fresh.unlink(missing_ok=True)

    def _copy(self, file: IO[bytes], fresh: Path) -> StoredFile:
        digest, size = hashlib.sha256(), 0
        file.seek(0)
        with fresh.open("wb") as written:
            while part := file.read(_CHUNK):
                size += len(part)
                if size > self._max_bytes:
                    raise Invalid("file-too-big", fields={"file": f"at most {self._max_bytes} bytes"})
                digest.update(part)
                written.write(part)
            written.flush()
            os.fsync(written.fileno())
        if not size:
            raise Invalid("file-empty", fields={"file": "has no content"})
        return StoredFile(digest.hexdigest(), size)
