"""Russian words, tone and icon for statuses, deadlines and sums of orders. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from callcore.kernel.money import line_total_kopecks
from callcore.orders.card_views import OrderLineView
from callcore.orders.model import KIND_NAMES, UNKNOWN, OrderClass, OrderKind, OrderResult
from callcore.orders.views import OrderBrief
from web.calls.words import Mark
from web.ui.formats import NBSP, moment_short, money, plural

SOON: Final = timedelta(hours=24)
TABS: Final[tuple[tuple[str, str], ...]] = (
    ("", "Все"),
    (OrderClass.OPEN, "Новые"),
    (OrderClass.WAITING, "Ждут звонка"),
    (OrderClass.CONTACTED, "В работе"),
    (OrderClass.PAYMENT, "Оплата"),
    (OrderClass.CLOSED, "Завершённые"),
)
_CLASS_LOOKS: Final[Mapping[OrderClass, tuple[str, str]]] = {
    OrderClass.OPEN: ("info", "inbox"),
    OrderClass.WAITING: ("warn", "phone"),
    OrderClass.CONTACTED: ("ok", "phone-check"),
    OrderClass.PAYMENT: ("info", "coins"),
    OrderClass.CLOSED: ("calm", "circle-minus"),
}
_RESULT_LOOKS: Final = {OrderResult.DONE: ("ok", "circle-check"), OrderResult.FAILED: ("bad", "circle-x")}
_STATUS_LOOKS: Final = {
    "robot_confirmed": ("info", "robot"),
    "dealer_declined": ("warn", "ban"),
    "postponed": ("calm", "clock"),
    "clarifying": ("warn", "help"),
    "in_production": ("info", "package"),
}
CLASS_HINTS: Final = {
    OrderClass.OPEN: "Его ещё никто не взял",
    OrderClass.WAITING: "Взят в работу: нужно позвонить клиенту",
    OrderClass.CONTACTED: "С клиентом поговорили",
    OrderClass.PAYMENT: "Ждём деньги",
    OrderClass.CLOSED: "Работа закончена",
}
LINE_KINDS: Final = {"goods": "товар", "service": "услуга"}
MEDIUMS: Final = {
    "cpc": "платные переходы",
    "organic": "без рекламы",
    "offline": "вне интернета",
    "phone": "телефон",
    "social": "соцсети",
    "referral": "ссылка",
}
REQUEST_TYPES: Final = {
    "call": "звонок",
    "claim": "рекламация",
    "site": "заявка с сайта",
    "callback": "обратный звонок",
    "import": "из таблицы",
    "message": "сообщение",
}


def status_mark(order: OrderBrief) -> Mark:
    looks = _STATUS_LOOKS.get(order.status) or _RESULT_LOOKS.get(order.result)
    tone, icon = looks or _CLASS_LOOKS[order.status_class]
    return Mark(order.status_name, tone, icon)


def status_hint(order: OrderBrief) -> str:
    return CLASS_HINTS[order.status_class]


def title(order: OrderBrief) -> str:
    """«Заказ № 416», «Обращение № 417»."""
    return f"{KIND_NAMES[order.kind]} №{NBSP}{order.number}"


def deadline_mark(order: OrderBrief, now: datetime, tz: str) -> Mark | None:
    """Amber within a day of the deadline, red after it; None when there is none or the order is closed."""
    if order.due_at is None or order.status_class is OrderClass.CLOSED:
        return None
    left = order.due_at - now
    if left < timedelta():
        return Mark(f"просрочен на {span(-left)}", "bad", "alert-triangle")
    if left < SOON:
        return Mark(f"осталось {span(left)}", "warn", "hourglass")
    return Mark(f"до {moment_short(order.due_at, tz)}", "calm", "clock")


def span(length: timedelta) -> str:
    """«40 мин», «5 ч 20 мин», «3 дня»: rounded down."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes}{NBSP}мин"
    if minutes < 24 * 60:
        rest = f" {minutes % 60}{NBSP}мин" if minutes % 60 else ""
        return f"{minutes // 60}{NBSP}ч{rest}"
    return plural(minutes // (24 * 60), "день", "дня", "дней")


def place(order: OrderBrief) -> str:
    """«Екатеринбург, Свердловская область»; each part once."""
    return ", ".join(dict.fromkeys(part for part in (order.city, order.region_name) if part))


def medium_words(medium: str) -> str:
    return "" if medium == UNKNOWN else MEDIUMS.get(medium, medium)


def request_type_words(request_type: str) -> str:
    return "" if request_type == UNKNOWN else REQUEST_TYPES.get(request_type, request_type)


def sum_words(order: OrderBrief) -> str:
    """A request without lines has no sum yet."""
    return money(order.total_kopecks) if order.total_kopecks or order.kind is OrderKind.ORDER else "—"


# --- exact sums ---------------------------------------------------------------------------------------------


def exact_money(kopecks: int) -> str:
    """«8 910,00 ₽»: kopecks always, for sums that a person may check."""
    text = money(kopecks)
    return text if "," in text else text.replace(f"{NBSP}₽", f",00{NBSP}₽")


def exact_price(roubles: Decimal) -> str:
    """«222,75», «0,3275»: two places at least, all that there are at most."""
    whole, _, rest = f"{roubles:.4f}".partition(".")
    rest = rest[:2] + rest[2:].rstrip("0")
    return f"{_grouped(whole)},{rest}"


def quantity(value: Decimal) -> str:
    """«40», «12,5»."""
    whole, _, rest = f"{value:f}".partition(".")
    rest = rest.rstrip("0")
    return f"{_grouped(whole)},{rest}" if rest else _grouped(whole)


def product(line: OrderLineView) -> str:
    """«40 × 222,75 = 8 910,00 ₽»; «≈» where the product had to be rounded to a kopeck."""
    exact = line.quantity * line.price * 100
    sign = "=" if exact == line.total_kopecks else "≈"
    return (
        f"{quantity(line.quantity)}{NBSP}×{NBSP}{exact_price(line.price)} "
        f"{sign}{NBSP}{exact_money(line.total_kopecks)}"
    )


def multiplies(line: OrderLineView) -> bool:
    """False for a line whose stored sum is not that of its quantity and price."""
    return line_total_kopecks(int(line.quantity * 1000), line.price) == line.total_kopecks


def _grouped(whole: str) -> str:
    return f"{int(whole):,}".replace(",", NBSP)
