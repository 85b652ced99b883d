"""Follows handings on inside live calls. Pure; used by the tracker.

A handing on is known from two sides that come in any order: the PBX's own event, and the dialplan's word, which names to
whom. Who then hears the customer has taken it. What nobody takes is rung on (the dialplan tells), and whoever takes it
then has it back. A SIP phone that asks first makes a call of its own, which becomes a part of the customer's when the two
are joined: so its handing on begins when that call did.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcore.calls.draft import Draft
from callcore.calls.facts import MilestoneReached, Transferred
from callcore.calls.handing import (
    Handing,
    ToKind,
    TransferKind,
    TransferMeans,
    TransferResult,
)
from callcore.calls.leg import Leg
from callcore.calls.live_call import LiveCall
from callcore.calls.model import CallState, PhoneDirectory, PhoneInfo
from dialplans.contract import HandKind, Milestone

MAX_HANDINGS: Final = 50  # of one call; more are not kept
MAX_SHORT_NUMBER: Final = 5
_BLIND: Final = "blind"


@dataclass(frozen=True, slots=True)
class Consulted:
    """A call that a phone made to ask: when it began, whom it rang."""

    at: datetime
    asked: list[PhoneInfo]


def consulted_in(call: LiveCall, asker_key: str) -> Consulted:
    rung = [leg.phone for leg in call.legs.values() if leg.phone and leg.phone_key != asker_key]
    return Consulted(call.started_at, rung)


class Transfers:
    """What the tracker hears of handings on."""

    def __init__(self, phones: PhoneDirectory) -> None:
        self._phones = phones

    def told(self, call: LiveCall, fact: MilestoneReached, draft: Draft) -> bool:
        """True for the dialplan's words about handings on."""
        if fact.kind == Milestone.HANDING:
            self._handing(call, fact, draft)
        elif fact.kind == Milestone.BACK:
            handing = _last(call)
            if (
                handing is None or not handing.is_waiting
            ):  # left in the ringing: the PBX's event is still to come
                handing = self._begin(call, fact.at, TransferKind.ATTENDED, fact.value("Phone"))
            if handing is not None:
                handing.is_back = True
            draft.happened(call, fact.kind, phone=fact.value("Phone"))
        else:
            return False
        return True

    def _handing(self, call: LiveCall, fact: MilestoneReached, draft: Draft) -> None:
        kind = TransferKind.BLIND if fact.value("Way") == _BLIND else TransferKind.ATTENDED
        key, keys = fact.value("From"), tuple(filter(None, fact.value("To").split(".")))
        handing = _last(call)
        if handing is not None and handing.told_at == fact.at:
            return
        if handing is None or handing.told_at or handing.kind is not kind or not handing.is_waiting:
            handing = self._begin(call, fact.at, kind, key)
        is_outside = fact.value("ToKind") == HandKind.OUTSIDE
        draft.happened(call, fact.kind, way=kind.value, phone=key, phones=[] if is_outside else list(keys))
        if handing is None:
            return
        handing.told_at = fact.at
        means = fact.value("Means")
        handing.means = TransferMeans(means) if means in set(TransferMeans) else TransferMeans.PHONE
        if fact.value("ToKind") == HandKind.DUTY:
            handing.to_kind = ToKind.DUTY
        elif is_outside:
            handing.to_kind, handing.to_extension = ToKind.OUTSIDE, fact.value("To")[:20]
        else:
            handing.to_keys = keys
            handing.aim([phone for one in keys if (phone := self._phones.phone(one))])

    def seen(self, call: LiveCall, fact: Transferred, consulted: Consulted | None) -> None:
        """`consulted` the second call of who asked first, if it was one of its own."""
        kind = TransferKind.BLIND if fact.kind == _BLIND else TransferKind.ATTENDED
        leg = call.legs.get(fact.channel.uniqueid)
        key = leg.phone_key if leg else fact.channel.phone_key
        handing = _last(call)
        if handing is not None and handing.seen_at == fact.at:
            return
        is_known = handing is not None and handing.kind is kind and not handing.seen_at
        if not is_known or (handing is not None and kind is TransferKind.BLIND and not handing.is_waiting):
            handing = self._begin(call, consulted.at if consulted else fact.at, kind, key)
            if handing is not None and kind is TransferKind.ATTENDED:
                handing.not_takers = frozenset(
                    leg.uniqueid for leg in call.legs.values() if leg.phone_key == key
                )
        if handing is None:
            return
        handing.seen_at = fact.at
        if consulted is not None and handing.to_kind is ToKind.UNKNOWN:
            handing.aim(consulted.asked)
        if not handing.to_extension and 0 < len(fact.extension) <= MAX_SHORT_NUMBER:
            handing.to_extension = fact.extension
        if fact.result != "Success":
            _close(handing, fact.at, TransferResult.FAILED)

    def _begin(self, call: LiveCall, at: datetime, kind: TransferKind, key: str) -> Handing | None:
        if len(call.handings) >= MAX_HANDINGS:
            return None
        before = _last(call)
        if before is not None and before.is_open:
            _close(before, at, before.result or TransferResult.FAILED)
        handing = Handing(
            ordinal=len(call.handings) + 1,
            at=at,
            kind=kind,
            means=TransferMeans.PHONE,
            sender_key=key,
            sender=self._phones.phone(key) if key else None,
            not_takers=frozenset(call.legs),
        )
        call.handings.append(handing)
        return handing


def follow(call: LiveCall, at: datetime) -> None:
    """After each fact: has anybody taken the last handing on, and does he still have it?"""
    handing = _last(call)
    if handing is None or not handing.is_open:
        return
    joined = call.joined_phones()
    if handing.is_waiting:
        _look_for_taker(handing, joined, at)
    taker = call.legs.get(handing.taker_uniqueid)
    if taker is not None and taker.ended_at is not None:
        handing.ended_at = taker.ended_at
    elif call.state is CallState.ENDED or not call.channels:
        _close(handing, call.ended_at() or at, handing.result or _lost(call))


def _look_for_taker(handing: Handing, joined: list[Leg], at: datetime) -> None:
    taker = next((leg for leg in joined if leg.uniqueid not in handing.not_takers), None)
    if taker is None:
        is_with_sender = any(leg.phone_key == handing.sender_key for leg in joined)
        if handing.kind is TransferKind.ATTENDED and handing.has_parted and is_with_sender:
            handing.returned_to = handing.sender.user_id if handing.sender else None
            _close(handing, at, TransferResult.RETURNED)
        handing.has_parted = handing.has_parted or not joined
        return
    handing.taker_uniqueid, handing.answered_at = taker.uniqueid, at
    if handing.is_back:
        handing.result = TransferResult.RETURNED
        handing.returned_to = taker.phone.user_id if taker.phone else None
        return
    handing.result = TransferResult.ANSWERED
    if taker.phone is not None:
        was_duty = handing.to_kind is ToKind.DUTY
        handing.aim([taker.phone])
        handing.to_kind = ToKind.DUTY if was_duty else handing.to_kind


def _lost(call: LiveCall) -> TransferResult:
    if call.has_message:
        return TransferResult.VOICEMAIL
    return TransferResult.ABANDONED if call.customer else TransferResult.FAILED


def _close(handing: Handing, at: datetime, result: TransferResult) -> None:
    handing.ended_at, handing.result = max(at, handing.at), result


def _last(call: LiveCall) -> Handing | None:
    return call.handings[-1] if call.handings else None
