"""Read side of handings on: the report, newest first, by filters and place. Staff sees all; a dealer those that came from or
went to his tree, without the names of strangers and without calls that are not his."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcore.calls.handing import ToKind, TransferResult
from callcore.calls.model import RecordingState
from callcore.calls.queries import select_rows, to_rows
from callcore.calls.rights import Scope, scope_of, shown_numbers
from callcore.calls.tables import CallRow, RecordingRow
from callcore.calls.transfer_filters import TransferFilter, conditions_of
from callcore.calls.transfer_tables import TransferRow
from callcore.calls.views import JournalRow
from callcore.customers.tables import ContactRow
from callcore.kernel.phones import format_phone, mask_phone, parse_phone
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, UserRow

MAX_ROWS: Final = 5000  # of a file
MAX_CHAIN: Final = 1000


@dataclass(frozen=True, slots=True)
class PartyView:
    """One side. `is_stranger`: another dealer's, his names stay his own."""

    kind: str
    name: str
    place: str
    is_stranger: bool = False


@dataclass(frozen=True, slots=True)
class _Chain:
    parties: tuple[PartyView, ...]
    length: int


_NO_CHAIN: Final = _Chain((), 0)


@dataclass(frozen=True, slots=True)
class TransferView:
    """`call` None: this viewer may not know of it. `chain` are those who had the call
    one after another, `chain_length` how often it was handed on, as far as he may see; `recording_id` the
    first that can be played."""

    id: int
    ordinal: int
    at: datetime
    kind: str
    means: str
    sender: PartyView
    target: PartyView
    wait_s: int
    talk_s: int
    result: str
    returned_to: str
    is_repaired: bool
    call: JournalRow | None
    recording_id: int | None
    chain: tuple[PartyView, ...]
    chain_length: int


_FROM_USER, _FROM_OUTLET, _FROM_ORG = aliased(UserRow), aliased(OutletRow), aliased(OrgRow)
_TO_USER, _TO_OUTLET, _TO_ORG = aliased(UserRow), aliased(OutletRow), aliased(OrgRow)
_FROM_PHONE, _TO_PHONE, _BACK = aliased(PhoneRow), aliased(PhoneRow), aliased(UserRow)
_ROWS: Final = (
    select(
        *TransferRow.__table__.columns,
        CallRow.call_id.label("call_id"),
        CallRow.org_id.label("call_org_id"),
        _FROM_USER.full_name.label("from_user"),
        _FROM_OUTLET.name.label("from_outlet"),
        _FROM_ORG.name.label("from_org"),
        _FROM_PHONE.label.label("from_phone"),
        _TO_USER.full_name.label("to_user"),
        _TO_OUTLET.name.label("to_outlet"),
        _TO_ORG.name.label("to_org"),
        _TO_PHONE.label.label("to_phone"),
        _BACK.full_name.label("back_to"),
    )
    .join(CallRow, CallRow.id == TransferRow.call_row_id)
    .outerjoin(_FROM_USER, _FROM_USER.id == TransferRow.from_user_id)
    .outerjoin(_FROM_OUTLET, _FROM_OUTLET.id == TransferRow.from_outlet_id)
    .outerjoin(_FROM_ORG, _FROM_ORG.id == TransferRow.from_org_id)
    .outerjoin(_FROM_PHONE, _FROM_PHONE.id == TransferRow.from_phone_id)
    .outerjoin(_TO_USER, _TO_USER.id == TransferRow.to_user_id)
    .outerjoin(_TO_OUTLET, _TO_OUTLET.id == TransferRow.to_outlet_id)
    .outerjoin(_TO_ORG, _TO_ORG.id == TransferRow.to_org_id)
    .outerjoin(_TO_PHONE, _TO_PHONE.id == TransferRow.to_phone_id)
    .outerjoin(_BACK, _BACK.id == TransferRow.returned_to)
)


async def transfers(
    session: AsyncSession,
    viewer: Viewer,
    wanted: TransferFilter,
    *,
    before: int | None,
    limit: int,
    order: ColumnElement[bool] | None = None,
) -> tuple[TransferView, ...]:
    """Newest first; `before` is the id of the last one of the page above. `order` is the word of orders on what became of the
    call's, a condition on CallRow. Raises NotFound for who has no calls."""
    scope = await scope_of(session, viewer)
    query = _ROWS.where(_sees(scope), *await conditions_of(session, wanted, scope))
    if order is not None:
        query = query.where(scope.calls(), order)
    if before is not None:
        last = select(TransferRow.at, TransferRow.id).where(TransferRow.id == before)
        place = (await session.execute(last)).one_or_none()
        if place is not None:
            query = query.where(tuple_(TransferRow.at, TransferRow.id) < tuple_(place.at, place.id))
    found = (
        await session.execute(query.order_by(TransferRow.at.desc(), TransferRow.id.desc()).limit(limit))
    ).all()
    call_row_ids = sorted({row.call_row_id for row in found})
    calls = await _calls(session, scope, call_row_ids)
    chains = await _chains(session, scope, call_row_ids)
    heard = await _recordings(session, [row_id for row_id in call_row_ids if row_id in calls])
    hidden = await _hidden(session, scope, found)
    return tuple(_view(row, scope, calls, chains, heard, hidden) for row in found)


def _sees(scope: Scope) -> ColumnElement[bool]:
    if scope.org_ids is None:
        return TransferRow.id.is_not(None)
    own = sorted(scope.org_ids)
    return or_(TransferRow.from_org_id.in_(own), TransferRow.to_org_id.in_(own))


async def _calls(session: AsyncSession, scope: Scope, ids: Collection[int]) -> dict[int, JournalRow]:
    """Only those that this viewer may know of."""
    rows = (await session.execute(select_rows().where(and_(CallRow.id.in_(ids), scope.calls())))).all()
    return {row.id: row for row in await to_rows(session, scope, rows)}


async def _recordings(session: AsyncSession, call_row_ids: Collection[int]) -> dict[int, int]:
    rows = await session.execute(
        select(RecordingRow.call_row_id, RecordingRow.id)
        .where(RecordingRow.call_row_id.in_(call_row_ids), RecordingRow.state == RecordingState.READY)
        .order_by(RecordingRow.id.desc())
    )
    return {call_row_id: recording_id for call_row_id, recording_id in rows if call_row_id is not None}


async def _chains(session: AsyncSession, scope: Scope, call_row_ids: Collection[int]) -> dict[int, _Chain]:
    """Who had the talk one after another, by call."""
    query = _ROWS.where(TransferRow.call_row_id.in_(call_row_ids), _sees(scope))
    rows = (await session.execute(query.order_by(TransferRow.ordinal).limit(MAX_CHAIN))).all()
    hidden = await _hidden(session, scope, rows)
    chains: dict[int, list[PartyView]] = {}
    for row in rows:
        chain = chains.setdefault(row.call_row_id, [])
        for party in _holders(row, scope, hidden):
            if not chain or not _is_same(chain[-1], party):
                chain.append(party)
    longest = {row.call_row_id: row.ordinal for row in rows}
    return {row_id: _Chain(tuple(chain), longest[row_id]) for row_id, chain in chains.items()}


async def _hidden(session: AsyncSession, scope: Scope, rows: Sequence[Any]) -> Mapping[str, str]:
    """How outside numbers are shown that are telephones of customers whom this viewer may not see: somebody of the factory may
    hand a talk on to another customer of theirs."""
    asked = {row.to_extension: parse_phone(row.to_extension) for row in rows if row.to_extension}
    numbers = {phone.e164 for phone in asked.values() if phone is not None}
    if scope.is_whole or not numbers:
        return {}
    owned = select(ContactRow.value).where(ContactRow.kind == "phone", ContactRow.value.in_(sorted(numbers)))
    found = frozenset(await session.scalars(owned))
    kept = found - await shown_numbers(session, scope, found)
    return {
        text: mask_phone(phone.e164)
        for text, phone in asked.items()
        if phone is not None and phone.e164 in kept
    }


def _holders(row: Any, scope: Scope, hidden: Mapping[str, str]) -> list[PartyView]:
    """Who had the talk, and at whom it was aimed last; not whom it came back from."""
    if row.result != TransferResult.RETURNED:
        return [_sender(row, scope), _target(row, scope, hidden)]
    is_another = row.returned_to is not None and row.returned_to != row.from_user_id
    back = PartyView("", row.back_to or "", "", is_stranger=not scope.covers(row.from_org_id))
    return [_sender(row, scope), *([back] if is_another and not back.is_stranger else [])]


def _is_same(one: PartyView, other: PartyView) -> bool:
    """Of whom a talk came back to only the name is known."""
    is_one_place = not one.place or not other.place or one.place == other.place
    return (one.name, one.is_stranger) == (other.name, other.is_stranger) and is_one_place


def _view(
    row: Any,
    scope: Scope,
    calls: dict[int, JournalRow],
    chains: dict[int, _Chain],
    heard: dict[int, int],
    hidden: Mapping[str, str],
) -> TransferView:
    call = calls.get(row.call_row_id)
    return TransferView(
        id=row.id,
        ordinal=row.ordinal,
        at=row.at,
        kind=row.kind,
        means=row.means,
        sender=_sender(row, scope),
        target=_target(row, scope, hidden),
        wait_s=row.wait_s,
        talk_s=row.talk_s,
        result=row.result,
        returned_to=(row.back_to or "") if scope.covers(row.from_org_id) else "",
        is_repaired=row.is_repaired,
        call=call,
        recording_id=heard.get(row.call_row_id) if call is not None else None,
        chain=chains.get(row.call_row_id, _NO_CHAIN).parties,
        chain_length=chains.get(row.call_row_id, _NO_CHAIN).length,
    )


def _sender(row: Any, scope: Scope) -> PartyView:
    if row.from_org_id is not None and not scope.covers(row.from_org_id):
        return PartyView("", "", "", is_stranger=True)
    return PartyView("", *_named((row.from_user, row.from_outlet, row.from_phone), row.from_org))


def _target(row: Any, scope: Scope, hidden: Mapping[str, str]) -> PartyView:
    if row.to_org_id is not None and not scope.covers(row.to_org_id):
        return PartyView(row.to_kind, "", "", is_stranger=True)
    if row.to_kind == ToKind.OUTSIDE:
        return PartyView(row.to_kind, hidden.get(row.to_extension) or format_phone(row.to_extension), "")
    name, place = _named((row.to_user, row.to_outlet, row.to_phone), row.to_org)
    return PartyView(row.to_kind, name or hidden.get(row.to_extension, row.to_extension), place)


def _named(names: Sequence[str | None], org: str | None) -> tuple[str, str]:
    """Of person, outlet and telephone the nearest, and where that is: outlet and organisation."""
    user, outlet, phone = names
    name = user or outlet or phone or org or ""
    return name, ", ".join(part for part in (outlet if user else None, org) if part and part != name)
