"""Links that letters carry. Their secrets are worked out from one key of the installation, so that no table holds them and
a letter written twice has the same link."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import NotFound
from callcore.kernel.ids import secret_token
from callcore.network.access_tables import SettingRow

KEY: Final = "message-links"
TOKEN_BYTES: Final = 24


def fingerprint_of(token: str) -> str:
    """What a table keeps of a secret."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


async def survey_token(session: AsyncSession, order_id: int, cycle: int, now: datetime) -> str:
    return _sign(await _secret(session, now), f"survey:{order_id}:{cycle}")


async def stop_token(session: AsyncSession, customer_id: int, now: datetime) -> str:
    """By it a customer says that advertising must end: his id and a signature of it."""
    return f"{customer_id}.{_sign(await _secret(session, now), f'stop:{customer_id}')}"


async def customer_of_stop(session: AsyncSession, token: str, now: datetime) -> int:
    """Raises NotFound for a link that we did not make."""
    number, _, signature = token.partition(".")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        expected = _sign(await _secret(session, now), f"stop:{int(number)}")
        if hmac.compare_digest(expected.encode(), signature.encode(errors="replace")):
            return int(number)
    raise NotFound("link-unknown")


def _sign(secret: str, words: str) -> str:
    digest = hmac.digest(secret.encode(), words.encode(), "sha256")
    return urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


async def _secret(session: AsyncSession, now: datetime) -> str:
    find = select(SettingRow.value).where(SettingRow.key == KEY)
    value = await session.scalar(find)
    if value is None:
        made = {"secret": secret_token()}
        await insert_unless_exists(session, SettingRow, key=KEY, value=made, version=1, at=now)
        value = await session.scalar(find)
    assert value is not None
    return str(value["secret"])
