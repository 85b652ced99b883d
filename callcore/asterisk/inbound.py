"""The network in memory as a snapshot, made anew when it has changed; when the database is gone the last one goes on serving.
Callers are answered by callcore.asterisk.answering, from the same snapshot."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from callcore.calls.model import PhoneInfo
from callcore.calls.phone_book import PhoneBook
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, NotAllowedNow
from callcore.kernel.logs import get_logger
from callcore.network.directory import load_directory
from callcore.network.directory_rows import Directory
from callcore.routing.decide import decide
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import Decision
from callcore.routing.numbering import NumberingPlan
from callcore.routing.snapshot import RoutingOptions, build_snapshot
from callcore.routing.sounds import NO_SOUNDS, Sounds

_log = get_logger(__name__)


class InboundRouting:
    """Keeps the snapshot; serves decisions for the site and the phone book of the tracker (PhoneDirectory)."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        numbering: Callable[[], NumberingPlan],
        options: RoutingOptions,
        live: Callable[[], Live] = lambda: NOTHING_LIVE,
        sounds: Callable[[], Sounds] = lambda: NO_SOUNDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._numbering = numbering
        self._options = options
        self._live = live
        self._sounds = sounds
        self._directory: Directory | None = None
        self._snapshot: RoutingSnapshot | None = None
        self._phones = PhoneBook(Directory())
        self._version = 0

    @property
    def is_ready(self) -> bool:
        return self._snapshot is not None

    @property
    def snapshot(self) -> RoutingSnapshot | None:
        """The last one made; None before the first."""
        return self._snapshot

    @property
    def made_at(self) -> datetime | None:
        return self._snapshot.made_at if self._snapshot else None

    async def refresh(self) -> bool:
        """Read the network, the numbering plan and the sounds; True when one had changed. Keeps the last snapshot when the database
        does not answer."""
        try:
            now = self._clock.now()
            directory = await self._database.look(lambda session: load_directory(session, now))
        except DatabaseUnavailable:
            _log.warning("network not read, the last snapshot goes on serving", version=self._version)
            return False
        if self._snapshot is not None:
            await asyncio.to_thread(self._snapshot.quarters.prepare, self._clock.now())
        numbering, sounds = await asyncio.to_thread(self._numbering), self._sounds()
        if self._is_current(directory, numbering, sounds):
            return False
        version, now = self._version + 1, self._clock.now()
        snapshot = await asyncio.to_thread(
            build_snapshot,
            directory,
            version,
            now,
            numbering=numbering,
            options=self._options,
            sounds=sounds,
        )
        await asyncio.to_thread(snapshot.quarters.prepare, now)
        self._directory, self._snapshot, self._version = directory, snapshot, version
        self._phones = PhoneBook(directory)
        _log.info("routing snapshot made", version=version, outlets=len(directory.outlets))
        return True

    def _is_current(self, directory: Directory, numbering: NumberingPlan, sounds: Sounds) -> bool:
        made = self._snapshot
        return (
            made is not None
            and made.numbering is numbering
            and made.sounds == sounds
            and directory == self._directory
        )

    def phone(self, key: str) -> PhoneInfo | None:
        return self._phones.phone(key)

    def decide(self, did: str, caller: str, at: datetime) -> Decision:
        """Raises NotAllowedNow before the first snapshot."""
        if self._snapshot is None:
            raise NotAllowedNow("no-snapshot", "the network has not been read yet")
        return decide(self._snapshot, did, caller, at, self._live())
