"""Pins of the demo's orders: people have set some, the table of towns has found the town of the others."""

from collections.abc import Iterable, Iterator

from callcore.demo.network_rows import Row
from callcore.demo.orders import ToldOrder
from callcore.network.region_centres import region_centres
from callcore.orders.geocoding.gazetteer import NAME, Gazetteer, shipped_gazetteer
from callcore.orders.geocoding.port import Asked, Precision
from callcore.orders.pins import HAND


def point_of(order: ToldOrder) -> tuple[float | None, float | None]:
    """Whoever leads every other order has put its pin somewhere around the region's main town."""
    centre = region_centres().get(order.customer.region)
    if centre is None or not order.customer.address or order.id % 2:
        return None, None
    north, east = (order.id % 41 - 20) / 700, (order.id % 37 - 18) / 500
    return round(centre.lat + north, 6), round(centre.lon + east, 6)


def order_pins(orders: Iterable[ToldOrder]) -> Iterator[Row]:
    towns = shipped_gazetteer()
    for order in orders:
        if order.customer.address:
            yield {"order_id": order.id, "set_at": order.created_at} | _pin(order, towns)


def _pin(order: ToldOrder, towns: Gazetteer) -> Row:
    known = {
        "source": HAND,
        "precision": "",
        "words": "",
        "lat": None,
        "lon": None,
        "by_id": order.manager_id,
    }
    if point_of(order) != (None, None):
        return known
    customer = order.customer
    town = towns.town_of(Asked(customer.city, customer.address, customer.region))
    known |= {"source": NAME, "precision": Precision.NONE.value, "by_id": None}
    if town is None:
        return known
    return known | {"precision": Precision.TOWN.value, "words": town.name, "lat": town.lat, "lon": town.lon}
