"""What comparisons of rows and files found, kept for the page."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from callcore.calls.recording_tables import RecordingCheckRow
from callcore.kernel.database import Base, Database
from recordings.model import Finding, ReconcileReport

_CHECKS: Final = Base.metadata.tables[RecordingCheckRow.__tablename__]
MAX_FINDINGS: Final = 500
KEPT: Final = 60


async def begin_report(database: Database, now: datetime) -> int:
    """Its id. Old ones beyond KEPT go."""

    def begin(connection: Connection) -> int:
        stay = select(_CHECKS.c.id).order_by(_CHECKS.c.id.desc()).limit(KEPT)
        old = list(connection.scalars(stay))
        if len(old) == KEPT:
            connection.execute(delete(_CHECKS).where(_CHECKS.c.id < old[-1]))
        values = {"at": now, "rows": 0, "files": 0, "problems": 0, "body": {}}
        made: int = connection.scalar(insert(_CHECKS).values(values).returning(_CHECKS.c.id)) or 0
        return made

    return await database.write(begin)


async def end_report(
    database: Database, report_id: int, now: datetime, report: ReconcileReport | None, error: str = ""
) -> None:
    """None: broken off, with a code."""
    found = report or ReconcileReport()
    body = {"findings": [_told(one) for one in found.findings[:MAX_FINDINGS]], "sums": found.sums}
    values = {
        "ended_at": now,
        "rows": found.rows,
        "files": found.files,
        "problems": len(found.findings),
        "body": body | ({"error": error} if error else {}),
    }
    change = update(_CHECKS).where(_CHECKS.c.id == report_id).values(values)
    await database.write(lambda connection: connection.execute(change))


def _told(one: Finding) -> dict[str, str | int | None]:
    return {
        "code": one.code.value,
        "path": one.path,
        "store": one.store,
        "recording_id": one.recording_id,
        "call_id": one.call_id,
        "done": one.done,
    }
