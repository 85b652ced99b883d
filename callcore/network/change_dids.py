"""Use cases: add a tracked number, change it, switch it on and off. Each leaves an audit row."""

from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database, insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from callcore.kernel.phones import format_phone, parse_phone
from callcore.network.dids import DidFields, Whose, fields_of, may_edit_dids, version_of
from callcore.network.model import OrgKind, Viewer
from callcore.network.policy_tables import PolicyRow
from callcore.network.tables import DidRow, OrgRow, PhoneRow, RegionRow

MAX_LABEL_CHARS: Final = 80
MAX_WORD_CHARS: Final = 40
MAX_CAMPAIGN_CHARS: Final = 80
MAX_SPOKEN_CHARS: Final = 300
LANGUAGES: Final = ("ru", "en")
WAITINGS: Final = ("ringback", "music")
REQUEST_TYPES: Final = ("call", "claim", "site")


class ChangeDids:
    """All raise Forbidden for who may not, NotFound for a number that does not exist, Invalid with codes by field."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, viewer: Viewer, raw_number: str, fields: DidFields) -> int:
        """Returns the id. Invalid fields: number (not-a-number, extension, known, own-phone; `details` has `did_id`
        of the known one and `phone`, the label of our own) and those of `change`."""
        _check_editor(viewer)
        wrong = check_fields(fields)
        details: dict[str, Any] = {}
        async with self._database.transaction() as session:
            wrong |= await _wrong_references(session, fields)
            parsed = parse_phone(raw_number)
            if parsed is None or parsed.extension:
                wrong["number"] = "extension" if parsed else "not-a-number"
            else:
                found, details = await _wrong_number(session, parsed.e164)
                wrong |= found
            if wrong or parsed is None:
                raise Invalid("did-invalid", fields=wrong, **details)
            if not await insert_unless_exists(
                session, DidRow, number=parsed.e164, is_active=True, **_columns(fields)
            ):
                raise Invalid("did-invalid", fields={"number": "known"})
            did_id = await session.scalar(select(DidRow.id).where(DidRow.number == parsed.e164))
            assert did_id is not None
            self._note(session, viewer, "did:added", did_id, number=parsed.e164, **asdict(fields))
            return did_id

    async def change(self, viewer: Viewer, did_id: int, fields: DidFields, version: str) -> None:
        """Raises Conflict("did-changed") when somebody saved other values meanwhile. Invalid fields: label, region, org,
        source, medium, campaign, request_type, language, greeting, whisper, waiting, policy."""
        _check_editor(viewer)
        wrong = check_fields(fields)
        async with self._database.transaction() as session:
            row = await _row(session, did_id)
            wrong |= await _wrong_references(session, fields)
            if wrong:
                raise Invalid("did-invalid", fields=wrong)
            before, after = _columns(fields_of(row)), _columns(fields)
            changed = [name for name in after if after[name] != before[name]]
            if version_of(row) != version:
                if not changed:
                    return  # the same was saved by somebody else, or by a second press
                raise Conflict("did-changed")
            for name in changed:
                setattr(row, name, after[name])
            if changed:
                was = {name: before[name] for name in changed}
                became = {name: after[name] for name in changed}
                self._note(session, viewer, "did:changed", did_id, before=was, after=became)

    async def switch(self, viewer: Viewer, did_id: int, *, is_on: bool) -> str:
        """Returns the label. A number that is off is unknown to calls: they go to the head office."""
        _check_editor(viewer)
        async with self._database.transaction() as session:
            row = await _row(session, did_id)
            if row.is_active != is_on:
                row.is_active = is_on
                self._note(session, viewer, "did:switched", did_id, is_on=is_on)
            return row.label

    def _note(self, session: AsyncSession, viewer: Viewer, action: str, did_id: int, **data: Any) -> None:
        at = self._clock.now()
        audit.record(
            session, at=at, actor_id=viewer.user_id, action=action, entity="did", entity_id=did_id, **data
        )


def check_fields(fields: DidFields) -> dict[str, str]:
    """Codes of what is wrong by field, without a look at the database."""
    limits = (
        ("label", fields.label, MAX_LABEL_CHARS),
        ("source", fields.source, MAX_WORD_CHARS),
        ("medium", fields.medium, MAX_WORD_CHARS),
        ("campaign", fields.campaign, MAX_CAMPAIGN_CHARS),
        ("greeting", fields.greeting, MAX_SPOKEN_CHARS),
        ("whisper", fields.whisper, MAX_SPOKEN_CHARS),
    )
    wrong = {name: "too-long" for name, text, limit in limits if len(text) > limit}
    wrong |= {name: "empty" for name, text, _ in limits[:3] if not text.strip()}
    sets = (
        ("language", fields.language, LANGUAGES),
        ("waiting", fields.waiting, WAITINGS),
        ("request_type", fields.request_type, REQUEST_TYPES),
    )
    wrong |= {name: "not-listed" for name, value, known in sets if value not in known}
    if fields.whose is Whose.DEALER and fields.org_id is None:
        wrong["org"] = "needed"
    if fields.whose is Whose.REGION and not fields.region_code:
        wrong["region"] = "needed"
    if fields.whose is Whose.CALLER and fields.region_code:
        wrong["region"] = "not-with-caller"
    return wrong


async def _wrong_references(session: AsyncSession, fields: DidFields) -> dict[str, str]:
    wrong = {}
    if fields.region_code and await session.get(RegionRow, fields.region_code) is None:
        wrong["region"] = "not-listed"
    if fields.policy_id is not None and await session.get(PolicyRow, fields.policy_id) is None:
        wrong["policy"] = "not-listed"
    if fields.whose is Whose.DEALER and fields.org_id is not None:
        org = await session.get(OrgRow, fields.org_id)
        if org is None or org.kind == OrgKind.MANUFACTURER:
            wrong["org"] = "not-listed"
    return wrong


async def _wrong_number(session: AsyncSession, number: str) -> tuple[dict[str, str], dict[str, Any]]:
    known = await session.scalar(select(DidRow.id).where(DidRow.number == number))
    if known is not None:
        return {"number": "known"}, {"did_id": known}
    label = await session.scalar(
        select(PhoneRow.label).where(PhoneRow.number == number).order_by(PhoneRow.id).limit(1)
    )
    if label is not None:
        # a call to it would come back to the PBX that rings it
        return {"number": "own-phone"}, {"phone": label or format_phone(number)}
    return {}, {}


def _columns(fields: DidFields) -> dict[str, Any]:
    return {
        "label": fields.label.strip(),
        "region_code": fields.region_code or None,
        "org_id": fields.org_id if fields.whose is Whose.DEALER else None,
        "to_operators": fields.whose is Whose.OPERATORS,
        "source": fields.source,
        "medium": fields.medium,
        "campaign": fields.campaign,
        "request_type": fields.request_type,
        "language": fields.language,
        "greeting": fields.greeting.strip(),
        "whisper": fields.whisper.strip(),
        "says_recorded": fields.says_recorded,
        "waiting": fields.waiting,
        "policy_id": fields.policy_id,
    }


def _check_editor(viewer: Viewer) -> None:
    if not may_edit_dids(viewer):
        raise Forbidden("not-editor")


async def _row(session: AsyncSession, did_id: int) -> DidRow:
    """Locked until the transaction ends. Raises NotFound."""
    row = await session.scalar(select(DidRow).where(DidRow.id == did_id).with_for_update())
    if row is None:
        raise NotFound("did-not-found")
    return row
