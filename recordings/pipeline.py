"""The worker: looks at what the PBX left, takes rows one by one, and brings each to an end.

The database is the queue and the spool folder the truth about files, so a round can be broken off at any line and
simply be done again: files are placed before the commit, originals are removed after it.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from callcore.calls.model import RecordingState
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError, StoreUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner
from recordings.copies import is_known_whole, put_copies
from recordings.files import SCRATCH_FOLDER
from recordings.local_store import LocalStore
from recordings.measure import Tally, look_at_store
from recordings.model import (
    AudioJob,
    Converted,
    Failed,
    FailureCode,
    Outcome,
    RecordingHealth,
    RecordingSettings,
    Silent,
    SourceGroup,
)
from recordings.names import started_at_of
from recordings.night import NightWork
from recordings.pool import AudioPool, AudioRunner
from recordings.queue import RecordingQueue
from recordings.rows import Entry
from recordings.settle import settle_due
from recordings.spool import discard_all, look
from recordings.steps.errors import failure_of
from recordings.store import Stores
from recordings.worklist import Work, Worklist, make_worklist

_log = get_logger(__name__)
_HURRY_S = 0.4
_CROWD_S = 2.0  # many calls end: what each round costs is shared by more of them
_CROWD = 5
_HOUSE_S = 1.0
_HURRY_FOR_S = 6.0
_MAX_WOKEN = 1000
_RELEASE_S = 2.0

OnReady = Callable[[int, str], None]


class RecordingWorker:
    """`on_ready(recording_id, call_id)` is called after the commit, once the call shows a playable recording."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: RecordingSettings,
        on_ready: OnReady,
        *,
        audio: AudioRunner | None = None,
        stores: Stores | None = None,
    ) -> None:
        self._database, self._clock, self._settings = database, clock, settings
        self._on_ready = on_ready
        self._audio: AudioRunner = audio or AudioPool(settings.workers, settings.idle_pool_s)
        self._stores = stores or Stores(LocalStore(settings.store_dir))
        self._queue = RecordingQueue(database, settings)
        self.night = NightWork(database, clock, settings, self._stores)
        self._leases = TaskOwner("recordings-lease")
        self._loops: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._woken: dict[str, float] = {}
        self._health = RecordingHealth()
        self._tally = Tally()
        self._busy = 0
        self._kept_at = 0.0

    def start(self, tasks: TaskOwner) -> None:
        """One loop per audio process; the queue keeps them apart. Returns at once."""
        for number in range(self._settings.workers):
            self._loops.append(tasks.spawn(f"recordings-{number}", self._run()))
        self._loops.append(tasks.spawn("recordings-night", self.night.run()))

    async def close(self) -> None:
        """Stop looking, give back what is in hand, end the audio processes."""
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops.clear()
        await self._leases.close()
        await self._audio.close()
        await self._stores.close()

    def wake(self, base: str) -> None:
        """Something has happened to this base: look now, and for some seconds often, until its files are finished. Beyond
        1000 names the usual scan has to do."""
        if len(self._woken) < _MAX_WOKEN:
            self._woken[base] = asyncio.get_running_loop().time() + _HURRY_FOR_S
        self._news.set()

    def health(self) -> RecordingHealth:
        """Figures of the last round; never waits."""
        return self._health

    async def run_once(self) -> int:
        """One round over everything owed; returns how many recordings came to an end."""
        work = await self._look()
        if work.adopt:
            await self._adopt(work.adopt)
            work = await self._look()
        done = await self._end_bare([item for item in work.convert if item.is_bare])
        for item in work.convert:
            done += 0 if item.is_bare else await self._process(item)
        for entry in work.missing:
            done += await self._miss(entry)
        for item in work.leftovers:
            await self._clean(item)
        await self._discard(work.litter, keep=False)
        await self._keep_house()
        return done

    async def _run(self) -> None:
        while True:
            try:
                await self.run_once()
            except DealerlineError as exc:
                self._tally.fail(exc.code)
                _log.warning("recordings round broken off", code=exc.code)
            except Exception as exc:  # noqa: BLE001 - a border: the worker must outlive any failure of a round
                self._tally.fail(type(exc).__name__)
                _log.exception("recordings round failed")
            await self._pause()

    async def _pause(self) -> None:
        now = asyncio.get_running_loop().time()
        self._woken = {base: until for base, until in self._woken.items() if until > now}
        try:
            async with asyncio.timeout(self._hurry_s() if self._woken else self._settings.scan_s):
                await self._news.wait()
        except TimeoutError:
            return
        # a marker comes a little after the hang-up, and other calls end meanwhile
        await asyncio.sleep(self._hurry_s())
        self._news.clear()

    def _hurry_s(self) -> float:
        return _HURRY_S if len(self._woken) <= _CROWD else _CROWD_S

    async def _keep_house(self) -> None:
        """In a hurry not each time."""
        now = asyncio.get_running_loop().time()
        if self._woken and now - self._kept_at < _HOUSE_S:
            return
        self._kept_at = now
        for attached in await settle_due(self._database, self._clock.now(), self._settings.settle_days):
            self._tell(attached.recording_id, attached.call_id)
        await self._measure()

    async def _look(self) -> Worklist:
        groups = await asyncio.to_thread(look, self._settings.spool_dir)
        owed = await self._queue.owed(group.base for group in groups)
        if not groups and not owed.entries:
            return Worklist()
        return await asyncio.to_thread(
            make_worklist, groups, owed.entries, owed.ended_calls, self._clock.now(), self._settings
        )

    async def _adopt(self, groups: tuple[SourceGroup, ...]) -> None:
        """The application was not there when the PBX announced them."""
        for group in groups:
            started_at = started_at_of(group.base) or datetime.fromtimestamp(group.newest_at, UTC)
            await self._queue.adopt(group.base, group.kind, started_at)
            _log.warning("recording without a row adopted", base=group.base)

    async def _end_bare(self, works: list[Work]) -> int:
        """Headers without sound need no process: nobody talked, or no voice came through."""
        if not works:
            return 0
        ended = await self._queue.finish_bare([work.entry for work in works], self._clock.now())
        mine = [work for work, finished in zip(works, ended, strict=True) if finished.is_mine]
        await self._discard([work.group for work in mine], keep=False)
        for work in mine:
            self._woken.pop(work.entry.base, None)
        self._tally.done += len(mine)
        return len(mine)

    async def _process(self, work: Work) -> int:
        claims = await self._queue.claim([work.entry], self._clock.now())
        if not claims:
            return 0
        claim = claims[0]
        scratch = self._settings.store_dir / SCRATCH_FOLDER / f"{claim.base}.{claim.attempts}"
        joins = await self._queue.joins_of(claim) if work.group.was_asked else ()
        job = AudioJob(work.group, scratch, self._settings.formats, self._settings.job_limit_s, joins)
        lease = self._leases.spawn(claim.base, self._keep(claim))
        self._busy += 1
        try:
            outcome = await self._audio.run(job)
            return await self._conclude(claim, work.group, outcome)
        except asyncio.CancelledError:
            await self._give_back(claim)
            raise
        finally:
            self._busy -= 1
            lease.cancel()
            self._woken.pop(claim.base, None)
            await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    async def _keep(self, claim: Entry) -> None:
        """Prolong the lease while the work lives."""
        while True:
            await asyncio.sleep(self._settings.lease_s / 3)
            with contextlib.suppress(DealerlineError):
                if not await self._queue.renew(claim, self._clock.now()):
                    return

    async def _give_back(self, claim: Entry) -> None:
        with contextlib.suppress(DealerlineError, TimeoutError):
            async with asyncio.timeout(_RELEASE_S):
                await self._queue.release(claim)

    async def _conclude(self, claim: Entry, group: SourceGroup, outcome: Outcome) -> int:
        match outcome:
            case Converted():
                return await self._keep_playable(claim, group, outcome)
            case Silent():
                finished = await self._queue.finish_empty(claim, outcome, self._clock.now())
                if finished.is_mine:
                    await self._discard([group], keep=not outcome.may_delete)
                self._tally.done += finished.is_mine
                return int(finished.is_mine)
            case Failed():
                return await self._fail(claim, group, outcome)

    async def _keep_playable(self, claim: Entry, group: SourceGroup, made: Converted) -> int:
        if not await self._queue.renew(claim, self._clock.now()):
            return 0
        try:
            copies = await put_copies(self._stores.main, claim, made)
        except OSError as exc:
            return await self._fail(claim, group, Failed(failure_of(exc), exc.strerror or ""))
        except StoreUnavailable as exc:
            return await self._fail(claim, group, Failed(FailureCode.STORE_AWAY, exc.message))
        finished = await self._queue.finish_ready(claim, made, copies, self._clock.now())
        if not finished.is_mine:
            return 0
        if finished.is_attached:
            self._tell(claim.id, claim.call_id)
        await self._discard([group], keep=self._settings.keep_originals)
        self._tally.done += 1
        return 1

    async def _fail(self, claim: Entry, group: SourceGroup, failed: Failed) -> int:
        finished = await self._queue.finish_failed(claim, failed, self._clock.now())
        if not finished.is_mine:
            return 0
        self._tally.fail(failed.code)
        about = {"call_id": claim.call_id, "base": claim.base, "attempt": claim.attempts}
        _log.error("recording failed", code=failed.code, detail=failed.detail, **about)
        if not group.audio:
            await self._discard([group], keep=False)
        return 1

    async def _miss(self, entry: Entry) -> int:
        """The PBX announced a recording and never wrote it: unwritable folder, or removed by hand."""
        nothing = SourceGroup(entry.base, entry.kind)
        claims = await self._queue.claim([entry], self._clock.now())
        return sum([await self._fail(claim, nothing, Failed(FailureCode.FILE_MISSING)) for claim in claims])

    async def _clean(self, work: Work) -> None:
        """Originals of a finished row: removed only if its playable file is whole."""
        if work.entry.state is RecordingState.EMPTY:
            await self._discard([work.group], keep=True)
        elif await is_known_whole(self._queue, self._stores, work.entry):
            await self._discard([work.group], keep=self._settings.keep_originals)

    async def _discard(self, groups: Sequence[SourceGroup], *, keep: bool) -> None:
        if not groups:
            return
        for base, reason in await asyncio.to_thread(discard_all, groups, self._settings.spool_dir, keep=keep):
            self._tally.fail("originals-not-removed")
            _log.warning("originals could not be removed", base=base, reason=reason)

    def _tell(self, recording_id: int, call_id: str) -> None:
        try:
            self._on_ready(recording_id, call_id)
        except Exception:  # noqa: BLE001 - a border: a listener must not stop the worker
            _log.exception("recording listener failed", call_id=call_id)

    async def _measure(self) -> None:
        seen = await look_at_store(self._queue, self._settings)
        if seen.is_space_low and not self._health.is_space_low:
            _log.error("little space for recordings", free_bytes=seen.free_bytes)
        self._health = self._tally.added_to(seen, is_busy=self._busy > 0)
