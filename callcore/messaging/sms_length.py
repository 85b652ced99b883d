"""How many parts an SMS takes, by the GSM 03.38 alphabet or by UCS-2 as soon as one letter is not in it. Pure."""

from dataclasses import dataclass
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE: Final = frozenset("^{}\\[~]|€")
_GSM_ONE, _GSM_PART = 160, 153
_UCS_ONE, _UCS_PART = 70, 67


@dataclass(frozen=True, slots=True)
class SmsLength:
    """`units` are septets or UTF-16 units; `parts` is what the operator bills."""

    units: int
    parts: int
    is_unicode: bool


def sms_length(text: str) -> SmsLength:
    is_unicode = any(char not in _BASIC and char not in _DOUBLE for char in text)
    if is_unicode:
        units, one, part = len(text.encode("utf-16-be")) // 2, _UCS_ONE, _UCS_PART
    else:
        units, one, part = len(text) + sum(char in _DOUBLE for char in text), _GSM_ONE, _GSM_PART
    parts = (units > 0) if units <= one else -(-units // part)
    return SmsLength(units, int(parts), is_unicode)
