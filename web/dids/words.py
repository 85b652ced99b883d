"""Tracked numbers in Russian: whose they are, what is heard, what is wrong with what was typed. Pure."""

import math
from collections.abc import Mapping
from typing import Final

from callcore.network.change_dids import (
    MAX_CAMPAIGN_CHARS,
    MAX_LABEL_CHARS,
    MAX_SPOKEN_CHARS,
    MAX_WORD_CHARS,
)
from callcore.network.dids import DidFields, DidView, Whose
from callcore.network.wording import RECORDING_NOTICE, estimated_seconds, usual_whisper
from web.orders.words import REQUEST_TYPES

WHOSE: Final = {
    Whose.REGION: "Дилерам региона",
    Whose.CALLER: "По номеру звонящего",
    Whose.DEALER: "Одному дилеру",
    Whose.OPERATORS: "Операторам",
}
WHOSE_HINTS: Final = {
    Whose.REGION: "звонок получат дилеры выбранного региона",
    Whose.CALLER: "регион узнаём по номеру клиента",
    Whose.DEALER: "собственный номер дилера и его субдилеров",
    Whose.OPERATORS: "сразу в головной офис",
}
LANGUAGES: Final = {"ru": "Русский", "en": "Английский"}
WAITINGS: Final = {"ringback": "Гудки", "music": "Музыка"}
MEDIA: Final = {
    "unknown": "не определён",
    "organic": "поиск без рекламы",
    "cpc": "платный клик",
    "phone": "телефон",
    "offline": "вне интернета",
    "social": "соцсети",
    "referral": "ссылка",
}
REQUESTS: Final = {name: text[:1].upper() + text[1:] for name, text in REQUEST_TYPES.items()}
LONGEST_WHISPER_S: Final = 5
_LIMITS: Final = {
    "label": MAX_LABEL_CHARS,
    "source": MAX_WORD_CHARS,
    "medium": MAX_WORD_CHARS,
    "campaign": MAX_CAMPAIGN_CHARS,
    "greeting": MAX_SPOKEN_CHARS,
    "whisper": MAX_SPOKEN_CHARS,
}
_ERRORS: Final = {
    ("label", "empty"): "Назовите номер: это имя видят сотрудники",
    ("source", "empty"): "Укажите источник, например site",
    ("medium", "empty"): "Укажите канал, например organic",
    ("org", "needed"): "Выберите дилера, которому идут звонки",
    ("region", "needed"): "Выберите регион или направьте звонки иначе",
    ("region", "not-with-caller"): "Уберите регион: его подскажет номер звонящего",
    ("number", "not-a-number"): "Это не похоже на номер. Наберите целиком, например 8 495 123-45-67",
    ("number", "extension"): "Нужен городской номер без добавочного",
    ("number", "known"): "Этот номер уже есть в списке",
    ("number", "own-phone"): "Это номер нашего телефона «{phone}»: звонок на него вернулся бы к нам по кругу",
}


def estimated_s(text: str) -> int:
    """Seconds that a voice needs for it, rounded up."""
    return math.ceil(estimated_seconds(text.strip()))


def whose(did: DidView) -> str:
    """«Дилер «Вектор»», «Дилеры: Москва»."""
    match did.fields.whose:
        case Whose.DEALER:
            return did.org_name
        case Whose.REGION:
            return f"Дилеры: {did.region_name}"
        case other:
            return WHOSE[other]


def whisper_of(did: DidView) -> str:
    """What whoever lifts the receiver hears when the number has no whisper of its own."""
    return usual_whisper(did.fields.source, did.region_name, did.fields.label)


def notice_of(language: str) -> str:
    return RECORDING_NOTICE.get(language, RECORDING_NOTICE["ru"])


def heard_by_customer(fields: DidFields) -> tuple[str, ...]:
    """In order of hearing."""
    said = fields.greeting.strip()
    greeting = f"Приветствие: «{said}»" if said else "Приветствия нет"
    notice = (f"Предупреждение: «{notice_of(fields.language)}»",) if fields.says_recorded else ()
    waiting = (
        "Музыку, пока ищем, кто ответит" if fields.waiting == "music" else "Гудки, пока ищем, кто ответит"
    )
    return (greeting, *notice, waiting)


def error_words(fields: Mapping[str, str], details: Mapping[str, str]) -> dict[str, str]:
    """What to do, by field."""
    return {name: _error(name, code, details) for name, code in fields.items()}


def _error(name: str, code: str, details: Mapping[str, str]) -> str:
    if code == "too-long":
        return f"Не длиннее {_LIMITS[name]} знаков"
    return _ERRORS.get((name, code), "Выберите значение из списка").format_map({"phone": "", **details})
