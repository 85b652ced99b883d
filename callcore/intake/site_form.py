"""What forms of orders offer: whose site it is, which goods may be chosen, the regions."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import DealerGoodsRow, ProductRow
from callcore.intake.customer_page import maker_name
from callcore.kernel.errors import NotFound
from callcore.network.model import OrgKind, OrgState
from callcore.network.tables import OrgRow, RegionRow

MAX_GOODS: Final = 300


@dataclass(frozen=True, slots=True)
class Goods:
    article: str
    name: str
    unit: str
    price_kopecks: int


@dataclass(frozen=True, slots=True)
class SiteForm:
    """`dealer_name` is empty on the maker's own site."""

    org_id: int | None
    maker_name: str
    dealer_name: str
    goods: tuple[Goods, ...]


async def site_form(session: AsyncSession, org_id: int | None) -> SiteForm:
    """Raises NotFound for who is no dealer at work."""
    dealer = await session.get(OrgRow, org_id) if org_id is not None else None
    if org_id is not None and (
        dealer is None or dealer.kind == OrgKind.MANUFACTURER.value or dealer.state != OrgState.ACTIVE.value
    ):
        raise NotFound("dealer-not-found")
    found = select(ProductRow).where(ProductRow.is_active)
    if dealer is not None and not dealer.whole_line:
        sold = select(DealerGoodsRow.product_id).where(DealerGoodsRow.org_id == dealer.id)
        found = found.where(ProductRow.id.in_(sold))
    rows = await session.scalars(found.order_by(ProductRow.name, ProductRow.id).limit(MAX_GOODS))
    goods = tuple(Goods(row.article, row.name, row.unit, round(row.price * 100)) for row in rows)
    return SiteForm(org_id, await maker_name(session), dealer.name if dealer else "", goods)


async def find_goods(session: AsyncSession, text: str, limit: int = 8) -> tuple[Goods, ...]:
    """By a part of the article or of the name; SQLite compares only ASCII without case, so usual spellings are tried."""
    text = " ".join(text.split())[:80]
    if not text:
        return ()
    spellings = {text, text.lower(), text.upper(), text.capitalize()}
    matches = [ProductRow.article.contains(one, autoescape=True) for one in sorted(spellings)]
    matches += [ProductRow.name.contains(one, autoescape=True) for one in sorted(spellings)]
    condition = matches[0]
    for other in matches[1:]:
        condition = condition | other
    rows = await session.scalars(
        select(ProductRow)
        .where(ProductRow.is_active, condition)
        .order_by(ProductRow.article != text, ProductRow.name, ProductRow.id)
        .limit(limit)
    )
    return tuple(Goods(row.article, row.name, row.unit, round(row.price * 100)) for row in rows)


async def region_names(session: AsyncSession) -> dict[str, str]:
    """By code, in order of names."""
    rows = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    return {code: name for code, name in rows}  # noqa: C416 - rows are not pairs to the type checker
