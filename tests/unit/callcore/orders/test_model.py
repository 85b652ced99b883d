from datetime import UTC, datetime
from decimal import Decimal

import pytest

from callcore.kernel.errors import Invalid
from callcore.kernel.money import line_total_kopecks
from callcore.orders.model import (
    CLASS_NAMES,
    KIND_NAMES,
    MAX_LINES,
    RESULT_NAMES,
    STATUSES,
    NewLine,
    OrderClass,
    OrderKind,
    OrderResult,
    check_comment,
    check_lines,
    status_of,
)
from callcore.orders.views import OrderCursor, phone_view

pytestmark = pytest.mark.unit


def test_every_class_has_a_status_and_closed_means_a_result():
    assert {status.status_class for status in STATUSES} == set(OrderClass)
    assert (
        len({status.code for status in STATUSES})
        == len({status.name for status in STATUSES})
        == len(STATUSES)
    )
    for status in STATUSES:
        is_closed = status.status_class is OrderClass.CLOSED
        assert is_closed is (status.result is not OrderResult.RUNNING)


def test_every_word_is_there():
    assert set(CLASS_NAMES) == set(OrderClass)
    assert set(KIND_NAMES) == set(OrderKind)
    assert set(RESULT_NAMES) == set(OrderResult)


def test_an_unknown_status_is_refused():
    assert status_of("new").name == "Новый"
    with pytest.raises(Invalid):
        status_of("волшебный")


@pytest.mark.parametrize(
    ("quantity_m", "price", "kopecks"),
    [
        (40_000, "222.75", 891_000),
        (1_000, "0.005", 1),
        (1_000, "0.0049", 0),
        (1_500, "0.01", 2),
        (333, "10", 333),
        (3, "0.3333", 0),
        (1_000_000_000, "99999999999.9999", 9_999_999_999_999_990_000),
    ],
)
def test_a_line_is_exact_and_rounded_half_up_once(quantity_m, price, kopecks):
    assert line_total_kopecks(quantity_m, Decimal(price)) == kopecks
    assert NewLine("Товар", quantity_m, Decimal(price)).total_kopecks == kopecks


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (NewLine(" ", 1_000, Decimal(1)), "name"),
        (NewLine("Товар", 0, Decimal(1)), "quantity"),
        (NewLine("Товар", -1, Decimal(1)), "quantity"),
        (NewLine("Товар", 1_000, Decimal(-1)), "price"),
        (NewLine("Товар", 1_000, Decimal("1.00001")), "price"),
        (NewLine("Товар", 1_000, Decimal("NaN")), "price"),
        (NewLine("Товар", 1_000, Decimal("Infinity")), "price"),
    ],
)
def test_a_wrong_line_is_named(line, field):
    good = NewLine("Товар", 1_000, Decimal("1.0000"))
    check_lines([good])
    with pytest.raises(Invalid) as refusal:
        check_lines([good, line])
    assert list(refusal.value.details["fields"]) == [f"lines.1.{field}"]


def test_too_many_lines_are_refused():
    with pytest.raises(Invalid):
        check_lines([NewLine("Товар", 1_000, Decimal(1))] * (MAX_LINES + 1))


def test_a_comment_loses_its_blanks_only():
    assert check_comment("  а\n\nб \x00") == "а\n\nб"
    for text in ("", " \n", "\x00"):
        with pytest.raises(Invalid):
            check_comment(text)


def test_a_cursor_survives_its_address():
    cursor = OrderCursor(datetime(2026, 11, 2, 9, 0, 0, 123457, tzinfo=UTC), 42)
    assert OrderCursor.parse(cursor.encode()) == cursor


def test_hidden_digits_are_not_in_the_view():
    number = "+79161234567"
    hidden, shown = phone_view(number, frozenset()), phone_view(number, {number})
    assert (hidden.text, hidden.e164) == ("+7 916 [скрыт]", "")
    assert (shown.text, shown.e164) == ("+7 916 123-45-67", "+79161234567")
    assert phone_view("", {""}) is None
