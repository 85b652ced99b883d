"""What the room of messages needs from below; bootstrap fills it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from callcore.messaging.catcher import Catcher
from callcore.messaging.message_desk import MessageDesk

# A form and its signature, to what it tells: False when we do not know the message. Raises Forbidden for a forged one.
TwilioTold = Callable[[Mapping[str, str], str], Awaitable[bool]]
TwilioHeard = Callable[[Mapping[str, str], str], Awaitable[None]]  # of a message that came to us


@dataclass(frozen=True, slots=True)
class MessageServices:
    """`catcher` is there in the demonstration only, `twilio` when that sender is set up with an address of ours."""

    desk: MessageDesk
    has_mail: bool
    has_sms: bool
    catcher: Catcher | None = None
    twilio: TwilioTold | None = None
    twilio_heard: TwilioHeard | None = None


SERVICES = web.AppKey("message_services", MessageServices)
