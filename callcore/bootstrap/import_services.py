"""Services of the room of imports."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from callcore.bootstrap.intake_services import RegionsOf
from callcore.intake.import_columns import TITLES
from callcore.intake.import_orders import (
    apply_step,
    check_importer,
    preview_import,
    region_codes,
    waiting_steps,
)
from callcore.intake.table_files import read_table
from callcore.intake.undo_import import ImportJob, import_job, list_imports, undo_import
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.network.model import Viewer
from web.intake.import_services import ImportServices
from web.intake.words import field_words

AT_ONCE_S: Final = timedelta(seconds=15)  # a press answers before a browser gives up


class OrderImport:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock, regions_of: RegionsOf) -> None:
        self._database = database
        self._clock = clock
        self._regions_of = regions_of

    def services(self) -> ImportServices:
        return ImportServices(
            preview=self.preview, apply=self.apply, undo=self.undo, job=self.job, jobs=self.jobs
        )

    async def preview(self, viewer: Viewer, file_name: str, raw: bytes) -> int:
        check_importer(viewer)
        table = await asyncio.to_thread(read_table, raw)
        async with self._database.transaction() as session:
            return await preview_import(
                session, viewer, file_name, raw, table, in_words, now=self._clock.now()
            )

    async def apply(self, viewer: Viewer, job_id: int) -> None:
        now = self._clock.now()
        async with self._database.transaction() as session:
            steps = await waiting_steps(session, viewer, job_id, now)
            regions = await region_codes(session)
        for step in steps:
            if self._clock.now() - now > AT_ONCE_S:
                break
            async with self._database.transaction() as session:
                await apply_step(
                    session,
                    viewer,
                    step,
                    regions,
                    in_words,
                    now=self._clock.now(),
                    regions_of=self._regions_of,
                )

    async def undo(self, viewer: Viewer, job_id: int) -> tuple[int, int]:
        async with self._database.transaction() as session:
            return await undo_import(session, viewer, job_id, now=self._clock.now())

    async def job(self, viewer: Viewer, job_id: int) -> ImportJob:
        async with self._database.session() as session:
            return await import_job(session, viewer, job_id)

    async def jobs(self, viewer: Viewer) -> Sequence[ImportJob]:
        async with self._database.session() as session:
            return await list_imports(session, viewer)


def in_words(fields: dict[str, str]) -> str:
    """«Количество: больше нуля; Телефон: …»."""
    columns = {"due_at": "due", "name": "product"}
    told = []
    for name, text in field_words(fields).items():
        last = name.rpartition(".")[2]
        title = TITLES.get("name" if name == "customer.name" else columns.get(last, last), "")
        told.append(f"{title}: {text[:1].lower()}{text[1:]}" if title else text)
    return "; ".join(told)
