"""Who is told, when, and how often it is tried."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.messaging.rules import MAX_ATTEMPTS, RULES, Level, Topic, letter_time, next_try
from callcore.network.model import DEALER_ROLES, STAFF_ROLES

pytestmark = pytest.mark.unit
NIGHT = datetime(2026, 3, 16, 20, 30, tzinfo=UTC)  # 23:30 in Moscow, 03:30 in Yakutsk


def test_every_topic_has_its_rule() -> None:
    assert set(RULES) == set(Topic)
    assert RULES[Topic.DUTY_SILENT].level is Level.ALARM
    assert RULES[Topic.DUTY_GAP].roles < STAFF_ROLES
    assert RULES[Topic.TASK_MADE].roles == DEALER_ROLES


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


def test_tries_grow_and_end() -> None:
    tries = [next_try(NIGHT, attempts) for attempts in range(1, MAX_ATTEMPTS + 2)]
    assert tries[-2:] == [None, None]
    waits = [at - NIGHT for at in tries if at is not None]
    assert waits == sorted(set(waits))
    assert waits[0] >= timedelta(seconds=30)
