"""A call that we make is told in plain Russian at every stage and at every end."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcore.calls.attempts import AttemptKind, AttemptReason, AttemptResult, AttemptState
from callcore.outbound.attempt_view import AttemptView
from callcore.outbound.targets import PRESSED, Asked
from web.calls.press_words import REFUSALS, TITLES, refusal_words, said_of, steps_of

pytestmark = pytest.mark.unit

VIEW = AttemptView(
    call_id="out-1", asked=Asked(AttemptKind.ORDER, "41"), state=AttemptState.MADE, result="", reason="",
    user_name="Белова", is_mine=True, order_number=41, made_at=datetime(2026, 3, 16, 9, tzinfo=UTC), joined_at=None,
    ended_at=None, talk_s=0,
)  # fmt: skip


def test_every_stage_and_every_end_has_words_and_a_machine_code_is_never_shown() -> None:
    said = {
        said_of(replace(VIEW, state=state)).title for state in AttemptState if state is not AttemptState.ENDED
    }
    assert len(said) == len(AttemptState) - 1
    ended = replace(VIEW, state=AttemptState.ENDED)
    for result in AttemptResult:
        for reason in ("", *AttemptReason):
            words = said_of(replace(ended, result=result.value, reason=str(reason)))
            assert words.title
            assert "-" not in words.title.split()[0]
    assert said_of(replace(ended, result="talked", reason=AttemptReason.STOPPED.value)).title == "Поговорили"
    assert "Клиенту не звонили" in said_of(replace(ended, result="ours_busy")).advice
    assert said_of(replace(ended, result="of a newer program")).title


def test_the_way_to_the_talk_is_marked() -> None:
    marks = [mark for _, mark in steps_of(replace(VIEW, state=AttemptState.DIALLING))]
    assert marks == ["done", "done", "now", "next"]
    assert {mark for _, mark in steps_of(VIEW)} == {"next"}


def test_refusals_say_what_to_do() -> None:
    details = {"there": "02:10", "since": "08:00", "until": "22:00", "phones": "Касса", "most": 5}
    for code in REFUSALS:
        words = refusal_words(code, details)
        assert words is not None
        assert words.advice
        assert "{" not in words.title + words.advice
    assert refusal_words("order-not-found", {}) is None
    sleeps = refusal_words("customer-sleeps", details)
    assert sleeps is not None
    assert sleeps.title == "У клиента сейчас 02:10"
    assert set(TITLES) == set(PRESSED)
