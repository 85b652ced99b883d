"""Alarms, rungs and checks of the overview in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callcore.calls.day_queries import DayCalls, DayTasks, OddCall, RungCall
from callcore.calls.task_model import TaskCounts
from callcore.network.duty_plan import Span
from callcore.network.on_duty import DutyBoard
from callcore.orders.counts import OrderCounts
from web.deps import HealthCheck
from web.overview import words
from web.overview.services import Day

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 16, 9, tzinfo=UTC)


def day(*rungs: str, **more: Any) -> Day:
    usual = {
        "calls": DayCalls(0, 0, 0, 0, 0, None),
        "rungs": tuple(RungCall(f"c{n}", rung, NOW, "answered") for n, rung in enumerate(rungs)),
        "odd": (),
        "tasks": DayTasks(TaskCounts(), 0),
        "orders": OrderCounts(0, 0, 0),
        "duty": DutyBoard(None, None, (), has_shifts=True),
        "gaps": (),
        "checks": (HealthCheck("pbx", True), HealthCheck("disk", True)),
        "snapshot_at": NOW,
    }
    return Day(**usual | more)


def test_a_calm_day_alarms_nobody() -> None:
    assert words.alarms(day("app", "app", "")) == ()


@pytest.mark.parametrize(("rungs", "tone"), [(("script", "app"), "danger"), (("app", "static"), "warning")])
def test_the_alarm_is_louder_while_it_lasts(rungs: tuple[str, ...], tone: str) -> None:
    """The newest call stands first."""
    (alarm,) = words.alarms(day(*rungs))
    assert alarm.tone == tone
    assert "1\N{NO-BREAK SPACE}звонок из последних 2" in alarm.title


def test_each_trouble_is_told_once() -> None:
    gap = Span(NOW, NOW + timedelta(hours=8))
    checks = (HealthCheck("pbx", False, "нет связи с АТС"), HealthCheck("disk", False, "свободно 3 МБ"))
    told = [alarm.title for alarm in words.alarms(day(checks=checks, gaps=(gap, gap)))]
    assert told == [
        "Нет связи с АТС",
        "свободно 3 МБ",
        "В дежурствах на неделю 2\N{NO-BREAK SPACE}окна без смены",
    ]


def test_gaps_of_a_roster_that_nobody_keeps_alarm_nobody() -> None:
    duty = DutyBoard(None, None, ("Дежурный",), has_shifts=False)
    assert words.alarms(day(duty=duty, gaps=(Span(NOW, NOW + timedelta(hours=1)),))) == ()


def test_marks_run_with_time_and_say_more_than_a_colour() -> None:
    marks = words.rung_marks(day("script", "", "app").rungs)
    assert [mark.letter for mark in marks] == ["П", "–", "С"]
    assert [mark.look for mark in marks] == ["", "rung-none", "rung-fallback"]
    assert marks[2].words == "скрипт у АТС, отвечен"


def test_checks_and_odd_calls_in_words() -> None:
    found = words.checks(
        (
            HealthCheck("disk", True, "свободно 40 000 МБ"),
            HealthCheck("database", True),
            HealthCheck("x", False),
        )
    )
    assert [(one.name, one.text) for one in found] == [
        ("Место для записей", "свободно 40 000 МБ"), ("База данных", "отвечает"), ("x", "не в порядке"),
    ]  # fmt: skip
    assert words.odd_words(OddCall("c", NOW, "unknown-did", "")) == "Неизвестный номер"
    assert words.odd_words(OddCall("c", NOW, "", "bridge-lost")).endswith("bridge-lost")
    assert words.snapshot_words(None, NOW) == "Снимка сети ещё нет"
    assert words.snapshot_words(NOW - timedelta(minutes=5), NOW).endswith("5\N{NO-BREAK SPACE}мин назад")


def test_share_of_the_day() -> None:
    assert DayCalls(10, 3, 1, 0, 6, None).share == 75
    assert DayCalls(3, 0, 0, 3, 3, None).share is None
