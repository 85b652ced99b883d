"""Figures of telephones against a day counted by hand; behind each figure stand as many calls of the journal."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.efficiency import efficiency
from callcore.calls.efficiency_model import WHOLE, Fate, Level, Period, Report, Share, Subject
from callcore.calls.queries import journal
from callcore.calls.tables import CallRow, LegRow
from callcore.calls.transfer_tables import TransferRow
from callcore.calls.views import JournalFilter
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow
from callcore.orders.won import came_to_order
from tests.factories.sales import make_call, make_customer, make_order

pytestmark = pytest.mark.integration

DAY: Final = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
PERIOD: Final = Period(DAY - timedelta(hours=3), DAY + timedelta(hours=21), "Europe/Moscow")
ANNA, BORIS, VERA = 501, 502, 701  # two of dealer 5 at outlet 50, one of dealer 7 at outlet 70
PEOPLE: Final = {ANNA: (5, "Анна"), BORIS: (5, "Борис"), VERA: (7, "Вера")}
PLACES: Final = {5: 50, 7: 70}
STAFF: Final = Viewer(9, "Оператор", Role.OPERATOR, 1, "Завод", "/1/", (), "Europe/Moscow")
DEALER: Final = Viewer(9, "Хозяин", Role.DEALER_OWNER, 5, "Орг 5", "/1/5/", (), "Europe/Moscow")
_legs = count()
Rang = tuple[int, str, float, float]  # who, outcome, seconds to the answer, of the talk


async def _call(session: AsyncSession, at: datetime, rang: Sequence[Rang] = (), **values: Any) -> CallRow:
    talked = next((one for one in rang if one[1] == "talked"), None)
    first = talked or (rang[0] if rang else None)
    usual = {
        "started_at": at,
        "ended_at": at + timedelta(seconds=100),
        "result": "answered" if talked else "missed",
        "org_id": PEOPLE[first[0]][0] if first else None,
        "user_id": talked[0] if talked else None,
        "talk_s": round(talked[3]) if talked else 0,
    }
    row = await make_call(session, **usual | values)
    for user, outcome, answer_s, talk_s in rang:
        await _rings(session, row, user, at, outcome, answer_s, talk_s)
    return row


async def _rings(
    session: AsyncSession,
    call: CallRow,
    user: int,
    at: datetime,
    outcome: str,
    answer_s: float,
    talk_s: float,
) -> None:
    bridged = at + timedelta(seconds=answer_s) if outcome == "talked" else None
    session.add(
        LegRow(
            call_row_id=call.id,
            uniqueid=f"{call.call_id}.{next(_legs)}",
            channel="PJSIP/p1",
            role="outlet",
            phone_id=user,
            org_id=PEOPLE[user][0],
            outlet_id=PLACES[PEOPLE[user][0]],
            user_id=user,
            started_at=at,
            bridged_at=bridged,
            ended_at=bridged + timedelta(seconds=talk_s) if bridged else at + timedelta(seconds=20),
            outcome=outcome,
        )
    )


async def _the_people(database: Database) -> None:
    async with database.transaction() as session:
        for user, (org, name) in PEOPLE.items():
            values = {
                "role": "dealer_manager",
                "password_hash": "!",
                "tz": "Europe/Moscow",
                "created_at": DAY,
            }
            session.add(UserRow(id=user, org_id=org, email=f"{user}@example.test", full_name=name, **values))


async def _the_day(database: Database) -> None:
    """Nine calls of customers, three calls out; and what must not be counted."""
    await _the_people(database)
    async with database.transaction() as session:
        done = await make_order(session, await make_customer(session), result="done", status_class="closed")
        lost = await make_order(session, await make_customer(session), result="failed", status_class="closed")
        runs = await make_order(session, await make_customer(session), status_class="waiting")
        at = DAY + timedelta(hours=7)  # 10:00 in Moscow
        for minute, seconds in enumerate((2, 4, 6, 30)):  # Anna's answers; the colleague rang, too
            order = (done.id, lost.id, runs.id, None)[minute]
            legs = ((ANNA, "talked", seconds, 60), (BORIS, "cancelled", 0, 0))
            await _call(session, at + timedelta(minutes=minute), legs, order_id=order)
        at = DAY + timedelta(hours=20, minutes=30)  # 23:30 in Moscow
        await _call(
            session, at, ((ANNA, "declined", 0, 0), (BORIS, "no_answer", 0, 0)), caller_number="+79000000001"
        )
        await _call(session, at, ((BORIS, "busy", 0, 0),), result="abandoned", caller_number="+79000000002")
        await _call(session, at, ((BORIS, "no_answer", 0, 0),), result="voicemail", caller_number="")
        legs = ((ANNA, "unavailable", 0, 0), (BORIS, "no_answer", 0, 0), (VERA, "talked", 10, 30))
        await _call(session, at, legs)
        await _call(session, at, ((VERA, "no_answer", 0, 0),), caller_number="+79000000003")
        back = {"direction": "outbound", "result": "answered", "user_id": BORIS, "org_id": 5, "outlet_id": 50}
        later = at + timedelta(seconds=160)  # a minute after the missed call's end
        await _call(session, later, talk_s=20, caller_number="+79000000001", **back)
        await _call(session, later, talk_s=0, caller_number="+79000000002", **back | {"result": "no_answer"})
        await _call(session, at + timedelta(days=8), talk_s=20, caller_number="+79000000003", **back)
        await _call(session, at, ((ANNA, "", 0, 0),), result="", state="talking")
        await _call(session, DAY - timedelta(hours=4), ((ANNA, "no_answer", 0, 0),))  # the day before


async def _read(database: Database, viewer: Viewer, level: Level, of: Subject = WHOLE) -> Report:
    async with database.session() as session:
        return await efficiency(session, viewer, PERIOD, level, of=of, won=came_to_order())


def _counts(report: Report, name: str) -> dict[str, int]:
    figures = next(line.figures for line in report.lines if line.name == name)
    return {fate.value: figures.count(fate) for fate in Fate if figures.count(fate)}


async def test_a_day_counted_by_hand(network: Database) -> None:
    await _the_day(network)
    people = await _read(network, STAFF, Level.PERSON)
    assert _counts(people, "Анна") == {"offered": 5, "answered": 4, "declined": 1, "won": 2}
    assert _counts(people, "Борис") == {
        "offered": 8, "missed": 3, "taken": 5, "called_back": 1, "made": 2, "reached": 1,
    }  # fmt: skip
    assert _counts(people, "Вера") == {"offered": 2, "answered": 1, "missed": 1}
    anna = people.lines[1].figures
    assert (anna.answer_s, anna.answer_p90_s, anna.talk_s) == (
        pytest.approx(10.5, abs=0.01), pytest.approx(30, abs=0.01), pytest.approx(240, abs=0.1),
    )  # fmt: skip
    assert (anna.answered_percent, anna.won_percent) == (80, 50)
    assert people.lines[0].figures.callback_s == pytest.approx(60, abs=0.01)
    assert people.lines[1].before.offered == 1
    places = await _read(network, STAFF, Level.OUTLET)
    assert _counts(places, "Салон 50") == {
        "offered": 8, "answered": 4, "declined": 1, "missed": 2, "taken": 1, "won": 2, "made": 2, "reached": 1,
    }  # fmt: skip
    total = places.total
    assert (total.offered, total.answered, total.declined, total.missed, total.taken) == (9, 5, 1, 3, 0)
    assert list(places.days) == [date(2026, 3, 2)]
    assert places.days[date(2026, 3, 2)].offered == 9
    assert (places.hours[10].answered, places.hours[23].missed, places.hours[20].offered) == (4, 3, 0)


async def _handed(session: AsyncSession, call: CallRow, who: int, whom: int, result: str) -> None:
    """A minute after the call began."""
    session.add(
        TransferRow(
            call_row_id=call.id,
            ordinal=1,
            at=call.started_at + timedelta(minutes=1),
            kind="blind",
            result=result,
            from_user_id=who,
            from_org_id=PEOPLE[who][0],
            from_outlet_id=PLACES[PEOPLE[who][0]],
            to_user_id=whom,
        )
    )


async def test_what_was_handed_on_belongs_to_who_did_each_part(network: Database) -> None:
    """Three calls of customers answered by Anna and handed on to Boris: he talks, he does not answer and the customer has her
    back, he does not answer and the customer is lost. One call out that Anna made and Boris ended."""
    await _the_people(network)
    at = DAY + timedelta(hours=9)
    ends = (("talked", 100, "answered"), ("no_answer", 0, "returned"), ("no_answer", 0, "abandoned"))
    async with network.transaction() as session:
        for minute, (outcome, talk_s, result) in enumerate(ends):
            begun = at + timedelta(minutes=10 * minute)
            legs = [(ANNA, "talked", 5, 60)]
            call = await _call(session, begun, legs, is_transferred=True, talk_s=60 + talk_s)
            await _rings(session, call, BORIS, begun + timedelta(seconds=62), outcome, 8, talk_s)
            if result == "returned":
                await _rings(session, call, ANNA, begun + timedelta(seconds=90), "talked", 4, 30)
            await _handed(session, call, ANNA, BORIS, result)
        out = {"direction": "outbound", "result": "answered", "user_id": BORIS, "org_id": 5, "outlet_id": 50}
        call = await _call(session, at, talk_s=90, is_transferred=True, **out)
        await _handed(session, call, ANNA, BORIS, "answered")
    people = await _read(network, STAFF, Level.PERSON)
    assert _counts(people, "Анна") == {"offered": 3, "answered": 3, "made": 1, "reached": 1}
    assert _counts(people, "Борис") == {"offered": 3, "answered": 1, "missed": 1, "taken": 1}
    talks = {line.name: (line.figures.answer_s, line.figures.talk_s) for line in people.lines}
    assert talks["Анна"] == (
        pytest.approx(14 / 3, abs=0.01),
        pytest.approx(210, abs=0.1),
    )  # 5, 5 and the quicker 4
    assert talks["Борис"] == (pytest.approx(8, abs=0.01), pytest.approx(100, abs=0.1))
    assert people.total.count(Fate.ANSWERED) == 3
    async with network.session() as session:
        for line in people.lines:
            for fate in Fate:
                wanted = JournalFilter(
                    since=PERIOD.since, until=PERIOD.until, share=Share(line.subject, fate), tz=PERIOD.tz
                )
                found = (await journal(session, STAFF, wanted, won=came_to_order())).items
                assert len(found) == line.figures.count(fate), (line.name, fate)


async def test_a_dealer_sees_his_own_and_nobody_elses(network: Database) -> None:
    await _the_day(network)
    report = await _read(network, DEALER, Level.PERSON)
    assert [line.name for line in report.lines] == ["Борис", "Анна"]
    assert report.total.offered == 7  # the call that Vera took is not of his journal
    with pytest.raises(NotFound):
        await _read(network, DEALER, Level.PERSON, Subject(Level.PERSON, VERA))
    with pytest.raises(NotFound):
        await _read(network, DEALER, Level.PERSON, Subject(Level.TREE, 7))


@pytest.mark.parametrize("viewer", [STAFF, DEALER], ids=["staff", "dealer"])
async def test_behind_each_figure_stand_as_many_calls(network: Database, viewer: Viewer) -> None:
    await _the_day(network)
    asked = 0
    for level, of in (
        (Level.PERSON, WHOLE),
        (Level.OUTLET, WHOLE),
        (Level.DEALER, Subject(Level.TREE, 5)),
        (Level.PERSON, Subject(Level.PERSON, ANNA)),
    ):
        report = await _read(network, viewer, level, of)
        shares = [(report.of, report.total), *((line.subject, line.figures) for line in report.lines)]
        async with network.session() as session:
            for subject, figures in shares:
                for fate in Fate:
                    wanted = JournalFilter(
                        since=PERIOD.since, until=PERIOD.until, share=Share(subject, fate), tz=PERIOD.tz
                    )
                    page = await journal(session, viewer, wanted, won=came_to_order())
                    assert len(page.items) == figures.count(fate), (subject, fate)
                    asked += len(page.items)
            for hour, bar in report.hours.items():
                wanted = JournalFilter(
                    since=PERIOD.since,
                    until=PERIOD.until,
                    share=Share(of, Fate.MISSED),
                    hour=hour,
                    tz=PERIOD.tz,
                )
                assert len((await journal(session, viewer, wanted)).items) == bar.missed
    assert asked > 20
