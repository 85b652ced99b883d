"""Use cases: a dealer's card, options of the head office, suspending and back, the place in the tree. Each leaves an audit row."""

from dataclasses import replace
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden
from callcore.network.change_network import MAX_REASON_CHARS
from callcore.network.dealer_card import card_fields
from callcore.network.dealer_fields import CardFields, checked
from callcore.network.editing import Notes, changes_between, check_fields, is_line, org_to_change, roles_in
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.outlets import may_edit_network
from callcore.network.staff_tables import OrgPhoneRow
from callcore.network.tables import OrgRegionRow, OrgRow, RegionRow, UserRow


class DealerFlag(StrEnum):
    """Options that the head office gives; the values stand in addresses."""

    AUTHORISED = "authorised"
    ORDERS = "site-orders"
    CALLS = "site-calls"


_COLUMNS = {
    DealerFlag.AUTHORISED: "is_authorised",
    DealerFlag.ORDERS: "takes_site_orders",
    DealerFlag.CALLS: "takes_site_calls",
}


class ChangeDealers:
    """All raise NotFound for what the person may not know, Forbidden for what it may not change."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._notes = Notes(clock)

    async def save_card(self, viewer: Viewer, org_id: int, typed: CardFields, version: int) -> None:
        """Raises Invalid (fields), Conflict("card-changed") when somebody saved since `version` was shown."""
        async with self._database.transaction() as session:
            org = await org_to_change(session, viewer, org_id)
            if org.version != version:
                raise Conflict("card-changed")
            before = await card_fields(session, org)
            if not may_edit_network(viewer):
                typed = replace(
                    typed, name=before.name, region_code=before.region_code, regions=before.regions
                )
            after, wrong = checked(typed, frozenset(await session.scalars(select(RegionRow.code))))
            check_fields(wrong or await _name_taken(session, org, after.name))
            changes = changes_between(before.values, after.values)
            if not changes:
                return
            org.name, org.site_url, org.email = after.name, after.site_url, after.email
            org.region_code, org.description = after.region_code or None, after.description
            org.promotions = after.promotions
            org.version = version + 1
            await _set_regions(session, org_id, {after.region_code, *after.regions} - {""})
            await _set_phones(session, org_id, after.phones)
            self._notes.add(
                session,
                viewer,
                "dealer:changed",
                "organization",
                org_id,
                changes=changes,
                version=org.version,
                before=before.values,
            )

    async def set_logo(self, viewer: Viewer, org_id: int, name: str) -> str:
        """`name` is that of the stored file, empty for none. Returns the dealer's name."""
        async with self._database.transaction() as session:
            org = await org_to_change(session, viewer, org_id)
            changes = {"logo": [org.logo, name]}
            org.logo = name
            self._notes.add(session, viewer, "dealer:changed", "organization", org_id, changes=changes)
            return org.name

    async def set_flag(self, viewer: Viewer, org_id: int, flag: DealerFlag, *, is_on: bool) -> str:
        """Returns the dealer's name."""
        async with self._database.transaction() as session:
            org = await self._for_head_office(session, viewer, org_id)
            setattr(org, _COLUMNS[flag], is_on)
            self._notes.add(session, viewer, f"{flag.value}:set", "organization", org_id, is_on=is_on)
            return org.name

    async def set_state(self, viewer: Viewer, org_id: int, state: OrgState, reason: str) -> str:
        """A suspended dealer gets no calls from the next one on. Raises Invalid (field reason). Returns its name."""
        is_suspended = state is OrgState.SUSPENDED
        if not is_line(reason, at_least=1 if is_suspended else 0, at_most=MAX_REASON_CHARS):
            check_fields({"reason": "reason-length"})
        async with self._database.transaction() as session:
            org = await self._for_head_office(session, viewer, org_id)
            org.state = state.value
            action = "dealer:suspended" if is_suspended else "dealer:resumed"
            self._notes.add(session, viewer, action, "organization", org_id, reason=reason)
            return org.name

    async def move(self, viewer: Viewer, org_id: int, parent_id: int | None) -> None:
        """Under another dealer, or directly under the manufacturer (None), with everything below it. Raises Invalid
        (field parent): unknown, or it would stand below itself."""
        async with self._database.transaction() as session:
            org = await self._for_head_office(session, viewer, org_id)
            orgs = {row.id: row for row in await session.scalars(select(OrgRow))}
            root = next(row for row in orgs.values() if row.kind == OrgKind.MANUFACTURER.value)
            parent = root if parent_id is None else orgs.get(parent_id)
            if parent is None or (parent is root and parent_id is not None):
                check_fields({"parent": "no-such-dealer"})
            elif parent.path.startswith(org.path):
                check_fields({"parent": "below-itself"})
            elif parent.id != org.parent_id:
                before = org.parent_id
                await _hang(session, org, parent, list(orgs.values()))
                changes = {"parent": [orgs[before].name if before else "", parent.name]}
                self._notes.add(session, viewer, "dealer:moved", "organization", org_id, changes=changes)

    async def _for_head_office(self, session: AsyncSession, viewer: Viewer, org_id: int) -> OrgRow:
        org = await org_to_change(session, viewer, org_id)
        if not may_edit_network(viewer):
            raise Forbidden("not-editor")
        return org


async def _hang(session: AsyncSession, org: OrgRow, parent: OrgRow, orgs: list[OrgRow]) -> None:
    """New paths of the whole subtree; the head's role follows the kind."""
    old, new = org.path, f"{parent.path}{org.id}/"
    for row in orgs:
        if row.path.startswith(old):
            row.path = new + row.path.removeprefix(old)
    kind = OrgKind.DEALER if parent.kind == OrgKind.MANUFACTURER.value else OrgKind.SUBDEALER
    if kind.value != org.kind:
        head_was, head_is = roles_in(OrgKind(org.kind))[0], roles_in(kind)[0]
        await session.execute(
            update(UserRow)
            .where(UserRow.org_id == org.id, UserRow.role == head_was.value)
            .values(role=head_is.value)
        )
    org.parent_id, org.kind = parent.id, kind.value


async def _name_taken(session: AsyncSession, org: OrgRow, name: str) -> dict[str, str]:
    other = await session.scalar(
        select(OrgRow.id).where(OrgRow.name == name, OrgRow.id != org.id, OrgRow.parent_id == org.parent_id)
    )
    return {} if other is None else {"name": "name-taken"}


async def _set_regions(session: AsyncSession, org_id: int, codes: set[str]) -> None:
    await session.execute(delete(OrgRegionRow).where(OrgRegionRow.org_id == org_id))
    session.add_all(OrgRegionRow(org_id=org_id, region_code=code) for code in sorted(codes))


async def _set_phones(session: AsyncSession, org_id: int, numbers: tuple[str, ...]) -> None:
    await session.execute(delete(OrgPhoneRow).where(OrgPhoneRow.org_id == org_id))
    for number in numbers:
        session.add(OrgPhoneRow(org_id=org_id, number=number, label=""))
        await session.flush()  # their order is that of the ids
