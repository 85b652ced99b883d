from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from callcore.calls.model import RecordingState
from callcore.calls.tables import RecordingRow
from callcore.kernel.errors import NotFound
from recordings.files import free_space, open_for_play, place, resolve_below

pytestmark = pytest.mark.unit


def row(path: str, state: RecordingState = RecordingState.READY) -> RecordingRow:
    return RecordingRow(
        id=1, call_id="c", base="c", state=state, path=path, mime="audio/mpeg", sha256="ab" * 32,
        size_bytes=5, started_at=datetime(2026, 3, 16, tzinfo=UTC),
    )  # fmt: skip


def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store" / "2026/03/16"
    folder.mkdir(parents=True)
    (folder / "c.mp3").write_bytes(b"12345")
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    return tmp_path / "store"


def test_a_ready_file(tmp_path: Path) -> None:
    root = store(tmp_path)
    found = open_for_play(root, row("2026/03/16/c.mp3"))
    assert found.path.read_bytes() == b"12345"
    assert (found.size_bytes, found.mime) == (5, "audio/mpeg")
    assert found.etag == f'"{"ab" * 16}-5"'


@pytest.mark.parametrize(
    "path",
    [
        "../secret.mp3", "2026/../../secret.mp3", "/etc/passwd", "..", ".", "a\0b", "2026/03/16/link.mp3", "out/secret.mp3",
    ],
)  # fmt: skip
def test_no_way_leads_outside(tmp_path: Path, path: str) -> None:
    root = store(tmp_path)
    (root / "2026/03/16/link.mp3").symlink_to(tmp_path / "secret.mp3")
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(NotFound) as refused:
        open_for_play(root, row(path))
    assert refused.value.code == "recording-path-refused"


def test_a_link_to_the_root_itself_is_fine(tmp_path: Path) -> None:
    root = store(tmp_path)
    (tmp_path / "alias").symlink_to(root)
    assert open_for_play(tmp_path / "alias", row("2026/03/16/c.mp3")).size_bytes == 5


@pytest.mark.parametrize("state", [state for state in RecordingState if state is not RecordingState.READY])
def test_what_is_not_ready(tmp_path: Path, state: RecordingState) -> None:
    with pytest.raises(NotFound) as refused:
        open_for_play(store(tmp_path), row("2026/03/16/c.mp3", state))
    assert refused.value.code == "recording-not-ready"


@pytest.mark.parametrize("path", ["2026/03/16/gone.mp3", "2026/03/16"])
def test_a_file_that_is_not_there(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotFound) as refused:
        open_for_play(store(tmp_path), row(path))
    assert refused.value.code == "recording-file-missing"


def test_placing_replaces_an_earlier_attempt(tmp_path: Path) -> None:
    root = store(tmp_path)
    (root / "new").write_bytes(b"again")
    target = place(root, root / "new", PurePosixPath("2026/03/16/c.mp3"))
    assert target.read_bytes() == b"again"
    assert [path.name for path in target.parent.iterdir()] == ["c.mp3"]


def test_nothing_is_placed_outside(tmp_path: Path) -> None:
    root = store(tmp_path)
    (root / "new").write_bytes(b"again")
    with pytest.raises(NotFound):
        place(root, root / "new", PurePosixPath("../x.mp3"))
    with pytest.raises(NotFound):
        resolve_below(root, "")


def test_free_space_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    space = free_space(tmp_path / "a" / "b")
    assert 0 < space.free_bytes <= space.total_bytes
    assert space.is_writable
