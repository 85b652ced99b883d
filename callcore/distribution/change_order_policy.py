"""Use case: strategies of orders are saved, named and rolled back. Append-only: the newest version is in force."""

from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.distribution.policy import OrderPolicy, order_policy_to_json
from callcore.distribution.policy_check import check_order_policy
from callcore.distribution.policy_store import NAME, order_policy_facts, order_policy_of
from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.change_policies import rival
from callcore.network.model import Viewer
from callcore.network.policies import ORDERS
from callcore.network.policy_check import MAX_NOTE_CHARS, Flaw, Problem, errors_of
from callcore.network.policy_tables import PolicyRow, PolicyVersionRow
from callcore.network.policy_versions import may_edit_policies

NEW: Final = -1  # instead of the id of a strategy that is not there yet
MAX_NAME_CHARS: Final = 60


class ChangeOrderPolicy:
    """All raise Forbidden for who may not. `policy_id` None is the main strategy."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(
        self,
        viewer: Viewer,
        policy: OrderPolicy,
        *,
        shown: int,
        note: str = "",
        policy_id: int | None = None,
        name: str = "",
    ) -> tuple[int | None, int]:
        """Id of the strategy (None: the main one) and its new version. Raises Invalid("policy-wrong", problems=) for what
        check_order_policy finds and for a name that is empty, long or taken; Conflict("policy-changed", version=, author=, at=)
        when another version than `shown` is the newest; NotFound."""
        _check_editor(viewer)
        name = name.strip()
        async with self._database.transaction() as session:
            found = errors_of(check_order_policy(policy, await order_policy_facts(session)))
            if len(note) > MAX_NOTE_CHARS:
                found = (*found, Problem("note", Flaw.TOO_LONG, high=MAX_NOTE_CHARS))
            if policy_id is not None:
                found = (*found, *await _name_problems(session, name, policy_id))
                if not policy.conditions and policy.is_on:
                    found = (*found, Problem("region_codes", Flaw.FOR_NOTHING))
            if found:
                raise Invalid("policy-wrong", problems=found)
            row_id = await _row(session, policy_id, name)
            version = await self._add(session, viewer, policy, row_id, shown, note)
            self._note(session, viewer, "order-policy:saved", row_id, version=version, note=note, name=name)
        return (None if policy_id is None else row_id), version

    async def roll_back(
        self, viewer: Viewer, version: int, *, shown: int, policy_id: int | None = None
    ) -> int:
        """A new version with the body of an older one (0: the built-in). Raises NotFound. What it names is not checked
        anew: it was in force before."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            policy = await order_policy_of(session, version, policy_id)
            row_id = await _row(session, policy_id, "")
            made = await self._add(session, viewer, policy, row_id, shown, f"Возврат к версии {version}")
            self._note(session, viewer, "order-policy:rolled-back", row_id, version=made, to=version)
        return made

    async def _add(
        self, session: AsyncSession, viewer: Viewer, policy: OrderPolicy, row_id: int, shown: int, note: str
    ) -> int:
        newest = await session.scalar(
            select(func.max(PolicyVersionRow.version)).where(PolicyVersionRow.policy_id == row_id)
        )
        if (newest or 0) != shown or not await insert_unless_exists(
            session,
            PolicyVersionRow,
            policy_id=row_id,
            version=shown + 1,
            made_at=self._clock.now(),
            author_id=viewer.user_id,
            note=note.strip(),
            body=order_policy_to_json(policy),
        ):
            raise await rival(session, row_id)
        return shown + 1

    def _note(self, session: AsyncSession, viewer: Viewer, action: str, row_id: int, **data: Any) -> None:
        audit.record(
            session,
            at=self._clock.now(),
            actor_id=viewer.user_id,
            action=action,
            entity="order-policy",
            entity_id=row_id,
            **data,
        )


async def _row(session: AsyncSession, policy_id: int | None, name: str) -> int:
    """The row of the strategy, named as it is to be; made when it is new. Raises NotFound."""
    main_id = await _main_id(session)
    if policy_id is None:
        return main_id
    if policy_id == NEW:
        row = PolicyRow(name=name, scope=ORDERS)
        session.add(row)
        try:
            await session.flush()
        except IntegrityError as error:  # another gave this name a moment ago
            raise Conflict("policy-name-taken") from error
        return row.id
    mine = (PolicyRow.id == policy_id, PolicyRow.scope == ORDERS, PolicyRow.id != main_id)
    if await session.scalar(select(PolicyRow.id).where(*mine)) is None:
        raise NotFound("no-such-policy")
    if name:
        await session.execute(update(PolicyRow).where(*mine).values(name=name))
    return policy_id


async def _main_id(session: AsyncSession) -> int:
    """The row of the main strategy, made when it is not there: it must be the oldest."""
    found = select(func.min(PolicyRow.id)).where(PolicyRow.scope == ORDERS)
    policy_id = await session.scalar(found)
    if policy_id is None:
        _ = await insert_unless_exists(session, PolicyRow, name=NAME, scope=ORDERS)
        policy_id = await session.scalar(found)
    if policy_id is None:
        raise Conflict("policy-name-taken")
    return int(policy_id)


async def _name_problems(session: AsyncSession, name: str, policy_id: int) -> tuple[Problem, ...]:
    if not name:
        return (Problem("name", Flaw.EMPTY),)
    if len(name) > MAX_NAME_CHARS:
        return (Problem("name", Flaw.TOO_LONG, high=MAX_NAME_CHARS),)
    same = select(PolicyRow.id).where(PolicyRow.name == name, PolicyRow.id != policy_id).limit(1)
    return (Problem("name", Flaw.NAME_TAKEN),) if await session.scalar(same) is not None else ()


def _check_editor(viewer: Viewer) -> None:
    if not may_edit_policies(viewer):
        raise Forbidden("not-editor")
