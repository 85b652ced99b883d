"""Telephone numbers: one stored form (E.164), the usual Russian spellings, display and masking."""

import re
from dataclasses import dataclass

import phonenumbers

MAX_INPUT_CHARS = 60
# Numbers of Russia whose form needs no look into the library's tables: a page shows many of them, each call brings two.
_PLAIN_RUSSIAN = re.compile(r"\+7([349]\d\d)(\d{3})(\d\d)(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A dialable number. `e164` starts with a plus; `extension` is what follows «доб.»."""

    e164: str
    extension: str = ""

    @property
    def digits(self) -> str:
        return self.e164.removeprefix("+")


def parse_phone(raw: str, region: str = "RU") -> PhoneNumber | None:
    """Read any usual spelling; None when it is no possible number (letters, 40 digits, anonymous).

    A Russian national number may lack its trunk 8: carriers send 9001234567 as well as 79001234567.
    """
    text = raw.strip().removeprefix("tel:")
    # a semicolon divides two numbers; the parser would take the second one for an extension
    if len(text) > MAX_INPUT_CHARS or ";" in text or not re.search(r"\d", text):
        return None
    bare = re.sub(r"[\s()\-–.]", "", text)
    if re.fullmatch(r"7\d{10}", bare):
        text = bare = f"+{bare}"
    if _PLAIN_RUSSIAN.fullmatch(bare):
        return PhoneNumber(bare)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    # "possible" alone would pass a local number without its area code
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE or re.search(
        r"[^\W\d_]", _without_extension(text)
    ):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, number.extension or "")


def _without_extension(text: str) -> str:
    return re.split(r"(?i)доб|ext|вн|доп|#|x", text, maxsplit=1)[0]


def format_phone(e164: str) -> str:
    """For people: +7 495 123-45-67; what cannot be parsed is shown as it is."""
    if plain := _PLAIN_RUSSIAN.fullmatch(e164):
        return f"+7 {plain[1]} {plain[2]}-{plain[3]}-{plain[4]}"
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask_phone(e164: str) -> str:
    """Country code and three digits only, as the owner's pages show it: +7 900 [скрыт]."""
    if plain := _PLAIN_RUSSIAN.fullmatch(e164):
        return f"+7 {plain[1]} [скрыт]"
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return "[скрыт]"
    return f"+{number.country_code} {str(number.national_number)[:3]} [скрыт]"
