"""Use cases: a call is begun, dialled, given up.

Never twice: a press is a row with a unique key, the row is sent by one guarded UPDATE that stands before the asking, and
what was asked is never asked again, whatever became of the answer. The end is written by follow_attempts.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.attempt_rows import Asking, close, note_stop, take_to_send
from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.attempts import (
    AttemptReason,
    AttemptResult,
    AttemptState,
    BegunAttempt,
    NewAttempt,
    new_call_id,
)
from callcore.calls.events import AttemptChanged
from callcore.calls.pbx import Pbx, never_stops
from callcore.calls.recording_notice import notice_for
from callcore.calls.settings import call_settings
from callcore.kernel.bus import Bus
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Conflict, Invalid, NotAllowedNow, PbxUnavailable
from callcore.kernel.logs import get_logger
from dialplans import contract

_NUMBER: Final = re.compile(r"\+[0-9]{7,15}")
_PHONE_KEY: Final = re.compile(r"p[0-9]+")
_EXTRA: Final = re.compile(rf"{contract.OUT_EXTRA}[A-Z0-9_]{{1,40}}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_/.&+-]{0,1000}")

_log = get_logger(__name__)


async def begin_attempt(session: AsyncSession, new: NewAttempt, *, now: datetime) -> BegunAttempt:
    """In the caller's transaction; dial it after the commit. Raises Invalid for what the PBX must not get, and
    Conflict("call-in-progress", details call_id) when another attempt with this `open_key` has not ended."""
    _check(new)
    if (known := await _call_id_of(session, AttemptRow.key == new.key)) is not None:
        return BegunAttempt(known, is_new=False)
    call_id = new_call_id()
    greeting = new.greeting or (await notice_for(session, new.cli) if new.phone_keys else "")
    owned = {"greeting": greeting, "variables": dict(new.variables)} | dict(new.data)
    owned["cli_label"] = (await call_settings(session)).cli_label  # what it was when the customer saw it
    is_new = await insert_unless_exists(
        session,
        AttemptRow,
        call_id=call_id,
        key=new.key,
        open_key=new.open_key,
        kind=new.kind.value,
        state=AttemptState.MADE.value,
        result="",
        reason="",
        number=new.number,
        cli=new.cli,
        phone_keys=list(new.phone_keys),
        whisper=new.whisper,
        org_id=new.org_id,
        user_id=new.user_id,
        customer_id=new.customer_id,
        order_id=new.order_id,
        task_id=new.task_id,
        owner_id=new.owner_id,
        made_at=now,
        talk_s=0,
        data=owned,
    )
    if is_new:
        return BegunAttempt(call_id, is_new=True)
    if (known := await _call_id_of(session, AttemptRow.key == new.key)) is not None:
        return BegunAttempt(known, is_new=False)
    other = await _call_id_of(session, AttemptRow.open_key == new.open_key)
    raise Conflict("call-in-progress", call_id=other or "")


async def _call_id_of(session: AsyncSession, wanted: Any) -> str | None:
    found: str | None = await session.scalar(select(AttemptRow.call_id).where(wanted))
    return found


def _check(new: NewAttempt) -> None:
    wrong: dict[str, str] = {}
    for name in ("number", "cli"):
        if not _NUMBER.fullmatch(getattr(new, name)):
            wrong[name] = "a number as +79161234567"
    for name in ("whisper", "greeting"):
        if not _VALUE.fullmatch(getattr(new, name)):
            wrong[name] = "names of sounds, joined by &"
    if not all(_PHONE_KEY.fullmatch(key) for key in new.phone_keys):
        wrong["phone_keys"] = "keys of phones as p12"
    if len(new.phone_keys) > contract.MAX_KEYS_PER_STEP:
        wrong["phone_keys"] = f"at most {contract.MAX_KEYS_PER_STEP} phones"
    if not new.phone_keys and new.kind.value not in contract.CUSTOMER_FIRST:
        wrong["phone_keys"] = "at least one phone of ours"
    if not all(_EXTRA.fullmatch(name) and _VALUE.fullmatch(value) for name, value in new.variables.items()):
        wrong["variables"] = f"names {contract.OUT_EXTRA}…, values of letters, digits and signs of sounds"
    if wrong:
        raise Invalid("bad-attempt", fields=wrong)


class Dialler:
    """Owns the asking of the PBX. `is_stopping`: it is on its way down, asked from it."""

    def __init__(
        self,
        pbx: Pbx,
        database: Database,
        bus: Bus,
        clock: Clock,
        is_stopping: Callable[[], Awaitable[bool]] = never_stops,
    ) -> None:
        self._is_stopping = is_stopping
        self._pbx = pbx
        self._database = database
        self._bus = bus
        self._clock = clock

    async def dial(self, call_id: str) -> None:
        """After the commit of its row. Does nothing for an attempt that was sent or has ended. Never raises for what the
        PBX answers: the attempt's row tells."""
        now = self._clock.now()
        taken = await self._database.write(lambda connection: take_to_send(connection, call_id, now))
        if taken is None:
            return
        asking, changed = taken
        self._bus.publish(changed)
        try:
            await self._ask(asking, now)
        except PbxUnavailable as exc:
            if exc.code != "pbx-not-connected":
                # Whether the PBX took it is not known: its facts will tell, or their absence.
                _log.warning("call out asked for, answer lost", call_id=call_id)
                return
            await self._fail(call_id, AttemptReason.PBX_NOT_CONNECTED)
        except (NotAllowedNow, Invalid) as exc:
            _log.error("call out refused by the pbx", call_id=call_id, reason=exc.code)
            stops = isinstance(exc, NotAllowedNow) and await self._is_stopping()
            await self._fail(call_id, AttemptReason.PBX_STOPPED if stops else AttemptReason.PBX_REFUSED)

    async def hang_up(self, call_id: str) -> None:
        """Gives the call up at any stage; one that was not sent ends at once. Raises PbxUnavailable."""
        now = self._clock.now()

        def stop(connection: Any) -> AttemptChanged | None:
            note_stop(connection, call_id)
            return close(
                connection,
                call_id,
                AttemptResult.CANCELLED,
                AttemptReason.STOPPED,
                now,
                only=(AttemptState.MADE.value,),
            )

        changed = await self._database.write(stop)
        if changed is not None:
            self._bus.publish(changed)
            return
        try:
            await self._pbx.hang_up(call_id)
        except PbxUnavailable:
            await self._database.write(lambda connection: note_stop(connection, call_id, is_asked=False))
            raise

    async def _ask(self, asking: Asking, now: datetime) -> None:
        channel, context = _way(asking)
        await self._pbx.originate(
            channel=channel,
            context=context,
            extension="s",
            call_id=asking.call_id,
            caller_id=asking.cli,
            timeout_s=contract.OUT_WAIT_S,
            variables=_variables(asking, now),
        )

    async def _fail(self, call_id: str, reason: AttemptReason) -> None:
        now = self._clock.now()
        changed = await self._database.write(
            lambda connection: close(connection, call_id, AttemptResult.FAILED, reason, now)
        )
        if changed is not None:
            self._bus.publish(changed)


def _way(asking: Asking) -> tuple[str, str]:
    """Which channel is asked for, and which context it meets once it is up."""
    if asking.phone_keys:
        return f"Local/s@{contract.OURS}/n", contract.OUT
    return f"Local/s@{contract.OUT}/n", contract.CUSTOMER_FIRST[asking.kind]


def _variables(asking: Asking, now: datetime) -> Mapping[str, str]:
    extra: Mapping[str, str] = asking.data.get("variables") or {}
    return {
        contract.OUT_NUMBER: asking.number,
        contract.OUT_CLI: asking.cli,
        contract.OUT_KEYS: "-".join(asking.phone_keys),
        contract.OUT_SENT_AT: str(int(now.timestamp())),
        contract.WHISPER_SOUND: asking.whisper,
        contract.GREETING_SOUND: str(asking.data.get("greeting") or ""),
        **extra,
    }
