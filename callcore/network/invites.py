"""Use cases: invite by a link, take the link back, come in by it. Each leaves an audit row; no row holds the secret."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, NotAllowedNow, NotFound
from callcore.network.dealer_fields import MAX_NAME_CHARS, is_email
from callcore.network.dealers import sees_org
from callcore.network.editing import (
    Notes,
    check_admin,
    check_fields,
    check_runner,
    is_line,
    org_to_change,
    person_to_run,
    roles_in,
    row_to_run,
    sees_people_of,
)
from callcore.network.links import LinkState, NewLink, make_link, state_of
from callcore.network.lock import lock_network
from callcore.network.model import OrgKind, Role, Viewer
from callcore.network.outlets import may_edit_network
from callcore.network.people import checked_hash
from callcore.network.sign_in_limit import SignInLimit, fingerprint
from callcore.network.staff_tables import InviteRow
from callcore.network.tables import OrgRegionRow, OrgRow, RegionRow, SessionRow, UserRow


@dataclass(frozen=True, slots=True)
class NewDealer:
    """`parent_id` None: a dealer of the manufacturer; the head of a dealer adds below his own organisation only."""

    name: str
    email: str
    region_code: str = ""
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class LinkView:
    """What the page behind a link may show. `full_name` only for a new password."""

    state: LinkState
    org_id: int
    org_name: str
    email: str
    role: Role
    is_reset: bool
    full_name: str = ""


class Invites:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._notes = Notes(clock)
        self._limit = SignInLimit(database)

    async def add_dealer(self, viewer: Viewer, new: NewDealer) -> tuple[int, NewLink]:
        """The organisation and the link for its head. Raises Invalid (fields name, email, region_code, parent_id),
        Forbidden."""
        name, email = " ".join(new.name.split()), new.email.strip().lower()
        async with self._database.transaction() as session:
            await lock_network(session)
            await check_runner(session, viewer)
            parent = await _parent(session, viewer, new.parent_id)
            wrong = await self._wrong_dealer(session, parent, name, email, new.region_code)
            check_fields(wrong)
            region = await session.get(RegionRow, new.region_code) if new.region_code else None
            assert parent is not None
            kind = OrgKind.DEALER if parent.kind == OrgKind.MANUFACTURER.value else OrgKind.SUBDEALER
            org = OrgRow(
                kind=kind.value,
                parent_id=parent.id,
                path="",
                name=name,
                region_code=new.region_code or None,
                # a new one gets nothing from the site before the head office lets it
                is_authorised=False,
                takes_site_calls=False,
                takes_site_orders=False,
                tz=region.tz if region else parent.tz,
                created_at=self._clock.now(),
            )
            session.add(org)
            await session.flush()
            org.path = f"{parent.path}{org.id}/"
            if region is not None:
                session.add(OrgRegionRow(org_id=org.id, region_code=region.code))
            self._notes.add(session, viewer, "dealer:added", "organization", org.id, name=name)
            link = await self._link(session, viewer, org.id, email, roles_in(kind)[0])
        return org.id, link

    async def invite(self, viewer: Viewer, org_id: int, email: str, role: Role) -> NewLink:
        """Raises Invalid (fields email, role). Whether the address is known to us is not told."""
        email = email.strip().lower()
        async with self._database.transaction() as session:
            org = await org_to_change(session, viewer, org_id)
            _check_guest(email, role, OrgKind(org.kind))
            return await self._link(session, viewer, org_id, email, role)

    async def invite_staff(self, viewer: Viewer, email: str, role: Role) -> NewLink:
        """To the head office, by an administrator. Raises Forbidden, Invalid (fields email, role)."""
        email = email.strip().lower()
        async with self._database.transaction() as session:
            await lock_network(session)
            await check_admin(session, viewer)
            _check_guest(email, role, OrgKind.MANUFACTURER)
            office = await _head_office(session)
            assert office is not None
            return await self._link(session, viewer, office.id, email, role)

    async def reset(self, viewer: Viewer, user_id: int) -> NewLink:
        """A link by which the person chooses a new password; the old one works until then. Raises NotFound, Forbidden,
        NotAllowedNow("person-left")."""
        async with self._database.transaction() as session:
            person, org = await person_to_run(session, viewer, user_id)
            if not person.is_active:
                raise NotAllowedNow("person-left")
            return await self._link(session, viewer, org.id, person.email, Role(person.role), person.id)

    async def revoke(self, viewer: Viewer, invite_id: int) -> int:
        """Returns the organisation's id. A link that was used stays used."""
        async with self._database.transaction() as session:
            await lock_network(session)
            found = await session.execute(
                select(InviteRow, OrgRow)
                .join(OrgRow, OrgRow.id == InviteRow.org_id)
                .where(InviteRow.id == invite_id, sees_people_of(viewer))
            )
            invite, org = await row_to_run(session, viewer, found.first(), "invite-not-found")
            if org.kind == OrgKind.MANUFACTURER.value:
                await check_admin(session, viewer)
            now = self._clock.now()
            if state_of(invite, now) is LinkState.OPEN:
                invite.revoked_at = now
                self._notes.add(session, viewer, "invite:revoked", "invite", invite_id)
            return org.id

    async def look(self, token: str, ip: str) -> LinkView:
        """Raises NotFound for a link that was never made, TooMany when an address tries too many of them."""
        now = self._clock.now()
        async with self._database.session() as session:
            view = await _view(session, token, now)
        if view is None:
            await self._limit.admit(email=f"link:{token}", ip=ip, now=now)
            raise NotFound("no-such-link")
        return view

    async def accept(self, token: str, full_name: str, password: str, ip: str) -> LinkView:
        """Opens the account, or sets the new password and ends all sessions. Raises Invalid (fields full_name,
        password), NotAllowedNow with the state's word ("link-used"…), Conflict("email-taken"); NotFound, TooMany."""
        view = await self.look(token, ip)
        if view.state is not LinkState.OPEN:
            raise NotAllowedNow(f"link-{view.state.value}")
        name = " ".join(full_name.split())
        if not view.is_reset and not is_line(name, at_least=2, at_most=MAX_NAME_CHARS):
            check_fields({"full_name": "name-length"})
        stored = await checked_hash(password)
        now = self._clock.now()
        async with self._database.transaction() as session:
            invite = await session.scalar(
                update(InviteRow)
                .where(InviteRow.token_hash == fingerprint(token), InviteRow.expires_at > now)
                .where(InviteRow.used_at.is_(None), InviteRow.revoked_at.is_(None))
                .values(used_at=now)
                .returning(InviteRow)
            )
            if invite is None:
                raise NotAllowedNow("link-used")  # somebody was quicker
            user_id = invite.user_id or await _join(session, invite, name, stored, now)
            if view.is_reset:
                await session.execute(
                    update(UserRow).where(UserRow.id == user_id).values(password_hash=stored)
                )
                await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
            action = "user:password-set" if view.is_reset else "user:joined"
            audit.record(
                session,
                at=now,
                actor_id=user_id,
                action=action,
                entity="user",
                entity_id=user_id,
                ip=ip,
                invite_id=invite.id,
            )
        return view

    async def _link(
        self,
        session: AsyncSession,
        viewer: Viewer,
        org_id: int,
        email: str,
        role: Role,
        user_id: int | None = None,
    ) -> NewLink:
        link = await make_link(
            session,
            org_id=org_id,
            email=email,
            role=role,
            made_by=viewer.user_id,
            now=self._clock.now(),
            user_id=user_id,
        )
        action = "invite:made" if user_id is None else "invite:reset"
        self._notes.add(session, viewer, action, "invite", link.id, email=email, role=role.value)
        return link

    async def _wrong_dealer(
        self, session: AsyncSession, parent: OrgRow | None, name: str, email: str, region_code: str
    ) -> dict[str, str]:
        wrong = {} if parent is not None else {"parent_id": "no-such-dealer"}
        if not is_line(name, at_least=2, at_most=MAX_NAME_CHARS):
            wrong["name"] = "name-length"
        elif parent is not None and await session.scalar(
            select(OrgRow.id).where(OrgRow.name == name, OrgRow.parent_id == parent.id).limit(1)
        ):
            wrong["name"] = "name-taken"
        if not is_email(email):
            wrong["email"] = "email-wrong"
        if region_code and await session.get(RegionRow, region_code) is None:
            wrong["region_code"] = "no-such-region"
        return wrong


def _check_guest(email: str, role: Role, kind: OrgKind) -> None:
    wrong = {} if is_email(email) else {"email": "email-wrong"}
    if role not in roles_in(kind):
        wrong["role"] = "role-wrong"
    check_fields(wrong)


async def _parent(session: AsyncSession, viewer: Viewer, parent_id: int | None) -> OrgRow | None:
    """None when there is no such dealer within the viewer's reach."""
    if parent_id is not None:
        return await session.scalar(select(OrgRow).where(OrgRow.id == parent_id, sees_org(viewer)))
    if not may_edit_network(viewer):
        return await session.scalar(select(OrgRow).where(OrgRow.id == viewer.org_id, sees_org(viewer)))
    return await _head_office(session)


async def _head_office(session: AsyncSession) -> OrgRow | None:
    return await session.scalar(
        select(OrgRow).where(OrgRow.kind == OrgKind.MANUFACTURER.value).order_by(OrgRow.id).limit(1)
    )


async def _view(session: AsyncSession, token: str, now: datetime) -> LinkView | None:
    found = await session.execute(
        select(InviteRow, OrgRow.name, UserRow.full_name, UserRow.is_active)
        .join(OrgRow, OrgRow.id == InviteRow.org_id)
        .outerjoin(UserRow, UserRow.id == InviteRow.user_id)
        .where(InviteRow.token_hash == fingerprint(token))
    )
    row = found.first()
    if row is None:
        return None
    invite, org_name, full_name, is_active = row
    state = state_of(invite, now)
    if invite.user_id is not None and not is_active and state is LinkState.OPEN:
        state = LinkState.REVOKED
    return LinkView(
        state=state,
        org_id=invite.org_id,
        org_name=org_name,
        email=invite.email,
        role=Role(invite.role),
        is_reset=invite.user_id is not None,
        full_name=full_name or "",
    )


async def _join(session: AsyncSession, invite: InviteRow, name: str, stored: str, now: datetime) -> int:
    org = await session.get_one(OrgRow, invite.org_id)
    if Role(invite.role) not in roles_in(OrgKind(org.kind)):
        raise Forbidden("role-wrong")  # the organisation moved in the tree since
    row = UserRow(
        org_id=org.id,
        email=invite.email,
        full_name=name,
        role=invite.role,
        password_hash=stored,
        tz=org.tz,
        created_at=now,
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict("email-taken") from None
    return row.id
