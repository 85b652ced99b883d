"""The port through which the business reaches the PBX. The adapter is callcore.asterisk.ami; FakePbx in tests obeys the
same contract test."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from callcore.calls.facts import PbxFact
from dialplans.contract import PauseAnswer

NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PbxHealth:
    """`connected` is the state of the link; `since` when it changed; `backlog` facts not yet consumed."""

    connected: bool
    since: datetime | None
    backlog: int
    events_total: int


async def never_stops() -> bool:
    """The answer to `is_stopping` of a PBX that nobody stops."""
    return False


class Pbx(Protocol):
    """Facts in order of arrival, through one bounded queue with one consumer.

    No action on the telephone network is ever repeated by an adapter: an action whose answer is lost ends in
    PbxUnavailable and a person decides. Reading actions may be repeated.
    """

    async def start(self) -> None:
        """Begin connecting in the background; returns at once, reconnects for ever with a short back-off."""
        ...

    async def next_fact(self) -> PbxFact:
        """Wait for the next fact. Exactly one consumer."""
        ...

    def ready_facts(self) -> list[PbxFact]:
        """All that need not be waited for, perhaps none; for the same consumer."""
        ...

    def health(self) -> PbxHealth: ...

    async def phone_states(self) -> dict[str, str]:
        """Phone key -> available, in_use, ringing, unavailable; asked from the PBX now."""
        ...

    async def originate(
        self,
        *,
        channel: str,
        context: str,
        extension: str,
        call_id: str,
        caller_id: str,
        timeout_s: float,
        variables: Mapping[str, str] = NO_VARIABLES,
    ) -> str:
        """Ask for one call, asynchronously, with `call_id` as ChannelId; returns the ActionID. Raises PbxUnavailable when
        it is not known whether the PBX took it ("pbx-not-connected": nothing was asked). Values with control characters
        and variables other than DL_… are refused with Invalid."""
        ...

    async def hang_up(self, call_id: str) -> None:
        """End the channel that was asked for with this ChannelId, and with it the call; one that is gone is no error.
        Raises PbxUnavailable."""
        ...

    async def hand_on(self, *, channel: str, to: str) -> None:
        """Whoever talks with this channel of ours is handed on, and the channel is free. `to` is an extension of
        dialplans.contract.HAND. Raises PbxUnavailable; NotAllowedNow when the PBX refused: they still talk."""
        ...

    async def ask_first(self, *, channel: str, to: str) -> None:
        """The other side is held and the channel calls `to`; its hang-up joins the two. Raises like hand_on."""
        ...

    async def ask_no_more(self, *, channel: str) -> None:
        """The channel goes back to whom it holds. Raises like hand_on."""
        ...

    async def mute_recording(self, channel: str, *, is_muted: bool) -> None:
        """What is recorded of this channel, named by its uniqueid, becomes silence on both sides, or is heard again.
        Raises PbxUnavailable; NotAllowedNow("pbx-refused") for a channel that is gone or not recorded."""
        ...

    async def hold_place(self, ticket: int, at: datetime) -> None:
        """Who had this ticket of the queue and hung up is about to be called: his place is held for
        dialplans.contract.HELD_FRESH_S from `at`. Raises PbxUnavailable."""
        ...

    async def answer_pause(self, channel: str, answer: PauseAnswer) -> None:
        """To the phone of this name that has asked for a pause by its keys and waits for a word. Raises PbxUnavailable;
        NotAllowedNow("pbx-refused") for one that is gone."""
        ...

    async def close(self) -> None: ...
