"""What was typed into a form of this room, and words for what is wrong with it. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from callcore.kernel.errors import Invalid
from callcore.network.change_network import MAX_REASON_CHARS
from callcore.network.dealer_fields import (
    MAX_CARD_PHONES,
    MAX_DESCRIPTION_CHARS,
    MAX_NAME_CHARS,
    MAX_PROMOTION_CHARS,
    MAX_PROMOTIONS,
)
from callcore.network.logos import MAX_SIDE, MIN_SIDE
from callcore.network.passwords import MAX_LENGTH, MIN_LENGTH

MAX_CHARS: Final = 400
WORDS: Final = {
    "name-length": f"От 2 до {MAX_NAME_CHARS} знаков",
    "name-taken": "Дилер с таким названием уже есть: откройте его в списке или уточните название",
    "no-such-region": "Выберите регион из списка",
    "no-such-dealer": "Выберите дилера из списка",
    "no-such-person": "Выберите сотрудника из списка",
    "no-such-zone": "Выберите часовой пояс из списка",
    "below-itself": "Этот дилер стоит ниже: сеть замкнулась бы в кольцо. Выберите другого",
    "site-wrong": "Напишите адрес сайта, например https://salon.ru",
    "email-wrong": "Напишите адрес почты, например anna@salon.ru",
    "phone-wrong": "Это не номер телефона. Напишите его с кодом города: +7 495 123-45-67",
    "phone-extension": "Номер с добавочным АТС набрать не сможет: укажите прямой номер",
    "phones-too-many": f"Не больше {MAX_CARD_PHONES} номеров",
    "destination-not-allowed": "На этот номер звонить не разрешено: направление закрыто в настройках сервера",
    "own-did": "Это наш собственный номер: звонок вернулся бы к нам и ходил по кругу. Укажите телефон точки",
    "extension-form": "Внутренний номер — от двух до шести цифр",
    "extension-taken": "Такой внутренний номер уже занят: укажите другой или оставьте поле пустым",
    "promotions-many": f"Не больше {MAX_PROMOTIONS} строк",
    "promotions-long": f"Каждая акция не длиннее {MAX_PROMOTION_CHARS} знаков",
    "description-length": f"Не длиннее {MAX_DESCRIPTION_CHARS} знаков",
    "reason-length": f"Напишите причину, не длиннее {MAX_REASON_CHARS} знаков",
    "text-length": "Заполните поле, коротко и в одну строку",
    "ring-range": "От 5 до 120 секунд",
    "position-range": "Целое число от 1 до 999",
    "calls-range": "Целое число от 1 до 99, или оставьте пустым",
    "lines-range": "Целое число от 1 до 20",
    "point-half": "Укажите и широту, и долготу, или оставьте оба поля пустыми",
    "point-range": "Широта от −90 до 90, долгота от −180 до 180, например 55.75 и 37.62",
    "role-wrong": "Выберите роль из списка",
    "password-length": f"От {MIN_LENGTH} до {MAX_LENGTH} знаков",
    "passwords-differ": "Пароли не совпали: введите одинаковые",
    "logo-empty": "Выберите файл с картинкой",
    "logo-too-big": "Файл больше 1 МБ: уменьшите картинку",
    "logo-kind": "Подойдёт картинка PNG, JPEG или WebP (SVG не принимаем: в нём может быть программа)",
    "logo-broken": "Картинка повреждена: сохраните её заново и попробуйте ещё раз",
    "logo-size": f"Стороны картинки — от {MIN_SIDE} до {MAX_SIDE} точек",
}


def typed(form: Mapping[str, Any], *names: str) -> dict[str, str]:
    """One line each, without what cannot be seen."""
    return {name: line(form.get(name, "")) for name in names}


def line(value: object, limit: int = MAX_CHARS) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:limit]


def text(value: object, limit: int) -> str:
    """Several lines; one character over the limit stays, so that it is said and not cut in silence."""
    if not isinstance(value, str):
        return ""
    kept = "".join(char for char in value.replace("\r\n", "\n") if char.isprintable() or char == "\n")
    return kept.strip()[: limit + 1]


def whole(raw: str, empty: int | None = None) -> int | None:
    """A whole number; -1 for anything else, which no field takes."""
    if not raw:
        return empty
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else -1


def degrees(raw: str) -> float | None:
    """With a comma or a point; 999 for anything else, which no field takes."""
    if not raw:
        return None
    try:
        value = float(raw.replace(",", "."))
    except ValueError:
        return 999.0
    return value if -1000 < value < 1000 else 999.0


def errors_of(error: Invalid) -> dict[str, str]:
    """Words by the field."""
    fields = error.details.get("fields", {})
    return {name: WORDS.get(code, "Проверьте это поле") for name, code in fields.items()}
