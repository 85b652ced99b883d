"""Read side: customers who look like one and the same."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.customers.tables import CustomerRow

MAX_PAIRS: Final = 50
_MIN_NAME_CHARS: Final = 6  # «Иван» alone says nothing


@dataclass(frozen=True, slots=True)
class Pair:
    """The older one first. `why`: inn or name."""

    first_id: int
    first_name: str
    second_id: int
    second_name: str
    why: str


async def find_duplicates(session: AsyncSession, customer_id: int | None = None) -> tuple[Pair, ...]:
    """With one INN, or with one whole name in one region; of one customer when his id is given. Each likeness is a query
    of its own, so that the database can join by equality."""
    by_inn = await _alike(session, "inn", customer_id)
    by_name = await _alike(session, "name", customer_id)
    known = {(pair.first_id, pair.second_id) for pair in by_inn}
    rest = (pair for pair in by_name if (pair.first_id, pair.second_id) not in known)
    return (*by_inn, *rest)[:MAX_PAIRS]


async def _alike(session: AsyncSession, why: str, customer_id: int | None) -> list[Pair]:
    """Newest pairs first."""
    first, second = aliased(CustomerRow), aliased(CustomerRow)
    if why == "inn":
        same = and_(first.inn == second.inn, first.inn != "")
    else:
        is_whole = and_(func.length(first.name) >= _MIN_NAME_CHARS, first.name.contains(" "))
        same = and_(first.name == second.name, first.region_code == second.region_code, is_whole)
    conditions: list[ColumnElement[bool]] = [
        one.is_(None) for row in (first, second) for one in (row.merged_into_id, row.anonymised_at)
    ]
    if customer_id is not None:
        conditions.append(or_(first.id == customer_id, second.id == customer_id))
    rows = await session.execute(
        select(first.id, first.name, second.id, second.name)
        .join_from(first, second, and_(first.id < second.id, same))
        .where(*conditions)
        .order_by(second.id.desc(), first.id.desc())
        .limit(MAX_PAIRS)
    )
    return [Pair(*row, why) for row in rows]
