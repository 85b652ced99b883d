"""A call that we make, in plain Russian: what goes on, how it ended, what to do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.calls.attempts import AttemptKind, AttemptReason, AttemptResult, AttemptState
from callcore.outbound.attempt_view import AttemptView


@dataclass(frozen=True, slots=True)
class Said:
    """`tone` as of pills; `advice` the next step, may be empty."""

    title: str
    advice: str = ""
    tone: str = "calm"
    icon: str = "phone"


STEPS: Final = (
    (AttemptState.SENT, "Звоним вам"),
    (AttemptState.OURS, "Вы на линии"),
    (AttemptState.DIALLING, "Звоним клиенту"),
    (AttemptState.TALKING, "Разговор"),
)
STATES: Final = {
    AttemptState.MADE: Said("Соединяем с АТС…", "", "info", "phone-ringing"),
    AttemptState.SENT: Said(
        "Звоним вам", "Возьмите трубку: сначала вы услышите, кому звоним.", "live", "phone-ringing"
    ),
    AttemptState.OURS: Said(
        "Вы на линии", "Слушайте подсказку и нажмите 1, чтобы набрать клиента.", "live", "phone-check"
    ),
    AttemptState.DIALLING: Said("Звоним клиенту", "Оставайтесь на линии.", "live", "phone-outgoing"),
    AttemptState.TALKING: Said("Разговор", "", "live", "phone-call"),
}
RESULTS: Final = {
    AttemptResult.TALKED: Said("Поговорили", "", "ok", "circle-check"),
    AttemptResult.OURS_UNREACHABLE: Said(
        "Ваш телефон не зарегистрирован",
        "Включите телефон или выберите другой. Клиенту не звонили.",
        "bad",
        "phone-off",
    ),
    AttemptResult.OURS_NO_ANSWER: Said(
        "Вы не ответили", "Клиенту не звонили. Нажмите ещё раз и возьмите трубку.", "warn", "phone-x"
    ),
    AttemptResult.OURS_DECLINED: Said("Вы отклонили звонок", "Клиенту не звонили.", "calm", "phone-x"),
    AttemptResult.OURS_BUSY: Said(
        "Ваш телефон занят",
        "Закончите разговор или выберите другой телефон. Клиенту не звонили.",
        "warn",
        "phone-x",
    ),
    AttemptResult.NO_ANSWER: Said("Клиент не ответил", "Попробуйте позже.", "warn", "phone-x"),
    AttemptResult.BUSY: Said("У клиента занято", "Позвоните через несколько минут.", "warn", "phone-x"),
    AttemptResult.REJECTED: Said(
        "Клиент сбросил звонок", "Возможно, ему неудобно: позвоните позже.", "warn", "phone-x"
    ),
    AttemptResult.UNREACHABLE: Said(
        "Телефон клиента недоступен", "Выключен или вне сети. Попробуйте позже.", "warn", "phone-off"
    ),
    AttemptResult.CANCELLED: Said("Звонок прерван", "", "calm", "phone-x"),
    AttemptResult.FAILED: Said(
        "Звонок не состоялся",
        "Нажмите ещё раз; если повторится, сообщите администратору.",
        "bad",
        "alert-triangle",
    ),
    AttemptResult.UNKNOWN: Said(
        "Неизвестно, чем кончился звонок",
        "Связь с АТС прерывалась. Посмотрите журнал звонков.",
        "warn",
        "help",
    ),
}
REASONS: Final = {
    AttemptReason.NO_KEY: Said(
        "Вы взяли трубку и ничего не нажали",
        "Клиенту не звонили. Нажмите ещё раз, после подсказки — 1.",
        "warn",
        "phone-x",
    ),
    AttemptReason.HUNG_UP_IN_WHISPER: Said(
        "Вы положили трубку во время подсказки", "Клиенту не звонили.", "calm", "phone-x"
    ),
    AttemptReason.HUNG_UP_WHILE_RINGING: Said(
        "Вы положили трубку, пока клиенту звонили", "", "calm", "phone-x"
    ),
    AttemptReason.STOPPED: Said("Вы прервали звонок", "", "calm", "phone-x"),
    AttemptReason.NUMBER_REFUSED: Said(
        "Такого номера нет", "Уточните телефон клиента.", "bad", "alert-triangle"
    ),
    AttemptReason.CARRIER_FAILED: Said(
        "Оператор связи не соединил", "Попробуйте через минуту.", "bad", "alert-triangle"
    ),
    AttemptReason.HUNG_UP_IN_NOTICE: Said(
        "Клиент положил трубку до разговора",
        "Он ответил, но не дослушал предупреждение о записи.",
        "warn",
        "phone-x",
    ),
    AttemptReason.PBX_REFUSED: Said(
        "АТС не смогла начать звонок",
        "Клиенту не звонили. Нажмите ещё раз; если повторится, сообщите администратору.",
        "bad",
        "alert-triangle",
    ),
    AttemptReason.PBX_RESTARTED: Said(
        "Телефонная станция остановлена, звонок оборвался",
        "Нажмите ещё раз, когда она снова заработает.",
        "warn",
        "refresh",
    ),
    AttemptReason.PBX_STOPPED: Said(
        "Телефонная станция остановлена",
        "Клиенту не звонили. Нажмите ещё раз, когда она снова заработает.",
        "warn",
        "refresh",
    ),
    AttemptReason.NOT_SENT: Said(
        "Звонок не начат: программа перезапускалась", "Нажмите ещё раз.", "warn", "refresh"
    ),
    AttemptReason.PBX_NOT_CONNECTED: Said(
        "Нет связи с АТС", "Звонок не начат. Проверьте связь и нажмите ещё раз.", "bad", "alert-triangle"
    ),
}
# What a press is refused with; {} are details of the refusal.
REFUSALS: Final = {
    "phone-not-registered": Said(
        "Телефон не зарегистрирован: {phones}", "Включите его или выберите другой. Клиенту не звонили."
    ),
    "no-own-phone": Said(
        "У вас нет телефона в системе", "Попросите администратора добавить телефон вам или вашей точке."
    ),
    "pbx-not-connected": Said("Нет связи с АТС", "Звонок не начат. Повторите, когда связь появится."),
    "customer-sleeps": Said("У клиента сейчас {there}", "Звонить можно с {since} до {until} по его времени."),
    "destination-not-allowed": Said(
        "На этот номер звонить нельзя",
        "Разрешены только обычные номера из списка направлений: платные, короткие и чужие страны закрыты.",
    ),
    "number-is-ours": Said("Это номер самой сети", "Звонок вернулся бы к нам же."),
    "nobody-to-call": Said("Телефона нет", "Клиент звонил со скрытого номера или телефон не записан."),
    "too-many-calls-now": Said(
        "Уже идёт {most} звонков", "Столько можно вести одновременно. Дождитесь конца одного из них."
    ),
    "too-many-calls-today": Said(
        "Сегодня уже {most} звонков", "Это предел на день; его меняет производитель."
    ),
    "no-site-calls": Said(
        "У вас выключен «Звонок с сайта»", "Без него кнопки звонка нет. Его включает производитель."
    ),
    "dealer-suspended": Said("Дилер приостановлен", "Пока это так, звонить нельзя."),
    "call-in-progress": Said("Клиенту уже звонят", "Дождитесь конца этого звонка."),
}
TITLES: Final = {
    AttemptKind.ORDER: "Звонок по заказу",
    AttemptKind.CUSTOMER: "Звонок клиенту",
    AttemptKind.TASK: "Перезвонить по задаче",
    AttemptKind.CALL: "Перезвонить",
}


def said_of(view: AttemptView) -> Said:
    if not view.is_over:
        return STATES[view.state]
    result = next((one for one in AttemptResult if one.value == view.result), AttemptResult.UNKNOWN)
    reason = next((one for one in AttemptReason if one.value == view.reason), None)
    if result is AttemptResult.TALKED or reason not in REASONS:
        return RESULTS[result]
    return REASONS[reason]


def refusal_words(code: str, details: Mapping[str, Any]) -> Said | None:
    """None for a refusal that is not of the button."""
    found = REFUSALS.get(code)
    if found is None:
        return None
    known = {"phones": "", "there": "", "since": "", "until": "", "most": ""} | dict(details)
    return Said(found.title.format_map(known), found.advice.format_map(known), "warn", "alert-triangle")


def steps_of(view: AttemptView) -> list[tuple[str, str]]:
    """(words, done | now | next) of the way to the talk."""
    order = list(AttemptState)
    place = order.index(view.state)
    return [
        (words, "done" if order.index(step) < place else "now" if step is view.state else "next")
        for step, words in STEPS
    ]
