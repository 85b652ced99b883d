"""Asterisk's version, in a program's answer and in a package's; which of several offers to take. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MINIMUM = (20,)

_NUMBER = re.compile(r"(?:certified/)?(\d+(?:\.\d+)*)")


def asterisk_version(text: str) -> tuple[int, ...] | None:
    """`Asterisk 22.10.1~dfsg`, `Asterisk certified/20.7-cert5`, `1:22.10.1+dfsg-1` -> numbers; a Git build -> None."""
    words = text.strip().removeprefix("Asterisk").split()
    if not words:
        return None
    without_epoch = re.sub(r"^\d+:", "", words[0])
    match = _NUMBER.match(without_epoch)
    return tuple(int(part) for part in match[1].split(".")) if match else None


def is_new_enough(text: str) -> bool:
    version = asterisk_version(text)
    return version is not None and version >= MINIMUM


@dataclass(frozen=True, slots=True)
class Offer:
    """One suite of one mirror has this Asterisk package (`version` in dpkg's spelling)."""

    uri: str
    suite: str
    version: str


def best_offer(offers: Iterable[Offer]) -> Offer | None:
    """The newest that is new enough; of equals the earlier one."""
    good = [offer for offer in offers if is_new_enough(offer.version)]
    return max(good, key=lambda offer: asterisk_version(offer.version) or (), default=None)
