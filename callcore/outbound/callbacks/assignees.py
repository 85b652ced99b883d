"""Who may be told to call somebody back: a person, an outlet, a dealer, the operators. Staff: everybody; a dealer: people,
outlets and dealers of his own tree, and the operators, with whom the request leaves him."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import Scope
from callcore.kernel.errors import Invalid
from callcore.network.model import OrgKind, OrgState
from callcore.network.tables import OrgRow, OutletRow, PhoneRow, UserRow
from callcore.outbound.tables import CallbackRow

MAX_SHOWN: Final = 20


class AssigneeKind(StrEnum):
    OPERATORS = "operators"
    PERSON = "user"
    OUTLET = "outlet"
    DEALER = "org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignee:
    """`value` is what a page sends: operators, user:12, outlet:5, org:7. `org_id` whose the request becomes, None: the head
    office's. `note` says whose the person or outlet is."""

    value: str
    kind: AssigneeKind
    name: str
    note: str = ""
    user_id: int | None = None
    outlet_id: int | None = None
    org_id: int | None = None


OPERATORS: Final = Assignee(value=AssigneeKind.OPERATORS.value, kind=AssigneeKind.OPERATORS, name="Операторы")


def owner_of(row: CallbackRow) -> str:
    """Whose it is now, as the value of an assignee."""
    for kind, entity_id in (
        (AssigneeKind.PERSON, row.user_id),
        (AssigneeKind.OUTLET, row.outlet_id),
        (AssigneeKind.DEALER, row.org_id),
    ):
        if entity_id is not None:
            return f"{kind.value}:{entity_id}"
    return OPERATORS.value


async def find_assignees(session: AsyncSession, scope: Scope, search: str) -> tuple[Assignee, ...]:
    """The operators, then people and outlets that have a telephone, then dealers, by name; at most MAX_SHOWN of each.
    `search` are parts of names."""
    found = [OPERATORS]
    for kind in (AssigneeKind.PERSON, AssigneeKind.OUTLET, AssigneeKind.DEALER):
        rows = [row for row in await session.execute(_query(kind, scope)) if _fits(search, row)]
        rows.sort(key=lambda row: (str(row.name).casefold(), row.id))
        found += [_assignee(kind, row) for row in rows[:MAX_SHOWN]]
    return tuple(found)


async def assignee(session: AsyncSession, scope: Scope, value: str) -> Assignee:
    """Raises Invalid (field to) for nobody, and for one whom this scope does not reach."""
    if value == OPERATORS.value:
        return OPERATORS
    word, _, rest = value.partition(":")
    kind = next((one for one in AssigneeKind if one.value == word), None)
    if kind not in (None, AssigneeKind.OPERATORS) and rest.isascii() and rest.isdigit() and len(rest) < 19:
        query, entity = _query(kind, scope), _ENTITIES[kind]
        row = (await session.execute(query.where(entity == int(rest)))).first()
        if row is not None:
            return _assignee(kind, row)
    raise Invalid("no-assignee", fields={"to": "choose who shall call"})


_ENTITIES: Final = {
    AssigneeKind.PERSON: UserRow.id,
    AssigneeKind.OUTLET: OutletRow.id,
    AssigneeKind.DEALER: OrgRow.id,
}


def _query(kind: AssigneeKind, scope: Scope) -> Any:
    """Rows of id, name, note, org_id, org_kind."""
    reached: ColumnElement[bool] = true() if scope.org_ids is None else OrgRow.id.in_(sorted(scope.org_ids))
    whose = (OrgRow.name.label("note"), OrgRow.id.label("org_id"), OrgRow.kind.label("org_kind"))
    alive = (OrgRow.state == OrgState.ACTIVE.value, reached)
    if kind is AssigneeKind.PERSON:
        has_phone = select(PhoneRow.id).where(PhoneRow.user_id == UserRow.id, PhoneRow.is_active).exists()
        people = select(UserRow.id, UserRow.full_name.label("name"), *whose)
        return people.join(OrgRow, OrgRow.id == UserRow.org_id).where(UserRow.is_active, has_phone, *alive)
    if kind is AssigneeKind.OUTLET:
        has_phone = select(PhoneRow.id).where(PhoneRow.outlet_id == OutletRow.id, PhoneRow.is_active).exists()
        outlets = select(OutletRow.id, OutletRow.name.label("name"), *whose)
        return outlets.join(OrgRow, OrgRow.id == OutletRow.org_id).where(has_phone, *alive)
    dealers = select(OrgRow.id, OrgRow.name.label("name"), *whose)
    return dealers.where(OrgRow.kind != OrgKind.MANUFACTURER.value, *alive)


def _assignee(kind: AssigneeKind, row: Any) -> Assignee:
    return Assignee(
        value=f"{kind.value}:{row.id}",
        kind=kind,
        name=row.name,
        note="" if kind is AssigneeKind.DEALER else row.note,
        user_id=row.id if kind is AssigneeKind.PERSON else None,
        outlet_id=row.id if kind is AssigneeKind.OUTLET else None,
        org_id=None if row.org_kind == OrgKind.MANUFACTURER else row.org_id,
    )


def _fits(search: str, row: Any) -> bool:
    """Compared here: SQLite folds no Cyrillic."""
    text = f"{row.name} {row.note}".casefold()
    return all(word in text for word in search.casefold().split())
