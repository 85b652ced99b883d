"""The report on orders in Russian, and as a file. Pure."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from xlsxwriter import Workbook

from callcore.orders.report_model import Cut, OrderFigures, OrdersReport, ReportLine
from web.calls.words import source_words
from web.efficiency.words import Change
from web.orders.card_words import FAULTS
from web.orders.words import medium_words
from web.ui.formats import NBSP, plural

_MONTHS: Final = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
_NOBODY: Final[Mapping[Cut, str]] = {
    Cut.DEALER: "ни у кого",
    Cut.MANAGER: "без менеджера",
    Cut.REGION: "регион не указан",
}
_TITLES: Final = (
    "Пришло", "Принято", "Выполнено", "Не выполнено", "В работе", "Просрочено", "Отказов", "В срок", "В срок, %", "Заработано, руб.",
    "До принятия, мин", "До разговора, мин", "До выполнения, дней",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_AS_WRITTEN: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Cell = str | int | float | None


def name_of(line: ReportLine, cut: Cut) -> str:
    if cut is Cut.MONTH:
        day = date.fromisoformat(f"{line.key[0]}-01")
        return f"{_MONTHS[day.month - 1]} {day.year}"
    if cut is Cut.CAMPAIGN:
        source, medium, campaign = line.key
        parts = (source_words(source), medium_words(medium), campaign)
        return " · ".join(part for part in parts if part)
    return line.name or _NOBODY[cut]


def about(value: float | None) -> str:
    """«12 мин», «15 ч», «6 дней»: in one unit."""
    if value is None:
        return "—"
    if value < 3600:
        return f"{round(value / 60)}{NBSP}мин"
    if value < 2 * 86_400:
        return f"{round(value / 3600)}{NBSP}ч"
    return plural(round(value / 86_400), "день", "дня", "дней")


def waited(now: float | None, before: float | None) -> Change:
    """How a wait stands beside that of the period before: shorter is better."""
    if now is None or before is None:
        return Change("", "calm")
    shown, was = about(now), about(before)
    return Change(f"было {was}", "calm" if shown == was else "ok" if now < before else "bad")


def fault_words(fault: object) -> str:
    return next((text for key, text in FAULTS.items() if key == fault), "без причины")


def make_book(report: OrdersReport, cut: Cut, title: str) -> bytes:
    """An XLSX file; tens of milliseconds: not for the event loop."""
    file = io.BytesIO()
    book = Workbook(file, _AS_WRITTEN)
    lines: list[Sequence[Cell]] = [(title, *_TITLES)]
    lines += [(name_of(line, cut), *_cells(line.figures)) for line in report.lines]
    lines.append(("Всего", *_cells(report.total)))
    _sheet(book, "Итоги", lines)
    reasons = ((one.title, fault_words(one.fault), one.count, one.percent) for one in report.reasons)
    _sheet(book, "Почему не выполнены", [("Причина", "Чья", "Заказов", "%"), *reasons])
    book.close()
    return file.getvalue()


def _cells(one: OrderFigures) -> tuple[Cell, ...]:
    counts = (
        one.came,
        one.taken,
        one.done,
        one.failed,
        one.running,
        one.overdue,
        one.refused,
        one.in_time,
        one.in_time_percent,
    )
    waits = (_in(one.take_s, 60), _in(one.contact_s, 60), _in(one.sale_s, 86_400))
    return *counts, one.earned_kopecks / 100, *waits


def _in(value: float | None, unit: int) -> float | None:
    return None if value is None else round(value / unit, 1)


def _sheet(book: Workbook, name: str, rows: Sequence[Sequence[Cell]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, len(_TITLES), 16)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, f"'{value}" if value.startswith(_FORMULA) else value)
            elif value is not None:
                sheet.write_number(number, column, value)
