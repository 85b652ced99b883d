"""Expected against actual for the quotas of a policy in its present period. Pure."""

from dataclasses import dataclass

from callcore.network.policy import Policy, Quota, QuotaUnit, Stage, StageKind
from callcore.network.policy_check import PolicyFacts
from callcore.routing.live import QuotaCount
from web.routing.policy_form import dealer_text
from web.ui.formats import number


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """`expected` calls by now; `why` says what stands in the way when the dealer got clearly less."""

    dealer: str
    limit: str
    expected: float
    given: int
    why: str

    @property
    def share(self) -> int:
        """Per cent of what is due, for the bar; at most 100."""
        return min(100, round(self.given * 100 / self.expected)) if self.expected > 0 else 100


def quota_rows(policy: Policy, facts: PolicyFacts, count: QuotaCount) -> tuple[QuotaRow, ...]:
    stage = quota_stage(policy)
    return tuple(_row(quota, policy, facts, count) for quota in stage.quotas) if stage else ()


def quota_stage(policy: Policy) -> Stage | None:
    return next((stage for stage in policy.stages if stage.kind is StageKind.QUOTA), None)


def _row(quota: Quota, policy: Policy, facts: PolicyFacts, count: QuotaCount) -> QuotaRow:
    is_percent = quota.unit is QuotaUnit.PERCENT
    expected = round(quota.limit * count.counted / 100, 1) if is_percent else float(quota.limit)
    given = count.given.get(quota.org_id, 0)
    limit = f"{quota.limit} %" if is_percent else f"{number(quota.limit)} зв."
    return QuotaRow(
        dealer_text(quota.org_id, facts),
        limit,
        expected,
        given,
        _why(quota, policy, facts, is_short=given + 1 < expected, is_percent=is_percent),
    )


def _why(quota: Quota, policy: Policy, facts: PolicyFacts, *, is_short: bool, is_percent: bool) -> str:
    dealer = facts.dealers.get(quota.org_id)
    if dealer is None:
        return "дилера больше нет"
    if not dealer.takes_calls:
        return "не берёт звонки с сайта"
    if policy.min_points is not None and dealer.points < policy.min_points:
        return f"баллов {number(dealer.points)}, а порог {number(policy.min_points)}"
    if not is_short:
        return ""
    if not is_percent:
        return "период ещё идёт"
    return "звонков из его регионов в его часы меньше, чем эта доля"
