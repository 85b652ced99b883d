"""Use cases: phones of outlets and of their people. The password of a SIP phone is shown once and stands in no table."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.audit import AuditRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, NotAllowedNow
from callcore.network.change_outlets import stamp_of
from callcore.network.editing import (
    Notes,
    changes_between,
    check_fields,
    is_line,
    outlet_to_run,
    phone_to_run,
    phone_to_see,
)
from callcore.network.model import PhoneOwner, Viewer
from callcore.network.phone_checks import (
    OtherUse,
    free_extension,
    is_extension_taken,
    is_own_did,
    other_use,
    read_outside_number,
)
from callcore.network.tables import PhoneRow, UserRow

MAX_LABEL_CHARS = 80
LINES = range(1, 21)
POSITIONS = range(1, 1000)
_SHOWN = "phone:secret-shown"


@dataclass(frozen=True, slots=True)
class PhoneFields:
    """A SIP phone has an extension (empty: the next free one), an outside phone a number in any spelling. `user_id`
    None: nobody's own. `is_shared` says that two dealers may have this number."""

    is_sip: bool
    label: str
    number: str = ""
    extension: str = ""
    user_id: int | None = None
    lines: int = 1
    accept_by_key: bool = True
    position: int = 100
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class PhoneToEdit:
    id: int
    org_id: int
    org_name: str
    outlet_id: int | None
    fields: PhoneFields
    is_active: bool
    is_secret_shown: bool
    stamp: str


class NumberShared(Conflict):
    """Another dealer rings this number; `use` says who."""

    def __init__(self, use: OtherUse) -> None:
        super().__init__("number-shared")
        self.use = use


@dataclass(frozen=True, slots=True)
class SipAccess:
    """What one types into the telephone."""

    server: str
    login: str
    password: str


class ChangePhones:
    """All raise NotFound for what the person may not know, Forbidden for what it may not change."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        allowed: tuple[str, ...],
        sip_access: Callable[[int], SipAccess],
        renewed_access: Callable[[int], SipAccess],
    ) -> None:
        """`allowed` are prefixes of outside numbers; `sip_access` makes the password of a phone or finds it,
        `renewed_access` makes another one."""
        self._database = database
        self._notes = Notes(clock)
        self._allowed = allowed
        self._sip_access = sip_access
        self._renewed_access = renewed_access

    async def add(self, viewer: Viewer, outlet_id: int, fields: PhoneFields) -> int:
        """Raises Invalid (fields), NumberShared. Returns the phone's id."""
        async with self._database.transaction() as session:
            _, org = await outlet_to_run(session, viewer, outlet_id)
            values = await self._checked(session, viewer, org.id, fields)
            row = PhoneRow(
                owner=PhoneOwner.OUTLET.value,
                outlet_id=outlet_id,
                duty_position=None,
                is_active=True,
                **values,
            )
            session.add(row)
            await session.flush()
            data = values | {"outlet_id": outlet_id, "is_shared": fields.is_shared}
            self._notes.add(session, viewer, "phone:added", "phone", row.id, **data)
            return row.id

    async def save(self, viewer: Viewer, phone_id: int, fields: PhoneFields, stamp: str) -> None:
        """What kind of phone it is stays. Raises Invalid (fields), NumberShared, Conflict("phone-changed")."""
        async with self._database.transaction() as session:
            row, org = await phone_to_run(session, viewer, phone_id)
            before = _values(row)
            if stamp_of(before) != stamp:
                raise Conflict("phone-changed")
            fields = replace(fields, is_sip=row.kind == "sip")
            after = await self._checked(session, viewer, org.id, fields, row)
            for name, value in after.items():
                setattr(row, name, value)
            if changes := changes_between(before, after):
                self._notes.add(session, viewer, "phone:changed", "phone", phone_id, changes=changes)

    async def set_active(self, viewer: Viewer, phone_id: int, *, is_on: bool) -> tuple[str, int]:
        """Returns its label and the dealer's id. Raises Conflict("extension-taken") when its extension went to another
        phone meanwhile."""
        async with self._database.transaction() as session:
            row, org = await phone_to_run(session, viewer, phone_id)
            if is_on and row.extension and await is_extension_taken(session, row.extension, row.id):
                raise Conflict("extension-taken")
            row.is_active = is_on
            self._notes.add(session, viewer, "phone:active", "phone", phone_id, is_on=is_on)
            return row.label, org.id

    async def show_secret(self, viewer: Viewer, phone_id: int) -> SipAccess:
        """Once for each phone: a second time raises NotAllowedNow("secret-shown")."""
        async with self._database.transaction() as session:
            await self._check_sip(session, viewer, phone_id)
            if await _is_shown(session, phone_id):
                raise NotAllowedNow("secret-shown")
            self._notes.add(session, viewer, _SHOWN, "phone", phone_id)
        return self._sip_access(phone_id)

    async def renew_secret(self, viewer: Viewer, phone_id: int) -> SipAccess:
        """In place of a password that was lost; shown once like the first. The telephone is off until it has it."""
        async with self._database.transaction() as session:
            await self._check_sip(session, viewer, phone_id)
            self._notes.add(session, viewer, _SHOWN, "phone", phone_id, renewed=True)
            await session.flush()
            # before the commit: who reads the row also finds the password that it speaks of
            return self._renewed_access(phone_id)

    async def _check_sip(self, session: AsyncSession, viewer: Viewer, phone_id: int) -> None:
        row, _ = await phone_to_run(session, viewer, phone_id)
        if row.kind != "sip" or not row.is_active:
            raise NotAllowedNow("no-secret")

    async def _checked(
        self,
        session: AsyncSession,
        viewer: Viewer,
        org_id: int,
        fields: PhoneFields,
        row: PhoneRow | None = None,
    ) -> dict[str, Any]:
        """Columns to store."""
        wrong = _wrong(fields)
        if fields.user_id is not None:
            person = await session.get(UserRow, fields.user_id)
            if person is None or person.org_id != org_id:
                wrong["user_id"] = "no-such-person"
        number, extension = "", ""
        if fields.is_sip:
            extension = fields.extension or await free_extension(session)
            if not (extension.isascii() and extension.isdigit() and 2 <= len(extension) <= 6):
                wrong["extension"] = "extension-form"
            elif await is_extension_taken(session, extension, row.id if row else 0):
                wrong["extension"] = "extension-taken"
        else:
            number, why = read_outside_number(fields.number, self._allowed)
            if why or await is_own_did(session, number):
                wrong["number"] = why or "own-did"
        check_fields(wrong)
        is_new = number and (row is None or row.number != number)
        if is_new and not fields.is_shared:
            use = await other_use(session, viewer, number, org_id)
            if use.others:
                raise NumberShared(use)
        values = asdict(fields) | {"number": number, "extension": extension}
        kind = "sip" if values.pop("is_sip") else "external"
        del values["is_shared"]
        return values | {"kind": kind}


async def phone_to_edit(session: AsyncSession, viewer: Viewer, phone_id: int) -> PhoneToEdit:
    """For those who may change it. Raises NotFound, Forbidden."""
    row, org = await phone_to_see(session, viewer, phone_id)
    values = _values(row)
    fields = PhoneFields(
        is_sip=row.kind == "sip", **{name: values[name] for name in values if name != "kind"}
    )
    shown = await _is_shown(session, phone_id)
    return PhoneToEdit(
        phone_id, org.id, org.name, row.outlet_id, fields, row.is_active, shown, stamp_of(values)
    )


def _values(row: PhoneRow) -> dict[str, Any]:
    return {
        "label": row.label,
        "number": row.number,
        "extension": row.extension,
        "user_id": row.user_id,
        "lines": row.lines,
        "accept_by_key": row.accept_by_key,
        "position": row.position,
        "kind": row.kind,
    }


def _wrong(fields: PhoneFields) -> dict[str, str]:
    wrong = {}
    if not is_line(fields.label, at_least=1, at_most=MAX_LABEL_CHARS):
        wrong["label"] = "text-length"
    if fields.lines not in LINES:
        wrong["lines"] = "lines-range"
    if fields.position not in POSITIONS:
        wrong["position"] = "position-range"
    return wrong


async def _is_shown(session: AsyncSession, phone_id: int) -> bool:
    found = await session.scalar(
        select(AuditRow.id)
        .where(AuditRow.entity == "phone", AuditRow.entity_id == str(phone_id), AuditRow.action == _SHOWN)
        .limit(1)
    )
    return found is not None
