"""What is wrong with an order that came in, in Russian, by field. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from callcore.intake.draft import MAX_DRAFT_LINES

_WORDS: Final = {
    ("quantity", "empty"): "Укажите количество",
    ("quantity", "not-a-number"): "Количество — число до миллиона, например 40 или 12,5",
    ("quantity", "not-positive"): "Количество должно быть больше нуля",
    ("quantity", "too-big"): "Слишком много: не больше 1 000 000",
    ("quantity", "too-exact"): "Не больше трёх знаков после запятой",
    ("price", "not-a-number"): "Цена — число в рублях, например 222,75",
    ("price", "negative"): "Цена не бывает меньше нуля",
    ("price", "too-big"): "Слишком дорого: не больше 100 000 000 ₽",
    ("price", "too-exact"): "Не больше четырёх знаков после запятой",
    ("price", "needed"): "Укажите цену: в каталоге этого товара нет",
    ("article", "not-found"): "Такого артикула в каталоге нет: исправьте его или впишите название и цену",
    ("name", "empty"): "Укажите товар: артикул или название",
    ("service", "not-listed"): "Выберите услугу из списка",
    ("kind", "not-listed"): "Это товар или услуга",
    ("lines", "too-many"): f"Не больше {MAX_DRAFT_LINES} строк в заказе",
    ("lines", "too-big"): "Сумма заказа слишком велика: проверьте количества и цены",
    ("phone", "needed"): "Укажите телефон или почту: иначе с клиентом не связаться",
    ("phone", "not-a-number"): "Это не похоже на номер. Наберите целиком, например 8 912 440-18-25",
    ("email", "not-an-address"): "Это не похоже на адрес почты, например anna@example.ru",
    ("due_at", "in-the-past"): "Этот срок уже прошёл: выберите день от сегодняшнего",
    ("due_at", "too-far"): "Слишком далеко: срок не больше пяти лет",
    ("due_at", "not-a-date"): "Выберите день, например 25.12.2026",
    ("lat", "half-a-point"): "Нужны обе координаты: широта и долгота",
    ("lat", "no-such-point"): "Широта от −90 до 90, долгота от −180 до 180",
    ("lat", "not-a-number"): "Координаты — числа, например 55,7558",
    ("region", "not-listed"): "Такого региона нет: нужен код ISO 3166-2, например RU-MOW",
    ("site", "not-listed"): "Такого дилера нет",
    ("consent", "needed"): "Без согласия на обработку данных мы не можем принять заказ",
    ("text", "empty"): "Напишите сообщение",
}
_ANY: Final = {"too-long": "Слишком длинно: сократите", "empty": "Заполните это поле"}


def field_words(fields: Mapping[str, str]) -> dict[str, str]:
    """`fields` maps lines.0.quantity, customer.phone, … to codes; words that are no code stay as they are."""
    return {name: _said(name, code) for name, code in fields.items()}


def _said(name: str, code: str) -> str:
    known = _WORDS.get((name.rpartition(".")[2], code)) or _ANY.get(code)
    return known or ("Выберите значение из списка" if re.fullmatch(r"[a-z-]+", code) else code)
