"""Callbacks of the application: the door for customers, the worker, who asked from the queue, the services of the pages."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from callcore.asterisk.secrets import PbxSecrets
from callcore.calls.rights import scope_of
from callcore.kernel.errors import NotAllowedNow, PbxUnavailable
from callcore.kernel.tasks import TaskOwner, every
from callcore.network.model import Viewer
from callcore.outbound.callbacks.ask_callback import AskCallback
from callcore.outbound.callbacks.assignees import Assignee, find_assignees
from callcore.outbound.callbacks.callback_queries import (
    CallbackFilter,
    CallbackPage,
    CallbackView,
    callback_view,
    callbacks_page,
)
from callcore.outbound.callbacks.callback_worker import CallbackWorker
from callcore.outbound.callbacks.plan_callback import CallbackTools
from callcore.outbound.callbacks.public_desk import PublicCallbacks
from callcore.outbound.callbacks.queue_presses import QueuePresses
from callcore.outbound.callbacks.sites import (
    CallbackSite,
    SiteChoices,
    SiteForm,
    list_sites,
    save_site,
    site_choices,
)
from callcore.outbound.callbacks.work_callback import WorkCallbacks
from dialplans.contract import StepKind
from web.callbacks.services import CallbackServices

if TYPE_CHECKING:
    from callcore.bootstrap.application import Application

STEP_S: Final = 1.5
NAME: Final = "callbacks"  # among the secrets of this installation


class Callbacks:
    """Names of the methods follow the services of the pages."""

    def __init__(self, application: "Application") -> None:
        self._application = application
        self._database, self._clock = application.database, application.clock
        self.asking = AskCallback(
            application.database,
            application.clock,
            application.bus,
            lambda number: application.numbering.current().regions_of(number),
        )
        self.work = WorkCallbacks(application.database, application.clock, application.bus)
        self.door = PublicCallbacks(application.database, application.clock, self.asking, self._secret)
        self.presses = QueuePresses(application.database, application.clock, self.asking)
        self.worker = CallbackWorker(
            application.database,
            application.clock,
            application.bus,
            application.dialling.dialler,
            CallbackTools(
                steps=self._steps,
                unreachable=lambda: application.reach.unreachable,
                talking=lambda: application.follower.phones_in_use(),
                whisper=lambda site, region, order: application.shelf.sounds.callback(site, region, order),
                is_connected=lambda: application.pbx.health().connected,
                usual_cli=application.settings.pbx.trunk_caller_id,
                hold_place=self._hold_place,
            ),
        )

    def start(self, tasks: TaskOwner) -> None:
        _ = tasks.spawn("callbacks", every(STEP_S, self._step))

    async def _step(self) -> None:
        await self.presses.look()
        await self.worker.step()

    async def _hold_place(self, ticket: int, at: datetime) -> None:
        with suppress(PbxUnavailable, NotAllowedNow):  # then the place lapses, and nobody waits for it
            await self._application.pbx.hold_place(ticket, at)

    def _secret(self) -> bytes:
        return PbxSecrets(self._application.settings.pbx.secrets_file).get(NAME)[NAME].encode()

    def _steps(self, did: str, caller: str, now: datetime) -> Sequence[tuple[str, ...]]:
        try:
            decision = self._application.routing.decide(did, caller, now)
        except NotAllowedNow:  # the network has not been read yet
            return ()
        steps = decision.plan.steps
        return [step.phone_keys for step in steps if step.kind is not StepKind.DUTY and step.phone_keys]

    def services(self) -> CallbackServices:
        return CallbackServices(
            page=self.page,
            view=self.view,
            call_now=self.work.call_now,
            take=self.work.take,
            assignees=self.assignees,
            assign=self.work.assign,
            postpone=self.work.postpone,
            close=self.work.close,
            sites=self.sites,
            choices=self.choices,
            save_site=self.save_site,
        )

    async def page(self, viewer: Viewer, wanted: CallbackFilter) -> CallbackPage:
        async with self._database.session() as session:
            return await callbacks_page(session, viewer, wanted)

    async def view(self, viewer: Viewer, callback_id: int) -> CallbackView:
        async with self._database.session() as session:
            return await callback_view(session, viewer, callback_id)

    async def assignees(self, viewer: Viewer, search: str) -> tuple[Assignee, ...]:
        async with self._database.session() as session:
            return await find_assignees(session, await scope_of(session, viewer), search)

    async def sites(self, viewer: Viewer) -> tuple[CallbackSite, ...]:
        async with self._database.session() as session:
            return await list_sites(session, viewer)

    async def choices(self) -> SiteChoices:
        async with self._database.session() as session:
            return await site_choices(session)

    async def save_site(self, viewer: Viewer, site_id: int | None, form: SiteForm) -> int:
        async with self._database.transaction() as session:
            return await save_site(session, viewer, site_id, form, now=self._clock.now())
