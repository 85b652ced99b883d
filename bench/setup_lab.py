"""One PBX with our dialplan, the application, and SIPp on both sides: what bench_setup measures with."""

import asyncio
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from callcore.asterisk.embedded import AsteriskProcess, find_or_install
from callcore.asterisk.fallback.deploy import deploy_script
from callcore.asterisk.pbx_plan import make_pbx_plan
from callcore.asterisk.publish import publish
from callcore.asterisk.route_reply import reply_variables
from callcore.asterisk.secrets import PbxSecrets
from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.migrations import upgrade
from callcore.network.model import OrgKind, PhoneOwner
from callcore.network.tables import DidRow, OrgRow, OutletRow, PhoneRow, RegionRow
from callcore.routing.hours import DAYS
from callcore.stand.config_file import SYSTEM_NAME, config_text
from callcore.stand.explaining import decide_now
from callcore.stand.layout import StandDirs, cache_dir
from callcore.stand.ports import HOST, StandPorts, choose_ports
from callcore.stand.processes import ApplicationProcess
from callcore.stand.rendering import read_source
from config.settings import Settings, load_settings
from dialplans.plan import RenderedConfig
from dialplans.render import render_pbx

DATA = Path(__file__).parent / "data"
DID, PHONE, DUTY = "+74951230000", "+74952220001", "+74952220002"
PLAIN, SHAPE, OURS = "74950000001", "74950000002", DID[1:]
RTP_SPAN = 8000
LINES = 100
OWED = (
    "SELECT (SELECT count(*) FROM cel_events WHERE NOT is_settled)"
    " + (SELECT count(*) FROM recordings WHERE state IN ('pending', 'processing'))"
)


@dataclass(frozen=True, slots=True)
class Calls:
    """One run of SIPp. Times from INVITE to 200 OK in ms, in order of answers. `stolen`: the share of the machine's time that
    the hypervisor gave to others meanwhile."""

    asked: int
    answered: int
    failed: int
    retransmitted: int
    times_ms: tuple[float, ...]
    stolen: float = 0.0

    @property
    def is_clean(self) -> bool:
        return self.answered == self.asked and not self.failed and not self.retransmitted


@dataclass
class SetupLab:
    folder: Path
    ports: StandPorts
    pbx: AsteriskProcess
    application: ApplicationProcess
    database: Path
    settings: Settings

    def journal_rows(self) -> int:
        """Calls that have ended by the journal."""
        return self._count("SELECT count(*) FROM calls WHERE state = 'ended'")

    async def settled(self, limit_s: float = 300) -> None:
        """The application has brought in what passed without it and has done with all recordings: work for some calls must
        not be charged to the next."""
        end = time.monotonic() + limit_s
        before = -1
        while before != (now := self._count(OWED)) or now:
            if time.monotonic() > end:
                raise RuntimeError("calls were not reconciled, or recordings not worked off")
            before = now
            await asyncio.sleep(1)
        await asyncio.sleep(6)  # a whole round of everything that runs now and then

    def _count(self, sql: str) -> int:
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            return int(connection.execute(sql).fetchone()[0])
        finally:
            connection.close()

    def application_cpu_s(self) -> float:
        if self.application.pid is None:
            return 0.0
        root = psutil.Process(self.application.pid)
        times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    async def call(self, number: str, rate: float, count: int, hold_ms: int) -> Calls:
        before = psutil.cpu_times()
        calls = await asyncio.to_thread(self._call, number, rate, count, hold_ms)
        return replace(calls, stolen=_stolen(before, psutil.cpu_times()))

    def _call(self, number: str, rate: float, count: int, hold_ms: int) -> Calls:
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            limit_s = count / rate + hold_ms / 1000 + 30
            argv = [
                *(
                    "sipp",
                    "-sf",
                    str(DATA / "uac.xml"),
                    "-s",
                    number,
                    "-i",
                    HOST,
                    "-mi",
                    HOST,
                    "-mp",
                    "32000",
                ),
                *("-m", str(count), "-r", str(rate), "-rp", "1000", "-l", "5000", "-d", str(hold_ms)),
                *("-nostdin", "-skip_rlimit", "-timer_resol", "1", "-buff_size", "4194304"),
                *("-trace_shortmsg", "-shortmessage_file", "short.log"),
                *("-trace_stat", "-stf", "stat.csv", "-fd", "1", "-timeout", f"{int(limit_s)}s"),
                *("-recv_timeout", "9000", f"{HOST}:{self.ports.sip}"),
            ]
            subprocess.run(
                argv,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=limit_s + 20,
                check=False,
            )
            return _read(folder, count)

    async def drained(self, limit_s: float = 20) -> None:
        """No channel is left."""
        end = time.monotonic() + limit_s
        while (await self.pbx.cli("core show channels concise")).strip():
            if time.monotonic() > end:
                raise RuntimeError("channels were left behind")
            await asyncio.sleep(0.2)


def _stolen(before: Any, after: Any) -> float:
    spent = [end - start for start, end in zip(before, after, strict=True)]
    return (getattr(after, "steal", 0.0) - getattr(before, "steal", 0.0)) / max(sum(spent), 0.001)


def _read(folder: Path, count: int) -> Calls:
    """SIPp's own clock ticks in milliseconds; the log of its messages has microseconds."""
    invited: dict[str, float] = {}
    answered: dict[str, float] = {}
    for line in (folder / "short.log").read_text(errors="replace").splitlines():
        parts = line.split("\t")
        if len(parts) < 7:
            continue
        at, way, call_id, cseq, text = float(parts[2]), parts[3], parts[4], parts[5], parts[6]
        if way == "S" and text.startswith("INVITE"):
            invited.setdefault(call_id, at)
        elif way == "R" and cseq == "CSeq:1 INVITE" and text.startswith("SIP/2.0 200"):
            answered.setdefault(call_id, at)
    head, *rows = (line.split(";") for line in (folder / "stat.csv").read_text().splitlines())
    stat = dict(zip(head, rows[-1], strict=False))
    times = tuple((answered[one] - invited[one]) * 1000 for one in answered if one in invited)
    return Calls(
        count,
        len(answered),
        int(stat["FailedCall(C)"]),
        int(stat["Retransmissions(C)"]),
        times,
    )


Dealer = Callable[[Path, StandPorts], AbstractContextManager[None]]


@contextmanager
def _dealer(folder: Path, ports: StandPorts) -> Iterator[None]:
    with subprocess.Popen(
        [
            *("sipp", "-sf", str(DATA / "uas.xml"), "-i", HOST, "-p", str(ports.carrier_sip), "-mi", HOST),
            *("-mp", "33000", "-nostdin", "-skip_rlimit", "-timer_resol", "1", "-buff_size", "4194304"),
            f"{HOST}:{ports.sip}",
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.kill()


@asynccontextmanager
async def setup_lab(dealer: Dealer | None = None) -> AsyncIterator[SetupLab]:
    """The application is not started: whoever measures does it. `dealer` is the outside telephone, SIPp if none is given:
    without it raises RuntimeError."""
    if dealer is None and shutil.which("sipp") is None:
        raise RuntimeError("SIPp is needed: apt-get install sip-tester")
    with tempfile.TemporaryDirectory(prefix="dl-setup-") as name:
        dirs = StandDirs(Path(name))
        ports = choose_ports(None, None, None)
        secrets = PbxSecrets(dirs.secrets)
        settings = _settings(dirs, ports, secrets)
        await asyncio.to_thread(upgrade, settings.database.url.get_secret_value())
        await _publish(settings, dirs, secrets)
        build = await asyncio.to_thread(find_or_install, cache_dir(), print)
        pbx = AsteriskProcess(build, dirs.pbx, SYSTEM_NAME)
        application = ApplicationProcess(dirs.config, dirs.application_log, f"http://{HOST}:{ports.web}")
        await pbx.start()
        try:
            with (dealer or _dealer)(dirs.root, ports):
                yield SetupLab(dirs.root, ports, pbx, application, dirs.database, settings)
        finally:
            await application.stop()
            await pbx.stop()


def _settings(dirs: StandDirs, ports: StandPorts, secrets: PbxSecrets) -> Settings:
    text = config_text(dirs, ports, secrets.get("ami")["ami"])
    text = text.replace("demo = true", "demo = false")
    text = re.sub(r"rtp_last = \d+", f"rtp_last = {ports.rtp_range[0] + RTP_SPAN}", text)
    dirs.root.mkdir(exist_ok=True)
    dirs.config.write_text(text, encoding="utf-8")
    return load_settings(dirs.config, {})


async def _publish(settings: Settings, dirs: StandDirs, secrets: PbxSecrets) -> None:
    database = Database(settings.database.url.get_secret_value())
    try:
        await _write_network(database)
        source = await read_source(database)
    finally:
        await database.close()
    dirs.pbx.create()
    deploy_script(settings.pbx.agi_dir)
    files = dict(render_pbx(make_pbx_plan(settings, source.wiring, secrets, source.routes)).files)
    decision = await decide_now(settings, DID, "+79160000001")
    files["extensions.conf"] += _static_contexts(
        files["extensions.conf"], dict(reply_variables(decision.plan))
    )
    publish(RenderedConfig(files), dirs.pbx.etc, check=lambda _: [])


async def _write_network(database: Database) -> None:
    """One dealer, open at any hour, with one outside telephone that needs no key."""
    now = SystemClock().now()
    always = {day: [["00:00", "00:00"]] for day in DAYS}
    common = {"tz": "Europe/Moscow", "created_at": now, "region_code": "RU-MOW"}
    async with database.transaction() as session:
        session.add(RegionRow(code="RU-MOW", name="Москва", tz="Europe/Moscow"))
        await session.flush()
        session.add(
            OrgRow(id=1, kind=OrgKind.MANUFACTURER, parent_id=None, path="/1/", name="Завод", **common)
        )
        await session.flush()
        session.add(OrgRow(id=2, kind=OrgKind.DEALER, parent_id=1, path="/1/2/", name="Дилер", **common))
        await session.flush()
        session.add(
            OutletRow(
                id=1,
                org_id=2,
                name="Точка",
                city="Москва",
                address="",
                region_code="RU-MOW",
                tz="Europe/Moscow",
                hours=always,
                works_on_holidays=True,
                max_calls=None,
            )
        )
        await session.flush()
        phone = {"kind": "external", "lines": LINES, "accept_by_key": False}
        session.add(
            PhoneRow(id=1, label="Дилер", number=PHONE, owner=PhoneOwner.OUTLET, outlet_id=1, **phone)
        )
        session.add(
            PhoneRow(id=2, label="Дежурный", number=DUTY, owner=PhoneOwner.DUTY, duty_position=1, **phone)
        )
        session.add(DidRow(id=1, number=DID, label="Замер", org_id=2))


def _static_contexts(dialplan: str, plan: dict[str, str]) -> str:
    """The two baselines: one Dial and nothing else; and our own entry with the answer written into it."""
    entry = dialplan[dialplan.index("[dl-entry]") :].split("\n\n; Purpose", 1)[0]
    entry = entry.replace("[dl-entry]", "[bench-entry]")
    sets = "\n".join(f" same => n,Set({name}={value})" for name, value in {**plan, "DL_ROUTED": "1"}.items())
    shaped, count = re.subn(
        r"^ same => n,AGI\(agi://.*$", sets.replace("\\", r"\\"), entry, flags=re.MULTILINE
    )
    assert count == 1, "the entry asks once"
    return f"""

[from-trunk](+)
exten => {PLAIN},1,Dial(PJSIP/{PHONE}@trunk-main,30)
 same => n,Hangup()
exten => {SHAPE},1,Gosub(bench-entry,s,1({SHAPE}))

{shaped}
"""
