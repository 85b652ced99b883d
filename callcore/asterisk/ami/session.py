"""One AMI connection from TCP to its end, on panoramisk.

panoramisk keeps the actions, their ids and the pairing of answers. Everything in it that hurts is replaced here:
its decoding (each TCP chunk alone), its dispatch (a regular expression per event), its pinger that looks at no answer,
its reconnection, and the list of unanswered actions that it sends again. A session is never used twice, so
there is nowhere for an action to wait for the next connection.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message as Answer

from callcore.asterisk.ami import actions
from callcore.asterisk.ami.decoder import AmiDecoder, Message, MessageTooLong, parse
from callcore.asterisk.ami.headers import EventHeaders, RawEvent
from callcore.asterisk.ami.settings import AmiSettings
from callcore.asterisk.ami.translate import TRANSLATED
from callcore.kernel.errors import NotAllowedNow, PbxUnavailable
from callcore.kernel.event_loop import read_on, read_on_later

# Asterisk itself leaves out what these classes do not cover (VarSet, Newexten, RTCP …).
EVENT_CLASSES: Final = "system,call,user"
FULLY_BOOTED: Final = "FullyBooted"
# The PBX writes each event by itself; what comes meanwhile is read at once. A pop waits for it, and for the follower's own pause.
TOGETHER_S: Final = 0.03
_WANTED: Final = {name.encode(): name for name in (*TRANSLATED, FULLY_BOOTED)}


class LoginRefused(PbxUnavailable):
    """The PBX is there and does not know us: user name, secret or permit list of manager.conf."""


class AmiSession(Manager):  # type: ignore[misc]  # panoramisk is untyped
    """`on_event` is called synchronously, in order, with the headers of every event that can become a fact."""

    def __init__(self, settings: AmiSettings, on_event: Callable[[EventHeaders], None]) -> None:
        self._protocol = _Protocol(self)
        super().__init__(
            host=settings.host,
            port=settings.port,
            loop=asyncio.get_running_loop(),
            protocol_factory=lambda: self._protocol,
        )
        self._settings = settings
        self._on_event = on_event
        self._ids = (f"dl-{secrets.token_hex(6)}-{n}" for n in itertools.count(1))
        self._ended: asyncio.Future[str] = self.loop.create_future()
        self._collecting = 0
        self.events_total = 0

    async def open(self) -> None:
        """Connect and log in. Raises PbxUnavailable, or LoginRefused when the PBX answered and said no."""
        connecting = self.loop.create_connection(
            self.config["protocol_factory"], self._settings.host, self._settings.port
        )
        connected = self.loop.create_future()
        try:
            connected.set_result(await asyncio.wait_for(connecting, self._settings.connect_timeout_s))
        except (OSError, TimeoutError) as exc:
            raise PbxUnavailable("pbx-unreachable", f"{type(exc).__name__}: {exc}") from exc
        self.connection_made(connected)
        self.pinger.cancel()
        login = actions.action(
            "Login", Username=self._settings.username, Secret=self._settings.secret, Events=EVENT_CLASSES
        )
        _, answer = await self.ask(login)
        if not answer.success:
            raise LoginRefused("pbx-login-refused", str(answer.message))

    async def ask(self, headers: Mapping[str, str | list[str]]) -> tuple[str, Any]:
        """Send one action once -> its ActionID and its answer. Raises PbxUnavailable when no answer came in time
        or the connection broke: whether the PBX carried it out is then not known."""
        return await self._send(headers, as_list=False)

    async def ask_list(self, headers: Mapping[str, str | list[str]]) -> tuple[Any, ...]:
        """The items that an action answers with, the closing `…Complete` event last. Raises as `ask`, and
        NotAllowedNow when the PBX refuses: our manager user lacks a class."""
        self._collecting += 1
        try:
            _, answers = await self._send(headers, as_list=True)
        finally:
            self._collecting -= 1
        if len(answers) == 1:
            raise NotAllowedNow("pbx-refused", f"{headers['Action']}: {answers[0].message}")
        return tuple(answers[1:])

    async def ended(self) -> str:
        """Wait for the end of the connection -> why."""
        return await asyncio.shield(self._ended)

    def abort(self, reason: str) -> None:
        """Cut at once; whoever waits for an answer gets PbxUnavailable."""
        if not self._ended.done():
            self._ended.set_result(reason)
        self._protocol.close()

    async def _send(self, headers: Mapping[str, str | list[str]], *, as_list: bool) -> tuple[str, Any]:
        if self._ended.done() or self._protocol.transport is None or self._protocol.transport.is_closing():
            raise PbxUnavailable("pbx-not-connected", "there is no connection to the PBX")
        action_id = next(self._ids)
        future = self.send_action({**headers, "ActionID": action_id}, as_list=as_list)
        read_on(self._protocol.transport)
        try:
            return action_id, await asyncio.wait_for(future, self._settings.action_timeout_s)
        except TimeoutError as exc:
            raise PbxUnavailable("pbx-no-answer", f"no answer to {headers['Action']}") from exc
        finally:
            self._protocol.responses.pop(action_id, None)

    def received(self, messages: list[bytes]) -> None:
        """Whole messages, in order. An event of no interest costs a look at its first line: most of them are."""
        for message in messages:
            if not message.startswith(b"Event: "):
                self._protocol.answer(parse(message))
                continue
            self.events_total += 1
            wanted = _WANTED.get(message[7 : message.find(b"\r\n")])
            if self._collecting and b"\r\nActionID: " in message and self._protocol.answer(parse(message)):
                continue
            if wanted:
                self._on_event(RawEvent(wanted, message))

    # --- what panoramisk would do by itself ---------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        """No reconnection here, and nothing is kept to be sent again."""
        self.abort(f"connection lost: {exc}" if exc else "connection closed by the PBX")

    async def send_awaiting_actions(self, *_: object) -> None:
        """Nothing ever awaits."""

    def ping(self) -> None:
        """The watchdog of the door pings, and looks at the answers."""


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk is untyped
    transport: asyncio.Transport | None = None
    responses: dict[str, Any]

    def __init__(self, session: AmiSession) -> None:
        self._session = session
        self._decoder = AmiDecoder()
        self.responses = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self._session
        self.encoding = "utf-8"

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.feed(data)
        except MessageTooLong:
            self._session.abort("a message without end")
            return
        self._session.received(messages)
        # The socket holds a second of events and more.
        if self.transport is not None and not self.responses and not self.transport.is_closing():
            read_on_later(self.transport, TOGETHER_S)

    def answer(self, headers: Message) -> bool:
        """Hand a response, or an item of a list, to the action that waits for it; False when none does."""
        action = self.responses.get(str(headers.get("ActionID")))
        if action is None or action.future.done():
            return False
        answer = Answer(headers)
        if action.as_list and not action.responses and not answer.success:
            action.future.set_result(
                [answer]
            )  # panoramisk would wait for the items of a refused list for ever
        else:
            action.add_message(answer)
        return True

    def close(self) -> None:
        """Fail whoever waits; panoramisk would put these actions aside and send them on the next connection."""
        waiting, self.responses = self.responses, {}
        for action in waiting.values():
            if not action.future.done():
                action.future.set_exception(
                    PbxUnavailable("pbx-lost", "the connection broke before the answer")
                )
        self.closed = True
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.close()
        self._session.connection_lost(exc)
