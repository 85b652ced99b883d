"""What was typed into the forms of an order's page, and words for what is wrong with it. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from multidict import MultiMapping

from callcore.kernel.errors import DealerlineError, Invalid
from callcore.orders.change_status import MAX_DAYS
from callcore.orders.changing import MAX_REASON_CHARS
from callcore.orders.close_order import MAX_NOTE_CHARS
from callcore.orders.edit_order import MAX_ADDRESS_CHARS, MAX_CITY_CHARS, MAX_POINTS
from callcore.orders.line_changes import LineDraft, params_of
from callcore.orders.model import GOODS, SERVICE, SERVICES
from web.orders.words import exact_money
from web.ui.formats import NBSP

BLANK_LINES: Final = 2
LINE_FIELDS: Final = ("id", "name", "article", "params", "quantity", "unit", "price", "kind")
_NUMBER: Final = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_SPACES: Final = re.compile(r"[\s\u00a0\u202f]+")
_POINT: Final = re.compile(r"(-?[0-9]{1,3}(?:\.[0-9]+)?)[;,\s]+(-?[0-9]{1,3}(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class FormState:
    """One form of the page as it was sent: what was typed comes back, with words by the field and above all."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""

    def value(self, form: str, name: str, stored: object = "") -> str:
        """What was typed into this form, else what is stored."""
        if self.name == form and name in self.values:
            return self.values[name]
        return "" if stored is None else str(stored)

    def error(self, form: str, name: str) -> str:
        return self.errors.get(name, "") if self.name == form else ""


@dataclass(frozen=True, slots=True)
class LineInput:
    """A row of the form of lines, as text."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    is_removed: bool = False

    @property
    def is_blank(self) -> bool:
        return not any(self.values.get(name) for name in ("id", "name", "article", "quantity", "price"))


FIELD_WORDS: Final = {
    "reason": f"Напишите причину: от 3 до {MAX_REASON_CHARS} знаков",
    "until": f"Выберите день от сегодняшнего, не дальше {MAX_DAYS} дней",
    "due": f"Срок не может быть в прошлом и дальше {MAX_DAYS} дней: выберите другой день",
    "earned": "Напишите сумму в рублях, например 8 910,00; ноль — если клиент ещё не платил",
    "note": f"Не длиннее {MAX_NOTE_CHARS} знаков",
    "result": "Выберите, чем закончился заказ",
    "city": f"Одна строка, не длиннее {MAX_CITY_CHARS} знаков",
    "address": f"Одна строка, не длиннее {MAX_ADDRESS_CHARS} знаков",
    "point": "Широта и долгота через запятую, например 55.7558, 37.6173; или оставьте пустым",
    "manager": "Выберите сотрудника из списка",
    "points": f"Целое число от 0 до {MAX_POINTS}, или оставьте пустым",
    "status": "Выберите состояние из списка",
    "file": "Выберите файл",
    "code": "Такой код не подходит",
}
CODE_WORDS: Final = {
    "reason-needed": ("reason", "Выберите причину из списка: без неё заказ не закрыть"),
    "file-empty": ("file", "Файл пустой: выберите другой"),
    "file-kind": ("file", "Такие файлы не принимаем. Подойдут PDF, картинки, документы и таблицы, TXT и CSV"),
    "file-disguised": (
        "file",
        "Внутри не то, что обещает имя файла. Сохраните его заново и приложите ещё раз",
    ),
    "files-too-many": ("file", "На заказе уже слишком много файлов: удалите ненужные"),
    "promo-unknown": ("code", "Такого кода нет: проверьте буквы и цифры"),
    "promo-not-yet": ("code", "Этот код ещё не действует"),
    "promo-over": ("code", "Срок этого кода вышел"),
    "promo-foreign": ("code", "Этот код для заказов другого дилера"),
    "promo-spent": ("code", "Этот код уже использован столько раз, сколько можно"),
}
TROUBLES: Final = {
    "no-contact": "Сначала нужен разговор с клиентом: он засчитается сам, если длился не меньше 10 секунд",
    "order-closed": "Заказ уже завершён. Обновите страницу и посмотрите, чем",
    "order-not-taken": "Заказ ещё никто не принял: сначала его нужно принять или назначить дилера",
    "order-not-closed": "Заказ уже в работе",
    "contact-known": "Контакт с клиентом уже подтверждён",
    "status-not-next": "Из этого состояния так перейти нельзя: выберите другое",
}
_CHANGED: Final = {
    "deadline-changed": "срок",
    "place-changed": "адрес",
    "manager-changed": "менеджера",
}


def errors_of(error: Invalid) -> dict[str, str]:
    """Words by the field."""
    if error.code in CODE_WORDS:
        name, words = CODE_WORDS[error.code]
        return {name: words}
    if error.code == "promo-small":
        least = exact_money(error.details["min_kopecks"])
        return {"code": f"Этот код действует на заказы от {least}"}
    if error.code == "promo-other":
        return {"code": f"На заказе уже код {error.details['holds']}: сначала уберите его"}
    if error.code == "file-too-big":
        return {"file": "Файл слишком большой"}
    names = error.details.get("fields", {})
    return {name: FIELD_WORDS.get(name, "Проверьте это поле") for name in names}


def trouble_of(error: DealerlineError) -> str:
    """Words above the form; empty for what is no matter of this form."""
    if error.code in _CHANGED:
        who = error.details.get("who") or "Кто-то"
        now = error.details.get("now")
        became = f" (теперь: {now})" if now and error.code != "deadline-changed" else ""
        return f"{who} тем временем изменил {_CHANGED[error.code]}{became}. Нажмите ещё раз, чтобы сохранить своё"
    if error.code == "status-changed":
        return f"Тем временем состояние стало «{error.details['name']}». Проверьте и выберите ещё раз"
    return TROUBLES.get(error.code, "")


def line(value: object, limit: int = 600) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:limit]


def thousandths(text: str) -> int | None:
    """«40», «12,5»; None for what is no quantity with at most three places."""
    value = _decimal(text)
    scaled = value * 1000 if value is not None else None
    return int(scaled) if scaled is not None and scaled == scaled.to_integral() else None


def roubles(text: str) -> Decimal | None:
    return _decimal(text)


def kopecks(text: str) -> int | None:
    value = _decimal(text.replace("₽", ""))
    scaled = value * 100 if value is not None else None
    return int(scaled) if scaled is not None and scaled == scaled.to_integral() else None


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def point(text: str) -> tuple[float | None, float | None]:
    """(None, 999.0) for what is no point, which no field takes."""
    if not text:
        return None, None
    match = _POINT.fullmatch(text)
    return (float(match[1]), float(match[2])) if match else (None, 999.0)


def whole(text: str) -> int | None:
    """-1 for what is no number; None for nothing."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _decimal(text: str) -> Decimal | None:
    plain = _SPACES.sub("", text)
    if not _NUMBER.fullmatch(plain):
        return None
    try:
        return Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None


# --- lines --------------------------------------------------------------------------------------------------


def line_inputs(form: MultiMapping[Any]) -> tuple[LineInput, ...]:
    """Rows as sent; blank ones are left out."""
    columns = {name: [line(value) for value in form.getall(name, [])] for name in LINE_FIELDS}
    removed = {value for value in form.getall("remove", []) if isinstance(value, str)}
    rows = [
        LineInput(
            {name: values[at] if at < len(values) else "" for name, values in columns.items()},
            is_removed=str(at) in removed,
        )
        for at in range(len(columns["name"]))
    ]
    return tuple(row for row in rows if not row.is_blank)


def drafts_of(rows: Iterable[LineInput]) -> tuple[LineDraft, ...]:
    return tuple(_draft(row.values) for row in rows if not row.is_removed)


def _draft(values: Mapping[str, str]) -> LineDraft:
    kind, _, service = values["kind"].partition(":")
    return LineDraft(
        id=whole(values["id"]),
        name=values["name"],
        article=values["article"],
        params=params_of(values["params"]),
        quantity_m=thousandths(values["quantity"]),
        unit=values["unit"],
        price=roubles(values["price"]),
        kind=kind or GOODS,
        service=service,
    )


_LINE_WORDS: Final = {
    "name": "Напишите название, до 200 знаков",
    "article": "Без пробелов, до 40 знаков",
    "quantity": "Больше нуля, не больше миллиона",
    "price": "Рубли с копейками, например 222,75",
    "unit": "Выберите единицу",
    "kind": "Выберите вид",
    "service": "Выберите услугу",
    "params": "Короче: до 20 параметров",
}


def with_errors(rows: Sequence[LineInput], error: Invalid) -> tuple[LineInput, ...]:
    """Errors name the lines that stay, in their order."""
    by_line: dict[int, dict[str, str]] = {}
    for name in error.details.get("fields", {}):
        match = re.fullmatch(r"lines\.(\d+)\.(\w+)", name)
        if match:
            words = _LINE_WORDS.get(match[2], "Проверьте это поле")
            by_line.setdefault(int(match[1]), {})[match[2]] = words
    numbers = iter(range(len(rows)))
    return tuple(
        row if row.is_removed else LineInput(row.values, by_line.get(next(numbers), {})) for row in rows
    )


def kind_choices() -> tuple[tuple[str, str], ...]:
    """Goods, and the services by name."""
    services = ((f"{SERVICE}:{code}", name.lower()) for code, name in SERVICES.items())
    return ((GOODS, "товар"), *services, (SERVICE, "другая услуга"))


def plain_money(kopecks_: int) -> str:
    """«8910,00»: for a field."""
    return exact_money(kopecks_).replace(f"{NBSP}₽", "")
