"""The report on dealers' value in Russian. Pure."""

from typing import Final

from callcore.intake.table_files import MAX_BYTES, MAX_ROWS
from callcore.marketing.dealer_value import Sort
from callcore.network.change_costs import MAX_NOTE_CHARS
from callcore.network.merits import MAX_WEIGHT, Measure
from web.ui.formats import NBSP, number

SORTS: Final = {
    Sort.MARGIN: "Кому выгоднее отдать звонок",
    Sort.QUALITY: "Качество приёма и продаж",
    Sort.MONEY: "Затраты и прибыль",
}
MEASURES: Final = {
    Measure.POINTS: ("Баллы", "От самого большого числа баллов в сети"),
    Measure.REVENUE: ("Выручка", "Сумма выполненных заказов, от самой большой в сети"),
    Measure.ON_TIME: ("Выполнено в срок", "Доля выполненных заказов, которые закрыты не позже срока"),
    Measure.SURVEY: ("Оценка опросов", "Средняя оценка покупателей: 1 — это 0, 5 — это 100"),
}
WEIGHT_ERRORS: Final = {
    "out-of-range": f"Целое число от 0 до {MAX_WEIGHT}",
    "all-zero": "Хотя бы один вес больше нуля",
}
COST_ERRORS: Final = {
    "unknown": "Такого дилера нет: название как в списке дилеров",
    "not-month": "Месяц в виде 2026-03 или 03.2026",
    "not-kind": "Статья: Реклама, Связь, Бонусы или Прочее",
    "not-sum": "Сумма в рублях: 12500 или 12 500,50",
    "out-of-range": "Сумма больше нуля и не больше миллиарда",
    "too-late": "Этот месяц ещё не наступил",
    "too-early": "Слишком давно: с 2015 года",
    "too-long": f"Примечание не длиннее {MAX_NOTE_CHARS} знаков",
}
FILE_ERRORS: Final = {
    "no-file": "Выберите файл",
    "table-too-big": f"Файл слишком большой: не больше {MAX_BYTES // 1024 // 1024} МБ",
    "table-too-long": f"Слишком много строк: не больше {MAX_ROWS}",
    "table-unreadable": "Это не таблица CSV или XLSX. Сохраните её в одном из этих видов и загрузите снова",
    "table-empty": "В файле нет строк: первая строка — названия столбцов, ниже затраты",
    "file-known": "Этот файл уже загружен: второй раз те же затраты не прибавим",
}


def per_cent(value: float | None) -> str:
    return "—" if value is None else f"{number(round(value))}{NBSP}%"


def score(value: float | None) -> str:
    """«4,6»."""
    return "—" if value is None else f"{value:.1f}".replace(".", ",")


def tone(kopecks: float | None) -> str:
    return "" if not kopecks else "tone-bad" if kopecks < 0 else "tone-ok"
