"""Words for who carried calls."""

import pytest

from callcore.calls.model import Rung
from callcore.calls.rungs import RUNG_NAMES, is_fallback, rung_counts, told_rungs

pytestmark = pytest.mark.unit


def test_every_rung_has_a_name() -> None:
    assert set(RUNG_NAMES) == {rung.value for rung in Rung} | {""}
    assert [rung.value for rung in Rung if is_fallback(rung)] == ["script", "static", "duty"]
    assert not is_fallback("")


def test_the_most_stand_first() -> None:
    rungs = ("script", "app", "app", "later")
    assert rung_counts(rungs) == (("приложение", 2), ("скрипт у АТС", 1), ("later", 1))
    assert told_rungs(rungs) == "Кто вёл последние звонки (4): приложение 2, скрипт у АТС 1, later 1."
    assert told_rungs(()) == "Звонков ещё не было."
