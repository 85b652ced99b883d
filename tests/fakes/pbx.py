"""FakePbx: the PBX of unit tests. Obeys tests/contracts/pbx_contract.py, as AsteriskPbx does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from callcore.asterisk.ami import actions
from callcore.asterisk.ami.backlog import FactBacklog
from callcore.calls.facts import LiveChannel, PbxFact, PbxSnapshot
from callcore.calls.pbx import NO_VARIABLES, PbxHealth
from callcore.kernel.clock import Clock
from callcore.kernel.errors import NotAllowedNow, PbxUnavailable
from dialplans.contract import PauseAnswer


@dataclass(frozen=True, slots=True)
class Originated:
    """One accepted request for a call."""

    channel: str
    context: str
    extension: str
    call_id: str
    caller_id: str
    timeout_s: float
    action_id: str
    variables: Mapping[str, str]


class FakePbx:
    """A test drives it: `connect`, `emit`, `lose`; what was dialled stands in `originated`.

    `answer_lost` makes the next originate end as when the link broke before the answer: the PBX took it.
    `refusal` makes the next one be refused with this text.
    """

    def __init__(self, clock: Clock, *, queue_limit: int = 1000) -> None:
        self._clock = clock
        self._facts = FactBacklog(queue_limit, clock, self._resync)
        self._connected = False
        self._since: datetime | None = None
        self._events_total = 0
        self.started = False
        self.closed = False
        self.live: tuple[LiveChannel, ...] = ()
        self.phones: dict[str, str] = {}
        self.originated: list[Originated] = []
        self.hung_up: list[str] = []
        self.handed: list[tuple[str, str, str]] = []
        self.answer_lost = False
        self.refusal = ""

    # --- the port ---------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self.started = True

    async def next_fact(self) -> PbxFact:
        return await self._facts.get()

    def ready_facts(self) -> list[PbxFact]:
        return self._facts.take()

    def health(self) -> PbxHealth:
        return PbxHealth(
            connected=self._connected,
            since=self._since,
            backlog=len(self._facts),
            events_total=self._events_total,
        )

    async def phone_states(self) -> dict[str, str]:
        self._need_link()
        return dict(self.phones)

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
        actions.originate(
            channel=channel,
            context=context,
            extension=extension,
            call_id=call_id,
            caller_id=caller_id,
            timeout_s=timeout_s,
            variables=variables,
        )
        self._need_link()
        if self.refusal:
            message, self.refusal = self.refusal, ""
            raise NotAllowedNow("pbx-refused", message)
        action_id = f"fake-{len(self.originated) + 1}"
        self.originated.append(
            Originated(channel, context, extension, call_id, caller_id, timeout_s, action_id, variables)
        )
        if self.answer_lost:
            self.answer_lost = False
            raise PbxUnavailable("pbx-lost", "the connection broke before the answer")
        return action_id

    async def hang_up(self, call_id: str) -> None:
        actions.hang_up(call_id)
        self._need_link()
        self.hung_up.append(call_id)

    async def mute_recording(self, channel: str, *, is_muted: bool) -> None:
        _ = actions.mute_recording(channel, is_muted=is_muted)
        self._hand("mute" if is_muted else "unmute", channel, "", None)

    async def hold_place(self, ticket: int, at: datetime) -> None:
        self._hand("hold_place", str(ticket), "", actions.hold_place(ticket, int(at.timestamp())))

    async def answer_pause(self, channel: str, answer: PauseAnswer) -> None:
        self._hand("answer_pause", channel, answer.value, actions.answer_pause(channel, answer))

    async def hand_on(self, *, channel: str, to: str) -> None:
        self._hand("hand_on", channel, to, actions.hand_on(channel, to))

    async def ask_first(self, *, channel: str, to: str) -> None:
        self._hand("ask_first", channel, to, actions.say_whom_to_ask(channel, to))

    async def ask_no_more(self, *, channel: str) -> None:
        self._hand("ask_no_more", channel, "", actions.ask_no_more(channel))

    def _hand(self, what: str, channel: str, to: str, _headers: object) -> None:
        self._need_link()
        if self.refusal:
            message, self.refusal = self.refusal, ""
            raise NotAllowedNow("pbx-refused", message)
        self.handed.append((what, channel, to))

    async def close(self) -> None:
        self.closed = True
        self._connected = False

    # --- what a test does to it -------------------------------------------------------------------------------

    def connect(self, *live: LiveChannel, restarted: bool = False) -> None:
        """The link is up and a snapshot with these channels is delivered."""
        self.live = live
        self._connected = True
        self._since = self._clock.now()
        self._snapshot(restarted=restarted)

    def emit(self, *facts: PbxFact) -> None:
        for fact in facts:
            self._events_total += 1
            self._facts.put(fact)

    def lose(self, reason: str = "connection lost") -> None:
        self._connected = False
        self._since = self._clock.now()
        self._facts.lose(reason)

    def _resync(self) -> None:
        if self._connected:
            self._snapshot(restarted=False)

    def _snapshot(self, *, restarted: bool) -> None:
        self._facts.begin()
        self._facts.deliver(
            PbxSnapshot(at=self._clock.now(), channels=self.live, restarted=restarted, system_name="fake")
        )

    def _need_link(self) -> None:
        if not self._connected:
            raise PbxUnavailable("pbx-not-connected", "there is no connection to the PBX")
