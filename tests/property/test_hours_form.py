"""The seven rows of hours: what is stored comes back, whatever is typed is hours or errors."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.routing.hours import DAYS, parse_hours
from web.dealers.hours_form import WeekForm, read_week, show_week

pytestmark = pytest.mark.property


def sent(week: WeekForm) -> dict[str, str]:
    form = {"works_on_holidays": "1"} if week.works_on_holidays else {}
    for day in week.days:
        form |= {f"{day.key}-opens": day.opens, f"{day.key}-closes": day.closes}
        for number, (start, end) in enumerate(day.breaks):
            form |= {f"{day.key}-from-{number}": start, f"{day.key}-to-{number}": end}
    return form


minutes = st.integers(0, 24 * 60 - 1)
edges = st.lists(minutes, min_size=2, max_size=8, unique=True).map(sorted)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@given(st.lists(st.one_of(st.none(), edges), min_size=7, max_size=7), st.booleans())
@settings(max_examples=100, deadline=None)
def test_stored_hours_come_back_from_the_form(days, works):
    stored = {
        key: [[clock(a), clock(b)] for a, b in zip(day[::2], day[1::2], strict=False)]
        for key, day in zip(DAYS, days, strict=True)
        if day
    }
    week = read_week(sent(show_week(stored, works)))
    assert not week.has_errors
    assert week.works_on_holidays is works
    assert parse_hours(week.hours).edges == parse_hours(stored).edges


@given(
    st.dictionaries(
        st.sampled_from([f"{day}-{name}" for day in DAYS for name in ("opens", "closes", "from-0", "to-0")]),
        st.one_of(st.text(max_size=9), minutes.map(clock)),
        max_size=28,
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_typed_is_hours_or_errors(form):
    week = read_week(form)
    if not week.has_errors:
        parse_hours(week.hours)
