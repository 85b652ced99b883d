"""Lines of the journal are kept, and never mixed up."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import Environment

import web
from callcore.calls.views import JournalRow, NumberView
from tests.pages import PagesOnce
from web.calls import row_texts
from web.calls.row_texts import RowTexts

pytestmark = pytest.mark.unit

ROOT = Path(web.__file__).parent
ROW = JournalRow(
    id=1, call_id="d-1.1", direction="inbound", state="ended", result="answered",
    started_at=datetime(2026, 3, 1, 21, 30, tzinfo=UTC), answered_at=None, ended_at=None, wait_s=5, talk_s=60,
    did_number="+74950001001", did_label="Сайт, Москва", phone=NumberView("+7 900 [скрыт]", "", True),
    caller_name="", region_code="RU-MOW", region_name="Москва", region_tz="Europe/Moscow", source="site", org_id=1,
    org_name="<b>Дилер</b>", outlet_id=None, outlet_name="", user_name="", customer_id=None, customer_name="",
    order_id=None, route="app", warning="", is_transferred=False, has_recording=False, is_repaired=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def environment(pages_once: PagesOnce) -> Environment:
    return pages_once.environment(ROOT, pages_once.static(ROOT / "ui" / "static"), auto_reload=True)


@pytest.fixture
def texts(environment: Environment) -> RowTexts:
    return RowTexts(environment)


def test_a_line_is_made_once_and_escaped(texts: RowTexts) -> None:
    first = texts.html(ROW, "Europe/Moscow")
    assert texts.html(replace(ROW), "Europe/Moscow") is first
    assert "&lt;b&gt;Дилер" in first
    assert "<b>Дилер" not in first


def test_another_zone_or_another_number_is_another_line(texts: RowTexts) -> None:
    hidden = texts.html(ROW, "Europe/Moscow")
    assert texts.html(ROW, "Asia/Vladivostok") != hidden
    shown = texts.html(
        replace(ROW, phone=NumberView("+7 900 000-00-01", "+79000000001", False)), "Europe/Moscow"
    )
    assert "скрыт" in hidden
    assert "скрыт" not in shown


def test_old_lines_are_forgotten(texts: RowTexts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_texts, "KEPT", 2)
    first = texts.html(ROW, "Europe/Moscow")
    for number in (2, 3):
        texts.html(replace(ROW, id=number), "Europe/Moscow")
    assert texts.html(ROW, "Europe/Moscow") is not first
