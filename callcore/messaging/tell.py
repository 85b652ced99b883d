"""From a fact of the outbox to the inboxes and letters of people, in the caller's transaction.

Doing it twice does no harm: a notice is unique per person and cause, a letter per address and cause. Texts hold ids and
words only, never a customer's number: who gets them may not be allowed to see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.events import TaskChanged
from callcore.calls.tables import CallRow
from callcore.calls.task_tables import TaskRow
from callcore.calls.tasks import audience_of_org
from callcore.kernel.bus import Audience, Event
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.events import NoticesChanged
from callcore.messaging.rules import RULES, UNTOLD, Level, Reach, Rule, Topic, letter_time
from callcore.messaging.tables import DeliveryRow, NoticeRow
from callcore.messaging.texts import Text, Texts
from callcore.network.model import OrgKind
from callcore.network.tables import OrgRow, RegionRow, UserRow

MAX_PEOPLE: Final = 500


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be told. `values` go into the template; instants are written on the reader's own clock."""

    url: str
    values: Mapping[str, Any]
    moments: Mapping[str, datetime] = field(default_factory=dict)
    org_id: int | None = None
    user_id: int | None = None
    events: tuple[Event, ...] = ()


class _Person(NamedTuple):
    id: int
    email: str
    tz: str


class Teller:
    """`site_address` begins links in letters, such as https://calls.example.org; empty: letters have no link."""

    def __init__(self, texts: Texts, site_address: str = "") -> None:
        self._texts = texts
        self._site_address = site_address.rstrip("/")

    async def tell(self, session: AsyncSession, row: OutboxRow, now: datetime) -> tuple[Event, ...]:
        """Returns what to publish after the commit. Raises ValueError for an unknown topic, KeyError for missing data."""
        if row.topic in UNTOLD:
            return ()
        topic = Topic(row.topic)
        subject = await _SUBJECTS[topic](session, row.data, now)
        if subject is None:
            return ()
        rule, told = RULES[topic], set()
        for person in await _people(session, rule, subject):
            moments = {name: _moment(at, person.tz) for name, at in subject.moments.items()}
            text = self._texts.render(topic, {**subject.values, **moments, "zone": person.tz})
            told.add(person.id)
            await _notice(session, row, person, rule.level, text, subject.url, now)
            if rule.by_mail and person.email:
                await self._letter(session, row, person, rule.level, text, subject.url, now)
        news = NoticesChanged(at=now, audience=Audience(user_ids=frozenset(told)))
        return (*subject.events, *((news,) if told else ()))

    async def _letter(
        self,
        session: AsyncSession,
        row: OutboxRow,
        person: _Person,
        level: Level,
        text: Text,
        url: str,
        now: datetime,
    ) -> None:
        link = f"\n\n{self._site_address}{url}" if self._site_address and url else ""
        await insert_unless_exists(
            session,
            DeliveryRow,
            channel="email",
            address=person.email,
            subject=text.title,
            body=f"{text.body}{link}\n",
            state="waiting",
            attempts=0,
            error="",
            made_at=now,
            due_at=letter_time(now, person.tz, level),
            sent_at=None,
            dedupe_key=f"{row.dedupe_key}:email:{person.id}",
        )


async def _notice(
    session: AsyncSession, row: OutboxRow, person: _Person, level: Level, text: Text, url: str, now: datetime
) -> None:
    await insert_unless_exists(
        session,
        NoticeRow,
        user_id=person.id,
        topic=row.topic,
        level=level.value,
        title=text.title,
        body=text.body,
        url=url,
        at=now,
        read_at=None,
        dedupe_key=row.dedupe_key,
    )


async def _people(session: AsyncSession, rule: Rule, subject: Subject) -> list[_Person]:
    places = {
        Reach.HEAD_OFFICE: OrgRow.kind == OrgKind.MANUFACTURER.value,
        Reach.DEALER: OrgRow.id == subject.org_id,
        Reach.PERSON: UserRow.id == subject.user_id,
    }
    found = await session.execute(
        select(UserRow.id, UserRow.email, UserRow.tz)
        .join(OrgRow, OrgRow.id == UserRow.org_id)
        .where(UserRow.is_active, UserRow.role.in_(sorted(rule.roles)), places[rule.reach])
        .order_by(UserRow.id)
        .limit(MAX_PEOPLE)
    )
    return [_Person(*item) for item in found]


# --- topics -----------------------------------------------------------------------------------------------------


async def _gap(_session: AsyncSession, data: Mapping[str, Any], now: datetime) -> Subject | None:
    """A gap that is over concerns nobody."""
    starts_at, ends_at = (datetime.fromisoformat(data[name]) for name in ("starts_at", "ends_at"))
    if ends_at <= now:
        return None
    return Subject("/duty", {}, {"starts_at": starts_at, "ends_at": ends_at})


async def _silent(_session: AsyncSession, data: Mapping[str, Any], _now: datetime) -> Subject | None:
    count = len(data["call_ids"])
    words = "звонок" if count == 1 else "звонка" if 1 < count < 5 else "звонков"
    return Subject("/duty", {"label": data["label"], "count": f"{count} {words}"})


async def _task(session: AsyncSession, data: Mapping[str, Any], now: datetime) -> Subject | None:
    found = (
        await session.execute(
            select(TaskRow, OrgRow.name, RegionRow.name)
            .outerjoin(OrgRow, OrgRow.id == TaskRow.org_id)
            .outerjoin(CallRow, CallRow.call_id == TaskRow.call_id)
            .outerjoin(RegionRow, RegionRow.code == CallRow.region_code)
            .where(TaskRow.id == int(data["task_id"]))
        )
    ).first()
    if found is None or found[0].closed_at is not None:
        return None
    task, org_name, region = found
    fact = TaskChanged(at=now, audience=await audience_of_org(session, task.org_id), task_id=task.id)
    return Subject(
        f"/tasks/{task.id}",
        {"title": task.title, "org_name": org_name or "", "region": region or ""},
        {"due_at": task.due_at},
        org_id=task.org_id,
        user_id=task.user_id,
        events=(fact,),
    )


_SUBJECTS: Final = {
    Topic.DUTY_GAP: _gap,
    Topic.DUTY_SILENT: _silent,
    Topic.TASK_MADE: _task,
    Topic.TASK_DUE: _task,
}


def _moment(at: datetime, tz: str) -> str:
    return f"{at.astimezone(ZoneInfo(tz)):%d.%m.%Y %H:%M}"
