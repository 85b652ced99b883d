"""When each phone and each dealer was last rung, read from the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from callcore.calls.model import LegRole
from callcore.calls.tables import LegRow
from dialplans.contract import PHONE_KEY

LOOK_BACK: Final = timedelta(days=30)
_OURS: Final = (LegRole.OUTLET.value, LegRole.OPERATOR.value, LegRole.DUTY.value)


@dataclass(frozen=True, slots=True)
class LastUsed:
    """`phones` by phone key, `orgs` by id; `last_leg` is the newest leg that was read."""

    phones: Mapping[str, datetime] = field(default_factory=dict)
    orgs: Mapping[int, datetime] = field(default_factory=dict)
    last_leg: int = 0


def last_used(connection: Connection, now: datetime, *, after_leg: int = 0) -> LastUsed:
    """Of the last 30 days, or only of legs that are newer than `after_leg`."""
    newest = connection.scalar(_LAST_LEG) or 0
    if newest <= after_leg:
        return LastUsed(last_leg=after_leg)
    since = _LONG_AGO if after_leg else now - LOOK_BACK
    wanted = {"after": after_leg, "last": newest, "since": since}
    phones = connection.execute(_PHONES, wanted)
    orgs = connection.execute(_ORGS, wanted)
    return LastUsed(
        {PHONE_KEY.format(id=phone_id): at for phone_id, at in phones},
        {org_id: at for org_id, at in orgs},  # noqa: C416 - rows are no pairs for dict()
        newest,
    )


def _newest(column: Any) -> Any:
    return (
        select(column, func.max(LegRow.started_at))
        .where(column.is_not(None), LegRow.role.in_(_OURS), LegRow.started_at >= bindparam("since"))
        .where(LegRow.id > bindparam("after"), LegRow.id <= bindparam("last"))
        .group_by(column)
    )


_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_LEG: Final = select(func.max(LegRow.id))
_PHONES: Final = _newest(LegRow.phone_id)
_ORGS: Final = _newest(LegRow.org_id)
