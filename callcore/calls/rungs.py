"""Words for who carried a call, the same in the console and on pages. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from callcore.calls.model import Rung

RUNG_NAMES: Final = {
    Rung.APP.value: "приложение",
    Rung.SCRIPT.value: "скрипт у АТС",
    Rung.STATIC.value: "часы в АТС",
    Rung.DUTY.value: "сразу дежурный",
    "": "никто, клиент не дождался",
}


def rung_name(rung: str) -> str:
    return RUNG_NAMES.get(rung, rung)


def rung_counts(rungs: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """(name, how many), the most first."""
    return tuple((rung_name(rung), count) for rung, count in Counter(rungs).most_common())


def is_fallback(rung: str) -> bool:
    """The application did not answer the PBX in time."""
    return rung not in (Rung.APP.value, "")


def told_rungs(rungs: Sequence[str]) -> str:
    """«Кто вёл последние звонки (20): приложение 18, скрипт у АТС 2.»"""
    if not rungs:
        return "Звонков ещё не было."
    counts = ", ".join(f"{name} {count}" for name, count in rung_counts(rungs))
    return f"Кто вёл последние звонки ({len(rungs)}): {counts}."
