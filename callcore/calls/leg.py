"""One channel in its role. Pure; written only by the tracker."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcore.calls.changes import LegRecord
from callcore.calls.model import LegOutcome, LegRole, PhoneInfo

_BY_DIAL_STATUS: Final = {
    "BUSY": LegOutcome.BUSY,
    "NOANSWER": LegOutcome.NO_ANSWER,
    "CANCEL": LegOutcome.CANCELLED,
    "CHANUNAVAIL": LegOutcome.UNAVAILABLE,
    "CONGESTION": LegOutcome.FAILED,
}
# Q.850, for a leg that no DialEnd explained
_BY_CAUSE: Final = {
    1: LegOutcome.UNAVAILABLE,
    3: LegOutcome.UNAVAILABLE,
    17: LegOutcome.BUSY,
    18: LegOutcome.NO_ANSWER,
    19: LegOutcome.NO_ANSWER,
    20: LegOutcome.UNAVAILABLE,
    21: LegOutcome.DECLINED,
    27: LegOutcome.UNAVAILABLE,
    34: LegOutcome.FAILED,
    38: LegOutcome.FAILED,
    41: LegOutcome.FAILED,
    42: LegOutcome.FAILED,
    58: LegOutcome.FAILED,
}


@dataclass(slots=True, eq=False)
class Leg:
    """`is_caller`: the channel began its group, nobody called it. `is_called`: dialled; `is_ringing`: it
    rang or was picked up; `has_rung`: its people were told."""

    uniqueid: str
    channel: str
    started_at: datetime
    is_trunk: bool
    is_caller: bool
    step: int | None = None
    phone_key: str = ""
    phone: PhoneInfo | None = None
    is_called: bool = False
    is_ringing: bool = False
    has_rung: bool = False
    is_declined: bool = False
    dial_status: str = ""
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    hangup_cause: int | None = None
    is_customer: bool = False
    stored: LegRecord | None = None

    @property
    def is_alive(self) -> bool:
        return self.ended_at is None

    @property
    def is_being_called(self) -> bool:
        return self.is_called and self.is_alive and self.bridged_at is None

    def was_open_at(self, at: datetime) -> bool:
        """The phone was still being called: it had neither said no nor been given up by then."""
        has_said = self.is_declined or self.dial_status in ("BUSY", "NOANSWER", "CHANUNAVAIL", "CONGESTION")
        return not has_said and (self.ended_at is None or self.ended_at >= at)

    @property
    def role(self) -> LegRole:
        if self.is_customer:
            return LegRole.CUSTOMER
        return self.phone.role if self.phone else LegRole.OTHER

    @property
    def outcome(self) -> LegOutcome | None:
        """None while the leg lives, and for a caller who never talked: the call's result says why."""
        if self.ended_at is None:
            return None
        if self.bridged_at is not None:
            return LegOutcome.TALKED
        if self.is_caller:
            return None
        if self.is_declined:
            return LegOutcome.DECLINED
        if self.answered_at is not None:
            return LegOutcome.CANCELLED
        by_dial = _BY_DIAL_STATUS.get(self.dial_status)
        return by_dial or _BY_CAUSE.get(self.hangup_cause or 0, LegOutcome.CANCELLED)

    def record(self, call_id: str) -> LegRecord:
        phone = self.phone
        return LegRecord(
            call_id=call_id,
            uniqueid=self.uniqueid,
            channel=self.channel,
            role=self.role,
            phone_id=phone.phone_id if phone else None,
            org_id=phone.org_id if phone else None,
            outlet_id=phone.outlet_id if phone else None,
            user_id=phone.user_id if phone else None,
            step=self.step,
            started_at=self.started_at,
            answered_at=self.answered_at,
            bridged_at=self.bridged_at,
            ended_at=self.ended_at,
            outcome=self.outcome,
            hangup_cause=self.hangup_cause,
        )
