"""The report as an XLSX file. What people typed stays text: no cell begins a formula."""

import io
from typing import Final

from xlsxwriter import Workbook

from callcore.marketing.dealer_value import DealerValue

_AS_WRITTEN: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_TITLES: Final = (
    "Дилер", "Регион", "Обращений", "Выполнено", "Конверсия, %", "Средний заказ, ₽", "Затраты на обращение, ₽",
    "Ожидаемая прибыль с обращения, ₽", "Выручка, ₽", "Затраты, ₽", "Прибыль, ₽", "Отдача, %", "Звонков", "Отвечено, %",
    "До первого звонка, с", "Жалоб, %", "Оценка опросов", "В срок, %", "Баллы",
)  # fmt: skip
Cell = str | int | float | None


def make_book(values: tuple[DealerValue, ...], title: str) -> bytes:
    """Takes tens of milliseconds: not for the event loop."""
    file = io.BytesIO()
    book = Workbook(file, _AS_WRITTEN)
    sheet = book.add_worksheet(title[:31])
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 1, 28)
    sheet.set_column(2, len(_TITLES), 16)
    for number, row in enumerate([_TITLES, *map(_cells, values)]):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, f"'{value}" if value.startswith(_FORMULA) else value)
            elif value is not None:
                sheet.write_number(number, column, value)
    book.close()
    return file.getvalue()


def _cells(one: DealerValue) -> tuple[Cell, ...]:
    conversion = None if one.conversion is None else 100 * one.conversion
    money = (one.mean_order_kopecks, one.cost_of_request, one.expected_kopecks, one.revenue_kopecks)
    rest = (one.first_call_s, one.complaint_percent, one.score, one.in_time_percent)
    return (
        one.name,
        one.region_name,
        one.given,
        one.done,
        _short(conversion),
        *(_roubles(value) for value in money),
        _roubles(one.cost_kopecks),
        _roubles(one.margin_kopecks),
        _short(one.return_percent),
        one.own_calls,
        _short(one.answered_percent),
        *(_short(value) for value in rest),
        one.points,
    )


def _roubles(kopecks: float | None) -> float | None:
    return None if kopecks is None else round(kopecks / 100, 2)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
