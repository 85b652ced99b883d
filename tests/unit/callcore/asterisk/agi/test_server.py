import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from callcore.asterisk.agi import AgiRequest, AgiServer, AgiSettings, RouteReply
from callcore.asterisk.agi.server import Handler
from tests.fakes.agi_client import ask, head
from tests.fakes.polling import until

pytestmark = pytest.mark.unit

PLAN = (("DL_STEPS", "1"), ("DL_STEP_1_KEYS", "p12-p31"), ("DL_LANG", ""))
WHOLE = [*PLAN, ("DL_ROUTED", "1")]
LONG = tuple((f"DL_X{n}", str(n)) for n in range(60))  # three commands


def plan(_: AgiRequest) -> RouteReply:
    return RouteReply(PLAN)


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., object]]:
    servers: list[AgiServer] = []

    async def start_one(handler: Handler = plan, **settings: float) -> AgiServer:
        server = AgiServer(handler, AgiSettings(port=0, **settings))
        await server.start()
        servers.append(server)
        return server

    yield start_one
    for server in servers:
        await server.close(0)


async def test_a_request_gets_its_plan_with_routed_last(start) -> None:
    seen: list[AgiRequest] = []

    def handler(request: AgiRequest) -> RouteReply:
        seen.append(request)
        return RouteReply(PLAN)

    server = await start(handler)
    assert await ask(server.port) == WHOLE
    assert seen[0].did == "74950000001"
    assert seen[0].caller_name == "Иван Петров"
    await until(lambda: server.active == 0)
    assert (server.answered, server.failed, server.late, server.left) == (1, 0, 0, 0)
    assert server.decide_s_sum > 0


async def test_a_failing_handler_closes_without_a_word(start) -> None:
    def handler(_: AgiRequest) -> RouteReply:
        raise RuntimeError("no snapshot")

    server = await start(handler)
    assert await ask(server.port) == []
    assert server.failed == 1


@pytest.mark.parametrize("bad", [("DL_A", "x\ny"), ("SHELL(id)", "1"), ("DL_ROUTED", "1")])
async def test_an_answer_that_cannot_be_said_is_not_begun(start, bad: tuple[str, str]) -> None:
    server = await start(lambda _: RouteReply((*PLAN, bad)))
    assert await ask(server.port) == []
    assert server.failed == 1


async def test_a_slow_decision_says_nothing(start) -> None:
    def handler(_: AgiRequest) -> RouteReply:
        time.sleep(0.06)
        return RouteReply(PLAN)

    server = await start(handler, decide_limit_s=0.05)
    assert await ask(server.port) == []
    assert server.late == 1


async def test_a_pbx_that_does_not_answer_is_left_in_time(start) -> None:
    noted: list[str] = []
    server = await start(lambda _: RouteReply(PLAN, lambda: noted.append("noted")), read_limit_s=0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head())
    begun = time.monotonic()
    said = await asyncio.wait_for(reader.read(), 30)
    assert said == b'EXEC MSet "DL_STEPS=1,DL_STEP_1_KEYS=p12-p31,DL_LANG=,DL_ROUTED=1"\n'
    await until(lambda: server.late == 1)
    assert time.monotonic() - begun < 2
    assert noted == [], "the call has gone another way"
    writer.close()


@pytest.mark.parametrize(
    "answer",
    [b"200 result=-2\n", b"511 Command Not Permitted on a dead channel\n", b"HANGUP\n", b"garbage\n"],
)
async def test_after_a_refused_command_routed_is_not_said(start, answer: bytes) -> None:
    server = await start(lambda _: RouteReply(LONG))
    said = await ask(server.port, answers=(b"200 result=0\n", answer))
    assert said == list(LONG[:48])
    await until(lambda: server.left == 1)


async def _leave(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def _reset(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _half_a_head_and_leave(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head()[:50])
    writer.close()


async def _a_megabyte(port: int, line: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for _ in range((1 << 20) // len(line)):
            writer.write(line)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _http(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await reader.read() == b""
    writer.close()


async def _a_head_and_leave(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head())
    writer.close()


PROBES = {
    "leave": _leave,
    "reset": _reset,
    "half a head": _half_a_head_and_leave,
    "one line of a megabyte": lambda port: _a_megabyte(port, b"x" * 4096),
    "a head of a megabyte": lambda port: _a_megabyte(port, b"agi_x: " + b"y" * 1000 + b"\n"),
    "http": _http,
    "a head and away": _a_head_and_leave,
}


@pytest.mark.parametrize("probe", PROBES)
async def test_probes_do_not_disturb_calls(start, probe: str) -> None:
    server = await start(decide_limit_s=0.3)
    # One that holds half a head open all the while.
    _, silent = await asyncio.open_connection("127.0.0.1", server.port)
    silent.write(head()[:20])
    slowest = 0.0
    for _ in range(10):
        disturbing = [asyncio.ensure_future(PROBES[probe](server.port)) for _ in range(3)]  # noqa: TID251
        begun = time.monotonic()
        assert await ask(server.port) == WHOLE
        slowest = max(slowest, time.monotonic() - begun)
        await asyncio.gather(*disturbing)
    assert slowest < 1.0
    assert server.answered == 10
    await until(lambda: server.active == 1)
    silent.close()
    await until(lambda: server.active == 0)


async def test_half_a_head_is_dropped_after_the_limit(start) -> None:
    server = await start(read_limit_s=0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head()[:-1])
    with suppress(ConnectionError):  # closed or reset: both will do
        assert await asyncio.wait_for(reader.read(), 30) == b""
    assert server.malformed == 1
    writer.close()


async def test_connections_over_the_limit_are_refused_and_come_back(start) -> None:
    server = await start(max_connections=2)
    held = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
    await until(lambda: server.active == 2)
    assert await ask(server.port) == []
    assert server.refused == 1
    for _, writer in held:
        writer.close()
    await until(lambda: server.active == 0)
    assert await ask(server.port) == WHOLE


async def test_many_calls_at_once(start) -> None:
    server = await start(decide_limit_s=5)
    assert await asyncio.gather(*(ask(server.port) for _ in range(50))) == [WHOLE] * 50
    assert server.answered == 50


async def test_what_comes_afterwards_costs_the_caller_nothing(start) -> None:
    noted: list[str] = []

    def note() -> None:
        noted.append("noted")
        raise RuntimeError("whoever keeps count")

    server = await start(lambda _: RouteReply(PLAN, note))
    with capture_logs() as told:
        assert await ask(server.port) == WHOLE
        await until(lambda: server.answered == 1)
    assert noted == ["noted"]
    assert [line["event"] for line in told] == ["decision not noted"]


async def test_it_listens_on_loopback_by_default() -> None:
    assert AgiSettings().host == "127.0.0.1"


async def test_a_stop_lets_the_present_request_finish() -> None:
    server = AgiServer(lambda _: RouteReply(LONG), AgiSettings(port=0, decide_limit_s=5))
    await server.start()
    port = server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head())
    await reader.readline()
    closing = asyncio.ensure_future(server.close(5))  # noqa: TID251
    await asyncio.sleep(0)
    for _ in range(2):
        writer.write(b"200 result=0\n")
        assert await asyncio.wait_for(reader.readline(), 30)
    writer.write(b"200 result=0\n")
    assert await asyncio.wait_for(reader.read(), 30) == b""
    await asyncio.wait_for(closing, 30)
    assert server.answered == 1
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def test_a_stop_cuts_what_does_not_finish() -> None:
    server = AgiServer(plan, AgiSettings(port=0))
    await server.start()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    await until(lambda: server.active == 1)
    await asyncio.wait_for(server.close(0.05), 30)
    assert server.active == 0
    writer.close()


async def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = AgiServer(plan, AgiSettings(port=taken.getsockname()[1]))
        with pytest.raises(OSError):
            await server.start()
        await server.close()
