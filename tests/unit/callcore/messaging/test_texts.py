"""Every message has words; hostile ones do not leave their place; wrong templates are refused by the field."""

from datetime import UTC, datetime

import pytest

from callcore.kernel.errors import Invalid
from callcore.messaging.letter_html import letter_html
from callcore.messaging.mail import make_message
from callcore.messaging.matrix import EVENTS, Channel, Recipient
from callcore.messaging.rules import MAX_SMS_CHARS
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.texts import (
    MAX_TITLE_CHARS,
    SAMPLES,
    Text,
    Texts,
    Words,
    one_line,
    placeholders,
    sample,
)

pytestmark = pytest.mark.unit
HOSTILE = "Дежурный\r\nBcc: all@example.test\x00 <script>{{ 7*7 }}</script>\u202e"
OFFERED = [
    (event.code, recipient, channel)
    for event in EVENTS.values()
    for recipient in event.on
    for channel in Channel
    if event.offers(recipient, channel)
]


def test_every_message_has_words_that_pass_our_own_check() -> None:
    texts = Texts()
    for code, recipient, channel in OFFERED:
        words = texts.built_in(code, recipient, channel)
        texts.check(code, channel, words)
        for values in (sample(code), dict.fromkeys(placeholders(code), HOSTILE)):
            text = texts.render(words, values, channel)
            assert text.body, (code, recipient, channel)
            assert bool(text.title) is (channel is not Channel.SMS)
            assert "\n" not in text.title
            assert "\x00" not in text.title + text.body
            assert "49" not in text.title + text.body.replace(SAMPLES["sum"], "")  # words are never run


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "words-empty"),
        ("{{ phone }}", "unknown-name:phone"),
        ("{{ number", "words-syntax"),
        ("{{ number.__class__ }}", "words-syntax"),
        ("{{ number() }}", "words-syntax"),
        ("{{ 'x' * 1000000 }}", "words-syntax"),
        ("{{ number | attr('x') }}", "words-syntax"),
        ("{% for one in number %}{{ one }}{% endfor %}", "words-syntax"),
        ("{% include 'x' %}", "words-syntax"),
        ("я" * 4001, "words-too-long"),
    ],
)
def test_wrong_words_are_named_by_the_field(body: str, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        Texts().check("order:status", Channel.EMAIL, Words("Заказ {{ number }}", body))
    assert wrong.value.details["fields"] == {"body": code}


def test_sms_is_one_short_line() -> None:
    text = Texts().render(Words("", "раз\n\nдва {{ text }}"), {"text": "я" * 2000}, Channel.SMS)
    assert text.body.startswith("раз два я")
    assert len(text.body) == MAX_SMS_CHARS


def test_nothing_is_escaped_in_plain_text_and_everything_in_html() -> None:
    words = Texts().built_in("duty:silent", Recipient.ADMIN, Channel.EMAIL)
    text = Texts().render(words, sample("duty:silent") | {"label": "«А & Б» <b>"}, Channel.EMAIL)
    assert "«А & Б» <b>" in text.title
    page = letter_html(Text("<i>", "<script>1</script>"), 'https://x.test/"onclick=', "")
    assert "<script>" not in page
    assert '"onclick' not in page


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
