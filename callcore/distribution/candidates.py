"""Which dealers may get an order, and why the others may not. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from callcore.distribution.policy import OrderRule
from callcore.network.policy import FixRule


class Out(StrEnum):
    """Why a dealer is no candidate. Stored with orders: never renamed."""

    NONE = ""
    SUSPENDED = "suspended"
    NOT_AUTHORISED = "not-authorised"
    NO_SITE_ORDERS = "no-site-orders"
    OWN_ONLY = "own-only"
    OTHER_REGION = "other-region"
    NO_ARTICLE = "no-article"
    NO_SERVICE = "no-service"
    BELOW_GATE = "below-gate"
    DECLINED = "declined"
    AT_CAPACITY = "at-capacity"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What of an order decides. `goods`: article by product, None for what is not of the catalogue. `site_org_id`: whose
    own site it came from, `claim_org_id` whose protected customer it is of. `declined`: dealers who refused it or gave it back."""

    region_code: str | None
    goods: tuple[tuple[int | None, str], ...] = ()
    categories: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    source: str = ""
    did_id: int | None = None
    customer_id: int = 0
    total_kopecks: int = 0
    site_org_id: int | None = None
    claim_org_id: int | None = None
    declined: frozenset[int] = frozenset()
    desk_org_id: int | None = None

    @property
    def products(self) -> frozenset[int]:
        return frozenset(product_id for product_id, _ in self.goods if product_id is not None)

    @property
    def articles(self) -> frozenset[str]:
        return frozenset(article for _, article in self.goods if article)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerFacts:
    """`points` are for the gate, `rating` for «Рейтинг»; None: the points, too. `is_active`: neither it nor one above it is suspended. `regions`: the main one among them. `goods` matters only
    without `whole_line`; `open_orders` only with a `capacity`."""

    id: int
    name: str
    points: int = 0
    is_active: bool = True
    is_authorised: bool = True
    takes_site_orders: bool = True
    sees_offers: bool = True
    regions: frozenset[str] = frozenset()
    whole_line: bool = True
    goods: frozenset[int] = frozenset()
    services: frozenset[str] = frozenset()
    capacity: int | None = None
    open_orders: int = 0
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one dealer. `what` is quoted by the words: an article, a service, «12/10»."""

    org_id: int
    name: str
    points: int
    out: Out = Out.NONE
    what: str = ""
    rating: int | None = None

    @property
    def standing(self) -> int:
        return self.points if self.rating is None else self.rating

    @property
    def is_in(self) -> bool:
        return self.out is Out.NONE


def judge(order: OrderFacts, dealers: Iterable[DealerFacts], gate: int | None) -> tuple[Verdict, ...]:
    """One for each dealer, in their order. What a dealer's own site brought him he gets without being judged."""
    return tuple(
        Verdict(dealer.id, dealer.name, dealer.points, *_against(order, dealer, gate), dealer.rating)
        for dealer in dealers
    )


def _against(order: OrderFacts, dealer: DealerFacts, gate: int | None) -> tuple[Out, str]:
    if (state := _state(order, dealer)) is not Out.NONE:
        return state, ""
    if order.region_code is None or order.region_code not in dealer.regions:
        return Out.OTHER_REGION, ""
    if not dealer.whole_line:
        missing = [article for product_id, article in order.goods if product_id not in dealer.goods]
        if missing:
            return Out.NO_ARTICLE, ", ".join(sorted(set(missing)))
    if lacking := order.services - dealer.services:
        return Out.NO_SERVICE, ", ".join(sorted(lacking))
    if gate is not None and dealer.points < gate:
        return Out.BELOW_GATE, f"{dealer.points}/{gate}"
    if dealer.capacity is not None and dealer.open_orders >= dealer.capacity:
        return Out.AT_CAPACITY, f"{dealer.open_orders}/{dealer.capacity}"
    return Out.NONE, ""


def _state(order: OrderFacts, dealer: DealerFacts) -> Out:
    conditions = (
        (Out.DECLINED, dealer.id in order.declined),
        (Out.DESK, dealer.id == order.desk_org_id),
        (Out.SUSPENDED, not dealer.is_active),
        (Out.NOT_AUTHORISED, not dealer.is_authorised),
        (Out.NO_SITE_ORDERS, not dealer.takes_site_orders),
        (Out.OWN_ONLY, not dealer.sees_offers),
    )
    return next((out for out, holds in conditions if holds), Out.NONE)


def fits_rule(order: OrderFacts, rule: FixRule) -> bool:
    """Conditions of orders; those of region and number the engine asks itself."""
    if not isinstance(rule, OrderRule):
        return True
    low, high = rule.min_kopecks, rule.max_kopecks
    return (
        _meets(rule.categories, order.categories)
        and _meets(rule.articles, order.articles)
        and _meets(rule.services, order.services)
        and _meets(rule.sources, {order.source})
        and _meets(rule.site_org_ids, {order.site_org_id})
        and _meets(rule.customer_ids, {order.customer_id})
        and (low is None or order.total_kopecks >= low)
        and (high is None or order.total_kopecks <= high)
    )


def _meets(wanted: tuple[object, ...], there: Iterable[object]) -> bool:
    return not wanted or not set(wanted).isdisjoint(there)
