"""Who sees which task and which number, and what a person can do with it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcore.calls.task_model import CloseReason, TaskFilter, TaskKind, TaskTab
from callcore.calls.tasks import TaskWork, find_tasks, open_task, task_counts, task_view
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict, Invalid, NotFound
from callcore.network.model import Role, Viewer
from callcore.network.sessions import find_viewer
from tests.factories.network import make_org, make_user
from tests.factories.sales import make_call
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.integration
NUMBER = "+79124401825"


class Stage:
    """A factory with two dealers, one of them with a subdealer; one open task each."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.database, self.clock = database, clock
        self.work = TaskWork(database, clock)
        self.viewers: dict[str, Viewer] = {}
        self.tasks: dict[str, int] = {}

    async def build(self) -> "Stage":
        async with self.database.transaction() as session:
            factory = await make_org(session)
            orgs = {"factory": None, "dealer": await make_org(session, parent=factory)}
            orgs["other"] = await make_org(session, parent=factory)
            orgs["sub"] = await make_org(session, parent=orgs["dealer"], kind="subdealer")
            for number, (name, org) in enumerate(orgs.items()):
                role = Role.DEALER_OWNER if org else Role.OPERATOR
                user = await make_user(session, org or factory, role=role.value)
                self.viewers[name] = await find_viewer(session, user.id)
                await open_task(
                    session,
                    kind=TaskKind.MISSED,
                    title=f"Задача {name}",
                    due_at=self.clock.now() + timedelta(hours=number - 1, seconds=1),
                    at=self.clock.now(),
                    dedupe_key=name,
                    org_id=org.id if org else None,
                    caller_number=NUMBER,
                )
            seo = await make_user(session, factory, role=Role.SEO.value)
            self.viewers["seo"] = await find_viewer(session, seo.id)
            page = await find_tasks(session, self.viewers["factory"], now=self.clock.now())
            self.tasks = {item.title.split()[1]: item.id for item in page.items}
        return self

    async def seen(self, who: str, tab: TaskTab = TaskTab.OPEN) -> list[str]:
        async with self.database.session() as session:
            page = await find_tasks(session, self.viewers[who], TaskFilter(tab), now=self.clock.now())
        return [item.title.split()[1] for item in page.items]


@pytest.fixture
async def stage(database: Database, clock: FakeClock) -> Stage:
    return await Stage(database, clock).build()


async def test_dealers_see_their_subtree_only(stage: Stage) -> None:
    assert await stage.seen("factory") == ["factory", "dealer", "other", "sub"]
    assert await stage.seen("dealer") == ["dealer", "sub"]
    assert await stage.seen("sub") == ["sub"]
    with pytest.raises(NotFound):
        await stage.seen("seo")
    async with stage.database.session() as session:
        with pytest.raises(NotFound):
            await task_view(session, stage.viewers["sub"], stage.tasks["dealer"])
        counts = await task_counts(session, stage.viewers["dealer"], stage.clock.now())
        assert (counts.mine, counts.open, counts.overdue) == (0, 2, 0)
    for act in (
        stage.work.take(stage.viewers["other"], stage.tasks["dealer"], seen_user_id=None),
        stage.work.close(stage.viewers["other"], stage.tasks["dealer"], CloseReason.SPAM),
        stage.work.postpone(
            stage.viewers["other"], stage.tasks["dealer"], stage.clock.now() + timedelta(hours=1)
        ),
    ):
        with pytest.raises(NotFound):
            await act


async def test_number_is_shown_by_the_rule_of_the_journal(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        hidden = (await find_tasks(session, stage.viewers["dealer"], now=stage.clock.now())).items[0].phone
        plain = (await find_tasks(session, stage.viewers["factory"], now=stage.clock.now())).items[0].phone
        assert hidden is not None
        assert (hidden.is_hidden, hidden.e164, "01825" in hidden.text) == (True, "", False)
        assert plain is not None
        assert plain.e164 == NUMBER
        org_id = stage.viewers["dealer"].org_id
        await make_call(session, caller_number=NUMBER, result="answered", talk_s=30, org_id=org_id)
        shown = (await find_tasks(session, stage.viewers["dealer"], now=stage.clock.now())).items[0].phone
        assert shown is not None
        assert shown.e164 == NUMBER


async def test_two_who_press_at_once(stage: Stage) -> None:
    task_id, one, two = stage.tasks["dealer"], stage.viewers["dealer"], stage.viewers["factory"]
    fact = await stage.work.take(one, task_id, seen_user_id=None)
    assert (fact.task_id, fact.audience.staff, one.org_id in fact.audience.org_ids) == (task_id, True, True)
    with pytest.raises(Conflict):
        await stage.work.take(two, task_id, seen_user_id=None)
    await stage.work.take(two, task_id, seen_user_id=one.user_id)
    assert await stage.seen("factory", TaskTab.MINE) == ["dealer"]
    with pytest.raises(Conflict):
        await stage.work.release(one, task_id)
    await stage.work.close(two, task_id, CloseReason.NO_ANSWER, "занято")
    with pytest.raises(Conflict):
        await stage.work.close(one, task_id, CloseReason.TALKED)


async def test_close_is_undone_and_noted(stage: Stage) -> None:
    task_id, viewer = stage.tasks["other"], stage.viewers["other"]
    async with stage.database.transaction() as session:
        # the other tasks of this number would stand in the way of opening again
        for name in ("factory", "dealer", "sub"):
            await session.execute(_number_of(stage.tasks[name]))
    await stage.work.close(viewer, task_id, CloseReason.OTHER, "перезвонит сам")
    assert await stage.seen("other", TaskTab.CLOSED) == ["other"]
    await stage.work.reopen(viewer, task_id)
    assert await stage.seen("other") == ["other"]
    async with stage.database.session() as session:
        rows = list(await session.scalars(select(AuditRow.action).order_by(AuditRow.id)))
    assert rows == ["task:closed", "task:reopened"]


def _number_of(task_id: int) -> object:
    from sqlalchemy import update

    from callcore.calls.task_tables import TaskRow

    return update(TaskRow).where(TaskRow.id == task_id).values(caller_number="")


async def test_task_is_not_opened_again_beside_a_newer_one(stage: Stage) -> None:
    await stage.work.close(stage.viewers["other"], stage.tasks["other"], CloseReason.SPAM)
    with pytest.raises(Conflict):
        await stage.work.reopen(stage.viewers["other"], stage.tasks["other"])


async def test_terms(stage: Stage) -> None:
    viewer, task_id, now = stage.viewers["sub"], stage.tasks["sub"], stage.clock.now()
    for wrong in (now, now + timedelta(days=61)):
        with pytest.raises(Invalid):
            await stage.work.postpone(viewer, task_id, wrong)
    await stage.work.postpone(viewer, task_id, now + timedelta(minutes=1))
    stage.clock.advance(120)
    assert await stage.seen("sub", TaskTab.OVERDUE) == ["sub"]


async def test_pages_by_keyset_leave_none_out(stage: Stage) -> None:
    seen, after = [], ""
    async with stage.database.session() as session:
        while True:
            page = await find_tasks(
                session, stage.viewers["factory"], now=stage.clock.now(), after=after, limit=1
            )
            seen += [item.title.split()[1] for item in page.items]
            after = page.next_cursor
            if not after:
                break
        with pytest.raises(Invalid):
            await find_tasks(session, stage.viewers["factory"], now=stage.clock.now(), after="no")
    assert seen == ["factory", "dealer", "other", "sub"]
