"""What may stand in a file of the PBX. Each filter takes one kind of value, checks its form and gives it back as
`Plain`; the renderer prints nothing else, so a value without a filter cannot reach a file.

A refused value raises `Refused`, a ValueError whose text says what is wrong; the renderer adds the field's name.
"""

import re
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_LONGEST: Final = 256


class Plain(str):
    """Text that is known to be harmless where it will stand."""

    __slots__ = ()


class Refused(ValueError):
    """The value cannot be written; the text says why."""


def _form(pattern: str, what: str) -> Callable[[object], Plain]:
    compiled = re.compile(pattern)

    def check(value: object) -> Plain:
        text = str(value)
        if compiled.fullmatch(text) is None:
            raise Refused(f"{text!r} is not {what}")
        return Plain(text)

    return check


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

slug = _form(r"[a-z0-9][a-z0-9-]{0,39}", "a slug (a-z, 0-9, -)")
key = _form(r"p[0-9]{1,18}", "a phone key (p<id>)")
keys = _form(r"p[0-9]{1,18}(-p[0-9]{1,18}){0,19}", "1 to 20 phone keys joined by -")
target = _form(r"o[0-9]{1,18}|h[0-9]", "a target of the static branch (o<id>, h<n>)")
sound = _form(r"[0-9A-Za-z_./-]{0,120}", "a sound's name (0-9, A-Z, a-z, _ . / -), or empty")
event = _form(r"[A-Z][A-Z-]{0,39}", "a name of an event (A-Z, -)")
pause = _form(r"[0-9](\.[0-9])?", "a pause in seconds")
days = _form(
    r"{0}(-{0})?(&{0}(-{0})?){{0,6}}".format("(mon|tue|wed|thu|fri|sat|sun)"),
    "days of the week (mon-fri&sun)",
)
digits = _form(r"[0-9]{2,15}", "digits only")
host = _form(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?", "a host name or an IPv4 address")
account = _form(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}", "an account name")
classes = _form(r"[a-z]+(,[a-z]+)*", "a list of AMI classes")
network = _form(r"[0-9.]{7,15}/[0-9.]{1,15}", "an address with a mask")
path = _form(r"(/[\w .@+=-]+)+", "an absolute path without signs that the dialplan or the shell reads")
feature = _form(r"[0-9*#]{1,4}", "keys of a telephone")
address = _form(r"\+?[0-9]{3,15}", "a telephone number")

label = _form(
    r"[0-9A-Za-zА-Яа-яЁё](?:[0-9A-Za-zА-Яа-яЁё .-]{0,30}[0-9A-Za-zА-Яа-яЁё.])?",
    "a label of at most 32 letters, digits, blanks, dots and dashes",
)


def number(value: object) -> Plain:
    """E.164 with its plus."""
    text = address(value)
    return Plain(text if text.startswith("+") else f"+{text}")


def phone_name(value: object) -> Plain:
    """A simulated telephone: phone key or E.164 with its plus, as the PBX dials it."""
    return key(value) if str(value).startswith("p") else number(value)


def did_digits(value: object) -> Plain:
    """As a carrier's number looks after FILTER(0-9)."""
    return Plain(address(value).removeprefix("+"))


def phone_keys(value: object) -> Plain:
    """A tuple of phone keys as a step of a plan has them."""
    return keys("-".join(map(str, value)) if isinstance(value, tuple) else value)


def zone(value: object) -> Plain:
    """An IANA zone: Asterisk takes what it does not know for its own machine's clock, and says nothing."""
    if not is_zone(str(value)):
        raise Refused(f"{value!r} is not a zone of the IANA database")
    return Plain(value)


def is_zone(name: str) -> bool:
    try:
        return ZoneInfo(name).key == name
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False


def clock(value: object) -> Plain:
    """A minute of the day as HH:MM."""
    minute = int(whole(value, 0, 24 * 60 - 1))
    return Plain(f"{minute // 60:02}:{minute % 60:02}")


def month(value: object) -> Plain:
    """1 is jan."""
    return Plain(_MONTHS[int(whole(value, 1, 12)) - 1])


def port(value: object) -> Plain:
    return whole(value, 1, 65535)


def whole(value: object, least: int = 0, most: int = 86400) -> Plain:
    """An integer within limits; a bool is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Refused(f"{value!r} is not a whole number from {least} to {most}")
    return Plain(value)


def seconds(value: object) -> Plain:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 3600:
        raise Refused(f"{value!r} is not a number of seconds from 0 to 3600")
    return Plain(f"{value:g}")


def setting(value: object) -> Plain:
    """The right side of `name = value` in a configuration file: `;` begins a comment there, `>` after `=` is eaten."""
    text = str(value)
    if _CONTROL.search(text) or text != text.strip() or not text or len(text) > _LONGEST:
        raise Refused("it is empty, too long, or has control characters or blanks around it")
    if text.startswith(">") or "\\" in text:
        raise Refused("it begins with > or has a backslash")
    return Plain(text.replace(";", "\\;"))


def display_name(value: object) -> Plain:
    """A name for a telephone's screen. Quotes and brackets, which delimit it, turn into their typographic kin."""
    text = str(value)
    if _CONTROL.search(text) or len(text) > _LONGEST:
        raise Refused(f"{text[:_LONGEST]!r} is too long or has control characters")
    return Plain(text.translate(str.maketrans('"<>;\\', "'‹›,/")).strip())


def comment(value: object) -> Plain:
    """Words behind a `;`. A line that begins with `;--` would open a block, so the dash may not come first."""
    text = str(value)
    if _CONTROL.search(text) or len(text) > _LONGEST:
        raise Refused(f"{text[:_LONGEST]!r} is too long or has control characters")
    return Plain(text.replace(";", ",").lstrip("- "))


FILTERS: Final[dict[str, Callable[[object], Plain]]] = {
    "slug": slug,
    "key": key,
    "keys": phone_keys,
    "target": target,
    "event": event,
    "sound": sound,
    "zone": zone,
    "clock": clock,
    "month": month,
    "days": days,
    "pause": pause,
    "digits": digits,
    "host": host,
    "account": account,
    "classes": classes,
    "network": network,
    "path": path,
    "address": address,
    "label": label,
    "feature": feature,
    "number": number,
    "phone_name": phone_name,
    "did_digits": did_digits,
    "port": port,
    "whole": whole,
    "seconds": seconds,
    "setting": setting,
    "display_name": display_name,
    "comment": comment,
}
