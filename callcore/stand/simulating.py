"""A simulated call from the command line: who answers, and the journal's row when it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from callcore.calls.model import CallState
from callcore.calls.queries import journal
from callcore.calls.views import JournalFilter, JournalRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid
from callcore.network.model import Role, Viewer
from callcore.routing.model import Decision, Step
from callcore.stand.attach import AttachedStand
from dialplans.plan import Behaviour

_POLL_S = 0.2
_CALL_LIMIT_S = 600
_ROW_LIMIT_S = 15
_RECORDING_LIMIT_S = 20
_ADMIN = Viewer(0, "консоль", Role.ADMIN, 0, "", "/", (), "UTC")


@asynccontextmanager
async def only_outlet_answers(stand: AttachedStand, decision: Decision, wanted: str) -> AsyncIterator[None]:
    """The telephones of one outlet of the plan take the call, all others of the plan are busy; afterwards as before.
    Raises Invalid when the plan has no such outlet."""
    if not wanted:
        yield
        return
    chosen = _find_step(decision, wanted)
    before = await stand.carrier.behaviours()
    told: dict[str, Behaviour] = {}
    for step in decision.plan.steps:
        for key in step.phone_keys:
            told[stand.names.get(key, key)] = Behaviour.ACCEPT if step is chosen else Behaviour.BUSY
    for key in chosen.phone_keys:
        told[stand.names.get(key, key)] = Behaviour.ACCEPT
    try:
        for name, behaviour in told.items():
            await stand.carrier.set_behaviour(name, behaviour)
        yield
    finally:
        for name in told:
            await stand.carrier.set_behaviour(name, before[name])


async def wait_for_row(stand: AttachedStand, call_id: str, since: datetime) -> JournalRow | None:
    """The row of the call that began after `since`, once the call is over; waits a little for its recording."""
    async with asyncio.timeout(_CALL_LIMIT_S):
        while await stand.carrier.result(call_id) is None:  # noqa: ASYNC110 - the other side is a process
            await asyncio.sleep(_POLL_S)
    database = Database(stand.settings.database.url.get_secret_value())
    try:
        row = await _poll(database, since, _ROW_LIMIT_S, needs_recording=False)
        if row is not None and row.talk_s > 0:
            row = await _poll(database, since, _RECORDING_LIMIT_S, needs_recording=True) or row
        return row
    finally:
        await database.close()


def _find_step(decision: Decision, wanted: str) -> Step:
    steps = [step for step in decision.plan.steps if step.outlet_id is not None]
    for step in steps:
        if wanted == str(step.outlet_id) or wanted.casefold() in step.label.casefold():
            return step
    names = "; ".join(f"{step.outlet_id} — {step.label}" for step in steps) or "ни одной точки"
    raise Invalid("no-such-outlet", f"В маршруте этого звонка нет точки «{wanted}». Есть: {names}")


async def _poll(
    database: Database, since: datetime, limit_s: float, *, needs_recording: bool
) -> JournalRow | None:
    for _ in range(int(limit_s / _POLL_S)):
        async with database.session() as session:
            page = await journal(session, _ADMIN, JournalFilter(since=since), limit=1)
        for row in page.items:
            if row.state == CallState.ENDED and (row.has_recording or not needs_recording):
                return row
        await asyncio.sleep(_POLL_S)
    return None
