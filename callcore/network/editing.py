"""Who may change what of a dealer, and the rows to change. One change of the network at a time: what is checked here
(versions, the tree, numbers that are free) holds until the transaction ends.

The head of a dealer (owner, subdealer) runs his own organisation and those below it; the head office runs all of them.
A suspended dealer's people only read.
"""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.dealers import sees_org
from callcore.network.lock import lock_network
from callcore.network.model import STAFF_ROLES, OrgKind, Role, Viewer
from callcore.network.outlets import EDITORS, check_not_suspended
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, UserRow

T = TypeVar("T")
HEADS = frozenset({Role.DEALER_OWNER, Role.SUBDEALER})
RUNNERS = EDITORS | HEADS


def may_run(viewer: Viewer) -> bool:
    """Card, people, outlets and phones of the dealers that he sees."""
    return viewer.role in RUNNERS


def roles_in(kind: OrgKind) -> tuple[Role, ...]:
    """Whom an organisation of this kind may have: its head first."""
    if kind is OrgKind.MANUFACTURER:
        return tuple(role for role in Role if role in STAFF_ROLES or role is Role.SEO)
    head = Role.SUBDEALER if kind is OrgKind.SUBDEALER else Role.DEALER_OWNER
    return head, Role.DEALER_MANAGER


async def org_to_change(session: AsyncSession, viewer: Viewer, org_id: int) -> OrgRow:
    """Raises NotFound, Forbidden, NotAllowedNow("dealer-suspended")."""
    await lock_network(session)
    row = await session.scalar(select(OrgRow).where(OrgRow.id == org_id, sees_org(viewer)))
    if row is None:
        raise NotFound("dealer-not-found")
    await check_runner(session, viewer)
    return row


async def check_runner(session: AsyncSession, viewer: Viewer) -> None:
    if not may_run(viewer):
        raise Forbidden("not-editor")
    await check_not_suspended(session, viewer)


async def row_to_run(
    session: AsyncSession, viewer: Viewer, row: Row[T, OrgRow] | None, code: str
) -> tuple[T, OrgRow]:
    """What a query by id and by the viewer's reach has found, with its dealer. Raises as org_to_change, NotFound(code)."""
    if row is None:
        raise NotFound(code)
    await check_runner(session, viewer)
    return row[0], row[1]


async def outlet_to_run(session: AsyncSession, viewer: Viewer, outlet_id: int) -> tuple[OutletRow, OrgRow]:
    """Raises as org_to_change."""
    await lock_network(session)
    found = await session.execute(
        select(OutletRow, OrgRow)
        .join(OrgRow, OrgRow.id == OutletRow.org_id)
        .where(OutletRow.id == outlet_id, sees_org(viewer))
    )
    return await row_to_run(session, viewer, found.first(), "outlet-not-found")


def sees_people_of(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on OrgRow: those of dealers, and for who runs the network also those of the head office."""
    if viewer.role in EDITORS:
        return sees_org(viewer) | (OrgRow.kind == OrgKind.MANUFACTURER.value)
    return sees_org(viewer)


async def person_to_run(session: AsyncSession, viewer: Viewer, user_id: int) -> tuple[UserRow, OrgRow]:
    """People of the head office are run by administrators alone. Raises as org_to_change."""
    await lock_network(session)
    found = await session.execute(
        select(UserRow, OrgRow)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(UserRow.id == user_id, sees_people_of(viewer))
        .execution_options(populate_existing=True)
    )
    person, org = await row_to_run(session, viewer, found.first(), "person-not-found")
    if org.kind == OrgKind.MANUFACTURER.value:
        await check_admin(session, viewer)
    return person, org


async def check_admin(session: AsyncSession, viewer: Viewer) -> None:
    """Asked of the database under the lock: two administrators who send each other away do not both succeed."""
    asking = await session.get(UserRow, int(viewer.user_id), populate_existing=True)
    if asking is None or not asking.is_active or asking.role != Role.ADMIN.value:
        raise Forbidden("not-admin")


async def phone_to_run(session: AsyncSession, viewer: Viewer, phone_id: int) -> tuple[PhoneRow, OrgRow]:
    """Phones of outlets and of people of dealers. Raises as org_to_change."""
    await lock_network(session)
    return await phone_to_see(session, viewer, phone_id)


async def phone_to_see(session: AsyncSession, viewer: Viewer, phone_id: int) -> tuple[PhoneRow, OrgRow]:
    """For the form, without the lock."""
    found = await session.execute(
        select(PhoneRow, OrgRow)
        .outerjoin(OutletRow, OutletRow.id == PhoneRow.outlet_id)
        .outerjoin(UserRow, UserRow.id == PhoneRow.user_id)
        .join(OrgRow, (OrgRow.id == OutletRow.org_id) | (OrgRow.id == UserRow.org_id))
        .where(PhoneRow.id == phone_id, sees_org(viewer))
    )
    return await row_to_run(session, viewer, found.first(), "phone-not-found")


def check_fields(wrong: dict[str, str]) -> None:
    """`wrong` maps fields to stable codes of what is wrong with them."""
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)


def is_line(text: str, *, at_most: int, at_least: int = 0) -> bool:
    """One line of text of that length."""
    return at_least <= len(text) <= at_most and (not text or text.isprintable())


class Notes:
    """Audit rows of one kind of use case."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def add(
        self, session: AsyncSession, viewer: Viewer, action: str, entity: str, entity_id: int, **data: Any
    ) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            **data,
        )


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """What differs, as field: [before, after]."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}
