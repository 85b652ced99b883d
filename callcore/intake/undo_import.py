"""Use cases: an import is taken back; what imports there were, and what became of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.windows import close_windows
from callcore.intake.import_orders import KIND, UNDONE, check_importer, count_rows, own_job
from callcore.kernel import audit
from callcore.kernel.errors import NotAllowedNow
from callcore.network.model import Viewer
from callcore.network.tables import UserRow
from callcore.orders.desk_tables import ImportJobRow, ImportRowRow, OrderContactRow
from callcore.orders.model import OrderClass, OrderEventKind
from callcore.orders.tables import OrderEventRow, OrderRow

SHOWN_ROWS: Final = 200
_OWN_DOING: Final = (
    OrderEventKind.CREATED.value,
    OrderEventKind.OFFERED.value,
    OrderEventKind.MESSAGE.value,
    OrderEventKind.COMMENT.value,
)


@dataclass(frozen=True, slots=True)
class ImportRow:
    line: int
    cells: Mapping[str, str]
    error: str
    order_number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """`good`, `bad`, `done` count rows, `orders` what was made. `twin`: the same file was applied as that job."""

    id: int
    file_name: str
    state: str
    user_name: str
    at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    strange: tuple[str, ...]
    twin: int | None
    good: int
    bad: int
    done: int
    orders: int
    rows: tuple[ImportRow, ...] = ()


async def list_imports(session: AsyncSession, viewer: Viewer) -> tuple[ImportJob, ...]:
    """The newest thirty."""
    check_importer(viewer)
    rows = await session.execute(
        select(ImportJobRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == ImportJobRow.user_id)
        .where(ImportJobRow.kind == KIND)
        .order_by(ImportJobRow.id.desc())
        .limit(30)
    )
    return tuple([await _job(session, job, name or "") for job, name in rows.all()])


async def import_job(session: AsyncSession, viewer: Viewer, job_id: int) -> ImportJob:
    """With its rows, wrong ones first, SHOWN_ROWS at most. Raises NotFound, Forbidden."""
    job = await own_job(session, viewer, job_id)
    name = await session.scalar(select(UserRow.full_name).where(UserRow.id == job.user_id))
    rows = await session.execute(
        select(ImportRowRow, OrderRow.number)
        .outerjoin(OrderRow, OrderRow.id == ImportRowRow.order_id)
        .where(ImportRowRow.job_id == job_id)
        .order_by(ImportRowRow.error == "", ImportRowRow.line)
        .limit(SHOWN_ROWS)
    )
    shown = tuple(ImportRow(row.line, row.raw, row.error, number) for row, number in rows)
    return await _job(session, job, name or "", shown)


async def _job(
    session: AsyncSession, job: ImportJobRow, user_name: str, rows: tuple[ImportRow, ...] = ()
) -> ImportJob:
    counts = await count_rows(session, job.id)
    return ImportJob(
        id=job.id,
        file_name=job.file_name,
        state=job.state,
        user_name=user_name,
        at=job.at,
        applied_at=job.applied_at,
        undone_at=job.undone_at,
        strange=tuple(job.data.get("strange", ())),
        twin=job.data.get("twin"),
        rows=rows,
        **counts,
    )


async def undo_import(
    session: AsyncSession, viewer: Viewer, job_id: int, *, now: datetime
) -> tuple[int, int]:
    """How many orders were put away, and how many stay because somebody has taken or changed them. Raises NotFound,
    Forbidden, NotAllowedNow("import-not-applied")."""
    job = await own_job(session, viewer, job_id)
    if job.applied_at is None or job.state == UNDONE:
        raise NotAllowedNow("import-not-applied")
    gone = await _put_away(session, job_id, now)
    for order_id in gone:
        await close_windows(session, order_id, now=now)
    total = (await count_rows(session, job_id))["orders"]
    job.state, job.undone_at = UNDONE, now
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="orders:import-undone",
        entity="import",
        entity_id=job_id,
        orders=len(gone),
        kept=total - len(gone),
    )
    return len(gone), total - len(gone)


async def _put_away(session: AsyncSession, job_id: int, now: datetime) -> list[int]:
    """Ids of the orders that nobody has taken or changed."""
    ids = select(ImportRowRow.order_id).where(
        ImportRowRow.job_id == job_id, ImportRowRow.order_id.is_not(None)
    )
    touched = or_(
        exists().where(OrderEventRow.order_id == OrderRow.id, OrderEventRow.kind.not_in(_OWN_DOING)),
        exists().where(OrderContactRow.order_id == OrderRow.id),
    )
    return list(
        await session.scalars(
            update(OrderRow)
            .where(
                OrderRow.id.in_(ids),
                OrderRow.deleted_at.is_(None),
                OrderRow.status_class == OrderClass.OPEN.value,
                OrderRow.org_id.is_(None),
                ~touched,
            )
            .values(deleted_at=now, attention_at=None)
            .returning(OrderRow.id)
            .execution_options(synchronize_session=False)
        )
    )
