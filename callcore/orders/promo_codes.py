"""The list of promo codes, and its changes by the factory. What a code does to an order is in callcore.orders.promo."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import OrgRow
from callcore.orders.desk_tables import PromoCodeRow
from callcore.orders.promo import MAX_CODE_CHARS, PERCENT, SUM, normal_code
from callcore.orders.reasons import check_editor

MAX_TITLE_CHARS: Final = 80
MAX_KOPECKS: Final = 10**11
MAX_USES: Final = 10**6
_WHOLE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoDraft:
    """`value` is hundredths of a per cent or kopecks, as `kind` says; `org_id` None: for every dealer; `id` None: new."""

    code: str
    title: str = ""
    kind: str = PERCENT
    value: int = 0
    org_id: int | None = None
    min_kopecks: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    use_limit: int | None = None
    is_active: bool = True
    id: int | None = None


@dataclass(frozen=True, slots=True)
class PromoView:
    draft: PromoDraft
    used: int
    org_name: str


async def load_promo_codes(session: AsyncSession) -> tuple[PromoView, ...]:
    """The active first, newest first."""
    rows = await session.execute(
        select(PromoCodeRow, OrgRow.name)
        .outerjoin(OrgRow, OrgRow.id == PromoCodeRow.org_id)
        .order_by(PromoCodeRow.is_active.desc(), PromoCodeRow.id.desc())
    )
    return tuple(PromoView(_draft(row), row.used, name or "") for row, name in rows)


async def save_promo_code(session: AsyncSession, viewer: Viewer, draft: PromoDraft, *, now: datetime) -> int:
    """Its id. Orders that hold the code keep their discount. Raises Forbidden, NotFound, Invalid (fields code, title,
    kind, value, min, until, limit, org), Conflict("promo-exists") with the field code."""
    check_editor(viewer)
    code = normal_code(draft.code)
    row = await session.get(PromoCodeRow, draft.id, with_for_update=True) if draft.id is not None else None
    if draft.id is not None and row is None:
        raise NotFound("promo-not-found")
    await _check(session, draft, code, row.used if row else 0)
    twin = await session.scalar(select(PromoCodeRow.id).where(PromoCodeRow.code == code))
    if twin is not None and twin != draft.id:
        raise Conflict("promo-exists", fields={"code": "is there already"})
    if row is None:
        row = PromoCodeRow(used=0)
        session.add(row)
    row.code, row.title, row.kind, row.value = code, draft.title.strip(), draft.kind, draft.value
    row.org_id, row.min_kopecks, row.use_limit = draft.org_id, draft.min_kopecks, draft.use_limit
    row.valid_from, row.valid_until, row.is_active = draft.valid_from, draft.valid_until, draft.is_active
    await session.flush()
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="promo:saved",
        entity="promo_code",
        entity_id=row.id,
        code=code,
        kind=row.kind,
        value=row.value,
        use_limit=row.use_limit,
        is_active=row.is_active,
    )
    return row.id


async def _check(session: AsyncSession, draft: PromoDraft, code: str, used: int) -> None:
    highest = _WHOLE if draft.kind == PERCENT else MAX_KOPECKS
    is_order = draft.valid_from is None or draft.valid_until is None or draft.valid_from < draft.valid_until
    org = await session.get(OrgRow, draft.org_id) if draft.org_id is not None else None
    checks = {
        "code": 3 <= len(code) <= MAX_CODE_CHARS and code.isprintable(),
        "title": len(draft.title.strip()) <= MAX_TITLE_CHARS,
        "kind": draft.kind in (PERCENT, SUM),
        "value": 0 < draft.value <= highest,
        "min": 0 <= draft.min_kopecks <= MAX_KOPECKS,
        "until": is_order,
        "limit": draft.use_limit is None or max(used, 1) <= draft.use_limit <= MAX_USES,
        "org": draft.org_id is None or org is not None,
    }
    if fields := {name: "not usable" for name, is_right in checks.items() if not is_right}:
        raise Invalid("promo-invalid", fields=fields)


def _draft(row: PromoCodeRow) -> PromoDraft:
    return PromoDraft(
        id=row.id,
        code=row.code,
        title=row.title,
        kind=row.kind,
        value=row.value,
        org_id=row.org_id,
        min_kopecks=row.min_kopecks,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        use_limit=row.use_limit,
        is_active=row.is_active,
    )
