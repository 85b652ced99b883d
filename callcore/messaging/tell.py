"""From a fact of the outbox to the inboxes, letters and SMS of people and customers, in the caller's transaction.

Doing it twice does no harm: a notice is unique per person and cause, a letter or SMS per address and cause. Whoever is not
of the factory gets no number of a customer in any text, also not one that somebody typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel.bus import Audience, Event
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.outbox import OutboxRow
from callcore.messaging.choose_messages import load_choices
from callcore.messaging.events import NoticesChanged
from callcore.messaging.feedback import send_survey
from callcore.messaging.matrix import CLOSED, Cell, Channel, Choices, EventKind, Recipient, event_of
from callcore.messaging.outgoing import Outgoing, post
from callcore.messaging.recipients import Person, customer_address, customer_numbers, people_of
from callcore.messaging.rules import UNTOLD, Level, Quiet, letter_time
from callcore.messaging.settings import message_settings
from callcore.messaging.subject import Subject
from callcore.messaging.subjects import subject_of
from callcore.messaging.tables import NoticeRow
from callcore.messaging.template_store import own_words
from callcore.messaging.texts import Text, Texts, Words, moment_words, placeholders
from callcore.orders.masking import without_numbers
from callcore.orders.model import OrderClass, OrderKind
from callcore.orders.settings import order_settings
from callcore.orders.tables import OrderRow

NO_SITE: Final = "no-site-address"


@dataclass(frozen=True, slots=True)
class _Fact:
    """What stays the same for everybody who is told of one fact."""

    row: OutboxRow
    event: EventKind
    subject: Subject
    choices: Choices
    words: Mapping[Cell, Words]
    quiet: Quiet
    numbers: tuple[str, ...]
    now: datetime


class Teller:
    """`site_address` begins links, such as https://calls.example.org; empty: messages have no link."""

    def __init__(self, texts: Texts, site_address: str = "") -> None:
        self._texts = texts
        self._site_address = site_address.rstrip("/")

    async def tell(self, session: AsyncSession, row: OutboxRow, now: datetime) -> tuple[Event, ...]:
        """Returns what to publish after the commit. Raises ValueError for an unknown topic, KeyError for missing data."""
        if row.topic in UNTOLD:
            return ()
        subject = await subject_of(session, row, now)
        if subject is None:
            return ()
        if row.topic == CLOSED:
            await _ask(session, row, now)
        fact = await _gather(session, row, subject, now)
        told = set()
        for person in await people_of(session, fact.event, subject, fact.choices.subscribers()):
            if await self._tell_person(session, fact, person):
                told.add(person.id)
        await self._tell_customer(session, fact)
        news = NoticesChanged(at=now, audience=Audience(user_ids=frozenset(told)))
        return (*subject.events, *((news,) if told else ()))

    async def _tell_person(self, session: AsyncSession, fact: _Fact, person: Person) -> bool:
        """True when there is something new in his inbox."""
        is_noticed = False
        for channel in Channel:
            if not _is_on(fact, person, channel):
                continue
            text = self._text(fact, person.main, channel, person.tz, is_staff=person.is_staff)
            if channel is Channel.SITE:
                await _notice(session, fact, person, text)
                is_noticed = True
                continue
            address = person.email if channel is Channel.EMAIL else person.sms
            if address:
                message = Outgoing(
                    channel=channel,
                    address=address,
                    text=text,
                    dedupe_key=f"{fact.row.dedupe_key}:{channel}:{person.id}",
                    due_at=letter_time(fact.now, person.tz, fact.event.level, fact.quiet),
                    event=fact.event.code,
                    link=self._link(fact.subject.url),
                    order_id=fact.subject.order_id,
                    user_id=person.id,
                    org_id=person.org_id,
                )
                await post(session, message, fact.now)
        return is_noticed

    async def _tell_customer(self, session: AsyncSession, fact: _Fact) -> None:
        subject, event = fact.subject, fact.event
        if subject.customer_id is None:
            return
        for channel in (Channel.EMAIL, Channel.SMS):
            if not fact.choices.for_recipient(Recipient.CUSTOMER, channel):
                continue
            address = await customer_address(session, subject.customer_id, channel)
            if not address:
                continue
            is_held = channel is Channel.SMS or not event.at_once
            is_lost = event.code == "survey:made" and not self._site_address
            message = Outgoing(
                channel=channel,
                address=address,
                text=self._text(fact, Recipient.CUSTOMER, channel, subject.tz, is_staff=True),
                dedupe_key=f"{subject.once or fact.row.dedupe_key}:{channel}:customer",
                due_at=letter_time(fact.now, subject.tz, Level.INFO, fact.quiet) if is_held else fact.now,
                event=event.code,
                link=self._link(subject.customer_url),
                order_id=subject.order_id,
                customer_id=subject.customer_id,
                org_id=subject.org_id,
                error=NO_SITE if is_lost else "",
            )
            await post(session, message, fact.now)
            if event.first_only:
                return

    def _text(self, fact: _Fact, recipient: Recipient, channel: Channel, tz: str, *, is_staff: bool) -> Text:
        subject, code = fact.subject, fact.event.code
        url = subject.customer_url if recipient is Recipient.CUSTOMER else subject.url
        moments = {name: moment_words(at, tz) for name, at in subject.moments.items()}
        values = {**subject.values, **moments, "zone": tz, "link": self._link(url)}
        if not is_staff:
            hidden = {name: without_numbers(values[name], fact.numbers) for name in subject.private}
            values |= hidden
        words = fact.words.get((recipient, channel)) or self._texts.built_in(code, recipient, channel)
        return self._texts.render(words, dict.fromkeys(placeholders(code), "") | values, channel)

    def _link(self, url: str) -> str:
        return f"{self._site_address}{url}" if self._site_address and url else ""


async def _gather(session: AsyncSession, row: OutboxRow, subject: Subject, now: datetime) -> _Fact:
    event = event_of(row.topic, row.data)
    customer_id = subject.customer_id
    return _Fact(
        row=row,
        event=event,
        subject=subject,
        choices=await load_choices(session, event),
        words=await own_words(session, event.code),
        quiet=(await message_settings(session)).quiet,
        numbers=await customer_numbers(session, customer_id) if customer_id is not None else (),
        now=now,
    )


def _is_on(fact: _Fact, person: Person, channel: Channel) -> bool:
    """Of what he did himself a person hears only where the network wants it so."""
    if person.recipients == {Recipient.SELF}:
        return fact.choices.for_recipient(Recipient.SELF, channel)
    return fact.choices.for_person(person.id, person.org_id, person.recipients, channel)


async def _ask(session: AsyncSession, row: OutboxRow, now: datetime) -> None:
    """The question after closing, unless the order was opened again meanwhile."""
    order = await session.get(OrderRow, int(row.data["order_id"]))
    is_asked = order is not None and order.kind == OrderKind.ORDER.value
    is_closed = is_asked and order is not None and order.status_class == OrderClass.CLOSED.value
    if is_closed and (await order_settings(session)).survey_after_close:
        await send_survey(session, int(row.data["order_id"]), now)


async def _notice(session: AsyncSession, fact: _Fact, person: Person, text: Text) -> None:
    await insert_unless_exists(
        session,
        NoticeRow,
        user_id=person.id,
        topic=fact.event.code,
        level=fact.event.level.value,
        title=text.title,
        body=text.body,
        url=fact.subject.url,
        at=fact.now,
        read_at=None,
        dedupe_key=fact.row.dedupe_key,
    )
