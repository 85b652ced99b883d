"""Browsers and refusals in Russian. Pure."""

import re
from typing import Final

from callcore.network.passwords import MAX_LENGTH, MIN_LENGTH

# The first that fits wins: each later browser also calls itself an earlier one.
_BROWSERS: Final = (
    ("YaBrowser/", "Яндекс Браузер"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
ENTRANCES: Final = {
    "user:signed-in": ("Вход", "ok", "login"),
    "user:sign-in-failed": ("Неверный пароль", "warn", "lock"),
    "user:code-failed": ("Неверный код", "warn", "shield-check"),
}
ERRORS: Final = {
    "password-wrong": "Нынешний пароль не подошёл: проверьте раскладку и Caps Lock",
    "password-length": f"От {MIN_LENGTH} до {MAX_LENGTH} знаков",
    "passwords-differ": "Пароли не совпали: введите одинаковые",
    "code-wrong": "Код не подошёл: дождитесь нового в приложении и введите его",
    "reason-length": "Напишите причину: её увидят в журнале действий",
    "person": "Выберите человека из списка",
}


def device(user_agent: str) -> str:
    """«Chrome, Windows»; what says nothing of itself is «Неизвестное устройство»."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if re.search(mark, user_agent)), "")
    return ", ".join(part for part in (browser, system) if part) or "Неизвестное устройство"
