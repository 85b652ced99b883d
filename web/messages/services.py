"""What the room of messages needs from below; bootstrap fills it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from callcore.messaging.catcher import Catcher
from callcore.messaging.message_desk import MessageDesk

# A form and its signature, to what it tells: False when we do not know the message. Raises Forbidden for a forged one.
TwilioTold = Callable[[Mapping[str, str], str], Awaitable[bool]]
# A message that came to us, and the proof of who tells it: a signature, or our secret. Raises Forbidden for a forged one.
Heard = Callable[[Mapping[str, str], str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class MessageServices:
    """`catcher` is there in the demonstration only, `twilio` when that sender is set up with an address of ours, `http_heard`
    when the HTTP provider has our secret."""

    desk: MessageDesk
    has_mail: bool
    has_sms: bool
    catcher: Catcher | None = None
    twilio: TwilioTold | None = None
    twilio_heard: Heard | None = None
    http_heard: Heard | None = None


SERVICES = web.AppKey("message_services", MessageServices)
