"""The folder of playable files: placing, free space. A path is trusted only below the root."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from callcore.kernel.errors import NotFound

SCRATCH_FOLDER = ".work"


@dataclass(frozen=True, slots=True)
class FreeSpace:
    total_bytes: int
    free_bytes: int
    is_writable: bool


def resolve_below(root: Path, relative: str) -> Path:
    """The real path of a stored name. Raises NotFound recording-path-refused when it, or a link in it, leads outside."""
    home = root.resolve()
    if not relative or "\0" in relative or PurePosixPath(relative).is_absolute():
        raise NotFound("recording-path-refused")
    path = (home / relative).resolve()
    if not path.is_relative_to(home) or path == home:
        raise NotFound("recording-path-refused")
    return path


def place(root: Path, finished: Path, relative: PurePosixPath) -> Path:
    """Move a finished file to its place in one step and make the move last. Raises OSError. Blocking."""
    target = resolve_below(root, str(relative))
    target.parent.mkdir(parents=True, exist_ok=True)
    finished.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target


def free_space(root: Path) -> FreeSpace:
    """Space for us (not for root alone) on the file system of `root`, which need not exist yet. Blocking."""
    folder = root
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return FreeSpace(usage.total, usage.free, folder.is_dir() and os.access(folder, os.W_OK | os.X_OK))
