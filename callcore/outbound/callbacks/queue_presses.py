"""Use case: who waits in the queue presses 1 and is called back. The dialplan tells it as a milestone of the call and, for when the
application was away, in the PBX's own record; one press makes one request, however often it is read."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, func, null, select

from callcore.calls.tables import CallEventRow, CallRow, CelRow
from callcore.intake.once import Press
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid
from callcore.kernel.logs import get_logger
from callcore.outbound.callbacks.ask_callback import QUEUE, AskCallback
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource
from callcore.outbound.callbacks.sites import CallbackSite
from dialplans.contract import CEL_CALLBACK, Milestone

_log = get_logger(__name__)
LOOK_BACK: Final = timedelta(hours=2)  # after a restart; an older wish has gone cold
OVERLAP: Final = 200  # rows that may be committed out of their order
ACTOR: Final = "callback-queue"


_ENDS: Final = select(
    select(func.coalesce(func.max(CallEventRow.id), 0)).scalar_subquery(),
    select(func.coalesce(func.max(CelRow.id), 0)).scalar_subquery(),
)
_TOLD: Final = (
    select(CallRow.call_id, CallRow.caller_number, CallRow.did_number, CallEventRow.data)
    .join(CallEventRow, CallEventRow.call_row_id == CallRow.id)
    .where(CallEventRow.kind == Milestone.CALLBACK.value, CallEventRow.at >= bindparam("since"))
    .where(CallEventRow.id > bindparam("after"), CallRow.caller_number != "")
)
_NOTED: Final = (
    select(CallRow.call_id, CallRow.caller_number, CallRow.did_number, null().label("data"))
    .join(CelRow, CelRow.call_id == CallRow.call_id)
    .where(CelRow.event_type == CEL_CALLBACK, CelRow.at >= bindparam("since"))
    .where(CelRow.id > bindparam("after"), CallRow.caller_number != "")
)


class QueuePresses:
    """`look` is asked every second or two; when nothing is new it reads two ends of two indexes."""

    def __init__(self, database: Database, clock: Clock, asking: AskCallback) -> None:
        self._database = database
        self._clock = clock
        self._asking = asking
        self._seen = (-1, -1)
        self._taken: dict[str, None] = {}

    async def look(self) -> int:
        """How many presses were taken."""
        now, seen = self._clock.now(), self._seen
        ends, found = await self._database.read(lambda connection: _news(connection, seen, now - LOOK_BACK))
        taken = 0
        for press in found:
            call_id = press[0]
            if call_id not in self._taken:
                taken += await self._take(*press)
                self._taken[call_id] = None
        self._seen = ends
        while len(self._taken) > 10 * OVERLAP:
            self._taken.pop(next(iter(self._taken)))
        return taken

    async def _take(self, call_id: str, number: str, place: str) -> bool:
        """`place`: the dialled number and the ticket of the queue, apart by a blank."""
        site = CallbackSite(key=QUEUE, title="", source="phone")
        told = CallbackAsk(source=CallbackSource.QUEUE, site=QUEUE, number=number, page=place)
        try:
            await self._asking.ask(told, site, press=Press.of(ACTOR, call_id, number.encode()))
        except Invalid as refused:
            _log.warning("asked from the queue, cannot be called", call_id=call_id, reason=refused.code)
            return False
        return True


def _news(
    connection: Connection, seen: tuple[int, int], since: datetime
) -> tuple[tuple[int, int], list[tuple[str, str, str]]]:
    """Newest ids of both tables, and presses since `seen`: call id, number, dialled number with ticket."""
    event_id, cel_id = connection.execute(_ENDS).one()
    found: dict[str, tuple[str, str, str]] = {}
    for end, before, news in ((event_id, seen[0], _TOLD), (cel_id, seen[1], _NOTED)):
        if end <= before:
            continue
        for row in connection.execute(news, {"since": since, "after": before - OVERLAP}):
            ticket = str((row.data or {}).get("ticket") or "")
            place = f"{row.did_number} {ticket}".strip()
            found.setdefault(row.call_id, (row.call_id, row.caller_number, place))
    return (event_id, cel_id), list(found.values())
