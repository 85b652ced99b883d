"""What the pages of one dealer read besides its card: fields to edit, the tree below, history, open phones of the card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.dealer_fields import CardFields, fields_of
from callcore.network.dealers import sees_org
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.outlets import may_edit_network
from callcore.network.staff_tables import InviteRow, OrgPhoneRow
from callcore.network.tables import OrgRegionRow, OrgRow, OutletRow, PhoneRow, UserRow

HISTORY_ROWS = 100


@dataclass(frozen=True, slots=True)
class DealerToEdit:
    """`chain` are the dealers above that the viewer may know, from the top: (id, name)."""

    id: int
    kind: OrgKind
    state: OrgState
    logo: str
    version: int
    fields: CardFields
    chain: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """`depth` counts from the organisation asked for, which is 0."""

    id: int
    name: str
    depth: int
    state: OrgState
    logo: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """`subject` is the name of the outlet, phone or person that was changed, empty for the dealer itself."""

    at: datetime
    who: str
    action: str
    subject: str
    data: dict[str, Any]


async def seen_org(session: AsyncSession, viewer: Viewer, org_id: int) -> OrgRow:
    """Raises NotFound for a dealer of whom this viewer may not know."""
    row = await session.scalar(select(OrgRow).where(OrgRow.id == org_id, sees_org(viewer)))
    if row is None:
        raise NotFound("dealer-not-found")
    return row


async def card_fields(session: AsyncSession, org: OrgRow) -> CardFields:
    regions = await session.scalars(select(OrgRegionRow.region_code).where(OrgRegionRow.org_id == org.id))
    phones = await session.scalars(
        select(OrgPhoneRow.number).where(OrgPhoneRow.org_id == org.id).order_by(OrgPhoneRow.id)
    )
    return CardFields(
        name=org.name,
        region_code=org.region_code or "",
        regions=tuple(sorted(set(regions) - {org.region_code})),
        site_url=org.site_url,
        email=org.email,
        phones=tuple(phones),
        description=org.description,
        promotions=org.promotions,
    )


async def dealer_to_edit(session: AsyncSession, viewer: Viewer, org_id: int) -> DealerToEdit:
    """Raises NotFound."""
    org = await seen_org(session, viewer, org_id)
    ids = [int(part) for part in org.path.split("/") if part.isdigit()]
    rows = await session.execute(
        select(OrgRow.id, OrgRow.name).where(OrgRow.id.in_(ids), OrgRow.id != org_id, sees_org(viewer))
    )
    names = dict(rows.all())
    return DealerToEdit(
        id=org.id,
        kind=OrgKind(org.kind),
        state=OrgState(org.state),
        logo=org.logo,
        version=org.version,
        fields=await card_fields(session, org),
        chain=tuple((one, names[one]) for one in ids if one in names),
    )


async def card_since(session: AsyncSession, org_id: int, version: int) -> CardFields | None:
    """The card as it was at that version; None when the history does not reach so far."""
    rows = await session.scalars(
        select(AuditRow)
        .where(AuditRow.entity == "organization", AuditRow.entity_id == str(org_id))
        .where(AuditRow.action == "dealer:changed")
        .order_by(AuditRow.id)
    )
    later = next((row for row in rows if row.data.get("version", 0) == version + 1), None)
    return None if later is None else fields_of(later.data["before"])


async def tree_below(session: AsyncSession, viewer: Viewer, org_id: int) -> tuple[TreeRow, ...]:
    """Without the organisation itself; each stands right below its parent, brothers by name. Raises NotFound."""
    org = await seen_org(session, viewer, org_id)
    rows = await session.scalars(
        select(OrgRow)
        .where(OrgRow.path.startswith(org.path, autoescape=True), OrgRow.id != org_id, sees_org(viewer))
        .order_by(OrgRow.name, OrgRow.id)
    )
    children: dict[int | None, list[OrgRow]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    found: list[TreeRow] = []
    waiting = [(row, 1) for row in reversed(children.get(org_id, []))]
    while waiting:
        row, depth = waiting.pop()
        found.append(TreeRow(row.id, row.name, depth, OrgState(row.state), row.logo))
        waiting += [(below, depth + 1) for below in reversed(children.get(row.id, []))]
    return tuple(found)


async def possible_parents(session: AsyncSession, viewer: Viewer, org_id: int) -> tuple[tuple[int, str], ...]:
    """Dealers under whom this one may be put: all that are not below it."""
    org = await seen_org(session, viewer, org_id)
    rows = await session.execute(
        select(OrgRow.id, OrgRow.name)
        .where(sees_org(viewer), ~OrgRow.path.startswith(org.path, autoescape=True))
        .order_by(OrgRow.name, OrgRow.id)
    )
    return tuple((row.id, row.name) for row in rows)


async def suspended_because(session: AsyncSession, org_id: int) -> str:
    """The reason of the last suspension; empty when none was written."""
    row = await session.scalar(
        select(AuditRow)
        .where(AuditRow.entity == "organization", AuditRow.entity_id == str(org_id))
        .where(AuditRow.action == "dealer:suspended")
        .order_by(AuditRow.id.desc())
        .limit(1)
    )
    return "" if row is None else str(row.data.get("reason", ""))


async def dealer_history(session: AsyncSession, viewer: Viewer, org_id: int) -> tuple[HistoryRow, ...]:
    """The newest HISTORY_ROWS changes of the dealer, its outlets, phones, people and links. For the head office: raises
    Forbidden for others."""
    await seen_org(session, viewer, org_id)
    if not may_edit_network(viewer):
        raise Forbidden("not-editor")
    names = await _names(session, org_id)
    by_entity: dict[str, list[str]] = {}
    for entity, entity_id in names:
        by_entity.setdefault(entity, []).append(entity_id)
    rows: list[AuditRow] = []
    for entity, ids in by_entity.items():
        found = await session.scalars(
            select(AuditRow)
            .where(
                AuditRow.entity == entity, AuditRow.entity_id.in_(ids), ~AuditRow.action.like("user:sign%")
            )
            .order_by(AuditRow.id.desc())
            .limit(HISTORY_ROWS)
        )
        rows += found
    rows = sorted(rows, key=lambda row: row.id, reverse=True)[:HISTORY_ROWS]
    people = await _people(session, rows)
    return tuple(
        HistoryRow(
            row.at,
            people.get(row.actor_id or 0, ""),
            row.action,
            names[row.entity, row.entity_id],
            dict(row.data),
        )
        for row in rows
    )


async def _names(session: AsyncSession, org_id: int) -> dict[tuple[str, str], str]:
    """(entity, id) of all that belongs to the dealer, by what it is called."""
    outlets = list(await session.scalars(select(OutletRow).where(OutletRow.org_id == org_id)))
    people = list(await session.scalars(select(UserRow).where(UserRow.org_id == org_id)))
    phones = await session.scalars(
        select(PhoneRow).where(
            PhoneRow.outlet_id.in_([row.id for row in outlets])
            | PhoneRow.user_id.in_([row.id for row in people])
        )
    )
    invites = await session.scalars(select(InviteRow).where(InviteRow.org_id == org_id))
    names = {("organization", str(org_id)): ""}
    names |= {("outlet", str(row.id)): row.name for row in outlets}
    names |= {("user", str(row.id)): row.full_name for row in people}
    names |= {("phone", str(row.id)): row.label for row in phones}
    return names | {("invite", str(row.id)): row.email for row in invites}


async def _people(session: AsyncSession, rows: Sequence[AuditRow]) -> dict[int, str]:
    ids = {row.actor_id for row in rows}
    found = await session.execute(select(UserRow.id, UserRow.full_name).where(UserRow.id.in_(ids)))
    return dict(found.all())
