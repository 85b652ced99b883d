"""Packages unpacked into a cache folder of ours: room, tools, one installer at a time, nothing half done."""

import fcntl
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from callcore.asterisk.embedded.errors import AptMissing, InstallFailed, NoSpace

Progress = Callable[[str], None]

STAGING = ".staging-"
_LOCK_WAIT_S = 1800
_UNPACK_TIMEOUT_S = 120


@contextmanager
def only_installer(cache_dir: Path, progress: Progress, what: str) -> Iterator[None]:
    """One installer at a time; the kernel drops the lock of a killed one."""
    with (cache_dir / "install.lock").open("a") as lock:
        deadline = time.monotonic() + _LOCK_WAIT_S
        is_told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pass
            if not is_told:
                progress(f"{what}: уже устанавливает другой процесс, ждём его")
                is_told = True
            if time.monotonic() > deadline:
                raise InstallFailed(
                    "install-busy",
                    f"another installer has held the lock for {_LOCK_WAIT_S} s",
                    advice=f"Другой процесс слишком долго устанавливает {what} в {cache_dir}. Остановите его.",
                )
            time.sleep(0.1)
        yield


def clear_staging(cache_dir: Path) -> None:
    for left in cache_dir.glob(f"{STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)


def check_ground(cache_dir: Path, what: str, needed_bytes: int) -> None:
    """Refuse early what cannot succeed: no tools, no room, a folder whose name the loader cannot take."""
    missing = [name for name in ("apt-get", "apt-cache", "apt-config", "dpkg") if shutil.which(name) is None]
    if missing:
        raise AptMissing(
            "apt-missing",
            f"not found: {', '.join(missing)}",
            advice=f"Встроенный {what} ставится средствами apt, а их здесь нет. "
            f"Поставьте {what} средствами вашей системы.",
        )
    free = shutil.disk_usage(cache_dir).free
    if free < needed_bytes:
        raise NoSpace(
            "no-space",
            f"{free} bytes free in {cache_dir}, {needed_bytes} needed",
            advice=f"В {cache_dir} свободно {free >> 20} МБ, а для установки {what} нужно {needed_bytes >> 20} МБ. "
            "Освободите место или выберите другую папку.",
        )
    if any(sign in str(cache_dir) for sign in ':;"$\n'):
        raise InstallFailed(
            "bad-folder",
            f"the loader's path cannot hold this folder: {cache_dir}",
            advice=f'Уберите знаки : ; " $ из имени папки {cache_dir} или выберите другую.',
        )


def unpack(debs: Sequence[Path], root: Path, progress: Progress) -> None:
    """Files only: the packages' scripts would change the machine."""
    root.mkdir()
    for number, deb in enumerate(debs):
        if number % 50 == 0:
            progress(f"Распаковано пакетов: {number} из {len(debs)}")
        try:
            subprocess.run(
                ["dpkg", "-x", str(deb), str(root)],
                check=True,
                capture_output=True,
                text=True,
                timeout=_UNPACK_TIMEOUT_S,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise InstallFailed(
                "unpack-failed",
                f"dpkg -x {deb.name}: {error} {error.stderr!r}",
                advice=f"Не удалось распаковать {deb.name}: проверьте место на диске и повторите команду.",
            ) from error
