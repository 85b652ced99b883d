"""Where the numbering plan lies: the installation's own file when one was imported, else the one that we ship."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcore.kernel.logs import get_logger
from callcore.routing.numbering import NumberingPlan, parse_numbering, parse_operators

_log = get_logger(__name__)
DATA = Path(__file__).resolve().parents[2] / "config" / "data"
SHIPPED = DATA / "numbering" / "plan.gz"
TERRITORIES = DATA / "numbering" / "territories.csv"
REGIONS = DATA / "regions.csv"
_Stamp = tuple[int, int, int]


class NumberingFile:
    """One reader and one writer at a time each; a reader never sees half a file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "plan.gz"
        self._stamp: _Stamp | None = None
        self._plan: NumberingPlan | None = None

    def current(self) -> NumberingPlan:
        """The plan; read anew when the file has changed. A broken file is logged once and the last good plan stays."""
        stamp = self._look()
        if self._plan is None or stamp != self._stamp:
            self._plan = self._parse(stamp)
            self._stamp = stamp
        return self._plan

    def read(self) -> bytes:
        """The packed plan in use. Raises OSError."""
        return (self.path if self.path.exists() else SHIPPED).read_bytes()

    def replace(self, packed: bytes) -> None:
        """All or nothing, kept over a power cut. Raises OSError, and ValueError for what could not be read back."""
        parse_numbering(packed)
        parse_operators(packed)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".plan.{os.getpid()}")
        try:
            with draft.open("wb") as file:
                file.write(packed)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
        with _folder(self.path.parent) as number:
            os.fsync(number)

    def _look(self) -> _Stamp | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _parse(self, stamp: _Stamp | None) -> NumberingPlan:
        if stamp is not None:
            try:
                return parse_numbering(self.path.read_bytes())
            except (OSError, ValueError) as exc:
                _log.warning("imported numbering plan not read", path=str(self.path), reason=str(exc))
                if self._plan is not None:
                    return self._plan
        return parse_numbering(SHIPPED.read_bytes())


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY)
    try:
        yield number
    finally:
        os.close(number)
