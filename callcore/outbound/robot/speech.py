"""What the robot says of an order, as parts that lie ready: fixed phrases, words of numbers, and what is this order's own. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from callcore.outbound.robot.numerals import (
    ALL_WORDS,
    ITEMS,
    F,
    count_words,
    date_words,
    number_words,
    quantity_words,
    sum_words,
)

MAX_LINES: Final = 6
MAX_TEXT_CHARS: Final = 160
_SENTENCE_MS, _COMMA_MS, _WORD_MS = 350, 160, 0


@dataclass(frozen=True, slots=True)
class Part:
    """One sound. `name` of what a person may record, empty for words of one order. `pause_ms` of silence after it."""

    text: str
    name: str = ""
    pause_ms: int = _WORD_MS


@dataclass(frozen=True, slots=True)
class Phrase:
    """A fixed sentence: `title` tells people where it is said."""

    name: str
    text: str
    title: str


# Said inside an order's own message.
ORDER_PHRASES: Final = (
    Phrase("greeting", "Здравствуйте! Разговор записывается. Вам звонит робот компании", "Приветствие"),
    Phrase("number", "Вы оформили заказ номер", "Перед номером заказа"),
    Phrase("items", "В заказе", "Перед товарами"),
    Phrase("more", "и ещё", "Когда товаров больше, чем называем"),
    Phrase("total", "На сумму", "Перед суммой"),
    Phrase("address", "Адрес", "Перед адресом"),
    Phrase("due", "Срок исполнения: до", "Перед сроком"),
    Phrase("manager", "Ваш заказ ведёт", "Перед именем менеджера"),
)
# Played by the dialplan itself, under these names: dialplans.contract.RobotPhrase.
CALL_PHRASES: Final = (
    Phrase(
        "menu",
        "Чтобы подтвердить заказ, нажмите один. Чтобы изменить заказ, нажмите два. Чтобы поговорить "
        "с менеджером, нажмите ноль. Чтобы мы больше не звонили автоматически, нажмите девять.",
        "Выбор кнопки",
    ),
    Phrase("wrong", "Такой кнопки нет. Повторяю.", "Нажата другая кнопка"),
    Phrase("again", "Повторяю.", "Ничего не нажато, повтор"),
    Phrase("confirmed", "Спасибо, заказ подтверждён. До свидания!", "Кнопка 1"),
    Phrase("changed", "Хорошо, менеджер перезвонит вам и поправит заказ. До свидания!", "Кнопка 2"),
    Phrase("connecting", "Соединяю с менеджером.", "Кнопка 0"),
    Phrase(
        "nobody",
        "Сейчас никто не может ответить. Менеджер перезвонит вам. До свидания!",
        "Кнопка 0, никто не ответил",
    ),
    Phrase("stopped", "Хорошо, автоматических звонков больше не будет. До свидания!", "Кнопка 9"),
    Phrase(
        "silence", "Мы не услышали ответа, заказ пока не подтверждён. До свидания!", "Прощание без ответа"
    ),
)
PHRASES: Final = {phrase.name: phrase for phrase in (*ORDER_PHRASES, *CALL_PHRASES)}
_WORDS: Final = frozenset(ALL_WORDS)


@dataclass(frozen=True, slots=True)
class SpokenLine:
    name: str
    quantity_m: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenOrder:
    """`maker` is the manufacturer; `manager` who is responsible, with the dealer's name where one has the order. What is
    empty or 0 is not said."""

    maker: str
    number: int
    lines: Sequence[SpokenLine]
    total_kopecks: int = 0
    address: str = ""
    due: date | None = None
    manager: str = ""


def order_parts(order: SpokenOrder) -> tuple[Part, ...]:
    """The whole message before the choice of keys."""
    parts = [_phrase("greeting"), _own(order.maker, _SENTENCE_MS)]
    parts += [_phrase("number"), *_words(number_words(order.number), _SENTENCE_MS)]
    parts += _line_parts(order.lines)
    if order.total_kopecks > 0:
        parts += [_phrase("total"), *_words(sum_words(order.total_kopecks), _SENTENCE_MS)]
    if order.address:
        parts += [_phrase("address"), _own(order.address, _SENTENCE_MS)]
    if order.due is not None:
        parts += [_phrase("due"), *_words(date_words(order.due), _SENTENCE_MS)]
    if order.manager:
        parts += [_phrase("manager"), _own(order.manager, _SENTENCE_MS)]
    return tuple(part for part in parts if part.text)


def call_parts() -> dict[str, Part]:
    """What the dialplan plays by itself, by name."""
    return {phrase.name: Part(phrase.text, phrase.name) for phrase in CALL_PHRASES}


def ready_parts() -> tuple[Part, ...]:
    """All that does not depend on an order: rendered once, before the first call."""
    return (
        *(Part(one.text, one.name) for one in PHRASES.values()),
        *(Part(word, word) for word in ALL_WORDS),
    )


def said_text(parts: Iterable[Part]) -> str:
    """As a person reads it."""
    return " ".join(part.text + ("," if part.pause_ms == _COMMA_MS else "") for part in parts)


def _line_parts(lines: Sequence[SpokenLine]) -> list[Part]:
    if not lines:
        return []
    parts = [_phrase("items", _COMMA_MS)]
    for line in lines[:MAX_LINES]:
        parts += [_own(line.name, _COMMA_MS), *_words(quantity_words(line.quantity_m, line.unit), _COMMA_MS)]
    if (more := len(lines) - MAX_LINES) > 0:
        parts += [_phrase("more"), *_words(count_words(more, F, ITEMS), _COMMA_MS)]
    return [*parts[:-1], Part(parts[-1].text, parts[-1].name, _SENTENCE_MS)]


def _phrase(name: str, pause_ms: int = _WORD_MS) -> Part:
    return Part(PHRASES[name].text, name, pause_ms)


def _words(words: Sequence[str], last_ms: int) -> list[Part]:
    """A unit that we do not know is a word of this order alone."""
    parts = [Part(word, word if word in _WORDS else "") for word in words]
    return [*parts[:-1], Part(parts[-1].text, parts[-1].name, last_ms)]


def _own(text: str, pause_ms: int) -> Part:
    plain = " ".join(text.split())
    if len(plain) > MAX_TEXT_CHARS:
        plain = plain[: MAX_TEXT_CHARS + 1].rsplit(" ", 1)[0]
    return Part(plain, "", pause_ms)
