"""Costs of dealers as people write them, in a form or in a table. Pure. A table is taken whole or not at all."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from callcore.kernel.errors import Invalid
from callcore.network.change_costs import NewCost
from callcore.network.costs import CostKind

TITLES: Final = ("Дилер", "Месяц", "Статья", "Сумма", "Примечание")
KINDS: Final = {
    CostKind.ADS: "Реклама",
    CostKind.CALLS: "Связь",
    CostKind.BONUS: "Бонусы",
    CostKind.OTHER: "Прочее",
}
_YEAR_FIRST: Final = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?(?:[ T].*)?")
_MONTH_FIRST: Final = re.compile(r"(?:\d{1,2}\.)?(\d{1,2})\.(\d{4})")
_SUM: Final = re.compile(r"-?\d{1,13}(?:[.,]\d{1,2})?", re.ASCII)


def month_of(text: str) -> date | None:
    """2026-10, 2026-10-31, 10.2026 and 31.10.2026 are the first of October."""
    text = text.strip()
    if found := _YEAR_FIRST.fullmatch(text):
        year, month = found.groups()
    elif found := _MONTH_FIRST.fullmatch(text):
        month, year = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), 1)
    except ValueError:
        return None


def kopecks_of(text: str) -> int | None:
    """«12 500,50 ₽» is 1 250 050; None for no sum of whole kopecks."""
    plain = "".join(char for char in text if not char.isspace()).removesuffix("₽").removesuffix("руб.")
    return int(Decimal(plain.replace(",", ".")) * 100) if _SUM.fullmatch(plain) else None


def kind_of(text: str) -> CostKind | None:
    """By its word; nothing written is «Прочее»."""
    wanted = text.strip().casefold()
    if not wanted:
        return CostKind.OTHER
    return next((kind for kind, word in KINDS.items() if wanted in (word.casefold(), kind.value)), None)


def read_costs(rows: Sequence[Sequence[str]], dealers: Mapping[str, int]) -> list[NewCost]:
    """`rows` begin with the titles, in any order; `dealers` are ids by name. Raises Invalid("cost-columns", missing=) and
    Invalid("cost-wrong", fields=) with a code for each wrong line, whose number is that of the file."""
    places = {title.strip().casefold(): place for place, title in reversed(list(enumerate(rows[0])))}
    missing = [title for title in TITLES[:4] if title.casefold() not in places]
    if missing:
        raise Invalid("cost-columns", missing=", ".join(missing))
    known = {" ".join(name.split()).casefold(): org_id for name, org_id in dealers.items()}
    found, wrong = [], {}
    for line, row in enumerate(rows[1:], start=2):
        cells = {title: _cell(row, places.get(title.casefold())) for title in TITLES}
        if not any(cells.values()):
            continue
        org_id = known.get(" ".join(cells["Дилер"].split()).casefold())
        month, kind = month_of(cells["Месяц"]), kind_of(cells["Статья"])
        kopecks = kopecks_of(cells["Сумма"])
        if org_id is None or month is None or kind is None or kopecks is None:
            parts = (("unknown", org_id), ("not-month", month), ("not-kind", kind), ("not-sum", kopecks))
            wrong[str(line)] = next(code for code, value in parts if value is None)
        else:
            found.append(NewCost(org_id, month, kind, kopecks, cells["Примечание"], line))
    if wrong:
        raise Invalid("cost-wrong", fields=wrong)
    return found


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""
