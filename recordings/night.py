"""Once a day, and at start: files and rows are compared, recordings whose term is over go, older copies move."""

import asyncio
from datetime import date

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError
from callcore.kernel.logs import get_logger
from recordings.model import ReconcileReport, RecordingSettings
from recordings.queue import RecordingQueue
from recordings.reconcile import reconcile
from recordings.reports import begin_report, end_report
from recordings.retention import RetentionWork
from recordings.store import Stores

_log = get_logger(__name__)
_LOOK_S = 60.0


class NightWork:
    """The day turns at midnight UTC, in the night of the whole country."""

    def __init__(self, database: Database, clock: Clock, settings: RecordingSettings, stores: Stores) -> None:
        self._database, self._clock, self._settings, self._stores = database, clock, settings, stores
        self._queue = RecordingQueue(database, settings)
        self._retention = RetentionWork(database, clock, stores, settings.store_dir)
        self._comparing = asyncio.Lock()
        self._done_on: date | None = None

    @property
    def is_comparing(self) -> bool:
        return self._comparing.locked()

    async def compare(self, *, all_sums: bool = False) -> ReconcileReport:
        """Both ways, one comparison at a time; the report is kept. With all sums every copy is read through."""
        async with self._comparing:
            report_id = await begin_report(self._database, self._clock.now())
            report, code = None, "broken-off"
            try:
                now = self._clock.now()
                report = await reconcile(self._queue, self._stores, self._settings, now, all_sums=all_sums)
                return report
            except DealerlineError as exc:
                code = exc.code
                raise
            finally:
                error = "" if report is not None else code
                await end_report(self._database, report_id, self._clock.now(), report, error)

    async def delete_due(self) -> int:
        return await self._retention.delete_due()

    async def move_copies(self) -> int:
        return await self._retention.move_copies()

    async def run(self) -> None:
        """For ever. What fails is tried again after a minute."""
        while True:
            try:
                if self._done_on != (today := self._clock.now().date()):
                    _ = await self.compare()
                    _ = await self.delete_due()
                    _ = await self.move_copies()
                    self._done_on = today
            except DealerlineError as exc:
                _log.warning("night's work on recordings broken off", code=exc.code)
            except Exception:  # noqa: BLE001 - a border: the next round may succeed
                _log.exception("night's work on recordings failed")
            await asyncio.sleep(_LOOK_S)
