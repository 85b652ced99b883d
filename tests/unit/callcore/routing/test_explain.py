import json
from datetime import timedelta

import pytest

from callcore.routing.decide import decide
from callcore.routing.explain import (
    DAY_WORDS,
    EMPTY_WORDS,
    REASON_WORDS,
    REGION_WORDS,
    ROUTE_WORDS,
    STAGE_WORDS,
    STEP_WORDS,
    TIE_WORDS,
    WARNING_WORDS,
    from_json,
    to_json,
    to_text,
)
from callcore.routing.hours import DAYS
from callcore.routing.live import TieKind
from callcore.routing.model import Empty, Reason, RegionSource, RouteKind, RouteWarning, StepStage
from dialplans.contract import StepKind
from tests.fakes import network
from tests.fakes.network import MONDAY_NOON_UTC, SITE_MOSCOW

pytestmark = pytest.mark.unit

CALLER = "+79161112233"

GOLDEN = """\
Набран +7 495 100-00-02 «Сайт, Москва»: номер головного сайта, звонок идёт по региону.
Регион: Москва (по набранному номеру).
Распределение «Основная».
Этапы:
  Базовая: «Орг2»
Кого рассмотрели:
  + Орг2: Точка 10 — принимает звонок
  − Орг2: Точка 13 — закрыто: пн 13:00-18:00, там сейчас 12:00
  − Орг2: Точка 14 — закрыто: пн выходной, там сейчас 12:00
  − Орг3: Точка 15 — не принимает звонки (выключено в карточке точки)
  − Орг4: Точка 16 — у «Орг4» выключен «Звонок с сайта»
  − Орг3: Точка 17 — нет ни одного включённого телефона
  + Операторы головного офиса — принимает звонок
Порядок дозвона:
  1. Орг2: Точка 10 — телефонов: 2, звоним 20 с (Базовая)
  2. Операторы головного офиса — телефонов: 1, звоним 30 с
  3. Дежурный: Дежурный 40 — телефонов: 1, звоним 25 с
Сеть: снимок № 7 от 02.11.2026 06:00:00 UTC."""

GOLDEN_UNKNOWN = """\
Набран +74950000000: дилер и регион неизвестны, звонок идёт в головной офис.
Регион не определён.
Внимание: набранный номер нам не известен, добавьте его в список номеров.
Кого рассмотрели:
  − Операторы головного офиса — закрыто: вт 09:00-21:00, там сейчас 00:00
Порядок дозвона:
  1. Дежурный: Дежурный 40 — телефонов: 1, звоним 25 с
Сеть: снимок № 7 от 02.11.2026 06:00:00 UTC."""


def varied():
    return network.snapshot(
        orgs=(*network.directory().orgs[:3], network.org(4, "/1/4/", takes_site_calls=False)),
        outlets=(
            network.outlet(10, 2),
            network.outlet(13, 2, hours={"mon": [["13:00", "18:00"]]}),
            network.outlet(14, 2, hours={"tue": [["09:00", "18:00"]]}),
            network.outlet(15, 3, accepts_calls=False),
            network.outlet(16, 4),
            network.outlet(17, 3),
        ),
        phones=(
            network.outlet_phone(20, 10),
            network.outlet_phone(21, 10),
            *(network.outlet_phone(10 + place, place) for place in (13, 14, 15, 16)),
            network.operator(50),
            network.duty(40),
        ),
    )


def test_every_verdict_in_words():
    assert to_text(decide(varied(), SITE_MOSCOW, CALLER, MONDAY_NOON_UTC)) == GOLDEN


def test_an_unknown_number_at_night_in_words():
    decision = decide(varied(), "+74950000000", "", MONDAY_NOON_UTC + timedelta(hours=12))
    assert to_text(decision) == GOLDEN_UNKNOWN


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (Reason, REASON_WORDS),
        (RouteKind, ROUTE_WORDS),
        (RegionSource, REGION_WORDS),
        (StepKind, STEP_WORDS),
        (StepStage, STAGE_WORDS),
        (Empty, EMPTY_WORDS),
        (TieKind, TIE_WORDS),
        (set(RouteWarning) - {RouteWarning.NONE}, WARNING_WORDS),
        (DAYS, DAY_WORDS),
    ],
)
def test_every_code_has_its_words(codes, words):
    assert set(codes) == set(words)


def test_json_and_back():
    decision = decide(varied(), SITE_MOSCOW, CALLER, MONDAY_NOON_UTC)
    stored = json.dumps(to_json(decision))
    assert from_json(json.loads(stored)) == decision


def test_no_digit_of_the_caller_is_stored():
    decision = decide(varied(), SITE_MOSCOW, CALLER, MONDAY_NOON_UTC)
    assert "9161112233" not in json.dumps(to_json(decision)) + to_text(decision)


@pytest.mark.parametrize(
    "change", [{"route": "teleport"}, {"at": "2026-11-02"}, {"steps": None}, {"steps": [{}]}]
)
def test_what_was_not_written_here_is_refused(change):
    data = to_json(decide(varied(), SITE_MOSCOW, CALLER, MONDAY_NOON_UTC))
    with pytest.raises(ValueError, match=r"not an|not a valid"):
        from_json({**data, **change})


def test_omitted_outlets_are_counted_in_words():
    places = tuple(network.outlet(100 + n, 2, accepts_calls=False) for n in range(65))
    decision = decide(network.snapshot(outlets=places), SITE_MOSCOW, "", MONDAY_NOON_UTC)
    assert "  и ещё 35: не принимает звонки (выключено в карточке точки)" in to_text(decision).splitlines()
