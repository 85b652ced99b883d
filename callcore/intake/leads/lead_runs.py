"""The life of one fetching in the database: begun by one, told of page by page, ended; who begins next finds it so.

All in the caller's transaction. A lease keeps others out; every write of its holder names its key, so that whoever has lost
it changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.lead_tables import IntegrationAccountRow, IntegrationRunRow
from callcore.intake.leads.model import KIND, LEASE, RunCause, RunState, Trouble, next_due
from callcore.intake.leads.take_lead import LeadOrigin
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.ids import secret_token

MAX_REFUSALS: Final = 100  # told one by one
KEPT: Final = timedelta(days=90)
EMPTY_KEPT: Final = timedelta(days=1)  # of the schedule, with nothing new
_QUIET: Final = {"synchronize_session": False}


@dataclass(slots=True)
class Tally:
    """What became of the leads of a run so far."""

    taken: int = 0
    known: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, external_id: str, wrong: Mapping[str, str]) -> None:
        self.refused += 1
        if len(self.refusals) < MAX_REFUSALS:
            self.refusals.append({"id": external_id, "fields": dict(wrong)})


@dataclass(frozen=True, slots=True)
class Job:
    """A run as its holder needs it. `sealed` is the secret as it is stored."""

    run_id: int
    lease_key: str
    origin: LeadOrigin
    address: str
    login: str
    sealed: str = field(repr=False)
    cursor: str


def is_due(connection: Connection, now: datetime) -> bool:
    """For who polls: one look into an index of one row."""
    due = select(IntegrationAccountRow.id).where(IntegrationAccountRow.due_at <= now).limit(1)
    return connection.scalar(due) is not None


async def begin_run(
    session: AsyncSession, cause: RunCause, *, now: datetime, user_id: int | None = None, whole: bool = False
) -> Job:
    """`whole`: from the first lead on. Raises NotAllowedNow: "leads-not-set-up", "leads-running", "leads-not-due"."""
    lease_key = secret_token()
    values: dict[str, Any] = {"lease_key": lease_key, "lease_until": now + LEASE}
    if whole:
        values["cursor"] = ""
    free = or_(IntegrationAccountRow.lease_until.is_(None), IntegrationAccountRow.lease_until <= now)
    claim = update(IntegrationAccountRow).where(IntegrationAccountRow.kind == KIND, free)
    if cause is RunCause.SCHEDULE:
        claim = claim.where(IntegrationAccountRow.due_at <= now)
    claimed = await session.scalar(
        claim.values(**values).returning(IntegrationAccountRow.id).execution_options(**_QUIET)
    )
    if claimed is None:
        raise NotAllowedNow(await _why_not(session, now))
    account = await session.get_one(IntegrationAccountRow, claimed, populate_existing=True)
    if account.due_at is not None:
        account.due_at = now + LEASE  # whoever dies now is followed by the next
    await _cut_left(session, account.id, now)
    run = IntegrationRunRow(
        account_id=account.id,
        cause=cause.value,
        user_id=user_id,
        state=RunState.RUNNING.value,
        started_at=now,
        refusals=[],
    )
    session.add(run)
    await session.flush()
    origin = LeadOrigin(account.id, account.generation, run.id, account.source, account.site_org_id)
    return Job(run.id, lease_key, origin, account.address, account.login, account.secret, account.cursor)


async def _why_not(session: AsyncSession, now: datetime) -> str:
    account = await session.scalar(select(IntegrationAccountRow).where(IntegrationAccountRow.kind == KIND))
    if account is None:
        return "leads-not-set-up"
    is_held = account.lease_until is not None and account.lease_until > now
    return "leads-running" if is_held else "leads-not-due"


async def _cut_left(session: AsyncSession, account_id: int, now: datetime) -> None:
    """Those whose holder is gone."""
    await session.execute(
        update(IntegrationRunRow)
        .where(
            IntegrationRunRow.account_id == account_id,
            IntegrationRunRow.state == RunState.RUNNING.value,
        )
        .values(state=RunState.CUT.value, ended_at=now)
        .execution_options(**_QUIET)
    )


async def advance(session: AsyncSession, job: Job, cursor: str, tally: Tally, *, now: datetime) -> bool:
    """After the orders of a page are committed. False: the lease is another's, or the connection was changed."""
    held = await session.scalar(
        update(IntegrationAccountRow)
        .where(
            IntegrationAccountRow.id == job.origin.account_id,
            IntegrationAccountRow.lease_key == job.lease_key,
        )
        .values(cursor=cursor, lease_until=now + LEASE)
        .returning(IntegrationAccountRow.id)
        .execution_options(**_QUIET)
    )
    if held is None:
        return False
    await _tell(session, job, tally)
    return True


async def _tell(session: AsyncSession, job: Job, tally: Tally, **more: Any) -> None:
    counted = {
        "taken": tally.taken,
        "known": tally.known,
        "refused": tally.refused,
        "refusals": tally.refusals,
    }
    await session.execute(
        update(IntegrationRunRow)
        .where(IntegrationRunRow.id == job.run_id)
        .values(**counted, **more)
        .execution_options(**_QUIET)
    )


async def end_run(
    session: AsyncSession,
    job: Job,
    tally: Tally,
    state: RunState,
    trouble: Trouble | None = None,
    *,
    now: datetime,
    has_more: bool = False,
) -> None:
    """The lease is given back, the next time is set, what is old leaves the log."""
    told = {"state": state.value, "trouble": trouble or "", "ended_at": now, "has_more": has_more}
    await _tell(session, job, tally, **told)
    account = await session.scalar(
        select(IntegrationAccountRow)
        .where(
            IntegrationAccountRow.id == job.origin.account_id,
            IntegrationAccountRow.lease_key == job.lease_key,
        )
        .with_for_update()
    )
    if account is None:
        return
    account.lease_key, account.lease_until = "", None
    if state is not RunState.CUT:
        account.failures = account.failures + 1 if state is RunState.FAILED else 0
    if account.is_on:
        is_soon = has_more or state is RunState.CUT
        every = timedelta(minutes=account.every_minutes)
        account.due_at = now if is_soon else next_due(now, every, account.failures)
    await _forget_old(session, account.id, now)


async def _forget_old(session: AsyncSession, account_id: int, now: datetime) -> None:
    run = IntegrationRunRow
    is_empty = (
        (run.cause == RunCause.SCHEDULE.value)
        & (run.state == RunState.DONE.value)
        & (run.taken == 0)
        & (run.refused == 0)
        & (run.started_at < now - EMPTY_KEPT)
    )
    is_old = or_(run.started_at < now - KEPT, is_empty)
    await session.execute(delete(run).where(run.account_id == account_id, is_old).execution_options(**_QUIET))
