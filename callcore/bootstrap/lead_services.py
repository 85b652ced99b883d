"""Leads of the application: who fetches them, its schedule, the services of the page; in the demonstration a base to fetch
from."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

from callcore.asterisk.secrets import PbxSecrets
from callcore.bootstrap.demo_lead_base import DemoLeadBase
from callcore.intake.leads.change_account import AccountDraft, save_account
from callcore.intake.leads.http_lead_base import HttpLeadBase
from callcore.intake.leads.lead_port import LeadBase, LeadBaseTrouble
from callcore.intake.leads.lead_queries import LeadBook, lead_book, stored_access
from callcore.intake.leads.model import PAGE_LEADS, LeadAccess, Trouble
from callcore.intake.leads.sync_leads import ENTITY, SyncLeads, check_administrator
from callcore.kernel import audit
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.seal import Seal
from callcore.kernel.tasks import TaskOwner, every
from callcore.network.model import Viewer
from web.leads.services import Checked, LeadServices

if TYPE_CHECKING:
    from callcore.bootstrap.application import Application

LOOK_S: Final = 30.0
PRESS_WAIT_S: Final = 6.0  # then the page follows the log by itself
_NAME: Final = "seal:integrations"


class Leads:
    """Names follow the services."""

    def __init__(self, application: "Application", lead_base: LeadBase | None = None) -> None:
        self._application = application
        self._database, self._clock = application.database, application.clock
        secrets = PbxSecrets(application.settings.pbx.secrets_file)
        self._seal = Seal(lambda: secrets.get(_NAME)[_NAME])
        self._base = lead_base or HttpLeadBase()
        self._demo = DemoLeadBase(self._database, self._clock, self._seal, secrets)
        self.sync = SyncLeads(
            self._database,
            self._clock,
            self._base,
            self._unseal,
            lambda number: application.numbering.current().regions_of(number),
        )

    def _unseal(self, sealed: str) -> str | None:
        return self._seal.open(sealed, self._clock.now())

    async def start(self, tasks: TaskOwner) -> None:
        if self._application.settings.demo:
            await self._demo.open()
        _ = tasks.spawn("leads", every(LOOK_S, self.sync.look))

    async def close(self) -> None:
        await self._demo.close()

    def services(self) -> LeadServices:
        return LeadServices(book=self.book, save=self.save, check=self.check, fetch=self.fetch)

    async def book(self, viewer: Viewer, before: int | None) -> LeadBook:
        async with self._database.session() as session:
            return await lead_book(session, viewer, self._clock.now(), before=before)

    async def save(self, viewer: Viewer, draft: AccountDraft, shown: int) -> None:
        async with self._database.transaction() as session:
            await save_account(session, viewer, draft, shown=shown, seal=self._seal, now=self._clock.now())

    async def check(self, viewer: Viewer) -> Checked:
        """With what is saved; nothing is taken."""
        check_administrator(viewer)
        async with self._database.session() as session:
            stored = await stored_access(session)
        if stored is None:
            raise NotAllowedNow("leads-not-set-up")
        secret, started, trouble = self._unseal(stored.sealed), time.monotonic(), ""
        try:
            if secret is None:
                raise LeadBaseTrouble(Trouble.SECRET)
            access = LeadAccess(stored.address, stored.login, secret)
            _ = await self._base.page(access, stored.cursor, PAGE_LEADS)
        except LeadBaseTrouble as failed:
            trouble = failed.trouble.value
        async with self._database.transaction() as session:
            audit.record(
                session,
                at=self._clock.now(),
                actor_id=viewer.user_id,
                action="integration:checked",
                entity=ENTITY,
                entity_id=stored.account_id,
                trouble=trouble,
            )
        return Checked(trouble, time.monotonic() - started)

    async def fetch(self, viewer: Viewer, whole: bool) -> int:
        job = await self.sync.begin(viewer, whole=whole)
        work = self._application.tasks.spawn("leads-pressed", self.sync.fetch(job))
        await asyncio.wait([work], timeout=PRESS_WAIT_S)
        return job.run_id
