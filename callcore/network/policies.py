"""Policies of distribution in force, read for routing. Those of orders are read by the distribution itself."""

from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.logs import get_logger
from callcore.network.policy import BUILT_IN, ActivePolicy, policy_from_json
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow

_log = get_logger(__name__)
LOOKED_BACK = 10


CALLS: Final = "calls"
ORDERS: Final = "orders"


async def load_policies(session: AsyncSession) -> tuple[ActivePolicy, ...]:
    """The newest version of each that can be read, in the order of ids, so that the first is that of all numbers; the
    built-in one while there is none. What cannot be read is passed over: calls must find somebody."""
    newest = select(func.max(PolicyVersionRow.id)).group_by(PolicyVersionRow.policy_id)
    rows = await session.execute(
        _versions().where(PolicyVersionRow.id.in_(newest), PolicyRow.scope == CALLS).order_by(PolicyRow.id)
    )
    found = []
    for policy, version in rows.all():
        active = _read(policy, version) or await _older(session, policy.id)
        if active is not None:
            found.append(active)
    return tuple(found) or (BUILT_IN,)


def _versions() -> Select[PolicyRow, PolicyVersionRow]:
    return select(PolicyRow, PolicyVersionRow).join(
        PolicyVersionRow, PolicyVersionRow.policy_id == PolicyRow.id
    )


async def _older(session: AsyncSession, policy_id: int) -> ActivePolicy | None:
    """The newest of the last few that can be read."""
    rows = await session.execute(
        _versions().where(PolicyRow.id == policy_id).order_by(PolicyVersionRow.id.desc()).limit(LOOKED_BACK)
    )
    return next((active for row in rows if (active := _read(*row)) is not None), None)


def _read(policy: PolicyRow, version: PolicyVersionRow) -> ActivePolicy | None:
    try:
        return ActivePolicy(policy.id, version.version, policy.name, policy_from_json(version.body))
    except ValueError as error:
        _log.error("policy cannot be read", policy=policy.id, version=version.version, error=str(error))
        return None
