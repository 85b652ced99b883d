"""Numbers, quantities, sums and dates as people say them; every word lies on the shelf."""

from datetime import date

import pytest

from callcore.outbound.robot.numerals import (
    ALL_WORDS,
    F,
    M,
    N,
    count_words,
    date_words,
    number_words,
    quantity_words,
    sum_words,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("number", "gender", "said"),
    [
        (0, M, "ноль"),
        (1, M, "один"),
        (1, F, "одна"),
        (1, N, "одно"),
        (2, F, "две"),
        (11, F, "одиннадцать"),
        (22, F, "двадцать две"),
        (100, M, "сто"),
        (312, M, "триста двенадцать"),
        (1000, M, "одна тысяча"),
        (2002, M, "две тысячи два"),
        (5_000, M, "пять тысяч"),
        (12_345, M, "двенадцать тысяч триста сорок пять"),
        (21_000, F, "двадцать одна тысяча"),
        (1_000_001, F, "один миллион одна"),
        (104_215, M, "сто четыре тысячи двести пятнадцать"),
    ],
)
def test_numbers(number: int, gender: str, said: str) -> None:
    assert " ".join(number_words(number, gender)) == said


@pytest.mark.parametrize(
    ("quantity_m", "unit", "said"),
    [
        (1000, "шт", "одна штука"),
        (2000, "шт.", "две штуки"),
        (5000, "шт", "пять штук"),
        (11_000, "упак", "одиннадцать упаковок"),
        (21_000, "кг", "двадцать один килограмм"),
        (2500, "м²", "две целых пять десятых квадратного метра"),
        (1001, "т", "одна целая одна тысячная тонны"),
        (750, "л", "ноль целых семьдесят пять сотых литра"),
        (22_000, "м2", "двадцать два квадратных метра"),
        (3000, "бобина", "три бобина"),
    ],
)
def test_quantities_in_thousandths(quantity_m: int, unit: str, said: str) -> None:
    assert " ".join(quantity_words(quantity_m, unit)) == said


@pytest.mark.parametrize(
    ("kopecks", "said"),
    [
        (100, "один рубль"),
        (200, "два рубля"),
        (500, "пять рублей"),
        (101, "один рубль одна копейка"),
        (1_112, "одиннадцать рублей двенадцать копеек"),
        (12_345_602, "сто двадцать три тысячи четыреста пятьдесят шесть рублей две копейки"),
        (100_000_000, "один миллион рублей"),
    ],
)
def test_sums(kopecks: int, said: str) -> None:
    assert " ".join(sum_words(kopecks)) == said


def test_dates_stand_in_the_genitive() -> None:
    said = [" ".join(date_words(date(2026, 5, day))) for day in (1, 13, 20, 21, 30, 31)]
    assert said == [
        "первого мая",
        "тринадцатого мая",
        "двадцатого мая",
        "двадцать первого мая",
        "тридцатого мая",
        "тридцать первого мая",
    ]


def test_every_word_of_any_number_is_among_those_that_lie_ready() -> None:
    known = set(ALL_WORDS)
    for number in (*range(1200), 1_999_999, 2_000_002, 987_654_321_123):
        for gender in (M, F, N):
            assert set(number_words(number, gender)) <= known
    for kopecks in range(1, 3000, 7):
        assert set(sum_words(kopecks)) <= known
    for quantity_m in (1, 10, 1_234, 21_500, 999_999):
        assert set(quantity_words(quantity_m, "м²")) <= known


def test_what_cannot_be_said_is_refused() -> None:
    for number in (-1, 10**12):
        with pytest.raises(ValueError, match="out of range"):
            number_words(number)
    assert " ".join(count_words(114, F, ("штука", "штуки", "штук"))) == "сто четырнадцать штук"
