"""Texts that people type may hold the number that is hidden beside them. Pure."""

import re
from collections.abc import Collection

HIDDEN = "[номер скрыт]"
_LONG_DIGITS = 10  # a whole number without its country code, whoever's it is
_TAIL_DIGITS = 7
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
