"""The application is stopped, frozen, or killed inside the request: the caller still reaches a person within 8 s.

The script beside the PBX knows the last published network: the dealer who is open rings, and the duty phone when nobody is.
"""

import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from callcore.asterisk.fallback import script
from tests.installation.office import Office, until

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

LIMIT_S = 8.0


@pytest_asyncio.fixture(loop_scope="session")
async def night(office: Office) -> AsyncIterator[Office]:
    """The dealer takes no calls and the operators sleep, no shift is set, and the PBX's side has been told so: only the
    fixed order of duty phones is left."""
    outlet = office.rows(
        "SELECT o.id, o.org_id FROM outlets o JOIN dids d ON d.org_id = o.org_id"
        " WHERE d.number = ? AND o.accepts_calls = 1",
        office.did,
    )[0]
    zone = office.rows("SELECT tz FROM organizations WHERE kind = 'manufacturer'")[0]["tz"]
    office.write("UPDATE outlets SET accepts_calls = 0 WHERE id = ?", outlet["id"])
    office.write("UPDATE organizations SET tz = ? WHERE kind = 'manufacturer'", _zone_of_midnight())
    office.write("DELETE FROM duty_shifts")
    await _published(office, "duty")
    yield office
    office.write("UPDATE outlets SET accepts_calls = 1 WHERE id = ?", outlet["id"])
    office.write("UPDATE organizations SET tz = ? WHERE kind = 'manufacturer'", zone)
    if office.stand.application.pid is None:
        await office.stand.application.start()
    await _published(office, "outlet")


def _zone_of_midnight() -> str:
    """As Office's zone of noon: a fixed offset by which it is between 0 and 1 o'clock."""
    hour = time.gmtime().tm_hour
    return f"Etc/GMT{hour if hour <= 12 else hour - 24:+d}"


async def _published(office: Office, kind: str) -> None:
    """The first step of the dealer's number, by the snapshot that lies beside the PBX, is of this kind; a duty phone is
    the first of the fixed order."""
    file = str(office.stand.settings.pbx.agi_dir / script.SNAPSHOT)

    def is_told() -> bool:
        snapshot, numbering = script.read(file, time.time())
        plan = dict(script.plan(snapshot, numbering, office.did, "", time.time()))
        is_first = kind != "duty" or plan["DL_STEP_1_KEYS"] == office.duty[0]
        return plan["DL_STEP_1_KIND"] == kind and is_first

    await until(f"the published snapshot begins with {kind}", is_told)


async def _seconds_until_rings(office: Office, telephone: str, since: float) -> float:
    async def rings() -> bool:
        return f"PJSIP/{telephone}-" in await office.channels()

    await until(f"{telephone} rings", rings, LIMIT_S + 4)
    return time.monotonic() - since


async def _repaired(office: Office, number: str, result: str) -> None:
    """After the next start the journal has the call, once, with what happened."""
    call = await until("the journal has the call", lambda: office.ended_call_of(number), 60)
    assert (call["result"], call["route"]) == (result, "script")
    assert call["talk_s"] >= 1
    await until(
        "its recording is attached",
        lambda: office.rows("SELECT 1 FROM recordings WHERE call_row_id = ? AND state = 'ready'", call["id"]),
        60,
    )
    assert len(office.calls_of(number)) == 1


async def _stopped(office: Office, number: str, telephone: str) -> None:
    await office.stand.application.stop()
    since = time.monotonic()
    call = await office.call(number, talk_s=2)
    assert await _seconds_until_rings(office, telephone, since) <= LIMIT_S
    assert (await office.over(call)).startswith("ANSWER")
    await office.stand.application.start()


async def _frozen(office: Office, number: str, telephone: str) -> None:
    office.stand.application.send(signal.SIGSTOP)
    try:
        since = time.monotonic()
        call = await office.call(number, talk_s=2)
        assert await _seconds_until_rings(office, telephone, since) <= LIMIT_S
        assert (await office.over(call)).startswith("ANSWER")
    finally:
        office.stand.application.send(signal.SIGCONT)


async def _killed(office: Office, number: str, telephone: str) -> None:
    """Frozen first, so that the request is certainly under way when the process dies."""
    office.stand.application.send(signal.SIGSTOP)
    since = time.monotonic()
    call = await office.call(number, talk_s=2)

    async def asks() -> bool:
        return "AGI" in await office.channels()

    await until("the PBX asks the application", asks)
    office.stand.application.send(signal.SIGKILL)
    assert await _seconds_until_rings(office, telephone, since) <= LIMIT_S
    assert (await office.over(call)).startswith("ANSWER")
    await office.stand.application.stop()
    await office.stand.application.start()


Fault = Callable[[Office, str, str], Awaitable[None]]
FAULT_NUMBERS: dict[Fault, int] = {_stopped: 1, _frozen: 2, _killed: 3}
FAULTS = pytest.mark.parametrize("fault", [_stopped, _frozen, _killed], ids=["stopped", "frozen", "killed"])


@FAULTS
async def test_the_duty_phone_rings_when_nobody_is_open(night: Office, fault: Fault) -> None:
    number = f"+7916000080{FAULT_NUMBERS[fault]}"
    await fault(night, number, night.duty[0])
    await _repaired(night, number, "duty_answered")


@FAULTS
async def test_the_open_dealer_rings_as_if_the_application_lived(office: Office, fault: Fault) -> None:
    number = f"+7916000081{FAULT_NUMBERS[fault]}"
    await fault(office, number, next(key for key in office.dealer_keys if key.startswith("p")))
    await _repaired(office, number, "answered")


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
