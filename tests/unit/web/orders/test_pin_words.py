"""The page says whose pin it is and how far it may be believed; a town asks for the pin."""

from types import SimpleNamespace
from typing import Any

import pytest

from callcore.orders.card_views import PinView
from web.orders.pin_words import is_guess, pin_note, start_of

pytestmark = pytest.mark.unit
POINT = {"lat": 56.85, "lon": 35.91}


def card(pin: PinView | None, *, may_work: bool = True, **point: Any) -> Any:
    rights = SimpleNamespace(may_work=may_work)
    return SimpleNamespace(**{"lat": None, "lon": None} | point, pin=pin, rights=rights, region_code="RU-TVE")


def pin(source: str, precision: str = "", **more: Any) -> PinView:
    return PinView(source=source, precision=precision, **more)


TOWN = pin("gazetteer", "town", words="Тверь", lat=56.86, lon=35.9)


@pytest.mark.parametrize(
    ("one", "words", "tone"),
    [
        (card(pin("hand", by_name="Анна Ким"), **POINT), "Метка поставлена вручную: Анна Ким", "calm"),
        (card(pin("hand"), **POINT), "Метка поставлена вручную", "calm"),
        (card(pin("hand", is_older=True), **POINT), "поставили метку: проверьте её", "warn"),
        (card(pin("sent"), **POINT), "пришла вместе с заказом", "calm"),
        (card(pin("yandex", "house"), **POINT), "найдена по адресу, до дома (Яндекс Карты)", "calm"),
        (card(pin("nominatim", "street"), **POINT), "Найдена только улица, уточните метку (©", "warn"),
        (card(TOWN), "Примерно: город Тверь, уточните метку", "warn"),
        (card(pin("yandex", "town", words="Россия, Тверь")), "Примерно: Россия, Тверь (Яндекс", "warn"),
        (card(pin("yandex", "town", words="Россия, Тверь")), "(Яндекс Карты)", "warn"),
        (card(pin("", is_sought=True)), "Место на карте ещё ищется", "calm"),
        (card(pin("", is_sought=True, has_failed=True)), "пока не отвечает, спросим ещё раз", "calm"),
        (card(pin("", has_failed=True)), "адрес не нашёлся, уточните метку", "calm"),
        (card(pin("gazetteer", "none")), "адрес не нашёлся", "calm"),
    ],
)
def test_every_pin_says_whose_it_is(one: Any, words: str, tone: str) -> None:
    note = pin_note(one, is_looked_for=True)
    assert note is not None
    assert words in note.text
    assert note.tone == tone


def test_nothing_is_promised_where_nobody_looks_and_nothing_asked_of_who_may_not() -> None:
    assert pin_note(card(None), is_looked_for=True) is None
    assert pin_note(card(pin("", is_sought=True)), is_looked_for=False) is None
    note = pin_note(card(TOWN, may_work=False), is_looked_for=True)
    assert note is not None
    assert note.text == "Примерно: город Тверь"


def test_the_map_begins_at_the_town_without_a_point() -> None:
    assert is_guess(card(TOWN))
    assert not is_guess(card(TOWN, **POINT))
    start = start_of(card(TOWN))
    assert (start.lat, start.lon, start.zoom) == (56.86, 35.9, 11)
    assert start_of(card(pin("hand"), **POINT)).zoom == 14
