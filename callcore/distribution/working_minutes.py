"""Windows of stages in working minutes of the order's zone, where the factory wants it so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.pipeline import is_far
from callcore.distribution.windows import Window
from callcore.network.coming_days import calendar_edits
from callcore.network.days import calendar_between
from callcore.network.working_time import WorkingTime

_AHEAD: Final = timedelta(days=366)


async def in_working_minutes(
    session: AsyncSession, windows: Sequence[Window], tz: str, now: datetime
) -> list[Window]:
    """Who sees the order at once goes on seeing it at once, also at night; who waits for a refusal goes on waiting."""
    first, last = (now - timedelta(days=1)).date(), (now + _AHEAD).date()
    edits = await calendar_edits(session, first, last)
    office = WorkingTime.of(tz, calendar_between(first, last, edits))

    def opens(at: datetime) -> datetime:
        return at if at <= now or is_far(at, now) else office.after(now, at - now)

    return [replace(one, opens_at=opens(one.opens_at)) for one in windows]
