"""Who is meant by a fact: people of the installation as what, and where a customer can be reached."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow
from callcore.messaging.matrix import Channel, EventKind, Recipient
from callcore.messaging.subject import Subject
from callcore.network.access_tables import PreferenceRow
from callcore.network.model import DEALER_ROLES, STAFF_ROLES, OrgKind, Role
from callcore.network.tables import OrgRow, UserRow

MAX_PEOPLE: Final = 500
ADMINS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR})
PREFERENCE: Final = "messages"  # {"sms": E.164}


@dataclass(frozen=True, slots=True)
class Person:
    """`sms` is the number that this person gave for messages, empty for none."""

    id: int
    org_id: int
    email: str
    sms: str
    tz: str
    is_staff: bool
    recipients: frozenset[Recipient]

    @property
    def main(self) -> Recipient:
        """As what he is addressed."""
        order = (Recipient.SELF, Recipient.MANAGER, Recipient.DEALER, Recipient.ADMIN)
        return next((one for one in order if one in self.recipients), Recipient.ADMIN)


async def people_of(
    session: AsyncSession, event: EventKind, subject: Subject, subscribers: Collection[int]
) -> list[Person]:
    """Active ones, each once. Whoever did it is meant as himself alone. `subscribers` asked for it: of these only people
    of the factory count, who may see everything."""
    meant: dict[int, set[Recipient]] = defaultdict(set)
    rows: dict[int, Row[Any]] = {}
    for recipient, condition in _conditions(event, subject).items():
        for row in await _users(session, condition):
            rows[row.id] = row
            meant[row.id].add(recipient)
    asked = UserRow.id.in_(sorted(subscribers)) & UserRow.role.in_(sorted(STAFF_ROLES))
    for row in await _users(session, asked) if subscribers else ():
        rows.setdefault(row.id, row)
    if subject.actor_id in rows:
        meant[subject.actor_id] = {Recipient.SELF}
    return [_person(row, frozenset(meant[user_id])) for user_id, row in sorted(rows.items())]


def _conditions(event: EventKind, subject: Subject) -> dict[Recipient, ColumnElement[bool]]:
    found: dict[Recipient, ColumnElement[bool]] = {
        Recipient.ADMIN: (OrgRow.kind == OrgKind.MANUFACTURER.value) & UserRow.role.in_(sorted(ADMINS))
    }
    if subject.manager_id is not None:
        found[Recipient.MANAGER] = UserRow.id == subject.manager_id
    if subject.org_id is not None:
        found[Recipient.DEALER] = (OrgRow.id == subject.org_id) & UserRow.role.in_(sorted(DEALER_ROLES))
    if subject.actor_id is not None:
        found[Recipient.SELF] = UserRow.id == subject.actor_id
    return {recipient: condition for recipient, condition in found.items() if recipient in event.on}


async def _users(session: AsyncSession, condition: ColumnElement[bool]) -> list[Row[Any]]:
    found = await session.execute(
        select(UserRow.id, UserRow.org_id, UserRow.email, UserRow.tz, UserRow.role, PreferenceRow.value)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .outerjoin(PreferenceRow, (PreferenceRow.user_id == UserRow.id) & (PreferenceRow.key == PREFERENCE))
        .where(UserRow.is_active, condition)
        .order_by(UserRow.id)
        .limit(MAX_PEOPLE)
    )
    return list(found)


def _person(row: Row[Any], recipients: frozenset[Recipient]) -> Person:
    sms = str((row.value or {}).get("sms", ""))
    is_staff = Role(row.role) in STAFF_ROLES
    return Person(row.id, row.org_id, row.email, sms, row.tz, is_staff, recipients)


async def customer_address(session: AsyncSession, customer_id: int, channel: Channel) -> str:
    """The main one of its kind, empty for none."""
    kind = ContactKind.EMAIL if channel is Channel.EMAIL else ContactKind.PHONE
    found = await session.scalar(
        select(ContactRow.value)
        .where(ContactRow.customer_id == customer_id, ContactRow.kind == kind.value)
        .order_by(ContactRow.is_main.desc(), ContactRow.id)
        .limit(1)
    )
    return found or ""


async def customer_numbers(session: AsyncSession, customer_id: int) -> tuple[str, ...]:
    found = await session.scalars(
        select(ContactRow.value).where(
            ContactRow.customer_id == customer_id, ContactRow.kind == ContactKind.PHONE.value
        )
    )
    return tuple(found)
