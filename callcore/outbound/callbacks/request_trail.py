"""What a request for a callback leaves behind: a line on the customer's order, or a request of his own, and a task of whoever must
act. In the caller's transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.task_model import CALL_BACK, TaskKind
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import open_task
from callcore.customers.consents import ConsentKind, give_consent
from callcore.customers.find_or_create import find_or_create_customer
from callcore.customers.tables import CustomerRow
from callcore.distribution.take_order import take_order
from callcore.intake.take_in import CONSENT_TEXT
from callcore.kernel.database import on_connection
from callcore.network.tables import OrgRow
from callcore.orders.call_requests import open_orders
from callcore.orders.model import UNKNOWN, NewOrder, OrderChannel, OrderEventKind, OrderKind
from callcore.orders.tables import OrderRow
from callcore.orders.timeline import add_event
from callcore.outbound.callbacks.model import CallbackSource
from callcore.outbound.callbacks.sites import CallbackSite
from callcore.outbound.tables import CallbackRow

TITLES: Final = {
    CallbackSource.WIDGET: "Обратный звонок с сайта «{site}»",
    CallbackSource.PAGE: "Обратный звонок с сайта «{site}»",
    CallbackSource.API: "Обратный звонок: заявка из программы «{site}»",
    CallbackSource.QUEUE: "Обратный звонок из очереди",
}


async def put_on_order(session: AsyncSession, row: CallbackRow, site: CallbackSite, now: datetime) -> None:
    """On the newest order that the customer has open, the site's dealer's first; else a request is made."""
    row.customer_id, is_new = await find_or_create_customer(
        session, phone=row.number, now=now, region_code=row.region_code, name=row.name
    )
    if row.name and not is_new:
        nameless = (CustomerRow.id == row.customer_id, CustomerRow.name == "")
        await session.execute(update(CustomerRow).where(*nameless).values(name=row.name))
    if row.source in (CallbackSource.WIDGET, CallbackSource.PAGE):
        agreed = (row.customer_id, ConsentKind.PERSONAL_DATA)
        _ = await give_consent(session, *agreed, at=now, source="site", text_version=CONSENT_TEXT)
    order = await _open_order(session, row.customer_id, site.org_id)
    if order is None:
        order = await take_order(
            session,
            NewOrder(
                kind=OrderKind.REQUEST,
                customer_id=row.customer_id,
                region_code=row.region_code,
                tz=row.tz,
                org_id=row.org_id,
                did_id=site.did_id,
                source=site.source or UNKNOWN,
                medium=row.medium or UNKNOWN,
                campaign=row.campaign,
                request_type="callback",
                channel=OrderChannel.CALLBACK.value,
                site_org_id=site.org_id,
            ),
            now=now,
        )
    row.order_id = order.id
    row.org_id = row.org_id or await _dealer(session, order.org_id)
    said = {
        "field": "asked",
        "text": site.title,
        "source": row.source,
        "callback_id": row.id,
        "note": row.note,
    }
    _ = await add_event(session, order.id, OrderEventKind.CALLBACK, at=now, data=said)


async def _open_order(session: AsyncSession, customer_id: int, org_id: int | None) -> OrderRow | None:
    path = await session.scalar(select(OrgRow.path).where(OrgRow.id == org_id)) if org_id else None
    known = (await on_connection(session, open_orders, {customer_id})).get(customer_id, [])
    own = [one for one in known if path and one.org_path.startswith(path)]
    free = [one for one in known if path is None or not one.org_path]
    found = next(iter(own + free), None)
    return await session.get(OrderRow, found.id) if found else None


async def _dealer(session: AsyncSession, org_id: int | None) -> int | None:
    """The head office's own orders are nobody's here."""
    if org_id is None:
        return None
    has_parent = await session.scalar(select(OrgRow.parent_id).where(OrgRow.id == org_id))
    return org_id if has_parent else None


async def leave_task(session: AsyncSession, row: CallbackRow, site: CallbackSite, now: datetime) -> None:
    """The number's open task takes the request in; the key is that of missed calls, so that two writers make one."""
    of_number = (TaskRow.caller_number == row.number, TaskRow.kind.in_(CALL_BACK))
    last = await session.scalar(select(TaskRow).where(*of_number).order_by(TaskRow.id.desc()).limit(1))
    title = TITLES[CallbackSource(row.source)].format(site=site.title)
    if last is not None and last.closed_at is None:
        row.task_id = last.id
        last.kind, last.title, last.due_at = TaskKind.CALLBACK.value, title, row.due_at
        last.order_id = last.order_id or row.order_id
        return
    key = f"callback:{row.number}:{last.id if last else 0}"
    await open_task(
        session,
        kind=TaskKind.CALLBACK,
        title=title,
        due_at=row.due_at,
        at=now,
        dedupe_key=key,
        org_id=row.org_id,
        caller_number=row.number,
        customer_id=row.customer_id,
        order_id=row.order_id,
        callback_id=row.id,
        calls=1,
    )
    row.task_id = await session.scalar(select(TaskRow.id).where(TaskRow.dedupe_key == key))
