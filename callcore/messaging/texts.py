"""Words of messages: plain text with places for values, built in (words.toml) or written by people over that.

What people write is kept to names, conditions and a few filters, and runs in a sandbox: no loops, no calls, no
attributes.
"""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from callcore.kernel.errors import Invalid
from callcore.messaging.matrix import Channel, Recipient
from callcore.messaging.rules import MAX_SMS_CHARS

WORDS: Final = Path(__file__).with_name("words.toml")
MAX_TITLE_CHARS: Final = 200
MAX_BODY_CHARS: Final = 4000
_ORDER: Final = {
    "number": "номер заказа",
    "kind": "Заказ или Обращение",
    "status": "статус",
    "result": "результат",
    "customer": "имя клиента",
    "city": "город",
    "sum": "сумма",
    "deadline": "срок",
    "dealer": "дилер",
    "manager": "менеджер заказа",
    "text": "текст сообщения, отзыва или изменения",
    "reason": "причина",
    "cause": "почему заказ проблемный",
    "score": "оценка, от 1 до 5",
    "is_done": "заказ выполнен (для условия)",
    "link": "ссылка",
}
_TASK: Final = {
    "title": "название задачи",
    "org_name": "дилер",
    "region": "регион клиента",
    "due_at": "срок",
    "zone": "часовой пояс",
    "link": "ссылка",
}
_OTHER: Final[Mapping[str, Mapping[str, str]]] = {
    "task:made": _TASK,
    "task:due": _TASK,
    "duty:gap": {
        "starts_at": "начало",
        "ends_at": "конец",
        "zone": "часовой пояс",
        "link": "ссылка",
    },
    "duty:silent": {"label": "телефон", "count": "сколько звонков", "zone": "часовой пояс", "link": "ссылка"},
}
SAMPLES: Final = {
    "number": "1042",
    "kind": "Заказ",
    "status": "Принят",
    "result": "Выполнен",
    "customer": "Ирина Петрова",
    "city": "Тула",
    "sum": "48 910 ₽",
    "deadline": "30.06.2026 23:59",
    "dealer": "Салон «Вектор»",
    "manager": "Олег Смирнов",
    "text": "Когда привезут двери?",
    "reason": "Нет товара на складе",
    "cause": "срок прошёл",
    "score": "5",
    "is_done": "да",
    "link": "https://calls.example.org/o/k3m9",
    "title": "Пропущенный звонок: перезвонить",
    "org_name": "Салон «Вектор»",
    "region": "Тульская область",
    "due_at": "16.06.2026 12:15",
    "zone": "Europe/Moscow",
    "starts_at": "16.06.2026 20:00",
    "ends_at": "17.06.2026 09:00",
    "label": "Ночной",
    "count": "2 звонка",
}
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Filter,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Test,
)
_FILTERS: Final = frozenset({"lower", "upper", "capitalize", "trim", "default"})


@dataclass(frozen=True, slots=True)
class Words:
    """A template of a message; an SMS has no subject."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Text:
    """`title` is one line without control characters: it becomes a subject."""

    title: str
    body: str


def placeholders(event: str) -> Mapping[str, str]:
    """The names that words of this event may use, each with what it stands for."""
    return _OTHER.get(event, _ORDER)


class Texts:
    """Plain text: nothing is escaped here, and pages escape what they show."""

    def __init__(self) -> None:
        self._environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
        self._words: Mapping[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))

    def built_in(self, event: str, recipient: Recipient, channel: Channel) -> Words:
        """Raises KeyError for an event without words for such people."""
        side = "customer" if recipient is Recipient.CUSTOMER else "people"
        words = self._words[event][side]
        if channel is Channel.SMS:
            return Words("", words.get("sms") or words["subject"] + " {{ link }}")
        return Words(words["subject"], words["body"])

    def render(self, words: Words, values: Mapping[str, Any], channel: Channel) -> Text:
        """Raises TemplateError for a name that has no value."""
        title = self._environment.from_string(words.subject).render(values)
        body = self._environment.from_string(words.body).render(values)
        if channel is Channel.SMS:
            return Text("", " ".join(lines_of(body).split())[:MAX_SMS_CHARS])
        return Text(one_line(title), lines_of(body))

    def check(self, event: str, channel: Channel, words: Words) -> None:
        """Raises Invalid (fields subject, body), each with a code or unknown-name:<name>."""
        wrong = {"body": self._wrong(event, words.body)}
        if channel is not Channel.SMS:
            wrong["subject"] = self._wrong(event, words.subject)
        fields = {name: code for name, code in wrong.items() if code}
        if fields:
            raise Invalid("words-invalid", fields=fields)

    def _wrong(self, event: str, source: str) -> str:
        if not source.strip():
            return "words-empty"
        if len(source) > MAX_BODY_CHARS:
            return "words-too-long"
        try:
            tree = self._environment.parse(source)
        except TemplateSyntaxError:
            return "words-syntax"
        known = placeholders(event)
        unknown = sorted(meta.find_undeclared_variables(tree) - set(known))
        if unknown:
            return f"unknown-name:{unknown[0]}"
        if any(not _is_plain(node) for node in (tree, *tree.find_all(nodes.Node))):
            return "words-syntax"
        try:
            self._environment.from_string(source).render({name: SAMPLES[name] for name in known})
        except (TemplateError, TypeError, ValueError):
            return "words-syntax"
        return ""


def _is_plain(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in _FILTERS
    return isinstance(node, _ALLOWED)


def sample(event: str) -> dict[str, str]:
    return {name: SAMPLES[name] for name in placeholders(event)}


def one_line(text: str) -> str:
    """Fit for a header: whitespace is one space, other control characters are gone."""
    spaced = " ".join(text.split())
    kept = "".join(char for char in spaced if unicodedata.category(char)[0] != "C")
    return kept[:MAX_TITLE_CHARS].strip()


def lines_of(text: str) -> str:
    kept = "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")
    return kept.strip()[:MAX_BODY_CHARS]


def moment_words(at: datetime, tz: str) -> str:
    return f"{at.astimezone(ZoneInfo(tz)):%d.%m.%Y %H:%M}"
