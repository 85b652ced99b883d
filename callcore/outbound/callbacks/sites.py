"""Sites that may carry the widget: read by their key, kept by the head office."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.kernel.ids import public_id
from callcore.network.model import OrgKind, OrgState, Role, Viewer
from callcore.network.tables import DidRow, OrgRow
from callcore.outbound.tables import CallbackSiteRow

KEEPERS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.MARKETER})
EDITORS: Final = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.MARKETER})
MAX_ORIGINS: Final = 20
MAX_TEXT: Final = 300
TEXTS: Final = ("button", "heading", "promise", "consent")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]{1,253}(:\d{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSite:
    """`key` stands in the script tag. `origins` none: any. `org_id` a dealer's own site; `did_number` what the customer
    sees when he is called, E.164 or empty. `texts` by the names of TEXTS, only those that were set."""

    key: str
    title: str
    id: int = 0
    origins: tuple[str, ...] = ()
    org_id: int | None = None
    org_name: str = ""
    did_id: int | None = None
    did_number: str = ""
    source: str = "site"
    is_active: bool = True
    texts: dict[str, str] = field(default_factory=dict)
    made_at: datetime | None = None

    def admits(self, origin: str) -> bool:
        return not self.origins or origin in self.origins


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteForm:
    """As typed by the keeper."""

    title: str
    origins: tuple[str, ...]
    org_id: int | None
    did_id: int | None
    source: str
    is_active: bool
    texts: dict[str, str]


async def site_by_key(session: AsyncSession, key: str) -> CallbackSite:
    """One that is switched on. Raises NotFound."""
    row = (await session.execute(_sites().where(CallbackSiteRow.key == key[:64]))).first()
    if row is None or not row[0].is_active or (row.org_state or OrgState.ACTIVE) != OrgState.ACTIVE:
        raise NotFound("site-not-found")
    return _site(row)


async def site_titles(session: AsyncSession) -> dict[int, str]:
    """Of those that are switched on, by id."""
    rows = await session.execute(
        select(CallbackSiteRow.id, CallbackSiteRow.title).where(CallbackSiteRow.is_active)
    )
    return {key: title for key, title in rows}  # noqa: C416 - rows are not pairs to the type checker


async def list_sites(session: AsyncSession, viewer: Viewer) -> tuple[CallbackSite, ...]:
    """Raises Forbidden."""
    if viewer.role not in KEEPERS:
        raise Forbidden("not-reader")
    rows = await session.execute(_sites().order_by(CallbackSiteRow.id))
    return tuple(_site(row) for row in rows)


async def save_site(
    session: AsyncSession, viewer: Viewer, site_id: int | None, form: SiteForm, *, now: datetime
) -> int:
    """None: a new one. Raises Forbidden, NotFound, Invalid("fields-wrong")."""
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")
    await _check(session, form)
    row = await session.get(CallbackSiteRow, site_id) if site_id is not None else None
    if site_id is not None and row is None:
        raise NotFound("site-not-found")
    if row is None:
        row = CallbackSiteRow(key=public_id(), made_at=now)
        session.add(row)
    row.title, row.origins, row.org_id = form.title.strip(), list(form.origins), form.org_id
    row.did_id, row.source, row.is_active = form.did_id, form.source.strip() or "site", form.is_active
    row.data = {
        "texts": {name: form.texts[name].strip() for name in TEXTS if form.texts.get(name, "").strip()}
    }
    await session.flush()
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action="callback-site:saved" if site_id is not None else "callback-site:made",
        entity="callback-site",
        entity_id=row.id,
        title=row.title,
        is_active=row.is_active,
        origins=row.origins,
    )
    return row.id


@dataclass(frozen=True, slots=True)
class SiteChoices:
    """What the form offers: dealers and our numbers, by id."""

    orgs: tuple[tuple[int, str], ...]
    dids: tuple[tuple[int, str], ...]


async def site_choices(session: AsyncSession) -> SiteChoices:
    at_work = (OrgRow.kind != OrgKind.MANUFACTURER.value, OrgRow.state == OrgState.ACTIVE.value)
    orgs = await session.execute(select(OrgRow.id, OrgRow.name).where(*at_work).order_by(OrgRow.name))
    dids = await session.execute(
        select(DidRow.id, DidRow.number).where(DidRow.is_active).order_by(DidRow.number)
    )
    return SiteChoices(tuple((row.id, row.name) for row in orgs), tuple((row.id, row.number) for row in dids))


async def _check(session: AsyncSession, form: SiteForm) -> None:
    wrong: dict[str, str] = {}
    if not 2 <= len(form.title.strip()) <= 100:
        wrong["title"] = "title"
    if len(form.origins) > MAX_ORIGINS or not all(_ORIGIN.fullmatch(one) for one in form.origins):
        wrong["origins"] = "origins"
    choices = await site_choices(session)
    if form.org_id is not None and form.org_id not in {one[0] for one in choices.orgs}:
        wrong["org_id"] = "not-listed"
    if form.did_id is not None and form.did_id not in {one[0] for one in choices.dids}:
        wrong["did_id"] = "not-listed"
    if len(form.source) > 64:
        wrong["source"] = "too-long"
    wrong |= {name: "too-long" for name in TEXTS if len(form.texts.get(name, "")) > MAX_TEXT}
    if wrong:
        raise Invalid("fields-wrong", fields=wrong)


def origin_of(text: str) -> str:
    """«https://Shop.ru/page» and «shop.ru» as a browser sends it: https://shop.ru; empty for what is no address."""
    text = text.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        port = parts.port
    except ValueError:
        return text
    host = (parts.hostname or "").encode("idna").decode("ascii", "replace") if parts.hostname else ""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _sites() -> Any:
    return (
        select(CallbackSiteRow, OrgRow.name, OrgRow.state.label("org_state"), DidRow.number)
        .outerjoin(OrgRow, OrgRow.id == CallbackSiteRow.org_id)
        .outerjoin(DidRow, DidRow.id == CallbackSiteRow.did_id)
    )


def _site(found: Any) -> CallbackSite:
    row: CallbackSiteRow = found[0]
    return CallbackSite(
        id=row.id,
        key=row.key,
        title=row.title,
        origins=tuple(str(one) for one in row.origins),
        org_id=row.org_id,
        org_name=found.name or "",
        did_id=row.did_id,
        did_number=found.number or "",
        source=row.source,
        is_active=row.is_active,
        texts={str(name): str(text) for name, text in dict(row.data.get("texts", {})).items()},
        made_at=row.made_at,
    )
