"""Whose channel a channel is, by its name alone. Pure."""

import re
from typing import Final

_PHONE: Final = re.compile(r"PJSIP/(p\d+)-")  # dialplans.contract.PHONE_KEY is the endpoint's name
_LEG: Final = re.compile(r"Local/(p\d+)@")  # dialplans.contract.LEG: the extension is the phone key


def phone_key_of(channel_name: str) -> str:
    """PJSIP/p12-0000001a -> p12, else empty."""
    found = _PHONE.match(channel_name)
    return found[1] if found else ""


def leg_phone_of(channel_name: str) -> str:
    """Local/p12@dl-leg-00000001;1 -> p12, else empty."""
    found = _LEG.match(channel_name)
    return found[1] if found else ""
