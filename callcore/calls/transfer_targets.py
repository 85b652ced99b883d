"""To whom a talk may be handed on, and which phones that means. Staff: everybody and outside numbers; a dealer: people and
outlets of his own tree, operators, who is on duty; outside numbers by the setting."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.handing import ToKind
from callcore.calls.rights import Scope
from callcore.calls.settings import call_settings
from callcore.kernel.errors import Invalid, NotAllowedNow, NotFound
from callcore.kernel.phones import parse_phone
from callcore.network.model import PhoneOwner, Viewer
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, UserRow
from dialplans.contract import HAND_DUTY, HAND_MAX_KEYS, PHONE_KEY

MAX_SHOWN: Final = 30
_OUTSIDE: Final = re.compile(r"\+7\d{10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TransferTarget:
    """`value` is what the page sends: user:12, outlet:5, duty. `is_reachable`: the PBX hears one of its phones."""

    value: str
    kind: ToKind
    name: str
    note: str
    is_reachable: bool


@dataclass(frozen=True, slots=True)
class AimedAt:
    """`extension` is one of dialplans.contract.HAND."""

    kind: ToKind
    entity_id: int | None
    extension: str


async def find_targets(
    session: AsyncSession, scope: Scope, search: str, unreachable: Collection[str], own_key: str
) -> tuple[TransferTarget, ...]:
    """People first, then outlets, by name; at most MAX_SHOWN of each. `search` are parts of names; who has no other phone
    than `own_key` is left out."""
    people = (
        select(UserRow.id, UserRow.full_name.label("name"), OrgRow.name.label("note"))
        .join(PhoneRow, PhoneRow.user_id == UserRow.id)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(PhoneRow.is_active, UserRow.is_active, _may_get(scope))
    )
    outlets = (
        select(OutletRow.id, OutletRow.name.label("name"), OrgRow.name.label("note"))
        .join(PhoneRow, PhoneRow.outlet_id == OutletRow.id)
        .join(OrgRow, OrgRow.id == OutletRow.org_id)
        .where(PhoneRow.is_active, true() if scope.org_ids is None else OrgRow.id.in_(sorted(scope.org_ids)))
    )
    found: list[TransferTarget] = []
    for kind, query in ((ToKind.PERSON, people), (ToKind.OUTLET, outlets)):
        rows = [
            row
            for row in (await session.execute(query.distinct())).all()
            if _fits(search, row.name, row.note)
        ]
        rows = sorted(rows, key=lambda row: row.name.casefold())[:MAX_SHOWN]
        keys = await _keys_of(session, kind, [row.id for row in rows])
        word = "user" if kind is ToKind.PERSON else "outlet"
        found += [
            TransferTarget(
                f"{word}:{row.id}",
                kind,
                row.name,
                row.note,
                any(key not in unreachable for key in keys[row.id]),
            )
            for row in rows
            if keys[row.id] != [own_key]
        ]
    return tuple(found)


async def may_go_outside(session: AsyncSession, viewer: Viewer) -> bool:
    return viewer.is_staff or (await call_settings(session)).dealers_hand_outside


async def aim(session: AsyncSession, viewer: Viewer, scope: Scope, value: str, own_key: str) -> AimedAt:
    """Raises Invalid by field, NotFound for whom this viewer may not reach, NotAllowedNow("no-phone")."""
    word, _, rest = value.partition(":")
    if value == HAND_DUTY:
        return AimedAt(ToKind.DUTY, None, HAND_DUTY)
    if word == "number":
        return await _outside(session, viewer, rest)
    kind = {"user": ToKind.PERSON, "outlet": ToKind.OUTLET}.get(word)
    if kind is None or not rest.isascii() or not rest.isdigit() or len(rest) > 18:
        raise Invalid("no-target", fields={"to": "choose who shall get the talk"})
    entity_id = int(rest)
    if not await _is_reached_by(session, scope, kind, entity_id):
        raise NotFound("target-not-found")
    keys = [key for key in (await _keys_of(session, kind, [entity_id]))[entity_id] if key != own_key]
    if not keys:
        raise NotAllowedNow("no-phone", "there is no other phone to ring")
    return AimedAt(kind, entity_id, ".".join(keys[:HAND_MAX_KEYS]))


async def _outside(session: AsyncSession, viewer: Viewer, text: str) -> AimedAt:
    if not await may_go_outside(session, viewer):
        raise NotFound("target-not-found")
    parsed = parse_phone(text)
    if parsed is None or not _OUTSIDE.fullmatch(parsed.e164):
        raise Invalid("bad-number", fields={"number": "a number of Russia: +7 and ten digits"})
    return AimedAt(ToKind.OUTSIDE, None, parsed.e164)


async def _is_reached_by(session: AsyncSession, scope: Scope, kind: ToKind, entity_id: int) -> bool:
    if kind is ToKind.OUTLET:
        org_id = await session.scalar(select(OutletRow.org_id).where(OutletRow.id == entity_id))
        return org_id is not None and scope.covers(org_id)
    query = (
        select(UserRow.id)
        .join(PhoneRow, PhoneRow.user_id == UserRow.id)
        .where(UserRow.id == entity_id, UserRow.is_active, PhoneRow.is_active, _may_get(scope))
    )
    return await session.scalar(query.limit(1)) is not None


def _may_get(scope: Scope) -> ColumnElement[bool]:
    """A condition on UserRow and PhoneRow."""
    if scope.org_ids is None:
        return true()
    return or_(UserRow.org_id.in_(sorted(scope.org_ids)), PhoneRow.owner == PhoneOwner.OPERATOR)


def _fits(search: str, *names: str) -> bool:
    """Compared here: SQLite folds no Cyrillic."""
    words = search.casefold().split()
    text = " ".join(names).casefold()
    return all(word in text for word in words)


async def _keys_of(session: AsyncSession, kind: ToKind, ids: list[int]) -> dict[int, list[str]]:
    owner = PhoneRow.user_id if kind is ToKind.PERSON else PhoneRow.outlet_id
    rows = await session.execute(
        select(owner.label("owner"), PhoneRow.id)
        .where(and_(owner.in_(ids), PhoneRow.is_active))
        .order_by(PhoneRow.position, PhoneRow.id)
    )
    found: dict[int, list[str]] = {one: [] for one in ids}
    for row in rows:
        found[row.owner].append(PHONE_KEY.format(id=row.id))
    return found
