"""From the outbox to inboxes and letters: each once, whatever dies on the way."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select, update

from callcore.calls.remind import remind_of_tasks
from callcore.calls.task_model import TaskKind
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import open_task
from callcore.kernel import outbox
from callcore.kernel.bus import Bus, Event
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, Forbidden, NotAllowedNow, NotFound
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.health import read_health
from callcore.messaging.inbox import ReadNotices, find_notices, unread_count
from callcore.messaging.letters import SendAgain, find_letters
from callcore.messaging.mail import LetterRefused
from callcore.messaging.rules import MAX_ATTEMPTS, LetterState
from callcore.messaging.tables import DeliveryRow, NoticeRow
from callcore.messaging.tell import Teller
from callcore.messaging.texts import Texts
from callcore.messaging.worker import FACT_LEASE, LETTER_LEASE, MessageWorker
from callcore.network.model import Role
from callcore.network.sessions import find_viewer
from tests.factories.network import make_org, make_user
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration
GAP = {
    "starts_at": "2026-03-20T18:00:00+00:00",
    "ends_at": "2026-03-21T06:00:00+00:00",
    "tz": "Europe/Moscow",
}


class Post:
    """Takes letters, or refuses with what it is told."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.taken: Counter[str] = Counter()
        self.refusal = refusal

    async def send(self, row: DeliveryRow) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.taken[row.dedupe_key] += 1
        await asyncio.sleep(0)


class KilledTeller(Teller):
    async def tell(self, *told: Any) -> tuple[Event, ...]:
        await super().tell(*told)
        raise DatabaseUnavailable("killed", "in the middle of the transaction")


def worker(
    database: Database, clock: FakeClock, post: Post | None = None, *, bus: Bus | None = None, **more: Any
) -> MessageWorker:
    teller = more.pop("teller", None) or Teller(Texts(), "https://calls.example.test/")
    return MessageWorker(database=database, clock=clock, bus=bus or Bus(), teller=teller, sender=post)


@pytest.fixture
async def people(database: Database) -> dict[str, int]:
    """Ids of people by role, and the dealer's."""
    ids = {}
    async with database.transaction() as session:
        factory = await make_org(session)
        dealer = await make_org(session, parent=factory, name="Вектор")
        other = await make_org(session, parent=factory)
        for role in (Role.ADMIN, Role.SUPERVISOR, Role.OPERATOR):
            ids[role.value] = (await make_user(session, factory, role=role.value)).id
        ids["owner"] = (await make_user(session, dealer, role=Role.DEALER_OWNER.value)).id
        ids["gone"] = (await make_user(session, dealer, role=Role.DEALER_OWNER.value, is_active=False)).id
        ids["stranger"] = (await make_user(session, other, role=Role.DEALER_OWNER.value)).id
        ids["dealer"] = dealer.id
    return ids


async def put(database: Database, topic: str, at: datetime, key: str = "k", **data: Any) -> None:
    async with database.transaction() as session:
        await outbox.put(session, topic, at=at, dedupe_key=key, **data)


async def count(database: Database, table: Any, *where: Any) -> int:
    async with database.session() as session:
        return int(await session.scalar(select(func.count()).select_from(table).where(*where)) or 0)


async def rows(database: Database, table: Any) -> list[Any]:
    async with database.session() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


async def test_gap_is_told_to_those_who_fill_it(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    post, told = Post(), list[Event]()
    bus = Bus()
    bus.subscribe(told.append)
    await put(database, "duty:gap", clock.now(), **GAP)
    await worker(database, clock, post, bus=bus).pass_over()
    notices = await rows(database, NoticeRow)
    assert {row.user_id for row in notices} == {people["admin"], people["supervisor"]}
    assert notices[0].title == "Дежурства: никого нет с 20.03.2026 21:00"
    assert (notices[0].level, notices[0].url) == ("warning", "/duty")
    assert told[0].audience.user_ids == {people["admin"], people["supervisor"]}
    assert sum(post.taken.values()) == 2
    letters = await rows(database, DeliveryRow)
    assert all(
        row.state == "sent" and row.body.endswith("https://calls.example.test/duty\n") for row in letters
    )


async def test_task_is_told_to_its_dealer_alone_without_a_number(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    async with database.transaction() as session:
        await open_task(
            session,
            kind=TaskKind.MISSED,
            title="Пропущенный звонок: перезвонить",
            due_at=clock.now(),
            at=clock.now(),
            dedupe_key="one",
            org_id=people["dealer"],
            caller_number="+79124401825",
        )
    await worker(database, clock, Post()).pass_over()
    (notice,) = await rows(database, NoticeRow)
    (letter,) = await rows(database, DeliveryRow)
    assert notice.user_id == people["owner"]
    assert "4401825" not in notice.title + notice.body + letter.subject + letter.body
    assert "Вектор" in notice.body


async def test_who_took_a_task_is_reminded_once_for_each_term(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    async with database.transaction() as session:
        for key, user_id in (("mine", people["operator"]), ("nobodys", None)):
            await open_task(
                session,
                kind=TaskKind.CALLBACK,
                title="Перезвонить",
                due_at=clock.now() + timedelta(minutes=5),
                at=clock.now(),
                dedupe_key=key,
                user_id=user_id,
            )
    telling = worker(database, clock)

    async def reminded() -> list[tuple[int, str]]:
        async with database.transaction() as session:
            await remind_of_tasks(session, clock.now())
        await telling.pass_over()
        return [(row.user_id, row.title) for row in await rows(database, NoticeRow)]

    assert await reminded() == []
    clock.advance(timedelta(minutes=5))
    for _ in range(2):
        assert await reminded() == [(people["operator"], "Пора: Перезвонить")]
    async with database.transaction() as session:
        await session.execute(update(TaskRow).values(due_at=clock.now() + timedelta(hours=1)))
    assert len(await reminded()) == 1
    clock.advance(timedelta(hours=1))
    assert len(await reminded()) == 2
    assert await count(database, DeliveryRow) == 0


async def test_letters_of_the_night_wait_for_the_morning_but_an_alarm_does_not(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    clock.set(datetime(2026, 3, 16, 20, 30, tzinfo=UTC))
    post = Post()
    await put(database, "duty:gap", clock.now(), "gap", **GAP)
    await put(database, "duty:silent", clock.now(), "silent", phone_id=1, label="Ночь", call_ids=["a", "b"])
    await worker(database, clock, post).pass_over()
    assert await count(database, NoticeRow) == 4
    assert {key.split(":")[0] for key in post.taken} == {"silent"}
    clock.set(datetime(2026, 3, 17, 5, 0, tzinfo=UTC))
    await worker(database, clock, post).pass_over()
    assert sum(post.taken.values()) == 4


async def test_killed_between_notices_and_done_tells_once(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    await put(database, "duty:gap", clock.now(), **GAP)
    with pytest.raises(DatabaseUnavailable):
        await worker(database, clock, teller=KilledTeller(Texts())).tell_facts()
    assert await count(database, NoticeRow) == 0
    assert await worker(database, clock).tell_facts() == 0  # the lease holds
    clock.advance(FACT_LEASE)
    await worker(database, clock).pass_over()
    await worker(database, clock).pass_over()
    assert await count(database, NoticeRow) == 2


async def test_killed_between_send_and_mark_sends_again_after_the_lease(
    database: Database, clock: FakeClock, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Post()
    await put(database, "duty:gap", clock.now(), **GAP)
    killed = worker(database, clock, post)
    await killed.tell_facts()

    async def die(*_: Any, **__: Any) -> None:
        raise DatabaseUnavailable("killed")

    monkeypatch.setattr(killed, "_mark", die)
    with pytest.raises(DatabaseUnavailable):
        await killed.send_letters()
    assert sorted(post.taken.values()) == [1]
    await worker(database, clock, post).pass_over()
    assert sorted(post.taken.values()) == [1]  # both are under the lease of the dead
    clock.advance(LETTER_LEASE)
    await worker(database, clock, post).pass_over()
    assert sorted(post.taken.values()) == [1, 2]
    assert await count(database, DeliveryRow, DeliveryRow.state == "sent") == 2


async def test_refused_letter_is_tried_again_dies_and_rises(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    post = Post(LetterRefused("mail-not-now", "451 greylisted"))
    await put(database, "duty:silent", clock.now(), phone_id=1, label="Ночь", call_ids=["a"])
    sending = worker(database, clock, post)
    for _ in range(MAX_ATTEMPTS):
        await sending.pass_over()
        clock.advance(timedelta(hours=7))
    letters = await rows(database, DeliveryRow)
    assert {(row.state, row.attempts, row.error) for row in letters} == {
        ("dead", MAX_ATTEMPTS, "451 greylisted")
    }
    async with database.session() as session:
        admin = await find_viewer(session, people["admin"])
        operator = await find_viewer(session, people["operator"])
        page = await find_letters(session, admin, LetterState.DEAD)
        assert (len(page.items), page.counts[LetterState.DEAD]) == (2, 2)
        with pytest.raises(Forbidden):
            await find_letters(session, operator, LetterState.DEAD)
    assert (await database.read(partial(read_health, now=clock.now(), has_mail=True))).dead == 2
    again = SendAgain(database, clock)
    with pytest.raises(Forbidden):
        await again.send_again(operator, letters[0].id)
    await again.send_again(admin, letters[0].id)
    with pytest.raises(NotAllowedNow):
        await again.send_again(admin, letters[0].id)
    post.refusal = None
    await sending.pass_over()
    assert [row.state for row in await rows(database, DeliveryRow)] == ["sent", "dead"]


async def test_letter_refused_for_ever_dies_at_once(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    await put(database, "duty:silent", clock.now(), phone_id=1, label="Ночь", call_ids=["a"])
    await worker(database, clock, Post(LetterRefused("mail-refused", "550 no such user"))).pass_over()
    assert {(row.state, row.attempts) for row in await rows(database, DeliveryRow)} == {("dead", 1)}


async def test_without_mail_letters_stay_and_old_ones_are_not_sent_later(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    await put(database, "duty:silent", clock.now(), phone_id=1, label="Ночь", call_ids=["a"])
    await worker(database, clock).pass_over()
    assert {row.state for row in await rows(database, DeliveryRow)} == {"waiting"}
    assert (await database.read(partial(read_health, now=clock.now(), has_mail=False))).waiting == 0
    clock.advance(timedelta(days=4))
    post = Post()
    await worker(database, clock, post).pass_over()
    assert not post.taken
    assert {row.error for row in await rows(database, DeliveryRow)} == {"too-old"}


async def test_fact_that_nobody_understands_dies_and_holds_nobody_up(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    await put(database, "no:such", clock.now(), "bad")
    await put(database, "invite:made", clock.now(), "untold", invite_id=1)
    await put(database, "duty:gap", clock.now(), "good", **GAP)
    telling = worker(database, clock)
    for _ in range(MAX_ATTEMPTS):
        await telling.pass_over()
        clock.advance(timedelta(hours=7))
    assert await count(database, NoticeRow) == 2
    bad, untold, _ = await rows(database, OutboxRow)
    assert (untold.attempts, untold.error) == (1, "")
    assert (bad.attempts, bad.done_at is None, bad.error[:10]) == (MAX_ATTEMPTS, False, "ValueError")
    again = SendAgain(database, clock)
    async with database.session() as session:
        admin = await find_viewer(session, people["admin"])
    assert admin is not None
    for _ in range(
        2
    ):  # whoever looks at the dead letters sees it and may try once more, as often as he likes
        async with database.session() as session:
            (buried,) = (await find_letters(session, admin, LetterState.DEAD)).items
        assert (buried.subject, buried.error[:10]) == ("Событие не разослано: no:such", "ValueError")
        await again.send_again(admin, buried.id)
        assert (await rows(database, OutboxRow))[0].attempts == 0
        for _ in range(MAX_ATTEMPTS):
            await telling.pass_over()
            clock.advance(timedelta(hours=7))
    assert await count(database, NoticeRow) == 2


async def test_inbox_is_the_persons_own(database: Database, clock: FakeClock, people: dict[str, int]) -> None:
    await put(database, "duty:gap", clock.now(), **GAP)
    await worker(database, clock).pass_over()
    async with database.session() as session:
        admin = await find_viewer(session, people["admin"])
        owner = await find_viewer(session, people["owner"])
        (notice,) = (await find_notices(session, admin)).items
        assert (await find_notices(session, owner)).items == ()
        assert await unread_count(session, admin) == 1
    reading = ReadNotices(database, clock)
    with pytest.raises(NotFound):
        await reading.mark(owner, notice.id)
    _, url = await reading.mark(admin, notice.id)
    assert url == "/duty"
    async with database.session() as session:
        assert await unread_count(session, admin) == 0
        assert (await find_notices(session, admin, unread_only=True)).items == ()


async def test_sixteen_workers_send_a_thousand_letters_once(
    database: Database, clock: FakeClock, people: dict[str, int]
) -> None:
    async with database.transaction() as session:
        session.add_all(
            DeliveryRow(
                channel="email",
                address="a@example.test",
                subject="s",
                body="b",
                state="waiting",
                made_at=clock.now(),
                due_at=clock.now(),
                dedupe_key=f"letter-{number}",
            )
            for number in range(1000)
        )
    post = Post()

    async def work() -> None:
        one = worker(database, clock, post)
        while await one.send_letters() or await count(database, DeliveryRow, DeliveryRow.state == "waiting"):
            pass

    await asyncio.gather(*(work() for _ in range(16)))
    assert len(post.taken) == 1000
    assert set(post.taken.values()) == {1}
    assert await count(database, DeliveryRow, DeliveryRow.state == "sent", DeliveryRow.attempts == 1) == 1000
