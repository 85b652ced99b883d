"""One call while it lives: its channels, who hears whom, and the sums at its end. Pure; written only by the tracker."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callcore.calls.attempts import is_ours
from callcore.calls.changes import CallRecord, Happening, LinkedidSeen
from callcore.calls.handing import Handing
from callcore.calls.leg import Leg
from callcore.calls.model import (
    Caller,
    CallResult,
    CallState,
    Direction,
    LegOutcome,
    LegRole,
    Rung,
    read_caller,
)
from callcore.calls.states import Signal

_NOBODY = Caller("", "", "")
_AT_ONCE = timedelta(seconds=1)  # Dial cancels the phones a moment before the caller's channel is closed


@dataclass(slots=True)
class Channel:
    """A living channel, Local halves included. `pair` is equal for the two halves of one Local channel."""

    uniqueid: str
    name: str
    bridge_id: str = ""
    pair: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.name.startswith("Local/") and self.name[-2:] in (";1", ";2"):
            self.pair = self.name[:-2]

    def hears(self, other: "Channel") -> bool:
        return bool(self.bridge_id and self.bridge_id == other.bridge_id) or bool(
            self.pair and self.pair == other.pair
        )


@dataclass(slots=True, eq=False)
class LiveCall:
    """`came_in`: the first channel is a carrier's, so the call is inbound. `dialled` is what the first channel asked for. `has_lived`: a channel was seen."""

    call_id: str
    started_at: datetime
    came_in: bool
    state: CallState = CallState.OFFERED
    channels: dict[str, Channel] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    linkedids: set[str] = field(default_factory=set)
    uniqueids: set[str] = field(default_factory=set)  # of all channels ever, Local halves included
    absorbed_ids: set[str] = field(default_factory=set)
    caller: Caller = _NOBODY
    dialled: str = ""
    outside: str = ""  # uniqueid of the channel to whom we call, of a call that we make
    did_id: int | None = None
    region_code: str | None = None
    source: str = "unknown"
    warning: str = ""
    explanation: dict[str, Any] | None = None
    route: Rung | None = None
    step: int | None = None
    dial_result: str | None = None
    has_message: bool = False
    is_transferred: bool = False
    answered_at: datetime | None = None
    talk: timedelta = timedelta()
    joined_since: datetime | None = None
    result: CallResult | None = None
    version: int = 0
    anomalies: int = 0
    handings: list[Handing] = field(default_factory=list)
    recordings: set[str] = field(default_factory=set)
    is_calling: bool = False
    is_masked: bool = False  # a dealer's own telephone called our number and is joined with his customer
    has_lived: bool = False
    withheld: list[Happening | LinkedidSeen] = field(
        default_factory=list
    )  # until there is a row to hold them
    stored: CallRecord | None = None

    # --- who is who ---------------------------------------------------------------------------------------

    @property
    def customer(self) -> Leg | None:
        for leg in self.legs.values():  # asked at every fact: a loop costs half of what next() does
            if leg.is_customer:
                return leg
        return None

    @property
    def direction(self) -> Direction:
        if self.came_in:
            return Direction.INBOUND
        return Direction.OUTBOUND if self.is_ours or self.customer else Direction.INTERNAL

    @property
    def is_ours(self) -> bool:
        """We made it: the dialplan tells which channel is the customer's."""
        return self.is_masked or is_ours(self.call_id)

    def elect_customer(self) -> None:
        """The customer is the carrier's channel that is none of our phones; the first one, and for ever once talked."""
        strangers = [
            leg
            for leg in self.legs.values()
            if (leg.uniqueid == self.outside if self.is_ours else leg.is_trunk and not leg.phone_key)
        ]
        first = min(strangers, key=lambda leg: (not leg.is_caller, leg.started_at), default=None)
        for leg in self.legs.values():
            leg.is_customer = leg is first

    @property
    def phone_legs(self) -> list[Leg]:
        return [leg for leg in self.legs.values() if not leg.is_customer]

    def _anchor(self) -> str:
        """The side whose talk is measured: the customer, or who called when there is none."""
        customer = self.customer
        if customer:
            return customer.uniqueid
        return next((leg.uniqueid for leg in self.legs.values() if leg.is_caller), "")

    def joined_phones(self) -> list[Leg]:
        """Legs of phones that hear the customer now, directly or through Local halves."""
        start = self._anchor()
        own = self.channels.get(start)
        if own is None or not (own.bridge_id or own.pair):
            return []
        heard, todo = {start}, [start]
        while todo:
            here = self.channels[todo.pop()]
            fresh = [c.uniqueid for c in self.channels.values() if c.uniqueid not in heard and here.hears(c)]
            heard.update(fresh)
            todo.extend(fresh)
        heard.discard(start)
        return [leg for leg in self.phone_legs if leg.uniqueid in heard and leg.is_alive]

    # --- the clock of the talk -----------------------------------------------------------------------------

    def refresh(self, at: datetime) -> list[Signal]:
        """Bring the sums up to the present picture; tells what changed in it."""
        signals: list[Signal] = []
        phones = self.joined_phones()
        if phones:
            self.answered_at = self.answered_at or at
            for leg in (*phones, self.legs[self._anchor()]):
                leg.bridged_at = leg.bridged_at or at
        if phones and self.joined_since is None:
            self.joined_since = at
            signals.append(Signal.JOINED)
        elif not phones and self.joined_since is not None:
            self.talk += max(at - self.joined_since, timedelta())
            self.joined_since = None
            signals.append(Signal.PARTED)
        is_calling = any(leg.is_being_called for leg in self.legs.values())
        if is_calling != self.is_calling:
            signals.append(Signal.PHONE_CALLED if is_calling else Signal.PHONES_GONE)
            self.is_calling = is_calling
        if self.has_lived and not self.channels and self.state is not CallState.ENDED:
            signals.append(Signal.EMPTIED)
        return signals

    # --- sums ----------------------------------------------------------------------------------------------

    def final_result(self) -> CallResult:
        talked = {leg.role for leg in self.phone_legs if leg.bridged_at}
        if self.came_in:
            return self._inbound_result(talked)
        has_reached = self.is_ours and self.customer is not None and self.customer.answered_at
        if self.answered_at or has_reached:  # a robot talks without a phone of ours
            return CallResult.ANSWERED
        called = [leg for leg in self.legs.values() if not leg.is_caller]
        if self.is_ours:
            called = [leg for leg in called if leg.is_customer]  # else he was never dialled
        lost = (LegOutcome.UNAVAILABLE, LegOutcome.FAILED)
        is_reached = any(leg.outcome not in lost for leg in called)
        return CallResult.NO_ANSWER if is_reached else CallResult.FAILED

    def _inbound_result(self, talked: set[LegRole]) -> CallResult:
        if talked - {LegRole.DUTY}:
            return CallResult.ANSWERED
        if talked:
            return CallResult.DUTY_ANSWERED
        if self.has_message:
            return CallResult.VOICEMAIL
        return CallResult.ABANDONED if self._gave_up() else CallResult.MISSED

    def _gave_up(self) -> bool:
        """The caller left while a phone was still being called, or before any was."""
        customer = self.customer
        called = [leg for leg in self.phone_legs if leg.is_called or leg.ended_at]
        if customer is None or customer.ended_at is None or not called:
            return not self.dial_result or self.dial_result == "CANCEL"
        left_at = customer.ended_at - _AT_ONCE
        return any(leg.was_open_at(left_at) for leg in called)

    def ended_at(self) -> datetime | None:
        if self.state is not CallState.ENDED:
            return None
        return max((leg.ended_at for leg in self.legs.values() if leg.ended_at), default=self.started_at)

    def responsible(self) -> Leg | None:
        """Who talked last, else who was tried first; for an outbound call who called."""
        phones = [leg for leg in self.phone_legs if leg.phone]
        talked = [leg for leg in phones if leg.bridged_at]
        if talked:
            return max(talked, key=lambda leg: leg.bridged_at or self.started_at)
        return min(phones, key=lambda leg: leg.started_at, default=None)

    def record(self) -> CallRecord:
        ended_at = self.ended_at()
        waited_until = self.answered_at or ended_at or self.started_at
        leg = self.responsible()
        phone = leg.phone if leg else None
        customer = self.customer
        is_outbound = self.direction is Direction.OUTBOUND
        other_side = read_caller(self.dialled, "") if is_outbound else self.caller
        return CallRecord(
            call_id=self.call_id,
            direction=self.direction,
            state=self.state,
            result=self.result,
            started_at=self.started_at,
            answered_at=self.answered_at,
            ended_at=ended_at,
            wait_s=_seconds(waited_until - self.started_at),
            talk_s=_seconds(self.talk),
            did_number="" if is_outbound else self.dialled,
            did_id=self.did_id,
            caller_number=other_side.number,
            caller_raw=other_side.raw,
            caller_name=other_side.name,
            region_code=self.region_code,
            source=self.source,
            org_id=phone.org_id if phone else None,
            outlet_id=phone.outlet_id if phone else None,
            user_id=phone.user_id if phone else None,
            route=self.route,
            warning=self.warning,
            is_transferred=self.is_transferred,
            hangup_cause=customer.hangup_cause if customer else None,
            explanation=self.explanation,
            is_ripe=self.route is not None or self.state is not CallState.OFFERED,
        )


def _seconds(length: timedelta) -> int:
    return max(int(length.total_seconds()), 0)
