"""How values look to a Russian reader."""

from datetime import UTC, date, datetime, timedelta

import pytest

from web.ui import formats

pytestmark = pytest.mark.unit
JUNE = datetime(2016, 6, 8, 10, 12, 5, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace(formats.NBSP, " ").replace("\N{NON-BREAKING HYPHEN}", "-")


@pytest.mark.parametrize(
    ("tz", "expected"),
    [
        ("Europe/Moscow", "8 июня 2016, 13:12 (МСК)"),
        ("Asia/Yekaterinburg", "8 июня 2016, 15:12 (МСК+2)"),
        ("Europe/Kaliningrad", "8 июня 2016, 12:12 (МСК−1)"),
        ("Asia/Kathmandu", "8 июня 2016, 15:57 (МСК+2:45)"),
    ],
)
def test_a_moment_names_its_zone(tz: str, expected: str) -> None:
    text = formats.moment(JUNE, tz)
    assert plain(text) == expected
    assert text.count(" ") == 1  # it may break after the comma only


def test_the_zone_is_that_of_the_instant() -> None:
    before_2014 = datetime(2012, 1, 1, tzinfo=UTC)
    assert plain(formats.moment(before_2014, "Europe/Moscow")) == "1 января 2012, 04:00 (МСК)"
    assert formats.zone_label(before_2014, "Europe/Samara") == "МСК"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        formats.moment(datetime(2016, 6, 8), "Europe/Moscow")  # noqa: DTZ001


def test_other_times() -> None:
    assert plain(formats.moment_short(JUNE, "Europe/Moscow")) == "8 июн, 13:12"
    assert formats.clock_time(JUNE, "Europe/Moscow") == "13:12:05"
    assert plain(formats.day(date(2016, 6, 8))) == "8 июня 2016"
    assert formats.iso(JUNE) == "2016-06-08T10:12:05+00:00"
    assert formats.ago(JUNE, JUNE + timedelta(seconds=5)) == "только что"
    assert plain(formats.ago(JUNE, JUNE + timedelta(minutes=5))) == "5 мин назад"
    assert plain(formats.ago(JUNE, JUNE + timedelta(days=21))) == "21 день назад"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "00:00"), (42.9, "00:42"), (725, "12:05"), (3723, "1:02:03"), (-1, "00:00"), (None, "—")],
)
def test_durations(seconds: float | None, expected: str) -> None:
    assert formats.duration(seconds) == expected
    if seconds is not None:
        assert formats.duration(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("kopecks", "expected"),
    [
        (891000, "8 910 ₽"),
        (891050, "8 910,50 ₽"),
        (5, "0,05 ₽"),
        (0, "0 ₽"),
        (-891005, "−8 910,05 ₽"),
        (123456789000, "1 234 567 890 ₽"),
        (None, "—"),
    ],
)
def test_money(kopecks: int | None, expected: str) -> None:
    text = formats.money(kopecks)
    assert plain(text) == expected
    assert " " not in text


def test_phones() -> None:
    assert plain(formats.phone("+74951234567")) == "+7 495 123-45-67"
    assert " " not in formats.phone("+74951234567")
    assert formats.phone("") == "—"
    assert formats.phone(None) == "—"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, "1 звонок"),
        (2, "2 звонка"),
        (5, "5 звонков"),
        (11, "11 звонков"),
        (21, "21 звонок"),
        (1284, "1 284 звонка"),
    ],
)
def test_plurals(count: int, expected: str) -> None:
    assert plain(formats.plural(count, "звонок", "звонка", "звонков")) == expected


def test_initials() -> None:
    assert formats.initials("Мария Петровна Орлова") == "МП"
    assert formats.initials("") == ""
