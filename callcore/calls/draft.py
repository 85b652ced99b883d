"""Gathers what one fact changed and turns it into Changes. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from callcore.calls.changes import (
    CallRecord,
    CallsMerged,
    Changes,
    Happening,
    LegRecord,
    LinkedidSeen,
    RecordingBegun,
    TransferRecord,
)
from callcore.calls.events import CallAnswered, CallChanged, CallEnded, CallRinging
from callcore.calls.leg import Leg
from callcore.calls.live_call import LiveCall
from callcore.calls.model import CallState, HappeningKind, RecordingKind
from callcore.calls.states import Signal, is_odd, next_state
from callcore.kernel.bus import Audience, Event

_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
MAX_ANOMALIES: Final = 20  # lines of one call; more only count


class Draft:
    """Gathers what facts changed, until it is taken. `at` is the PBX's time of the present fact."""

    def __init__(self, follow: Callable[[LiveCall, datetime], None]) -> None:
        """`follow` brings the handings on of a call up to the present picture."""
        self._follow = follow
        self.at = _BEFORE_ALL
        self.events: list[Event] = []
        self._touched: dict[str, LiveCall] = {}  # by the present fact
        self._changed: dict[str, LiveCall] = {}  # since the last taking
        self._announced: set[str] = set()  # calls of which more than a change was told
        self._merges: list[CallsMerged] = []
        self._recordings: list[RecordingBegun] = []

    def begin(self, at: datetime) -> None:
        """The next fact."""
        self.at = at
        self._touched = {}

    def touch(self, call: LiveCall) -> None:
        self._touched[call.call_id] = call

    def happened(self, call: LiveCall, kind: str, **data: Any) -> None:
        self.touch(call)
        call.withheld.append(Happening(call.call_id, self.at, kind, data))

    def anomaly(self, call: LiveCall, code: str, **data: Any) -> None:
        call.anomalies += 1
        if call.anomalies <= MAX_ANOMALIES:
            self.happened(call, HappeningKind.ANOMALY, code=code, **data)

    def linkedid(self, call: LiveCall, linkedid: str) -> None:
        if linkedid and linkedid not in call.linkedids:
            call.linkedids.add(linkedid)
            self.touch(call)
            call.withheld.append(LinkedidSeen(call.call_id, linkedid))

    def recording(self, call: LiveCall, base: str, kind: RecordingKind) -> None:
        if not base or base in call.recordings:
            self.anomaly(call, "recording-again" if base else "recording-without-name")
            return
        call.recordings.add(base)
        self.touch(call)
        self._recordings.append(RecordingBegun(call.call_id, base, kind, self.at))

    def merged(self, loser: LiveCall, winner: LiveCall) -> None:
        self._touched.pop(loser.call_id, None)
        self._changed.pop(loser.call_id, None)
        self._merges.append(CallsMerged(loser.call_id, winner.call_id))
        self._recordings = [
            replace(begun, call_id=winner.call_id) if begun.call_id == loser.call_id else begun
            for begun in self._recordings
        ]
        self.happened(winner, HappeningKind.MERGED, call_id=loser.call_id)
        self.events.append(CallChanged(**self._common(loser), merged_into=winner.call_id))

    def signal(self, call: LiveCall, signal: Signal) -> None:
        if is_odd(call.state, signal):
            self.anomaly(call, "odd-signal", state=call.state.value, signal=signal.value)
        call.state = next_state(call.state, signal)

    def settle(self) -> list[LiveCall]:
        """The end of a fact: the sums, the states, and what people wait to hear. Returns the calls that it ended."""
        ended: list[LiveCall] = []
        for call in tuple(self._touched.values()):
            signals = call.refresh(self.at)
            for signal in signals:
                self.signal(call, signal)
            if Signal.EMPTIED in signals:
                call.result = call.final_result()
                ended.append(call)
            self._follow(call, self.at)
            if call.legs or call.route is not None:  # else only Local halves so far: nobody's call yet
                self._announce_ringing(call)
                if signals:
                    self._announce(call, signals)
                self._changed[call.call_id] = call
        return ended

    def take(self) -> Changes:
        """What has changed since the last taking, each thing once, in its newest state."""
        calls: list[CallRecord] = []
        said: list[Happening | LinkedidSeen] = []
        legs: list[LegRecord] = []
        transfers: list[TransferRecord] = []
        for call in self._changed.values():
            said.extend(
                word if word.call_id == call.call_id else replace(word, call_id=call.call_id)
                for word in call.withheld
            )
            call.withheld.clear()
            record = call.record()
            if call.stored != record:
                if call.call_id not in self._announced:
                    self._tell_change(call)
                calls.append(_what_is_new(call.stored, record))
                call.stored = record
            legs.extend(_changed_legs(call))
            transfers.extend(_changed_transfers(call))
        changes = Changes(
            merges=tuple(self._merges),
            calls=tuple(calls),
            legs=tuple(legs),
            transfers=tuple(transfers),
            linkedids=tuple(word for word in said if isinstance(word, LinkedidSeen)),
            recordings=tuple(self._recordings),
            happenings=tuple(word for word in said if isinstance(word, Happening)),
            events=tuple(self.events),
        )
        self.events, self._merges, self._recordings = [], [], []
        self._changed, self._announced = {}, set()
        return changes

    # --- events --------------------------------------------------------------------------------------------

    def _announce(self, call: LiveCall, signals: list[Signal]) -> None:
        is_over = call.state is CallState.ENDED and Signal.EMPTIED in signals and bool(call.result)
        if not is_over and Signal.JOINED not in signals:
            return
        self._announced.add(call.call_id)
        if Signal.JOINED in signals:
            legs = [leg for leg in call.joined_phones() if leg.phone]
            common = self._common(call)
            self.events.append(CallAnswered(**common, phone_ids=_phones(legs), user_ids=_users(legs)))
        if is_over and call.result:
            self.events.append(CallEnded(**self._common(call), result=call.result.value))

    def _tell_change(self, call: LiveCall) -> None:
        self.events.append(CallChanged(**self._common(call)))

    def _common(self, call: LiveCall) -> dict[str, Any]:
        concerned = _concerned(call)
        orgs = frozenset[int]().union(*(leg.phone.org_chain for leg in concerned if leg.phone))
        return {
            "at": self.at,
            "audience": Audience(staff=True, org_ids=orgs, user_ids=_users(concerned)),
            "call_id": call.call_id,
            "version": self._version(call),
            "org_ids": orgs,
        }

    def _announce_ringing(self, call: LiveCall) -> None:
        fresh = [leg for leg in call.legs.values() if leg.is_ringing and leg.phone and not leg.has_rung]
        for leg in fresh:
            leg.has_rung = True
            outlet = leg.phone.outlet_id if leg.phone else None
            chain = leg.phone.org_chain if leg.phone else frozenset[int]()
            self.events.append(
                CallRinging(
                    at=self.at,
                    audience=Audience(staff=True, org_ids=chain, user_ids=_users([leg])),
                    call_id=call.call_id,
                    version=self._version(call),
                    org_ids=chain,
                    phone_ids=_phones([leg]),
                    user_ids=_users([leg]),
                    outlet_ids=frozenset() if outlet is None else frozenset({outlet}),
                )
            )

    def _version(self, call: LiveCall) -> int:
        call.version = max(int(self.at.timestamp() * 1000), call.version + 1)
        return call.version


def _changed_legs(call: LiveCall) -> list[LegRecord]:
    changed = []
    for leg in call.legs.values():
        record = leg.record(call.call_id)
        if record != leg.stored:
            leg.stored = record
            changed.append(record)
    return changed


def _changed_transfers(call: LiveCall) -> list[TransferRecord]:
    changed = []
    for handing in call.handings:
        record = handing.record(call.call_id)
        if record != handing.stored:
            handing.stored = record
            changed.append(record)
    return changed


def _what_is_new(stored: CallRecord | None, record: CallRecord) -> CallRecord:
    """The explanation is long and is told once; none says that it is as it was told."""
    if stored is None or stored.explanation is not record.explanation:
        return record
    return replace(record, explanation=None)


def _concerned(call: LiveCall) -> list[Leg]:
    """Legs whose people may know of the call now: who is called or talks, and whose call it is."""
    responsible = call.responsible()
    return [leg for leg in call.legs.values() if leg.phone and (leg.is_alive or leg is responsible)]


def _phones(legs: list[Leg]) -> frozenset[int]:
    return frozenset(leg.phone.phone_id for leg in legs if leg.phone)


def _users(legs: list[Leg]) -> frozenset[int]:
    return frozenset(leg.phone.user_id for leg in legs if leg.phone and leg.phone.user_id is not None)
