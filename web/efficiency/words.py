"""The report in Russian: figures beside those of the period before. Pure."""

from dataclasses import dataclass

from callcore.calls.efficiency_model import Fate
from web.ui.formats import NBSP, plural

SERIES = (
    (Fate.ANSWERED, "Отвечено", "ok"),
    (Fate.MISSED, "Пропущено", "bad"),
    (Fate.DECLINED, "Отклонено", "warn"),
    (Fate.TAKEN, "Ответил другой", "calm"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """`tone` of the words: ok, bad or calm."""

    text: str
    tone: str


def change(now: float | None, before: float | None, *, more_is: str = "ok", unit: str = "") -> Change:
    """`more_is` ok, bad or calm says how growth is to be taken."""
    if now is None or before is None:
        return Change("раньше не было" if before is None else "", "calm")
    step = round(now) - round(before)
    if step == 0:
        return Change("как раньше", "calm")
    less = {"ok": "bad", "bad": "ok"}.get(more_is, "calm")
    sign = "+" if step > 0 else "\N{MINUS SIGN}"
    return Change(f"{sign}{abs(step)}{unit}, было {round(before)}{unit}", more_is if step > 0 else less)


def share(now: int | None, before: int | None) -> Change:
    """The per cent of a count that stands above."""
    if now is None:
        return Change("", "calm")
    tone = "calm" if before in (None, now) else "ok" if now > (before or 0) else "bad"
    return Change(f"{per_cent(now)}, было {per_cent(before)}", tone)


def waited(now: float | None, before: float | None) -> Change:
    if now is None:
        return Change("", "calm")
    shown, was = roughly(now), roughly(before)
    tone = "calm" if before is None or shown == was else "ok" if now < before else "bad"
    return Change(f"через {shown}, было {was}", tone)


def roughly(value: float | None) -> str:
    """In one unit."""
    if value is None or value < 3600:
        return seconds(value)
    return f"{round(value / 3600)}{NBSP}ч"


def seconds(value: float | None) -> str:
    """«8 с», «2 мин 05 с», «1 ч 20 мин», «3 дня»: how long somebody waited."""
    if value is None:
        return "—"
    total = round(value)
    if total < 60:
        return f"{total}{NBSP}с"
    if total < 3600:
        return f"{total // 60}{NBSP}мин{NBSP}{total % 60:02}{NBSP}с"
    if total < 2 * 86_400:
        return f"{total // 3600}{NBSP}ч{NBSP}{total % 3600 // 60:02}{NBSP}мин"
    return plural(total // 86_400, "день", "дня", "дней")


def per_cent(value: int | None) -> str:
    return "—" if value is None else f"{value}{NBSP}%"
