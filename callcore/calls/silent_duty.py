"""A duty phone that kept silent in two calls running: read from the journal's legs after calls have ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.tables import CallRow, LegRow
from callcore.kernel import outbox
from callcore.network.tables import PhoneRow

TOPIC = "duty:silent"
LOOK_BACK = timedelta(days=2)
MAX_LEGS = 2000
SILENT = frozenset({"no_answer", "unavailable", "failed", "declined", "busy"})


@dataclass(frozen=True, slots=True)
class DutyTry:
    """One leg to a duty phone. `cancelled` tries say nothing: the caller left or another took the call."""

    phone_id: int
    call_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SilentPair:
    phone_id: int
    call_ids: tuple[str, str]


def silent_pairs(tries: Iterable[DutyTry]) -> Iterator[SilentPair]:
    """`tries` in order of time. Each two running that were not answered make a pair, so that what is found does not
    depend on where the reading began."""
    last: dict[int, str] = {}
    for one in tries:
        if one.outcome == "talked":
            last.pop(one.phone_id, None)
        elif one.outcome in SILENT:
            if one.phone_id in last:
                yield SilentPair(one.phone_id, (last[one.phone_id], one.call_id))
            last[one.phone_id] = one.call_id


def silent_now(tries: Iterable[DutyTry]) -> tuple[int, ...]:
    """Phones whose last two tries were not answered, in order of ids."""
    silent: dict[int, int] = {}
    for one in tries:
        if one.outcome == "talked":
            silent[one.phone_id] = 0
        elif one.outcome in SILENT:
            silent[one.phone_id] = silent.get(one.phone_id, 0) + 1
    return tuple(sorted(phone_id for phone_id, count in silent.items() if count > 1))


async def silent_phones(session: AsyncSession, now: datetime) -> tuple[str, ...]:
    """Labels of duty phones that did not answer twice running, and have not answered since."""
    ids = silent_now(await _tries(session, now))
    rows = await session.scalars(
        select(PhoneRow.label).where(PhoneRow.id.in_(ids), PhoneRow.is_active).order_by(PhoneRow.id)
    )
    return tuple(rows)


async def tell_silent_duty(session: AsyncSession, now: datetime) -> int:
    """Puts each pair into the outbox once. Only legs of calls that have ended. Returns how many were new."""
    new = 0
    for pair in silent_pairs(await _tries(session, now)):
        phone = await session.get(PhoneRow, pair.phone_id)
        new += await outbox.put(
            session,
            TOPIC,
            at=now,
            dedupe_key=f"{TOPIC}:{pair.phone_id}:{':'.join(pair.call_ids)}",
            phone_id=pair.phone_id,
            label=phone.label if phone else "",
            call_ids=list(pair.call_ids),
        )
    return new


async def _tries(session: AsyncSession, now: datetime) -> list[DutyTry]:
    """Of calls that have ended, in order of time."""
    rows = await session.execute(
        select(LegRow.phone_id, CallRow.call_id, LegRow.outcome)
        .join(CallRow, CallRow.id == LegRow.call_row_id)
        .where(
            LegRow.role == "duty",
            LegRow.phone_id.is_not(None),
            LegRow.started_at > now - LOOK_BACK,
            CallRow.ended_at.is_not(None),
        )
        .order_by(LegRow.started_at.desc(), LegRow.id.desc())
        .limit(MAX_LEGS)
    )
    return [DutyTry(phone_id or 0, call_id, outcome) for phone_id, call_id, outcome in reversed(rows.all())]
