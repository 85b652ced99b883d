"""Words of the order's page: how long it took, how it ended, files, why it is a problem. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callcore.orders.attention import Cause
from callcore.orders.card_views import FileView, OrderCard
from callcore.orders.file_kinds import IMAGE_TYPES
from callcore.orders.model import RESULT_NAMES, Fault, OrderChannel, OrderResult
from web.calls.words import Mark
from web.ui.formats import NBSP, plural

FAULTS: Final[Mapping[Fault, str]] = {
    Fault.DEALER: "вина дилера",
    Fault.CUSTOMER: "решение клиента",
    Fault.NONE: "ничья вина",
}
CAUSES: Final[Mapping[Cause, str]] = {
    Cause.OVERDUE: "Срок прошёл",
    Cause.NOBODY: "Долго никто не принимает",
    Cause.NO_CONTACT: "Принят, а клиенту не позвонили",
    Cause.STUCK: "Стоит в этом состоянии дольше положенного",
    Cause.COMPLAINT: "Клиент пожаловался",
}
CHANNELS: Final[Mapping[str, str]] = {
    OrderChannel.SITE: "с сайта",
    OrderChannel.API: "из другой программы",
    OrderChannel.PHONE: "по телефону",
    OrderChannel.OPERATOR: "записал сотрудник",
    OrderChannel.CALLBACK: "обратный звонок",
    OrderChannel.IMPORT: "из таблицы",
    OrderChannel.SMS: "ответ на SMS",
}
_RESULTS: Final = {
    OrderResult.RUNNING: ("info", "hourglass"),
    OrderResult.DONE: ("ok", "circle-check"),
    OrderResult.FAILED: ("bad", "circle-x"),
}


def result_mark(result: OrderResult) -> Mark:
    tone, icon = _RESULTS[result]
    return Mark(RESULT_NAMES[result], tone, icon)


def term(card: OrderCard) -> str:
    """«1 день»: calendar days on the order's own clock; empty while it is not closed."""
    if card.closed_at is None:
        return ""
    days = (_day(card.closed_at, card.order.tz) - _day(card.order.created_at, card.order.tz)).days
    return plural(max(days, 0), "день", "дня", "дней") if days else "в тот же день"


def _day(at: datetime, tz: str) -> datetime:
    local = at.astimezone(ZoneInfo(tz))
    return datetime(local.year, local.month, local.day, tzinfo=ZoneInfo("UTC"))


def signed(points: int) -> str:
    """«+100», «−50», «0»."""
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def size(bytes_: int) -> str:
    if bytes_ < 1024:
        return f"{bytes_}{NBSP}Б"
    if bytes_ < 1024 * 1024:
        return f"{bytes_ // 1024}{NBSP}КБ"
    return f"{bytes_ / 1024 / 1024:.1f}{NBSP}МБ".replace(".", ",")


def file_icon(file: FileView) -> str:
    return "eye" if file.media_type in IMAGE_TYPES else "file-text"


def params(values: Mapping[str, str]) -> str:
    """«длина: 3100 мм, цвет: дуб светлый»."""
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def date_value(at: datetime | None, tz: str) -> str:
    """For a field of a day."""
    return at.astimezone(ZoneInfo(tz)).date().isoformat() if at else ""


def point_text(card: OrderCard) -> str:
    return "" if card.lat is None or card.lon is None else f"{card.lat:.6f}, {card.lon:.6f}"
