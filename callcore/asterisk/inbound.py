"""The application's answer to the PBX's one question: who gets this call.

The network lies in memory as a snapshot; a decision touches neither the database nor the disk. The snapshot is made anew
when the network has changed; when the database is gone the last one goes on serving.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from callcore.asterisk.agi.protocol import AgiRequest, RouteReply
from callcore.asterisk.route_reply import masked_variables, reply_variables
from callcore.calls.facts import RouteDecided
from callcore.calls.model import PhoneInfo
from callcore.calls.phone_book import PhoneBook
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import DatabaseUnavailable, NotAllowedNow
from callcore.kernel.logs import get_logger
from callcore.kernel.metrics import Metrics
from callcore.network.directory import load_directory
from callcore.network.directory_rows import Directory
from callcore.outbound.masked import MaskedWay
from callcore.routing.decide import Answer, answer
from callcore.routing.explain import to_json
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import NOTHING_LIVE, Live
from callcore.routing.model import Decision
from callcore.routing.numbering import NumberingPlan
from callcore.routing.snapshot import RoutingOptions, build_snapshot
from callcore.routing.sounds import NO_SOUNDS, Sounds

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


class InboundRouting:
    """Serves decisions, explanations and the phone book of the tracker (PhoneDirectory).

    `answer` may be asked in another thread than all else: what it reads is replaced whole and never changed. `note` is called in
    that thread, before the next call is decided; what tells the journal, the log and the metrics is given to `later`.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        numbering: Callable[[], NumberingPlan],
        options: RoutingOptions,
        offer: Callable[[RouteDecided], object],
        metrics: Metrics,
        live: Callable[[], Live] = lambda: NOTHING_LIVE,
        sounds: Callable[[], Sounds] = lambda: NO_SOUNDS,
        note: Callable[[Decision, datetime], object] = lambda _decision, _now: None,
        later: Callable[[Callable[[], None]], object] = lambda work: work(),
        masked: Callable[[str, str, datetime], MaskedWay | None] = lambda _caller, _did, _now: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._numbering = numbering
        self._options = options
        self._offer = offer
        self._metrics = metrics
        self._live = live
        self._sounds = sounds
        self._note = note
        self._later = later
        self._masked = masked
        self._directory: Directory | None = None
        self._snapshot: RoutingSnapshot | None = None
        self._phones = PhoneBook(Directory())
        self._version = 0

    @property
    def is_ready(self) -> bool:
        return self._snapshot is not None

    @property
    def snapshot(self) -> RoutingSnapshot | None:
        """The last one made; None before the first."""
        return self._snapshot

    @property
    def made_at(self) -> datetime | None:
        return self._snapshot.made_at if self._snapshot else None

    async def refresh(self) -> bool:
        """Read the network, the numbering plan and the sounds; True when one had changed. Keeps the last snapshot when the database
        does not answer."""
        try:
            now = self._clock.now()
            directory = await self._database.look(lambda session: load_directory(session, now))
        except DatabaseUnavailable:
            _log.warning("network not read, the last snapshot goes on serving", version=self._version)
            return False
        if self._snapshot is not None:
            await asyncio.to_thread(self._snapshot.quarters.prepare, self._clock.now())
        numbering, sounds = await asyncio.to_thread(self._numbering), self._sounds()
        if self._is_current(directory, numbering, sounds):
            return False
        version, now = self._version + 1, self._clock.now()
        snapshot = await asyncio.to_thread(
            build_snapshot,
            directory,
            version,
            now,
            numbering=numbering,
            options=self._options,
            sounds=sounds,
        )
        await asyncio.to_thread(snapshot.quarters.prepare, now)
        self._directory, self._snapshot, self._version = directory, snapshot, version
        self._phones = PhoneBook(directory)
        _log.info("routing snapshot made", version=version, outlets=len(directory.outlets))
        return True

    def _is_current(self, directory: Directory, numbering: NumberingPlan, sounds: Sounds) -> bool:
        made = self._snapshot
        return (
            made is not None
            and made.numbering is numbering
            and made.sounds == sounds
            and directory == self._directory
        )

    def phone(self, key: str) -> PhoneInfo | None:
        return self._phones.phone(key)

    def decide(self, did: str, caller: str, at: datetime) -> Decision:
        """Raises NotAllowedNow before the first snapshot: the dialplan then takes its own branch."""
        return self._answer(did, caller, at).decision()

    def _answer(self, did: str, caller: str, at: datetime) -> Answer:
        if self._snapshot is None:
            raise NotAllowedNow("no-snapshot", "the network has not been read yet")
        return answer(self._snapshot, did, caller, at, self._live())

    def answer(self, request: AgiRequest) -> RouteReply:
        """The handler of the FastAGI server: in memory, no waiting. All that the caller need not wait for comes afterwards."""
        started = time.perf_counter()
        now = self._clock.now()
        with uncollected():
            if (way := self._masked(request.caller_number, request.did, now)) is not None:
                return RouteReply(masked_variables(way), partial(_note_masked, request.call_id, way.order_id))
            found = self._answer(request.did, request.caller_number, now)
        took_s = time.perf_counter() - started
        return RouteReply(
            reply_variables(found.plan), partial(self._afterwards, request.call_id, found, now, took_s)
        )

    def _afterwards(self, call_id: str, found: Answer, now: datetime, took_s: float) -> None:
        decision = found.decision()
        try:
            self._note(decision, now)
        finally:
            self._later(partial(self._tell, call_id, decision, now, took_s))

    def _tell(self, call_id: str, decision: Decision, now: datetime, took_s: float) -> None:
        self._metrics.route_seconds.observe(took_s)
        self._metrics.route_decisions.labels(decision.warning or "none").inc()
        why = decision.explanation
        self._offer(
            RouteDecided(
                at=now,
                call_id=call_id,
                did_number=why.did_number or why.did_dialled,
                did_id=decision.did_id,
                region_code=decision.region_code,
                source=decision.source,
                warning=decision.warning,
                explanation=to_json(decision),
            )
        )
        _log.debug(
            "call routed",
            call_id=call_id,
            did=why.did_dialled,
            region=decision.region_code,
            steps=len(decision.plan.steps),
            warning=decision.warning,
        )


def _note_masked(call_id: str, order_id: int) -> None:
    _log.info("a dealer's own telephone gets his customer", call_id=call_id, order_id=order_id)
