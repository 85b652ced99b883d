"""Tasks in Russian: kinds, reasons, terms in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcore.calls.task_model import CloseReason, TaskKind, TaskTab
from web.ui.formats import NBSP, moment_short, plural

TABS: Final[Mapping[TaskTab, str]] = {
    TaskTab.MINE: "Мои",
    TaskTab.OPEN: "Открытые",
    TaskTab.OVERDUE: "Просроченные",
    TaskTab.CLOSED: "Закрытые",
}
KINDS: Final[Mapping[TaskKind, str]] = {
    TaskKind.MISSED: "Пропущенный звонок",
    TaskKind.VOICEMAIL: "Голосовое сообщение",
    TaskKind.CALLBACK: "Просьба перезвонить",
    TaskKind.DUTY: "Ночной звонок",
}
KIND_ICONS: Final[Mapping[TaskKind, str]] = {
    TaskKind.MISSED: "phone-x",
    TaskKind.VOICEMAIL: "record-mail",
    TaskKind.CALLBACK: "phone-outgoing",
    TaskKind.DUTY: "moon",
}
REASONS: Final[Mapping[CloseReason, str]] = {
    CloseReason.TALKED: "Поговорили",
    CloseReason.NO_ANSWER: "Не дозвонились",
    CloseReason.SPAM: "Спам",
    CloseReason.OTHER: "Другое",
}
EMPTY: Final[Mapping[TaskTab, tuple[str, str]]] = {
    TaskTab.MINE: (
        "У вас нет задач",
        "Возьмите задачу из открытых: так коллеги увидят, что клиентом уже занимаются.",
    ),
    TaskTab.OPEN: (
        "Все дела сделаны",
        "Здесь появится каждый пропущенный звонок, голосовое сообщение и звонок, на который ночью ответил дежурный.",
    ),
    TaskTab.OVERDUE: ("Просроченных задач нет", "Всё делается вовремя."),
    TaskTab.CLOSED: ("Закрытых задач пока нет", "Здесь остаётся всё сделанное: кто закрыл и чем кончилось."),
}
DELAYS: Final[Mapping[str, str]] = {
    "15m": "На 15 минут",
    "1h": "На час",
    "3h": "На 3 часа",
    "tomorrow": "До завтра, 10:00",
    "monday": "До понедельника, 10:00",
    "at": "До своего времени",
}
_LAPSES: Final = {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "3h": timedelta(hours=3)}
SOON: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Due:
    """A term in words with its tone: bad when it is over, warn when it is near."""

    text: str
    tone: str
    icon: str


def due_words(due_at: datetime, now: datetime, tz: str) -> Due:
    left = due_at - now
    if left < timedelta():
        return Due(f"просрочено на {_lapse(-left)}", "bad", "alert-circle")
    if left <= SOON:
        return Due(f"осталось {_lapse(left)}", "warn", "hourglass")
    zone = ZoneInfo(tz)
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return Due(f"через {_lapse(left)}", "calm", "clock")
    clock = f"{due_at.astimezone(zone):%H:%M}"
    if days == 1:
        return Due(f"завтра в{NBSP}{clock}", "calm", "clock")
    return Due(moment_short(due_at, tz), "calm", "calendar")


def _lapse(lapse: timedelta) -> str:
    minutes = int(lapse.total_seconds() // 60)
    if minutes < 1:
        return "меньше минуты"
    if minutes < 60:
        return f"{minutes}{NBSP}мин"
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours}{NBSP}ч" + (f" {rest}{NBSP}мин" if rest and hours < 5 else "")
    return plural(minutes // (24 * 60), "день", "дня", "дней")


def reason_words(reason: str) -> str:
    return REASONS[CloseReason(reason)] if reason in set(CloseReason) else reason


def delayed_until(delay: str, at: str, now: datetime, tz: str) -> datetime | None:
    """The instant of a choice of DELAYS on the person's clock; None when it cannot be read. `at` is 2026-03-16T10:00."""
    zone = ZoneInfo(tz)
    if delay in _LAPSES:
        return now + _LAPSES[delay]
    local = now.astimezone(zone)
    if delay in ("tomorrow", "monday"):
        days = 1 if delay == "tomorrow" else 7 - local.weekday()
        day = local.date() + timedelta(days=days)
        return datetime(day.year, day.month, day.day, 10, tzinfo=zone)
    if delay != "at":
        return None
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        return None
    return read.replace(tzinfo=zone) if read.tzinfo is None else None
