"""The live link: who hears what, and that no content travels."""

import json
from datetime import UTC, datetime

import pytest

from callcore.calls.events import CallEnded, CallRinging, PbxLinkChanged, RecordingReady, TaskChanged
from callcore.kernel.bus import Audience, Bus
from callcore.messaging.events import NoticesChanged
from callcore.network.model import Role, Viewer
from web.live.hub import QUEUE_FRAMES, LiveHub
from web.live.protocol import CLOSE_TOO_SLOW, frame_for, hello, is_ping

pytestmark = pytest.mark.unit

AT = datetime(2026, 3, 1, tzinfo=UTC)


def viewer(
    role: Role = Role.OPERATOR, user_id: int = 1, org_id: int = 1, phones: tuple[int, ...] = ()
) -> Viewer:
    return Viewer(user_id, "Анна", role, org_id, "Завод", f"/{org_id}/", phones, "Europe/Moscow")


def ringing(**changes: object) -> CallRinging:
    values: dict[str, object] = {
        "at": AT,
        "audience": Audience(staff=True, org_ids=frozenset({5})),
        "call_id": "d-1.1",
        "version": 3,
        "phone_ids": frozenset({12}),
        "user_ids": frozenset({7}),
        "outlet_ids": frozenset(),
    }
    return CallRinging(**{**values, **changes})  # type: ignore[arg-type]


def read(frame: str | None) -> dict[str, object]:
    assert frame is not None
    return json.loads(frame)


def test_the_owner_of_the_ringing_phone_gets_a_pop() -> None:
    expected = {"type": "call", "what": "ringing", "call_id": "d-1.1", "version": 3, "mine": True}
    assert read(frame_for(ringing(), viewer(user_id=7))) == expected
    assert read(frame_for(ringing(), viewer(phones=(12,))))["mine"] is True
    assert read(frame_for(ringing(), viewer()))["mine"] is False


def test_another_dealer_hears_nothing() -> None:
    stranger = viewer(Role.DEALER_OWNER, user_id=9, org_id=6)
    assert frame_for(ringing(), stranger) is None
    ready = RecordingReady(at=AT, audience=Audience(org_ids=frozenset({5})), recording_id=4, call_id="d-1.1")
    assert frame_for(ready, stranger) is None
    assert read(frame_for(ready, viewer(Role.DEALER_OWNER, org_id=5)))["recording_id"] == 4


def test_tasks_and_notices_are_told_to_whom_they_concern() -> None:
    task = TaskChanged(at=AT, audience=Audience(staff=True, org_ids=frozenset({1, 5})), task_id=3)
    assert read(frame_for(task, viewer())) == {"type": "task", "task_id": 3}
    assert read(frame_for(task, viewer(Role.DEALER_OWNER, org_id=5))) == {"type": "task", "task_id": 3}
    assert frame_for(task, viewer(Role.DEALER_OWNER, org_id=6)) is None
    notice = NoticesChanged(at=AT, audience=Audience(user_ids=frozenset({7})))
    assert read(frame_for(notice, viewer(user_id=7))) == {"type": "notice"}
    assert frame_for(notice, viewer(user_id=8)) is None


def test_the_lost_link_is_told_to_everybody() -> None:
    event = PbxLinkChanged(at=AT, audience=Audience(), connected=False, reason="timeout")
    assert read(frame_for(event, viewer(Role.SEO, org_id=99))) == {"type": "link", "link": "down"}
    assert read(hello(connected=True, quiet_ms=7)) == {"type": "hello", "link": "up", "quiet_ms": 7}


@pytest.mark.parametrize("text", ["", "{", "[]", '"ping"', '{"type": 1}', "null"])
def test_nonsense_from_a_client_is_ignored(text: str) -> None:
    assert not is_ping(text)
    assert is_ping('{"type": "ping"}')


def test_a_browser_that_does_not_read_is_marked_and_the_rest_go_on() -> None:
    bus = Bus()
    hub = LiveHub(bus, lambda: True)
    slow, quick = hub.join(viewer()), hub.join(viewer(user_id=2))
    for _ in range(QUEUE_FRAMES + 1):
        bus.publish(
            CallEnded(at=AT, audience=Audience(staff=True), call_id="d-1.1", version=4, result="missed")
        )
        quick.frames.get_nowait()
    assert slow.close_code == CLOSE_TOO_SLOW
    assert not quick.ended.is_set()
    hub.leave(slow)
    hub.close()
    bus.publish(ringing())
    assert hub.count == 1
    assert quick.frames.empty()
