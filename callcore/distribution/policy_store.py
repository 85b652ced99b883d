"""The policy of orders by version: read, saved, rolled back. Append-only; the newest that can be read is in force."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.catalog.tables import ProductRow
from callcore.distribution.policy import (
    BUILT_IN,
    ActiveOrderPolicy,
    OrderPolicy,
    order_policy_from_json,
    order_policy_to_json,
)
from callcore.distribution.policy_check import OrderPolicyFacts, check_order_policy
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.kernel.logs import get_logger
from callcore.network.change_policies import rival
from callcore.network.model import OrgKind, OrgState, Viewer
from callcore.network.policies import LOOKED_BACK, ORDERS
from callcore.network.policy_check import MAX_NOTE_CHARS, DealerFact, Flaw, Problem, errors_of
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.policy_versions import POLICY_READERS, may_edit_policies
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
    """`newest` is what a save must name as `shown`; `versions` newest first."""

    active: ActiveOrderPolicy
    newest: int
    versions: tuple[OrderPolicyVersion, ...]
    facts: OrderPolicyFacts


async def load_order_policy(session: AsyncSession) -> ActiveOrderPolicy:
    """The newest version that can be read, the built-in one while there is none."""
    rows = await session.execute(
        select(PolicyRow.id, PolicyVersionRow.version, PolicyVersionRow.body)
        .join(PolicyVersionRow, PolicyVersionRow.policy_id == PolicyRow.id)
        .where(PolicyRow.scope == ORDERS)
        .order_by(PolicyRow.id, PolicyVersionRow.version.desc())
        .limit(LOOKED_BACK)
    )
    for row in rows:
        try:
            return ActiveOrderPolicy(row.id, row.version, order_policy_from_json(row.body))
        except ValueError as error:
            _log.error("policy of orders cannot be read", version=row.version, error=str(error))
    return BUILT_IN


async def order_policy_of(session: AsyncSession, version: int) -> OrderPolicy:
    """Raises NotFound for what is not stored or cannot be read; version 0 is the built-in one."""
    if version == BUILT_IN.version:
        return BUILT_IN.policy
    body = await session.scalar(
        select(PolicyVersionRow.body)
        .join(PolicyRow, PolicyRow.id == PolicyVersionRow.policy_id)
        .where(PolicyRow.scope == ORDERS, PolicyVersionRow.version == version)
    )
    policy = _readable(body) if body is not None else None
    if policy is None:
        raise NotFound("no-such-version")
    return policy


async def order_policy_book(session: AsyncSession, viewer: Viewer) -> OrderPolicyBook:
    """Raises Forbidden."""
    if viewer.role not in POLICY_READERS:
        raise Forbidden("not-reader")
    rows = await session.execute(
        select(PolicyVersionRow, UserRow.full_name)
        .join(PolicyRow, PolicyRow.id == PolicyVersionRow.policy_id)
        .outerjoin(UserRow, UserRow.id == PolicyVersionRow.author_id)
        .where(PolicyRow.scope == ORDERS)
        .order_by(PolicyVersionRow.version.desc())
        .limit(MAX_VERSIONS)
    )
    versions = tuple(
        OrderPolicyVersion(row.version, row.made_at, author or "", row.note, _readable(row.body))
        for row, author in rows
    )
    newest = versions[0].version if versions else 0
    return OrderPolicyBook(await load_order_policy(session), newest, versions, await order_facts(session))


async def order_facts(session: AsyncSession) -> OrderPolicyFacts:
    """What a policy of orders may name."""
    orgs = await session.scalars(
        select(OrgRow).where(OrgRow.kind != OrgKind.MANUFACTURER.value).order_by(OrgRow.name, OrgRow.id)
    )
    regions = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    dids = await session.execute(select(DidRow.id, DidRow.label).where(DidRow.is_active))
    products = (await session.execute(select(ProductRow.article, ProductRow.category))).all()
    return OrderPolicyFacts(
        dealers={org.id: DealerFact(org.id, org.name, org.points, _takes_orders(org)) for org in orgs},
        regions=dict(regions.all()),
        dids=dict(dids.all()),
        categories=frozenset(category for _, category in products),
        articles=frozenset(article for article, _ in products),
        services=frozenset(SERVICES),
    )


class ChangeOrderPolicy:
    """Both raise Forbidden for who may not, Conflict("policy-changed", version=, author=, at=) when another version than
    `shown` is the newest."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(self, viewer: Viewer, policy: OrderPolicy, *, shown: int, note: str = "") -> int:
        """The new version. Raises Invalid("policy-wrong", problems=) for what check_order_policy finds."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            found = errors_of(check_order_policy(policy, await order_facts(session)))
            if len(note) > MAX_NOTE_CHARS:
                found = (*found, Problem("note", Flaw.TOO_LONG, high=MAX_NOTE_CHARS))
            if found:
                raise Invalid("policy-wrong", problems=found)
            version = await self._add(session, viewer, policy, shown, note)
            self._note(session, viewer, "order-policy:saved", version=version, note=note)
        return version

    async def roll_back(self, viewer: Viewer, version: int, *, shown: int) -> int:
        """A new version with the body of an older one (0: the built-in). Raises NotFound. What it names is not checked
        anew: it was in force before."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            policy = await order_policy_of(session, version)
            made = await self._add(session, viewer, policy, shown, f"Возврат к версии {version}")
            self._note(session, viewer, "order-policy:rolled-back", version=made, to=version)
        return made

    async def _add(
        self, session: AsyncSession, viewer: Viewer, policy: OrderPolicy, shown: int, note: str
    ) -> int:
        policy_id = await _policy_id(session)
        newest = await session.scalar(
            select(func.max(PolicyVersionRow.version)).where(PolicyVersionRow.policy_id == policy_id)
        )
        if (newest or 0) != shown or not await insert_unless_exists(
            session,
            PolicyVersionRow,
            policy_id=policy_id,
            version=shown + 1,
            made_at=self._clock.now(),
            author_id=viewer.user_id,
            note=note.strip(),
            body=order_policy_to_json(policy),
        ):
            raise await rival(session, policy_id)
        return shown + 1

    def _note(self, session: AsyncSession, viewer: Viewer, action: str, **data: Any) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity="order-policy",
            entity_id=NAME,
            **data,
        )


async def _policy_id(session: AsyncSession) -> int:
    """The row of the policy, made when it is not there."""
    found = select(PolicyRow.id).where(PolicyRow.scope == ORDERS).order_by(PolicyRow.id).limit(1)
    policy_id = await session.scalar(found)
    if policy_id is None:
        _ = await insert_unless_exists(session, PolicyRow, name=NAME, scope=ORDERS)
        policy_id = await session.scalar(found)
    if policy_id is None:
        raise Conflict("policy-name-taken")
    return policy_id


def _readable(body: dict[str, Any]) -> OrderPolicy | None:
    try:
        return order_policy_from_json(body)
    except ValueError:
        return None


def _takes_orders(org: OrgRow) -> bool:
    return org.state == OrgState.ACTIVE and org.is_authorised and org.takes_site_orders


def _check_editor(viewer: Viewer) -> None:
    if not may_edit_policies(viewer):
        raise Forbidden("not-editor")
