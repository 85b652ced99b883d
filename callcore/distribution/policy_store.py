"""The policies of orders as they are stored: of each the newest version that can be read is in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import ProductRow
from callcore.distribution.policy import (
    BUILT_IN,
    ActiveOrderPolicy,
    OrderPolicies,
    OrderPolicy,
    order_policy_from_json,
)
from callcore.distribution.policy_check import OrderPolicyFacts
from callcore.kernel.errors import Forbidden, NotFound
from callcore.kernel.logs import get_logger
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.policies import LOOKED_BACK, ORDERS
from callcore.network.policy_check import DealerFact
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.policy_versions import POLICY_READERS
from callcore.network.tables import DidRow, OrgRow, RegionRow, UserRow
from callcore.orders.model import SERVICES

NAME: Final = "Распределение заказов"
MAX_VERSIONS: Final = 30
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OrderPolicyVersion:
    """`policy` is None for a body that cannot be read; `author` is empty when nobody is known."""

    version: int
    made_at: datetime
    author: str
    note: str
    policy: OrderPolicy | None


@dataclass(frozen=True, slots=True)
class OrderPolicyBook:
    """Of one policy, `policy_id` None for the main one: `newest` is what a save must name as `shown`; `versions` newest
    first. `own`: strategies of their own by id and name."""

    policy_id: int | None
    active: ActiveOrderPolicy
    newest: int
    versions: tuple[OrderPolicyVersion, ...]
    facts: OrderPolicyFacts
    own: tuple[ActiveOrderPolicy, ...] = ()


_NEWEST: Final = (
    select(PolicyVersionRow.policy_id, func.max(PolicyVersionRow.version).label("version"))
    .group_by(PolicyVersionRow.policy_id)
    .subquery()
)
_POLICIES: Final = (
    select(PolicyRow.id, PolicyRow.name, PolicyVersionRow.version, PolicyVersionRow.body)
    .outerjoin(_NEWEST, _NEWEST.c.policy_id == PolicyRow.id)
    .outerjoin(
        PolicyVersionRow,
        and_(
            PolicyVersionRow.policy_id == PolicyRow.id,
            PolicyVersionRow.version > _NEWEST.c.version - LOOKED_BACK,
        ),
    )
    .where(PolicyRow.scope == ORDERS)
    .order_by(PolicyRow.id, PolicyVersionRow.version.desc())
)


async def load_order_policies(session: AsyncSession) -> OrderPolicies:
    """Of each the newest version that can be read; the main one is built in while there is none."""
    rows = await session.execute(_POLICIES)
    found: dict[int, ActiveOrderPolicy] = {}
    main_id: int | None = None
    for row in rows:
        main_id = row.id if main_id is None else main_id
        if row.id not in found and row.body is not None and (policy := _readable(row.body)) is not None:
            found[row.id] = ActiveOrderPolicy(row.id, row.version, policy, row.name)
    main = found.pop(main_id, BUILT_IN) if main_id is not None else BUILT_IN
    return OrderPolicies(main, tuple(found.values()))


async def order_policy_of(session: AsyncSession, version: int, policy_id: int | None = None) -> OrderPolicy:
    """Raises NotFound for what is not stored or cannot be read; version 0 is the built-in one."""
    if version == BUILT_IN.version:
        return BUILT_IN.policy
    body = await session.scalar(
        select(PolicyVersionRow.body)
        .join(PolicyRow, PolicyRow.id == PolicyVersionRow.policy_id)
        .where(await _is_it(session, policy_id), PolicyVersionRow.version == version)
    )
    policy = _readable(body) if body is not None else None
    if policy is None:
        raise NotFound("no-such-version")
    return policy


async def order_policy_book(
    session: AsyncSession, viewer: Viewer, policy_id: int | None = None
) -> OrderPolicyBook:
    """Raises Forbidden, NotFound("no-such-policy")."""
    if viewer.role not in POLICY_READERS:
        raise Forbidden("not-reader")
    policies = await load_order_policies(session)
    active = next((one for one in policies.own if one.id == policy_id), policies.main)
    if policy_id is not None and active.id != policy_id:
        raise NotFound("no-such-policy")
    rows = await session.execute(
        select(PolicyVersionRow, UserRow.full_name)
        .join(PolicyRow, PolicyRow.id == PolicyVersionRow.policy_id)
        .outerjoin(UserRow, UserRow.id == PolicyVersionRow.author_id)
        .where(await _is_it(session, policy_id))
        .order_by(PolicyVersionRow.version.desc())
        .limit(MAX_VERSIONS)
    )
    versions = tuple(
        OrderPolicyVersion(row.version, row.made_at, author or "", row.note, _readable(row.body))
        for row, author in rows
    )
    newest = versions[0].version if versions else 0
    return OrderPolicyBook(
        policy_id, active, newest, versions, await order_policy_facts(session), policies.own
    )


async def _is_it(session: AsyncSession, policy_id: int | None) -> ColumnElement[bool]:
    """The condition for one policy of orders; without an id the main one, which is the oldest."""
    if policy_id is None:
        policy_id = await session.scalar(select(func.min(PolicyRow.id)).where(PolicyRow.scope == ORDERS))
    return and_(PolicyRow.scope == ORDERS, PolicyRow.id == policy_id)


async def order_policy_facts(session: AsyncSession) -> OrderPolicyFacts:
    """What a policy of orders may name."""
    orgs = await session.scalars(
        select(OrgRow).where(OrgRow.kind != OrgKind.MANUFACTURER.value).order_by(OrgRow.name, OrgRow.id)
    )
    regions = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    dids = await session.execute(select(DidRow.id, DidRow.label).where(DidRow.is_active))
    products = (await session.execute(select(ProductRow.article, ProductRow.category))).all()
    return OrderPolicyFacts(
        dealers={
            org.id: DealerFact(org.id, org.name, org.points, _takes_orders(org), org.rating) for org in orgs
        },
        regions=dict(regions.all()),
        dids=dict(dids.all()),
        categories=frozenset(category for _, category in products),
        articles=frozenset(article for article, _ in products),
        services=frozenset(SERVICES),
    )


def _readable(body: dict[str, Any]) -> OrderPolicy | None:
    try:
        return order_policy_from_json(body)
    except ValueError as error:
        _log.error("policy of orders cannot be read", error=str(error))
        return None


def _takes_orders(org: OrgRow) -> bool:
    return org.state == OrgState.ACTIVE and org.is_authorised and org.takes_site_orders
