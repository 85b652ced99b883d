"""Words of the robot's pages. Pure."""

from typing import Final

from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.orders.model import OrderChannel
from callcore.outbound.robot.model import RobotResult, RobotState
from callcore.outbound.robot.queries import OrderRobot, RobotLine

# title, tone, icon, what it means
RESULTS: Final = {
    RobotResult.CONFIRMED: ("Подтверждён", "ok", "circle-check"),
    RobotResult.CHANGED: ("Хочет изменить", "warn", "pencil"),
    RobotResult.PERSON: ("Попросил менеджера", "info", "user-circle"),
    RobotResult.STOPPED: ("Просит не звонить", "warn", "ban"),
    RobotResult.NO_KEY: ("Не нажал кнопку", "warn", "help"),
    RobotResult.UNANSWERED: ("Не дозвонились", "bad", "phone-off"),
    RobotResult.BARRED: ("Нельзя звонить", "calm", "ban"),
    RobotResult.NOT_NEEDED: ("Не нужно", "calm", "minus"),
    RobotResult.NO_NUMBER: ("Нет номера", "calm", "phone-off"),
    RobotResult.NO_CONSENT: ("Нет согласия", "calm", "ban"),
}
STATES: Final = {
    RobotState.WAITING: ("Ждёт звонка", "info", "clock"),
    RobotState.CALLING: ("Звонит сейчас", "info", "phone-outgoing"),
}
TRY_RESULTS: Final = {
    AttemptResult.TALKED: "взял трубку",
    AttemptResult.NO_ANSWER: "не ответил",
    AttemptResult.BUSY: "занято",
    AttemptResult.REJECTED: "сбросил",
    AttemptResult.UNREACHABLE: "недоступен",
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
    AttemptReason.NOT_SENT: "приложение было остановлено",
}
KEY_TITLES: Final = {
    "1": "подтвердил",
    "2": "изменить",
    "0": "менеджер",
    "9": "не звонить",
}
BY: Final = {"link": "сам, по ссылке", "person": "сотрудник", "robot": ""}
CHANNELS: Final = {
    OrderChannel.SITE: "С сайта",
    OrderChannel.API: "Через API",
    OrderChannel.CALLBACK: "С обратного звонка",
    OrderChannel.IMPORT: "Из файла",
    OrderChannel.OPERATOR: "Внёс оператор",
    OrderChannel.PHONE: "По телефону",
    OrderChannel.SMS: "Ответ на SMS",
}
SOURCES: Final = {"robot": "нажал 9", "person": "внёс сотрудник", "api": "через API"}
CONSENT_SOURCES: Final = {
    "site": "на сайте",
    "phone": "по телефону",
    "api": "через API",
    "link": "по ссылке",
    "operator": "записал сотрудник",
    "forgotten": "просьба удалить данные",
}
WRONG: Final = {
    "not-number": "Введите целое число",
    "not-time": "Введите время, например 09:00",
    "too-small": "Слишком мало",
    "too-big": "Слишком много",
    "too-many": "Не больше пяти повторов",
    "too-long": "Слишком длинно",
    "not-after": "Должно быть позже начала",
    "too-many-sources": "Не больше тридцати источников",
    "not-source": "Напишите источник, например google, или источник и канал: google/cpc",
    "no-voice": "Выберите голос из списка",
    "none-chosen": "Выберите, после каких заказов звонить",
}
FILE_WRONG: Final = {
    "empty": "Файл пустой: выберите другой",
    "too-big": "Файл больше 5 МБ: сожмите его или запишите фразу короче",
    "unknown-kind": "Это не звук: нужен файл WAV, MP3 или OGG",
    "no-sound": "В файле нет речи или он испорчен: запишите фразу заново",
    "too-long": "Фраза длиннее 30 секунд: запишите её короче",
    "too-short": "Слишком коротко: фразу не успеют услышать",
}
BAR_WRONG: Final = {
    "not-number": "Проверьте номер: например +7 916 123-45-67",
    "empty": "Напишите причину: её увидят в журнале действий",
    "too-long": "Не длиннее 300 знаков",
}
REFUSALS: Final = {
    "robot-off": "Робот выключен: включите его в настройках",
    "robot-not-needed": "Робот этому заказу не нужен: с клиентом уже говорили или заказ подтверждён",
    "robot-calling": "Робот как раз звонит этому клиенту",
    "robot-not-waiting": "Звонок уже начался или закончился",
    "number-barred": "Клиент просил не звонить автоматически",
    "order-closed": "Заказ уже завершён",
}


def mark_of(line: RobotLine | OrderRobot) -> tuple[str, str, str]:
    """Title, tone, icon of where it stands."""
    for result, found in RESULTS.items():
        if line.result == result:
            return found
    return next((found for state, found in STATES.items() if line.state == state), ("—", "calm", "robot"))


def try_text(result: str, reason: str) -> str:
    """«не ответил», «не набран: нет связи с АТС»."""
    words = next((text for code, text in TRY_RESULTS.items() if code == result), "итог неизвестен")
    why = next((text for code, text in TRY_REASONS.items() if code == reason), "")
    return f"{words}: {why}" if why else words


def keys_text(keys: str) -> str:
    """«5, 1 — подтвердил»; of the last try when there were several."""
    last = [key for key in keys.rpartition("/")[2].replace("-", "") if key]
    if not last:
        return "ничего"
    title = KEY_TITLES.get(last[-1], "")
    return ", ".join(last) + (f" — {title}" if title else "")
