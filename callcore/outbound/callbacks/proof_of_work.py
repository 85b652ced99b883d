"""A little work instead of a captcha: the asker's machine looks for a number whose hash begins with zero bits. Pure.

challenge = <site key>.<expiry, epoch seconds>.<salt>.<HMAC-SHA256 of these>; the answer is a number so that
SHA-256(challenge + ":" + number) begins with BITS zero bits. A challenge is good for one request: its salt is that request's key.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BITS: Final = 15  # some 30 000 hashes: a tenth of a second on a telephone
LIFE: Final = timedelta(minutes=30)
YOUNGEST: Final = timedelta(seconds=2)  # nobody types a number faster than this
_MARK_CHARS: Final = 32


@dataclass(frozen=True, slots=True)
class Challenge:
    """One that we have signed: whose site, until when, its salt."""

    site: str
    expires_at: int
    salt: str


def make_challenge(secret: bytes, site: str, salt: str, now: datetime) -> str:
    body = f"{site}.{int((now + LIFE).timestamp())}.{salt}"
    return f"{body}.{_mark(secret, body)}"


def read_challenge(secret: bytes, text: str, now: datetime) -> Challenge | None:
    """None for one that is not ours, or too old."""
    body, _, mark = text.rpartition(".")
    parts = body.split(".")
    if (
        len(text) > 300
        or len(parts) != 3
        or not hmac.compare_digest(mark.encode(), _mark(secret, body).encode())
    ):
        return None
    expires_at = int(parts[1])
    return Challenge(parts[0], expires_at, parts[2]) if now.timestamp() < expires_at else None


def is_hasty(challenge: Challenge, now: datetime) -> bool:
    made_at = challenge.expires_at - LIFE.total_seconds()
    return now.timestamp() - made_at < YOUNGEST.total_seconds()


def is_solved(text: str, answer: str, bits: int = BITS) -> bool:
    if not (answer.isascii() and answer.isdigit() and len(answer) <= 12):
        return False
    digest = hashlib.sha256(f"{text}:{answer}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0


def solve(text: str, bits: int = BITS) -> str:
    """For programs and tests."""
    answer = 0
    while not is_solved(text, str(answer), bits):
        answer += 1
    return str(answer)


def _mark(secret: bytes, body: str) -> str:
    return hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()[:_MARK_CHARS]


def hashed_ip(secret: bytes, ip: str) -> str:
    """Addresses are kept only as this: enough to count by."""
    return hmac.new(secret, f"ip:{ip}".encode(), hashlib.sha256).hexdigest()[:_MARK_CHARS]
