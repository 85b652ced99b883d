from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.demo.chance import DAYS, Chance
from tests.fakes.clock import MONDAY_NOON

pytestmark = pytest.mark.unit


def test_the_same_now_tells_the_same_story() -> None:
    one, two = Chance(MONDAY_NOON), Chance(MONDAY_NOON)
    assert [one.moment("Asia/Omsk") for _ in range(50)] == [two.moment("Asia/Omsk") for _ in range(50)]


@pytest.mark.parametrize("tz", ["Europe/Kaliningrad", "Asia/Vladivostok"])
def test_calls_come_by_day_on_the_callers_clock(tz: str) -> None:
    chance = Chance(MONDAY_NOON)
    moments = [chance.moment(tz) for _ in range(800)]
    assert all(MONDAY_NOON - timedelta(days=DAYS) < moment < MONDAY_NOON for moment in moments)
    hours = [moment.astimezone(ZoneInfo(tz)).hour for moment in moments]
    assert sum(9 <= hour < 18 for hour in hours) > 0.7 * len(hours)
    weekdays = [moment.astimezone(ZoneInfo(tz)).weekday() for moment in moments]
    assert weekdays.count(6) < weekdays.count(1)


def test_people_work_by_day() -> None:
    chance = Chance(MONDAY_NOON)
    zone = ZoneInfo("Asia/Irkutsk")
    for hour in range(24):
        instant = MONDAY_NOON.replace(hour=hour)
        at = chance.at_work(instant, "Asia/Irkutsk")
        assert instant <= at < instant + timedelta(hours=16)
        assert 9 <= at.astimezone(zone).hour < 19
        assert at.tzinfo is UTC


def test_public_ids_have_the_usual_form() -> None:
    chance = Chance(MONDAY_NOON)
    assert len({chance.public_id() for _ in range(100)}) == 100
    assert len(chance.public_id()) == 26
