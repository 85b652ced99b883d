"""Finds a call by any of its names, and remembers for a while what is over. Pure; bounded."""

from collections import OrderedDict
from typing import Final

from callcore.calls.facts import ChannelRef
from callcore.calls.live_call import LiveCall

MAX_RECENT_CALLS: Final = 1000
MAX_GONE_CHANNELS: Final = 20_000


class CallIndex:
    """Live and recently ended calls by call id, linkedid and uniqueid. An index, never an identity."""

    def __init__(self) -> None:
        self.live: dict[str, LiveCall] = {}
        self._recent: OrderedDict[str, LiveCall] = OrderedDict()
        self._by_name: dict[str, LiveCall] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._bridges: OrderedDict[str, set[str]] = OrderedDict()

    def candidates(self, channel: ChannelRef, call_id: str = "") -> list[LiveCall]:
        """Calls that the channel's uniqueid and linkedid speak of, without doubles; by call id only when these two
        are unknown, for a transferred channel keeps the id of the call that made it."""
        one, two = self._by_name.get(channel.uniqueid), self._by_name.get(channel.linkedid)
        if one is not None and two is not None:
            return [one] if one is two else [one, two]
        found = one or two or self._by_name.get(call_id or channel.call_id)
        return [] if found is None else [found]

    def by_id(self, call_id: str) -> LiveCall | None:
        return self._by_name.get(call_id)

    def enter_bridge(self, uniqueid: str, bridge_id: str) -> list[LiveCall]:
        """The calls that have a channel in the bridge now, this one's included."""
        members = self._bridges.setdefault(bridge_id, set())
        members.add(uniqueid)
        if len(self._bridges) > MAX_GONE_CHANNELS:
            self._bridges.popitem(last=False)
        found: list[LiveCall] = []
        for member in members:
            call = self._by_name.get(member)
            channel = call.channels.get(member) if call is not None else None
            if (
                call is not None
                and channel is not None
                and channel.bridge_id == bridge_id
                and call not in found
            ):
                found.append(call)
        return found

    def leave_bridge(self, uniqueid: str, bridge_id: str) -> None:
        members = self._bridges.get(bridge_id)
        if members is not None:
            members.discard(uniqueid)
            if not members:
                del self._bridges[bridge_id]

    def add(self, call: LiveCall, *names: str) -> None:
        """Make the call live (again) and findable under these names too."""
        self._recent.pop(call.call_id, None)
        self.live[call.call_id] = call
        for name in (call.call_id, *names):
            if name:
                self._by_name[name] = call

    def absorb(self, loser: LiveCall, winner: LiveCall) -> None:
        self.live.pop(loser.call_id, None)
        self._recent.pop(loser.call_id, None)
        for name in _names(loser):
            self._by_name[name] = winner

    def retire(self, call: LiveCall) -> None:
        """Out of the live ones; findable until a thousand later calls have ended."""
        self.live.pop(call.call_id, None)
        self._recent[call.call_id] = call
        while len(self._recent) > MAX_RECENT_CALLS:
            self._forget(self._recent.popitem(last=False)[1])

    def drop(self, call: LiveCall) -> None:
        self.live.pop(call.call_id, None)
        self._forget(call)

    def _forget(self, call: LiveCall) -> None:
        for name in [name for name in _names(call) if self._by_name.get(name) is call]:
            del self._by_name[name]

    def is_gone(self, uniqueid: str) -> bool:
        return uniqueid in self._gone

    def mark_gone(self, uniqueid: str) -> None:
        self._gone[uniqueid] = None
        if len(self._gone) > MAX_GONE_CHANNELS:
            self._gone.popitem(last=False)


def _names(call: LiveCall) -> set[str]:
    return {call.call_id, *call.linkedids, *call.uniqueids, *call.absorbed_ids}
