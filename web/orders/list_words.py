"""Words of the order list: counts, waiting times, dates and sums as its columns show them. Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcore.orders.list_model import COUNT_LIMIT, TAB_NAMES, Count, ListRow, OrderTab, TabCount
from callcore.orders.model import OrderKind
from web.calls.words import Mark
from web.orders.words import deadline_mark, span
from web.ui.formats import NBSP, money, number

NEAR: Final = timedelta(minutes=15)
EMPTY: Final = {
    OrderTab.MINE: ("Своих заказов нет", "Здесь стоят заказы в работе, которые ведёте вы."),
    OrderTab.AVAILABLE: (
        "Свободных заказов нет",
        "Новый заказ появится здесь сам, когда его предложат. Обновлять страницу не нужно.",
    ),
    OrderTab.CLOSED: ("Завершённых заказов нет", "Сюда заказ попадает с результатом: выполнен или нет."),
    OrderTab.DECLINED: ("Отказов нет", "Здесь стоят заказы, от которых дилер отказался и которые никто не взял."),
    OrderTab.PROBLEMS: (
        "Проблем нет",
        "Сюда попадают просроченные заказы, те, что никто не взял вовремя, и заказы с жалобой.",
    ),
    OrderTab.ALL: (
        "Заказов пока нет",
        "Заказ появится здесь сам: с сайта, из каталога или после первого звонка нового клиента.",
    ),
}  # fmt: skip


def count_text(count: Count) -> str:
    """«312», «10 000+»."""
    return f"{number(COUNT_LIMIT)}+" if count.is_more else number(count.value)


def total_text(count: Count) -> str:
    """After «из»."""
    return f"более чем {number(COUNT_LIMIT)}" if count.is_more else number(count.value)


def range_text(start: int, shown: int, total: Count) -> str:
    """«Показано с 1 по 25 из 312»."""
    return f"Показано с {number(start)} по {number(start + shown - 1)} из {total_text(total)}"


def tab_title(one: TabCount) -> str:
    return TAB_NAMES[one.tab]


def created_day(row: ListRow, tz: str) -> str:
    return f"{row.order.created_at.astimezone(ZoneInfo(tz)):%d.%m.%Y}"


def created_time(row: ListRow, tz: str) -> str:
    return f"{row.order.created_at.astimezone(ZoneInfo(tz)):%H:%M}"


def due_day(row: ListRow, tz: str) -> str:
    return f"{row.order.due_at.astimezone(ZoneInfo(tz)):%d.%m.%Y}" if row.order.due_at else ""


def sum_text(row: ListRow) -> str:
    """«39 844 руб.»; a request without lines has no sum yet."""
    if not row.order.total_kopecks and row.order.kind is not OrderKind.ORDER:
        return "—"
    return money(row.order.total_kopecks).replace("₽", "руб.")


def clock(row: ListRow, now: datetime, tz: str) -> Mark | None:
    """How long it has been waiting: amber when it will soon be a problem, red when it is one. What does not wait shows
    its deadline."""
    if row.waiting_since is None:
        return deadline_mark(row.order, now, tz)
    text = f"ждёт {span(max(now - row.waiting_since, timedelta()))}"
    if row.attention_at is not None and row.attention_at <= now:
        return Mark(text, "bad", "alert-triangle")
    is_near = row.attention_at is not None and row.attention_at - now <= NEAR
    return Mark(text, "warn" if is_near else "calm", "hourglass" if is_near else "clock")


def alone_text(row: ListRow, now: datetime) -> str:
    """«3:12»: how long the viewer still sees it alone; empty when nobody else is waiting for it."""
    if row.others_from is None:
        return ""
    left = max(int((row.others_from - now).total_seconds()), 0)
    hours, rest = divmod(left, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def opens_text(opens_at: datetime, now: datetime) -> str:
    """Beside a dealer's name: nothing while he sees it, else when he will."""
    return f"через {span(opens_at - now)}" if opens_at > now + timedelta(minutes=1) else ""


def fresh_text(count: int) -> str:
    """«3 новых», «1 новый»."""
    is_one = count % 10 == 1 and count % 100 != 11
    return f"{number(count)}{NBSP}{'новый' if is_one else 'новых'}"
