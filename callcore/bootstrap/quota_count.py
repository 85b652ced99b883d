"""Quotas of calls in their present periods: what the ledger holds and what has been decided since.

A decision is reserved at once, so that the next one in the same second knows of it; it leaves when its entry stands in the
ledger (the same policy and the same moment), or when no entry came for so long that none will.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.policies import load_policies
from callcore.network.quota_period import period_start, periods_of
from callcore.network.quotas import (
    QuotaScope,
    QuotaSum,
    counted_at,
    manufacturer_zone,
    newest_entry,
    quota_sums,
)
from callcore.routing.given import Given
from callcore.routing.live import QuotaCount

RESERVED_FOR: Final = timedelta(hours=2)
READ_AGAIN: Final = timedelta(seconds=60)
MAX_RESERVED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Reserved:
    """`org_id` of the dealer who is tried first by his quota, else none."""

    policy_id: int
    at: datetime
    org_id: int | None


class QuotaCounter:
    """`reserve` may be called while `read` waits for the database."""

    def __init__(self) -> None:
        self._sums: tuple[QuotaSum, ...] = ()
        self._reserved: list[Reserved] = []
        self._counts: Mapping[int, QuotaCount] | None = None
        self._newest = 0
        self._read_at: datetime | None = None

    def reserve(self, given: Given) -> None:
        if given.policy_id is None or len(self._reserved) >= MAX_RESERVED:
            return
        self._reserved.append(Reserved(given.policy_id, given.at, given.quota_org_id))
        self._counts = None

    async def read(self, session: AsyncSession, now: datetime) -> None:
        """Sums are asked for anew when there are new entries, and from time to time: a period ends by itself."""
        newest = await newest_entry(session)
        is_fresh = self._read_at is not None and now - self._read_at < READ_AGAIN
        if newest == self._newest and is_fresh:
            return
        tz = await manufacturer_zone(session)
        periods = periods_of(await load_policies(session))
        since = {policy_id: period_start(period, now, tz) for policy_id, period in periods.items()}
        known = list(self._reserved)
        sums = await quota_sums(session, QuotaScope.CALLS, since)
        entered: Counter[tuple[int, datetime]] = Counter()
        if known:
            first = min(one.at for one in known)
            entered = Counter(await counted_at(session, QuotaScope.CALLS, since.keys(), first))
        left = _left(known, entered, now) + self._reserved[len(known) :]  # what came meanwhile stands behind
        self._reserved = [one for one in left if one.at >= since.get(one.policy_id, now)]
        self._sums, self._counts = sums, None
        self._newest, self._read_at = newest, now

    def counts(self) -> Mapping[int, QuotaCount]:
        if self._counts is None:
            self._counts = self._count()
        return self._counts

    def _count(self) -> Mapping[int, QuotaCount]:
        counted: Counter[int] = Counter()
        given: dict[int, Counter[int]] = {}
        for one in self._sums:
            if one.org_id is None:
                counted[one.policy_id] += one.amount
            else:
                given.setdefault(one.policy_id, Counter())[one.org_id] += one.amount
        for reserved in self._reserved:
            counted[reserved.policy_id] += 1
            if reserved.org_id is not None:
                given.setdefault(reserved.policy_id, Counter())[reserved.org_id] += 1
        return {
            policy_id: QuotaCount(counted[policy_id], dict(given.get(policy_id, {})))
            for policy_id in counted.keys() | given.keys()
        }


def _left(known: list[Reserved], entered: Counter[tuple[int, datetime]], now: datetime) -> list[Reserved]:
    left = []
    for one in known:
        if entered[(one.policy_id, one.at)] > 0:
            entered[(one.policy_id, one.at)] -= 1
        elif now - one.at < RESERVED_FOR:
            left.append(one)
    return left
