"""A small SMSC: takes one session after another, numbers what it takes, tells what it is told to tell."""

import asyncio
from typing import Any, Self

from smpplib import consts, smpp


class _Numbers:
    sequence = 1000

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence


class Smsc:
    """`status` is the answer to the next messages; None: no answer at all."""

    def __init__(self, bind_status: int = consts.SMPP_ESME_ROK) -> None:
        self.taken: list[Any] = []
        self.sessions = 0
        self.links = 0
        self.port = 0
        self.status: int | None = consts.SMPP_ESME_ROK
        self._bind_status = bind_status
        self._numbers = _Numbers()
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._handlers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._session, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for handler in tuple(self._handlers):
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def cut(self) -> None:
        assert self._writer is not None
        self._writer.close()

    async def send_raw(self, raw: bytes) -> None:
        assert self._writer is not None
        self._writer.write(raw)
        await self._writer.drain()

    async def deliver(self, body: bytes, *, esm_class: int = 0, data_coding: int = 0) -> int:
        """The status with which the other side answers."""
        pdu = smpp.make_pdu(
            "deliver_sm",
            client=self._numbers,
            source_addr="79124401825",
            destination_addr="1234",
            short_message=body,
            esm_class=esm_class,
            data_coding=data_coding,
        )
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[pdu.sequence] = answer
        await self.send_raw(pdu.generate())
        return await asyncio.wait_for(answer, 30)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self._writer = writer
        try:
            while True:
                head = await reader.readexactly(4)
                raw = head + await reader.readexactly(int.from_bytes(head, "big") - 4)
                await self._hear(smpp.parse_pdu(raw, client=self._numbers), writer)
        except (EOFError, ConnectionError):
            pass
        finally:
            writer.close()
            self._handlers.discard(task)

    async def _hear(self, pdu: Any, writer: asyncio.StreamWriter) -> None:
        if pdu.command == "deliver_sm_resp":
            self._answers.pop(pdu.sequence).set_result(pdu.status)
            return
        status: int | None = consts.SMPP_ESME_ROK
        values: dict[str, Any] = {}
        if pdu.command == "bind_transceiver":
            status = self._bind_status
            values = {"system_id": "smsc"}
            self.sessions += status == consts.SMPP_ESME_ROK
        elif pdu.command == "submit_sm":
            status = self.status
            if status == consts.SMPP_ESME_ROK:
                self.taken.append(pdu)
                values = {"message_id": f"m{len(self.taken)}"}
        elif pdu.command == "enquire_link":
            self.links += 1
        if status is not None:
            answer = smpp.make_pdu(f"{pdu.command}_resp", client=self._numbers, **values)
            answer.status, answer.sequence = status, pdu.sequence
            writer.write(answer.generate())
            await writer.drain()
