"""Sends what waits. Any number of workers may run beside each other.

A row is taken for the time of a lease (see claim). A fact of the outbox becomes notices and letters in the transaction that
marks it done: exactly once. A letter or SMS is sent, then marked: whoever dies between the two sends it again after the
lease, under the same name (Message-ID, our id of an SMS). Failures are tried again by rules.next_try; then the row is dead
and waits for a person. Advertising asks for the customer's consent right before it leaves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, update

from callcore.customers.consents import ConsentKind, has_consent
from callcore.kernel.bus import Bus, Event
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.outbox import OutboxRow
from callcore.kernel.tasks import TaskOwner
from callcore.messaging.claim import claim, is_any_due
from callcore.messaging.health import OPEN_FACT, OPEN_LETTER, OPEN_SMS, WAITS, MessageHealth, read_health
from callcore.messaging.letters import bury_fact
from callcore.messaging.mail import LetterRefused, LetterSender
from callcore.messaging.rules import LetterState, next_try
from callcore.messaging.sms.port import SentSms, SmsMessage, SmsRefused
from callcore.messaging.sms.route import SmsRoute
from callcore.messaging.sms_news import FIRST_LOOK, ask_news
from callcore.messaging.tables import DeliveryRow
from callcore.messaging.tell import Teller

POLL_S: Final = 2.0
FACTS_AT_ONCE: Final = 20
FACT_LEASE: Final = timedelta(seconds=60)
LETTERS_AT_ONCE: Final = 5
LETTER_LEASE: Final = timedelta(minutes=3)  # longer than all of a batch can take
OLDEST_LETTER: Final = timedelta(days=3)  # news of last week is none
NO_CONSENT: Final = "no-consent"
_log = get_logger(__name__)


class MessageWorker:
    """`sender` none: mail is not set up, letters wait for it. `sms` without senders: every SMS dies with that reason.
    `pass_over` does all that is due once; `start` does it for ever, at once after `wake`."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bus: Bus,
        teller: Teller,
        sender: LetterSender | None,
        sms: SmsRoute | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._teller = teller
        self._sender = sender
        self._sms = sms or SmsRoute(())
        self._tasks = TaskOwner("messages")
        self._woken = asyncio.Event()
        self.health = MessageHealth(has_mail=sender is not None)

    def start(self) -> None:
        _ = self._tasks.spawn("facts", self._run(self.tell_facts, self._woken))
        _ = self._tasks.spawn("letters", self._run(self._letters_step, asyncio.Event()))
        _ = self._tasks.spawn("sms", self._run(self.send_sms, asyncio.Event()))
        _ = self._tasks.spawn("sms-news", self._run(self.ask_news, asyncio.Event()))
        self._sms.start()

    async def close(self) -> None:
        await self._tasks.close()
        await self._sms.close()

    def wake(self) -> None:
        """Something was committed to the outbox."""
        self._woken.set()

    async def _run(self, step: Callable[[], Any], woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            try:
                while await step():
                    pass
            except DatabaseUnavailable as exc:
                _log.warning("messages wait for the database", error=str(exc))
            except Exception:  # noqa: BLE001 - a border: the loop must outlive any failure of a step
                _log.exception("message step failed")
            try:
                async with asyncio.timeout(POLL_S):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _is_any_due(self, table: type[Any], is_open: tuple[ColumnElement[bool], ...]) -> bool:
        return await self._database.read(
            partial(is_any_due, table=table, is_open=is_open, now=self._clock.now())
        )

    async def pass_over(self) -> None:
        """Until nothing is due; for commands and tests."""
        while await self.tell_facts() or await self.send_letters() or await self.send_sms():
            pass

    # --- facts --------------------------------------------------------------------------------------------------

    async def tell_facts(self) -> int:
        """One batch; returns how many were taken."""
        if not await self._is_any_due(OutboxRow, OPEN_FACT):
            return 0
        now = self._clock.now()
        rows = await self._database.transact(
            lambda session: claim(
                session, OutboxRow, OPEN_FACT, now=now, lease=FACT_LEASE, limit=FACTS_AT_ONCE
            )
        )
        for row in rows:
            try:
                events = await self._tell(row)
            except DatabaseUnavailable:
                raise  # the lease brings it back
            except Exception as exc:  # noqa: BLE001 - a border: one fact must not hold up the others
                await self._fact_failed(row, exc)
            else:
                self._bus.publish(*events)
        return len(rows)

    async def _tell(self, row: OutboxRow) -> tuple[Event, ...]:
        now = self._clock.now()
        async with self._database.transaction() as session:
            # first of all the row: whoever lost the lease meanwhile waits here and then finds it done
            held = await session.scalar(
                update(OutboxRow)
                .where(OutboxRow.id == row.id, OutboxRow.attempts == row.attempts, *OPEN_FACT)
                .values(done_at=now, error="")
                .returning(OutboxRow.id)
                .execution_options(synchronize_session=False)
            )
            return await self._teller.tell(session, row, now) if held is not None else ()

    async def _fact_failed(self, row: OutboxRow, exc: Exception) -> None:
        now = self._clock.now()
        again = next_try(now, row.attempts)
        error = f"{type(exc).__name__}: {exc}"[:300]
        _log.error("fact not told", topic=row.topic, id=row.id, attempts=row.attempts, error=error)
        values = {"error": error} | ({"due_at": again} if again else {"done_at": now})
        async with self._database.transaction() as session:
            await session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == row.id, OutboxRow.attempts == row.attempts, *OPEN_FACT)
                .values(**values)
            )
            if again is None:
                await bury_fact(session, row, error, now)

    # --- letters ------------------------------------------------------------------------------------------------

    async def _letters_step(self) -> int:
        self.health = await self._database.read(
            partial(read_health, now=self._clock.now(), has_mail=self._sender is not None)
        )
        return await self.send_letters()

    async def send_letters(self) -> int:
        """One batch; returns how many were taken. Without a mail server letters stay as they are."""
        if self._sender is None:
            return 0
        return await self._batch(OPEN_LETTER, self._send_letter)

    async def send_sms(self) -> int:
        """As send_letters."""
        return await self._batch(OPEN_SMS, self._send_sms)

    async def ask_news(self) -> int:
        """Asks for the end of messages that were taken, where news do not come by themselves."""
        return await ask_news(self._database, self._sms, self._clock.now())

    async def _batch(
        self, is_open: tuple[ColumnElement[bool], ...], send: Callable[[DeliveryRow], Awaitable[SentSms]]
    ) -> int:
        if not await self._is_any_due(DeliveryRow, is_open):
            return 0
        now = self._clock.now()
        rows = await self._database.transact(
            lambda session: claim(
                session, DeliveryRow, is_open, now=now, lease=LETTER_LEASE, limit=LETTERS_AT_ONCE
            )
        )
        for row in rows:
            await self._send(row, send)
        return len(rows)

    async def _send_letter(self, row: DeliveryRow) -> SentSms:
        assert self._sender is not None
        await self._sender.send(row)
        return SentSms("smtp", "")

    async def _send_sms(self, row: DeliveryRow) -> SentSms:
        return await self._sms.send(SmsMessage(row.id, row.address, row.body), row.attempts)

    async def _send(self, row: DeliveryRow, send: Callable[[DeliveryRow], Awaitable[SentSms]]) -> None:
        now = self._clock.now()
        if (reason := await self._forbids(row, now)) is not None:
            await self._mark(row, state=LetterState.DEAD.value, error=reason)
            return
        try:
            sent = await send(row)
        except (LetterRefused, SmsRefused) as refusal:
            again = next_try(now, row.attempts) if refusal.retryable else None
            _log.warning("message not sent", id=row.id, attempts=row.attempts, code=refusal.code)
            values = {"due_at": again} if again else {"state": LetterState.DEAD.value}
            await self._mark(row, error=refusal.message, **values)
        else:
            now = self._clock.now()
            await self._mark(
                row,
                state=LetterState.SENT.value,
                sent_at=now,
                due_at=now + FIRST_LOOK,
                error="",
                sender=sent.sender,
                sender_id=sent.sender_id,
            )

    async def _forbids(self, row: DeliveryRow, now: datetime) -> str | None:
        """Why this message must not leave any more."""
        if row.attempts == 1 and row.made_at < now - OLDEST_LETTER:
            return "too-old"
        if not row.is_ad:
            return None
        async with self._database.session() as session:
            is_wanted = row.customer_id is not None and await has_consent(
                session, row.customer_id, ConsentKind.ADS
            )
        return None if is_wanted else NO_CONSENT

    async def _mark(self, row: DeliveryRow, **values: Any) -> None:
        marked = (
            update(DeliveryRow)
            .where(DeliveryRow.id == row.id, DeliveryRow.attempts == row.attempts, *WAITS)
            .values(**values)
        )
        await self._database.write(lambda connection: connection.execute(marked))
