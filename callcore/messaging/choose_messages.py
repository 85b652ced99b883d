"""What was chosen in the matrix, by the network, a dealer or a person: reading and use cases, in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Forbidden, Invalid
from callcore.kernel.phones import parse_phone
from callcore.messaging.matrix import (
    EVENTS,
    Channel,
    Choice,
    Choices,
    EventKind,
    Recipient,
    choices_of,
    may_choose,
)
from callcore.messaging.recipients import PREFERENCE
from callcore.messaging.tables import NotifyRuleRow
from callcore.network.access_tables import PreferenceRow
from callcore.network.model import Role, Viewer

EDITORS = frozenset({Role.ADMIN, Role.MANUFACTURER})
EventCell = tuple[str, Recipient, Channel]


async def load_choices(session: AsyncSession, event: EventKind) -> Choices:
    rows = await session.scalars(select(NotifyRuleRow).where(NotifyRuleRow.event == event.code))
    return choices_of(event, [_choice(row) for row in rows])


async def all_choices(session: AsyncSession) -> Mapping[str, Choices]:
    """By event."""
    chosen = [
        _choice(row)
        for row in await session.scalars(select(NotifyRuleRow))
        if row.recipient in set(Recipient) and row.channel in set(Channel)
    ]
    return {code: choices_of(event, chosen) for code, event in EVENTS.items()}


def _choice(row: NotifyRuleRow) -> Choice:
    return Choice(
        row.event, Recipient(row.recipient), Channel(row.channel), row.is_on, row.org_id, row.user_id
    )


async def choose_for_network(
    session: AsyncSession, viewer: Viewer, wanted: Mapping[EventCell, bool], *, now: datetime
) -> None:
    """Cells that are not in `wanted` stay. Raises Forbidden, Invalid for a cell that is locked or not offered."""
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")
    for (code, recipient, channel), is_on in wanted.items():
        event = _offered(code, recipient, channel, is_on=is_on)
        default = event.has(recipient, channel)
        await _set(session, (code, recipient, channel), is_on if is_on != default else None)
    _note(session, viewer, "network", wanted, now)


async def choose_for_dealer(
    session: AsyncSession, viewer: Viewer, wanted: Mapping[EventCell, bool], *, now: datetime
) -> None:
    """The head of a dealer, for the people of his organisation. Raises Forbidden, Invalid."""
    if viewer.role not in (Role.DEALER_OWNER, Role.SUBDEALER):
        raise Forbidden("not-dealer")
    choices = await all_choices(session)
    for (code, recipient, channel), is_on in wanted.items():
        _offered(code, recipient, channel, is_on=is_on)
        if not may_choose(recipient):
            raise Invalid("cell-not-yours", fields={"cells": "cell-not-yours"})
        networks = choices[code].for_recipient(recipient, channel)
        stored = is_on if is_on != networks else None
        await _set(session, (code, recipient, channel), stored, org_id=viewer.org_id)
    _note(session, viewer, f"org:{viewer.org_id}", wanted, now)


async def choose_for_self(
    session: AsyncSession, viewer: Viewer, wanted: Mapping[tuple[str, Channel], bool | None]
) -> None:
    """By (event, channel); None: as everybody of the same part has it. Nobody else's business, so not in the audit."""
    for (code, channel), is_on in wanted.items():
        event = EVENTS.get(code)
        if event is None:
            raise Invalid("cell-unknown", fields={"cells": "cell-unknown"})
        await _set(session, (event.code, Recipient.SELF, channel), is_on, user_id=viewer.user_id)


async def set_sms_number(session: AsyncSession, viewer: Viewer, raw: str) -> None:
    """Where this person gets SMS; empty takes it away. Raises Invalid (field sms)."""
    number = ""
    if raw.strip():
        parsed = parse_phone(raw)
        if parsed is None or parsed.extension:
            raise Invalid("phone-wrong", fields={"sms": "phone-wrong"})
        number = parsed.e164
    await session.execute(
        delete(PreferenceRow).where(PreferenceRow.user_id == viewer.user_id, PreferenceRow.key == PREFERENCE)
    )
    if number:
        session.add(PreferenceRow(user_id=viewer.user_id, key=PREFERENCE, value={"sms": number}))


async def sms_number(session: AsyncSession, viewer: Viewer) -> str:
    row = await session.get(PreferenceRow, (viewer.user_id, PREFERENCE))
    return str(row.value.get("sms", "")) if row is not None else ""


def _offered(code: str, recipient: Recipient, channel: Channel, *, is_on: bool) -> EventKind:
    event = EVENTS.get(code)
    if event is None or not event.offers(recipient, channel):
        raise Invalid("cell-unknown", fields={"cells": "cell-unknown"})
    if (recipient, channel) in event.locked and not is_on:
        raise Invalid("cell-locked", fields={"cells": "cell-locked"})
    return event


async def _set(
    session: AsyncSession,
    cell: EventCell,
    is_on: bool | None,
    *,
    org_id: int | None = None,
    user_id: int | None = None,
) -> None:
    """None: no choice of one's own."""
    code, recipient, channel = cell
    scope = f"user:{user_id}" if user_id else f"org:{org_id}" if org_id else "net"
    key = f"{scope}:{code}:{recipient}:{channel}"
    await session.execute(delete(NotifyRuleRow).where(NotifyRuleRow.scope_key == key))
    if is_on is not None:
        await insert_unless_exists(
            session,
            NotifyRuleRow,
            org_id=org_id,
            user_id=user_id,
            event=code,
            recipient=recipient.value,
            channel=channel.value,
            is_on=is_on,
            scope_key=key,
        )


def _note(
    session: AsyncSession, viewer: Viewer, whose: str, wanted: Mapping[EventCell, bool], now: datetime
) -> None:
    cells = {f"{code}/{recipient}/{channel}": is_on for (code, recipient, channel), is_on in wanted.items()}
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="messages:chosen",
        entity="notify_rules",
        entity_id=whose,
        cells=cells,
    )
