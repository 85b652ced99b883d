"""Words of calls: none is missing, none breaks on odd data; the filters' days are the viewer's own."""

from datetime import UTC, datetime

import pytest

from callcore.calls.model import (
    CallResult,
    CallState,
    Direction,
    HappeningKind,
    LegOutcome,
    LegRole,
    Rung,
)
from callcore.routing.decide import decide
from callcore.routing.explain import to_json
from callcore.routing.model import RouteWarning
from dialplans.contract import DeclineReason, FallbackReason, Milestone, StepKind
from tests.fakes import network
from tests.fakes.clock import MONDAY_NOON
from web.calls import words
from web.calls.filters import JournalForm, read_form, understand
from web.calls.story import tell
from web.calls.why import why_of

pytestmark = pytest.mark.unit


def test_every_word_of_calls_has_russian_words() -> None:
    assert set(words.RESULTS) == set(CallResult)
    assert set(words.STATES) == set(CallState)
    assert set(words.DIRECTIONS) == set(Direction)
    assert set(words.WARNINGS) == set(RouteWarning) - {RouteWarning.NONE}
    assert set(words.ROUTES) == set(Rung)
    assert set(words.OUTCOMES) == set(LegOutcome)
    assert set(words.ROLES) == set(LegRole)
    assert set(words.STEP_KINDS) == set(StepKind)
    assert set(words.FALLBACK_REASONS) == set(FallbackReason)
    assert set(words.DECLINE_REASONS) == set(DeclineReason)


@pytest.mark.parametrize("kind", [*Milestone, *HappeningKind])
def test_every_event_is_told_in_russian(kind: str) -> None:
    odd = {
        "phone": 7,
        "phones": "p1",
        "step": None,
        "seconds": "long",
        "reason": [],
        "way": 1,
        "result": None,
    }
    for data in ({}, odd):
        line = tell(MONDAY_NOON, str(kind), data, {})
        assert "Событие" not in line.title
        assert line.title[0].isupper()


def test_an_event_of_a_later_version_is_shown_by_its_code() -> None:
    assert tell(MONDAY_NOON, "teleported", {}, {}).title == "Событие teleported"


def test_a_phone_is_named_and_one_that_is_not_known_keeps_its_key() -> None:
    names = {"p1": "Салон на Мира", "p2": "Салон на Мира"}
    assert tell(MONDAY_NOON, "accepted", {"phone": "p1"}, names).who == "Салон на Мира"
    assert tell(MONDAY_NOON, "accepted", {"phone": "p9"}, names).who == "телефон p9"
    step = tell(MONDAY_NOON, "step", {"step": 1, "step_kind": "outlet", "phones": ["p1", "p2"]}, names)
    assert (step.title, step.who) == ("Попытка 1: точка продаж", "Салон на Мира")


def test_unknown_codes_are_shown_as_they_are() -> None:
    assert words.status_mark("dreaming", "").text == "dreaming"
    assert words.direction_mark("sideways").text == "sideways"
    mark = words.warning_mark("new-warning")
    assert mark is not None
    assert mark.text == "new-warning"
    assert words.cause_words(199) == "199: код оператора связи"
    assert words.cause_words(None) == ""


@pytest.mark.parametrize("stored", [None, {}, {"route": "app"}, {"considered": 1}])
def test_an_unreadable_explanation_is_none(stored: dict[str, object] | None) -> None:
    assert why_of(stored) is None


def test_a_decision_is_told_with_its_stages_and_an_older_one_without() -> None:
    stored = to_json(decide(network.snapshot(), network.SITE_MOSCOW, "", network.MONDAY_NOON_UTC))
    why = why_of(stored)
    assert why is not None
    assert [(stage.name, stage.text) for stage in why.stages] == [("Базовая", "«Орг2», «Орг3»")]
    assert [item.stage for item in why.candidates] == ["Базовая", "Базовая", "Головной офис"]
    assert why.lead[-1] == "Распределение «Основная»."
    new = {"policy", "stages", "gate", "tie", "live_version", "waiting", "language"}
    older = {key: value for key, value in stored.items() if key not in new}
    older["steps"] = [_without(step, {"stage", "wait_s"}) for step in stored["steps"]]
    older["considered"] = [_without(item, {"stage"}) for item in stored["considered"]]
    before = why_of(older)
    assert before is not None
    assert before.stages == ()
    assert [item.who for item in before.candidates] == [item.who for item in why.candidates]


def _without(stored: dict[str, object], keys: set[str]) -> dict[str, object]:
    return {key: value for key, value in stored.items() if key not in keys}


@pytest.mark.parametrize(
    ("tz", "since"),
    [
        ("Asia/Kamchatka", datetime(2026, 3, 15, 12, tzinfo=UTC)),
        ("Europe/Kaliningrad", datetime(2026, 3, 15, 22, tzinfo=UTC)),
    ],
)
def test_today_begins_at_the_viewers_midnight(tz: str, since: datetime) -> None:
    asked = understand(JournalForm(period="today"), now=MONDAY_NOON, tz=tz)
    assert asked.wanted.since == since
    assert asked.wanted.until is None


def test_typed_dates_beat_the_quick_period_and_include_their_last_day() -> None:
    form = read_form({"period": "7d", "since": "2026-03-01", "until": "2026-03-02"})
    assert form.period == "range"
    asked = understand(form, now=MONDAY_NOON, tz="Europe/Moscow")
    assert asked.wanted.since == datetime(2026, 2, 28, 21, tzinfo=UTC)
    assert asked.wanted.until == datetime(2026, 3, 2, 21, tzinfo=UTC)
