"""Why it is open or closed, on days that differ from the week."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.network.days import CalendarDay, DayException, DayKind, HoursOverride
from callcore.routing.decide import decide
from callcore.routing.explain import considered_text, from_json, to_json
from callcore.routing.model import Reason
from callcore.routing.snapshot import schedule_of
from tests.fakes import network

pytestmark = pytest.mark.unit

SAMARA = ZoneInfo("Europe/Samara")
HOLIDAY = CalendarDay(date(2027, 3, 8), DayKind.OFF, "Международный женский день")
SATURDAY = CalendarDay(date(2027, 2, 20), DayKind.WORK, "Рабочий день по переносу")


def at(day, clock="12:00"):
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SAMARA)


def schedule(*calendar, **more):
    made = schedule_of(network.outlet(1, 2, tz="Europe/Samara", **more), calendar)
    assert made is not None
    return made


def test_a_holiday_is_closed_unless_the_outlet_works_on_holidays():
    assert not schedule(HOLIDAY).is_open(at("2027-03-08"))
    assert schedule(HOLIDAY).is_open(at("2027-03-09"))
    assert schedule(HOLIDAY, works_on_holidays=True).is_open(at("2027-03-08"))


def test_a_working_saturday_has_the_hours_of_friday():
    assert schedule(SATURDAY).is_open(at("2027-02-20"))
    assert not schedule(SATURDAY).is_open(at("2027-02-27"))
    own = schedule(SATURDAY, hours={**network.WORKDAYS, "sat": [["15:00", "16:00"]]})
    assert not own.is_open(at("2027-02-20")), "hours of its own Saturday stand"


def test_a_regions_day_counts_in_the_region_only():
    local = CalendarDay(date(2027, 3, 9), DayKind.OFF, "День города", "RU-SVE")
    assert schedule(local).is_open(at("2027-03-09"))
    assert not schedule(local, region_code="RU-SVE").is_open(at("2027-03-09"))
    back = CalendarDay(HOLIDAY.day, DayKind.WORK, "", "RU-SVE")
    assert schedule(HOLIDAY, back, region_code="RU-SVE").is_open(at("2027-03-08"))


def test_an_exception_beats_the_holiday_and_an_override_beats_both():
    exception = DayException(HOLIDAY.day, (("10:00", "14:00"),), "Дежурим")
    made = schedule(HOLIDAY, exceptions=(exception,))
    assert made.is_open(at("2027-03-08", "13:59"))
    assert not made.is_open(at("2027-03-08", "14:00"))
    override = HoursOverride(False, at("2027-03-08", "12:00").astimezone(UTC), "инвентаризация")
    shut = schedule(HOLIDAY, exceptions=(exception,), override=override)
    assert not shut.is_open(at("2027-03-08", "11:59"))
    assert shut.is_open(at("2027-03-08", "12:00")), "an override ends by itself"
    assert shut.changes_at(at("2027-03-08", "11:00")) == at("2027-03-08", "12:00")


def test_the_night_before_a_holiday_ends_when_it_always_ends():
    nights = schedule(HOLIDAY, hours={day: [["20:00", "06:00"]] for day in network.ALWAYS})
    assert nights.is_open(at("2027-03-08", "05:59"))
    assert not nights.is_open(at("2027-03-08", "06:00"))
    assert not nights.is_open(at("2027-03-08", "21:00"))
    assert not nights.is_open(at("2027-03-09", "05:00")), "the night of the holiday itself is off"


def test_the_next_change():
    made = schedule(HOLIDAY)
    assert made.changes_at(at("2027-03-05")) == at("2027-03-05", "18:00")
    assert made.changes_at(at("2027-03-05", "18:00")) == at("2027-03-09", "09:00")
    assert schedule(hours={}).changes_at(at("2027-03-05")) is None
    assert schedule(hours=network.ALWAYS).changes_at(at("2027-03-05")) is None


@pytest.mark.parametrize("periods", [(("9", "18"),), (("09:00",),), ((9, 18),), ("09:00",)])
def test_an_exception_that_cannot_be_read_bars_the_outlet(periods):
    outlet = network.outlet(1, 2, exceptions=(DayException(HOLIDAY.day, periods, ""),))
    assert schedule_of(outlet, ()) is None


@pytest.mark.parametrize(
    ("calendar", "more", "clock", "words"),
    [
        (HOLIDAY, {}, "12:00", "закрыто: праздник 8 марта (Международный женский день), там сейчас 12:00"),
        (
            CalendarDay(HOLIDAY.day, DayKind.OFF, "Выходной (перенесено с 03.01.2027)"), {}, "12:00",
            "закрыто: выходной (перенесено с 03.01.2027), там сейчас 12:00",
        ),
        (
            HOLIDAY, {"exceptions": (DayException(HOLIDAY.day, (("10:00", "14:00"),), ""),)}, "12:00",
            "принимает звонок, открыто по исключению 8 марта",
        ),
        (
            HOLIDAY, {"exceptions": (DayException(HOLIDAY.day, (), "ремонт"),)}, "12:00",
            "закрыто по исключению 8 марта: ремонт, там сейчас 12:00",
        ),
        (
            HOLIDAY, {"override": HoursOverride(False, at("2027-03-08", "15:00"), "инвентаризация")}, "12:00",
            "закрыто до 15:00: инвентаризация, там сейчас 12:00",
        ),
        (
            HOLIDAY, {"override": HoursOverride(True, at("2027-03-09", "15:00"), "")}, "12:00",
            "принимает звонок, открыто до 09.03 15:00",
        ),
    ],
)  # fmt: skip
def test_the_decision_says_why(calendar, more, clock, words):
    outlet = network.outlet(10, 2, tz="Europe/Samara", **more)
    snapshot = network.snapshot(
        outlets=(outlet,), phones=(network.outlet_phone(20, 10),), calendar=(calendar,)
    )
    decision = decide(snapshot, network.SITE_MOSCOW, "", at("2027-03-08", clock).astimezone(UTC))
    (mine,) = (item for item in decision.explanation.considered if item.outlet_id == 10)
    assert considered_text(mine).endswith(words)
    assert (mine.reason is Reason.TAKEN) is words.startswith("принимает")
    assert from_json(to_json(decision)) == decision


def test_an_ordinary_day_says_nothing_special():
    assert schedule(HOLIDAY).reason(at("2027-03-09") + timedelta(hours=1))[0] == "week"
