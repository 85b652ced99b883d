"""What is asked of the report, and its words."""

from datetime import UTC, date, datetime

import pytest

from callcore.calls.efficiency_model import WHOLE, Fate, Level, Subject
from web.calls.filters import read_form as read_journal
from web.calls.filters import understand
from web.efficiency import words
from web.efficiency.form import read_form

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 16, 22, tzinfo=UTC)  # the 17th in Moscow
TZ = "Europe/Moscow"


def test_a_week_up_to_today_unless_told() -> None:
    form = read_form({}, now=NOW, tz=TZ)
    assert (form.first, form.last, form.level, form.of) == (
        date(2026, 3, 11), date(2026, 3, 17), Level.PERSON, WHOLE,
    )  # fmt: skip
    when = form.when(TZ)
    assert (when.since, when.until) == (
        datetime(2026, 3, 10, 21, tzinfo=UTC), datetime(2026, 3, 17, 21, tzinfo=UTC),
    )  # fmt: skip
    assert when.before.until == when.since


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "завтра"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"since": "2026-03-05", "until": "2026-03-01"}, "until"),
        ({"since": "2020-01-01", "until": "2026-01-01"}, "since"),
        ({"who": "person-"}, "org"),
        ({"who": "person-٣"}, "org"),
        ({"who": "king-1"}, "org"),
    ],
)
def test_what_makes_no_sense_says_so_beside_its_field(query: dict[str, str], field: str) -> None:
    assert list(read_form(query, now=NOW, tz=TZ).errors) == [field]


def test_a_figure_leads_to_the_same_days_and_the_same_subject() -> None:
    form = read_form({"period": "30d", "level": "outlet"}, now=NOW, tz=TZ)
    address = form.calls(Subject(Level.OUTLET, 7), Fate.MISSED, day=date(2026, 3, 2), hour=9)
    query = dict(pair.split("=") for pair in address.removeprefix("/calls?").split("&"))
    wanted = understand(read_journal(query), now=NOW, tz=TZ).wanted
    assert wanted.share is not None
    assert (str(wanted.share.subject), wanted.share.fate, wanted.hour) == ("outlet-7", Fate.MISSED, 9)
    assert (wanted.since, wanted.until) == (
        datetime(2026, 3, 1, 21, tzinfo=UTC), datetime(2026, 3, 2, 21, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    "query", [{"fate": "eaten"}, {"fate": "missed", "who": "x"}, {"hour": "24"}, {"hour": "²"}]
)
def test_the_journal_refuses_what_no_report_gave_out(query: dict[str, str]) -> None:
    assert understand(read_journal(query), now=NOW, tz=TZ).errors


def test_words_of_change_and_time() -> None:
    assert words.change(12, 10, more_is="bad") == words.Change("+2, было 10", "bad")
    assert words.change(8, 10, more_is="bad").tone == "ok"
    assert words.change(10, 10) == words.Change("как раньше", "calm")
    assert words.share(80, None).tone == "calm"
    assert words.waited(60, 90).tone == "ok"
    assert [words.seconds(value).replace("\u00a0", " ") for value in (None, 8.4, 125, 4800, 300_000)] == [
        "—", "8 с", "2 мин 05 с", "1 ч 20 мин", "3 дня",
    ]  # fmt: skip
