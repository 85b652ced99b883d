"""Russian words of the room of messages. Pure."""

from collections.abc import Mapping
from typing import Final

from callcore.kernel.errors import Invalid
from callcore.messaging.deliveries import DeliveryState
from callcore.messaging.matrix import Channel, Recipient
from callcore.messaging.rules import MAX_SMS_CHARS
from callcore.messaging.texts import MAX_BODY_CHARS

RECIPIENTS: Final[Mapping[Recipient, tuple[str, str]]] = {
    Recipient.SELF: ("Себе", "кто сделал это сам"),
    Recipient.CUSTOMER: ("Клиент", "почта и SMS"),
    Recipient.MANAGER: ("Менеджер", "кто ведёт заказ или задачу"),
    Recipient.DEALER: ("Дилер", "люди дилера"),
    Recipient.ADMIN: ("Завод", "администратор, менеджеры, супервайзер"),
}
CHANNELS: Final[Mapping[Channel, tuple[str, str]]] = {
    Channel.SITE: ("На сайте", "bell"),
    Channel.EMAIL: ("Почта", "mail"),
    Channel.SMS: ("SMS", "message"),
}
STATES: Final[Mapping[DeliveryState, tuple[str, str, str]]] = {
    DeliveryState.WAITING: ("Ждёт отправки", "calm", "hourglass"),
    DeliveryState.SENT: ("Отправлено", "info", "send"),
    DeliveryState.DELIVERED: ("Доставлено", "ok", "check"),
    DeliveryState.FAILED: ("Не доставлено", "bad", "alert-circle"),
}
ERRORS: Final[Mapping[str, str]] = {
    "sms-a-day-wrong": "Целое число от 0 до 100 000",
    "words-empty": "Напишите текст",
    "words-too-long": f"Не длиннее {MAX_BODY_CHARS} знаков",
    "words-syntax": "Не получается разобрать. Можно: {{ имя }} и {% if имя %}…{% endif %}, имена из списка рядом",
    "phone-wrong": "Это не номер телефона. Напишите его с кодом: +7 912 123-45-67",
    "no-own-email": "У вас не указана почта",
    "no-own-sms": "Укажите свой номер для SMS на странице «Мои оповещения» и повторите",
    "text-empty": "Напишите сообщение",
    "text-too-long": f"Слишком длинно: SMS до {MAX_SMS_CHARS} знаков, письмо до {MAX_BODY_CHARS}",
    "no-address": "У клиента нет такого адреса: выберите другой способ",
    "time-wrong": "Напишите время часами и минутами, например 22:00",
    "cell-locked": "Это оповещение выключить нельзя",
    "cell-unknown": "Такого оповещения нет: обновите страницу",
    "cell-not-yours": "Это решает завод",
}
REASONS: Final[Mapping[str, str]] = {
    "sms-not-set-up": "SMS не подключены: задайте senders в разделе [sms] файла настроек",
    "no-consent": "Нет согласия клиента на рекламу",
    "no-site-address": "Не задан адрес сайта (site_address в разделе [mail]): письмо было бы без ссылки",
    "too-old": "Ждало дольше трёх дней и устарело",
}


def error_words(code: str) -> str:
    name, _, rest = code.partition(":")
    if name == "unknown-name":
        return f"Имени «{rest}» здесь нет: выберите из списка рядом"
    return ERRORS.get(code, "Проверьте это поле")


def errors_of(error: Invalid) -> dict[str, str]:
    return {name: error_words(code) for name, code in error.details.get("fields", {}).items()}


def reason_words(code: str) -> str:
    """Why something was not sent; what another server said stays as it is."""
    return REASONS.get(code, code)
