"""Read side of policies for people: which there are, their versions, and what of the network a policy may name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.model import OrgKind, OrgState, Role, Viewer
from callcore.network.policies import CALLS, load_policies
from callcore.network.policy import BUILT_IN, ActivePolicy, Policy, policy_from_json
from callcore.network.policy_check import DealerFact, PolicyFacts
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.tables import DidRow, OrgRow, OutletRow, RegionRow, UserRow

POLICY_EDITORS = frozenset({Role.ADMIN, Role.MANUFACTURER})
POLICY_READERS = POLICY_EDITORS | {Role.SUPERVISOR}
MAX_VERSIONS = 30
MAX_NAMED = 100


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """`policy` is None for a body that cannot be read; `author` is empty when nobody is known."""

    version: int
    made_at: datetime
    author: str
    note: str
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class VersionName:
    policy_id: int
    name: str
    version: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DidOf:
    """A number and the policy that it names, None for that of all numbers."""

    id: int
    number: str
    label: str
    policy_id: int | None


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """`policies` in the order of ids, the first is that of all numbers; `versions` of `shown`, newest first."""

    policies: tuple[ActivePolicy, ...]
    shown: ActivePolicy
    versions: tuple[PolicyVersion, ...]
    dids: tuple[DidOf, ...]
    facts: PolicyFacts


def may_edit_policies(viewer: Viewer) -> bool:
    return viewer.role in POLICY_EDITORS


async def policy_book(session: AsyncSession, viewer: Viewer, policy_id: int | None) -> PolicyBook:
    """None asks for that of all numbers. Raises Forbidden, NotFound."""
    if viewer.role not in POLICY_READERS:
        raise Forbidden("not-reader")
    policies = await load_policies(session)
    shown = next((one for one in policies if policy_id is None or one.id == policy_id), None)
    if shown is None:
        raise NotFound("no-such-policy")
    return PolicyBook(
        policies, shown, await _versions(session, shown.id), await _dids(session), await policy_facts(session)
    )


async def policy_of_version(session: AsyncSession, policy_id: int, version: int) -> ActivePolicy:
    """Raises NotFound for what is not stored or cannot be read; version 0 of policy 0 is the built-in one."""
    if (policy_id, version) == (BUILT_IN.id, BUILT_IN.version):
        return BUILT_IN
    found = await session.execute(
        select(PolicyRow.name, PolicyVersionRow.body)
        .join(PolicyVersionRow, PolicyVersionRow.policy_id == PolicyRow.id)
        .where(PolicyRow.id == policy_id, PolicyVersionRow.version == version)
    )
    row = found.first()
    if row is None:
        raise NotFound("no-such-version")
    try:
        return ActivePolicy(policy_id, version, row.name, policy_from_json(row.body))
    except ValueError as error:
        raise NotFound("version-unreadable") from error


async def version_names(session: AsyncSession) -> tuple[VersionName, ...]:
    """The newest of all policies first, so that one can be chosen."""
    rows = await session.execute(
        select(PolicyRow.id, PolicyRow.name, PolicyVersionRow.version, PolicyVersionRow.made_at)
        .join(PolicyVersionRow, PolicyVersionRow.policy_id == PolicyRow.id)
        .where(PolicyRow.scope == CALLS)
        .order_by(PolicyRow.id, PolicyVersionRow.version.desc())
        .limit(MAX_NAMED)
    )
    return tuple(VersionName(*row) for row in rows)


async def policy_facts(session: AsyncSession) -> PolicyFacts:
    orgs = (await session.scalars(select(OrgRow).order_by(OrgRow.name, OrgRow.id))).all()
    paths = {org.id: org.path for org in orgs}
    taking = await session.scalars(select(OutletRow.org_id).where(OutletRow.accepts_calls).distinct())
    chains = [_chain(paths.get(org_id, "")) for org_id in taking]
    suspended = {org.id for org in orgs if org.state == OrgState.SUSPENDED}
    with_outlets = {org_id for chain in chains if suspended.isdisjoint(chain) for org_id in chain}
    regions = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    dids = await session.execute(
        select(DidRow.id, DidRow.label).where(DidRow.is_active).order_by(DidRow.label, DidRow.id)
    )
    return PolicyFacts(
        dealers={
            org.id: DealerFact(
                org.id,
                org.name,
                org.points,
                org.takes_site_calls and org.id in with_outlets and org.id not in suspended,
                org.rating,
            )
            for org in orgs
            if org.kind != OrgKind.MANUFACTURER
        },
        regions=dict(regions.all()),
        dids=dict(dids.all()),
    )


async def newest_version(session: AsyncSession, policy_id: int) -> int:
    query = select(func.max(PolicyVersionRow.version)).where(PolicyVersionRow.policy_id == policy_id)
    return await session.scalar(query) or 0


async def _versions(session: AsyncSession, policy_id: int) -> tuple[PolicyVersion, ...]:
    rows = await session.execute(
        select(PolicyVersionRow, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == PolicyVersionRow.author_id)
        .where(PolicyVersionRow.policy_id == policy_id)
        .order_by(PolicyVersionRow.version.desc())
        .limit(MAX_VERSIONS)
    )
    return tuple(
        PolicyVersion(row.version, row.made_at, author or "", row.note, _readable(row.body))
        for row, author in rows
    )


async def _dids(session: AsyncSession) -> tuple[DidOf, ...]:
    rows = await session.scalars(select(DidRow).where(DidRow.is_active).order_by(DidRow.label, DidRow.id))
    return tuple(DidOf(row.id, row.number, row.label, row.policy_id) for row in rows)


def _readable(body: Mapping[str, object]) -> Policy | None:
    try:
        return policy_from_json(body)
    except ValueError:
        return None


def _chain(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in path.split("/") if part.isdigit())
