"""What one decision changes for the next, at once: before the PBX has rung anybody and before the ledger knows. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from callcore.routing.live import Live, QuotaCount
from callcore.routing.model import Decision, StepStage


@dataclass(frozen=True, slots=True)
class Given:
    """`phone_keys` and `org_id` of who is rung first. `policy_id` of the policy whose quotas it counts for, None for no
    quotas; `quota_org_id` the dealer who is tried first by his quota."""

    at: datetime
    phone_keys: tuple[str, ...] = ()
    org_id: int | None = None
    policy_id: int | None = None
    quota_org_id: int | None = None


def given_by(decision: Decision) -> Given:
    why = decision.explanation
    first = decision.plan.steps[0] if decision.plan.steps else None
    counts = why.counts_for_quotas and bool(why.policy_id)
    return Given(
        why.at,
        first.phone_keys if first is not None else (),
        first.org_id if first is not None else None,
        why.policy_id if counts else None,
        quota_org(decision, first_only=True) if counts else None,
    )


def quota_org(decision: Decision, *, first_only: bool = False) -> int | None:
    """The dealer whom the quota stage named: its outlets may be those of dealers below him."""
    steps = decision.plan.steps[:1] if first_only else decision.plan.steps
    if not any(step.stage is StepStage.QUOTA for step in steps):
        return None
    return next((told.org_id for told in decision.explanation.stages if told.stage is StepStage.QUOTA), None)


def with_given(live: Live, news: Iterable[Given]) -> Live:
    """The same object for no news. Its version stays: it tells of which reading it is."""
    phones, orgs, quotas = live.phone_used_at, live.org_used_at, live.quotas
    for one in news:
        if one.phone_keys:
            phones = {**phones, **dict.fromkeys(one.phone_keys, one.at)}
        if one.org_id is not None:
            orgs = {**orgs, one.org_id: one.at}
        if one.policy_id is not None:
            quotas = {**quotas, one.policy_id: _counted(quotas.get(one.policy_id), one.quota_org_id)}
    if phones is live.phone_used_at and quotas is live.quotas and orgs is live.org_used_at:
        return live
    return replace(live, phone_used_at=phones, org_used_at=orgs, quotas=quotas)


def _counted(known: QuotaCount | None, org_id: int | None) -> QuotaCount:
    before = known or QuotaCount()
    given = before.given
    if org_id is not None:
        given = {**given, org_id: given.get(org_id, 0) + 1}
    return QuotaCount(before.counted + 1, given)
