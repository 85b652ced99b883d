"""Columns of a table of orders, and a row as part of an order. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from callcore.intake.draft import Draft, DraftCustomer, DraftLine
from callcore.kernel.errors import Invalid
from callcore.orders.model import SERVICE, SERVICES, UNKNOWN, OrderChannel

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("номер", "№", "номер заказа", "order", "id"),
    "name": ("имя", "клиент", "фио", "name", "customer"),
    "phone": ("телефон", "phone", "тел"),
    "email": ("почта", "email", "e-mail", "эл. почта"),
    "region": ("регион", "код региона", "region"),
    "city": ("город", "city"),
    "address": ("адрес", "address"),
    "article": ("артикул", "sku", "article"),
    "product": ("товар", "название", "наименование", "product"),
    "service": ("услуга", "service"),
    "quantity": ("количество", "кол-во", "кол", "quantity"),
    "price": ("цена", "price"),
    "due": ("срок", "выполнить до", "due"),
    "source": ("источник", "source"),
    "medium": ("канал", "medium"),
    "campaign": ("кампания", "campaign"),
    "comment": ("комментарий", "comment"),
}
TITLES: Final = {name: words[0].capitalize() for name, words in COLUMNS.items()}
SAMPLE: Final[tuple[Mapping[str, str], ...]] = (
    {
        "number": "10452", "name": "Анна Белова", "phone": "8 912 440-18-25", "region": "Москва",
        "city": "Москва", "address": "ул. Мира, 5", "article": "", "product": "Профиль стальной",
        "quantity": "40", "price": "222,75", "source": "site", "comment": "Позвонить после шести",
    },
    {"number": "10452", "phone": "8 912 440-18-25", "service": "Доставка", "quantity": "1", "price": "1500"},
)  # fmt: skip
_RUSSIAN_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


def columns_of(header: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each known column stands, and titles that nobody knows. Raises Invalid (field file) without a way to reach a
    customer."""
    known = {word: name for name, words in COLUMNS.items() for word in words}
    places: dict[str, int] = {}
    strange = []
    for place, title in enumerate(header):
        name = known.get(" ".join(title.lower().split()))
        if name is None:
            strange += [title] if title else []
        else:
            places.setdefault(name, place)
    if not {"phone", "email"} & set(places):
        raise Invalid("table-columns", fields={"file": "table-columns"})
    return places, tuple(strange)


def row_of(cells: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    """Cells by the name of their column; empty ones are left out."""
    return {name: cells[place] for name, place in places.items() if place < len(cells) and cells[place]}


def fingerprint(row: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def draft_of(rows: Sequence[Mapping[str, str]], regions: Mapping[str, str]) -> tuple[Draft, dict[str, str]]:
    """One order of one or more rows of the same number; the first that names a thing is believed. And codes of what could
    not be read. `regions` are codes by lower-case name and by code."""
    wrong: dict[str, str] = {}

    def first(name: str) -> str:
        return next((row[name] for row in rows if row.get(name)), "")

    region = first("region")
    code = regions.get(region.lower(), "") if region else ""
    if region and not code:
        wrong["region"] = "not-listed"
    draft = Draft(
        channel=OrderChannel.IMPORT,
        customer=DraftCustomer(name=first("name"), phone=first("phone"), email=first("email")),
        lines=tuple(line for row in rows if (line := _line(row)) is not None),
        region_code=code,
        city=first("city"),
        address=first("address"),
        source=first("source") or UNKNOWN,
        medium=first("medium") or UNKNOWN,
        campaign=first("campaign"),
        request_type="import",
        comment="\n".join(dict.fromkeys(row["comment"] for row in rows if row.get("comment"))),
        external_id=first("number"),
        due_day=_day(first("due"), wrong),
    )
    return draft, wrong


def _line(row: Mapping[str, str]) -> DraftLine | None:
    quantity, price = row.get("quantity", "1"), row.get("price", "")
    if service := row.get("service", ""):
        codes = {title.lower(): code for code, title in SERVICES.items()}
        code = codes.get(service.lower(), service.lower())
        return DraftLine(kind=SERVICE, service=code, quantity=quantity, price=price)
    if not row.get("article") and not row.get("product"):
        return None
    return DraftLine(
        article=row.get("article", ""), name=row.get("product", ""), quantity=quantity, price=price
    )


def _day(text: str, wrong: dict[str, str]) -> date | None:
    if not text:
        return None
    match = _RUSSIAN_DAY.fullmatch(text)
    try:
        return date(int(match[3]), int(match[2]), int(match[1])) if match else date.fromisoformat(text[:10])
    except ValueError:
        wrong["due_at"] = "not-a-date"
        return None
