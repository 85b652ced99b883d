"""apt with a state of its own: another suite than the machine's, an empty list of installed packages, no root.

Nothing of the machine's packages is read or changed; its proxy settings and mirror passwords are honoured.
"""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Self

from callcore.asterisk.embedded.errors import InstallFailed
from callcore.asterisk.embedded.machine import Architecture, Archive

_UPDATE_TIMEOUT_S = 300
_DOWNLOAD_TIMEOUT_S = 1800
_QUERY_TIMEOUT_S = 60
# Of the machine's settings only the way to the network is taken: its hooks and pins are not ours, and what
# would weaken the check of signatures must not come along.
_KEPT_SETTING = re.compile(
    r"^Acquire::(https?|ftp|tor|socks|ForceIPv\d|Retries|Check-Valid-Until|Check-Date|Max-ValidTime)\b"
)
_UNREACHABLE = re.compile(
    r"could not resolve|temporary failure|could not connect|connection (failed|timed out|refused)|network is unreachable"
    r"|unable to connect|cannot initiate the connection|timeout was reached|no route to host",
    re.IGNORECASE,
)


class AptError(Exception):
    """One apt command failed; the text is what apt said."""

    @property
    def is_unreachable(self) -> bool:
        return bool(_UNREACHABLE.search(str(self)))

    @property
    def is_unsigned(self) -> bool:
        return "NO_PUBKEY" in str(self) or "is not signed" in str(self) or "Missing key" in str(self)


@dataclass(frozen=True, slots=True)
class PrivateApt:
    """All of apt's files lie under `folder`; `keyring` is the only thing that it trusts."""

    folder: Path
    archive: Archive
    keyring: Path
    arch: Architecture

    @property
    def debs(self) -> Path:
        return self.folder / "cache/archives"

    def prepare(self) -> None:
        """Make the folders and the configuration."""
        for name in (
            "state/lists/partial",
            "cache/archives/partial",
            "etc/apt.conf.d",
            "etc/sources.list.d",
            "log",
        ):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("etc/preferences.d", "etc/trusted.gpg.d"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "status").touch()
        machine = self._run(["apt-config", "dump"], _QUERY_TIMEOUT_S, env=_environment(None))
        conf = render_conf(self.folder, self.arch, machine, is_root=os.geteuid() == 0)
        (self.folder / "apt.conf").write_text(conf, encoding="utf-8")

    def use(self, uri: str, suite: str) -> None:
        """Point apt at one suite of one mirror and fetch its signed package list."""
        options = f"arch={self.arch.deb_name} signed-by={self.keyring}"
        line = f"deb [{options}] {uri} {suite} {' '.join(self.archive.components)}\n"
        (self.folder / "etc/sources.list").write_text(line, encoding="utf-8")
        self._run(["apt-get", "-qq", "-o", "APT::Update::Error-Mode=any", "update"], _UPDATE_TIMEOUT_S)

    def candidate(self, package: str) -> str | None:
        """The version that the suite has of this package."""
        answer = self._run(["apt-cache", "policy", package], _QUERY_TIMEOUT_S)
        match = re.search(r"^\s*Candidate: (\S+)", answer, re.MULTILINE)
        return None if match is None or match[1] == "(none)" else match[1]

    def resolve(self, packages: Sequence[str]) -> tuple[str, ...]:
        """File names of everything that must be downloaded; AptError when the suite cannot satisfy it."""
        answer = self._run(["apt-get", "-qq", "-y", "--print-uris", "install", *packages], _QUERY_TIMEOUT_S)
        return tuple(re.findall(r"^'[^']+' (\S+\.deb) ", answer, re.MULTILINE))

    def download(self, packages: Sequence[str], on_file: Callable[[int], None]) -> tuple[Path, ...]:
        """Fetch and verify; `on_file` hears the number of the file that is being fetched."""
        names = self.resolve(packages)
        argv = ["apt-get", "-y", "-d", "-o", "quiet::NoUpdate=true", "install", *packages]
        self._run(argv, _DOWNLOAD_TIMEOUT_S, on_line=lambda line: _tell_number(line, on_file))
        missing = [name for name in names if not (self.debs / name).is_file()]
        if missing or not names:
            raise AptError(f"{len(missing)} packages were not downloaded: {' '.join(missing[:5])}")
        return tuple(self.debs / name for name in names)

    def _run(
        self,
        argv: Sequence[str],
        timeout_s: int,
        *,
        env: dict[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        errors = self.folder / "log/stderr.txt"
        lines: list[str] = []
        with (
            errors.open("w+", encoding="utf-8", errors="replace") as stderr,
            subprocess.Popen(
                argv,
                env=env or _environment(self.folder / "apt.conf"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                errors="replace",
            ) as process,
            _Deadline(process, timeout_s) as deadline,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line)
            code = process.wait()
            stderr.seek(0)
            said = stderr.read().strip()
        if deadline.is_over:
            raise AptError(f"{argv[0]}: timeout was reached after {timeout_s} s")
        if code != 0:
            raise AptError(said or "".join(lines[-10:]).strip() or f"{argv[0]} ended with {code}")
        return "".join(lines)


class _Deadline:
    """Ends a child that takes too long; reading its pipe then ends too."""

    def __init__(self, process: subprocess.Popen[str], timeout_s: int) -> None:
        self.is_over = False
        self._process = process
        self._timer = Timer(timeout_s, self._end)
        self._timer.daemon = True

    def _end(self) -> None:
        self.is_over = True
        self._process.kill()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()


def _environment(conf: Path | None) -> dict[str, str]:
    env = {**os.environ, "LC_ALL": "C", "LANGUAGE": "C", "DEBIAN_FRONTEND": "noninteractive"}
    if conf is not None:
        env["APT_CONFIG"] = str(conf)
    return env


def _tell_number(line: str, on_file: Callable[[int], None]) -> None:
    if match := re.match(r"Get:(\d+) ", line):
        on_file(int(match[1]))


def render_conf(folder: Path, arch: Architecture, machine_dump: str, *, is_root: bool) -> str:
    """The private apt.conf. `machine_dump` is the output of `apt-config dump`."""
    if '"' in str(folder):
        raise InstallFailed(
            "bad-folder", 'apt cannot use a folder with " in its name', advice="Выберите другую папку."
        )
    kept = [line for line in machine_dump.splitlines() if _KEPT_SETTING.match(line) and "nsecure" not in line]
    own = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc": folder / "etc",
        "Dir::Etc::netrc": "/etc/apt/auth.conf",
        "Dir::Etc::netrcparts": "/etc/apt/auth.conf.d",
        "Dir::Log": folder / "log",
        "APT::Architecture": arch.deb_name,
        "APT::Install-Recommends": "false",
        "APT::Install-Suggests": "false",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
        "Acquire::AllowDowngradeToInsecureRepositories": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
    }
    if is_root:
        # The sandbox user cannot enter folders that are open to root alone.
        own["APT::Sandbox::User"] = "root"
    return "".join(f"{line}\n" for line in kept) + "".join(
        f'{key} "{value}";\n' for key, value in own.items()
    )
