"""Use cases and reading: a dealer's own customers, whom others leave alone.

A claim holds for `claim_days` after the last thing that the dealer did with the customer: the claim itself, an order, a
call. A dealer who asks learns «free» or «taken until», of nobody whose number or INN he does not know already; each
question is written down, and they are few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope, orgs_under, shown_numbers
from callcore.calls.tables import CallRow
from callcore.customers.find_or_create import find_or_create_customer
from callcore.customers.model import ContactKind
from callcore.customers.queries import customers_by_id
from callcore.customers.reading import MAX_NAME_CHARS, is_inn, read_contact
from callcore.customers.tables import ContactRow, CustomerClaimRow, CustomerRow
from callcore.kernel import audit
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from callcore.kernel.phones import format_phone, mask_phone
from callcore.network.model import DEALER_ROLES, Viewer
from callcore.network.outlets import check_not_suspended
from callcore.network.sign_in_limit import fingerprint
from callcore.network.tables import OrgRow
from callcore.orders.changing import check_worker
from callcore.orders.rights import reach_of
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow

CHECKS: Final = 20  # of one organisation in CHECK_WINDOW
CHECK_WINDOW: Final = timedelta(hours=1)
MAX_LISTED: Final = 200
_OPEN_CLAIM: Final = select(CustomerClaimRow).where(
    CustomerClaimRow.customer_id == bindparam("customer_id"), CustomerClaimRow.released_at.is_(None)
)


class ClaimState(StrEnum):
    FREE = "free"
    OWN = "own"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """All that is told. `until` is empty for a free one."""

    state: ClaimState
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimView:
    """`name` and `contact` as far as this dealer may know them."""

    id: int
    customer_id: int
    org_name: str
    name: str
    contact: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class NewClaim:
    """One of `phone` and `inn` is needed."""

    phone: str
    inn: str
    name: str


async def check_claim(session: AsyncSession, viewer: Viewer, asked: str, *, now: datetime) -> ClaimAnswer:
    """`asked` is an INN or a telephone. Raises Invalid (field asked), Forbidden, TooMany. Its row in the audit, which
    counts, is written in the caller's transaction."""
    if not viewer.is_staff:
        _check_dealer(viewer)
    customer_id, subject = await _asked(session, asked)
    await _count_question(session, viewer, subject, now)
    if customer_id is None:
        return ClaimAnswer(ClaimState.FREE, None)
    return await _answer(session, viewer, customer_id, now)


async def claim_holder(session: AsyncSession, customer_id: int, now: datetime) -> tuple[int, datetime] | None:
    """Whose customer it is and until when; None for nobody's."""
    row = await _open_claim(session, customer_id)
    if row is None:
        return None
    until = (await _untils(session, [row]))[row.id]
    return (row.org_id, until) if until > now else None


async def _open_claim(session: AsyncSession, customer_id: int) -> CustomerClaimRow | None:
    return await session.scalar(_OPEN_CLAIM, {"customer_id": customer_id})


async def register_customer(session: AsyncSession, viewer: Viewer, new: NewClaim, *, now: datetime) -> int:
    """The customer's id; new when nobody knew him. Raises Invalid (fields phone, inn, name), Conflict("customer-taken")
    with `until`, Forbidden, NotAllowedNow("dealer-suspended"). A refusal tells something: whoever calls this has called
    `count_registration` before, in a transaction of its own."""
    _check_dealer(viewer)
    await check_not_suspended(session, viewer)
    phone, inn, name = _read(new)
    customer_id = await _find(session, phone, inn)
    if customer_id is None:
        customer_id, _ = await find_or_create_customer(session, phone=phone, now=now, name=name)
        values = {"inn": inn, "kind": "company" if len(inn) == 10 else "person"}
        if inn:
            await session.execute(update(CustomerRow).where(CustomerRow.id == customer_id).values(**values))
    answer = await _answer(session, viewer, customer_id, now)
    if answer.state is ClaimState.TAKEN:
        raise Conflict("customer-taken", until=answer.until)
    if answer.state is ClaimState.FREE:
        await _claim(session, viewer, customer_id, now)
    return customer_id


async def count_registration(session: AsyncSession, viewer: Viewer, new: NewClaim, *, now: datetime) -> None:
    """It is a question too. Raises Invalid as `register_customer`, Forbidden, TooMany."""
    _check_dealer(viewer)
    phone, inn, _ = _read(new)
    await _count_question(session, viewer, inn or phone, now)


async def release_claim(session: AsyncSession, viewer: Viewer, claim_id: int, *, now: datetime) -> None:
    """By the dealer himself or by the head office. Raises NotFound, Forbidden, NotAllowedNow("dealer-suspended")."""
    scope = await reach_of(session, viewer)
    row = await session.get(CustomerClaimRow, claim_id)
    if row is None or not scope.covers(row.org_id) or row.released_at is not None:
        raise NotFound("claim-not-found")
    await check_worker(session, viewer)
    row.released_at = now
    _note(session, viewer, "claim:released", "customer", row.customer_id, now, org_id=row.org_id)


async def claims_of(session: AsyncSession, viewer: Viewer, now: datetime) -> tuple[ClaimView, ...]:
    """Those that hold, of everybody whom the viewer reaches; the newest first."""
    scope = await reach_of(session, viewer)
    found = (
        select(CustomerClaimRow, OrgRow.name)
        .join(OrgRow, OrgRow.id == CustomerClaimRow.org_id)
        .where(CustomerClaimRow.released_at.is_(None))
        .order_by(CustomerClaimRow.id.desc())
        .limit(MAX_LISTED)
    )
    if scope.org_ids is not None:
        found = found.where(CustomerClaimRow.org_id.in_(sorted(scope.org_ids)))
    rows = (await session.execute(found)).all()
    until = await _untils(session, [row for row, _ in rows])
    alive = [(row, org_name, until[row.id]) for row, org_name in rows if until[row.id] > now]
    return await _views(session, scope, alive)


async def _views(
    session: AsyncSession, scope: Scope, rows: list[tuple[CustomerClaimRow, str, datetime]]
) -> tuple[ClaimView, ...]:
    ids = [row.customer_id for row, _, _ in rows]
    known = await customers_by_id(session, ids)
    found = await session.scalars(select(CustomerRow).where(CustomerRow.id.in_(ids)))
    stored = {row.id: row for row in found}
    shown = await shown_numbers(session, scope, [one.phone for one in known.values()])
    views = []
    for row, org_name, until in rows:
        customer = known[row.customer_id]
        is_told = scope.is_whole or stored[row.customer_id].created_at == row.at
        phone = format_phone(customer.phone) if customer.phone in shown else mask_phone(customer.phone)
        contact = stored[row.customer_id].inn or (phone if customer.phone else "")
        name = customer.name if is_told else ""
        views.append(ClaimView(row.id, row.customer_id, org_name, name, contact, row.at, until))
    return tuple(views)


async def _answer(session: AsyncSession, viewer: Viewer, customer_id: int, now: datetime) -> ClaimAnswer:
    holder = await claim_holder(session, customer_id, now)
    if holder is None:
        return ClaimAnswer(ClaimState.FREE, None)
    is_own = (await reach_of(session, viewer)).covers(holder[0])
    return ClaimAnswer(ClaimState.OWN if is_own else ClaimState.TAKEN, holder[1])


async def _untils(session: AsyncSession, rows: Sequence[CustomerClaimRow]) -> dict[int, datetime]:
    """By the claim's id: the last activity of the dealer's branch with the customer, and the days of the settings."""
    days = timedelta(days=(await order_settings(session)).claim_days)
    last = {row.id: row.at for row in rows}
    for org_id in {row.org_id for row in rows}:
        own = {row.customer_id: row.id for row in rows if row.org_id == org_id}
        orgs = sorted(await orgs_under(session, org_id))
        orders = select(OrderRow.customer_id, func.max(OrderRow.created_at)).where(
            OrderRow.customer_id.in_(own), OrderRow.org_id.in_(orgs), OrderRow.deleted_at.is_(None)
        )
        calls = select(CallRow.customer_id, func.max(CallRow.started_at)).where(
            CallRow.customer_id.in_(own), CallRow.org_id.in_(orgs)
        )
        for found in (orders.group_by(OrderRow.customer_id), calls.group_by(CallRow.customer_id)):
            for customer_id, at in await session.execute(found):
                claim_id = own[int(customer_id or 0)]
                last[claim_id] = max(last[claim_id], at)
    return {claim_id: at + days for claim_id, at in last.items()}


async def _claim(session: AsyncSession, viewer: Viewer, customer_id: int, now: datetime) -> None:
    """A claim that lapsed gives way; of two who come at once one is refused by the unique index."""
    lapsed = await _open_claim(session, customer_id)
    if lapsed is not None and (await _untils(session, [lapsed]))[lapsed.id] <= now:
        # this very one: between the look and the write another may have come
        one = update(CustomerClaimRow).where(CustomerClaimRow.id == lapsed.id)
        await session.execute(one.where(CustomerClaimRow.released_at.is_(None)).values(released_at=now))
    days = timedelta(days=(await order_settings(session)).claim_days)
    values = {"customer_id": customer_id, "org_id": viewer.org_id, "user_id": int(viewer.user_id)}
    if not await insert_unless_exists(session, CustomerClaimRow, **values, at=now, until=now + days):
        raise Conflict("customer-taken")
    _note(session, viewer, "claim:registered", "customer", customer_id, now, org_id=viewer.org_id)


async def _count_question(session: AsyncSession, viewer: Viewer, subject: str, now: datetime) -> None:
    """The rows of the audit are the counter: all people of one dealer together, whatever they were answered."""
    asked = await session.scalar(
        select(func.count())
        .select_from(AuditRow)
        .where(AuditRow.entity == "organization", AuditRow.entity_id == str(viewer.org_id))
        .where(AuditRow.action == "claim:checked", AuditRow.at > now - CHECK_WINDOW)
    )
    if (asked or 0) >= CHECKS and not viewer.is_staff:
        raise TooMany("too-many-checks", retry_after_s=int(CHECK_WINDOW.total_seconds()))
    data = {"asked_sha256": fingerprint(subject)}
    _note(session, viewer, "claim:checked", "organization", viewer.org_id, now, **data)


async def _asked(session: AsyncSession, asked: str) -> tuple[int | None, str]:
    text = asked.strip()
    if is_inn(text.replace(" ", "")):
        inn = text.replace(" ", "")
        return await _find(session, "", inn), inn
    read = read_contact(text)
    if read is None or read[0] is not ContactKind.PHONE:
        raise Invalid("asked-wrong", fields={"asked": "asked-wrong"})
    return await _find(session, read[1], ""), read[1]


async def _find(session: AsyncSession, phone: str, inn: str) -> int | None:
    if phone:
        found = await session.scalar(
            select(ContactRow.customer_id).where(ContactRow.kind == "phone", ContactRow.value == phone)
        )
        if found is not None:
            return found
    if not inn:
        return None
    return await session.scalar(
        select(func.min(CustomerRow.id)).where(CustomerRow.inn == inn, CustomerRow.merged_into_id.is_(None))
    )


def _read(new: NewClaim) -> tuple[str, str, str]:
    wrong, phone, inn = {}, "", new.inn.replace(" ", "")
    if new.phone.strip():
        read = read_contact(new.phone)
        if read is None or read[0] is not ContactKind.PHONE:
            wrong["phone"] = "phone-wrong"
        else:
            phone = read[1]
    if inn and not is_inn(inn):
        wrong["inn"] = "inn-wrong"
    if not phone and not inn and not wrong:
        wrong["phone"] = "phone-or-inn"
    name = " ".join(new.name.split())
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        wrong["name"] = "name-length"
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)
    return phone, inn, name


def _check_dealer(viewer: Viewer) -> None:
    """The head office holds no customers of its own."""
    if viewer.role not in DEALER_ROLES:
        raise Forbidden("not-dealer")


def _note(
    session: AsyncSession, viewer: Viewer, action: str, entity: str, entity_id: int, at: datetime, **data: Any
) -> None:
    audit.record(
        session,
        at=at,
        actor_id=viewer.user_id,
        action=action,
        entity=entity,
        entity_id=entity_id,
        ip="",
        **data,
    )
