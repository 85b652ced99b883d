"""Use cases: a table of orders is read into a preview, its good rows become orders, and all of it can be taken back.

Applying goes order by order, each in its own transaction that marks its rows: whoever dies in between goes on later, and
nothing is made twice.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.draft import draft_problems
from callcore.intake.import_columns import columns_of, draft_of, fingerprint, row_of
from callcore.intake.take_in import RegionsOf, Sender, known_products, priced_lines, take_in
from callcore.kernel import audit
from callcore.kernel.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.model import Role, Viewer
from callcore.network.tables import RegionRow
from callcore.orders.desk_tables import ImportJobRow, ImportRowRow

IMPORTERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
KIND: Final = "orders"
PREVIEW, APPLIED, UNDONE = "preview", "applied", "undone"
Words = Callable[[dict[str, str]], str]


@dataclass(frozen=True, slots=True)
class Step:
    """One order of a job: the rows that belong together."""

    row_ids: tuple[int, ...]
    raws: tuple[dict[str, Any], ...]


def check_importer(viewer: Viewer) -> None:
    if viewer.role not in IMPORTERS:
        raise Forbidden("not-importer")


async def preview_import(
    session: AsyncSession,
    viewer: Viewer,
    file_name: str,
    raw: bytes,
    table: Sequence[Sequence[str]],
    words: Words,
    *,
    now: datetime,
) -> int:
    """The id of the job. `words` makes one sentence of codes by field. Raises Forbidden, Invalid (field file)."""
    check_importer(viewer)
    places, strange = columns_of(table[0])
    rows = [(line, row_of(cells, places)) for line, cells in enumerate(table[1:], start=2) if any(cells)]
    sha256 = hashlib.sha256(raw).hexdigest()
    twin = await session.scalar(
        select(ImportJobRow.id).where(
            ImportJobRow.kind == KIND, ImportJobRow.sha256 == sha256, ImportJobRow.state == APPLIED
        )
    )
    job = ImportJobRow(
        kind=KIND,
        file_name=file_name[:200],
        sha256=sha256,
        state=PREVIEW,
        user_id=viewer.user_id,
        org_id=viewer.org_id,
        at=now,
        data={"strange": list(strange)[:20], "twin": twin},
    )
    session.add(job)
    await session.flush()
    errors = await _errors(session, rows, words, now)
    session.add_all(
        ImportRowRow(job_id=job.id, line=line, raw=row, error=errors.get(line, "")) for line, row in rows
    )
    return job.id


async def _errors(
    session: AsyncSession, rows: Sequence[tuple[int, dict[str, str]]], words: Words, now: datetime
) -> dict[int, str]:
    """What is wrong, by the line of the file. An order with one wrong row is wrong whole."""
    regions = await region_codes(session)
    imported = await _imported_numbers(session, {row["number"] for _, row in rows if row.get("number")})
    groups = [(group, *draft_of([row for _, row in group], regions)) for group in _groups(rows)]
    products = await known_products(session, [line for _, draft, _ in groups for line in draft.lines])
    seen: dict[str, int] = {}
    errors: dict[int, str] = {}
    for group, draft, wrong in groups:
        lines = [line for line, _ in group]
        prints = "".join(fingerprint(row) for _, row in group)
        number = group[0][1].get("number", "")
        if prints in seen:
            problem = words({"row": f"повторяет строку {seen[prints]}"})
        elif number in imported:
            problem = words({"row": f"заказ {number} уже загружен"})
        else:
            wrong |= draft_problems(draft, now)
            _ = priced_lines(draft.lines, products, wrong)
            problem = words(wrong) if wrong else ""
        seen.setdefault(prints, lines[0])
        if problem:
            errors |= dict.fromkeys(lines, problem)
    return errors


def _groups(rows: Sequence[tuple[int, dict[str, str]]]) -> list[list[tuple[int, dict[str, str]]]]:
    """Rows of one number make one order; a row without a number is an order of its own."""
    groups: dict[str, list[tuple[int, dict[str, str]]]] = defaultdict(list)
    for line, row in rows:
        groups[row.get("number") or f"\0{line}"].append((line, row))
    return list(groups.values())


async def region_codes(session: AsyncSession) -> dict[str, str]:
    rows = (await session.execute(select(RegionRow.code, RegionRow.name))).all()
    return {name.lower(): code for code, name in rows} | {code.lower(): code for code, _ in rows}


async def _imported_numbers(session: AsyncSession, numbers: set[str]) -> frozenset[str]:
    """Those that stand on orders of earlier files."""
    if not numbers:
        return frozenset()
    rows = await session.scalars(
        select(ImportRowRow.raw)
        .join(ImportJobRow, ImportJobRow.id == ImportRowRow.job_id)
        .where(ImportJobRow.kind == KIND, ImportJobRow.state == APPLIED, ImportRowRow.order_id.is_not(None))
    )
    return frozenset({str(row.get("number", "")) for row in rows} & numbers)


async def waiting_steps(
    session: AsyncSession, viewer: Viewer, job_id: int, now: datetime
) -> tuple[Step, ...]:
    """Orders of the job that are not made yet; from now on it counts as applied. Raises NotFound, Forbidden,
    NotAllowedNow("import-undone")."""
    job = await own_job(session, viewer, job_id)
    if job.state == UNDONE:
        raise NotAllowedNow("import-undone")
    if job.state == PREVIEW:
        job.state, job.applied_at = APPLIED, now
        _note(session, viewer, "orders:imported", job, now)
    rows = await session.scalars(
        select(ImportRowRow)
        .where(ImportRowRow.job_id == job_id, ImportRowRow.error == "", ImportRowRow.order_id.is_(None))
        .order_by(ImportRowRow.line)
    )
    groups: dict[str, list[ImportRowRow]] = defaultdict(list)
    for row in rows:
        groups[str(row.raw.get("number") or f"\0{row.line}")].append(row)
    return tuple(
        Step(tuple(row.id for row in group), tuple(row.raw for row in group)) for group in groups.values()
    )


async def apply_step(
    session: AsyncSession,
    viewer: Viewer,
    step: Step,
    regions: dict[str, str],
    words: Words,
    *,
    now: datetime,
    regions_of: RegionsOf,
) -> None:
    """One order in one transaction; what became wrong since the preview is written on its rows."""
    own = ImportRowRow.id.in_(step.row_ids)
    claimed = await session.scalars(
        update(ImportRowRow)
        .where(own, ImportRowRow.order_id.is_(None), ImportRowRow.error == "")
        .values(error="…")  # held by this transaction
        .returning(ImportRowRow.id)
        .execution_options(synchronize_session=False)
    )
    if len(claimed.all()) != len(step.row_ids):
        return  # somebody else is at it
    draft, wrong = draft_of([{str(k): str(v) for k, v in raw.items()} for raw in step.raws], regions)
    try:
        if wrong:
            raise Invalid("fields-wrong", fields=wrong)
        sender = Sender(source="phone", actor_id=viewer.user_id)
        order = await take_in(session, draft, sender, now=now, regions_of=regions_of)
        values: dict[str, Any] = {"order_id": order.id, "error": ""}
    except Invalid as refused:
        values = {"error": words(refused.details.get("fields", {"row": refused.code}))}
    await session.execute(
        update(ImportRowRow).where(own).values(**values).execution_options(synchronize_session=False)
    )


async def own_job(session: AsyncSession, viewer: Viewer, job_id: int) -> ImportJobRow:
    """Raises NotFound, Forbidden."""
    check_importer(viewer)
    job = await session.get(ImportJobRow, job_id)
    if job is None or job.kind != KIND:
        raise NotFound("import-not-found")
    return job


def _note(session: AsyncSession, viewer: Viewer, action: str, job: ImportJobRow, now: datetime) -> None:
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="import",
        entity_id=job.id,
        file=job.file_name,
    )


async def count_rows(session: AsyncSession, job_id: int) -> dict[str, int]:
    """good: wait to be made; bad: have an error; done: stand on an order; orders: how many of these."""
    done, bad = ImportRowRow.order_id.is_not(None), ImportRowRow.error != ""
    row = (
        await session.execute(
            select(
                func.count().filter(~done, ~bad),
                func.count().filter(~done, bad),
                func.count().filter(done),
                func.count(ImportRowRow.order_id.distinct()),
            ).where(ImportRowRow.job_id == job_id)
        )
    ).one()
    return dict(zip(("good", "bad", "done", "orders"), row, strict=True))
