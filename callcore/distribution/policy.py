"""How dealers of orders are chosen: the policy of calls with what only orders have. Pure.

Stages open one after another: each begins when the windows of the earlier ones that have somebody are over. The base opens
`delay_min` after the order came, if anybody went before it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
    """`min_points` is the hard gate for orders of the head site, None for no gate. `counts_all`: percent is of all orders
    of the period, else of those that the dealer could have taken."""

    stages: tuple[OrderStage, ...] = (OrderStage(StageKind.BASE),)
    min_points: int | None = None
    counts_all: bool = True

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


BUILT_IN: Final = ActiveOrderPolicy(0, 0, OrderPolicy())


def order_policy_to_json(policy: OrderPolicy) -> dict[str, Any]:
    return asdict(policy)


def order_policy_from_json(body: Mapping[str, Any]) -> OrderPolicy:
    """The inverse. Raises ValueError for anything that `order_policy_to_json` did not write."""
    try:
        return OrderPolicy(**{**body, "stages": tuple(_stage(item) for item in body["stages"])})
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
