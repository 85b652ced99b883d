"""Where a stand keeps its things, and the note by which other commands find a running one."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from callcore.asterisk.embedded.instance import InstanceDirs
from callcore.kernel.errors import NotFound
from callcore.stand.ports import HOST, StandPorts

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_DATA_DIR = ROOT / "var" / "demo"


def cache_dir() -> Path:
    """Shared by all stands: the unpacked Asterisk."""
    return Path(os.environ.get("DEALERLINE_CACHE", ROOT / "var" / "cache")) / "asterisk"


def voice_dir() -> Path:
    """Shared by all stands: the unpacked voice."""
    return cache_dir().absolute().with_name("voice")


def templates_dir() -> Path:
    """Shared by all stands: compiled templates of pages."""
    return cache_dir().absolute().with_name("templates")


@dataclass(frozen=True, slots=True)
class StandDirs:
    root: Path

    @property
    def pbx(self) -> InstanceDirs:
        return InstanceDirs(self.root / "pbx")

    @property
    def carrier(self) -> InstanceDirs:
        return InstanceDirs(self.root / "carrier")

    @property
    def database(self) -> Path:
        return self.root / "dealerline.db"

    @property
    def config(self) -> Path:
        return self.root / "dealerline.toml"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def store(self) -> Path:
        return self.root / "recordings"

    @property
    def logos(self) -> Path:
        return self.root / "logos"

    @property
    def application_log(self) -> Path:
        return self.root / "application.log"

    @property
    def note(self) -> Path:
        return self.root / "stand.json"


@dataclass(frozen=True, slots=True)
class StandNote:
    """Written at each start; `pid` is the stand's own process and 0 once it has stopped."""

    pid: int
    ports: StandPorts

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.ports.web}"

    @property
    def is_running(self) -> bool:
        return self.pid > 0 and Path(f"/proc/{self.pid}").exists()


def read_note(dirs: StandDirs) -> StandNote | None:
    try:
        values = json.loads(dirs.note.read_text(encoding="utf-8"))
        return StandNote(int(values["pid"]), StandPorts(**values["ports"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_note(dirs: StandDirs, note: StandNote) -> None:
    dirs.root.mkdir(parents=True, exist_ok=True)
    dirs.note.write_text(json.dumps(asdict(note)), encoding="utf-8")


def running_stand(dirs: StandDirs) -> StandNote:
    """Raises NotFound with what to do when nothing runs there."""
    note = read_note(dirs)
    if note is None or not note.is_running:
        raise NotFound("no-stand", f"В папке {dirs.root} ничего не запущено. Сначала: ./dealerline demo")
    return note
