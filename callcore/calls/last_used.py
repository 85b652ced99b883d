"""When each phone and each dealer was last rung, read from the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

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
    newest = connection.scalar(select(func.max(LegRow.id))) or 0
    if newest <= after_leg:
        return LastUsed(last_leg=after_leg)
    wanted: tuple[Any, ...] = (LegRow.id > after_leg, LegRow.id <= newest, LegRow.role.in_(_OURS))
    if not after_leg:
        wanted = (*wanted, LegRow.started_at >= now - LOOK_BACK)
    phones = connection.execute(_newest(LegRow.phone_id, wanted))
    orgs = connection.execute(_newest(LegRow.org_id, wanted))
    return LastUsed(
        {PHONE_KEY.format(id=phone_id): at for phone_id, at in phones},
        {org_id: at for org_id, at in orgs},  # noqa: C416 - rows are no pairs for dict()
        newest,
    )


def _newest(column: Any, wanted: tuple[Any, ...]) -> Any:
    return select(column, func.max(LegRow.started_at)).where(column.is_not(None), *wanted).group_by(column)
