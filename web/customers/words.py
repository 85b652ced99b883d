"""Customers in Russian: what is wrong with a field, consents, messages. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from callcore.customers.consents import ConsentKind, ConsentView
from callcore.customers.reading import MAX_NAME_CHARS, MAX_NOTE_CHARS
from callcore.kernel.errors import Invalid

ERRORS: Final = {
    "name-length": f"Не длиннее {MAX_NAME_CHARS} знаков, в одну строку",
    "kind-wrong": "Выберите из списка",
    "inn-wrong": "Это не ИНН: в нём 10 или 12 цифр, и последние проверочные. Сверьте с документом",
    "note-length": f"Не длиннее {MAX_NOTE_CHARS} знаков",
    "no-such-region": "Выберите регион из списка",
    "contact-wrong": "Напишите телефон с кодом города, например +7 912 345-67-89, или адрес почты",
    "phone-wrong": "Это не номер телефона. Напишите его с кодом города: +7 495 123-45-67",
    "phone-or-inn": "Нужен телефон или ИНН: по ним мы узнаём клиента",
    "asked-wrong": "Введите ИНН (10 или 12 цифр) или телефон с кодом города",
    "reason-length": "Напишите причину: например, номер и дату обращения клиента",
    "not-typed": "Введите слово УДАЛИТЬ, чтобы не нажать случайно",
}
KINDS: Final = (("person", "Человек"), ("company", "Компания"))
CONSENTS: Final = {
    ConsentKind.PERSONAL_DATA: "Обработка персональных данных",
    ConsentKind.ADS: "Реклама и предложения",
    ConsentKind.CALLS: "Автоматические звонки",
}
SOURCES: Final = {
    "site": "на сайте",
    "phone": "по телефону",
    "api": "через API",
    "link": "по ссылке",
    "forgotten": "просьба удалить данные",
}
TASKS: Final = {
    "callback": "Перезвонить",
    "duty": "Дежурный не ответил",
    "voicemail": "Голосовое сообщение",
    "missed": "Пропущенный звонок",
}
CHANNELS: Final = {
    "email": ("Письмо", "mail"),
    "sms": ("SMS", "message"),
    "site": ("На странице заказа", "message"),
}
STATES: Final = {
    "waiting": ("ждёт отправки", "calm"),
    "sent": ("отправлено", "info"),
    "dead": ("не отправлено", "bad"),
}
FIELDS: Final = (
    ("name", "Имя"),
    ("kind", "Кто это"),
    ("inn", "ИНН"),
    ("region_code", "Регион"),
    ("note", "Заметка"),
)


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One kind of consent as it stands; `at` is of the last word, None when nobody has asked."""

    kind: ConsentKind
    title: str
    is_given: bool
    at: datetime | None
    note: str


def consent_lines(consents: Sequence[ConsentView]) -> tuple[ConsentLine, ...]:
    return tuple(_line(kind, title, consents) for kind, title in CONSENTS.items())


def _line(kind: ConsentKind, title: str, consents: Sequence[ConsentView]) -> ConsentLine:
    of_kind = [one for one in consents if one.kind is kind]
    given = next((one for one in of_kind if one.is_in_force), None)
    if given is not None:
        text = f"текст {given.text_version}" if given.text_version else ""
        parts = (SOURCES.get(given.source, given.source), text, given.ip)
        return ConsentLine(kind, title, True, given.at, ", ".join(part for part in parts if part))
    if of_kind:
        last = of_kind[0]
        return ConsentLine(kind, title, False, last.revoked_at, SOURCES.get(last.revoke_source, ""))
    return ConsentLine(kind, title, False, None, "")


def errors_of(error: Invalid) -> dict[str, str]:
    """Words by the field."""
    fields: Mapping[str, Any] = error.details.get("fields", {})
    return {name: ERRORS.get(str(code), "Проверьте это поле") for name, code in fields.items()}
