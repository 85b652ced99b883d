"""What a number of ours says when it was given no text of its own, and how long words take to say. Pure."""

from typing import Final

MAX_WHISPER_S: Final = 4.4  # with the prompt and the wait for the key 8 s
SOURCE_NAMES: Final = {
    "unknown": "не определён",
    "hotline": "горячая линия",
    "site": "сайт завода",
    "dealer-site": "сайт дилера",
    "yandex-direct": "Яндекс Директ",
    "vk-ads": "реклама ВКонтакте",
    "business-card": "визитка",
    "exhibition": "выставка",
    "radio": "радио",
    "signboard": "вывеска",
}
RECORDING_NOTICE: Final = {"ru": "Разговор записывается.", "en": "This call is recorded."}
_SIGN_S, _DIGIT_S = 0.062, 0.3


def usual_whisper(source: str, region_name: str = "", label: str = "") -> str:
    """«Сайт завода, Московская область»: where the call comes from; the label where the source is not known."""
    known = SOURCE_NAMES.get(source, "") if source != "unknown" else ""
    first = known[:1].upper() + known[1:] if known else label
    return ", ".join(part for part in (first, region_name) if part) or "Звонок от клиента"


def greeting_text(greeting: str, language: str, says_recorded: bool) -> str:
    """The greeting and, where the number wants it, the notice of recording; empty for none."""
    notice = RECORDING_NOTICE.get(language, RECORDING_NOTICE["ru"]) if says_recorded else ""
    return " ".join(part for part in (greeting.strip(), notice) if part)


def estimated_seconds(text: str) -> float:
    """About how long the voice needs; a digit is a word."""
    digits = sum(sign.isdigit() for sign in text)
    return round(_SIGN_S * (len(text) - digits) + _DIGIT_S * digits, 1)
