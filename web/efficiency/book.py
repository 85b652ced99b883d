"""The report as an XLSX file: people, days, hours. What people typed stays text: no cell begins a formula."""

import io
from collections.abc import Iterable, Sequence
from typing import Final

from xlsxwriter import Workbook

from callcore.calls.efficiency_model import Bar, Figures, Report

_AS_WRITTEN: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL: Final = 32_000
_FIGURES: Final = (
    "Предложено", "Отвечено", "Пропущено", "Отклонено", "Ответил другой", "Отвечено, %", "Ответ в среднем, с",
    "Ответ p90, с", "Разговоры, с", "Разговор в среднем, с", "Перезвонили", "Перезвон в среднем, с", "С заказом",
    "С заказом, %", "Звонков клиентам", "Из них с разговором",
)  # fmt: skip
_BAR: Final = ("Предложено", "Отвечено", "Пропущено", "Отклонено", "Ответил другой")
Cell = str | int | float | None


def make_book(report: Report, title: str) -> bytes:
    """Takes tens of milliseconds: not for the event loop."""
    file = io.BytesIO()
    book = Workbook(file, _AS_WRITTEN)
    lines: list[Sequence[Cell]] = [(title, "", *_FIGURES)]
    lines += [(line.name, line.place, *_cells(line.figures)) for line in report.lines]
    lines.append(("Всего, каждый звонок один раз", "", *_cells(report.total)))
    _sheet(book, "Телефония", lines)
    days = ((f"{day:%d.%m.%Y}", *_bar(bar)) for day, bar in report.days.items())
    _sheet(book, "По дням", [("День", *_BAR), *days])
    hours = ((f"{hour:02}:00", *_bar(bar)) for hour, bar in report.hours.items())
    _sheet(book, "По часам", [("Час", *_BAR), *hours])
    book.close()
    return file.getvalue()


def _sheet(book: Workbook, name: str, rows: Iterable[Sequence[Cell]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 32)
    sheet.set_column(1, len(_FIGURES) + 1, 18)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, _plain(value))
            elif value is not None:
                sheet.write_number(number, column, value)


def _cells(one: Figures) -> tuple[Cell, ...]:
    counts = (one.offered, one.answered, one.missed, one.declined, one.taken, one.answered_percent)
    times = (_s(one.answer_s), _s(one.answer_p90_s), _s(one.talk_s), _s(one.mean_talk_s))
    back = (one.called_back, _s(one.callback_s))
    return *counts, *times, *back, one.won, one.won_percent, one.made, one.reached


def _bar(bar: Bar) -> tuple[Cell, ...]:
    return bar.offered, bar.answered, bar.missed, bar.declined, bar.taken


def _s(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _plain(text: str) -> str:
    return f"'{text}"[:_MAX_CELL] if text.startswith(_FORMULA) else text[:_MAX_CELL]
