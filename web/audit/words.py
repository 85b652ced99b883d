"""Actions, things and differences in Russian. Pure. What is not known here is shown as it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.network.audit_log import AuditLine
from web.dealers import history_words
from web.ui.formats import phone
from web.ui.templates import ROLE_TITLES

ACTIONS: Final = history_words.ACTIONS | {
    "user:signed-in": "Вход",
    "user:signed-out": "Выход",
    "user:signed-out-everywhere": "Выход на всех устройствах",
    "user:signed-out-elsewhere": "Завершены другие сеансы",
    "user:session-ended": "Завершён один сеанс",
    "user:sign-in-failed": "Неверный пароль",
    "user:code-failed": "Неверный код входа",
    "user:totp-on": "Второй ключ подключён",
    "user:totp-off": "Второй ключ отключён",
    "user:totp-codes": "Выданы новые запасные коды",
    "user:totp-reset": "Второй ключ сброшен",
    "acting:started": "Вход от имени дилера",
    "acting:ended": "Выход из роли дилера",
    "security:changed": "Кому нужен второй ключ",
    "api-key:made": "Ключ API сделан",
    "api-key:revoked": "Ключ API отозван",
    "audit:exported": "Журнал действий выгружен",
    "recording:played": "Запись прослушана",
    "recording:downloaded": "Запись скачана",
    "recording:deleted": "Запись удалена по сроку хранения",
    "recording:held": "Удаление записи запрещено",
    "recording:released": "Запрет удаления записи снят",
    "recording:paused": "Запись разговора на паузе",
    "recording:resumed": "Запись разговора продолжена",
    "recording:compared": "Сверка записей и файлов начата",
    "recording:file-removed": "Лишний файл записи удалён",
    "retention:saved": "Срок хранения записей задан",
    "retention:moved": "Порядок сроков хранения изменён",
    "retention:removed": "Срок хранения записей убран",
    "order:offered": "Заказ предложен дилерам",
    "order:accepted": "Заказ принят",
    "order:declined": "Дилер отказался от заказа",
    "order:released": "Заказ возвращён",
    "order:assigned": "Заказ назначен",
    "order:status": "Статус заказа",
    "order:closed": "Заказ закрыт",
    "order:reopened": "Заказ открыт заново",
    "order:changed": "Заказ изменён",
    "order:manager": "Менеджер заказа",
    "order:deleted": "Заказ удалён",
    "order:contact-vouched": "Контакт подтверждён вручную",
    "order:phone-policy": "Когда дилер видит номер",
    "order:call-shown": "Звонок показан клиенту",
    "order:call-hidden": "Звонок скрыт от клиента",
    "phone:revealed": "Номер клиента открыт дилеру",
    "call:pressed": "Нажата кнопка «Позвонить клиенту»",
    "call:refused": "Звонок не разрешён",
    "robot:sent": "Робот послан к клиенту",
    "robot:called-off": "Звонок робота отменён",
    "do-not-call:added": "Номер внесён в «Не звонить»",
    "do-not-call:lifted": "Номер снят с «Не звонить»",
    "phrase:recorded": "Фраза робота записана",
    "phrase:restored": "Фраза робота: снова синтезатор",
    "orders:moved": "Заказы дилера переданы",
    "orders:exported": "Заказы выгружены",
    "order-policy:saved": "Правила заказов сохранены",
    "order-policy:rolled-back": "Правила заказов возвращены",
    "policy:created": "Политика звонков создана",
    "policy:saved": "Политика звонков сохранена",
    "policy:rolled-back": "Политика звонков возвращена",
    "settings:saved": "Настройки сохранены",
    "integration:saved": "Соединение с LeadsDB сохранено",
    "integration:checked": "Соединение с LeadsDB проверено",
    "integration:synced": "Лиды из LeadsDB: нажата кнопка",
    "status:saved": "Статус заказов сохранён",
    "status:reordered": "Порядок статусов",
    "reason:saved": "Причина сохранена",
    "reason:reordered": "Порядок причин",
    "points:adjusted": "Баллы изменены вручную",
    "points:repaired": "Баллы исправлены",
    "task:taken": "Задача взята",
    "task:released": "Задача возвращена",
    "task:postponed": "Задача отложена",
    "task:closed": "Задача закрыта",
    "task:reopened": "Задача открыта заново",
    "pause:begun": "Пауза",
    "pause:ended": "Конец паузы",
    "duty:added": "Дежурство добавлено",
    "duty:changed": "Дежурство изменено",
    "duty:removed": "Дежурство убрано",
    "duty:handed-over": "Дежурство передано",
    "did:added": "Номер добавлен",
    "did:changed": "Номер изменён",
    "did:switched": "Номер включён или выключен",
    "calendar:set": "Праздник записан",
    "calendar:removed": "Праздник убран",
    "customer:changed": "Клиент изменён",
    "customer:merged": "Клиенты объединены",
    "customer:unmerged": "Объединение отменено",
    "customer:forgotten": "Данные клиента удалены по его просьбе",
    "contact:added": "Контакт добавлен",
    "contact:removed": "Контакт удалён",
    "contact:main": "Основной контакт выбран",
    "consent:given": "Согласие получено",
    "consent:revoked": "Согласие отозвано",
    "claim:checked": "Проверка, занят ли клиент",
    "claim:registered": "Клиент закреплён за дилером",
    "claim:released": "Клиент откреплён",
    "view:saved": "Вид списка сохранён",
    "view:deleted": "Вид списка удалён",
    "messages:chosen": "Кому о чём сообщать",
    "messages:quiet": "Тихие часы",
    "letter:again": "Письмо отправлено ещё раз",
    "dealer:trade": "Условия дилера",
    "dealer:goods": "Товары дилера",
}
SUBJECTS: Final = {
    "user": "Вход и люди",
    "acting": "Вход от имени дилера",
    "security": "Защита входа",
    "invite": "Приглашения",
    "customer": "Клиенты",
    "contact": "Контакты клиентов",
    "consent": "Согласия",
    "claim": "Закрепление клиентов",
    "order": "Заказы",
    "dealer": "Дилеры",
    "outlet": "Точки",
    "phone": "Телефоны",
    "did": "Номера",
    "recording": "Записи разговоров",
    "retention": "Сроки хранения записей",
    "policy": "Политики звонков",
    "order-policy": "Правила заказов",
    "points": "Баллы",
    "task": "Задачи",
    "duty": "Дежурства",
    "api-key": "Ключи API",
    "robot": "Робот",
    "do-not-call": "Не звонить",
    "phrase": "Фразы робота",
    "settings": "Настройки",
    "integration": "LeadsDB",
    "audit": "Журнал действий",
}
_THINGS: Final = {
    "user": ("Сотрудник", "/people/{}"),
    "organization": ("Дилер", "/dealers/{}"),
    "org": ("Дилер", "/dealers/{}"),
    "outlet": ("Точка", "/outlets/{}"),
    "phone": ("Телефон", "/phones/{}"),
    "customer": ("Клиент", "/customers/{}"),
    "order": ("Заказ", ""),
    "did": ("Номер", "/dids/{}"),
    "task": ("Задача", "/tasks/{}"),
    "recording": ("Запись", "/recordings/{}"),
    "recordings": ("Хранилище записей", ""),
    "retention_rule": ("Срок хранения", ""),
    "policy": ("Политика", ""),
    "invite": ("Приглашение", ""),
    "api_key": ("Ключ API", ""),
    "settings": ("Настройки", ""),
    "integration": ("Соединение", ""),
    "phrase": ("Фраза", ""),
    "do-not-call": ("Номер «Не звонить»", ""),
    "duty": ("Дежурство", ""),
    "letter": ("Письмо", ""),
}
_FIELDS: Final = history_words.FIELDS | {
    "reason": "Причина",
    "note": "Заметка",
    "tags": "Метки",
    "inn": "ИНН",
    "totp_roles": "Роли",
    "email": "Почта",
    "sessions": "Сеансов",
    "place": "Откуда",
    "source": "Откуда",
    "text_version": "Текст согласия",
    "value": "Значение",
    "merged_id": "Второй клиент",
    "count": "Строк",
    "phone_policy": "Когда виден номер",
    "call_id": "Звонок",
    "why": "Чем открыт",
    "phones": "Телефоны",
    "cli_label": "Подпись номера у клиента",
    "code": "Причина",
    "until": "До",
    "login": "Пользователь",
    "secret": "Секрет",
    "every_minutes": "Каждые, минут",
    "site_org_id": "Чьи лиды",
    "generation": "Которая база",
    "whole": "С первого лида",
    "trouble": "Ошибка",
}
_SILENT: Final = frozenset({"email_sha256", "asked_sha256", "changes", "is_on"})
_WORDS: Final = (
    {"pd": "персональные данные", "ads": "реклама", "calls": "автоматические звонки"}
    | {
        "open": "сразу",
        "until_first_call": "после первого звонка",
        "never": "никогда",
        "answered": "разговор",
        "attempted": "набор номера",
        "replaced": "заменён",
    }
    | {role.value: title for role, title in ROLE_TITLES.items()}
)
MAX_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Detail:
    """`before` None: a plain fact."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class AuditText:
    line: AuditLine
    title: str
    thing: str
    href: str
    details: tuple[Detail, ...]


def text_of(line: AuditLine) -> AuditText:
    title = ACTIONS.get(line.action, line.action)
    if isinstance(line.data.get("is_on"), bool):
        title = f"{title}: {'включено' if line.data['is_on'] else 'выключено'}"
    name, address = _THINGS.get(line.entity, (line.entity, ""))
    href = address.format(line.entity_id) if address and line.entity_id.isdigit() else ""
    thing = f"{name} {line.entity_id}".strip()
    return AuditText(line, title, thing, href, (*_changes(line.data), *_facts(line.data)))


def _changes(data: Mapping[str, Any]) -> list[Detail]:
    changes = data.get("changes")
    if not isinstance(changes, Mapping):
        return []
    pairs = ((name, pair) for name, pair in changes.items() if isinstance(pair, list) and len(pair) == 2)
    return [Detail(_title(str(name)), shown(pair[0]), shown(pair[1])) for name, pair in pairs]


def _facts(data: Mapping[str, Any]) -> list[Detail]:
    facts = ((name, value) for name, value in data.items() if name not in _SILENT and value not in ("", None))
    return [Detail(_title(name), None, shown(value)) for name, value in facts]


def _title(name: str) -> str:
    return _FIELDS.get(name, name)


def shown(value: Any) -> str:
    """Readable, cut; a nested structure as it is."""
    if isinstance(value, bool):
        return "да" if value else "нет"
    if value in (None, "", []):
        return "—"
    if isinstance(value, list):
        text = ", ".join(shown(one) for one in value)
    else:
        text = _WORDS.get(str(value), str(value))
    if text.startswith("+") and text[1:].isdigit():
        text = phone(text)
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}…"
