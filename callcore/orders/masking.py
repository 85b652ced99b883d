"""Texts that people type may hold the number that is hidden beside them. Pure."""

import re
from collections.abc import Collection

HIDDEN = "[номер скрыт]"
_LONG_DIGITS = 10  # a whole number without its country code, whoever's it is
_TAIL_DIGITS = 7
_RUN = re.compile(r"\+?\d(?:[\s().\-\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}_/]{0,3}\d){4,}")


def without_numbers(text: str, numbers: Collection[str]) -> str:
    """The text with everything that looks like a telephone number, or ends as one of `numbers` (E.164), blotted out."""
    tails = tuple(number[-_TAIL_DIGITS:] for number in numbers if len(number) > _TAIL_DIGITS)

    def blot(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        is_number = len(digits) >= _LONG_DIGITS or any(tail in digits for tail in tails)
        return HIDDEN if is_number else match[0]

    return _RUN.sub(blot, text)
