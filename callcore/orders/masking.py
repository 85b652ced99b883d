"""Texts that people type may hold the number that is hidden beside them. Pure."""

import re
from collections.abc import Collection

HIDDEN = "[номер скрыт]"
_LONG_DIGITS = 10  # a whole number without its country code, whoever's it is
_TAIL_DIGITS = 7
_PATRONYMIC = re.compile(r"(вич|ьич|вна|ична|инична|оглы|кызы)$", re.IGNORECASE)
_SURNAME = re.compile(
    r"(ов|ев|ёв|ин|ын|ий|ой|ова|ева|ёва|ина|ына|ая|ко|ук|юк|ых|их|ян|дзе|швили)$", re.IGNORECASE
)
_RUN = re.compile(r"\+?\d(?:[\s().\-\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}_/]{0,3}\d){4,}")


def without_numbers(text: str, numbers: Collection[str], *, any_long: bool = True) -> str:
    """The text with everything that looks like a telephone number, or ends as one of `numbers` (E.164), blotted out.
    `any_long` False leaves long digits that are none of `numbers`: barcodes in the name of goods."""
    tails = tuple(number[-_TAIL_DIGITS:] for number in numbers if len(number) > _TAIL_DIGITS)

    def blot(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        is_number = (any_long and len(digits) >= _LONG_DIGITS) or any(tail in digits for tail in tails)
        return HIDDEN if is_number else match[0]

    return _RUN.sub(blot, text)


def first_name(name: str) -> str:
    """«Роман» of «Ильин Роман Петрович», «Роман Петрович», «Ильин Роман» and «Роман Ильин»: for whom the rest is no matter
    yet. Where the order of the words is not clear, the first of them."""
    words = name.split()
    if len(words) >= 3 and _PATRONYMIC.search(words[2]):
        return words[1]
    if len(words) == 2 and not _PATRONYMIC.search(words[1]):
        looks = [_SURNAME.search(word) is not None for word in words]
        return words[looks.index(False)] if False in looks else words[0]
    return words[0] if words else ""
