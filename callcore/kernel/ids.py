"""Random identifiers that may be shown to people or put into addresses."""

import secrets
from typing import Self

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def secret_token() -> str:
    """256 random bits, URL-safe: sessions, links, passwords of machines."""
    return secrets.token_urlsafe(32)


def public_id() -> str:
    """26 characters without look-alikes, about 128 bits: an order's address for its customer."""
    rest, letters = secrets.randbelow(len(_ALPHABET) ** 26), ""
    for _ in range(26):
        rest, letter = divmod(rest, len(_ALPHABET))
        letters += _ALPHABET[letter]
    return letters


def recovery_code() -> str:
    """Ten characters without look-alikes in two groups, about 50 bits: stands in for a telephone that was lost."""
    chars = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{chars[:5]}-{chars[5:]}"


class ActingAs(int):
    """The id of a person in whose place another one acts; `actor_id` is who really does it. It goes wherever an id goes,
    so that no use case has to know; the audit writes both."""

    actor_id: int

    def __new__(cls, user_id: int, actor_id: int) -> Self:
        made = super().__new__(cls, user_id)
        made.actor_id = actor_id
        return made
