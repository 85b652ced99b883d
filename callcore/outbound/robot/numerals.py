"""Numbers, quantities, sums and dates in Russian, word by word: each word is one sound that lies ready. Pure.

The words of a number are few (about 130 with units and months), so that all of them can be rendered beforehand, or recorded
by a person, and any number is put together out of them.
"""

from datetime import date
from typing import Final

MAX_NUMBER: Final = 10**12 - 1
M, F, N = "m", "f", "n"
Forms = tuple[str, str, str]  # 1, 2..4, 5..20

_ONES: Final = {
    M: ("", "один", "два"),
    F: ("", "одна", "две"),
    N: ("", "одно", "два"),
}
_LOW: Final = (
    *("", "", "", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать"),
    *("двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать"),
    *("восемнадцать", "девятнадцать"),
)
_TENS: Final = (
    *("", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят"),
    "девяносто",
)
_HUNDREDS: Final = (
    *("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот"),
    "девятьсот",
)
_SCALES: Final[tuple[tuple[int, str, Forms], ...]] = (
    (10**9, M, ("миллиард", "миллиарда", "миллиардов")),
    (10**6, M, ("миллион", "миллиона", "миллионов")),
    (10**3, F, ("тысяча", "тысячи", "тысяч")),
)
ROUBLES: Final[Forms] = ("рубль", "рубля", "рублей")
KOPECKS: Final[Forms] = ("копейка", "копейки", "копеек")
ITEMS: Final[Forms] = ("позиция", "позиции", "позиций")
_WHOLES: Final[Forms] = ("целая", "целых", "целых")
_PARTS: Final[dict[int, Forms]] = {
    10: ("десятая", "десятых", "десятых"),
    100: ("сотая", "сотых", "сотых"),
    1000: ("тысячная", "тысячных", "тысячных"),
}
# Unit as people write it -> gender and forms; a fraction takes the second form: «две целых пять десятых метра».
_UNITS: Final[tuple[tuple[tuple[str, ...], str, Forms], ...]] = (
    (("шт", "штука", "штук", "pcs", ""), F, ("штука", "штуки", "штук")),
    (("м", "пог.м", "п.м", "пм", "мп"), M, ("метр", "метра", "метров")),
    (("м2", "м²", "кв.м", "квм"), M, ("квадратный метр", "квадратных метра", "квадратных метров")),
    (("м3", "м³", "куб.м", "куб"), M, ("кубический метр", "кубических метра", "кубических метров")),
    (("кг",), M, ("килограмм", "килограмма", "килограммов")),
    (("г", "гр"), M, ("грамм", "грамма", "граммов")),
    (("т", "тн"), F, ("тонна", "тонны", "тонн")),
    (("л",), M, ("литр", "литра", "литров")),
    (("упак", "уп", "упаковка"), F, ("упаковка", "упаковки", "упаковок")),
    (("компл", "комплект", "к-т"), M, ("комплект", "комплекта", "комплектов")),
    (("набор",), M, ("набор", "набора", "наборов")),
    (("рул", "рулон"), M, ("рулон", "рулона", "рулонов")),
    (("лист",), M, ("лист", "листа", "листов")),
    (("мешок", "меш"), M, ("мешок", "мешка", "мешков")),
    (("пара", "пар"), F, ("пара", "пары", "пар")),
    (("усл", "услуга"), F, ("услуга", "услуги", "услуг")),
    (("ч", "час"), M, ("час", "часа", "часов")),
    (("км",), M, ("километр", "километра", "километров")),
    (("см",), M, ("сантиметр", "сантиметра", "сантиметров")),
    (("мм",), M, ("миллиметр", "миллиметра", "миллиметров")),
)
_BY_UNIT: Final = {name: (gender, forms) for names, gender, forms in _UNITS for name in names}
# A fraction of these has a genitive of its own: «полтора квадратных метра», but «две целых пять десятых квадратного метра».
_OF_FRACTION: Final = {
    "квадратный метр": "квадратного метра",
    "кубический метр": "кубического метра",
}
_DAYS: Final = (
    *("первого", "второго", "третьего", "четвёртого", "пятого", "шестого", "седьмого", "восьмого"),
    *("девятого", "десятого", "одиннадцатого", "двенадцатого", "тринадцатого", "четырнадцатого"),
    *("пятнадцатого", "шестнадцатого", "семнадцатого", "восемнадцатого", "девятнадцатого", "двадцатого"),
)
_TWENTY, _THIRTY, _THIRTIETH = "двадцать", "тридцать", "тридцатого"
_MONTHS: Final = (
    *("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября"),
    *("ноября", "декабря"),
)
ZERO: Final = "ноль"
ALL_WORDS: Final = tuple(
    dict.fromkeys(
        word
        for words in (
            (ZERO,),
            *_ONES.values(),
            _LOW,
            _TENS,
            _HUNDREDS,
            *(forms for _, _, forms in _SCALES),
            *(ROUBLES, KOPECKS, ITEMS, _WHOLES),
            *_PARTS.values(),
            *(forms for _, _, forms in _UNITS),
            tuple(_OF_FRACTION.values()),
            (*_DAYS, _THIRTIETH, *_MONTHS),
        )
        for word in words
        if word
    )
)


def number_words(number: int, gender: str = M) -> tuple[str, ...]:
    """«двести», «тридцать», «четыре». Raises ValueError beyond 0..MAX_NUMBER."""
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError("number out of range")
    words: list[str] = []
    for size, own_gender, forms in _SCALES:
        many, number = divmod(number, size)
        if many:
            words += [*_below_thousand(many, own_gender), form(many, forms)]
    words += _below_thousand(number, gender)
    return tuple(words) or (ZERO,)


def form(number: int, forms: Forms) -> str:
    """Which form stands with a whole number."""
    if 11 <= number % 100 <= 14:
        return forms[2]
    last = number % 10
    return forms[0] if last == 1 else forms[1] if 2 <= last <= 4 else forms[2]


def count_words(number: int, gender: str, forms: Forms) -> tuple[str, ...]:
    """«двадцать», «одна», «штука»."""
    return (*number_words(number, gender), form(number, forms))


def quantity_words(quantity_m: int, unit: str) -> tuple[str, ...]:
    """`quantity_m` in thousandths. A unit that is not known follows the number as it is written."""
    gender, forms = _BY_UNIT.get(_plain_unit(unit), (M, (unit, unit, unit)))
    whole, rest = divmod(quantity_m, 1000)
    if not rest:
        return count_words(whole, gender, forms)
    size = 1000
    while rest % 10 == 0:
        rest, size = rest // 10, size // 10
    return (
        *count_words(whole, F, _WHOLES),
        *count_words(rest, F, _PARTS[size]),
        _OF_FRACTION.get(forms[0], forms[1]),
    )


def sum_words(kopecks: int) -> tuple[str, ...]:
    """«двенадцать тысяч рублей пятьдесят копеек», a word each; no kopecks when there are none."""
    roubles, rest = divmod(kopecks, 100)
    words = count_words(roubles, M, ROUBLES)
    return (*words, *count_words(rest, F, KOPECKS)) if rest else words


def date_words(day: date) -> tuple[str, ...]:
    """In the genitive: «до двадцать первого мая»."""
    return (*_day_words(day.day), _MONTHS[day.month - 1])


def _day_words(day: int) -> tuple[str, ...]:
    if day <= len(_DAYS):
        return (_DAYS[day - 1],)
    if day == 30:
        return (_THIRTIETH,)
    return (_TWENTY if day < 30 else _THIRTY, _DAYS[day % 10 - 1])


def _below_thousand(number: int, gender: str) -> list[str]:
    rest = number % 100
    words = [_HUNDREDS[number // 100]]
    if rest >= 20:
        words.append(_TENS[rest // 10])
        rest %= 10
    words.append(_ONES[gender][rest] if rest < 3 else _LOW[rest])
    return [word for word in words if word]


def _plain_unit(unit: str) -> str:
    plain = unit.strip().lower().replace(" ", "").rstrip(".")
    return "м2" if plain == "квм" else plain
