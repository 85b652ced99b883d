"""Services of the distribution, and its workers."""

from typing import Final

from callcore.distribution.expire_orders import ExpireOrders
from callcore.distribution.offers import Offers
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner, every
from web.orders.offer_services import OfferServices

EXPIRE_S: Final = 20.0


def offer_services(database: Database, clock: Clock) -> OfferServices:
    offers = Offers(database, clock)
    return OfferServices(
        accept=offers.accept,
        decline=offers.decline,
        release=offers.release,
        assign=offers.assign,
        offer=offers.offer,
        move=offers.move,
        view=offers.view,
        why=offers.why,
        in_hand=offers.in_hand,
    )


def keep_distribution(database: Database, clock: Clock, tasks: TaskOwner) -> None:
    """What was taken and not called about goes back by itself."""
    _ = tasks.spawn("expire-orders", every(EXPIRE_S, ExpireOrders(database, clock).look))
