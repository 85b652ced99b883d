"""The installation's own numbering plan: taken when it is there, never half, never broken."""

import os
from pathlib import Path

import pytest

from callcore.bootstrap.numbering_file import SHIPPED, NumberingFile
from callcore.routing.compile_numbering import pack

pytestmark = pytest.mark.unit

MOBILE = "+79000000000"


def plan_of(code: str) -> bytes:
    return pack([(9000000000, (code,))], code, [(9000000000, "Альфа")])


def test_without_an_imported_plan_the_shipped_one_serves(tmp_path: Path) -> None:
    file = NumberingFile(tmp_path / "none")
    assert file.current().regions_of(MOBILE) == ("RU-KDA",)
    assert file.read() == SHIPPED.read_bytes()
    assert file.current() is file.current(), "an unchanged file is not read again"


def test_a_replaced_plan_is_noticed(tmp_path: Path) -> None:
    reader, writer = NumberingFile(tmp_path / "deep" / "folder"), NumberingFile(tmp_path / "deep" / "folder")
    first = reader.current()
    for code in ("RU-TOM", "RU-OMS"):
        writer.replace(plan_of(code))
        assert reader.current() is not first
        assert reader.current().regions_of(MOBILE) == (code,)
    reader.path.unlink()
    assert reader.current().regions_of(MOBILE) == ("RU-KDA",), (
        "removing the file brings the shipped plan back"
    )


def test_a_broken_file_leaves_the_last_good_plan(tmp_path: Path) -> None:
    file = NumberingFile(tmp_path)
    file.replace(plan_of("RU-TOM"))
    good = file.current()
    for junk in (b"", b"junk", plan_of("RU-OMS")[:-5]):
        file.path.write_bytes(junk)
        assert file.current() is good
    assert NumberingFile(tmp_path).current().regions_of(MOBILE) == ("RU-KDA",), "at start: the shipped one"


def test_what_cannot_be_read_back_replaces_nothing(tmp_path: Path) -> None:
    file = NumberingFile(tmp_path)
    file.replace(plan_of("RU-TOM"))
    with pytest.raises(ValueError, match="numbering plan"):
        file.replace(b"junk")
    assert file.read() == plan_of("RU-TOM")


def test_a_failed_write_leaves_the_old_plan_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = NumberingFile(tmp_path)
    file.replace(plan_of("RU-TOM"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        file.replace(plan_of("RU-OMS"))
    assert file.read() == plan_of("RU-TOM")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.gz"]
