"""The port to where playable files are kept. Adapters: recordings.local_store, recordings.s3_store; one contract test."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from callcore.kernel.errors import StoreUnavailable

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    key: str
    size_bytes: int


class RecordingStore(Protocol):
    """Keys are relative: `2026/03/16/<base>.opus`. Every method raises StoreUnavailable when the store does not answer,
    NotFound("recording-path-refused") for a key that leads outside; nothing waits without a limit."""

    @property
    def name(self) -> str:
        """As rows tell it: local, s3."""
        ...

    async def put(self, key: str, file: Path, *, sha256: str, mime: str) -> None:
        """Keep a file under the key, replacing what was there. Returns after what is kept was compared with `sha256`; the
        file given may be taken away by it, never before."""
        ...

    async def size(self, key: str) -> int | None:
        """None when there is no such file."""
        ...

    def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Pieces of the file. Raises NotFound("recording-file-missing") at the first of them."""
        ...

    async def delete(self, key: str) -> None:
        """One that is gone already is no error."""
        ...

    async def days(self) -> tuple[str, ...]:
        """Folders that hold files, `2026/03/16`, in order."""
        ...

    async def files(self, day: str) -> tuple[StoredFile, ...]:
        """Playable files of one folder, in order of their keys."""
        ...

    def path(self, key: str) -> Path | None:
        """The file itself, where it lies on this machine."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """`main` takes new files; the others still hold older ones."""

    main: RecordingStore
    others: tuple[RecordingStore, ...] = ()

    def of(self, name: str) -> RecordingStore:
        """Raises StoreUnavailable for a store that is not set up any more."""
        found = self.by_name.get(name)
        if found is None:
            raise StoreUnavailable("store-not-set-up", store=name)
        return found

    @property
    def by_name(self) -> Mapping[str, RecordingStore]:
        return {store.name: store for store in (*self.others, self.main)}

    async def close(self) -> None:
        for store in self.by_name.values():
            await store.close()
