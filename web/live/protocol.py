"""What travels over the live link. Pure: events in, text frames out.

Theory of operation. A frame names a thing and its version, never its content: numbers and names reach a browser only
through pages, which know the viewer's rights. So a lost or doubled frame costs one request at most, and a client that
was away only has to fetch the desk again. Frames of the server, JSON objects:

    {"type": "hello", "link": "up", "quiet_ms": 5210}                     first frame of every connection; how long ago the
                                                                          last news was: a page older than that has missed it
    {"type": "link", "link": "down"}                                      the PBX is out of reach: the screen may be old
    {"type": "call", "what": "ringing", "call_id": …, "version": …, "mine": true}
    {"type": "recording", "recording_id": 7, "call_id": …}                 it can be played; it pauses, or goes on
    {"type": "task", "task_id": 7}                                         made, taken, postponed, closed
    {"type": "order", "number": 416, "what": "moved"}                      created, available, moved, changed
    {"type": "attempt", "call_id": …, "state": "dialling", "result": "", "version": …}   a call that we make
    {"type": "callback", "callback_id": 7}                                 asked for, called, closed
    {"type": "notice"}                                                     the inbox of this person has changed

`what` is ringing, answered, ended or changed; `mine` tells that one of the viewer's own phones is concerned. The client
sends nothing that matters; {"type": "ping"} is answered with {"type": "pong"}.
"""

import json
from typing import Any

from callcore.calls.events import (
    AttemptChanged,
    CallAnswered,
    CallChanged,
    CallEnded,
    CallEvent,
    CallRinging,
    PbxLinkChanged,
    RecordingPaused,
    RecordingReady,
    TaskChanged,
)
from callcore.kernel.bus import Event
from callcore.messaging.events import NoticesChanged
from callcore.network.model import Viewer
from callcore.orders.events import OrderChanged
from callcore.outbound.callbacks.events import CallbackChanged

CLOSE_RESTART = 1001  # going away
CLOSE_TOO_SLOW = 4008  # the browser did not read; it reconnects and fetches anew
CLOSE_SIGNED_OUT = 4401  # the session has ended
_WORDS: dict[type[CallEvent], str] = {
    CallRinging: "ringing",
    CallAnswered: "answered",
    CallEnded: "ended",
    CallChanged: "changed",
}


def hello(*, connected: bool, quiet_ms: int) -> str:
    return _frame({"type": "hello", "link": _link(connected), "quiet_ms": quiet_ms})


def pong() -> str:
    return _frame({"type": "pong"})


def is_ping(text: str) -> bool:
    """True for a well-formed ping; anything else from a client is ignored."""
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "ping"


def frame_for(event: Event, viewer: Viewer) -> str | None:
    """The frame that this person gets of an event; None when it is not for them."""
    if isinstance(event, PbxLinkChanged):
        return _frame({"type": "link", "link": _link(event.connected)})
    if not may_hear(event, viewer):
        return None
    if isinstance(event, RecordingReady | RecordingPaused):
        return _frame({"type": "recording", "recording_id": event.recording_id, "call_id": event.call_id})
    if isinstance(event, TaskChanged):
        return _frame({"type": "task", "task_id": event.task_id})
    if isinstance(event, CallbackChanged):
        return _frame({"type": "callback", "callback_id": event.callback_id})
    if isinstance(event, NoticesChanged):
        return _frame({"type": "notice"})
    if isinstance(event, OrderChanged):
        return _frame({"type": "order", "number": event.number, "what": event.what})
    if isinstance(event, AttemptChanged):
        return _attempt_frame(event)
    return _call_frame(event, viewer) if isinstance(event, CallEvent) else None


def _attempt_frame(event: AttemptChanged) -> str:
    return _frame(
        {
            "type": "attempt",
            "call_id": event.call_id,
            "state": event.state,
            "result": event.result,
            "version": event.version,
        }
    )


def _call_frame(event: CallEvent, viewer: Viewer) -> str:
    return _frame(
        {
            "type": "call",
            "what": _WORDS.get(type(event), "changed"),
            "call_id": event.call_id,
            "version": event.version,
            "mine": is_mine(event, viewer),
        }
    )


def may_hear(event: Event, viewer: Viewer) -> bool:
    audience = event.audience
    return (
        (audience.staff and viewer.is_staff)
        or viewer.org_id in audience.org_ids
        or viewer.user_id in audience.user_ids
    )


def is_mine(event: CallEvent, viewer: Viewer) -> bool:
    """One of the viewer's phones rings or talks: the card pops for them."""
    if isinstance(event, CallRinging | CallAnswered):
        return viewer.user_id in event.user_ids or bool(event.phone_ids.intersection(viewer.phone_ids))
    return False


def _link(connected: bool) -> str:
    return "up" if connected else "down"


def _frame(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
