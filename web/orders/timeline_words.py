"""How each event of an order reads: icon, tone, title and what follows it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcore.orders.card_views import LineChangeView, TimelineItem
from callcore.orders.model import OrderEventKind
from web.callbacks.words import REASONS as CALLBACK_REASONS
from web.orders.words import exact_money
from web.ui.formats import moment, plural


@dataclass(frozen=True, slots=True)
class Look:
    """`note` is a mark beside the title; `text` what somebody wrote; `more` lines of facts."""

    icon: str
    tone: str
    title: str
    text: str = ""
    note: str = ""
    more: tuple[str, ...] = ()


_FIELD_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "lines": ("package", "Изменён состав"),
    "promo": ("percentage", "Применён промокод"),
    "promo-removed": ("percentage", "Промокод убран"),
    "deadline": ("calendar-event", "Изменён срок"),
    "place": ("map-pin", "Изменён адрес"),
    "manager": ("user-circle", "Сменился менеджер"),
    "reward": ("star", "Изменена награда за заказ"),
    "org": ("building-store", "Заказ у дилера"),
    "file-removed": ("trash", "Файл убран"),
    "phone-policy": ("lock", "Когда дилер видит номер клиента"),
}
PHONE_POLICIES: Final = {
    "": "как у дилера",
    "open": "сразу",
    "until_first_call": "после первого звонка",
    "never": "никогда",
}
_LINE_FIELDS: Final = {
    "quantity_m": "количество",
    "price": "цена",
    "name": "название",
    "article": "артикул",
    "unit": "единица",
    "params": "параметры",
    "kind": "вид",
}
_LINE_WHAT: Final = {"added": "добавлено", "removed": "убрано", "changed": "изменено"}


def look_of(item: TimelineItem, tz: str) -> Look:
    """Of anything but a call."""
    if item.kind in _LOOKS:
        return _LOOKS[item.kind](item, tz)
    icon, tone, title = _PLAIN.get(item.kind, ("pencil", "calm", "Изменён"))
    return Look(icon, tone, title, text=item.reason or item.text, more=_whose(item))


def changed_words(changes: tuple[LineChangeView, ...]) -> tuple[str, ...]:
    """«Доска: количество 40 → 20»."""
    return tuple(_line_words(change) for change in changes)


def what_changed(changes: tuple[LineChangeView, ...]) -> str:
    """«количество и цену», «состав»: of the others' changes in one phrase."""
    names = {name for change in changes if change.what == "changed" for name, _, _ in change.words}
    only_changed = all(change.what == "changed" for change in changes)
    words = {"quantity_m": "количество", "price": "цену", "params": "параметры", "name": "название"}
    if not only_changed or not names or not names <= set(words):
        return "состав"
    return " и ".join(words[name] for name in words if name in names)


def _line_words(change: LineChangeView) -> str:
    if change.what != "changed":
        values = {name: after or before for name, before, after in change.words}
        return f"{_LINE_WHAT.get(change.what, change.what)}: {change.name}, {values.get('quantity_m', '')} × {values.get('price', '')}"
    parts = (f"{_LINE_FIELDS.get(name, name)} {old or '—'} → {new or '—'}" for name, old, new in change.words)
    return f"{change.name}: {', '.join(parts)}"


def _status(item: TimelineItem, tz: str) -> Look:
    title = f"{item.status_from} → {item.status_to}" if item.status_from else item.status_to
    until = (f"до {_moment(item.after, tz)}",) if item.after else ()
    return Look("flag", "info", title, text=item.text or item.reason, more=until)


def _comment(item: TimelineItem, _tz: str) -> Look:
    return Look(
        "message", "calm", "Комментарий", text=item.text, note="видит клиент" if item.is_public else ""
    )


def _changed(item: TimelineItem, tz: str) -> Look:
    icon, title = _FIELD_TITLES.get(item.field, ("pencil", "Изменён"))
    return Look(icon, "calm", title, more=_change_words(item, tz))


def _change_words(item: TimelineItem, tz: str) -> tuple[str, ...]:
    sums = f"{_sum(item.before)} → {_sum(item.after)}"
    if item.field == "lines":
        return (*changed_words(item.lines), *((f"сумма {sums}",) if item.before != item.after else ()))
    if item.field in ("promo", "promo-removed"):
        return (item.text, f"сумма {sums}")
    if item.field == "deadline":
        return (f"{_moment(item.before, tz) or 'без срока'} → {_moment(item.after, tz)}",)
    if item.field == "reward":
        return (f"{item.before or 'обычная'} → {item.after or 'обычная'}",)
    if item.field == "phone-policy":
        return (f"{PHONE_POLICIES[item.before]} → {PHONE_POLICIES[item.after]}",)
    if item.before or item.after:
        return (f"{item.before.strip(', ') or '—'} → {item.after.strip(', ') or '—'}",)
    return (item.text,) if item.text else ()


def _contact(item: TimelineItem, _tz: str) -> Look:
    if item.text:
        return Look("phone-check", "ok", "Контакт с клиентом подтверждён вручную", text=item.text)
    return Look("phone-check", "ok", "Контакт с клиентом подтверждён разговором")


def _closed(item: TimelineItem, _tz: str) -> Look:
    more = [item.reason] if item.reason else []
    if item.points:
        points = plural(abs(item.points), "балл", "балла", "баллов")
        more.append(f"{'+' if item.points > 0 else '−'}{points} дилеру")
    is_failed = bool(item.reason)
    icon, tone = ("circle-x", "bad") if is_failed else ("circle-check", "ok")
    return Look(icon, tone, f"Завершён: {item.status_to.lower()}", text=item.text, more=tuple(more))


def _file(item: TimelineItem, _tz: str) -> Look:
    if item.field == "file-removed":
        return Look("trash", "calm", "Файл убран", more=(item.text,))
    return Look("file-text", "info", "Файл", note="видит клиент" if item.is_public else "")


_DELIVERIES: Final = {
    "waiting": "ещё не отправлено",
    "sent": "отправлено",
    "delivered": "доставлено",
    "failed": "не доставлено",
}


_WAYS: Final = {"sms": ("message", "SMS"), "email": ("mail", "Письмо")}


def _message(item: TimelineItem, _tz: str) -> Look:
    icon, what = _WAYS.get(item.channel, ("mail", "Сообщение"))
    if not item.actor_name:
        return Look(icon, "info", f"{what} клиента", text=item.text)
    state = _DELIVERIES.get(item.delivery)
    return Look(icon, "info", f"{what} клиенту", text=item.text, more=(state,) if state else ())


def _feedback(item: TimelineItem, _tz: str) -> Look:
    titles = {"complaint": ("alert-triangle", "bad", "Жалоба"), "review": ("star", "info", "Отзыв")}
    icon, tone, title = titles.get(item.field, ("star", "info", "Ответ на опрос"))
    return Look(icon, tone, title, text=item.text)


_ROBOT: Final = {
    "confirmed": ("circle-check", "ok", "Клиент подтвердил заказ"),
    "changed": ("pencil", "warn", "Клиент хочет изменить заказ"),
    "person": ("phone-call", "info", "Клиент попросил менеджера"),
    "stopped": ("ban", "warn", "Клиент просит не звонить автоматически"),
    "no_key": ("help", "warn", "Робот дозвонился, клиент ничего не нажал"),
    "unanswered": ("phone-off", "warn", "Робот не дозвонился"),
    "barred": ("ban", "calm", "Робот не звонит: номер в списке «Не звонить» или нет согласия"),
    "not_needed": ("robot", "calm", "Звонок робота больше не нужен"),
    "no_number": ("phone-off", "calm", "Робот не звонит: нет подходящего номера"),
}


def _robot(item: TimelineItem, _tz: str) -> Look:
    icon, tone, title = _ROBOT.get(item.field, ("robot", "calm", "Робот"))
    words = {"talked": "Менеджер ответил сразу", "link": "По ссылке на странице заказа"}
    return Look(icon, tone, title, more=(words[item.text],) if item.text in words else ())


_CALLBACK: Final = {
    "asked": ("phone-call", "info", "Клиент заказал обратный звонок"),
    "assigned": ("user-check", "info", "Обратный звонок поручен"),
    "unreached": ("phone-off", "warn", "Обратный звонок: не дозвонились"),
    "done": ("phone-check", "ok", "Обратный звонок состоялся"),
    "closed": ("phone-check", "calm", "Обратный звонок закрыт"),
    "expired": ("clock", "calm", "Обратный звонок: срок истёк"),
}


def _callback(item: TimelineItem, _tz: str) -> Look:
    icon, tone, title = _CALLBACK.get(item.field, ("phone-call", "info", "Обратный звонок"))
    said = CALLBACK_REASONS.get(item.text, item.text)
    return Look(icon, tone, title, more=(said,) if said else ())


def _whose(item: TimelineItem) -> tuple[str, ...]:
    return (item.org_name,) if item.org_name else ()


def _sum(kopecks: str) -> str:
    return exact_money(int(kopecks)) if kopecks.lstrip("-").isdigit() else "—"


def _moment(text: str, tz: str) -> str:
    try:
        return moment(datetime.fromisoformat(text), tz) if text else ""
    except ValueError:
        return ""


_LOOKS: Final[Mapping[OrderEventKind, Callable[[TimelineItem, str], Look]]] = {
    OrderEventKind.STATUS: _status,
    OrderEventKind.COMMENT: _comment,
    OrderEventKind.CHANGED: _changed,
    OrderEventKind.CONTACT: _contact,
    OrderEventKind.CLOSED: _closed,
    OrderEventKind.FILE: _file,
    OrderEventKind.MESSAGE: _message,
    OrderEventKind.FEEDBACK: _feedback,
    OrderEventKind.CALLBACK: _callback,
    OrderEventKind.ROBOT: _robot,
}
_PLAIN: Final[Mapping[OrderEventKind, tuple[str, str, str]]] = {
    OrderEventKind.CREATED: ("plus", "ok", "Создан"),
    OrderEventKind.OFFERED: ("sitemap", "info", "Предложен дилерам"),
    OrderEventKind.ACCEPTED: ("circle-check", "ok", "Принят"),
    OrderEventKind.DECLINED: ("ban", "warn", "Дилер отказался"),
    OrderEventKind.RELEASED: ("arrow-back-up", "warn", "Возвращён"),
    OrderEventKind.ASSIGNED: ("user-check", "info", "Назначен дилер"),
    OrderEventKind.REOPENED: ("refresh", "warn", "Открыт снова"),
}
