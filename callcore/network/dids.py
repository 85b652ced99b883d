"""Read side of tracked numbers: the list, one number, what its form offers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.model import OrgKind, Role, Viewer
from callcore.network.policies import CALLS
from callcore.network.policy_tables import PolicyRow
from callcore.network.tables import DidRow, OrgRow, RegionRow

READERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.MARKETER})
EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER})
MAX_TEXT_CHARS: Final = 80
MAX_ROWS: Final = 1000


class Whose(StrEnum):
    """To whom calls of a number go; worked out of its row."""

    REGION = "region"
    CALLER = "caller"  # by the region of the caller's number
    DEALER = "dealer"
    OPERATORS = "operators"


@dataclass(frozen=True, slots=True)
class DidFields:
    """What people set of a number. `whose` decides which of `org_id` and `region_code` is needed. Texts are spoken;
    `policy_id` None: the policy of all numbers."""

    label: str
    whose: Whose
    region_code: str | None = None
    org_id: int | None = None
    source: str = "unknown"
    medium: str = "unknown"
    campaign: str = ""
    request_type: str = "call"
    language: str = "ru"
    greeting: str = ""
    whisper: str = ""
    says_recorded: bool = False
    waiting: str = "ringback"
    policy_id: int | None = None


@dataclass(frozen=True, slots=True)
class DidView:
    """One number with the names that a page shows. `version` changes with every change of it."""

    id: int
    number: str
    is_active: bool
    fields: DidFields
    region_name: str
    org_name: str
    policy_name: str
    version: str


@dataclass(frozen=True, slots=True)
class DidFilter:
    """Every field narrows; empty and None do not. `text` is a part of the label or campaign, or digits of the number."""

    text: str = ""
    whose: Whose | None = None
    region_code: str = ""
    source: str = ""
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class DidChoices:
    """Names by code and id, in order of names; values that other numbers use already."""

    regions: Mapping[str, str] = field(default_factory=dict)
    dealers: Mapping[int, str] = field(default_factory=dict)
    policies: Mapping[int, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()


def may_read_dids(viewer: Viewer) -> bool:
    return viewer.role in READERS


def may_edit_dids(viewer: Viewer) -> bool:
    return viewer.role in EDITORS


async def find_dids(session: AsyncSession, viewer: Viewer, wanted: DidFilter) -> tuple[DidView, ...]:
    """At most MAX_ROWS, working ones first, in order of labels. Raises Forbidden."""
    _check_reader(viewer)
    rows = await session.execute(
        _select()
        .where(*_conditions(wanted))
        .order_by(DidRow.is_active.desc(), DidRow.label, DidRow.number)
        .limit(MAX_ROWS)
    )
    return tuple(_view(*row) for row in rows)


async def did_card(session: AsyncSession, viewer: Viewer, did_id: int) -> DidView:
    """Raises NotFound, Forbidden."""
    _check_reader(viewer)
    row = (await session.execute(_select().where(DidRow.id == did_id))).first()
    if row is None:
        raise NotFound("did-not-found")
    return _view(*row)


async def did_choices(session: AsyncSession, viewer: Viewer) -> DidChoices:
    _check_reader(viewer)
    regions = await session.execute(select(RegionRow.code, RegionRow.name).order_by(RegionRow.name))
    dealers = await session.execute(
        select(OrgRow.id, OrgRow.name).where(OrgRow.kind != OrgKind.MANUFACTURER.value).order_by(OrgRow.name)
    )
    policies = await session.execute(
        select(PolicyRow.id, PolicyRow.name).where(PolicyRow.scope == CALLS).order_by(PolicyRow.id)
    )
    used = (await session.execute(select(DidRow.source, DidRow.medium, DidRow.campaign).distinct())).all()
    return DidChoices(
        regions=dict(regions.all()),
        dealers=dict(dealers.all()),
        policies=dict(policies.all()),
        sources=tuple(sorted({row[0] for row in used})),
        media=tuple(sorted({row[1] for row in used})),
        campaigns=tuple(sorted({row[2] for row in used} - {""})),
    )


def fields_of(row: DidRow) -> DidFields:
    return DidFields(
        label=row.label,
        whose=whose_of(row),
        region_code=row.region_code,
        org_id=row.org_id,
        source=row.source,
        medium=row.medium,
        campaign=row.campaign,
        request_type=row.request_type,
        language=row.language,
        greeting=row.greeting,
        whisper=row.whisper,
        says_recorded=row.says_recorded,
        waiting=row.waiting,
        policy_id=row.policy_id,
    )


def whose_of(row: DidRow) -> Whose:
    if row.to_operators:
        return Whose.OPERATORS
    if row.org_id is not None:
        return Whose.DEALER
    return Whose.REGION if row.region_code else Whose.CALLER


def version_of(row: DidRow) -> str:
    """A digest of all that can be changed: two forms opened on the same values agree, whoever saved them."""
    return hashlib.sha256(repr((fields_of(row), row.is_active)).encode()).hexdigest()[:16]


def _check_reader(viewer: Viewer) -> None:
    if not may_read_dids(viewer):
        raise Forbidden("not-reader")


def _select() -> Select[DidRow, str, str, str]:
    return (
        select(DidRow, RegionRow.name, OrgRow.name, PolicyRow.name)
        .outerjoin(RegionRow, RegionRow.code == DidRow.region_code)
        .outerjoin(OrgRow, OrgRow.id == DidRow.org_id)
        .outerjoin(PolicyRow, PolicyRow.id == DidRow.policy_id)
    )


def _view(row: DidRow, region: str | None, org: str | None, policy: str | None) -> DidView:
    return DidView(
        id=row.id,
        number=row.number,
        is_active=row.is_active,
        fields=fields_of(row),
        region_name=region or "",
        org_name=org or "",
        policy_name=policy or "",
        version=version_of(row),
    )


def _conditions(wanted: DidFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if text := wanted.text.replace("\x00", "").strip()[:MAX_TEXT_CHARS]:
        conditions.append(_matches(text))
    if wanted.whose is not None:
        conditions.append(_is_whose(wanted.whose))
    if wanted.region_code:
        conditions.append(DidRow.region_code == wanted.region_code)
    if wanted.source:
        conditions.append(DidRow.source == wanted.source)
    if wanted.is_active is not None:
        conditions.append(DidRow.is_active.is_(wanted.is_active))
    return conditions


def _matches(text: str) -> ColumnElement[bool]:
    # SQLite compares only ASCII letters without case, so the usual spellings are tried
    spellings = sorted({text, text.lower(), text.upper(), text.capitalize(), text.title()})
    ways = [
        column.contains(one, autoescape=True)
        for column in (DidRow.label, DidRow.campaign)
        for one in spellings
    ]
    digits = "".join(char for char in text if char in "0123456789")
    if len(digits) == 11 and digits[0] == "8":
        digits = f"7{digits[1:]}"
    if digits:
        ways.append(DidRow.number.contains(digits))
    return or_(*ways)


def _is_whose(whose: Whose) -> ColumnElement[bool]:
    if whose is Whose.OPERATORS:
        return DidRow.to_operators.is_(True)
    if whose is Whose.DEALER:
        return DidRow.to_operators.is_(False) & DidRow.org_id.is_not(None)
    by_region = DidRow.region_code.is_not(None) if whose is Whose.REGION else DidRow.region_code.is_(None)
    return DidRow.to_operators.is_(False) & DidRow.org_id.is_(None) & by_region
