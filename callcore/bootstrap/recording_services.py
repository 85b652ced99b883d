"""Recordings: the settings of the worker, the stores, and what the rooms of pages ask of them."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

from callcore.calls.change_retention import RetentionRules
from callcore.calls.recording_card import last_checks, note_check, note_file_forgotten, recording_card
from callcore.calls.recording_holds import hold_recording, release_recording
from callcore.calls.recording_pause import PauseRecording
from callcore.calls.recording_queries import find_recordings
from callcore.calls.recording_views import CheckView, RecordingCard, RecordingFilter, RecordingPage
from callcore.calls.views import JournalChoices
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError
from callcore.kernel.tasks import TaskOwner
from callcore.network.model import Viewer
from callcore.orders.numbers import order_id_of, order_numbers
from config.settings import Settings
from recordings.local_store import LocalStore
from recordings.model import FORMATS, RecordingSettings
from recordings.night import NightWork
from recordings.store import Stores
from web.recordings.services import RecordingServices


def recording_settings(settings: Settings) -> RecordingSettings:
    return RecordingSettings(
        spool_dir=settings.pbx.recordings_dir,
        store_dir=settings.recordings.store_dir,
        formats=FORMATS[settings.recordings.format],
        keep_originals=settings.recordings.keep_originals,
    )


def recording_stores(settings: Settings) -> Stores:
    """The folder, and before it the bucket where one is set up: what lies in the folder is still played from there."""
    told = settings.recordings
    local = LocalStore(told.store_dir)
    if told.store != "s3":
        return Stores(local)
    from recordings.s3_store import S3Settings, S3Store

    bucket = S3Settings(
        endpoint=told.s3_endpoint,
        bucket=told.s3_bucket,
        access_key=told.s3_access_key.get_secret_value(),
        secret_key=told.s3_secret_key.get_secret_value(),
        region=told.s3_region,
        prefix=told.s3_prefix,
        read_s=told.s3_timeout_s,
        limit_s=told.s3_timeout_s * 4,
    )
    return Stores(S3Store(bucket), (local,))


class RecordingDesk:
    """Names follow the services."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        night: NightWork,
        stores: Stores,
        tasks: TaskOwner,
        choices: Callable[[Viewer], Awaitable[JournalChoices]],
        pauses: PauseRecording,
    ) -> None:
        self._database, self._clock, self._night, self._stores = database, clock, night, stores
        self._tasks, self._choices, self._pauses = tasks, choices, pauses

    def services(self) -> RecordingServices:
        return RecordingServices(
            find=self.find,
            choices=self._choices,
            card=self.card,
            order_id=self.order_id,
            order_numbers=self.order_numbers,
            hold=self.hold,
            release=self.release,
            rules=RetentionRules(self._database, self._clock),
            checks=self.checks,
            compare=self.compare,
            pause=self._pauses.pause,
            go_on=self._pauses.go_on,
            forget_file=self.forget_file,
        )

    async def find(
        self, viewer: Viewer, wanted: RecordingFilter, *, after: str, before: str, limit: int
    ) -> RecordingPage:
        async with self._database.session() as session:
            return await find_recordings(session, viewer, wanted, after=after, before=before, limit=limit)

    async def card(self, viewer: Viewer, recording_id: int) -> RecordingCard:
        async with self._database.session() as session:
            return await recording_card(session, viewer, recording_id)

    async def order_id(self, viewer: Viewer, number: int) -> int | None:
        async with self._database.session() as session:
            return await order_id_of(session, viewer, number)

    async def order_numbers(self, viewer: Viewer, ids: Collection[int]) -> Mapping[int, int]:
        async with self._database.session() as session:
            return await order_numbers(session, viewer, ids)

    async def hold(self, viewer: Viewer, recording_id: int, reason: str) -> None:
        async with self._database.transaction() as session:
            await hold_recording(session, viewer, recording_id, reason, now=self._clock.now())

    async def release(self, viewer: Viewer, recording_id: int, reason: str) -> None:
        async with self._database.transaction() as session:
            await release_recording(session, viewer, recording_id, reason, now=self._clock.now())

    async def checks(self, viewer: Viewer) -> tuple[CheckView, ...]:
        async with self._database.session() as session:
            return await last_checks(session, viewer)

    async def compare(self, viewer: Viewer) -> bool:
        """With all sums; who asked for it is noted."""
        async with self._database.transaction() as session:
            await note_check(session, viewer, now=self._clock.now())
        if self._night.is_comparing:
            return False
        _ = self._tasks.spawn("recordings-compare", self._compare())
        return True

    async def _compare(self) -> None:
        """The report tells what went wrong."""
        with suppress(DealerlineError):
            _ = await self._night.compare(all_sums=True)

    async def forget_file(self, viewer: Viewer, store: str, path: str) -> None:
        """Raises NotAllowedNow("file-known") for one of which a row speaks, NotFound for one that is not there."""
        async with self._database.transaction() as session:
            await note_file_forgotten(session, viewer, store, path, now=self._clock.now())
        await self._stores.of(store).delete(path)
