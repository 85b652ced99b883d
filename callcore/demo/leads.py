"""What the lead base of the demonstration holds: leads that come in over the day, one of them with a number that is none.
Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

AT_FIRST: Final = 4
ONE_MORE_IN: Final = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class DemoPage:
    leads: tuple[dict[str, Any], ...]
    cursor: str
    has_more: bool


def demo_page(after: str, limit: int, *, opened_at: datetime, now: datetime) -> DemoPage:
    """By the contract of docs/operations.md. The cursor is how many leads were told."""
    there = min(len(_LEADS), AT_FIRST + int((now - opened_at) / ONE_MORE_IN))
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0
    end = min(start + max(1, limit), there)
    told = tuple({"id": f"L-{1001 + place}"} | _LEADS[place] for place in range(start, end))
    return DemoPage(told, str(max(start, end)), end < there)


def _lead(name: str, phone: str, city: str, comment: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "phone": phone, "city": city, "comment": comment, **more}


def _goods(name: str, quantity: str) -> list[dict[str, str]]:
    return [{"name": name, "quantity": quantity}]


_INSTALLATION: Final = [{"kind": "service", "service": "installation"}]
_LEADS: Final = (
    _lead("Ольга Лапина", "8 912 440-71-01", "Казань", "Два окна в спальню, нужен замер", campaign="vesna"),
    _lead("Игорь Сомов", "8 912 440-71-02", "Москва", "Дверь входная", lines=_goods("Дверь входная", "1")),
    _lead("Без номера", "12", "Самара", "Перезвоните"),
    _lead("Пётр Кузьмин", "8 912 440-71-03", "Самара", "Монтаж лоджии", lines=_INSTALLATION),
    _lead("Елена Дорохова", "8 912 440-71-04", "Казань", "Подоконники", lines=_goods("Подоконник", "3")),
    _lead("Руслан Ахметов", "8 912 440-71-05", "Уфа", "Сколько стоит остеклить балкон?"),
    _lead("Анна Шилова", "8 912 440-71-06", "Москва", "Нужен расчёт на дом", campaign="vesna"),
    _lead("Виктор Панин", "8 912 440-71-07", "Самара", "Замена фурнитуры", lines=_goods("Фурнитура", "4")),
)
