"""Numbers, points and lines as people type them; words of the order's page."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from multidict import MultiDict

from callcore.kernel.errors import Invalid
from callcore.orders.card_views import LineChangeView
from callcore.orders.line_changes import changes_between, check_drafts, params_of, params_text
from web.orders import card_words
from web.orders.card_forms import (
    drafts_of,
    kopecks,
    line_inputs,
    point,
    roubles,
    thousandths,
    whole,
    with_errors,
)
from web.orders.timeline_words import changed_words, what_changed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("40", 40_000),
        ("12,5", 12_500),
        ("1\N{NO-BREAK SPACE}000", 1_000_000),
        ("0.0001", None),
        ("-1", None),
        ("1e12", None),
        ("", None),
        ("пять", None),
        ("٣", None),
    ],
)
def test_quantities(text, value):
    assert thousandths(text) == value


def test_money_and_points_on_a_map():
    assert roubles("222,75") == Decimal("222.75")
    assert kopecks("8\N{NO-BREAK SPACE}910,00 ₽") == 891_000
    assert kopecks("1,005") is None
    assert point("55.7558, 37.6173") == (55.7558, 37.6173)
    assert point("") == (None, None)
    assert point("дом") == (None, 999.0)
    assert (whole(""), whole("12"), whole("x")) == (None, 12, -1)


def form(*rows, **more):
    sent = MultiDict()
    for row in rows:
        for name in ("id", "name", "article", "params", "quantity", "unit", "price", "kind"):
            sent.add(name, row.get(name, {"unit": "шт", "kind": "goods"}.get(name, "")))
    for name, value in more.items():
        sent.add(name, value)
    return sent


BOARD = {
    "id": "7",
    "name": "Доска",
    "quantity": "40",
    "price": "222,75",
    "params": "цвет: дуб; длина: 3100 мм",
}


def test_rows_become_drafts_blank_ones_and_removed_ones_do_not():
    delivery = {"name": "Доставка", "quantity": "1", "price": "1500", "kind": "service:delivery"}
    rows = line_inputs(form(BOARD, delivery, {}, remove="0"))
    assert [row.is_removed for row in rows] == [True, False]
    (draft,) = drafts_of(rows)
    assert (draft.service, draft.kind, draft.total_kopecks) == ("delivery", "service", 150_000)
    (board,) = drafts_of(line_inputs(form(BOARD)))
    assert (board.total_kopecks, board.params) == (891_000, {"цвет": "дуб", "длина": "3100 мм"})
    assert params_text(board.params) == "цвет: дуб; длина: 3100 мм"
    assert params_of("матовый") == {"прочее": "матовый"}


def test_what_is_wrong_stands_by_its_row_and_field():
    rows = line_inputs(
        form(BOARD, BOARD | {"id": "8", "quantity": "0"}, BOARD | {"id": "9", "price": "x"}, remove="0")
    )
    with pytest.raises(Invalid) as refused:
        check_drafts(drafts_of(rows))
    assert [set(row.errors) for row in with_errors(rows, refused.value)] == [set(), {"quantity"}, {"price"}]


def test_changes_tell_what_differs():
    (board,) = drafts_of(line_inputs(form(BOARD)))
    (change,) = changes_between([board], [replace(board, quantity_m=20_000)])
    assert (change.what, change.before, change.after) == (
        "changed",
        {"quantity_m": 40_000},
        {"quantity_m": 20_000},
    )
    assert [one.what for one in changes_between([board], [replace(board, id=None)])] == ["added", "removed"]
    view = LineChangeView("changed", "Доска", (("quantity_m", "40", "20"),))
    assert changed_words((view,)) == ("Доска: количество 40 → 20",)
    assert what_changed((view,)) == "количество"
    assert what_changed((view, LineChangeView("removed", "Угол", ()))) == "состав"


def test_sizes_and_points_in_words():
    assert card_words.size(2_621_440) == "2,5\N{NO-BREAK SPACE}МБ"
    assert [card_words.signed(points) for points in (100, -50, 0)] == ["+100", "−50", "0"]
    assert card_words.date_value(datetime(2026, 6, 8, 22, tzinfo=UTC), "Asia/Yekaterinburg") == "2026-06-09"
