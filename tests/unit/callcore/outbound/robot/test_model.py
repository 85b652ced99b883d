"""The message of an order; hours on the customer's clock; what an ended try comes to and when the next one is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.outbound.robot.model import (
    Ended,
    RobotResult,
    allowed_from,
    counts_as_try,
    joined_keys,
    next_try,
    result_of,
)
from callcore.outbound.robot.settings import RobotSettings
from callcore.outbound.robot.speech import (
    CALL_PHRASES,
    MAX_LINES,
    SpokenLine,
    SpokenOrder,
    call_parts,
    order_parts,
    ready_parts,
    said_text,
)
from dialplans.contract import RobotPhrase

pytestmark = pytest.mark.unit

SETTINGS = RobotSettings(from_minute=9 * 60, until_minute=20 * 60, retry_minutes=(15, 120))
MADE = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)  # nine in Moscow
NO_ANSWER = Ended(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER, "")


def test_the_message_of_an_order_is_put_together_out_of_parts() -> None:
    order = SpokenOrder(
        maker="Фабрика",
        number=1021,
        lines=[SpokenLine("Окно", 2000, "шт"), SpokenLine("Плёнка", 1500, "бобина")],
        total_kopecks=1_250_050,
        address="Тула, ул. Ленина, д. 5",
        due=date(2026, 3, 21),
        manager="Пётр Ильин, Окна Тулы",
    )
    parts = order_parts(order)
    text = said_text(parts)
    assert "заказ номер одна тысяча двадцать один В заказе, Окно, две штуки, Плёнка, одна целая" in text
    assert "На сумму двенадцать тысяч пятьсот рублей пятьдесят копеек Адрес Тула, ул. Ленина, д. 5" in text
    assert text.endswith("до двадцать первого марта Ваш заказ ведёт Пётр Ильин, Окна Тулы")
    own = {part.text for part in parts if not part.name}
    assert own == {"Фабрика", "Окно", "Плёнка", "бобина", "Тула, ул. Ленина, д. 5", "Пётр Ильин, Окна Тулы"}
    ready = {part.name for part in ready_parts()}
    assert {part.name for part in parts if part.name} <= ready


def test_what_is_not_known_is_not_said_and_a_long_order_is_cut() -> None:
    lines = [SpokenLine(f"Товар {n}", 1000, "шт") for n in range(MAX_LINES + 3)]
    text = said_text(order_parts(SpokenOrder(maker="Фабрика", number=7, lines=lines)))
    assert "Товар 5" in text
    assert "Товар 6" not in text
    assert text.endswith("и ещё три позиции")
    assert "сумму" not in said_text(order_parts(SpokenOrder(maker="Фабрика", number=7, lines=())))


def test_the_dialplan_and_the_phrases_name_the_same_sounds() -> None:
    assert {phrase.name for phrase in CALL_PHRASES} == {one.value for one in RobotPhrase} == set(call_parts())


@pytest.mark.parametrize(
    ("at", "tz", "expected"),
    [
        (datetime(2026, 3, 10, 6, 0, tzinfo=UTC), "Europe/Moscow", datetime(2026, 3, 10, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 10, 5, 59, tzinfo=UTC), "Europe/Moscow", datetime(2026, 3, 10, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 10, 17, 0, tzinfo=UTC), "Europe/Moscow", datetime(2026, 3, 11, 6, 0, tzinfo=UTC)),
        (datetime(2026, 3, 10, 9, 0, tzinfo=UTC), "Asia/Kamchatka", datetime(2026, 3, 10, 21, 0, tzinfo=UTC)),
        (datetime(2026, 12, 31, 22, 0, tzinfo=UTC), "Asia/Omsk", datetime(2027, 1, 1, 3, 0, tzinfo=UTC)),
    ],
)
def test_hours_are_the_customers(at: datetime, tz: str, expected: datetime) -> None:
    assert allowed_from(at, tz, SETTINGS) == expected


@pytest.mark.parametrize(
    ("keys", "result", "expected"),
    [
        ("1", AttemptResult.TALKED, RobotResult.CONFIRMED),
        ("52", AttemptResult.TALKED, RobotResult.CHANGED),
        ("0", AttemptResult.UNKNOWN, RobotResult.PERSON),
        ("9", AttemptResult.TALKED, RobotResult.STOPPED),
        ("", AttemptResult.TALKED, RobotResult.NO_KEY),
        ("5*", AttemptResult.TALKED, RobotResult.NO_KEY),
        ("", AttemptResult.BUSY, RobotResult.UNANSWERED),
        ("", AttemptResult.UNKNOWN, RobotResult.UNANSWERED),
    ],
)
def test_only_a_key_confirms(keys: str, result: AttemptResult, expected: RobotResult) -> None:
    assert result_of(Ended(result, "", keys)) is expected


def _next(ended: Ended, tries: int, now: datetime = MADE) -> datetime | None:
    return next_try(ended, tries=tries, made_at=MADE, now=now, tz="Europe/Moscow", settings=SETTINGS)


def test_the_plan_of_tries() -> None:
    assert _next(NO_ANSWER, 1) == MADE + timedelta(minutes=15)
    assert _next(NO_ANSWER, 2) == MADE + timedelta(hours=2)
    assert _next(NO_ANSWER, 3) is None
    evening = MADE + timedelta(hours=10, minutes=50)  # ten to eight
    assert _next(NO_ANSWER, 1, evening) == MADE + timedelta(days=1)
    refused = Ended(AttemptResult.FAILED, AttemptReason.NUMBER_REFUSED, "")
    assert _next(refused, 1) is None
    assert _next(NO_ANSWER, 1, MADE + timedelta(days=4)) is None
    not_sent = Ended(AttemptResult.FAILED, AttemptReason.PBX_NOT_CONNECTED, "")
    assert not counts_as_try(not_sent)
    assert _next(not_sent, 3) == MADE + timedelta(minutes=2)


def test_keys_of_all_tries_stand_apart() -> None:
    keys = joined_keys("", "", 1)
    keys = joined_keys(keys, "51", 2)
    assert joined_keys(keys, "", 3) == "/5-1/"
