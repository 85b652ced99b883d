"""Use case: a person presses «Позвонить клиенту». Everything is asked before a row is written, the row stands before anything
is dialled, and every press leaves an audit row, a refused one too."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import BegunAttempt, NewAttempt
from callcore.calls.dial import begin_attempt
from callcore.calls.settings import CallSettings, call_settings
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DealerlineError, Invalid, NotAllowedNow
from callcore.network.model import Viewer
from callcore.network.outlets import check_not_suspended
from callcore.outbound.cli_number import cli_for
from callcore.outbound.limits import check_amount, check_destination, check_hour, check_not_ours, check_option
from callcore.outbound.own_phones import OwnPhones, own_phones, remember_phone
from callcore.outbound.targets import Asked, Target, find_target

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Whispers(Protocol):
    """Ready sounds; never waits. Empty: the plain prompt."""

    def __call__(self, order_id: int | None, region_code: str | None) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PressTools:
    """What is known of the PBX in memory, and who dials. `dial` returns at once. `usual_cli` the trunk's own number."""

    unreachable: Callable[[], Collection[str]]
    is_connected: Callable[[], bool]
    whisper: Whispers
    dial: Callable[[str], None]
    usual_cli: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressOffer:
    """What the page shows before the press. `cli` E.164 is what the customer will see, `open_call_id` a call to him that
    this person may follow and that has not ended; `trouble` the refusal that a press would get now, None for none."""

    target: Target
    phones: OwnPhones
    cli: str
    cli_label: str
    open_call_id: str
    trouble: DealerlineError | None


class PressCall:
    """`press` raises Forbidden, NotFound, Invalid("bad-key"), Conflict("call-in-progress", call_id) and NotAllowedNow with
    the codes of limits and phones."""

    def __init__(self, database: Database, clock: Clock, tools: PressTools) -> None:
        self._database = database
        self._clock = clock
        self._tools = tools

    async def offer(self, viewer: Viewer, asked: Asked) -> PressOffer:
        """Raises Forbidden, NotFound."""
        now, trouble = self._clock.now(), None
        async with self._database.session() as session:
            target = await find_target(session, viewer, asked)
            settings = await call_settings(session)
            phones = await self._phones(session, viewer, target)
            try:
                await self._check(session, viewer, target.check(), settings, now)
                _ = phones.keys("")
            except NotAllowedNow as refused:
                trouble = refused
            open_id = await session.scalar(
                select(AttemptRow.call_id).where(AttemptRow.open_key == _open_key(target))
            )
            return PressOffer(
                target=target,
                phones=phones,
                cli=await self._cli(session, viewer, target),
                cli_label=settings.cli_label,
                open_call_id=open_id or "",
                trouble=trouble,
            )

    async def press(self, viewer: Viewer, asked: Asked, key: str, phone: str = "") -> str:
        """The call's id. The same key gives the same call, whatever has become of it."""
        now = self._clock.now()
        try:
            begun = await self._database.transact(
                lambda session: self._begin(session, viewer, asked, key, phone, now)
            )
        except DealerlineError as refused:
            await self._note_refusal(viewer, asked, refused, now)
            raise
        if begun.is_new:
            self._tools.dial(begun.call_id)
        return begun.call_id

    async def _begin(
        self, session: AsyncSession, viewer: Viewer, asked: Asked, key: str, phone: str, now: datetime
    ) -> BegunAttempt:
        if not _KEY.fullmatch(key):
            raise Invalid("bad-key", fields={"key": "letters and digits made by the page"})
        own_key = f"press:{int(viewer.user_id)}:{key}"
        known = await session.scalar(select(AttemptRow.call_id).where(AttemptRow.key == own_key))
        if known is not None:
            return BegunAttempt(known, is_new=False)
        target = (await find_target(session, viewer, asked)).check()
        await check_not_suspended(session, viewer)
        settings = await call_settings(session)
        await self._check(session, viewer, target, settings, now)
        keys = (await self._phones(session, viewer, target)).keys(phone)
        await check_amount(session, viewer.org_id, settings, now)
        new = NewAttempt(
            kind=asked.kind,
            key=own_key,
            open_key=_open_key(target),
            number=target.number,
            cli=await self._cli(session, viewer, target),
            phone_keys=keys,
            whisper=self._tools.whisper(target.order_id, target.region_code),
            org_id=viewer.org_id,
            user_id=int(viewer.user_id),
            customer_id=target.customer_id,
            order_id=target.order_id,
            task_id=target.task_id,
            data={"asked": asked.id},
        )
        begun = await begin_attempt(session, new, now=now)
        if begun.is_new:
            await remember_phone(session, viewer, phone)
            done = {"call_id": begun.call_id, "phones": list(keys), "cli_label": settings.cli_label}
            _note(session, viewer, asked, now, "call:pressed", **done)
        return begun

    async def _check(
        self, session: AsyncSession, viewer: Viewer, target: Target, settings: CallSettings, now: datetime
    ) -> None:
        await check_option(session, viewer)
        if not self._tools.is_connected():
            raise NotAllowedNow("pbx-not-connected")
        check_destination(target.number, settings)
        await check_not_ours(session, target.number)
        check_hour(settings, now, target.tz)

    async def _phones(self, session: AsyncSession, viewer: Viewer, target: Target) -> OwnPhones:
        return await own_phones(session, viewer, self._tools.unreachable(), target.outlet_id)

    async def _cli(self, session: AsyncSession, viewer: Viewer, target: Target) -> str:
        org_id = None if viewer.is_staff else viewer.org_id
        return await cli_for(
            session,
            org_id=target.org_id or org_id,
            region_code=target.region_code,
            usual=self._tools.usual_cli,
        )

    async def _note_refusal(
        self, viewer: Viewer, asked: Asked, refused: DealerlineError, now: datetime
    ) -> None:
        async with self._database.transaction() as session:
            _note(session, viewer, asked, now, "call:refused", code=refused.code)


def _open_key(target: Target) -> str:
    """One call to one number at a time, whoever wants it."""
    return f"number:{target.number}"


def _note(
    session: AsyncSession, viewer: Viewer, asked: Asked, now: datetime, action: str, **data: Any
) -> None:
    """Says whom the press meant by the page's own name of him: never a number of a telephone."""
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=action,
        entity="call",
        entity_id=f"{asked.kind.value}:{asked.id[:64]}",
        **data,
    )
