"""Policies of distribution in force, read for routing."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.logs import get_logger
from callcore.network.policy import BUILT_IN, ActivePolicy, policy_from_json
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow

_log = get_logger(__name__)


async def load_policies(session: AsyncSession) -> tuple[ActivePolicy, ...]:
    """The newest version of each, in the order of ids, so that the first is that of all numbers; the built-in one while
    there is none. A body that cannot be read is passed over: calls must find somebody."""
    newest = select(func.max(PolicyVersionRow.id)).group_by(PolicyVersionRow.policy_id)
    rows = await session.execute(
        select(PolicyRow, PolicyVersionRow)
        .join(PolicyVersionRow, PolicyVersionRow.policy_id == PolicyRow.id)
        .where(PolicyVersionRow.id.in_(newest))
        .order_by(PolicyRow.id)
    )
    found = []
    for policy, version in rows:
        try:
            body = policy_from_json(version.body)
        except ValueError as error:
            _log.error("policy cannot be read", policy=policy.id, version=version.version, error=str(error))
            continue
        found.append(ActivePolicy(policy.id, version.version, policy.name, body))
    return tuple(found) or (BUILT_IN,)
