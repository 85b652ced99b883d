from datetime import UTC, datetime

import pytest

from callcore.calls.recording_views import Tab
from web.recordings.form import Form, read_form, understand_form
from web.recordings.words import days_words, megabytes

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def asked(**typed: str):
    return understand_form(read_form(typed), now=NOW, tz="Europe/Moscow")


def test_what_is_typed_becomes_a_search() -> None:
    found = asked(tab="outbound", order="№ 41", length="60-", silence="30-60", org="7", since="2026-03-01")
    assert (found.order, found.errors) == (41, {})
    wanted = found.wanted
    assert (wanted.tab, wanted.min_s, wanted.max_s, wanted.org_id) == (Tab.OUTBOUND, 60, None, 7)
    assert (wanted.min_silence, wanted.max_silence) == (0.3, 0.6)
    assert wanted.since == datetime(2026, 2, 28, 21, 0, tzinfo=UTC), "a day is the viewer's own"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("silence", "77"),
        ("length", "x"),
        ("order", "1a"),
        ("org", "x"),
        ("number", "abc"),
        ("since", "5.3.26"),
    ],
)
def test_a_wrong_value_is_told_by_its_field(field: str, value: str) -> None:
    assert set(asked(**{field: value}).errors) == {field}


def test_an_unknown_tab_is_the_first_and_addresses_keep_the_search() -> None:
    assert asked(tab="x").wanted.tab is Tab.INBOUND
    form = Form(tab="voicemail", number="18 25", period="7d")
    assert form.with_(tab="outbound") == "/recordings?tab=outbound&number=18+25&period=7d"
    assert Form(tab="outbound").is_empty
    assert not form.is_empty


def test_words() -> None:
    assert [days_words(days) for days in (0, 1, 11, 22, 365)] == [
        "всегда",
        "1 день",
        "11 дней",
        "22 дня",
        "365 дней",
    ]
    assert (megabytes(12_400_000), megabytes(310)) == ("12,4 МБ", "1 КБ")
