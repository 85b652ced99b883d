"""Checks of what is typed of a customer. Pure."""

from typing import Final

from callcore.customers.model import ContactKind
from callcore.kernel.phones import parse_phone

MAX_NAME_CHARS: Final = 120
MAX_NOTE_CHARS: Final = 2000
MAX_TAGS: Final = 20
MAX_TAG_CHARS: Final = 40
_WEIGHTS_10: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_WEIGHTS_11: Final = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_WEIGHTS_12: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def is_inn(text: str) -> bool:
    """Ten digits of a company or twelve of a person, with right check digits (order of the tax service ЕД-7-14/617@)."""
    if not (text.isascii() and text.isdigit()):
        return False
    if len(text) == 10:
        return company_check_digit(text[:9]) == text[9]
    return len(text) == 12 and (_check(text, _WEIGHTS_11), _check(text, _WEIGHTS_12)) == (text[10], text[11])


def company_check_digit(digits: str) -> str:
    """The tenth digit of a company's INN by the nine before it."""
    return _check(digits, _WEIGHTS_10)


def _check(text: str, weights: tuple[int, ...]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False)) % 11 % 10)


def read_contact(text: str) -> tuple[ContactKind, str] | None:
    """A telephone in any spelling or an address; None for anything else."""
    text = text.strip()
    if "@" in text:
        name, _, host = text.lower().partition("@")
        is_good = name and "." in host.strip(".") and text.isprintable() and " " not in text
        return (ContactKind.EMAIL, text.lower()) if is_good and "@" not in host and len(text) < 255 else None
    number = parse_phone(text)
    return (ContactKind.PHONE, number.e164) if number is not None and not number.extension else None


def read_tags(text: str) -> list[str]:
    """Words between commas, each once, in the order typed."""
    tags = (" ".join(part.split()) for part in text.split(","))
    return list(dict.fromkeys(tag[:MAX_TAG_CHARS] for tag in tags if tag))[:MAX_TAGS]
