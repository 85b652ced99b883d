"""Settings of orders: who may change them, what is refused, two people at once, what the audit keeps."""

from dataclasses import fields

import pytest
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Forbidden, Invalid
from callcore.network.ledger import BELOW_ZERO
from callcore.orders.change_settings import ChangeSettings
from callcore.orders.settings import OrderSettings, order_settings
from tests.fakes.clock import FakeClock
from tests.integration.orders.stage import ADMIN, DEALER, fill

pytestmark = pytest.mark.integration


async def test_settings_are_changed_by_the_factory_once_for_each_version(
    database: Database, clock: FakeClock
) -> None:
    await fill(database)
    change = ChangeSettings(database, clock)
    async with database.session() as session:
        assert await order_settings(session) == OrderSettings()
    wanted = OrderSettings(points_done=120, due_days=10, desk_org_id=4, points_by_score=(-50, 0, 0, 0, 20))
    assert await change.save(ADMIN, wanted, shown=0) == 1
    with pytest.raises(Conflict, match="settings-changed"):
        await change.save(ADMIN, OrderSettings(points_done=130), shown=0)
    with pytest.raises(Forbidden):
        await change.save(DEALER, OrderSettings(), shown=1)
    with pytest.raises(Forbidden):
        await change.book(DEALER)
    wrong = OrderSettings(due_days=0, points_failed=50, claim_days=9999, desk_org_id=10**9)
    with pytest.raises(Invalid) as refused:
        await change.save(ADMIN, wrong, shown=1)
    assert refused.value.details["fields"] == {
        "due_days": "too-small",
        "points_failed": "too-big",
        "claim_days": "too-big",
        "desk_org_id": "not-listed",
    }
    book = await change.book(ADMIN)
    assert (book.stored.settings, book.stored.version, book.author) == (wanted, 1, ADMIN.full_name)
    async with database.session() as session:
        row = await session.scalar(select(AuditRow).where(AuditRow.action == "settings:saved"))
    assert row is not None
    assert row.data["before"]["points_done"] == 100
    assert row.data["after"]["points_done"] == 120
    assert "survey_after_close" not in row.data["after"]
    assert BELOW_ZERO in {one.name for one in fields(OrderSettings)}  # the ledger reads it by this name
