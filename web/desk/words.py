"""Russian words of the desk. Pure."""

from datetime import datetime
from typing import Final

from callcore.calls.model import Direction
from web.calls.words import Mark, status_mark
from web.desk.cards import Head
from web.ui.formats import NBSP, clock_time, zone_label

MOMENTS: Final = {
    "ringing": Mark("Вам звонят", "live", "phone-ringing"),
    "talking": Mark("Вы говорите", "ok", "phone-call"),
    "elsewhere": Mark("Звонок у других", "info", "arrow-forward-up"),
}
OUTBOUND_RINGING: Final = Mark("Вызываем", "live", "phone-outgoing")
PHONE_MOMENTS: Final = {
    "free": Mark("свободен", "calm", "circle-check"),
    "ringing": Mark("звонит", "live", "phone-ringing"),
    "talking": Mark("разговор", "ok", "phone-call"),
    "lost": Mark("не на связи", "bad", "phone-off"),
}
CLOCKS: Final = {"ringing": "ждёт", "talking": "говорите", "elsewhere": "на линии", "ended": "длился"}


def local_clock(now: datetime, tz: str) -> str:
    """«06:31 (МСК+7)»: the customer's own time."""
    return f"{clock_time(now, tz)[:5]}{NBSP}({zone_label(now, tz)})"


def head_mark(head: Head) -> Mark:
    """What the call is for this person; once it has ended, its result."""
    if head.moment == "ended":
        return status_mark(head.call.state, head.call.result)
    if head.moment == "ringing" and head.call.direction == Direction.OUTBOUND:
        return OUTBOUND_RINGING
    return MOMENTS[head.moment]
