"""The calls behind a figure of «Телефония», as the journal's address names them. Pure."""

from typing import Final

from callcore.calls.efficiency_model import WHOLE, Fate, Share, Subject

FATES: Final = {
    Fate.OFFERED.value: "предложено",
    Fate.ANSWERED.value: "отвечено",
    Fate.DECLINED.value: "отклонено",
    Fate.MISSED.value: "пропущено",
    Fate.TAKEN.value: "ответил другой",
    Fate.CALLED_BACK.value: "пропущено, потом перезвонили",
    Fate.WON.value: "отвечено, есть заказ",
    Fate.MADE.value: "звонки клиентам",
    Fate.REACHED.value: "звонки клиентам с разговором",
}


def read_share(who: str, fate: str, errors: dict[str, str]) -> Share | None:
    """Without `who` those of everybody."""
    if not fate:
        return None
    try:
        return Share(Subject.parse(who) if who else WHOLE, Fate(fate))
    except ValueError:
        errors["fate"] = "Откройте список снова со страницы «Телефония»"
        return None


def read_hour(text: str, errors: dict[str, str]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) < 24):
        errors["hour"] = "Час от 0 до 23"
        return None
    return int(text)
