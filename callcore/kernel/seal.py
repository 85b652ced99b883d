"""Secrets that must be read again are stored sealed: a copy of the database alone opens none of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

from cryptography.fernet import Fernet, InvalidToken


class Seal:
    """Fernet (AES-128-CBC with HMAC-SHA256). `key` gives 32 bytes in URL-safe base64 without padding, as ids.secret_token
    makes them; it lives in the installation's file of secrets and is read at the first use."""

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key

    def close(self, text: str, at: datetime) -> str:
        return self._fernet.encrypt_at_time(text.encode(), int(at.timestamp())).decode()

    def open(self, sealed: str, now: datetime, *, lives: timedelta | None = None) -> str | None:
        """None for what was not sealed with this key, or longer than `lives` ago."""
        try:
            if lives is None:
                return self._fernet.decrypt(sealed.encode()).decode()
            return self._fernet.decrypt_at_time(
                sealed.encode(), int(lives.total_seconds()), int(now.timestamp())
            ).decode()
        except (InvalidToken, UnicodeError, ValueError):
            return None

    @cached_property
    def _fernet(self) -> Fernet:
        return Fernet(self._key() + "=")
