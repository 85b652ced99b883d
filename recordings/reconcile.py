"""Files and rows compared both ways: every night, and when an administrator asks for it. Nothing is deleted here but the
scratch folders of killed workers."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcore.calls.model import RecordingState
from callcore.kernel.errors import NotFound
from callcore.kernel.logs import get_logger
from recordings.copies import has_right_sum
from recordings.files import SCRATCH_FOLDER
from recordings.model import Copy, FailureCode, Finding, FindingCode, ReconcileReport, RecordingSettings
from recordings.queue import RecordingQueue
from recordings.rows import Entry
from recordings.spool import look
from recordings.store import RecordingStore, Stores

_log = get_logger(__name__)
_DAYS_KEPT = 60
SUM_NIGHTS = 7  # within so many nights every copy is read through once


@dataclass(slots=True)
class _Round:
    """What one comparison works with and what it found so far. `sums_of`: of which recordings the sums are worked out."""

    queue: RecordingQueue
    stores: Stores
    now: datetime
    with_originals: frozenset[int]
    all_sums: bool
    sizes: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    rows: int = 0
    files: int = 0
    sums: int = 0

    def wants_sum(self, entry: Entry) -> bool:
        return self.all_sums or entry.id % SUM_NIGHTS == self.now.toordinal() % SUM_NIGHTS

    async def size(self, copy: Copy) -> int | None:
        """By listings of whole days: a question for each file would take a bucket for ever."""
        store, day = self.stores.of(copy.store), copy.path.rpartition("/")[0]
        try:
            if not day:
                return await store.size(copy.path)
            if (copy.store, day) not in self.sizes:
                if len(self.sizes) >= _DAYS_KEPT:
                    self.sizes.clear()
                files = await store.files(day)
                self.sizes[copy.store, day] = {one.key: one.size_bytes for one in files}
        except NotFound:
            return None  # a path that leads outside is no file of ours
        return self.sizes[copy.store, day].get(copy.path)


async def reconcile(
    queue: RecordingQueue,
    stores: Stores,
    settings: RecordingSettings,
    now: datetime,
    *,
    all_sums: bool = False,
) -> ReconcileReport:
    """Rows without files: made again from their originals, else failed `file-missing`. Given-up rows whose cause may be
    cured get a fresh start. Damaged copies and playable files without rows are reported and left alone. Raises
    StoreUnavailable: a store that does not answer has lost nothing."""
    groups = await asyncio.to_thread(look, settings.spool_dir)
    with_sound = {group.base for group in groups if group.has_sound}
    entries = await queue.entries_of(with_sound)
    work = _Round(queue, stores, now, frozenset(entry.id for entry in entries), all_sums)
    ownerless = sorted(with_sound - {entry.base for entry in entries})
    work.findings += [Finding(code=FindingCode.NO_ROW, path=base) for base in ownerless]
    await _check_ready(work)
    await _retry_given_up(work)
    for store in stores.by_name.values():
        await _unknown_files(work, store)
    swept = await asyncio.to_thread(_sweep, settings, now.timestamp())
    report = ReconcileReport(tuple(work.findings), work.rows, work.files, work.sums, swept)
    if report.findings:
        _log.error("recordings and files differ", findings=len(report.findings))
    return report


async def _check_ready(work: _Round) -> None:
    last_id = 0
    while page := await work.queue.entries_after(last_id, RecordingState.READY):
        last_id = page[-1].id
        copies = await work.queue.copies_of(page)
        for entry in page:
            work.rows += 1
            wrong = await _check_copies(work, entry, copies[entry.id])
            if wrong:
                work.findings += await _answer(work, entry, copies[entry.id], wrong)


async def _check_copies(work: _Round, entry: Entry, copies: Sequence[Copy]) -> list[Finding]:
    wrong: list[Finding] = []
    for copy in copies:
        code = await _check_copy(work, entry, copy)
        if code is not None:
            wrong.append(
                Finding(
                    code=code,
                    path=copy.path,
                    store=copy.store,
                    recording_id=entry.id,
                    call_id=entry.call_id,
                )
            )
    return wrong


async def _check_copy(work: _Round, entry: Entry, copy: Copy) -> FindingCode | None:
    size = await work.size(copy)
    if size is None:
        return FindingCode.COPY_MISSING
    if size != copy.size_bytes:
        return FindingCode.WRONG_SIZE
    if not copy.sha256 or not work.wants_sum(entry):
        return None
    work.sums += 1
    return None if await has_right_sum(work.stores, copy) else FindingCode.WRONG_SUM


async def _answer(
    work: _Round, entry: Entry, copies: Sequence[Copy], wrong: Sequence[Finding]
) -> list[Finding]:
    """From originals everything is made anew. Without them a row is lost only when nothing of it is there."""
    if entry.id in work.with_originals and await work.queue.restart(entry):
        return [_done(one, "again", entry.base) for one in wrong]
    if sum(one.code is FindingCode.COPY_MISSING for one in wrong) < len(copies):
        return list(wrong)
    await work.queue.lose_file(entry, work.now)
    _log.error("recording lost its file", call_id=entry.call_id, recording_id=entry.id)
    return [_done(one, "lost", one.path, FindingCode.FILE_MISSING) for one in wrong]


def _done(one: Finding, done: str, path: str, code: FindingCode | None = None) -> Finding:
    return Finding(
        code=code or one.code,
        path=path,
        store=one.store,
        recording_id=one.recording_id,
        call_id=one.call_id,
        done=done,
    )


async def _retry_given_up(work: _Round) -> None:
    last_id = 0
    while page := await work.queue.entries_after(last_id, RecordingState.FAILED):
        last_id = page[-1].id
        for entry in page:
            is_final = entry.due_at is None and entry.id in work.with_originals
            if is_final and _may_be_cured(entry.error) and await work.queue.restart(entry):
                again = Finding(
                    code=FindingCode.GIVEN_UP,
                    path=entry.base,
                    recording_id=entry.id,
                    call_id=entry.call_id,
                    done="again",
                )
                work.findings.append(again)


def _may_be_cured(code: str) -> bool:
    """A file that came late cures `file-missing` too: its originals are there now."""
    return code == FailureCode.FILE_MISSING or any(code == one and one.is_curable for one in FailureCode)


async def _unknown_files(work: _Round, store: RecordingStore) -> None:
    """Playable files of which no row speaks, and which no row is about to make again."""
    about_to = {entry.base for entry in await work.queue.open_entries()}
    for day in await store.days():
        known = await work.queue.known_paths(day)
        for file in await store.files(day):
            work.files += 1
            base = file.key.rpartition("/")[2].rpartition(".")[0]
            if file.key not in known and base not in about_to:
                work.findings.append(Finding(code=FindingCode.FILE_UNKNOWN, path=file.key, store=store.name))


def _sweep(settings: RecordingSettings, now_s: float) -> tuple[str, ...]:
    """Scratch folders older than any conversion may be."""
    swept: list[str] = []
    folder = settings.store_dir / SCRATCH_FOLDER
    for scratch in sorted(folder.iterdir()) if folder.is_dir() else ():
        if now_s - scratch.stat().st_mtime > 2 * settings.job_limit_s:
            shutil.rmtree(scratch, ignore_errors=True)
            swept.append(scratch.name)
    return tuple(swept)
