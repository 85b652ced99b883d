"""One call of the past, told step by step: who was rung, who took it, how long they talked.

Who is rung is not invented: it is the answer of routing.decide for the network of the demo at that instant.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from callcore.calls.model import (
    CallResult,
    Direction,
    HappeningKind,
    LegOutcome,
    LegRole,
    PhoneInfo,
    Rung,
)
from callcore.demo.chance import Chance
from callcore.network.model import PhoneOwner
from callcore.routing.model import Decision, Step
from dialplans.contract import DeclineReason, FallbackReason, Milestone, StepKind

CLEARED, BUSY, NO_ANSWER, REJECTED = 16, 17, 19, 21  # Q.850
TAKES: Final = {StepKind.OUTLET: 0.78, StepKind.OPERATORS: 0.82, StepKind.DUTY: 0.6}
GIVES_UP_PER_STEP: Final = 0.07
_REFUSALS: Final = (
    (LegOutcome.NO_ANSWER, 0.6),
    (LegOutcome.DECLINED, 0.15),
    (LegOutcome.BUSY, 0.15),
    (LegOutcome.UNAVAILABLE, 0.1),
)
_CAUSES: Final = {
    LegOutcome.BUSY: BUSY,
    LegOutcome.NO_ANSWER: NO_ANSWER,
    LegOutcome.DECLINED: REJECTED,
    LegOutcome.UNAVAILABLE: 20,
}


@dataclass(slots=True)
class ToldLeg:
    role: LegRole
    started_at: datetime
    phone: PhoneInfo | None = None
    step: int | None = None
    answered_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: LegOutcome | None = None
    cause: int = CLEARED


@dataclass(slots=True)
class ToldCall:
    """A call while it is told; `happenings` are (instant, kind, data)."""

    direction: Direction
    started_at: datetime
    number: str
    did_number: str
    decision: Decision | None = None
    name: str = ""
    customer_id: int | None = None
    result: CallResult = CallResult.MISSED
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    talker: PhoneInfo | None = None
    first_tried: PhoneInfo | None = None
    is_transferred: bool = False
    route: Rung = Rung.APP
    legs: list[ToldLeg] = field(default_factory=list)
    happenings: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    order_id: int | None = None
    call_id: str = ""

    @property
    def is_talk(self) -> bool:
        return self.answered_at is not None

    def happened(self, at: datetime, kind: str, **data: Any) -> None:
        self.happenings.append((at, kind, data))


class Teller:
    """Knows the phones and rolls the dice."""

    def __init__(self, chance: Chance, phones: dict[str, PhoneInfo]) -> None:
        self._chance = chance
        self._phones = phones

    def inbound(self, call: ToldCall) -> ToldCall:
        """Walk the plan of the call's decision as the dialplan would."""
        assert call.decision is not None
        customer = ToldLeg(LegRole.CUSTOMER, call.started_at, answered_at=None)
        call.legs.append(customer)
        call.happened(call.started_at, Milestone.ENTERED)
        at = call.started_at + timedelta(seconds=1)
        steps = tuple(enumerate(call.decision.plan.steps, start=1))
        if self._chance.happens(0.008):
            at, steps = self._fall_back(call, steps)
        else:
            call.happened(at, HappeningKind.ROUTED, warning=str(call.decision.warning))
        for number, step in steps:
            at, is_over = self._walk_step(call, number, step, at)
            if is_over:
                break
        else:
            call.happened(at, Milestone.FALLBACK, reason=FallbackReason.EXHAUSTED.value)
        return self._close(call, customer, at)

    def outbound(self, call: ToldCall, phone: PhoneInfo, *, succeeds: bool) -> ToldCall:
        """The phone of ours first, then the customer."""
        at = call.started_at + self._chance.seconds(2, 6)
        ours = ToldLeg(phone.role, call.started_at, phone, answered_at=at)
        customer = ToldLeg(LegRole.CUSTOMER, at)
        call.legs += [ours, customer]
        call.talker = call.first_tried = phone
        at += self._chance.seconds(5, 25)
        if succeeds:
            call.result, call.answered_at = CallResult.ANSWERED, at
            customer.answered_at = customer.bridged_at = ours.bridged_at = at
            customer.outcome = ours.outcome = LegOutcome.TALKED
            at += self._chance.talk()
        else:
            call.result = CallResult.NO_ANSWER
            customer.outcome, customer.cause = LegOutcome.NO_ANSWER, NO_ANSWER
            ours.outcome = LegOutcome.CANCELLED
        customer.ended_at = ours.ended_at = call.ended_at = at
        return call

    def _fall_back(
        self, call: ToldCall, steps: tuple[tuple[int, Step], ...]
    ) -> tuple[datetime, tuple[tuple[int, Step], ...]]:
        """The application was away: the dialplan went to the duty phones by itself."""
        at = call.started_at + self._chance.seconds(2, 5)
        call.route, call.decision = Rung.DUTY, None
        reason = self._chance.of((FallbackReason.AGI_FAILURE, 3), (FallbackReason.TIMEOUT, 1))
        call.happened(at, Milestone.FALLBACK, reason=reason.value, rung=call.route.value)
        return at, tuple(pair for pair in steps if pair[1].kind is StepKind.DUTY)

    def _walk_step(self, call: ToldCall, number: int, step: Step, at: datetime) -> tuple[datetime, bool]:
        """Ring the phones of a step; returns the instant after it and whether the call was taken or given up."""
        phones = [self._phones[key] for key in step.phone_keys]
        call.first_tried = call.first_tried or phones[0]
        call.happened(
            at, Milestone.STEP, step=number, step_kind=step.kind.value, phones=list(step.phone_keys)
        )
        if self._chance.happens(GIVES_UP_PER_STEP):
            end = at + self._chance.seconds(4, step.ring_s)
            self._ring(call, phones, number, at, end, LegOutcome.CANCELLED)
            call.result = CallResult.ABANDONED
            return end, True
        if not self._chance.happens(TAKES[step.kind]):
            end = at + timedelta(seconds=step.ring_s)
            self._ring(call, phones, number, at, end, None)
            return end, False
        winner = self._chance.one(phones)
        answered = at + self._chance.seconds(3, min(step.ring_s, 16))
        joined = answered + self._chance.seconds(1, 3)
        others = [phone for phone in phones if phone is not winner]
        self._ring(call, others, number, at, joined, LegOutcome.CANCELLED)
        return self._talk(call, winner, number, (at, answered, joined)), True

    def _ring(
        self,
        call: ToldCall,
        phones: list[PhoneInfo],
        step: int,
        begin: datetime,
        end: datetime,
        outcome: LegOutcome | None,
    ) -> None:
        for phone in phones:
            what = outcome or self._chance.of(*_REFUSALS)
            leg = ToldLeg(phone.role, begin, phone, step, ended_at=end, outcome=what)
            leg.cause = _CAUSES.get(what, CLEARED)
            call.legs.append(leg)
            if what is LegOutcome.DECLINED:
                leg.answered_at = begin + (end - begin) / 2
                key = f"p{phone.phone_id}"
                call.happened(leg.answered_at, Milestone.OFFERED, phone=key)
                call.happened(leg.answered_at, Milestone.DECLINED, phone=key, reason=DeclineReason.KEY.value)

    def _talk(
        self, call: ToldCall, phone: PhoneInfo, step: int, moments: tuple[datetime, datetime, datetime]
    ) -> datetime:
        begin, answered, joined = moments
        call.happened(answered, Milestone.OFFERED, phone=f"p{phone.phone_id}")
        call.happened(joined, Milestone.ACCEPTED, phone=f"p{phone.phone_id}")
        call.talker, call.answered_at = phone, joined
        is_duty = phone.owner is PhoneOwner.DUTY
        call.result = CallResult.DUTY_ANSWERED if is_duty else CallResult.ANSWERED
        end = joined + self._chance.talk()
        leg = ToldLeg(phone.role, begin, phone, step, answered, joined, end, LegOutcome.TALKED)
        call.legs.append(leg)
        others = [other for other in self._phones.values() if other.owner is PhoneOwner.OPERATOR]
        if not is_duty and others and self._chance.happens(0.04):
            return self._transfer(call, phone, self._chance.one(others), end)
        return end

    def _transfer(self, call: ToldCall, giver: PhoneInfo, taker: PhoneInfo, at: datetime) -> datetime:
        """The customer stays, the second phone goes on."""
        call.is_transferred = True
        call.happened(
            at,
            HappeningKind.TRANSFERRED,
            way="blind",
            result="Success",
            phone=f"p{giver.phone_id}",
            extension="",
        )
        joined = at + self._chance.seconds(4, 12)
        end = joined + self._chance.talk()
        leg = ToldLeg(taker.role, at, taker, None, joined, joined, end, LegOutcome.TALKED)
        call.legs.append(leg)
        return end

    def _close(self, call: ToldCall, customer: ToldLeg, at: datetime) -> ToldCall:
        call.ended_at = customer.ended_at = at
        customer.answered_at = customer.bridged_at = call.answered_at
        customer.outcome = LegOutcome.TALKED if call.is_talk else LegOutcome.NO_ANSWER
        call.happened(at, Milestone.DONE, result="ANSWER" if call.is_talk else "NOANSWER")
        return call
