"""SMS by the simple HTTP interfaces of Russian providers.

`smsc` is the interface of SMSC.ru (send.php and status.php with fmt=3), spoken by several providers; `smsaero` is that of
SMS Aero (v2, JSON, Basic). Both are asked for the end of a message; neither is believed when it calls by itself, but for
what people write to a number of SMSC.ru: it posts that to an address that holds our secret.
"""

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout, ConnectionTimeoutError

from callcore.kernel.errors import Forbidden
from callcore.messaging.sms.port import Asked, SmsHeard, SmsMessage, SmsNews, SmsOutcome, SmsRefused

HTTP_HEARD_PATH: Final = "/hooks/sms/incoming"
MAX_ANSWER_BYTES: Final = 64 * 1024


class Dialect(StrEnum):
    SMSC = "smsc"
    SMSAERO = "smsaero"


@dataclass(frozen=True, slots=True)
class HttpProvider:
    """`address` begins both requests. `signature` is the registered name of the sender, empty for the provider's own."""

    dialect: Dialect
    address: str
    login: str
    password: str
    signature: str = ""
    limit_s: float = 15.0


class HttpSmsSender:
    """One connection a request, as for letters."""

    name = "http"

    def __init__(self, provider: HttpProvider) -> None:
        self._provider = provider
        self._tongue = _TONGUES[provider.dialect]

    def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, message: SmsMessage) -> str:
        form = self._tongue.message(self._provider, message)
        return self._tongue.taken(await self._ask(self._tongue.send_path, form))

    async def news(self, asked: Sequence[Asked]) -> tuple[SmsNews, ...]:
        found = []
        for one in asked:
            answer = await self._ask(self._tongue.news_path, self._tongue.question(self._provider, one))
            if (news := self._tongue.news(one, answer)) is not None:
                found.append(news)
        return tuple(found)

    async def _ask(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        provider = self._provider
        headers = basic_auth(provider.login, provider.password) if self._tongue.has_basic else {}
        limit = ClientTimeout(total=provider.limit_s, connect=provider.limit_s / 2)
        try:
            async with (
                ClientSession(timeout=limit, headers=headers) as session,
                session.post(provider.address.rstrip("/") + path, data=form, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(MAX_ANSWER_BYTES)
                status = answer.status
        except ConnectionTimeoutError as exc:
            raise SmsRefused("sms-not-now", "no connection in time") from exc
        except TimeoutError as exc:
            raise SmsRefused("sms-unknown", "no answer in time") from exc
        except (ClientError, OSError, asyncio.IncompleteReadError) as exc:
            raise SmsRefused("sms-not-now", type(exc).__name__) from exc
        if status >= 500 or status in (401, 403, 429):
            raise SmsRefused("sms-not-now", f"HTTP {status}")
        return _parsed(body, status)


class HttpHook:
    """What the provider says that people wrote to us (SMSC.ru: `phone`, `mes`, `id`). The provider signs nothing that we
    could rely on, so the address which it is told holds a secret of ours."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def hear(self, form: Mapping[str, str], secret: str) -> SmsHeard:
        """Raises Forbidden for one who does not know the secret."""
        if not self._secret or not hmac.compare_digest(secret.encode(), self._secret):
            raise Forbidden("hook-forged")
        number = "".join(char for char in form.get("phone", "") if char.isdecimal())
        return SmsHeard(f"+{number}", form.get("mes", ""), form.get("id", ""))


def basic_auth(login: str, password: str) -> dict[str, str]:
    """RFC 7617, in UTF-8."""
    return {"Authorization": "Basic " + b64encode(f"{login}:{password}".encode()).decode()}


def _parsed(body: bytes, status: int) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as exc:
        raise SmsRefused("sms-not-now", f"HTTP {status}, not JSON") from exc
    if not isinstance(answer, dict):
        raise SmsRefused("sms-not-now", f"HTTP {status}, not an object")
    return answer


class _Tongue(Protocol):
    send_path: str
    news_path: str
    has_basic: bool

    def message(self, provider: HttpProvider, message: SmsMessage) -> Mapping[str, str]: ...

    def taken(self, answer: Mapping[str, Any]) -> str: ...

    def question(self, provider: HttpProvider, asked: Asked, /) -> Mapping[str, str]: ...

    def news(self, asked: Asked, answer: Mapping[str, Any]) -> SmsNews | None: ...


class _Smsc:
    """Codes of refusal: 1 parameters, 2 sign-in, 3 no money, 4 address blocked, 6 text or sender forbidden, 7 number,
    8 cannot be delivered, 9 too many at once. States: 1 delivered, 2 read, 3 expired, from 20 on failed."""

    send_path, news_path, has_basic = "/sys/send.php", "/sys/status.php", False
    _for_ever: Final = frozenset({1, 6, 7, 8})

    def message(self, provider: HttpProvider, message: SmsMessage) -> Mapping[str, str]:
        form = self._form(provider) | {
            "phones": message.number,
            "mes": message.text,
            "id": str(message.id),
            "charset": "utf-8",
        }
        return form | ({"sender": provider.signature} if provider.signature else {})

    def taken(self, answer: Mapping[str, Any]) -> str:
        if "id" in answer and "error" not in answer:
            return str(answer["id"])
        code = answer.get("error_code")
        words = f"{code}: {answer.get('error', 'no id in the answer')}"
        raise SmsRefused("sms-refused" if code in self._for_ever else "sms-not-now", words)

    def question(self, provider: HttpProvider, asked: Asked) -> Mapping[str, str]:
        return self._form(provider) | {"phone": asked.number, "id": asked.sender_id}

    def news(self, asked: Asked, answer: Mapping[str, Any]) -> SmsNews | None:
        status = answer.get("status")
        if status in (1, 2):
            return SmsNews(asked.sender_id, SmsOutcome.DELIVERED)
        if isinstance(status, int) and (status == 3 or status >= 20):
            return SmsNews(asked.sender_id, SmsOutcome.FAILED, f"status {status} {answer.get('err', '')}")
        return None

    def _form(self, provider: HttpProvider) -> dict[str, str]:
        return {"login": provider.login, "psw": provider.password, "fmt": "3"}


class _SmsAero:
    """States: 0 queued, 1 delivered, 2 not delivered, 3 handed over, 6 refused, 8 looked at by a person."""

    send_path, news_path, has_basic = "/v2/sms/send", "/v2/sms/status", True

    def message(self, provider: HttpProvider, message: SmsMessage) -> Mapping[str, str]:
        return {
            "number": message.number.removeprefix("+"),
            "text": message.text,
            "sign": provider.signature or "SMS Aero",
        }

    def taken(self, answer: Mapping[str, Any]) -> str:
        data = answer.get("data")
        if answer.get("success") and isinstance(data, dict) and "id" in data:
            return str(data["id"])
        raise SmsRefused("sms-refused", str(answer.get("message") or "no id in the answer"))

    def question(self, _provider: HttpProvider, asked: Asked, /) -> Mapping[str, str]:
        return {"id": asked.sender_id}

    def news(self, asked: Asked, answer: Mapping[str, Any]) -> SmsNews | None:
        data = answer.get("data")
        status = data.get("status") if isinstance(data, dict) else None
        if status == 1:
            return SmsNews(asked.sender_id, SmsOutcome.DELIVERED)
        if status in (2, 6):
            return SmsNews(asked.sender_id, SmsOutcome.FAILED, f"status {status}")
        return None


_TONGUES: Final[Mapping[Dialect, _Tongue]] = {Dialect.SMSC: _Smsc(), Dialect.SMSAERO: _SmsAero()}
