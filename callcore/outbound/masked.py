"""Masked sessions: a dealer's own telephone and a number of ours together mean one customer, and back again.

A press from or for an outside phone opens the pair, with the number that the customer sees. It lives as long as the order
and `masked_days` more; a newer press takes the pair over. Numbers of both sides stay in memory: they are never logged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.recording_notice import notice_sound
from callcore.calls.settings import settings_on
from callcore.kernel.database import Base
from callcore.network.model import OrgKind
from callcore.network.tables import DidRow, OrgRow, PhoneRow, UserRow
from callcore.orders.model import OrderClass
from callcore.orders.tables import OrderRow
from callcore.outbound.masked_way import MaskedWay
from callcore.outbound.tables import MaskedSessionRow
from callcore.routing.live import Tie, TieKind
from dialplans.contract import PHONE_KEY

MAX_PAIRS: Final = 50_000
MAX_OPENED: Final = 500
RENEW: Final = timedelta(hours=1)  # how late the end of a session may be
_SESSIONS: Final = Base.metadata.tables[MaskedSessionRow.__tablename__]
_OUTSIDE: Final = "external"


@dataclass(frozen=True, slots=True)
class Pairs:
    """`ways` by the dealer's telephone and our number, `ties` by the customer's number and ours; all E.164."""

    ways: Mapping[tuple[str, str], MaskedWay] = field(default_factory=dict, repr=False)
    ties: Mapping[tuple[str, str], Tie] = field(default_factory=dict, repr=False)


def newest_press(connection: Connection) -> int:
    return connection.scalar(select(func.max(AttemptRow.id))) or 0


def open_sessions(connection: Connection, after: int, now: datetime) -> tuple[int, bool]:
    """Presses with a higher id than `after` open their pairs: how far was read, and whether anything was opened. The same
    press again changes nothing."""
    rows = connection.execute(
        select(
            *(AttemptRow.id, AttemptRow.number, AttemptRow.cli, AttemptRow.phone_keys),
            *(AttemptRow.order_id, AttemptRow.org_id, AttemptRow.user_id, AttemptRow.made_at),
        )
        .where(AttemptRow.id > after)
        .order_by(AttemptRow.id)
        .limit(MAX_OPENED)
    ).all()
    is_open = False
    expires_at = now + _kept(connection)
    for row in rows:
        if row.order_id is not None and row.org_id is not None and row.number and row.cli:
            for phone in _outside_phones(connection, row):
                is_open |= _open(connection, row, phone, expires_at)
    return (rows[-1].id if rows else after), is_open


def _kept(connection: Connection) -> timedelta:
    return timedelta(days=settings_on(connection).masked_days)


def _outside_phones(connection: Connection, press: Row[Any]) -> Sequence[Row[int, str]]:
    """Those that were rung, and the presser's own: he may call on from the street. The factory's people have the desk."""
    keys = [key[1:] for key in press.phone_keys if key[1:].isdigit()]
    whose = or_(PhoneRow.id.in_([int(key) for key in keys]), PhoneRow.user_id == press.user_id)
    dealers = exists().where(OrgRow.id == press.org_id, OrgRow.kind != OrgKind.MANUFACTURER.value)
    wanted = (PhoneRow.kind == _OUTSIDE, PhoneRow.is_active.is_(True), PhoneRow.number != "", whose, dealers)
    return connection.execute(select(PhoneRow.id, PhoneRow.number).where(*wanted)).all()


def _open(connection: Connection, press: Row[Any], phone: Row[int, str], expires_at: datetime) -> bool:
    values = {
        "customer_number": press.number,
        "order_id": press.order_id,
        "org_id": press.org_id,
        "user_id": press.user_id,
        "phone_id": phone.id,
        "opened_at": press.made_at,
        "expires_at": expires_at,
    }
    pair = {"dealer_number": phone.number, "did_number": press.cli}
    here = and_(*(_SESSIONS.c[name] == value for name, value in pair.items()))
    known = connection.scalar(select(_SESSIONS.c.opened_at).where(here))
    if known is None:
        connection.execute(insert(_SESSIONS).values(**pair, **values))
        return True
    if known >= press.made_at:
        return False
    connection.execute(update(_SESSIONS).where(here).values(**values))
    return True


def renew_sessions(connection: Connection, now: datetime) -> int:
    """While its order goes on a session does not grow old; how many were renewed."""
    until = now + _kept(connection)
    runs = exists().where(
        OrderRow.id == _SESSIONS.c.order_id,
        OrderRow.status_class != OrderClass.CLOSED.value,
        OrderRow.deleted_at.is_(None),
    )
    old = (_SESSIONS.c.expires_at > now, _SESSIONS.c.expires_at < until - RENEW, runs)
    return connection.execute(update(_SESSIONS).where(*old).values(expires_at=until)).rowcount


def load_pairs(connection: Connection, now: datetime) -> Pairs:
    """What is good now: the order is still the dealer's, the telephone still stands and its person still works. The newest
    press of a customer comes first."""
    mine, whose = aliased(OrgRow), aliased(OrgRow)
    rows = connection.execute(
        select(
            *(_SESSIONS.c.dealer_number, _SESSIONS.c.did_number, _SESSIONS.c.customer_number),
            *(_SESSIONS.c.order_id, _SESSIONS.c.org_id, _SESSIONS.c.user_id, _SESSIONS.c.phone_id),
            *(_SESSIONS.c.opened_at, _SESSIONS.c.expires_at, OrderRow.outlet_id),
            *(func.coalesce(DidRow.says_recorded, False).label("says_recorded"), DidRow.language),
        )
        .join(OrderRow, OrderRow.id == _SESSIONS.c.order_id)
        .join(mine, mine.id == _SESSIONS.c.org_id)
        .join(whose, whose.id == OrderRow.org_id)
        .join(PhoneRow, PhoneRow.id == _SESSIONS.c.phone_id)
        .outerjoin(UserRow, UserRow.id == _SESSIONS.c.user_id)
        .outerjoin(DidRow, DidRow.number == _SESSIONS.c.did_number)
        .where(
            _SESSIONS.c.expires_at > now,
            OrderRow.deleted_at.is_(None),
            whose.path.startswith(mine.path),
            PhoneRow.is_active.is_(True),
            PhoneRow.number == _SESSIONS.c.dealer_number,
            or_(UserRow.id.is_(None), UserRow.is_active.is_(True)),
        )
        .order_by(_SESSIONS.c.opened_at.desc(), _SESSIONS.c.id.desc())
        .limit(MAX_PAIRS)
    ).all()
    settings = settings_on(connection)
    ways: dict[tuple[str, str], MaskedWay] = {}
    ties: dict[tuple[str, str], Tie] = {}
    for row in rows:
        key = PHONE_KEY.format(id=row.phone_id)
        notice = notice_sound(settings, says_recorded=row.says_recorded, language=row.language or "")
        way = MaskedWay(row.customer_number, row.did_number, key, row.order_id, row.expires_at, notice)
        ways[row.dealer_number, row.did_number] = way
        tie = Tie(TieKind.MASKED, row.opened_at, row.org_id, row.outlet_id, row.user_id, row.order_id)
        ties.setdefault((row.customer_number, row.did_number), tie)
    return Pairs(ways, ties)
