"""What is known of one attempt while it lives: facts in, the next state out; and what it comes to. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from callcore.calls.attempts import ORDER_OF_STATES, AttemptReason, AttemptResult, AttemptState
from callcore.calls.facts import (
    BridgeEntered,
    BridgeLeft,
    ChannelHungUp,
    ChannelStateChanged,
    LiveChannel,
    MilestoneReached,
    OriginateFailed,
    PbxFact,
)
from dialplans.contract import DeclineReason, Milestone, OutStage

_TEMPORARILY: Final = 19  # Q.850
_REJECTED: Final = 21


@dataclass(frozen=True, slots=True)
class Conclusion:
    result: AttemptResult
    reason: AttemptReason


@dataclass(slots=True)
class Trail:
    """`is_whole`: heard from its first word on without a gap. `is_live`: the PBX has channels of it, as far as we know;
    `gone_at`: it has none any more; `has_lived`: it had. `is_refused`: the PBX could not begin it. `is_cut_off`: another PBX
    process has taken the place of the one that carried it; `is_lost`: that may be. `absent_since`: when, on our clock, the PBX
    was found without it. `is_unasked`: the PBX has no word of it. `is_barred`: it ended in a PBX that begins nothing more;
    `is_halted`: that PBX hung up whatever it had. `stored`: the state that its row has. `stage`, `status`, `cause`: who was not reached, DIALSTATUS and Q.850."""

    call_id: str
    state: AttemptState = AttemptState.MADE
    stored: AttemptState = AttemptState.MADE
    made_at: datetime | None = None
    sent_at: datetime | None = None
    joined_at: datetime | None = None
    is_stopped: bool = False
    is_whole: bool = False
    is_live: bool = False
    has_lived: bool = False
    is_refused: bool = False
    is_lost: bool = False
    is_cut_off: bool = False
    is_unasked: bool = False
    is_barred: bool = False
    is_halted: bool = False
    absent_since: datetime | None = None
    gone_at: datetime | None = None
    parted_at: datetime | None = None
    customer: str = ""  # uniqueid of the outside channel
    phone: str = ""  # uniqueid of the phone that accepted
    is_customer_first: bool | None = None  # who has hung up first
    has_rung: bool = False  # the customer's telephone
    is_noticed: bool = False  # he has answered and hears that it is recorded
    is_offered: bool = False
    is_declined: bool = False
    is_silent: bool = False  # picked up, pressed nothing
    stage: str = ""
    status: str = ""
    cause: int = 0
    causes: dict[str, int] = field(default_factory=dict)  # of channels that have hung up

    @property
    def talk_s(self) -> int:
        end = self.parted_at or self.gone_at
        return max(int((end - self.joined_at).total_seconds()), 0) if self.joined_at and end else 0

    def hear(self, fact: PbxFact) -> AttemptState | None:
        """The state that this fact leads to, when it is a new one."""
        match fact:
            case MilestoneReached():
                self.is_live = self.gone_at is None
                self.has_lived = True
                return self._go(self._milestone(fact))
            case BridgeEntered() if fact.channel.uniqueid in (self.customer, self.phone):
                self.is_customer_first = None  # whoever had left is back
                if fact.channel.uniqueid == self.phone:
                    return None
                self.joined_at = self.joined_at or fact.at
                return self._go(AttemptState.TALKING)
            case BridgeLeft():
                self._leave(fact.channel.uniqueid)
                return None
            case ChannelStateChanged() if fact.channel.uniqueid == self.customer:
                self.has_rung |= fact.state == "Ringing"
                return None
            case ChannelHungUp():
                return self._go(self._hung_up(fact))
            case OriginateFailed():
                self.is_refused = (
                    not self.has_lived
                )  # else its hang-up tells more; words of a living one may follow
                return None
            case _:
                return None

    def look(self, channels: list[LiveChannel], at: datetime) -> AttemptState | None:
        """Of a snapshot: its channels that live now. What happened before it was not heard."""
        if not channels:
            if self.is_live or self.state not in (AttemptState.MADE, AttemptState.SENT):
                self.is_live, self.gone_at = False, self.gone_at or at
            return None
        self.is_live = self.has_lived = True
        customers = [
            one for one in channels if one.channel.is_trunk and not one.channel.phone_key and not self.phone
        ]
        if len(customers) != 1:
            return None
        self.customer = customers[0].channel.uniqueid
        if not customers[0].bridge_id:
            return self._go(AttemptState.DIALLING)
        self.joined_at = self.joined_at or at
        return self._go(AttemptState.TALKING)

    def cut_off(self, at: datetime) -> None:
        """Whatever it had is gone with the PBX that carried it."""
        self.is_cut_off, self.is_live, self.gone_at = True, False, self.gone_at or at

    def _go(self, state: AttemptState | None) -> AttemptState | None:
        """Only on."""
        if state is None or ORDER_OF_STATES.index(state) <= ORDER_OF_STATES.index(self.state):
            return None
        self.state = state
        return state

    def _milestone(self, fact: MilestoneReached) -> AttemptState | None:
        match fact.kind:
            case Milestone.OUT:
                self.is_whole = True
                return AttemptState.SENT
            case Milestone.OFFERED:
                self.is_offered = True
                return AttemptState.OURS
            case Milestone.ACCEPTED:
                self.phone = fact.channel.uniqueid
                return AttemptState.OURS
            case Milestone.DECLINED:
                self.is_declined |= fact.value("Reason") == DeclineReason.KEY
                self.is_silent |= fact.value("Reason") == DeclineReason.TIMEOUT
            case Milestone.NOTICE:
                self.is_noticed = True
            case Milestone.DIALLING:
                self.customer = fact.channel.uniqueid
                return AttemptState.DIALLING
            case Milestone.UNREACHED:
                cause = fact.value("Cause")
                self.stage, self.status = fact.value("Stage"), fact.value("Result")
                self.cause = int(cause) if cause.isdecimal() else 0
            case _:
                pass
        return None

    def _hung_up(self, fact: ChannelHungUp) -> AttemptState | None:
        uniqueid = fact.channel.uniqueid
        self.causes[uniqueid] = fact.cause
        if uniqueid == self.call_id:
            self.is_live, self.gone_at = False, fact.at
            return AttemptState.ENDED if self.is_whole else None
        self._leave(uniqueid)
        if uniqueid == self.customer:
            self.parted_at = fact.at
        return None

    def _leave(self, uniqueid: str) -> None:
        """Who hangs up leaves his bridge before the other side learns of it; their hang-ups come in any order."""
        if self.is_customer_first is None and uniqueid in (self.customer, self.phone):
            self.is_customer_first = uniqueid == self.customer

    # --- what it comes to ------------------------------------------------------------------------------------

    def conclude(self) -> Conclusion:
        if self.joined_at is not None:
            return Conclusion(AttemptResult.TALKED, self._of_talk())
        if self.is_stopped:
            return Conclusion(AttemptResult.CANCELLED, AttemptReason.STOPPED)
        if self.is_cut_off:
            return Conclusion(AttemptResult.FAILED, AttemptReason.PBX_RESTARTED)
        if self.is_unasked:
            return Conclusion(AttemptResult.FAILED, AttemptReason.NOT_SENT)
        if self._is_barred_out():
            dialled = bool(self.customer)
            return Conclusion(
                AttemptResult.FAILED, AttemptReason.PBX_RESTARTED if dialled else AttemptReason.PBX_STOPPED
            )
        if self.stage == OutStage.STALE or (self.is_refused and not self.has_lived):
            return Conclusion(AttemptResult.FAILED, AttemptReason.PBX_REFUSED)
        if self.customer:
            return self._of_customer()
        if self.phone:
            return Conclusion(AttemptResult.CANCELLED, AttemptReason.HUNG_UP_IN_WHISPER)
        return self._of_ours() if self.stage else Conclusion(AttemptResult.UNKNOWN, AttemptReason.LOST)

    def _is_barred_out(self) -> bool:
        """Nobody's word ended it, or who should have been rung next has no channel."""
        if not self.is_barred or not self.stage:
            return self.is_halted or (self.is_barred and self.is_refused)
        if self.stage == OutStage.CUSTOMER:
            return not self.customer
        return self.status == "CHANUNAVAIL" and not self.is_offered

    def _of_talk(self) -> AttemptReason:
        if self.is_stopped:
            return AttemptReason.STOPPED
        return (
            AttemptReason.PBX_RESTARTED
            if self.is_cut_off or self.is_halted
            else _BY_LEAVING[self.is_customer_first]
        )

    def _of_customer(self) -> Conclusion:
        if self.is_noticed and self.is_customer_first:
            return Conclusion(AttemptResult.REJECTED, AttemptReason.HUNG_UP_IN_NOTICE)
        if self.stage != OutStage.CUSTOMER:
            return Conclusion(AttemptResult.CANCELLED, AttemptReason.HUNG_UP_WHILE_RINGING)
        cause = self.causes.get(self.customer) or self.cause
        if self.status == "NOANSWER" and cause == _TEMPORARILY and not self.has_rung:
            return _UNREACHABLE  # 480 at once: switched off; our own patience ends without a cause
        if self.status == "NOANSWER":
            return Conclusion(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER)
        if self.status == "BUSY" and cause != _REJECTED:
            return Conclusion(AttemptResult.BUSY, AttemptReason.CUSTOMER_BUSY)
        return _BY_CAUSE.get(cause, _CARRIER if self.status == "CONGESTION" else _UNREACHABLE)

    def _of_ours(self) -> Conclusion:
        """Of several phones the word of a person counts before that of a machine."""
        if self.is_declined or _REJECTED in self.causes.values():
            return Conclusion(AttemptResult.OURS_DECLINED, AttemptReason.DECLINED)
        if self.is_silent:
            return Conclusion(AttemptResult.OURS_NO_ANSWER, AttemptReason.NO_KEY)
        if self.is_offered:
            return Conclusion(AttemptResult.CANCELLED, AttemptReason.HUNG_UP_IN_WHISPER)
        if self.status == "BUSY":
            return Conclusion(AttemptResult.OURS_BUSY, AttemptReason.PHONE_BUSY)
        if self.status in ("NOANSWER", "CANCEL"):
            return Conclusion(AttemptResult.OURS_NO_ANSWER, AttemptReason.PHONE_NO_ANSWER)
        return Conclusion(AttemptResult.OURS_UNREACHABLE, AttemptReason.NOT_REGISTERED)


_BY_LEAVING: Final = {
    True: AttemptReason.CUSTOMER_HUNG_UP,
    False: AttemptReason.OURS_HUNG_UP,
    None: AttemptReason.OVER,
}
_UNREACHABLE: Final = Conclusion(AttemptResult.UNREACHABLE, AttemptReason.CUSTOMER_UNREACHABLE)
_CARRIER: Final = Conclusion(AttemptResult.FAILED, AttemptReason.CARRIER_FAILED)
_REFUSED: Final = Conclusion(AttemptResult.FAILED, AttemptReason.NUMBER_REFUSED)
_BY_CAUSE: Final = {
    1: _REFUSED,
    17: Conclusion(AttemptResult.BUSY, AttemptReason.CUSTOMER_BUSY),
    18: Conclusion(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER),
    19: Conclusion(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER),
    _REJECTED: Conclusion(AttemptResult.REJECTED, AttemptReason.CUSTOMER_REJECTED),
    22: _REFUSED,
    28: _REFUSED,
    34: _CARRIER,
    38: _CARRIER,
    41: _CARRIER,
    42: _CARRIER,
}
