"""What the dialplan announces by `UserEvent(DL,…)`: one small function per milestone. Pure."""

from collections.abc import Callable
from typing import Final

from callcore.calls.draft import Draft
from callcore.calls.facts import MilestoneReached
from callcore.calls.leg import Leg
from callcore.calls.live_call import LiveCall
from callcore.calls.model import RecordingKind, Rung, read_caller, read_dialled
from dialplans.contract import FallbackReason, FallbackRung, Milestone


def reach_milestone(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    """An unknown kind is an anomaly: the dialplan is newer than we are."""
    reached = _REACHED.get(fact.kind)
    if reached is None:
        draft.anomaly(call, "unknown-milestone")
        return
    reached(call, fact, draft)


def _entered(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    call.came_in = True
    call.dialled = read_dialled(fact.value("Did")) or call.dialled
    if not call.caller.raw:
        call.caller = read_caller(fact.value("Caller"), fact.value("CallerName"))
    draft.happened(call, fact.kind)


def _fallback(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    """After a walked plan the duty phone is the plan's own end; in all other cases the application did not carry."""
    reason, rung = fact.value("Reason"), fact.value("Rung") or Rung.DUTY
    if reason != FallbackReason.EXHAUSTED or call.route is None:
        call.route = Rung(rung) if rung in set(FallbackRung) else Rung.DUTY
    draft.happened(call, fact.kind, reason=reason, rung=rung, script=fact.value("Script"))


def _step(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    call.step = _number(fact.value("Step"))
    draft.happened(
        call,
        fact.kind,
        step=call.step,
        step_kind=fact.value("StepKind"),
        phones=fact.value("Keys").split("-"),
    )


def _offered(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    leg = _leg(call, fact)
    if leg is not None and leg.is_alive:
        leg.is_called = leg.is_ringing = True
    draft.happened(call, fact.kind, phone=fact.value("Phone"))


def _accepted(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    draft.happened(call, fact.kind, phone=fact.value("Phone"))


def _declined(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    leg = _leg(call, fact)
    if leg is not None and fact.value("Reason") != "late":
        leg.is_declined = True
    draft.happened(call, fact.kind, phone=fact.value("Phone"), reason=fact.value("Reason"))


def _recording(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    draft.recording(call, fact.value("File"), RecordingKind.TALK)


def _voicemail(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    seconds = _number(fact.value("Seconds")) or 0
    draft.happened(call, fact.kind, seconds=seconds)
    if seconds > 0:
        call.has_message = True
        draft.recording(call, fact.value("File"), RecordingKind.VOICEMAIL)


def _robot(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    draft.happened(call, fact.kind, key=fact.value("Key"), attempt=_number(fact.value("Try")))


def _callback(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    draft.happened(call, fact.kind, ticket=_number(fact.value("Ticket")))


def _done(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    call.dial_result = fact.value("Result")
    draft.happened(call, fact.kind, result=call.dial_result)


def _out(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    call.dialled = read_dialled(fact.value("Number")) or call.dialled
    draft.happened(call, fact.kind, phones=[key for key in fact.value("Keys").split("-") if key])


def _masked(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    """The telephone that came in is one of ours, the customer will be called."""
    call.is_masked, call.came_in = True, False
    call.dialled = read_dialled(fact.value("Number"))
    call.elect_customer()
    draft.happened(call, fact.kind, phone=fact.value("Phone"))


def _notice(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    draft.happened(call, fact.kind)


def _pause(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    """Whether it came to a pause is told by who makes it."""


def _dialling(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    call.outside = fact.channel.uniqueid
    call.elect_customer()
    draft.happened(call, fact.kind)


def _unreached(call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
    call.dial_result = fact.value("Result")
    draft.happened(call, fact.kind, stage=fact.value("Stage"), result=call.dial_result)


_REACHED: Final[dict[str, Callable[[LiveCall, MilestoneReached, Draft], None]]] = {
    Milestone.ENTERED: _entered,
    Milestone.FALLBACK: _fallback,
    Milestone.STEP: _step,
    Milestone.OFFERED: _offered,
    Milestone.ACCEPTED: _accepted,
    Milestone.DECLINED: _declined,
    Milestone.NOTICE: _notice,
    Milestone.PAUSE: _pause,
    Milestone.RECORDING: _recording,
    Milestone.VOICEMAIL: _voicemail,
    Milestone.ROBOT: _robot,
    Milestone.CALLBACK: _callback,
    Milestone.DONE: _done,
    Milestone.OUT: _out,
    Milestone.MASKED: _masked,
    Milestone.DIALLING: _dialling,
    Milestone.UNREACHED: _unreached,
}


def _leg(call: LiveCall, fact: MilestoneReached) -> Leg | None:
    """The leg of the milestone's own channel, else the newest one of the named phone."""
    own = call.legs.get(fact.channel.uniqueid)
    if own is not None and not own.is_customer:
        return own
    key = fact.value("Phone")
    named = [leg for leg in call.legs.values() if key and leg.phone_key == key]
    return max(named, key=lambda leg: leg.started_at, default=None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
