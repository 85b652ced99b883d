"""The settings of orders as a form: whatever was typed comes back as it was. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.orders.settings import OrderSettings

NUMBERS: Final = (
    "points_done",
    "points_failed",
    "due_days",
    "accept_minutes",
    "contact_minutes",
    "release_minutes",
    "open_to_all_minutes",
    "claim_days",
)
SCORES: Final = ("score_1", "score_2", "score_3", "score_4", "score_5")
SWITCHES: Final = (
    "points_failed_always",
    "points_below_zero",
    "needs_confirmation",
    "working_minutes",
    "survey_after_close",
)
WRONG: Final = {
    "not-number": "Введите целое число",
    "too-small": "Слишком мало",
    "too-big": "Слишком много",
    "not-listed": "Выберите из списка",
}


@dataclass(frozen=True, slots=True)
class SettingForm:
    """`texts` by the names of NUMBERS and SCORES, and desk_org_id; `version` is what the person saw."""

    texts: Mapping[str, str]
    switches: Mapping[str, bool]
    version: int


def show_settings(settings: OrderSettings, version: int) -> SettingForm:
    texts = {name: str(getattr(settings, name)) for name in NUMBERS}
    texts |= {name: str(points) for name, points in zip(SCORES, settings.points_by_score, strict=True)}
    texts["desk_org_id"] = str(settings.desk_org_id or "")
    return SettingForm(texts, {name: getattr(settings, name) for name in SWITCHES}, version)


def read_form(sent: Mapping[str, Any]) -> SettingForm:
    texts = {name: _plain(sent.get(name, "")) for name in (*NUMBERS, *SCORES, "desk_org_id")}
    version = _whole(_plain(sent.get("version", "")))
    return SettingForm(
        texts, {name: sent.get(name) == "1" for name in SWITCHES}, -1 if version is None else version
    )


def understand(form: SettingForm) -> tuple[OrderSettings, dict[str, str]]:
    """The settings, and codes of what could not be read by the name of its input."""
    found = {name: _whole(form.texts[name]) for name in (*NUMBERS, *SCORES)}
    wrong = {name: "not-number" for name, value in found.items() if value is None}
    read = {name: value or 0 for name, value in found.items()}
    desk = _whole(form.texts["desk_org_id"]) if form.texts["desk_org_id"] else None
    if desk is None and form.texts["desk_org_id"]:
        wrong["desk_org_id"] = "not-listed"
    settings = OrderSettings(
        points_done=read["points_done"],
        points_failed=-abs(read["points_failed"]),  # a loss, however it is typed
        due_days=read["due_days"],
        accept_minutes=read["accept_minutes"],
        contact_minutes=read["contact_minutes"],
        release_minutes=read["release_minutes"],
        open_to_all_minutes=read["open_to_all_minutes"],
        claim_days=read["claim_days"],
        points_by_score=(read["score_1"], read["score_2"], read["score_3"], read["score_4"], read["score_5"]),
        desk_org_id=desk,
        **{name: form.switches[name] for name in SWITCHES},
    )
    return settings, wrong


def _plain(value: object) -> str:
    return (
        "".join(char for char in value if char.isprintable()).strip()[:20] if isinstance(value, str) else ""
    )


def _whole(text: str) -> int | None:
    text = text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    digits = text.removeprefix("-").removeprefix("+")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
