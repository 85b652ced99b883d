"""The journal as people read it: filters, places, rights, and numbers that stay on the server."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.card_queries import call_card, live_calls_for
from callcore.calls.model import CallResult, Direction
from callcore.calls.queries import calls_of_customer, calls_of_order, journal, journal_choices
from callcore.calls.recording_queries import recording_for
from callcore.calls.tables import CallEventRow, CallRow, LegRow, LinkedidRow, RecordingRow
from callcore.calls.views import JournalFilter
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid, NotFound
from callcore.network.model import Role, Viewer
from tests.factories.sales import make_call, make_customer
from tests.fakes.clock import MONDAY_NOON

pytestmark = pytest.mark.integration

NUMBER = "+79001234567"
OTHER = "+79007654321"


def viewer(role: Role, org_id: int, path: str) -> Viewer:
    return Viewer(9, "Кто-то", role, org_id, f"Орг {org_id}", path, (), "Europe/Moscow")


STAFF = viewer(Role.OPERATOR, 1, "/1/")
DEALER = viewer(Role.DEALER_OWNER, 5, "/1/5/")
SUBDEALER = viewer(Role.SUBDEALER, 6, "/1/5/6/")
RIVAL = viewer(Role.DEALER_MANAGER, 7, "/1/7/")
SEO = viewer(Role.SEO, 5, "/1/5/")


async def add(session: AsyncSession, minute: int = 0, **values: Any) -> CallRow:
    start = MONDAY_NOON + timedelta(minutes=minute)
    usual = {
        "started_at": start,
        "ended_at": start,
        "org_id": 5,
        "caller_number": NUMBER,
        "caller_raw": "9001234567",
    }
    return await make_call(session, **usual | values)


async def found(database: Database, who: Viewer, **wanted: Any) -> set[str]:
    async with database.session() as session:
        return {row.call_id for row in (await journal(session, who, JournalFilter(**wanted))).items}


async def test_pages_go_down_and_up_without_gaps(network: Database) -> None:
    async with network.transaction() as session:
        for minute in range(23):
            await add(session, minute // 2, call_id=f"c{minute:02}")  # pairs of equal instants
    names: list[str] = []
    after = ""
    async with network.session() as session:
        while True:
            page = await journal(session, STAFF, after=after, limit=5)
            names += [row.call_id for row in page.items]
            assert bool(page.previous_cursor) == bool(after)
            if not page.next_cursor:
                break
            after = page.next_cursor
        assert names == [f"c{number:02}" for number in reversed(range(23))]
        back = await journal(session, STAFF, before=page.items[0].cursor, limit=5)
        assert [row.call_id for row in back.items] == names[15:20]
        first = await journal(session, STAFF, before=back.items[0].cursor, limit=50)
        assert [row.call_id for row in first.items] == names[:15]
        assert first.previous_cursor == ""
        assert first.next_cursor == first.items[-1].cursor
        newest = await journal(session, STAFF, before=names and first.items[0].cursor)
        assert newest.items == ()


@pytest.mark.parametrize("cursor", ["x", "1", "-", "zz-1", "1-zz", "f" * 60, "7fffffffffffffffffff-1"])
async def test_a_made_up_cursor_is_refused(database: Database, cursor: str) -> None:
    async with database.session() as session:
        with pytest.raises(Invalid, match="journal-cursor"):
            await journal(session, STAFF, after=cursor)


async def test_each_filter_narrows(network: Database) -> None:
    customer_id = 0
    async with network.transaction() as session:
        customer_id = (await make_customer(session, phone=OTHER)).id
        await add(session, 0, call_id="plain")
        await add(
            session, 60, call_id="late", result="answered", talk_s=61, region_code="RU-SVE", source="vk"
        )
        await add(session, 5, call_id="out", direction="outbound", has_recording=True, caller_number=OTHER)
        await add(
            session, 6, call_id="moved", is_transferred=True, org_id=7, customer_id=customer_id, order_id=4
        )
        await add(session, 7, call_id="live", state="ringing", result="", ended_at=None, org_id=6)
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"plain", "late", "out", "moved", "live"}),
        ({"since": MONDAY_NOON + timedelta(minutes=6)}, {"late", "moved", "live"}),
        ({"until": MONDAY_NOON + timedelta(minutes=6)}, {"plain", "out"}),
        ({"org_id": 5}, {"plain", "late", "out", "live"}),
        ({"org_id": 6}, {"live"}),
        ({"org_id": 7}, {"moved"}),
        ({"org_id": 404}, set()),
        ({"result": CallResult.ANSWERED}, {"late"}),
        ({"is_live": True}, {"live"}),
        ({"direction": Direction.OUTBOUND}, {"out"}),
        ({"region_code": "RU-SVE"}, {"late"}),
        ({"source": "vk"}, {"late"}),
        ({"min_talk_s": 61}, {"late"}),
        ({"min_talk_s": 1, "max_talk_s": 61}, set()),
        ({"has_recording": True}, {"out"}),
        ({"is_transferred": True}, {"moved"}),
        ({"customer_id": customer_id}, {"moved"}),
        ({"order_id": 4}, {"moved"}),
        ({"number": OTHER}, {"out"}),
        ({"number": "no digits"}, {"plain", "late", "out", "moved", "live"}),
    ]
    for wanted, expected in cases:
        assert await found(network, STAFF, **wanted) == expected, wanted
    async with network.session() as session:
        assert [row.call_id for row in await calls_of_customer(session, STAFF, customer_id)] == ["moved"]
        assert [row.call_id for row in await calls_of_order(session, STAFF, 4)] == ["moved"]
        assert await calls_of_order(session, DEALER, 4) == ()


@pytest.mark.parametrize(
    "typed",
    [
        "+79001234567",
        "89001234567",
        "8 (900) 123-45-67",
        "9001234567",
        "7 900 123 45 67",
        "1234567",
        "45-67",
        "4567",
    ],
)
async def test_a_number_is_found_in_any_spelling(network: Database, typed: str) -> None:
    async with network.transaction() as session:
        await add(session, call_id="yes")
        await add(session, call_id="no", caller_number=OTHER)
    assert await found(network, STAFF, number=typed) == {"yes"}


async def test_digits_that_are_no_number_are_found_by_staff(network: Database) -> None:
    async with network.transaction() as session:
        await add(session, call_id="long", caller_number="", caller_raw="1" * 40)
    assert await found(network, STAFF, number="1" * 40) == {"long"}
    assert await found(network, DEALER, number="1" * 40) == set()


@pytest.mark.parametrize("wild", ["%", "_", "%%%1", "'; --1"])
async def test_signs_of_patterns_mean_nothing(network: Database, wild: str) -> None:
    async with network.transaction() as session:
        await add(session, call_id="one", caller_number="+79005550002")
    assert await found(network, STAFF, number=f"{wild}9") == set()


async def test_a_dealer_sees_his_own_and_what_is_below_him(network: Database) -> None:
    async with network.transaction() as session:
        for org in (1, 5, 6, 7, None):
            await add(session, call_id=f"of-{org}", org_id=org)
    assert await found(network, STAFF) == {"of-1", "of-5", "of-6", "of-7", "of-None"}
    assert await found(network, DEALER) == {"of-5", "of-6"}
    assert await found(network, SUBDEALER) == {"of-6"}
    assert await found(network, RIVAL) == {"of-7"}
    assert await found(network, DEALER, org_id=7) == set()
    assert await found(network, viewer(Role.DEALER_OWNER, 5, "")) == set()
    async with network.session() as session:
        for who in (SEO,):
            with pytest.raises(NotFound):
                await journal(session, who)
        for call_id in ("of-7", "of-1", "of-None", "nothing"):
            with pytest.raises(NotFound, match="call-not-found"):
                await call_card(session, DEALER, call_id)
        assert (await call_card(session, DEALER, "of-6")).call.org_name == "Орг 6"
        choices = await journal_choices(session, DEALER)
        assert set(choices.orgs) == {5, 6}
        assert (await journal_choices(session, SUBDEALER)).orgs == {}
        assert choices.sources == ("site", "unknown")


async def test_a_number_is_hidden_until_a_proven_talk(network: Database) -> None:
    async with network.transaction() as session:
        await add(session, call_id="short", talk_s=9, result="answered")
        await add(session, call_id="rival", talk_s=100, result="answered", org_id=7)
    async with network.session() as session:
        (row,) = (await journal(session, DEALER)).items
        assert row.phone is not None
        assert (row.phone.text, row.phone.e164, row.phone.is_hidden) == ("+7 900 [скрыт]", "", True)
    async with network.transaction() as session:
        await add(session, call_id="proof", talk_s=10, result="answered", org_id=6)
    async with network.session() as session:
        rows = (await journal(session, DEALER)).items
        assert {row.phone.text for row in rows if row.phone} == {"+7 900 123-45-67"}
    assert await found(network, SUBDEALER) == {"proof"}


@pytest.mark.parametrize("typed", [NUMBER, "89001234567", "4567", "7", "+7900"])
async def test_a_hidden_number_is_no_oracle(network: Database, typed: str) -> None:
    async with network.transaction() as session:
        await add(session, call_id="hidden", talk_s=5)
        await add(session, call_id="rival", talk_s=60, org_id=7)
    assert await found(network, DEALER, number=typed) == set()
    async with network.transaction() as session:
        await add(session, call_id="proof", talk_s=60)
    if typed != "+7900":
        assert await found(network, DEALER, number=typed) == {"hidden", "proof"}


async def test_no_digit_of_a_hidden_number_leaves(network: Database) -> None:
    async with network.transaction() as session:
        customer = await make_customer(session, phone=NUMBER, name="Иван 8-900-123-45-67")
        call = await add(
            session,
            call_id="hidden",
            caller_name="ООО 9001234567",
            customer_id=customer.id,
            explanation={"caller": NUMBER},
        )
        await parts(session, call)
    async with network.session() as session:
        card = await call_card(session, DEALER, "hidden")
        text = str(asdict(card)) + str((await journal(session, DEALER)).items)
        text += str(await live_calls_for(session, DEALER))
    assert "1234567" not in text.replace("-", "").replace(" ", "")
    assert card.explanation is None
    assert card.linkedids == ()


async def parts(session: AsyncSession, call: CallRow) -> RecordingRow:
    """A customer's leg, one of dealer 5's, one of dealer 7's; events; a recording."""
    at = call.started_at
    for n, (role, org) in enumerate((("customer", None), ("outlet", 5), ("outlet", 7))):
        session.add(
            LegRow(
                call_row_id=call.id,
                uniqueid=f"{call.call_id}-{n}",
                channel="PJSIP/trunk-a-79001234567",
                role=role,
                org_id=org,
                phone_id=12 if org == 5 else 31 if org else None,
                user_id=200 if org == 7 else None,
                started_at=at + timedelta(seconds=n),
                ended_at=call.ended_at,
            )
        )
    session.add_all(
        CallEventRow(call_row_id=call.id, at=at + timedelta(seconds=n), kind=kind, data=data)
        for n, (kind, data) in enumerate(
            (
                ("step", {"step": 1, "phones": ["p12", "p31"]}),
                ("offered", {"phone": "p12"}),
                ("declined", {"phone": "p31", "reason": "key"}),
                ("anomaly", {"code": "born-twice"}),
            )
        )
    )
    session.add(LinkedidRow(linkedid=call.call_id, call_row_id=call.id))
    recording = RecordingRow(
        call_row_id=call.id,
        call_id=call.call_id,
        base=call.call_id,
        state="ready",
        started_at=at,
        path="a/b.mp3",
    )
    session.add(recording)
    await session.flush()
    return recording


async def test_the_card_shows_all_to_staff_and_the_own_part_to_a_dealer(network: Database) -> None:
    async with network.transaction() as session:
        recording = await parts(session, await add(session, call_id="card", explanation={"why": 1}))
    async with network.session() as session:
        whole = await call_card(session, STAFF, "card")
        assert [leg.role for leg in whole.legs] == ["customer", "outlet", "outlet"]
        assert [leg.org_name for leg in whole.legs] == ["", "Орг 5", "Орг 7"]
        assert [event.kind for event in whole.events] == ["step", "offered", "declined", "anomaly"]
        assert whole.explanation == {"why": 1}
        assert whole.linkedids == ("card",)
        own = await call_card(session, DEALER, "card")
        assert [leg.org_name for leg in own.legs] == ["", "Орг 5"]
        assert [event.kind for event in own.events] == ["step", "offered"]
        assert own.events[0].data == {"step": 1, "phones": ["p12"]}
        assert [entry.id for entry in own.recordings] == [recording.id]
        assert (await recording_for(session, DEALER, recording.id)).id == recording.id
        for who in (RIVAL, SUBDEALER, SEO):
            with pytest.raises(NotFound):
                await recording_for(session, who, recording.id)
        with pytest.raises(NotFound):
            await recording_for(session, STAFF, recording.id + 1)


async def test_a_recording_without_a_call_is_for_staff(database: Database) -> None:
    async with database.transaction() as session:
        orphan = RecordingRow(call_id="x", base="x", state="ready", started_at=MONDAY_NOON)
        session.add(orphan)
    async with database.session() as session:
        assert (await recording_for(session, STAFF, orphan.id)).call_id == "x"
        with pytest.raises(NotFound):
            await recording_for(session, DEALER, orphan.id)


async def test_a_ringing_call_is_seen_by_everybody_at_whom_it_rings(network: Database) -> None:
    async with network.transaction() as session:
        call = await add(session, call_id="live", state="ringing", result="", ended_at=None, org_id=5)
        await parts(session, call)
    async with network.session() as session:
        (mine,) = await live_calls_for(session, RIVAL)
        assert mine.ringing_phone_ids == {31}
        assert mine.ringing_user_ids == {200}
        assert mine.call.phone is not None
        assert mine.call.phone.is_hidden
        card = await call_card(session, RIVAL, "live")
        assert [leg.org_name for leg in card.legs] == ["", "Орг 7"]
        assert card.recordings == ()
        assert await live_calls_for(session, SUBDEALER) == ()
        (all_,) = await live_calls_for(session, STAFF)
        assert all_.ringing_phone_ids == {12, 31}
    await _the_card_goes_with_the_caller(network, call.id)
    async with network.transaction() as session:
        row = await session.get_one(CallRow, call.id)
        row.state, row.result, row.ended_at = "ended", "answered", MONDAY_NOON
    async with network.session() as session:
        assert await live_calls_for(session, RIVAL) == ()
        with pytest.raises(NotFound):
            await call_card(session, RIVAL, "live")


async def _the_card_goes_with_the_caller(network: Database, row_id: int) -> None:
    """Phone 12 talks and hands the caller on to phone 31: his card is there while it rings, and stays there."""
    legs = update(LegRow).where(LegRow.call_row_id == row_id)
    async with network.transaction() as session:
        await session.execute(update(CallRow).where(CallRow.id == row_id).values(state="talking"))
        await session.execute(legs.where(LegRow.phone_id == 12).values(bridged_at=MONDAY_NOON))
    async with network.session() as session:
        (seen,) = await live_calls_for(session, RIVAL)
        assert (seen.ringing_phone_ids, seen.talking_phone_ids) == ({31}, set())
    async with network.transaction() as session:
        await session.execute(legs.where(LegRow.phone_id == 12).values(ended_at=MONDAY_NOON))
        await session.execute(legs.where(LegRow.phone_id == 31).values(bridged_at=MONDAY_NOON))
    async with network.session() as session:
        (seen,) = await live_calls_for(session, RIVAL)
        assert (seen.ringing_phone_ids, seen.talking_phone_ids) == (set(), {31})
        (left,) = await live_calls_for(session, DEALER)
        assert left.talking_phone_ids == set()


async def test_a_hidden_or_odd_caller(network: Database) -> None:
    async with network.transaction() as session:
        await add(session, call_id="word", caller_number="", caller_raw="anonymous")
        await add(session, call_id="none", caller_number="", caller_raw="")
        await add(session, call_id="long", caller_number="", caller_raw="1" * 40)
    async with network.session() as session:
        seen = {
            row.call_id: row.phone.text if row.phone else None
            for row in (await journal(session, STAFF)).items
        }
        assert seen == {"word": "anonymous", "none": None, "long": "1" * 40}
        seen = {
            row.call_id: row.phone.text if row.phone else None
            for row in (await journal(session, DEALER)).items
        }
        assert seen == {"word": "anonymous", "none": None, "long": None}
