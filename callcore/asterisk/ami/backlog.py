"""The one bounded queue between the AMI callback and the one consumer of facts.

Theory of operation. The backlog is in one of three states:

  lost      nothing that arrives makes sense without a snapshot: it is dropped;
  waiting   a snapshot has been asked for: what arrives is put aside;
  flowing   what arrives is queued.

`lost` -> begin() -> `waiting` -> deliver(snapshot) -> `flowing`; the snapshot is queued first and what was put aside
after it, so a consumer that applies facts in order is right. When a bound is reached everything is dropped, PbxLost is
queued in its place, the state is `lost`, and whoever owns the backlog is told to take a new snapshot.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from callcore.calls.facts import PbxFact, PbxLost, PbxSnapshot
from callcore.kernel.clock import Clock


class _State(StrEnum):
    LOST = "lost"
    WAITING = "waiting"
    FLOWING = "flowing"


class FactBacklog:
    def __init__(self, limit: int, clock: Clock, on_overflow: Callable[[], None]) -> None:
        self._limit = limit
        self._clock = clock
        self._on_overflow = on_overflow
        self._facts: deque[PbxFact] = deque()
        self._aside: list[PbxFact] = []
        self._state = _State.LOST
        self._consumer_knows = False  # a snapshot was queued and no PbxLost after it
        self._filled = asyncio.Event()
        self.overflows = 0

    def __len__(self) -> int:
        return len(self._facts)

    def put(self, fact: PbxFact) -> None:
        if self._state is _State.LOST:
            return
        if len(self._facts) + len(self._aside) >= self._limit:
            self._overflow()
        elif self._state is _State.WAITING:
            self._aside.append(fact)
        else:
            self._append(fact)

    def begin(self) -> None:
        """A snapshot is about to be asked for."""
        self._aside.clear()
        self._state = _State.WAITING

    def deliver(self, snapshot: PbxSnapshot) -> bool:
        """Queue the snapshot and what came meanwhile; False when there was too much of it: ask again."""
        if self._state is not _State.WAITING:
            return False
        aside, self._aside = self._aside, []
        self._state = _State.FLOWING
        self._consumer_knows = True
        self._append(snapshot)
        self._facts.extend(aside)
        return True

    def lose(self, reason: str) -> None:
        """The link is down. The consumer is told once, after the facts that it has not read yet."""
        self._aside.clear()
        self._state = _State.LOST
        if self._consumer_knows:
            self._consumer_knows = False
            self._append(PbxLost(at=self._clock.now(), reason=reason))

    async def get(self) -> PbxFact:
        while not self._facts:
            self._filled.clear()
            await self._filled.wait()
        return self._facts.popleft()

    def take(self) -> list[PbxFact]:
        """All that wait."""
        facts = list(self._facts)
        self._facts.clear()
        return facts

    def _append(self, fact: PbxFact) -> None:
        self._facts.append(fact)
        self._filled.set()

    def _overflow(self) -> None:
        self.overflows += 1
        # The dropped facts may hold the last PbxLost, so the consumer must be told in any case.
        self._facts.clear()
        self._consumer_knows = True
        self.lose("overflow")
        self._on_overflow()
