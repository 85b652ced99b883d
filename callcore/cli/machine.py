"""What a command needs from the machine beyond Python's packages: installed when we may, named in one line otherwise."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

_console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Need:
    """A Debian package and the programs that prove its presence (names on PATH or absolute globs)."""

    package: str
    proof: str


CHROMIUM = Need("chromium", "chromium")
FONTS = Need("fonts-noto-core", "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")
POSTGRESQL = Need("postgresql", "/usr/lib/postgresql/*/bin/initdb")


def is_present(need: Need) -> bool:
    if need.proof.startswith("/"):
        return any(Path("/").glob(need.proof[1:]))
    return shutil.which(need.proof) is not None


def ensure(*needs: Need) -> bool:
    """Install what is missing. False when it could not be had; the reason has been printed."""
    missing = [need.package for need in needs if not is_present(need)]
    if not missing:
        return True
    line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        _console.print(f"[yellow]Не хватает системных пакетов.[/yellow] Выполните: [bold]sudo {line}[/bold]")
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _console.status(f"Ставлю системные пакеты: {', '.join(missing)}"):
        # A service that starts by itself is not wanted: tests run their own throw-away cluster.
        for command in ("apt-get update -qq", f"{line} -qq"):
            done = subprocess.run(
                command.split(), env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                _console.print(f"[red]{command} не удалась:[/red] {done.stderr.strip()[-800:]}", markup=True)
                return False
    return all(is_present(need) for need in needs)
