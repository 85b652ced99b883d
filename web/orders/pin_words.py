"""Words for the pin of an order's address: whose it is, how far it may be believed. Pure."""

from collections.abc import Mapping
from typing import Final

from callcore.orders.card_views import OrderCard, PinView
from web.calls.words import Mark
from web.ui.pin import PinMap, pin_map

TOWN: Final = "town"
_SOURCES: Final[Mapping[str, str]] = {
    "gazetteer": "список городов",
    "nominatim": "© участники OpenStreetMap",
    "yandex": "Яндекс Карты",
}


def is_guess(card: OrderCard) -> bool:
    """Only the town is known."""
    return card.lat is None and card.pin is not None and card.pin.precision == TOWN


def start_of(card: OrderCard) -> PinMap:
    """Where the order's map begins."""
    if card.pin is not None and is_guess(card):
        return pin_map(card.pin.lat, card.pin.lon, card.region_code, is_town=True)
    return pin_map(card.lat, card.lon, card.region_code)


def pin_note(card: OrderCard, *, is_looked_for: bool) -> Mark | None:
    """`is_looked_for`: somebody looks for addresses in this installation."""
    pin = card.pin
    if pin is None:
        return None
    if card.lat is None:
        return _missing(pin, is_looked_for=is_looked_for, more=_request(card))
    if pin.is_older:
        words = "Адрес изменили после того, как поставили метку: проверьте её"
        return Mark(words, "warn", "alert-triangle")
    if pin.source == "sent":
        return Mark("Метка пришла вместе с заказом", "calm", "map-pin")
    if pin.source in _SOURCES:
        return _of_service(pin, _request(card))
    who = f": {pin.by_name}" if pin.by_name else ""
    return Mark(f"Метка поставлена вручную{who}", "calm", "map-pin")


def _of_service(pin: PinView, more: str) -> Mark:
    if pin.precision == "house":
        return Mark(f"Метка найдена по адресу, до дома ({_SOURCES[pin.source]})", "calm", "map-pin")
    return Mark(f"Найдена только улица{more} ({_SOURCES[pin.source]})", "warn", "map-pin")


def _missing(pin: PinView, *, is_looked_for: bool, more: str) -> Mark | None:
    """There is no exact point."""
    waits = pin.is_sought and is_looked_for
    if pin.precision == TOWN:
        place = f"город {pin.words}" if pin.source == "gazetteer" else f"{pin.words} ({_SOURCES[pin.source]})"
        later = ". Сервис карт пока не отвечает, спросим ещё раз" if waits and pin.has_failed else ""
        return Mark(f"Примерно: {place}{more}{later}", "warn", "map-pin")
    if waits:
        failed = "Сервис карт пока не отвечает, спросим ещё раз"
        return Mark(failed if pin.has_failed else "Место на карте ещё ищется", "calm", "hourglass")
    if pin.source or pin.has_failed:
        return Mark(f"На карте адрес не нашёлся{more}", "calm", "map-pin")
    return None


def _request(card: OrderCard) -> str:
    return ", уточните метку" if card.rights.may_work else ""
