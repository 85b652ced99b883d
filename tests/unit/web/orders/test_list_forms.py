"""The order list without a database: its address and chips, waiting times, columns, cells of a file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcore.orders.export_orders import harmless
from callcore.orders.list_model import COUNT_LIMIT, Count, ListRow, OrderSort, OrderTab
from callcore.orders.model import OrderClass, OrderKind, OrderResult
from callcore.orders.views import OrderBrief, OrderCursor
from web.orders import columns, list_words
from web.orders.filters import Names, OrderForm, chips, read_form, understand

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
TZ = "Europe/Moscow"
NBSP = "\N{NO-BREAK SPACE}"
BRIEF = OrderBrief(
    id=1,
    number=414,
    kind=OrderKind.ORDER,
    status="accepted",
    status_name="Принят",
    status_class=OrderClass.WAITING,
    result=OrderResult.RUNNING,
    created_at=NOW - timedelta(hours=1),
    due_at=NOW + timedelta(days=3),
    tz=TZ,
    region_name="Москва",
    city="Москва",
    org_name="",
    manager_name="",
    source="site",
    request_type="unknown",
    total_kopecks=3_984_400,
    customer_id=1,
    customer_name="Роман",
    phone=None,
    calls_count=0,
)
ROW = ListRow(
    order=BRIEF,
    is_own=True,
    org_id=2,
    product="Панель",
    more_lines=2,
    attention_at=NOW + timedelta(minutes=40),
    waiting_since=NOW - timedelta(minutes=20),
)


def test_an_address_is_understood_and_written_again() -> None:
    form = read_form({"q": " 414\x00 ", "tab": "problems", "sort": "sum", "due": "week", "evil": "1"})
    assert form.address() == "/orders?q=414&tab=problems&due=week&sort=sum"
    assert form.on_tab("closed") == "/orders?tab=closed&sort=sum"
    cursor = OrderCursor(NOW, 7, 300)
    asked = understand(form, cursor.encode(), now=NOW, tz=TZ)
    assert asked.errors == {}
    assert asked.after == cursor
    assert (asked.wanted.tab, asked.wanted.sort) == (OrderTab.PROBLEMS, OrderSort.SUM)
    assert asked.wanted.due_before == NOW + timedelta(days=7)
    plain = OrderCursor(NOW, 7).encode()
    assert set(understand(form, plain, now=NOW, tz=TZ).errors) == {"after"}
    wrong = OrderForm(tab="x", manager="-1", due="x", sort="x", stage="x")
    assert set(understand(wrong, "", now=NOW, tz=TZ).errors) == {"tab", "manager", "due", "sort", "stage"}


def test_each_condition_is_a_chip_that_removes_itself_alone() -> None:
    form = OrderForm(q="Роман", tab="mine", status="accepted", manager="5", due="day", view="9")
    names = Names({}, {}, {5: "Белова"}, {"accepted": "Принят"})
    shown = dict(chips(form, names))
    assert set(shown) == {"Поиск: Роман", "Статус: Принят", "Срок: В ближайшие сутки", "Менеджер: Белова"}
    assert all("tab=mine" in address and "view=9" in address for address in shown.values())
    assert "manager" not in shown["Менеджер: Белова"]
    assert "status=accepted" in shown["Менеджер: Белова"]


@pytest.mark.parametrize(
    ("attention", "tone"),
    [(timedelta(minutes=16), "calm"), (timedelta(minutes=15), "warn"), (timedelta(), "bad")],
)
def test_a_clock_turns_amber_and_red(attention: timedelta, tone: str) -> None:
    mark = list_words.clock(replace(ROW, attention_at=NOW + attention), NOW, TZ)
    assert mark is not None
    assert (mark.text, mark.tone) == (f"ждёт 20{NBSP}мин", tone)


def test_what_waits_for_nothing_shows_its_deadline() -> None:
    mark = list_words.clock(replace(ROW, waiting_since=None), NOW, TZ)
    assert mark is not None
    assert mark.text.startswith("до 19")


def test_words_of_counts_and_of_time_alone() -> None:
    assert list_words.count_text(Count(COUNT_LIMIT)) == f"10{NBSP}000"
    assert list_words.count_text(Count(COUNT_LIMIT + 1)) == f"10{NBSP}000+"
    assert list_words.range_text(1, 25, Count(312)) == "Показано с 1 по 25 из 312"
    assert list_words.range_text(26, 25, Count(COUNT_LIMIT + 1)).endswith(f"из более чем 10{NBSP}000")
    assert [list_words.fresh_text(count) for count in (1, 3, 11, 21)] == [
        f"1{NBSP}новый", f"3{NBSP}новых", f"11{NBSP}новых", f"21{NBSP}новый",
    ]  # fmt: skip
    for left, text in ((192, "3:12"), (3723, "1:02:03"), (0, "0:00"), (-5, "0:00")):
        assert list_words.alone_text(replace(ROW, others_from=NOW + timedelta(seconds=left)), NOW) == text
    assert list_words.sum_text(ROW) == f"39{NBSP}844{NBSP}руб."
    assert list_words.created_day(ROW, TZ) == "16.03.2026"


def test_columns_keep_their_order_and_a_file_tells_the_same() -> None:
    assert [one.code for one in columns.chosen(["sum", "due", "nonsense"])] == ["number", "sum", "due"]
    assert tuple(one.code for one in columns.chosen([])) == columns.USUAL
    row = columns.cells(columns.chosen([]), TZ)(ROW)
    assert row == [414, "Принят", "16.03.2026 11:00", "Роман", "Панель и ещё 2", 39844.0]


@pytest.mark.parametrize("text", ["=1+1", "+7", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_nothing_typed_becomes_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless(f"x{text}") == f"x{text}"
    assert harmless(-2) == -2
