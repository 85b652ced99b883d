"""The published snapshot: when it is written, what is refused, what it holds."""

from datetime import UTC, datetime, timedelta

import pytest

from callcore.asterisk.fallback import script
from callcore.asterisk.snapshot_file import RENEW_AFTER, VALID_FOR, SnapshotFile, pack
from tests.fakes import network
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def snapshot(version=1):
    return network.build_snapshot(network.directory(), version, NOW)


@pytest.fixture
def clock():
    return FakeClock(NOW)


def made_at(folder):
    document, _ = script.read(str(folder / script.SNAPSHOT), NOW.timestamp())
    return document["version"], datetime.fromtimestamp(document["made_at"], UTC)


def test_written_once_for_each_snapshot(tmp_path, clock):
    file = SnapshotFile(tmp_path, clock)
    assert file.keep(snapshot())
    assert not file.keep(snapshot())
    assert file.keep(snapshot(2))
    assert made_at(tmp_path) == (2, NOW)
    assert [path.name for path in tmp_path.iterdir()] == [script.SNAPSHOT], "no draft is left"


def test_renewed_long_before_it_runs_out(tmp_path, clock):
    file = SnapshotFile(tmp_path, clock)
    file.keep(snapshot())
    clock.advance(RENEW_AFTER - timedelta(seconds=1))
    assert not file.keep(snapshot())
    clock.advance(timedelta(seconds=1))
    assert file.keep(snapshot())
    assert made_at(tmp_path)[1] == NOW + RENEW_AFTER
    assert RENEW_AFTER * 2 < VALID_FOR


def test_written_again_when_it_was_taken_away(tmp_path, clock):
    file = SnapshotFile(tmp_path, clock)
    file.keep(snapshot())
    (tmp_path / script.SNAPSHOT).unlink()
    assert file.keep(snapshot())


def test_a_folder_that_is_away_is_tried_again_until_it_is_there(tmp_path, clock):
    folder = tmp_path / "agi"
    file = SnapshotFile(folder, clock)
    assert not file.keep(snapshot())
    assert not file.keep(snapshot())
    folder.mkdir()
    assert file.keep(snapshot())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content.replace(b"p20", b"p99"),
        lambda content: content.replace(b"-3 ", b"-2 ", 1),
        lambda content: content.replace(b" ", b" z", 1),
    ],
    ids=["empty", "cut", "longer", "changed", "version", "head"],
)
def test_what_was_changed_is_refused(tmp_path, spoil):
    file = tmp_path / script.SNAPSHOT
    file.write_bytes(spoil(pack(snapshot(), NOW)))
    with pytest.raises(script.Unusable):
        script.read(str(file), NOW.timestamp())


def test_refused_past_its_time_and_not_before(tmp_path):
    file = tmp_path / script.SNAPSHOT
    file.write_bytes(pack(snapshot(), NOW))
    script.read(str(file), (NOW + VALID_FOR).timestamp())
    with pytest.raises(script.Unusable):
        script.read(str(file), (NOW + VALID_FOR).timestamp() + 1)


def test_it_holds_no_name_of_anybody(tmp_path):
    content = pack(snapshot(), NOW)
    assert content.isascii() or "Дилер".encode() not in content
    for word in ("Точка", "Орг", "Телефон", "Дилер"):
        assert word.encode() not in content
        assert word.encode("ascii", "backslashreplace") not in content
