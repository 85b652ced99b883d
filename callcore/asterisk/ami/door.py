"""AsteriskPbx: the port callcore.calls.pbx.Pbx over one AMI connection that is kept for ever.

Theory of operation. One task (`_keep_link`) opens a session, stays with it until it ends, and opens the next. While a
session lives two tasks belong to it: the watchdog, which asks for an answer every few seconds, and the resynchroniser,
which takes a snapshot after each FullyBooted and after an overflow. When one of them gives up, the session is cut.
Events go through one synchronous callback into one backlog with one consumer.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from callcore.asterisk.ami import actions, snapshot
from callcore.asterisk.ami.backlog import FactBacklog
from callcore.asterisk.ami.headers import EventHeaders
from callcore.asterisk.ami.session import FULLY_BOOTED, AmiSession, LoginRefused
from callcore.asterisk.ami.settings import AmiSettings
from callcore.asterisk.ami.translate import read_fact
from callcore.calls.facts import PbxFact, PbxSnapshot
from callcore.calls.pbx import NO_VARIABLES, PbxHealth
from callcore.kernel.clock import Clock
from callcore.kernel.errors import Invalid, NotAllowedNow, PbxUnavailable
from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner
from dialplans.contract import PauseAnswer

_log = get_logger(__name__)
_RESYNC_PAUSE_S: Final = 1.0  # a consumer that stays too slow must not make us ask for snapshots without end


class AsteriskPbx:
    """Obeys callcore.calls.pbx.Pbx. Counters are plain attributes, read by whoever publishes metrics."""

    def __init__(self, settings: AmiSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tasks = TaskOwner("ami")
        self._resync_wanted = asyncio.Event()
        self._facts = FactBacklog(settings.queue_limit, clock, self._resync_wanted.set)
        self._session: AmiSession | None = None
        self._booted = asyncio.Event()
        self._since: datetime | None = None
        self._pbx_started = ""
        self._past_events = 0
        self._trouble = ""  # the last reason that was logged; the same one is not logged every three seconds
        self.connections = 0
        # Events of a wanted kind that say nothing to us: other devices, missing headers.
        self.untranslated = 0
        self.failed_events = 0

    # --- the port ---------------------------------------------------------------------------------------------

    async def start(self) -> None:
        _ = self._tasks.spawn("link", self._keep_link())

    async def next_fact(self) -> PbxFact:
        return await self._facts.get()

    def ready_facts(self) -> list[PbxFact]:
        return self._facts.take()

    def health(self) -> PbxHealth:
        live = self._session.events_total if self._session else 0
        return PbxHealth(
            connected=self._session is not None,
            since=self._since,
            backlog=len(self._facts),
            events_total=self._past_events + live,
        )

    async def phone_states(self) -> dict[str, str]:
        """From DeviceStateList (class call or reporting); phones that the PBX has not seen yet are absent."""
        return snapshot.phone_states(await self._live().ask_list(actions.action("DeviceStateList")))

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
        """Also raises NotAllowedNow when the PBX answered and refused: nothing was dialled."""
        headers = actions.originate(
            channel=channel,
            context=context,
            extension=extension,
            call_id=call_id,
            caller_id=caller_id,
            timeout_s=timeout_s,
            variables=variables,
        )
        action_id, answer = await self._live().ask(headers)
        if not answer.success:
            raise NotAllowedNow("pbx-refused", str(answer.message))
        return action_id

    async def hang_up(self, call_id: str) -> None:
        """What the PBX answers does not matter: an error says that there is no such channel."""
        await self._live().ask(actions.hang_up(call_id))

    async def mute_recording(self, channel: str, *, is_muted: bool) -> None:
        await self._ask_well(actions.mute_recording(channel, is_muted=is_muted))

    async def hold_place(self, ticket: int, at: datetime) -> None:
        await self._ask_well(actions.hold_place(ticket, int(at.timestamp())))

    async def answer_pause(self, channel: str, answer: PauseAnswer) -> None:
        await self._ask_well(actions.answer_pause(channel, answer))

    async def hand_on(self, *, channel: str, to: str) -> None:
        await self._ask_well(actions.hand_on(channel, to))

    async def ask_first(self, *, channel: str, to: str) -> None:
        await self._ask_well(actions.say_whom_to_ask(channel, to))
        await self._ask_well(actions.ask_first(channel))

    async def ask_no_more(self, *, channel: str) -> None:
        await self._ask_well(actions.ask_no_more(channel))

    async def _ask_well(self, headers: dict[str, str | list[str]]) -> None:
        _, answer = await self._live().ask(headers)
        if not answer.success:
            raise NotAllowedNow("pbx-refused", str(answer.message))

    async def close(self) -> None:
        await self._tasks.close()

    @property
    def overflows(self) -> int:
        return self._facts.overflows

    # --- the link ---------------------------------------------------------------------------------------------

    def _live(self) -> AmiSession:
        if self._session is None:
            raise PbxUnavailable("pbx-not-connected", "there is no connection to the PBX")
        return self._session

    async def _keep_link(self) -> None:
        pause_s = self._settings.retry_first_s
        while True:
            was_up = False
            try:
                was_up = await self._live_through_session()
            except (LoginRefused, Invalid) as refused:
                _log.error(
                    "the pbx refuses our login", reason=refused.message, username=self._settings.username
                )
                await asyncio.sleep(self._settings.login_retry_s)
                continue
            except PbxUnavailable as exc:
                self._complain(exc.message)
            pause_s = self._settings.retry_first_s if was_up else pause_s
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, self._settings.retry_most_s)

    async def _live_through_session(self) -> bool:
        """One connection until its end -> whether it ever was whole (logged in, snapshot delivered)."""
        session = AmiSession(self._settings, self._on_event)
        self._booted.clear()
        self._facts.begin()
        tasks = TaskOwner("ami-session")
        reason = "closed by us"
        try:
            await session.open()
            self.connections += 1
            for name, work in (("watchdog", self._watch(session)), ("resync", self._resync(session))):
                task = tasks.spawn(name, work)
                task.add_done_callback(lambda done: session.abort(f"{done.get_name()} gave up"))
            reason = await session.ended()
            return self._session is session
        finally:
            session.abort(reason)
            await tasks.close()
            self._down(session, reason)

    def _down(self, session: AmiSession, reason: str) -> None:
        self._past_events += session.events_total
        self._facts.lose(reason)
        if self._session is session:
            self._session = None
            self._since = self._clock.now()
            self._trouble = ""
            self._complain(reason)

    def _complain(self, reason: str) -> None:
        if reason != self._trouble:
            _log.warning(
                "no link to the pbx", host=self._settings.host, port=self._settings.port, reason=reason
            )
            self._trouble = reason

    # --- what belongs to one session --------------------------------------------------------------------------

    async def _watch(self, session: AmiSession) -> None:
        try:
            while True:
                await asyncio.sleep(self._settings.ping_every_s)
                await session.ask(actions.action("Ping"))
        except PbxUnavailable as exc:
            session.abort(exc.message)

    async def _resync(self, session: AmiSession) -> None:
        try:
            await asyncio.wait_for(self._booted.wait(), self._settings.booted_wait_s)
        except TimeoutError:
            # Also while Asterisk still loads its modules: then a second snapshot follows the event.
            _log.info("no FullyBooted from the pbx yet; our manager user needs the read class system for it")
        self._resync_wanted.set()
        try:
            while True:
                await self._resync_wanted.wait()
                self._resync_wanted.clear()
                await self._take_snapshot(session)
                await asyncio.sleep(_RESYNC_PAUSE_S)
        except PbxUnavailable as exc:
            session.abort(exc.message)
        except NotAllowedNow as refused:
            _log.error("the pbx refuses a snapshot; our manager user needs the write class reporting")
            session.abort(refused.message)

    async def _take_snapshot(self, session: AmiSession) -> None:
        """Ask for everything first, then let facts flow: those that came meanwhile follow the snapshot."""
        self._facts.begin()
        _, core = await session.ask(actions.action("CoreStatus"))
        _, settings = await session.ask(actions.action("CoreSettings"))
        _, pong = await session.ask(actions.action("Ping"))
        rows = await session.ask_list(actions.action("CoreShowChannels"))
        started = f"{core.corestartupdate} {core.corestartuptime}".strip()
        taken = PbxSnapshot(
            at=self._pbx_time(pong),
            channels=snapshot.live_channels(rows),
            restarted=bool(self._pbx_started and started and started != self._pbx_started),
            system_name=str(settings.systemname),
        )
        if self._facts.deliver(taken):
            self._pbx_started = started or self._pbx_started
            self._up(session, taken)

    def _up(self, session: AmiSession, taken: PbxSnapshot) -> None:
        if self._session is not session:
            self._session = session
            self._since = self._clock.now()
            self._trouble = ""
            _log.info("link to the pbx is up", channels=len(taken.channels), restarted=taken.restarted)

    def _pbx_time(self, pong: Any) -> datetime:
        """The PBX's own clock, which stamps the facts too; ours when it does not tell."""
        try:
            return datetime.fromtimestamp(float(pong.timestamp), UTC)
        except (ValueError, OverflowError):
            return self._clock.now()

    def _on_event(self, event: EventHeaders) -> None:
        try:
            fact = read_fact(event)
            if fact is not None:
                self._facts.put(fact)
            elif event.name == FULLY_BOOTED:
                self._booted.set()
                self._resync_wanted.set()
            else:
                self.untranslated += 1
        except Exception:  # noqa: BLE001 - a border: one odd event must not cost the connection
            self.failed_events += 1
            _log.exception("an event could not be taken", name=event.name)
