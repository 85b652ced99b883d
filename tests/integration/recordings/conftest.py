"""A spool, a store, a worker without its own process, and a journal to attach to."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import callcore.customers.tables
import callcore.network.tables  # noqa: F401 - calls refer to its rows
from callcore.calls.model import RecordingKind, RecordingState
from callcore.calls.tables import CallEventRow, CallRow, RecordingRow
from callcore.kernel.database import Database
from recordings.model import AudioJob, Outcome, RecordingSettings
from recordings.pipeline import RecordingWorker
from recordings.steps.convert import convert
from recordings.store import Stores
from tests.audio import make_tone
from tests.fakes.clock import FakeClock

CALL = "dealerline-1773651000.12"
PLAYABLE = f"2026/03/16/{CALL}.mp3"
CUSTOMER_HZ, OURS_HZ = 440, 620


class InlineAudio:
    """The real conversion in a thread: what the process pool adds is tested by itself. `answer` replaces its outcome."""

    def __init__(self) -> None:
        self.jobs: list[AudioJob] = []
        self.answer: Callable[[AudioJob], Outcome] = convert
        self._turn = asyncio.Lock()  # as in a process of its own, one conversion at a time

    async def run(self, job: AudioJob) -> Outcome:
        self.jobs.append(job)
        async with self._turn:
            return await asyncio.to_thread(self.answer, job)

    async def close(self) -> None:
        return None


@dataclass
class World:
    database: Database
    clock: FakeClock
    settings: RecordingSettings
    audio: InlineAudio = field(default_factory=InlineAudio)
    ready: list[tuple[int, str]] = field(default_factory=list)

    def worker(self, **changes: object) -> RecordingWorker:
        settings = replace(self.settings, **changes)
        return RecordingWorker(
            self.database, self.clock, settings, lambda *told: self.ready.append(told), audio=self.audio
        )

    def worker_with(self, stores: Stores) -> RecordingWorker:
        return RecordingWorker(
            self.database,
            self.clock,
            self.settings,
            lambda *told: self.ready.append(told),
            audio=self.audio,
            stores=stores,
        )

    def lay(self, base: str = CALL, seconds: float = 2.0, *, marker: bool = True, age_s: float = 0) -> None:
        """The files of a talk, as the PBX leaves them."""
        paths = [
            make_tone(self.settings.spool_dir / f"{base}-in.wav", CUSTOMER_HZ, seconds),
            make_tone(self.settings.spool_dir / f"{base}-out.wav", OURS_HZ, seconds),
        ]
        if marker:
            paths.append(self.settings.spool_dir / f"{base}.done")
            paths[-1].touch()
        self.age(age_s, *paths)

    def age(self, age_s: float, *paths: Path) -> None:
        for path in paths or tuple(self.settings.spool_dir.iterdir()):
            os.utime(path, (self.clock.now().timestamp() - age_s,) * 2)

    async def call(self, call_id: str = CALL, *, talk_s: int = 2, has_ended: bool = True) -> int:
        now = self.clock.now()
        row = CallRow(
            call_id=call_id,
            direction="inbound",
            state="ended" if has_ended else "talking",
            started_at=now - timedelta(seconds=60),
            ended_at=now if has_ended else None,
            talk_s=talk_s,
        )
        async with self.database.transaction() as session:
            session.add(row)
        return row.id

    async def end_call(self, talk_s: int, call_id: str = CALL) -> None:
        async with self.database.transaction() as session:
            await session.execute(
                update(CallRow)
                .where(CallRow.call_id == call_id)
                .values(ended_at=self.clock.now(), talk_s=talk_s)
            )

    async def announce(
        self, base: str = CALL, *, call_row_id: int | None = None, kind: RecordingKind = RecordingKind.TALK
    ) -> None:
        """The row that the tracker writes when the PBX announces a recording."""
        row = RecordingRow(
            call_row_id=call_row_id,
            call_id=base.removesuffix("-vm"),
            kind=kind,
            base=base,
            state=RecordingState.PENDING,
            started_at=self.clock.now(),
        )
        async with self.database.transaction() as session:
            session.add(row)

    async def recording(self, base: str = CALL) -> RecordingRow | None:
        async with self.database.session() as session:
            return await session.scalar(select(RecordingRow).where(RecordingRow.base == base))

    async def journal(self, call_id: str = CALL) -> CallRow:
        async with self.database.session() as session:
            return (await session.scalars(select(CallRow).where(CallRow.call_id == call_id))).one()

    async def events(self) -> list[tuple[str, dict]]:
        async with self.database.session() as session:
            rows = await session.scalars(select(CallEventRow).order_by(CallEventRow.id))
            return [(row.kind, row.data) for row in rows]

    def spool_names(self) -> list[str]:
        return sorted(path.name for path in self.settings.spool_dir.iterdir() if path.is_file())

    def store_names(self) -> list[str]:
        """Playable files and whatever else was left in the store."""
        root = self.settings.store_dir
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
async def world(database: Database, clock: FakeClock, tmp_path: Path) -> World:
    settings = RecordingSettings(spool_dir=tmp_path / "spool", store_dir=tmp_path / "store", scan_s=0.05)
    settings.spool_dir.mkdir()
    settings.store_dir.mkdir()
    clock.set(datetime.fromtimestamp(1773651000 + 120, clock.now().tzinfo))
    return World(database, clock, settings)
