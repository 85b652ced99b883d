"""Gathers what one fact changed and turns it into Changes. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from callcore.calls.changes import (
    CallRecord,
    CallsMerged,
    Changes,
    Happening,
    LegRecord,
    LinkedidSeen,
    RecordingBegun,
)
from callcore.calls.events import CallAnswered, CallChanged, CallEnded, CallRinging
from callcore.calls.leg import Leg
from callcore.calls.live_call import LiveCall
from callcore.calls.model import CallState, HappeningKind, RecordingKind
from callcore.calls.states import Signal, is_odd, next_state
from callcore.kernel.bus import Audience, Event

MAX_ANOMALIES: Final = 20  # lines of one call; more only count


class Draft:
    """Lives for one fact. `at` is the PBX's time."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.events: list[Event] = []
        self._touched: dict[str, LiveCall] = {}
        self._merges: list[CallsMerged] = []
        self._recordings: list[RecordingBegun] = []

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
        self._merges.append(CallsMerged(loser.call_id, winner.call_id))
        self.happened(winner, HappeningKind.MERGED, call_id=loser.call_id)
        self.events.append(
            CallChanged(
                at=self.at,
                audience=_audience(loser),
                call_id=loser.call_id,
                version=self._version(loser),
                org_ids=_orgs(loser),
                merged_into=winner.call_id,
            )
        )

    def signal(self, call: LiveCall, signal: Signal) -> None:
        if is_odd(call.state, signal):
            self.anomaly(call, "odd-signal", state=call.state.value, signal=signal.value)
        call.state = next_state(call.state, signal)

    def finish(self) -> tuple[Changes, list[LiveCall]]:
        """The changes, and the calls that ended by this fact."""
        calls: list[CallRecord] = []
        said: list[Happening | LinkedidSeen] = []
        legs: list[LegRecord] = []
        ended: list[LiveCall] = []
        for call in tuple(self._touched.values()):
            signals = call.refresh(self.at)
            for signal in signals:
                self.signal(call, signal)
            if Signal.EMPTIED in signals:
                call.result = call.final_result()
                ended.append(call)
            if not call.legs and call.route is None:
                continue  # only Local halves so far: nobody's call yet
            said.extend(replace(word, call_id=call.call_id) for word in call.withheld)
            call.withheld.clear()
            record = call.record()
            is_changed = call.stored != record
            self._announce(call, signals, is_changed=is_changed)
            if is_changed:
                call.stored = record
                calls.append(record)
            legs.extend(_changed_legs(call))
        changes = Changes(
            merges=tuple(self._merges),
            calls=tuple(calls),
            legs=tuple(legs),
            linkedids=tuple(word for word in said if isinstance(word, LinkedidSeen)),
            recordings=tuple(self._recordings),
            happenings=tuple(word for word in said if isinstance(word, Happening)),
            events=tuple(self.events),
        )
        return changes, ended

    # --- events --------------------------------------------------------------------------------------------

    def _announce(self, call: LiveCall, signals: list[Signal], *, is_changed: bool) -> None:
        self._announce_ringing(call)
        common: dict[str, Any] = {"at": self.at, "audience": _audience(call), "call_id": call.call_id}
        common["org_ids"] = _orgs(call)
        if Signal.JOINED in signals:
            legs = [leg for leg in call.joined_phones() if leg.phone]
            self.events.append(
                CallAnswered(
                    **common, version=self._version(call), phone_ids=_phones(legs), user_ids=_users(legs)
                )
            )
        if call.state is CallState.ENDED and Signal.EMPTIED in signals and call.result:
            self.events.append(CallEnded(**common, version=self._version(call), result=call.result.value))
        elif Signal.JOINED not in signals and is_changed:
            self.events.append(CallChanged(**common, version=self._version(call)))

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


def _concerned(call: LiveCall) -> list[Leg]:
    """Legs whose people may know of the call now: who is called or talks, and whose call it is."""
    return [leg for leg in call.legs.values() if leg.phone and (leg.is_alive or leg is call.responsible())]


def _orgs(call: LiveCall) -> frozenset[int]:
    return frozenset[int]().union(*(leg.phone.org_chain for leg in _concerned(call) if leg.phone))


def _audience(call: LiveCall) -> Audience:
    return Audience(staff=True, org_ids=_orgs(call), user_ids=_users(_concerned(call)))


def _phones(legs: list[Leg]) -> frozenset[int]:
    return frozenset(leg.phone.phone_id for leg in legs if leg.phone)


def _users(legs: list[Leg]) -> frozenset[int]:
    return frozenset(leg.phone.user_id for leg in legs if leg.phone and leg.phone.user_id is not None)
