"""The settings of the robot as a form: whatever was typed comes back as it was. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.outbound.robot.settings import RobotSettings
from web.robot.words import CHANNELS
from web.ui.clock import minute_of

NUMBERS: Final = ("delay_minutes", "max_at_once")
CLOCKS: Final = ("from_minute", "until_minute")
TEXTS: Final = (*NUMBERS, *CLOCKS, "retry_minutes", "manager_name", "sources", "voice")
SWITCHES: Final = ("is_on", "starts_distribution", "needs_consent")
MAX_CHARS: Final = 600


@dataclass(frozen=True, slots=True)
class RobotForm:
    """`version` is what the person saw."""

    texts: Mapping[str, str]
    switches: Mapping[str, bool]
    channels: tuple[str, ...]
    version: int


def show(settings: RobotSettings, version: int) -> RobotForm:
    texts = {name: str(getattr(settings, name)) for name in NUMBERS}
    texts |= {name: _clock(getattr(settings, name)) for name in CLOCKS}
    texts["retry_minutes"] = ", ".join(str(one) for one in settings.retry_minutes)
    texts |= {
        "manager_name": settings.manager_name,
        "voice": settings.voice,
        "sources": ", ".join(settings.sources),
    }
    switches = {name: getattr(settings, name) for name in SWITCHES}
    return RobotForm(texts, switches, settings.channels, version)


def read_form(sent: Mapping[str, Any]) -> RobotForm:
    texts = {name: _plain(sent.get(name, "")) for name in TEXTS}
    switches = {name: sent.get(name) == "1" for name in SWITCHES}
    channels = tuple(one.value for one in CHANNELS if sent.get(f"channel_{one.value}") == "1")
    version = _whole(_plain(sent.get("version", "")))
    return RobotForm(texts, switches, channels, -1 if version is None else version)


def understand(form: RobotForm) -> tuple[RobotSettings, dict[str, str]]:
    """The settings, and codes of what could not be read by the name of its input."""
    found: dict[str, int | None] = {name: _whole(form.texts[name]) for name in NUMBERS}
    wrong = {name: "not-number" for name, value in found.items() if value is None}
    clocks = {name: minute_of(form.texts[name]) for name in CLOCKS}
    wrong |= {name: "not-time" for name, value in clocks.items() if value is None}
    parts = [part for part in re.split(r"[\s,;]+", form.texts["retry_minutes"]) if part]
    retries = [_whole(part) for part in parts]
    if None in retries:
        wrong["retry_minutes"] = "not-number"
    sources = [part.strip() for part in re.split(r"[,;]", form.texts["sources"])]
    settings = RobotSettings(
        is_on=form.switches["is_on"],
        channels=form.channels,
        sources=tuple(dict.fromkeys(one for one in sources if one)),
        voice=form.texts["voice"],
        delay_minutes=found["delay_minutes"] or 0,
        from_minute=clocks["from_minute"] or 0,
        until_minute=clocks["until_minute"] or 0,
        retry_minutes=tuple(one for one in retries if one is not None),
        max_at_once=found["max_at_once"] or 0,
        manager_name=form.texts["manager_name"],
        starts_distribution=form.switches["starts_distribution"],
        needs_consent=form.switches["needs_consent"],
    )
    return settings, wrong


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _plain(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:MAX_CHARS]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
