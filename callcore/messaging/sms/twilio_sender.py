"""SMS by Twilio. News of delivery come by its webhook, whose signature is checked; a poll finds what it has lost."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientConnectorError, ClientError

from callcore.kernel.errors import Forbidden
from callcore.messaging.sms.http_sender import basic_auth
from callcore.messaging.sms.port import Asked, SmsHeard, SmsMessage, SmsNews, SmsOutcome, SmsRefused

if TYPE_CHECKING:
    from twilio.rest import Client

OWN_ADDRESS: Final = "https://api.twilio.com"
HOOK_PATH: Final = "/hooks/twilio/status"
HEARD_PATH: Final = "/hooks/twilio/incoming"
_TRY_AGAIN: Final = frozenset({401, 403, 429})  # mended by people, or by waiting


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """`sender` is a number or a messaging service (MG…). `hook_address` is our webhook's whole address as Twilio sees it,
    empty for none. `address` is Twilio's own unless something stands between."""

    account: str
    token: str
    sender: str
    hook_address: str = ""
    address: str = OWN_ADDRESS
    limit_s: float = 15.0


class TwilioSender:
    name = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    def start(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, message: SmsMessage) -> str:
        account = self._account
        is_service = account.sender.startswith("MG")
        values: dict[str, Any] = {"messaging_service_sid" if is_service else "from_": account.sender}
        if account.hook_address:
            values["status_callback"] = account.hook_address

        async def create(client: "Client") -> Any:
            return await client.messages.create_async(to=message.number, body=message.text, **values)

        return str((await self._call(create)).sid)

    async def news(self, asked: Sequence[Asked]) -> tuple[SmsNews, ...]:
        found = []
        for one in asked:

            async def fetch(client: "Client", sid: str = one.sender_id) -> Any:
                return await client.messages(sid).fetch_async()

            message = await self._call(fetch)
            if (
                news := news_of(one.sender_id, str(message.status), str(message.error_code or ""))
            ) is not None:
                found.append(news)
        return tuple(found)

    async def _call(self, work: Any) -> Any:
        from twilio.base.exceptions import TwilioException, TwilioRestException
        from twilio.rest import Client

        http = _door(self._account)
        client = Client(self._account.account, self._account.token, http_client=http)
        try:
            async with asyncio.timeout(self._account.limit_s), http:
                return await work(client)
        except TwilioRestException as exc:
            is_later = exc.status >= 500 or exc.status in _TRY_AGAIN
            words = f"{exc.status} {exc.code or ''} {exc.msg}"
            raise SmsRefused("sms-not-now" if is_later else "sms-refused", words) from exc
        except TimeoutError as exc:
            raise SmsRefused("sms-unknown", "no answer in time") from exc
        except ClientConnectorError as exc:
            raise SmsRefused("sms-not-now", type(exc).__name__) from exc
        except (ClientError, OSError, TwilioException, ValueError) as exc:
            raise SmsRefused("sms-not-now", type(exc).__name__) from exc


def _door(account: TwilioAccount) -> Any:
    from twilio.http.async_http_client import AsyncTwilioHttpClient

    class Door(AsyncTwilioHttpClient):  # type: ignore[misc]
        async def request(
            self, method: str, url: str, headers: Any = None, auth: Any = None, **more: Any
        ) -> Any:
            own = account.address.rstrip("/") + url.removeprefix(OWN_ADDRESS)
            named = {**(headers or {}), **(basic_auth(*auth) if auth else {})}
            address = own if url.startswith(OWN_ADDRESS) else url
            return await super().request(method, address, headers=named, **more)

    return Door(timeout=account.limit_s)


class TwilioHook:
    """What comes to the webhook is believed only when Twilio signed it with our token."""

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    def read(self, form: Mapping[str, str], signature: str) -> SmsNews | None:
        """None while the message is under way. Raises Forbidden for a forged one."""
        self._check(self._account.hook_address, form, signature)
        return news_of(form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode", ""))

    def hear(self, form: Mapping[str, str], signature: str) -> SmsHeard:
        """What a customer wrote. Raises Forbidden for a forged one."""
        self._check(self._account.hook_address.removesuffix(HOOK_PATH) + HEARD_PATH, form, signature)
        return SmsHeard(form.get("From", ""), form.get("Body", ""), form.get("MessageSid", ""))

    def _check(self, address: str, form: Mapping[str, str], signature: str) -> None:
        from twilio.request_validator import RequestValidator

        if not RequestValidator(self._account.token).validate(address, dict(form), signature):
            raise Forbidden("hook-forged")


def news_of(sid: str, status: str, error: str) -> SmsNews | None:
    if status in ("delivered", "read"):
        return SmsNews(sid, SmsOutcome.DELIVERED)
    if status in ("undelivered", "failed", "canceled"):
        return SmsNews(sid, SmsOutcome.FAILED, f"{status} {error}".strip())
    return None
