"""Words of messages: plain text templates with a block `title` and a block `body`."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from callcore.messaging.rules import Topic

TEMPLATES: Final = Path(__file__).parent / "templates"
MAX_TITLE_CHARS: Final = 200
MAX_BODY_CHARS: Final = 4000


@dataclass(frozen=True, slots=True)
class Text:
    """`title` is one line without control characters: it becomes a subject."""

    title: str
    body: str


class Texts:
    """Plain text: nothing is escaped here, and pages escape what they show."""

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=False,  # noqa: S701 - plain text, never HTML
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, topic: Topic, values: Mapping[str, Any]) -> Text:
        template = self._environment.get_template(f"{topic.value.replace(':', '_')}.txt")
        parts = {
            name: "".join(block(template.new_context(dict(values))))
            for name, block in template.blocks.items()
        }
        return Text(one_line(parts["title"]), _lines(parts["body"]))


def one_line(text: str) -> str:
    """Fit for a header: whitespace is one space, other control characters are gone."""
    spaced = " ".join(text.split())
    kept = "".join(char for char in spaced if unicodedata.category(char)[0] != "C")
    return kept[:MAX_TITLE_CHARS].strip()


def _lines(text: str) -> str:
    kept = "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")
    return kept.strip()[:MAX_BODY_CHARS]
