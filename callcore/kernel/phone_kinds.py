"""What sort of number it is, from the library's tables. They are large, so they are loaded when first asked."""

from enum import StrEnum

import phonenumbers
from babel import Locale
from phonenumbers import PhoneNumberType


class NumberKind(StrEnum):
    MOBILE = "mobile"
    FIXED = "fixed"
    FREE = "free"
    PAID = "paid"
    OTHER = "other"


_KINDS = {
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.FIXED_LINE: NumberKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.FIXED,
    PhoneNumberType.TOLL_FREE: NumberKind.FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PAID,
    PhoneNumberType.SHARED_COST: NumberKind.PAID,
}
_WORLD = "001"  # satellites and international free numbers belong to no country


def kind_of(e164: str) -> NumberKind:
    """Of a number as parse_phone returns it."""
    return _KINDS.get(phonenumbers.number_type(phonenumbers.parse(e164, None)), NumberKind.OTHER)


def country_code(e164: str) -> str:
    """ISO 3166-1: "RU", "KZ" (which shares +7 with us); empty for numbers of no country."""
    number = phonenumbers.parse(e164, None)
    found = phonenumbers.region_code_for_number(number)
    # a code that is not in the library's tables yet still says the country, unless countries share it
    return found or phonenumbers.region_code_for_country_code(number.country_code or 0).replace("ZZ", "")


def country_name(e164: str) -> str:
    """In Russian; empty when there is none. phonenumbers has names too, but reads its places of the whole world with them,
    for five seconds, and gives many in English."""
    code = country_code(e164)
    return "" if code == _WORLD else Locale("ru").territories.get(code, "")
