"""The rooms of messages and of feedback, over one installation's ways out."""

from collections.abc import Mapping
from typing import Protocol

from callcore.bootstrap.message_ways import MessageWays
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.messaging.feedback_service import FeedbackDesk
from callcore.messaging.message_desk import MessageDesk
from callcore.messaging.sms.port import SmsHeard
from callcore.messaging.sms_news import take_heard, take_news
from callcore.messaging.texts import Texts
from web.feedback.pages import room as feedback_room
from web.messages.room import room as message_room
from web.messages.services import Heard, MessageServices, TwilioTold
from web.rooms import Room


def telling_rooms(database: Database, clock: Clock, ways: MessageWays) -> tuple[Room, Room]:
    services = MessageServices(
        desk=MessageDesk(database, clock, Texts(), ways.site_address),
        has_mail=ways.letters is not None,
        has_sms=ways.sms.is_set_up,
        catcher=ways.catcher,
        twilio=_twilio(database, clock, ways),
        twilio_heard=_heard(database, clock, ways.hook),
        http_heard=_heard(database, clock, ways.http_hook),
    )
    return message_room(services), feedback_room(FeedbackDesk(database, clock))


def _twilio(database: Database, clock: Clock, ways: MessageWays) -> TwilioTold | None:
    hook = ways.hook
    if hook is None:
        return None

    async def told(form: Mapping[str, str], signature: str) -> bool:
        news = hook.read(form, signature)
        if news is None:
            return True
        async with database.transaction() as session:
            return await take_news(session, "twilio", news, clock.now())

    return told


class _Ear(Protocol):
    def hear(self, form: Mapping[str, str], proof: str, /) -> SmsHeard: ...


def _heard(database: Database, clock: Clock, ear: _Ear | None) -> Heard | None:
    if ear is None:
        return None

    async def heard(form: Mapping[str, str], proof: str) -> None:
        sms = ear.hear(form, proof)
        async with database.transaction() as session:
            await take_heard(session, sms.number, sms.text, clock.now(), sms_id=sms.sms_id)

    return heard
