"""The history of a dealer in words: what was done, and each field before and after. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from callcore.network.dealer_card import HistoryRow
from callcore.network.model import Role
from callcore.network.policy import Ringing
from web.dealers.words import RINGING_WORDS, ROLE_WORDS
from web.ui.formats import phone

FIELDS: Final = {
    "name": "Название",
    "region_code": "Основной регион",
    "regions": "Дополнительные регионы",
    "site_url": "Сайт",
    "email": "Почта",
    "phones": "Телефоны",
    "description": "Описание",
    "promotions": "Акции",
    "logo": "Логотип",
    "parent": "Вышестоящая организация",
    "role": "Роль",
    "city": "Город",
    "address": "Адрес",
    "tz": "Часовой пояс",
    "lat": "Широта",
    "lon": "Долгота",
    "position": "Очередь",
    "ring_s": "Секунд звонить",
    "max_calls": "Разговоров сразу",
    "ringing": "Как звонить",
    "label": "Подпись",
    "number": "Номер",
    "extension": "Внутренний номер",
    "user_id": "Сотрудник",
    "lines": "Линий",
    "accept_by_key": "Приём клавишей",
    "kind": "Вид",
}
ACTIONS: Final = {
    "dealer:added": "Дилер добавлен",
    "dealer:changed": "Карточка изменена",
    "dealer:suspended": "Дилер приостановлен",
    "dealer:resumed": "Дилер снова работает",
    "dealer:moved": "Место в сети изменено",
    "authorised:set": "Авторизация",
    "site-orders:set": "Заказы с сайта",
    "site-calls:set": "Звонок с сайта",
    "outlet:added": "Точка добавлена",
    "outlet:changed": "Точка изменена",
    "outlet:removed": "Точка удалена",
    "accepts-calls:set": "Приём звонков",
    "hours:changed": "Часы изменены",
    "exception:set": "Исключение записано",
    "exception:removed": "Исключение убрано",
    "override:set": "Открыто или закрыто на время",
    "override:removed": "Снова по расписанию",
    "phone:added": "Телефон добавлен",
    "phone:changed": "Телефон изменён",
    "phone:active": "Телефон",
    "phone:secret-shown": "Пароль телефона показан",
    "user:added": "Сотрудник добавлен",
    "user:joined": "Сотрудник пришёл по приглашению",
    "user:changed": "Сотрудник изменён",
    "user:activated": "Вход открыт",
    "user:deactivated": "Вход закрыт",
    "user:password-set": "Пароль сменён",
    "invite:made": "Приглашение сделано",
    "invite:reset": "Ссылка на новый пароль сделана",
    "invite:revoked": "Ссылка отозвана",
}


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    who: str
    title: str
    subject: str
    note: str
    differences: tuple[Difference, ...]


def line_of(row: HistoryRow, regions: Mapping[str, str]) -> HistoryLine:
    changes = row.data.get("changes", {})
    title = ACTIONS.get(row.action, row.action)
    if isinstance(row.data.get("is_on"), bool):
        title = f"{title}: {'включено' if row.data['is_on'] else 'выключено'}"
    note = str(row.data.get("reason") or row.data.get("name") or "")
    before = {name: pair[0] for name, pair in changes.items()}
    after = {name: pair[1] for name, pair in changes.items()}
    return HistoryLine(row.at, row.who, title, row.subject, note, differences(before, after, regions))


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], regions: Mapping[str, str]
) -> tuple[Difference, ...]:
    return tuple(
        Difference(FIELDS.get(name, name), _shown(name, before[name], regions), _shown(name, value, regions))
        for name, value in after.items()
        if before[name] != value
    )


def _shown(name: str, value: Any, regions: Mapping[str, str]) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(name, one, regions) for one in value) or "—"
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "да" if value else "нет"
    if name in ("region_code", "regions"):
        return regions.get(value, str(value))
    if name in ("phones", "number"):
        return phone(value)
    return _word(name, str(value))


def _word(name: str, value: str) -> str:
    if name == "logo":
        return "есть"
    if name == "role" and value in set(Role):
        return ROLE_WORDS.get(Role(value), value)
    if name == "ringing" and value in set(Ringing):
        return RINGING_WORDS[Ringing(value)]
    return value
