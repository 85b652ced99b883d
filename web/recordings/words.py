"""Words of recordings for people."""

from collections.abc import Mapping
from typing import Any, Final

from callcore.calls.change_retention import READERS
from callcore.calls.recording_card import CHECKERS
from callcore.kernel.errors import Invalid
from callcore.network.model import Viewer

STORES: Final = {"local": "папка сервера", "s3": "облачное хранилище"}
FORMATS: Final = {"mp3": "MP3", "opus": "Opus", "wav": "WAV"}
FINDINGS: Final = {
    "file-missing": ("Нет файла", "bad"),
    "copy-missing": ("Нет одной копии", "warn"),
    "wrong-size": ("Размер не тот", "bad"),
    "wrong-sum": ("Содержимое изменилось", "bad"),
    "file-unknown": ("Файл без записи в базе", "warn"),
    "no-row": ("Звук без записи в базе", "warn"),
    "given-up": ("Брошенная обработка", "warn"),
}
ADVICE: Final = {
    "file-missing": "Верните файл из резервной копии на то же место: следующая сверка его найдёт.",
    "copy-missing": "Слушать можно вторую копию. Верните файл из резервной копии.",
    "wrong-size": "Верните файл из резервной копии; слушать можно другую копию, если она цела.",
    "wrong-sum": "Файл правили или испортился диск: верните его из резервной копии.",
    "file-unknown": "Ничего не удалено. Удалите файл, если он точно лишний.",
    "no-row": "Запись появится сама при ближайшей обработке.",
    "given-up": "Обработка начата заново.",
}
DONE: Final = {"again": "Делаем заново из исходных файлов", "lost": "Отмечена как потерянная"}
ERRORS: Final = {
    "reason-length": "Напишите причину: от 5 до 500 знаков",
    "length": "Слишком коротко или слишком длинно",
    "range": "0 (хранить всегда) или от 7 дней до 100 лет",
    "unknown": "Выберите значение из списка",
    "too-many": "Правил уже 50: объедините похожие",
}
TROUBLES: Final = {
    "recording-deleted": "Запись уже удалена: удерживать нечего.",
    "recording-held": "Удаление уже запрещено.",
    "recording-not-held": "Запрет уже снят.",
    "not-recorded": "Этот разговор сейчас не записывается.",
}
PAUSE_FAILED: Final = (
    "АТС не поставила запись на паузу: она идёт дальше. Попросите клиента не диктовать данные карты."
)
KINDS: Final = (("talk", "Разговор"), ("voicemail", "Голосовое сообщение"))


def errors_of(error: Invalid) -> dict[str, str]:
    """Words by the field."""
    found: Mapping[str, Any] = error.details.get("fields", {})
    return {name: ERRORS.get(str(code), "Проверьте это поле") for name, code in found.items()}


def days_words(days: int) -> str:
    if not days:
        return "всегда"
    last, tens = days % 10, days % 100
    word = (
        "день"
        if last == 1 and tens != 11
        else "дня"
        if last in (2, 3, 4) and tens not in (12, 13, 14)
        else "дней"
    )
    return f"{days} {word}"


def megabytes(size_bytes: int) -> str:
    """«12,4 МБ», «310 КБ»."""
    if size_bytes < 1_000_000:
        return f"{-(-size_bytes // 1000)} КБ"
    return f"{size_bytes / 1_000_000:.1f} МБ".replace(".", ",")


def tabs_of(viewer: Viewer, here: str) -> list[tuple[str, str, None, bool]]:
    """The pages beside the list; empty for who has the list alone."""
    found = [("Записи", "/recordings", None, here == "list")]
    if viewer.role in READERS:
        found.append(("Сроки хранения", "/recordings/rules", None, here == "rules"))
    if viewer.role in CHECKERS:
        found.append(("Сверка файлов", "/recordings/checks", None, here == "checks"))
    return found if len(found) > 1 else []
