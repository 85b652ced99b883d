"""The application's answer to the PBX's one question: who gets this call.

All that it decides by lies in memory and is replaced whole: a decision touches neither the database nor the disk.
"""

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from callcore.asterisk.agi.protocol import AgiRequest, RouteReply
from callcore.asterisk.answering.differences import with_news
from callcore.asterisk.answering.messages import Decided
from callcore.asterisk.route_reply import masked_variables, reply_variables
from callcore.calls.facts import RouteDecided
from callcore.kernel.clock import Clock
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.logs import get_logger
from callcore.outbound.masked_way import MaskedWay, way_of
from callcore.routing.decide import Answer, answer
from callcore.routing.given import Given, given_by, with_given
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import Live
from callcore.routing.stored import to_json

_log = get_logger(__name__)


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection of garbage while a caller waits: one in the middle of a decision doubles its time, a full one takes
    a quarter of a second in a big network."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class CallAnswerer:
    """`answer` is the handler of the FastAGI server. What it knows may be told in another thread.

    A decision counts from the next call on: it is laid over what was told until the teller says that he has heard of it.
    """

    def __init__(self, clock: Clock, tell: Callable[[Decided], object]) -> None:
        self._clock = clock
        self._tell = tell
        self._snapshot: RoutingSnapshot | None = None
        self._ways: Mapping[tuple[str, str], MaskedWay] = {}
        self._lock = threading.Lock()  # held for moments
        self._told = Live()
        self._given: deque[tuple[int, Given]] = deque()
        self._live = Live()
        self._count = 0

    # --- what it knows

    def learn_network(self, snapshot: RoutingSnapshot) -> None:
        snapshot.quarters.prepare(self._clock.now())
        self._snapshot = snapshot

    def learn_live(self, changes: Mapping[str, Any], heard: int) -> None:
        """See messages.LiveNews."""
        with self._lock:
            self._told = with_news(self._told, changes)
            while self._given and self._given[0][0] <= heard:
                _ = self._given.popleft()
            self._live = with_given(self._told, [given for _, given in self._given])

    def learn_ways(self, ways: Mapping[tuple[str, str], MaskedWay]) -> None:
        self._ways = ways

    def look_ahead(self) -> None:
        """Hours of the coming quarter; call it often."""
        if (snapshot := self._snapshot) is not None:
            snapshot.quarters.prepare(self._clock.now())

    # --- the answer

    def answer(self, request: AgiRequest) -> RouteReply:
        """In memory, no waiting. All that the caller need not wait for comes afterwards. Raises NotAllowedNow before the
        first snapshot: the dialplan then takes its own branch."""
        started = time.perf_counter()
        now = self._clock.now()
        with uncollected():
            if (way := way_of(self._ways, request.caller_number, request.did, now)) is not None:
                return RouteReply(masked_variables(way), partial(_note_masked, request.call_id, way.order_id))
            if self._snapshot is None:
                raise NotAllowedNow("no-snapshot", "the network has not been read yet")
            found = answer(self._snapshot, request.did, request.caller_number, now, self._live)
        took_s = time.perf_counter() - started
        return RouteReply(
            reply_variables(found.plan), partial(self._afterwards, request.call_id, found, now, took_s)
        )

    def _afterwards(self, call_id: str, found: Answer, now: datetime, took_s: float) -> None:
        decision = found.decision()
        given = given_by(decision)
        with self._lock:
            self._count += 1
            number = self._count
            self._given.append((number, given))
            self._live = with_given(self._live, (given,))
        why = decision.explanation
        fact = RouteDecided(
            at=now,
            call_id=call_id,
            did_number=why.did_number or why.did_dialled,
            did_id=decision.did_id,
            region_code=decision.region_code,
            source=decision.source,
            warning=decision.warning,
            explanation=to_json(decision),
        )
        self._tell(Decided(number, fact, given, took_s))


def _note_masked(call_id: str, order_id: int) -> None:
    _log.info("a dealer's own telephone gets his customer", call_id=call_id, order_id=order_id)
