"""Use case: what was told becomes an order. One transaction of the caller: customer, consents, order, lines, source,
distribution, messages; whatever is wrong is told by field, and then nothing is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import BindParameter, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import ProductRow
from callcore.customers.consents import give_consent
from callcore.customers.find_or_create import find_or_create_customer
from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.distribution.take_order import take_order
from callcore.intake.draft import (
    MAX_TOTAL_KOPECKS,
    Draft,
    DraftCustomer,
    DraftLine,
    clean,
    clean_text,
    draft_problems,
    end_of_day,
    number_of,
)
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Invalid
from callcore.kernel.phones import parse_phone
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow, OutletRow, RegionRow
from callcore.orders.model import (
    DEFAULT_TZ,
    SERVICE,
    SERVICES,
    UNKNOWN,
    NewLine,
    NewOrder,
    OrderEventKind,
    OrderKind,
)
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event

RegionsOf = Callable[[str], Sequence[str]]
_WANTED: Final[BindParameter[str]] = bindparam("wanted", expanding=True)
_NAMED: Final = select(ProductRow).where(
    or_(ProductRow.article.in_(_WANTED), ProductRow.name.in_(_WANTED)), ProductRow.is_active
)
_REGION: Final = select(RegionRow).where(RegionRow.code == bindparam("code"))
CONSENT_TEXT: Final = "2026-01"  # the version of what forms and the API ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who brings it: a person of ours, a program, or the customer himself. `source` is that of consents."""

    source: str
    actor_id: int | None = None
    ip: str = ""
    program: str = ""


async def take_in(
    session: AsyncSession, draft: Draft, sender: Sender, *, now: datetime, regions_of: RegionsOf
) -> OrderRow:
    """`regions_of` gives regions of a number, E.164. Raises Invalid("fields-wrong") with codes by field."""
    new, customer = await prepare(session, draft, now=now, regions_of=regions_of)
    customer_id = await settle_customer(session, customer, new.region_code, sender, now)
    origin = dict(new.origin) | ({"program": sender.program} if sender.program else {})
    new = replace(new, customer_id=customer_id, origin=origin)
    order = await take_order(session, new, now=now, actor_id=sender.actor_id)
    await tell_origin(session, order, draft, sender, now)
    return order


async def prepare(
    session: AsyncSession, draft: Draft, *, now: datetime, regions_of: RegionsOf
) -> tuple[NewOrder, DraftCustomer]:
    """The order that it would be, without its customer's id. Writes nothing. Raises Invalid as take_in."""
    customer = _cleaned(draft.customer)
    draft = replace(draft, customer=customer)
    wrong = draft_problems(draft, now)
    lines = priced_lines(draft.lines, await known_products(session, draft.lines), wrong)
    region = await _region(session, draft, regions_of)
    if draft.region_code and (region is None or region.code != draft.region_code):
        wrong["region"] = "not-listed"
    if draft.site_org_id is not None and not await _is_dealer(session, draft.site_org_id):
        wrong["site"] = "not-listed"
    if sum(line.total_kopecks for line in lines) > MAX_TOTAL_KOPECKS:
        wrong["lines"] = "too-big"
    tz = region.tz if region else DEFAULT_TZ
    due_at = end_of_day(draft.due_day, tz) if draft.due_day and draft.due_at is None else draft.due_at
    if due_at is not None and due_at <= now:
        wrong["due_at"] = "in-the-past"
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)
    return _new_order(draft, lines, region, due_at), customer


def _new_order(
    draft: Draft, lines: tuple[NewLine, ...], region: RegionRow | None, due_at: datetime | None
) -> NewOrder:
    return NewOrder(
        kind=OrderKind.ORDER,
        customer_id=0,
        lines=lines,
        region_code=region.code if region else None,
        tz=region.tz if region else DEFAULT_TZ,
        city=clean(draft.city),
        address=clean(draft.address),
        due_at=due_at,
        org_id=draft.org_id,
        source=clean(draft.source) or UNKNOWN,
        medium=clean(draft.medium) or UNKNOWN,
        campaign=clean(draft.campaign),
        request_type=clean(draft.request_type) or UNKNOWN,
        channel=draft.channel.value,
        site_org_id=draft.site_org_id,
        lat=draft.lat,
        lon=draft.lon,
        origin={name: text for name in ("term", "external_id") if (text := clean(getattr(draft, name)))},
    )


def _cleaned(customer: DraftCustomer) -> DraftCustomer:
    return replace(customer, name=clean(customer.name), email=clean(customer.email).lower())


def priced_lines(
    lines: Sequence[DraftLine], products: Mapping[str, ProductRow], wrong: dict[str, str]
) -> tuple[NewLine, ...]:
    """Copies of the catalogue's words and prices where none were told; `products` by article and by name. What is missing
    is added to `wrong`; lines that cannot be counted are left out."""
    found = []
    for number, line in enumerate(lines):
        product = products.get(_wanted(line)) if line.kind != SERVICE else None
        price = number_of(line.price) if line.price.strip() else _usual_price(line, product)
        if line.kind != SERVICE and line.article and product is None and not line.name:
            wrong.setdefault(f"lines.{number}.article", "not-found")
        elif price is None:
            wrong.setdefault(f"lines.{number}.price", "needed")
        quantity = number_of(line.quantity)
        if price is None or quantity is None or any(key.startswith(f"lines.{number}.") for key in wrong):
            continue
        found.append(_line(line, product, int(quantity * 1000), price))
    return tuple(found)


def _usual_price(line: DraftLine, product: ProductRow | None) -> Decimal | None:
    """What nobody has priced yet costs nothing until somebody does: a service, a wish in the customer's own words."""
    if product is not None:
        return product.price
    return Decimal(0) if line.kind == SERVICE or not line.article else None


def _line(line: DraftLine, product: ProductRow | None, quantity_m: int, price: Decimal) -> NewLine:
    service = line.service if line.kind == SERVICE else ""
    told, article = clean(line.name), clean(line.article)
    if product is not None and not article:
        told, article = product.name, product.article
    name = told or (product.name if product else SERVICES.get(service, ""))
    return NewLine(
        name=name,
        quantity_m=quantity_m,
        price=price,
        article=article if line.kind != SERVICE else "",
        unit=product.unit if product else "шт" if line.kind != SERVICE else "усл",
        kind=line.kind,
        product_id=product.id if product else None,
        category=product.category if product else "",
        service=service,
        params={clean(name): clean(value) for name, value in line.params.items()},
    )


def _wanted(line: DraftLine) -> str:
    """Without an article the name may be the catalogue's, or an article that somebody typed as a name."""
    return clean(line.article) or clean(line.name)


async def known_products(session: AsyncSession, lines: Sequence[DraftLine]) -> Mapping[str, ProductRow]:
    """By article and by name."""
    wanted = {_wanted(line) for line in lines if line.kind != SERVICE} - {""}
    if not wanted:
        return {}
    rows = (await session.scalars(_NAMED, {"wanted": sorted(wanted)})).all()
    return {row.name: row for row in rows} | {row.article: row for row in rows}


async def _region(session: AsyncSession, draft: Draft, regions_of: RegionsOf) -> RegionRow | None:
    """That which was named; else that of the city, by its name or by our outlets there; else that of the number."""
    if draft.region_code:
        return await session.scalar(_REGION, {"code": draft.region_code})
    city = clean(draft.city)
    if city:
        of_outlets = select(OutletRow.region_code).where(OutletRow.city == city).limit(1).scalar_subquery()
        by_city = or_(RegionRow.name == city, RegionRow.code == of_outlets)
        found = await session.scalar(
            select(RegionRow).where(by_city).order_by((RegionRow.name == city).desc()).limit(1)
        )
        if found is not None:
            return found
    number = parse_phone(draft.customer.phone) if draft.customer.phone else None
    codes = tuple(regions_of(number.e164)) if number else ()
    return await session.get(RegionRow, codes[0]) if codes else None


async def _is_dealer(session: AsyncSession, org_id: int) -> bool:
    kind = await session.scalar(select(OrgRow.kind).where(OrgRow.id == org_id))
    return kind is not None and kind != OrgKind.MANUFACTURER


async def settle_customer(
    session: AsyncSession, told: DraftCustomer, region_code: str | None, sender: Sender, now: datetime
) -> int:
    number = parse_phone(told.phone) if told.phone.strip() else None
    if told.id is not None:
        customer_id = told.id
    elif number is None and (known := await _owner_of_email(session, told.email)) is not None:
        customer_id = known
    else:
        phone = number.e164 if number else ""
        customer_id, is_new = await find_or_create_customer(
            session, phone=phone, now=now, region_code=region_code, name=told.name
        )
        if told.name and not is_new:
            await session.execute(
                update(CustomerRow)
                .where(CustomerRow.id == customer_id, CustomerRow.name == "")
                .values(name=told.name)
            )
    if told.email:
        contact = {"customer_id": customer_id, "kind": ContactKind.EMAIL.value, "value": told.email}
        _ = await insert_unless_exists(session, ContactRow, **contact, is_main=True)
    for kind in told.consents:
        _ = await give_consent(
            session,
            customer_id,
            kind,
            at=now,
            source=sender.source,
            text_version=CONSENT_TEXT,
            ip=sender.ip,
            actor_id=sender.actor_id,
        )
    return customer_id


async def _owner_of_email(session: AsyncSession, email: str) -> int | None:
    owner: int | None = await session.scalar(
        select(ContactRow.customer_id).where(
            ContactRow.kind == ContactKind.EMAIL.value, ContactRow.value == email
        )
    )
    return owner


async def tell_origin(
    session: AsyncSession, order: OrderRow, draft: Draft, sender: Sender, now: datetime
) -> None:
    """What the customer or the operator wrote along with it."""
    comment = clean_text(draft.comment)
    if comment:
        is_own_word = sender.actor_id is None
        kind = OrderEventKind.MESSAGE if is_own_word else OrderEventKind.COMMENT
        data = {"text": comment, "is_public": is_own_word, "from": "customer" if is_own_word else ""}
        _ = await add_event(session, order.id, kind, at=now, actor_id=sender.actor_id, data=data)
