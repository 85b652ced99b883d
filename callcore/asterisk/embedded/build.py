"""A usable Asterisk on this machine: the system's own, or one unpacked into our cache."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from callcore.asterisk.embedded.machine import Architecture
from callcore.asterisk.embedded.versions import is_new_enough

_PROBE_TIMEOUT_S = 10
_NEEDED_MODULE = "chan_pjsip.so"


@dataclass(frozen=True, slots=True)
class AsteriskBuild:
    """What is needed to run it. `argv` is the program without arguments; `data_dir` holds sounds/ru,
    sounds/en, documentation and, where there is one, moh."""

    argv: tuple[str, ...]
    version: str
    modules_dir: Path
    data_dir: Path
    embedded: bool


def build_in(root: Path, arch: Architecture, version: str) -> AsteriskBuild | None:
    """The build unpacked under `root`, or None when it is not whole.

    It is started through its own loader: its C library is newer than the machine's, and
    LD_LIBRARY_PATH would reach the AGI scripts, which are programs of the machine.
    """
    folders = [root / "usr/lib" / arch.triplet, root / "lib" / arch.triplet, root / "usr/lib", root / "lib"]
    loader = next((folder / arch.loader for folder in folders if (folder / arch.loader).is_file()), None)
    modules = next(
        (folder / "asterisk/modules" for folder in folders if (folder / "asterisk/modules").is_dir()), None
    )
    program = root / "usr/sbin/asterisk"
    data = root / "usr/share/asterisk"
    if loader is None or modules is None or not program.is_file():
        return None
    if not (modules / _NEEDED_MODULE).is_file() or not (data / "sounds/ru").is_dir():
        return None
    libraries = ":".join(str(folder) for folder in folders if folder.is_dir())
    argv = (str(loader), "--library-path", libraries, str(program))
    return AsteriskBuild(argv, version, modules, data, embedded=True)


def version_answer(argv: tuple[str, ...]) -> str:
    """What `asterisk -V` says, or an empty text when it cannot run."""
    try:
        done = subprocess.run(
            [*argv, "-V"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def find_system(arch: Architecture, search_path: str | None = None) -> AsteriskBuild | None:
    """The machine's own Asterisk if it is new enough and has PJSIP; its service and files are not touched."""
    path = search_path or os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"]
    )
    program = shutil.which("asterisk", path=path)
    if program is None:
        return None
    version = version_answer((program,))
    if not is_new_enough(version):
        return None
    prefix = Path(program).resolve().parent.parent
    declared = declared_dirs(_read(Path("/etc/asterisk/asterisk.conf")))
    libs = (prefix / "lib" / arch.triplet, prefix / "lib", prefix / "lib64")
    modules = _first_dir(
        declared.get("astmoddir"), *(lib / "asterisk/modules" for lib in libs), holds=_NEEDED_MODULE
    )
    data = _first_dir(
        declared.get("astdatadir"),
        prefix / "share/asterisk",
        Path("/var/lib/asterisk"),
        holds="documentation",
    )
    if modules is None or data is None:
        return None
    return AsteriskBuild((program,), version.removeprefix("Asterisk").strip(), modules, data, embedded=False)


def declared_dirs(conf: str) -> dict[str, Path]:
    """The [directories] of an asterisk.conf: `astmoddir => /usr/lib/…`."""
    pairs = re.findall(r"^\s*(ast\w+dir)\s*=>?\s*(.*?)\s*(?:(?<!\\);.*)?$", conf, flags=re.MULTILINE)
    return {name: Path(value.replace("\\;", ";")) for name, value in pairs if value}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first_dir(*candidates: Path | None, holds: str) -> Path | None:
    return next((folder for folder in candidates if folder is not None and (folder / holds).exists()), None)
