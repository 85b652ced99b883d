"""Use cases: keys of the public API are made, seen once, revoked; a program comes in by one. Only hashes are stored."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, NotFound
from callcore.kernel.ids import secret_token
from callcore.network.access_tables import ApiKeyRow
from callcore.network.dealers import sees_org
from callcore.network.editing import check_fields, is_line
from callcore.network.model import DEALER_ROLES, OrgKind, OrgState, Role, Viewer
from callcore.network.outlets import check_not_suspended
from callcore.network.tables import OrgRow, UserRow

MAX_NAME_CHARS: Final = 80
PREFIX: Final = "dl_"
PREFIX_CHARS: Final = 10
USED_EVERY: Final = timedelta(minutes=1)  # `used_at` is no journal: it is not written for each request
_KNOWN: Final = (
    select(
        *(ApiKeyRow.id, ApiKeyRow.name, ApiKeyRow.scopes, ApiKeyRow.used_at, ApiKeyRow.org_id),
        *(OrgRow.kind, OrgRow.state, OrgRow.path, OrgRow.tz, OrgRow.name.label("org_name")),
    )
    .join(OrgRow, OrgRow.id == ApiKeyRow.org_id)
    .where(ApiKeyRow.key_hash == bindparam("key_hash"), ApiKeyRow.revoked_at.is_(None))
)
KEEPERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.DEALER_OWNER, Role.SUBDEALER})


class Scope(StrEnum):
    ORDERS_WRITE = "orders:write"
    ORDERS_READ = "orders:read"


@dataclass(frozen=True, slots=True)
class ApiKeyView:
    id: int
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    org_name: str
    made_by: str
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """`secret` exists nowhere else: it is shown once."""

    id: int
    secret: str


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """A program that came in. `viewer` reaches what the key's organisation reaches; its user_id is 0: nobody's."""

    key_id: int
    name: str
    viewer: Viewer
    is_dealer: bool


class ApiKeys:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def enter(self, secret: str, scope: Scope) -> ApiCaller:
        """Raises Forbidden: "api-key-unknown" (never made, or revoked), "api-scope-missing"."""
        now = self._clock.now()
        values = {"key_hash": _hash(secret)}
        key = await self._database.read(lambda connection: connection.execute(_KNOWN, values).first())
        if key is None:
            raise Forbidden("api-key-unknown")
        if scope not in key.scopes:
            raise Forbidden("api-scope-missing", scope)
        if key.state != OrgState.ACTIVE and scope is Scope.ORDERS_WRITE:
            raise Forbidden("dealer-suspended")
        if key.used_at is None or now - key.used_at >= USED_EVERY:
            await self._note_use(key.id, now)
        return _caller(key)

    async def _note_use(self, key_id: int, now: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(used_at=now))

    async def list(self, viewer: Viewer) -> tuple[ApiKeyView, ...]:
        """Of his organisation and those below, newest first; revoked ones last. Raises Forbidden."""
        _check_keeper(viewer)
        async with self._database.session() as session:
            rows = await session.execute(
                select(ApiKeyRow, OrgRow.name, UserRow.full_name)
                .join(OrgRow, OrgRow.id == ApiKeyRow.org_id)
                .outerjoin(UserRow, UserRow.id == ApiKeyRow.made_by)
                .where(_reaches(viewer))
                .order_by(ApiKeyRow.revoked_at.is_not(None), ApiKeyRow.id.desc())
                .limit(500)
            )
            return tuple(_view(*row) for row in rows)

    async def owners(self, viewer: Viewer) -> tuple[tuple[int, str], ...]:
        """Whose keys he may make: id and name, his own organisation first."""
        async with self._database.session() as session:
            rows = await session.execute(
                select(OrgRow.id, OrgRow.name)
                .where(_reaches(viewer))
                .order_by(OrgRow.id != viewer.org_id, OrgRow.name)
                .limit(1000)
            )
            return tuple((org_id, name) for org_id, name in rows)

    async def make(self, viewer: Viewer, name: str, scopes: tuple[Scope, ...], org_id: int | None) -> NewKey:
        """`org_id` None: the viewer's own. Raises Invalid (name, scopes, org), Forbidden."""
        _check_keeper(viewer)
        name = " ".join(name.split())
        wrong = {} if is_line(name, at_least=2, at_most=MAX_NAME_CHARS) else {"name": "name-length"}
        if not scopes:
            wrong["scopes"] = "empty"
        secret, now = PREFIX + secret_token(), self._clock.now()
        async with self._database.transaction() as session:
            await check_not_suspended(session, viewer)
            org = await session.scalar(
                select(OrgRow).where(OrgRow.id == (org_id or viewer.org_id), _reaches(viewer))
            )
            if org is None:
                wrong["org"] = "not-listed"
            check_fields(wrong)
            assert org is not None
            row = ApiKeyRow(
                name=name,
                prefix=secret[:PREFIX_CHARS],
                key_hash=_hash(secret),
                scopes=sorted(scopes),
                org_id=org.id,
                made_by=viewer.user_id,
                made_at=now,
            )
            session.add(row)
            await session.flush()
            _note(session, viewer, "api-key:made", row.id, now, name=name, org_id=org.id, scopes=row.scopes)
        return NewKey(row.id, secret)

    async def revoke(self, viewer: Viewer, key_id: int) -> str:
        """At once and for ever; its name. Revoking twice changes nothing. Raises NotFound, Forbidden."""
        _check_keeper(viewer)
        now = self._clock.now()
        async with self._database.transaction() as session:
            await check_not_suspended(session, viewer)
            row = await session.scalar(
                select(ApiKeyRow)
                .join(OrgRow, OrgRow.id == ApiKeyRow.org_id)
                .where(ApiKeyRow.id == key_id, _reaches(viewer))
            )
            if row is None:
                raise NotFound("api-key-not-found")
            if row.revoked_at is None:
                row.revoked_at = now
                _note(session, viewer, "api-key:revoked", row.id, now, name=row.name)
            return row.name


def _reaches(viewer: Viewer) -> Any:
    """The manufacturer's keys belong to its own people: `sees_org` of staff names dealers alone."""
    own = OrgRow.id == viewer.org_id
    return own | sees_org(viewer)


def _check_keeper(viewer: Viewer) -> None:
    if viewer.role not in KEEPERS:
        raise Forbidden("not-keeper-of-keys")


def _hash(secret: str) -> str:
    """The secret is 256 random bits: a plain hash cannot be searched for."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _caller(key: Any) -> ApiCaller:
    """`key` is a row of _KNOWN."""
    is_dealer = key.kind != OrgKind.MANUFACTURER
    role = Role.DEALER_MANAGER if is_dealer else Role.MANUFACTURER
    assert (role in DEALER_ROLES) == is_dealer
    viewer = Viewer(0, key.name, role, key.org_id, key.org_name, key.path, (), key.tz)
    return ApiCaller(key.id, key.name, viewer, is_dealer)


def _view(key: ApiKeyRow, org_name: str, made_by: str | None) -> ApiKeyView:
    scopes = tuple(Scope(name) for name in key.scopes if name in list(Scope))
    return ApiKeyView(
        key.id,
        key.name,
        key.prefix,
        scopes,
        org_name,
        made_by or "",
        key.made_at,
        key.used_at,
        key.revoked_at,
    )


def _note(
    session: AsyncSession, viewer: Viewer, action: str, key_id: int, now: datetime, **data: Any
) -> None:
    audit.record(
        session, at=now, actor_id=viewer.user_id, action=action, entity="api_key", entity_id=key_id, **data
    )
