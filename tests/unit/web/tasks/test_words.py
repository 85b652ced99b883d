"""Terms in words and what people choose to put off."""

from datetime import UTC, datetime, timedelta

import pytest

from web.tasks.words import delayed_until, due_words

pytestmark = pytest.mark.unit
NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # Monday 12:00 in Moscow
MOSCOW = "Europe/Moscow"


@pytest.mark.parametrize(
    ("left", "text", "tone"),
    [
        (timedelta(seconds=-30), "просрочено на меньше минуты", "bad"),
        (timedelta(minutes=-125), "просрочено на 2 ч 5 мин", "bad"),
        (timedelta(days=-3), "просрочено на 3 дня", "bad"),
        (timedelta(minutes=12), "осталось 12 мин", "warn"),
        (timedelta(minutes=45), "через 45 мин", "calm"),
        (timedelta(hours=22), "завтра в 10:00", "calm"),
        (timedelta(days=3), "19 мар, 12:00", "calm"),
    ],
)
def test_due(left: timedelta, text: str, tone: str) -> None:
    due = due_words(NOW + left, NOW, MOSCOW)
    assert (due.text.replace("\N{NO-BREAK SPACE}", " "), due.tone) == (text, tone)


@pytest.mark.parametrize(
    ("delay", "at", "until"),
    [
        ("1h", "", NOW + timedelta(hours=1)),
        ("tomorrow", "", datetime(2026, 3, 17, 7, tzinfo=UTC)),
        ("monday", "", datetime(2026, 3, 23, 7, tzinfo=UTC)),
        ("at", "2026-03-16T15:30", datetime(2026, 3, 16, 12, 30, tzinfo=UTC)),
        ("at", "завтра", None),
        ("at", "2026-03-16T15:30+03:00", None),
        ("", "", None),
        ("never", "", None),
    ],
)
def test_delays(delay: str, at: str, until: datetime | None) -> None:
    assert delayed_until(delay, at, NOW, MOSCOW) == until
