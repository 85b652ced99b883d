"""The matrix, the words and the quiet hours as rooms of pages use them: each step in a transaction of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid
from callcore.messaging.choose_messages import (
    EventCell,
    all_choices,
    choose_for_dealer,
    choose_for_network,
    choose_for_self,
    set_sms_number,
    sms_number,
)
from callcore.messaging.deliveries import DeliveryView, deliveries_of_order
from callcore.messaging.matrix import Channel, Choices, Recipient
from callcore.messaging.outgoing import Outgoing, post
from callcore.messaging.ready_words import LetterPaper, letter_paper
from callcore.messaging.rules import Quiet
from callcore.messaging.settings import MessageSettings, message_settings, set_messages
from callcore.messaging.sms_length import SmsLength, sms_length
from callcore.messaging.template_store import (
    StoredWords,
    changed_cells,
    check_cell,
    check_editor,
    forget_words,
    words_of,
    write_words,
)
from callcore.messaging.texts import SAMPLES, Text, Texts, Words, sample
from callcore.messaging.unsubscribe import StopView, stop_ads, stop_view
from callcore.messaging.write_customer import Written, write_customer, write_to
from callcore.network.model import Role, Viewer
from callcore.network.tables import UserRow

Cell = tuple[str, Recipient, Channel]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a template makes of a sample order; `length` for an SMS only."""

    text: Text
    length: SmsLength | None


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """`choices` by event; `sms` where this person gets SMS, empty for nowhere."""

    choices: Mapping[str, Choices]
    sms: str


class MessageDesk:
    """`site_address` as the Teller's. Rights are checked inside."""

    def __init__(self, database: Database, clock: Clock, texts: Texts, site_address: str) -> None:
        self._database = database
        self._clock = clock
        self._texts = texts
        self._site_address = site_address

    # --- the matrix -----------------------------------------------------------------------------------------------

    async def choices(self) -> Mapping[str, Choices]:
        async with self._database.session() as session:
            return await all_choices(session)

    async def choose(self, viewer: Viewer, wanted: Mapping[EventCell, bool]) -> None:
        """For the network by the factory, for his own people by a dealer. Raises Forbidden, Invalid."""
        choose = choose_for_network if viewer.is_staff else choose_for_dealer
        async with self._database.transaction() as session:
            await choose(session, viewer, wanted, now=self._clock.now())

    async def own(self, viewer: Viewer) -> OwnChoice:
        async with self._database.session() as session:
            return OwnChoice(await all_choices(session), await sms_number(session, viewer))

    async def choose_own(
        self, viewer: Viewer, wanted: Mapping[tuple[str, Channel], bool | None], sms: str
    ) -> None:
        """Raises Invalid (field sms)."""
        async with self._database.transaction() as session:
            await set_sms_number(session, viewer, sms)
            await choose_for_self(session, viewer, wanted)

    async def settings(self) -> MessageSettings:
        async with self._database.session() as session:
            return await message_settings(session)

    async def set_messages(self, viewer: Viewer, quiet: Quiet, sms_a_day: int, shown: int) -> None:
        """Raises Forbidden, Conflict("settings-changed")."""
        check_editor(viewer)
        async with self._database.transaction() as session:
            await set_messages(
                session, quiet, sms_a_day, shown=shown, now=self._clock.now(), user_id=viewer.user_id
            )

    # --- words ----------------------------------------------------------------------------------------------------

    async def changed(self) -> frozenset[tuple[str, str, str]]:
        async with self._database.session() as session:
            return await changed_cells(session)

    async def words(self, viewer: Viewer, cell: Cell) -> StoredWords:
        """Raises Forbidden, NotFound."""
        check_editor(viewer)
        async with self._database.session() as session:
            return await words_of(session, self._texts, *cell)

    async def write(self, viewer: Viewer, cell: Cell, words: Words, shown: int) -> None:
        async with self._database.transaction() as session:
            await write_words(session, viewer, self._texts, cell, words, shown=shown, now=self._clock.now())

    async def forget(self, viewer: Viewer, cell: Cell) -> None:
        async with self._database.transaction() as session:
            await forget_words(session, viewer, cell, now=self._clock.now())

    def preview(self, viewer: Viewer, cell: Cell, words: Words) -> Preview:
        """Raises Forbidden, NotFound, Invalid (fields subject, body)."""
        check_editor(viewer)
        event, recipient, channel = cell
        check_cell(event, recipient, channel)
        self._texts.check(event, channel, words)
        text = self._texts.render(words, sample(event), channel)
        return Preview(text, sms_length(text.body) if channel is Channel.SMS else None)

    async def send_test(self, viewer: Viewer, cell: Cell, words: Words, key: str) -> str:
        """The address it goes to, this person's own. Raises as preview, and Invalid (field test)."""
        text = self.preview(viewer, cell, words).text
        event, _, channel = cell
        async with self._database.transaction() as session:
            own = await sms_number(session, viewer)
            user = await session.get(UserRow, viewer.user_id)
            address = own if channel is Channel.SMS else user.email if user is not None else ""
            if channel is Channel.SITE or not address:
                raise Invalid("no-address", fields={"test": f"no-own-{channel}"})
            now = self._clock.now()
            message = Outgoing(
                channel=channel,
                address=address,
                text=Text(text.title and f"Проверка: {text.title}", text.body),
                dedupe_key=f"test:{viewer.user_id}:{key}",
                due_at=now,
                event=event,
                link=SAMPLES["link"] if channel is Channel.EMAIL else "",
                user_id=viewer.user_id,
                org_id=viewer.org_id,
            )
            await post(session, message, now)
        return address

    # --- customers ------------------------------------------------------------------------------------------------

    async def deliveries(self, viewer: Viewer, number: int) -> tuple[DeliveryView, ...]:
        async with self._database.session() as session:
            return await deliveries_of_order(session, viewer, number)

    async def write_customer(self, viewer: Viewer, number: int, written: Written) -> None:
        async with self._database.transaction() as session:
            await write_customer(
                session, viewer, number, written, site_address=self._site_address, now=self._clock.now()
            )

    async def write_to(self, viewer: Viewer, customer_id: int, written: Written) -> None:
        async with self._database.transaction() as session:
            await write_to(
                session, viewer, customer_id, written, site_address=self._site_address, now=self._clock.now()
            )

    async def letter_paper(
        self, viewer: Viewer, *, number: int | None = None, customer_id: int | None = None
    ) -> LetterPaper:
        """For the form: to whom of the two, what may be said ready-made, how many SMS are left."""
        async with self._database.session() as session:
            return await letter_paper(
                session,
                viewer,
                number=number,
                customer_id=customer_id,
                now=self._clock.now(),
            )

    async def stop_view(self, token: str) -> StopView:
        async with self._database.transaction() as session:
            return await stop_view(session, token, self._clock.now())

    async def stop_ads(self, token: str, ip: str) -> None:
        async with self._database.transaction() as session:
            await stop_ads(session, token, ip=ip, now=self._clock.now())


def may_choose_for_dealer(viewer: Viewer) -> bool:
    return viewer.role in (Role.DEALER_OWNER, Role.SUBDEALER)
