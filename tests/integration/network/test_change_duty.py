"""The duty roster is written: nothing overlaps, nobody is lost, everything is in the audit log."""

import asyncio
from datetime import time, timedelta

import pytest
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from callcore.network.change_duty import ChangeDuty, Watch
from callcore.network.duty import duty_phones, load_shifts, shifts_between
from callcore.network.duty_plan import Repeat, ShiftTimes, Span
from callcore.network.model import Role, Viewer
from tests.factories.network import make_org, make_outlet, make_phone, make_user

pytestmark = pytest.mark.integration

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
TZ = "Europe/Moscow"


def person(role=Role.SUPERVISOR):
    return Viewer(1, "Анна", role, 1, "Завод", "/1/", (), TZ)


@pytest.fixture
async def phones(database):
    """Two duty numbers, an operator's phone, one that is switched off, one of a dealer's outlet, a twin of the first."""
    async with database.transaction() as session:
        root = await make_org(session)
        dealer = await make_org(session, parent=root)
        outlet = await make_outlet(session, dealer)
        user = await make_user(session, root)
        rows = [
            await make_phone(session, duty_position=2, number="+79000000002", extension=""),
            await make_phone(session, duty_position=1),
            await make_phone(session, user=user),
            await make_phone(session, is_active=False),
            await make_phone(session, outlet=outlet),
            await make_phone(session, duty_position=3, number="+79000000002", extension=""),
        ]
        return [row.id for row in rows]


@pytest.fixture
def duty(database, clock):
    return ChangeDuty(database, clock)


@pytest.fixture
def now(clock):
    return clock.now()


async def ids(database, now):
    async with database.session() as session:
        return [shift.id for shift in await load_shifts(session, now)]


async def test_a_week_of_nights_is_written_at_once(database, duty, phones, clock, now):
    day = now.date() + timedelta(days=1)
    nights = ShiftTimes(day, time(21), time(9), TZ, Repeat.DAILY, day + timedelta(days=6))
    assert await duty.add(person(), nights.spans, Watch((phones[0], phones[2]), TZ, "ночь")) == 7
    async with database.session() as session:
        shifts = await shifts_between(session, now, now + 2 * WEEK)
        audits = list(await session.scalars(select(AuditRow.action)))
    assert len(shifts) == 7
    assert [phone.id for phone in shifts[0].phones] == [phones[0], phones[2]]
    assert all(shift.ends_at - shift.starts_at == 12 * HOUR for shift in shifts)
    assert audits == ["duty:added"] * 7


async def test_the_reserve_comes_before_the_operators_in_the_choice(database, phones):
    async with database.session() as session:
        found = [phone.id for phone in await duty_phones(session)]
    assert found == [phones[1], phones[0], phones[5], phones[2]]


async def test_an_overlap_is_refused_and_named(database, duty, phones, now):
    first = Span(now + HOUR, now + 3 * HOUR)
    await duty.add(person(), [first], Watch((phones[0],), TZ, "вечер"))
    with pytest.raises(Conflict) as refused:
        await duty.add(
            person(),
            [Span(now + 5 * HOUR, now + 6 * HOUR), Span(now + 2 * HOUR, now + 4 * HOUR)],
            Watch((phones[1],), TZ),
        )
    assert refused.value.details["starts_at"] == first.starts_at
    assert refused.value.details["note"] == "вечер"
    assert len(await ids(database, now)) == 1, "nothing of the press is half-written"
    await duty.add(person(), [Span(now + 3 * HOUR, now + 4 * HOUR)], Watch((phones[1],), TZ))


async def test_two_people_at_once_write_one_shift(database, duty, phones, now):
    span = Span(now + HOUR, now + 3 * HOUR)
    tries = [duty.add(person(), [span], Watch((phones[0],), TZ)) for _ in range(6)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(result == 1 for result in results) == 1
    assert all(result == 1 or isinstance(result, Conflict) for result in results)
    assert len(await ids(database, now)) == 1


@pytest.mark.parametrize(
    ("places", "field"),
    [
        ((), "phone-1"),
        ((3,), "phone-1"),  # switched off
        ((4,), "phone-1"),  # a dealer's
        ((0, 0), "phone-2"),
        ((1, 0, 5), "phone-3"),  # its own overflow by number
    ],
)
async def test_a_shift_that_could_not_be_rung_is_refused(database, duty, phones, now, places, field):
    with pytest.raises(Invalid) as refused:
        await duty.add(person(), [Span(now, now + HOUR)], Watch(tuple(phones[place] for place in places), TZ))
    assert list(refused.value.details["fields"]) == [field]
    assert await ids(database, now) == []


@pytest.mark.parametrize(
    "span_h", [(-3, -1), (1, 1), (2, 1), (1, 60)], ids=["past", "empty", "backwards", "longer than two days"]
)
async def test_times_that_make_no_shift_are_refused(duty, phones, now, span_h):
    start, end = span_h
    with pytest.raises(Invalid):
        await duty.add(person(), [Span(now + start * HOUR, now + end * HOUR)], Watch((phones[0],), TZ))


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MARKETER, Role.DEALER_OWNER])
async def test_others_only_read(duty, phones, now, role):
    with pytest.raises(Forbidden):
        await duty.add(person(role), [Span(now, now + HOUR)], Watch((phones[0],), TZ))
    for act in (
        duty.remove(person(role), 1),
        duty.restore(person(role), 1),
        duty.hand_over(person(role), 1, phones[0]),
        duty.copy_week(person(role), now, now),
    ):
        with pytest.raises(Forbidden):
            await act


async def test_a_running_shift_is_handed_over_at_this_moment(database, duty, phones, clock, now):
    await duty.add(person(), [Span(now - HOUR, now + HOUR)], Watch((phones[0], phones[1]), TZ))
    (shift,) = await ids(database, now)
    with pytest.raises(Invalid):
        await duty.hand_over(person(), shift, phones[0])
    added = await duty.hand_over(person(), shift, phones[2])
    async with database.session() as session:
        old, new = await shifts_between(session, now - HOUR, now + HOUR)
    assert (old.ends_at, new.starts_at, new.ends_at) == (now, now, now + HOUR)
    assert (new.id, [phone.id for phone in new.phones]) == (added, [phones[2], phones[0], phones[1]])
    with pytest.raises(NotAllowedNow):
        await duty.hand_over(person(), shift, phones[1])


async def test_a_change_on_an_old_page_is_refused(database, duty, phones, now):
    await duty.add(person(), [Span(now, now + HOUR)], Watch((phones[0],), TZ))
    (shift,) = await ids(database, now)
    longer = Span(now, now + 2 * HOUR)
    await duty.change(person(), shift, 1, longer, Watch((phones[1],), TZ))
    with pytest.raises(Conflict) as refused:
        await duty.change(person(), shift, 1, longer, Watch((phones[0],), TZ))
    assert refused.value.code == "shift-changed"
    with pytest.raises(NotFound):
        await duty.change(person(), 999, 1, longer, Watch((phones[0],), TZ))


async def test_a_removed_shift_comes_back_unless_its_time_is_taken(database, duty, phones, now):
    span = Span(now, now + HOUR)
    await duty.add(person(), [span], Watch((phones[0],), TZ, "день"))
    (shift,) = await ids(database, now)
    await duty.remove(person(), shift)
    assert await ids(database, now) == []
    await duty.restore(person(), shift)
    async with database.session() as session:
        (back,) = await shifts_between(session, now, now + HOUR)
    assert (back.starts_at, back.note) == (now, "день")
    with pytest.raises(Conflict):
        await duty.restore(person(), shift)
    with pytest.raises(NotFound):
        await duty.restore(person(), 999)


async def test_a_week_is_copied_round_what_stands(database, duty, phones, clock, now):
    await duty.add(
        person(), [Span(now, now + HOUR), Span(now + 2 * HOUR, now + 3 * HOUR)], Watch((phones[0],), TZ)
    )
    await duty.add(person(), [Span(now + WEEK, now + WEEK + HOUR)], Watch((phones[1],), TZ))
    assert await duty.copy_week(person(), now, now + WEEK) == (1, 1)
    async with database.session() as session:
        coming = await shifts_between(session, now + WEEK, now + 2 * WEEK)
    assert [(s.starts_at - now, s.phones[0].id) for s in coming] == [
        (WEEK, phones[1]),
        (WEEK + 2 * HOUR, phones[0]),
    ]
