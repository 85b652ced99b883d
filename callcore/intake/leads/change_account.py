"""Use case: the administrator says where leads come from. The secret is written and never read back: it is stored sealed, and
another server or another user wants it anew, so that it cannot be sent to where it does not belong."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.intake.lead_tables import IntegrationAccountRow, IntegrationRunRow
from callcore.intake.leads.model import KIND, RunState, address_problem, is_same_place
from callcore.intake.leads.sync_leads import ENTITY, check_administrator
from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Invalid
from callcore.kernel.seal import Seal
from callcore.network.model import Viewer
from callcore.orders.promo_codes import dealer_names

MAX_LOGIN_CHARS: Final = 120
MAX_SECRET_CHARS: Final = 500
MAX_SOURCE_CHARS: Final = 64
MINUTES: Final = (1, 24 * 60)
_TOLD: Final = ("address", "login", "is_on", "every_minutes", "source", "site_org_id", "generation")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """`secret` empty: the stored one stays. `is_other_base`: what stands at the address has leads and numbers of its own."""

    address: str
    login: str
    secret: str = field(default="", repr=False)
    is_on: bool = False
    every_minutes: int = 15
    source: str = "leadsdb"
    site_org_id: int | None = None
    is_other_base: bool = False


async def save_account(
    session: AsyncSession, viewer: Viewer, draft: AccountDraft, *, shown: int, seal: Seal, now: datetime
) -> int:
    """The new version. Raises Forbidden, Invalid with codes by field, Conflict("settings-changed")."""
    check_administrator(viewer)
    before = await _stored(session)
    if (before.version if before else 0) != shown:
        raise Conflict("settings-changed")
    wrong = check_account(draft, before)
    if draft.site_org_id is not None and draft.site_org_id not in await dealer_names(session):
        wrong["site_org_id"] = "not-listed"
    if wrong:
        raise Invalid("settings-wrong", fields=wrong)
    values = _values(draft, before, seal, now) | {"user_id": int(viewer.user_id), "version": shown + 1}
    old = {name: getattr(before, name) for name in _TOLD} if before else {}
    account_id = await _write(session, values, before, shown)
    if before is not None:
        await _cut_running(session, account_id, now)
    new = {name: values.get(name, old.get(name)) for name in _TOLD}
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="integration:saved",
        entity=ENTITY,
        entity_id=account_id,
        changes={name: [old.get(name), value] for name, value in new.items() if value != old.get(name)},
        secret="replaced" if draft.secret else "",
    )
    return shown + 1


def check_account(draft: AccountDraft, before: IntegrationAccountRow | None) -> dict[str, str]:
    """Codes of what is wrong by the name of the field."""
    wrong: dict[str, str] = {}
    if problem := address_problem(draft.address) if draft.address else "empty":
        wrong["address"] = problem
    if not draft.login:
        wrong["login"] = "empty"
    elif len(draft.login) > MAX_LOGIN_CHARS or ":" in draft.login:
        wrong["login"] = "not-login"
    if problem := _secret_problem(draft, before):
        wrong["secret"] = problem
    if not MINUTES[0] <= draft.every_minutes <= MINUTES[1]:
        wrong["every_minutes"] = "out-of-bounds"
    if not draft.source:
        wrong["source"] = "empty"
    elif len(draft.source) > MAX_SOURCE_CHARS:
        wrong["source"] = "too-long"
    return wrong


def _secret_problem(draft: AccountDraft, before: IntegrationAccountRow | None) -> str:
    if len(draft.secret) > MAX_SECRET_CHARS or not draft.secret.isprintable():
        return "not-secret"
    if draft.secret:
        return ""
    if before is None:
        return "empty"
    is_known = is_same_place(before.address, draft.address) if not address_problem(draft.address) else True
    return "" if is_known and before.login == draft.login else "needed-again"


def _values(
    draft: AccountDraft, before: IntegrationAccountRow | None, seal: Seal, now: datetime
) -> dict[str, Any]:
    """The next fetching of the schedule is at once; one that runs loses its lease, because it asks in the old way."""
    values: dict[str, Any] = {
        "address": draft.address.rstrip("/"),
        "login": draft.login,
        "is_on": draft.is_on,
        "every_minutes": draft.every_minutes,
        "source": draft.source,
        "site_org_id": draft.site_org_id,
        "due_at": now if draft.is_on else None,
        "lease_key": "",
        "lease_until": None,
        "failures": 0,
        "at": now,
    }
    if draft.secret:
        values |= {"secret": seal.close(draft.secret, now), "secret_at": now}
    if before is None:
        values |= {"generation": 1, "cursor": ""}
    elif draft.is_other_base:
        values |= {"generation": before.generation + 1, "cursor": ""}
    return values


async def _stored(session: AsyncSession) -> IntegrationAccountRow | None:
    row: IntegrationAccountRow | None = await session.scalar(
        select(IntegrationAccountRow).where(IntegrationAccountRow.kind == KIND)
    )
    return row


async def _write(
    session: AsyncSession, values: dict[str, Any], before: IntegrationAccountRow | None, shown: int
) -> int:
    if before is None:
        if not await insert_unless_exists(session, IntegrationAccountRow, kind=KIND, **values):
            raise Conflict("settings-changed")
        stored = await _stored(session)
        assert stored is not None, "just written"
        return stored.id
    changed = await session.scalar(
        update(IntegrationAccountRow)
        .where(IntegrationAccountRow.id == before.id, IntegrationAccountRow.version == shown)
        .values(**values)
        .returning(IntegrationAccountRow.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Conflict("settings-changed")
    return int(changed)


async def _cut_running(session: AsyncSession, account_id: int, now: datetime) -> None:
    await session.execute(
        update(IntegrationRunRow)
        .where(IntegrationRunRow.account_id == account_id, IntegrationRunRow.state == RunState.RUNNING.value)
        .values(state=RunState.CUT.value, ended_at=now)
        .execution_options(synchronize_session=False)
    )
