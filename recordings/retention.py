"""The night's work on what is kept: recordings whose term is over go, older copies move to the store of today."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import select, update

from callcore.calls.recording_delete import mark_due, note_removed, owed_removals
from callcore.calls.recording_tables import RecordingCopyRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.kernel.logs import get_logger
from recordings.copies import fetch
from recordings.files import SCRATCH_FOLDER
from recordings.model import MIME, AudioFormat, Copy
from recordings.store import Stores

_log = get_logger(__name__)
_MOVED_AT_ONCE = 50


class RetentionWork:
    """Each method may be broken off at any line and simply be called again. Raises StoreUnavailable, DatabaseUnavailable."""

    def __init__(self, database: Database, clock: Clock, stores: Stores, store_dir: Path) -> None:
        self._database = database
        self._clock = clock
        self._stores = stores
        self._scratch = store_dir / SCRATCH_FOLDER / "moving"

    async def delete_due(self) -> int:
        """Returns how many recordings went."""
        marked = 0
        while count := await self._mark(self._clock.now()):
            marked += count
        while await self._remove_files():
            pass
        if marked:
            _log.info("recordings deleted by their term", count=marked)
        return marked

    async def _mark(self, now: datetime) -> int:
        async with self._database.transaction() as session:
            return await mark_due(session, now)

    async def _remove_files(self) -> bool:
        async with self._database.session() as session:
            owed = await owed_removals(session)
        for one in owed:
            for copy in one.copies:
                await self._stores.of(copy.store).delete(copy.path)
            async with self._database.transaction() as session:
                await note_removed(session, one.recording_id)
        return bool(owed)

    async def move_copies(self) -> int:
        """Copies of other stores go to the main one: put and compared there, told by the row, only then removed here.
        Returns how many were moved."""
        moved = last_id = 0
        elsewhere = RecordingCopyRow.store != self._stores.main.name
        while True:
            query = select(RecordingCopyRow).where(elsewhere, RecordingCopyRow.id > last_id)
            async with self._database.session() as session:
                rows = (
                    await session.scalars(query.order_by(RecordingCopyRow.id).limit(_MOVED_AT_ONCE))
                ).all()
            if not rows:
                return moved
            last_id = rows[-1].id
            for row in rows:
                moved += await self._move(row)

    async def _move(self, row: RecordingCopyRow) -> bool:
        main, kind = self._stores.main, cast("AudioFormat", row.format)
        copy = Copy(kind, row.store, row.path, row.size_bytes, row.sha256)
        await asyncio.to_thread(self._scratch.mkdir, parents=True, exist_ok=True)
        try:
            file = await fetch(self._stores, copy, self._scratch)
            await main.put(copy.path, file, sha256=copy.sha256, mime=MIME[copy.format])
        except NotFound:
            return False  # the comparison of rows and files tells of it
        finally:
            await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)
        mine = (RecordingCopyRow.id == row.id, RecordingCopyRow.store == copy.store)
        async with self._database.transaction() as session:
            told = update(RecordingCopyRow).where(*mine).values(store=main.name)
            is_told = await session.scalar(told.returning(RecordingCopyRow.id))
        if is_told is None:
            await main.delete(copy.path)
            return False
        await self._stores.of(copy.store).delete(copy.path)
        return True
