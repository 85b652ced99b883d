"""What is given to the voice: numbers and sums in words, short forms opened."""

import pytest

from callcore.asterisk.voice.spoken import language_of, spoken

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "Заказ 416, роллеты, 8 910 рублей",
            "Заказ четыреста шестнадцать, роллеты, восемь тысяч девятьсот десять рублей",
        ),
        ("8\u00a0910 ₽", "восемь тысяч девятьсот десять рублей"),
        ("21 руб.", "двадцать один рубль"),
        ("1001,50 руб.", "одна тысяча один рубль пятьдесят копеек"),
        ("3 500 р. сегодня", "три тысячи пятьсот рублей сегодня"),
        ("Сайт, Московская обл.", "Сайт, Московская область"),
        ("Ненецкий АО", "Ненецкий автономный округ"),
        ("г. Тверь, ул. Ленина, д. 5", "город Тверь, улица Ленина, дом пять"),
        ("Скидка 10%", "Скидка десять процентов"),
        ("Заказ № 7", "Заказ номер семь"),
        ("007", "ноль ноль семь"),
        ("«Уют» <b>&", "Уют b"),
        ("", ""),
    ],
)
def test_russian(written, said):
    assert spoken(written, "ru") == said


def test_english():
    assert spoken("Press 1, order 416.", "en") == "Press one, order four hundred and sixteen."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1 руб.", "один рубль"),
        ("12 руб.", "двенадцать рублей"),
        ("23 руб.", "двадцать три рубля"),
        ("111 руб.", "сто одиннадцать рублей"),
    ],
)
def test_sums(written, said):
    assert spoken(written, "ru") == said


@pytest.mark.parametrize(
    ("text", "language"),
    [("Сайт завода", "ru"), ("Sales", "en"), ("Call from Тверь", "ru"), ("416", "ru"), ("", "ru")],
)
def test_the_language_of_words(text, language):
    assert language_of(text) == language
