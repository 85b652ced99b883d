"""Puts rendered files where an Asterisk reads them, all at once or not at all.

`etc/extensions.conf` is a link to `current/extensions.conf`, and `current` a link to one folder of `releases`. A new
set of files becomes the PBX's by one rename of `current`; what was there before stays for the way back. Files that are
not ours (asterisk.conf) are not touched.
"""

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcore.kernel.errors import Invalid, PbxUnavailable
from callcore.kernel.logs import get_logger
from dialplans import contract
from dialplans.check import Problem, check
from dialplans.plan import RenderedConfig

_log = get_logger(__name__)

_CURRENT, _RELEASES = "current", "releases"
_KEPT = 5

Check = Callable[[RenderedConfig], Sequence[Problem]]
Cli = Callable[[str], Awaitable[str]]
# By file, a reload that a running call does not feel. Transports, modules and ports need a restart.
RELOADS: Final[Mapping[str, str]] = {
    "extensions.conf": "dialplan reload",
    "pjsip.conf": "module reload res_pjsip.so",
    "manager.conf": "manager reload",
    "cel_custom.conf": "module reload cel_custom.so",
}


class BadConfig(Invalid):
    """The files have mistakes; nothing was replaced. `problems` name file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = [str(problem) for problem in problems]
        super().__init__("bad-pbx-config", "; ".join(lines), fields=dict.fromkeys(lines, "fix"))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Published:
    """`release` is the folder now current, `before` the one until now, None the first time; `changed` names files."""

    release: Path
    before: Path | None
    changed: tuple[str, ...]


def publish(config: RenderedConfig, etc_dir: Path, check: Check = check) -> Published:
    """Write, check, swap. Blocking. Raises BadConfig, or OSError with the old files still in force."""
    problems = check(config)
    if problems:
        raise BadConfig(problems)
    before = current_release(etc_dir)
    changed = tuple(name for name, text in sorted(config.files.items()) if _read(before, name) != text)
    release = _write_release(config, etc_dir)
    try:
        _point(etc_dir / _CURRENT, Path(_RELEASES) / release.name)
        for name in config.files:
            _point(etc_dir / name, Path(_CURRENT) / name)
    except OSError:
        restore(etc_dir, before)
        raise
    _forget_old(etc_dir, {release, before})
    _log.info("pbx configuration published", release=release.name, changed=",".join(changed))
    return Published(release, before, changed)


def current_release(etc_dir: Path) -> Path | None:
    link = etc_dir / _CURRENT
    return etc_dir / link.readlink() if link.is_symlink() else None


def restore(etc_dir: Path, release: Path | None) -> None:
    """Point back at an earlier release; None when there was none leaves the links, which then lead nowhere new."""
    if release is not None:
        _point(etc_dir / _CURRENT, Path(_RELEASES) / release.name)


async def reload_pbx(cli: Cli, etc_dir: Path, published: Published) -> None:
    """Let the running PBX read the changed files, or all when none had changed; take them back when it does not then
    know our contexts. A change of hours is in the dialplan alone: telephones and their registrations are left in peace.

    Raises PbxUnavailable after going back. Calls in progress stay.
    """
    try:
        await _reload(cli, published.changed)
    except PbxUnavailable:
        restore(etc_dir, published.before)
        if published.before is not None:
            await _reload(cli, ())
        raise


async def _reload(cli: Cli, changed: Sequence[str]) -> None:
    commands = [command for name, command in RELOADS.items() if name in changed]
    for command in commands or RELOADS.values():
        await cli(command)
    for context in (contract.FROM_TRUNK, contract.WALK, contract.FALLBACK):
        answer = await cli(f"dialplan show {context}")
        if f"Context '{context}' created by" not in answer:
            raise PbxUnavailable("pbx-reload-failed", f"after the reload the PBX has no context {context}")


def _write_release(config: RenderedConfig, etc_dir: Path) -> Path:
    """A new folder with the next number; files are closed to others, for they hold secrets, and on disk."""
    releases = etc_dir / _RELEASES
    releases.mkdir(mode=0o700, exist_ok=True)
    release = releases / f"{max(_numbers(releases), default=0) + 1:06d}"
    release.mkdir(mode=0o700)
    for name, text in config.files.items():
        if Path(name).name != name or name == "asterisk.conf":
            raise Invalid("bad-file-name", f"not a file of ours: {name!r}")
        with os.fdopen(
            os.open(release / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    return release


def _numbers(releases: Path) -> list[int]:
    return [int(path.name) for path in releases.iterdir() if path.name.isdigit()]


def _point(link: Path, target: Path) -> None:
    """Make or move a link in one step."""
    if link.is_symlink() and link.readlink() == target:
        return
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)


def _read(release: Path | None, name: str) -> str | None:
    try:
        return (release / name).read_text(encoding="utf-8") if release else None
    except FileNotFoundError:
        return None


def _forget_old(etc_dir: Path, kept: set[Path | None]) -> None:
    releases = sorted((path for path in (etc_dir / _RELEASES).iterdir() if path.name.isdigit()), reverse=True)
    for path in releases[_KEPT:]:
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)
