"""Use case: a customer asks to be forgotten (152-ФЗ, art. 21). What tells who he is goes; the books stay: orders with
their goods, sums and statuses, calls with their times, points, the audit. It cannot be undone.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.recording_queries import is_held
from callcore.calls.recording_tables import RecordingCopyRow
from callcore.calls.reveal_tables import PhoneRevealRow
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.task_tables import TaskRow
from callcore.customers.edit_customer import note
from callcore.customers.model import ContactKind
from callcore.customers.tables import ConsentRow, ContactRow, CustomerClaimRow, CustomerRow
from callcore.kernel.errors import Invalid, NotAllowedNow
from callcore.network.model import Viewer
from callcore.orders.customer_reach import FORGETTERS, customer_to_change
from callcore.orders.desk_tables import OrderFileRow
from callcore.orders.forget_traces import FORGOTTEN_TEXT, erase_traces
from callcore.orders.pins import forget_pins
from callcore.orders.tables import OrderRow

FORGOTTEN_NAME: Final = "Данные удалены"
CONFIRMATION: Final = "УДАЛИТЬ"
MAX_REASON_CHARS: Final = 300

Eraser = Callable[[AsyncSession, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`recordings` are files of the store, relative, `files` hashes of files of orders that nobody else has: whoever asked
    for it takes them away after the commit."""

    recordings: tuple[str, ...]
    files: tuple[str, ...] = ()


async def forget_customer(
    session: AsyncSession,
    viewer: Viewer,
    customer_id: int,
    *,
    reason: str,
    typed: str,
    with_recordings: bool,
    now: datetime,
    erasers: Sequence[Eraser] = (),
) -> Forgotten:
    """`erasers` clean the rooms above (messages). Raises NotFound, Forbidden, Invalid (fields reason, typed),
    NotAllowedNow("order-running") while an order or a call of his is not over, "recordings-held"."""
    row = await customer_to_change(session, viewer, customer_id, FORGETTERS)
    reason = _checked(reason, typed)
    await _check_nothing_runs(session, customer_id)
    numbers = list(await session.scalars(_numbers_of(customer_id)))
    await _erase_customer(session, row, now)
    files = await _erase_orders(session, customer_id, now)
    recordings = await _erase_calls(session, customer_id, with_recordings=with_recordings)
    for erase in erasers:
        await erase(session, customer_id)
    await erase_traces(session, customer_id, numbers)
    note(session, customer_id, "customer:forgotten", now, viewer.user_id, reason=reason)
    return Forgotten(recordings, files)


def _numbers_of(customer_id: int) -> Select[str]:
    return select(ContactRow.value).where(
        ContactRow.customer_id == customer_id, ContactRow.kind == ContactKind.PHONE.value
    )


def _checked(reason: str, typed: str) -> str:
    reason, wrong = " ".join(reason.split()), {}
    if not 3 <= len(reason) <= MAX_REASON_CHARS:
        wrong["reason"] = "reason-length"
    if typed.strip().upper() != CONFIRMATION:
        wrong["typed"] = "not-typed"
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)
    return reason


async def _check_nothing_runs(session: AsyncSession, customer_id: int) -> None:
    """A dealer who is to deliver needs the address; a call writes its row when it ends."""
    order = await session.scalar(
        select(OrderRow.id)
        .where(OrderRow.customer_id == customer_id, OrderRow.status_class != "closed")
        .where(OrderRow.deleted_at.is_(None), OrderRow.kind == "order")
        .limit(1)
    )
    call = await session.scalar(
        select(CallRow.id).where(CallRow.customer_id == customer_id, CallRow.ended_at.is_(None)).limit(1)
    )
    if order is not None or call is not None:
        raise NotAllowedNow("order-running" if order is not None else "call-running")


async def _erase_customer(session: AsyncSession, row: CustomerRow, now: datetime) -> None:
    merged = select(CustomerRow.id).where(CustomerRow.merged_into_id == row.id)
    await session.execute(
        update(CustomerRow)
        .where(CustomerRow.id.in_(merged) | (CustomerRow.id == row.id))
        .values(
            name=FORGOTTEN_NAME, note="", inn="", tags=[], anonymised_at=now, version=CustomerRow.version + 1
        )
        .execution_options(synchronize_session=False)
    )
    own = ContactRow.customer_id == row.id
    await session.execute(delete(ContactRow).where(own))
    consents = update(ConsentRow).where(ConsentRow.customer_id == row.id)
    await session.execute(consents.values(ip=""))
    running = consents.where(ConsentRow.revoked_at.is_(None))
    await session.execute(running.values(revoked_at=now, revoke_source="forgotten"))
    claims = update(CustomerClaimRow).where(
        CustomerClaimRow.customer_id == row.id, CustomerClaimRow.released_at.is_(None)
    )
    await session.execute(claims.values(released_at=now))


async def _erase_orders(session: AsyncSession, customer_id: int, now: datetime) -> tuple[str, ...]:
    """Hashes of files that no other order holds."""
    orders = select(OrderRow.id).where(OrderRow.customer_id == customer_id)
    await session.execute(
        update(OrderRow)
        .where(OrderRow.customer_id == customer_id)
        .values(address="", lat=None, lon=None, close_note="", version=OrderRow.version + 1)
        .execution_options(synchronize_session=False)
    )
    await forget_pins(session, orders)
    is_his = OrderFileRow.order_id.in_(orders)
    others = select(OrderFileRow.sha256).where(~is_his, OrderFileRow.deleted_at.is_(None))
    own = select(OrderFileRow.sha256).where(is_his, OrderFileRow.sha256.not_in(others)).distinct()
    found = tuple(sorted(await session.scalars(own)))
    gone_at = func.coalesce(OrderFileRow.deleted_at, now)
    files = update(OrderFileRow).where(is_his).execution_options(synchronize_session=False)
    await session.execute(files.values(deleted_at=gone_at, name=FORGOTTEN_TEXT))
    return found


async def _check_nothing_held(session: AsyncSession, rows: ColumnElement[bool]) -> None:
    """What must be kept for a dispute or a court is kept from everybody."""
    if await session.scalar(select(RecordingRow.id).where(rows, is_held()).limit(1)) is not None:
        raise NotAllowedNow("recordings-held")


async def _erase_calls(session: AsyncSession, customer_id: int, *, with_recordings: bool) -> tuple[str, ...]:
    calls = select(CallRow.id).where(CallRow.customer_id == customer_id)
    await session.execute(
        update(TaskRow).where(TaskRow.customer_id == customer_id).values(caller_number="", title="", data={})
    )
    await session.execute(update(AttemptRow).where(AttemptRow.customer_id == customer_id).values(number=""))
    orders = select(OrderRow.id).where(OrderRow.customer_id == customer_id)
    await session.execute(delete(PhoneRevealRow).where(PhoneRevealRow.order_id.in_(orders)))
    paths: tuple[str, ...] = ()
    if with_recordings:
        rows = RecordingRow.call_row_id.in_(calls)
        await _check_nothing_held(session, rows)
        mine = select(RecordingRow.id).where(rows)
        copies = RecordingCopyRow.recording_id.in_(mine)
        named = select(RecordingRow.path).where(rows, RecordingRow.path != "")
        found = await session.scalars(named.union(select(RecordingCopyRow.path).where(copies)))
        paths = tuple(sorted(found))
        await session.execute(
            delete(RecordingCopyRow).where(copies).execution_options(synchronize_session=False)
        )
        values = {"path": "", "waveform": None, "state": "empty", "error": "forgotten", "due_at": None}
        await session.execute(update(RecordingRow).where(rows).values(**values))
        ours = update(CallRow).where(CallRow.customer_id == customer_id)
        await session.execute(ours.values(has_recording=False))
    await session.execute(
        update(CallRow)
        .where(CallRow.customer_id == customer_id)
        .values(caller_number="", caller_raw="", caller_name="")
    )
    return paths
