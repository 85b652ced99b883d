"""Playable files in a folder of this machine."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from callcore.kernel.errors import NotFound, StoreUnavailable
from recordings.files import place, resolve_below
from recordings.model import MIME
from recordings.store import PIECE_BYTES, StoredFile

_DAY = "[0-9]" * 4 + "/" + "[0-9]" * 2 + "/" + "[0-9]" * 2


class LocalStore:
    """See recordings.store.RecordingStore. A file on the same file system is moved, not copied."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return "local"

    async def put(self, key: str, file: Path, *, sha256: str, mime: str) -> None:  # noqa: ARG002 - the port's
        """Raises OSError, too: a full disk is told as such."""
        await asyncio.to_thread(self._put, key, file, sha256)

    def _put(self, key: str, file: Path, sha256: str) -> None:
        if digest(file) != sha256:
            raise StoreUnavailable("copy-differs", key=key)
        place(self._root, file, PurePosixPath(key))

    async def size(self, key: str) -> int | None:
        def look() -> int | None:
            path = resolve_below(self._root, key)
            with _told():
                return path.stat().st_size if path.is_file() else None

        return await asyncio.to_thread(look)

    async def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        path, left = await asyncio.to_thread(resolve_below, self._root, key), length
        while left is None or left > 0:
            piece = await asyncio.to_thread(_piece, path, start, min(PIECE_BYTES, left or PIECE_BYTES))
            if not piece:
                return
            start += len(piece)
            left = None if left is None else left - len(piece)
            yield piece

    async def delete(self, key: str) -> None:
        def remove() -> None:
            path = resolve_below(self._root, key)
            with _told():
                path.unlink(missing_ok=True)

        await asyncio.to_thread(remove)

    async def days(self) -> tuple[str, ...]:
        def look() -> tuple[str, ...]:
            found = (day for day in sorted(self._root.glob(_DAY)) if day.is_dir())
            return tuple(day.relative_to(self._root).as_posix() for day in found)

        return await asyncio.to_thread(look)

    async def files(self, day: str) -> tuple[StoredFile, ...]:
        def look() -> tuple[StoredFile, ...]:
            folder = resolve_below(self._root, day)
            if not folder.is_dir():
                return ()
            with _told(), os.scandir(folder) as entries:
                found = [
                    StoredFile(f"{day}/{entry.name}", entry.stat().st_size)
                    for entry in entries
                    if entry.name.rpartition(".")[2] in MIME and entry.is_file()
                ]
            return tuple(sorted(found, key=lambda one: one.key))

        return await asyncio.to_thread(look)

    def path(self, key: str) -> Path | None:
        return resolve_below(self._root, key)

    async def close(self) -> None:
        return None


def digest(file: Path) -> str:
    """SHA-256 in hex. Blocking."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _piece(path: Path, start: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(length)
    except FileNotFoundError as exc:
        raise NotFound("recording-file-missing") from exc
    except OSError as exc:
        raise StoreUnavailable("store-unreadable", exc.strerror or "") from exc


@contextmanager
def _told() -> Iterator[None]:
    """What the file system refuses, in the words of the port; a file that vanished meanwhile included."""
    try:
        yield
    except OSError as exc:
        raise StoreUnavailable("store-unreadable", exc.strerror or "") from exc
