"""The copies of one recording in the stores: put, found whole, moved to where new ones go."""

import asyncio
import hashlib
from pathlib import Path

from callcore.kernel.errors import NotFound, StoreUnavailable
from recordings.model import MIME, Converted, Copy
from recordings.names import store_path
from recordings.queue import RecordingQueue
from recordings.rows import Entry
from recordings.store import RecordingStore, Stores


async def put_copies(store: RecordingStore, claim: Entry, made: Converted) -> tuple[Copy, ...]:
    """Raises StoreUnavailable, OSError; what was put by then is put again by the next attempt."""
    copies = []
    for one in made.copies:
        key = str(store_path(claim.base, claim.started_at, one.format))
        await store.put(key, one.path, sha256=one.sha256, mime=MIME[one.format])
        copies.append(Copy(one.format, store.name, key, one.size_bytes, one.sha256))
    return tuple(copies)


async def is_known_whole(queue: RecordingQueue, stores: Stores, entry: Entry) -> bool:
    """Is every copy there, in its full size? False where a store does not say so."""
    copies = (await queue.copies_of([entry]))[entry.id]
    try:
        return bool(copies) and all([await has_full_size(stores, one) for one in copies])
    except StoreUnavailable:
        return False


async def has_full_size(stores: Stores, copy: Copy) -> bool:
    try:
        return await stores.of(copy.store).size(copy.path) == copy.size_bytes
    except NotFound:
        return False


async def fetch(stores: Stores, copy: Copy, folder: Path) -> Path:
    """A file of its own with the bytes of a copy, in the given folder. Raises StoreUnavailable, NotFound, OSError."""
    target = folder / f"fetched.{copy.format}"
    await asyncio.to_thread(target.write_bytes, b"")
    async for piece in stores.of(copy.store).read(copy.path):
        await asyncio.to_thread(_add, target, piece)
    return target


async def has_right_sum(stores: Stores, copy: Copy) -> bool:
    """Reads the whole copy. Raises StoreUnavailable."""
    digest = hashlib.sha256()
    try:
        async for piece in stores.of(copy.store).read(copy.path):
            digest.update(piece)
    except NotFound:
        return False
    return digest.hexdigest() == copy.sha256


def _add(target: Path, piece: bytes) -> None:
    with target.open("ab") as file:
        file.write(piece)
