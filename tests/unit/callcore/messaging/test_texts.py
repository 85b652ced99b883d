"""Hostile words do not leave their place in a letter."""

from datetime import UTC, datetime

import pytest

from callcore.messaging.mail import make_message
from callcore.messaging.rules import Topic
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.texts import MAX_TITLE_CHARS, Texts, one_line

pytestmark = pytest.mark.unit
HOSTILE = "Дежурный\r\nBcc: all@example.test\x00 <script>{{ 7*7 }}</script>\u202e"
VALUES = {
    Topic.DUTY_GAP: {"starts_at": "16.03.2026 20:00", "ends_at": "17.03.2026 09:00", "zone": "Europe/Moscow"},
    Topic.DUTY_SILENT: {"label": HOSTILE, "count": "2 звонка", "zone": "Europe/Moscow"},
    Topic.TASK_DUE: {
        "title": HOSTILE,
        "region": HOSTILE,
        "due_at": "16.03.2026 12:15",
        "zone": "Europe/Moscow",
    },
    Topic.TASK_MADE: {
        "title": HOSTILE,
        "org_name": HOSTILE,
        "region": HOSTILE,
        "due_at": "16.03.2026 12:15",
        "zone": "Europe/Moscow",
    },
}


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_its_words(topic: Topic) -> None:
    text = Texts().render(topic, VALUES[topic])
    assert text.title
    assert text.body
    assert "\n" not in text.title
    assert "\x00" not in text.title + text.body
    assert "49" not in text.title  # words are never run


def test_nothing_is_escaped_in_plain_text() -> None:
    values = VALUES[Topic.DUTY_SILENT] | {"label": "Салон «А & Б»"}
    assert "«Салон «А & Б»»" in Texts().render(Topic.DUTY_SILENT, values).title


def test_header_cannot_be_injected() -> None:
    row = DeliveryRow(
        id=1,
        channel="email",
        address="a@example.test",
        subject=HOSTILE,
        body="Текст\n.\nещё",
        made_at=datetime(2026, 3, 16, tzinfo=UTC),
        dedupe_key="x",
    )
    message = make_message(row, "dealerline@example.test")
    again = make_message(row, "dealerline@example.test")
    assert message["Bcc"] is None
    assert message.as_bytes() == again.as_bytes()  # the same Message-ID: a second copy can be dropped
    for address in ("a@example.test\r\nBcc: b@example.test", "нет", "a b@c"):
        row.address = address
        with pytest.raises(ValueError):
            make_message(row, "dealerline@example.test")


def test_title_is_short() -> None:
    assert len(one_line("я " * 500)) <= MAX_TITLE_CHARS
