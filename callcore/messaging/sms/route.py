"""One SMS over the first way out that takes it."""

from collections.abc import Sequence

from callcore.kernel.logs import get_logger
from callcore.messaging.sms.port import Asked, SentSms, SmsMessage, SmsNews, SmsRefused, SmsSender

NOT_SET_UP = "sms-not-set-up"
_log = get_logger(__name__)


class SmsRoute:
    """`senders` in their order. A message that one of them may have taken is not given to the next at once; each further
    try begins one place further, so that one that hangs does not hold a message for ever."""

    def __init__(self, senders: Sequence[SmsSender]) -> None:
        self._senders = tuple(senders)

    @property
    def is_set_up(self) -> bool:
        return bool(self._senders)

    def start(self) -> None:
        for sender in self._senders:
            sender.start()

    async def close(self) -> None:
        for sender in self._senders:
            await sender.close()

    async def send(self, message: SmsMessage, attempt: int = 1) -> SentSms:
        """`attempt` counts from 1. Raises SmsRefused: for ever only when all refuse so, or nobody is there."""
        if not self._senders:
            raise SmsRefused("sms-refused", NOT_SET_UP)
        first = (attempt - 1) % len(self._senders)
        refusals: list[tuple[str, SmsRefused]] = []
        for sender in self._senders[first:] + self._senders[:first]:
            try:
                return SentSms(sender.name, await sender.send(message))
            except SmsRefused as refusal:
                _log.warning("sms refused", sender=sender.name, id=message.id, code=refusal.code)
                refusals.append((sender.name, refusal))
                if refusal.code == "sms-unknown":
                    break
        words = "; ".join(f"{name}: {refusal.message}" for name, refusal in refusals)
        is_final = all(not refusal.retryable for _, refusal in refusals)
        raise SmsRefused("sms-refused" if is_final else "sms-not-now", words)

    async def news(self, name: str, asked: Sequence[Asked]) -> tuple[SmsNews, ...]:
        """Raises SmsRefused when it cannot be asked now."""
        sender = next((one for one in self._senders if one.name == name), None)
        return await sender.news(asked) if sender is not None else ()
