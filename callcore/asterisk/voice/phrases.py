"""The words of the dialplan itself."""

from callcore.network.wording import RECORDING_NOTICE

# Fixed names, for the dialplan knows them without us: <name>-<language>.wav; dialplans.contract.Phrase.
PHRASES = {
    "accept-ru": "Один — принять, два — отказ",
    "accept-en": "One to accept, two to decline",
    "late-ru": "Звонок уже приняли",
    "late-en": "The call has been taken",
    "gone-ru": "Клиент положил трубку",
    "gone-en": "The caller has hung up",
    "wait-ru": "Все операторы заняты. Вы можете дождаться ответа оператора.",
    "wait-en": "All operators are busy. Please stay on the line.",
    "press-ru": "Или нажмите один, и мы перезвоним. Ваша очередь сохранится.",
    "press-en": "Or press one, and we will call you back. You will keep your place.",
    "promised-ru": "Спасибо. Мы перезвоним на этот номер. До свидания.",
    "promised-en": "Thank you. We will call this number back. Goodbye.",
    "voicemail-ru": "Сейчас никто не может ответить. Оставьте сообщение после сигнала, и мы перезвоним.",
    "voicemail-en": "Nobody can answer now. Please leave a message after the tone, and we will call you back.",
    "paused-ru": "Запись на паузе",
    "paused-en": "Recording is paused.",
    "resumed-ru": "Запись идёт",
    "resumed-en": "Recording goes on.",
} | {f"recorded-{language}": text for language, text in RECORDING_NOTICE.items()}
