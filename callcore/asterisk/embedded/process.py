"""One running Asterisk: started on its own folders, asked through its own control socket, stopped without a trace."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import IO

from callcore.asterisk.embedded.build import AsteriskBuild, declared_dirs
from callcore.asterisk.embedded.errors import InstanceInUse, StartFailed
from callcore.asterisk.embedded.instance import InstanceDirs, render_asterisk_conf
from callcore.asterisk.embedded.sessions import kill_session, pids_running, session_pids
from callcore.kernel.errors import PbxUnavailable
from callcore.kernel.logs import get_logger

_log = get_logger(__name__)

_SOCKET_NAME = "asterisk.ctl"
# sockaddr_un holds 108 bytes with the closing zero.
_LONGEST_SOCKET_PATH = 107
_POLL_S = 0.05
_STOP_COMMAND_S = 2.0
_TERM_GRACE_S = 2.0
_LAST_LINES = 20
_KEPT_ENVIRONMENT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")


class AsteriskProcess:
    """Start, ask, stop. Asterisk outlives a killed application on purpose (calls go on); the next start
    on the same folders ends that one first. Not for use by two tasks at once, `cli` excepted."""

    def __init__(self, build: AsteriskBuild, dirs: InstanceDirs, name: str) -> None:
        self._build = build
        self._dirs = dirs
        self._name = name
        self._process: Process | None = None
        self._lock: IO[str] | None = None
        self._short_run: Path | None = None

    @property
    def pid(self) -> int | None:
        """None when it does not run."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, timeout_s: float = 15) -> None:
        """Return when Asterisk says that it has fully booted. Raises StartFailed, InstanceInUse."""
        if self._process is not None:
            raise InstanceInUse(
                "instance-started", f"{self._name} is started", advice="Asterisk уже запущен."
            )
        self._dirs.create()
        self._take_lock()
        is_up = False
        try:
            await self._end_leftover()
            self._dirs.link_data(self._build)
            self._write_conf()
            await self._spawn()
            await self._wait_booted(timeout_s)
            is_up = True
        finally:
            if not is_up:
                await self.stop(timeout_s=0)

    async def stop(self, timeout_s: float = 5) -> None:
        """`core stop now`, then TERM, then KILL, for it and for all that it started. May be called twice."""
        process = self._process
        if process is not None:
            if process.returncode is None and timeout_s > 0:
                await self._ask_to_end(process, timeout_s)
            # A leader that we have reaped cannot be there: its number then belongs to a stranger.
            if process.returncode is None or process.pid not in session_pids(process.pid):
                await kill_session(process.pid, _TERM_GRACE_S)
            await process.wait()
            self._process = None
        if self._short_run is not None:
            shutil.rmtree(self._short_run, ignore_errors=True)
            self._short_run = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def wait(self) -> int:
        """Exit code, once it has ended by whatever hand; negative for a signal."""
        if self._process is None:
            raise PbxUnavailable("pbx-not-started", f"{self._name} was not started")
        return await self._process.wait()

    async def cli(self, command: str, timeout_s: float = 5) -> str:
        """One console command and its output. Raises PbxUnavailable; the command may then have run."""
        process = await asyncio.create_subprocess_exec(
            *self._build.argv,
            "-C",
            str(self._dirs.asterisk_conf),
            "-rx",
            command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(),
        )
        try:
            async with asyncio.timeout(timeout_s):
                out, err = await process.communicate()
        except TimeoutError as error:
            raise PbxUnavailable(
                "pbx-cli-timeout", f"no answer to a console command in {timeout_s} s"
            ) from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            said = (err or out).decode("utf-8", "replace").strip()
            raise PbxUnavailable("pbx-cli-failed", f"the console of {self._name} does not answer: {said}")
        return out.decode("utf-8", "replace")

    def _take_lock(self) -> None:
        """The kernel drops it when this application dies, however it dies."""
        lock = (self._dirs.root / "instance.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise InstanceInUse(
                "instance-in-use",
                f"another application runs an Asterisk in {self._dirs.root}",
                advice=f"Папку {self._dirs.root} уже использует другой запущенный экземпляр. "
                "Остановите его или выберите другую папку данных.",
            ) from error
        self._lock = lock

    async def _end_leftover(self) -> None:
        """An Asterisk whose application was killed still holds the ports and the socket."""
        conf = self._dirs.asterisk_conf
        for pid in await asyncio.to_thread(pids_running, str(conf)):
            _log.warning("asterisk of a killed application ended", name=self._name, pid=pid)
            await kill_session(pid, _TERM_GRACE_S)
        if conf.is_file():
            run = declared_dirs(conf.read_text(encoding="utf-8")).get("astrundir")
            if run is not None and run != self._dirs.run and run.name.startswith("dealerline-"):
                shutil.rmtree(run, ignore_errors=True)

    def _write_conf(self) -> None:
        run_dir = self._dirs.run
        if len(os.fsencode(run_dir / _SOCKET_NAME)) > _LONGEST_SOCKET_PATH:
            run_dir = self._short_run = short_run_dir()
        (run_dir / _SOCKET_NAME).unlink(missing_ok=True)
        text = render_asterisk_conf(self._dirs, self._build, self._name, run_dir)
        self._dirs.asterisk_conf.write_text(text, encoding="utf-8")

    async def _spawn(self) -> None:
        with (self._dirs.log / "console.log").open("wb") as console:
            self._process = await asyncio.create_subprocess_exec(
                *self._build.argv,
                "-f",
                "-C",
                str(self._dirs.asterisk_conf),
                stdin=DEVNULL,
                stdout=console,
                stderr=console,
                cwd=self._dirs.root,
                env=_environment(),
                start_new_session=True,
            )

    async def _wait_booted(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._is_booted(timeout_s):  # noqa: ASYNC110 - the other side is a process
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise self._failure(f"did not boot in {timeout_s} s") from error

    async def _is_booted(self, timeout_s: float) -> bool:
        process = self._process
        assert process is not None
        if process.returncode is not None:
            raise self._failure(f"ended with {process.returncode} while starting")
        try:
            return "fully booted" in await self.cli("core waitfullybooted", timeout_s)
        except PbxUnavailable:
            return False

    async def _ask_to_end(self, process: Process, timeout_s: float) -> None:
        """Asterisk waits for channels that are held by a program of the dialplan, so it may not obey."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                with suppress(PbxUnavailable):
                    await self.cli("core stop now", min(timeout_s, _STOP_COMMAND_S))
                await process.wait()

    def _failure(self, what: str) -> StartFailed:
        lines = last_lines(self._dirs.log / "console.log")
        return StartFailed(
            "asterisk-start-failed",
            f"Asterisk {self._name} {what}\n{lines}",
            advice=f"Asterisk «{self._name}» не запустился. Журнал: {self._dirs.log}",
        )


def short_run_dir() -> Path:
    """A folder that only this user may enter, with a name that leaves room for the socket's."""
    wished = tempfile.gettempdir()
    parent = wished if len(os.fsencode(wished)) < _LONGEST_SOCKET_PATH - 40 else "/tmp"  # noqa: S108 - mkdtemp
    return Path(tempfile.mkdtemp(prefix="dealerline-", dir=parent))


def last_lines(path: Path, count: int = _LAST_LINES) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _environment() -> dict[str, str]:
    """Scripts that Asterisk starts inherit this: no secrets of the application, no library paths."""
    return {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
