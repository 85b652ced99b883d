"""A dealer's card as it is edited, and what may be typed into it. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from callcore.kernel.phones import parse_phone

MAX_NAME_CHARS = 120
MAX_DESCRIPTION_CHARS = 2000
MAX_PROMOTIONS = 20
MAX_PROMOTION_CHARS = 200
MAX_SITE_CHARS = 200
MAX_EMAIL_CHARS = 254
MAX_CARD_PHONES = 20
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class CardFields:
    """What is typed, later what is stored. `phones` are E.164 once checked; `regions` are codes besides the main one.
    Name and regions are the head office's; a dealer's own hand leaves them as they are."""

    name: str
    region_code: str = ""
    regions: tuple[str, ...] = ()
    site_url: str = ""
    email: str = ""
    phones: tuple[str, ...] = ()
    description: str = ""
    promotions: str = ""  # «Акции», one a line

    @property
    def values(self) -> dict[str, Any]:
        """For the history: plain values in a fixed order."""
        return {
            "name": self.name,
            "region_code": self.region_code,
            "regions": list(self.regions),
            "site_url": self.site_url,
            "email": self.email,
            "phones": list(self.phones),
            "description": self.description,
            "promotions": self.promotions,
        }


def fields_of(values: dict[str, Any]) -> CardFields:
    """From `values`."""
    lists = {name: tuple(values[name]) for name in ("regions", "phones")}
    return CardFields(**values | lists)


def checked(typed: CardFields, known_regions: frozenset[str]) -> tuple[CardFields, dict[str, str]]:
    """The card in its stored form, and what is wrong by the field; with something wrong it is not to be stored."""
    wrong: dict[str, str] = {}
    name = " ".join(typed.name.split())
    if not 2 <= len(name) <= MAX_NAME_CHARS or not name.isprintable():
        wrong["name"] = "name-length"
    if typed.region_code and typed.region_code not in known_regions:
        wrong["region_code"] = "no-such-region"
    if not known_regions.issuperset(typed.regions):
        wrong["regions"] = "no-such-region"
    site, email = _site(typed.site_url), typed.email.strip().lower()
    if site is None:
        wrong["site_url"] = "site-wrong"
    if email and not is_email(email):
        wrong["email"] = "email-wrong"
    if len(typed.description) > MAX_DESCRIPTION_CHARS or "\0" in typed.description:
        wrong["description"] = "description-length"
    promotions = _lines(typed.promotions)
    if len(promotions) > MAX_PROMOTIONS or "\0" in typed.promotions:
        wrong["promotions"] = "promotions-many"
    elif any(len(one) > MAX_PROMOTION_CHARS for one in promotions):
        wrong["promotions"] = "promotions-long"
    phones, wrong_phones = _phones(typed.phones)
    regions = tuple(sorted(set(typed.regions) - {typed.region_code}))
    clean = replace(
        typed,
        name=name,
        regions=regions,
        site_url=site or "",
        email=email,
        phones=phones,
        description=typed.description.replace("\r\n", "\n").strip(),
        promotions="\n".join(promotions),
    )
    return clean, wrong | wrong_phones


def _lines(text: str) -> list[str]:
    """Without empty lines and repetitions."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def is_email(text: str) -> bool:
    return len(text) <= MAX_EMAIL_CHARS and text.isprintable() and bool(_EMAIL.fullmatch(text))


def _site(raw: str) -> str | None:
    """With its scheme; None when it is no web address."""
    text = raw.strip()
    if not text:
        return ""
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    is_plain = text.isprintable() and not re.search(r"[\s\"'<>\\]", text)
    if parts.scheme not in ("http", "https") or "." not in host or not is_plain or parts.username:
        return None
    return text if len(text) <= MAX_SITE_CHARS else None


def _phones(typed: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Without empty lines and repetitions; errors by the number of the line: phone-0."""
    wrong, numbers = {}, []
    for position, raw in enumerate(typed):
        if not raw.strip():
            continue
        number = parse_phone(raw)
        if number is None or number.extension:
            wrong[f"phone-{position}"] = "phone-wrong"
        elif number.e164 not in numbers:
            numbers.append(number.e164)
    if len(numbers) > MAX_CARD_PHONES:
        wrong["phone-0"] = "phones-too-many"
    return tuple(numbers), wrong


def merged(typed: CardFields, base: CardFields, theirs: CardFields) -> CardFields:
    """After somebody else saved: what I did not touch becomes theirs, what I typed stays mine. `base` is what we both
    began from."""
    mine, old, new = typed.values, base.values, theirs.values
    return fields_of({name: new[name] if mine[name] == old[name] else mine[name] for name in new})
