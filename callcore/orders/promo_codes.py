"""The list of promo codes and its changes by the factory. A code that orders hold is never changed in its worth: a new one
is made, the old one switched off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.network.model import OrgKind, Role, Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import PromoCodeRow
from callcore.orders.promo import PERCENT, SUM, normal_code

READERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.MARKETER})
EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.MARKETER})
MAX_LISTED: Final = 500
MAX_TITLE_CHARS: Final = 80
MIN_CODE_CHARS: Final = 3
MAX_PERCENT: Final = 100_00  # hundredths of a per cent
MAX_KOPECKS: Final = 100_000_000_00
MAX_USES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoDraft:
    """`value` is hundredths of a per cent or kopecks, by `kind`; `valid_until` is not included. `org_id`: only on orders of
    that dealer and those below him."""

    code: str
    title: str
    kind: str
    value: int
    min_kopecks: int = 0
    org_id: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    use_limit: int | None = None


@dataclass(frozen=True, slots=True)
class PromoView:
    """`org_name` is empty for a code of the whole network."""

    id: int
    draft: PromoDraft
    org_name: str
    used: int
    is_active: bool


def may_edit_promos(viewer: Viewer) -> bool:
    return viewer.role in EDITORS


async def list_promos(session: AsyncSession, viewer: Viewer) -> tuple[PromoView, ...]:
    """Those that work first, then the newest. Raises Forbidden."""
    if viewer.role not in READERS:
        raise Forbidden("not-reader")
    rows = await session.execute(
        select(PromoCodeRow, OrgRow.name)
        .outerjoin(OrgRow, OrgRow.id == PromoCodeRow.org_id)
        .order_by(PromoCodeRow.is_active.desc(), PromoCodeRow.id.desc())
        .limit(MAX_LISTED)
    )
    return tuple(PromoView(row.id, _draft(row), name or "", row.used, row.is_active) for row, name in rows)


async def dealer_names(session: AsyncSession) -> dict[int, str]:
    """To whom a code may be limited, by name."""
    dealers = select(OrgRow.id, OrgRow.name).where(OrgRow.kind != OrgKind.MANUFACTURER.value)
    return dict((await session.execute(dealers.order_by(OrgRow.name, OrgRow.id))).all())


async def add_promo(session: AsyncSession, viewer: Viewer, draft: PromoDraft, *, now: datetime) -> str:
    """The code as stored. Raises Forbidden, Invalid (fields), Conflict("promo-exists")."""
    _check_editor(viewer)
    code = normal_code(draft.code)
    if wrong := await _wrong(session, draft, code):
        raise Invalid("promo-wrong", fields=wrong)
    is_new = await insert_unless_exists(
        session,
        PromoCodeRow,
        code=code,
        title=draft.title,
        kind=draft.kind,
        value=draft.value,
        org_id=draft.org_id,
        min_kopecks=draft.min_kopecks,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        use_limit=draft.use_limit,
        used=0,
        is_active=True,
    )
    if not is_new:
        raise Conflict("promo-exists", fields={"code": "is there already"})
    _note(session, viewer, now, "promo:added", code, kind=draft.kind, value=draft.value)
    return code


async def switch_promo(
    session: AsyncSession, viewer: Viewer, promo_id: int, *, is_active: bool, now: datetime
) -> str:
    """The code. Orders that hold it keep their discount. Raises Forbidden, NotFound."""
    _check_editor(viewer)
    row = await session.get(PromoCodeRow, promo_id)
    if row is None:
        raise NotFound("promo-not-found")
    if row.is_active is not is_active:
        row.is_active = is_active
        _note(session, viewer, now, "promo:switched", row.code, is_active=is_active)
    return row.code


async def _wrong(session: AsyncSession, draft: PromoDraft, code: str) -> dict[str, str]:
    most = MAX_PERCENT if draft.kind == PERCENT else MAX_KOPECKS
    wrong = {
        "code": len(code) < MIN_CODE_CHARS or not code.isprintable(),
        "title": len(draft.title) > MAX_TITLE_CHARS or not draft.title.isprintable(),
        "kind": draft.kind not in (PERCENT, SUM),
        "value": not 0 < draft.value <= most,
        "min_kopecks": not 0 <= draft.min_kopecks <= MAX_KOPECKS,
        "use_limit": draft.use_limit is not None and not 0 < draft.use_limit <= MAX_USES,
        "valid_until": draft.valid_from is not None
        and draft.valid_until is not None
        and draft.valid_until <= draft.valid_from,
        "org_id": draft.org_id is not None and await session.get(OrgRow, draft.org_id) is None,
    }
    return {name: "not usable" for name, is_wrong in wrong.items() if is_wrong}


def _draft(row: PromoCodeRow) -> PromoDraft:
    return PromoDraft(
        code=row.code,
        title=row.title,
        kind=row.kind,
        value=row.value,
        min_kopecks=row.min_kopecks,
        org_id=row.org_id,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        use_limit=row.use_limit,
    )


def _note(session: AsyncSession, viewer: Viewer, now: datetime, action: str, code: str, **data: Any) -> None:
    audit.record(
        session, at=now, actor_id=viewer.user_id, action=action, entity="promo-code", entity_id=code, **data
    )


def _check_editor(viewer: Viewer) -> None:
    if not may_edit_promos(viewer):
        raise Forbidden("not-editor")
