"""When messages leave, and how often they are tried."""

from datetime import UTC, datetime, time, timedelta

import pytest

from callcore.messaging.rules import MAX_ATTEMPTS, Level, Quiet, letter_time, next_try

pytestmark = pytest.mark.unit
NIGHT = datetime(2026, 3, 16, 20, 30, tzinfo=UTC)  # 23:30 in Moscow, 03:30 in Yakutsk


@pytest.mark.parametrize(
    ("tz", "due"),
    [
        ("Europe/Moscow", datetime(2026, 3, 17, 5, tzinfo=UTC)),
        ("Asia/Yakutsk", datetime(2026, 3, 16, 23, tzinfo=UTC)),
        ("Asia/Kamchatka", NIGHT),  # 08:30 there
    ],
)
def test_letters_do_not_wake_people(tz: str, due: datetime) -> None:
    assert letter_time(NIGHT, tz, Level.WARNING) == due
    assert letter_time(NIGHT, tz, Level.ALARM) == NIGHT


def test_quiet_hours_may_lie_within_a_day_or_be_none() -> None:
    siesta = Quiet(time(13), time(15))
    noon = datetime(2026, 3, 16, 11, 0, tzinfo=UTC)  # 14:00 in Moscow
    assert letter_time(noon, "Europe/Moscow", Level.INFO, siesta) == noon + timedelta(hours=1)
    assert letter_time(noon + timedelta(hours=1), "Europe/Moscow", Level.INFO, siesta) == noon + timedelta(
        hours=1
    )
    assert letter_time(NIGHT, "Europe/Moscow", Level.INFO, Quiet(time(8), time(8))) == NIGHT


def test_tries_grow_and_end() -> None:
    tries = [next_try(NIGHT, attempts) for attempts in range(1, MAX_ATTEMPTS + 2)]
    assert tries[-2:] == [None, None]
    waits = [at - NIGHT for at in tries if at is not None]
    assert waits == sorted(set(waits))
    assert waits[0] >= timedelta(seconds=30)
