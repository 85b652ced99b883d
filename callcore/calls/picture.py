"""The picture of channels: which call a channel belongs to, who is in which bridge, when two calls are one. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from callcore.calls.attempts import is_ours
from callcore.calls.call_index import CallIndex
from callcore.calls.draft import Draft
from callcore.calls.facts import ChannelRef, LiveChannel
from callcore.calls.leg import Leg
from callcore.calls.live_call import Channel, LiveCall
from callcore.calls.model import CallState, PhoneDirectory, read_caller, read_dialled
from callcore.calls.phone_channel import leg_phone_of
from callcore.calls.states import Signal

_OURS: Final = ("PJSIP/", "Local/")  # others (announcers, recorders, message queues) are no party to a call


class Picture:
    def __init__(self, index: CallIndex, phones: PhoneDirectory) -> None:
        self._index = index
        self._phones = phones

    # --- which call ----------------------------------------------------------------------------------------

    def find(self, channel: ChannelRef, draft: Draft, call_id: str = "") -> LiveCall | None:
        """The call of a channel; when its names speak of two, they become one first."""
        found = self._index.candidates(channel, call_id)
        if len(found) > 1:
            return self.merge(found, draft)
        return found[0] if found else None

    def see(
        self, channel: ChannelRef, draft: Draft, *, call_id: str = "", came_in: bool = True
    ) -> tuple[LiveCall | None, bool]:
        """The call of a channel that lives now, opened if need be; and whether it is new to the picture."""
        call = self.find(channel, draft, call_id)
        if self._index.is_gone(channel.uniqueid):
            if call is not None:
                draft.anomaly(call, "after-hangup")
            return call, False
        is_new = call is None
        if call is None:
            if not channel.name.startswith(_OURS):
                return None, False
            call = self._open(channel, draft, call_id, came_in=came_in)
        self._join(call, channel, draft)
        return call, is_new

    def _open(self, channel: ChannelRef, draft: Draft, call_id: str, *, came_in: bool) -> LiveCall:
        key = call_id or channel.call_id or channel.linkedid or channel.uniqueid
        is_first_unseen = channel.uniqueid != key
        is_carrier = channel.is_trunk and not channel.phone_key
        may_come_in = came_in and not is_ours(key)
        return LiveCall(
            key, draft.at, came_in=may_come_in and (is_carrier or (is_first_unseen and bool(call_id)))
        )

    def _join(self, call: LiveCall, channel: ChannelRef, draft: Draft) -> None:
        draft.touch(call)
        if channel.uniqueid in call.channels and channel.linkedid in call.linkedids:
            if (known := call.legs.get(channel.uniqueid)) is not None:
                self.learn_phone(call, known, channel.phone_key)
            return
        draft.linkedid(call, channel.linkedid)
        if channel.uniqueid not in call.channels:
            call.channels[channel.uniqueid] = Channel(channel.uniqueid, channel.name)
            call.uniqueids.add(channel.uniqueid)
            call.has_lived = True
            if call.state is CallState.ENDED:
                call.result = None
                draft.signal(call, Signal.CHANNEL_SEEN)
        self._index.add(call, channel.uniqueid, channel.linkedid)
        if channel.is_local:
            return
        leg = call.legs.get(channel.uniqueid)
        if leg is None:
            leg = Leg(
                uniqueid=channel.uniqueid,
                channel=channel.name,
                started_at=draft.at,
                is_trunk=channel.is_trunk,
                is_caller=channel.uniqueid in (channel.linkedid, call.call_id),
                step=call.step,
            )
            call.legs[channel.uniqueid] = leg
            call.elect_customer()
        self.learn_phone(call, leg, channel.phone_key)

    def learn_phone(self, call: LiveCall, leg: Leg, phone_key: str) -> None:
        """A carrier's channel to an outside phone of ours tells late whose it is. The caller's own channel carries the
        variables of what it dials, so it learns nothing unless it is a phone by its name."""
        if not phone_key or leg.phone_key or (leg.is_trunk and leg.is_caller and call.came_in):
            return
        leg.phone_key = phone_key
        leg.phone = self._phones.phone(phone_key)
        call.elect_customer()

    # --- what happens to channels ---------------------------------------------------------------------------

    def set_state(self, call: LiveCall, channel: ChannelRef, state: str, draft: Draft) -> None:
        leg = call.legs.get(channel.uniqueid)
        if leg is None or not leg.is_alive:
            return
        if state in ("Ringing", "Up") and not leg.is_caller:
            leg.is_called = leg.is_ringing = True
        if state == "Up":
            leg.answered_at = leg.answered_at or draft.at

    def enter_bridge(self, call: LiveCall, uniqueid: str, bridge_id: str, draft: Draft) -> None:
        channel = call.channels.get(uniqueid)
        if channel is None or not bridge_id:
            return
        channel.bridge_id = bridge_id
        there = self._index.enter_bridge(uniqueid, bridge_id)
        if len(there) > 1:
            call = self.merge(there, draft)
        for leg, key in _phones_behind_local(call, bridge_id):
            self.learn_phone(call, leg, leg_phone_of(key))

    def hang_up(self, call: LiveCall, uniqueid: str, draft: Draft, *, cause: int | None) -> None:
        draft.touch(call)
        gone = call.channels.pop(uniqueid, None)
        if gone is not None and gone.bridge_id:
            self._index.leave_bridge(uniqueid, gone.bridge_id)
        leg = call.legs.get(uniqueid)
        if leg is not None and leg.is_alive:
            leg.ended_at = draft.at
            leg.hangup_cause = cause

    def take_over(self, call: LiveCall, live: LiveChannel, draft: Draft, *, is_new: bool) -> None:
        """One row of a snapshot: what is new to us was there before we looked."""
        began = draft.at - timedelta(seconds=max(live.duration_s, 0))
        leg = call.legs.get(live.channel.uniqueid)
        if is_new and leg is not None:
            leg.started_at = min(leg.started_at, began)
            if leg.is_caller:
                call.started_at = min(call.started_at, began)
                call.dialled = call.dialled or read_dialled(live.extension)
                if not call.caller.raw:
                    call.caller = read_caller(live.caller_number, live.caller_name)
        self.set_state(call, live.channel, live.state, draft)
        self.enter_bridge(call, live.channel.uniqueid, live.bridge_id, draft)

    # --- two calls are one ----------------------------------------------------------------------------------

    def merge(self, calls: Sequence[LiveCall], draft: Draft) -> LiveCall:
        """The one with the customer stays, else the older; the others become a part of it."""
        winner, *losers = sorted(calls, key=lambda c: (c.customer is None, c.started_at, c.call_id))
        for loser in losers:
            self._index.absorb(loser, winner)
            _pour(loser, winner)
            draft.merged(loser, winner)
        if winner.channels:
            if winner.state is CallState.ENDED:
                winner.result = None
                draft.signal(winner, Signal.CHANNEL_SEEN)
            self._index.add(winner)
        winner.elect_customer()
        return winner


def _pour(loser: LiveCall, winner: LiveCall) -> None:
    if winner.customer and not loser.customer:
        for leg in loser.legs.values():
            leg.bridged_at = None  # they talked among themselves, not with the customer
    winner.channels |= loser.channels
    winner.legs |= loser.legs
    winner.linkedids |= loser.linkedids
    winner.uniqueids |= loser.uniqueids
    winner.handings = sorted((*winner.handings, *loser.handings), key=lambda handing: handing.at)
    for ordinal, handing in enumerate(winner.handings, start=1):
        handing.ordinal = ordinal
    winner.recordings |= loser.recordings
    winner.withheld += loser.withheld
    winner.absorbed_ids |= {loser.call_id, *loser.absorbed_ids}
    winner.has_lived = winner.has_lived or loser.has_lived
    winner.is_transferred = winner.is_transferred or loser.is_transferred
    winner.has_message = winner.has_message or loser.has_message
    winner.came_in = (winner.came_in or loser.came_in) and not (winner.is_masked or loser.is_masked)
    winner.outside = winner.outside or loser.outside
    winner.is_masked = winner.is_masked or loser.is_masked
    winner.version = max(winner.version, loser.version)


def _phones_behind_local(call: LiveCall, bridge_id: str) -> list[tuple[Leg, str]]:
    """Carrier's channels that share a bridge with the Local half made for one phone, with that half's name."""
    here = [channel for channel in call.channels.values() if channel.bridge_id == bridge_id]
    # Half ;1 stands on the caller's side, half ;2 dials the phone.
    halves = [channel.name for channel in here if channel.name.endswith(";2")]
    legs = [leg for channel in here if (leg := call.legs.get(channel.uniqueid)) and leg.is_trunk]
    return [(leg, halves[0]) for leg in legs] if len(halves) == 1 else []
