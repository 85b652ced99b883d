"""The order form of a site: where a visitor came from, and errors at the inputs that are shown."""

import pytest

from callcore.orders.model import SERVICE
from web.public.form import Arrival, OrderForm, Wish, arrival, draft_of, read_form, wish_errors

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("query", "referrer", "came"),
    [
        ({"utm_source": "vk", "utm_medium": "cpc", "utm_term": "окна"}, "", Arrival("vk", "cpc", "", "окна")),
        ({"utm_campaign": "spring"}, "https://yandex.ru/search", Arrival("yandex", "organic", "spring")),
        ({"utm_source": "x"}, "https://yandex.ru/", Arrival("x", "unknown")),
        ({}, "https://www.google.com/", Arrival("google", "organic")),
        ({}, "https://m.vk.com/wall", Arrival("vk", "social")),
        ({}, "https://blog.example.org/a?b", Arrival("blog.example.org", "referral")),
        ({}, "https://shop.example.test/catalogue", Arrival("unknown", "direct")),
        ({}, "", Arrival("unknown", "direct")),
        ({}, "http://[broken", Arrival("unknown", "direct")),
        ({"utm_source": "a" * 500 + "\x00"}, "", Arrival("a" * 64, "unknown")),
    ],
)
def test_where_a_visitor_came_from(query: dict[str, str], referrer: str, came: Arrival) -> None:
    assert arrival(query, referrer, "shop.example.test:8080") == came


def test_empty_wishes_are_no_lines_and_errors_find_their_inputs() -> None:
    form = read_form({"wish.1.what": "Профиль", "wish.1.quantity": "0", "service.delivery": "1", "pd": "1"})
    draft = draft_of(form, 7)
    assert [(line.name, line.kind, line.service) for line in draft.lines] == [
        ("Профиль", "goods", ""),
        ("", SERVICE, "delivery"),
    ]
    assert (draft.site_org_id, draft.source, draft.medium) == (7, "unknown", "direct")
    errors = {"lines.0.quantity": "а", "lines.0.price": "б", "customer.phone": "в", "lines": "г"}
    assert wish_errors(form, errors) == {
        "wish.1.quantity": "а",
        "wish.1.what": "б",
        "phone": "в",
        "lines": "г",
    }


def test_files_in_place_of_words_are_no_words() -> None:
    assert read_form({"name": object(), "wish.0.what": "А" * 9000}) == OrderForm(
        wishes=(Wish("А" * 4000, ""), Wish("", ""), Wish("", ""))
    )
