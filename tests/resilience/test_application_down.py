"""The application is stopped, frozen, or killed inside the request: the caller still reaches a person within 8 s."""

import signal
import sqlite3
import time

import pytest

from tests.installation.office import Office, until

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

LIMIT_S = 8.0


async def _seconds_until_duty_rings(office: Office, since: float) -> float:
    duty = office.duty[0]

    async def rings() -> bool:
        return f"PJSIP/{duty}-" in await office.channels()

    await until("the duty phone rings", rings, LIMIT_S + 4)
    return time.monotonic() - since


async def _repaired(office: Office, number: str) -> None:
    """After the next start the journal has the call, once, with what happened."""
    call = await until("the journal has the call", lambda: office.ended_call_of(number), 60)
    assert (call["result"], call["route"]) == ("duty_answered", "fallback")
    assert call["talk_s"] >= 1
    await until(
        "its recording is attached",
        lambda: office.rows("SELECT 1 FROM recordings WHERE call_row_id = ? AND state = 'ready'", call["id"]),
        60,
    )
    assert len(office.calls_of(number)) == 1


async def test_application_stopped(office: Office) -> None:
    number = "+79160000801"
    await office.stand.application.stop()
    since = time.monotonic()
    call = await office.call(number, talk_s=2)
    assert await _seconds_until_duty_rings(office, since) <= LIMIT_S
    assert (await office.over(call)).startswith("ANSWER")
    await office.stand.application.start()
    await _repaired(office, number)


async def test_application_frozen(office: Office) -> None:
    number = "+79160000802"
    office.stand.application.send(signal.SIGSTOP)
    try:
        since = time.monotonic()
        call = await office.call(number, talk_s=2)
        assert await _seconds_until_duty_rings(office, since) <= LIMIT_S
        assert (await office.over(call)).startswith("ANSWER")
    finally:
        office.stand.application.send(signal.SIGCONT)
    await _repaired(office, number)


async def test_application_killed_inside_the_request(office: Office) -> None:
    """Frozen first, so that the request is certainly under way when the process dies."""
    number = "+79160000803"
    office.stand.application.send(signal.SIGSTOP)
    since = time.monotonic()
    call = await office.call(number, talk_s=2)

    async def asks() -> bool:
        return "AGI" in await office.channels()

    await until("the PBX asks the application", asks, 5)
    office.stand.application.send(signal.SIGKILL)
    assert await _seconds_until_duty_rings(office, since) <= LIMIT_S
    assert (await office.over(call)).startswith("ANSWER")
    await office.stand.application.stop()
    await office.stand.application.start()
    await _repaired(office, number)


async def test_a_talk_does_not_notice_that_the_application_was_killed(office: Office) -> None:
    number = "+79160000804"
    call = await office.call(number, talk_s=5)
    await until("they talk", lambda: [row for row in office.calls_of(number) if row["state"] == "talking"])
    office.stand.application.send(signal.SIGKILL)
    assert await office.stand.application.wait() != 0
    assert (await office.over(call)).startswith("ANSWER")
    await office.stand.application.stop()
    await office.stand.application.start()

    def right_row() -> sqlite3.Row | None:
        """First closed by what is seen after the start, then put right from the PBX's own record."""
        row = office.ended_call_of(number)
        return row if row is not None and row["result"] == "answered" and 4 <= row["talk_s"] <= 6 else None

    row = await until("the journal has the true end", right_row, 60)
    recording = await until(
        "its recording is ready",
        lambda: office.rows("SELECT * FROM recordings WHERE call_row_id = ? AND state = 'ready'", row["id"]),
        60,
    )
    assert recording[0]["duration_ms"] >= 4000
