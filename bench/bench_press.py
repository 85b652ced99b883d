"""From the press of «Позвонить клиенту» to the INVITE at the dealer's telephone: the whole application (HTTP, rights, limits,
attempt, audit, commit, AMI) and the dialplan, against a bare Originate of the same telephone on the same PBX, in turn.

    python -m bench.bench_press [--presses 60]

The telephone is busy at once, so that no customer is called. Ends with 1 when p95 is above 150 ms or an INVITE is missing.
"""

import argparse
import asyncio
import re
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from aiohttp import ClientSession, CookieJar

from bench.setup_lab import PHONE, SetupLab, setup_lab
from callcore.asterisk.secrets import PbxSecrets
from callcore.customers.tables import ContactRow, CustomerRow
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.network.access_tables import SettingRow
from callcore.network.passwords import hash_password
from callcore.network.tables import UserRow
from callcore.orders.create_order import create_order
from callcore.orders.model import NewOrder, OrderKind
from callcore.stand.layout import StandDirs
from callcore.stand.ports import HOST, StandPorts

MAX_P95_MS = 150.0
EMAIL, PASSWORD = "dealer@example.test", "long enough for a bench"
INVITE_LIMIT_S = 5.0
WARM_UP = 5


class Result(NamedTuple):
    """Milliseconds; `missing` presses that led to no INVITE."""

    p50: float
    p95: float
    bare_p50: float
    bare_p95: float
    missing: int

    @property
    def is_met(self) -> bool:
        return self.p95 <= MAX_P95_MS and not self.missing


class Telephone:
    """A telephone on UDP in a thread of its own: notes the moment of each INVITE and is busy."""

    def __init__(self) -> None:
        self._invited = threading.Event()
        self._at = 0.0
        self._seen: set[bytes] = set()

    @contextmanager
    def open(self, _folder: Path, ports: StandPorts) -> Iterator[None]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((HOST, ports.carrier_sip))
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                line.sendto(b"", (HOST, ports.carrier_sip))
                thread.join(2)

    def _serve(self, line: socket.socket) -> None:
        while True:
            message, sender = line.recvfrom(65535)
            at = time.perf_counter()
            if not message:
                return
            method = message.split(b" ", 1)[0]
            if method == b"INVITE" and (name := _header(message, b"Call-ID")) not in self._seen:
                self._seen.add(name)
                self._at = at
                self._invited.set()
            if method in (b"INVITE", b"OPTIONS"):
                line.sendto(_answer(message, b"486 Busy Here" if method == b"INVITE" else b"200 OK"), sender)

    def expect(self) -> None:
        self._invited.clear()

    async def invited(self) -> float | None:
        """The moment of the next INVITE by perf_counter; None when none came."""
        came = await asyncio.to_thread(self._invited.wait, INVITE_LIMIT_S)
        return self._at if came else None


def _header(message: bytes, name: bytes) -> bytes:
    found = re.search(rb"(?im)^" + name + rb":[ \t]*(.*?)\r$", message)
    return found[1] if found else b""


def _answer(message: bytes, status: bytes) -> bytes:
    kept = [
        line
        for line in message.split(b"\r\n")
        if line.lower().startswith((b"via:", b"from:", b"call-id:", b"cseq:"))
    ]
    to = b"To: " + _header(message, b"To") + b";tag=bench"
    return b"\r\n".join((b"SIP/2.0 " + status, *kept, to, b"Content-Length: 0", b"", b""))


async def add_orders(database: Database, count: int) -> list[int]:
    """One dealer's person with as many accepted orders, each of its own customer, who may be called at any hour."""
    now = SystemClock().now()
    numbers: list[int] = []
    async with database.transaction() as session:
        person = UserRow(email=EMAIL, full_name="Дилер", role="dealer_owner", org_id=2)
        person.password_hash, person.tz, person.created_at = hash_password(PASSWORD), "Europe/Moscow", now
        limits = {
            "from_minute": 0,
            "until_minute": 1440,
            "max_calls_a_day": 100_000,
            "max_calls_at_once": 100,
        }
        session.add_all([person, SettingRow(key="calls", value=limits, version=1, at=now)])
        for n in range(count):
            customer = CustomerRow(name=f"Клиент {n}", created_at=now)
            session.add(customer)
            await session.flush()
            contact = ContactRow(customer_id=customer.id, kind="phone", value=f"+7916{n:07}", is_main=True)
            session.add(contact)
            new = NewOrder(kind=OrderKind.ORDER, customer_id=customer.id, org_id=2, status="accepted")
            numbers.append((await create_order(session, new, now=now)).number)
    return numbers


class Browser:
    """A dealer who is signed in."""

    def __init__(self, lab: SetupLab, session: ClientSession) -> None:
        self._site = f"http://{HOST}:{lab.ports.web}"
        self._session = session
        self._token = ""

    async def sign_in(self, order: int) -> None:
        form = {"email": EMAIL, "password": PASSWORD}
        async with self._session.post(f"{self._site}/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
        async with self._session.get(f"{self._site}/press/order/{order}") as answer:
            found = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
            assert found is not None, "the page has a form"
            self._token = found[1]

    async def press(self, order: int) -> None:
        form = {
            "kind": "order",
            "target": str(order),
            "key": f"bench-press-{order:08}",
            "csrf_token": self._token,
        }
        async with self._session.post(
            f"{self._site}/press", data=form, headers={"HX-Request": "true"}
        ) as answer:
            assert answer.status == 202, await answer.text()


class Bare:
    """One AMI connection and an Originate without anything else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def say(self, **headers: str) -> None:
        text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"{text}\r\n".encode())
        await self._writer.drain()

    async def press(self) -> None:
        await self.say(
            Action="Originate",
            Channel=f"PJSIP/{PHONE}@trunk-main",
            Application="Wait",
            Data="1",
            Async="true",
        )


async def measure(presses: int) -> Result:
    telephone = Telephone()
    async with setup_lab(telephone.open) as lab, ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        database = Database(lab.settings.database.url.get_secret_value())
        orders = await add_orders(database, presses + WARM_UP)
        await database.close()
        await lab.application.start(timeout_s=90)
        browser = Browser(lab, session)
        await browser.sign_in(orders[0])
        bare = Bare(*await asyncio.open_connection(HOST, lab.settings.ami.port))
        secret = PbxSecrets(StandDirs(lab.folder).secrets).get("ami")["ami"]
        await bare.say(Action="Login", Username=lab.settings.ami.username, Secret=secret, Events="off")
        await asyncio.sleep(5)  # the application has read what it reads at start
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        missing = 0
        for order in orders:
            for way in times:
                telephone.expect()
                begun = time.perf_counter()
                await (browser.press(order) if way == "ours" else bare.press())
                at = await telephone.invited()
                if at is None:
                    missing += 1
                else:
                    times[way].append((at - begun) * 1000)
                await lab.drained()
    ours, base = times["ours"][WARM_UP:], times["bare"][WARM_UP:]
    return Result(_at(ours, 50), _at(ours, 95), _at(base, 50), _at(base, 95), missing)


def _at(times: list[float], part: int) -> float:
    if len(times) < 2:
        return float("inf")
    return statistics.quantiles(times, n=100, method="inclusive")[part - 1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--presses", type=int, default=60)
    result = asyncio.run(measure(parser.parse_args().presses))
    print(f"press → INVITE: p50 {result.p50:.1f}  p95 {result.p95:.1f} ms (target {MAX_P95_MS:.0f})")
    print(f"bare Originate: p50 {result.bare_p50:.1f}  p95 {result.bare_p95:.1f} ms")
    print(f"ratio p50 {result.p50 / result.bare_p50:.1f}, presses without an INVITE: {result.missing}")
    return 0 if result.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
