"""Random identifiers that may be shown to people or put into addresses."""

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def secret_token() -> str:
    """256 random bits, URL-safe: sessions, links, passwords of machines."""
    return secrets.token_urlsafe(32)


def public_id() -> str:
    """26 characters without look-alikes, about 128 bits: an order's address for its customer."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(26))
