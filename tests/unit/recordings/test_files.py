from pathlib import Path, PurePosixPath

import pytest

from callcore.kernel.errors import NotFound
from recordings.files import free_space, place, resolve_below

pytestmark = pytest.mark.unit


def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store" / "2026/03/16"
    folder.mkdir(parents=True)
    (folder / "c.mp3").write_bytes(b"12345")
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    return tmp_path / "store"


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
        resolve_below(root, path)
    assert refused.value.code == "recording-path-refused"


def test_a_link_to_the_root_itself_is_fine(tmp_path: Path) -> None:
    root = store(tmp_path)
    (tmp_path / "alias").symlink_to(root)
    assert resolve_below(tmp_path / "alias", "2026/03/16/c.mp3").read_bytes() == b"12345"


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
