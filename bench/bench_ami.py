"""AMI events per second: the whole door (decode, translate, queue, one consumer) against bare panoramisk.

Both read the same stream through a loopback socket, from a server in a process of its own, in turns within one run.
Two streams: as captured (most events are of no interest to us, both get them all), and only those that become facts.

    python bench/bench_ami.py [--file STREAM.gz] [--rounds 3] [--repeat 30] [--least 5]

Ends with 1 when the ratio on the captured stream is under `--least`. Figures are events of the stream per second of the
reader's own processor time (the wall's figure stands beside it and sways with what else runs), median of the rounds. An
event that the door rightly skips counts as handled, on both sides.
"""

import argparse
import asyncio
import gzip
import logging
import multiprocessing
import re
import socket
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

import structlog
from panoramisk import Manager

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.asterisk.ami.translate import TRANSLATED
from callcore.calls.facts import MilestoneReached, PbxSnapshot
from callcore.kernel.clock import SystemClock

LIMIT_S = 120
CAPTURE = Path(__file__).parent / "data" / "ami_stream.bin.gz"
END = (
    b"Event: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 1795325999.0\r\nChannel: PJSIP/end-1\r\nUniqueid: 1.1\r\n"
    b"UserEvent: DL\r\nKind: bench-end\r\n\r\n"
)


class Took(NamedTuple):
    wall_s: float
    cpu_s: float


def instant() -> Took:
    return Took(time.perf_counter(), time.process_time())


def since(begun: Took, ended: Took) -> Took:
    return Took(ended.wall_s - begun.wall_s, ended.cpu_s - begun.cpu_s)


def load(path: Path) -> list[bytes]:
    """Events of a capture; those of a PBX without `timestampevents` get a time stamp, as ours has it."""
    raw = gzip.decompress(path.read_bytes())
    events = [
        block for part in raw.split(b"\r\n\r\n") if (block := part.strip(b"\r\n")).startswith(b"Event: ")
    ]
    stamp = b"\r\nTimestamp: 1795325456.250000\r\n"
    return [event if b"\r\nTimestamp: " in event else event.replace(b"\r\n", stamp, 1) for event in events]


def serve(listener: socket.socket, events: list[bytes], repeat: int) -> None:
    """Answer every action; after CoreShowChannels send the stream as fast as it is read."""
    stream = b"".join(event + b"\r\n\r\n" for event in events)
    client, _ = listener.accept()
    client.sendall(b"Asterisk Call Manager/11.0.0\r\n")
    rest = b""
    while data := client.recv(65536):
        *actions, rest = (rest + data).split(b"\r\n\r\n")
        for action in actions:
            name, action_id = (
                re.search(rb"(?m)^%s: (.*?)\r?$" % key, action)[1] for key in (b"Action", b"ActionID")
            )
            client.sendall(b"Response: Success\r\nActionID: " + action_id + b"\r\nEventList: start\r\n\r\n")
            if name == b"Login":
                client.sendall(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
            if name == b"CoreShowChannels":
                client.sendall(
                    b"Event: CoreShowChannelsComplete\r\nActionID: " + action_id + b"\r\nListItems: 0\r\n\r\n"
                )
                for _ in range(repeat):
                    client.sendall(stream)
                client.sendall(END)


async def bare(port: int) -> tuple[Took, int]:
    """panoramisk as its documentation shows it: a Manager, one callback for all events."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Took] = loop.create_future()
    manager = Manager(host="127.0.0.1", port=port, username="u", secret="s", loop=loop)
    seen = 0

    def on_event(_, event) -> None:
        nonlocal seen
        seen += 1
        if event["Event"] == "UserEvent" and event["Kind"] == "bench-end":
            done.set_result(instant())

    await manager.connect()
    manager.register_event("*", on_event)
    await asyncio.wait_for(manager.send_action({"Action": "CoreShowChannels"}, as_list=True), LIMIT_S)
    begun = instant()
    ended = await asyncio.wait_for(done, LIMIT_S)
    manager.close()
    return since(begun, ended), seen


async def door(port: int) -> tuple[Took, int]:
    pbx = AsteriskPbx(AmiSettings("127.0.0.1", port, "u", "s"), SystemClock())
    await pbx.start()
    assert isinstance(await asyncio.wait_for(pbx.next_fact(), LIMIT_S), PbxSnapshot)
    begun = instant()
    facts = 0
    async with asyncio.timeout(LIMIT_S):
        while True:
            fact = await pbx.next_fact()
            facts += 1
            if isinstance(fact, MilestoneReached) and fact.kind == "bench-end":
                break
    took = since(begun, instant())
    assert not pbx.overflows, "facts were dropped"
    assert not pbx.failed_events
    await pbx.close()
    return took, facts


def measure(client, events: list[bytes], repeat: int) -> tuple[Took, int]:
    """What one reading of the stream took, and how many events reached the application."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = multiprocessing.Process(target=serve, args=(listener, events, repeat), daemon=True)
        server.start()
        took, reached = asyncio.run(client(listener.getsockname()[1]))
        server.join(5)
        if server.is_alive():
            server.terminate()
    return took, reached


class Rates(NamedTuple):
    """Events per second of processor time."""

    bare: float
    door: float

    @property
    def ratio(self) -> float:
        return self.door / self.bare


def compare(title: str, events: list[bytes], rounds: int, repeat: int) -> Rates:
    """Print both sides and give them."""
    total = len(events) * repeat
    took: dict[str, list[Took]] = {"bare panoramisk": [], "our door": []}
    reached = {}
    for _ in range(rounds):
        for name, client in (("bare panoramisk", bare), ("our door", door)):
            one, reached[name] = measure(client, events, repeat)
            took[name].append(one)
    print(f"{title}: {total} events, {rounds} rounds")
    cpu = {name: statistics.median(one.cpu_s for one in each) for name, each in took.items()}
    for name, each in took.items():
        wall_s = statistics.median(one.wall_s for one in each)
        print(
            f"  {name:16} {total / cpu[name]:9.0f} events/s ({total / wall_s:.0f} by the wall),"
            f" {cpu[name] / total * 1e6:5.1f} us each, {reached[name]} reached the application"
        )
    rates = Rates(total / cpu["bare panoramisk"], total / cpu["our door"])
    print(f"  ratio            {rates.ratio:9.1f}")
    return rates


def silence() -> None:
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--file", type=Path, default=CAPTURE)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--repeat", type=int, default=30)
    options.add_argument("--least", type=float, default=5.0)
    chosen = options.parse_args()
    silence()
    events = load(chosen.file)
    names = {name.encode() for name in TRANSLATED}
    ratio = compare("as captured", events, chosen.rounds, chosen.repeat).ratio
    compare(
        "only facts", [e for e in events if e[7 : e.find(b"\r\n")] in names], chosen.rounds, chosen.repeat * 3
    )
    if ratio < chosen.least:
        print(f"too slow: {ratio:.1f} < {chosen.least}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
