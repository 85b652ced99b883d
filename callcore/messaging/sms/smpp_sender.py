"""SMS by SMPP 3.4 over one transceiver session of our own; smpplib writes and reads the PDUs.

One task keeps the session: it connects, binds, reads for ever and comes back after a pause. A message waits for the answer
to each of its parts. Receipts and messages of people come over the same session; they are acknowledged after they are
stored, so that an SMSC tells them again when we die between.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from smpplib import consts, gsm, smpp
from smpplib.exceptions import MessageTooLong, PDUError, UnknownCommandError

from callcore.kernel.logs import get_logger
from callcore.kernel.tasks import TaskOwner
from callcore.messaging.sms.port import (
    Asked,
    SmsMessage,
    SmsNews,
    SmsOutcome,
    SmsRefused,
    TakeHeard,
    TakeNews,
)

HEADER_BYTES: Final = 16
MAX_PDU_BYTES: Final = 64 * 1024
RECEIPT: Final = 0x04
_KIND: Final = 0x3C
_INTERNATIONAL, _ALPHANUMERIC, _ISDN = 1, 5, 1
_FAILED: Final = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD"})
_LATER: Final = frozenset(
    {
        consts.SMPP_ESME_RSYSERR,
        consts.SMPP_ESME_RMSGQFUL,
        consts.SMPP_ESME_RTHROTTLED,
        consts.SMPP_ESME_RX_T_APPN,
    }
)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SmppServer:
    """`signature` is the registered name or number that stands as the sender. `pause_s` after a lost session, `quiet_s`
    without a PDU before we ask whether the other side is there."""

    host: str
    port: int
    system_id: str
    password: str
    signature: str
    is_tls: bool = False
    limit_s: float = 15.0
    pause_s: float = 5.0
    quiet_s: float = 30.0


class _Numbers:
    """What smpplib wants of a client: sequence numbers, never 0."""

    def __init__(self) -> None:
        self.sequence = 0

    def next_sequence(self) -> int:
        self.sequence = self.sequence % 0x7FFFFFFF + 1
        return self.sequence


class SmppSender:
    name = "smpp"

    def __init__(self, server: SmppServer, take_news: TakeNews, take_heard: TakeHeard) -> None:
        self._server = server
        self._take_news = take_news
        self._take_heard = take_heard
        self._numbers = _Numbers()
        self._tasks = TaskOwner("smpp")
        self._writer: asyncio.StreamWriter | None = None
        self._bound = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    def start(self) -> None:
        _ = self._tasks.spawn("session", self._run())

    async def close(self) -> None:
        await self._tasks.close()

    async def send(self, message: SmsMessage) -> str:
        """The name of the last part, whose receipt comes last."""
        try:
            parts, coding, esm_class = gsm.make_parts(message.text)
        except MessageTooLong as exc:
            raise SmsRefused("sms-refused", "too long") from exc
        try:
            async with asyncio.timeout(self._server.limit_s):
                await self._bound.wait()
        except TimeoutError as exc:
            raise SmsRefused("sms-not-now", "no session") from exc
        answer = None
        for number, part in enumerate(parts):
            answer = await self._submit(message, part, coding, esm_class, is_first=number == 0)
        return bytes(answer.message_id or b"").decode("ascii", "replace") if answer is not None else ""

    async def news(self, _asked: Sequence[Asked]) -> tuple[SmsNews, ...]:
        return ()

    async def _submit(
        self, message: SmsMessage, part: bytes, coding: int, esm_class: int, *, is_first: bool
    ) -> Any:
        name = self._server.signature
        is_word = not name.lstrip("+").isdigit()
        pdu = self._make(
            "submit_sm",
            source_addr_ton=_ALPHANUMERIC if is_word else _INTERNATIONAL,
            source_addr_npi=0 if is_word else _ISDN,
            source_addr=name.lstrip("+"),
            dest_addr_ton=_INTERNATIONAL,
            dest_addr_npi=_ISDN,
            destination_addr=message.number.removeprefix("+"),
            short_message=part,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=1,
        )
        answer = await self._ask(pdu)
        if answer.status == consts.SMPP_ESME_ROK:
            return answer
        is_later = answer.status in _LATER
        code = "sms-not-now" if is_later and is_first else "sms-refused"
        raise SmsRefused(code, f"SMPP 0x{answer.status:02x} {answer.get_status_desc()}")  # type: ignore[arg-type]

    async def _ask(self, pdu: Any) -> Any:
        """The answer to a request. Raises SmsRefused when none comes: it may have been taken."""
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[pdu.sequence] = waiting
        try:
            async with asyncio.timeout(self._server.limit_s):
                await self._write(pdu)
                return await waiting
        except (TimeoutError, ConnectionError) as exc:
            raise SmsRefused("sms-unknown", f"no answer: {type(exc).__name__}") from exc
        finally:
            self._waiting.pop(pdu.sequence, None)

    def _make(self, command: str, **values: Any) -> Any:
        return smpp.make_pdu(command, client=self._numbers, allow_unknown_opt_params=True, **values)

    async def _write(self, pdu: Any) -> None:
        if self._writer is None:
            raise ConnectionError("no session")
        self._writer.write(pdu.generate())
        await self._writer.drain()

    # --- the session ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            try:
                await self._session()
            except (OSError, EOFError, TimeoutError, PDUError, SmsRefused) as exc:
                _log.warning("smpp session ended", error=f"{type(exc).__name__}: {exc}"[:200])
            except Exception:  # noqa: BLE001 - a border: whatever the other side sends, we come back
                _log.exception("smpp session failed")
            self._bound.clear()
            await asyncio.sleep(self._server.pause_s)

    async def _session(self) -> None:
        server = self._server
        tls = ssl.create_default_context() if server.is_tls else None
        async with asyncio.timeout(server.limit_s):
            reader, self._writer = await asyncio.open_connection(server.host, server.port, ssl=tls)
        reading = self._tasks.spawn("read", self._read(reader))
        try:
            bind = self._make(
                "bind_transceiver", system_id=server.system_id, password=server.password, system_type=""
            )
            answer = await self._ask(bind)
            if answer.status != consts.SMPP_ESME_ROK:
                raise ConnectionError(f"bind refused: {answer.get_status_desc()}")
            self._bound.set()
            while not reading.done():
                _ = await asyncio.wait({reading}, timeout=server.quiet_s)
                if not reading.done():
                    _ = await self._ask(self._make("enquire_link"))
        finally:
            self._bound.clear()
            reading.cancel()
            self._drop()

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("session lost"))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                head = await reader.readexactly(4)
                length = int.from_bytes(head, "big")
                if not HEADER_BYTES <= length <= MAX_PDU_BYTES:
                    raise ConnectionError(f"a PDU of {length} bytes")
                await self._hear(head + await reader.readexactly(length - 4))
        except (OSError, EOFError) as exc:
            _log.info("smpp connection closed", error=type(exc).__name__)
        finally:
            self._drop()

    async def _hear(self, raw: bytes) -> None:
        try:
            pdu = smpp.parse_pdu(raw, client=self._numbers, allow_unknown_opt_params=True)
        except (UnknownCommandError, IndexError, ValueError) as exc:
            _log.warning("smpp pdu not understood", error=type(exc).__name__)
            return
        if pdu is None:
            return
        if pdu.is_response():
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command == "deliver_sm":
            status = await self._deliver(pdu)
            await self._answer(pdu, "deliver_sm_resp", status)
        elif pdu.command in ("enquire_link", "unbind"):
            await self._answer(pdu, f"{pdu.command}_resp", consts.SMPP_ESME_ROK)

    async def _answer(self, pdu: Any, command: str, status: int) -> None:
        answer = self._make(command, status=status)
        answer.sequence = pdu.sequence
        await self._write(answer)

    async def _deliver(self, pdu: Any) -> int:
        """The status of our answer: a failure of ours is asked for again."""
        try:
            if (pdu.esm_class or 0) & _KIND == RECEIPT:
                news = receipt_of(pdu)
                is_known = news is None or await self._take_news(self.name, news)
                return int(consts.SMPP_ESME_ROK if is_known else consts.SMPP_ESME_RX_T_APPN)
            number = bytes(pdu.source_addr or b"").decode("ascii", "replace")
            await self._take_heard(f"+{number.lstrip('+')}", text_of(pdu))
        except Exception:  # noqa: BLE001 - a border: the SMSC keeps what we could not store
            _log.exception("smpp message not stored")
            return int(consts.SMPP_ESME_RX_T_APPN)
        return int(consts.SMPP_ESME_ROK)


def receipt_of(pdu: Any) -> SmsNews | None:
    """By the optional parameters, or by the words «id:… stat:…» that stand for them. None while it is under way."""
    body = bytes(getattr(pdu, "short_message", None) or b"").decode("latin-1")
    told = dict(re.findall(r"(id|stat|err):(\S+)", body))
    sent_id = getattr(pdu, "receipted_message_id", None)
    sender_id = bytes(sent_id).decode("ascii", "replace").rstrip("\0") if sent_id else told.get("id", "")
    state = told.get("stat", "").upper()
    if state in ("DELIVRD", "ACCEPTD"):
        return SmsNews(sender_id, SmsOutcome.DELIVERED) if state == "DELIVRD" else None
    if state in _FAILED:
        return SmsNews(sender_id, SmsOutcome.FAILED, f"{state} {told.get('err', '')}".strip())
    return None


def text_of(pdu: Any) -> str:
    """Without the header of a part. An unknown alphabet gives what can be read."""
    raw = bytes(getattr(pdu, "short_message", None) or getattr(pdu, "message_payload", None) or b"")
    if (pdu.esm_class or 0) & consts.SMPP_GSMFEAT_UDHI and raw:
        raw = raw[raw[0] + 1 :]
    if pdu.data_coding == consts.SMPP_ENCODING_ISO10646:
        return raw.decode("utf-16-be", "replace")
    return raw.decode("latin-1")
