from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.routing.hours import parse_hours

pytestmark = pytest.mark.unit

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def at(clock: str, day: int = 0) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [
        ("08:59", False),
        ("09:00", True),
        ("12:59", True),
        ("13:00", False),
        ("13:59", False),
        ("14:00", True),
        ("18:00", False),
    ],
)
def test_several_periods_a_day(clock, is_open):
    hours = parse_hours({"mon": [["14:00", "18:00"], ["09:00", "13:00"]]})
    assert hours.is_open(at(clock)) is is_open
    assert not hours.is_open(at(clock, day=1)), "a day that is absent is closed"


@pytest.mark.parametrize(
    ("clock", "day", "is_open"),
    [
        ("21:59", 4, False),
        ("22:00", 4, True),
        ("23:59", 4, True),
        ("00:00", 5, True),
        ("05:59", 5, True),
        ("06:00", 5, False),
        ("03:00", 4, False),
        ("22:00", 5, False),
    ],
)
def test_period_over_midnight_belongs_to_the_day_it_began(clock, day, is_open):
    assert parse_hours({"fri": [["22:00", "06:00"]]}).is_open(at(clock, day)) is is_open


def test_sunday_night_runs_into_monday():
    hours = parse_hours({"sun": [["20:00", "02:00"]]})
    assert hours.is_open(at("01:59"))
    assert not hours.is_open(at("02:00"))


@pytest.mark.parametrize("period", [["00:00", "24:00"], ["00:00", "00:00"]])
def test_the_whole_day(period):
    hours = parse_hours({"mon": [period]})
    assert hours.is_open(at("00:00"))
    assert hours.is_open(at("23:59"))
    assert not hours.is_open(at("00:00", day=1))


def test_the_local_clock_counts():
    hours = parse_hours({"mon": [["09:00", "18:00"]]})
    morning = at("22:30", day=-1)  # Sunday evening in UTC is Monday 10:30 in Kamchatka
    assert hours.is_open(morning.astimezone(ZoneInfo("Asia/Kamchatka")))
    assert not hours.is_open(morning.astimezone(ZoneInfo("Europe/Moscow")))


@pytest.mark.parametrize(
    "raw",
    [
        {"mon": [["9:00", "18:00"]]},
        {"mon": [["09:00"]]},
        {"mon": ["09:00-18:00"]},
        {"mon": [["25:00", "26:00"]]},
        {"mon": [["24:00", "24:00"]]},
        {"mon": [["24:01", "06:00"]]},
        {"mon": [[9, 18]]},
        {"понедельник": []},
    ],
)
def test_what_cannot_be_read_is_refused(raw):
    with pytest.raises(ValueError, match=r"period|time of day|unknown days"):
        parse_hours(raw)


def test_hours_as_people_write_them():
    hours = parse_hours({"mon": [["09:00", "13:00"], ["14:00", "24:00"]]})
    assert hours.texts[0] == "09:00-13:00, 14:00-24:00"
    assert hours.texts[1] == ""
