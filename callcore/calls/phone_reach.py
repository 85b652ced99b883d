"""Which of our phones the PBX can reach: its list after each connection, then what it tells of changes.

What is not known is taken for reachable: before the first list, after the link is lost, for a phone of which the PBX says
nothing. An external number has no registration and never stands here.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from callcore.calls.facts import PbxFact, PbxLost, PbxSnapshot, PhoneStateChanged
from callcore.calls.pbx import Pbx
from callcore.kernel.errors import PbxUnavailable

ASK_AGAIN_S: Final = 60.0  # mends whatever was missed
RETRY_S: Final = 2.0
_UNREACHABLE: Final = "unavailable"


class PhoneState(StrEnum):
    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"  # no registration, or its telephone does not answer


class PhoneReach:
    """`hear` takes every fact in the order of its coming; `keep_asking` runs beside it."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._wanted = asyncio.Event()
        self._told: dict[str, str] = {}  # newer than the question that is under way
        self._known: frozenset[str] = frozenset()
        self.is_known = False
        self.unreachable: frozenset[str] = frozenset()

    def hear(self, fact: PbxFact) -> None:
        if isinstance(fact, PhoneStateChanged):
            self._told[fact.phone_key] = fact.state
            if self.is_known:
                self._change(self.unreachable, {fact.phone_key: fact.state})
        elif isinstance(fact, PbxSnapshot):
            self._wanted.set()
        elif isinstance(fact, PbxLost):
            self.is_known, self.unreachable = False, frozenset()

    def phone_states(self) -> Mapping[int, PhoneState]:
        """By phone id, of the phones of which the PBX told; empty while it is not heard."""
        return {
            int(key[1:]): PhoneState.UNREACHABLE if key in self.unreachable else PhoneState.REACHABLE
            for key in (self._known if self.is_known else ())
            if key[1:].isdigit()
        }

    async def keep_asking(self) -> None:
        """For ever: at each snapshot, and from time to time."""
        pause_s = ASK_AGAIN_S
        while True:
            try:
                async with asyncio.timeout(pause_s):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            pause_s = ASK_AGAIN_S if await self.ask() else RETRY_S

    async def ask(self) -> bool:
        """False when the PBX did not answer: then nothing is known."""
        self._told = {}
        try:
            states = await self._pbx.phone_states()
        except PbxUnavailable:
            self.is_known, self.unreachable = False, frozenset()
            return False
        self._known = frozenset()
        self._change(frozenset(), states | self._told)
        self.is_known = True
        return True

    def _change(self, known: frozenset[str], states: dict[str, str]) -> None:
        lost = {key for key, state in states.items() if state == _UNREACHABLE}
        self.unreachable = (known - states.keys()) | lost
        self._known |= states.keys()
