"""Words of callbacks for people. Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcore.calls.attempts import AttemptReason, AttemptResult, AttemptState
from callcore.calls.task_model import CloseReason
from callcore.outbound.callbacks.assignees import AssigneeKind
from callcore.outbound.callbacks.model import CallbackReason, CallbackSource, CallbackState
from web.orders.words import exact_money
from web.ui.flash import Flash

# title, tone, icon
STATES: Final = {
    CallbackState.WAITING: ("Ждёт звонка", "info", "clock"),
    CallbackState.CALLING: ("Звоним", "info", "phone-outgoing"),
    CallbackState.UNREACHED: ("Не дозвонились", "bad", "phone-off"),
    CallbackState.DONE: ("Поговорили", "ok", "circle-check"),
    CallbackState.CLOSED: ("Закрыт", "calm", "check"),
    CallbackState.EXPIRED: ("Срок истёк", "calm", "clock"),
}
SOURCES: Final = {
    CallbackSource.WIDGET: "Кнопка на сайте",
    CallbackSource.PAGE: "Страница без скрипта",
    CallbackSource.API: "Программа",
    CallbackSource.QUEUE: "Очередь",
}
CLOSINGS: Final = {
    CloseReason.TALKED: "Поговорили",
    CloseReason.NO_ANSWER: "Клиент не отвечает",
    CloseReason.SPAM: "Спам или шутка",
    CloseReason.OTHER: "Другое",
}
REASONS: Final[dict[str, str]] = {
    **{one.value: text for one, text in CLOSINGS.items()},
    CallbackReason.TALKED: "с клиентом поговорили",
    CallbackReason.NO_ANSWER: "клиент не ответил",
    CallbackReason.NOBODY_OF_OURS: "никто из наших не взял трубку",
    CallbackReason.SHORT: "клиент ответил и сразу положил трубку",
    CallbackReason.BAD_NUMBER: "такого номера нет",
    CallbackReason.BARRED: "номер в списке «Не звонить»",
    CallbackReason.OLD: "прошло четверо суток",
}
TRIES: Final = {
    AttemptResult.TALKED: "поговорили",
    AttemptResult.OURS_UNREACHABLE: "наши телефоны не на связи",
    AttemptResult.OURS_NO_ANSWER: "наши не взяли трубку",
    AttemptResult.OURS_DECLINED: "наши отказались",
    AttemptResult.OURS_BUSY: "наши заняты",
    AttemptResult.NO_ANSWER: "клиент не ответил",
    AttemptResult.BUSY: "у клиента занято",
    AttemptResult.REJECTED: "клиент сбросил",
    AttemptResult.UNREACHABLE: "клиент недоступен",
    AttemptResult.CANCELLED: "отменён",
    AttemptResult.FAILED: "не набран",
    AttemptResult.UNKNOWN: "итог неизвестен",
}
TRY_REASONS: Final = {
    AttemptReason.PBX_NOT_CONNECTED: "нет связи с АТС",
    AttemptReason.PBX_REFUSED: "АТС отказала",
    AttemptReason.PBX_STOPPED: "телефонная станция остановлена",
    AttemptReason.CARRIER_FAILED: "сбой у оператора связи",
    AttemptReason.NUMBER_REFUSED: "такого номера нет",
    AttemptReason.NOT_SENT: "программа была остановлена",
    AttemptReason.HUNG_UP_IN_WHISPER: "наш положил трубку до соединения",
}
GOING_ON: Final = {
    AttemptState.MADE: "начинаем",
    AttemptState.SENT: "звоним нашим",
    AttemptState.OURS: "наш на линии",
    AttemptState.DIALLING: "звоним клиенту",
    AttemptState.TALKING: "разговор",
}
ASSIGNEES: Final = {
    AssigneeKind.OPERATORS: "головной офис, кто свободен",
    AssigneeKind.PERSON: "человек",
    AssigneeKind.OUTLET: "точка",
    AssigneeKind.DEALER: "дилер",
}
LATE: Final = Flash("warning", "Заявку уже изменили, или клиенту как раз звонят: посмотрите, что с ней стало")
# By field and code: what the person who fills in the form is told.
ASKED_WRONG: Final = {
    "number-empty": "Введите номер телефона, например +7 916 123-45-67",
    "number-short": "Это короткий номер: на него перезвонить нельзя. Введите номер целиком, с кодом города или оператора",
    "number-wrong": "Проверьте номер: нужно 11 цифр, например +7 916 123-45-67",
    "number-foreign": "Перезваниваем только на российские номера, они начинаются с +7",
    "number-paid": "На платные номера не перезваниваем: введите мобильный или городской",
    "number-ours": "Это наш собственный номер: введите свой",
    "time-past": "Это время уже прошло: выберите другое",
    "time-far": "Выберите время в ближайшие семь дней",
    "time-night": "В это время мы не звоним: выберите дневное",
    "time-wrong": "Выберите время из списка",
    "site-wrong": "Такого сайта нет: ключ стоит в разделе «Обратные звонки», «Сайты»",
    "too-long": "Слишком длинно: сократите",
    "consent-needed": "Без согласия перезвонить нельзя: отметьте его",
}
ASKED_TOO_OFTEN: Final = {
    "callback-address": "С вашего адреса уже много заявок. Подождите час или позвоните нам сами",
    "callback-number": "На этот номер сегодня уже звонили несколько раз. Позвоните нам сами или попробуйте завтра",
    "callback-site": "Сейчас слишком много заявок. Попробуйте через час или позвоните нам сами",
    "too-often": "Слишком часто: подождите минуту и отправьте ещё раз",
}
CHECK_FAILED: Final = "Форма устарела: отправьте ещё раз"


def try_text(result: str, reason: str, state: str) -> str:
    """«не набран: нет связи с АТС»; of one that goes on, where it stands."""
    if not result:
        return next((text for one, text in GOING_ON.items() if one == state), "идёт")
    words = next((text for one, text in TRIES.items() if one == result), "итог неизвестен")
    why = next((text for one, text in TRY_REASONS.items() if one == reason), "")
    return f"{words}: {why}" if why and why not in words else words


def cost_text(kopecks: int) -> str:
    """«3,40 ₽»: what the carrier takes for the calls of a request."""
    return exact_money(kopecks)


def when_text(at: datetime, now: datetime, tz: str, *, is_soon: bool = True) -> str:
    """«через 30 секунд», «сегодня в 15:30», «завтра в 09:00», «27.11 в 12:00», on the customer's clock."""
    if is_soon and at - now <= timedelta(minutes=1):
        return "через 30 секунд"
    zone = ZoneInfo(tz)
    there, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (there.date() - today).days
    day = {0: "сегодня", 1: "завтра"}.get(days, f"{there:%d.%m}")
    return f"{day} в {there:%H:%M}"
