"""From when quotas count. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callcore.network.policy import ActivePolicy, Period, StageKind


def period_start(period: Period, now: datetime, tz: str) -> datetime:
    """The beginning of the day, week or month on the clock of `tz`; 30 days of 24 hours before `now`."""
    if period is Period.DAYS_30:
        return now - timedelta(days=30)
    local = now.astimezone(ZoneInfo(tz)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period is Period.WEEK:
        local -= timedelta(days=local.weekday())
    elif period is Period.MONTH:
        local = local.replace(day=1)
    return local.astimezone(now.tzinfo)


def periods_of(policies: Iterable[ActivePolicy]) -> dict[int, Period]:
    """By policy id, for those that have quotas."""
    return {
        active.id: stage.period
        for active in policies
        for stage in active.policy.stages
        if stage.kind is StageKind.QUOTA
    }
