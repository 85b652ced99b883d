"""Use cases: what people write of a customer. All run in the caller's transaction, which has checked who may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.model import ContactKind
from callcore.customers.reading import MAX_NAME_CHARS, MAX_NOTE_CHARS, is_inn, read_contact, read_tags
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, NotFound
from callcore.network.tables import RegionRow

KINDS: Final = ("person", "company")
MAX_CONTACTS: Final = 20


@dataclass(frozen=True, slots=True)
class CustomerFields:
    """`tags` as typed: words between commas."""

    name: str
    kind: str
    inn: str
    region_code: str
    note: str
    tags: str


class ContactTaken(Conflict):
    """The telephone or address belongs to another customer."""

    def __init__(self, customer_id: int) -> None:
        super().__init__("contact-taken")
        self.customer_id = customer_id


async def save_customer(
    session: AsyncSession, row: CustomerRow, fields: CustomerFields, *, shown: int, at: datetime, by: int
) -> None:
    """Raises Invalid (fields), Conflict("customer-changed") when another version was saved since `shown`."""
    values = await _checked(session, fields)
    before = {name: getattr(row, name) for name in values}
    changes = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    if row.version != shown:
        raise Conflict("customer-changed")
    if not changes:
        return
    changed = await session.scalar(
        update(CustomerRow)
        .where(CustomerRow.id == row.id, CustomerRow.version == shown)
        .values(**values, version=shown + 1)
        .returning(CustomerRow.id)
    )
    if changed is None:
        raise Conflict("customer-changed")
    note(session, row.id, "customer:changed", at, by, changes=changes)


async def _checked(session: AsyncSession, fields: CustomerFields) -> dict[str, Any]:
    wrong = {}
    name, inn = " ".join(fields.name.split()), fields.inn.replace(" ", "")
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        wrong["name"] = "name-length"
    if fields.kind not in KINDS:
        wrong["kind"] = "kind-wrong"
    if inn and not is_inn(inn):
        wrong["inn"] = "inn-wrong"
    if len(fields.note) > MAX_NOTE_CHARS:
        wrong["note"] = "note-length"
    if fields.region_code and await session.get(RegionRow, fields.region_code) is None:
        wrong["region_code"] = "no-such-region"
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)
    return {
        "name": name,
        "kind": fields.kind,
        "inn": inn,
        "region_code": fields.region_code or None,
        "note": fields.note.strip(),
        "tags": read_tags(fields.tags),
    }


async def add_contact(session: AsyncSession, row: CustomerRow, text: str, *, at: datetime, by: int) -> None:
    """The first of its kind is the main one. Raises Invalid (field contact), ContactTaken, NotAllowedNow."""
    read = read_contact(text)
    if read is None:
        raise Invalid("contact-wrong", fields={"contact": "contact-wrong"})
    kind, value = read
    have = await session.execute(
        select(func.count(), func.count().filter(ContactRow.kind == kind.value)).where(
            ContactRow.customer_id == row.id
        )
    )
    count, alike = have.one()
    if count >= MAX_CONTACTS:
        raise NotAllowedNow("contacts-too-many")
    values = {"customer_id": row.id, "kind": kind.value, "value": value, "is_main": alike == 0}
    if not await insert_unless_exists(session, ContactRow, **values):
        owner = await session.scalar(
            select(ContactRow.customer_id).where(ContactRow.kind == kind.value, ContactRow.value == value)
        )
        if owner == row.id:
            return
        raise ContactTaken(owner or 0)
    note(session, row.id, "contact:added", at, by, kind=kind.value, value=value)


async def remove_contact(
    session: AsyncSession, row: CustomerRow, contact_id: int, *, at: datetime, by: int
) -> tuple[ContactKind, str]:
    """The oldest that is left becomes the main one. Returns what it was. Raises NotFound."""
    contact = await _contact(session, row, contact_id)
    await session.execute(delete(ContactRow).where(ContactRow.id == contact_id))
    if contact.is_main:
        heir = await session.scalar(
            select(func.min(ContactRow.id)).where(
                ContactRow.customer_id == row.id, ContactRow.kind == contact.kind
            )
        )
        await session.execute(update(ContactRow).where(ContactRow.id == heir).values(is_main=True))
    note(session, row.id, "contact:removed", at, by, kind=contact.kind, value=contact.value)
    return ContactKind(contact.kind), contact.value


async def make_main(
    session: AsyncSession, row: CustomerRow, contact_id: int, *, at: datetime, by: int
) -> None:
    """Among those of its kind. Raises NotFound."""
    contact = await _contact(session, row, contact_id)
    alike = update(ContactRow).where(ContactRow.customer_id == row.id, ContactRow.kind == contact.kind)
    await session.execute(alike.values(is_main=ContactRow.id == contact_id))
    note(session, row.id, "contact:main", at, by, kind=contact.kind, value=contact.value)


async def _contact(session: AsyncSession, row: CustomerRow, contact_id: int) -> ContactRow:
    found = await session.scalar(
        select(ContactRow).where(ContactRow.id == contact_id, ContactRow.customer_id == row.id)
    )
    if found is None:
        raise NotFound("contact-not-found")
    return found


def note(session: AsyncSession, customer_id: int, action: str, at: datetime, by: int, **data: Any) -> None:
    """A row of the audit."""
    audit.record(session, at=at, actor_id=by, action=action, entity="customer", entity_id=customer_id, **data)
