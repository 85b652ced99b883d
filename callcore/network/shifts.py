"""A shift of the duty roster as a frozen row. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """From `starts_at` until `ends_at`, not included; UTC. `phone_keys` are rung one after another."""

    id: int
    starts_at: datetime
    ends_at: datetime
    phone_keys: tuple[str, ...]
    note: str = ""
