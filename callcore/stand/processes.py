"""The application as a process of its own, so that it can be stopped, frozen or killed without the PBX noticing."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

import aiohttp

from callcore.kernel.errors import DealerlineError
from callcore.stand.layout import ROOT

_STOP_S = 10.0
_POLL_S = 0.05
_LAST_LINES = 15


class ApplicationFailed(DealerlineError):
    """It ended or did not become ready; `message` has its last log lines."""


class ApplicationProcess:
    """`dealerline serve` with the given settings file; its log goes to `log`."""

    def __init__(self, config: Path, log: Path, address: str) -> None:
        self._config = config
        self._log = log
        self._address = address
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self, timeout_s: float = 30) -> None:
        """Returns when /healthz says that every part works."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "callcore",
                "serve",
                "--config",
                str(self._config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(timeout_s), aiohttp.ClientSession() as client:
                while not await self._is_healthy(client):  # noqa: ASYNC110 - the other side is a process
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as exc:
            raise self._failure(f"приложение не стало готовым за {timeout_s:g} с") from exc

    def send(self, signal_number: signal.Signals) -> None:
        """STOP, CONT and KILL for those who try what happens: to all processes of the application."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal_number)

    async def stop(self) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
            try:
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        self._process = None

    async def wait(self) -> int:
        """Exit code, once it has ended by whatever hand."""
        assert self._process is not None, "not started"
        return await self._process.wait()

    async def _is_healthy(self, client: aiohttp.ClientSession) -> bool:
        if self.pid is None:
            raise self._failure("приложение остановилось при запуске")
        try:
            async with client.get(
                f"{self._address}/healthz", timeout=aiohttp.ClientTimeout(total=2)
            ) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _failure(self, what: str) -> ApplicationFailed:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        text = "\n".join((f"Не запустилось: {what}. Журнал: {self._log}", *lines))
        return ApplicationFailed("application-failed", text)
