"""What happened in a call, event by event, in Russian. Pure; an event that this version does not know is shown by its code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from callcore.calls.model import HappeningKind
from callcore.calls.recording_pause import PAUSED, RESUMED
from dialplans.contract import DeclineReason, FallbackReason, Milestone, OutStage
from web.calls.words import DECLINE_REASONS, FALLBACK_REASONS, RUNG_WORDS, STEP_KINDS, WARNINGS
from web.ui.formats import duration, plural

Names = Mapping[str, str]
"""Phone key (p12) -> who stands behind it, as the viewer may see it."""
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line of the timeline; `tone` and `icon` as in the macro `event`."""

    at: datetime
    title: str
    icon: str
    tone: str = "calm"
    who: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    title: str
    icon: str
    tone: str = "calm"
    who: str = ""


def tell(at: datetime, kind: str, data: Data, names: Names) -> StoryLine:
    teller = _TELLERS.get(kind)
    told = teller(data, names) if teller else _Told(f"Событие {kind}", "circle-dot")
    return StoryLine(at, told.title, told.icon, told.tone, told.who)


def _name(data: Data, names: Names) -> str:
    key = str(data.get("phone", ""))
    return names.get(key, f"телефон {key}" if key else "")


def _entered(_data: Data, _names: Names) -> _Told:
    return _Told("Звонок пришёл на АТС", "phone-incoming", "info")


def _routed(data: Data, _names: Names) -> _Told:
    warning = next((mark.text for code, mark in WARNINGS.items() if code == data.get("warning")), "")
    return _Told(
        f"Выбран маршрут: {warning.lower()}" if warning else "Выбран маршрут",
        "route",
        "warn" if warning else "calm",
    )


def _fallback(data: Data, _names: Names) -> _Told:
    reason = data.get("reason")
    if reason == FallbackReason.EXHAUSTED:
        return _Told("По плану никто не ответил, звоним дежурному", "bell-ringing", "warn")
    known = next((words for code, words in FALLBACK_REASONS.items() if code == reason), "")
    rung = next((words for code, words in RUNG_WORDS.items() if code == data.get("rung")), "")
    return _Told(f"Аварийный маршрут{f': {known}' if known else ''}", "alert-triangle", "warn", rung)


def _step(data: Data, names: Names) -> _Told:
    kind = next((words for code, words in STEP_KINDS.items() if code == data.get("step_kind")), "")
    phones = data.get("phones")
    keys = [str(key) for key in phones] if isinstance(phones, list) else []
    who = ", ".join(dict.fromkeys(names[key] for key in keys if key in names))
    number = data.get("step")
    title = f"Попытка {number}" if number else "Попытка"
    count = plural(len(keys), "телефон", "телефона", "телефонов") if keys else ""
    return _Told(": ".join(part for part in (title, kind) if part), "phone-ringing", "info", who or count)


def _offered(data: Data, names: Names) -> _Told:
    return _Told("Снял трубку, слышит подсказку", "phone", "calm", _name(data, names))


def _accepted(data: Data, names: Names) -> _Told:
    return _Told("Принял звонок", "phone-check", "ok", _name(data, names))


def _declined(data: Data, names: Names) -> _Told:
    reason = data.get("reason")
    words = next((text for code, text in DECLINE_REASONS.items() if code == reason), "отказался от звонка")
    tone = "calm" if reason == DeclineReason.LATE else "warn"
    return _Told(words[0].upper() + words[1:], "ban", tone, _name(data, names))


def _recording(_data: Data, _names: Names) -> _Told:
    return _Told("Началась запись разговора", "microphone")


def _notice(_data: Data, _names: Names) -> _Told:
    return _Told("Клиент ответил и слышит: разговор записывается", "volume")


def _pause(data: Data, names: Names) -> _Told:
    return _Told("С телефона просят паузу записи", "player-pause", "info", _name(data, names))


def _voicemail(data: Data, _names: Names) -> _Told:
    seconds = data.get("seconds")
    if not isinstance(seconds, int) or seconds <= 0:
        return _Told("Автоответчик: сообщение не оставлено", "record-mail", "warn")
    return _Told(f"Клиент оставил сообщение, {duration(seconds)}", "record-mail", "warn")


_KEYS: Final = {
    "1": "подтвердил заказ",
    "2": "хочет изменить",
    "0": "просит менеджера",
    "9": "просит не звонить",
}


def _robot(data: Data, _names: Names) -> _Told:
    key = str(data.get("key", ""))
    tone = "ok" if key == "1" else "info" if key in _KEYS else "warn"
    return _Told(f"Клиент нажал {key}", "dialpad", tone, _KEYS.get(key, "такой кнопки нет"))


def _out(data: Data, names: Names) -> _Told:
    phones = data.get("phones")
    keys = [str(key) for key in phones] if isinstance(phones, list) else []
    who = ", ".join(dict.fromkeys(names[key] for key in keys if key in names))
    return _Told(
        "Исходящий звонок: звоним нашим" if keys else "Исходящий звонок", "phone-outgoing", "info", who
    )


def _dialling(_data: Data, _names: Names) -> _Told:
    return _Told("Набираем клиента", "phone-ringing", "info")


def _unreached(data: Data, _names: Names) -> _Told:
    stages = {OutStage.OURS: "Наши не взяли трубку", OutStage.CUSTOMER: "Клиент не взял трубку"}
    title = next(
        (text for stage, text in stages.items() if data.get("stage") == stage), "Звонок не состоялся"
    )
    return _Told(title, "phone-off", "warn")


def _masked(data: Data, names: Names) -> _Told:
    return _Told("Дилер звонит клиенту через наш номер", "phone-outgoing", "info", _name(data, names))


def _callback(_data: Data, _names: Names) -> _Told:
    return _Told("Клиент попросил перезвонить", "phone-incoming", "info")


def _done(_data: Data, _names: Names) -> _Told:
    return _Told("Звонок завершён", "phone-end")


def _unreachable(data: Data, names: Names) -> _Told:
    return _Told("Телефон не на связи", "phone-off", "warn", _name(data, names))


def _transferred(data: Data, names: Names) -> _Told:
    way = {"attended": "с предупреждением", "blind": "без предупреждения"}.get(str(data.get("way")), "")
    failed = str(data.get("result", "Success")).lower() not in ("success", "")
    title = f"Перевод {way}".strip() + (": не удался" if failed else "")
    return _Told(title, "arrow-forward-up", "warn" if failed else "info", _name(data, names))


def _handing(data: Data, names: Names) -> _Told:
    phones = [names.get(str(key), str(key)) for key in data.get("phones", [])]
    return _Told(
        f"Переводят на: {', '.join(phones)}" if phones else "Звонок переводят",
        "arrow-forward-up",
        "info",
        _name(data, names),
    )


def _back(data: Data, names: Names) -> _Told:
    return _Told("Перевод никто не взял: звонок возвращается", "arrow-back-up", "warn", _name(data, names))


def _merged(_data: Data, _names: Names) -> _Told:
    return _Told("Присоединён ещё один звонок", "link")


def _closed_unseen(_data: Data, _names: Names) -> _Told:
    return _Told("Конец звонка не был виден: связи с АТС не было", "access-point-off", "warn")


def _repaired(_data: Data, _names: Names) -> _Told:
    return _Told("Запись восстановлена по журналу АТС (CEL)", "database", "info")


def _anomaly(data: Data, _names: Names) -> _Told:
    return _Told(f"АТС сообщила неожиданное: {data.get('code', 'без кода')}", "help", "warn")


def _paused(_data: Data, _names: Names) -> _Told:
    return _Told("Запись на паузе", "player-pause", "warn")


def _resumed(data: Data, _names: Names) -> _Told:
    return _Told(
        f"Запись продолжена, на паузе всего {duration(data.get('paused_ms', 0) / 1000)}", "microphone"
    )


_TELLERS: Final[dict[str, Callable[[Data, Names], _Told]]] = {
    Milestone.ENTERED: _entered,
    Milestone.FALLBACK: _fallback,
    Milestone.STEP: _step,
    Milestone.OFFERED: _offered,
    Milestone.ACCEPTED: _accepted,
    Milestone.DECLINED: _declined,
    Milestone.NOTICE: _notice,
    Milestone.PAUSE: _pause,
    Milestone.RECORDING: _recording,
    PAUSED: _paused,
    RESUMED: _resumed,
    Milestone.VOICEMAIL: _voicemail,
    Milestone.HANDING: _handing,
    Milestone.BACK: _back,
    Milestone.ROBOT: _robot,
    Milestone.OUT: _out,
    Milestone.DIALLING: _dialling,
    Milestone.UNREACHED: _unreached,
    Milestone.MASKED: _masked,
    Milestone.CALLBACK: _callback,
    Milestone.DONE: _done,
    HappeningKind.ROUTED: _routed,
    HappeningKind.UNREACHABLE: _unreachable,
    HappeningKind.TRANSFERRED: _transferred,
    HappeningKind.MERGED: _merged,
    HappeningKind.CLOSED_UNSEEN: _closed_unseen,
    HappeningKind.REPAIRED: _repaired,
    HappeningKind.ANOMALY: _anomaly,
}
