"""Puts the fallback script, as one file, into the PBX's folder, with a head that finds a Python to run it."""

import importlib.util
import shlex
import sys
from pathlib import Path

from callcore.asterisk.fallback import choice, script
from callcore.asterisk.snapshot_file import write_atomically

SCRIPT = "dealerline-route"
# The shell reads up to exec; for Python the same lines are one text. No site, no environment: quick, and the same anywhere.
_HEAD = """#!/bin/sh
''':'
for python in {interpreters}; do
    [ -x "$python" ] && exec "$python" -I -S "$0" {packages} "$@"
done
exit 1
'''
"""
_IMPORT = f"from {choice.__name__} import plan\n"  # in the PBX's folder there is no package of ours
_SYSTEM = ("/usr/bin/python3", "/usr/local/bin/python3")


def deploy_script(folder: Path) -> Path:
    """Blocking. Makes the folder; the script may be run by all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SCRIPT
    content = script_text().encode("utf-8")
    if not path.is_file() or path.read_bytes() != content or path.stat().st_mode & 0o777 != 0o755:
        write_atomically(path, content, 0o755)
    return path


def script_text(interpreter: str = sys.executable) -> str:
    """Our own Python first, then the system's: the PBX may live where ours is not."""
    interpreters = [one for one in (interpreter, *_SYSTEM) if _is_plain(one)]
    packages = _packages_dir()
    head = _HEAD.format(
        interpreters=" ".join(shlex.quote(one) for one in interpreters),
        packages=shlex.quote(packages if _is_plain(packages) else "/nonexistent"),
    )
    main = Path(script.__file__).read_text(encoding="utf-8")
    if main.count(_IMPORT) != 1:
        raise ValueError("the script does not take in its decision")
    return head + main.replace(_IMPORT, Path(choice.__file__).read_text(encoding="utf-8"))


def _packages_dir() -> str:
    """Where pyst2 lies."""
    found = importlib.util.find_spec("asterisk")
    return str(Path(found.origin).parents[1]) if found is not None and found.origin else ""


def _is_plain(path: str) -> bool:
    """Neither the shell nor Python reads a sign of it as something else."""
    return bool(path) and not set(path) & set("'\"\\\n\r\0$`")
