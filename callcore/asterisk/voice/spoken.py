"""Text as people write it -> words as a voice should read them: numbers, sums, abbreviations, quotes. Pure."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

_MOST_DIGITS = 12
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_SUM = re.compile(
    r"(?<![\d,.])(\d{1,3}(?:[\s\u00a0\u202f]\d{3})+|\d{1,12})(?:[,.](\d{2}))?[\s\u00a0]*(?:₽|руб(?:\.|лей|ля|ль)?(?!\w)|р\.)"
)
_GROUPED = re.compile(r"(?<![\d,.])\d{1,3}(?:[\u00a0\u202f ]\d{3})+(?!\d)")
_PHONE = re.compile(r"(?:\+7|\b8)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}\b|\b8[\s-]800\b")
_NUMBER = re.compile(r"\d+")
_ROUBLES, _KOPECKS = ("рубль", "рубля", "рублей"), ("копейка", "копейки", "копеек")
# What stands before a word and what stands after one; a dot ends most of them.
_OPENED = tuple(
    (re.compile(rf"(?<![\w-])(?:{short})(?![\w-])", re.IGNORECASE), full)
    for short, full in (
        (r"обл\.?", "область"),
        (r"респ\.?", "республика"),
        (r"р-н", "район"),
        (r"г\.", "город"),
        (r"ул\.", "улица"),
        (r"пр-т|просп\.", "проспект"),
        (r"д\.", "дом"),
        (r"(?<=ий )АО", "автономный округ"),
        (r"ООО", "о о о"),
        (r"шт\.?", "штук"),
        (r"кв\.\s?м\.?", "квадратных метров"),
        (r"тел\.", "телефон"),
        (r"доб\.", "добавочный"),
        (r"мин\.", "минут"),
        (r"№", "номер"),
        (r"и т\. ?д\.", "и так далее"),
    )
)
_KEPT_SIGNS = re.compile(r"[^\w\s.,!?:;—–-]+")


def language_of(text: str) -> str:
    """Of words without a tag: a dealer's own text may be in either."""
    return "ru" if _CYRILLIC.search(text) or not re.search(r"[a-z]", text, re.IGNORECASE) else "en"


def spoken(text: str, language: str) -> str:
    """What is given to the voice. Never raises; what it does not know is left out or read as it stands."""
    if language == "ru":
        text = _SUM.sub(_sum_words, text)
        text = _PHONE.sub(lambda match: _digits(match[0]), text)
        for pattern, full in _OPENED:
            text = pattern.sub(full, text)
        text = text.replace("%", " процентов")
    text = _GROUPED.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    text = _NUMBER.sub(_reader(language), text)
    return re.sub(r" (?=[,.;:!?])", "", " ".join(_KEPT_SIGNS.sub(" ", text).split()))


@lru_cache(maxsize=4096)
def number_words(number: int, language: str, gender: str = "m") -> str:
    from num2words import num2words  # the application itself never speaks: its worker alone needs the memory

    more = {"gender": gender} if language == "ru" else {}
    return str(num2words(Decimal(number), lang=language, **more))


def _sum_words(match: re.Match[str]) -> str:
    whole = int(re.sub(r"\D", "", match[1]))
    words = f"{number_words(whole, 'ru')} {_form(whole, _ROUBLES)}"
    if match[2] and int(match[2]):
        parts = int(match[2])
        words += f" {number_words(parts, 'ru', 'f')} {_form(parts, _KOPECKS)}"
    return words


def _reader(language: str) -> Callable[[re.Match[str]], str]:
    def read(match: re.Match[str]) -> str:
        digits = match[0]
        if len(digits) > _MOST_DIGITS or (len(digits) > 1 and digits[0] == "0"):
            return f" {' '.join(number_words(int(digit), language) for digit in digits)} "
        return f" {number_words(int(digits), language)} "

    return read


def _digits(text: str) -> str:
    """A telephone number in the groups in which it is written."""
    groups = re.findall(r"\d+", text)
    return ", ".join(
        " ".join(number_words(0, "ru") for _ in group) if not int(group) else group for group in groups
    )


def _form(number: int, forms: tuple[str, str, str]) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return forms[0]
    return forms[1] if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else forms[2]
