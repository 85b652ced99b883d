"""A hidden number does not come out through a text that somebody typed."""

import pytest

from callcore.orders.masking import HIDDEN, first_name, without_numbers

pytestmark = pytest.mark.unit

NUMBER = "+79124401825"


@pytest.mark.parametrize(
    "written",
    [
        "+79124401825", "89124401825", "8 (912) 440-18-25", "912 440 18 25", "440-18-25", "4401825",
        "+7 912 440\N{NON-BREAKING HYPHEN}18\N{NON-BREAKING HYPHEN}25", "8-912-440-18-25 доб. 3", "9 1 2 4 4 0 1 8 2 5",
    ],
)  # fmt: skip
def test_every_usual_spelling_is_blotted_out(written: str) -> None:
    told = without_numbers(f"Звонить после шести: {written}, Роман", [NUMBER])
    assert HIDDEN in told
    assert told.startswith("Звонить после шести: ")
    assert told.endswith(", Роман")
    assert "440" not in told
    assert "18" not in told


def test_somebody_elses_whole_number_too() -> None:
    assert without_numbers("жена: +7 903 555-12-12", [NUMBER]) == f"жена: {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    [
        "40 × 222,75 = 8 910,00 ₽",
        "артикул PV-029",
        "до 18:00, 3-й этаж, кв. 112",
        "2026-03-16",
        "",
        "заказ 2000",
    ],
)
def test_other_figures_stay(text: str) -> None:
    assert without_numbers(text, [NUMBER]) == text


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ильин Роман Петрович", "Роман"),
        ("Калинина Ксения Михайловна", "Ксения"),
        ("Роман Петрович Ильин", "Роман"),
        ("Роман Петрович", "Роман"),
        ("Роман Ильин", "Роман"),
        ("Ильин Роман", "Роман"),
        ("Марина Ильина", "Марина"),
        ("Полина", "Полина"),
        ("", ""),
    ],
)
def test_the_first_name_alone(name: str, first: str) -> None:
    assert first_name(name) == first
