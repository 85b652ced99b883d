"""The operator's form: its own buttons, and errors at the inputs that are shown."""

import pytest

from callcore.intake.operator import Asked, Known
from callcore.orders.model import OrderChannel
from web.intake.form import LineForm, OrderForm, asked_by, begun, by_input, changed, read_form, understand
from web.intake.words import field_words

pytestmark = pytest.mark.unit


def test_buttons_keep_what_was_typed() -> None:
    form = OrderForm(name="Анна", lines=(LineForm(), LineForm(article="PR-1", quantity="3")))
    added = changed(form, "add:PR-2")
    assert [line.article for line in added.lines] == ["PR-1", "PR-2"]
    assert added.name == "Анна"
    assert changed(added, "remove:0").lines == (LineForm(article="PR-2"),)
    assert changed(added, "remove:x").lines == added.lines
    assert changed(form, "service:delivery").lines[-1] == LineForm(kind="service", service="delivery")


def test_lines_end_where_they_end() -> None:
    sent = {"lines.0.quantity": "1", "lines.0.article": "A", "lines.2.quantity": "5", "name": "Я"}
    assert read_form(sent).lines == (LineForm(kind="", article="A", quantity="1"),)


def test_a_request_wins_over_its_call() -> None:
    assert asked_by(OrderForm(request="7", call="c", customer="9")) == Asked(request=7)
    assert asked_by(OrderForm(call="c", customer="9")) == Asked(call_id="c")
    assert asked_by(OrderForm(customer="9" * 30)) == Asked()
    form = begun(Known(customer_id=3, source="unknown", call_id="c", city="Омск"), Asked(call_id="c"), "k")
    assert (form.source, form.city, form.customer, form.request_type) == ("", "Омск", "3", "call")


def test_errors_find_their_inputs() -> None:
    form = OrderForm(due="31 марта", lat="55", call="c", lines=(LineForm(), LineForm(name="А", quantity="0")))
    draft, wrong = understand(form)
    assert wrong == {"due_at": "not-a-date"}
    assert (draft.channel, len(draft.lines), draft.lat, draft.lon) == (OrderChannel.PHONE, 1, 55.0, None)
    found = by_input(form, field_words({"lines.0.quantity": "not-positive", "due_at": "in-the-past"}))
    assert found == {
        "lines.1.quantity": "Количество должно быть больше нуля",
        "due": "Этот срок уже прошёл: выберите день от сегодняшнего",
    }
    assert understand(OrderForm(lat="-12,5", lon="x"))[1] == {"lat": "not-a-number"}
