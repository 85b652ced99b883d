"""The columns of the order list: which there are, which a person gets at first, how a row's cells read in a file. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from callcore.orders.list_model import ListRow
from callcore.orders.model import KIND_NAMES
from web.calls.words import source_words

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` is that of the macro `table`."""

    code: str
    title: str
    kind: str = ""


NUMBER: Final = Column("number", "ID")
_ALL: Final = (
    NUMBER,
    Column("status", "Статус"),
    Column("created", "Создан"),
    Column("customer", "Клиент"),
    Column("product", "Продукт"),
    Column("sum", "Сумма", "num"),
    Column("org", "Дилер"),
    Column("manager", "Менеджер"),
    Column("region", "Регион"),
    Column("due", "Срок"),
    Column("source", "Источник"),
    Column("calls", "Звонки", "num"),
)
COLUMNS: Final = {column.code: column for column in _ALL}
USUAL: Final = ("number", "status", "created", "customer", "product", "sum")
_BESIDE_REFUSALS: Final = frozenset({"number", "status", "customer", "product", "sum"})
REFUSED: Final = (Column("refusal", "Кто отказался"), Column("takers", "Кто ещё может взять"))


def chosen(codes: Iterable[str]) -> tuple[Column, ...]:
    """In their fixed order, the number always; unknown ones are passed over, none at all gives the usual ones."""
    wanted = {code for code in codes if code in COLUMNS} or set(USUAL)
    return tuple(column for column in _ALL if column.code in wanted or column is NUMBER)


def beside_refusals(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Refusals need room: of the chosen columns those that tell what is to be given to whom."""
    return tuple(column for column in columns if column.code in _BESIDE_REFUSALS)


def cells(columns: Iterable[Column], tz: str) -> Callable[[ListRow], list[Value]]:
    """What stands in a file; telephones only as this viewer sees them, in the customer's cell."""
    codes = [column.code for column in columns]
    return lambda row: [_value(row, code, ZoneInfo(tz)) for code in codes]


def _value(row: ListRow, code: str, tz: ZoneInfo) -> Value:
    order = row.order
    texts: dict[str, Value] = {
        "number": order.number,
        "status": order.status_name,
        "created": f"{order.created_at.astimezone(tz):%d.%m.%Y %H:%M}",
        "customer": ", ".join(part for part in (order.customer_name, _phone(row)) if part),
        "product": product(row),
        "sum": order.total_kopecks / 100,
        "org": order.org_name,
        "manager": order.manager_name,
        "region": ", ".join(dict.fromkeys(part for part in (order.city, order.region_name) if part)),
        "due": f"{order.due_at.astimezone(tz):%d.%m.%Y %H:%M}" if order.due_at else "",
        "source": source_words(order.source),
        "calls": order.calls_count,
    }
    return texts[code]


def _phone(row: ListRow) -> str:
    return row.order.phone.text if row.order.phone else ""


def product(row: ListRow) -> str:
    """«Панель ПВХ, белая и ещё 2»; what kind it is when nothing is ordered yet."""
    if not row.product:
        return KIND_NAMES[row.order.kind]
    return f"{row.product} и ещё {row.more_lines}" if row.more_lines else row.product
