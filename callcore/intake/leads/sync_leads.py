"""Use case: fetch what is new, page by page. Each lead is one transaction; the cursor follows when a page is through, so
whoever dies in between reads that page again, and nothing is taken twice."""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from callcore.intake.leads.lead_port import LeadBase, LeadBaseTrouble
from callcore.intake.leads.lead_runs import Job, Tally, advance, begin_run, end_run, is_due
from callcore.intake.leads.model import (
    MAX_PAGES,
    PAGE_LEADS,
    Lead,
    LeadAccess,
    RunCause,
    RunState,
    Trouble,
)
from callcore.intake.leads.take_lead import take_lead
from callcore.intake.take_in import RegionsOf
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, DealerlineError, Forbidden, Invalid, NotAllowedNow
from callcore.kernel.logs import get_logger
from callcore.network.model import Role, Viewer

_log = get_logger(__name__)
ENTITY: Final = "integration"
END_LIMIT_S: Final = 5.0


class Unseals(Protocol):
    def __call__(self, sealed: str) -> str | None: ...


class LeaseLost(DealerlineError):
    """Another one fetches, or the connection was changed."""


class SyncLeads:
    """`begin` is quick and commits; `fetch` does the work and never raises but for its cancellation."""

    def __init__(
        self, database: Database, clock: Clock, lead_base: LeadBase, unseal: Unseals, regions_of: RegionsOf
    ) -> None:
        self._database = database
        self._clock = clock
        self._base = lead_base
        self._unseal = unseal
        self._regions_of = regions_of

    async def look(self) -> None:
        """The schedule: asked twice a minute."""
        now = self._clock.now()
        if not await self._database.read(lambda connection: is_due(connection, now)):
            return
        with suppress(NotAllowedNow):  # somebody else is at it
            async with self._database.transaction() as session:
                job = await begin_run(session, RunCause.SCHEDULE, now=now)
            await self.fetch(job)

    async def begin(self, viewer: Viewer, *, whole: bool = False) -> Job:
        """Raises Forbidden, NotAllowedNow: "leads-not-set-up", "leads-running"."""
        check_administrator(viewer)
        now = self._clock.now()
        async with self._database.transaction() as session:
            job = await begin_run(session, RunCause.BUTTON, now=now, user_id=int(viewer.user_id), whole=whole)
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action="integration:synced",
                entity=ENTITY,
                entity_id=job.origin.account_id,
                whole=whole,
            )
        return job

    async def fetch(self, job: Job) -> None:
        tally = Tally()
        try:
            has_more = await self._pages(job, tally)
        except LeadBaseTrouble as failed:
            _log.warning("leads not fetched", trouble=failed.trouble.value, reason=failed.message)
            await self._end(job, tally, RunState.FAILED, failed.trouble)
        except LeaseLost:
            await self._end(job, tally, RunState.CUT)
        except asyncio.CancelledError:
            with suppress(DealerlineError, TimeoutError):  # then the lease lapses by itself
                async with asyncio.timeout(END_LIMIT_S):
                    await self._end(job, tally, RunState.CUT)
            raise
        except Exception:  # noqa: BLE001 - a border: the log has to say that it ended
            _log.exception("fetching of leads failed")
            with suppress(DatabaseUnavailable):
                await self._end(job, tally, RunState.FAILED, Trouble.OURS)
        else:
            await self._end(job, tally, RunState.DONE, has_more=has_more)

    async def _pages(self, job: Job, tally: Tally) -> bool:
        """Whether more is left than one run takes."""
        secret = self._unseal(job.sealed)
        if secret is None:
            raise LeadBaseTrouble(Trouble.SECRET)
        access, cursor = LeadAccess(job.address, job.login, secret), job.cursor
        for _ in range(MAX_PAGES):
            page = await self._base.page(access, cursor, PAGE_LEADS)
            for lead in page.leads:
                await self._take(job, lead, tally)
            if page.has_more and page.cursor == cursor:
                raise LeadBaseTrouble(Trouble.STUCK)
            cursor = page.cursor or cursor
            async with self._database.transaction() as session:
                if not await advance(session, job, cursor, tally, now=self._clock.now()):
                    raise LeaseLost("leads-lease-lost")
            if not page.has_more:
                return False
        return True

    async def _take(self, job: Job, lead: Lead, tally: Tally) -> None:
        """A lead that cannot be taken is told of and holds up nobody."""
        draft, now = lead.draft, self._clock.now()
        if draft is None:
            tally.refuse(lead.external_id, lead.wrong)
            return
        try:
            is_new = await self._database.transact(
                lambda session: take_lead(
                    session, job.origin, lead.external_id, draft, now=now, regions_of=self._regions_of
                )
            )
        except Invalid as refused:
            tally.refuse(lead.external_id, refused.details.get("fields", {"row": refused.code}))
        except DatabaseUnavailable:
            raise
        except Exception:  # noqa: BLE001 - a border: what one lead brings about is no reason to stop at it for ever
            _log.exception("a lead was not taken", external_id=lead.external_id, run_id=job.run_id)
            tally.refuse(lead.external_id, {"row": "ours"})
        else:
            tally.taken += is_new
            tally.known += not is_new

    async def _end(
        self,
        job: Job,
        tally: Tally,
        state: RunState,
        trouble: Trouble | None = None,
        *,
        has_more: bool = False,
    ) -> None:
        async with self._database.transaction() as session:
            await end_run(session, job, tally, state, trouble, now=self._clock.now(), has_more=has_more)
        _log.info(
            "leads fetched", state=state.value, taken=tally.taken, known=tally.known, refused=tally.refused
        )


def check_administrator(viewer: Viewer) -> None:
    """Only he connects other programs: their secrets are his. Raises Forbidden."""
    if viewer.role is not Role.ADMIN:
        raise Forbidden("not-administrator")
