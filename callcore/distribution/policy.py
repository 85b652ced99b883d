"""How dealers of orders are chosen: the policy of calls with what only orders have. Pure.

Stages open one after another: each begins when the windows of the earlier ones that have somebody are over. The base opens
`delay_min` after the order came, if anybody went before it.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from callcore.network.policy import FixRule, Period, Quota, QuotaUnit, Ringing, Stage, StageKind


@dataclass(frozen=True, slots=True)
class OrderRule(FixRule):
    """Orders that match every condition go to `org_id` first; an empty condition matches everything. Of goods and services
    one that the order has is enough. `sources` are OrderRow.source; the sum is that of the order, both ends included."""

    categories: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    site_org_ids: tuple[int, ...] = ()
    customer_ids: tuple[int, ...] = ()
    min_kopecks: int | None = None
    max_kopecks: int | None = None

    @property
    def takes_all(self) -> bool:
        conditions = asdict(self)
        del conditions["org_id"]
        return not any(value not in ((), None) for value in conditions.values())


@dataclass(frozen=True, slots=True)
class OrderStage(Stage):
    """`window_min`: how long only those named so far see the order. None: for fix until the dealer declines, for quota the
    delay of the base."""

    window_min: int | None = None
    delay_min: int = 0  # base alone


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """`is_parallel`: windows of quota and rating run side by side from the order's beginning, or from the end of a fix, instead
    of one after another. `min_points` is the hard gate for orders of the head site, None for no gate. `counts_all`: percent is of all orders
    of the period, else of those that the dealer could have taken. `region_codes` and `categories` say for which orders a
    strategy of its own is: empty for any; of the categories one that the order has is enough. `is_on` False: kept, but
    used for none."""

    stages: tuple[OrderStage, ...] = (OrderStage(StageKind.BASE),)
    min_points: int | None = None
    counts_all: bool = True
    region_codes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    is_on: bool = True
    is_parallel: bool = False

    def fits(self, region_code: str | None, categories: Collection[str]) -> bool:
        is_region = not self.region_codes or region_code in self.region_codes
        return (
            self.is_on
            and is_region
            and (not self.categories or not set(self.categories).isdisjoint(categories))
        )

    @property
    def conditions(self) -> int:
        return bool(self.region_codes) + bool(self.categories)

    @property
    def delay_min(self) -> int:
        return next((stage.delay_min for stage in self.stages if stage.kind is StageKind.BASE), 0)

    @property
    def quota_stage(self) -> OrderStage | None:
        return next((stage for stage in self.stages if stage.kind is StageKind.QUOTA), None)


@dataclass(frozen=True, slots=True)
class ActiveOrderPolicy:
    """The version in force. `id` and `version` are 0 for the built-in one, while nobody has saved any."""

    id: int
    version: int
    policy: OrderPolicy
    name: str = ""


BUILT_IN: Final = ActiveOrderPolicy(0, 0, OrderPolicy())


@dataclass(frozen=True, slots=True)
class OrderPolicies:
    """`main` is for all orders that none of `own` fits."""

    main: ActiveOrderPolicy = BUILT_IN
    own: tuple[ActiveOrderPolicy, ...] = ()

    def of(self, region_code: str | None, categories: Collection[str]) -> ActiveOrderPolicy:
        """The one with most conditions, of equals the oldest."""
        fitting = (one for one in self.own if one.policy.fits(region_code, categories))
        return min(fitting, key=lambda one: (-one.policy.conditions, one.id), default=self.main)

    def with_changed(self, policy_id: int | None, policy: OrderPolicy) -> "OrderPolicies":
        """As it would be: None is the main one, an id that is not known a new one."""
        if policy_id is None:
            return replace(self, main=replace(self.main, policy=policy))
        others = tuple(one for one in self.own if one.id != policy_id)
        return replace(self, own=(*others, ActiveOrderPolicy(policy_id, 0, policy)))


def order_policy_to_json(policy: OrderPolicy) -> dict[str, Any]:
    return asdict(policy)


def order_policy_from_json(body: Mapping[str, Any]) -> OrderPolicy:
    """The inverse. Raises ValueError for anything that `order_policy_to_json` did not write."""
    try:
        listed = {name: tuple(body[name]) for name in ("region_codes", "categories") if name in body}
        return OrderPolicy(**{**body, **listed, "stages": tuple(_stage(item) for item in body["stages"])})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a policy of orders: {error!r}") from error


def _stage(body: Mapping[str, Any]) -> OrderStage:
    return OrderStage(
        **{
            **body,
            "kind": StageKind(body["kind"]),
            "ringing": Ringing(body["ringing"]),
            "period": Period(body["period"]),
            "rules": tuple(_rule(rule) for rule in body["rules"]),
            "quotas": tuple(
                Quota(quota["org_id"], QuotaUnit(quota["unit"]), quota["limit"]) for quota in body["quotas"]
            ),
        }
    )


def _rule(body: Mapping[str, Any]) -> OrderRule:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in body.items()
    }
    return OrderRule(**values)
