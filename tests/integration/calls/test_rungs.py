"""Who carried the last calls, as `dealerline pbx status` tells it."""

from datetime import timedelta

import pytest

from callcore.calls.model import Direction, Rung
from callcore.calls.rung_queries import last_rungs
from callcore.calls.rungs import told_rungs
from callcore.kernel.database import Database
from tests.factories.sales import make_call
from tests.fakes.clock import MONDAY_NOON

pytestmark = pytest.mark.integration


async def test_the_last_inbound_calls_newest_first(network: Database) -> None:
    async with network.transaction() as session:
        for minute, route in enumerate((Rung.APP, Rung.APP, Rung.SCRIPT, Rung.STATIC, Rung.DUTY, "")):
            at = MONDAY_NOON + timedelta(minutes=minute)
            await make_call(session, started_at=at, ended_at=at, route=route)
        await make_call(session, started_at=at, ended_at=at, direction=Direction.OUTBOUND)
    async with network.session() as session:
        rungs = await last_rungs(session, 5)
    assert rungs == ("", "duty", "static", "script", "app")
    words = told_rungs((*rungs, "script"))
    assert words.startswith("Кто вёл последние звонки (6): скрипт у АТС 2, ")
    assert "сразу дежурный 1" in words


def test_an_installation_without_calls_says_so() -> None:
    assert told_rungs(()) == "Звонков ещё не было."
