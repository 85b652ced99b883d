"""Files and rows compared both ways: at start, and every night."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from callcore.calls.model import RecordingState
from callcore.kernel.errors import NotFound
from callcore.kernel.logs import get_logger
from recordings.files import SCRATCH_FOLDER, resolve_below
from recordings.model import (
    MIME,
    FailureCode,
    ReconcileReport,
    RecordingSettings,
)
from recordings.queue import RecordingQueue
from recordings.rows import Entry
from recordings.spool import look

_log = get_logger(__name__)
_DAY = "[0-9]" * 4 + "/" + "[0-9]" * 2 + "/" + "[0-9]" * 2


async def reconcile(queue: RecordingQueue, settings: RecordingSettings, now: datetime) -> ReconcileReport:
    """Rows without files: made again from their originals, else failed `file-missing`. Given-up rows whose cause may be
    cured get a fresh start. Playable files without rows are reported and left alone; what a killed worker left in its
    scratch folder is removed. Files in the spool are adopted by the worker's own rounds.
    """
    groups = await asyncio.to_thread(look, settings.spool_dir)
    with_sound = {group.base for group in groups if group.has_sound}
    entries = await queue.entries_of(with_sound)
    with_originals = frozenset(entry.id for entry in entries)
    missing, restored = await _check_ready(queue, settings.store_dir, with_originals, now)
    retried = await _retry_given_up(queue, with_originals)
    unknown = await _unknown_files(queue, settings.store_dir)
    swept = await asyncio.to_thread(_sweep, settings, now.timestamp())
    report = ReconcileReport(
        ownerless=tuple(sorted(with_sound - {entry.base for entry in entries})),
        missing=missing,
        retried=(*restored, *retried),
        unknown_files=unknown,
        swept=swept,
    )
    if missing or unknown:
        _log.error("recordings and files differ", missing=len(missing), unknown_files=len(unknown))
    return report


async def _check_ready(
    queue: RecordingQueue, store_dir: Path, with_originals: frozenset[int], now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    missing: list[str] = []
    restored: list[str] = []
    last_id = 0
    while page := await queue.entries_after(last_id, RecordingState.READY):
        last_id = page[-1].id
        for entry in await asyncio.to_thread(_without_file, store_dir, page):
            if entry.id in with_originals and await queue.restart(entry):
                restored.append(entry.base)
            else:
                await queue.lose_file(entry, now)
                missing.append(entry.path)
                _log.error("recording lost its file", call_id=entry.call_id, recording_id=entry.id)
    return tuple(missing), tuple(restored)


def _without_file(store_dir: Path, page: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in page if not is_whole(store_dir, entry)]


def is_whole(store_dir: Path, entry: Entry) -> bool:
    """Is the playable file of a ready row there, in its full size? Blocking."""
    try:
        return resolve_below(store_dir, entry.path).stat().st_size == entry.size_bytes
    except (OSError, NotFound):
        return False


async def _retry_given_up(queue: RecordingQueue, with_originals: frozenset[int]) -> tuple[str, ...]:
    retried: list[str] = []
    last_id = 0
    while page := await queue.entries_after(last_id, RecordingState.FAILED):
        last_id = page[-1].id
        for entry in page:
            is_final = entry.due_at is None and entry.id in with_originals
            if is_final and _may_be_cured(entry.error) and await queue.restart(entry):
                retried.append(entry.base)
    return tuple(retried)


def _may_be_cured(code: str) -> bool:
    """A file that came late cures `file-missing` too: its originals are there now."""
    return code == FailureCode.FILE_MISSING or any(code == one and one.is_curable for one in FailureCode)


async def _unknown_files(queue: RecordingQueue, store_dir: Path) -> tuple[str, ...]:
    """Playable files of which no row speaks, and which no row is about to make again."""
    about_to = {entry.base for entry in await queue.open_entries()}
    unknown: list[str] = []
    for folder, names in await asyncio.to_thread(lambda: list(_days(store_dir))):
        known = await queue.known_paths(folder)
        found = (f"{folder}/{name}" for name in names if name.rpartition(".")[0] not in about_to)
        unknown += sorted(path for path in found if path not in known)
    return tuple(unknown)


def _days(store_dir: Path) -> Iterator[tuple[str, list[str]]]:
    for day in sorted(store_dir.glob(_DAY)):
        with os.scandir(day) as entries:
            names = [entry.name for entry in entries if entry.name.rpartition(".")[2] in MIME]
        yield day.relative_to(store_dir).as_posix(), names


def _sweep(settings: RecordingSettings, now_s: float) -> tuple[str, ...]:
    """Scratch folders older than any conversion may be."""
    swept: list[str] = []
    folder = settings.store_dir / SCRATCH_FOLDER
    for scratch in sorted(folder.iterdir()) if folder.is_dir() else ():
        if now_s - scratch.stat().st_mtime > 2 * settings.job_limit_s:
            shutil.rmtree(scratch, ignore_errors=True)
            swept.append(scratch.name)
    return tuple(swept)
