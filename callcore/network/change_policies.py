"""Use cases: save a policy, make a further one, return to an older version. Each adds a version and leaves an audit row."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.model import Viewer
from callcore.network.policies import CALLS
from callcore.network.policy import BUILT_IN, Policy, policy_to_json
from callcore.network.policy_check import (
    MAX_NOTE_CHARS,
    Flaw,
    Problem,
    check_name,
    check_policy,
    errors_of,
)
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.policy_versions import (
    may_edit_policies,
    newest_version,
    policy_facts,
    policy_of_version,
)
from callcore.network.tables import UserRow


class ChangePolicies:
    """All raise Forbidden for who may not, NotFound for what is not there. `shown` is the version that the person saw:
    Conflict("policy-changed", version=, author=, at=) when another has been saved meanwhile. Invalid("policy-wrong",
    problems=) for what policy_check finds."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(
        self, viewer: Viewer, policy_id: int, policy: Policy, *, shown: int, note: str = ""
    ) -> tuple[int, int]:
        """The id and the new version. Policy 0 is the built-in one: its first save makes it a row."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            await _check(session, policy, note)
            if policy_id == BUILT_IN.id:
                policy_id = await _first(session)
            elif await session.scalar(_of_calls(policy_id)) is None:
                raise NotFound("no-such-policy")
            version = await self._add(session, viewer, policy_id, policy, shown, note)
            self._note(session, viewer, "policy:saved", policy_id, version=version, note=note)
        return policy_id, version

    async def create(self, viewer: Viewer, name: str, policy: Policy, *, note: str = "") -> int:
        """The id of a further policy. The one of all numbers is saved first, so that a named one never takes its place."""
        _check_editor(viewer)
        name = name.strip()
        if problems := check_name(name):
            raise Invalid("policy-wrong", problems=problems)
        async with self._database.transaction() as session:
            await _check(session, policy, note)
            if await session.scalar(_of_calls()) is None:
                await self._add(session, viewer, await _first(session), BUILT_IN.policy, 0, "")
            if not await insert_unless_exists(session, PolicyRow, name=name):
                raise Conflict("policy-name-taken")
            policy_id = await _id_of(session, name)
            await self._add(session, viewer, policy_id, policy, 0, note)
            self._note(session, viewer, "policy:created", policy_id, name=name, note=note)
        return policy_id

    async def roll_back(
        self, viewer: Viewer, policy_id: int, version: int | None = None, *, shown: int | None = None
    ) -> int:
        """A new version with the body of an older one, None for the one before the newest. What it names is not checked
        anew: it was in force before."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            newest = await newest_version(session, policy_id)
            version = newest - 1 if version is None else version
            shown = newest if shown is None else shown
            older = await policy_of_version(session, policy_id, version)
            if older.id == BUILT_IN.id:
                raise NotFound("no-such-version")
            note = f"Возврат к версии {version}"
            made = await self._add(session, viewer, policy_id, older.policy, shown, note)
            self._note(session, viewer, "policy:rolled-back", policy_id, version=made, to=version)
        return made

    async def _add(
        self, session: AsyncSession, viewer: Viewer, policy_id: int, policy: Policy, shown: int, note: str
    ) -> int:
        newest = await newest_version(session, policy_id)
        if newest != shown or not await insert_unless_exists(
            session,
            PolicyVersionRow,
            policy_id=policy_id,
            version=shown + 1,
            made_at=self._clock.now(),
            author_id=viewer.user_id,
            note=note.strip(),
            body=policy_to_json(policy),
        ):
            raise await rival(session, policy_id)
        return shown + 1

    def _note(self, session: AsyncSession, viewer: Viewer, action: str, policy_id: int, **data: Any) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity="policy",
            entity_id=policy_id,
            **data,
        )


async def _check(session: AsyncSession, policy: Policy, note: str) -> None:
    found = errors_of(check_policy(policy, await policy_facts(session)))
    if len(note) > MAX_NOTE_CHARS:
        found = (*found, Problem("note", Flaw.TOO_LONG, high=MAX_NOTE_CHARS))
    if found:
        raise Invalid("policy-wrong", problems=found)


def _of_calls(policy_id: int | None = None) -> Select[int]:
    """Those of orders are changed elsewhere."""
    found = select(PolicyRow.id).where(PolicyRow.scope == CALLS).limit(1)
    return found if policy_id is None else found.where(PolicyRow.id == policy_id)


async def _first(session: AsyncSession) -> int:
    """The row of the policy of all numbers; made when it is not there."""
    await insert_unless_exists(session, PolicyRow, name=BUILT_IN.name)
    return await _id_of(session, BUILT_IN.name)


async def _id_of(session: AsyncSession, name: str) -> int:
    found = await session.scalar(select(PolicyRow.id).where(PolicyRow.name == name))
    if found is None:
        raise NotFound("no-such-policy")
    return found


async def rival(session: AsyncSession, policy_id: int) -> Conflict:
    """Who saved the newest version, and when: for a save that came second."""
    found = await session.execute(
        select(PolicyVersionRow.version, PolicyVersionRow.made_at, UserRow.full_name)
        .outerjoin(UserRow, UserRow.id == PolicyVersionRow.author_id)
        .where(PolicyVersionRow.policy_id == policy_id)
        .order_by(PolicyVersionRow.version.desc())
        .limit(1)
    )
    row = found.first()
    version, at, author = (row.version, row.made_at, row.full_name or "") if row else (0, None, "")
    return Conflict("policy-changed", version=version, author=author, at=at)


def _check_editor(viewer: Viewer) -> None:
    if not may_edit_policies(viewer):
        raise Forbidden("not-editor")
