"""Where else words about a forgotten customer stand: timelines, lines, refusals, files that orders came from, the audit, the
PBX's own record of his calls. In the caller's transaction. Rows, kinds, sums, ids and times stay for the books."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallEventRow, CallRow, CelRow, LegRow, LinkedidRow
from callcore.customers.tables import CustomerMergeRow, CustomerRow
from callcore.kernel.audit import AuditRow
from callcore.orders.desk_tables import ImportRowRow, OrderContactRow, OrderDeclineRow
from callcore.orders.masking import without_numbers
from callcore.orders.tables import OrderEventRow, OrderLineRow, OrderRow

FORGOTTEN_TEXT: Final = "[удалено по просьбе клиента]"
# What people type; kinds, codes, sums, ids and dates stay.
_TYPED: Final = frozenset(
    {"text", "note", "reason", "before", "after", "from_text", "to_text", "name", "value", "external_id"}
)
_PLACE: Final = frozenset({"from", "to"})  # hold an address only where the place was changed
_CHANGES: Final = "changes"  # of a customer's card: field -> [before, after]
_OF_PBX: Final = ("caller_number", "channel", "extension", "application_data", "peer", "extra")


def blotted(data: Mapping[str, Any], numbers: Collection[str]) -> dict[str, Any]:
    """The data of an event or of an audit row without his words; `numbers` of his go from whatever else is text."""
    typed = _TYPED | (_PLACE if data.get("field") == "place" else frozenset())
    return {
        name: _emptied(value) if name == _CHANGES else _blot(value, numbers, is_typed=name in typed)
        for name, value in data.items()
    }


def _blot(value: Any, numbers: Collection[str], *, is_typed: bool) -> Any:
    if isinstance(value, str):
        return FORGOTTEN_TEXT if is_typed and value else without_numbers(value, numbers, any_long=False)
    if isinstance(value, Mapping):
        return {key: _blot(one, numbers, is_typed=False) for key, one in value.items()}
    if isinstance(value, list):
        return [_blot(one, numbers, is_typed=is_typed) for one in value]
    return value


def _emptied(value: Any) -> Any:
    """All that is said in it."""
    if isinstance(value, str):
        return FORGOTTEN_TEXT if value else value
    if isinstance(value, Mapping):
        return {key: _emptied(one) for key, one in value.items()}
    return [_emptied(one) for one in value] if isinstance(value, list) else value


async def erase_traces(session: AsyncSession, customer_id: int, numbers: Collection[str]) -> None:
    """`numbers`: E.164, all that were his."""
    await _erase_orders(session, customer_id, numbers)
    await _erase_calls(session, customer_id, numbers)
    people = select(CustomerRow.id).where(
        or_(CustomerRow.id == customer_id, CustomerRow.merged_into_id == customer_id)
    )
    ids = list(await session.scalars(people))
    merges = or_(CustomerMergeRow.kept_id.in_(ids), CustomerMergeRow.merged_id.in_(ids))
    await session.execute(update(CustomerMergeRow).where(merges).values(moved={}))
    orders = list(await session.scalars(select(OrderRow.id).where(OrderRow.customer_id == customer_id)))
    await _erase_audit(session, {"customer": ids, "order": orders}, numbers)


async def _erase_orders(session: AsyncSession, customer_id: int, numbers: Collection[str]) -> None:
    orders = select(OrderRow.id).where(OrderRow.customer_id == customer_id)
    for event in await session.scalars(select(OrderEventRow).where(OrderEventRow.order_id.in_(orders))):
        event.data = blotted(event.data, numbers)
    for line in await session.scalars(select(OrderLineRow).where(OrderLineRow.order_id.in_(orders))):
        line.name = without_numbers(line.name, numbers, any_long=False)
        line.params = _blot(line.params, numbers, is_typed=False)
    words: Iterable[tuple[type[Any], str]] = ((OrderDeclineRow, "note"), (OrderContactRow, "reason"))
    for table, column in words:
        said = and_(table.order_id.in_(orders), getattr(table, column) != "")
        await session.execute(update(table).where(said).values({column: FORGOTTEN_TEXT}))
    await session.execute(update(ImportRowRow).where(ImportRowRow.order_id.in_(orders)).values(raw={}))


async def _erase_calls(session: AsyncSession, customer_id: int, numbers: Collection[str]) -> None:
    """Rows of the PBX's record stay: a file that is read once more must find them."""
    calls = select(CallRow.id).where(CallRow.customer_id == customer_id)
    for happened in await session.scalars(select(CallEventRow).where(CallEventRow.call_row_id.in_(calls))):
        happened.data = _blot(happened.data, numbers, is_typed=False)
    for leg in await session.scalars(select(LegRow).where(LegRow.call_row_id.in_(calls))):
        leg.channel = without_numbers(leg.channel, numbers, any_long=False)
    own = select(LinkedidRow.linkedid).where(LinkedidRow.call_row_id.in_(calls))
    for told in await session.scalars(select(CelRow).where(CelRow.linkedid.in_(own))):
        told.caller_name = ""
        for name in _OF_PBX:
            setattr(told, name, without_numbers(getattr(told, name), numbers, any_long=False))


async def _erase_audit(
    session: AsyncSession, subjects: Mapping[str, Collection[int]], numbers: Collection[str]
) -> None:
    """Who did what and when stays; an address of the network is kept of people of ours alone."""
    for entity, ids in subjects.items():
        rows = select(AuditRow).where(
            AuditRow.entity == entity, AuditRow.entity_id.in_([str(one) for one in ids])
        )
        for row in await session.scalars(rows):
            row.data = blotted(row.data, numbers)
            row.ip = row.ip if row.actor_id is not None else ""
