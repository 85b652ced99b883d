"""From how many points on the head site's calls and orders come to a dealer: what he reads when none do."""

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.policy_store import load_order_policies
from callcore.network.gates import Gates
from callcore.network.policies import load_policies


async def read_gates(session: AsyncSession) -> Gates:
    """Of the strategies of all numbers and of all orders."""
    calls, orders = (await load_policies(session))[0], (await load_order_policies(session)).main
    return Gates(calls.policy.min_points, orders.policy.min_points)
