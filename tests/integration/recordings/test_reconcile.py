"""Files and rows, compared both ways."""

import os

import pytest

from callcore.calls.model import RecordingState
from recordings.model import FindingCode
from tests.integration.recordings.conftest import CALL, PLAYABLE, World

pytestmark = pytest.mark.integration


async def test_all_is_well(world: World) -> None:
    world.lay()
    worker = world.worker()
    await worker.run_once()
    report = await worker.night.compare()
    assert (report.findings, report.rows, report.files) == ((), 1, 1)


async def test_a_row_whose_file_is_gone(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()
    worker = world.worker()
    await worker.run_once()
    (world.settings.store_dir / PLAYABLE).unlink()
    assert (await worker.night.compare()).missing == (PLAYABLE,)
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error, row.due_at) == (RecordingState.FAILED, "file-missing", None)
    assert [kind for kind, _ in await world.events()] == ["recording-failed"]
    assert (await worker.night.compare()).missing == (), "told once"


async def test_a_lost_file_is_made_again_from_its_originals(world: World) -> None:
    world.lay()
    worker = world.worker()
    await worker.run_once()
    (world.settings.store_dir / PLAYABLE).unlink()
    world.lay()
    assert (await worker.night.compare()).retried == (CALL,)
    assert await worker.run_once() == 1
    assert world.store_names() == [PLAYABLE]


async def test_files_of_which_no_row_speaks_are_told_and_left(world: World) -> None:
    stray = world.settings.store_dir / "2026/03/15/dealerline-1773560000.1.mp3"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    (world.settings.store_dir / "2026/03/15/.hidden").touch()
    report = await world.worker().night.compare()
    assert report.paths(FindingCode.FILE_UNKNOWN) == ("2026/03/15/dealerline-1773560000.1.mp3",)
    assert stray.exists()


async def test_a_file_that_is_about_to_be_made_again_is_not_unknown(world: World) -> None:
    await world.announce()
    placed = world.settings.store_dir / PLAYABLE
    placed.parent.mkdir(parents=True)
    placed.write_bytes(b"placed, not committed")
    assert (await world.worker().night.compare()).findings == ()


async def test_sound_in_the_spool_without_a_row(world: World) -> None:
    world.lay()
    assert (await world.worker().night.compare()).paths(FindingCode.NO_ROW) == (CALL,)


async def test_old_scratch_is_swept(world: World) -> None:
    for name, age_s in (("old.1", 4000), ("new.1", 10)):
        scratch = world.settings.store_dir / ".work" / name
        scratch.mkdir(parents=True)
        os.utime(scratch, (world.clock.now().timestamp() - age_s,) * 2)
    assert (await world.worker().night.compare()).swept == ("old.1",)
    assert [path.name for path in (world.settings.store_dir / ".work").iterdir()] == ["new.1"]
