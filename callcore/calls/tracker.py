"""Follows the calls that live now: facts in, changes out. Synchronous and pure, one writer, nothing raises.

A Call is known by our call id (the uniqueid of its first channel). Its linkedids are a set: when channels of two
calls meet, by a changed linkedid, a common bridge, the halves of one Local channel or an attended transfer,
whichever is seen first, the two become one; the one that has the customer stays, else the older one. Local halves are joined
by their name and never become legs. A leg is closed by its own channel's hang-up only, a call when none of its channels lives.
A channel that has hung up never comes back, so late facts cannot wake the dead.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from callcore.calls.call_index import CallIndex
from callcore.calls.changes import Changes
from callcore.calls.draft import Draft
from callcore.calls.events import PbxLinkChanged
from callcore.calls.facts import (
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelHungUp,
    ChannelRef,
    ChannelStateChanged,
    DialBegun,
    DialEnded,
    LocalBridged,
    MilestoneReached,
    PbxFact,
    PbxLost,
    PbxSnapshot,
    RouteDecided,
    Transferred,
)
from callcore.calls.live_call import LiveCall
from callcore.calls.milestones import reach_milestone
from callcore.calls.model import CallState, HappeningKind, PhoneDirectory, Rung, read_caller, read_dialled
from callcore.calls.phone_channel import leg_phone_of
from callcore.calls.picture import Picture
from callcore.calls.transfers import Transfers, consulted_in, follow
from callcore.kernel.bus import Audience
from dialplans.contract import Milestone

MAX_WAITING_ROUTES: Final = 1000


class Tracker:
    """`strays` counts facts that belong to no call of ours; `stale` tells that the link to the PBX is down; `heard_since` is the
    moment of the last look at what lived already."""

    def __init__(self, phones: PhoneDirectory) -> None:
        self._index = CallIndex()
        self._picture = Picture(self._index, phones)
        self._draft = Draft(follow)
        self._transfers = Transfers(phones)
        self._routes: OrderedDict[str, RouteDecided] = OrderedDict()
        self.stale = True
        self.strays = 0
        self.heard_since: datetime | None = None
        self._handlers: dict[type[PbxFact], Callable[[Any, Draft], None]] = {
            ChannelCreated: self._channel_created,
            ChannelStateChanged: self._state_changed,
            DialBegun: self._dial_begun,
            DialEnded: self._dial_ended,
            LocalBridged: self._local_bridged,
            BridgeEntered: self._bridge_entered,
            BridgeLeft: self._bridge_left,
            ChannelHungUp: self._hung_up,
            Transferred: self._transferred,
            MilestoneReached: self._milestone,
            RouteDecided: self._route_decided,
            PbxSnapshot: self._snapshot,
            PbxLost: self._lost,
        }

    def hear(self, fact: PbxFact) -> None:
        """What it changes is gathered until it is taken."""
        handler = self._handlers.get(type(fact))
        if handler is None:
            return
        self._draft.begin(fact.at)
        handler(fact, self._draft)
        for call in self._draft.settle():
            self._index.retire(call)

    def take(self) -> Changes:
        return self._draft.take()

    def apply(self, fact: PbxFact) -> Changes:
        self.hear(fact)
        return self.take()

    def whole_call(self, linkedid: str) -> LiveCall | None:
        """An ended call of this name all of which was heard: it began after the last look at what lived already, and
        nothing in it was odd."""
        call = self._index.by_id(linkedid)
        if call is None or self.heard_since is None or call.state is not CallState.ENDED:
            return None
        is_certain = not call.anomalies and call.has_lived and not call.channels
        return call if is_certain and call.started_at > self.heard_since else None

    def live_calls(self) -> tuple[LiveCall, ...]:
        return tuple(self._index.live.values())

    def restore(self, calls: Iterable[LiveCall]) -> None:
        """Calls that were alive when the application stopped. The next snapshot tells which of them still are."""
        for call in calls:
            self._index.add(call, *call.linkedids, *call.uniqueids)

    # --- channels ------------------------------------------------------------------------------------------

    def _see(
        self, channel: ChannelRef, draft: Draft, *, call_id: str = "", came_in: bool = True
    ) -> LiveCall | None:
        call, is_new = self._picture.see(channel, draft, call_id=call_id, came_in=came_in)
        if call is None:
            self.strays += 1
        elif is_new and (route := self._routes.pop(call.call_id, None)) is not None:
            _take_route(call, route, draft)
        return call

    def _channel_created(self, fact: ChannelCreated, draft: Draft) -> None:
        known = self._index.by_id(fact.channel.uniqueid)
        was_seen = known is not None and fact.channel.uniqueid in known.uniqueids
        # An outgoing channel of a carrier is born Down, an incoming one is born Ring.
        call = self._see(fact.channel, draft, came_in=fact.state != "Down")
        if call is None:
            return
        if was_seen:
            draft.anomaly(call, "born-twice")
        leg = call.legs.get(fact.channel.uniqueid)
        if leg is None or not leg.is_caller:
            return
        leg.started_at = min(leg.started_at, fact.at)
        call.started_at = min(call.started_at, fact.at)
        if not call.caller.raw:
            call.caller = read_caller(fact.caller_number, fact.caller_name)
        if not call.dialled:
            call.dialled = read_dialled(fact.extension)

    def _state_changed(self, fact: ChannelStateChanged, draft: Draft) -> None:
        call = self._see(fact.channel, draft)
        if call is not None:
            self._picture.set_state(call, fact.channel, fact.state, draft)

    def _dial_begun(self, fact: DialBegun, draft: Draft) -> None:
        if fact.caller is not None:
            self._see(fact.caller, draft)
        call = self._see(fact.channel, draft)
        if call is None:
            return
        leg = call.legs.get(fact.channel.uniqueid)
        if leg is not None and leg.is_alive:
            leg.is_called = True
            if fact.caller is not None:
                self._picture.learn_phone(call, leg, leg_phone_of(fact.caller.name))

    def _dial_ended(self, fact: DialEnded, draft: Draft) -> None:
        call = self._picture.find(fact.channel, draft)
        if call is None:
            self.strays += 1
            return
        draft.touch(call)
        leg = call.legs.get(fact.channel.uniqueid)
        if leg is not None:
            leg.dial_status = fact.status
            return
        key = leg_phone_of(fact.channel.name)
        was_tried = any(leg.phone_key == key and leg.step == call.step for leg in call.legs.values())
        if key and not was_tried and fact.status in ("BUSY", "CHANUNAVAIL", "CONGESTION"):
            draft.happened(call, HappeningKind.UNREACHABLE, phone=key, step=call.step, status=fact.status)

    def _local_bridged(self, fact: LocalBridged, draft: Draft) -> None:
        one, two = self._see(fact.one, draft), self._see(fact.two, draft)
        if one is not None and two is not None and one is not two:
            self._picture.merge([one, two], draft)

    def _bridge_entered(self, fact: BridgeEntered, draft: Draft) -> None:
        call = self._see(fact.channel, draft)
        if call is not None:
            self._picture.enter_bridge(call, fact.channel.uniqueid, fact.bridge_id, draft)

    def _bridge_left(self, fact: BridgeLeft, draft: Draft) -> None:
        call = self._picture.find(fact.channel, draft)
        if call is None:
            self.strays += 1
            return
        channel = call.channels.get(fact.channel.uniqueid)
        if channel is None or channel.bridge_id != fact.bridge_id:
            draft.anomaly(call, "left-no-bridge")
            return
        self._index.leave_bridge(channel.uniqueid, channel.bridge_id)
        channel.bridge_id = ""
        draft.touch(call)

    def _hung_up(self, fact: ChannelHungUp, draft: Draft) -> None:
        uniqueid = fact.channel.uniqueid
        was_gone = self._index.is_gone(uniqueid)
        self._index.mark_gone(uniqueid)
        call = self._picture.find(fact.channel, draft)
        if call is None:
            self.strays += 1
        elif uniqueid not in call.channels:
            draft.anomaly(call, "hung-up-twice" if was_gone else "hung-up-unseen")
        else:
            self._picture.hang_up(call, uniqueid, draft, cause=fact.cause)

    def _transferred(self, fact: Transferred, draft: Draft) -> None:
        call = self._picture.find(fact.channel, draft)
        if call is None:
            self.strays += 1
            return
        is_done = fact.result == "Success"
        leg = call.legs.get(fact.channel.uniqueid)
        draft.happened(
            call,
            HappeningKind.TRANSFERRED,
            way=fact.kind,
            result=fact.result,
            phone=leg.phone_key if leg else "",
            extension=fact.extension if len(fact.extension) <= 5 else "",  # never somebody's number
        )
        call.is_transferred = call.is_transferred or is_done
        other = self._picture.find(fact.other, draft) if fact.other and is_done else None
        is_apart = other is not None and other is not call
        consulted = None
        if other is not None and is_apart:
            consulted = consulted_in(other, fact.channel.phone_key)
            call = self._picture.merge([call, other], draft)
        self._transfers.seen(call, fact, consulted)

    # --- milestones and the route --------------------------------------------------------------------------

    def _milestone(self, fact: MilestoneReached, draft: Draft) -> None:
        call = self._see(fact.channel, draft, call_id=fact.call_id)
        if call is not None and not self._transfers.told(call, fact, draft):
            reach_milestone(call, fact, draft)
            own = call.legs.get(fact.channel.uniqueid) if fact.kind == Milestone.MASKED else None
            if own is not None:
                self._picture.learn_phone(call, own, fact.value("Phone"))

    def _route_decided(self, fact: RouteDecided, draft: Draft) -> None:
        call = self._index.by_id(fact.call_id)
        if call is None and self.stale:
            # The PBX calls us though we do not hear its events: the next snapshot tells more.
            call = LiveCall(fact.call_id, fact.at, came_in=True)
            self._index.add(call)
        if call is not None:
            _take_route(call, fact, draft)
            return
        self._routes[fact.call_id] = fact
        if len(self._routes) > MAX_WAITING_ROUTES:
            self._routes.popitem(last=False)

    # --- the link ------------------------------------------------------------------------------------------

    def _snapshot(self, fact: PbxSnapshot, draft: Draft) -> None:
        alive = set() if fact.restarted else {live.channel.uniqueid for live in fact.channels}
        for call in self.live_calls():
            for uniqueid in [uid for uid in call.channels if uid not in alive]:
                self._index.mark_gone(uniqueid)
                self._picture.hang_up(call, uniqueid, draft, cause=None)
            if not call.channels:
                call.has_lived = True
                draft.happened(call, HappeningKind.CLOSED_UNSEEN)
        for live in fact.channels:
            before = self._index.by_id(live.channel.uniqueid)
            was_seen = before is not None and live.channel.uniqueid in before.channels
            seen = self._see(live.channel, draft, came_in=live.state != "Down")
            if seen is not None:
                self._picture.take_over(seen, live, draft, is_new=not was_seen)
        self.stale = False
        self.heard_since = fact.at
        draft.events.append(PbxLinkChanged(at=fact.at, audience=Audience(staff=True), connected=True))

    def _lost(self, fact: PbxLost, draft: Draft) -> None:
        self.stale = True
        self.heard_since = None
        draft.events.append(
            PbxLinkChanged(at=fact.at, audience=Audience(staff=True), connected=False, reason=fact.reason)
        )


def _take_route(call: LiveCall, fact: RouteDecided, draft: Draft) -> None:
    """A decision that came after the dialplan gave up waiting is kept, but did not carry the call."""
    call.came_in = True
    call.route = call.route or Rung.APP
    call.dialled = call.dialled or read_dialled(fact.did_number)
    call.did_id = fact.did_id
    call.region_code = fact.region_code
    call.source = fact.source
    call.warning = fact.warning
    call.explanation = fact.explanation
    draft.happened(call, HappeningKind.ROUTED, warning=fact.warning)
