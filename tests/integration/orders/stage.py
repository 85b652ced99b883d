"""A small network in a database: manufacturer 1, dealer 2 with subdealer 3, dealer 4; three DIDs; makers of calls."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.journal import UnlinkedCall
from callcore.calls.tables import CallRow, RecordingRow
from callcore.kernel.database import Database
from callcore.network.model import Role, Viewer
from callcore.network.tables import DidRow, OrgRow, RegionRow, UserRow
from callcore.orders.attach_call import AttachCall

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SITE_DID, DEALER_DID, OWN_DID = 1, 2, 3
PATHS = {1: "/1/", 2: "/1/2/", 3: "/1/2/3/", 4: "/1/4/"}
KINDS = {1: "manufacturer", 2: "dealer", 3: "subdealer", 4: "dealer"}


def viewer(org_id: int, role: Role = Role.DEALER_OWNER) -> Viewer:
    return Viewer(
        user_id=org_id,
        full_name=f"Человек {org_id}",
        role=role,
        org_id=org_id,
        org_name=f"Орг {org_id}",
        org_path=PATHS[org_id],
        phone_ids=(),
        tz="Europe/Moscow",
    )


ADMIN = viewer(1, Role.ADMIN)
DEALER, SUBDEALER, RIVAL = viewer(2), viewer(3, Role.SUBDEALER), viewer(4)


async def fill(database: Database) -> None:
    async with database.transaction() as session:
        session.add_all(
            [
                RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"),
                RegionRow(code="RU-SVE", name="Свердловская область", tz="Asia/Yekaterinburg"),
            ]
        )
        for org_id, path in PATHS.items():
            parent = int(path.split("/")[-3]) if org_id > 1 else None
            session.add(
                OrgRow(
                    id=org_id,
                    kind=KINDS[org_id],
                    parent_id=parent,
                    path=path,
                    name=f"Орг {org_id}",
                    tz="Europe/Moscow",
                    created_at=NOW,
                )
            )
            await session.flush()
            session.add(
                UserRow(
                    id=org_id,
                    org_id=org_id,
                    email=f"{org_id}@example.test",
                    full_name=f"Человек {org_id}",
                    role="dealer_owner",
                    password_hash="",
                    tz="Europe/Moscow",
                    created_at=NOW,
                )
            )
        session.add_all(
            [
                _did(
                    SITE_DID, None, source="yandex", medium="cpc", campaign="осень", request_type="site-call"
                ),
                _did(DEALER_DID, 2, region_code="RU-MOW", source="dealer-site"),
                _did(OWN_DID, 1, source="catalogue"),
            ]
        )


def _did(did_id: int, org_id: int | None, **more: Any) -> DidRow:
    return DidRow(id=did_id, number=f"+7495000000{did_id}", label=f"Номер {did_id}", org_id=org_id, **more)


async def incoming(session: AsyncSession, call_id: str, number: str, **more: Any) -> CallRow:
    """A call as the journal has just written it, not yet linked."""
    usual: dict[str, Any] = {
        "direction": "inbound",
        "state": "offered",
        "started_at": NOW,
        "did_id": SITE_DID,
        "did_number": "+74950000001",
    }
    row = CallRow(call_id=call_id, caller_number=number, caller_raw=number, **{**usual, **more})
    session.add(row)
    await session.flush()
    return row


async def link(session: AsyncSession, call: CallRow) -> None:
    """What the journal does with a call that has neither customer nor order."""
    if call.direction != "inbound" or call.order_id is not None:
        return
    await session.flush()
    asked = UnlinkedCall(call.call_id, call.caller_number, call.started_at, call.did_id, call.region_code)
    connection = await session.connection()
    found = (await connection.run_sync(AttachCall().link, [asked]))[call.call_id]
    call.customer_id, call.order_id = found.customer_id, found.order_id
    await session.flush()


async def recording(session: AsyncSession, call: CallRow) -> RecordingRow:
    row = RecordingRow(
        call_row_id=call.id,
        call_id=call.call_id,
        base=f"rec-{call.call_id}",
        state="ready",
        started_at=call.started_at + timedelta(seconds=5),
        duration_ms=42_000,
    )
    session.add(row)
    await session.flush()
    return row
