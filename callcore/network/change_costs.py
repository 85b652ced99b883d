"""Use cases: costs of dealers are typed one by one, brought by a file as a whole, taken out and put back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.cost_tables import DealerCostRow
from callcore.network.costs import COST_EDITORS, CostKind
from callcore.network.model import OrgKind, Viewer
from callcore.network.tables import OrgRow

MAX_KOPECKS: Final = 100_000_000_000  # a thousand million roubles
MAX_NOTE_CHARS: Final = 200
EARLIEST: Final = date(2015, 1, 1)


@dataclass(frozen=True, slots=True)
class NewCost:
    """`month` any day of it. `line` of the file, 0 for one that was typed."""

    org_id: int
    month: date
    kind: CostKind
    kopecks: int
    note: str = ""
    line: int = 0


class ChangeCosts:
    """All raise Forbidden for who may not."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def dealers(self, viewer: Viewer) -> dict[str, int]:
        """Ids by name, of all dealers."""
        _check_editor(viewer)
        async with self._database.session() as session:
            rows = await session.execute(
                select(OrgRow.name, OrgRow.id)
                .where(OrgRow.kind != OrgKind.MANUFACTURER.value)
                .order_by(OrgRow.name, OrgRow.id.desc())
            )
            return {name: org_id for name, org_id in rows}  # noqa: C416 - rows are no pairs to mypy

    async def add(self, viewer: Viewer, new: NewCost) -> int:
        """Its id. Raises Invalid("cost-wrong", fields=) with codes: out-of-range, too-late, too-early, unknown, too-long."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            await self._check(session, new)
            row = self._row(viewer, new)
            session.add(row)
            await session.flush()
            self._note(session, viewer, "cost:added", row.id, org_id=new.org_id, kopecks=new.kopecks)
            return row.id

    async def bring(self, viewer: Viewer, costs: Sequence[NewCost], batch: str) -> None:
        """All or none. Raises Conflict("file-known") when this very file has been brought and stands, and Invalid("cost-wrong",
        fields=) whose names are numbers of lines."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            known = exists().where(DealerCostRow.batch == batch, DealerCostRow.removed_at.is_(None))
            if await session.scalar(select(known)):
                raise Conflict("file-known")
            wrong: dict[str, str] = {}
            for one in costs:
                try:
                    await self._check(session, one)
                except Invalid as invalid:
                    wrong[str(one.line)] = next(iter(invalid.details["fields"].values()))
            if wrong:
                raise Invalid("cost-wrong", fields=wrong)
            session.add_all(self._row(viewer, one, batch) for one in costs)
            total = sum(one.kopecks for one in costs)
            self._note(session, viewer, "cost:imported", batch, rows=len(costs), kopecks=total)

    async def remove(self, viewer: Viewer, cost_id: int) -> None:
        """Raises NotFound."""
        await self._stand(viewer, cost_id, stands=False)

    async def put_back(self, viewer: Viewer, cost_id: int) -> None:
        """Raises NotFound."""
        await self._stand(viewer, cost_id, stands=True)

    async def _stand(self, viewer: Viewer, cost_id: int, *, stands: bool) -> None:
        _check_editor(viewer)
        async with self._database.transaction() as session:
            found = await session.scalar(
                update(DealerCostRow)
                .where(DealerCostRow.id == cost_id)
                .values(removed_at=None if stands else self._clock.now())
                .returning(DealerCostRow.id)
            )
            if found is None:
                raise NotFound("cost-not-found")
            self._note(session, viewer, "cost:restored" if stands else "cost:removed", cost_id)

    async def _check(self, session: AsyncSession, new: NewCost) -> None:
        fields = {}
        if not 0 < new.kopecks <= MAX_KOPECKS:
            fields["kopecks"] = "out-of-range"
        if new.month > self._clock.now().date():
            fields["month"] = "too-late"
        elif new.month < EARLIEST:
            fields["month"] = "too-early"
        if len(new.note) > MAX_NOTE_CHARS:
            fields["note"] = "too-long"
        dealer = await session.get(OrgRow, new.org_id)
        if dealer is None or dealer.kind == OrgKind.MANUFACTURER:
            fields["org"] = "unknown"
        if fields:
            raise Invalid("cost-wrong", fields=fields)

    def _row(self, viewer: Viewer, new: NewCost, batch: str = "") -> DealerCostRow:
        return DealerCostRow(
            org_id=new.org_id,
            month=new.month.replace(day=1),
            kind=new.kind.value,
            kopecks=new.kopecks,
            note=new.note,
            batch=batch,
            made_at=self._clock.now(),
            author_id=int(viewer.user_id),
        )

    def _note(
        self, session: AsyncSession, viewer: Viewer, action: str, entity_id: int | str, **data: Any
    ) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity="dealer_cost",
            entity_id=entity_id,
            **data,
        )


def _check_editor(viewer: Viewer) -> None:
    if viewer.role not in COST_EDITORS:
        raise Forbidden("not-cost-editor")
