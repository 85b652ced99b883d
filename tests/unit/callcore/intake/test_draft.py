"""What can be an order of what somebody typed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from callcore.intake.draft import (
    Draft,
    DraftCustomer,
    DraftLine,
    clean,
    clean_text,
    draft_problems,
    number_of,
    price_problem,
    quantity_problem,
)
from callcore.orders.model import OrderChannel

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PHONE = DraftCustomer(phone="8 912 440-18-25")


def draft(**more: object) -> Draft:
    return Draft(**{"channel": OrderChannel.API, "customer": PHONE, **more})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("40", "40"),
        ("1 234,50", "1234.50"),
        ("1\N{NO-BREAK SPACE}000", "1000"),
        ("-1", None),
        ("1e12", None),
        ("٤", None),
        ("inf", None),
        ("", None),
        ("1.2.3", None),
    ],
)
def test_numbers_as_people_type_them(text: str, value: str | None) -> None:
    assert number_of(text) == (Decimal(value) if value else None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0.001", ""),
        ("1000000", ""),
        ("0", "not-positive"),
        ("-1", "not-positive"),
        ("1e12", "not-a-number"),
        ("1000000.001", "too-big"),
        ("0.0001", "too-exact"),
        ("1.5000", ""),
        ("", "empty"),
    ],
)
def test_quantities(text: str, problem: str) -> None:
    assert quantity_problem(text) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", ""), ("0", ""), ("222,75", ""), ("0.32755", "too-exact"), ("-0.01", "negative"), ("1e9", "not-a-number"),
     ("100000001", "too-big")],
)  # fmt: skip
def test_prices(text: str, problem: str) -> None:
    assert price_problem(text) == problem


def test_terms_end_with_their_day_and_lie_ahead() -> None:
    def problem(**term: object) -> str:
        return draft_problems(draft(**term), NOW).get("due_at", "")

    assert problem() == ""
    assert problem(due_at=NOW) == "in-the-past"
    assert problem(due_at=NOW + timedelta(seconds=1)) == ""
    assert problem(due_day=date(2026, 3, 8)) == "in-the-past"
    assert problem(due_day=date(2026, 3, 10)) == ""
    assert problem(due_day=date(2040, 1, 1)) == "too-far"
    assert problem(due_at=datetime(9999, 12, 31, tzinfo=UTC)) == "too-far"


def test_problems_stand_at_their_fields() -> None:
    lines = (DraftLine(name="А"), DraftLine(quantity="0"), DraftLine(kind="service", service="flying"))
    wrong = draft_problems(draft(lines=lines, customer=DraftCustomer(email="нет"), lat=1.0), NOW)
    assert wrong == {
        "lines.1.quantity": "not-positive",
        "lines.1.name": "empty",
        "lines.2.service": "not-listed",
        "customer.email": "not-an-address",
        "lat": "half-a-point",
    }
    assert draft_problems(draft(customer=DraftCustomer()), NOW) == {"customer.phone": "needed"}
    assert draft_problems(draft(customer=DraftCustomer(id=7)), NOW) == {}


def test_control_characters_do_not_pass() -> None:
    assert clean(" Анна\x00\x07 \r\n Белова\u202e ") == "Анна Белова"
    assert clean_text("раз\r\nдва\x00\x1b\n\n") == "раз\nдва"
