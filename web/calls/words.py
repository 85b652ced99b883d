"""Russian words, tone and icon for every state, result, outcome and event of a call. Pure."""

from dataclasses import dataclass
from typing import Final

from callcore.calls.model import CallResult, CallState, Direction, LegOutcome, LegRole, Rung
from callcore.network.wording import SOURCE_NAMES
from callcore.routing.model import RouteWarning
from dialplans.contract import DeclineReason, FallbackReason, StepKind
from web.ui.legs import Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """A pill: colour never speaks alone. `tone` as in the macro `pill`."""

    text: str
    tone: str
    icon: str


STATES: Final = {
    CallState.OFFERED: Mark("Поступил", "live", "phone-incoming"),
    CallState.RINGING: Mark("Вызов", "live", "phone-ringing"),
    CallState.TALKING: Mark("Разговор", "live", "phone-call"),
    CallState.HELD: Mark("Ожидание", "live", "phone-pause"),
    CallState.ENDED: Mark("Завершён", "calm", "phone-end"),
}
RESULTS: Final = {
    CallResult.ANSWERED: Mark("Отвечен", "ok", "phone-check"),
    CallResult.DUTY_ANSWERED: Mark("Ответил дежурный", "ok", "headset"),
    CallResult.VOICEMAIL: Mark("Автоответчик", "warn", "record-mail"),
    CallResult.MISSED: Mark("Пропущен", "bad", "phone-x"),
    CallResult.ABANDONED: Mark("Не дождался", "bad", "phone-off"),
    CallResult.NO_ANSWER: Mark("Не ответили", "warn", "phone-off"),
    CallResult.FAILED: Mark("Не соединился", "bad", "circle-x"),
}
RESULT_HINTS: Final = {
    CallResult.MISSED: "Перебрали всех, никто не взял трубку",
    CallResult.ABANDONED: "Клиент повесил трубку, пока мы звонили сотрудникам",
    CallResult.VOICEMAIL: "Никто не ответил, клиент оставил сообщение",
    CallResult.DUTY_ANSWERED: "Ответил только дежурный телефон",
    CallResult.NO_ANSWER: "Вызываемая сторона не взяла трубку",
    CallResult.FAILED: "До вызываемой стороны не удалось дозвониться",
}
DIRECTIONS: Final = {
    Direction.INBOUND: Mark("Входящий", "calm", "phone-incoming"),
    Direction.OUTBOUND: Mark("Исходящий", "calm", "phone-outgoing"),
    Direction.INTERNAL: Mark("Внутренний", "calm", "phone"),
}
WARNINGS: Final = {
    RouteWarning.UNKNOWN_DID: Mark("Неизвестный номер", "warn", "alert-triangle"),
    RouteWarning.NO_TARGETS: Mark("Звонить было некому", "bad", "alert-triangle"),
}
WARNING_HINTS: Final = {
    RouteWarning.UNKNOWN_DID: "Набранного номера нет в списке номеров: звонок ушёл в головной офис. Добавьте номер.",
    RouteWarning.NO_TARGETS: "Не нашлось ни открытых точек, ни операторов, ни дежурных.",
}
RUNG_WORDS: Final = {
    Rung.SCRIPT: "по последнему снимку сети",
    Rung.STATIC: "по недельным часам в АТС",
    Rung.DUTY: "дежурному",
}
ROUTES: Final = {
    Rung.APP: Mark("Маршрут приложения", "calm", "route"),
    Rung.SCRIPT: Mark("Аварийный маршрут: по последнему снимку", "warn", "alert-triangle"),
    Rung.STATIC: Mark("Аварийный маршрут: по часам в АТС", "warn", "alert-triangle"),
    Rung.DUTY: Mark("Аварийный маршрут: дежурному", "warn", "alert-triangle"),
}
ROUTE_HINTS: Final = {
    Rung.SCRIPT: "Приложение не ответило вовремя: скрипт на стороне АТС выбрал маршрут по последнему снимку сети.",
    Rung.STATIC: "Не ответили ни приложение, ни скрипт: АТС сама звонила тем, кто открыт по недельному расписанию.",
    Rung.DUTY: "Приложение не ответило вовремя, открытых точек не нашлось: АТС отдала звонок дежурному.",
}
REPAIRED: Final = Mark("Восстановлен по CEL", "info", "database")
REPAIRED_HINT: Final = "Приложение не видело этот звонок целиком: запись восстановлена по журналу самой АТС."

OUTCOMES: Final[dict[LegOutcome, tuple[str, Outcome]]] = {
    LegOutcome.TALKED: ("разговор", "talked"),
    LegOutcome.DECLINED: ("отклонён", "declined"),
    LegOutcome.BUSY: ("занято", "busy"),
    LegOutcome.NO_ANSWER: ("не ответил", "no-answer"),
    LegOutcome.CANCELLED: ("вызов снят", "elsewhere"),
    LegOutcome.UNAVAILABLE: ("не на связи", "failed"),
    LegOutcome.FAILED: ("сбой связи", "failed"),
}
ROLES: Final = {
    LegRole.CUSTOMER: ("Клиент", "user"),
    LegRole.OUTLET: ("Точка продаж", "building-store"),
    LegRole.OPERATOR: ("Оператор", "headset"),
    LegRole.DUTY: ("Дежурный", "bell-ringing"),
    LegRole.OTHER: ("Другой телефон", "phone"),
}
STEP_KINDS: Final = {
    StepKind.OUTLET: "точка продаж",
    StepKind.OPERATORS: "операторы",
    StepKind.DUTY: "дежурный",
}
FALLBACK_REASONS: Final = {
    FallbackReason.AGI_FAILURE: "приложение не отвечало",
    FallbackReason.NO_PLAN: "приложение не дало плана",
    FallbackReason.TIMEOUT: "приложение не ответило вовремя",
    FallbackReason.EXHAUSTED: "все по плану опрошены",
}
DECLINE_REASONS: Final = {
    DeclineReason.KEY: "отклонил клавишей",
    DeclineReason.TIMEOUT: "снял трубку, но не подтвердил приём",
    DeclineReason.LATE: "нажал приём, когда звонок уже взяли",
}
SOURCES: Final = SOURCE_NAMES
# Q.850
CAUSES: Final = {
    0: "причина не указана",
    1: "такого номера нет",
    3: "нет пути до номера",
    16: "обычное завершение",
    17: "занято",
    18: "телефон молчит",
    19: "не ответил",
    20: "телефон не в сети",
    21: "отклонён",
    26: "ответил другой телефон",
    27: "телефон неисправен или недоступен",
    28: "номер набран неверно",
    31: "обычное завершение, без подробностей",
    34: "нет свободных линий",
    38: "сеть неисправна",
    41: "временный сбой",
    42: "сеть перегружена",
    44: "линия занята",
    50: "услуга не подключена",
    58: "услуга сейчас недоступна",
    63: "услуга недоступна",
    88: "телефоны не договорились о кодеке",
    102: "истекло время ожидания",
    111: "ошибка протокола",
    127: "причина неизвестна",
}


def status_mark(state: str, result: str) -> Mark:
    """What the journal shows: the state while the call lives, the result afterwards; an unknown word as it is."""
    if result in RESULTS:
        return RESULTS[CallResult(result)]
    if state in STATES:
        return STATES[CallState(state)]
    return Mark(result or state, "calm", "circle-minus")


def status_hint(result: str) -> str:
    return RESULT_HINTS.get(CallResult(result), "") if result in RESULTS else ""


def direction_mark(direction: str) -> Mark:
    return DIRECTIONS[Direction(direction)] if direction in DIRECTIONS else Mark(direction, "calm", "phone")


def warning_mark(warning: str) -> Mark | None:
    """None when there is nothing to look at."""
    if not warning:
        return None
    return WARNINGS[RouteWarning(warning)] if warning in WARNINGS else Mark(warning, "warn", "alert-triangle")


def warning_hint(warning: str) -> str:
    return WARNING_HINTS.get(RouteWarning(warning), "") if warning in WARNINGS else ""


def source_words(source: str) -> str:
    return SOURCES.get(source, source) if source else SOURCES["unknown"]


def cause_words(cause: int | None) -> str:
    """«16: обычное завершение»; empty when the PBX said nothing."""
    if cause is None:
        return ""
    return f"{cause}: {CAUSES.get(cause, 'код оператора связи')}"
