"""All live links of this process: one subscriber of the bus, one bounded queue per browser."""

import asyncio
import time
from collections.abc import Callable

from callcore.kernel.bus import Bus, Event
from callcore.network.model import Viewer
from web.live.protocol import CLOSE_RESTART, CLOSE_TOO_SLOW, frame_for

QUEUE_FRAMES = 200


class LiveLink:
    """The outgoing side of one browser. `end` asks its session to close the socket; a full queue does it too, and the
    browser comes back for the whole state."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.frames: asyncio.Queue[str] = asyncio.Queue(QUEUE_FRAMES)
        self.ended = asyncio.Event()
        self.close_code = 0

    def send(self, frame: str) -> None:
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.end(CLOSE_TOO_SLOW)

    def end(self, close_code: int) -> None:
        if not self.ended.is_set():
            self.close_code = close_code
            self.ended.set()


class LiveHub:
    def __init__(self, bus: Bus, is_connected: Callable[[], bool]) -> None:
        self._links: set[LiveLink] = set()
        self.is_connected = is_connected
        self._told_at = time.monotonic()
        self._unsubscribe = bus.subscribe(self._spread)

    @property
    def count(self) -> int:
        return len(self._links)

    @property
    def quiet_ms(self) -> int:
        """Since the last news of all, or since the beginning of this process, which knows nothing of those before it."""
        return int((time.monotonic() - self._told_at) * 1000)

    def join(self, viewer: Viewer) -> LiveLink:
        link = LiveLink(viewer)
        self._links.add(link)
        return link

    def leave(self, link: LiveLink) -> None:
        self._links.discard(link)

    def close(self) -> None:
        """The application stops: browsers are asked to come back."""
        self._unsubscribe()
        for link in self._links:
            link.end(CLOSE_RESTART)

    def _spread(self, event: Event) -> None:
        self._told_at = time.monotonic()
        for link in self._links:
            frame = frame_for(event, link.viewer)
            if frame is not None:
                link.send(frame)
