"""Use case: a talk is handed on from the desk, at once or after asking. By who talks himself, or by staff.

The PBX alone carries it out; what became of it is learned from its events. Nothing is asked twice: a second press finds
no talk any more.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.handing import TransferKind
from callcore.calls.model import CallState, LegRole
from callcore.calls.pbx import Pbx
from callcore.calls.rights import scope_of
from callcore.calls.tables import CallRow, LegRow
from callcore.calls.transfer_rows import somebody_asks
from callcore.calls.transfer_targets import TransferTarget, aim, find_targets, may_go_outside
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow, NotFound
from callcore.network.model import Viewer
from dialplans.contract import PHONE_KEY

MAX_LEGS: Final = 50


@dataclass(frozen=True, slots=True)
class TransferOffer:
    """What the page shows. `is_asking`: somebody is being asked already, so only joining and going back are left."""

    targets: tuple[TransferTarget, ...]
    may_outside: bool
    is_asking: bool
    talker: str


@dataclass(frozen=True, slots=True)
class _Talk:
    """The leg of ours that talks."""

    leg: LegRow
    is_asking: bool

    @property
    def key(self) -> str:
        return PHONE_KEY.format(id=self.leg.phone_id)


class HandOn:
    """All raise NotFound for a call that this viewer may not hand on, NotAllowedNow("not-talking") when nobody talks in it
    any more, NotAllowedNow("pbx-refused") and PbxUnavailable; `hand_on` also what callcore.calls.transfer_targets.aim does."""

    def __init__(
        self, database: Database, clock: Clock, pbx: Pbx, unreachable: Callable[[], Collection[str]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._pbx = pbx
        self._unreachable = unreachable

    async def offer(self, viewer: Viewer, call_id: str, search: str) -> TransferOffer:
        async with self._database.session() as session:
            talk = await _talk(session, viewer, call_id)
            scope = await scope_of(session, viewer)
            targets = await find_targets(session, scope, search, self._unreachable(), talk.key)
            return TransferOffer(
                targets,
                await may_go_outside(session, viewer),
                talk.is_asking,
                "" if _is_own(talk, viewer) else talk.key,
            )

    async def hand_on(self, viewer: Viewer, call_id: str, to: str, kind: TransferKind) -> None:
        """`to` is a TransferTarget.value or number:<as typed>. The audit row is written before the PBX is asked."""
        async with self._database.transaction() as session:
            talk = await _talk(session, viewer, call_id)
            if talk.is_asking:
                raise NotAllowedNow("asking-already", "join the two or go back to the customer first")
            aimed = await aim(session, viewer, await scope_of(session, viewer), to, talk.key)
            self._note(
                session,
                viewer,
                call_id,
                "call:handed-on",
                way=kind.value,
                to=aimed.kind.value,
                to_id=aimed.entity_id,
            )
        channel = talk.leg.channel
        if kind is TransferKind.BLIND:
            await self._pbx.hand_on(channel=channel, to=aimed.extension)
        else:
            await self._pbx.ask_first(channel=channel, to=aimed.extension)

    async def join(self, viewer: Viewer, call_id: str) -> None:
        """Who asked leaves the two alone."""
        async with self._database.transaction() as session:
            talk = await _asking(session, viewer, call_id)
            self._note(session, viewer, call_id, "call:joined")
        await self._pbx.hang_up(talk.leg.uniqueid)

    async def go_back(self, viewer: Viewer, call_id: str) -> None:
        async with self._database.transaction() as session:
            talk = await _asking(session, viewer, call_id)
            self._note(session, viewer, call_id, "call:not-handed-on")
        await self._pbx.ask_no_more(channel=talk.leg.channel)

    def _note(self, session: AsyncSession, viewer: Viewer, call_id: str, action: str, **data: Any) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity="call",
            entity_id=call_id,
            **data,
        )


async def _talk(session: AsyncSession, viewer: Viewer, call_id: str) -> _Talk:
    """The viewer's own leg, else for staff the one that joined last."""
    call = await session.scalar(select(CallRow).where(CallRow.call_id == call_id))
    if call is None:
        raise NotFound("call-not-found")
    legs = await session.scalars(
        select(LegRow)
        .where(
            LegRow.call_row_id == call.id,
            LegRow.ended_at.is_(None),
            LegRow.bridged_at.is_not(None),
            LegRow.phone_id.is_not(None),
            LegRow.role != LegRole.CUSTOMER,
        )
        .order_by(LegRow.bridged_at.desc())
        .limit(MAX_LEGS)
    )
    talking = list(legs)
    own = [leg for leg in talking if leg.phone_id in viewer.phone_ids]
    found = own or (talking if viewer.is_staff else [])
    if not found:
        scope = await scope_of(session, viewer)
        if not scope.covers(call.org_id):
            raise NotFound("call-not-found")
        raise NotAllowedNow("not-talking", "nobody whose talk you may hand on talks in this call now")
    is_asking = call.state != CallState.ENDED and await somebody_asks(session, call.id, found[0].phone_id)
    return _Talk(found[0], is_asking)


async def _asking(session: AsyncSession, viewer: Viewer, call_id: str) -> _Talk:
    talk = await _talk(session, viewer, call_id)
    if not talk.is_asking:
        raise NotAllowedNow("not-asking", "nobody is being asked")
    return talk


def _is_own(talk: _Talk, viewer: Viewer) -> bool:
    return talk.leg.phone_id in viewer.phone_ids
