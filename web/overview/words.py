"""The overview in Russian: rungs, alarms, checks, odd calls. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcore.calls.day_queries import OddCall, RungCall
from callcore.calls.model import Rung
from callcore.calls.rungs import is_fallback, rung_counts, rung_name
from web.calls import words as call_words
from web.deps import HealthCheck
from web.overview.services import Day
from web.ui.formats import ago, plural

CHECKS: Final = {
    "database": ("База данных", "отвечает"),
    "pbx": ("Связь с АТС", "есть"),
    "routing": ("Сеть дилеров", "прочитана, звонки распределяются"),
    "answering": ("Ответы АТС", "даются за доли секунды"),
    "messages": ("Сообщения", "уходят вовремя"),
    "disk": ("Место для записей", "достаточно"),
}
_LETTERS: Final = {Rung.APP.value: "П", Rung.SCRIPT.value: "С", Rung.STATIC.value: "Ч", Rung.DUTY.value: "Д"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """`tone` as of a notice."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RungMark:
    letter: str
    look: str
    words: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    text: str
    ok: bool


def alarms(day: Day) -> tuple[Alarm, ...]:
    """What cannot wait, the worst first."""
    found = []
    if any(check.name == "pbx" and not check.ok for check in day.checks):
        found.append(
            Alarm(
                "danger",
                "Нет связи с АТС",
                "Звонки идут по её собственным правилам, журнал допишется сам. Проверьте, работает ли АТС.",
            )
        )
    fallback = sum(is_fallback(call.rung) for call in day.rungs)
    if fallback:
        count = plural(fallback, "звонок", "звонка", "звонков")
        found.append(
            Alarm(
                "danger" if is_fallback(day.rungs[0].rung) else "warning",
                f"{count} из последних {len(day.rungs)} вело не приложение",
                "АТС не дождалась ответа и выбирала сама. Посмотрите красные клетки ниже: когда это было.",
            )
        )
    found += [
        Alarm("danger", name.text, "")
        for name in checks(day.checks)
        if not name.ok and name.name != "Связь с АТС"
    ]
    if day.silent:
        found.append(
            Alarm(
                "danger",
                f"Дежурный телефон дважды подряд не ответил: {', '.join(day.silent)}",
                "Позвоните дежурному или передайте смену: ночью за ним только следующий номер.",
            )
        )
    if day.duty.has_shifts and day.gaps:
        count = plural(len(day.gaps), "окно", "окна", "окон")
        found.append(
            Alarm(
                "warning", f"В дежурствах на неделю {count} без смены", "В это время ответит только резерв."
            )
        )
    return tuple(found)


def rung_marks(calls: Sequence[RungCall]) -> tuple[RungMark, ...]:
    """Oldest first, as time runs."""
    marks = []
    for call in reversed(calls):
        look = "rung-fallback" if is_fallback(call.rung) else "" if call.rung else "rung-none"
        status = call_words.status_mark("", call.result).text if call.result else "идёт сейчас"
        words = f"{rung_name(call.rung)}, {status.lower()}"
        marks.append(RungMark(_LETTERS.get(call.rung, "–"), look, words, call.call_id))
    return tuple(marks)


def rung_summary(calls: Sequence[RungCall]) -> tuple[tuple[str, int], ...]:
    return rung_counts([call.rung for call in calls])


def checks(found: Sequence[HealthCheck]) -> tuple[Check, ...]:
    result = []
    for check in found:
        name, fine = CHECKS.get(check.name, (check.name, "в порядке"))
        result.append(Check(name, check.note or (fine if check.ok else "не в порядке"), check.ok))
    return tuple(result)


def snapshot_words(at: datetime | None, now: datetime) -> str:
    return f"Снимок сети, по которому идут звонки, сделан {ago(at, now)}" if at else "Снимка сети ещё нет"


def odd_words(one: OddCall) -> str:
    if one.warning:
        mark = call_words.warning_mark(one.warning)
        return mark.text if mark else one.warning
    return f"АТС сообщила неожиданное: {one.code or 'без кода'}"
