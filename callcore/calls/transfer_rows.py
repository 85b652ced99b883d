"""Rows of handings on: those of calls that live are read back after a restart, those that CEL knows better are corrected."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.changes import TransferRecord
from callcore.calls.handing import Handing, ToKind, TransferKind, TransferMeans, TransferResult
from callcore.calls.live_call import LiveCall
from callcore.calls.model import PhoneDirectory, PhoneInfo
from callcore.calls.transfer_tables import TransferRow
from callcore.calls.unwritten import CallWork
from dialplans.contract import PHONE_KEY

TOLERANCE: Final = timedelta(seconds=2)  # AMI and CEL stamp one thing a moment apart
_SAME: Final = ("kind", "means", "to_kind", "result", "from_phone_id", "to_phone_id", "returned_to")
_TIMES: Final = ("at", "answered_at", "ended_at")


def restore_handing(call: LiveCall, row: TransferRow, phones: PhoneDirectory) -> None:
    """After the call's legs. Who has taken it is the leg of that phone that talked last."""
    sender_key, sender = _phone(phones, row.from_phone_id)
    _, target = _phone(phones, row.to_phone_id)
    handing = Handing(
        ordinal=row.ordinal,
        at=row.at,
        kind=TransferKind(row.kind),
        means=TransferMeans(row.means),
        sender_key=sender_key,
        sender=sender,
        not_takers=frozenset(leg.uniqueid for leg in call.legs.values() if leg.started_at <= row.at),
        to_kind=ToKind(row.to_kind),
        to_extension=row.to_extension,
        target=target,
        told_at=row.at,
        seen_at=row.at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        result=TransferResult(row.result) if row.result else None,
        returned_to=row.returned_to,
    )
    if handing.result is not None:
        takers = [
            leg for leg in call.legs.values() if leg.bridged_at and leg.uniqueid not in handing.not_takers
        ]
        last = max(takers, key=lambda leg: leg.bridged_at or leg.started_at, default=None)
        handing.taker_uniqueid = last.uniqueid if last else ""
    handing.stored = handing.record(call.call_id)
    call.handings.append(handing)


async def somebody_asks(session: AsyncSession, call_row_id: int, phone_id: int | None = None) -> bool:
    """The customer is held while one of ours, or this phone, asks another whether he takes the talk."""
    query = select(TransferRow.id).where(
        TransferRow.call_row_id == call_row_id,
        TransferRow.kind == TransferKind.ATTENDED,
        TransferRow.result == "",
    )
    if phone_id is not None:
        query = query.where(TransferRow.from_phone_id == phone_id)
    return await session.scalar(query.limit(1)) is not None


async def transfers_differ(session: AsyncSession, call_row_id: int, work: CallWork) -> bool:
    rows = await session.scalars(select(TransferRow).where(TransferRow.call_row_id == call_row_id))
    known = {row.ordinal: row for row in rows}
    if known.keys() != work.transfers.keys():
        return True
    return any(not _is_right(known[ordinal], told) for ordinal, told in work.transfers.items())


async def mark_corrected(session: AsyncSession, call_row_id: int, work: CallWork) -> None:
    """After the writer has brought them up to date: what CEL does not know of never was."""
    of_call = TransferRow.call_row_id == call_row_id
    await session.execute(delete(TransferRow).where(of_call, TransferRow.ordinal.not_in(work.transfers)))
    await session.execute(update(TransferRow).where(of_call).values(is_repaired=True))


def _is_right(row: TransferRow, told: TransferRecord) -> bool:
    if any(getattr(row, name) != getattr(told, name) for name in _SAME):
        return False
    for name in _TIMES:
        ours, theirs = getattr(row, name), getattr(told, name)
        if (ours is None) != (theirs is None) or (ours and theirs and abs(ours - theirs) > TOLERANCE):
            return False
    return True


def _phone(phones: PhoneDirectory, phone_id: int | None) -> tuple[str, PhoneInfo | None]:
    key = PHONE_KEY.format(id=phone_id) if phone_id else ""
    return key, phones.phone(key) if key else None
